"""When to answer alone: the promise is kept on fresh answers, the naive threshold breaks it, and figures by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callgate.stats.calibration import brier, calibration_error, choose, curve

answers = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


def draw(rng, n):
    """Confidences, and answers that are right a little less often than they say."""
    sure = rng.beta(5, 1.2, n)
    return sure, rng.random(n) < np.clip(sure - 0.03, 0, 1)


def true_accuracy(threshold):
    sure = np.random.default_rng(0).beta(5, 1.2, 200_000)
    return float(np.clip(sure - 0.03, 0, 1)[sure >= threshold].mean())


def test_the_promise_is_kept_and_the_naive_threshold_breaks_it():
    rng, target = np.random.default_rng(11), 0.92
    kept, naive, runs = 0, 0, 200
    for _ in range(runs):
        sure, right = draw(rng, 600)
        found = choose(sure.tolist(), right.tolist(), target=target)
        kept += found.threshold is None or true_accuracy(found.threshold) >= target
        lowest = next((p for p in reversed(curve(sure.tolist(), right.tolist())) if p.accuracy >= target), None)
        naive += lowest is None or true_accuracy(lowest.threshold) >= target
    assert kept >= 0.95 * runs
    assert naive < 0.7 * runs


def test_the_choice_never_looks_at_what_was_right_to_choose_what_to_test():
    sure = [0.99] * 60 + [0.5] * 40
    found = choose(sure, [True] * 60 + [False] * 40, target=0.95)
    assert (found.threshold, found.coverage, found.accuracy) == (0.99, 0.6, 1.0)
    assert found.at_least == pytest.approx(0.05 ** (1 / 60))


def test_too_few_labels_promise_nothing_and_say_how_many_would():
    found = choose([0.9] * 30, [True] * 30, target=0.95)
    assert found.threshold is None
    assert found.coverage == 0.0
    assert found.more == 29  # 59 right of 59 is the least that shows 95 %
    hopeless = choose([0.9] * 100, [True] * 90 + [False] * 10, target=0.95)
    assert hopeless.threshold is None
    assert hopeless.more is None


def test_calibration_error_and_brier_by_hand():
    sure, right = [0.95, 0.85, 0.85, 0.1], [True, True, False, False]
    assert calibration_error(sure, right) == pytest.approx((0.05 + 2 * 0.35 + 0.1) / 4)
    assert brier(sure, right) == pytest.approx((0.05**2 + 0.15**2 + 0.85**2 + 0.1**2) / 4)


@given(answers)
def test_the_curve_counts_what_it_says(rows):
    sure, right = [r[0] for r in rows], [r[1] for r in rows]
    points = curve(sure, right)
    assert points[-1].coverage == 1.0
    for point in points:
        answered = [good for s, good in rows if s >= point.threshold]
        assert (point.answered, point.accuracy) == (len(answered), pytest.approx(sum(answered) / len(answered)))


@pytest.mark.parametrize("bad", [([], []), ([0.5], []), ([1.5], [True]), ([float("nan")], [True])])
def test_bad_confidences_are_refused(bad):
    with pytest.raises(ValueError, match="confidence"):
        curve(*bad)
