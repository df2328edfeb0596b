"""Comparisons -> the figures of a page, as coordinates and cells: the forest plot and the heat map."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from callgate.concepts import Comparison, Decision
from callgate.report.words import is_quiet

STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)
TICKS = 7
_Scale = Callable[[float], float]
SHADES = ((-0.2, "m3"), (-0.1, "m2"), (-0.03, "m1"), (0.03, "z"), (0.1, "p1"), (0.2, "p2"))
"""Upper ends of the heat map's shades, from much worse to better; beyond the last is p3."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of the forest plot; coordinates in per cent of its width, None where there is nothing to draw."""

    row: Comparison
    change: float
    low: float | None
    high: float | None
    worst: float | None
    margin: float | None


@dataclass(frozen=True, slots=True)
class Forest:
    """The plot: `ticks` are (coordinate, value in points); `zero` is the coordinate of no change."""

    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, int], ...]
    zero: float


@dataclass(frozen=True, slots=True)
class Heat:
    """A table of changes by two attributes; a cell is (comparison or None, shade)."""

    down: str
    across: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[Comparison | None, str], ...]], ...]
    model: str


def forest(decision: Decision) -> Forest | None:
    """The changes of every segment that is not folded away; None where nothing was compared."""
    rows = [row for row in decision.comparisons if row.change is not None and not is_quiet(row) and not _single(row)]
    if not rows:
        return None
    edges = [0.0]
    for row in rows:
        edges += [value for value in (row.change, *(row.interval_here or ()), _worst(row)) if value is not None]
        edges += [-row.margin] if row.margin is not None else []
    step = next((s for s in STEPS if (max(edges) - min(edges)) / s <= TICKS - 1), STEPS[-1])
    first, last = math.floor(min(edges) / step + 1e-9), math.ceil(max(edges) / step - 1e-9)
    low, high = first * step, max(last, first + 1) * step

    def at(value: float) -> float:
        return round(2 + 96 * (value - low) / (high - low), 2)

    bars = tuple(_bar(row, at) for row in rows)
    ticks = tuple((at(n * step), round(100 * n * step)) for n in range(first, max(last, first + 1) + 1))
    return Forest(bars, ticks, at(0.0))


def _bar(row: Comparison, at: _Scale) -> Bar:
    assert row.change is not None
    low, high = row.interval_here or (None, None)
    worst = _worst(row)
    return Bar(
        row,
        at(row.change),
        None if low is None else at(low),
        None if high is None else at(high),
        None if worst is None else at(worst),
        None if row.margin is None else at(-row.margin),
    )


def _worst(row: Comparison) -> float | None:
    return row.at_worst if row.role == "gate" else None


def _single(row: Comparison) -> bool:
    """A case that must pass stands alone; a plot of groups has no place for it."""
    return "must_pass" in row.segment


def heat_maps(decision: Decision) -> list[Heat]:
    """A map a model for the first pair of attributes that was compared, for the first metric."""
    pairs = [row for row in decision.comparisons if len(row.segment) == 2]
    if not pairs:
        return []
    names = sorted(pairs[0].segment, key=lambda name: name != "language")
    metric = pairs[0].metric
    here = [row for row in decision.comparisons if row.metric == metric and set(row.segment) <= set(names)]
    return [_heat([row for row in here if row.model == model], names[0], names[1], model) for model in decision.models]


def _heat(rows: Sequence[Comparison], across: str, down: str, model: str) -> Heat:
    cells = {(row.segment.get(down, ""), row.segment.get(across, "")): row for row in rows}
    columns = ("", *dict.fromkeys(row.segment[across] for row in rows if across in row.segment))
    lines = ("", *dict.fromkeys(row.segment[down] for row in rows if down in row.segment))
    table = tuple(
        (line, tuple((cell := cells.get((line, column)), shade(cell)) for column in columns)) for line in lines
    )
    return Heat(down, across, columns, table, model)


def shade(row: Comparison | None) -> str:
    """The class of a cell's colour; the cell says the same in figures."""
    if row is None or row.change is None:
        return "none"
    change = row.change
    return next((name for end, name in SHADES if change <= end), "p3")
