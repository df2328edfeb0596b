"""The call of a case file -> turns and decision points. The document has passed its schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from callgate.concepts import (
    AgentTurn,
    CallerTurn,
    DecisionPoint,
    Expect,
    ExpectedCall,
    Json,
    Place,
    Problem,
    RecordedTurn,
    ToolTurn,
    Turn,
)
from callgate.files import Document

ANSWER = "answer"
"""The id of the only decision of a case whose caller is a text."""

SUBJECT = "Subject: "
"""What stands before the subject line of a message, on a line of its own above the text."""
CONVERSATION = "conversation"
"""The id of the decision from which a simulated caller speaks, where the case writes none of that mode."""

_Data: TypeAlias = "Mapping[str, Any]"


def turns_of(document: Document, problems: list[Problem]) -> tuple[Turn, ...]:
    """The turns in order; a case of one turn (`caller` a text) is the caller's text and one decision."""
    case: Any = document.value
    caller = case.get("caller")
    if "simulate" in case:
        return _simulated(case, document, problems)
    if isinstance(caller, str):
        if "call" in case:
            problems.append(Problem(document.place("call"), "'caller' is a text, which already is the whole call"))
        expect = expect_of(case.get("expect", {}))
        return CallerTurn(_with_subject(case, caller)), DecisionPoint(ANSWER, expect, place=document.place("expect"))
    if "expect" in case:
        message = "'expect' at the top belongs to a case whose 'caller' is a text; here it belongs into a decision"
        problems.append(Problem(document.place("expect"), message))
    if "call" not in case:
        problems.append(Problem(document.place(), "needs 'caller' (a text) with 'expect', or 'call' (the turns)"))
        return ()
    turns = tuple(_turn(turn, document.place("call", index)) for index, turn in enumerate(case["call"]))
    problems.extend(_call_problems(turns, document))
    if "subject" in case:
        turns = _thread(case, turns, document, problems)
    return turns


def _with_subject(case: _Data, text: str) -> str:
    """A message as it is read: its subject line, where it has one, above the text."""
    return f"{SUBJECT}{case['subject']}\n\n{text}" if "subject" in case else text


def _thread(case: _Data, turns: tuple[Turn, ...], document: Document, problems: list[Problem]) -> tuple[Turn, ...]:
    """The turns with the subject above the first message, which must be the customer's."""
    if not turns or not isinstance(turns[0], CallerTurn):
        message = "'subject' is that of the first message, so the first turn of 'call' must be 'caller'"
        problems.append(Problem(document.place("subject"), message))
        return turns
    return (replace(turns[0], text=_with_subject(case, turns[0].text)), *turns[1:])


def _simulated(case: _Data, document: Document, problems: list[Problem]) -> tuple[Turn, ...]:
    """How a whole conversation began, if it says so, and the decision from which the simulated caller speaks."""
    if isinstance(case.get("caller"), str):
        message = "'caller' is a text, which is a whole call; beside 'simulate' it is what is known of the caller"
        problems.append(Problem(document.place("caller"), message))
    turns = tuple(_turn(turn, document.place("call", index)) for index, turn in enumerate(case.get("call", ())))
    if any(isinstance(turn, DecisionPoint) and turn.mode == "continuation" for turn in turns):
        if "expect" in case:
            message = "'expect' at the top is the conversation's; this case writes its decision, where it belongs"
            problems.append(Problem(document.place("expect"), message))
    else:
        place = document.place("expect") if "expect" in case else document.place("simulate")
        expect = expect_of(case.get("expect", {}))
        turns = (*turns, DecisionPoint(CONVERSATION, expect, "continuation", place=place))
    problems.extend(_call_problems(turns, document))
    return turns


def expect_of(written: _Data) -> Expect:
    """An `expect` mapping as a value; `given` keeps the keys as written."""
    keys: dict[str, Any] = {key: written[key] for key in _SIMPLE if key in written}
    keys.update({key: _listed(written[key]) for key in _LISTS if key in written})
    keys.update({key: _calls(written[key]) for key in ("calls", "forbidden_calls") if key in written})
    return Expect(**keys, given=tuple(written))


_SIMPLE = (
    "call_order",
    "other_calls",
    "extra_args",
    "language",
    "act",
    "handoff",
    "max_questions",
    "max_words",
    "answer",
)
_LISTS = ("must_say", "must_not_say", "must_ask", "must_not_ask", "facts_allowed", "judge", "references")


def _turn(written: _Data, place: Place) -> Turn:
    if "caller" in written:
        return CallerTurn(written["caller"], written.get("heard"), written.get("confidence"))
    if "id" not in written:
        return _recorded(written)
    return DecisionPoint(
        id=written["id"],
        expect=expect_of(written.get("expect", {})),
        mode=written.get("mode"),
        recorded=tuple(map(_recorded, _listed(written.get("recorded", ())))),
        forced=tuple(map(_recorded, _listed(written.get("forced", ())))),
        note=written.get("note", ""),
        place=place,
    )


def _recorded(written: _Data) -> RecordedTurn:
    if "agent" in written:
        return AgentTurn(written["agent"], written.get("interrupted_after"))
    return ToolTurn(written["tool"], written.get("args", {}), written.get("result"), written.get("error"))


def _calls(written: Json) -> tuple[ExpectedCall, ...]:
    """{tool: arguments}, or a list of such and of names."""
    if isinstance(written, Mapping):
        return tuple(_expected(tool, arguments) for tool, arguments in written.items())
    calls: list[ExpectedCall] = []
    for call in _listed(written):
        pairs = call.items() if isinstance(call, Mapping) else ((str(call), None),)
        calls.extend(_expected(tool, arguments) for tool, arguments in pairs)
    return tuple(calls)


def _expected(tool: str, arguments: Json) -> ExpectedCall:
    return ExpectedCall(tool, arguments if isinstance(arguments, Mapping) else {})


def _listed(written: Any) -> tuple[Any, ...]:
    """One value or a list of them, as a tuple."""
    return tuple(written) if isinstance(written, Sequence) and not isinstance(written, str) else (written,)


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _call_problems(turns: Sequence[Turn], document: Document) -> list[Problem]:
    problems = []
    seen: set[str] = set()
    for index, turn in enumerate(turns):
        if isinstance(turn, DecisionPoint):
            if turn.id in seen:
                place = document.place("call", index, "id")
                problems.append(Problem(place, f"decision {turn.id!r} stands twice in this case"))
            seen.add(turn.id)
        if isinstance(turn, ToolTurn) and turn.result is not None and turn.error is not None:
            problems.append(Problem(document.place("call", index), "a tool gives a result or an error, not both"))
    for index, turn in enumerate(turns):
        if isinstance(turn, DecisionPoint) and turn.mode == "continuation":
            if "simulate" not in _mapping(document.value):
                message = "mode continuation needs a simulated caller: say in 'simulate' who calls and what for"
                problems.append(Problem(document.place("call", index, "mode"), message))
            elif index < len(turns) - 1:
                message = "a continuation goes on to the end of the call: its decision must be the last turn"
                problems.append(Problem(document.place("call", index, "mode"), message))
    if not seen:
        message = "no decision: nothing is asked of the candidate (a decision is a turn with 'id' and 'expect')"
        problems.append(Problem(document.place("call"), message))
    return problems
