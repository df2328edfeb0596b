"""Callgate and its peers on the same provider in one go: `make bench`.

    python benchmarks/speed/run.py [--only start,small,large,cached,faults] [--peers NAME,...] [--times 3]

Installs the peers (see peers.py), starts the provider (server.py), gives every side the same calls and the same two
graders (world.py), prints a table for each scenario and then what was promised beside what was measured. Keeps the
medians, with date, versions and machine, in benchmarks/results/speed.json and, to be read, speed.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

sys.path.insert(0, str(Path(__file__).parent))
import peers
from peers import HERE, PEERS, REPOSITORY, Peer

RESULTS = REPOSITORY / "benchmarks/results"
SLOWEST = 90.0
"""Seconds after which a run of a side is ended, and said to have taken more."""
FILLED = 300.0
"""The same for a run that only fills a cache."""
ENOUGH = 8.0
"""Seconds after which a side is not measured again in the same scenario: what is slow is slow the first time."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """What every side is asked to do. `seconds`: the longest that one call may take, told to each side; `limit`: the
    longest that a side may take."""

    name: str
    says: str
    count: int
    at_once: int
    latency: float
    faults: Mapping[str, float] = field(default_factory=dict)
    cached: bool = False
    seconds: float = 0.0
    limit: float = SLOWEST

    @property
    def ideal(self) -> float:
        return 0.0 if self.cached else self.count / self.at_once * self.latency


BROKEN = {"rate_429": 0.05, "rate_500": 0.02, "rate_hang": 0.005, "rate_bad": 0.01}
SCENARIOS = (
    Scenario("start", "one call, from start to end", 1, 1, 0.0),
    Scenario("small", "1,000 calls, 50 at once, 100 ms a reply", 1000, 50, 0.1),
    Scenario("large", "10,000 calls, 200 at once, 50 ms a reply", 10_000, 200, 0.05),
    Scenario("cached", "the 1,000 calls again, all in the tool's own cache", 1000, 50, 0.1, cached=True),
    Scenario("cached-large", "the 10,000 calls again", 10_000, 200, 0.05, cached=True),
    Scenario(
        "faults",
        "1,000 calls as above; 5 % answered 429 with Retry-After 1, 2 % 500, 1 % half a body, 0.5 % never; 5 s a call",
        1000,
        50,
        0.1,
        faults=BROKEN,
        seconds=5.0,
    ),
)
LEFT_OUT = {
    "large": frozenset({"callgate eval", "promptfoo", "inspect"}),
    "cached": frozenset({"callgate via litellm"}),
}
"""Who takes a minute or more there and is not the best of anything; `--slow` measures them too."""


# ---------------------------------------------------------------------------------------------- the provider


class Provider:
    """The provider's process, and how it is told to behave."""

    def __init__(self, base: str) -> None:
        self.base = base

    def behave(self, **how: float) -> None:
        self._post("/reset", how)

    def stats(self) -> Row:
        with urllib.request.urlopen(f"{self.base}/stats") as answer:
            return dict(json.load(answer))

    def _post(self, path: str, body: Mapping[str, float]) -> None:
        request = urllib.request.Request(self.base + path, json.dumps(body).encode(), method="POST")
        urllib.request.urlopen(request).close()


@contextmanager
def provider() -> Iterator[Provider]:
    """The provider, from its start to its end."""
    process = subprocess.Popen([peers.python(peers.SERVER), HERE / "server.py"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield Provider(process.stdout.readline().strip())
    finally:
        process.terminate()
        process.wait()


# ---------------------------------------------------------------------------------------------- one side, once


def measured(peer: Peer, scenario: Scenario, at: Provider) -> Row:
    """One run of one side: seconds of wall and of CPU, MB of memory, what its driver told, what the provider saw."""
    place = Path(tempfile.mkdtemp(prefix="callgate-bench-"))
    try:
        if scenario.cached:
            at.behave(latency=0.0)
            _run(peer, scenario, at, place, FILLED)
        at.behave(latency=scenario.latency, **scenario.faults)
        row = _run(peer, scenario, at, place, scenario.limit)
        seen = at.stats()
    finally:
        shutil.rmtree(place, ignore_errors=True)
    told = row.pop("told")
    if row["seconds"] > scenario.limit:
        row["said"] = f"it was not done after {scenario.limit:.0f} s"
    failed = told is None or row["seconds"] > scenario.limit
    return {
        **row,
        **(told or {}),
        "broken": row["said"] if failed else "",
        "asked": seen["requests"],
        "most_at_once": seen["most_at_once"],
    }


def _run(peer: Peer, scenario: Scenario, at: Provider, place: Path, limit: float) -> Row:
    words = [peers.python(peer), HERE / "drivers" / peer.driver, "--count", str(scenario.count)]
    words += ["--at-once", str(scenario.at_once), "--base", f"{at.base}/v1", "--folder", place]
    words += ["--cached"] if scenario.cached else []
    words += ["--seconds", str(scenario.seconds)] if scenario.seconds else []
    environment = {**os.environ, **peer.environment}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    with (place / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            list(map(str, words)), env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        with Watch(process.pid) as watch:
            timer = threading.Timer(limit, os.killpg, (process.pid, signal.SIGKILL))
            timer.start()
            _, _, used = os.wait4(process.pid, 0)
            timer.cancel()
    seconds = time.perf_counter() - began
    said = (place / "log.txt").read_text("utf-8", "replace").strip().splitlines()
    told = next((json.loads(line[7:]) for line in reversed(said) if line.startswith("RESULT ")), None)
    return {
        "seconds": round(seconds, 3),
        "cpu": round(max(watch.cpu, used.ru_utime + used.ru_stime), 2),
        "megabytes": round(max(watch.megabytes, used.ru_maxrss / 1024)),
        "told": told,
        "said": said[-1][:200] if said else "nothing",
    }


class Watch:
    """A process and all that it starts, ten times a second, where /proc tells of them: the most megabytes at once, and
    the seconds of CPU, also of those that it does not wait for."""

    def __init__(self, root: int) -> None:
        self.megabytes = 0.0
        self._root = root
        self._ticks: dict[int, int] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @property
    def cpu(self) -> float:
        return sum(self._ticks.values()) / os.sysconf("SC_CLK_TCK")

    def __enter__(self) -> Self:
        if Path("/proc/self/stat").exists():
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread.ident:
            self._thread.join()

    def _watch(self) -> None:
        page = os.sysconf("SC_PAGE_SIZE") / 2**20
        while not self._over.wait(0.1):
            found = {int(one.name): _stat(one) for one in Path("/proc").iterdir() if one.name.isdigit()}
            family = {self._root}
            for process in sorted(found):  # a child is younger than its parent, but where numbers began anew
                if found[process][0] in family:
                    family.add(process)
            mine = {process: found[process] for process in family if process in found}
            self.megabytes = max(self.megabytes, page * sum(pages for _, _, pages in mine.values()))
            self._ticks |= {process: ticks for process, (_, ticks, _) in mine.items()}


def _stat(process: Path) -> tuple[int, int, int]:
    """A process's parent, ticks of CPU and pages of memory."""
    try:
        _, _, rest = (process / "stat").read_text().rpartition(") ")
    except OSError:
        return 0, 0, 0
    fields = rest.split()
    return int(fields[1]), int(fields[11]) + int(fields[12]), int(fields[21])


# ---------------------------------------------------------------------------------------------- all of it


def bench(
    scenarios: Sequence[Scenario], wanted: Sequence[Peer], times: int, *, slow: bool
) -> dict[str, dict[str, Row]]:
    """The median of each side in each scenario; the sides take turns, so that a slow minute meets them all."""
    found: dict[str, dict[str, Row]] = {}
    missing = {peer.name: why for peer in (peers.SERVER, *wanted) if (why := peers.install(peer))}
    with provider() as at:
        for scenario in scenarios:
            sides = [peer for peer in wanted if _takes_part(peer, scenario, slow=slow)]
            rows: dict[str, list[Row]] = {peer.name: [] for peer in sides}
            for _ in range(1 if scenario.name == "cached-large" else times):
                for peer in sides:
                    took = sum(row["seconds"] for row in rows[peer.name])
                    if peer.name not in missing and took < ENOUGH:
                        rows[peer.name].append(measured(peer, scenario, at))
                        _say(scenario, peer, rows[peer.name][-1])
            found[scenario.name] = {
                peer.name: {
                    "version": _version(peer),
                    **(_median(rows[peer.name]) if rows[peer.name] else {"broken": missing[peer.name]}),
                }
                for peer in sides
            }
    return found


def _takes_part(peer: Peer, scenario: Scenario, *, slow: bool) -> bool:
    if scenario.name == "cached-large":  # about a promise, and no comparison
        return peer.name == "callgate eval"
    if scenario.cached and not peer.caches:
        return False
    return slow or peer.name not in LEFT_OUT.get(scenario.name, ())


def _say(scenario: Scenario, peer: Peer, row: Row) -> None:
    what = row["broken"] or f"{row['seconds']:.2f} s, {row['cpu']:.2f} s of CPU, {row['megabytes']} MB"
    print(f"{scenario.name}: {peer.name}: {what}", file=sys.stderr, flush=True)


def _median(rows: Sequence[Row]) -> Row:
    """The run in the middle by its seconds; how many there were, and the fastest and slowest, beside it."""
    ordered = sorted(rows, key=lambda row: row["seconds"])
    walls = [row["seconds"] for row in ordered]
    return {
        **ordered[(len(rows) - 1) // 2],
        "seconds": statistics.median(walls),
        "runs": len(rows),
        "least": walls[0],
        "most": walls[-1],
    }


def _version(peer: Peer) -> str:
    return peer.version if peer.needs or peer.node else f"callgate {version('callgate')}"


def machine() -> str:
    """ "2 cores of Intel(R) Xeon(R), 23 GB, Linux 6.1, Python 3.11.9" """
    about = Path("/proc/cpuinfo").read_text("utf-8") if Path("/proc/cpuinfo").exists() else ""
    models = [line.partition(":")[2].strip() for line in about.splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    cores = f"{os.cpu_count()} cores of {models[0] if models else platform.machine()}"
    return f"{cores}, {memory:.0f} GB, {system}, Python {platform.python_version()}"


# ---------------------------------------------------------------------------------------------- what it says


def table(scenario: Scenario, rows: Mapping[str, Row], *, markdown: bool = False) -> str:
    """One scenario: seconds, times the ideal, times Callgate, CPU, memory, and what came of the calls."""
    ours = rows.get("callgate", {}).get("seconds")
    head = ["", "seconds", "x ideal", "x callgate", "CPU s", "MB", "answered", "failed"]
    lines = [head]
    broken = []
    for name, row in sorted(rows.items(), key=lambda item: item[1].get("seconds", 1e9)):
        if row["broken"]:
            broken.append(f"{name}: not measured: {row['broken']}")
            continue
        lines.append(
            [
                name,
                f"{row['seconds']:.2f}",
                f"{row['seconds'] / scenario.ideal:.2f}" if scenario.ideal else "",
                f"{row['seconds'] / ours:.1f}" if ours else "",
                f"{row['cpu']:.1f}",
                str(row["megabytes"]),
                f"{row['answered']:,}",
                f"{row['failed']:,}",
            ]
        )
    return "\n".join([*(_markdown(lines) if markdown else _aligned(lines)), *broken])


def _aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    first, *widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    cells = [(name.ljust(first), *map(str.rjust, rest, widths)) for name, *rest in lines]
    return ["  ".join(line) for line in cells]


def _markdown(lines: Sequence[Sequence[str]]) -> list[str]:
    head, *rest = [f"| {' | '.join(line)} |" for line in lines]
    return [head, "|---" + "|--:" * (len(lines[0]) - 1) + "|", *rest, ""]


def promises(found: Mapping[str, Mapping[str, Row]]) -> list[str]:
    """What was promised beside what was measured, where it was."""

    def of(scenario: str, side: str, what: str = "seconds") -> float | None:
        row = found.get(scenario, {}).get(side)
        return None if row is None or row["broken"] else float(row[what])

    def others(scenario: str, names: Sequence[str]) -> float | None:
        walls = [wall for name in names if (wall := of(scenario, name)) is not None]
        return min(walls, default=None)

    frameworks = ("pydantic-evals", "deepeval", "promptfoo", "inspect")
    everybody = (*frameworks, "bare litellm")
    asked = [
        ("1,000 calls, direct lane: at most 1.3 x ideal", of("small", "callgate"), 1.3 * 2.0, "s"),
        (
            "1,000 calls, litellm lane: ahead of promptfoo, Inspect and bare litellm",
            of("small", "callgate via litellm"),
            others("small", ("promptfoo", "inspect", "bare litellm")),
            "s",
        ),
        (
            "10,000 calls, direct lane: at most 1.5 x bare aiohttp",
            of("large", "callgate"),
            _times(1.5, of("large", "bare aiohttp")),
            "s",
        ),
        (
            "10,000 calls: an eighth of the best peer at most",
            of("large", "callgate"),
            _times(1 / 8, others("large", everybody)),
            "s",
        ),
        ("10,000 calls: under 200 MB", of("large", "callgate", "megabytes"), 200.0, "MB"),
        ("the first call from start: at most 0.6 s", of("start", "callgate"), 0.6, "s"),
        ("callgate eval again, 1,000 replies: at most 0.5 s", of("cached", "callgate eval"), 0.5, "s"),
        ("callgate eval again, 10,000 replies: at most 2 s", of("cached-large", "callgate eval"), 2.0, "s"),
        (
            "faults: below every peer (bare aiohttp asks nothing twice, and loses one call in eleven)",
            of("faults", "callgate"),
            others("faults", everybody),
            "s",
        ),
    ]
    lines = [
        f"{'holds' if value <= limit else 'DOES NOT HOLD':14}{text}: {value:.2f} of {limit:.2f} {unit}"
        for text, value, limit, unit in asked
        if value is not None and limit is not None
    ]
    row = found.get("faults", {}).get("callgate")
    if row and not row["broken"]:
        whole = row["answered"] + row["failed"] == 1000
        lines.append(
            f"{'holds' if whole else 'DOES NOT HOLD':14}faults: every call has its reply or a failure: "
            f"{row['answered']:,} and {row['failed']:,} of 1,000"
        )
    return lines


def _times(factor: float, value: float | None) -> float | None:
    return None if value is None else factor * value


def keep(found: Mapping[str, Mapping[str, Row]]) -> None:
    """Puts what was measured beside what was kept of other scenarios and other sides."""
    path = RESULTS / "speed.json"
    known: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    for name, rows in found.items():
        entry = known.get(name, {})
        fresh = {"date": time.strftime("%Y-%m-%d"), "machine": machine(), "rows": dict(rows)}
        if (entry.get("date"), entry.get("machine")) == (fresh["date"], fresh["machine"]):
            fresh["rows"] = {**entry["rows"], **rows}
        known[name] = fresh
    RESULTS.mkdir(exist_ok=True)
    path.write_text(json.dumps(known, indent=1) + "\n", "utf-8")
    (RESULTS / "speed.md").write_text(page(known), "utf-8")


def page(known: Mapping[str, Any]) -> str:
    """The kept results, to be read."""
    parts = [
        "# Speed, measured\n",
        "Written by `make bench`; what the numbers mean: [docs/speed.md](../../docs/speed.md).\n",
    ]
    for scenario in SCENARIOS:
        entry = known.get(scenario.name)
        if entry:
            versions = sorted({row["version"] for row in entry["rows"].values()})
            ideal = f" Ideal: {scenario.ideal:.1f} s." if scenario.ideal else ""
            parts += [
                f"## {scenario.name}: {scenario.says}\n",
                f"{entry['date']}, {entry['machine']}.{ideal} {', '.join(versions)}.\n",
                table(scenario, entry["rows"], markdown=True),
            ]
    promised = promises({name: entry["rows"] for name, entry in known.items()})
    return "\n".join([*parts, "## Promised, and measured\n", *(f"- {' '.join(line.split())}" for line in promised), ""])


def main() -> None:
    names = [scenario.name for scenario in SCENARIOS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(names), help="scenarios")
    parser.add_argument("--peers", default="", help="sides, by name; all by default")
    parser.add_argument("--times", type=int, default=3, help="runs of each side at most; what is slow has fewer")
    parser.add_argument("--slow", action="store_true", help="also who takes minutes")
    parser.add_argument("--forget", action="store_true", help="leave benchmarks/results as it is")
    said = parser.parse_args()
    chosen = [scenario for scenario in SCENARIOS if scenario.name in said.only.split(",")]
    only = [name.strip() for name in said.peers.split(",")] if said.peers else []
    wanted = [peer for peer in PEERS if not only or peer.name in only]
    found = bench(chosen, wanted, said.times, slow=said.slow)
    print(machine())
    for scenario in chosen:
        print(f"\n{scenario.name}: {scenario.says}\n{table(scenario, found[scenario.name])}")
    print("\n" + "\n".join(promises(found)))
    if not said.forget:
        keep(found)


if __name__ == "__main__":
    main()
