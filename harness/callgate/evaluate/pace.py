"""Measured trials -> how long, how many tokens and how dear replies became, as paired ratios beside the verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from callgate.concepts import Json, Reply
from callgate.evaluate.plan import Contest
from callgate.evaluate.rows import Graded, Measured
from callgate.report.words import plural
from callgate.stats.ratios import Ratio, paired_ratio

SIZES: Mapping[str, Callable[[Reply], float | None]] = {
    "seconds": lambda reply: None if reply.simulated else reply.seconds,
    "tokens written": lambda reply: float(reply.completion_tokens),
    "dollars": lambda reply: reply.dollars,
}
"""What is compared of a reply. How long a simulator takes says nothing."""


@dataclass(frozen=True, slots=True)
class Pace:
    """One size of one model: candidate over baseline."""

    model: str
    what: str
    ratio: Ratio

    def line(self) -> str:
        """ "seconds a decision: x1.12 (90 %: x1.05 to x1.20, 48 calls)" """
        found = self.ratio
        within = f"90 %: x{found.interval[0]:.2f} to x{found.interval[1]:.2f}, " if found.interval else ""
        return f"{self.model}: {self.what} a decision: x{found.ratio:.2f} ({within}{plural(found.calls, 'call')})"

    def to_json(self) -> dict[str, Json]:
        """As run.json holds it."""
        low, high = self.ratio.interval or (None, None)
        interval: Json = None if low is None else [round(low, 4), round(high or 0.0, 4)]
        return {
            "model": self.model,
            "what": self.what,
            "ratio": round(self.ratio.ratio, 4),
            "interval": interval,
            "calls": self.ratio.calls,
        }


def paces(measured: Measured) -> tuple[Pace, ...]:
    """The ratios of every model, over the decisions that both sides measured; a size that some reply lacks has none."""
    return tuple(
        Pace(contest.label, what, found)
        for contest in measured.plan.contests
        for what, size in SIZES.items()
        if (found := paired_ratio(_pairs(measured, contest, size))) is not None
    )


def _pairs(
    measured: Measured, contest: Contest, size: Callable[[Reply], float | None]
) -> dict[str, list[tuple[float, float]]]:
    """(baseline, candidate) of every decision by call: the mean over the trials that were measured."""
    found: dict[str, list[tuple[float, float]]] = {}
    for pair in measured.plan.pairs:
        before = _mean(measured.of(contest, pair, "baseline"), size)
        after = _mean(measured.of(contest, pair, "candidate"), size)
        if before is not None and after is not None:
            found.setdefault(pair.case.id, []).append((before, after))
    return found


def _mean(graded: Sequence[Graded], size: Callable[[Reply], float | None]) -> float | None:
    sums = list(_sums(graded, size))
    known = [value for value in sums if value is not None]
    return sum(known) / len(known) if known and len(known) == len(sums) else None


def _sums(graded: Iterable[Graded], size: Callable[[Reply], float | None]) -> Iterator[float | None]:
    """The size of each trial that was measured, all its replies together; None where one of them has none."""
    for trial, _ in graded:
        if trial.failure is None:
            sizes = [size(step.reply) for step in trial.steps]
            known = [value for value in sizes if value is not None]
            yield sum(known) if len(known) == len(sizes) else None
