"""What the gate promises: roles and margins, the three verdicts, the law of missing evidence, the decision's bytes."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callgate.concepts import EXIT_CODES, CaseInfo, Margins, Missing, Mistake, Policy, Side, Stratum
from callgate.gate import Shown, build_decision, decide, from_json, needed, to_json

K = 5
FIXED = Policy(by=("language", "call_type", "language*call_type"))
SIDES = {"baseline": Side("v2", "a41c9e2"), "candidate": Side("v3", "7f03b1d")}


def people(sizes):
    """Cases by (language, call_type) and number."""
    cases = {}
    for (language, call_type), n in sizes.items():
        for i in range(n):
            name = f"{language}-{call_type}-{i:03d}"
            cases[name] = CaseInfo(name, {"language": language, "call_type": call_type})
    return cases


def trials(passed, k=K):
    return (1.0,) * passed + (0.0,) * (k - passed)


def strata_of(cases, baseline=lambda _: 4, candidate=lambda _: 4, **about):
    """One decision a case; the functions say how many of five trials pass in a case."""
    return [
        Stratum("m", name, "d", "success", trials(baseline(name)), trials(candidate(name)), **about) for name in cases
    ]


def built(strata, cases, policy=FIXED, **about):
    return build_decision(run="r", eval="e", strata=strata, cases=cases, policy=policy, **SIDES, **about)


def named(rows, name):
    return next(row for row in rows if row.name == name)


CALLS = people({("en", "booking"): 60, ("en", "hours"): 40, ("es", "booking"): 42, ("es", "route"): 8})


# ------------------------------------------------------------------------------------------- segments and roles


def test_roles_and_margins_follow_size():
    rows = decide(strata_of(CALLS), CALLS, FIXED).comparisons
    found = {row.name: (row.role, row.margin, row.cases) for row in rows}
    assert found["all"] == ("gate", 0.05, 150)
    assert found["language=es"] == ("gate", 0.10, 50)
    assert found["call_type=booking"] == ("gate", 0.15, 102)
    assert found["call_type=route"] == ("veto", None, 8)
    assert found["language=en,call_type=booking"] == ("watch", None, 60)


def test_a_margin_that_cannot_be_cleared_is_widened_and_said():
    cases = people({("en", "booking"): 60, ("es", "booking"): 30})
    decision = built(strata_of(cases), cases)
    assert named(decision.comparisons, "all").margin == 0.10
    assert named(decision.comparisons, "language=es").margin == 0.15
    assert any("10 points instead of 5" in reason for reason in decision.reasons)


def test_clusters_and_not_cases_make_the_size():
    calls = {name: replace(case, cluster=name[:-1]) for name, case in CALLS.items()}
    row = named(decide(strata_of(calls), calls, FIXED).comparisons, "language=es")
    assert (row.role, row.cases) == ("veto", 50)


def test_segments_of_the_same_cases_are_one_test():
    cases = people({("en", "booking"): 30, ("es", "route"): 30})
    decision = built(strata_of(cases), cases)
    assert [row.name for row in decision.comparisons] == ["all", "language=en", "language=es"]
    assert any("call_type=route, language=es,call_type=route" in reason for reason in decision.reasons)


def test_a_protected_segment_too_small_to_clear_never_passes():
    policy = replace(FIXED, protect=({"call_type": "route"},))
    outcome = decide(strata_of(CALLS), CALLS, policy)
    row = named(outcome.comparisons, "call_type=route")
    assert (row.role, row.verdict, outcome.verdict) == ("gate", "inconclusive", "inconclusive")
    assert "17 more cases" in row.needs


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (replace(FIXED, protect=({"call_type": "bookin"},)), "call_type=bookin has no case; did you mean"),
        (replace(FIXED, by=("langauge",)), "did you mean 'language'?"),
        (replace(FIXED, metrics=("sucess",)), "gating metric 'sucess'; there are: success"),
    ],
)
def test_what_names_nothing_is_a_mistake(policy, said):
    with pytest.raises(Mistake, match=said.replace("?", r"\?")):
        decide(strata_of(CALLS), CALLS, policy)


def test_an_empty_set_is_a_mistake():
    with pytest.raises(Mistake, match="empty set"):
        decide([], {}, FIXED)


# ------------------------------------------------------------------------------------------- verdicts


def test_unchanged_scores_pass_and_small_groups_are_named_as_not_cleared():
    decision = built(strata_of(CALLS), CALLS)
    assert (decision.verdict, decision.exit_code) == ("pass", 0)
    assert named(decision.comparisons, "all").at_worst > -0.05
    assert any("Too few to clear" in reason and "call_type=route (8)" in reason for reason in decision.reasons)


def test_better_on_average_and_worse_in_spanish_is_blocked():
    def candidate(name):
        return 5 if name.startswith("en") else 2

    decision = built(strata_of(CALLS, candidate=candidate), CALLS)
    assert (decision.verdict, decision.exit_code) == ("block", 1)
    assert named(decision.comparisons, "all").change == pytest.approx((100 * 0.2 - 50 * 0.4) / 150)
    spanish = named(decision.comparisons, "language=es")
    assert (spanish.verdict, spanish.p_adjusted <= 0.05) == ("block", True)
    assert named(decision.comparisons, "language=en").verdict == "pass"
    assert decision.reasons[0].endswith("fell 40.0 points.")


def test_two_bad_cases_are_no_broken_segment():
    def candidate(name):
        return 0 if name in {"es-route-000", "es-route-001"} else 4

    row = named(decide(strata_of(CALLS, candidate=candidate), CALLS, FIXED).comparisons, "call_type=route")
    assert row.p < 0.05
    assert (row.p_adjusted, row.verdict) == (1.0, "inconclusive")


def test_a_fall_within_half_the_margin_never_blocks():
    cases = people({("en", "booking"): 400})
    strata = strata_of(cases, baseline=lambda _: 5, candidate=lambda name: 4 if int(name[-3:]) % 10 == 0 else 5)
    row = decide(strata, cases, FIXED).comparisons[0]
    assert row.change == pytest.approx(-0.02)
    assert row.p < 1e-6
    assert row.verdict == "pass"


def test_every_check_must_say_yes():
    def candidate(name):
        return 3 if name == "es-route-000" else 2 if name.startswith("es-route") else 5

    outcome = decide(strata_of(CALLS, candidate=candidate), CALLS, replace(FIXED, by=("call_type",), alpha=1e-6))
    verdicts = {row.name: row.verdict for row in outcome.comparisons}
    assert verdicts == {
        "all": "pass",
        "call_type=booking": "pass",
        "call_type=hours": "pass",
        "call_type=route": "inconclusive",
    }
    assert outcome.verdict == "inconclusive"


def test_one_model_that_got_worse_blocks_all():
    good = strata_of(CALLS)
    bad = [replace(s, model="n", candidate=trials(1)) for s in good]
    decision = built(good + bad, CALLS)
    assert decision.verdict == "block"
    assert {row.model for row in decision.comparisons if row.verdict == "block"} == {"n"}
    assert decision.models == ("m", "n")
    assert "on n fell" in decision.reasons[0]


def test_noise_is_inconclusive_with_what_would_settle_it():
    rng = random.Random(7)
    cases = people({("en", "booking"): 120})
    strata = strata_of(cases, lambda _: rng.choice([1, 2, 3, 4]), lambda _: rng.choice([1, 2, 3, 4]))
    decision = built(strata, cases)
    row = decision.comparisons[0]
    assert (decision.verdict, decision.exit_code) == ("inconclusive", 4)
    assert "trials a side" in row.needs or "more cases" in row.needs
    assert "$" not in row.needs
    assert row.interval_here[0] < row.change < row.interval_here[1]
    assert 0 < row.detectable < 1


def test_identical_requests_are_nothing_to_gate():
    strata = [replace(s, identical=True, baseline=(), candidate=()) for s in strata_of(CALLS)]
    decision = built(strata, CALLS)
    assert (decision.verdict, decision.exit_code, decision.trials) == ("unchanged", 0, 0)
    assert needed(strata, CALLS, FIXED) == frozenset()


def test_identical_decisions_count_as_no_change_and_stay_out_of_p():
    worse = strata_of(CALLS, candidate=lambda _: 0)
    half = [replace(s, identical=i % 2 == 0, candidate=() if i % 2 == 0 else s.candidate) for i, s in enumerate(worse)]
    row = decide(half, CALLS, FIXED).comparisons[0]
    assert row.change == pytest.approx(-0.4)
    only = decide(half[1::2], {s.case: CALLS[s.case] for s in half[1::2]}, replace(FIXED, by=())).comparisons[0]
    assert row.p == pytest.approx(only.p)


def test_a_case_weighs_the_same_however_many_decisions_it_has():
    cases = people({("en", "booking"): 2})
    first, second = cases
    strata = [Stratum("m", first, d, "success", trials(5), trials(0)) for d in "abcd"]
    strata.append(Stratum("m", second, "a", "success", trials(5), trials(5)))
    assert decide(strata, cases, FIXED).comparisons[0].change == pytest.approx(-0.5)


def test_graded_scores_gate_on_a_grid_of_a_twentieth():
    strata = [
        Stratum("m", name, "d", "success", (0.9, 0.85, 0.8, 0.9, 0.95), (0.5, 0.45, 0.62, 0.4, 0.5)) for name in CALLS
    ]
    row = decide(strata, CALLS, FIXED).comparisons[0]
    assert row.verdict == "block"
    assert row.candidate_mean == pytest.approx(0.49)
    assert row.change == pytest.approx(row.candidate_mean - row.baseline_mean)


# ------------------------------------------------------------------------------------------- missing evidence


def test_a_lost_trial_makes_every_segment_that_holds_it_incomplete():
    strata = strata_of(CALLS)
    strata[-1] = replace(strata[-1], candidate=(1.0, 1.0, None, 1.0, 0.0))
    decision = built(strata, CALLS)
    verdicts = {row.name: row.verdict for row in decision.comparisons}
    assert (decision.verdict, decision.exit_code) == ("incomplete", 3)
    assert verdicts["all"] == verdicts["language=es"] == verdicts["call_type=route"] == "incomplete"
    assert verdicts["language=en"] == "pass"
    assert decision.reasons[0] == "1 of 1,500 planned trials were not measured."
    assert decision.missing.measured == 1499


def test_a_trial_that_never_came_counts_as_one_that_failed():
    strata = strata_of(CALLS)
    strata[0] = replace(strata[0], baseline=strata[0].baseline[:4])
    assert decide(strata, CALLS, FIXED).verdict == "incomplete"


def test_a_block_stands_even_where_the_run_is_otherwise_incomplete():
    strata = strata_of(CALLS, candidate=lambda name: 1 if name.startswith("es") else 4)
    strata[0] = replace(strata[0], candidate=(None,) * K)
    assert decide(strata, CALLS, FIXED).verdict == "block"


def test_a_gate_whose_cases_were_all_unmeasured_is_incomplete():
    strata = [replace(s, candidate=(None,) * K) for s in strata_of(CALLS)]
    decision = built(strata, CALLS)
    assert decision.exit_code == 3
    assert all(row.change is None and row.p is None for row in decision.comparisons)


def test_a_case_missing_on_one_side_cannot_pass_and_can_still_block():
    gone = "es-route-000"
    strata = [s for s in strata_of(CALLS) if s.case != gone]
    outcome = decide(strata, CALLS, FIXED, unpaired={gone})
    assert outcome.verdict == "incomplete"
    assert {row.name for row in outcome.comparisons if row.verdict == "incomplete"} == {
        "all",
        "language=es",
        "call_type=route",
    }
    worse = [replace(s, candidate=trials(0)) for s in strata]
    assert decide(worse, CALLS, FIXED, unpaired={gone}).verdict == "block"


def test_a_case_without_any_score_is_noticed_though_nobody_named_it():
    strata = [s for s in strata_of(CALLS) if s.case != "es-route-000"]
    assert decide(strata, CALLS, FIXED).verdict == "incomplete"


def test_a_grader_that_only_advises_and_was_not_obtained_makes_the_run_incomplete():
    decision = built(strata_of(CALLS), CALLS, missing=Missing(1500, 1500, advisory={"judge": 3}))
    assert (decision.verdict, decision.exit_code) == ("incomplete", 3)
    assert decision.reasons[0] == "judge gave no grade for 3 trials."


def test_other_graders_are_reported_and_do_not_block():
    strata = strata_of(CALLS)
    strata += [replace(s, metric="brevity", candidate=trials(0)[:3]) for s in strata]
    decision = built(strata, CALLS)
    assert decision.verdict == "pass"
    row = decision.graders[0]
    assert not row.segment
    assert (row.metric, row.role, row.verdict) == ("brevity", "watch", "inconclusive")
    assert row.p_adjusted < 1e-6


def test_a_subset_never_exits_zero():
    decision = built(strata_of(CALLS), CALLS, subset="language=es")
    assert (decision.verdict, decision.exit_code) == ("pass", 4)
    worse = built(strata_of(CALLS, candidate=lambda _: 0), CALLS, subset="language=es")
    assert worse.exit_code == EXIT_CODES["block"]


# ------------------------------------------------------------------------------------------- the decision


def test_flips_are_worst_first_and_carry_what_was_seen():
    passes = {"es-route-000": 0, "es-route-001": 2, "en-hours-000": 5}
    strata = strata_of(CALLS, candidate=lambda name: passes.get(name, 4))
    shown = {("m", "es-route-000", "d"): Shown("language_match", "replied in English", "Sure, I booked you")}
    flips = built(strata, CALLS, shown=shown).flips
    assert [flip.case for flip in flips] == ["es-route-000", "es-route-001", "en-hours-000"]
    assert (flips[0].baseline_passed, flips[0].candidate_passed, flips[0].candidate_trials) == (4, 0, 5)
    assert flips[0].grader == "language_match"
    assert flips[2].worse < 0


def test_the_same_rows_in_any_order_give_the_same_bytes():
    rng = random.Random(3)
    strata = strata_of(CALLS, lambda _: rng.randint(2, 5), lambda _: rng.randint(1, 5))
    shuffled = rng.sample(strata, len(strata))
    names = rng.sample(sorted(CALLS), len(CALLS))
    first = to_json(built(strata, CALLS))
    assert to_json(built(shuffled, {name: CALLS[name] for name in names})) == first
    assert to_json(built(strata, CALLS)) == first


def test_the_decision_is_valid_by_its_published_schema():
    from callgate.schemas import validator

    rng = random.Random(3)
    strata = strata_of(CALLS, lambda _: rng.randint(2, 5), lambda _: rng.randint(1, 5))
    strata += [replace(s, metric="brevity") for s in strata]
    body = json.loads(to_json(built(strata, CALLS, value=1.25, digests={"cases": "ab"})))
    assert body["schema"] == "callgate.decision/1"
    assert [error.message for error in validator("decision").iter_errors(body)] == []
    strata[0] = replace(strata[0], candidate=(None,) * K)
    assert validator("decision").is_valid(json.loads(to_json(built(strata, CALLS))))
    del body["verdict"]
    assert not validator("decision").is_valid(body)


def test_a_saved_decision_is_read_back_as_it_was_written():
    rng = random.Random(3)
    strata = strata_of(CALLS, lambda _: rng.randint(2, 5), lambda _: rng.randint(1, 5))
    strata += [replace(s, metric="brevity") for s in strata]
    decision = built(strata, CALLS, value=1.25, digests={"cases": "ab"})
    again = from_json(to_json(decision))
    assert to_json(again) == to_json(decision)
    assert again.flips == decision.flips
    assert again.comparisons[1].name == decision.comparisons[1].name
    with pytest.raises(Mistake, match="its schema is not"):
        from_json("{}")


# ------------------------------------------------------------------------------------------- properties


@st.composite
def runs(draw):
    """Some cases of two languages with one to two decisions and two trials a side."""
    n = draw(st.integers(3, 30))
    cases = {f"c{i:02d}": CaseInfo(f"c{i:02d}", {"language": draw(st.sampled_from(["en", "es"]))}) for i in range(n)}
    arm = st.tuples(*[st.sampled_from([0.0, 1.0])] * 2)
    strata = [
        Stratum("m", name, f"d{j}", "success", draw(arm), draw(arm))
        for name in cases
        for j in range(draw(st.integers(1, 2)))
    ]
    return strata, cases


PAIRS = Policy(by=("language",), looks=(2,))


@settings(max_examples=60, deadline=None)
@given(runs())
def test_swapping_the_arms_negates_the_change(run):
    strata, cases = run
    swapped = [replace(s, baseline=s.candidate, candidate=s.baseline) for s in strata]
    for row, other in zip(
        decide(strata, cases, PAIRS).comparisons, decide(swapped, cases, PAIRS).comparisons, strict=True
    ):
        assert row.change == pytest.approx(-other.change)
        assert row.interval_here == pytest.approx([-end for end in reversed(other.interval_here)])


@settings(max_examples=60, deadline=None)
@given(runs(), st.randoms(use_true_random=False))
def test_permuting_cases_and_renaming_them_changes_no_figure(run, rng):
    strata, cases = run
    names = dict(zip(cases, rng.sample(sorted(cases), len(cases)), strict=True))
    moved = [replace(s, case=names[s.case]) for s in rng.sample(strata, len(strata))]
    renamed = {names[name]: replace(case, id=names[name]) for name, case in cases.items()}
    before, after = decide(strata, cases, PAIRS), decide(moved, renamed, PAIRS)
    assert before.verdict == after.verdict
    for row, other in zip(before.comparisons, after.comparisons, strict=True):
        assert (row.name, row.verdict, row.role) == (other.name, other.verdict, other.role)
        assert (row.p, row.change, row.at_worst) == pytest.approx((other.p, other.change, other.at_worst))


@settings(max_examples=60, deadline=None)
@given(runs(), st.floats(0.05, 0.5), st.floats(0.0, 0.5))
def test_a_larger_margin_never_turns_pass_into_block(run, margin, wider):
    strata, cases = run

    def verdicts(width):
        policy = replace(PAIRS, margins=Margins(all=width, language=width), protect=({},))
        return [row.verdict for row in decide(strata, cases, policy).comparisons]

    for narrow, wide in zip(verdicts(margin), verdicts(margin + wider), strict=True):
        assert not (narrow == "pass" and wide == "block")


@settings(max_examples=80, deadline=None)
@given(runs(), st.data())
def test_losing_trials_never_turns_anything_into_a_pass(run, data):
    strata, cases = run
    before = decide(strata, cases, PAIRS)
    lost = list(strata)
    for i in data.draw(st.sets(st.integers(0, len(strata) - 1), min_size=1, max_size=4)):
        arm = data.draw(st.sampled_from(["baseline", "candidate"]))
        at = data.draw(st.integers(0, 1))
        kept = list(getattr(lost[i], arm))
        lost[i] = replace(lost[i], **{arm: tuple(None if j == at else score for j, score in enumerate(kept))})
    after = decide(lost, cases, PAIRS)
    assert after.verdict not in {"pass", "unchanged"}
    for row, other in zip(before.comparisons, after.comparisons, strict=True):
        assert other.verdict != "pass" or row.verdict == "pass"
