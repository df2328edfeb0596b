"""A pattern -> plain texts without which it cannot match, and those with which its matches begin.

Looking for them first is many times faster than trying the pattern at every place.

What is derived is necessary and never sufficient: lookarounds, optional parts and anything not understood need nothing.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from itertools import takewhile
from typing import Any, TypeAlias

DIGIT = "\0"
FREE = r"(?<![\w.:])"
"""With this a pattern begins whose matches are looked for by their beginnings: they stand nowhere else."""
_WORD = re.compile(r"[^\W\d_]+|\S")
_FREE = re.compile(FREE + rf"(?:{_WORD.pattern})")
_BLANK = re.compile(r"[^\S ]")
_DIGIT = re.compile(r"\d")
_parser: Any = import_module("re._parser")  # the standard library's own reading of a pattern


@dataclass(frozen=True, slots=True, eq=False)
class Clause:
    """Texts of which one must occur. DIGIT stands for any digit, a space for any white space. Equal ones are one."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Begin:
    """Texts with one of which every match begins; DIGIT stands for any digit. `at_start`: matches stand at the
    beginning of the text only."""

    texts: frozenset[str]
    at_start: bool = False


class Starts:
    """Some patterns by what their matches begin with: a text -> where in it each of them is worth a try."""

    def __init__(self, begins: Sequence[Begin | None]) -> None:
        self._anywhere = tuple(number for number, begin in enumerate(begins) if begin is None)
        self._at_start = frozenset(number for number, begin in enumerate(begins) if begin and begin.at_start)
        self._words: dict[str, set[int]] = {}  # by the word that matches begin with
        self._parts: dict[str, set[int]] = {}  # by letters that the word begins with
        for number, begin in enumerate(begins):
            for text in begin.texts if begin else ():
                first = _first_word(text)
                table = self._parts if first == text else self._words  # more follows: the word ends with it
                table.setdefault(first, set()).add(number)
        self._known: dict[str, tuple[int, ...]] = {}

    def places(self, said: Held) -> list[tuple[int, Sequence[int] | None]]:
        """The numbers of the patterns that can match, in order, each with the places where it can; None: anywhere."""
        found: dict[int, list[int]] = {}
        for word, place in said.words:
            numbers = self._known.get(word)
            for number in self._beginning(word) if numbers is None else numbers:
                if number in found:
                    found[number].append(place)
                else:
                    found[number] = [place]
        for number in self._at_start & found.keys():
            if found[number][0]:
                del found[number]
            else:
                found[number] = [0]
        anywhere: list[tuple[int, Sequence[int] | None]] = [(number, None) for number in self._anywhere]
        return sorted([*anywhere, *found.items()])

    def _beginning(self, word: str) -> tuple[int, ...]:
        """The patterns whose matches can begin with a word; kept for words of usual length."""
        numbers = set(self._words.get(word, ()))
        for end in range(1, min(len(word), _LONGEST) + 1):
            numbers |= self._parts.get(word[:end], set())
        if len(word) <= _LONGEST:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[word] = tuple(numbers)
        return tuple(numbers)


_LONGEST = 32  # letters of a word of a language, and more
_KEPT = 32768
_FEW = 3
_BEGUN = re.compile(rf"(?<!\w)\w{{{_FEW},{_FEW + 1}}}")


def _first_word(text: str) -> str:
    """The letters that a text begins with, else its first character; DIGIT where that is a digit."""
    first = _WORD.match(text)
    word = first.group() if first else ""
    return DIGIT if word.isdecimal() else word


class Held:
    """Which clauses a folded text fulfils and which words matches can begin with; each is looked for once."""

    __slots__ = ("_beginnings", "_folded", "_known", "_text", "_words", "digit")

    def __init__(self, folded: str) -> None:
        self.digit = _DIGIT.search(folded) is not None
        self._folded = folded
        self._text = _BLANK.sub(" ", folded) + (DIGIT if self.digit else "")
        self._known: dict[Clause, bool] = {}
        self._words: Sequence[tuple[str, int]] | None = None
        self._beginnings: set[str] | None = None

    def all(self, clauses: Iterable[Clause]) -> bool:
        """Whether one text of each clause occurs."""
        known = self._known
        for clause in clauses:
            held = known.get(clause)
            if held is None:
                held = known[clause] = self._has(clause)
            if not held:
                return False
        return True

    def _has(self, clause: Clause) -> bool:
        text = self._text
        for one in clause.texts:  # noqa: SIM110  # a loop: here the time goes
            if one in text:
                return True
        return False

    @property
    def beginnings(self) -> set[str]:
        """The first three and four characters of each word that has as many."""
        if self._beginnings is None:
            begun = _BEGUN.findall(self._folded)
            self._beginnings = set(begun)
            self._beginnings.update([word[:_FEW] for word in begun])
        return self._beginnings

    @property
    def words(self) -> Sequence[tuple[str, int]]:
        """Each word, digit or mark with nothing before it that belongs to it, as `Starts` knows it, and its place."""
        if self._words is None:
            found = ((match.group(), match.start()) for match in _FREE.finditer(self._folded))
            self._words = [(DIGIT if word.isdecimal() else word, place) for word, place in found]
        return self._words


def matches_at(pattern: re.Pattern[str], folded: str, places: Iterable[int]) -> Iterator[re.Match[str]]:
    """The matches of a pattern that begin at some places, in order and without overlaps, as `finditer` gives them."""
    end = 0
    for place in places:
        match = pattern.match(folded, place) if place >= end else None
        if match:
            yield match
            end = match.end()


@lru_cache(maxsize=8192)
def held(folded: str) -> Held:
    """What a folded text fulfils, worked out once for all who ask."""
    return Held(folded)


def may_match(pattern: re.Pattern[str], folded: str) -> bool:
    """Whether a pattern can match in a folded text or any part of it: False is sure."""
    return held(folded).all(needed(pattern.pattern))


@lru_cache(maxsize=1)
def _parsed(pattern: str) -> list[tuple[Any, Any]]:
    """What `needed` and `begins` read, one after the other."""
    return list(_parser.parse(pattern))


@lru_cache(maxsize=2048)
def needed(pattern: str) -> tuple[Clause, ...]:
    """The clauses of a pattern, each of which must hold where it matches; none where nothing can be told."""
    found = dict.fromkeys(_shortest(_sequence(_parsed(pattern))))
    return tuple(_KNOWN.setdefault(texts, Clause(tuple(sorted(texts)))) for texts in found)


@lru_cache(maxsize=2048)
def begins(pattern: str) -> Begin | None:
    """What the matches of a pattern begin with; None where that cannot be told, or not every match stands FREE."""
    if not pattern.startswith(FREE):
        return None
    items = _parsed(pattern)
    texts, empty = _first(items)
    if empty or texts is None or not all(text[0].strip() for text in texts):
        return None
    return Begin(texts, at_start=any(str(kind) == "AT" and str(at) == "AT_BEGINNING" for kind, at in items))


def beginnings(pattern: str, common: Container[str]) -> tuple[frozenset[str], ...]:
    """Sets of beginnings of words, of three or four letters: of each one stands in whatever matches. First those
    without common words; none where nothing can be told."""
    sets = _beginnings(list(_parser.parse(pattern)), free=pattern.startswith(r"(?<!\w)"))
    return tuple(sorted(dict.fromkeys(sets), key=lambda some: (sum(one in common for one in some), len(some))))


def _beginnings(items: Sequence[tuple[Any, Any]], *, free: bool) -> list[frozenset[str]]:
    """Sets of which each has the beginning of a word in what a sequence matches; `free`: a word can begin with it."""
    found: list[frozenset[str]] = []
    for at, (kind, value) in enumerate(items):
        if str(kind) in {"AT", "ASSERT", "ASSERT_NOT"}:
            continue
        heads = _heads(items[at:]) if free else None
        if heads and all(len(head) >= _FEW for head in heads):
            found.append(frozenset(head[: _FEW + 1] for head in heads))
        letter = _letter(str(kind), value)
        if str(kind) == "SUBPATTERN":
            found += _beginnings(list(value[3]), free=free)
        elif str(kind) == "BRANCH":
            ways = [_beginnings(list(branch), free=free) for branch in value[1]]
            if all(ways):
                found.append(frozenset(one for way in ways for one in min(way, key=len)))
        left_out = str(kind) in _REPEATS and value[0] == 0  # or may be
        free = free and _ends_a_word(list(value[2])) if left_out else letter == " "
    return found


def _ends_a_word(items: Sequence[tuple[Any, Any]]) -> bool:
    """Whether a sequence ends with white space."""
    kind, value = str(items[-1][0]), items[-1][1]
    if kind == "SUBPATTERN":
        return _ends_a_word(list(value[3]))
    if kind == "BRANCH":
        return all(way and _ends_a_word(list(way)) for way in value[1])
    return _letter(kind, value) == " "


def _heads(items: Sequence[tuple[Any, Any]]) -> frozenset[str] | None:
    """The letters with which a sequence begins; None where that cannot be told."""
    run = "".join(takewhile(str.isalpha, (_letter(str(kind), value) or " " for kind, value in items)))
    rest = items[len(run) :]
    if not rest or len(run) > _FEW:
        return frozenset({run})
    kind, value = str(rest[0][0]), rest[0][1]
    tails: list[frozenset[str] | None] = []
    if kind == "SUBPATTERN":
        tails = [_heads(list(value[3]))]
    elif kind == "BRANCH":
        tails = [_heads(list(branch)) for branch in value[1]]
    if not tails or None in tails:
        return frozenset({run}) if run else None
    return frozenset(run + tail for some in tails if some is not None for tail in some)


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
    if kind == "IN" and (texts := _one_of(value)):
        return texts, False
    return None, False


_REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
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
    if kind in _REPEATS:
        return _sequence(value[2]) if value[0] >= 1 else []
    if kind == "BRANCH":
        return _either([_sequence(branch) for branch in value[1]])
    return [frozenset({DIGIT})] if kind == "IN" and all(_is_digit(item) for item in value) else []


def _either(branches: Sequence[list[_Texts]]) -> list[_Texts]:
    """One clause for a choice: of each branch the one that holds most seldom; none where a branch needs nothing."""
    if not all(branches):
        return []
    texts = {text for branch in branches for text in min(branch, key=_often)}
    return [frozenset(text for text in texts if not any(other != text and other in text for other in texts))]


def _often(texts: _Texts) -> tuple[float, list[str]]:
    """How often one of some texts stands in what is said, by its longest word: "is not" oftener than "refund"."""
    return sum(0.1 ** max(map(len, text.split())) for text in texts), sorted(texts)


def _one_of(items: Sequence[tuple[Any, Any]]) -> _Texts | None:
    """What a set of characters stands for: any digit, or one of some marks or letters; None where it may be others."""
    if all(_is_digit(item) for item in items):
        return frozenset({DIGIT})
    letters = [_letter(str(kind), value) for kind, value in items]
    return frozenset(letters) if all(letter.strip() for letter in letters) else None


def _is_digit(item: tuple[Any, Any]) -> bool:
    kind, value = str(item[0]), item[1]
    if kind == "LITERAL":
        return chr(value).isdecimal()
    if kind == "RANGE":
        return all(chr(code).isdecimal() for code in range(value[0], value[1] + 1))
    return kind == "CATEGORY" and str(value) == "CATEGORY_DIGIT"
