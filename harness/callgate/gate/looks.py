"""The looks of one run: tests in; where each ended, at which look, and which trials are needed next, out.

Pure: the path is worked out anew from the rows each time, so that a resumed or regraded run takes the same one. A look
uses trial numbers below its k, even where more exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from callgate.concepts import Arm, Policy
from callgate.gate.family import Test, above
from callgate.gate.table import Table
from callgate.stats.multiplicity import tarone_holm, tarone_holm_adjusted

Status = Literal["live", "pass", "block", "incomplete", "closed", "moved"]
CLOSE = (0.15, 0.10)  # a watch segment closes after a look where its p is above this; the last look closes nothing


class Need(NamedTuple):
    """Trials to draw: the decision's arm up to this many."""

    model: str
    case: str
    decision: str
    arm: Arm
    upto: int


@dataclass(slots=True)
class Ending:
    """Where a test stands: its status, the trials a side and share of alpha of its last look, how many tests were live.

    `adjusted` is its p after the family's correction and for the looks: a block is at most alpha.
    """

    k: int
    weight: float
    live: int
    status: Status = "live"
    adjusted: float = 1.0


@dataclass(slots=True)
class Path:
    """Where every test stands, and the trials that the next look lacks (none once all is decided)."""

    endings: list[Ending]
    needs: frozenset[Need] = frozenset()


def replay(tests: Sequence[Test], policy: Policy) -> Path:
    """Take the looks in turn, as far as the rows go. At the first look a trial that is not there was not measured."""
    path = Path([Ending(policy.looks[0], policy.weights[0], len(tests)) for _ in tests])
    for look, k in enumerate(policy.looks):
        path.needs = needs(_live(tests, path), k)
        if path.needs and look > 0:
            break
        _take(tests, path, policy, look)
        blocked = policy.fail_fast and any(ending.status == "block" for ending in path.endings)
        if path.needs or blocked or not _live(tests, path):
            break
    return path


def _live(tests: Sequence[Test], path: Path) -> list[Test]:
    return [test for test in tests if path.endings[test.index].status == "live"]


def needs(live: Sequence[Test], k: int) -> frozenset[Need]:
    """The trials that a look at `k` lacks in the segments still open."""
    open_rows: dict[int, tuple[Table, set[int]]] = {}
    for test in live:
        lacking = test.rows[test.table.view(k).lacking[test.rows]]
        open_rows.setdefault(id(test.table), (test.table, set()))[1].update(lacking.tolist())
    found: set[Need] = set()
    for table, rows in open_rows.values():
        for stratum in (table.strata[row] for row in rows):
            key = (stratum.model, stratum.case, stratum.decision)
            if len(stratum.candidate) < k:
                found.add(Need(*key, "candidate", k))
            if len(stratum.baseline) < max(k, stratum.baseline_held):
                found.add(Need(*key, "baseline", max(k, stratum.baseline_held)))
    return frozenset(found)


def _take(tests: Sequence[Test], path: Path, policy: Policy, look: int) -> None:
    """One look: reject what got worse, pass what is safe, close watch segments in which nothing points down."""
    k, weight = policy.looks[look], policy.weights[look]
    live = _live(tests, path)
    p, floor, ok = [1.0] * len(tests), [0.0] * len(tests), [False] * len(tests)
    for test in live:
        i, ending = test.index, path.endings[test.index]
        ending.k, ending.weight, ending.live = k, weight, len(live)
        if test.is_measured(test.table.view(k)):
            p[i], floor[i], ok[i] = _judged(test, policy, k, weight)
        else:
            ending.status = "incomplete"
    rejected = tarone_holm(p, floor, policy.alpha * weight)
    adjusted = tarone_holm_adjusted(p, floor)
    is_last = look == len(policy.looks) - 1
    for test in _live(tests, path):
        i, ending = test.index, path.endings[test.index]
        ending.adjusted = min(1.0, adjusted[i] / weight)
        if i in rejected and not ok[i]:
            ending.status = "block"
        elif ok[i]:
            ending.status = "pass"
        elif test.standing.role == "watch" and not is_last and p[i] > CLOSE[min(look, 1)]:
            ending.status = "closed"


def _judged(test: Test, policy: Policy, k: int, weight: float) -> tuple[float, float, bool]:
    """p after the guards (1 where the fall is too small or too narrow to block), its floor, and whether it may pass."""
    view = test.table.view(k)
    changes = test.changes(view)
    change = float(np.mean(changes))
    role, margin, drop = test.standing.role, test.standing.margin, test.standing.drop
    p, floor = (1.0, test.floor(view)) if above(change, -drop) else test.p_and_floor(view)
    if p <= policy.alpha and not test.is_broad(view, changes):
        p = 1.0
    if role == "veto":
        return p, floor, above(change, -test.segment.margin)
    if role == "gate" and margin is not None:
        return p, floor, above(test.at_worst(changes, 1 - policy.alpha * weight), -margin)
    return p, floor, False
