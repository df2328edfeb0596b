"""Flaky decisions: the baseline's own trials in; those that disagree among themselves, the least steady first, out."""

from __future__ import annotations

from collections.abc import Iterable

from callgate.concepts import Flaky
from callgate.gate.table import Table
from callgate.stats.exact import IntArray


def flaky(tables: Iterable[tuple[Table, IntArray]]) -> tuple[Flaky, ...]:
    """Every decision that neither always passes nor always fails on the baseline. `tables` are those of one metric,
    each with the trials that the looks drew of every row."""
    found: list[Flaky] = []
    for table, drawn in tables:
        for row, (passed, trials, *_) in enumerate(table.counts(drawn).tolist()):
            if 0 < passed < trials:
                s = table.strata[row]
                found.append(Flaky(s.case, s.decision, s.model, passed, trials))
    return tuple(sorted(found, key=lambda one: (-round(one.noise, 9), one.case, one.decision, one.model)))
