"""The golden set beside real traffic: which segments it has too little of, which calls it counts twice, and whether it
is made of failures alone.

`_traffic.csv` beside the cases has the columns `segment,share` (or `segment,calls`): `language=es,0.22`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from callgate.concepts import Case
from callgate.dataset.importers.reading import Node, read_export, rows_of

TRAFFIC = "_traffic.csv"
SAMPLE = "sample"
"""The segment that keeps failures and a random sample of traffic apart: `sample: failure` or `sample: random`."""
TOO_FEW = 0.5
"""A segment with less than half of its share of traffic is too little covered."""


@dataclass(frozen=True, slots=True)
class Covered:
    """A segment: its cases, their clusters, its share of the set and of traffic (None: not known)."""

    segment: str
    cases: int
    clusters: int
    share: float
    traffic: float | None

    @property
    def lacking(self) -> int:
        """Cases that would bring it up to its share of traffic, where it has less than half of it."""
        if self.traffic is None or self.share >= TOO_FEW * self.traffic or self.traffic >= 1:
            return 0
        total = self.cases / self.share if self.share else 0
        return max(1, round((self.traffic * (total or 25) - self.cases) / (1 - self.traffic)))


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the set covers. `strata` are cases by `sample`; `together` the clusters of several cases."""

    rows: tuple[Covered, ...]
    strata: Mapping[str, int]
    together: Mapping[str, tuple[str, ...]]
    drafts: int

    def text(self) -> str:
        """A line a segment, then the strata and the clusters."""
        width = max([len(row.segment) for row in self.rows] + [8])
        lines = [f"{'':{width}}  cases  calls    set  traffic"]
        for row in self.rows:
            traffic = "      -" if row.traffic is None else f"{row.traffic:7.1%}"
            note = f"   too few: {row.lacking} more" if row.lacking else ""
            lines.append(f"{row.segment:{width}}  {row.cases:5}  {row.clusters:5}  {row.share:5.1%}  {traffic}{note}")
        strata = ", ".join(f"{count} {name}" for name, count in self.strata.items())
        lines.append(f"samples: {strata}")
        if "random" not in self.strata:
            lines.append("no random sample: a set of failures alone says nothing about the calls that go well")
        lines += [f"cut from one call ({name}): {', '.join(cases)}" for name, cases in self.together.items()]
        if self.drafts:
            lines.append(f"{self.drafts} drafts are not counted")
        return "\n".join(lines) + "\n"


def coverage(cases: Sequence[Case], traffic: Mapping[str, float]) -> Coverage:
    """What active cases cover, by every segment that they have or that traffic names."""
    active = [case for case in cases if case.status == "active"]
    names = {f"{key}={value}" for case in active for key, value in case.segments.items() if key != SAMPLE}
    rows = []
    for name in sorted({*names, *traffic}):
        wanted = dict(part.split("=", 1) for part in name.split(","))
        some = [case for case in active if wanted.items() <= case.segments.items()]
        share = len(some) / len(active) if active else 0.0
        rows.append(Covered(name, len(some), len({case.cluster for case in some}), share, traffic.get(name)))
    strata = Counter(case.segments.get(SAMPLE, "not said") for case in active)
    clusters: dict[str, list[str]] = {}
    for case in active:
        clusters.setdefault(case.cluster, []).append(case.id)
    together = {name: tuple(some) for name, some in sorted(clusters.items()) if len(some) > 1}
    drafts = sum(case.status == "draft" for case in cases)
    return Coverage(tuple(rows), dict(sorted(strata.items())), together, drafts)


def read_traffic(path: Path) -> dict[str, float]:
    """Shares of traffic by segment. Raises Mistake with the place of what cannot be read."""
    shares: dict[str, float] = {}
    counts: dict[str, float] = {}
    for row in rows_of(read_export(path)):
        name = row.get("segment").text().strip()
        if not name or any("=" not in part for part in name.split(",")):
            raise row.wrong("a segment is NAME=VALUE, as language=es")
        share, calls = row.get("share").number(), row.get("calls").number()
        if share is not None and 0 <= share <= 1:
            shares[name] = share
        elif share is None and calls is not None and calls >= 0:
            counts[name] = calls
        else:
            raise _wrong_share(row)
    return shares | _shares(counts)


def _wrong_share(row: Node) -> Exception:
    return row.wrong("a 'share' is a number 0 to 1, and 'calls' a number of calls")


def _shares(counts: Mapping[str, float]) -> dict[str, float]:
    """Counts as shares of their attribute's total."""
    totals: Counter[str] = Counter()
    for name, count in counts.items():
        totals[_attributes(name)] += int(count)
    return {name: count / totals[_attributes(name)] for name, count in counts.items() if totals[_attributes(name)]}


def _attributes(name: str) -> str:
    return ",".join(part.partition("=")[0] for part in name.split(","))
