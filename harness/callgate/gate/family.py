"""The tests of one run: strata, cases and policy in; one test per model, gating metric and segment out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from callgate.concepts import CaseInfo, Mistake, Policy, Stratum
from callgate.gate.credence import NO_CARDS, Cards, Credence, credence
from callgate.gate.segments import Segment, Standing, merged, segments, standing
from callgate.gate.table import Table, View, summed
from callgate.stats.bounds import at_worst, kish, signflip_exact
from callgate.stats.corrected import Corrected
from callgate.stats.exact import Bag, FloatArray, IntArray, lowest, tail

BREADTH = 0.15  # of random signs: about three cases worse on balance
TIE = 10  # digits to which shares are compared


@dataclass(frozen=True, slots=True)
class Test:
    """One segment for one metric and model: which rows of its table it holds, and how they fall into cases."""

    index: int
    table: Table
    segment: Segment
    standing: Standing
    unpaired: frozenset[str]  # cases of the segment that one side does not have
    rows: IntArray
    case_of_row: IntArray
    cluster_of_case: IntArray
    sizes: FloatArray  # cases per cluster
    members: Mapping[str, CaseInfo]
    credence: Credence | None = None  # of the judge that scores the metric, where one does

    @property
    def cases(self) -> int:
        return len(self.cluster_of_case)

    def changes(self, view: View) -> FloatArray:
        """The change of each case: the mean over its decisions."""
        each = view.change[self.rows] / self.table.decisions[self.rows]
        return summed(self.case_of_row, each, self.cases)

    def clustered(self, changes: FloatArray) -> FloatArray:
        """The summed changes of each cluster."""
        return summed(self.cluster_of_case, changes, len(self.sizes))

    def per_case(self, of_row: FloatArray) -> FloatArray:
        """A variance of each stratum as the variance of its case's mean."""
        share = of_row[self.rows] / self.table.decisions[self.rows] ** 2
        return summed(self.case_of_row, share, self.cases)

    def is_measured(self, view: View) -> bool:
        return self.cases > 0 and bool(view.measured[self.rows].all())

    def p_and_floor(self, view: View) -> tuple[float, float]:
        """The exact one-sided p of "worse" and the least it could have been."""
        kinds = view.kind[self.rows]
        sums = np.bincount(kinds[kinds >= 0], view.sum_candidate[self.rows][kinds >= 0], minlength=len(view.bags))
        return tail(self._counts(view), {bag: round(sums[i]) for i, bag in enumerate(view.bags)})

    def floor(self, view: View) -> float:
        return lowest(self._counts(view))

    def _counts(self, view: View) -> dict[Bag, int]:
        kinds = view.kind[self.rows]
        counts = np.bincount(kinds[kinds >= 0], minlength=len(view.bags))
        return {view.bags[i]: n for i, n in enumerate(counts.tolist()) if n}

    def at_worst(self, changes: FloatArray, level: float) -> float:
        return max(-1.0, at_worst(self.clustered(changes), self.sizes, level))

    def corrected(self, changes: FloatArray) -> Corrected | None:
        """A judge's change as people's labels correct it; None where no judge scored it, or it may not gate here."""
        if self.credence is None or self.credence.why_not or not self.cases:
            return None
        return self.credence.correct(self.clustered(changes), self.sizes)

    def is_broad(self, view: View, changes: FloatArray) -> bool:
        """Whether the fall is shared by about three clusters on balance."""
        rows = self.rows
        parts = (view.trials_baseline[rows], view.trials_candidate[rows], self.table.decisions[rows])
        unit = math.lcm(*(max(1, int(n)) for part in parts for n in np.unique(part))) * self.table.top
        return signflip_exact(np.rint(self.clustered(changes) * unit).astype(np.int64)) <= BREADTH


def above(share: float, bound: float) -> bool:
    """Strictly above, where a tie is a tie in spite of rounding."""
    return round(share - bound, TIE) > 0


def tables(strata: Sequence[Stratum], metrics: Collection[str]) -> list[Table]:
    """One table per model and metric, models in alphabetical order. Raises Mistake where a metric has no row."""
    by: dict[tuple[str, str], list[Stratum]] = {}
    for stratum in strata:
        by.setdefault((stratum.model, stratum.metric), []).append(stratum)
    for metric in metrics:
        if all(metric != known for _, known in by):
            there = ", ".join(sorted({known for _, known in by})) or "none"
            raise Mistake(f"nothing is scored by the gating metric {metric!r}; there are: {there}")
    return [Table(by[key]) for model in sorted({m for m, _ in by}) for m in metrics if (key := (model, m)) in by]


def family(
    strata: Sequence[Stratum],
    cases: Mapping[str, CaseInfo],
    policy: Policy,
    unpaired: Collection[str] = (),
    cards: Cards = NO_CARDS,
) -> tuple[Test, ...]:
    """Every test of the run, in a fixed order: model, metric, segment. Raises Mistake on an empty or misspelt set.

    `cards` are those of the judges that score a gating metric, by metric.
    """
    found = segments(cases, policy)
    tests: list[Test] = []
    for table in tables(strata, policy.metrics):
        stray = next((case for case in table.cases if case not in cases), None)
        if stray is not None:
            raise Mistake(f"there are scores of the case {stray!r}, which is not in the set")
        lost = frozenset(unpaired)
        for segment in merged(found, frozenset(table.cases)):
            test = _test(len(tests), table, segment, cases, lost)
            card = cards.get(table.metric)
            if card is not None:
                languages = (cases[name].segments.get("language", "") for name in sorted(segment.cases))
                test = replace(test, credence=credence(card, languages))
            tests.append(test)
    return tuple(tests)


def _test(index: int, table: Table, segment: Segment, cases: Mapping[str, CaseInfo], unpaired: frozenset[str]) -> Test:
    names = sorted(segment.cases)
    local = np.full(len(table.cases), -1, dtype=np.int64)
    local[[table.number[name] for name in names]] = np.arange(len(names))
    of_row = local[table.case_of_row]
    rows = np.flatnonzero(of_row >= 0)
    clusters = [cases[name].cluster or name for name in names]
    order = {cluster: i for i, cluster in enumerate(dict.fromkeys(clusters))}
    sizes = np.array(list(Counter(clusters).values()), dtype=np.float64)
    return Test(
        index,
        table,
        segment,
        standing(segment, kish(sizes)),
        segment.whole & unpaired,
        rows,
        of_row[rows],
        np.array([order[cluster] for cluster in clusters], dtype=np.int64),
        sizes,
        {name: cases[name] for name in names},
    )
