"""The permutation test against brute force, against McNemar and against scipy where they are defined."""

from itertools import combinations, product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from callgate.stats.exact import Bag, Mass, convolution, draw, exact, integer_weights

Drawn = tuple[tuple[int, ...], tuple[int, ...], int]


def brute_force(strata: list[Drawn]) -> tuple[float, float]:
    """Every split of every bag, weighed in plain fractions of the change itself."""
    splits = []
    for baseline, candidate, decisions in strata:
        bag = (*baseline, *candidate)
        here = []
        for chosen in combinations(range(len(bag)), len(candidate)):
            c = sum(bag[i] for i in chosen)
            here.append((c / len(candidate) - (sum(bag) - c) / len(baseline)) / decisions)
        splits.append(here)
    observed = sum((sum(c) / len(c) - sum(b) / len(b)) / d for b, c, d in strata)
    changes = [sum(each) for each in product(*splits)]
    lowest = min(changes)
    worse = sum(change <= observed + 1e-9 for change in changes)
    return worse / len(changes), sum(change <= lowest + 1e-9 for change in changes) / len(changes)


def strata_of(scores: st.SearchStrategy[int]) -> st.SearchStrategy[list[Drawn]]:
    arm = st.lists(scores, min_size=1, max_size=3).map(tuple)
    return st.lists(st.tuples(arm, arm, st.integers(1, 3)), min_size=1, max_size=3)


@settings(max_examples=150, deadline=None)
@given(strata_of(st.integers(0, 1)))
def test_p_and_floor_equal_enumeration_with_unequal_trials_and_several_decisions(strata):
    assert exact(strata) == pytest.approx(brute_force(strata), abs=1e-9)


@settings(max_examples=150, deadline=None)
@given(strata_of(st.sampled_from([0, 1, 5, 10, 13, 20])))
def test_graded_scores_equal_enumeration(strata):
    assert exact(strata) == pytest.approx(brute_force(strata), abs=1e-9)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 20))
def test_one_trial_a_side_is_mcnemar_exact(losses, gains, ties):
    strata = [((1,), (0,), 1)] * losses + [((0,), (1,), 1)] * gains + [((1,), (1,), 1)] * ties
    if not losses + gains:
        assert ties == 0 or exact(strata)[0] == 1.0
        return
    expected = stats.binomtest(gains, losses + gains, 0.5, alternative="less").pvalue
    assert exact(strata)[0] == pytest.approx(expected, abs=1e-9)


@given(st.integers(1, 12), st.integers(1, 12), st.data())
def test_one_stratum_is_the_hypergeometric_test(kb, kc, data):
    passed_b, passed_c = data.draw(st.integers(0, kb)), data.draw(st.integers(0, kc))
    baseline, candidate = (1,) * passed_b + (0,) * (kb - passed_b), (1,) * passed_c + (0,) * (kc - passed_c)
    expected = stats.hypergeom.cdf(passed_c, kb + kc, passed_b + passed_c, kc)
    assert exact([(baseline, candidate, 1)])[0] == pytest.approx(expected, abs=1e-9)


@given(strata_of(st.integers(0, 20)), st.randoms(use_true_random=False))
def test_the_order_of_cases_and_of_trials_changes_nothing(strata, random):
    shuffled = [(tuple(random.sample(b, len(b))), tuple(random.sample(c, len(c))), d) for b, c, d in strata]
    random.shuffle(shuffled)
    assert exact(shuffled) == pytest.approx(exact(strata), abs=1e-12)


def test_p_never_falls_below_its_floor_however_many_cases_broke():
    strata = [((1,) * 10, (0,) * 10, 1)] * 150
    p, floor = exact(strata)
    assert 0.0 < floor <= p < 1e-15


def test_what_cannot_vary_says_nothing():
    assert exact([((1, 1), (1, 1), 1), ((0,), (0,), 2)]) == (1.0, 1.0)
    assert exact([]) == (1.0, 1.0)


def test_weights_are_the_smallest_integers_in_proportion():
    assert integer_weights([Bag((0, 1, 1, 1), 2, 1), Bag((0, 1, 1, 1), 2, 2)]) == [2, 1]
    assert integer_weights([Bag((0, 1), 1, 1)]) == [1]


def test_weights_that_fit_no_small_integers_are_rounded_and_never_vanish():
    bags = [Bag((0, 1) * k, k, d) for k, d in ((7, 1), (11, 3), (13, 7), (10, 300))]
    weights = integer_weights(bags)
    assert max(weights) == 100
    assert min(weights) == 1


def test_a_long_convolution_keeps_the_whole_mass():
    half = Mass(3, draw((0,) * 300 + (1,) * 300, 300).mass)
    whole = convolution(convolution(half, half), convolution(half, half))
    assert whole.mass.sum() == pytest.approx(1.0, abs=1e-12)
    assert whole.mass @ np.arange(whole.start, whole.start + len(whole.mass)) == pytest.approx(4 * (3 + 150), abs=1e-6)


def test_many_cases_equal_the_binomial():
    losses, gains = 1100, 1000
    expected = sum(comb(2100, x) for x in range(gains + 1)) / 2**2100
    assert exact([((1,), (0,), 1)] * losses + [((0,), (1,), 1)] * gains)[0] == pytest.approx(expected, abs=1e-12)
