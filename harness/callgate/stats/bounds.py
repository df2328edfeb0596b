"""How far could it be off? Changes by cluster of cases in; the worst plausible change, an interval and a guard out."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from callgate.stats.exact import FloatArray, IntArray, Mass, power, spread, total
from callgate.stats.quantiles import beta_quantile, t_quantile, z_quantile

FINEST_FLIP = 2000  # the guard rounds changes to this many steps of the largest


def kish(sizes: FloatArray) -> float:
    """How many clusters of equal size these are worth: (sum m)^2 / sum m^2."""
    return float(sizes.sum() ** 2 / (sizes**2).sum()) if len(sizes) else 0.0


class Centre(NamedTuple):
    """A mean with its standard error over `clusters`, the imaginary ones included."""

    mean: float
    error: float
    clusters: int


def plus_two(sums: FloatArray, sizes: FloatArray) -> Centre:
    """The mean change with two imaginary clusters of typical size added, one wholly worse and one wholly better."""
    typical = float((sizes**2).sum() / sizes.sum())
    u = np.concatenate([sums, [typical, -typical]])
    m = np.concatenate([sizes, [typical, typical]])
    k = len(u)
    change = float(u.sum() / m.sum())
    return Centre(change, math.sqrt(k / (k - 1) * ((u - change * m) ** 2).sum()) / float(m.sum()), k)


def at_worst(sums: FloatArray, sizes: FloatArray, level: float) -> float:
    """The lowest plausible change for calls like these, one-sided at confidence `level`.

    `sums` are the summed changes (-1..1 a case) and `sizes` the numbers of cases of each cluster. Two imaginary
    clusters keep the bound off zero width (Bonett and Price 2012, for single binary trials; a cluster-robust t bound
    otherwise).
    """
    centre = plus_two(sums, sizes)
    return centre.mean - t_quantile(level, centre.clusters - 1) * centre.error


def share_at_least(hits: float, of: float, level: float) -> float:
    """The exact lower bound of a share (Clopper and Pearson 1934), one-sided at confidence `level`."""
    return 0.0 if hits <= 0.0 else beta_quantile(1 - level, hits, of - hits + 1)


def share_at_most(hits: float, of: float, level: float) -> float:
    """The exact upper bound of a share, one-sided at confidence `level`."""
    return 1.0 - share_at_least(of - hits, of, level)


def interval_here(change: float, variance: float, extra: float, *, level: float = 0.90) -> tuple[float, float]:
    """Where the change on these very calls lies: only the trials are chance, the cases are not.

    `variance` is that of the change under random splits of each bag; `extra` that of one imaginary case which flips
    like a coin, so that the interval never collapses. Ends stay within -1..1.
    """
    half = z_quantile(0.5 + level / 2) * math.sqrt(variance + extra)
    return max(-1.0, change - half), min(1.0, change + half)


def signflip_exact(changes: IntArray) -> float:
    """Chance that random signs on these clusters' summed changes (integers on one grid) look this bad or worse.

    The breadth guard: two clusters that got worse can reach 1/4, three 1/8; one bad case alone never says "worse".
    """
    sizes = np.abs(changes[changes != 0])
    if not len(sizes):
        return 1.0
    net = int(changes.sum())
    largest = int(sizes.max())
    if largest > FINEST_FLIP:
        rounded = np.rint(changes * (FINEST_FLIP / largest)).astype(np.int64)
        sizes, net = np.abs(rounded[rounded != 0]), int(rounded.sum())
    divisor = int(np.gcd.reduce(sizes))
    values, counts = np.unique(sizes // divisor, return_counts=True)
    coin = Mass(0, np.array([0.5, 0.5]))
    # a sum of signs times sizes is twice the sum of those with a plus, less the sum of all
    whole = total([spread(power(coin, int(n)), int(v)) for v, n in zip(values, counts, strict=True)])
    highest = (net // divisor + int((values * counts).sum())) // 2
    return min(1.0, float(whole.mass[: max(0, highest - whole.start + 1)].sum()))
