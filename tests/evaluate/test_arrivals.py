"""New cases in a pull request: nobody's unread draft comes in, and a ticket's case is red before and green after."""

from __future__ import annotations

from pathlib import Path

import pytest
from change import NEW_CASE, Repository, made

from callgate.cli.shared import worst
from callgate.concepts import Mistake
from callgate.evaluate.arrivals import waiting
from callgate.evaluate.proving import Proof
from callgate.evaluate.pull_request import Judged
from callgate.evaluate.review import Review, Sides
from callgate.evaluate.trees import commit, tree
from callgate.report.pull_request import comment, shown


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return made(tmp_path_factory.mktemp("arrivals"))


@pytest.fixture
def change(repository: Repository) -> Repository:
    repository.start("arrival")
    return repository


def code(found: Judged) -> int:
    return worst(found.codes(let_inconclusive=False))


def with_ticket(change: Repository, more: str = "") -> None:
    """The new case, as one that comes from a ticket."""
    change.add_case()
    path = change.case(NEW_CASE)
    change.write(path, f"ticket: OPS-9\n{more}" + (change.root / path).read_text("utf-8"))


def test_a_draft_that_nobody_has_read_is_a_mistake_in_ci(change: Repository) -> None:
    with_ticket(change, "status: draft\npii: unreviewed\n")
    change.commit()
    with pytest.raises(Mistake, match="pii: unreviewed: look for personal data") as error:
        change.judge()
    assert error.value.problems[0].place.line == 3


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("export.json", '{"customer": {"number": "+1 312 867 5309"}}\n'),
        ("tickets/t.csv", "id,text\n1,write to dana.whitfield@gmail.com\n"),
    ],
)
def test_an_export_with_personal_data_is_a_mistake_in_ci(change: Repository, file: str, text: str) -> None:
    change.write(f"datasets/receptionist/{file}", text)
    change.commit()
    with pytest.raises(Mistake, match="an export is no case") as error:
        change.judge()
    assert "5309" not in str(error.value)
    assert "dana" not in str(error.value)


def test_a_tickets_case_that_the_prompt_in_use_passes_does_not_reproduce(change: Repository) -> None:
    with_ticket(change)
    change.commit()
    found = change.judge()
    assert code(found) == 5
    assert "does not reproduce" in shown(found.change)
    assert found.change.review == ((change.case(NEW_CASE), f"case {NEW_CASE}: does not reproduce"),)
    assert "**Tickets:**" in comment(found.change)
    assert found.change.waits
    assert found.change.digest


def proof(*, red: int, green: int, missing: str = "") -> Proof:
    """A proof of five trials a side, so many of them passed."""
    return Proof("c", "v2", "v3", red, 5, green, 5, missing=missing)


@pytest.mark.parametrize(
    ("one", "proposed", "item"),
    [
        (proof(red=0, green=5), True, ""),
        (proof(red=0, green=4), True, "case c: not fixed"),
        (proof(red=4, green=5), True, "case c: does not reproduce: it shows in 1 of 5 (seldom: see --nightly)"),
        (proof(red=0, green=0), False, ""),  # a case alone has only to be red
        (proof(red=5, green=0), False, "case c: does not reproduce"),
        (proof(red=0, green=5, missing="auth: refused"), True, ""),  # incomplete, which no approval mends
    ],
)
def test_what_a_ticket_wants_of_a_change(
    repository: Repository, tmp_path: Path, one: Proof, *, proposed: bool, item: str
) -> None:
    entry = tree(repository.root, commit(repository.root, "main"))
    sides = Sides(entry, entry, tmp_path, tmp_path)
    found = waiting(Review((), {"c": "datasets/c.yaml"}, ""), [(one, proposed)], sides)
    assert [each.what for each in found.items] == ([item] if item else [])
    assert bool(found.digest) is bool(item)
    assert found.added == {"c": "datasets/c.yaml"}
