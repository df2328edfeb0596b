"""The ledger's runs -> what was measured week by week: the newest whole run of each eval and model.

Weeks are ISO weeks in UTC, as "2026-W09". A week without a whole run has none here: it reads "not measured".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from callgate.ledger import Run

Z90 = 1.6448536269514722
"""Half the width of a 90 % interval in standard errors."""


@dataclass(frozen=True, slots=True)
class Track:
    """One line of history: an eval on a model."""

    eval: str
    model: str

    def __str__(self) -> str:
        return f"{self.eval} {self.model}"


@dataclass(frozen=True, slots=True)
class Change:
    """A segment's change against the run's baseline, as shares; `low` and `high` are its 90 % interval for these
    calls."""

    cases: int
    change: float | None
    low: float | None = None
    high: float | None = None
    role: str = "watch"
    verdict: str = ""

    @property
    def error(self) -> float | None:
        """The standard error; None where there is no interval."""
        return None if self.low is None or self.high is None else (self.high - self.low) / (2 * Z90)


@dataclass(frozen=True, slots=True)
class Result:
    """A decision in a run: trials passed and measured on each side, and by what the candidate failed."""

    case: str
    decision: str
    family: str
    severity: str
    segments: Mapping[str, str]
    digest: str
    baseline: tuple[int, int]
    candidate: tuple[int, int]
    failing: Mapping[str, int] = field(default_factory=dict)
    evidence: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One whole run on one model. `changes` are by the segment's name; `file` is the eval's; `generation` counts the
    draws of the baseline, `served` are the names under which the provider answered it."""

    track: Track
    run: str
    day: date
    verdict: str
    reason: str
    baseline: str
    baseline_digest: str
    candidate: str
    file: str
    generation: int
    served: tuple[str, ...]
    value: float | None
    changes: Mapping[str, Change]
    results: tuple[Result, ...]

    @property
    def week(self) -> str:
        return week_of(self.day)


@dataclass(frozen=True, slots=True)
class History:
    """All whole runs of one world, the oldest first, simulated or live and never both; `other` counts the runs of the
    other world, `unwhole` subsets and runs that did not measure everything."""

    simulated: bool
    snapshots: tuple[Snapshot, ...]
    other: int = 0
    unwhole: int = 0

    def tracks(self) -> list[Track]:
        return sorted({one.track for one in self.snapshots}, key=str)

    def by_week(self, track: Track) -> dict[str, Snapshot]:
        """Week -> the newest run of it; weeks without one are not there."""
        return {one.week: one for one in self.snapshots if one.track == track}


def week_of(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def monday(week: str) -> date:
    """The first day of a week."""
    return date.fromisocalendar(int(week[:4]), int(week[6:]), 1)


def weeks_until(last: str, count: int) -> list[str]:
    """So many weeks in a row, the last one last."""
    end = monday(last)
    return [week_of(end - timedelta(weeks=back)) for back in range(count - 1, -1, -1)]


def history(runs: Iterable[Run], *, today: date, simulated: bool | None = None) -> History:
    """What was measured up to a day. `simulated` chooses the world; None: the live one, unless there is none."""
    known = [run for run in runs if isinstance(run.decision, Mapping) and _day(run) <= today]
    live = any(not _body(run)["simulated"] for run in known)
    wanted = not live if simulated is None else simulated
    ours = [run for run in known if _body(run)["simulated"] is wanted]
    whole = [run for run in ours if not _body(run)["subset"] and _body(run)["verdict"] != "incomplete"]
    found = [_snapshot(run, model) for run in whole for model in _body(run)["models"]]
    ordered = sorted(found, key=lambda one: one.day)
    return History(wanted, tuple(ordered), len(known) - len(ours), len(ours) - len(whole))


def _body(run: Run) -> Mapping[str, Any]:
    assert isinstance(run.decision, Mapping)
    return run.decision


def _day(run: Run) -> date:
    return datetime.fromtimestamp(run.finished or run.started, UTC).date()


def _snapshot(run: Run, model: str) -> Snapshot:
    body = _body(run)
    plan: Mapping[str, Any] = run.plan if isinstance(run.plan, Mapping) else {}
    reasons: Sequence[str] = body["reasons"]
    return Snapshot(
        Track(run.eval, model),
        run.id,
        _day(run),
        body["verdict"],
        reasons[0] if reasons else "",
        body["baseline"]["name"],
        body["baseline"]["digest"],
        body["candidate"]["name"],
        str(plan.get("path", f"evals/{run.eval}.yaml")),
        int(plan.get("generations", {}).get(model, 0)),
        tuple(plan.get("served", {}).get(model, ())),
        body["value"],
        {_name(row["segment"]): _change(row) for row in body["comparisons"] if _is_of(row, body, model)},
        tuple(_result(row) for row in plan.get("results", ()) if row["model"] == model),
    )


def _is_of(row: Mapping[str, Any], body: Mapping[str, Any], model: str) -> bool:
    """Whether a comparison is this model's, by the metric that gates first, of a group (not of one case alone)."""
    metric = body["comparisons"][0]["metric"]
    return row["model"] == model and row["metric"] == metric and "must_pass" not in row["segment"]


def _name(segment: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in segment.items()) or "all"


def _change(row: Mapping[str, Any]) -> Change:
    low, high = row["interval_here"] or (None, None)
    return Change(row["cases"], row["change"], low, high, row["role"], row["verdict"])


def _result(row: Mapping[str, Any]) -> Result:
    kept = ("case", "decision", "family", "severity", "segments", "digest", "failing", "evidence")
    return Result(
        **{name: row[name] for name in kept}, baseline=tuple(row["baseline"]), candidate=tuple(row["candidate"])
    )
