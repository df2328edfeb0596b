"""Paired figures of size (seconds, tokens, dollars) -> how many times as much: reported, never mixed with quality.

Figures of size are skewed, so what is averaged is the logarithm: a call that took twice as long and one that took half
cancel out. The interval is Student's over calls, since decisions of one call go together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from callgate.stats.quantiles import t_quantile

LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class Ratio:
    """Candidate over baseline: the geometric mean over calls with its 90 % interval (None: fewer than two calls)."""

    ratio: float
    interval: tuple[float, float] | None
    calls: int


def paired_ratio(pairs: Mapping[str, Sequence[tuple[float, float]]]) -> Ratio | None:
    """The ratio of pairs (baseline, candidate) by call: each call counts once, at the mean of its decisions.

    A pair in which one figure is not above zero says nothing and is left out; None where no call is left.
    """
    logs = {
        call: [math.log(after / before) for before, after in some if before > 0 and after > 0]
        for call, some in pairs.items()
    }
    means = [math.fsum(some) / len(some) for some in logs.values() if some]
    if not means:
        return None
    middle = math.fsum(means) / len(means)
    if len(means) < 2:
        return Ratio(math.exp(middle), None, len(means))
    variance = math.fsum((mean - middle) ** 2 for mean in means) / (len(means) - 1)
    reach = t_quantile((1 + LEVEL) / 2, len(means) - 1) * math.sqrt(variance / len(means))
    return Ratio(math.exp(middle), (math.exp(middle - reach), math.exp(middle + reach)), len(means))
