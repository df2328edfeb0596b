"""Texts of cases and of models -> moments, days, clocks, telephone numbers, figures: what matchers compare."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo


@lru_cache(maxsize=16384)
def instant(text: str, timezone: str) -> datetime | str:
    """The moment in UTC that an ISO date and time means, naive ones in `timezone`; or in words why it means none.

    A naive time that the zone skips (spring) or has twice (autumn) means none. An offset that is written is taken as
    written: see `offset_problem`.
    """
    moment = _parsed(text)
    if moment is None:
        return f"{text[:60]!r} is no date with a time"
    if moment.tzinfo is not None:
        return _utc(moment)
    zone = ZoneInfo(timezone)
    first, second = moment.replace(tzinfo=zone), moment.replace(tzinfo=zone, fold=1)
    if _utc(first).astimezone(zone).replace(tzinfo=None) != moment:
        return f"{to_the_minute(moment)} does not exist in {timezone}: the clocks skip it"
    if _utc(first) != _utc(second):
        return f"{to_the_minute(moment)} happens twice in {timezone}: the offset must be written"
    return _utc(first)


def offset_problem(text: str, timezone: str) -> str | None:
    """Why the written UTC offset is not the one in force in the zone at that moment; None where it is, or none is."""
    moment = _parsed(text)
    if moment is None or moment.tzinfo is None:
        return None
    there = moment.astimezone(ZoneInfo(timezone))
    if there.utcoffset() == moment.utcoffset():
        return None
    return f"time {text} does not exist in {timezone} with that offset (it is {there.isoformat()[-6:]} then)"


@lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """Text without case, accents (also ñ), punctuation and runs of space: "¿Iñiguez,  LUPE?" is "iniguez lupe"."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if not "\u0300" <= c <= "\u036f")
    plain = re.sub(r"['’‘`´ʼ]", "", unicodedata.normalize("NFKC", plain).casefold())
    return " ".join(re.sub(r"[\W_]+", " ", plain).split())


def e164(text: str) -> str | None:
    """A telephone number as E.164; ten digits are North American. None where it is no telephone number."""
    digits = re.sub(r"\D", "", text)
    if re.fullmatch(r"\s*\+?[\d\s().\-/]+", text) and "(0)" not in text:
        if "+" not in text and len(digits) == 10:
            return f"+1{digits}"
        if len(digits) == 11 and digits[0] == "1":
            return f"+{digits}"
    import phonenumbers

    try:
        number = phonenumbers.parse(text, "US")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


@lru_cache(maxsize=512)
def pattern_of(pattern: str) -> Any:
    """The pattern compiled by RE2, whose time is linear in the text. Raises ValueError: what RE2 does not know."""
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else "refused"
        said = reason.decode() if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"regex {pattern!r}: {said} (RE2 has no lookaround and no backreferences)") from None


def _parsed(text: str) -> datetime | None:
    """An ISO 8601 date with a time; None for anything else, a bare date among it."""
    clean = text.strip()
    if not re.match(r"\d{4}-?\d\d-?\d\d[T ]\d\d", clean, re.IGNORECASE):
        return None
    try:
        return datetime.fromisoformat(clean.upper().replace(" ", "T", 1))
    except ValueError:
        return None


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first or last day of the calendar
        return moment.replace(tzinfo=UTC)


def day_of(value: object) -> date | None:
    """An ISO date; None for anything else."""
    try:
        return date.fromisoformat(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return None


def clock_of(value: object) -> time | None:
    """A time of day: "14:00", "2 PM", "2:30 p.m."."""
    found = re.fullmatch(r"(\d{1,2})(?::(\d\d))?(?::\d\d)?\s*([ap])?\.?(?:m\.?)?", str(value).strip().lower())
    if found is None or not (found[2] or found[3]):
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[3] == "p" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def figure_of(value: object) -> float | None:
    """A number, or a text that is a plain decimal; None for anything else, true and false among it."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e300 else None
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", value.strip()):
        return float(value)
    return None


def to_the_minute(moment: datetime) -> str:
    """ISO time without seconds where there are none."""
    return moment.isoformat(timespec="seconds" if moment.second else "minutes")
