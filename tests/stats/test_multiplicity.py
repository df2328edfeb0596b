"""Tarone-Holm as written, and adjusted p-values that agree with it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callgate.stats.multiplicity import benjamini_hochberg, tarone_holm, tarone_holm_adjusted

family = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)).map(lambda t: (max(t), min(t))), min_size=1, max_size=12)


def test_a_test_that_could_never_reach_the_threshold_takes_no_share():
    p, floor = [0.03, 0.9, 0.9], [0.001, 0.2, 0.3]
    assert tarone_holm(p, floor, 0.05) == {0}
    assert tarone_holm(p, [0.0, 0.0, 0.0], 0.05) == frozenset()


def test_without_floors_it_is_holm():
    p = [0.010, 0.02, 0.030, 0.2]
    assert tarone_holm(p, [0.0] * 4, 0.05) == {0}
    assert tarone_holm([0.010, 0.015, 0.024, 0.04], [0.0] * 4, 0.05) == {0, 1, 2, 3}


def test_decided_tests_keep_their_place():
    assert tarone_holm([0.03, 1.0], [0.0, 0.0], 0.05) == frozenset()
    assert tarone_holm([0.02, 1.0], [0.0, 0.0], 0.05) == {0}


@given(family, st.sampled_from([0.005, 0.015, 0.03, 0.05]))
def test_what_is_rejected_has_an_adjusted_p_of_at_most_alpha(tests, alpha):
    p, floor = [t[0] for t in tests], [t[1] for t in tests]
    adjusted = tarone_holm_adjusted(p, floor)
    for i in tarone_holm(p, floor, alpha):
        assert adjusted[i] <= alpha + 1e-8


@given(family)
def test_adjusting_never_lowers_p_and_keeps_the_order(tests):
    p, floor = [t[0] for t in tests], [t[1] for t in tests]
    adjusted = tarone_holm_adjusted(p, floor)
    assert all(a >= raw for a, raw in zip(adjusted, p, strict=True))
    by_p = sorted(range(len(p)), key=lambda i: p[i])
    assert all(adjusted[i] <= adjusted[j] for i, j in itertools.pairwise(by_p) if p[i] < p[j])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=10))
def test_false_discovery_rate_adjustment_is_scipys(p):
    from scipy.stats import false_discovery_control

    assert benjamini_hochberg(p) == pytest.approx(tuple(false_discovery_control(p)), abs=1e-12)
