"""A `Reading` -> what a good receptionist does next: one tool call, or lines to say.

This is the norm of prompts/receptionist/v3; what a worse prompt makes of it is the business of `levers`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from callgate.engines.sim.answers import UNKNOWN, answer, is_closed
from callgate.engines.sim.people import asks_name, is_for_somebody
from callgate.engines.sim.slots import choose, offer
from callgate.engines.sim.speech import Line
from callgate.engines.sim.text import fold
from callgate.engines.sim.understanding import Reading, known_slots, local, minutes_of
from callgate.engines.sim.wishes import SERVICES, kept_in, services_in
from callgate.engines.sim.world import Appointment, Lookup


@dataclass(frozen=True, slots=True)
class Act:
    """One step: a tool call (`tool`, `args`), or speech (`lines`). `why` names the situation for the levers."""

    tool: str | None = None
    args: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()
    why: str = ""


_FAILED = {
    "find_slots": "slots_failed",
    "book_appointment": "book_failed",
    "move_appointment": "move_failed",
    "cancel_appointment": "cancel_failed",
    "take_message": "message_failed",
    "transfer_call": "transfer_failed",
    "find_appointment": "failed",
}
_GONE = re.compile(r"\bslot\b|\btaken\b|no longer|not available|unavailable|already|ocupad|disponible")
_THANKS = re.compile(r"\b(?:thanks|thank you|bye|that's all|that is all|gracias|adios|es todo|hasta luego|nada mas)\b")
_KEEP = re.compile(r"\b(?:still (?:want|need)|keep|stays?|same time|leave the|sigue|siguen|deje|dejeme|conserv\w+|mantene\w+|mantenga|solo (?:quite|cancele)|si (?:lo|la) quiero|nada mas (?:quite|cancele))\b")
_FIRST_ANSWER = re.compile(r"\b(?:before (?:you do|that|you put)|antes de (?:eso|pasarme|que me)|primero|first,)\b")
_IS_IT_DONE = re.compile(r"\b(?:am i (?:good|booked|set|all set|down|in)|is it booked|so i'?m (?:good|set|booked)|quedo (?:agendad\w+|apartad\w+|listo|lista)|ya quedo|si quedo|entonces (?:ya|si) )")
_IF_SO = re.compile(r"\b(?:only if|solo si|nomas si|nada mas si|unless|no me la aparte|don't book)\b")


def decide(reading: Reading, tools: frozenset[str]) -> Act:
    """The next step, with only the tools there are."""
    act = _after_tools(reading, tools) or _handoff(reading, tools) or _wanted(reading, tools)
    if act.tool is not None and act.tool not in tools:
        return Act(lines=(UNKNOWN,), why="no_tool")
    return act


def answers(reading: Reading) -> tuple[Line, ...]:
    """The answers to what was asked in the last turn, each once."""
    lines = [answer(topic, reading.world, reading.last) for topic in reading.topics]
    unique: list[Line] = []
    for line in lines:
        if line not in unique:
            unique.append(line)
    if len(unique) > 1 and UNKNOWN in unique:
        unique.remove(UNKNOWN)
    return tuple(unique)


def _say(why: str, *lines: Line) -> Act:
    return Act(lines=lines, why=why)


# ---------------------------------------------------------------------------------------------- after a tool's answer


def _after_tools(reading: Reading, tools: frozenset[str]) -> Act | None:
    """What to say once a tool answered, or None where the answer only makes the next step possible."""
    if not reading.fresh:
        return None
    last = reading.fresh[-1]
    if last.error is not None:
        return _after_error(reading, last)
    start = str(last.args.get("start", ""))[:16]
    if last.tool == "book_appointment":
        services = tuple(map(str, last.args.get("services") or ()))
        return _say("booked", Line("booked", {"services": services, "when": local(start)}), *_statements(reading))
    if last.tool == "move_appointment":
        return _say("moved", Line("moved", {"when": local(start)}), *_statements(reading))
    if last.tool == "cancel_appointment":
        return _cancelled(reading, last)
    if last.tool == "take_message":
        return _say("noted", Line("noted"))
    if last.tool == "transfer_call":
        return _say("transferring", Line("transferring", {"department": last.args.get("department", "advisor")}))
    return None


def _statements(reading: Reading) -> tuple[Line, ...]:
    return answers(reading)


def _cancelled(reading: Reading, call: Lookup) -> Act:
    identity = str(call.args.get("appointment_id"))
    found = next((a for a in reading.appointments if a.id == identity and a.start), None)
    if found is None or found.start is None:
        return _say("cancelled", Line("text", {"en": "Your appointment is cancelled.", "es": "Su cita quedó cancelada."}))
    return _say("cancelled", Line("cancelled", {"when": local(found.start)}), *_statements(reading))


def _after_error(reading: Reading, call: Lookup) -> Act | None:
    if call.tool == "find_slots" and reading.day and known_slots(reading, reading.day):
        slots = known_slots(reading, reading.day)
        if choose(reading, slots):
            return None
    if call.tool in {"book_appointment", "move_appointment"} and _GONE.search(fold(str(call.error))):
        start = str(call.args.get("start", ""))
        left = tuple(s for s in known_slots(reading, reading.day) if s[:16] != start[:16])
        lines = [Line("slot_gone")]
        if left:
            lines.append(_offer_line(reading, left))
        return _say("slot_gone", *lines)
    return _say("tool_failed", Line(_FAILED.get(call.tool, "failed"), {"tool": call.tool}))


# ---------------------------------------------------------------------------------------------- other people's work


def _handoff(reading: Reading, tools: frozenset[str]) -> Act | None:
    handoff = reading.handoff
    if handoff is None or ("parts_hours" in reading.topics and handoff.to == "parts"):
        return None
    if _FIRST_ANSWER.search(reading.last) and reading.topics:
        return _say("answer", *answers(reading))
    if handoff.to != "message":
        done = [call for call in reading.calls if call.tool == "transfer_call" and call.error is not None]
        if done and not reading.fresh and done[-1].args.get("department") == handoff.to and "take_message" in tools and reading.yes:
            return _message(reading)
        return Act("transfer_call", {"department": handoff.to, "summary": _summary(reading)}, why="transfer")
    if "take_message" not in tools:
        return Act("transfer_call", {"department": "manager", "summary": _summary(reading)}, why="transfer")
    return _message(reading)


def _message(reading: Reading) -> Act:
    if not reading.name:
        return _say("ask_name", Line("ask_message_name"))
    args = {"name": reading.name, "text": _summary(reading)}
    if reading.phone:
        args["phone"] = reading.phone
    return Act("take_message", args, why="message")


def _summary(reading: Reading) -> str:
    """The caller's own words, at most forty of them."""
    words = " ".join(reading.turns[-2:]).split()
    return " ".join(words[:60])


# ---------------------------------------------------------------------------------------------- what the caller wants


def _wanted(reading: Reading, tools: frozenset[str]) -> Act:
    if reading.goal in {"cancel", "move", "keep"} and not (reading.topics and "cancel_fee" in reading.topics and _only_asks(reading)):
        return _existing(reading, tools)
    if reading.topics and (not reading.services or _only_asks(reading) or _IF_SO.search(reading.last)):
        return _say("answer", *answers(reading))
    if reading.goal == "book" or reading.services:
        return _book(reading)
    if _THANKS.search(reading.last):
        return _say("bye", Line("welcome"))
    if "?" in reading.last or "¿" in reading.last:
        return _say("answer", UNKNOWN)
    return _say("unclear", Line("greet" if len(reading.turns) == 1 and len(reading.last.split()) < 5 else "unclear"))


def _only_asks(reading: Reading) -> bool:
    """The last turn asks and adds nothing to the booking."""
    if reading.goal in {"cancel", "move", "keep"}:
        return bool(re.search(r"\bnot cancel\w*|no (?:voy a|quiero|estoy) cancel\w*|\bif i\b|\bsi (?:cancelo|tengo que|la cancelo)|\btodavia no\b|\bsolo (?:pregunto|quiero saber)", reading.last))
    named = services_in(reading.last)
    return not (reading.chosen_now or reading.day_now or reading.pick or (named.wanted and reading.goal_now))


def _book(reading: Reading) -> Act:
    services = tuple(name for name in reading.services if name in SERVICES)
    if not services:
        return _say("ask_service", *_plain(answers(reading)), Line("ask_service"))
    if reading.day is None:
        soon = reading.wish.rank == "first"
        if not soon:
            return _say("ask_date", *answers(reading), Line("ask_date"))
        reading.day = reading.today + timedelta(1)
    if is_closed(reading.world, reading.day.weekday()):
        return _say("closed", Line("closed", {"weekday": reading.day}))
    slots = known_slots(reading, reading.day)
    chosen = choose(reading, slots)
    if _IS_IT_DONE.search(reading.last) and reading.calls[-1:] and reading.calls[-1].error is not None:
        return _say("not_booked", Line("not_booked"))
    if _must_look(reading, services, bool(chosen)):
        return Act("find_slots", {"date": reading.day.isoformat(), "services": list(services)}, why="look")
    if not slots:
        return _say("none_free", Line("none_free", {"weekday": reading.day}), *())
    if chosen is None:
        return _say("offer", *_plain(answers(reading)), _offer_line(reading, slots))
    if not reading.name:
        return _say("ask_name", *_plain(answers(reading)), Line("hold", {"when": local(chosen)}), Line("ask_name"))
    args: dict[str, Any] = {"start": chosen, "services": list(services), "name": reading.name}
    if reading.phone:
        args["phone"] = reading.phone
    if reading.world.vehicle:
        args["vehicle"] = reading.world.vehicle
    return Act("book_appointment", args, why="book")


def _plain(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    return tuple(line for line in lines if line is not UNKNOWN)


def _must_look(reading: Reading, services: tuple[str, ...], chosen: bool) -> bool:
    """Whether the free times of the day are not known yet, or not for all the services."""
    wanted = {"date": str(reading.day), "services": set(services)}
    for call in reversed(reading.calls):
        if call.tool != "find_slots" or str(call.args.get("date")) != wanted["date"]:
            continue
        looked = set(map(str, call.args.get("services") or ()))
        if looked == wanted["services"]:
            return call.error is not None and not call.fresh
        if call.fresh or (chosen and set(services) < looked):
            return False
        return True
    return not (chosen and known_slots(reading, reading.day) and not reading.late)


def _offer_line(reading: Reading, slots: tuple[str, ...]) -> Line:
    starts = tuple(local(slot) for slot in offer(reading, slots))
    return Line("offer" if len(starts) > 1 else "offer_one", {"slots": starts})


# ---------------------------------------------------------------------------------------------- an appointment there is


def _existing(reading: Reading, tools: frozenset[str]) -> Act:
    """Move or cancel: find the appointment, tell which one, then act."""
    looked = [call for call in reading.calls if call.tool == "find_appointment" and call.error is None]
    if looked and not reading.appointments and _can_retry(reading):
        return _find(reading)
    if not looked:
        if any(call.tool == "find_appointment" for call in reading.fresh):
            return _say("tool_failed", Line("failed"))
        return _find(reading)
    found = reading.appointments
    if not found:
        return _say("not_found", Line("not_found"))
    appointment = _the_one(reading, found)
    if appointment is None:
        listed = tuple((local(a.start), a.services) for a in found if a.start)
        return _say("which", Line("which_appointment", {"appointments": listed}))
    if reading.goal == "keep":
        when = {"when": local(appointment.start)} if appointment.start else {}
        return _say("keep", Line("stays", when) if when else Line("unknown"))
    if reading.goal == "cancel":
        if len(appointment.services) > 1 and _is_partial(reading, appointment):
            return _say("partial", Line("no_partial"))
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
    return _say("ask_contact", Line("ask_contact"))


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


_WEEK_ON = re.compile(r"\b(?:push|move|bump|slide|back|out)\b.{0,20}\b(?:a|one) week\b|\ba week (?:later|out|back)\b|\buna semana (?:despues|mas tarde|mas)\b|\bla siguiente semana\b")


def _move(reading: Reading, appointment: Appointment) -> Act:
    if reading.day is None and appointment.start and any(_WEEK_ON.search(fold(turn)) for turn in reading.turns):
        reading.day = local(appointment.start).date() + timedelta(7)
    if reading.day is None and reading.wish.at and appointment.start:
        reading.day = local(appointment.start).date()
    if reading.day is None:
        return _say("ask_date", Line("ask_new_date"))
    if is_closed(reading.world, reading.day.weekday()):
        return _say("closed", Line("closed", {"weekday": reading.day}))
    slots = known_slots(reading, reading.day)
    services = appointment.services or reading.services
    chosen = choose(reading, slots, appointment)
    if _must_look(reading, services, bool(chosen)):
        return Act("find_slots", {"date": reading.day.isoformat(), "services": list(services)}, why="look")
    if not slots:
        return _say("none_free", Line("none_free", {"weekday": reading.day}))
    if chosen is None:
        return _say("offer", _offer_line(reading, slots))
    return Act("move_appointment", {"appointment_id": appointment.id, "start": chosen}, why="move")


def asked_already(reading: Reading) -> bool:
    """Whether the agent asked for the name in its last turn."""
    return asks_name(reading.agent)
