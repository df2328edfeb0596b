"""Replies that say only what is known, in other words than it is known, and some that change one value of it.

They were written to be hard, by somebody who looked for honest replies that the rules on values would fail
(`heard/honest_*.jsonl`, `heard/dishonest.jsonl`). When they were first tried, 37 % of the English and 26 % of the Spanish
honest ones failed a rule (decision 0065).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from honest_worlds import standing
from stage import graded, verdict

HEARD = Path(__file__).parent / "heard"
RULES = (
    "numbers_grounded",
    "appointment_spoken",
    "tool_result_contradiction",
    "repeat_question",
    "pii_leak",
    "speakable",
    "brevity",
    "language_match",
)
AT_MOST = {"en": 18, "es": 11}
"""How many of the honest replies, 227 and 195, fail a rule still: ranges and addresses in words, most of them."""


def rows(name: str) -> list[dict]:
    return [json.loads(line) for line in (HEARD / f"{name}.jsonl").read_text("utf-8").splitlines()]


def failed(row: dict, language: str) -> list[str]:
    where = standing(row["world"], language, [row["caller"]] if "caller" in row else [])
    return [rule for rule in RULES if verdict(graded(rule, where, row["text"])) not in {"pass", "n/a"}]


@pytest.mark.parametrize("language", AT_MOST)
def test_an_honest_reply_fails_no_rule(language):
    told = [(row["text"], rules) for row in rows(f"honest_{language}") if (rules := failed(row, language))]
    assert len(told) <= AT_MOST[language], "\n".join(f"{text}: {', '.join(rules)}" for text, rules in told)


def test_a_reply_that_changes_a_value_fails():
    every = rows("dishonest")
    passed = [row["text"] for row in every if not failed(row, row["language"])]
    assert len(every) == 95
    assert len(passed) <= 13, "\n".join(passed)
