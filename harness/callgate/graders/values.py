"""A text and a language pack -> the times, dates, amounts, telephone numbers and numbers said in it, with their spans.

A value keeps every reading that the words allow: "at two" is 2:00 and 14:00, and says so (`ambiguous`).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Literal

from callgate.graders.needs import Held, held, matches_at
from callgate.graders.numerals import DASHED, DOTTED, ISO, JOINT, MONTH_OF_YEAR, number_of, numbers_of
from callgate.graders.packs import Pack, pack
from callgate.graders.packs.forms import Form
from callgate.graders.telephones import telephones
from callgate.graders.text import fold

Kind = Literal["time", "date", "money", "phone", "number"]
_SLASH = re.compile(r"(?<![\w/])(?!24/7(?!\d))(\d{1,2})/(\d{1,2})(?:/((?:19|20)\d\d|\d\d))?(?![\w/])")
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
    said = held(folded)
    begun = known.starts.places(said) if known else []
    if known is None or not begun:  # whatever is a value begins like a form
        return ()
    found = [
        value
        for number, places in begun
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
    sure = hour > 12 or hour == 0 or (len(hour_said) == 2 and hour_said[0] == "0") or "sure" in said
    hours_read = (hour % 24,) if sure else _hours(hour, form.part or _part(known, said.get("part", "")))
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
    if isinstance(form.exact, str):
        return (_fixed(form.exact),)
    said = _groups(match)
    weekday = known.weekdays.get(said.get("wd", ""))
    if "one" in said:
        return tuple(replace(day, weekday=weekday) for day in _slashed(known, said["one"], said["two"], said.get("yy")))
    month = known.months.get(said.get("month", ""))
    if "monthn" in said:
        month = int(said["monthn"]) if said["monthn"].isdigit() else known.hours.get(said["monthn"])
    day = int(said["day"]) if "day" in said else known.ordinals.get(JOINT.sub(" ", said.get("dayw", "")))
    year = _year(said["yearw"], known) if "yearw" in said else None
    if written := said.get("year") or said.get("yy"):
        year = _whole_year(written)
    return (Day(year, month, day, weekday),)


def _fixed(written: str) -> Day:
    """The day that a form names: "+7" or "-1" from today, "12-25" of any year."""
    if written[0] in "+-":
        return Day(offset=int(written))
    month, day = written.split("-")
    return Day(month=int(month), day=int(day))


def _year(said: str, known: Pack) -> int:
    """A year in words: as one number, or its centuries and its years: "nineteen eighty-four"."""
    whole = number_of(said, known) or 0
    if whole >= 1000:
        return int(whole)
    first, rest = JOINT.split(said, 1)
    return int((number_of(first, known) or 0) * 100 + (number_of(rest, known) or 0))


def _money(form: Form, known: Pack, match: re.Match[str]) -> tuple[Hashable, ...]:
    if isinstance(form.exact, int | float):
        return (round(form.exact * 100),)
    said = _groups(match)
    rest = number_of(said["n2"], known) if "n2" in said else 0.0
    if rest is None or rest > 99:
        return ()
    whole = match["value"] if "value" in form.pattern.groupindex else match.group()
    if form.cents in {"apart", "either"} and known.one_number.fullmatch(whole):  # "one hundred twenty" is one number
        return ()
    unit = 1 if form.cents == "only" else 100
    firsts = numbers_of(said["n"], known) if "n" in said else (0.0,)
    cents = tuple(round((first * form.times + form.add) * unit + rest) for first in firsts)
    return (*cents, *(100 * one for one in cents)) if form.cents == "either" else cents


def _number(form: Form, known: Pack, match: re.Match[str]) -> tuple[Hashable, ...]:
    if isinstance(form.exact, tuple):
        return form.exact
    if form.exact is not None:
        return (float(form.exact),)
    return tuple(number * form.times + form.add for number in numbers_of(match["n"].strip(), known))


_READERS = {"time": _time, "date": _date, "money": _money, "number": _number}


def _others(known: Pack, text: str, folded: str, said: Held) -> list[Value]:
    """What needs no form: telephone numbers, and dates in digits alone."""
    found: list[Value] = []

    def add(kind: Kind, match: re.Match[str], *readings: Hashable) -> None:
        found.append(Value(kind, text[match.start() : match.end()], *match.span(), readings))

    for digits, match in telephones(known, folded, said):
        add("phone", match, digits)
    written = said.digit
    for match in ISO.finditer(folded) if written and "-" in folded else ():
        add("date", match, Day(*(int(part) for part in match.groups())))
    for match in _SLASH.finditer(folded) if written and "/" in folded else ():
        add("date", match, *_slashed(known, *match.groups()))
    for match in MONTH_OF_YEAR.finditer(folded) if written and "/" in folded else ():
        add("date", match, Day(int(match[2]), int(match[1])))
    for match in DASHED.finditer(folded) if written and "-" in folded else ():
        add("date", match, *_slashed(known, *match.groups()))
    for match in DOTTED.finditer(folded) if written and "." in folded else ():
        day, month = int(match[1]), int(match[2])
        if 1 <= month <= 12 and 1 <= day <= 31:
            add("date", match, Day(_whole_year(match[3]), month, day))
    return found


def _whole_year(written: str) -> int:
    """A year of four digits, or of two: up to 49 of this century."""
    year = int(written)
    return year if len(written) == 4 else year + (2000 if year < 50 else 1900)


def _slashed(known: Pack, one: str, two: str, years: str | None = None) -> tuple[Day, ...]:
    """A date with slashes or dashes, as the language writes it first; both ways where both are dates."""
    first, second = int(one), int(two)
    year = None if years is None else _whole_year(years)
    ways = [(first, second), (second, first)] if known.month_first else [(second, first), (first, second)]
    return tuple(dict.fromkeys(Day(year, month, day) for month, day in ways if 1 <= month <= 12 and 1 <= day <= 31))
