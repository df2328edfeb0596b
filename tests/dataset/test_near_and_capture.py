"""A case that is there already is found under other words; one missing ticket of many is named."""

from __future__ import annotations

from pathlib import Path

from callgate.dataset import read_set
from callgate.dataset.capture import captured
from callgate.dataset.importers.recording import Ticket
from callgate.dataset.near import NearIndex

HOUSE = Path(__file__).parents[2]


def test_a_copy_under_another_name_is_the_most_similar_case() -> None:
    from dataclasses import replace

    cases = read_set(HOUSE / "datasets/receptionist", HOUSE).cases
    index = NearIndex.of(cases)
    found = index.nearest(replace(cases[7], id="a-copy"))
    assert found[0].case == cases[7].id
    assert found[0].similarity > 0.99
    assert found[1].similarity < 0.8


def test_one_missing_ticket_of_500_is_named() -> None:
    from dataclasses import replace

    (case, *_) = read_set(HOUSE / "datasets/receptionist", HOUSE).cases
    tickets = [Ticket("csv", f"T-{number}", "x", resolved="2026-01-01") for number in range(500)]
    cases = [replace(case, id=f"c{number}", ticket=f"T-{number}") for number in range(500) if number != 321]
    done = captured(tickets, cases)
    assert done.missing == ("T-321",)
    assert done.text().startswith(
        "T-321: no case; it is not captured\n499 of 500 resolved tickets have a case (99.8 %)"
    )
