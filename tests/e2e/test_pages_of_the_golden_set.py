"""docs/importing.md and docs/cases-that-stay.md, pasted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from paste import blocks, shell
from scratch import HOUSE, Project, small

SET = "datasets/receptionist"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with the samples that the pages name."""
    made = small(tmp_path)
    shutil.copytree(HOUSE / "docs/samples", tmp_path / "docs/samples")
    return made


def test_calls_and_tickets_are_imported_as_the_page_says(project: Project) -> None:
    calls, check, recorded, tickets = blocks("importing.md")
    done = shell(project.root, calls)
    assert done.returncode == 0, done.stderr
    assert "1 draft; look for personal data" in done.stdout
    assert "nothing" in shell(project.root, check).stdout
    before = sorted((project.root / SET).iterdir())
    seen = shell(project.root, recorded)
    assert seen.returncode == 0, seen.stderr
    assert "1 recorded call, 2 decisions; no model was called" in seen.stdout
    assert "book-appointment: appointment_time" in seen.stdout
    assert sorted((project.root / SET).iterdir()) == before
    done = shell(project.root, tickets)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("2 of 2 resolved tickets have a case (100 %); 1 open; causes: 2 prompt\n")


def test_the_sets_life_is_as_its_page_says(project: Project) -> None:
    coverage, labels, page, nightly = blocks("cases-that-stay.md")
    done = shell(project.root, coverage)
    assert done.returncode == 0, done.stderr
    assert "call_type=booking" in done.stdout
    assert "no random sample" in done.stdout
    done = shell(project.root, labels)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("2 labels written\n")
    done = shell(project.root, page)
    assert done.returncode == 0, done.stderr
    assert "look-up-by-name (recorded): fail, repeated_question, too_slow, cause transcription, by ana" in done.stdout
    assert "> " not in done.stdout.split("The call")[0]
    assert shell(project.root, nightly).stdout == "no nightly cases\n"


def test_one_missing_ticket_of_500_is_named_and_exits_3(project: Project) -> None:
    rows = ["id,summary,created,resolved", *(f"T-{n},Something,2026-01-01,2026-01-02" for n in range(500))]
    project.write("tickets.csv", "\n".join(rows) + "\n")
    for number in range(500):
        if number != 321:
            case = f"status: draft\npii: none\nkind: email\nticket: T-{number}\ncaller: Something.\nexpect: {{act: speak}}\n"
            project.write(f"{SET}/t-{number}.yaml", case)
    done = project.run("cases", "capture", "tickets", "tickets.csv")
    assert done.code == 3, done.said
    assert done.out == "T-321: no case; it is not captured\n499 of 500 resolved tickets have a case (99.8 %); 0 open\n"
