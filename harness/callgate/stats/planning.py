"""What would it cost to know? Noise and changes in; trials or cases that would settle it, and detectable drops, out.

Method of moments (statistics.md part 9): the variance of the cases' changes is a case effect, which only more cases
average out, plus trial noise, which more trials do as well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from callgate.stats.bounds import z_quantile

POWER = 0.80


@dataclass(frozen=True, slots=True)
class Spread:
    """What a segment's changes vary by: `cases` of them, `effect` between cases, `noise` of one trial a side.

    `noise` is None where no arm has two trials of a decision: then trials and cases cannot be told apart, and `effect`
    holds the whole variance of the changes.
    """

    cases: float
    effect: float
    noise: float | None


@dataclass(frozen=True, slots=True)
class Price:
    """The cheapest way to a verdict: `trials` a side in all, or `cases` more; None where that way leads nowhere."""

    trials: int | None = None
    cases: int | None = None


def spread(changes_variance: float, trial_noise: float | None, trials: int, cases: float) -> Spread:
    """Split the variance of the cases' changes; `trial_noise` is the mean noise of one change at `trials` a side."""
    if trial_noise is None:
        return Spread(cases, changes_variance, None)
    return Spread(cases, max(0.0, changes_variance - trial_noise), trial_noise * trials)


def price(of: Spread, *, room: float, most_trials: int, level: float = 0.95) -> Price | None:
    """What would clear a segment whose change is `room` above minus its margin; None where it stands below it.

    Trials are tried first, up to `most_trials` a side; where the case effect alone is too large, only cases help.
    """
    if room <= 0.0:
        return None
    wanted = (room / (z_quantile(level) + z_quantile(POWER))) ** 2
    if of.noise is not None:
        for trials in range(1, most_trials + 1):
            if (of.effect + of.noise / trials) / of.cases <= wanted:
                return Price(trials=trials)
    each = of.effect + (of.noise or 0.0) / most_trials
    return Price(cases=max(1, math.ceil(each / wanted - of.cases)))


def detectable(trial_noise: float, cases: float, alpha: float) -> float:
    """The true drop that a block at `alpha` would find four times in five; `trial_noise` as in `spread`."""
    return (z_quantile(1.0 - alpha) + z_quantile(POWER)) * math.sqrt(trial_noise / cases)
