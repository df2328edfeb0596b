"""The price to decide: what it promises, simulated, and that it never promises the impossible."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callgate.stats.bounds import at_worst
from callgate.stats.planning import Price, Spread, chance_to_clear, detectable, price


def spread(cases=100, effect=0.01, noise=0.08, held=0):
    return Spread(cases, cases, 1.0, effect, noise, noise, held)


def simulated(of, trials, margin, level):
    """How often normal changes of this variance clear the bound itself."""
    rng = np.random.default_rng(1)
    changes = rng.normal(0.0, np.sqrt(of.variance(trials)), (3000, int(of.cases)))
    return np.mean([at_worst(each, np.ones(len(each)), level) > -margin for each in changes])


@pytest.mark.parametrize(("cases", "margin"), [(100, 0.05), (45, 0.10), (27, 0.15), (200, 0.05)])
@pytest.mark.parametrize("trials", [2, 10])
def test_the_chance_to_clear_is_how_often_the_bound_clears(cases, margin, trials):
    of = spread(cases, effect=0.0)
    told = chance_to_clear(of, trials, margin=margin, change=0.0, level=0.97)
    assert told == pytest.approx(simulated(of, trials, margin, 0.97), abs=0.04)


def test_trials_are_the_price_where_noise_is_the_trouble():
    found = price(spread(100, effect=0.0), margin=0.05, change=0.0, most_trials=10)
    assert found is not None
    assert found.cases is None
    assert 1 < found.trials <= 10


def test_cases_are_the_price_where_the_cases_differ():
    of = spread(100, effect=0.09, noise=0.02)
    found = price(of, margin=0.05, change=0.0, most_trials=10)
    assert found is not None
    assert found.trials is None
    enough, fewer = of.with_cases(100 + found.cases), of.with_cases(95 + found.cases)
    assert chance_to_clear(enough, 10, margin=0.05, change=0.0, level=0.95) >= 0.8
    assert chance_to_clear(fewer, 10, margin=0.05, change=0.0, level=0.95) < 0.8


def test_nothing_clears_what_fell_below_its_margin():
    assert price(spread(), margin=0.05, change=-0.05, most_trials=10) is None
    assert price(spread(), margin=0.05, change=-0.0499999, most_trials=10) is None


@given(st.floats(0, 0.2), st.floats(0.001, 0.25), st.floats(-0.04, 0.1), st.integers(10, 400))
def test_better_changes_and_more_trials_never_cost_more(effect, noise, change, cases):
    def told(by, most):
        found = price(spread(cases, effect, noise), margin=0.05, change=change + by, most_trials=most)
        return (2, 0) if found is None else (0, found.trials) if found.trials else (1, found.cases)

    assert told(0.01, 10) <= told(0.0, 10) <= told(0.0, 5)


def test_the_detectable_drop_shrinks_with_cases_and_grows_with_the_family():
    assert detectable(0.02, 1600, 0.05) == pytest.approx(detectable(0.02, 400, 0.05) / 2)
    assert detectable(0.02, 400, 0.05 / 24) > detectable(0.02, 400, 0.05)
    assert detectable(0.02, 400, 0.05) == pytest.approx((1.6449 + 0.8416) * np.sqrt(0.02 / 400), rel=1e-4)
    assert detectable(0.02, 400, 0.05, drop=0.05) == pytest.approx(0.05 + 0.8416 * np.sqrt(0.02 / 400), rel=1e-4)
    assert detectable(0.0, 20, 0.05) == pytest.approx(3 / 20)


def test_prices_are_values():
    assert Price(trials=5) == Price(5, None)
