"""The weeks of a track -> since when a group of calls is worse, and when the provider changed under one prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from callgate.insight.history import Change, Result, Snapshot, Track
from callgate.stats.drift import SLACK, Week, most_likely_start, worsening

LIMIT = 3.0
"""Control limits, in standard errors of a week's change."""
SHIFTED = 3.0
"""A provider's change without another name is told from so many standard errors on."""


@dataclass(frozen=True, slots=True)
class Trend:
    """A protected segment over the weeks that share one baseline. `sums` are of the weeks in `changes`; `began` is the
    week in which a drift began that was found in `alarm`; `over` says that the newest week is as the baseline again."""

    track: Track
    segment: str
    changes: Mapping[str, Change]
    sums: Mapping[str, float]
    alarm: str = ""
    began: str = ""
    over: bool = False

    @property
    def drifts(self) -> bool:
        return bool(self.began) and not self.over


@dataclass(frozen=True, slots=True)
class Shift:
    """The same prompt, drawn anew in `week`, does not pass as it did in the run before: `change` as a share, over
    `decisions` that both runs measured; `before` and `after` are the names that the provider gave."""

    track: Track
    week: str
    change: float | None
    error: float | None
    decisions: int
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def z(self) -> float | None:
        return self.change / self.error if self.change is not None and self.error else None

    @property
    def renamed(self) -> bool:
        return self.before != self.after


def trends(track: Track, weeks: Mapping[str, Snapshot]) -> list[Trend]:
    """One for each group that may block in the newest run, all calls first, from the week in which its baseline began;
    pairs of attributes are left out."""
    order = _one_baseline(weeks)
    if not order:
        return []
    segments = [name for name, change in weeks[order[-1]].changes.items() if change.role != "watch" and "," not in name]
    return [_trend(track, name, {week: weeks[week].changes.get(name) for week in order}) for name in segments]


def _one_baseline(weeks: Mapping[str, Snapshot]) -> list[str]:
    """The newest weeks in a row that have the same baseline prompt."""
    found: list[str] = []
    for week in sorted(weeks, reverse=True):
        if found and weeks[week].baseline_digest != weeks[found[-1]].baseline_digest:
            break
        found.append(week)
    return found[::-1]


def _trend(track: Track, segment: str, by_week: Mapping[str, Change | None]) -> Trend:
    known = {week: change for week, change in by_week.items() if change is not None}
    order = list(known)
    steps = [Week(known[week].change, known[week].error) for week in order]
    start, drift = 0, worsening(steps)
    sums = dict(zip(order, drift.sums, strict=True))
    while drift.alarm is not None and 0.0 in drift.sums[drift.alarm :]:  # it was over; perhaps there is a later one
        start += drift.alarm + drift.sums[drift.alarm :].index(0.0)
        drift = worsening(steps[start:])
    if drift.alarm is None or drift.began is None:
        return Trend(track, segment, known, sums)
    newest = next((step.z for step in reversed(steps) if step.z is not None), None)
    over = newest is not None and newest > -SLACK
    began = drift.began if over else most_likely_start(steps[start:])
    return Trend(track, segment, known, sums, order[start + drift.alarm], order[start + (began or drift.began)], over)


def shifts(track: Track, weeks: Mapping[str, Snapshot]) -> list[Shift]:
    """Every pair of successive runs in which the same baseline prompt was drawn anew and came out differently, or was
    answered under another name."""
    found = []
    for one, other in pairwise(weeks[week] for week in sorted(weeks)):
        if one.baseline_digest != other.baseline_digest or not _redrawn(one, other):
            continue
        shift = _shift(track, one, other)
        if shift.renamed or (shift.z is not None and abs(shift.z) >= SHIFTED):
            found.append(shift)
    return found


def _redrawn(one: Snapshot, other: Snapshot) -> bool:
    """Whether the baseline's replies are others than the last time, and not the same from the ledger."""
    return one.generation != other.generation or one.served != other.served


def _shift(track: Track, one: Snapshot, other: Snapshot) -> Shift:
    before = {_key(result): result.baseline for result in one.results}
    pairs = [
        (before[_key(result)], result.baseline)
        for result in other.results
        if _key(result) in before and result.baseline[1] and before[_key(result)][1]
    ]
    change = sum(_rate(new) - _rate(old) for old, new in pairs) / len(pairs) if pairs else None
    noise = sum(_noise(old) + _noise(new) for old, new in pairs)
    error = noise**0.5 / len(pairs) if pairs else None
    return Shift(track, other.week, change, error, len(pairs), one.served, other.served)


def _key(result: Result) -> tuple[str, str, str]:
    """A decision of one version of a case: another version is not compared."""
    return result.case, result.decision, result.digest


def _rate(counts: Sequence[int]) -> float:
    return counts[0] / counts[1]


def _noise(counts: Sequence[int]) -> float:
    """The variance of a decision's rate; half a trial is added to each side, so that 5 of 5 is not certainty."""
    share = (counts[0] + 0.5) / (counts[1] + 1)
    return share * (1 - share) / counts[1]
