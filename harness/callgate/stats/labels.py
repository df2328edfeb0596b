"""Labelled answers of a classifier -> accuracy, macro-F1, recall by class, confusions, calibration, and how sure all
of it is. A pure function of the answers; what was not measured is not among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from callgate.concepts import Figures, Reading, Standing
from callgate.stats.bounds import share_at_least, share_at_most
from callgate.stats.calibration import calibration_error

MOST = 1_000_000
"""More answers than anybody labels."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One answer beside the truth. `label` is "" where the reply held none: that is wrong, not missing."""

    truth: str
    label: str
    confidence: float

    @property
    def right(self) -> bool:
        return self.label == self.truth


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


def standing(found: Figures, target: float, read: Reading = "lower_bound") -> Standing:
    """Whether the accuracy meets a target: pass where even its lower bound does, block where even its upper bound does
    not, else inconclusive. Read as a `point`, the accuracy as seen decides: for those who ask for no certainty."""
    if read == "point":
        return "pass" if found.accuracy >= target else "block"
    if found.at_least >= target:
        return "pass"
    return "block" if found.at_most < target else "inconclusive"


def more_needed(found: Figures, target: float) -> int | None:
    """How many more answers, right as often as these, would show that the target is met; None where they are not right
    often enough."""
    if found.accuracy <= target:
        return None
    few, many = found.count, MOST
    if share_at_least(found.accuracy * many, many, 0.95) < target:
        return None
    while many - few > 1:
        middle = (few + many) // 2
        meets = share_at_least(found.accuracy * middle, middle, 0.95) >= target
        few, many = (few, middle) if meets else (middle, many)
    return many - found.count
