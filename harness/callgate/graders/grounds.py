"""What was known -> the values that may be stated: times, days, amounts, telephone numbers, numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import combinations
from zoneinfo import ZoneInfo

from callgate.concepts import Json
from callgate.graders.packs import LANGUAGES
from callgate.graders.values import Day, Value, find

_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_NOT_DIGIT = re.compile(r"\D")
_NUMBER = re.compile(r"(?<![\w.:+-])-?\d+(?:\.\d+)?(?![\w.:-]|,\d{3})")
_WINDOW = re.compile(r"(?<![\w.:/$-])(1[0-2]|[1-9])\s?-\s?(1[0-2]|[1-9])(?![\w.:/%-])")
"""From one hour to another, as a tool writes it."""
_EXEMPT = 3  # "one or two", "all three": cardinals that count what is being talked of
_AHEAD = 15  # days ahead within which a weekday that was named stands for a date


@dataclass(frozen=True, slots=True)
class Grounds:
    """Values with a source. Times are minutes of the day, amounts cents, telephone numbers digits."""

    today: date
    times: frozenset[int] = frozenset()
    days: frozenset[date] = frozenset()
    cents: frozenset[int] = frozenset()
    phones: frozenset[str] = frozenset()
    numbers: frozenset[float] = frozenset()

    def with_more(self, *others: Grounds) -> Grounds:
        """All together."""
        return Grounds(
            self.today,
            self.times.union(*(other.times for other in others)),
            self.days.union(*(other.days for other in others)),
            self.cents.union(*(other.cents for other in others)),
            self.phones.union(*(other.phones for other in others)),
            self.numbers.union(*(other.numbers for other in others)),
        )

    def hold(self, value: Value) -> bool:
        """Whether a stated value has a source in one of its readings."""
        return any(_HOLDS[value.kind](self, reading, value) for reading in value.readings)


def _time_holds(known: Grounds, reading: object, value: Value) -> bool:
    """A time that is known. "One twenty" without more may also be an amount or a number: 1.20, 120."""
    assert isinstance(reading, int)
    if reading in known.times:
        return True
    if not value.ambiguous or reading % 60 == 0 or not value.text.replace(" ", "").replace("-", "").isalpha():
        return False
    number = (reading // 60 % 12 or 12) * 100 + reading % 60
    return number in known.cents or 100 * number in known.cents or number in known.numbers


def _day_holds(known: Grounds, reading: object, value: Value) -> bool:
    """A weekday or "tomorrow" alone states no number; a day with a number must be one that is known."""
    del value
    assert isinstance(reading, Day)
    if reading.day is None and reading.year is None:
        return True
    if reading.month is None and reading.day is None and float(reading.year or 0) in known.numbers:
        return True
    return any(reading.fits(day, known.today) for day in known.days)


def _money_holds(known: Grounds, reading: object, value: Value) -> bool:
    """An amount that is known, or the sum of two or three that are: what several services cost together."""
    del value
    assert isinstance(reading, int)
    if reading in known.cents or reading / 100 in known.numbers:
        return True
    amounts = sorted(known.cents)[:40]
    return any(sum(some) == reading for size in (2, 3) for some in combinations(amounts, size))


def _phone_holds(known: Grounds, reading: object, value: Value) -> bool:
    del value
    return any(phone.endswith(str(reading)) or str(reading).endswith(phone) for phone in known.phones)


def _number_holds(known: Grounds, reading: object, value: Value) -> bool:
    assert isinstance(reading, float)
    if reading in known.numbers or (reading <= _EXEMPT and reading.is_integer()) or reading * 100 in known.cents:
        return True
    whole = int(reading)
    if whole != reading:
        return False
    hours = {hour for minute in known.times for hour in (minute // 60, minute // 60 % 12 or 12)}
    if whole in hours or any(whole in {day.day, day.year} for day in known.days):
        return True
    digits = _NOT_DIGIT.sub("", value.text)
    return len(digits) >= 2 and any(digits in phone for phone in known.phones)


_HOLDS = {
    "time": _time_holds,
    "date": _day_holds,
    "money": _money_holds,
    "phone": _phone_holds,
    "number": _number_holds,
}


def grounds_of(known: Iterable[Json], *, now: str, timezone: str) -> Grounds:
    """The values in everything that is known, texts read in every language that has a pack."""
    today = datetime.fromisoformat(now).date() if now else date.min
    total = Grounds(today, days=frozenset({today, today + timedelta(days=1)} if now else ()))
    found = {leaf if isinstance(leaf, str) else float(leaf) for value in known for leaf in _leaves(value)}
    return total.with_more(*(_grounds(leaf, today, timezone) for leaf in found))


def _leaves(value: Json) -> Iterator[str | int | float]:
    """Every text and number in a JSON value, names of members included: "saturday" may only stand there."""
    if isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
        yield value
    elif type(value) is dict or isinstance(value, Mapping):
        for name, inner in value.items():
            yield name
            yield from _leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner)


@lru_cache(maxsize=16384)
def _grounds(known: str | float, today: date, timezone: str) -> Grounds:
    """The values in one text, or one number."""
    if not isinstance(known, str):
        cents = frozenset({round(known * 100)} if known != int(known) else ())
        return Grounds(today, numbers=frozenset({known}), cents=cents)
    times: set[int] = set()
    days: set[date] = set()
    cents_: set[int] = set()
    phones: set[str] = set()
    numbers = {float(n) for n in _NUMBER.findall(known)}
    for text in _ISO.findall(known):
        moment = _local(text, timezone)
        if moment is not None:
            days.add(moment.date())
            if len(text) > 10:
                times.add(moment.hour * 60 + moment.minute)
    for window in _WINDOW.findall(known):
        times.update(half + 60 * (int(hour) % 12) for hour in window for half in (0, 720))
    plain = _ISO.sub(" ", known).replace('"', " ")
    for language in LANGUAGES:
        for value in find(plain, language):
            for reading in value.readings:
                if isinstance(reading, Day):
                    days.update(_dates(reading, today))
                elif value.kind == "phone":
                    phones.add(str(reading))
                elif value.kind == "time" and isinstance(reading, int):
                    times.add(reading)
                elif value.kind == "money" and isinstance(reading, int):
                    cents_.add(reading)
                elif isinstance(reading, float):
                    numbers.add(reading)
    cents_ |= {round(n * 100) for n in numbers if n != int(n)}
    return Grounds(today, frozenset(times), frozenset(days), frozenset(cents_), frozenset(phones), frozenset(numbers))


def _local(text: str, timezone: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo is None else moment.astimezone(ZoneInfo(timezone))
    except ValueError:
        return None


def _dates(said: Day, today: date) -> set[date]:
    """The dates that a day as said can mean: in the next year with day and month, else soon.

    A day of the month alone can also be one that is over: "the third of this month".
    """
    if said.year and (said.month or said.day is None):
        try:
            return {date(said.year, said.month or 1, said.day or 1)}
        except ValueError:
            return set()
    if said.day is None and said.weekday is None and said.offset is None:  # a month alone names no day
        return set()
    reach = 366 if said.day is not None and said.month is not None else 45 if said.day is not None else _AHEAD
    over = 31 if said.day is not None and said.month is None else 0
    return {day for n in range(-over, reach) if said.fits(day := today + timedelta(days=n), today)}
