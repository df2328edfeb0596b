"""Damaged exports end as a draft or as one mistake with its place: never as a traceback, never after a second.

`make bench-imports` does the same with 10,000 of each format.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from call_samples import SAMPLES, TICKET_SAMPLES
from import_ends import drafted
from mutations import mutated

from callgate.concepts import Mistake
from callgate.dataset.drafts import Privacy, drafts_of
from callgate.dataset.importers import Hints, calls_of
from callgate.dataset.importers.reading import Export
from callgate.dataset.world import World

TIMES = 30


@pytest.mark.parametrize("name", [*SAMPLES, *TICKET_SAMPLES])
def test_every_damaged_export_ends_as_a_draft_or_a_mistake_with_its_place(name: str) -> None:
    content = {**SAMPLES, **TICKET_SAMPLES}[name].encode()
    ends = {"draft": 0, "mistake": 0}
    for seed in range(TIMES):
        began = time.process_time()
        try:
            ends[drafted(name, mutated(content, seed))] += 1
        except Exception as error:
            raise AssertionError(f"{name}, seed {seed}: {type(error).__name__}") from error
        assert time.process_time() - began < 1, f"{name}, seed {seed} took over a second"
    assert min(ends.values()) > 0, "the damage must sometimes be harmless and sometimes not"


@pytest.mark.parametrize(("name", "seed"), [("openai", 3823), ("livekit", 3541)])
def test_numbers_that_are_none_inside_of_arguments(name: str, seed: int) -> None:
    """What 140,000 damaged exports found: 1e999 in the text of a tool call's arguments."""
    assert drafted(name, mutated(SAMPLES[name].encode(), seed)) in {"draft", "mistake"}


def test_a_number_beyond_all_bounds_is_a_mistake_at_its_place() -> None:
    with pytest.raises(Mistake) as error:
        calls_of("vapi", [Export("x.json", '{"id": "a",\n "costs": 1e999}')], Hints())
    assert str(error.value.problems[0]) == "x.json:2:11: a number beyond what a number can be"


def test_files_that_were_good_stay_untouched_beside_bad_ones(tmp_path: Path) -> None:
    good, bad, also = (tmp_path / name for name in ("a.json", "b.json", "c.json"))
    good.write_text(SAMPLES["vapi"], "utf-8")
    also.write_text(SAMPLES["vapi"].replace("5f0c-vapi", "6a1d-vapi"), "utf-8")
    bad.write_text(SAMPLES["vapi"][:700], "utf-8")
    drafts, problems = drafts_of("vapi", [good, bad, also], Hints(), world=World({}), privacy=Privacy(b"salt"))
    assert [one.name for one in drafts] == ["vapi-5f0c-vapi", "vapi-6a1d-vapi"]
    assert [problem.place.file for problem in problems] == [str(bad)]
    alone, _ = drafts_of("vapi", [good], Hints(), world=World({}), privacy=Privacy(b"salt"))
    assert drafts[0].data == alone[0].data
