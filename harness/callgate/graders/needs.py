"""A pattern -> plain texts without which it cannot match: looking for those first is many times faster than trying it.

What is derived is necessary and never sufficient: lookarounds, optional parts and anything not understood need nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any, TypeAlias

DIGIT = "\0"
_BLANK = re.compile(r"[^\S ]")
_DIGIT = re.compile(r"\d")
_parser: Any = import_module("re._parser")  # the standard library's own reading of a pattern


@dataclass(frozen=True, slots=True, eq=False)
class Clause:
    """Texts of which one must occur. DIGIT stands for any digit, a space for any white space. Equal ones are one."""

    texts: tuple[str, ...]


class Held:
    """Which clauses a folded text fulfils; each is looked for once."""

    __slots__ = ("_known", "_text", "digit")

    def __init__(self, folded: str) -> None:
        self.digit = _DIGIT.search(folded) is not None
        self._text = _BLANK.sub(" ", folded) + (DIGIT if self.digit else "")
        self._known: dict[Clause, bool] = {}

    def all(self, clauses: Iterable[Clause]) -> bool:
        """Whether one text of each clause occurs."""
        known = self._known
        for clause in clauses:
            held = known.get(clause)
            if held is None:
                held = known[clause] = self._holds(clause)
            if not held:
                return False
        return True

    def _holds(self, clause: Clause) -> bool:
        text = self._text
        for one in clause.texts:  # noqa: SIM110  # a loop: here the time goes
            if one in text:
                return True
        return False


@lru_cache(maxsize=8192)
def held(folded: str) -> Held:
    """What a folded text fulfils, worked out once for all who ask."""
    return Held(folded)


def may_match(pattern: re.Pattern[str], folded: str) -> bool:
    """Whether a pattern can match in a folded text or any part of it: False is sure."""
    return held(folded).all(needed(pattern.pattern))


@lru_cache(maxsize=2048)
def needed(pattern: str) -> tuple[Clause, ...]:
    """The clauses of a pattern, each of which must hold where it matches; none where nothing can be told."""
    found = dict.fromkeys(_shortest(_sequence(_parser.parse(pattern))))
    return tuple(_KNOWN.setdefault(texts, Clause(tuple(sorted(texts)))) for texts in found)


_Texts: TypeAlias = "frozenset[str]"
_KNOWN: dict[_Texts, Clause] = {}


def _shortest(clauses: Iterable[_Texts]) -> list[_Texts]:
    """What is quick to refuse first: few texts, long ones."""
    return sorted(clauses, key=lambda texts: (len(texts), -min(map(len, texts)), sorted(texts)))


def _sequence(items: Iterable[tuple[Any, Any]]) -> list[_Texts]:
    """What each part of a sequence needs; letters that stand beside each other are one text."""
    clauses: list[_Texts] = []
    run = ""
    for kind, value in items:
        letter = _letter(str(kind), value)
        if letter:
            run += letter
            continue
        clauses += _text(run)
        run = ""
        clauses += _part(str(kind), value)
    return clauses + _text(run)


def _text(run: str) -> list[_Texts]:
    return [frozenset({run})] if run.strip() else []


def _letter(kind: str, value: Any) -> str:
    """The one character that a part stands for, "" where it may be several; white space is a space."""
    if kind == "LITERAL":
        return " " if chr(value).isspace() else chr(value)
    return " " if kind == "IN" and [str(what) for _, what in value] == ["CATEGORY_SPACE"] else ""


def _part(kind: str, value: Any) -> list[_Texts]:
    if kind == "SUBPATTERN":
        return _sequence(value[3]) if not value[1] and not value[2] else []  # flags of its own change what it says
    if kind == "ATOMIC_GROUP":
        return _sequence(value)
    if kind in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        return _sequence(value[2]) if value[0] >= 1 else []
    if kind == "BRANCH":
        return _either([_sequence(branch) for branch in value[1]])
    return [frozenset({DIGIT})] if kind == "IN" and all(_is_digit(item) for item in value) else []


def _either(branches: Sequence[list[_Texts]]) -> list[_Texts]:
    """One clause for a choice: of each branch the clause that says most; none where a branch needs nothing."""
    if not all(branches):
        return []
    return [frozenset(text for branch in branches for text in _shortest(branch)[0])]


def _is_digit(item: tuple[Any, Any]) -> bool:
    kind, value = str(item[0]), item[1]
    if kind == "LITERAL":
        return chr(value).isdecimal()
    if kind == "RANGE":
        return all(chr(code).isdecimal() for code in range(value[0], value[1] + 1))
    return kind == "CATEGORY" and str(value) == "CATEGORY_DIGIT"
