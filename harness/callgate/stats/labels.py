"""Labelled answers of a classifier -> accuracy, macro-F1, recall by class, confusions, calibration, and how sure all
of it is. A pure function of the answers; what was not measured is not among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from callgate.stats.bounds import share_at_least, share_at_most
from callgate.stats.calibration import calibration_error

Standing = Literal["pass", "block", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Labelled:
    """One answer beside the truth. `label` is "" where the reply held none: that is wrong, not missing."""

    truth: str
    label: str
    confidence: float

    @property
    def right(self) -> bool:
        return self.label == self.truth


@dataclass(frozen=True, slots=True)
class Figures:
    """What a classifier did on `count` answers; all shares 0..1.

    `interval` is the exact two-sided 95 % interval of the accuracy (Clopper and Pearson 1934), `at_least` its exact
    one-sided lower bound at 95 %, `at_most` the upper one. `recall` maps each class to (right, of). `confusions` are
    (truth, label, times) of what was wrong, the most frequent first.
    """

    count: int
    accuracy: float
    interval: tuple[float, float]
    at_least: float
    at_most: float
    macro_f1: float
    recall: Mapping[str, tuple[int, int]]
    confusions: tuple[tuple[str, str, int], ...]
    calibration_error: float


def figures(answers: Sequence[Labelled]) -> Figures:
    """Raises ValueError where there is no answer, or a confidence is outside 0..1."""
    if not answers:
        raise ValueError("no answer was measured: there is no accuracy")
    count, right = len(answers), sum(answer.right for answer in answers)
    of = Counter(answer.truth for answer in answers)
    hits = Counter(answer.truth for answer in answers if answer.right)
    wrong = Counter((answer.truth, answer.label) for answer in answers if not answer.right)
    return Figures(
        count,
        right / count,
        (share_at_least(right, count, 0.975), share_at_most(right, count, 0.975)),
        share_at_least(right, count, 0.95),
        share_at_most(right, count, 0.95),
        macro_f1(answers),
        {name: (hits[name], of[name]) for name in sorted(of)},
        tuple((*pair, times) for pair, times in sorted(wrong.items(), key=lambda item: (-item[1], item[0]))),
        calibration_error([a.confidence for a in answers], [a.right for a in answers]),
    )


def macro_f1(answers: Sequence[Labelled]) -> float:
    """The mean of F1 = 2 tp / (2 tp + fp + fn) over every class that is a truth or was answered, each the same."""
    of = Counter(answer.truth for answer in answers)
    said = Counter(answer.label for answer in answers)
    hits = Counter(answer.truth for answer in answers if answer.right)
    names = of.keys() | said.keys()
    return sum(2 * hits[name] / (of[name] + said[name]) for name in sorted(names)) / len(names)


def standing(found: Figures, target: float) -> Standing:
    """Whether the accuracy meets a target: pass where even its lower bound does, block where even its upper bound does
    not, else inconclusive."""
    if found.at_least >= target:
        return "pass"
    return "block" if found.at_most < target else "inconclusive"


def standing_as_seen(found: Figures, target: float) -> Standing:
    """The same by the accuracy as seen: what is promised to people who ask for no certainty."""
    return "pass" if found.accuracy >= target else "block"
