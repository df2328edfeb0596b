"""How sure must it be to answer alone? Confidences and whether each answer was right in; a threshold that holds out.

The lowest threshold whose accuracy as seen meets the target breaks its promise about every other time: it was chosen
for its luck. Here thresholds are tested from the strictest down, each on its exact lower bound, and the first that
fails ends it (fixed-sequence testing), so the promise is kept with the confidence that is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from callgate.stats.bounds import share_at_least

STEPS = 20  # thresholds that are tested, by equal numbers of answers
BINS = 10  # of confidence, of equal width
MOST_LABELS = 1_000_000


@dataclass(frozen=True, slots=True)
class Point:
    """What answering alone from `threshold` up means: the share of all it covers, and its accuracy as seen."""

    threshold: float
    answered: int
    coverage: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Chosen:
    """The lowest threshold whose accuracy is at least `target` with confidence `level`; None where none is.

    `at_least` is the exact lower bound of the accuracy at the threshold. `coverage` is 0 where there is none.
    `reachable` is the point with the greatest coverage whose accuracy as seen is above the target, and `more` how many
    more labels would likely let one promise it (None: more labels will not help).
    """

    target: float
    level: float
    labels: int
    threshold: float | None
    coverage: float
    accuracy: float | None
    at_least: float | None
    reachable: Point | None = None
    more: int | None = None


def curve(confidences: Sequence[float], right: Sequence[bool]) -> tuple[Point, ...]:
    """Coverage and accuracy at every confidence that occurs, from the strictest down. Raises ValueError."""
    sure, good = _ordered(confidences, right)
    last = [*np.flatnonzero(np.diff(sure)).tolist(), len(sure) - 1]  # the last answer at each confidence
    hits = np.cumsum(good)
    return tuple(Point(float(sure[i]), i + 1, (i + 1) / len(sure), float(hits[i] / (i + 1))) for i in last)


def choose(confidences: Sequence[float], right: Sequence[bool], *, target: float, level: float = 0.95) -> Chosen:
    """The threshold from which answers may go out alone.

    The labels must be a random sample of the answers, and none may have been used to train or tune what is judged.
    """
    if not (0.0 < target < 1.0 and 0.0 < level < 1.0):
        raise ValueError("target and level must lie between 0 and 1")
    points, labels = curve(confidences, right), len(confidences)
    best: tuple[Point, float] | None = None
    for point in _tested(points, labels, target, level):
        bound = share_at_least(round(point.accuracy * point.answered), point.answered, level)
        if bound < target:
            break
        best = (point, bound)
    reachable = next((point for point in reversed(points) if point.accuracy > target), None)
    if best is None:
        found = Chosen(target, level, labels, None, 0.0, None, None)
    else:
        point, bound = best
        found = Chosen(target, level, labels, point.threshold, point.coverage, point.accuracy, bound)
    return _with_price(found, reachable)


def _tested(points: Sequence[Point], labels: int, target: float, level: float) -> list[Point]:
    """The sequence to test: it looks at the confidences only, never at what was right, or the promise would be void.

    It begins at no fewer answers than a step, so that one mistake among the surest few does not end it all.
    """
    step = max(1, labels // STEPS)
    fewest = max(step, math.ceil(math.log(1 - level) / math.log(target)))  # that could show it, all of them right
    kept: list[Point] = []
    for point in points:
        if point.answered >= fewest and (not kept or point.answered >= kept[-1].answered + step or point is points[-1]):
            kept.append(point)
    return kept


def _with_price(found: Chosen, reachable: Point | None) -> Chosen:
    """How many more labels, if accuracy stays as seen, would promise more coverage."""
    more = None
    if reachable is not None and reachable.coverage > found.coverage:
        few, many = reachable.answered, MOST_LABELS
        if share_at_least(reachable.accuracy * many, many, found.level) >= found.target:
            while many - few > 1:
                middle = (few + many) // 2
                meets = share_at_least(reachable.accuracy * middle, middle, found.level) >= found.target
                few, many = (few, middle) if meets else (middle, many)
            more = math.ceil((many - reachable.answered) / reachable.coverage)
    return Chosen(
        found.target,
        found.level,
        found.labels,
        found.threshold,
        found.coverage,
        found.accuracy,
        found.at_least,
        reachable,
        more,
    )


def calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = BINS) -> float:
    """Expected calibration error: how far confidence and accuracy are apart, by bins of equal width, 0..1.

    A bin holds its upper edge; the first holds 0 too.
    """
    sure, good = _ordered(confidences, right)
    place = np.clip(np.ceil(sure * bins).astype(np.int64) - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    apart = np.abs(np.bincount(place, sure, minlength=bins) - np.bincount(place, good, minlength=bins))
    return float(apart[counts > 0].sum() / len(sure))


def brier(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Mean squared distance of confidence from what came true, 0 (best) to 1."""
    sure, good = _ordered(confidences, right)
    return float(((sure - good) ** 2).mean())


def _ordered(confidences: Sequence[float], right: Sequence[bool]) -> tuple[np.ndarray, np.ndarray]:
    """Both as arrays, the surest first."""
    if not len(confidences) or len(confidences) != len(right):
        raise ValueError("as many confidences as answers are needed, and at least one")
    sure, good = np.array(confidences, dtype=np.float64), np.array(right, dtype=np.float64)
    if not ((sure >= 0.0) & (sure <= 1.0)).all():
        raise ValueError("a confidence lies between 0 and 1")
    order = np.argsort(-sure, kind="stable")
    return sure[order], good[order]
