"""A `Reading` of somebody who has an appointment -> how it is found, told from others, moved, cancelled or kept."""

from __future__ import annotations

import re
from datetime import timedelta

from callgate.engines.sim.acts import Act, must_look, offer_line, say
from callgate.engines.sim.answers import is_closed
from callgate.engines.sim.people import is_for_somebody
from callgate.engines.sim.reading import Reading, known_slots, local, minutes_of
from callgate.engines.sim.services import kept_in, services_in
from callgate.engines.sim.slots import choose
from callgate.engines.sim.speech import Line
from callgate.engines.sim.text import fold
from callgate.engines.sim.world import Appointment

_KEEP = re.compile(
    r"\b(?:still (?:want|need)|keep|stays?|same time|leave the|sigue|siguen|deje|dejeme|conserv\w+"
    r"|mantene\w+|mantenga|solo (?:quite|cancele)|si (?:lo|la) quiero|nada mas (?:quite|cancele))\b"
)


def existing(reading: Reading) -> Act:
    """Move or cancel: find the appointment, tell which one, then act."""
    looked = [call for call in reading.calls if call.tool == "find_appointment" and call.error is None]
    if looked and not reading.appointments and _can_retry(reading):
        return _find(reading)
    if not looked:
        if any(call.tool == "find_appointment" for call in reading.fresh):
            return say("tool_failed", Line("failed"))
        return _find(reading)
    found = reading.appointments
    if not found:
        return say("not_found", Line("not_found"))
    appointment = _the_one(reading, found)
    if appointment is None:
        listed = tuple((local(a.start), a.services) for a in found if a.start)
        return say("which", Line("which_appointment", {"appointments": listed}))
    if reading.goal == "keep":
        when = {"when": local(appointment.start)} if appointment.start else {}
        return say("keep", Line("stays", when) if when else Line("unknown"))
    if reading.goal == "cancel":
        if len(appointment.services) > 1 and _is_partial(reading, appointment):
            return say("partial", Line("no_partial"))
        return Act("cancel_appointment", {"appointment_id": appointment.id}, why="cancel")
    return _move(reading, appointment)


def _find(reading: Reading) -> Act:
    tried = [call.args.get("phone") for call in reading.calls if call.tool == "find_appointment"]
    somebody = is_for_somebody(" ".join(fold(turn) for turn in reading.turns))
    said_name = reading.named and (somebody or reading.phone in tried) and not reading.phone_now
    if reading.phone and not said_name:
        return Act("find_appointment", {"phone": reading.phone}, why="find")
    if reading.name:
        return Act("find_appointment", {"name": reading.name}, why="find")
    return say("ask_contact", Line("ask_contact"))


def _can_retry(reading: Reading) -> bool:
    """A number or name that has not been looked up yet."""
    tried = [call.args for call in reading.calls if call.tool == "find_appointment"]
    new_phone = bool(reading.phone) and not any(args.get("phone") == reading.phone for args in tried)
    new_name = reading.named and not any(args.get("name") == reading.name for args in tried)
    return not any(call.tool == "find_appointment" for call in reading.fresh) and (new_phone or new_name)


def _the_one(reading: Reading, found: list[Appointment]) -> Appointment | None:
    """Which appointment is meant: by its day, time, service, or because there is only one."""
    if len(found) == 1:
        return found[0]
    days = {reading.old_day} if reading.goal == "move" else {reading.old_day, reading.day}
    by_day = [a for a in found if a.start and local(a.start).date() in days - {None}]
    if len(by_day) == 1:
        return by_day[0]
    named = set(services_in(reading.last).wanted) | set(services_in(reading.last).dropped) or set(reading.services)
    kept = kept_in(reading.last)
    by_service = [a for a in found if (named - kept) & set(a.services)]
    if len(by_service) == 1:
        return by_service[0]
    clock = reading.old_clock
    by_time = [a for a in found if a.start and clock and clock.fits(minutes_of(a.start))]
    if len(by_time) == 1:
        return by_time[0]
    return _ranked(reading, found) if reading.pick else None


def _ranked(reading: Reading, found: list[Appointment]) -> Appointment:
    ordered = sorted(found, key=lambda a: a.start or "")
    return ordered[0] if reading.pick == "first" else ordered[-1]


def _is_partial(reading: Reading, appointment: Appointment) -> bool:
    said = " ".join(fold(turn) for turn in reading.turns)
    named = services_in(said)
    taken = set(named.dropped) & set(appointment.services)
    return bool(taken or set(named.wanted) & set(appointment.services)) and bool(_KEEP.search(said))


_WEEK_ON = re.compile(
    r"\b(?:push|move|bump|slide|back|out)\b.{0,20}\b(?:a|one) week\b|\ba week (?:later|out|back)\b"
    r"|\buna semana (?:despues|mas tarde|mas)\b|\bla siguiente semana\b"
)


def _move(reading: Reading, appointment: Appointment) -> Act:
    if reading.day is None and appointment.start and any(_WEEK_ON.search(fold(turn)) for turn in reading.turns):
        reading.day = local(appointment.start).date() + timedelta(7)
    if reading.day is None and reading.wish.at and appointment.start:
        reading.day = local(appointment.start).date()
    if reading.day is None:
        return say("ask_date", Line("ask_new_date"))
    if is_closed(reading.world, reading.day.weekday()):
        return say("closed", Line("closed", {"weekday": reading.day}))
    slots = known_slots(reading, reading.day)
    services = appointment.services or reading.services
    chosen = choose(reading, slots, appointment)
    if must_look(reading, services, chosen=bool(chosen)):
        return Act("find_slots", {"date": reading.day.isoformat(), "services": list(services)}, why="look")
    if not slots:
        return say("none_free", Line("none_free", {"weekday": reading.day}))
    if chosen is None:
        return say("offer", offer_line(reading, slots))
    return Act("move_appointment", {"appointment_id": appointment.id, "start": chosen}, why="move")
