"""10,000 damaged exports of each format: does every import end as a draft or as one mistake with its place?

`make bench-imports`. The damage is that of the tests (tests/dataset/importers/mutations.py), seed by seed. An end that
is neither, or that takes over a second, is printed with its seed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/dataset/importers"))

from call_samples import SAMPLES, TICKET_SAMPLES
from import_ends import drafted
from mutations import mutated

ALL = {**SAMPLES, **TICKET_SAMPLES}


def damaged(name: str, times: int) -> tuple[str, dict[str, int], float, list[str]]:
    """The ends of so many imports of one format, the slowest in seconds of CPU, and what should not be."""
    content = ALL[name].encode()
    ends: dict[str, int] = {"draft": 0, "mistake": 0}
    slowest, wrong = 0.0, []
    for seed in range(times):
        began = time.process_time()
        try:
            end = drafted(name, mutated(content, seed))
        except Exception as error:  # noqa: BLE001
            end = f"{type(error).__name__} at seed {seed}"
        took = time.process_time() - began
        slowest = max(slowest, took)
        if end in ends:
            ends[end] += 1
        else:
            wrong.append(end)
        if took > 1:
            wrong.append(f"{took:.1f} s at seed {seed}")
    return name, ends, slowest, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=10_000)
    parser.add_argument("--format", choices=sorted(ALL), action="append")
    asked = parser.parse_args()
    names = asked.format or list(ALL)
    bad = 0
    with ProcessPoolExecutor(2) as pool:
        for name, ends, slowest, wrong in pool.map(damaged, names, [asked.times] * len(names)):
            print(
                f"{name:11} {ends['draft']:6} drafts {ends['mistake']:6} mistakes, slowest {slowest:.2f} s", flush=True
            )
            print("".join(f"  {one}\n" for one in wrong[:20]), end="", flush=True)
            bad += len(wrong)
    print(f"{bad} ended otherwise")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
