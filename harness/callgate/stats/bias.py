"""Is a judge won by something else than what it judges? Verdicts in, leanings with 95 % intervals out.

Two imaginary items, one leaning wholly each way, keep an interval off zero width where few were compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from callgate.stats.agreement import CONFIDENCE, Estimate
from callgate.stats.exact import FloatArray
from callgate.stats.quantiles import t_quantile

FEWEST = 10  # items below which a leaning is not reported
FIRST = {"first": 1.0, "tie": 0.5, "second": 0.0}


def first_shown(answers: Sequence[tuple[str, str]]) -> Estimate | None:
    """How often, as a share, what is shown first is preferred (a tie counts half): 0.5 without a bias.

    An item is one pair's answers in both orders, each "first", "second" or "tie" as it was shown. None: too few.
    """
    if len(answers) < FEWEST:
        return None
    shares = np.array([(FIRST[one] + FIRST[other]) / 2 for one, other in answers])
    low, high = _interval(np.concatenate([shares, [0.0, 1.0]]))
    return Estimate(float(shares.mean()), max(0.0, low), min(1.0, high))


def same_choice(answers: Sequence[tuple[str | None, str | None]]) -> list[tuple[str | None, str | None]]:
    """The answers in both orders as which of the two was chosen, "one", "other" or "tie": order aside."""
    names: dict[str | None, tuple[str | None, str | None]] = {
        "first": ("one", "other"),
        "second": ("other", "one"),
        "tie": ("tie", "tie"),
        None: (None, None),
    }
    return [(names[a][0], names[b][1]) for a, b in answers]


def kinder_to_longer(labels: Sequence[bool], passed: Sequence[bool], words: Sequence[int]) -> Estimate | None:
    """How much more the judge leans to "pass", compared with people, for longer replies than for shorter ones (-1..1).

    Replies that people judged alike are halved at their median length; a verdict that is too kind counts 1, one that is
    too strict -1. 0 without a bias. None where there are too few, or all are of one length.
    """
    errors = np.array([float(p) - float(label) for p, label in zip(passed, labels, strict=True)])
    longer = np.zeros(len(errors), dtype=bool)
    used = np.zeros(len(errors), dtype=bool)
    lengths, of = np.array(words), np.array(labels, dtype=bool)
    for label in (True, False):
        here = of == label
        if here.any() and lengths[here].min() < lengths[here].max():
            longer |= here & (lengths > np.median(lengths[here]))
            used |= here
    long_, short = errors[used & longer], errors[used & ~longer]
    if min(len(long_), len(short)) < FEWEST // 2:
        return None
    both = [np.concatenate([each, [1.0, -1.0]]) for each in (long_, short)]
    spread = math.sqrt(sum(float(each.var(ddof=1)) / len(each) for each in both))
    half = t_quantile(0.5 + CONFIDENCE / 2, min(map(len, both)) - 1) * spread
    value = float(long_.mean() - short.mean())
    return Estimate(value, max(-1.0, value - half), min(1.0, value + half))


def _interval(values: FloatArray) -> tuple[float, float]:
    half = t_quantile(0.5 + CONFIDENCE / 2, len(values) - 1) * float(values.std(ddof=1)) / math.sqrt(len(values))
    return float(values.mean()) - half, float(values.mean()) + half
