"""What the graders' tests play with: the dealer's world, a case around one decision, a trial of steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from callgate.concepts import (
    AgentTurn,
    CallerTurn,
    Case,
    DecisionPoint,
    Expect,
    ExpectedCall,
    Fact,
    NotApplicable,
    Reply,
    Score,
    Step,
    Tool,
    ToolAnswer,
    ToolCall,
    ToolTurn,
    Trial,
    TrialId,
)
from callgate.graders.registry import RULES
from callgate.graders.seen import Context, Seen

ROOT = Path(__file__).parents[2]
SERVICES = ["oil_change", "tire_rotation", "brake_inspection", "state_inspection"]
_START = {"type": "string", "format": "date-time"}
_SERVICES = {"type": "array", "items": {"enum": SERVICES}, "minItems": 1}


def _tool(name: str, required: list[str], /, **properties: Any) -> Tool:
    schema = {"type": "object", "required": required, "additionalProperties": False, "properties": properties}
    return Tool(name, "", schema)


TOOLS = (
    _tool("find_slots", ["date", "services"], date={"type": "string", "format": "date"}, services=_SERVICES),
    _tool("find_appointment", [], phone={"type": "string", "format": "phone"}, name={"type": "string"}),
    _tool(
        "book_appointment",
        ["start", "services", "name"],
        start=_START,
        services=_SERVICES,
        name={"type": "string"},
        phone={"type": "string", "format": "phone"},
    ),
    _tool("move_appointment", ["appointment_id", "start"], appointment_id={"type": "string"}, start=_START),
    _tool("cancel_appointment", ["appointment_id"], appointment_id={"type": "string"}),
    _tool("transfer_call", ["department"], department={"enum": ["advisor", "sales"]}, summary={"type": "string"}),
    _tool("take_message", ["name", "text"], name={"type": "string"}, text={"type": "string"}),
)
FACTS = {
    "oil_price": Fact("A synthetic oil change costs $89.95 plus tax.", (89.95,)),
    "rotation_price": Fact("A tire rotation costs $29.95 and takes about 30 minutes.", (29.95, 30)),
    "battery": Fact("The battery check is free of charge and takes 15 minutes.", (15, 0)),
    "no_loaners": Fact("There are no loaner cars.", ()),
    "shuttle": Fact("A shuttle drives customers within 10 miles until 4:00 in the afternoon.", (10, "16:00")),
}
CONFIG = {
    "dealer_name": "Riverbend Motors",
    "address": "2140 Mill Street, Aurora",
    "hours": {"mon-fri": "07:30-18:00", "sat": "08:00-14:00", "sun": "closed"},
}
EFFECTS = {"find_slots": "read", "find_appointment": "read", "transfer_call": "transfer"}
SLOTS = {"slots": ["2026-03-09T07:30:00-05:00", "2026-03-09T14:00:00-05:00", "2026-03-09T15:30:00-05:00"]}
LOOKED_UP = ToolTurn("find_slots", {"date": "2026-03-09", "services": ["oil_change"]}, SLOTS)


def turns(*said: object) -> tuple[Any, ...]:
    """Texts are the caller's; other turns as they are."""
    return tuple(CallerTurn(one) if isinstance(one, str) else one for one in said)


def agent(text: str) -> AgentTurn:
    return AgentTurn(text)


def context(*said: object, segment: str = "en", now: str = "2026-03-06 16:42", **expect: Any) -> Context:
    """A decision after what was said. `calls` and `forbidden_calls` are {tool: {argument: matcher}}."""
    given = tuple(expect)
    for key in ("calls", "forbidden_calls"):
        if key in expect:
            expect[key] = tuple(ExpectedCall(tool, args) for tool, args in expect[key].items())
    point = DecisionPoint("here", Expect(**expect, given=given))
    case = Case(
        id="case",
        segments={"language": segment, "call_type": "booking"},
        turns=(*turns(*said), point),
        now=now,
        timezone="America/Chicago",
        caller={"phone": "+13125550142", "name": "Dana Whitfield", "vehicle": "2021 RAV4"},
        config=CONFIG,
        facts=FACTS,
        effects=EFFECTS,
    )
    return Context(case, point, TOOLS)


def call(
    tool: str, kind: str = "answered", /, content: object = None, raw: str | None = None, **arguments: Any
) -> ToolAnswer:
    """A call with its answer; `raw` is the argument text where it is not an object."""
    text = json.dumps(arguments) if raw is None else raw
    parsed = arguments if raw is None else None
    return ToolAnswer(ToolCall("c", tool, text), kind, {"ok": True} if content is None else content, parsed)


def played(*steps: object) -> Trial:
    """A trial: a text is a step that speaks, a call or a list of calls one that calls."""
    made = []
    for step in steps:
        answers = (step,) if isinstance(step, ToolAnswer) else tuple(step) if isinstance(step, list) else ()
        text = step if isinstance(step, str) else ""
        reply = step if isinstance(step, Reply) else Reply(text=text, calls=tuple(answer.call for answer in answers))
        made.append(Step(reply, answers))
    return Trial(TrialId("candidate", "sim/x", "case", "here", 0), tuple(made))


def graded(rule: str, where: Context, *steps: object, **options: Any) -> Any:
    """The grade that a rule gives to a trial of these steps."""
    return RULES[rule].function(Seen(where, played(*steps)), **options)


def verdict(grade: object) -> str:
    """pass, fail or n/a; the name of the class for anything else."""
    if isinstance(grade, Score):
        return "pass" if grade.passed else "fail"
    return "n/a" if isinstance(grade, NotApplicable) else type(grade).__name__
