"""The looks of one run: tests in; where each ended, at which look, and which trials are needed next, out.

Pure: the path is worked out anew from the rows each time, so that a resumed or regraded run takes the same one. A look
uses trial numbers below its k, even where more exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from callgate.concepts import CaseInfo, Policy, Verdict
from callgate.gate.blockers import SHARE, Blocker, blockers, rejected
from callgate.gate.family import Test
from callgate.gate.judging import Judged, judged
from callgate.gate.table import Table
from callgate.gate.verdicts import Status
from callgate.stats.exact import IntArray, tail
from callgate.stats.multiplicity import tarone_holm, tarone_holm_adjusted

CLOSE = (0.15, 0.10)  # a watch segment closes after a look where its p is above this; the last look closes nothing
LEANS = 0.15  # once something is blocked, only segments whose p is at most this are looked at further
CONFIRMED = 0.05  # over all segments of a model that ask for confirmation, split over the looks
NOTHING = Judged(1.0, 0.0, ok=False)  # what is decided keeps its place in the family


class Need(NamedTuple):
    """Trials to draw: the decision's arm up to this many; `fresh` are new baseline trials to confirm a BLOCK with."""

    model: str
    case: str
    decision: str
    arm: Literal["baseline", "candidate", "fresh"]
    upto: int


@dataclass(slots=True)
class Ending:
    """Where a test stands: its status, the trials a side and share of alpha of its last look, how many tests were live.

    `p` is that of its last look after the guards, `adjusted` after the family's correction and for the looks: a block
    is at most alpha. `is_pending` is a block that waits for fresh baseline trials, `is_doubted` one that they did not
    confirm so far; `is_left` is undecided and not looked at further, since its model is blocked already.
    """

    k: int
    weight: float
    live: int
    status: Status = "live"
    p: float = 1.0
    adjusted: float = 1.0
    is_pending: bool = False
    is_doubted: bool = False
    is_left: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the next look is at this test too."""
        return self.status == "live" and not self.is_left


@dataclass(slots=True)
class Path:
    """Where every test and must-pass decision stands, and the trials that come next (none once all is decided)."""

    endings: list[Ending]
    blockers: list[Blocker]
    needs: frozenset[Need] = frozenset()
    confirming: set[Need] = field(default_factory=set)
    drawn: dict[int, IntArray] = field(default_factory=dict)  # id of a table -> candidate trials of each row

    @property
    def statuses(self) -> set[Status]:
        return {ending.status for ending in self.endings} | {blocker.status for blocker in self.blockers}


def verdict(tests: Sequence[Test], path: Path) -> Verdict:
    """The worst of all: one block blocks, and every gate and veto test must pass."""
    found = path.statuses
    if "block" in found:
        return "block"
    if "incomplete" in found or any(test.unpaired for test in tests):
        return "incomplete"
    must = [path.endings[test.index].status for test in tests if test.standing.role != "watch"]
    vetoed = "moved" in found or any(blocker.is_vetoed for blocker in path.blockers)
    return "pass" if all(status == "pass" for status in must) and not vetoed else "inconclusive"


def replay(tests: Sequence[Test], cases: Mapping[str, CaseInfo], policy: Policy) -> Path:
    """Take the looks in turn, as far as the rows go. At the first look a trial that is not there was not measured."""
    tables = {id(test.table): test.table for test in tests}
    endings = [Ending(policy.looks[0], policy.weights[0], len(tests)) for _ in tests]
    trusted = {id(test.table) for test in tests if test.credence is None}  # of one call no labels can correct a judge
    trustworthy = [table for name, table in tables.items() if name in trusted]
    path = Path(endings, blockers(trustworthy, cases, policy.each_blocks))
    path.drawn = {name: np.zeros(len(table.strata), dtype=np.int64) for name, table in tables.items()}
    for look, k in enumerate(policy.looks):
        live = [test for test in tests if endings[test.index].is_open]
        losing = [blocker for blocker in path.blockers if blocker.status == "live" and blocker.k and blocker.losses]
        rows = _rows(live, losing)
        path.needs = frozenset(need for table, at in rows for need in _lacking(table, at, k))
        if path.needs and look > 0:
            break
        _advance(path, rows, k)
        _look(live, path, policy, look)
        _look_at_blockers(path, policy, look)
        path.needs |= path.confirming
        if path.needs:
            break
        if policy.after_block == "leaning" and look < len(policy.looks) - 1:
            _leave(tests, path)
        if _is_over(path, policy):
            break
    return path


def _leave(tests: Sequence[Test], path: Path) -> None:
    """Where a model is blocked, its verdict stands: only what leans worse, or waits for its confirmation, goes on."""
    blocked = {test.table.model for test in tests if path.endings[test.index].status == "block"}
    blocked |= {blocker.table.model for blocker in path.blockers if blocker.status == "block"}
    for ending in (path.endings[test.index] for test in tests if test.table.model in blocked):
        ending.is_left |= ending.status == "live" and not ending.is_doubted and ending.p > LEANS


def _is_over(path: Path, policy: Policy) -> bool:
    losing = any(blocker.status == "live" and blocker.losses for blocker in path.blockers)
    open_tests = any(ending.is_open for ending in path.endings)
    return (policy.fail_fast and "block" in path.statuses) or not (open_tests or losing)


def _rows(live: Iterable[Test], losing: Iterable[Blocker]) -> list[tuple[Table, set[int]]]:
    """The strata that the next look draws, by table."""
    rows: dict[int, tuple[Table, set[int]]] = {}
    for test in live:
        rows.setdefault(id(test.table), (test.table, set()))[1].update(test.rows.tolist())
    for blocker in losing:
        rows.setdefault(id(blocker.table), (blocker.table, set()))[1].add(blocker.row)
    return list(rows.values())


def _lacking(table: Table, rows: set[int], k: int) -> set[Need]:
    """The trials that a look at `k` lacks in these strata."""
    found: set[Need] = set()
    lacking = table.view(k).lacking
    for stratum in (table.strata[row] for row in rows if lacking[row]):
        key = (stratum.model, stratum.case, stratum.decision)
        if len(stratum.candidate) < k:
            found.add(Need(*key, "candidate", k))
        if len(stratum.baseline) < max(k, stratum.baseline_held):
            found.add(Need(*key, "baseline", max(k, stratum.baseline_held)))
    return found


def _advance(path: Path, rows: Sequence[tuple[Table, set[int]]], k: int) -> None:
    """A must-pass decision has whatever trials its segments, or its own losses, had drawn."""
    for table, at in rows:
        path.drawn[id(table)][list(at)] = np.where(table.identical[list(at)], 0, k)
    for blocker in path.blockers:
        blocker.k = int(path.drawn[id(blocker.table)][blocker.row])


def _look(live: Sequence[Test], path: Path, policy: Policy, look: int) -> None:
    """One look: reject what got worse, pass what is safe, close watch segments in which nothing points down."""
    k, weight = policy.looks[look], policy.weights[look]
    share = (1 - SHARE if path.blockers else 1.0) * weight
    each = [NOTHING] * len(path.endings)
    for test in live:
        ending = path.endings[test.index]
        ending.k, ending.weight, ending.live = k, weight, len(live)
        found = judged(test, policy, k, weight)
        each[test.index] = found or NOTHING
        ending.status = "live" if found else "incomplete"
    p, floor = [one.p for one in each], [one.floor for one in each]
    worse = tarone_holm(p, floor, policy.alpha * share)
    adjusted = tarone_holm_adjusted(p, floor)
    is_last = look == len(policy.looks) - 1
    for test in live:
        ending, one = path.endings[test.index], each[test.index]
        if ending.status != "live":
            continue
        ending.p, ending.adjusted = one.p, min(1.0, adjusted[test.index] / share)
        if one.ok and not ending.is_doubted:
            ending.status = "pass"
        elif test.index in worse:
            ending.is_pending = True
        elif test.standing.role == "watch" and not is_last and one.p > CLOSE[min(look, 1)]:
            ending.status = "closed"

    _confirm([test for test in live if path.endings[test.index].is_pending], path, policy, look)


def _confirm(pending: Sequence[Test], path: Path, policy: Policy, look: int) -> None:
    """What rejected tests become. Those of one model that ask for confirmation at a look are a family of their own.

    An early block tends to be the candidate's bad luck against a stale baseline, so confirmation too is split over the
    looks: what is not confirmed yet waits, cannot pass any more, and has moved where the last look does not confirm it.
    """
    k, is_last = policy.looks[look], look == len(policy.looks) - 1
    for model in sorted({test.table.model for test in pending}):
        asked: dict[int, tuple[float, float]] = {}
        for test in (test for test in pending if test.table.model == model):
            found = _against_fresh(test.table, test.rows, path, policy, k)
            ending = path.endings[test.index]
            ending.is_pending = found == "lacking"
            if isinstance(found, tuple):
                asked[test.index] = found
            elif found != "lacking":
                ending.status = found
        p, floor = zip(*asked.values(), strict=True) if asked else ((), ())
        held = tarone_holm(p, floor, CONFIRMED * policy.weights[look])
        for i, index in enumerate(asked):
            ending = path.endings[index]
            ending.is_doubted = i not in held
            if i in held or is_last:
                ending.status = "block" if i in held else "moved"


def _look_at_blockers(path: Path, policy: Policy, look: int) -> None:
    for blocker in rejected(path.blockers, policy, policy.weights[look]):
        found = _against_fresh(blocker.table, np.array([blocker.row]), path, policy, blocker.k)
        if isinstance(found, tuple):
            blocker.status = "block" if found[0] <= CONFIRMED else "moved"
        elif found != "lacking":
            blocker.status = found


def _against_fresh(
    table: Table, rows: IntArray, path: Path, policy: Policy, k: int
) -> tuple[float, float] | Literal["block", "incomplete", "lacking"]:
    """p and floor of these strata against fresh baseline trials; "block" where none of the baseline is cached.

    "lacking" notes the trials needed.
    """
    asked = rows[~table.identical[rows]]
    if not policy.confirm or not (table.held[asked] > 0).any():
        return "block"
    view = table.confirmation(k, policy.confirm)
    lacking = asked[view.lacking[asked]]
    if len(lacking):
        strata = [table.strata[row] for row in lacking]
        path.confirming |= {Need(s.model, s.case, s.decision, "fresh", policy.confirm) for s in strata}
        return "lacking"
    if view.missing[asked].any():
        return "incomplete"
    kinds = view.kind[asked]
    counts, sums = np.bincount(kinds), np.bincount(kinds, view.sum_candidate[asked])
    bags = {view.bags[i]: i for i in np.flatnonzero(counts).tolist()}
    return tail({bag: int(counts[i]) for bag, i in bags.items()}, {bag: round(sums[i]) for bag, i in bags.items()})
