"""Must-pass cases: each may block alone, in a family of its own with its own share of alpha (statistics.md part 5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from callgate.concepts import CaseInfo, Comparison, Policy
from callgate.gate.table import Table, View
from callgate.gate.verdicts import Status
from callgate.stats.exact import lowest, tail
from callgate.stats.multiplicity import tarone_holm, tarone_holm_adjusted

SHARE = 0.2  # of alpha: .01 of .05, the segments keep .04
VETO_LOSSES = 3  # of ten, where the baseline lost none


@dataclass(slots=True)
class Blocker:
    """One decision of a must-pass case on one metric and model: trials taken, where it stands, its p."""

    table: Table
    row: int
    k: int = 0
    status: Status = "live"
    p: float = 1.0
    adjusted: float = 1.0

    @property
    def case(self) -> str:
        return self.table.strata[self.row].case

    @property
    def view(self) -> View:
        return self.table.view(self.k)

    @property
    def losses(self) -> int:
        """Trials that did not pass fully, of those taken."""
        _, _, full, trials = self.table.passes(self.row, self.k)
        return trials - full

    @property
    def is_vetoed(self) -> bool:
        """Three losses against a clean baseline: too many to pass, too few to block."""
        full, trials, _, _ = self.table.passes(self.row, self.k)
        return self.status == "live" and full == trials and self.losses >= VETO_LOSSES


def blockers(tables: Sequence[Table], cases: Mapping[str, CaseInfo], each: Collection[str] = ()) -> list[Blocker]:
    """Every decision of every must-pass case whose requests differ; on the metrics `each`, of every case."""
    return [
        Blocker(table, row)
        for table in tables
        for row, stratum in enumerate(table.strata)
        if (cases[stratum.case].must_pass or table.metric in each) and not stratum.identical
    ]


def rejected(family: Sequence[Blocker], policy: Policy, weight: float) -> list[Blocker]:
    """Look at the family, at whatever each has taken; those that got worse beyond chance, still to be confirmed."""
    alpha = policy.alpha * SHARE * weight
    p, floor = [1.0] * len(family), [0.0] * len(family)
    for i, blocker in enumerate(family):
        if blocker.status != "live":
            continue
        kind = int(blocker.view.kind[blocker.row])
        if kind < 0:
            blocker.status = "incomplete"
            continue
        bag = blocker.view.bags[kind]
        p[i], floor[i] = 1.0, lowest({bag: 1})
        if blocker.losses:
            p[i] = tail({bag: 1}, {bag: int(blocker.view.sum_candidate[blocker.row])})[0]
        blocker.p = p[i]
    adjusted = tarone_holm_adjusted(p, floor)
    for i, blocker in enumerate(family):
        if blocker.status == "live":
            blocker.adjusted = min(1.0, adjusted[i] / (SHARE * weight))
    found = tarone_holm(p, floor, alpha)
    return [blocker for i, blocker in enumerate(family) if i in found and blocker.status == "live"]


def listed(blocker: Blocker) -> Comparison | None:
    """A must-pass decision that lost a trial or blocks, as a row of its own; None where there is nothing to say."""
    view, row, stratum = blocker.view, blocker.row, blocker.table.strata[blocker.row]
    if not blocker.losses and blocker.status != "incomplete":
        return None
    measured = blocker.status != "incomplete"
    full, of, passed, trials = blocker.table.passes(row, blocker.k)
    verdict = "inconclusive" if blocker.is_vetoed else "closed" if blocker.status == "live" else blocker.status
    return Comparison(
        {"must_pass": f"{stratum.case} {stratum.decision}".strip()},
        blocker.table.metric,
        blocker.table.model,
        cases=1,
        trials=of + trials,
        role="watch" if verdict == "closed" else "gate",
        verdict=verdict,
        baseline_mean=float(view.mean_baseline[row]) if measured else None,
        candidate_mean=float(view.mean_candidate[row]) if measured else None,
        change=float(view.change[row]) if measured else None,
        look=blocker.k,
        p=blocker.p if measured else None,
        p_adjusted=blocker.adjusted if measured else None,
        needs=f"lost {trials - passed} of {trials}, the baseline {of - full} of {of}",
    )
