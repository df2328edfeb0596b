"""kill -9 at random moments of `callgate eval`: `make bench-kills`, or `python benchmarks/kills.py --kills 200`.

A run of an eval over loopback is killed, begun again, killed again, ten times over, and then left to end; this is done
in a fresh project until there were enough kills. After each kill the ledger is opened and checked, row by row; at the
end `decision.json` must be, byte for byte, that of a run that nobody disturbed. What was paid for twice is counted by
the provider: its calls beyond one a reply that is on the disk. Nine moments in ten are drawn from the time in which
calls are in flight, one in ten from all of a run. Two such series go side by side, each with its own provider.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from functools import reduce
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "speed"))
import peers
import world
from run import RESULTS, Provider, machine, provider

from callgate.ledger import Ledger

CASES = 60
AT_ONCE = 8
WHOLE = 200
A_PROJECT = 10
"""Kills in one project before it is left to end."""
LATENCY = 0.1
WHILE_ASKING = 0.9
_NO_FAULT = "NULL value in scores.body"
"""What SQLite before 3.41 says of every sound table whose key is not its first columns; no body can be null."""
COMMAND = Path(sys.executable).with_name("callgate")


@dataclass
class Count:
    """What was seen over all kills."""

    kills: int = 0
    in_flight: int = 0
    projects: int = 0
    corrupt: int = 0
    lost: int = 0
    repeated: int = 0
    most_at_a_kill: int = 0
    different: int = 0

    @property
    def holds(self) -> bool:
        return not (self.corrupt or self.lost or self.different) and self.most_at_a_kill <= AT_ONCE

    def and_of(self, other: Count) -> Count:
        """Both together."""
        both = {name: getattr(self, name) + getattr(other, name) for name in asdict(self)}
        return Count(**{**both, "most_at_a_kill": max(self.most_at_a_kill, other.most_at_a_kill)})

    def text(self) -> str:
        return (
            f"{self.kills} kills in {self.projects} projects, {self.in_flight} with calls in flight: "
            f"{self.corrupt} corrupt ledgers, "
            f"{self.lost} kept rows lost, {self.different} decisions that differ; {self.repeated} calls repeated, "
            f"at most {self.most_at_a_kill} at one kill ({AT_ONCE} calls at once)"
        )


class Project:
    """A scratch project whose eval is run against the provider."""

    def __init__(self, root: Path, at: Provider) -> None:
        self.root = root
        self._at = at

    @property
    def ledger(self) -> Path:
        return self.root / ".callgate/ledger.db"

    def start(self) -> subprocess.Popen[bytes]:
        home = {"PATH": os.environ["PATH"], "HOME": str(self.root), "LANG": "C.UTF-8"}
        return subprocess.Popen(
            [COMMAND, "eval", "bench", "--at-once", str(AT_ONCE)],
            cwd=self.root,
            env={**home, "OPENAI_API_BASE": f"{self._at.base}/v1", "OPENAI_API_KEY": "x"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def finish(self) -> bytes:
        """Runs it to its end; decision.json."""
        process = self.start()
        _, said = process.communicate()
        if process.returncode not in {0, 1, 4}:
            raise SystemExit(f"callgate eval ended with {process.returncode}: {said.decode()}")
        return (self.root / "reports/bench/decision.json").read_bytes()

    def kept(self) -> set[bytes]:
        """The keys of all replies that the next run finds, each row checked against its digest; none where there is no
        ledger yet. Raises sqlite3.Error or ValueError where it is damaged."""
        if not self.ledger.exists():
            return set()
        Ledger.open(self.ledger).close()  # takes over what the killed run had jotted down
        with closing(sqlite3.connect(self.ledger)) as file:
            said = {line for (line,) in file.execute("PRAGMA integrity_check")} - {"ok", _NO_FAULT}
            if said:
                raise ValueError(f"integrity_check: {said}")
            tables = file.execute("SELECT count(*) FROM sqlite_master WHERE name = 'replies'").fetchone()[0]
            keys = {key for (key,) in file.execute("SELECT key FROM replies")} if tables else set()
        with Ledger.open(self.ledger) as ledger:
            found = ledger.replies(keys)
            if ledger.damaged or found.keys() != keys:
                raise ValueError("a row does not fit its digest")
        return {key.encode() for key in keys}


def killed(
    project: Project, moment: float, before: set[bytes], at: Provider, count: Count, *, asking: bool
) -> set[bytes]:
    """One run, killed after `moment` seconds, where `asking` of its first call; the replies that are kept after it, of
    which `before` were there."""
    asked = at.stats()["requests"]
    process = project.start()
    while asking and process.poll() is None and at.stats()["requests"] == asked:
        time.sleep(0.02)
    time.sleep(moment)
    count.in_flight += at.stats()["at_once"] > 0
    with suppress(ProcessLookupError):  # it was faster
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    time.sleep(0.02)  # the provider reads what was sent before the end
    count.kills += 1
    try:
        after = project.kept()
    except (sqlite3.Error, ValueError) as error:
        print(f"corrupt: {error}", file=sys.stderr)
        count.corrupt += 1
        return before
    count.lost += len(before - after)
    repeated = at.stats()["requests"] - asked - len(after - before)
    count.repeated += repeated
    count.most_at_a_kill = max(count.most_at_a_kill, repeated)
    return after


def kill(kills: int, cases: int, at: Provider, seed: int) -> Count:
    """`kills` kills of a run of so many cases."""
    draw, count = random.Random(seed), Count()
    place = Path(tempfile.mkdtemp(prefix="callgate-kills-"))
    try:
        at.behave(latency=LATENCY)
        fresh = place / "fresh"
        world.project(fresh, cases)
        undisturbed = Project(place / "undisturbed", at)
        shutil.copytree(fresh, undisturbed.root)
        began = time.perf_counter()
        expected = undisturbed.finish()
        took = time.perf_counter() - began
        while count.kills < kills:
            project = Project(place / f"killed-{count.projects}", at)
            shutil.copytree(fresh, project.root)
            count.projects += 1
            kept: set[bytes] = set()
            for _ in range(min(A_PROJECT, kills - count.kills)):
                asking = draw.random() < WHILE_ASKING
                most = 2 * cases * LATENCY / AT_ONCE / A_PROJECT * 2 if asking else took
                kept = killed(project, draw.uniform(0.0, most), kept, at, count, asking=asking)
            count.different += project.finish() != expected
            shutil.rmtree(project.root)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return count


def keep(count: Count) -> None:
    """Puts it beside the other results, where it was a whole run of them."""
    if count.kills >= WHOLE:
        said = f"{time.strftime('%Y-%m-%d')}, {machine()}.\n\n{count.text()}."
        held = "It holds" if count.holds else "IT DOES NOT HOLD"
        text = f"# Kills, measured\n\nWritten by `make bench-kills`. {said} {held}.\n"
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "kills.md").write_text(text, "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--cases", type=int, default=CASES)
    said = parser.parse_args()
    peers.install(peers.SERVER)
    began = time.perf_counter()
    with provider() as one, provider() as other, ThreadPoolExecutor(2) as pool:
        half = said.kills // 2
        series = [(said.kills - half, one, 20261120), (half, other, 20261121)]
        counts = pool.map(lambda its: kill(its[0], said.cases, its[1], its[2]), series)
        count = reduce(Count.and_of, counts)
    print(f"{count.text()}; {time.perf_counter() - began:.0f} s")
    keep(count)
    raise SystemExit(0 if count.holds else 1)


if __name__ == "__main__":
    main()
