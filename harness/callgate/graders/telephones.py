"""A folded text -> the telephone numbers in it: written, said digit by digit, and said in groups."""

from __future__ import annotations

import re
from collections.abc import Iterator

from callgate.graders.needs import Held
from callgate.graders.numerals import DASHED, DOTTED, ISO, number_of
from callgate.graders.packs import Pack

_AMERICAN = re.compile(
    r"(?<![\w-])(?:\+?1[\s.-]?)?(?:\(\d{3}\)\s?|\d{3}(?:[\s./-]|,\s)?)?\d{3}(?:[\s.-]|,\s)?\d{4}(?![\w-])"
)
_LENGTHS = (7, 10, 11)
_FEWEST_ABROAD = 8
_FEWEST_SAID = 4
_FEWEST_GROUPS = 5  # of so many numbers, each written or said, a telephone number said in parts consists at least
_LENGTHS_IN_GROUPS = (9, 10)  # but where it has one of these lengths and is not only written
_LETTER = re.compile(r"[a-z]")
_GROUPED = re.compile(
    r"(?<![\w.,/$€£#-])(?:(?:\+|00)\d{1,3}(?:[\s.()-]{1,2}\d{1,6}){2,5}|"
    r"(?:\(\d{2,5}\)|\d{2,5})(?:[\s./-]\d{2,6}){1,4}|0\d{9,10}|[6-9]\d{8})"
    r"(?![\w-]|[.,:/]\d)"
)
_WRITTEN = re.compile(r"\d+")
_NOT_DIGIT = re.compile(r"\D")
_SAID_APART = re.compile(r"[^\s,.-]+")


def telephones(known: Pack, folded: str, said: Held) -> Iterator[tuple[str, re.Match[str]]]:
    """The digits of each telephone number and where it stands; the same one may be found in several ways."""
    written = _WRITTEN.findall(folded) if said.digit else ()
    digits = sum(map(len, written))
    for match in _AMERICAN.finditer(folded) if digits >= min(_LENGTHS) else ():
        yield _NOT_DIGIT.sub("", match.group()), match
    for match in _GROUPED.finditer(folded) if digits >= _FEWEST_ABROAD else ():
        if _rings(match.group()):
            yield _NOT_DIGIT.sub("", match.group()), match
    if len(written) + sum(map(folded.count, known.counting)) >= _FEWEST_SAID:
        yield from _said_digits(known, folded)


def _said_digits(known: Pack, folded: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Telephone numbers in words: digit by digit, and in groups."""
    for match in known.spoken_digits.finditer(folded):
        digits = _digits(known, match.group())
        if len(digits) >= min(_LENGTHS):
            yield digits, match
    for match in known.spoken_groups.finditer(folded):
        digits, groups = _grouped(known, match.group())
        said = len(digits) in _LENGTHS_IN_GROUPS and _LETTER.search(match.group()) is not None
        if all(known.clock.fullmatch(part.strip()) for part in match.group().split(",")):
            continue  # "eight thirty, nine forty-five, ten fifteen" are times
        if said or (groups > _FEWEST_GROUPS and len(digits) in _LENGTHS):
            yield digits, match


def _digits(known: Pack, said: str) -> str:
    out, times = "", 1
    for word in _SAID_APART.findall(said):
        if word in known.repeats:
            times = known.repeats[word]
        else:
            out += known.digits.get(word, word if word.isdigit() else "") * times
            times = 1
    return out


def _grouped(known: Pack, said: str) -> tuple[str, int]:
    """The digits of groups said as numbers, and how many: "tres doce, quinientos once" is 312511, of three groups."""
    groups = known.spoken_group.findall(said)
    numbers = (known.digits.get(g) or (g if g.isdigit() else f"{number_of(g, known) or 0:g}") for g in groups)
    return "".join(numbers), len(groups)


def _rings(written: str) -> bool:
    """Whether groups of digits are a telephone number: with a + before the country, a 0 before the area, 9 or 10 digits
    in one group or two, or three groups or more of 8 to 11. A date is none, with whatever follows it."""
    digits, groups = _NOT_DIGIT.sub("", written), _WRITTEN.findall(written)
    if written[0] == "+" or digits[:2] == "00":
        return 8 <= len(digits) <= 15
    if "/" in written or any(date.search(written) for date in (ISO, DASHED, DOTTED)):
        return False
    if digits[0] == "0":
        return 9 <= len(digits) <= 13
    if len(groups) < 3:
        return len(digits) == 9 == len(groups[0]) or (len(digits) == 10 and len(groups[0]) >= 4)
    return 8 <= len(digits) <= 11 and max(map(len, groups)) >= 3
