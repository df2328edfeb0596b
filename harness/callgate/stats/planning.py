"""What would it cost to know? Noise and changes in; trials or cases that would settle it, and detectable drops, out.

Method of moments (statistics.md part 9): the variance of the cases' changes is a case effect, which only more cases
average out, plus the noise of the trials, which more trials do as well. Whether a segment would be cleared is worked
out on the very bound that clears it (bounds.at_worst), two imaginary clusters included.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from callgate.stats.quantiles import t_quantile, z_quantile

POWER = 0.80
MOST_CASES = 1_000_000


@dataclass(frozen=True, slots=True)
class Spread:
    """What the changes of a segment's cases vary by.

    `effect` is the variance between cases, `baseline` and `candidate` those of one trial of each arm, `held` the
    baseline trials that are there at any number of trials. The variance is that of a mean over `cases`, times them.
    """

    cases: float
    clusters: float
    typical: float  # cases of a typical cluster: sum m^2 / sum m
    effect: float
    baseline: float
    candidate: float
    held: int = 0

    def noise(self, trials: int) -> float:
        """Variance of a case's change by its trials alone."""
        return self.baseline / max(trials, self.held) + self.candidate / trials

    def variance(self, trials: int) -> float:
        return self.effect + self.noise(trials)

    def with_cases(self, cases: float) -> Spread:
        """The same cases, more of them."""
        return replace(self, cases=cases, clusters=self.clusters * cases / self.cases)


@dataclass(frozen=True, slots=True)
class Price:
    """The cheapest way to a verdict: `trials` a side in all, or `cases` more; None where that way leads nowhere."""

    trials: int | None = None
    cases: int | None = None


def chance_to_clear(of: Spread, trials: int, *, margin: float, change: float, level: float) -> float:
    """How likely a segment passes at this many trials a side if the true change is `change`."""
    whole, k = of.cases + 2 * of.typical, of.clusters + 2
    squares = 2 * of.typical**2 + of.cases * of.variance(trials)
    error = math.sqrt(k / (k - 1) * squares) / whole
    least = (t_quantile(level, max(1, round(k - 1))) * error - margin) * whole / of.cases
    deviation = math.sqrt(of.variance(trials) / of.cases)
    if deviation == 0.0:
        return float(change > least)
    return normal((change - least) / deviation)


def normal(x: float) -> float:
    """The standard normal's distribution function."""
    return 0.5 * math.erfc(-x / math.sqrt(2))


def price(of: Spread, *, margin: float, change: float, most_trials: int, level: float = 0.95) -> Price | None:
    """What would clear a segment four times in five, if the change seen is the true one; None where nothing would.

    Trials are tried first, up to `most_trials` a side; where they do not do, the number of cases.
    """
    if change + margin <= 0.0:
        return None

    def clears(spread: Spread, trials: int) -> bool:
        return chance_to_clear(spread, trials, margin=margin, change=change, level=level) >= POWER

    enough = next((trials for trials in range(1, most_trials + 1) if clears(of, trials)), None)
    if enough is not None:
        return Price(trials=enough)
    few, many = of.cases, float(MOST_CASES)
    if not clears(of.with_cases(many), most_trials):
        return None
    while many - few > 1.0:
        middle = (few + many) / 2
        few, many = (few, middle) if clears(of.with_cases(middle), most_trials) else (middle, many)
    return Price(cases=max(1, math.ceil(many - of.cases)))


def detectable(trial_noise: float, cases: float, alpha: float, drop: float = 0.0) -> float:
    """The true drop that a block at `alpha` finds four times in five; `trial_noise` as `Spread.noise` gives it.

    A block also needs a fall of `drop` as seen, and about three cases that got worse.
    """
    deviation = math.sqrt(trial_noise / cases)
    least = max(z_quantile(1.0 - alpha) * deviation, drop)
    return min(1.0, max(least + z_quantile(POWER) * deviation, 3 / cases))
