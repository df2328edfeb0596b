"""Many segments, one promise: p-values and their floors in; which stand after correction, and adjusted p, out."""

from __future__ import annotations

from collections.abc import Sequence

TIE = 1e-10  # what two probabilities may differ by and still be the same


def tarone_holm(p: Sequence[float], floor: Sequence[float], alpha: float) -> frozenset[int]:
    """Indices rejected with family-wise error at most `alpha` (Tarone 1990 on top of Holm 1979).

    `floor` is the smallest p a test could have given: a test that could never reach the threshold takes no share of it.
    """
    live = set(range(len(p)))
    rejected: set[int] = set()
    while live:
        m = next(m for m in range(1, len(live) + 1) if sum(floor[i] <= alpha / m + TIE for i in live) <= m)
        hit = {i for i in live if p[i] <= alpha / m + TIE}
        if not hit:
            break
        rejected |= hit
        live -= hit
    return frozenset(rejected)


def tarone_holm_adjusted(p: Sequence[float], floor: Sequence[float]) -> tuple[float, ...]:
    """For display: the alpha at which each test would just be rejected; p times the live tests that could reach it."""
    adjusted = [1.0] * len(p)
    live = sorted(range(len(p)), key=lambda i: (p[i], i))
    highest = 0.0
    for place, i in enumerate(live):
        rivals = sum(floor[j] <= p[i] + TIE for j in live[place:])
        highest = max(highest, min(1.0, p[i] * max(1, rivals)))
        adjusted[i] = highest
    return tuple(adjusted)


def benjamini_hochberg(p: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p-values under false discovery rate control, for metrics that are reported and do not gate."""
    adjusted = [1.0] * len(p)
    lowest = 1.0
    for rank, i in sorted(enumerate(sorted(range(len(p)), key=lambda i: p[i]), 1), reverse=True):
        lowest = min(lowest, p[i] * len(p) / rank)
        adjusted[i] = lowest
    return tuple(adjusted)
