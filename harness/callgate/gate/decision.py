"""The one object everything is drawn from: rows, policy and what the run knows of itself in; a Decision out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from callgate.concepts import (
    EXIT_CODES,
    CaseInfo,
    Comparison,
    ComparisonVerdict,
    Decision,
    Flip,
    Missing,
    Policy,
    Side,
    Stratum,
    Verdict,
)
from callgate.gate.comparisons import comparison
from callgate.gate.family import Test, family, tables
from callgate.gate.looks import Ending, Need, Path, replay
from callgate.gate.segments import Standing
from callgate.gate.words import reasons
from callgate.stats.multiplicity import benjamini_hochberg


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
    strata: Sequence[Stratum], cases: Mapping[str, CaseInfo], policy: Policy, *, unpaired: Collection[str] = ()
) -> frozenset[Need]:
    """Which trials are needed next; empty once everything is decided. Start with strata that have no trials yet."""
    return replay(family(strata, cases, policy, unpaired), policy).needs


def decide(
    strata: Sequence[Stratum], cases: Mapping[str, CaseInfo], policy: Policy, *, unpaired: Collection[str] = ()
) -> Outcome:
    """Gate these rows: a pure function, the same for the same rows in any order.

    `strata` are all planned decisions of all metrics and models, those whose trials failed included (as None);
    `unpaired` names cases that one side does not have: their segments can be blocked and never pass. Raises Mistake for
    an empty set, a segment or metric that does not exist, a protected segment without a case.
    """
    unexplained = _unplanned(strata, cases)
    tests = family(strata, cases, policy, {*unpaired, *unexplained})
    path = replay(tests, policy)
    comparisons = tuple(
        comparison(test, test.table.view(ending.k), ending, policy)
        for test, ending in zip(tests, path.endings, strict=True)
    )
    return Outcome(comparisons, _verdict(strata, comparisons, policy), tests, path, path.needs)


def _unplanned(strata: Sequence[Stratum], cases: Mapping[str, CaseInfo]) -> set[str]:
    """Cases that some model has no decision of: missing evidence, whatever the reason."""
    by_model: dict[str, set[str]] = {}
    for stratum in strata:
        by_model.setdefault(stratum.model, set()).add(stratum.case)
    return {case for present in by_model.values() for case in cases if case not in present}


def _verdict(strata: Sequence[Stratum], comparisons: Sequence[Comparison], policy: Policy) -> Verdict:
    """The worst of all tests: every gate and veto test must say pass."""
    found = {row.verdict for row in comparisons}
    if "block" in found:
        return "block"
    if "incomplete" in found:
        return "incomplete"
    if all(stratum.identical for stratum in strata if stratum.metric in policy.metrics):
        return "unchanged"
    if all(row.verdict == "pass" for row in comparisons if row.role != "watch") and "moved" not in found:
        return "pass"
    return "inconclusive"


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
) -> Decision:
    """Gate the rows and assemble what every report is drawn from. `subset` names the filter: a subset never exits 0.

    `missing` is counted from the gating rows where it does not say what was planned. Raises Mistake as `decide` does.
    """
    outcome = decide(strata, cases, policy, unpaired=unpaired)
    missing = missing if missing.planned else counted(strata, policy, missing)
    graders = advisory(strata, policy)
    verdict = outcome.verdict
    lost = any(missing.advisory.values()) or any(row.verdict == "incomplete" for row in graders)
    if lost and verdict != "block":
        verdict = "incomplete"
    code = EXIT_CODES[verdict]
    gating = [stratum for stratum in strata if stratum.metric in policy.metrics]
    return Decision(
        run,
        eval,
        verdict,
        4 if subset and code == 0 else code,
        simulated,
        baseline,
        candidate,
        models=tuple(sorted({stratum.model for stratum in gating})),
        cases=len({stratum.case for stratum in gating}),
        decisions=len({(stratum.case, stratum.decision) for stratum in gating}),
        trials=max((row.look for row in outcome.comparisons), default=0) if verdict != "unchanged" else 0,
        comparisons=outcome.comparisons,
        graders=graders,
        flips=flips(outcome, cases, policy, shown or {}),
        new_cases=tuple(new_cases),
        missing=missing,
        reasons=reasons(verdict, outcome.comparisons, missing, outcome.tests),
        subset=subset,
        value=value,
        digests=dict(digests or {}),
    )


def counted(strata: Sequence[Stratum], policy: Policy, missing: Missing) -> Missing:
    """`missing` with the planned and measured trials of the first gating metric."""
    arms = [arm for s in strata if s.metric == policy.metrics[0] for arm in (s.baseline, s.candidate)]
    planned = sum(map(len, arms))
    return replace(missing, planned=planned, measured=planned - sum(arm.count(None) for arm in arms))


def flips(
    outcome: Outcome, cases: Mapping[str, CaseInfo], policy: Policy, shown: Mapping[FlipKey, Shown]
) -> tuple[Flip, ...]:
    """Decisions that pass more or less often than before on the first gating metric, worst first."""
    found: list[Flip] = []
    for table in {id(test.table): test.table for test in outcome.tests}.values():
        if table.metric != policy.metrics[0]:
            continue
        deepest = max(outcome.path.endings[t.index].k for t in outcome.tests if t.table is table)
        counts = np.stack(table.passes(deepest), axis=1)
        flipped = counts[:, 0] * counts[:, 3] != counts[:, 2] * counts[:, 1]
        for row in np.flatnonzero(flipped & (counts[:, 1] > 0) & (counts[:, 3] > 0)).tolist():
            s = table.strata[row]
            seen = shown.get((s.model, s.case, s.decision), Shown())
            segments = dict(cases[s.case].segments)
            before, of_before, after, of_after = (int(count) for count in counts[row])
            found.append(Flip(s.case, s.decision, s.model, segments, before, of_before, after, of_after, *seen))
    return tuple(sorted(found, key=lambda flip: (-flip.worse, flip.case, flip.decision, flip.model)))


def advisory(strata: Sequence[Stratum], policy: Policy) -> tuple[Comparison, ...]:
    """The metrics that do not gate, over all cases, false discovery rate controlled; they use whatever was measured."""
    others = sorted({stratum.metric for stratum in strata} - set(policy.metrics))
    rows = [_reported(table.strata, policy) for table in tables(strata, others)]
    adjusted = iter(benjamini_hochberg([row.p for row in rows if row.p is not None]))
    return tuple(row if row.p is None else replace(row, p_adjusted=next(adjusted)) for row in rows)


def _reported(strata: Sequence[Stratum], policy: Policy) -> Comparison:
    """One metric over all cases, each arm at the grades it has; incomplete where a planned grade was not obtained."""
    first = strata[0]
    lost = sum(arm.count(None) for s in strata for arm in (s.baseline, s.candidate))
    kept = [replace(s, baseline=_obtained(s.baseline), candidate=_obtained(s.candidate)) for s in strata]
    kept = [s for s in kept if s.baseline and s.candidate]
    if not kept:
        verdict: ComparisonVerdict = "incomplete" if lost else "closed"
        return Comparison({}, first.metric, first.model, 0, 0, "watch", verdict, needs="nothing was measured")
    watch = replace(policy, metrics=(first.metric,), by=(), protect=())
    test = replace(family(kept, {s.case: CaseInfo(s.case, {}) for s in kept}, watch)[0], standing=ADVISES)
    k = int(test.table.whole.trials_candidate.max())
    found = comparison(test, test.table.whole, Ending(k, 1.0, 1), policy)
    return replace(found, verdict="incomplete", needs=f"{lost} grades were not obtained") if lost else found


ADVISES = Standing("watch", None, 0.0)


def _obtained(scores: Sequence[float | None]) -> tuple[float | None, ...]:
    return tuple(score for score in scores if score is not None)
