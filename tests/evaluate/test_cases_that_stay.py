"""Whatever is tried to lose a golden case or to make it easier, a pull request says so by its file and what happened."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from change import Repository, made

from callgate.concepts import Mistake
from callgate.evaluate.review import Item, Sides, review
from callgate.evaluate.trees import commit, tree, write

CASE = "es-mover-misma-hora-tras-el-cambio"
FILE = f"datasets/receptionist/{CASE}.yaml"
FOLDERS = ("evals/", "prompts/", "datasets/")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """One whose must-pass case has a ticket, a severity and a label."""
    repository = made(tmp_path_factory.mktemp("stay"))
    repository.start("main", "main")
    repository.edit(FILE, "must_pass: true\n", "must_pass: true\nticket: OPS-7\nseverity: critical\n")
    text = (repository.root / FILE).read_text("utf-8")
    repository.write(FILE, text + "labels:\n  - {decision: look-up-and-move, verdict: fail, cause: prompt}\n")
    repository.commit("A case with its papers")
    return repository


def reviewed(repository: Repository, folder: Path) -> list[Item]:
    """What a review of the branch finds."""
    sides = []
    for name in ("main", "HEAD"):
        files = {
            path: entry
            for path, entry in tree(repository.root, commit(repository.root, name)).items()
            if path.startswith(FOLDERS)
        }
        write(repository.root, files, folder / name)
        sides.append((files, folder / name))
    (base, base_folder), (head, head_folder) = sides
    return list(review(Sides(base, head, base_folder, head_folder)).items)


def edit(old: str, new: str) -> Callable[[Repository], None]:
    return lambda it: it.edit(FILE, old, new)


def top(line: str) -> Callable[[Repository], None]:
    return lambda it: it.write(FILE, f"{line}\n" + (it.root / FILE).read_text("utf-8"))


def _deleted(it: Repository) -> None:
    (it.root / FILE).unlink()


def _renamed(it: Repository) -> None:
    (it.root / FILE).rename(it.root / "datasets/receptionist/es-otra.yaml")


def _hidden(it: Repository) -> None:
    (it.root / FILE).rename(it.root / f"datasets/receptionist/_{CASE}.yaml")


WAYS: dict[str, tuple[Callable[[Repository], None], str]] = {
    "deleted": (_deleted, "must-pass case .* was deleted"),
    "renamed": (_renamed, "must-pass case .* was deleted"),
    "hidden under a name that is not read": (_hidden, "must-pass case .* was deleted"),
    "made a draft": (top("status: draft"), "status active is now draft"),
    "retired with a reason": (top("status: retired because it fails"), "status active is now retired"),
    "quarantined for ever": (top("status: quarantined until 2099-01-01 because flaky"), "active is now quarantined"),
    "made a nightly case": (top("nightly: 1"), "nightly: 0 is now 1"),
    "must pass no more": (edit("must_pass: true", "must_pass: false"), "must_pass is now false"),
    "in another segment": (edit("language: es, call_type", "language: en, call_type"), "relabelled from"),
    "an expectation dropped": (edit('      must_say: [{time: "10:00"}, {date: "2026-03-09"}]\n', ""), "without a new version"),
    "a matcher widened": (edit('start: "2026-03-09 10:00"', "start: {any: true}"), "without a new version"),
    "a wrong answer made right": (edit('start: "2026-03-09 10:00"', 'start: "2026-03-09 11:00"'), "without a new version"),
    "an easier world": (edit("2026-03-09T08:00:00-05:00", "2026-03-09T10:00:00-05:00"), "without a new version"),
    "an easier caller": (edit("¿Me la puede pasar", "Son las diez. ¿Me la puede pasar"), "without a new version"),
    "weaker with a new version": (
        lambda it: (top("version: 2")(it), edit("      language: es\n", "")(it))[0],
        "edited",
    ),
    "the verdict turned": (edit("verdict: fail", "verdict: pass"), "what people said of it was changed"),
    "less severe": (edit("severity: critical", "severity: minor"), "edited"),
    "without its ticket": (edit("ticket: OPS-7\n", ""), "edited"),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_case_is_not_lost_or_weakened_unseen(repository: Repository, tmp_path: Path, way: str) -> None:
    change, said = WAYS[way]
    repository.start("change", "main")
    change(repository)
    repository.commit()
    items = reviewed(repository, tmp_path)
    assert [item.path for item in items] == [FILE], items
    assert re.search(said, items[0].what), items[0].what


def test_retiring_without_a_reason_is_a_mistake_with_its_place(repository: Repository, tmp_path: Path) -> None:
    repository.start("change", "main")
    for status in ("retired", "retired because ", "retired: it fails", "quarantined because flaky"):
        repository.start("change", "main")
        repository.write(FILE, f'status: "{status}"\n' + (repository.root / FILE).read_text("utf-8"))
        repository.commit()
        with pytest.raises(Mistake) as error:
            reviewed(repository, tmp_path / re.sub(r"\W", "", status))
        assert (error.value.problems[0].place.file, error.value.problems[0].place.line) == (FILE, 1)


def test_what_changes_no_score_and_loses_nothing_is_no_matter(repository: Repository, tmp_path: Path) -> None:
    repository.start("change", "main")
    repository.write(FILE, "# A remark.\n" + (repository.root / FILE).read_text("utf-8"))
    repository.commit()
    assert reviewed(repository, tmp_path) == []
