"""What an eval can tell before anything is spent: the baseline's own trials in; detectable drops and chances out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from callgate.concepts import CaseInfo, Mistake, Policy, Role, Stratum
from callgate.gate.family import Test, family
from callgate.gate.table import View
from callgate.stats import planning


@dataclass(frozen=True, slots=True)
class Forecast:
    """One segment before the run: the true drop it would find four times in five, and how likely an unchanged prompt
    passes it (1 for what cannot hold up a PASS, 0 for a gate that is too small). Shares, as in a Comparison."""

    segment: Mapping[str, str]
    metric: str
    model: str
    cases: int
    role: Role
    margin: float | None
    detectable: float
    pass_chance: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The forecasts, the chance that an unchanged prompt passes them all (as if they were independent: a little low),
    and by look the replies in all that it may take where nothing is decided earlier."""

    forecasts: tuple[Forecast, ...]
    pass_chance: float
    replies: Mapping[int, int]


def plan(strata: Sequence[Stratum], cases: Mapping[str, CaseInfo], policy: Policy) -> Plan:
    """Forecast a run from the baseline trials at hand. Raises Mistake where no decision has two, to tell the noise."""
    mirrored = [replace(s, candidate=_known(s), baseline=_known(s), baseline_held=0) for s in strata]
    if all(len(s.baseline) < 2 and not s.identical for s in mirrored):
        raise Mistake("no decision has two baseline trials yet, so its noise is not known; run the eval's first look")
    tests = [test for test in family(mirrored, cases, policy) if test.cases]
    held = {(s.model, s.case, s.decision, s.metric): s.baseline_held for s in strata}
    forecasts = tuple(_forecast(test, len(tests), policy, _held(test, held)) for test in tests)
    first = [s for s in strata if s.metric == policy.metrics[0] and not s.identical]
    replies = {k: sum(k + max(0, k - s.baseline_held) for s in first) for k in policy.looks}
    return Plan(forecasts, math.prod(each.pass_chance for each in forecasts), replies)


def _known(stratum: Stratum) -> tuple[float | None, ...]:
    return tuple(score for score in stratum.baseline if score is not None)


def _held(test: Test, held: Mapping[tuple[str, str, str, str], int]) -> int:
    rows = [test.table.strata[row] for row in test.rows.tolist()]
    return min((held[s.model, s.case, s.decision, s.metric] for s in rows if not s.identical), default=0)


def _forecast(test: Test, tests: int, policy: Policy, held: int) -> Forecast:
    of = _spread(test, test.table.whole, held)
    last = policy.looks[-1]
    share = policy.alpha * policy.weights[-1] / tests
    findable = planning.detectable(of.noise(last), test.cases, share, test.standing.drop)
    worse = replace(of, candidate=of.candidate * _noisier(test, findable))
    findable = planning.detectable(worse.noise(last), test.cases, share, test.standing.drop)
    return Forecast(
        dict(test.segment.of),
        test.table.metric,
        test.table.model,
        test.cases,
        test.standing.role,
        test.standing.margin,
        findable,
        _pass_chance(test, of, policy),
    )


def _noisier(test: Test, drop: float) -> float:
    """How much noisier trials are after a drop: they fail nearer to half of the time, like a coin's p (1 - p)."""
    before = float(np.nanmean(test.table.whole.mean_baseline[test.rows]))
    after = max(0.0, before - drop)
    return max(1.0, after * (1 - after) / max(before * (1 - before), 0.01))


def _spread(test: Test, view: View, held: int) -> planning.Spread:
    """The noise of one trial, alike on both arms; strata with one trial are taken to be as noisy as the others."""
    noise = np.where(view.trials_baseline > 1, view.noise_baseline * view.trials_baseline, np.nan)
    noise = np.where(np.isnan(noise), np.nanmean(noise), noise)
    noise = np.where(test.table.identical, 0.0, noise)
    one = float(test.per_case(noise).mean())
    typical = float((test.sizes**2).sum() / test.sizes.sum())
    return planning.Spread(test.cases, len(test.sizes), typical, 0.0, one, one, held)


def _pass_chance(test: Test, of: planning.Spread, policy: Policy) -> float:
    role, margin = test.standing.role, test.standing.margin
    if role == "watch":
        return 1.0
    if role == "veto":
        deviation = math.sqrt(of.variance(policy.looks[-1]) / of.cases)
        return planning.normal(test.segment.margin / deviation) if deviation else 1.0
    if margin is None:
        return 0.0
    looks = zip(policy.looks, policy.weights, strict=True)
    return max(
        planning.chance_to_clear(of, k, margin=margin, change=0.0, level=1 - policy.alpha * weight)
        for k, weight in looks
    )
