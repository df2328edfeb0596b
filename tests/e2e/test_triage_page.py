"""What docs/triage.md says to type holds."""

import json
import os
import re
import subprocess

from scratch import COMMAND, HOUSE, clean


def test_the_page_on_triage_runs_as_written_and_repeats_counts_what_is_missing(tmp_path):
    page = (HOUSE / "docs/triage.md").read_text("utf-8")
    (block,) = re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    environment = {**clean(tmp_path), "PATH": f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}"}

    def shell(text):
        command = ["sh", "-e", "-c", text]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    done = shell(block)
    assert done.returncode == 0, done.stderr
    assert "accuracy 66.7%" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("INCONCLUSIVE")
    rows = [
        {"case": case, "trial": trial, "grader": "success", "score": score}
        for case, scores in {"a": [1, 1], "b": [1, 0], "c": [1, None]}.items()
        for trial, score in enumerate(scores)
    ]
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    told = shell("callgate repeats results.jsonl")
    assert told.returncode == 3, told.stderr
    assert "pass^1  0.750" in told.stdout
    assert "pass^2  0.500" in told.stdout
    assert "1 tasks left out" in told.stdout
