"""Time and memory as runs grow: `make bench-scale`, or python benchmarks/speed/scale.py [--engine N,...] [--eval N,...]

The engine (ledger, executor, direct lane, two graders; every trial another call) and `callgate eval` (every rule, gate,
reports; at most 500 cases, then more trials of them) are measured at growing numbers of trials against a provider that
answers at once. What grows by a trial is told as the difference between two sizes: what the start costs is not the
trials'. Keeps the results in benchmarks/results/scale.json and scale.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import peers
from run import RESULTS, Provider, Row, Scenario, machine, measured, provider

ENGINE = (100, 1_000, 10_000, 100_000)
EVAL = (100, 1_000, 10_000, 100_000)
CASES = 500
"""Of the eval at most. What is more are trials of these: at this provider all alike, so that each is graded once."""
AT_ONCE = 200
LONGEST = 600.0
ALLOWED = 1.3
"""How much more a trial may cost at the largest size than at 1,000."""


def grown(name: str, sizes: Sequence[int], at: Provider) -> list[Row]:
    """One row a size."""
    peer = next(one for one in peers.PEERS if one.name == name)
    peer = replace(peer, environment={**peer.environment, "CASES": str(CASES)})
    rows = []
    for size in sizes:
        row = measured(peer, Scenario("scale", "", size, AT_ONCE, 0.0, limit=LONGEST), at)
        if row["broken"]:
            raise SystemExit(f"{name}, {size:,} trials: {row['broken']}")
        rows.append(
            {"trials": size, **{key: row[key] for key in ("seconds", "cpu", "megabytes", "answered", "failed")}}
        )
        print(f"{name}: {size:,} trials: {row['seconds']:.2f} s, {row['megabytes']} MB", file=sys.stderr, flush=True)
    return rows


def a_trial(rows: Sequence[Row]) -> list[tuple[float, float]]:
    """Milliseconds of CPU and kB of memory that a trial adds, from each size to the next."""
    found = []
    for less, more in pairwise(rows):
        trials = more["trials"] - less["trials"]
        milliseconds = 1000 * (more["cpu"] - less["cpu"]) / trials
        found.append((milliseconds, 1024 * (more["megabytes"] - less["megabytes"]) / trials))
    return found


def table(rows: Sequence[Row]) -> str:
    head = "| trials | seconds | CPU s | MB | failed | CPU ms for each trial more | kB for each trial more |"
    lines = [head, "|--:|--:|--:|--:|--:|--:|--:|"]
    for row, (milliseconds, kilobytes) in zip(rows, [(0.0, 0.0), *a_trial(rows)], strict=True):
        more = f"{milliseconds:.2f} | {kilobytes:.1f}" if row is not rows[0] else " | "
        about = f"{row['trials']:,} | {row['seconds']:.2f} | {row['cpu']:.1f} | {row['megabytes']} | {row['failed']}"
        lines.append(f"| {about} | {more} |")
    return "\n".join(lines)


def verdict(rows: Sequence[Row]) -> str:
    """Whether a trial costs about as much at the largest size as at 1,000, the start with it."""
    by = {row["trials"]: row for row in rows}
    small, large = by.get(1_000), rows[-1]
    if small is None or large is small:
        return "too few sizes to say how it grows"
    parts = []
    for what, unit in (("cpu", "CPU s"), ("megabytes", "MB")):
        ratio = large[what] / large["trials"] / (small[what] / small["trials"])
        parts.append(f"{unit} a trial at {large['trials']:,} is {ratio:.2f} x that at 1,000")
        if ratio > ALLOWED:
            parts[-1] += f", MORE THAN {ALLOWED}"
    if len(rows) > 2:
        (cpu, memory), (last_cpu, last_memory) = a_trial(rows)[-2:]
        parts.append(
            f"a trial more costs {last_cpu:.2f} ms and {last_memory:.1f} kB in the last step, "
            f"{cpu:.2f} ms and {memory:.1f} kB in the one before"
        )
    return "; ".join(parts)


def keep(found: dict[str, list[Row]]) -> None:
    path = RESULTS / "scale.json"
    known: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    about = {"date": time.strftime("%Y-%m-%d"), "machine": machine()}
    known |= {name: {**about, "rows": rows} for name, rows in found.items()}
    RESULTS.mkdir(exist_ok=True)
    path.write_text(json.dumps(known, indent=1) + "\n", "utf-8")
    parts = ["# Growth, measured\n\nWritten by `make bench-scale`; the provider answers at once, 200 calls at once.\n"]
    for name, entry in known.items():
        parts.append(f"## {name}\n\n{entry['date']}, {entry['machine']}.\n\n{table(entry['rows'])}\n")
        parts.append(f"{verdict(entry['rows'])}.\n")
    (RESULTS / "scale.md").write_text("\n".join(parts), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default=",".join(map(str, ENGINE)), help="trials")
    parser.add_argument("--eval", default=",".join(map(str, EVAL)), help="trials")
    said = parser.parse_args()
    sizes = {
        name: [int(size) for size in text.split(",") if size]
        for name, text in (("callgate", said.engine), ("callgate eval", said.eval))
    }
    peers.install(peers.SERVER)
    with provider() as at:
        found = {name: grown(name, some, at) for name, some in sizes.items() if some}
    for name, rows in found.items():
        print(f"\n{name}\n{table(rows)}\n{verdict(rows)}")
    keep(found)


if __name__ == "__main__":
    main()
