"""How fast the gate decides, and in how much memory: each setting in a process of its own, start and imports included.

Bars: 24 tests of up to 200 cases and 10 trials in half a second; 1,000,000 scored trials in 100 segments in 10 s and
1 GiB. Exits 1 where one does not hold. Measure on a machine that is otherwise idle.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

SETTINGS = {"24 tests, 200 cases, 10 trials": (0.5, 1.0), "1,000,000 scored trials, 100 segments": (10.0, 1.0)}
GIB = 2**30


def small() -> int:
    """24 overlapping segments of 5 to 200 cases, ten trials a side: saved as JSON lines would be, made up here."""
    import random

    from callgate.concepts import CaseInfo, Margins, Policy, Stratum
    from callgate.gate import decide

    rng = random.Random(1)
    sizes = (5, 6, 8, 10, 12, 15, 18, 20, 22, 25, 28, 30, 35, 40, 45, 50, 60, 70, 80, 100, 120, 140, 160)
    tags = {f"n{size}": set(rng.sample(range(200), size)) for size in sizes}
    cases = {f"c{i}": CaseInfo(f"c{i}", {name: "yes" for name, held in tags.items() if i in held}) for i in range(200)}
    rows = [Stratum("m", name, "d", "success", *_arms(rng, 10)) for name in cases]
    policy = Policy(by=tuple(tags), margins=Margins(other=0.10), looks=(2, 5, 10), weights=(0.1, 0.3, 0.6))
    return len(decide(rows, cases, policy).comparisons)


def large() -> int:
    """50,000 cases with ten trials a side, in 99 segments and all."""
    import random

    from callgate.concepts import CaseInfo, Policy, Stratum
    from callgate.gate import decide

    rng = random.Random(1)
    names = [f"c{i:05d}" for i in range(50_000)]
    cases = {name: CaseInfo(name, {"client": f"k{i % 99}"}) for i, name in enumerate(names)}
    rows = [Stratum("m", name, "d", "success", *_arms(rng, 10)) for name in names]
    policy = Policy(by=("client",), looks=(10,))
    return len(decide(rows, cases, policy).comparisons)


def _arms(rng: object, k: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    rate = rng.betavariate(1.3, 0.25)  # type: ignore[attr-defined]
    one, other = (tuple(float(rng.random() < rate) for _ in range(k)) for _ in range(2))  # type: ignore[attr-defined]
    return one, other


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="?", choices=["small", "large"])
    args = parser.parse_args()
    if args.only:
        print((small if args.only == "small" else large)())
        return 0
    failed = 0
    for (name, (seconds, gib)), which in zip(SETTINGS.items(), ("small", "large"), strict=True):
        began = time.perf_counter()
        tests = subprocess.run([sys.executable, __file__, which], check=True, capture_output=True, text=True).stdout
        took = time.perf_counter() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / GIB
        holds = took < seconds and used < gib
        failed += not holds
        print(f"{'ok' if holds else 'FAILS':<6}{name:<40} {tests.strip():>4} tests {took:6.2f} s {used:5.2f} GiB")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
