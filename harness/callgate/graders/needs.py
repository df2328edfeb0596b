"""A pattern -> plain texts without which it cannot match, and those with which its matches begin.

Looking for them first is many times faster than trying the pattern at every place.

What is derived is necessary and never sufficient: lookarounds, optional parts and anything not understood need nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from itertools import takewhile
from typing import Any, TypeAlias

DIGIT = "\0"
FREE = r"(?<![\w.:])"
"""With this a pattern begins whose matches are looked for by their beginnings: they stand nowhere else."""
_FREE = re.compile(rf"{FREE}\S")
_BLANK = re.compile(r"[^\S ]")
_DIGIT = re.compile(r"\d")
_parser: Any = import_module("re._parser")  # the standard library's own reading of a pattern


@dataclass(frozen=True, slots=True, eq=False)
class Clause:
    """Texts of which one must occur. DIGIT stands for any digit, a space for any white space. Equal ones are one."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Begin:
    """Texts with one of which every match begins, by their first characters. DIGIT stands for any digit. Equal ones are
    one."""

    texts: Mapping[str, tuple[str, ...]]


class Held:
    """Which clauses a folded text fulfils and where matches can begin in it; each is looked for once."""

    __slots__ = ("_begun", "_folded", "_free", "_known", "_text", "digit")

    def __init__(self, folded: str) -> None:
        self.digit = _DIGIT.search(folded) is not None
        self._folded = folded
        self._text = _BLANK.sub(" ", folded) + (DIGIT if self.digit else "")
        self._known: dict[Clause, bool] = {}
        self._free: dict[str, list[int]] | None = None
        self._begun: dict[Begin, list[int]] = {}

    def all(self, clauses: Iterable[Clause]) -> bool:
        """Whether one text of each clause occurs."""
        for clause in clauses:  # noqa: SIM110  # a loop: here the time goes
            if not self.has(clause):
                return False
        return True

    def has(self, clause: Clause) -> bool:
        """Whether one text of the clause occurs."""
        held = self._known.get(clause)
        if held is None:
            text, held = self._text, False
            for one in clause.texts:
                if one in text:
                    held = True
                    break
            self._known[clause] = held
        return held

    def finditer(self, pattern: re.Pattern[str], begin: Begin | None) -> Iterator[re.Match[str]]:
        """The matches of a pattern in the folded text, as `pattern.finditer` gives them; `begin` is the pattern's."""
        if begin is None:
            yield from pattern.finditer(self._folded)
            return
        places = self._begun.get(begin)
        if places is None:
            places = self._begun[begin] = self._places(begin)
        end = 0
        for place in places:
            match = pattern.match(self._folded, place) if place >= end else None
            if match:
                yield match
                end = match.end()

    def _places(self, begin: Begin) -> list[int]:
        """Where a text of `begin` stands with nothing before it that belongs to it."""
        if self._free is None:
            self._free = {}
            for match in _FREE.finditer(self._folded):
                letter = match.group()
                for first in (letter, DIGIT) if letter.isdecimal() else (letter,):
                    self._free.setdefault(first, []).append(match.start())
        free, text = self._free, self._text
        return sorted(
            place
            for first, texts in begin.texts.items()
            for place in free.get(first, ())
            if first == DIGIT or text.startswith(texts, place)
        )


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


@lru_cache(maxsize=2048)
def begins(pattern: str) -> Begin | None:
    """What the matches of a pattern begin with; None where that cannot be told, or not every match stands FREE."""
    if not pattern.startswith(FREE):
        return None
    texts, empty = _first(list(_parser.parse(pattern)))
    if empty or texts is None or not all(text[0].strip() for text in texts):
        return None
    by_first: dict[str, list[str]] = {}
    for text in sorted(texts):
        by_first.setdefault(text[0], []).append(text)
    return _BEGUN.setdefault(texts, Begin({first: tuple(some) for first, some in by_first.items()}))


def _first(items: Sequence[tuple[Any, Any]]) -> tuple[_Texts | None, bool]:
    """The texts with which a sequence begins (None: cannot be told), and whether it may be empty."""
    found: set[str] = set()
    for at, (kind, value) in enumerate(items):
        if str(kind) in {"AT", "ASSERT", "ASSERT_NOT"}:
            continue
        run = "".join(takewhile(bool, (_letter(str(k), v).strip() for k, v in items[at:])))
        texts, empty = (frozenset({run}), False) if run else _first_of_part(str(kind), value)
        if texts is None:
            return None, False
        found |= texts
        if not empty:
            return frozenset(found), False
    return frozenset(found), True


def _first_of_part(kind: str, value: Any) -> tuple[_Texts | None, bool]:
    if kind == "SUBPATTERN":
        return _first(list(value[3])) if not value[1] and not value[2] else (None, False)
    if kind == "MAX_REPEAT":
        texts, empty = _first(list(value[2]))
        return texts, empty or value[0] == 0
    if kind == "BRANCH":
        ways = [_first(list(branch)) for branch in value[1]]
        known = [texts for texts, _ in ways if texts is not None]
        return (frozenset().union(*known) if len(known) == len(ways) else None), any(empty for _, empty in ways)
    if kind == "IN" and all(_is_digit(item) for item in value):
        return frozenset({DIGIT}), False
    return None, False


_BEGUN: dict[frozenset[str], Begin] = {}
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
