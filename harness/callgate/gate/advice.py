"""What does not gate: strata of the other metrics in; a row for each, and for each segment where one fell, out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from callgate.concepts import CaseInfo, Comparison, ComparisonVerdict, Policy, Stratum
from callgate.gate.comparisons import comparison
from callgate.gate.family import Test, family, tables
from callgate.gate.looks import Ending
from callgate.gate.segments import Standing
from callgate.stats.multiplicity import benjamini_hochberg

ADVISES = Standing("watch", None, 0.0)


def advisory(strata: Sequence[Stratum], cases: Mapping[str, CaseInfo], policy: Policy) -> tuple[Comparison, ...]:
    """The metrics that do not gate: each over all cases, then the segments where it fell. They use whatever was
    measured. The false discovery rate (Benjamini and Hochberg 1995) is controlled over all metrics and segments."""
    others = sorted({stratum.metric for stratum in strata} - set(policy.metrics))
    looked = [one for table in tables(strata, others) for one in _advised(table.strata, cases, policy)]
    known = [one for one in looked if one.p is not None]
    adjusted = dict(zip(map(id, known), benjamini_hochberg([one.p for one in known if one.p is not None]), strict=True))
    return tuple(
        one.row(adjusted.get(id(one))) for one in looked if one.is_whole or adjusted.get(id(one), 1.0) <= policy.alpha
    )


@dataclass(frozen=True, slots=True)
class Advice:
    """What one metric that does not gate says of one segment: its p, and the row that shows it."""

    p: float | None
    is_whole: bool
    shown: Callable[[], Comparison]

    def row(self, adjusted: float | None) -> Comparison:
        return replace(self.shown(), p_adjusted=adjusted)


def _advised(strata: Sequence[Stratum], cases: Mapping[str, CaseInfo], policy: Policy) -> Iterator[Advice]:
    """One metric, each arm at the grades it has; over all calls incomplete where a planned grade was not obtained."""
    first = strata[0]
    lost = sum(arm.count(None) for s in strata for arm in (s.baseline, s.candidate))
    kept = [replace(s, baseline=_obtained(s.baseline), candidate=_obtained(s.candidate)) for s in strata]
    kept = [s for s in kept if s.baseline and s.candidate]
    if not kept:
        verdict: ComparisonVerdict = "incomplete" if lost else "closed"
        nothing = Comparison({}, first.metric, first.model, 0, 0, "watch", verdict, needs="nothing was measured")
        yield Advice(None, True, lambda: nothing)
        return
    here = {s.case: cases[s.case] for s in kept}
    attributes = {name for case in here.values() for name in case.segments}
    by = tuple(name for name in policy.by if set(name.split("*")) <= attributes)
    watch = replace(policy, metrics=(first.metric,), by=by, protect=())
    for test in (replace(test, standing=ADVISES) for test in family(kept, here, watch)):
        p, is_whole = test.p_and_floor(test.table.whole)[0], not test.segment.of
        yield Advice(p, is_whole, partial(_reported, test, policy, lost if is_whole else 0))


def _reported(test: Test, policy: Policy, lost: int) -> Comparison:
    whole = test.table.whole
    found = comparison(test, whole, Ending(int(whole.trials_candidate.max()), 1.0, 1), policy)
    return replace(found, verdict="incomplete", needs=f"{lost} grades were not obtained") if lost else found


def _obtained(scores: Sequence[float | None]) -> tuple[float | None, ...]:
    return tuple(score for score in scores if score is not None)
