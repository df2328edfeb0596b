"""Ratios of paired sizes: a known factor is found, swapping the sides inverts it, scipy agrees on the interval."""

import math

import numpy as np
import pytest
from scipy import stats

from callgate.stats.ratios import paired_ratio


def drawn(seed, factor, calls=40):
    rng = np.random.default_rng(seed)
    before = rng.lognormal(0.0, 0.5, (calls, 2))
    after = before * factor * rng.lognormal(0.0, 0.2, (calls, 2))
    return {f"c{n}": list(zip(before[n].tolist(), after[n].tolist(), strict=True)) for n in range(calls)}


def test_the_interval_is_students_over_calls():
    pairs = drawn(1, 1.3)
    found = paired_ratio(pairs)
    means = [np.mean([math.log(after / before) for before, after in some]) for some in pairs.values()]
    low, high = stats.t.interval(0.9, len(means) - 1, np.mean(means), stats.sem(means))
    assert found.ratio == pytest.approx(math.exp(np.mean(means)), rel=1e-12)
    assert found.interval == pytest.approx((math.exp(low), math.exp(high)), rel=1e-9)


def test_the_interval_holds_the_factor_nine_times_in_ten():
    inside = [(low <= 1.3 <= high) for seed in range(600) for low, high in [paired_ratio(drawn(seed, 1.3)).interval]]
    assert 0.86 <= np.mean(inside) <= 0.94


def test_swapping_the_sides_inverts_it():
    pairs = drawn(2, 1.7)
    swapped = {call: [(after, before) for before, after in some] for call, some in pairs.items()}
    one, other = paired_ratio(pairs), paired_ratio(swapped)
    assert one.ratio * other.ratio == pytest.approx(1.0)
    assert one.interval[0] * other.interval[1] == pytest.approx(1.0)


def test_what_says_nothing_is_no_number():
    assert paired_ratio({}) is None
    assert paired_ratio({"a": [(0.0, 3.0)], "b": [(2.0, 0.0)]}) is None
    alone = paired_ratio({"a": [(2.0, 3.0)], "b": [(0.0, 1.0)]})
    assert (alone.ratio, alone.interval, alone.calls) == (pytest.approx(1.5), None, 1)
