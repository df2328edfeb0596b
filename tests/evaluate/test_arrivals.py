"""New cases in a pull request: nobody's unread draft comes in, and a ticket's case is red before and green after."""

from __future__ import annotations

import pytest
from change import NEW_CASE, Repository, made

from callgate.cli.shared import worst
from callgate.concepts import Mistake
from callgate.evaluate.pull_request import Judged
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
    assert code(change.judge(approved=[found.change.digest])) == 0


def test_a_tickets_case_without_a_fix_has_only_to_be_red(repository: Repository) -> None:
    repository.start("complaint", "broken")
    with_ticket(repository)
    repository.commit()
    found = repository.judge("broken")
    assert code(found) == 0, shown(found.change)
    assert found.change.review == ()
    assert found.change.proofs[0].startswith(f"{NEW_CASE}: not fixed")
    assert "**Tickets:**" in comment(found.change)
