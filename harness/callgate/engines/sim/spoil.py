"""A right `Act` + a prompt's rules + dice -> the act as this model under this prompt does it.

Each lever of `levers` is one function here: it applies only in its own situation and spoils the act as a real model
would. The noise that no prompt mends comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from callgate.engines.sim.acts import Act
from callgate.engines.sim.draw import Draws
from callgate.engines.sim.levers import Rules, free_text_rate, noise
from callgate.engines.sim.reading import Reading, known_slots
from callgate.engines.sim.speech import SERVICE_NAMES, Line
from callgate.engines.sim.wording import throw
from callgate.engines.sim.world import zone_of

Tools = Sequence[Mapping[str, Any]]
_CONFIRMED = ("booked", "moved", "cancelled")


def spoil(act: Act, reading: Reading, rules: Rules, draws: Draws, tools: Tools) -> Act:
    """The act after all levers have had their throw."""
    for lever in _ORDER:
        act = lever(act, reading, rules, draws)
    act = _free_text(act, draws, tools)
    return _noise(act, reading, draws)


# ---------------------------------------------------------------------------------------------- levers on calls


def _every_service(act: Act, reading: Reading, rules: Rules, draws: Draws) -> Act:
    services = list(act.args.get("services") or ())
    if len(services) < 2:
        return act
    late = [name for name in services if name in reading.late]
    if late and throw("late_service", rules, draws):
        return _with(act, services=[name for name in services if name not in late])
    if throw("every_service", rules, draws):
        return _with(act, services=services[:-1])
    return act


def _offset(act: Act, reading: Reading, rules: Rules, draws: Draws) -> Act:
    """Today's offset on the day of the appointment: the wall clock looks right, the instant is an hour off."""
    start = act.args.get("start")
    if not isinstance(start, str) or len(start) < 25:
        return act
    today = reading.world.now.replace(tzinfo=zone_of(reading.world.zone)).isoformat()[-6:]
    if start[-6:] == today or not throw("offset", rules, draws):
        return act
    return _with(act, start=start[:-6] + today)


def _ask_again(act: Act, reading: Reading, rules: Rules, draws: Draws) -> Act:
    """Asks for something that is known instead of going on."""
    question = _AGAIN.get(act.why)
    if question is None or reading.fresh or not throw("ask_again", rules, draws):
        return act
    return Act(lines=(question,), why="asked_again")


_AGAIN = {
    "book": Line(
        "text",
        {
            "en": "May I have your name and telephone number, please?",
            "es": "¿Me da su nombre y su número de teléfono, por favor?",
        },
    ),
    "look": Line(
        "text", {"en": "What service do you need, and for what day?", "es": "¿Qué servicio necesita y para qué día?"}
    ),
    "find": Line(
        "text",
        {
            "en": "May I have your name and telephone number, please?",
            "es": "¿Me da su nombre y su número de teléfono, por favor?",
        },
    ),
    "move": Line("text", {"en": "What day and time would you like?", "es": "¿Qué día y a qué hora la quiere?"}),
    "message": Line(
        "text",
        {
            "en": "May I have your name and telephone number, please?",
            "es": "¿Me da su nombre y su número de teléfono, por favor?",
        },
    ),
}


def _tools_first(act: Act, reading: Reading, rules: Rules, draws: Draws) -> Act:
    if act.why != "look" or reading.day is None or not throw("tools_first", rules, draws):
        return act
    at = datetime.combine(reading.day, datetime.min.time()) + timedelta(hours=9 if draws.chance("hour") < 0.5 else 11)
    return Act(lines=(Line("offer_one", {"slots": (at,)}),), why="offered_blind")


def _transfer(act: Act, reading: Reading, rules: Rules, draws: Draws) -> Act:
    if act.tool != "transfer_call" or reading.handoff is None:
        return act
    trigger = _trigger(reading.handoff.why)
    if not draws.fails(f"transfer {trigger}", rules.transfer_rate(trigger, draws.model)):
        return act
    sorry = Line(
        "text",
        {
            "en": "I am sorry to hear that. Could you tell me more about it?",
            "es": "Lo siento mucho. ¿Me puede contar un poco más?",
        },
    )
    return Act(lines=(sorry,), why="kept")


def _trigger(why: str) -> str:
    for word, trigger in (
        ("safe", "unsafe"),
        ("driven", "unsafe"),
        ("lawyer", "lawyer"),
        ("department", "department"),
        ("manager", "manager"),
        ("angry", "angry"),
        ("complains", "angry"),
    ):
        if word in why:
            return trigger
    return "person"


def _message(act: Act, _reading: Reading, rules: Rules, draws: Draws) -> Act:
    if act.tool != "take_message" or not throw("take_message", rules, draws):
        return act
    sorry = Line(
        "text",
        {
            "en": "I am very sorry about that, I will let the team know.",
            "es": "Lo siento mucho, se lo haré saber al equipo.",
        },
    )
    return Act(lines=(sorry,), why="not_written")


# ---------------------------------------------------------------------------------------------- levers on speech


def _confirm(act: Act, _reading: Reading, rules: Rules, draws: Draws) -> Act:
    if act.why not in _CONFIRMED or not throw("confirm", rules, draws):
        return act
    bare = {
        "booked": Line(
            "text",
            {
                "en": "You are all set, we look forward to seeing you.",
                "es": "Listo, su cita quedó agendada, le esperamos.",
            },
        ),
        "moved": Line("text", {"en": "All right, I have moved it for you.", "es": "Listo, ya quedó cambiada."}),
        "cancelled": Line(
            "text", {"en": "All right, I have cancelled it for you.", "es": "Listo, ya quedó cancelada."}
        ),
    }
    return replace(act, lines=(bare[act.why], *act.lines[1:]))


def _tool_failure(act: Act, reading: Reading, rules: Rules, draws: Draws) -> Act:
    """Speaks as if the tool had worked."""
    if act.why not in {"tool_failed", "slot_gone"} or not reading.fresh or not throw("tool_failure", rules, draws):
        return act
    call = reading.fresh[-1]
    claims = {
        "book_appointment": Line(
            "text", {"en": "You are all set, your appointment is booked.", "es": "Listo, su cita quedó agendada."}
        ),
        "move_appointment": Line(
            "text", {"en": "All right, I have moved your appointment.", "es": "Listo, su cita quedó cambiada."}
        ),
        "cancel_appointment": Line(
            "text", {"en": "All right, I have cancelled your appointment.", "es": "Listo, su cita quedó cancelada."}
        ),
        "take_message": Line("text", {"en": "Your message has been passed on.", "es": "Su mensaje quedó anotado."}),
        "transfer_call": Line(
            "text", {"en": "I have connected you, one moment please.", "es": "Ya le comuniqué, un momento por favor."}
        ),
        "find_slots": Line(
            "text",
            {
                "en": "I have 9:00 AM that day. Does that work for you?",
                "es": "Tengo a las 9:00 de la mañana ese día. ¿Le parece bien?",
            },
        ),
    }
    line = claims.get(call.tool)
    return replace(act, lines=(line,), why="claimed") if line else act


def _facts_only(act: Act, reading: Reading, rules: Rules, draws: Draws) -> Act:
    """A made-up answer where the prompt has none."""
    if not any(line.key == "unknown" for line in act.lines) or not throw("facts_only", rules, draws):
        return act
    asks_price = any(topic.startswith("price") for topic in reading.topics)
    made_up = (
        Line("text", {"en": "That is usually about $79.00.", "es": "Por lo general cuesta unos 79.00 dólares."})
        if asks_price
        else Line("text", {"en": "Yes, that is no problem at all.", "es": "Sí, claro, no hay ningún problema."})
    )
    return replace(act, lines=tuple(made_up if line.key == "unknown" else line for line in act.lines))


_ORDER: tuple[Callable[[Act, Reading, Rules, Draws], Act], ...] = (
    _ask_again,
    _tools_first,
    _every_service,
    _offset,
    _transfer,
    _message,
    _confirm,
    _tool_failure,
    _facts_only,
)


# ---------------------------------------------------------------------------------------------- tools and noise


def _free_text(act: Act, draws: Draws, tools: Tools) -> Act:
    """Services as words instead of the names in the tool's list."""
    services = act.args.get("services")
    if not services or act.tool is None:
        return act
    if not draws.fails("free_text", free_text_rate(tools, act.tool, draws.model)):
        return act
    return _with(act, services=[SERVICE_NAMES.get(name, (name, ""))[0] for name in services])


def _noise(act: Act, reading: Reading, draws: Draws) -> Act:
    """What goes wrong under any prompt: a neighbouring slot, a day off, or not having heard."""
    if not draws.fails(f"noise {act.why}", noise(draws.model)):
        return act
    if act.why in {"book", "move"}:
        others = [slot for slot in known_slots(reading, reading.day) if slot != act.args.get("start")]
        if others:
            return _with(act, start=others[0])
    if act.why == "look" and reading.day:
        return _with(act, date=(reading.day + timedelta(7)).isoformat())
    return Act(lines=(Line("unclear"),), why="unclear")


def _with(act: Act, **args: Any) -> Act:
    return replace(act, args={**act.args, **args})
