"""The picture of the rule: `python benchmarks/picture.py > docs/statistics.svg`.

One simulated change on 150 calls (worlds.py): Spanish callers break, the others gain a little. Everything drawn is the
gate's own decision about it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import worlds
from worlds import STAGED, World, calls, fixed

from callgate.concepts import Comparison
from callgate.gate import decide

SEED = 3
SHOWN = ("all", "language=en", "language=es", "language=fr", "call_type=booking", "call_type=tires")
LEFT, RIGHT, WIDTH, LINE, TOP = 150, 520, 820, 44, 56
LOWEST, HIGHEST = -40.0, 20.0
COLOURS = {"pass": "#1a7f37", "block": "#b3261e", "inconclusive": "#8a6100"}


def decided() -> list[Comparison]:
    """The gate's comparisons of the simulated change."""
    world = World("picture", calls(150), worlds.spanish("break", 0.15))
    rows = worlds.strata(np.random.default_rng(SEED), world, k=5, held=0)
    found = {row.name: row for row in decide(rows, world.cases, fixed(STAGED, 5)).comparisons}
    return [found[name] for name in SHOWN]


def x(share: float) -> float:
    """Where a change stands, in pixels."""
    points = min(HIGHEST, max(LOWEST, 100 * share))
    return round(LEFT + (points - LOWEST) / (HIGHEST - LOWEST) * (RIGHT - LEFT), 1)


def drawn(rows: list[Comparison]) -> Iterator[str]:
    """The lines of the SVG."""
    height = TOP + LINE * len(rows) + 30
    box = f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {box}>'
    yield f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>'
    legend = "dot: change in points; bar: down to the change at worst; black line: minus the margin"
    yield f'<text x="{WIDTH / 2}" y="22" text-anchor="middle">{legend}</text>'
    for points in range(int(LOWEST), int(HIGHEST) + 1, 10):
        at = x(points / 100)
        grey = "#ddd" if points else "#777"
        yield f'<line x1="{at}" x2="{at}" y1="{TOP - 16}" y2="{height - 30}" stroke="{grey}"/>'
        yield f'<text x="{at}" y="{height - 12}" text-anchor="middle" fill="#444">{points:+d}</text>'
    for i, row in enumerate(rows):
        yield from _line(row, TOP + LINE * i)
    yield "</svg>"


def _line(row: Comparison, y: int) -> Iterator[str]:
    assert row.change is not None
    assert row.at_worst is not None
    colour = "#444" if row.role == "veto" and row.verdict == "pass" else COLOURS[row.verdict]
    yield f'<text x="{LEFT - 12}" y="{y + 5}" text-anchor="end">{row.name} ({row.cases})</text>'
    if row.role == "gate":
        ends = f'x1="{x(row.at_worst)}" x2="{x(row.change)}"'
        yield f'<line {ends} y1="{y}" y2="{y}" stroke="{colour}" stroke-width="3"/>'
    if row.margin is not None:
        at = x(-row.margin)
        yield f'<line x1="{at}" x2="{at}" y1="{y - 13}" y2="{y + 13}" stroke="#111" stroke-width="2"/>'
    yield f'<circle cx="{x(row.change)}" cy="{y}" r="5" fill="{colour}"/>'
    yield f'<text x="{RIGHT + 14}" y="{y + 5}" fill="{colour}">{_words(row)}</text>'


def _words(row: Comparison) -> str:
    if row.verdict == "block":
        return "BLOCK: worse beyond chance"
    if row.role == "veto":
        return "too few to clear; not seen to fall"
    return "PASS: at worst within the margin" if row.verdict == "pass" else "INCONCLUSIVE: more would tell"


if __name__ == "__main__":
    sys.stdout.write("\n".join(drawn(decided())) + "\n")
