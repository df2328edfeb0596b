"""kill -9 at random moments of `callgate eval`: `make bench-kills`, or `python benchmarks/kills.py --kills 200`.

A run of an eval over loopback is killed, begun again, killed again, ten times over, and then left to end; this is done
in a fresh project until there were enough kills. After each kill the ledger is opened and checked, row by row; at the
end `decision.json` must be, byte for byte, that of a run that nobody disturbed. What was paid for twice is counted by
the provider: its calls beyond one a reply that is on the disk.
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
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "speed"))
import world
from run import Provider, provider

from callgate.ledger import Ledger

CASES = 40
AT_ONCE = 8
A_PROJECT = 10
"""Kills in one project before it is left to end."""
LATENCY = 0.15
_NO_FAULT = "NULL value in scores.body"
"""What SQLite before 3.41 says of every sound table whose key is not its first columns; no body can be null."""
COMMAND = Path(sys.executable).with_name("callgate")


@dataclass
class Count:
    """What was seen over all kills."""

    kills: int = 0
    projects: int = 0
    corrupt: int = 0
    lost: int = 0
    repeated: int = 0
    most_at_a_kill: int = 0
    different: int = 0

    @property
    def holds(self) -> bool:
        return not (self.corrupt or self.lost or self.different) and self.most_at_a_kill <= 2 * AT_ONCE

    def text(self) -> str:
        return (
            f"{self.kills} kills in {self.projects} projects: {self.corrupt} corrupt ledgers, "
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
        """The keys of all replies that are on the disk, each row checked against its digest; none where there is no
        ledger yet. Raises sqlite3.Error or ValueError where it is damaged."""
        if not self.ledger.exists():
            return set()
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


def killed(project: Project, moment: float, before: set[bytes], at: Provider, count: Count) -> set[bytes]:
    """One run, killed after `moment` seconds; the replies that are kept after it, of which `before` were there."""
    asked = at.stats()["requests"]
    process = project.start()
    time.sleep(moment)
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


def kill(kills: int, cases: int, at: Provider, seed: int = 20261120) -> Count:
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
                kept = killed(project, draw.uniform(0.0, took), kept, at, count)
            count.different += project.finish() != expected
            shutil.rmtree(project.root)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--cases", type=int, default=CASES)
    said = parser.parse_args()
    with provider() as at:
        count = kill(said.kills, said.cases, at)
    print(count.text())
    raise SystemExit(0 if count.holds else 1)


if __name__ == "__main__":
    main()
