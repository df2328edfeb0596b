"""What a false alarm costs with the gates that others use: the same runs, judged by each rule; blocks in per cent.

A run is 24 overlapping segments of 5 to 200 calls; a rule blocks it if it blocks one segment. Ours is the family's
part of the product (exact test with Tarone-Holm, guards, roles), at one fixed look like the others.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import worlds
from gate import CROWD, TAGS
from scipy import special, stats
from worlds import World, fixed

from callgate.gate.family import family
from callgate.gate.looks import replay, verdict
from callgate.stats.bounds import signflip_exact
from callgate.stats.exact import exact

Scores = npt.NDArray[np.int64]  # a line a case, a column a trial
Segments = list[npt.NDArray[np.int64]]


def holm(p: list[float]) -> float:
    """The smallest of Holm's adjusted p: the one that blocks first."""
    return min(1.0, min(p) * len(p))


def benjamini_hochberg(p: list[float]) -> float:
    return float(stats.false_discovery_control(p).min())


def unpaired_z(b: Scores, c: Scores) -> float:
    pooled = (b.sum() + c.sum()) / (b.size + c.size)
    error = np.sqrt(pooled * (1 - pooled) * (1 / b.size + 1 / c.size))
    return float(special.ndtr((c.mean() - b.mean()) / error)) if error else 1.0


def paired_t(b: Scores, c: Scores) -> float:
    change = c.mean(1) - b.mean(1)
    error = change.std(ddof=1) / np.sqrt(len(change))
    return float(special.stdtr(len(change) - 1, change.mean() / error)) if error else float(change.mean() >= 0)


def mcnemar(b: Scores, c: Scores) -> float:
    """On the majority of each case's trials, as a tool without repeats would."""
    before, after = b.mean(1) >= 0.5, c.mean(1) >= 0.5
    lost, won = int((before & ~after).sum()), int((~before & after).sum())
    return float(special.bdtr(won, lost + won, 0.5)) if lost + won else 1.0


def sign_flips(b: Scores, c: Scores) -> float:
    return signflip_exact(c.sum(1) - b.sum(1))


def within(b: Scores, c: Scores) -> float:
    return exact([(x, y, 1) for x, y in zip(b.tolist(), c.tolist(), strict=True)])[0]


def bca(b: Scores, c: Scores) -> float:
    """One-sided bootstrap p of the mean change, bias-corrected and accelerated, 500 resamples."""
    change = c.mean(1) - b.mean(1)
    n = len(change)
    rng = np.random.default_rng(n)
    means = change[rng.integers(0, n, (500, n))].mean(1)
    below = (means < change.mean()).mean() + (means == change.mean()).mean() / 2
    jackknife = (change.sum() - change) / (n - 1)
    deviations = jackknife.mean() - jackknife
    spread = (deviations**2).sum() ** 1.5
    if not 0 < below < 1 or not spread:
        return 1.0
    shift, speed = special.ndtri(below), (deviations**3).sum() / (6 * spread)
    z = shift + special.ndtri(0.95)
    return 0.05 if np.quantile(means, special.ndtr(shift + z / (1 - speed * z))) < 0 else 1.0


def smallest(test: Callable[[Scores, Scores], float], correct: Callable[[list[float]], float] = min) -> Rule:
    return lambda b, c, segments: correct([test(b[s], c[s]) for s in segments]) <= 0.05


Rule = Callable[[Scores, Scores, Segments], bool]
RULES: Mapping[str, Rule] = {
    "raw mean drop > 0": lambda b, c, segments: any(c[s].mean() < b[s].mean() for s in segments),
    "raw mean drop > 5 points": lambda b, c, segments: any(c[s].mean() < b[s].mean() - 0.05 for s in segments),
    "pass rate under 80 % in a segment": lambda _, c, segments: any(c[s].mean() < 0.8 for s in segments),
    "unpaired z, p < .05": smallest(unpaired_z),
    "unpaired z + Holm": smallest(unpaired_z, holm),
    "paired t, p < .05": smallest(paired_t),
    "paired t + Holm": smallest(paired_t, holm),
    "bootstrap BCa 95 %": smallest(bca),
    "exact McNemar (majority) + Holm": smallest(mcnemar, holm),
    "case sign-flip exact + Holm": smallest(sign_flips, holm),
    "within-case exact, p < .05": smallest(within),
    "within-case exact + Holm": smallest(within, holm),
    "within-case exact + BH 5 %": smallest(within, benjamini_hochberg),
}
COLUMNS = {
    "A/A k=1": (1, worlds.unchanged),
    "A/A k=3": (3, worlds.unchanged),
    "A/A k=5": (5, worlds.unchanged),
    "all +5 k=3": (3, worlds.better),
    "churn 10 % k=3": (3, worlds.churn(0.1)),
    "n20 -20 k=5": (5, worlds.tagged("n20", "break", 0.20)),
}


def blocks(column: str, runs: int, seed: int) -> dict[str, int]:
    """How many runs of a column each rule blocks."""
    k, change = COLUMNS[column]
    world = World(column, worlds.crowd(TAGS), change)
    segments = [np.arange(len(world.cases)), *(np.flatnonzero(world.members(**{tag: "yes"})) for tag in TAGS)]
    found = dict.fromkeys([*RULES, "callgate, fixed k"], 0)
    for run in range(runs):
        rows = worlds.strata(np.random.default_rng([seed, run]), world, k=k, held=0)
        b, c = (np.array([getattr(row, arm)[:k] for row in rows], dtype=np.int64) for arm in ("baseline", "candidate"))
        for name, rule in RULES.items():
            found[name] += rule(b, c, segments)
        tests = family(rows, world.cases, fixed(CROWD, k))
        found["callgate, fixed k"] += verdict(tests, replay(tests, world.cases, fixed(CROWD, k))) == "block"
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=24)
    args = parser.parse_args()
    found = {column: blocks(column, args.runs, args.seed) for column in COLUMNS}
    print(f"{args.runs} changes, 24 segments each; per cent blocked (the last column is a real fall: more is better)\n")
    print(f"{'':<36}" + "".join(f"{column:>16}" for column in COLUMNS))
    for name in [*RULES, "callgate, fixed k"]:
        print(f"{name:<36}" + "".join(f"{100 * found[column][name] / args.runs:>16.1f}" for column in COLUMNS))


if __name__ == "__main__":
    main()
