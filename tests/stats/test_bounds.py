"""The worst plausible change, the interval for these calls, and the breadth guard."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from callgate.stats.bounds import at_worst, interval_here, kish, signflip_exact, t_quantile


def test_single_binary_trials_give_the_bonett_price_bound():
    changes = np.array([-1.0] * 14 + [1.0] * 11 + [0.0] * 75)
    n, down, up = 102, 15, 12
    change = (up - down) / n
    variance = (up + down - n * change**2) / (n - 1)
    expected = change - stats.t.ppf(0.95, n - 1) * np.sqrt(variance / n)
    assert at_worst(changes, np.ones(100), 0.95) == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40), st.sampled_from([0.95, 0.97, 0.995]))
def test_the_bound_lies_below_the_shrunk_change_and_never_collapses(changes, level):
    u = np.array(changes)
    shrunk = u.sum() / (len(u) + 2)
    assert at_worst(u, np.ones(len(u)), level) < shrunk
    assert at_worst(u, np.ones(len(u)), level) >= at_worst(u, np.ones(len(u)), 0.999) - 1e-12


def test_cases_of_one_cluster_count_as_fewer():
    changes = np.array([-0.4, 0.4] * 20)
    alone = at_worst(changes, np.ones(40), 0.95)
    together = at_worst(np.array([-4.0, 4.0] * 2), np.full(4, 10.0), 0.95)
    assert together < alone
    assert kish(np.array([1.0] * 7)) == pytest.approx(7)
    assert kish(np.array([10.0, 1.0, 1.0])) < 2


@pytest.mark.parametrize("level", [0.95, 0.97, 0.985, 0.995])
@pytest.mark.parametrize("freedom", [1, 4, 30, 200])
def test_t_quantiles_are_scipys(level, freedom):
    assert t_quantile(level, freedom) == pytest.approx(stats.t.ppf(level, freedom), rel=1e-10)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-30, 30), min_size=1, max_size=10))
def test_sign_flips_equal_enumeration(changes):
    moved = [abs(c) for c in changes if c]
    flips = [sum(s * m for s, m in zip(signs, moved, strict=True)) for signs in product((-1, 1), repeat=len(moved))]
    expected = sum(flip <= sum(changes) for flip in flips) / len(flips)
    assert signflip_exact(np.array(changes)) == pytest.approx(expected, abs=1e-12)


def test_about_three_cases_must_have_got_worse():
    assert signflip_exact(np.array([-10, -10, 0, 0])) > 0.15
    assert signflip_exact(np.array([-10, -10, -10, 0])) <= 0.15
    assert signflip_exact(np.array([-100000, -7, 3, 3])) > 0.15
    assert signflip_exact(np.array([0, 0])) == 1.0


def test_the_interval_for_these_calls_has_a_width_even_without_variance():
    low, high = interval_here(0.0, 0.0, 0.0001)
    assert low == pytest.approx(-0.016449, abs=1e-6)
    assert high == pytest.approx(0.016449, abs=1e-6)
    assert interval_here(-0.99, 0.01, 0.0)[0] == -1.0
