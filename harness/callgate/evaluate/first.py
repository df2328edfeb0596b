"""The first live run of a model: about ten calls that show whether key, name and tools are right, and then what the
budget buys. What the calls bring is kept: they are trials of the plan."""

from __future__ import annotations

from dataclasses import replace

from callgate.concepts import ARMS, Mistake, Trial
from callgate.engines.prices import near
from callgate.evaluate.measuring import Bench, replayed
from callgate.evaluate.plan import Contest
from callgate.ledger import request_key
from callgate.replay import Ask
from callgate.report.words import plural

SMOKE = 10
"""Trials that are tried first, spread over the cases and over both variants."""


def smoke(bench: Bench) -> tuple[str, ...]:
    """Tries each live model that the ledger knows nothing of; lines that say what came of it and what the budget buys.

    Raises Mistake where nothing came back at all: then a key, a name or an address is wrong, and not the candidate.
    """
    lines: list[str] = []
    for contest in bench.plan.contests:
        if bench.engine_for is None or bench.interrupted or contest.label.startswith("sim/"):
            continue
        asks = _spread(bench, contest)
        known = bench.ledger.replies([request_key(ask.request) for ask in asks])
        if known or not asks:
            continue
        trials = [done.trial for done in bench.replies(asks).done]
        if bench.interrupted:
            break
        lines += _tried(contest, trials)
    return (*lines, *_bought(bench)) if lines else ()


def needs_litellm_soon(bench: Bench) -> bool:
    """Whether something of the plan's beginning is not in the ledger, so that engines will be asked."""
    asks = [ask for contest in bench.plan.contests for ask in _spread(bench, contest)]
    return len(bench.ledger.replies([request_key(ask.request) for ask in asks])) < len(asks)


def _spread(bench: Bench, contest: Contest) -> list[Ask]:
    """The first trials of some decisions from all over the set, both variants of each."""
    pairs = [pair for pair in bench.plan.pairs if not pair.identical(contest)]
    count = min(SMOKE // 2, len(pairs))
    chosen = [pairs[index * len(pairs) // count] for index in range(count)]
    return [bench.ask(pair, contest, arm, 0) for pair in chosen for arm in ARMS]


def _tried(contest: Contest, trials: list[Trial]) -> list[str]:
    failed = [trial.failure for trial in trials if trial.failure is not None]
    if len(failed) == len(trials) and all(failure.kind not in {"budget", "cancelled"} for failure in failed):
        hint = near(contest.label) if any("HTTP 404" in failure.why for failure in failed) else ""
        raise Mistake(f"{contest.label}: none of the first {len(trials)} trials came back: {failed[0].why}{hint}")
    calls = sum(len(step.answers) for trial in trials for step in trial.steps)
    line = f"{contest.label}: first run; {len(trials) - len(failed)} of {plural(len(trials), 'trial')} came back"
    tools = bench_tools(trials, calls)
    return [f"{line}{tools}", *(f"{contest.label}: {failure.kind}: {failure.why}" for failure in failed[:1])]


def bench_tools(trials: list[Trial], calls: int) -> str:
    """What the first trials say of tools."""
    invalid = sum(answer.kind == "invalid" for trial in trials for answer in trial.answers)
    called = f", {plural(calls, 'tool call')}" if calls else ""
    return f"{called} ({invalid} of them broken)" if invalid else called


def _bought(bench: Bench) -> list[str]:
    """ "$2.00 buys 2 trials a side: would see drops of 28 points or more; all 10 are about $9.00"."""
    from callgate.evaluate.foresee import baseline_rates, estimate, sights

    plan = bench.plan
    most = plan.eval.policy.looks[-1]
    known = replayed(bench)
    whole = estimate(bench, known, most)
    if whole.dollars is not None:
        whole = replace(whole, dollars=whole.dollars * bench.price_share)
    if whole.dollars is None or plan.budget.dollars is None:
        unknown = "at an unknown price" if whole.dollars is None else f"about ${whole.dollars:.2f}"
        return [f"up to {plural(most, 'trial')} a side: {plural(whole.calls, 'call')} more, {unknown}"]
    left = max(0.0, plan.budget.dollars - bench.purse.dollars)
    if whole.dollars <= left:
        return [f"${left:.2f} is enough for all {most} trials a side (about ${whole.dollars:.2f})"]
    trials = int(left / (whole.dollars / most)) if whole.dollars else most
    full = f"all {most} are about ${whole.dollars:.2f}"
    if not trials:
        return [f"${left:.2f} buys less than one trial a side; {full}"]
    fewer = replace(plan.eval.policy, looks=(trials,), weights=(1.0,), confirm=0)
    smaller = replace(plan, eval=replace(plan.eval, policy=fewer))
    seen = sights(smaller, baseline_rates(smaller, known.strata(fewer.metrics))[0])
    drops = [sight.detectable for sight in seen if sight.name == "all"]
    sees = f": would see drops of {100 * drops[0]:.0f} points or more" if drops else ""
    return [f"${left:.2f} buys {plural(trials, 'trial')} a side{sees}; {full}"]
