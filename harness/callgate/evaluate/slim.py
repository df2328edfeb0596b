"""Graded trials without their words: what a large run holds in memory.

What is counted, compared and told beside a verdict stays; the words are in the ledger, and are read back for the calls
that a page shows. Grades that say the same are one object.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Final, TypeVar

from callgate.concepts import (
    AnswerKind,
    Failure,
    Grade,
    NotApplicable,
    Reply,
    Score,
    Step,
    ToolAnswer,
    ToolCall,
    Trial,
    digest,
)
from callgate.evaluate.grading import Grades
from callgate.evaluate.rows import Graded

HELD: Final = 20_000
"""Trials that a run may come to with all of its words in memory."""
CHUNK: Final = 5_000
"""Trials that a larger run draws, grades and slims at a time."""
_NO_CALL: Final = ToolCall("", "", "")
T = TypeVar("T")


def chunks(some: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """A sequence in parts of a size."""
    return (some[at : at + size] for at in range(0, len(some), size))


class Slimmer:
    """Takes the words from graded trials; remembers the grades that many of them share."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._grades: dict[tuple[object, ...], dict[str, Grade]] = {}

    def slim(self, trial: Trial, grades: Grades) -> Graded:
        """A graded trial without its words. Two are equal to the letter where their first replies say the same: it is
        the digest of all that was said."""
        return _trial(trial), self._shared(grades)

    def _shared(self, grades: Grades) -> Grades:
        slimmed = {name: _grade(name, grade) for name, grade in grades.items()}
        names = tuple(slimmed)
        return self._grades.setdefault((self._names.setdefault(names, names), *slimmed.values()), slimmed)


def _trial(trial: Trial) -> Trial:
    if not trial.steps:
        return trial
    mark = digest(trial.transcript())[:32]
    first, *rest = map(_step, trial.steps)
    steps = (replace(first, reply=replace(first.reply, text=mark)), *rest)
    talk = trial.talk and replace(trial.talk, state={}, opening=trial.talk.opening and _reply(trial.talk.opening))
    return Trial(trial.id, steps, trial.failure, talk)


def _step(step: Step) -> Step:
    answers = tuple([_answer(one.kind) for one in step.answers])
    return Step(_reply(step.reply), answers, step.caller and _reply(step.caller))


def _reply(reply: Reply) -> Reply:
    return replace(reply, text="", calls=())


@cache
def _answer(kind: AnswerKind) -> ToolAnswer:
    return ToolAnswer(_NO_CALL, kind)


def _grade(name: str, grade: Grade) -> Grade:
    """What a verdict is drawn from: why it passed is told of no trial, why it failed by its first evidence."""
    if isinstance(grade, Failure):
        return grade
    if isinstance(grade, NotApplicable):
        return _not_applicable(grade.why if name == "success" else "")
    return _score(grade.value) if grade.passed else replace(grade, evidence=grade.evidence[:1])


@cache
def _score(value: float) -> Score:
    return Score(value, passed=True)


@cache
def _not_applicable(why: str) -> NotApplicable:
    return NotApplicable(why)
