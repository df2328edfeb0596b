"""What was done that day -> trials and grades, as if the agent that did it were a candidate. No model is called.

A draft says nothing of what is right, so on a draft only rules speak that need no expectation: a start outside opening
hours, an offset that the day does not have, a number from nowhere, an action claimed and not taken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from callgate.concepts import (
    AgentTurn,
    AnswerKind,
    Case,
    DecisionPoint,
    Grade,
    RecordedTurn,
    Reply,
    Score,
    Step,
    Tool,
    ToolAnswer,
    ToolCall,
    ToolTurn,
    Trial,
    TrialId,
    canonical,
)
from callgate.graders.grade import GraderSet
from callgate.graders.registry import RULES
from callgate.graders.seen import Context

RECORDED = "recorded"
"""The model's name in the ids of these trials."""
_OF_SCHEMAS = frozenset({"tool_schema"})


@dataclass(frozen=True, slots=True)
class Wrong:
    """A recorded decision that a rule fails: which, by which rule, why, and the words."""

    decision: str
    grader: str
    why: str
    evidence: str = ""

    def __str__(self) -> str:
        words = f': "{self.evidence}"' if self.evidence else ""
        return f"{self.decision}: {self.grader}: {self.why}{words}"


def recorded_trial(case: Case, point: DecisionPoint) -> Trial | None:
    """What was recorded at a decision as a trial; None where nothing was."""
    if not point.recorded:
        return None
    steps = tuple(_step(case, turn, index) for index, turn in enumerate(point.recorded))
    return Trial(TrialId("baseline", RECORDED, case.id, point.id, 0), steps)


def recorded_grades(
    case: Case, tools: Sequence[Tool], graders: GraderSet
) -> Iterator[tuple[DecisionPoint, Mapping[str, Grade]]]:
    """The grades of each decision at which something was recorded. A tool that the prompt does not have has no schema
    to be held to."""
    known = {tool.name for tool in tools}
    for point in case.points:
        trial = recorded_trial(case, point)
        if trial is None:
            continue
        foreign = any(answer.call.name not in known for answer in trial.answers)
        only = [bound.rule.id for bound in graders.rules if not (foreign and bound.rule.id in _OF_SCHEMAS)]
        asked = _asked(case, point)
        yield point, graders.grade(Context(case, asked, tuple(tools)), trial, only)


def failing(grades: Mapping[str, Grade], blocking: Collection[str]) -> tuple[str, ...]:
    """The blocking rules that a decision fails, in the order in which they are told."""
    return tuple(name for name in RULES if name in blocking and _failed(grades.get(name)))


def _failed(grade: Grade | None) -> bool:
    return isinstance(grade, Score) and not grade.passed


def wrongs(case: Case, tools: Sequence[Tool], graders: GraderSet) -> list[Wrong]:
    """Every recorded decision that a blocking rule fails, in the order of the call; the first is the first bad turn."""
    found = []
    for point, grades in recorded_grades(case, tools, graders):
        for name in failing(grades, graders.blocking):
            grade = grades[name]
            assert isinstance(grade, Score)
            words = grade.evidence[0].text if grade.evidence else ""
            found.append(Wrong(point.id, name, grade.why, words[:200]))
    return found


def _asked(case: Case, point: DecisionPoint) -> DecisionPoint:
    """A draft's decision expects no calls yet, so none that was made is one too many."""
    if case.status != "draft" or {"calls", "other_calls", "forbidden_calls"} & set(point.expect.given):
        return point
    return replace(point, expect=replace(point.expect, other_calls="allow"))


def _step(case: Case, turn: RecordedTurn, index: int) -> Step:
    """Words that were cut off were not said to anybody; arguments that could not be read are nobody's."""
    if isinstance(turn, AgentTurn):
        return Step(Reply(turn.interrupted_after or turn.text))
    broken = turn.args.get("_unreadable")
    call = ToolCall(f"recorded_{index}", turn.tool, str(broken) if broken is not None else canonical(turn.args))
    content = {"error": turn.error} if turn.error is not None else turn.result
    answer = ToolAnswer(call, _kind(case, turn), content, None if broken is not None else turn.args)
    return Step(Reply(calls=(call,)), (answer,))


def _kind(case: Case, turn: ToolTurn) -> AnswerKind:
    if "_unreadable" in turn.args:
        return "invalid"
    if turn.error is not None:
        return "tool_error"
    return "transfer" if case.effects.get(turn.tool) in {"transfer", "end"} else "answered"
