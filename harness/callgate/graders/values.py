"""A text and a language pack -> the times, dates, amounts, telephone numbers and numbers said in it, with their spans.

A value keeps every reading that the words allow: "at two" is 2:00 and 14:00, and says so (`ambiguous`).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Literal

from callgate.graders.needs import Held, held, matches_at
from callgate.graders.packs import Form, Pack, pack
from callgate.graders.text import fold

Kind = Literal["time", "date", "money", "phone", "number"]
_PHONE = re.compile(
    r"(?<![\w-])(?:\+?1[\s.-]?)?(?:\(\d{3}\)\s?|\d{3}(?:[\s.-]|,\s)?)?\d{3}(?:[\s.-]|,\s)?\d{4}(?![\w-])"
)
_PHONE_LENGTHS = (7, 10, 11)
_FEWEST_GROUPS = 5  # of so many numbers, each written or said, a telephone number said in parts consists at least
_WRITTEN = re.compile(r"\d+")
_ISO = re.compile(r"(?<!\w)(20\d\d)-(\d\d)-(\d\d)(?!\d)")
_NOT_DIGIT = re.compile(r"\D")
_THOUSANDS = re.compile(r",(?=\d{3}(?:\D|$))")
_JOINT = re.compile(r"[\s-]+")
_SAID_APART = re.compile(r"[^\s,.-]+")
_SLASH = re.compile(r"(?<![\w/])(\d{1,2})/(\d{1,2})(?:/(20\d\d|\d\d))?(?![\w/])")
_RANK: dict[str, int] = {"time": 0, "date": 1, "phone": 2, "money": 3, "number": 4}


@dataclass(frozen=True, slots=True)
class Day:
    """A day as said: what was named is set, the rest None. `offset` counts days from today, `weekday` from Monday 0."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    offset: int | None = None

    def fits(self, day: date, today: date) -> bool:
        """Whether everything that was named is true of `day`."""
        return (
            self.year in {None, day.year}
            and self.month in {None, day.month}
            and self.day in {None, day.day}
            and self.weekday in {None, day.weekday()}
            and (self.offset is None or (day - today).days == self.offset)
        )


@dataclass(frozen=True, slots=True)
class Value:
    """One value in a text. Readings by kind: time minutes of the day, date `Day`, money cents, phone digits, number."""

    kind: Kind
    text: str
    start: int
    end: int
    readings: tuple[Hashable, ...]

    @property
    def ambiguous(self) -> bool:
        """Whether the words allow more than one reading."""
        return len(self.readings) > 1

    def tells(self, moment: datetime, today: date) -> bool:
        """Whether a time or a day as said is that of a local moment."""
        if self.kind == "time":
            return moment.hour * 60 + moment.minute in self.readings
        return any(isinstance(reading, Day) and reading.fits(moment.date(), today) for reading in self.readings)


@lru_cache(maxsize=16384)
def find(text: str, language: str) -> tuple[Value, ...]:
    """Every value in `text` as the language writes and says it, in order, without overlaps; empty without a pack.

    Of overlapping readings the longest holds: "March 9 at 2:00 PM" is a date and a time and not four numbers.
    """
    known = pack(language)
    folded = fold(text)
    if known is None or not known.hint.search(folded):
        return ()
    said = held(folded)
    found = [
        value
        for number, places in known.starts.places(said)
        if said.all(known.forms[number].needs)
        for value in _read(known.forms[number], known, text, folded, places)
    ]
    found += _others(known, text, folded, said)
    return _apart(found) if len(found) > 1 else tuple(found)


def _apart(found: list[Value]) -> tuple[Value, ...]:
    """The longest of values that overlap, in the order of the text."""
    kept: list[Value] = []
    for value in sorted(found, key=lambda v: (v.start - v.end, _RANK[v.kind])):
        at = bisect_left(kept, value.end, key=_start)  # all behind it begin where it has ended, or later
        if at == 0 or kept[at - 1].end <= value.start:
            kept.insert(at, value)
    return tuple(kept)


_start = attrgetter("start")


def _read(form: Form, known: Pack, text: str, folded: str, places: Sequence[int] | None) -> list[Value]:
    """The values of a form that begin at these places (None: anywhere), without overlaps."""
    found: list[Value] = []
    pattern, read = form.pattern, _READERS[form.kind]
    for match in pattern.finditer(folded) if places is None else matches_at(pattern, folded, places):
        readings = read(form, known, match)
        if readings:
            start, end = match.span("value" if "value" in pattern.groupindex else 0)
            kind: Kind = form.kind  # type: ignore[assignment]  # the pack loader makes only these four
            found.append(Value(kind, text[start:end], start, end, readings))
    return found


def number_of(words: str, known: Pack) -> float | None:
    """The number that digits or number words say; a comma before one or two last digits is a decimal comma."""
    if words.isdecimal():
        return float(words)
    if words[:1].isdigit():
        plain = _THOUSANDS.sub("", words).replace(",", ".")
        return float(plain)
    parts = [known.words.get(_JOINT.sub(" ", part), 0) for part in known.word.findall(words)]
    if not parts:
        return None
    if 1000 not in parts:
        return float(sum(parts))
    before, after = parts[: parts.index(1000)], parts[parts.index(1000) + 1 :]
    return float((sum(before) or 1) * 1000 + sum(after))


def _groups(match: re.Match[str]) -> Mapping[str, str]:
    """What the named groups that took part matched."""
    return {name: said.strip() for name, said in match.groupdict("").items() if said}


def _time(form: Form, known: Pack, match: re.Match[str]) -> tuple[Hashable, ...]:
    if isinstance(form.exact, str):
        hours, minutes = form.exact.split(":")
        return (int(hours) * 60 + int(minutes),)
    said = _groups(match)
    hour_said = said.get("h", "")
    hour = int(hour_said) if hour_said.isdigit() else known.hours.get(hour_said, -1)
    if not 0 <= hour <= 24:
        return ()
    after, before = said.get("m") or said.get("mw") or said.get("past"), said.get("to")
    shift = int(form.add) + int(number_of(after, known) or 0 if after else 0)
    shift -= int(number_of(before, known) or 0 if before else 0)
    if not -60 < shift < 60:
        return ()
    sure = hour > 12 or hour == 0 or (len(hour_said) == 2 and hour_said[0] == "0")
    hours_read = (hour % 24,) if sure else _hours(hour, _part(known, said.get("part", "")))
    return tuple((h * 60 + shift) % 1440 for h in hours_read)


def _part(known: Pack, said: str) -> str:
    return next((part for part, pattern in known.parts if said and pattern.search(said)), "")


def _hours(hour: int, part: str) -> tuple[int, ...]:
    """The hours of the day that 1..12 can mean with this part of the day; both where nothing says."""
    morning, evening = hour % 12, hour % 12 + 12
    if part in {"am", "noon"}:
        return (12,) if part == "noon" and hour == 12 else (morning,) if part == "am" else (evening,)
    if part == "pm":
        return (evening,)
    if part == "night":
        return (evening,) if 6 <= hour <= 11 else (morning,)
    return (evening, morning) if hour == 12 else (morning, evening)


def _date(form: Form, known: Pack, match: re.Match[str]) -> tuple[Hashable, ...]:
    del form
    said = _groups(match)
    weekday = known.weekdays.get(said.get("wd", ""))
    month = known.months.get(said.get("month", ""))
    day = int(said["day"]) if "day" in said else known.ordinals.get(_JOINT.sub(" ", said.get("dayw", "")))
    year = int(said["year"]) if "year" in said else None
    return (Day(year, month, day, weekday),)


def _money(form: Form, known: Pack, match: re.Match[str]) -> tuple[Hashable, ...]:
    said = _groups(match)
    first = number_of(said.get("n", ""), known)
    rest = number_of(said["n2"], known) if "n2" in said else 0.0
    if first is None or rest is None or rest > 99:
        return ()
    if form.cents == "apart" and known.one_number.fullmatch(match.group()):  # "one hundred twenty" is one number
        return ()
    return (round(first + rest),) if form.cents == "only" else (round(first * 100 + rest),)


def _number(form: Form, known: Pack, match: re.Match[str]) -> tuple[Hashable, ...]:
    if form.exact is not None:
        return (float(form.exact),)
    number = number_of(match["n"].strip(), known)
    return () if number is None else (number + form.add,)


_READERS = {"time": _time, "date": _date, "money": _money, "number": _number}


def _others(known: Pack, text: str, folded: str, said: Held) -> list[Value]:
    """What needs no form: telephone numbers, digits said one by one, ISO and slash dates, tomorrow."""
    found: list[Value] = []

    def add(kind: Kind, match: re.Match[str], *readings: Hashable) -> None:
        found.append(Value(kind, text[match.start() : match.end()], *match.span(), readings))

    written = _WRITTEN.findall(folded) if said.digit else ()
    for match in _PHONE.finditer(folded) if written and sum(map(len, written)) >= min(_PHONE_LENGTHS) else ():
        add("phone", match, _NOT_DIGIT.sub("", match.group()))
    if len(written) + sum(map(folded.count, known.counting)) >= _FEWEST_GROUPS:
        for digits, match in _said_digits(known, folded):
            add("phone", match, digits)
    for match in _ISO.finditer(folded) if written and "-" in folded else ():
        add("date", match, Day(*(int(part) for part in match.groups())))
    for match in _SLASH.finditer(folded) if written and "/" in folded else ():
        add("date", match, *_slashed(known, match))
    for pattern, days, needs in known.relative:
        for match in pattern.finditer(folded) if said.all(needs) else ():
            add("date", match, Day(offset=days))
    return found


def _said_digits(known: Pack, folded: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Telephone numbers in words: digit by digit, and in groups."""
    for match in known.spoken_digits.finditer(folded):
        digits = _digits(known, match.group())
        if len(digits) >= min(_PHONE_LENGTHS):
            yield digits, match
    for match in known.spoken_groups.finditer(folded):
        digits = _grouped(known, match.group())
        if len(digits) in _PHONE_LENGTHS:
            yield digits, match


def _digits(known: Pack, said: str) -> str:
    out, times = "", 1
    for word in _SAID_APART.findall(said):
        if word in known.repeats:
            times = known.repeats[word]
        else:
            out += known.digits.get(word, word) * times
            times = 1
    return out


def _grouped(known: Pack, said: str) -> str:
    """The digits of groups said as numbers: "tres doce, quinientos cincuenta y cinco" is 312555."""
    groups = known.spoken_group.findall(said)
    return "".join(known.digits.get(g) or (g if g.isdigit() else f"{number_of(g, known) or 0:g}") for g in groups)


def _slashed(known: Pack, match: re.Match[str]) -> tuple[Day, ...]:
    """A date with slashes, as the language writes it first; both ways where both are dates."""
    first, second = int(match[1]), int(match[2])
    year = None if match[3] is None else int(match[3]) % 100 + 2000
    ways = [(first, second), (second, first)] if known.month_first else [(second, first), (first, second)]
    return tuple(dict.fromkeys(Day(year, month, day) for month, day in ways if 1 <= month <= 12 and 1 <= day <= 31))
