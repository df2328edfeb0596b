"""A text -> the personal data in it. English and Spanish, written and said aloud; pure, and never a network.

Finders know forms (a telephone, a card's check digit) and words around them ("my plate is"); names are found where they
are declared or introduced, and not otherwise. Values that our own pseudonyms have (555-01xx, example.com) are none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from callgate.dataset.pii import names, places, spoken, structured
from callgate.dataset.pii.found import STRUCTURED, Found, Kind, digits_of, masked

__all__ = ["STRUCTURED", "Found", "Kind", "digits_of", "find", "is_invented"]

_FINDERS = (
    structured.emails,
    structured.cards,
    structured.vins,
    structured.ssns,
    structured.phones,
    structured.plates,
    places.addresses,
    spoken.emails,
    spoken.numbers,
    spoken.codes,
)
LONGEST = 8_000
"""Texts are searched in pieces of this many characters, so that none takes long."""


def find(text: str, known: Collection[str] = ()) -> tuple[Found, ...]:
    """The personal data in a text, in order and without overlaps. `known` are folded words of declared names."""
    if len(text) < 2:
        return ()
    found: list[Found] = []
    start = 0
    while start < len(text):
        end = _cut(text, start)
        piece = text[start:end]
        part = (*_all(piece), *names.found_names(piece, known))
        kept = _apart([one for one in part if not is_invented(one)])
        found += [Found(f.start + start, f.end + start, f.kind, f.key, f.spoken) for f in kept] if start else kept
        start = end
    return tuple(found)


def _cut(text: str, start: int) -> int:
    """The end of the piece that begins at `start`: at the end of a line or a sentence, where there is one."""
    end = start + LONGEST
    if end >= len(text):
        return len(text)
    near = max(text.rfind(mark, end - 500, end) for mark in ("\n", ". ", "}", " "))
    return near + 1 if near > start else end


def _all(text: str) -> Iterator[Found]:
    if not re.search(r"[\d@]|\b(?:at|arroba|dot|punto)\b", text) and not _NUMBER_WORD.search(text):
        return
    plain = masked(text)
    for finder in _FINDERS:
        yield from finder(plain)


_NUMBER_WORD = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|zero|oh|double|triple|uno|dos|tres|cuatro|cinco|seis|siete|ocho|"
    r"nueve|cero|doble|diez|veinti\w*|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa|box|calle|avenida)\b",
    re.IGNORECASE,
)


def is_invented(found: Found) -> bool:
    """Whether a value is of those that can be nobody's: 555-01xx, example.com, a social security number from 000."""
    if found.kind == "phone":
        return re.fullmatch(r"\d{0,8}55501\d\d", found.key) is not None
    if found.kind == "email":
        host = found.key.rpartition("@")[2]
        return re.fullmatch(r"(?:.*\.)?(?:example(?:\.[a-z]{2,3})?|test|invalid|localhost)", host) is not None
    if found.kind in {"digits", "card", "ssn"}:
        return found.key.startswith("000")
    return found.kind == "vin" and found.key.startswith("0")


def _apart(found: list[Found]) -> list[Found]:
    """Those that do not overlap: the longer first, then in the order of the finders."""
    kept: list[Found] = []
    taken: list[tuple[int, int]] = []
    for one in sorted(found, key=lambda one: (one.start - one.end, one.start)):
        if all(one.end <= start or one.start >= end for start, end in taken):
            kept.append(one)
            taken.append((one.start, one.end))
    return sorted(kept, key=lambda one: one.start)
