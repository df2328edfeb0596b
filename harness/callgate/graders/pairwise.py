"""Two replies in one situation -> which is better by a rubric, asked in both orders. Only for calibration: what a judge
makes of order and length shows here; gating looks at one reply at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence

from callgate.concepts import Failure, Json, Reply, Request, Trial, canonical
from callgate.graders.answers import KEYS, Answer, answer_of, schema, shown, words_of
from callgate.graders.frames import frame_for
from callgate.graders.judge import framed, parameters, situation
from callgate.graders.rubrics import Rubric
from callgate.graders.seen import Context

CHOICES = ("first", "second", "tie")
_MARKUP = re.compile(r"\*\*|__|`+|^#{1,6} +|^\s*[-*+] +|^> ?", re.MULTILINE)


def pair_requests(context: Context, pair: tuple[Trial, Trial], rubric: Rubric, *, model: str) -> tuple[Request, ...]:
    """The pair in the order given and in the other; none where one of them failed or says nothing."""
    if any(trial.failure is not None or not words_of(trial) for trial in pair):
        return ()
    return tuple(_request(context, order, rubric, model) for order in (pair, pair[::-1]))


def _request(context: Context, order: Sequence[Trial], rubric: Rubric, model: str) -> Request:
    first, second = (_plain(trial) for trial in order)
    material = canonical(situation(context) | {"first": first, "second": second})
    text = rubric.text.rstrip()
    for name, criterion in rubric.criteria.items():
        text += f"\n- {name}: {criterion}"
    messages = framed(text, frame_for(rubric.language).pair, material, keys=KEYS, answers=CHOICES)
    return Request(model, messages, parameters=parameters(schema(CHOICES)))


def _plain(trial: Trial) -> Json:
    """What was said and done, without layout: a judge shall not be won by it."""
    return [
        {**step, "text": _MARKUP.sub("", str(step["text"]))}  # a step's transcript is an object
        for step in shown(trial).transcript()
        if isinstance(step, dict)
    ]


def choices(pair: tuple[Trial, Trial], replies: Sequence[Reply | Failure]) -> tuple[Answer | Failure, ...]:
    """The answer in each order; `first` is what stood first in that order."""
    return tuple(answer_of(pair, reply, CHOICES) for reply in replies)
