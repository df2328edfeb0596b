"""A `Reading` -> what a good receptionist does next: one tool call, or lines to say.

This is the norm of prompts/receptionist/v3; what a worse prompt makes of it is the business of `levers`.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from callgate.engines.sim.acts import Act, must_look, offer_line, say
from callgate.engines.sim.answers import UNKNOWN, answer, is_closed
from callgate.engines.sim.existing import existing
from callgate.engines.sim.reading import Reading, known_slots, local
from callgate.engines.sim.services import SERVICES, services_in
from callgate.engines.sim.slots import choose
from callgate.engines.sim.speech import Line
from callgate.engines.sim.text import fold
from callgate.engines.sim.world import Lookup

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
_FIRST_ANSWER = re.compile(r"\b(?:before (?:you do|that|you put)|antes de (?:eso|pasarme|que me)|primero|first,)\b")
_IS_IT_DONE = re.compile(
    r"\b(?:am i (?:good|booked|set|all set|down|in)|is it booked|so i'?m (?:good|set|booked)"
    r"|quedo (?:agendad\w+|apartad\w+|listo|lista)|ya quedo|si quedo|entonces (?:ya|si) )"
)
_IF_SO = re.compile(r"\b(?:only if|solo si|nomas si|nada mas si|unless|no me la aparte|don't book)\b")


def decide(reading: Reading, tools: frozenset[str]) -> Act:
    """The next step, with only the tools there are."""
    act = _after_tools(reading) or _handoff(reading, tools) or _wanted(reading)
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


# ---------------------------------------------------------------------------------------------- after a tool's answer


def _after_tools(reading: Reading) -> Act | None:
    """What to say once a tool answered, or None where the answer only makes the next step possible."""
    if not reading.fresh:
        return None
    last = reading.fresh[-1]
    if last.error is not None:
        return _after_error(reading, last)
    start = str(last.args.get("start", ""))[:16]
    if last.tool == "book_appointment":
        services = tuple(map(str, last.args.get("services") or ()))
        return say("booked", Line("booked", {"services": services, "when": local(start)}), *answers(reading))
    if last.tool == "move_appointment":
        return say("moved", Line("moved", {"when": local(start)}), *answers(reading))
    if last.tool == "cancel_appointment":
        return _cancelled(reading, last)
    if last.tool == "take_message":
        return say("noted", Line("noted"))
    if last.tool == "transfer_call":
        return say("transferring", Line("transferring", {"department": last.args.get("department", "advisor")}))
    return None


def _cancelled(reading: Reading, call: Lookup) -> Act:
    identity = str(call.args.get("appointment_id"))
    found = next((a for a in reading.appointments if a.id == identity and a.start), None)
    if found is None or found.start is None:
        return say(
            "cancelled", Line("text", {"en": "Your appointment is cancelled.", "es": "Su cita quedó cancelada."})
        )
    return say("cancelled", Line("cancelled", {"when": local(found.start)}), *answers(reading))


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
            lines.append(offer_line(reading, left))
        return say("slot_gone", *lines)
    return say("tool_failed", Line(_FAILED.get(call.tool, "failed"), {"tool": call.tool}))


# ---------------------------------------------------------------------------------------------- other people's work


def _handoff(reading: Reading, tools: frozenset[str]) -> Act | None:
    handoff = reading.handoff
    if handoff is None or ("parts_hours" in reading.topics and handoff.to == "parts"):
        return None
    if _FIRST_ANSWER.search(reading.last) and reading.topics:
        return say("answer", *answers(reading))
    if handoff.to != "message":
        done = [call for call in reading.calls if call.tool == "transfer_call" and call.error is not None]
        if (
            done
            and not reading.fresh
            and done[-1].args.get("department") == handoff.to
            and "take_message" in tools
            and reading.yes
        ):
            return _message(reading)
        return Act("transfer_call", {"department": handoff.to, "summary": _summary(reading)}, why="transfer")
    if "take_message" not in tools:
        return Act("transfer_call", {"department": "manager", "summary": _summary(reading)}, why="transfer")
    return _message(reading)


def _message(reading: Reading) -> Act:
    if not reading.name:
        return say("ask_name", Line("ask_message_name"))
    args = {"name": reading.name, "text": _summary(reading)}
    if reading.phone:
        args["phone"] = reading.phone
    return Act("take_message", args, why="message")


def _summary(reading: Reading) -> str:
    """The caller's own words, at most forty of them."""
    words = " ".join(reading.turns[-2:]).split()
    return " ".join(words[:60])


# ---------------------------------------------------------------------------------------------- what the caller wants


def _wanted(reading: Reading) -> Act:
    if reading.goal in {"cancel", "move", "keep"} and not (
        reading.topics and "cancel_fee" in reading.topics and _only_asks(reading)
    ):
        return existing(reading)
    if reading.topics and (not reading.services or _only_asks(reading) or _IF_SO.search(reading.last)):
        return say("answer", *answers(reading))
    if reading.goal == "book" or reading.services:
        return _book(reading)
    if _THANKS.search(reading.last):
        return say("bye", Line("welcome"))
    if "?" in reading.last or "¿" in reading.last:
        return say("answer", UNKNOWN)
    return say("unclear", Line("greet" if len(reading.turns) == 1 and len(reading.last.split()) < 5 else "unclear"))


def _only_asks(reading: Reading) -> bool:
    """The last turn asks and adds nothing to the booking."""
    if reading.goal in {"cancel", "move", "keep"}:
        return bool(
            re.search(
                r"\bnot cancel\w*|no (?:voy a|quiero|estoy) cancel\w*|\bif i\b|\bsi (?:cancelo|tengo que"
                r"|la cancelo)|\btodavia no\b|\bsolo (?:pregunto|quiero saber)",
                reading.last,
            )
        )
    named = services_in(reading.last)
    return not (reading.chosen_now or reading.day_now or reading.pick or (named.wanted and reading.goal_now))


def _book(reading: Reading) -> Act:
    services = tuple(name for name in reading.services if name in SERVICES)
    if not services:
        return say("ask_service", *_plain(answers(reading)), Line("ask_service"))
    if reading.day is None:
        soon = reading.wish.rank == "first"
        if not soon:
            return say("ask_date", *answers(reading), Line("ask_date"))
        reading.day = reading.today + timedelta(1)
    if is_closed(reading.world, reading.day.weekday()):
        return say("closed", Line("closed", {"weekday": reading.day}))
    slots = known_slots(reading, reading.day)
    chosen = choose(reading, slots)
    if _IS_IT_DONE.search(reading.last) and reading.calls[-1:] and reading.calls[-1].error is not None:
        return say("not_booked", Line("not_booked"))
    if must_look(reading, services, chosen=bool(chosen)):
        return Act("find_slots", {"date": reading.day.isoformat(), "services": list(services)}, why="look")
    if not slots:
        return say("none_free", Line("none_free", {"weekday": reading.day}), *())
    if chosen is None:
        return say("offer", *_plain(answers(reading)), offer_line(reading, slots))
    if not reading.name:
        return say("ask_name", *_plain(answers(reading)), Line("hold", {"when": local(chosen)}), Line("ask_name"))
    args: dict[str, Any] = {"start": chosen, "services": list(services), "name": reading.name}
    if reading.phone:
        args["phone"] = reading.phone
    if reading.world.vehicle:
        args["vehicle"] = reading.world.vehicle
    return Act("book_appointment", args, why="book")


def _plain(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    return tuple(line for line in lines if line is not UNKNOWN)
