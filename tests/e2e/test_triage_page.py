"""What docs/triage.md says to type holds."""

import json
import re
import shutil

from paste import blocks, shell
from scratch import HOUSE, Project

from callgate.dataset import read_set
from callgate.dataset.lint import lint
from callgate.evaluate.plan import SUPPORTED

KEPT = 12
"""Tickets of each language: enough for what the page shows."""


def test_the_page_on_triage_runs_as_written_and_repeats_counts_what_is_missing(tmp_path):
    done = shell(tmp_path, blocks("triage.md")[1])
    assert done.returncode == 0, done.stderr
    assert "accuracy 66.7%" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("INCONCLUSIVE")
    rows = [
        {"case": case, "trial": trial, "grader": "success", "score": score}
        for case, scores in {"a": [1, 1], "b": [1, 0], "c": [1, None]}.items()
        for trial, score in enumerate(scores)
    ]
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    told = shell(tmp_path, "callgate repeats results.jsonl")
    assert told.returncode == 3, told.stderr
    assert "pass^1  0.750" in told.stdout
    assert "pass^2  0.500" in told.stdout
    assert "1 tasks left out" in told.stdout


def test_the_worlds_of_the_page_are_read_as_written(tmp_path):
    world, _ = blocks("triage.md", "yaml")
    (line,) = blocks("triage.md", "json")
    (tmp_path / "set").mkdir()
    (tmp_path / "set/_world.yaml").write_text(world)
    (tmp_path / "set/t.jsonl").write_text(line)
    found = read_set(tmp_path / "set", tmp_path)
    assert [case.id for case in found.active] == ["es-b"]
    assert lint(found, (), graded_by=SUPPORTED) == []


def test_the_shipped_eval_is_checked_run_and_shown_as_the_page_says(tmp_path):
    for folder in ("prompts/triage", "datasets/triage"):
        shutil.copytree(HOUSE / folder, tmp_path / folder)
    (tmp_path / "evals").mkdir()
    shutil.copy(HOUSE / "evals/triage.yaml", tmp_path / "evals")
    for sheet in (tmp_path / "datasets/triage").glob("*.jsonl"):
        lines = sheet.read_text("utf-8").splitlines(keepends=True)
        lines.sort(key=lambda one: "charged-twice" not in one)
        sheet.write_text("".join(lines[:KEPT]), "utf-8")
    check, run, show = blocks("triage.md")[0].splitlines()
    checked = shell(tmp_path, check)
    assert f"1 eval, {3 * KEPT} cases" in checked.stdout, checked.stdout + checked.stderr
    ran = shell(tmp_path, run)
    assert ran.returncode == 4, ran.stdout + ran.stderr  # a handful clears nothing
    assert re.search(r"the first answer to each of 36 tickets\n +tickets +baseline +accuracy +95 % exact", ran.stdout)
    assert "SIMULATED" in ran.stdout
    assert not any(line.startswith("BLOCK") for line in ran.stdout.splitlines()), ran.stdout
    shown = shell(tmp_path, show)
    assert shown.returncode == 0, shown.stderr
    assert "category billing" in shown.stdout
    decision = Project(tmp_path).decision("triage")
    assert set(decision["triage"][0]["standings"]) == {"accuracy", "alone"}
    named = shell(tmp_path, "callgate cases redact en-billing-charged-twice")
    assert named.returncode == 2
    assert re.search(r"datasets/triage/en.jsonl:1:1: case 'en-billing-charged-twice' shares this file", named.stderr)
