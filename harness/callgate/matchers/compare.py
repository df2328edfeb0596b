"""One expected value and one that was sent -> why they differ, or None: a function for each kind of value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callgate.concepts import Json, canonical
from callgate.matchers.values import clock_of, day_of, e164, folded, instant, to_the_minute


class _Missing:
    """The type of MISSING."""

    def __repr__(self) -> str:
        return "missing"


MISSING: Final = _Missing()
"""Stands for an argument that the call does not carry."""


def equals(spec: Json, got: object) -> str | None:
    """JSON equality, told in words."""
    return None if same(spec, got) else f"expected {shown(spec)}, got {shown(got)}"


def same(spec: object, got: object) -> bool:
    """JSON equality: 1 is 1.0, but true is not 1."""
    if isinstance(spec, bool) or isinstance(got, bool):
        return spec is got
    if isinstance(spec, Mapping) and isinstance(got, Mapping):
        return spec.keys() == got.keys() and all(same(value, got[key]) for key, value in spec.items())
    if isinstance(spec, list | tuple) and isinstance(got, list | tuple):
        return len(spec) == len(got) and all(map(same, spec, got))
    return spec == got


def text_mismatch(spec: str, got: object) -> str | None:
    """Texts, folded; where folding leaves nothing, as they are."""
    if isinstance(got, str):
        want, have = folded(spec), folded(got)
        if want == have and (want or spec.strip() == got.strip()):
            return None
    return f"expected {shown(spec)}, got {shown(got)}"


def datetime_mismatch(spec: str, got: object, timezone: str, minutes: float = 0) -> str | None:
    """Instants, with a tolerance in minutes; says how far off the other is."""
    want = instant(spec, timezone)
    if isinstance(want, str):
        return f"the expected time is none: {want}"
    have = instant(got, timezone) if isinstance(got, str) else f"{shown(got)} is no date with a time"
    zone = ZoneInfo(timezone)
    local = want.astimezone(zone)
    if isinstance(have, str):
        return f"expected {to_the_minute(local)}, got {shown(got)}: {have}"
    if abs(have - want) <= timedelta(minutes=minutes):
        return None
    off = round((have - want).total_seconds() / 60)
    apart = f"{abs(off)} minutes {'late' if off > 0 else 'early'}" if 0 < abs(off) < 24 * 60 else "another time"
    there = to_the_minute(have.astimezone(zone))
    return f"expected {to_the_minute(local)}, got {shown(got)}, which is {there} there: {apart}"


def date_mismatch(spec: str, got: object, _timezone: str) -> str | None:
    """Days."""
    want, have = day_of(spec), day_of(got)
    if want is None:
        return f"the expected date {spec!r} is none"
    return None if want == have else f"expected {want.isoformat()}, got {shown(got)}"


def time_mismatch(spec: str, got: object, timezone: str) -> str | None:
    """Clock times; of a date with a time, the local clock."""
    want = clock_of(spec)
    if want is None:
        return f"the expected time {spec!r} is none"
    have = clock_of(got)
    if have is None and isinstance(got, str):
        moment = instant(got, timezone)
        have = None if isinstance(moment, str) else moment.astimezone(ZoneInfo(timezone)).time()
    return None if want == have else f"expected {want.isoformat('minutes')}, got {shown(got)}"


def phone_mismatch(spec: str, got: object, _timezone: str) -> str | None:
    """Telephone numbers."""
    want = e164(spec)
    if want is None:
        return f"the expected number {spec!r} is no telephone number"
    have = e164(got) if isinstance(got, str) else None
    return None if want == have else f"expected {want}, got {shown(got)}"


def shown(value: object) -> str:
    """A value as it stands in a reason: one line, 80 characters at most."""
    if isinstance(value, str):
        return value if len(value) <= 80 else f"{value[:79]}…"
    if value is MISSING:
        return "missing"
    try:
        text = canonical(value)  # type: ignore[arg-type]  # what a model sent; anything else is shown by repr
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
