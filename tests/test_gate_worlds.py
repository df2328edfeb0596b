"""A short, seeded version of benchmarks/gate.py: the figures of statistics.md part 11, and what holds them up."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from callgate.concepts import Policy, Reply, Stratum, ToolCall
from callgate.engines.sim.agent import answer
from callgate.gate import decide, plan
from callgate.gate import looks as looks_of_gate
from callgate.graders.grade import success
from callgate.graders.seen import Context
from callgate.replay import Ask, advance, begin

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import gate as bench
import golden_set
import worlds
from worlds import STAGED, World, calls

pytestmark = pytest.mark.slow
RUNS = range(250)


def tally(cell, runs=RUNS):
    return bench.simulated(cell, runs, seed=7)


def cell(name, n, change, policy=STAGED, **about):
    return bench.Cell(name, World(name, calls(n), change), policy, **about)


def test_an_unchanged_prompt_passes_and_saves_half_the_calls():
    seen = tally(cell("aa", 150, worlds.unchanged))
    assert seen.rate("pass") >= 0.88
    assert seen.rate("block") <= 0.03
    assert seen.drawn / seen.runs <= 5.5


def test_a_broken_language_is_blocked_and_never_passes():
    seen = tally(cell("es", 150, worlds.spanish("break", 0.15)), range(100))
    assert seen.rate("block") >= 0.94
    assert seen.rate("pass") <= 0.01


def test_better_everywhere_passes():
    assert tally(cell("better", 100, worlds.better), range(100)).rate("pass") >= 0.99


def test_a_drifted_provider_is_not_a_broken_prompt():
    drifting = cell("drift", 200, worlds.unchanged, drift=-0.05)
    assert tally(drifting, range(150)).rate("block") <= 0.14
    unconfirmed = cell("drift", 200, worlds.unchanged, replace(STAGED, confirm=0), drift=-0.05)
    assert tally(unconfirmed, range(50)).rate("block") >= 0.9


def test_false_pass_at_the_margin_keeps_its_share_because_alpha_is_split():
    at_margin = World("margin", bench.plain(200), bench.at_margin("break", 0.05))
    policy = bench.margin_policy(0.05)
    runs = range(400)
    split = tally(bench.Cell("margin", at_margin, policy), runs)
    unsplit = tally(bench.Cell("margin", at_margin, replace(policy, weights=(1.0, 1.0, 1.0))), runs)
    assert split.all_passed / split.runs <= 0.055
    assert unsplit.all_passed / unsplit.runs > 0.055


def test_the_breadth_guard_keeps_two_bad_calls_from_blocking(monkeypatch):
    cases = calls(150)
    broke = [name for name, case in cases.items() if case.segments["call_type"] == "tires"][:2]
    rows = [
        Stratum("m", name, "d", "success", (1.0,) * 10, (0.0,) * 10 if name in broke else (1.0,) * 10) for name in cases
    ]
    policy = replace(STAGED, by=("call_type",))
    assert decide(rows, cases, policy).verdict == "inconclusive"
    monkeypatch.setattr("callgate.gate.family.BREADTH", 1.0)
    assert decide(rows, cases, policy).verdict == "block"


def test_must_pass_cases_block_when_one_breaks_and_hardly_ever_otherwise():
    cells = {each.name: each for each in bench.blocking()}
    assert tally(cells["blockers 20 None"], range(100)).rate("block") <= 0.02
    assert tally(cells["blockers 20 0.0"], range(100)).rate("block") >= 0.98


def test_losing_half_of_the_failures_never_passes():
    for each in bench.losing():
        assert tally(each, range(40)).rate("pass") == 0.0


def test_on_the_shipped_golden_set_an_unchanged_prompt_passes_and_the_planted_regression_is_blocked():
    found = golden_set.on_golden_set(12, trials=16)
    same, spanish = found[golden_set.UNCHANGED], found[golden_set.SPANISH]
    assert golden_set.share(same, "pass") >= 0.75  # 94 % of 300 runs; 12 runs see less of it
    assert golden_set.share(same, "block") <= 0.05
    assert golden_set.calls(same) <= 0.60
    assert [one.spanish for one in spanish] == [True] * 12
    assert golden_set.share(spanish, "pass") == 0.0
    assert golden_set.calls(spanish) <= 0.60
    assert golden_set.calls(found[golden_set.QUICK]) <= golden_set.calls(spanish)
    assert golden_set.calls(found[golden_set.WHOLE]) > 0.60


def test_the_golden_sets_trials_are_those_that_the_product_draws():
    plan = golden_set.make_plan(golden_set.ROOT, golden_set.EVAL, golden_set.Options())
    drawn, graders = golden_set.Drawn(plan, "candidate"), golden_set.graders_of(plan, golden_set.ROOT)[0]
    for row in range(0, len(plan.pairs), 45):
        pair = plan.pairs[row]
        step = begin(pair.candidate, model=golden_set.MODEL, arm="candidate", trial=7)
        while isinstance(step, Ask):
            said = answer(
                golden_set.MODEL,
                [dict(message.wire) for message in step.request.messages],
                [tool.wire() for tool in step.request.tools],
                7,
            )
            calls = tuple(
                ToolCall(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in said["tool_calls"]
            )
            step = advance(step, Reply(said["content"] or "", calls, simulated=True))
        context = Context(pair.case, pair.point, pair.candidate.prompt.tools, prompt=pair.candidate.prompt)
        assert drawn.of(row, 7) == success(graders.grade(context, step.trial), graders.blocking).value


def rows_of(cases, before, after, run):
    """One run on these very cases."""
    rng = np.random.default_rng([11, run])
    arms = [worlds.draws(rng, rates, 10) for rates in (before, after)]
    return [Stratum("m", name, "d", "success", b, c, baseline_held=10) for name, b, c in zip(cases, *arms, strict=True)]


def test_the_plan_foretells_what_the_simulation_shows():
    cases, policy = calls(150), replace(STAGED, confirm=0)
    before = worlds.difficulty(np.random.default_rng(3), 150)
    told = [
        plan([replace(row, candidate=()) for row in rows_of(cases, before, before, run)], cases, policy)
        for run in range(20)
    ]
    assert told[0].replies == {2: 300, 5: 750, 10: 1500}
    passed = [decide(rows_of(cases, before, before, run), cases, policy).verdict == "pass" for run in range(150)]
    assert np.mean([each.pass_chance for each in told]) == pytest.approx(np.mean(passed), abs=0.06)

    spanish = [f.detectable for each in told for f in each.forecasts if f.segment == {"language": "es"}]
    es = np.array([case.segments["language"] == "es" for case in cases.values()])
    after = before.copy()
    after[es] = worlds.shifted(before[es], -float(np.mean(spanish)))
    found = [decide(rows_of(cases, before, after, run), cases, policy).comparisons for run in range(100)]
    blocked = [any(row.verdict == "block" and row.name == "language=es" for row in rows) for rows in found]
    assert np.mean(blocked) == pytest.approx(0.8, abs=0.12)


def test_the_looks_split_confirmation_too(monkeypatch):
    drifting = cell("drift", 200, worlds.unchanged, drift=-0.05)
    monkeypatch.setattr(looks_of_gate, "CONFIRMED", 0.5)
    assert tally(drifting, range(60)).rate("block") > 0.14


def test_a_fixed_look_needs_no_confirmation():
    assert Policy().confirm == 0
