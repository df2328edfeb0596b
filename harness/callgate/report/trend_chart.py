"""A segment's weeks -> a small chart: coordinates in a box of 360 by 110."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from callgate.insight.history import week_of
from callgate.insight.trends import LIMIT, Trend

WIDTH, HEIGHT, EDGE = 360, 110, 8


@dataclass(frozen=True, slots=True)
class Dot:
    """A week's change with its 90 % interval."""

    x: float
    y: float
    low: float | None
    high: float | None
    out: bool  # beyond the control limit


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawing: `band` is the outline of the control limits, `drift` where a drift lies (left, right)."""

    trend: Trend
    zero: float
    dots: tuple[Dot, ...]
    band: str
    drift: tuple[float, float] | None
    releases: tuple[float, ...]

    @property
    def line(self) -> str:
        """The changes joined, as the points of a polyline."""
        return " ".join(f"{dot.x:g},{dot.y:g}" for dot in self.dots)


def chart(trend: Trend, weeks: Sequence[str], releases: Sequence[date]) -> Chart | None:
    """The chart over these weeks; None where none of them was measured."""
    known = [(week, change) for week in weeks if (change := trend.changes.get(week)) and change.change is not None]
    if not known:
        return None
    limits = [LIMIT * (change.error or 0.0) for _, change in known]
    edges = [0.0, *limits, *(-limit for limit in limits)]
    edges += [value for _, change in known for value in (change.change, change.low, change.high) if value is not None]
    low, high = min(edges), max(edges)

    def at(value: float) -> float:
        return round(EDGE + (HEIGHT - 2 * EDGE) * (high - value) / ((high - low) or 1.0), 1)

    place = {week: round(EDGE + (WIDTH - 2 * EDGE) * (index + 0.5) / len(weeks), 1) for index, week in enumerate(weeks)}
    dots = tuple(
        Dot(
            place[week],
            at(change.change or 0.0),
            None if change.low is None else at(change.low),
            None if change.high is None else at(change.high),
            bool(limit) and abs(change.change or 0.0) > limit,
        )
        for (week, change), limit in zip(known, limits, strict=True)
    )
    upper = [f"{dot.x:g},{at(limit):g}" for dot, limit in zip(dots, limits, strict=True)]
    lower = [f"{dot.x:g},{at(-limit):g}" for dot, limit in zip(dots, limits, strict=True)]
    half = (WIDTH - 2 * EDGE) / len(weeks) / 2
    drift = (round(place[trend.began] - half, 1), WIDTH - EDGE) if trend.drifts and trend.began in place else None
    marks = tuple(round(place[week] - half, 1) for day in releases if (week := week_of(day)) in place)
    return Chart(trend, at(0.0), dots, " ".join([*upper, *reversed(lower)]), drift, marks)
