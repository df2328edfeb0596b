"""What a commit may bring into a golden set, and the hook that asks."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from callgate.concepts import Mistake
from callgate.dataset.guard import install, staged
from callgate.evaluate.proving import is_local, refuse_unreviewed

SET = "datasets/calls"
CASE = "now: '2026-03-06 16:42'\ntimezone: America/Chicago\ncaller: {said}\nexpect: {{language: en}}\n"


def git(root: Path, *words: str) -> None:
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True, env=environment)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project in a folder of its repository."""
    below = tmp_path / "voice"
    (below / SET).mkdir(parents=True)
    git(tmp_path, "init", "-q")
    return below


def problems(root: Path, **files: str) -> list[str]:
    """What stands in the way of committing these files of the golden set."""
    for name, text in files.items():
        path = root / SET / name.replace("__", ".")
        path.write_text(text, "utf-8")
        git(root, "add", str(path))
    return [str(problem) for problem in staged(root, (f"{SET}/",))]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pii: unreviewed\n" + CASE.format(said="Hi."), "pii: unreviewed: look for personal data in it"),
        (CASE.format(said="Call me on 312-867-5309."), "holds a telephone number"),
        ("pii: scrubbed\n" + CASE.format(said="Mail dana@gmail.com."), "holds an e-mail address"),
        ("a: *b\n", "alias *b"),
    ],
)
def test_what_nobody_has_read_is_refused_at_its_place(root: Path, text: str, said: str) -> None:
    (found,) = problems(root, one__yaml=text)
    assert found.startswith(f"{SET}/one.yaml:")
    assert said in found
    assert "5309" not in found
    assert "dana" not in found


def test_what_was_read_or_is_invented_or_lies_elsewhere_goes_through(root: Path) -> None:
    (root / "notes.yaml").write_text("call: 312-867-5309\n", "utf-8")
    git(root, "add", "notes.yaml")
    synthetic = "pii: synthetic\n" + CASE.format(said="Call me on 312-867-5309.")
    assert problems(root, one__yaml="pii: scrubbed\n" + CASE.format(said="Hi."), two__yaml=synthetic) == []


def test_an_export_beside_the_cases_is_refused(root: Path) -> None:
    assert problems(root, export__json='{"n": "+1 312 867 5309"}\n') == [
        f"{SET}/export.json:1:8: holds a telephone number: an export is no case"
    ]


def test_papers_beside_invented_cases_and_the_business_itself_go_through(root: Path) -> None:
    world = "schema: callgate.world/1\nconfig: {address: 2140 Mill Street}\n"
    (root / SET / "_world.yaml").write_text(world, "utf-8")
    assert problems(root, notes__csv="where\n2140 Mill Street\n") == []
    assert len(problems(root, _traffic__csv="who\n312-867-5309\n")) == 1
    (root / SET / "_world.yaml").write_text(world + "pii: synthetic\n", "utf-8")
    assert staged(root, (f"{SET}/",)) == []
    assert len(problems(root, export__csv="who\n312-867-5309\n")) == 1


def test_what_is_staged_counts_and_not_what_lies_in_the_folder(root: Path) -> None:
    assert problems(root, one__yaml=CASE.format(said="Hi.")) == []
    (root / SET / "one.yaml").write_text("pii: unreviewed\n" + CASE.format(said="Hi."), "utf-8")
    assert staged(root, (f"{SET}/",)) == []


def test_the_hook_goes_to_the_projects_folder_and_overwrites_nobodys(root: Path) -> None:
    path = install(root)
    assert 'cd "./voice/"' in path.read_text("utf-8")
    assert os.access(path, os.X_OK)
    assert install(root) == path
    path.write_text("#!/bin/sh\necho ours\n", "utf-8")
    with pytest.raises(Mistake, match="is there already: add the line"):
        install(root)


@pytest.mark.parametrize(("model", "local"), [("sim/receptionist-small", True), ("openai/gpt-5-mini", False)])
def test_an_unread_call_goes_to_no_model_elsewhere(model: str, *, local: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_BASE", raising=False)
    assert is_local(model) is local
    refuse_unreviewed("scrubbed", model, "c")
    if local:
        refuse_unreviewed("unreviewed", model, "c")
    else:
        with pytest.raises(Mistake, match="so it is not sent to openai/gpt-5-mini"):
            refuse_unreviewed("unreviewed", model, "c")


def test_a_model_of_ones_own_on_this_machine_is_local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_BASE", "http://127.0.0.1:8000/v1")
    assert is_local("openai/anything")
