"""What the tests of whole conversations play with: a small case, and conversations held without engine or ledger."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from callgate.concepts import (
    AgentTurn,
    Case,
    DecisionPoint,
    Expect,
    Prompt,
    Reply,
    Request,
    Simulate,
    Stub,
    Tool,
    ToolCall,
    Trial,
)
from callgate.engines.sim.agent import answer
from callgate.evaluate.talks import TRIALS
from callgate.graders.grade import GraderSet
from callgate.graders.seen import Context
from callgate.replay import Ask, Caller, begin, history, opening, scene

SERVICES = ["oil_change", "tire_rotation", "battery_check"]
_LIST = {"type": "array", "items": {"enum": SERVICES}}
_START = {"type": "string", "format": "date-time"}


def _tool(name: str, /, **properties: Any) -> Tool:
    return Tool(name, "", {"type": "object", "properties": properties})


FIND = _tool("find_slots", date={"type": "string", "format": "date"}, services=_LIST)
BOOK = _tool("book_appointment", start=_START, services=_LIST, name={"type": "string"})
PASS_ON = _tool("transfer_call", department={"type": "string"})
PROMPT = Prompt("p", "p", "You answer the telephone. It is {{now}}.", (FIND, BOOK, PASS_ON))
SLOTS = {"slots": ["2026-05-14T09:00:00-05:00", "2026-05-14T15:00:00-05:00"]}
STUBS = (
    Stub("book_appointment", if_state={"system": "down"}, error="the system does not answer"),
    Stub("find_slots", result=SLOTS),
    Stub(
        "book_appointment",
        result={"ok": True},
        set_state={"booked_at": {"argument": "start"}, "services": {"argument": "services"}},
    ),
    Stub("transfer_call", result={"ok": True}, set_state={"passed_to": {"argument": "department"}}),
)
SIMULATE = Simulate(
    goal="Book an oil change, a tire rotation and a battery check for this Thursday, in the afternoon.",
    final_state={"booked_at": {"datetime": "2026-05-14 15:00"}, "services": SERVICES},
    language="en",
    opening="Hi, I am Dana Whitfield, my name is Dana Whitfield, and I need an oil change.",
    known={
        "service": ("an oil change", "a tire rotation", "a battery check"),
        "date": "this Thursday",
        "time": "in the afternoon",
        "name": "Dana Whitfield",
    },
    unknown=("plate",),
)


def case(simulate: Simulate = SIMULATE, **more: Any) -> Case:
    """A whole conversation of an invented dealer, greeted by the agent."""
    expect = more.pop("expect", Expect())
    point = DecisionPoint("conversation", expect, "continuation")
    return Case(
        "talk",
        {"language": simulate.language},
        (AgentTurn("Riverbend service, this is the virtual assistant."), point),
        "2026-05-12T10:05",
        "America/Chicago",
        stubs=more.pop("stubs", STUBS),
        effects={"find_slots": "read", "transfer_call": "transfer"},
        simulate=simulate,
        **more,
    )


def first(a_case: Case, *, trial: int = 0, caller: str = "sim/caller", model: str = "m") -> Ask:
    """The first request of a conversation."""
    (point,) = a_case.points
    made = scene(PROMPT, a_case, point, opening=opening(PROMPT, a_case), past=history(a_case, point))
    return begin(made, model=model, arm="candidate", trial=trial, caller=Caller(caller))


def says(text: str) -> Reply:
    return Reply(text, simulated=True)


def calls(name: str, /, **arguments: Any) -> Reply:
    return Reply(calls=(ToolCall("x", name, json.dumps(arguments)),), simulated=True)


def simulated(request: Request) -> Reply:
    """The reply of a simulated model, asked straight."""
    wire = [message.wire for message in request.messages]
    found = answer(request.model, wire, [tool.wire() for tool in request.tools], request.trial)
    called = [call["function"] for call in found["tool_calls"]]
    made = tuple(ToolCall("x", each["name"], each["arguments"]) for each in called)
    return Reply(found["content"] or "", made, simulated=True)


def held(a_case: Case, agent: Sequence[Reply], caller: Sequence[str]) -> Trial:
    """A conversation in which both sides say what is written for them."""
    sides = {"m": iter(agent), "script": map(says, caller)}
    return _to_the_end(first(a_case, caller="script"), lambda request: next(sides[request.model]))


def spoken_by(ask: Ask, agent: Callable[[Request], Reply] = simulated) -> Trial:
    """A conversation of a simulated caller with `agent`."""
    return _to_the_end(ask, lambda request: (agent if request.tools else simulated)(request))


def _to_the_end(step: Any, reply: Callable[[Request], Reply]) -> Trial:
    while isinstance(step, Ask):
        step = TRIALS.advance(step, reply(step.request))
    trial: Trial = step.trial
    return trial


RULES = GraderSet.of((), Path())


def grades(a_case: Case, trial: Trial) -> Mapping[str, Any]:
    """What every rule says of a conversation."""
    (point,) = a_case.points
    return RULES.grade(Context(a_case, point, PROMPT.tools, prompt=PROMPT), trial)


def failing(a_case: Case, trial: Trial) -> set[str]:
    """The rules that fail a conversation."""
    return {name for name, grade in grades(a_case, trial).items() if getattr(grade, "passed", True) is False}
