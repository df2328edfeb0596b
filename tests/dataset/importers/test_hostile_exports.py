"""Damaged exports end as a draft or as one mistake with its place: never as a traceback, never after a second."""

from __future__ import annotations

import os
import time

import pytest
from call_samples import SAMPLES, TICKET_SAMPLES
from mutations import mutated

from callgate import schemas
from callgate.concepts import Mistake
from callgate.dataset.importers import Hints, calls_of, tickets_of
from callgate.dataset.importers.drafting import draft_of, draft_of_ticket
from callgate.dataset.importers.reading import export_of
from callgate.dataset.importers.yaml_text import yaml_text
from callgate.dataset.redact import Pseudonyms, Redactor
from callgate.files import parse_yaml

TIMES = int(os.environ.get("CALLGATE_FUZZ", "60"))  # 10000 is the figure of the acceptance run
HINTS = Hints(channels={1: "agent", 2: "caller"})


def told(mistake: Mistake) -> bool:
    """Whether a mistake says what is wrong and where."""
    places = [problem.place for problem in mistake.problems]
    said = all(problem.message for problem in mistake.problems)
    return bool(places) and said and all(place.file == "export.json" and place.line >= 1 for place in places)


def drafted(name: str, content: bytes) -> str:
    """How an import ends: "draft" or "mistake"; anything else is raised."""
    try:
        export = export_of(content, "export.json")
        if name in SAMPLES:
            drafts = [draft_of(one, world={}) for one in calls_of(name, [export], HINTS) if one.events]
        else:
            drafts = [draft_of_ticket(one, world={}) for one in tickets_of(name, export) if one.text or one.summary]
    except Mistake as mistake:
        return "mistake" if told(mistake) else "a mistake without its place"
    for draft in drafts[:2]:
        clean = Redactor(Pseudonyms(b"salt", name)).redacted(draft)
        document = parse_yaml(yaml_text(clean), "draft.yaml")
        assert document.value == clean
        assert schemas.problems("case", document) == []
    return "draft"


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
