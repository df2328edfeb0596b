"""What is shared shows what changed and nobody's data."""

from dataclasses import replace

from callgate.report.conversation import conversation
from callgate.report.html import page
from callgate.report.share import shareable
from pages import behind, call, decided, flip

NUMBER, NAME, MAIL = "312-867-5309", "Wilhelmina Quackenbush", "wilhelmina@quackenbush-law.com"
SPOKEN = f"Sure {NAME}, I will call you at {NUMBER} and write to {MAIL}."


def told():
    """A decision whose reply, grades and flips name a caller, and the call it belongs to."""
    one = call("es-001", candidate=SPOKEN, why=f"said the number {NUMBER}")
    one = replace(one, case=replace(one.case, caller={"name": NAME, "phone": NUMBER}, title=f"{NAME} wants Tuesday"))
    decision = decided(flips=[replace(flip("es-001", 5), why=f'said "{SPOKEN}"', evidence=SPOKEN)])
    return decision, behind(one)


def test_personal_data_is_masked_in_every_field_of_the_shared_page():
    decision, known = told()
    whole = page(decision, "", {}, known)
    assert all(text in whole for text in (NUMBER, "Quackenbush", MAIL))
    shared = page(*_page(decision, known))
    for text in (NUMBER, "5309", "Wilhelmina", "Quackenbush", MAIL):
        assert text not in shared, text
    assert "555-01" in shared
    assert "@example.com" in shared


def test_the_shared_page_keeps_the_verdict_and_what_changed_and_drops_the_rest():
    decision, known = told()
    shared = page(*_page(decision, known))
    assert "language=es fell 14.4 points." in shared
    assert "I will call you at" in shared
    assert "Con gusto" in shared
    for dropped in ("¿En qué le ayudo?", "Buenos días", "wants Tuesday", "What the prompt changes"):
        assert dropped in page(decision, "", {}, known)
        assert dropped not in shared


def test_evidence_is_still_marked_where_it_stands():
    decision, known = told()
    assert '<mark class="' in page(*_page(decision, known)) or "<mark>" in page(*_page(decision, known))


def test_two_shared_pages_cannot_be_put_together():
    decision, known = told()
    assert shareable(decision, known)[0].flips != shareable(decision, known)[0].flips


def _page(decision, known):
    masked, its = shareable(decision, known)
    return masked, "", None, its


def test_the_terminal_marks_evidence_with_the_number_of_its_grader():
    (one,) = behind(call("es-001")).calls
    shown = conversation(one.case, one.views, {"baseline": "v2", "candidate": "v3"}, width=120)
    assert "⟦" in shown
    assert "⟧1" in shown
    assert "x1 language_match: replied in English" in shown
