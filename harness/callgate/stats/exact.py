"""Did these calls get worse? Trials of both arms, case by case, go in; the exact chance of a split this bad comes out.

Within one decision of one case the baseline's and the candidate's trials are exchangeable if nothing changed there, so
the candidate's scores are a random draw from the bag of all of them. The statistic is the printed change itself: every
case weighs the same, every decision of a case its share. With one 0/1 trial a side this is McNemar's exact test.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]

FINEST_WEIGHT = 100  # stratum weights that do not fit small integers are rounded to this grid; the test stays exact
DIRECT = 128  # up to this length a plain convolution is both quicker and exact in the tails
NEGLIGIBLE = 1e-17  # mass cut off each end of a long distribution, far below the 1e-9 that is promised


class Bag(NamedTuple):
    """All trials of one decision: sorted scores of both arms, how many are the candidate's, decisions of its case."""

    values: tuple[int, ...]
    drawn: int
    decisions: int = 1


class Mass(NamedTuple):
    """A distribution on the integers: `mass[j]` is the probability of `start + j`."""

    start: int
    mass: FloatArray


def exact(strata: Iterable[tuple[Sequence[int], Sequence[int], int]]) -> tuple[float, float]:
    """One-sided p-value of "the candidate is worse", and the smallest p that these bags could have given.

    Each stratum is (baseline scores, candidate scores, decisions of its case), scores being integers on one grid.

    >>> exact([((1, 1, 1), (0, 0, 0), 1)])
    (0.05, 0.05)
    """
    counts: Counter[Bag] = Counter()
    sums: Counter[Bag] = Counter()
    for baseline, candidate, decisions in strata:
        bag = Bag(tuple(sorted((*baseline, *candidate))), len(candidate), decisions)
        counts[bag] += 1
        sums[bag] += sum(candidate)
    return tail(counts, sums)


def tail(counts: Mapping[Bag, int], sums: Mapping[Bag, int]) -> tuple[float, float]:
    """p and floor where `counts` says how many strata have a bag and `sums` the candidate's scores summed over them."""
    live = [bag for bag in counts if bag.values[0] != bag.values[-1] and 0 < bag.drawn < len(bag.values)]
    if not live:
        return 1.0, 1.0
    weight = dict(zip(live, integer_weights(live), strict=True))
    observed = 0
    by_weight: dict[int, list[Mass]] = {}
    for bag in live:
        start, mass = draw(bag.values, bag.drawn)
        observed += weight[bag] * (sums[bag] - counts[bag] * start)
        by_weight.setdefault(weight[bag], []).append(power(Mass(0, mass), counts[bag]))
    whole = total([spread(total(masses), w) for w, masses in sorted(by_weight.items())])
    floor = lowest(counts)
    p = float(whole.mass[: max(0, observed - whole.start + 1)].sum())
    return min(1.0, max(p, floor)), floor


def lowest(counts: Mapping[Bag, int]) -> float:
    """The smallest p that these bags could have given, without working out p."""
    log = sum(n * _log_lowest(bag) for bag, n in counts.items())
    return max(math.exp(log), sys.float_info.min)  # a probability that is possible is never 0


@lru_cache(maxsize=65536)
def _log_lowest(bag: Bag) -> float:
    """log P(the candidate drew the lowest scores there are): ties at the edge may be drawn in several ways."""
    edge = bag.values[bag.drawn - 1]
    ties, below = bag.values.count(edge), bag.values.index(edge)
    return math.log(math.comb(ties, bag.drawn - below) / math.comb(len(bag.values), bag.drawn))


def integer_weights(bags: Sequence[Bag]) -> list[int]:
    """What a point of the candidate's sum moves the change by, as the smallest integers in proportion (at least 1)."""
    shares = [(Fraction(1, len(b.values) - b.drawn) + Fraction(1, b.drawn)) / b.decisions for b in bags]
    common = math.lcm(*(share.denominator for share in shares))
    whole = [int(share * common) for share in shares]
    divisor = math.gcd(*whole)
    largest = max(whole) // divisor
    if largest <= FINEST_WEIGHT:
        return [w // divisor for w in whole]
    return [max(1, round(FINEST_WEIGHT * w / (largest * divisor))) for w in whole]


@lru_cache(maxsize=65536)
def draw(values: tuple[int, ...], drawn: int) -> Mass:
    """Distribution of the sum of `drawn` values taken without replacement; cached, since bags repeat a great deal."""
    low, high = values[0], values[-1]
    if values.count(low) + values.count(high) == len(values):
        mass = _hypergeometric(len(values), values.count(high), drawn)
        least = max(0, drawn - values.count(low))
        found = spread(Mass(0, mass), high - low)
        return _frozen(drawn * low + least * (high - low), found.mass)
    size = len(values)
    width = sum(values[size - drawn :]) - drawn * low + 1
    state = np.zeros((drawn + 1, width))  # how many were drawn so far, and their sum
    state[0, 0] = 1.0
    for position, value in enumerate(values):
        take = np.clip((drawn - np.arange(drawn + 1)) / (size - position), 0.0, 1.0)[:, None]
        shift = value - low
        following = state * (1.0 - take)
        following[1:, shift:] += (state * take)[:-1, : width - shift]
        state = following
    least = sum(values[:drawn]) - drawn * low
    return _frozen(drawn * low + least, state[drawn, least:].copy())


def _frozen(start: int, mass: FloatArray) -> Mass:
    mass.setflags(write=False)  # shared by the cache
    return Mass(start, mass)


def _hypergeometric(size: int, ones: int, drawn: int) -> FloatArray:
    ways = math.comb(size, drawn)
    least, most = max(0, drawn - (size - ones)), min(drawn, ones)
    return np.array([math.comb(ones, x) * math.comb(size - ones, drawn - x) / ways for x in range(least, most + 1)])


def spread(mass: Mass, step: int) -> Mass:
    """The distribution of `step` times the variable."""
    if step == 1:
        return mass
    wide = np.zeros(step * (len(mass.mass) - 1) + 1)
    wide[::step] = mass.mass
    return Mass(mass.start * step, wide)


def power(mass: Mass, times: int) -> Mass:
    """The distribution of the sum of `times` independent copies (times >= 1), by repeated squaring."""
    result: Mass | None = None
    while True:
        if times & 1:
            result = mass if result is None else convolution(result, mass)
        times >>= 1
        if not times:
            assert result is not None
            return result
        mass = convolution(mass, mass)


def total(masses: Sequence[Mass]) -> Mass:
    """The distribution of the sum of independent variables: shortest first, so that no step is longer than need be."""
    waiting = sorted(masses, key=lambda m: len(m.mass))
    while len(waiting) > 1:
        joined = convolution(waiting.pop(0), waiting.pop(0))
        place = next((i for i, m in enumerate(waiting) if len(m.mass) >= len(joined.mass)), len(waiting))
        waiting.insert(place, joined)
    return waiting[0]


def convolution(x: Mass, y: Mass) -> Mass:
    """The distribution of the sum of two independent variables."""
    start = x.start + y.start
    if min(len(x.mass), len(y.mass)) <= DIRECT:
        return Mass(start, np.convolve(x.mass, y.mass))
    length = len(x.mass) + len(y.mass) - 1
    padded = 1 << (length - 1).bit_length()
    product = np.fft.rfft(x.mass, padded) * np.fft.rfft(y.mass, padded)
    mass = np.maximum(np.fft.irfft(product, padded)[:length], 0.0)
    upward = np.cumsum(mass)
    first = int(np.searchsorted(upward, NEGLIGIBLE))
    last = length - int(np.searchsorted(np.cumsum(mass[::-1]), NEGLIGIBLE))
    return Mass(start + first, mass[first:last])


def fisher(lost_b: int, of_b: int, lost_c: int, of_c: int) -> float:
    """Two-sided p of Fisher's exact test on two shares: the chance of tables no more likely than the one seen."""
    lost = lost_b + lost_c

    def log_ways(x: int) -> float:
        return _log_choose(of_b, x) + _log_choose(of_c, lost - x)

    every = [log_ways(x) for x in range(max(0, lost - of_c), min(of_b, lost) + 1)]
    whole, seen = _log_choose(of_b + of_c, lost), log_ways(lost_b)
    return min(1.0, sum(math.exp(each - whole) for each in every if each <= seen + 1e-7))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
