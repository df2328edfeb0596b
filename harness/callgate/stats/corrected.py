"""A judge's change, corrected by people's labels: what the judge saw of all calls, and of some what people saw.

Prediction-powered (Angelopoulos and others 2023), in pairs: the judge's mean change times `lambda`, plus the mean over
the labelled pairs of the person's change less `lambda` times the judge's. `lambda` is the weight that makes it least
uncertain, within 0..1. Each language has labels of its own; nothing is borrowed from another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from callgate.stats.bounds import Centre, plus_two
from callgate.stats.exact import FloatArray
from callgate.stats.quantiles import t_quantile


@dataclass(frozen=True, slots=True)
class Pairs:
    """Decisions of one language whose replies of both variants a person and the judge gave a verdict on: each one's
    change (candidate less baseline, -1..1) and the call that it is of."""

    person: tuple[float, ...]
    judge: tuple[float, ...]
    clusters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Corrected:
    """The corrected change, and its standard error with the freedom of the fewest labels."""

    change: float
    error: float
    freedom: int

    def at_worst(self, level: float) -> float:
        """The lowest plausible change, one-sided at confidence `level`."""
        return self.change - t_quantile(level, self.freedom) * self.error


def weight(pairs: Sequence[Pairs], cases: float) -> float:
    """The judge's weight that leaves the least uncertainty, over all languages: 0 is labels alone, 1 trusts it."""
    person = np.concatenate([np.array(each.person) for each in pairs])
    judge = np.concatenate([np.array(each.judge) for each in pairs])
    spread = float(((judge - judge.mean()) ** 2).sum())
    if spread == 0.0:
        return 0.0
    shared = float(((person - person.mean()) * (judge - judge.mean())).sum())
    return min(1.0, max(0.0, shared / spread / (1 + len(person) / cases)))


def corrected(
    changes: FloatArray, sizes: FloatArray, labelled: Mapping[str, Pairs], shares: Mapping[str, float]
) -> Corrected:
    """Correct the judge's `changes` (summed by cluster of `sizes` cases) by the labels of each language.

    `shares` says how many of the cases are in each language (they add up to 1); each must be labelled. Two imaginary
    clusters widen every part, as in the gate's own bound.
    """
    trust = weight([labelled[name] for name in shares], float(sizes.sum()))
    whole = plus_two(trust * changes, sizes)
    parts = [(share, _rest(labelled[name], trust)) for name, share in shares.items()]
    change = trust * float(changes.sum() / sizes.sum()) + sum(
        share * _mean(labelled[name], trust) for name, share in shares.items()
    )
    error = math.sqrt((whole.error if trust else 0.0) ** 2 + sum((share * part.error) ** 2 for share, part in parts))
    return Corrected(change, error, min(part.clusters for _, part in parts) - 1)


def _mean(pairs: Pairs, trust: float) -> float:
    return float(np.mean(np.array(pairs.person) - trust * np.array(pairs.judge)))


def _rest(pairs: Pairs, trust: float) -> Centre:
    """What the judge missed, by cluster."""
    cluster = np.unique(pairs.clusters, return_inverse=True)[1]
    missed = np.array(pairs.person) - trust * np.array(pairs.judge)
    return plus_two(np.bincount(cluster, missed).astype(np.float64), np.bincount(cluster).astype(np.float64))
