"""Trials of each task that succeeded -> pass^k: how often all of k tries at the same task succeed."""

from __future__ import annotations

import math
from collections.abc import Sequence


def pass_power(successes: Sequence[int], trials: Sequence[int], k: int) -> float:
    """The mean over tasks of C(successes, k) / C(trials, k), 0..1 (Yao et al. 2024, tau-bench).

    It is unbiased for the chance that k fresh tries at a task all succeed; k = 1 is the mean success. Raises ValueError
    where there is no task, or one with fewer than k trials.
    """
    if not trials or len(successes) != len(trials):
        raise ValueError("as many successes as trials are needed, and at least one task")
    if k < 1 or min(trials) < k:
        raise ValueError(f"pass^{k} needs at least {max(k, 1)} trials of every task; one has {min(trials)}")
    if any(not 0 <= good <= of for good, of in zip(successes, trials, strict=True)):
        raise ValueError("a task cannot succeed more often than it was tried")
    shares = [math.comb(good, k) / math.comb(of, k) for good, of in zip(successes, trials, strict=True)]
    return math.fsum(shares) / len(shares)


def unequal(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Fisher's exact two-sided p that two shares (so many, of so many) differ by more than chance."""
    (lost, of), (lost_other, of_other) = one, other
    total, whole = lost + lost_other, of + of_other
    ways = math.comb(whole, total)
    chances = {
        count: math.comb(of, count) * math.comb(of_other, total - count) / ways
        for count in range(max(0, total - of_other), min(of, total) + 1)
    }
    return min(1.0, math.fsum(p for p in chances.values() if p <= chances[lost] * (1 + 1e-7)))
