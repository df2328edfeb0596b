"""The one object everything is drawn from: rows, policy and what the run knows of itself in; a Decision out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from callgate.concepts import (
    EXIT_CODES,
    CaseInfo,
    Comparison,
    Decision,
    Flip,
    Missing,
    Policy,
    Side,
    Stratum,
    Triage,
    Verdict,
)
from callgate.gate.advice import advisory
from callgate.gate.averages import averages, disagreements, hardly_measured
from callgate.gate.blockers import listed
from callgate.gate.comparisons import comparison, seen
from callgate.gate.credence import NO_CARDS, Cards
from callgate.gate.family import Test, family
from callgate.gate.looks import Need, Path, replay, verdict
from callgate.gate.table import Table
from callgate.gate.triage import Ticket, held_against_targets, triages
from callgate.gate.unsteady import flaky
from callgate.gate.words import reasons


class Shown(NamedTuple):
    """What a flip shows: the grader that failed, why, and the words it saw."""

    grader: str = ""
    why: str = ""
    evidence: str = ""


FlipKey = tuple[str, str, str]  # model, case, decision


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the gate found: a comparison per test, the verdict of the worst, and the trials that a next look lacks."""

    comparisons: tuple[Comparison, ...]
    verdict: Verdict
    tests: tuple[Test, ...]
    path: Path
    needs: frozenset[Need] = field(default_factory=frozenset)


def needed(
    strata: Sequence[Stratum],
    cases: Mapping[str, CaseInfo],
    policy: Policy,
    *,
    unpaired: Collection[str] = (),
    cards: Cards = NO_CARDS,
) -> frozenset[Need]:
    """Which trials are needed next; empty once everything is decided. Start with strata that have no trials yet."""
    return replay(family(strata, cases, policy, unpaired, cards), cases, policy).needs


def decide(
    strata: Sequence[Stratum],
    cases: Mapping[str, CaseInfo],
    policy: Policy,
    *,
    unpaired: Collection[str] = (),
    cards: Cards = NO_CARDS,
    dollars: float = 0.0,
) -> Outcome:
    """Gate these rows: a pure function, the same for the same rows in any order.

    `strata` are all planned decisions of all metrics and models, those whose trials failed included (as None);
    `unpaired` names cases that one side does not have: their segments can be blocked and never pass. `cards` are what
    the judges of gating metrics were measured at, by metric: without the right to gate, one neither passes nor blocks;
    with it, people's labels must agree. A metric without an entry was scored by no judge. `dollars` is what a trial
    costs, 0 where that is not known: what it would cost to know more is told by it. Raises Mistake for an empty set, a
    segment or metric that does not exist, a protected segment without a case.
    """
    unexplained = _unplanned(strata, cases)
    tests = family(strata, cases, policy, {*unpaired, *unexplained}, cards)
    path = replay(tests, cases, policy)
    comparisons = [
        comparison(test, seen(test, ending), ending, policy, dollars=dollars)
        for test, ending in zip(tests, path.endings, strict=True)
    ]
    told = (one for one in path.blockers if one.status != "incomplete" or cases[one.case].must_pass)
    comparisons += [row for blocker in told if (row := listed(blocker))]
    return Outcome(tuple(comparisons), _overall(strata, tests, path, policy), tests, path, path.needs)


def _unplanned(strata: Sequence[Stratum], cases: Mapping[str, CaseInfo]) -> set[str]:
    """Cases that some model has no decision of: missing evidence, whatever the reason."""
    by_model: dict[str, set[str]] = {}
    for stratum in strata:
        by_model.setdefault(stratum.model, set()).add(stratum.case)
    return {case for present in by_model.values() for case in cases if case not in present}


def _overall(strata: Sequence[Stratum], tests: Sequence[Test], path: Path, policy: Policy) -> Verdict:
    found = verdict(tests, path)
    proved = all(stratum.identical for stratum in strata if stratum.metric in policy.metrics)
    return "unchanged" if proved and found in {"pass", "inconclusive"} else found


def build_decision(
    *,
    run: str,
    eval: str,  # noqa: A002  (the noun)
    strata: Sequence[Stratum],
    cases: Mapping[str, CaseInfo],
    policy: Policy,
    baseline: Side,
    candidate: Side,
    missing: Missing = Missing(),  # noqa: B008  (frozen)
    shown: Mapping[FlipKey, Shown] | None = None,
    unpaired: Collection[str] = (),
    new_cases: Sequence[str] = (),
    simulated: bool = False,
    subset: str = "",
    value: float | None = None,
    digests: Mapping[str, str] | None = None,
    cards: Cards = NO_CARDS,
    traffic: Mapping[str, float] = MappingProxyType({}),
    tickets: Sequence[Ticket] = (),
) -> Decision:
    """Gate the rows and assemble what every report is drawn from. `subset` names the filter: a subset never exits 0;
    `traffic` is the share of real calls that each segment has, as far as it is known.

    `missing` is counted from the gating rows where it does not say what was planned. `tickets` are held against the
    absolute targets of the policy. Raises Mistake as `decide` does.
    """
    each = value / missing.measured if value and missing.measured else 0.0
    outcome = decide(strata, cases, policy, unpaired=unpaired, cards=cards, dollars=each)
    missing = missing if missing.planned else counted(outcome, policy, missing)
    graders = advisory(_as_drawn(strata, outcome), cases, policy)
    ways = averages(outcome.tests, outcome.path, traffic)
    triage = triages(tickets, policy)
    final = held_against_targets(_final(outcome, missing, graders), triage)
    said = _reasons(final, outcome, missing, triage)
    code = EXIT_CODES[final]
    gating = [stratum for stratum in strata if stratum.metric in policy.metrics]
    return Decision(
        run,
        eval,
        final,
        4 if subset and code == 0 else code,
        simulated,
        baseline,
        candidate,
        models=tuple(sorted({stratum.model for stratum in gating})),
        cases=len({stratum.case for stratum in gating}),
        decisions=len({(stratum.case, stratum.decision) for stratum in gating}),
        trials=max((row.look for row in outcome.comparisons), default=0) if final != "unchanged" else 0,
        comparisons=outcome.comparisons,
        graders=graders,
        averages=ways,
        flips=flips(outcome, cases, policy, shown or {}),
        flaky=flaky((t, outcome.path.drawn[id(t)]) for t in _tables(outcome, policy.metrics[0])),
        new_cases=tuple(new_cases),
        missing=missing,
        reasons=(*said, *disagreements(ways), *hardly_measured(cases, traffic)),
        subset=subset,
        value=value,
        digests=dict(digests or {}),
        triage=triage,
    )


def _final(outcome: Outcome, missing: Missing, graders: Sequence[Comparison]) -> Verdict:
    lost = any(missing.advisory.values()) or any(row.verdict == "incomplete" for row in graders)
    return "incomplete" if lost and outcome.verdict != "block" else outcome.verdict


def _reasons(final: Verdict, outcome: Outcome, missing: Missing, triage: Sequence[Triage]) -> tuple[str, ...]:
    """The verdict in sentences; where an absolute target decided it, that comes first."""
    compared = reasons(outcome.verdict, outcome.comparisons, missing, outcome.tests)
    told = [pair for one in triage for pair in zip(one.standings.values(), one.reasons, strict=True)]
    deciding = tuple(line for standing, line in told if standing == final)
    beside = tuple(line for standing, line in told if standing != final)
    if final == outcome.verdict or not deciding:
        return (*reasons(final, outcome.comparisons, missing, outcome.tests), *deciding, *beside)
    return (*deciding, *beside, *compared)


def _tables(outcome: Outcome, metric: str) -> list[Table]:
    return list({id(test.table): test.table for test in outcome.tests if test.table.metric == metric}.values())


def counted(outcome: Outcome, policy: Policy, missing: Missing) -> Missing:
    """`missing` with the planned and measured trials of the first gating metric, as far as the looks drew them."""
    drawn = [table.counts(outcome.path.drawn[id(table)]) for table in _tables(outcome, policy.metrics[0])]
    planned = sum(int(counts[:, 4:].sum()) for counts in drawn)
    measured = sum(int(counts[:, 1].sum() + counts[:, 3].sum()) for counts in drawn)
    return replace(missing, planned=planned, measured=measured)


def _as_drawn(strata: Sequence[Stratum], outcome: Outcome) -> list[Stratum]:
    """The strata cut to the trials that the looks drew, so that trials left over from another path change nothing."""
    upto: dict[tuple[str, str, str], int] = {}
    for table in {id(test.table): test.table for test in outcome.tests}.values():
        for stratum, k in zip(table.strata, outcome.path.drawn[id(table)].tolist(), strict=True):
            key = (stratum.model, stratum.case, stratum.decision)
            upto[key] = max(upto.get(key, 0), k)
    cut = [(s, upto.get((s.model, s.case, s.decision))) for s in strata]
    return [
        s if k is None else replace(s, baseline=s.baseline[: max(k, s.baseline_held)], candidate=s.candidate[:k])
        for s, k in cut
    ]


def flips(
    outcome: Outcome, cases: Mapping[str, CaseInfo], policy: Policy, shown: Mapping[FlipKey, Shown]
) -> tuple[Flip, ...]:
    """Decisions that pass more or less often than before on the first gating metric, worst first."""
    found: list[Flip] = []
    for table in _tables(outcome, policy.metrics[0]):
        counts = table.counts(outcome.path.drawn[id(table)])
        flipped = counts[:, 0] * counts[:, 3] != counts[:, 2] * counts[:, 1]
        for row in np.flatnonzero(flipped & (counts[:, 1] > 0) & (counts[:, 3] > 0)).tolist():
            s = table.strata[row]
            seen = shown.get((s.model, s.case, s.decision), Shown())
            segments = dict(cases[s.case].segments)
            before, of_before, after, of_after = (int(count) for count in counts[row, :4])
            found.append(Flip(s.case, s.decision, s.model, segments, before, of_before, after, of_after, *seen))
    return tuple(sorted(found, key=lambda flip: (-flip.worse, flip.case, flip.decision, flip.model)))
