"""A card says the same after it was written and read, and speaks for the languages that were labelled only."""

from __future__ import annotations

import json

import pytest

from callgate.stats.agreement import Estimate, agreement, may_gate
from callgate.stats.cards import Card, Labelled, LanguageCard


def card():
    labels = [n % 3 > 0 for n in range(60)]
    rows = tuple(
        Labelled(f"c{n // 2}", "d", f"c{n // 2}", "es", ("baseline", "candidate")[n % 2], 0, label, label, float(label))
        for n, label in enumerate(labels)
    )
    found = agreement(labels, labels, variants=[row.variant for row in rows], clusters=[row.cluster for row in rows])
    spanish = LanguageCard(60, 30, found, may_gate(found, in_orders=False), Estimate(0.0, -0.1, 0.1), None, 30)
    return Card("judge:tone", "prompts/judges/tone.md", "f" * 64, ("sim/judge",), 3, True, {"es": spanish}, rows)


def test_a_card_is_the_same_after_writing_and_reading():
    made = card()
    assert Card.from_json(made.to_json()) == made
    assert Card.from_json(made.to_json()).to_json() == made.to_json()


def test_a_card_speaks_only_for_the_languages_that_were_labelled():
    assert card().may_gate("es").may_gate
    missing = card().may_gate("en")
    assert not missing.may_gate
    assert missing.why_not == ("no labels in en",)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body.pop("languages"),
        lambda body: body.update(schema="callgate.card/2"),
        lambda body: body["labelled"][0].pop("label"),
        lambda body: body["languages"]["es"]["found"].update(guess=1),
    ],
)
def test_what_is_no_card_is_refused(spoil):
    body = json.loads(card().to_json())
    spoil(body)
    with pytest.raises(ValueError, match="card"):
        Card.from_json(json.dumps(body))
