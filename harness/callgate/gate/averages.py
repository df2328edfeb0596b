"""One change, averaged in several ways: tests and shares of real traffic in; each average by name, and warnings, out.

The gate tests the mean over calls. Others reach other figures from the same replies: all trials of a side in one heap,
or each kind of call weighed as often as it is really made. Where those disagree on the direction, that is Simpson's
paradox or a lopsided set, and a reader must know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from callgate.concepts import Average, CaseInfo
from callgate.gate.comparisons import seen
from callgate.gate.family import Test
from callgate.gate.looks import Path
from callgate.gate.table import View
from callgate.stats.exact import FloatArray

TESTED, POOLED, TRAFFIC = "each call alike", "all trials in one heap", "real traffic by "
APART = 0.005  # averages within half a point of zero agree with either direction
FEWEST = 20  # golden cases of a group that real traffic has


def averages(tests: Sequence[Test], path: Path, traffic: Mapping[str, float]) -> tuple[Average, ...]:
    """Each average of the change over all calls, by metric and model; none where something of it was not measured."""
    found: list[Average] = []
    for test in (test for test in tests if not test.segment.of):
        view = seen(test, path.endings[test.index])
        if test.is_measured(view):
            found += _of(test, view, traffic)
    return tuple(found)


def _of(test: Test, view: View, traffic: Mapping[str, float]) -> Iterator[Average]:
    changes, about = test.changes(view), (test.table.metric, test.table.model)
    yield Average(TESTED, *about, float(changes.mean()))
    kb, kc = view.trials_baseline[test.rows], view.trials_candidate[test.rows]
    if kb.any() and kc.any():
        sums = view.sum_candidate[test.rows].sum() / kc.sum() - view.sum_baseline[test.rows].sum() / kb.sum()
        yield Average(POOLED, *about, float(sums) / test.table.top)
    for attributes, shares in _by_attributes(traffic).items():
        weighed = _weighed(test, changes, shares)
        if weighed is not None:
            yield Average(f"{TRAFFIC}{attributes}", *about, *weighed)


def _by_attributes(traffic: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """The shares of each attribute, or of several that stand together: {"language": {"language=es": 0.2}}."""
    found: dict[str, dict[str, float]] = {}
    for name, share in traffic.items():
        attributes = ",".join(part.partition("=")[0] for part in name.split(","))
        found.setdefault(attributes, {})[name] = share
    return found


def _weighed(test: Test, changes: FloatArray, shares: Mapping[str, float]) -> tuple[float, float] | None:
    """The change where each group counts as often as it is called, and the share of the calls that has golden cases."""
    names = sorted(test.segment.cases)
    total = covered = 0.0
    for name, share in shares.items():
        chosen = np.array([_holds(test.members[case], name) for case in names], dtype=bool)
        if share > 0.0 and chosen.any():
            total += share * float(changes[chosen].mean())
            covered += share
    return (total / covered, min(1.0, covered)) if covered else None


def _holds(case: CaseInfo, name: str) -> bool:
    parts = (part.split("=", 1) for part in name.split(","))
    return all(case.segments.get(key) == value for key, value in parts)


def disagreements(found: Sequence[Average]) -> Iterator[str]:
    """A sentence for each metric and model whose averages point in different directions."""
    for metric, model in dict.fromkeys((one.metric, one.model) for one in found):
        here = [one for one in found if (one.metric, one.model) == (metric, model)]
        if min(one.change for one in here) <= -APART and max(one.change for one in here) >= APART:
            each = ", ".join(f"{one.how} {100 * one.change:+.1f}" for one in here)
            of = f"{metric} on {model}" if model else metric
            yield f"The averages of {of} point in different directions: {each}. What is tested is {TESTED}."


def hardly_measured(cases: Mapping[str, CaseInfo], traffic: Mapping[str, float]) -> Iterator[str]:
    """The groups of which real calls are made and the golden set has few, in a sentence."""
    counts = {name: sum(_holds(case, name) for case in cases.values()) for name in traffic}
    few = [
        f"{name} ({100 * share:.0f} % of calls, {counts[name]} golden)"
        for name, share in sorted(traffic.items(), key=lambda item: (-item[1], item[0]))
        if share > 0.0 and counts[name] < FEWEST
    ]
    if few:
        yield f"Real traffic with under {FEWEST} golden calls: {', '.join(few)}."
