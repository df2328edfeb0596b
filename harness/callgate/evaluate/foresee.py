"""A plan before it runs -> what it would ask and cost, and what it could see (`callgate plan`). Asks nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median

import numpy as np

from callgate.concepts import ARMS, Stratum
from callgate.engines.prices import price
from callgate.evaluate.measuring import Bench, generations, replayed
from callgate.evaluate.options import Options
from callgate.evaluate.outcome import LEDGER
from callgate.evaluate.plan import Contest, Plan, endpoints, make_plan
from callgate.evaluate.rows import Measured
from callgate.evaluate.run import graders_of, run_id
from callgate.evaluate.slim import CHUNK, chunks
from callgate.evaluate.talks import TRIALS
from callgate.execute.walk import walk
from callgate.ledger import Ledger
from callgate.report.words import plural, printable

STEPS = 2.5
"""Model calls of a trial with tools, where nothing is known yet."""
REPLY_TOKENS = 80
AT_ONCE = 16
SEED = 20261120
PASSES = 200
"""Simulated runs of an unchanged prompt."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run up to `trials` a side would still ask: calls, and trials whose first reply is in the ledger; tokens,
    dollars (None: a price is unknown), minutes (None: nothing is known of the model's speed)."""

    trials: int
    calls: int
    cached: int
    tokens: int
    dollars: float | None
    minutes: float | None


@dataclass(frozen=True, slots=True)
class Sight:
    """What a segment's gate could see at the last look: the drop that it would find four times in five."""

    name: str
    cases: int
    role: str
    margin: float | None
    detectable: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """Everything that `callgate plan` says. `passes` and `blocks` are shares of PASSES simulated runs of an unchanged
    prompt; `assumed` says that nothing is known of the baseline yet, so that its noise is a guess."""

    plan: Plan
    estimates: tuple[Estimate, ...]
    sights: tuple[Sight, ...]
    passes: float
    blocks: float
    assumed: bool


def foresee(root: Path, path: Path, options: Options) -> Outlook:
    """The outlook of an eval. Raises Mistake for anything wrong in its files; asks nothing and keeps nothing."""
    with Ledger.open(root / LEDGER) as ledger:
        plan = make_plan(root, path, options)
        graders = graders_of(plan, root)[0]
        drawn = generations(plan, ledger, anew=False, now=time.time())
        salt = int(run_id(plan, graders, drawn)[:6], 16)
        bench = Bench(plan, graders, ledger, None, endpoints(plan), drawn, salt=salt)
        known = replayed(bench)
        estimates = tuple(estimate(bench, known, trials) for trials in plan.eval.policy.looks)
    strata = known.strata(plan.eval.policy.metrics)
    rates, assumed = baseline_rates(plan, strata)
    passes, blocks = unchanged(plan, rates)
    return Outlook(plan, estimates, sights(plan, rates), passes, blocks, assumed)


def estimate(bench: Bench, known: Measured, trials: int) -> Estimate:
    """What drawing every decision up to `trials` a side would take beyond the ledger."""
    calls = cached = tokens = 0
    dollars: float | None = 0.0
    seconds: list[float] = []
    for contest in bench.plan.contests:
        for arm in ARMS:
            steps, slow = _habits(known, contest, arm)
            seconds += slow
            pairs = [pair for pair in bench.plan.pairs if not pair.identical(contest)]
            wanted = [(pair, contest, arm, number) for pair in pairs for number in range(trials)]
            lacking = length = 0
            for some in chunks(wanted, CHUNK):
                misses = walk([bench.ask(*one) for one in some], TRIALS, bench.ledger).misses
                lacking += len(misses)
                length += sum(len(m.canonical) for miss in misses for m in miss.machine.request.messages)
            prompt = length // 4
            cached += len(wanted) - lacking
            calls += round(lacking * steps)
            tokens += round((prompt + REPLY_TOKENS * lacking) * steps)
            cost = price(contest.model(arm))
            if cost is None or dollars is None:
                dollars = None
            else:
                dollars += steps * cost.dollars(prompt, REPLY_TOKENS * lacking)
    minutes = calls * median(seconds) / AT_ONCE / 60 if seconds else None
    return Estimate(trials, calls, cached, tokens, dollars, minutes)


def _habits(known: Measured, contest: Contest, arm: str) -> tuple[float, list[float]]:
    """Replies a trial takes on average, a simulated caller's too, and how long the candidate's took, by the ledger."""
    lists = [some for (label, _, _, lane), some in known.trials.items() if (label, lane) == (contest.label, arm)]
    trials = [trial for some in lists for trial, _ in some]
    seconds = [step.reply.seconds for trial in trials for step in trial.steps if not step.reply.simulated]
    return (fmean(len(trial.replies) for trial in trials) if trials else STEPS), seconds


# ---------------------------------------------------------------------------------------------- what could be seen

Rates = Mapping[tuple[str, str, str, str], tuple[float, float]]
"""(model, case, decision, metric) -> the two parameters of the Beta that its rate of success is believed to have."""
CONCENTRATION = 1.5
ASSUMED = 0.85


def baseline_rates(plan: Plan, strata: list[Stratum]) -> tuple[Rates, bool]:
    """What the baseline's trials in the ledger tell of each decision's rate of success, each shrunk towards the mean;
    and whether there are none, so that it is assumed (statistics.md part 10: .85, many easy and some hard)."""
    scores = [[x for x in s.baseline if x is not None] for s in strata]
    flat = [x for some in scores for x in some]
    mean = fmean(flat) if flat else ASSUMED
    rates = {}
    for stratum, some in zip(strata, scores, strict=True):
        won = sum(some)
        key = (stratum.model, stratum.case, stratum.decision, stratum.metric)
        rates[key] = (won + CONCENTRATION * mean + 1e-9, len(some) - won + CONCENTRATION * (1 - mean) + 1e-9)
    if not flat:
        contests = [(c, p, m) for c in plan.contests for p in plan.pairs for m in plan.eval.policy.metrics]
        first = (CONCENTRATION * ASSUMED, CONCENTRATION * (1 - ASSUMED))
        rates = {(c.label, p.case.id, p.point.id, m): first for c, p, m in contests if not p.identical(c)}
    return rates, not flat


def _drawn(rates: Rates, trials: int, rng: np.random.Generator) -> list[Stratum]:
    """One simulated run of an unchanged prompt: both arms drawn from the same rates, independently."""
    a, b = np.array(list(rates.values())).T
    p = rng.beta(a, b)
    sides = [(rng.random((len(p), trials)) < p[:, None]).astype(float).tolist() for _ in ARMS]
    rows = zip(rates, *sides, strict=True)
    return [Stratum(m, case, point, metric, tuple(b), tuple(c)) for (m, case, point, metric), b, c in rows]


def unchanged(plan: Plan, rates: Rates, runs: int = PASSES) -> tuple[float, float]:
    """How often an unchanged prompt would pass and be blocked, by the gate itself on simulated trials."""
    from callgate.gate.family import family
    from callgate.gate.looks import replay, verdict

    policy = replace(plan.eval.policy, confirm=0)
    rng = np.random.default_rng(SEED)
    found = []
    for _ in range(runs if rates else 0):
        tests = family(_drawn(rates, policy.looks[-1], rng), plan.cases, policy)
        found.append(verdict(tests, replay(tests, plan.cases, policy)))
    return (found.count("pass") / runs, found.count("block") / runs) if found else (1.0, 0.0)


def sights(plan: Plan, rates: Rates) -> tuple[Sight, ...]:
    """For each segment its role, its margin and the drop that would be found four times in five at the last look."""
    from callgate.gate.family import family
    from callgate.stats.planning import detectable

    if not rates:
        return ()
    policy, k = plan.eval.policy, plan.eval.policy.looks[-1]
    tests = family(_drawn(rates, k, np.random.default_rng(SEED)), plan.cases, policy)
    alpha = policy.alpha * policy.weights[-1] / max(1, len(tests))
    found = []
    for test in tests:
        keys = [test.table.strata[row] for row in test.rows.tolist()]
        shares = [rates[s.model, s.case, s.decision, s.metric] for s in keys]
        per_case: dict[str, list[float]] = {}
        for stratum, (a, b) in zip(keys, shares, strict=True):
            per_case.setdefault(stratum.case, []).append(2 * a * b / ((a + b) * (a + b + 1)) / k)
        noise = fmean(sum(some) / len(some) ** 2 for some in per_case.values())
        drop = max(detectable(noise, test.cases, alpha), test.standing.drop, 3 / test.cases)
        name = ",".join(f"{key}={value}" for key, value in test.segment.of.items()) or "all"
        found.append(Sight(name, test.cases, test.standing.role, test.standing.margin, min(1.0, drop)))
    return tuple(found)


# ---------------------------------------------------------------------------------------------- as text


def price_words(each: Estimate) -> str:
    """One estimate in a line: "2,100 calls, $0.84, about 3.1 minutes"."""
    dollars = "at an unknown price" if each.dollars is None else f"${each.dollars:.2f}"
    minutes = "" if each.minutes is None else f", about {each.minutes:.1f} minutes"
    return f"up to {each.trials} trials a side: {plural(each.calls, 'call')}, {dollars}{minutes}"


def outlook_text(outlook: Outlook) -> str:
    """The screen of `callgate plan`."""
    plan = outlook.plan
    decisions = plural(len(plan.pairs), "decision")
    head = [
        f"{printable(plan.eval.name)}   {printable(plan.baseline.name)} -> {printable(plan.candidate.name)}   "
        + ", ".join(printable(contest.label) for contest in plan.contests),
        f"{plural(len(plan.cases), 'call')}, {decisions}; nothing is asked by this command",
        "",
        f"  {'up to':<16} {'calls to make':>14} {'in the ledger':>14} {'tokens':>12} {'dollars':>9} {'minutes':>8}",
    ]
    costs = [
        f"  {each.trials:>2} trials a side {each.calls:>14,} {each.cached:>14,} {each.tokens:>12,}"
        f" {'unknown' if each.dollars is None else f'{each.dollars:.2f}':>9}"
        f" {'unknown' if each.minutes is None else f'{each.minutes:.1f}':>8}"
        for each in outlook.estimates
    ]
    seen = ["", f"  {'':<34} {'calls':>6}  {'role':<6} {'margin':>7}  would find a drop of"]
    for sight in outlook.sights:
        margin = "" if sight.margin is None else f"{100 * sight.margin:.0f}"
        drop = f"{100 * sight.detectable:.1f} points or more"
        seen.append(f"  {printable(sight.name):<34} {sight.cases:>6}  {sight.role:<6} {margin:>7}  {drop}")
    basis = "assuming a baseline that succeeds in 85 %" if outlook.assumed else "from the baseline's own trials"
    last = (
        f"an unchanged prompt would pass in {100 * outlook.passes:.0f} % and be blocked in {100 * outlook.blocks:.1f} %"
        f" of {PASSES} simulated runs, {basis}"
    )
    return "\n".join([*head, *costs, *seen, "", last]) + "\n"
