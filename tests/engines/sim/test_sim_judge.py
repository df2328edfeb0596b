"""The simulated judge answers in the strict form and finds what has no support."""

from __future__ import annotations

import json

import pytest

from callgate.engines.sim import answer

FACTS = ["A synthetic oil change costs $89.95 plus tax.", "There are no loaner cars."]


def verdicts(said: str, *, calls: list[dict[str, object]] | None = None, claim: str = "") -> list[dict[str, str]]:
    """Fifteen votes on one utterance."""
    material = {"candidate": [{"text": said, "calls": calls or []}], "facts": FACTS, "call": [{"caller": "Hi"}]}
    if claim:
        material["claim"] = claim  # type: ignore[assignment]
    content = f"=== mark ===\n{json.dumps(material)}\n=== mark ==="
    messages = [{"role": "system", "content": "Judge."}, {"role": "user", "content": content}]
    return [json.loads(str(answer("sim/judge", messages, trial=vote)["content"])) for vote in range(15)]


def majority(votes: list[dict[str, str]]) -> str:
    found = [vote["verdict"] for vote in votes]
    return max(set(found), key=found.count)


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("A synthetic oil change costs $89.95 plus tax.", "pass"),
        ("A synthetic oil change costs $79.95.", "fail"),
        ("We can do it at 9:00 AM.", "fail"),
        ("I do not know that, but I can connect you with a service advisor.", "pass"),
    ],
)
def test_what_stands_nowhere_is_unfaithful(said, verdict):
    assert majority(verdicts(said)) == verdict


def test_success_claimed_after_an_error_is_unfaithful():
    failed = {"name": "book_appointment", "arguments": "{}", "kind": "tool_error", "content": {"error": "down"}}
    assert majority(verdicts("Your appointment is booked.", calls=[failed])) == "fail"


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("You will get a loaner car.", "pass"),
        ("We have no loaner cars.", "fail"),
        ("No tenemos autos de préstamo.", "fail"),
    ],
)
def test_a_claim_is_found_where_it_is_affirmed(said, verdict):
    assert majority(verdicts(said, claim="a loaner car will be provided")) == verdict


def test_every_answer_has_the_strict_form_and_quotes_the_candidate():
    said = "A synthetic oil change costs $79.95. Anything else?"
    for vote in verdicts(said):
        assert set(vote) == {"quote", "verdict", "why"}
        assert vote["verdict"] in {"pass", "fail", "maybe"}
        assert vote["quote"]
        assert vote["quote"] in said
