"""One test at one look: its rows in; p after the guards, and whether it may pass, out (statistics.md parts 4 and 7)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from callgate.concepts import Policy
from callgate.gate.family import Test, above
from callgate.gate.table import UNMEASURED, Table, View
from callgate.stats.exact import FloatArray, fisher

FISHER = 0.01  # a loss of trials this lopsided between the arms is itself a finding


class Judged(NamedTuple):
    """p is 1 where the fall is too small or too narrow to block; `ok` is whether the segment may pass."""

    p: float
    floor: float
    ok: bool


def judged(test: Test, policy: Policy, k: int, weight: float) -> Judged | None:
    """The test at a look; None where too much of it is missing to say anything."""
    table = test.table
    view = table.view(k)
    if test.is_measured(view):
        return Judged(*_p_of_worse(test, view, policy), ok=_may_pass(test, view, policy, weight))
    if not _is_tolerable(test, policy, k):
        return None
    ok = _may_pass(test, table.observed(k), policy, weight) and _may_pass(test, table.worst(k), policy, weight)
    return Judged(*_p_of_worse(test, table.best(k), policy), ok=ok)


def _p_of_worse(test: Test, view: View, policy: Policy) -> tuple[float, float]:
    changes = test.changes(view)
    if above(float(np.mean(changes)), -test.standing.drop) or not _people_see_it(test, changes):
        return 1.0, test.floor(view)
    p, floor = test.p_and_floor(view)
    return (p, floor) if p > policy.alpha or test.is_broad(view, changes) else (1.0, floor)


def _may_pass(test: Test, view: View, policy: Policy, weight: float) -> bool:
    role, margin = test.standing.role, test.standing.margin
    changes, level = test.changes(view), 1 - policy.alpha * weight
    labels = test.corrected(changes) if test.credence else None
    if test.credence and labels is None:
        return False
    if role == "veto":
        seen = [float(np.mean(changes)), *([labels.change] if labels else [])]
        return above(min(seen), -test.segment.margin)
    least = [test.at_worst(changes, level), *([labels.at_worst(level)] if labels else [])]
    return role == "gate" and margin is not None and above(min(least), -margin)


def _people_see_it(test: Test, changes: FloatArray) -> bool:
    """Whether a fall that a judge saw stands after people's labels corrected it; what no judge scored needs none."""
    if test.credence is None:
        return True
    labels = test.corrected(changes)
    return labels is not None and not above(labels.change, -test.standing.drop)


def _is_tolerable(test: Test, policy: Policy, k: int) -> bool:
    """Whether the policy allows what is missing, every stratum has something, and no arm lost more than by chance."""
    if policy.max_missing <= 0.0 or not test.is_measured(test.table.observed(k)):
        return False
    arms = test.table.arms(k)
    lost = sum(int((arm[test.rows] == UNMEASURED).sum()) for arm in arms)
    planned = sum(int((arm[test.rows] >= UNMEASURED).sum()) for arm in arms)
    return lost <= policy.max_missing * planned and not is_lopsided(test.table, k)


def is_lopsided(table: Table, k: int) -> bool:
    """Fisher's exact test on missing trials by arm, over all decisions of the model."""
    lost, planned = zip(
        *((int((arm == UNMEASURED).sum()), int((arm >= UNMEASURED).sum())) for arm in table.arms(k)), strict=True
    )
    return fisher(lost[0], planned[0], lost[1], planned[1]) <= FISHER
