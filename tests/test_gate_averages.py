"""Averages by their names, Simpson's warning, flaky decisions, and what other graders say of a segment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callgate.concepts import CaseInfo, Policy, Side, Stratum
from callgate.gate import build_decision, from_json, to_json

SIDES = {"baseline": Side("v2", "a"), "candidate": Side("v3", "b")}
POLICY = Policy(by=("language",), looks=(4,))


def cases_of(**counts):
    return {
        f"{name}-{i:02d}": CaseInfo(f"{name}-{i:02d}", {"language": name})
        for name, n in counts.items()
        for i in range(n)
    }


def stratum(case, passed_before, passed_after, *, decision="d", metric="success"):
    k = 4
    arms = [(1.0,) * n + (0.0,) * (k - n) for n in (passed_before, passed_after)]
    return Stratum("m", case, decision, metric, *arms)


def built(strata, cases, policy=POLICY, **about):
    return build_decision(run="r", eval="e", strata=strata, cases=cases, policy=policy, **SIDES, **about)


def ways(decision):
    return {one.how: round(100 * one.change, 1) for one in decision.averages}


def test_the_average_that_is_tested_comes_first_and_is_the_row_of_all_calls():
    cases = cases_of(en=30, es=10)
    decision = built([stratum(name, 3, 3 if name < "es" else 2) for name in cases], cases)
    assert decision.averages[0].how == "each call alike"
    assert decision.averages[0].change == decision.comparisons[0].change
    assert decision.comparisons[0].p is not None
    assert list(ways(decision)) == ["each call alike", "all trials in one heap"]


def test_calls_of_many_decisions_pull_the_heap_the_other_way_and_that_is_said():
    cases = cases_of(en=30, es=10)
    strata = [stratum(name, 2, 3) for name in cases if name < "es"]
    strata += [stratum(name, 4, 3, decision=f"d{i}") for name in cases if name > "es" for i in range(8)]
    decision = built(strata, cases)
    assert ways(decision) == {"each call alike": 12.5, "all trials in one heap": -11.4}
    assert any("point in different directions: each call alike +12.5" in reason for reason in decision.reasons)
    steady = built([stratum(name, 3, 3) for name in cases], cases)
    assert not any("different directions" in reason for reason in steady.reasons)


def test_real_traffic_weighs_the_groups_and_names_those_with_few_golden_calls():
    cases = cases_of(en=30, es=10)
    strata = [stratum(name, 2, 3 if name < "es" else 1) for name in cases]
    decision = built(strata, cases, traffic={"language=en": 0.2, "language=es": 0.7, "language=fr": 0.1})
    weighed = next(one for one in decision.averages if one.how == "real traffic by language")
    assert weighed.change == pytest.approx((0.2 * 0.25 - 0.7 * 0.25) / 0.9)
    assert weighed.covered == pytest.approx(0.9)
    assert "Real traffic with under 20 golden calls: language=es (70 % of calls, 10 golden), language=fr (10 % of calls, 0 golden)." in decision.reasons  # fmt: skip
    assert any("different directions" in reason for reason in decision.reasons)


def test_what_was_not_measured_has_no_average():
    cases = cases_of(en=30)
    strata = [replace(stratum(name, 3, 3), candidate=(1.0, None, 1.0, 1.0)) for name in cases]
    assert built(strata, cases).averages == ()


def test_swapping_the_variants_negates_every_average():
    cases = cases_of(en=30, es=10)
    strata = [stratum(name, 2, 3 if name < "es" else 0) for name in cases]
    swapped = [replace(s, baseline=s.candidate, candidate=s.baseline) for s in strata]
    traffic = {"language=en": 0.5, "language=es": 0.5}
    there, back = (built(rows, cases, traffic=traffic).averages for rows in (strata, swapped))
    assert [one.change for one in there] == pytest.approx([-one.change for one in back])


def test_decisions_that_disagree_with_themselves_are_listed_the_least_steady_first():
    cases = cases_of(en=30)
    passed = {"en-00": 2, "en-01": 1, "en-02": 3, "en-03": 0}
    decision = built([stratum(name, passed.get(name, 4), 4) for name in cases], cases)
    assert [(one.case, one.passed, one.trials, one.noise) for one in decision.flaky] == [
        ("en-00", 2, 4, 1.0),
        ("en-01", 1, 4, 0.75),
        ("en-02", 3, 4, 0.75),
    ]


def test_trials_that_the_looks_did_not_draw_make_nothing_flaky():
    cases = cases_of(en=30)
    rows = [Stratum("m", name, "d", "success", (1.0, 1.0, 0.0, 0.0), (1.0,) * 4) for name in cases]
    assert built(rows, cases, replace(POLICY, looks=(2,))).flaky == ()


def test_another_grader_is_shown_where_it_fell_with_the_false_discovery_rate_controlled():
    cases = cases_of(en=60, es=20)
    strata = [stratum(name, 4, 4) for name in cases]
    strata += [stratum(name, 4, 4 if name < "es" else 1, metric="brevity") for name in cases]
    strata += [stratum(name, 3, 3, metric="courtesy") for name in cases]
    rows = {(row.metric, row.name): row for row in built(strata, cases).graders}
    assert set(rows) == {("brevity", "all"), ("brevity", "language=es"), ("courtesy", "all")}
    assert rows["brevity", "language=es"].p < rows["brevity", "language=es"].p_adjusted <= 0.05
    assert {row.role for row in rows.values()} == {"watch"}


def test_a_decision_with_all_of_it_is_read_back():
    cases = cases_of(en=30, es=10)
    decision = built([stratum(name, 2, 3) for name in cases], cases, traffic={"language=es": 0.4})
    assert to_json(from_json(to_json(decision))) == to_json(decision)
    assert decision.flaky
    assert decision.averages
