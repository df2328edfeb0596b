"""Worlds with known effects for the gate's benchmarks: cases and true pass rates in, strata out.

Success .85 on average with U-shaped difficulty (Beta, concentration 1.5), ten baseline trials already held, the arms'
draws independent: common random numbers would make every false alarm impossible by construction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from callgate.concepts import CaseInfo, Policy, Stratum

Rates = npt.NDArray[np.float64]
Rng = np.random.Generator
MEAN, CONCENTRATION = 0.85, 1.5
STAGED = Policy(
    by=("language", "call_type", "language*call_type"), looks=(2, 5, 10), weights=(0.1, 0.3, 0.6), confirm=5
)


@dataclass(frozen=True, slots=True)
class World:
    """Cases with their segments as arrays, and what happens to the candidate in them."""

    name: str
    cases: Mapping[str, CaseInfo]
    change: Callable[[Rng, Rates, World], Rates]
    mean: float = MEAN

    def members(self, **segments: str) -> npt.NDArray[np.bool_]:
        return np.array([segments.items() <= case.segments.items() for case in self.cases.values()])


def calls(n: int) -> dict[str, CaseInfo]:
    """n golden calls: en, es, fr 60, 30, 10 %; six call types of 30, 20, 18, 14, 10, 8 %, spread over the languages."""
    languages = _shares(n, {"en": 0.6, "es": 0.3, "fr": 0.1})
    types = _shares(
        n, {"booking": 0.30, "hours": 0.20, "route": 0.18, "cancel": 0.14, "complaint": 0.10, "tires": 0.08}
    )
    order = np.random.default_rng(6).permutation(n)
    return {
        f"c{i:04d}": CaseInfo(f"c{i:04d}", {"language": languages[i], "call_type": types[order[i]]}) for i in range(n)
    }


def _shares(n: int, shares: Mapping[str, float]) -> list[str]:
    ends = np.rint(np.cumsum(list(shares.values())) * n).astype(int)
    counts = np.diff(ends, prepend=0)
    return [name for name, count in zip(shares, counts.tolist(), strict=True) for _ in range(count)]


def crowd(sizes: Mapping[str, int], n: int = 200) -> dict[str, CaseInfo]:
    """n calls with overlapping tags of these sizes, one attribute each: a family of 24 tests of 5 to 200 cases."""
    places = np.random.default_rng(24)
    chosen = {name: set(places.choice(n, size, replace=False).tolist()) for name, size in sizes.items()}
    return {
        f"c{i:04d}": CaseInfo(f"c{i:04d}", {name: "yes" for name, held in chosen.items() if i in held})
        for i in range(n)
    }


def difficulty(rng: Rng, n: int, mean: float = MEAN) -> Rates:
    return rng.beta(mean * CONCENTRATION, (1 - mean) * CONCENTRATION, n)


def shifted(rates: Rates, by: float) -> Rates:
    """Every rate moved by one amount, within 0..1, so that the mean moves by `by` (as far as it can)."""
    low, high = -1.0, 1.0
    target = float(np.clip(rates.mean() + by, 0.0, 1.0))
    for _ in range(40):
        middle = (low + high) / 2
        if np.clip(rates + middle, 0.0, 1.0).mean() < target:
            low = middle
        else:
            high = middle
    return np.clip(rates + (low + high) / 2, 0.0, 1.0)


def broken(rng: Rng, rates: Rates, by: float) -> Rates:
    """Some cases fall to 0, drawn at random until the mean has fallen by `by`; the last one only in part."""
    left = by * len(rates)
    found = rates.copy()
    for i in rng.permutation(len(rates)):
        fall = min(left, found[i])
        found[i] -= fall
        left -= fall
        if left <= 0:
            break
    return found


def unchanged(_rng: Rng, rates: Rates, _world: World) -> Rates:
    return rates


def better(_rng: Rng, rates: Rates, _world: World) -> Rates:
    return shifted(rates, 0.05)


def churn(share: float) -> Callable[[Rng, Rates, World], Rates]:
    """An edit that reshuffles a share of the calls and is as good on average."""

    def change(rng: Rng, rates: Rates, world: World) -> Rates:
        fresh = difficulty(rng, len(rates), world.mean)
        return np.where(rng.random(len(rates)) < share, fresh, rates)

    return change


def spanish(kind: str, by: float, rest: float = 0.05) -> Callable[[Rng, Rates, World], Rates]:
    """Spanish callers lose `by` (everyone a little, or some everything), the others gain `rest`."""

    def change(rng: Rng, rates: Rates, world: World) -> Rates:
        es = world.members(language="es")
        found = rates.copy()
        found[~es] = shifted(rates[~es], rest) if rest else rates[~es]
        found[es] = broken(rng, rates[es], by) if kind == "break" else shifted(rates[es], -by)
        return found

    return change


def tagged(tag: str, kind: str, by: float) -> Callable[[Rng, Rates, World], Rates]:
    """One tag loses `by`, nothing else changes."""

    def change(rng: Rng, rates: Rates, world: World) -> Rates:
        hit = world.members(**{tag: "yes"})
        found = rates.copy()
        found[hit] = broken(rng, rates[hit], by) if kind == "break" else shifted(rates[hit], -by)
        return found

    return change


def draws(rng: Rng, rates: Rates, trials: int) -> list[tuple[float, ...]]:
    return [tuple(row) for row in (rng.random((len(rates), trials)) < rates[:, None]).astype(float).tolist()]


def strata(rng: Rng, world: World, *, k: int = 10, held: int = 10, drift: float = 0.0) -> list[Stratum]:
    """One run's rows: a cached baseline, the candidate, and fresh baseline trials; `drift` moves all but the cache."""
    before = difficulty(rng, len(world.cases), world.mean)
    now = shifted(before, drift) if drift else before
    after = world.change(rng, now, world)
    arms = draws(rng, before, max(held, k)), draws(rng, after, k), draws(rng, now, 5)
    return [
        Stratum("m", name, "d", "success", b, c, baseline_held=held, fresh=f)
        for name, b, c, f in zip(world.cases, *arms, strict=True)
    ]


def fixed(policy: Policy, k: int) -> Policy:
    return replace(policy, looks=(k,), weights=(1.0,), confirm=0)
