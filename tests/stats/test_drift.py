"""A drift is found in weeks, dated to where it began, and hardly ever seen where there is none."""

import numpy as np

from callgate.stats.drift import Week, improving, most_likely_start, worsening


def weeks(zs):
    return [Week() if z is None else Week(z * 0.02, 0.02) for z in zs]


def test_a_shift_of_two_errors_is_found_in_four_weeks_in_the_middle_case():
    rng = np.random.default_rng(1)
    delays = [(worsening(weeks(rng.normal(-2.0, 1.0, 40))).alarm or 0) + 1 for _ in range(400)]
    assert np.median(delays) == 4


def test_a_year_without_drift_seldom_alarms():
    rng = np.random.default_rng(2)
    assert np.mean([worsening(weeks(rng.normal(0.0, 1.0, 52))).alarm is not None for _ in range(400)]) <= 0.08


def test_it_is_dated_to_the_week_it_began():
    found = worsening(weeks([0.3, -0.2, 0.4, 0.1, 0.0, 0.2, -2.5, -2.2, -2.8, -2.4]))
    assert (found.began, found.alarm) == (6, 8)
    assert found.sums[5] == 0.0
    assert worsening(weeks([0.3, 2.0, 3.0, 3.0, 3.0])).alarm is None
    assert improving(weeks([0.3, 2.0, 3.0, 3.0, 3.0])).began == 1


def test_an_unmeasured_week_is_no_evidence_either_way():
    found = worsening(weeks([-2.5, None, -2.5, None, -2.5]))
    assert found.sums == (2.0, 2.0, 4.0, 4.0, 6.0)
    assert (found.began, found.alarm) == (0, 4)
    assert worsening([Week(-0.1, 0.0), Week(None, 0.1), Week(float("nan"), 0.1)]).sums == (0.0, 0.0, 0.0)


def test_the_likeliest_start_is_nearer_than_the_last_zero():
    rng = np.random.default_rng(3)
    likeliest, last_zero = [], []
    for _ in range(400):
        some = weeks([*rng.normal(0.0, 1.0, 6), *rng.normal(-3.0, 1.0, 6)])
        found = worsening(some)
        if found.began is not None:
            likeliest.append(abs(most_likely_start(some) - 6))
            last_zero.append(abs(found.began - 6))
    assert np.mean(np.array(likeliest) <= 1) >= 0.93
    assert np.mean(likeliest) < np.mean(last_zero) / 2


def test_where_nothing_points_down_nothing_began():
    assert most_likely_start(weeks([0.5, 1.0, 0.2])) is None
    assert most_likely_start([Week(None, None)]) is None
    assert most_likely_start([*weeks([0.1, -3.0]), Week(None, None), *weeks([-3.0])]) == 1
