"""A case that is there already is found under other words; one missing ticket of many is named."""

from __future__ import annotations

import sys
from pathlib import Path

from callgate.dataset import read_set
from callgate.dataset.capture import captured
from callgate.dataset.importers.recording import Ticket
from callgate.dataset.near import NearIndex

HOUSE = Path(__file__).parents[2]
sys.path.insert(0, str(HOUSE / "benchmarks"))


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


def test_reworded_copies_are_found_among_800_cases() -> None:
    """The short version of `make bench-near` (5,000 cases, 200 copies)."""
    from near import measured

    done = measured(800, 60)
    assert done.found >= 0.95 * done.trials


def test_a_row_of_a_copy_says_what_differs() -> None:
    from dataclasses import replace

    cases = read_set(HOUSE / "datasets/receptionist", HOUSE).cases
    one = cases[7]
    other = replace(one, id="a-copy", segments={**one.segments, "language": "de"}, cluster="x")
    (first, *_) = NearIndex.of(cases).nearest(other)
    assert first.differs == (f"language={one.segments['language']}",)
    cut = replace(one, id="a-part", cluster=one.cluster)
    assert "cut from the same call" in NearIndex.of(cases).nearest(cut)[0].differs
