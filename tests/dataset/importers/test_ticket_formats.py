"""Tickets of two trackers, of a CSV and of a complaint sheet: what they say, and the drafts that they become."""

from __future__ import annotations

import pytest
from call_samples import T0, TICKET_SAMPLES

from callgate import schemas
from callgate.concepts import Mistake
from callgate.dataset.importers import tickets_of
from callgate.dataset.importers.drafting import draft_of_ticket
from callgate.dataset.importers.reading import Export
from callgate.dataset.importers.recording import Ticket
from callgate.dataset.importers.yaml_text import yaml_text
from callgate.files import parse_yaml


def imported(name: str, content: str | None = None) -> list[Ticket]:
    return tickets_of(name, Export(name, TICKET_SAMPLES[name] if content is None else content))


@pytest.mark.parametrize("name", TICKET_SAMPLES)
def test_every_ticket_becomes_a_draft_that_its_schema_allows_and_that_reads_back(name: str) -> None:
    for ticket in imported(name):
        draft = draft_of_ticket(ticket, world={})
        document = parse_yaml(yaml_text(draft), f"{name}.yaml")
        assert document.value == draft
        assert schemas.problems("case", document) == []
        assert (draft["status"], draft["pii"], draft["ticket"]) == ("draft", "unreviewed", ticket.id)
        assert draft["caller"] == (ticket.text or ticket.summary)


def test_youtrack_custom_fields_of_both_shapes_are_read() -> None:
    first, second = imported("youtrack")
    assert (first.id, first.severity, first.cause, first.about["dealer"]) == (
        "OPS-1182",
        "critical",
        "prompt",
        "Riverbend",
    )
    assert first.created == "2026-03-06T22:42:00+00:00"
    assert first.resolved.startswith("2026-03-07")
    assert first.about["resolution"] == "Fixed in v3."
    assert (second.resolved, second.text, second.summary) == ("", "", "Open one")
    assert T0 // 1000 == 1772836920


def test_jira_documents_zones_and_named_custom_fields_are_read() -> None:
    (one,) = imported("jira")
    assert one.text == "The caller spoke Spanish."
    assert (one.created, one.resolved) == ("2026-03-06T22:42:00+00:00", "2026-03-07T10:00:00+00:00")
    assert (one.severity, one.about["dealer"]) == ("major", "Riverbend")


def test_a_csv_knows_what_is_closed_by_its_status() -> None:
    closed, still_open = imported("tickets")
    assert (closed.id, closed.resolved, closed.cause, closed.text) == (
        "T-1", "unknown", "config", "The agent said 79, it is 89.95",
    )  # fmt: skip
    assert still_open.resolved == ""


def test_a_complaint_sheet_says_what_should_have_happened() -> None:
    first, second = imported("complaints")
    assert (first.expected, first.call, first.about["dealer"]) == (
        "Ask once",
        "https://calls.example.com/5",
        "Riverbend",
    )
    draft = draft_of_ticket(first, world={})
    assert draft["note"] == "What should have happened: Ask once"
    assert second.text.startswith("Contestó")


def test_a_ticket_without_an_id_is_a_mistake_with_its_place() -> None:
    with pytest.raises(Mistake) as error:
        imported("tickets", "summary,status\nWrong price,Closed\n")
    assert str(error.value.problems[0]).startswith("tickets:2:1: ")
