"""`callgate eval` as one runs it: the same calls as golden cases, every rule on, a gate with segments, all reports.

A case is asked under two prompts, so that COUNT calls are half as many cases; with CASES=n they are at most n, and the
rest are trials of them. The project is written before the time is taken; with --cached it is there already.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import world


def main() -> None:
    job = world.job()
    root = job.folder / "project"
    most = int(os.environ.get("CASES", job.count))
    cases = max(1, min(most, job.count // 2))
    if not root.exists():
        world.project(root, cases, trials=max(1, job.count // 2 // cases))
    environment = {**os.environ, "OPENAI_API_BASE": job.base, "OPENAI_API_KEY": "x"}
    command = str(Path(sys.executable).with_name("callgate"))
    began = time.perf_counter()
    ran = subprocess.run(
        [command, "eval", "bench", "--at-once", str(job.at_once), "--json"],
        cwd=root,
        env=environment,
        capture_output=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    if ran.returncode not in {0, 1, 3, 4}:
        raise SystemExit(ran.stderr.decode())
    decision = json.loads(ran.stdout)
    failed = sum(decision["missing"]["failures"].values())
    run = json.loads((root / "reports/bench/run.json").read_text("utf-8"))
    everyone = next((row for row in decision["comparisons"] if not row["segment"]), None)
    answered = decision["missing"]["measured"]
    means = (everyone["baseline_mean"], everyone["candidate_mean"]) if everyone else (0, 0)
    passed = round(sum(mean or 0.0 for mean in means) * answered / 2)
    world.tell(answered=answered, failed=failed, passed=passed, calls=run["calls"], seconds=round(seconds, 3))


if __name__ == "__main__":
    main()
