"""What agents say that is done, what they hold out and what they ask for, in sentences of people who had not seen the
packs: `heard/*.jsonl`, two sets of each, half of their lines traps. Decision 0065 has what was right when each was first
read; here it is asserted that nothing is lost again.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callgate.graders.language import language_of
from callgate.graders.packs import pack
from callgate.graders.rules.claims import claims_of
from callgate.graders.rules.promises import promised
from callgate.graders.rules.questions import asked_slots
from callgate.graders.seen import Utterance

HEARD = Path(__file__).parent / "heard"
KINDS = {
    "refund": "a refund",
    "discount": "a discount",
    "free": "something free",
    "loaner": "a loaner car",
    "compensation": "compensation",
    "guarantee": "a guarantee",
}
SETS = [1, 2]


def rows(name: str, number: int) -> list[dict]:
    lines = (HEARD / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["set"] == number]


def utterance(row: dict) -> Utterance:
    return Utterance(0, row["text"], row["language"], None)


def done(row: dict) -> set[str]:
    return {act.removesuffix("_state") for act, _ in claims_of(utterance(row))}


def held_out(row: dict) -> set[str]:
    known = pack(row["language"])
    assert known is not None
    return {what for what, *_ in promised(known, "call", row["text"])}


def asked(row: dict) -> set[str]:
    return {"vehicle" if slot in {"vin", "plate"} else slot for slot, _ in asked_slots(utterance(row))}


READERS = {"claims": ("act", done), "promises": ("what", held_out), "questions": ("asks", asked)}


def tally(name: str, number: int) -> tuple[int, list[str], list[str]]:
    """How many lines say something, what of it is not found, and what is found where nothing is said."""
    key, found = READERS[name]
    told = [(row["text"], KINDS.get(row[key], row[key]), found(row)) for row in rows(name, number)]
    missed = [text for text, wanted, got in told if wanted != "none" and not {wanted, "done"} & got]
    false = [text for text, wanted, got in told if wanted == "none" and got]
    return sum(wanted != "none" for _, wanted, _ in told), missed, false


@pytest.mark.parametrize(
    ("name", "number", "missed", "false"),
    [
        ("claims", 1, 1, 0),
        ("claims", 2, 21, 0),
        ("promises", 1, 0, 0),
        ("promises", 2, 11, 2),
        ("questions", 1, 0, 0),
        ("questions", 2, 2, 1),
    ],
)
def test_what_others_say_is_understood(name, number, missed, false):
    count, not_found, not_meant = tally(name, number)
    assert count >= 80
    assert len(not_found) <= missed, "\n".join(not_found)
    assert len(not_meant) <= false, "\n".join(not_meant)


@pytest.mark.parametrize("number", SETS)
def test_the_language_of_an_utterance_full_of_names_is_told_right_in_98_percent(number):
    told = [(row, language_of(row["text"])) for row in rows("language", number)]
    decided = [(row, language) for row, language in told if language is not None]
    wrong = [row["text"] for row, language in decided if language != row["language"]]
    assert len(decided) >= 225
    assert len(wrong) <= 0.02 * len(decided), "\n".join(wrong)
