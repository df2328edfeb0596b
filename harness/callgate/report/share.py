"""A decision and what lies behind it -> the same for people outside the team: only the decisions that changed, without
the recorded call around them, without prompts, and with pseudonyms in the place of personal data."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from callgate.concepts import (
    Arm,
    Case,
    Decision,
    Evidence,
    Failure,
    Flip,
    Grade,
    Json,
    Reply,
    Score,
    Step,
    Talk,
    ToolAnswer,
    Trial,
)
from callgate.dataset.redact import Pseudonyms, Redactor
from callgate.report.calls import Background, Call
from callgate.report.conversation import Graded, View


def shareable(decision: Decision, behind: Background) -> tuple[Decision, Background]:
    """Both without personal data and without what nobody outside needs. Pseudonyms are drawn anew each time, so that
    two shared pages cannot be put together."""
    salt = secrets.token_bytes(32)
    calls = {(call.model, call.case.id): call for call in behind.calls}
    masks = {key: _mask(call, salt) for key, call in calls.items()}
    general = Redactor(Pseudonyms(salt, ""))
    flips = tuple(_flip(flip, masks.get((flip.model, flip.case), general)) for flip in decision.flips)
    examples = tuple(general.text(line) for line in decision.missing.examples)
    masked = replace(decision, flips=flips, missing=replace(decision.missing, examples=examples))
    changed = {(flip.model, flip.case, flip.decision) for flip in decision.flips}
    return masked, Background(tuple(_call(call, masks[key], changed) for key, call in calls.items()), behind.usage)


def _mask(call: Call, salt: bytes) -> Redactor:
    """A redactor that has learnt every name and number of the call, the caller's own among them."""
    mask = Redactor(Pseudonyms(salt, call.case.id))
    trials = [trial for view in call.views for graded in view.trials.values() for trial, _ in graded]
    known: list[Json] = [{"caller": dict(call.case.caller)}, *(trial.transcript() for trial in trials)]
    known += [dict(answer.arguments) for trial in trials for answer in trial.answers if answer.arguments]
    known += [text for view in call.views for text in _said(view)]
    mask.redacted(known)
    return mask


def _said(view: View) -> Iterator[str]:
    for graded in view.trials.values():
        for _, grades in graded:
            yield from (grade.why for grade in grades.values())


def _flip(flip: Flip, mask: Redactor) -> Flip:
    return replace(flip, why=mask.text(flip.why), evidence=mask.text(flip.evidence))


def _call(call: Call, mask: Redactor, changed: set[tuple[str, str, str]]) -> Call:
    views = [view for view in call.views if (call.model, call.case.id, view.point.id) in changed]
    bare = [View(replace(view.point, recorded=(), forced=(), note=""), _trials(view, mask)) for view in views]
    return Call(_bare(call.case, bare), call.model, tuple(bare))


def _bare(case: Case, views: list[View]) -> Case:
    """The case with its decisions alone: neither title nor caller, nor what was said around them."""
    points = tuple(view.point for view in views)
    return replace(case, turns=points, title="", caller={}, config={}, facts={}, stubs=(), simulate=None, state={})


def _trials(view: View, mask: Redactor) -> Mapping[Arm, Sequence[Graded]]:
    return {
        arm: [
            (_trial(trial, mask), {name: _grade(grade, mask) for name, grade in grades.items()})
            for trial, grades in some
        ]
        for arm, some in view.trials.items()
    }


def _trial(trial: Trial, mask: Redactor) -> Trial:
    failure = trial.failure and Failure(trial.failure.kind, mask.text(trial.failure.why))
    steps = tuple(_step(step, mask) for step in trial.steps)
    return replace(trial, steps=steps, failure=failure, talk=trial.talk and _talk(trial.talk, mask))


def _talk(talk: Talk, mask: Redactor) -> Talk:
    """A simulated caller is made of a real one's words: they are masked like those of anybody."""
    state = mask.redacted(dict(talk.state))
    known = state if isinstance(state, Mapping) else {}
    return Talk(known, talk.ended, talk.opening and _reply(talk.opening, mask), tuple(map(mask.text, talk.again)))


def _reply(reply: Reply, mask: Redactor) -> Reply:
    return replace(reply, text=mask.text(reply.text), calls=())


def _step(step: Step, mask: Redactor) -> Step:
    answers = tuple(_answer(answer, mask) for answer in step.answers)
    return Step(_reply(step.reply, mask), answers, step.caller and _reply(step.caller, mask))


def _answer(answer: ToolAnswer, mask: Redactor) -> ToolAnswer:
    arguments = mask.redacted(dict(answer.arguments)) if answer.arguments is not None else None
    text = mask.text(answer.call.arguments) if arguments is None else json.dumps(arguments, ensure_ascii=False)
    known = arguments if isinstance(arguments, Mapping) else None
    return replace(
        answer, call=replace(answer.call, arguments=text), content=mask.redacted(answer.content), arguments=known
    )


def _grade(grade: Grade, mask: Redactor) -> Grade:
    """Evidence is found again by its words: the places of characters move."""
    if isinstance(grade, Score):
        seen = tuple(Evidence(mask.text(one.text), one.turn) for one in grade.evidence)
        return replace(grade, why=mask.text(grade.why), evidence=seen)
    return replace(grade, why=mask.text(grade.why))
