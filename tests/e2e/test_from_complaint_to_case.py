"""docs/from-complaint-to-case.md, pasted: an exported call becomes a committed case, red on v2 and green on v3."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from paste import blocks, shell
from scratch import HOUSE, Project, small

CASE = "datasets/receptionist/vapi-0198f2a1.yaml"
WHO = {f"GIT_{role}_{what}": "x@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@pytest.fixture
def repository(tmp_path: Path) -> Project:
    """A committed project with the sample that the page names."""
    project = small(tmp_path)
    (tmp_path / "docs").mkdir()
    shutil.copytree(HOUSE / "docs/samples", tmp_path / "docs/samples")
    (tmp_path / ".callgate").mkdir()
    (tmp_path / ".callgate/salt").write_text("of the test", "ascii")  # other names throw other dice in the simulator
    (tmp_path / ".gitignore").write_text(".callgate/\nreports/\n.home/\n", "utf-8")
    done = shell(tmp_path, "git init -q -b main . && git add -A && git commit -q -m 'The receptionist'", **WHO)
    assert done.returncode == 0, done.stderr
    return project


def run(repository: Project, text: str) -> subprocess.CompletedProcess[str]:
    done = shell(repository.root, text, **WHO)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_an_exported_call_becomes_a_committed_case_in_five_commands(repository: Project) -> None:
    look, add, hook, commit = blocks("from-complaint-to-case.md")
    commands = f"{look}{add}{hook}{commit}".replace("\\\n", " ").splitlines()
    assert len(commands) == 5
    said = run(repository, look).stdout
    assert (
        "went wrong first at book-appointment: appointment_time: start: 2026-03-09T15:00-05:00 was not offered" in said
    )
    assert "Dana" not in said
    assert "Whitfield" not in (repository.root / CASE).read_text("utf-8")
    run(repository, hook)
    early = shell(repository.root, commit, **WHO)
    assert early.returncode != 0, "a draft that nobody has read was committed"
    assert f"{CASE}:3:1: pii: unreviewed" in early.stdout + early.stderr
    added = run(repository, add).stdout
    page = (HOUSE / "docs/from-complaint-to-case.md").read_text("utf-8")
    (promised,) = re.findall(r"^vapi-0198f2a1: red, then green.*\n", page, re.MULTILINE)
    assert promised in added
    assert "find-slots: nobody said what is right there, so it is history" in added
    case = (repository.root / CASE).read_text("utf-8")
    assert "modes: [tool_args, appointment_time, appointment_spoken]\n    cause: prompt" in case
    run(repository, commit)
    assert run(repository, "git status --porcelain").stdout == ""
    assert run(repository, "git show --stat --format=%s").stdout.startswith("OPS-1182")
