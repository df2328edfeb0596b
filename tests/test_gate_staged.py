"""The looks: sampled only where undecided, resumed as a function of the rows, confirmed before they block."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callgate.concepts import CaseInfo, Missing, Policy, Side, Stratum
from callgate.gate import build_decision, decide, needed, to_json
from callgate.schemas import validator
from callgate.stats.exact import fisher

STAGED = Policy(by=("language",), looks=(2, 5, 10), weights=(0.1, 0.3, 0.6), confirm=5)


def calls(english=100, spanish=45, **about):
    names = [f"en-{i:03d}" for i in range(english)] + [f"es-{i:03d}" for i in range(spanish)]
    return {name: CaseInfo(name, {"language": name[:2]}, **about) for name in names}


class World:
    """What a provider would answer: trial `number` of an arm in a case passes or not, the same whenever it is asked."""

    def __init__(self, cases, baseline, candidate, *, seed=1, held=0, fresh=None):
        self.cases, self.held = cases, held
        self.rates = {"baseline": baseline, "candidate": candidate, "fresh": fresh or baseline}
        self.seed, self.asked = seed, 0

    def trial(self, arm, name, number):
        draw = random.Random(f"{self.seed} {arm} {name} {number}").random()
        return float(draw < self.rates[arm](name))

    def strata(self, counts=None):
        """Strata with as many trials of each arm as `counts` says of (case, arm); the held ones are always there."""
        found = []
        for name in self.cases:
            drawn = {arm: (counts or {}).get((name, arm), 0) for arm in self.rates}
            drawn["baseline"] = max(drawn["baseline"], self.held)
            b, c, f = (tuple(self.trial(arm, name, i) for i in range(drawn[arm])) for arm in self.rates)
            found.append(Stratum("m", name, "d", "success", b, c, baseline_held=self.held, fresh=f))
        return found

    def run(self, policy):
        """Ask for what is needed until nothing is; the rows that came of it."""
        counts = {}
        while needs := needed(self.strata(counts), self.cases, policy):
            for need in needs:
                counts[need.case, need.arm] = need.upto
        return self.strata(counts)

    def everything(self):
        return self.strata({(name, arm): 10 for name in self.cases for arm in self.rates})


def steady(_name):
    return 0.9


def spanish_broke(name):
    return 0.3 if name.startswith("es") else 0.95


def json_of(strata, cases, policy=STAGED):
    sides = {"baseline": Side("v2", "a"), "candidate": Side("v3", "b")}
    return to_json(build_decision(run="r", eval="e", strata=strata, cases=cases, policy=policy, **sides))


def named(outcome, name):
    return next(row for row in outcome.comparisons if row.name == name)


def test_the_first_look_asks_for_two_trials_of_each_arm():
    world = World(calls(), steady, steady)
    needs = needed(world.strata(), world.cases, STAGED)
    assert {(need.arm, need.upto) for need in needs} == {("baseline", 2), ("candidate", 2)}
    assert len(needs) == 2 * len(world.cases)


def test_a_baseline_that_is_held_is_not_drawn_again():
    world = World(calls(), steady, steady, held=10)
    assert {need.arm for need in needed(world.strata(), world.cases, STAGED)} == {"candidate"}


def test_a_plain_break_is_blocked_at_the_first_look_and_only_the_open_segment_is_sampled_on():
    world = World(calls(), lambda _: 1.0, lambda name: 0.0 if name.startswith("es") else 1.0)
    strata = world.run(replace(STAGED, confirm=0))
    outcome = decide(strata, world.cases, STAGED)
    assert (named(outcome, "language=es").verdict, named(outcome, "language=es").look) == ("block", 2)
    assert max(len(s.candidate) for s in strata if s.case.startswith("es")) == 2


@pytest.mark.parametrize("candidate", [steady, spanish_broke, lambda name: 0.8 if name.startswith("es") else 0.85])
@pytest.mark.parametrize("held", [0, 10])
def test_a_resumed_run_and_one_with_more_trials_take_the_same_path(candidate, held):
    world = World(calls(), steady, candidate, held=held)
    drawn = world.run(STAGED)
    assert json_of(world.everything(), world.cases) == json_of(drawn, world.cases)
    if held:
        outcome = decide(drawn, world.cases, STAGED)
        assert named(outcome, "all").baseline_mean == pytest.approx(0.9, abs=0.03)


def test_money_spent_between_looks_leaves_inconclusive_and_not_a_failure():
    world = World(calls(), lambda _: 0.6, lambda _: 0.6)
    first = world.strata({(name, arm): 2 for name in world.cases for arm in ("baseline", "candidate")})
    outcome = decide(first, world.cases, STAGED)
    assert outcome.verdict == "inconclusive"
    assert outcome.needs
    half = [s if i % 2 else replace(s, candidate=s.candidate + (1.0,) * 3) for i, s in enumerate(first)]
    assert [row.look for row in decide(half, world.cases, STAGED).comparisons] == [2, 2, 2]


def test_a_watch_segment_closes_when_nothing_points_down():
    cases = {name: replace(case, segments={**case.segments, "shop": name[-1]}) for name, case in calls(45, 8).items()}
    policy = replace(STAGED, by=("language*shop",))
    outcome = decide(World(cases, steady, steady, held=10).everything(), cases, policy)
    looks = {row.look for row in outcome.comparisons if row.role == "watch" and row.verdict == "closed"}
    assert looks & {2, 5}


# ------------------------------------------------------------------------------------------- confirmation


def test_a_cached_baseline_is_confirmed_by_five_fresh_trials_before_it_blocks():
    world = World(calls(), steady, spanish_broke, held=10)
    two = world.strata({(name, "candidate"): 2 for name in world.cases})
    needs = needed(two, world.cases, STAGED)
    assert {(need.arm, need.upto) for need in needs if need.arm == "fresh"} == {("fresh", 5)}
    assert {need.case for need in needs if need.arm == "fresh"} >= {name for name in world.cases if name > "es"}
    pending = decide(two, world.cases, STAGED)
    assert pending.verdict == "inconclusive"
    assert "fresh baseline trials" in named(pending, "language=es").needs
    assert decide(world.run(STAGED), world.cases, STAGED).verdict == "block"


def test_a_provider_that_drifted_is_said_and_never_blocks_nor_passes():
    drifted = World(calls(), steady, spanish_broke, held=10, fresh=spanish_broke)
    outcome = decide(drifted.run(STAGED), drifted.cases, STAGED)
    assert named(outcome, "language=es").verdict == "moved"
    assert outcome.verdict == "inconclusive"


def test_a_baseline_of_this_run_needs_no_confirmation():
    world = World(calls(), steady, spanish_broke)
    strata = world.run(STAGED)
    assert decide(strata, world.cases, STAGED).verdict == "block"
    assert not any(s.fresh for s in strata)


def test_a_fresh_trial_that_was_not_measured_confirms_nothing():
    world = World(calls(), steady, spanish_broke, held=10)
    strata = [replace(s, fresh=(None,) * 5) for s in world.everything()]
    assert decide(strata, world.cases, STAGED).verdict == "incomplete"


# ------------------------------------------------------------------------------------------- must-pass cases


def blocked_world(candidate_of_one, **about):
    cases = calls(120, 45)
    cases["es-000"] = replace(cases["es-000"], must_pass=True)
    rate = {"es-000": candidate_of_one}
    return World(cases, lambda _: 1.0, lambda name: rate.get(name, 1.0), **about)


def test_one_must_pass_case_that_broke_blocks_alone():
    world = blocked_world(0.0)
    strata = world.run(STAGED)
    outcome = decide(strata, world.cases, STAGED)
    assert outcome.verdict == "block"
    row = named(outcome, "must_pass=es-000 d")
    assert (row.verdict, row.needs) == ("block", "lost 10 of 10, the baseline 0 of 10")
    assert named(outcome, "language=es").verdict == "pass"


def rows_with_losses(losses, k=10):
    world = blocked_world(1.0)
    strata = world.strata({(name, arm): k for name in world.cases for arm in ("baseline", "candidate")})
    lost = (0.0,) + (1.0,) * (k - losses) + (0.0,) * (losses - 1) if losses else (1.0,) * k
    return [replace(s, candidate=lost) if s.case == "es-000" else s for s in strata], world.cases


def test_a_must_pass_case_that_lost_a_trial_is_sampled_to_the_end_and_listed():
    strata, cases = rows_with_losses(1)
    outcome = decide(strata, cases, STAGED)
    row = named(outcome, "must_pass=es-000 d")
    assert (outcome.verdict, row.verdict, row.look) == ("pass", "closed", 10)
    assert row.needs == "lost 1 of 10, the baseline 0 of 10"
    assert row.p == pytest.approx(0.5)
    two = [replace(s, baseline=s.baseline[:2], candidate=s.candidate[:2]) for s in strata]
    assert {need.case for need in needed(two, cases, replace(STAGED, by=()))} >= {"es-000"}


def test_three_losses_against_a_clean_baseline_are_no_pass_and_no_block():
    strata, cases = rows_with_losses(3)
    outcome = decide(strata, cases, STAGED)
    assert (outcome.verdict, named(outcome, "must_pass=es-000 d").verdict) == ("inconclusive", "inconclusive")
    body = json.loads(json_of(strata, cases))
    assert body["reasons"][0] == "Must-pass es-000 d lost 3 of 10, the baseline 0 of 10 (p 0.11)."
    assert [error.message for error in validator("decision").iter_errors(body)] == []
    strata, cases = rows_with_losses(2)
    assert decide(strata, cases, STAGED).verdict == "pass"


def test_a_must_pass_case_without_a_loss_takes_no_more_trials():
    strata, cases = rows_with_losses(0)
    assert not any(row.name.startswith("must_pass") for row in decide(strata, cases, STAGED).comparisons)


def test_must_pass_cases_leave_the_segments_four_fifths_of_alpha():
    strata, cases = rows_with_losses(0)
    worse = [replace(s, candidate=(0.0,) * 2 + s.candidate[2:]) if s.case < "en-006" else s for s in strata]
    policy = replace(STAGED, by=(), looks=(10,), weights=(1.0,))
    with_one = decide(worse, cases, policy).comparisons[0]
    without = decide(worse, {name: replace(case, must_pass=False) for name, case in cases.items()}, policy).comparisons[
        0
    ]
    assert with_one.p == without.p


# ------------------------------------------------------------------------------------------- copies and losses


def test_byte_equal_replies_are_one_draw():
    world = World(calls(), lambda _: 1.0, lambda name: 0.0 if name < "en-004" else 1.0)
    strata = world.everything()
    policy = replace(STAGED, looks=(10,), weights=(1.0,))
    copied = [replace(s, equal_baseline=10, equal_candidate=10) for s in strata]
    honest, single = (decide(rows, world.cases, policy).comparisons[0] for rows in (strata, copied))
    assert honest.change == single.change
    assert honest.p < 1e-12
    assert single.p == pytest.approx(1 / 16)
    some = [replace(s, equal_candidate=4) for s in strata]
    assert decide(some, world.cases, policy).comparisons[0].p == honest.p


FIXED = replace(STAGED, looks=(5,), weights=(1.0,), by=())


def lossy(share, worse=0.0, seed=3):
    """Half of the candidate's failures are lost, or a share of everything."""
    cases = calls(150, 0)
    world = World(cases, lambda _: 0.85, lambda _: 0.85 - worse, seed=seed)
    rng = random.Random(seed)
    found = []
    for s in world.strata({(name, arm): 5 for name in cases for arm in ("baseline", "candidate")}):
        kept = tuple(None if score == 0.0 and rng.random() < share else score for score in s.candidate)
        found.append(replace(s, candidate=kept))
    return found, cases


def test_a_few_missing_trials_may_be_allowed_and_count_as_the_worst():
    cases = calls(150, 0)
    strata = World(cases, lambda _: 0.9, lambda _: 0.9).strata(
        {(name, arm): 5 for name in cases for arm in ("baseline", "candidate")}
    )
    strata[0] = replace(strata[0], candidate=(None, *strata[0].candidate[1:]))
    assert decide(strata, cases, FIXED).verdict == "incomplete"
    allowed = decide(strata, cases, replace(FIXED, max_missing=0.01))
    assert allowed.verdict == "pass"
    assert allowed.comparisons[0].trials == 150 * 10 - 1


def test_more_than_is_allowed_is_incomplete():
    strata, cases = lossy(0.5)
    assert decide(strata, cases, replace(FIXED, max_missing=0.01)).verdict == "incomplete"


def test_losses_on_one_arm_only_are_incomplete_though_their_number_is_allowed():
    strata, cases = lossy(0.5, worse=0.15)
    assert decide(strata, cases, replace(FIXED, max_missing=0.5)).verdict == "incomplete"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 8), st.integers(8, 30), st.integers(0, 8), st.integers(8, 30))
def test_fishers_test_is_scipys(lost_b, of_b, lost_c, of_c):
    from scipy.stats import fisher_exact

    expected = fisher_exact([[lost_b, of_b - lost_b], [lost_c, of_c - lost_c]]).pvalue
    assert fisher(lost_b, of_b, lost_c, of_c) == pytest.approx(expected, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.02, 0.2]), st.data())
def test_losing_trials_of_a_staged_run_never_makes_it_pass(seed, max_missing, data):
    cases = calls(110, 0)
    rates = data.draw(st.sampled_from([0.7, 0.8, 0.9, 0.95]))
    policy = replace(STAGED, max_missing=max_missing, by=())
    strata = World(cases, lambda _: 0.9, lambda _: rates, seed=seed, held=10).everything()
    before = decide(strata, cases, policy).verdict
    lost = list(strata)
    for i in data.draw(st.sets(st.integers(0, len(lost) - 1), min_size=1, max_size=5)):
        lost[i] = replace(lost[i], candidate=(None, *lost[i].candidate[1:]))
    after = decide(lost, cases, policy).verdict
    assert after != "pass" or before == "pass"


# ------------------------------------------------------------------------------------------- once something is blocked


def undecided(name):
    """Spanish broke, and English is too noisy to be cleared early."""
    return 0.0 if name.startswith("es") else 0.6


def noisy(name):
    return 1.0 if name.startswith("es") else 0.6


def test_what_does_not_lean_worse_is_not_asked_further_once_something_is_blocked():
    world = World(calls(), noisy, undecided)
    policy = replace(STAGED, confirm=0)
    strata = world.run(policy)
    assert {len(s.candidate) for s in strata} == {2}
    decision = json.loads(json_of(strata, world.cases, policy))
    rows = {tuple(row["segment"].values()): row for row in decision["comparisons"]}
    assert decision["verdict"] == "block"
    assert rows["es",]["verdict"] == "block"
    assert rows["en",]["verdict"] == "inconclusive"
    assert rows["en",]["needs"].startswith("not asked further; ")
    assert "Blocked already, so not asked further: language=en (--settle asks)." in decision["reasons"]
    went_on = World(calls(), noisy, undecided).run(replace(policy, after_block="go_on"))
    assert max(len(s.candidate) for s in went_on if s.case.startswith("en")) > 2


def test_what_would_settle_it_has_its_price_where_that_is_known():
    world = World(calls(), noisy, undecided)
    policy = replace(STAGED, confirm=0)
    sides = {"baseline": Side("v2", "a"), "candidate": Side("v3", "b"), "run": "r", "eval": "e"}
    rows = {"strata": world.run(policy), "cases": world.cases, "policy": policy}
    priced = build_decision(**sides, **rows, value=5.8, missing=Missing(580, 580))
    needs = next(row.needs for row in priced.comparisons if row.name == "language=en")
    more, dollars = re.search(r"([\d,]+) more replies, about \$([\d.]+)$", needs).groups()
    assert float(dollars) == pytest.approx(int(more.replace(",", "")) * 0.01)
    assert not any("$" in row.needs for row in build_decision(**sides, **rows).comparisons)


def test_what_leans_worse_is_asked_on_though_something_is_blocked(monkeypatch):
    cases = {
        name: replace(case, segments={"language": name[:2], "shop": "es" if name[:2] == "es" else str(i % 3)})
        for i, (name, case) in enumerate(calls().items())
    }
    policy = replace(STAGED, confirm=0, by=("language", "shop"))

    def leans(name):
        return 0.0 if name.startswith("es") else 0.9 if cases[name].segments["shop"] == "2" else 1.0

    def blocked():
        world = World(cases, lambda _: 1.0, leans, seed=3)
        return {
            row.name: row.look for row in decide(world.run(policy), cases, policy).comparisons if row.verdict == "block"
        }

    assert blocked()["language=es"] == 2
    assert blocked()["shop=2"] == 5
    monkeypatch.setattr("callgate.gate.looks.LEANS", -1.0)
    assert "shop=2" not in blocked()


@pytest.mark.parametrize("held", [0, 10])
def test_a_run_that_stops_after_a_block_is_a_function_of_the_rows(held):
    world = World(calls(), noisy, undecided, held=held)
    assert json_of(world.everything(), world.cases) == json_of(world.run(STAGED), world.cases)


def test_a_block_on_one_model_leaves_the_others_to_be_decided():
    world = World(calls(), noisy, undecided)
    policy = replace(STAGED, confirm=0)
    other = World(calls(), noisy, noisy, seed=8)
    rows = [*world.everything(), *(replace(s, model="n") for s in other.everything())]
    looks = {(row.model, row.name): row.look for row in decide(rows, world.cases, policy).comparisons}
    assert looks["m", "language=en"] == 2
    assert looks["n", "language=en"] > 2
