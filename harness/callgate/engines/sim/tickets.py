"""A ticket's words, in English, Spanish or German -> what it is about and how much hurts while it waits.

Topics and stakes are found by the patterns of tickets.yaml over folded text (see text.fold). They name no label: which
categories and priorities there are, the prompt says (triage.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from callgate.engines.sim.text import fold
from callgate.files import read_yaml

STAKES = ("urgent", "high", "normal", "low")
OTHER = "other"
"""The topic of what is none of the others."""
SUBJECT = "Subject: "
_SUBJECT_WEIGHT = 1.5
_WORDS = Path(__file__).with_name("tickets.yaml")


@dataclass(frozen=True, slots=True)
class Understood:
    """What a ticket says: `topics` by weight, the strongest first; `stakes` are of STAKES; `tongue` is en, es or de."""

    topics: tuple[tuple[str, float], ...]
    stakes: str
    tongue: str
    is_angry: bool

    @property
    def is_mixed(self) -> bool:
        """Whether it holds two matters that are about as strong."""
        return len(self.topics) > 1 and self.topics[1][1] >= 0.5 * self.topics[0][1]


@dataclass(frozen=True, slots=True)
class Words:
    """tickets.yaml, compiled."""

    topics: Mapping[str, tuple[re.Pattern[str], ...]]
    stakes: Mapping[str, re.Pattern[str]]
    anger: re.Pattern[str]
    marks: Mapping[str, frozenset[str]]


@cache
def known_words() -> Words:
    """What is known of words, read once."""
    read: Any = read_yaml(_WORDS, "tickets.yaml").value
    return Words(
        {topic: tuple(_whole("|".join(sign)) for sign in signs) for topic, signs in read["topics"].items()},
        {name: _whole("|".join(some)) for name, some in read["stakes"].items()},
        _whole(read["anger"]),
        {tongue: frozenset(words.split()) for tongue, words in read["marks"].items()},
    )


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")


@lru_cache(maxsize=4096)
def understood(text: str) -> Understood:
    """What a ticket says; its subject line weighs more than the text below it."""
    head, _, body = text.partition("\n\n") if text.startswith(SUBJECT) else ("", "", text)
    subject, below = fold(head.removeprefix(SUBJECT)), fold(body)
    weights = {
        name: sum(_SUBJECT_WEIGHT * bool(sign.search(subject)) + bool(sign.search(below)) for sign in signs)
        for name, signs in known_words().topics.items()
    }
    topics = sorted(((name, weight) for name, weight in weights.items() if weight), key=lambda one: (-one[1], one[0]))
    whole = f"{subject}\n{below}"
    stakes = next((name for name, some in known_words().stakes.items() if some.search(whole)), "normal")
    return Understood(tuple(topics), stakes, _tongue(whole), _is_angry(text, whole))


def _tongue(folded: str) -> str:
    """The language that most of the small words are of."""
    words = re.findall(r"[a-z]+", folded)
    marks = known_words().marks
    return max(marks, key=lambda name: sum(word in marks[name] for word in words))


def _is_angry(text: str, folded: str) -> bool:
    shouted = [word for word in re.findall(r"\b[^\W\d_]{4,}\b", text) if word.isupper()]
    return len(shouted) > 2 or "!!" in text or known_words().anger.search(folded) is not None
