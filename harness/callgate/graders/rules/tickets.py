"""Rules on the triage of a ticket: each label right, and what is wrong with an answer by the scheme of its world."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from callgate.concepts import Evidence, Grade, Json, NotApplicable, Scheme, Score, ToolCall, Trial
from callgate.dataset.schemes import KEYS, disagreement
from callgate.files import did_you_mean
from callgate.graders.seen import Seen
from callgate.graders.text import excerpt
from callgate.replay import arguments_of

CONFIDENCE = "confidence"


def category_right(seen: Seen) -> Grade:
    """The ticket's category is the one that is right; a reply without one is wrong."""
    return _right(seen, "category")


def priority_right(seen: Seen) -> Grade:
    """The ticket's priority is the one that is right."""
    return _right(seen, "priority")


def route_right(seen: Seen) -> Grade:
    """The ticket goes where it belongs."""
    return _right(seen, "route")


def alone_right(seen: Seen, *, start: float | None = None) -> Grade:
    """No answer goes out without a person and is wrong: none from the confidence `start` up, whose category is not kept
    for people. `gate.alone.from` of an eval sets `start`."""
    scheme, truth = seen.context.case.scheme, seen.expect.answer.get("category")
    if start is None or scheme is None or truth is None:
        return NotApplicable("no answer goes out without a person")
    answer = answer_of(seen.trial)
    sure = confidence_of(answer) if isinstance(answer, Mapping) else None
    if isinstance(answer, str) or sure is None or sure < start or not may_go_alone(scheme, answer):
        return Score(1.0, passed=True, why="goes to a person")
    right = answer["category"] == truth
    why = f"goes out alone, {sure:g} sure of {answer['category']}" + ("" if right else f": {truth} is right")
    evidence = () if right else (Evidence(_text(seen.trial)[:200], max(0, len(seen.trial.steps) - 1)),)
    return Score(float(right), passed=right, why=why, evidence=evidence)


def may_go_alone(scheme: Scheme, answer: Mapping[str, Json]) -> bool:
    """Whether an answer may go out without a person where it is sure enough: it is whole, and its category is not kept
    for people."""
    kept = {*scheme.never_alone, scheme.out_of_scope}
    return not answer_problem(scheme, answer) and answer["category"] not in kept


def answer_of(trial: Trial) -> Mapping[str, Json] | str:
    """The JSON object that a trial answered with, or what is wrong with it."""
    return _parsed(_text(trial))


def answer_problem(scheme: Scheme, answer: Mapping[str, Json]) -> str:
    """Why an answer is none by the scheme: a field missing, a label of no closed set, a confidence outside 0..1,
    labels that do not go together. "" where it is one."""
    for field, known in scheme.labels.items():
        if field not in answer:
            return f"no {field}"
        label = answer[field]
        if not isinstance(label, str) or label not in known:
            return f"{label!r} is not among the {KEYS[field]}{did_you_mean(str(label), known)}"
    if confidence_of(answer) is None:
        return (
            f"confidence lies between 0 and 1, not {answer[CONFIDENCE]!r}" if CONFIDENCE in answer else "no confidence"
        )
    wrong = disagreement(scheme, answer)
    return wrong[1] if wrong else ""


def confidence_of(answer: Mapping[str, Json]) -> float | None:
    """How sure the answer says it is, 0..1; None where it does not say so."""
    sure = answer.get(CONFIDENCE)
    if isinstance(sure, bool) or not isinstance(sure, int | float) or not 0 <= sure <= 1:
        return None
    return float(sure)


def _right(seen: Seen, field: str) -> Grade:
    truth = seen.expect.answer.get(field)
    if truth is None:
        return NotApplicable(f"no {field} is expected")
    answer = answer_of(seen.trial)
    said = answer.get(field) if isinstance(answer, Mapping) else None
    if said == truth:
        return Score(1.0, passed=True, why=f"{field} {truth}")
    what = f"{said!r}" if said is not None else f"none: {excerpt(_text(seen.trial))}"
    evidence = (Evidence(_text(seen.trial)[:200], max(0, len(seen.trial.steps) - 1)),)
    return Score(0.0, passed=False, why=f"{field} {truth} expected, was {what}", evidence=evidence)


def _text(trial: Trial) -> str:
    return trial.steps[-1].reply.text if trial.steps else ""


@lru_cache(maxsize=8192)
def _parsed(text: str) -> Mapping[str, Json] | str:
    """Strictly: one object and nothing beside it, no key twice."""
    found = arguments_of(ToolCall("", "", text.strip() or "nothing"))
    return found.replace("the arguments are", "the reply is") if isinstance(found, str) else found
