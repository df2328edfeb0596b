"""An expected argument and what a tool call carried -> why they differ, or None; the tool's schema says how to compare.

`format: date-time` compares instants, arrays compare as sets, `format: phone` as E.164, an enum exactly, other text
folded for case, accents and punctuation. Another comparison is written out as a mapping with one of `MATCHERS` as key.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from callgate.concepts import Json, canonical

MAX_TEXT = 100_000
Schema = Mapping[str, Json]


class _Missing:
    """The type of MISSING."""

    def __repr__(self) -> str:
        return "missing"


MISSING: Final = _Missing()
"""Stands for an argument that the call does not carry."""

OPTIONS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("equals", "one_of", "regex", "any", "absent", "text", "judge"), frozenset[str]()),
    **dict.fromkeys(("date", "time", "phone", "vin", "set", "superset_of"), frozenset[str]()),
    "datetime": frozenset({"minutes"}),
    "number": frozenset({"tolerance"}),
}
MATCHERS: frozenset[str] = frozenset(OPTIONS)
"""The keys of written-out matchers; OPTIONS says which further keys each may carry."""


def mismatch(spec: Json, got: object, *, schema: Schema | None, timezone: str) -> str | None:
    """None where `got` is what `spec` expects, else the reason in words.

    `schema` is the argument's own JSON Schema (None: unknown), `timezone` the zone in which naive times are read.
    """
    written = matcher_of(spec, schema)
    if written is not None:
        return _WRITTEN[written](spec, got, schema, timezone)
    if got is MISSING:
        return f"expected {_shown(spec)}, missing"
    return _by_schema(spec, got, schema, timezone)


def matcher_of(spec: Json, schema: Schema | None) -> str | None:
    """The name of the matcher that `spec` writes out; None where it is a plain value."""
    if not isinstance(spec, Mapping):
        return None
    names = [name for name in spec if name in MATCHERS]
    if len(names) != 1 or not set(spec) - {names[0]} <= OPTIONS[names[0]]:
        return None
    own = _branch(schema).get("properties")
    return None if isinstance(own, Mapping) and names[0] in own else names[0]


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
        return f"{_minute(moment)} does not exist in {timezone}: the clocks skip it"
    if _utc(first) != _utc(second):
        return f"{_minute(moment)} happens twice in {timezone}: the offset must be written"
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


# ---------------------------------------------------------------------------------------------- by the tool's schema


def _by_schema(spec: Json, got: object, schema: Schema | None, timezone: str) -> str | None:
    own = _branch(schema)
    if isinstance(spec, Mapping):
        return _object_mismatch(spec, got, own, timezone)
    if isinstance(spec, Sequence) and not isinstance(spec, str):
        return _set_mismatch(spec, got, own, timezone, exact=True)
    if "enum" in own or "const" in own or spec is None or isinstance(spec, bool):
        return _equals(spec, got)
    compare = _FORMATS.get(str(own.get("format")))
    if compare is not None and isinstance(spec, str):
        return compare(spec, got, timezone)
    if isinstance(spec, str):
        return _text_mismatch(spec, got)
    if own.get("type") == "string" and isinstance(got, str):
        return _text_mismatch(str(spec), got)
    return _equals(spec, got)


def _branch(schema: Schema | None) -> Schema:
    """The schema itself, or the first branch of anyOf/oneOf that says more than null."""
    if not schema:
        return {}
    for word in ("anyOf", "oneOf"):
        branches = schema.get(word)
        if isinstance(branches, Sequence) and not isinstance(branches, str):
            for branch in branches:
                if isinstance(branch, Mapping) and branch.get("type") != "null":
                    return {**schema, **branch}
    return schema


def _object_mismatch(spec: Mapping[str, Json], got: object, schema: Schema, timezone: str) -> str | None:
    if not isinstance(got, Mapping):
        return f"expected {_shown(spec)}, got {_shown(got)}"
    properties = schema.get("properties")
    schemas = properties if isinstance(properties, Mapping) else {}
    for key, inner in spec.items():
        known = schemas.get(key)
        own = known if isinstance(known, Mapping) else None
        reason = mismatch(inner, got.get(key, MISSING), schema=own, timezone=timezone)
        if reason is not None:
            return f"{key}: {reason}"
    return None


def _set_mismatch(spec: Sequence[Json], got: object, schema: Schema, timezone: str, *, exact: bool) -> str | None:
    """Every expected item must be there and, where `exact`, no other; order and repetition do not matter."""
    if not isinstance(got, Sequence) or isinstance(got, str):
        return f"expected a list of {_shown(spec)}, got {_shown(got)}"
    items = schema.get("items")
    own = items if isinstance(items, Mapping) else None
    fits = [[mismatch(want, item, schema=own, timezone=timezone) is None for item in got] for want in spec]
    lacking = [want for want, row in zip(spec, fits, strict=True) if not any(row)]
    extra = [item for index, item in enumerate(got) if exact and not any(row[index] for row in fits)]
    said = []
    if lacking:
        said.append(f"lacks {', '.join(map(_shown, lacking))}")
    if extra:
        said.append(f"has also {', '.join(map(_shown, extra))}")
    return " and ".join(said) or None


def _equals(spec: Json, got: object) -> str | None:
    return None if _same(spec, got) else f"expected {_shown(spec)}, got {_shown(got)}"


def _same(spec: object, got: object) -> bool:
    """JSON equality: 1 is 1.0, but true is not 1."""
    if isinstance(spec, bool) or isinstance(got, bool):
        return spec is got
    if isinstance(spec, Mapping) and isinstance(got, Mapping):
        return spec.keys() == got.keys() and all(_same(value, got[key]) for key, value in spec.items())
    if isinstance(spec, list | tuple) and isinstance(got, list | tuple):
        return len(spec) == len(got) and all(map(_same, spec, got))
    return spec == got


def _text_mismatch(spec: str, got: object) -> str | None:
    if isinstance(got, str):
        want, have = folded(spec[:MAX_TEXT]), folded(got[:MAX_TEXT])
        if want == have and (want or spec.strip() == got.strip()):
            return None
    return f"expected {_shown(spec)}, got {_shown(got)}"


def _datetime_mismatch(spec: str, got: object, timezone: str, minutes: float = 0) -> str | None:
    want = instant(spec, timezone)
    if isinstance(want, str):
        return f"the expected time is none: {want}"
    have = instant(got, timezone) if isinstance(got, str) else f"{_shown(got)} is no date with a time"
    zone = ZoneInfo(timezone)
    local = want.astimezone(zone)
    if isinstance(have, str):
        return f"expected {_minute(local)}, got {_shown(got)}: {have}"
    if abs(have - want) <= timedelta(minutes=minutes):
        return None
    off = round((have - want).total_seconds() / 60)
    apart = f"{abs(off)} minutes {'late' if off > 0 else 'early'}" if 0 < abs(off) < 24 * 60 else "another time"
    return f"expected {_minute(local)}, got {_shown(got)}, which is {_minute(have.astimezone(zone))} there: {apart}"


def _date_mismatch(spec: str, got: object, _timezone: str) -> str | None:
    want, have = _day(spec), _day(got)
    if want is None:
        return f"the expected date {spec!r} is none"
    return None if want == have else f"expected {want.isoformat()}, got {_shown(got)}"


def _time_mismatch(spec: str, got: object, timezone: str) -> str | None:
    want = _clock(spec)
    if want is None:
        return f"the expected time {spec!r} is none"
    have = _clock(got)
    if have is None and isinstance(got, str):
        moment = instant(got, timezone)
        have = None if isinstance(moment, str) else moment.astimezone(ZoneInfo(timezone)).time()
    return None if want == have else f"expected {want.isoformat('minutes')}, got {_shown(got)}"


def _phone_mismatch(spec: str, got: object, _timezone: str) -> str | None:
    want = e164(spec)
    if want is None:
        return f"the expected number {spec!r} is no telephone number"
    have = e164(got) if isinstance(got, str) else None
    return None if want == have else f"expected {want}, got {_shown(got)}"


_FORMATS: Mapping[str, Callable[[str, object, str], str | None]] = {
    "date-time": _datetime_mismatch,
    "date": _date_mismatch,
    "time": _time_mismatch,
    "phone": _phone_mismatch,
}


# ---------------------------------------------------------------------------------------------- written out

_Write = Callable[[Any, object, "Schema | None", str], "str | None"]


def _texts(name: str, compare: Callable[[str, object, str], str | None]) -> _Write:
    """A matcher whose value is a text and whose comparison knows the zone."""

    def written(spec: Any, got: object, _schema: Schema | None, timezone: str) -> str | None:
        if got is MISSING:
            return f"expected {_shown(spec[name])}, missing"
        return compare(str(spec[name]), got, timezone)

    return written


def _any(_spec: Any, got: object, _schema: Schema | None, _timezone: str) -> str | None:
    return f"expected any value, {_shown(got)}" if got is MISSING else None


def _absent(_spec: Any, got: object, _schema: Schema | None, _timezone: str) -> str | None:
    return None if got is MISSING or got is None else f"expected no value, got {_shown(got)}"


def _exactly(spec: Any, got: object, _schema: Schema | None, _timezone: str) -> str | None:
    return _equals(spec["equals"], got)


def _one_of(spec: Any, got: object, schema: Schema | None, timezone: str) -> str | None:
    choices = spec["one_of"]
    if any(mismatch(choice, got, schema=schema, timezone=timezone) is None for choice in choices):
        return None
    return f"expected one of {', '.join(map(_shown, choices))}, got {_shown(got)}"


def _regex(spec: Any, got: object, _schema: Schema | None, _timezone: str) -> str | None:
    try:
        pattern = pattern_of(str(spec["regex"]))
    except ValueError as error:
        return str(error)
    if isinstance(got, str) and pattern.search(got[:MAX_TEXT]) is not None:
        return None
    return f"expected a match of {spec['regex']!r}, got {_shown(got)}"


def _datetime(spec: Any, got: object, _schema: Schema | None, timezone: str) -> str | None:
    if got is MISSING:
        return f"expected {_shown(spec['datetime'])}, missing"
    return _datetime_mismatch(str(spec["datetime"]), got, timezone, spec.get("minutes", 0))


def _date(spec: Any, got: object, schema: Schema | None, timezone: str) -> str | None:
    """A day; where the argument is a date and time, any time on that day in the zone."""
    day: object = got
    if isinstance(got, str) and _branch(schema).get("format") != "date" and _day(got) is None:
        moment = instant(got, timezone)
        day = got if isinstance(moment, str) else moment.astimezone(ZoneInfo(timezone)).date().isoformat()
    reason = _date_mismatch(str(spec["date"]), day, timezone)
    return reason and f"expected {_shown(spec['date'])}, got {_shown(got)}"


def _vin(spec: Any, got: object, _schema: Schema | None, _timezone: str) -> str | None:
    want, have = (re.sub(r"[\s\-.]", "", str(text)).upper() for text in (spec["vin"], got))
    same = isinstance(got, str) and want == have
    return None if same else f"expected VIN {want}, got {_shown(got)}"


def _number(spec: Any, got: object, _schema: Schema | None, _timezone: str) -> str | None:
    want, have = _figure(spec["number"]), _figure(got)
    tolerance = float(spec.get("tolerance", 0))
    if want is not None and have is not None and abs(want - have) <= tolerance + 1e-9 * abs(want):
        return None
    within = f" ± {tolerance:g}" if tolerance else ""
    return f"expected {_shown(spec['number'])}{within}, got {_shown(got)}"


def _set(spec: Any, got: object, schema: Schema | None, timezone: str) -> str | None:
    return _set_mismatch(spec["set"], got, _branch(schema), timezone, exact=True)


def _superset(spec: Any, got: object, schema: Schema | None, timezone: str) -> str | None:
    return _set_mismatch(spec["superset_of"], got, _branch(schema), timezone, exact=False)


def _judge(_spec: Any, _got: object, _schema: Schema | None, _timezone: str) -> str | None:
    return "needs a judge: no rule can say"


_WRITTEN: Mapping[str, _Write] = {
    "equals": _exactly,
    "one_of": _one_of,
    "regex": _regex,
    "any": _any,
    "absent": _absent,
    "text": _texts("text", lambda spec, got, _zone: _text_mismatch(spec, got)),
    "datetime": _datetime,
    "date": _date,
    "time": _texts("time", _time_mismatch),
    "phone": _texts("phone", _phone_mismatch),
    "vin": _vin,
    "number": _number,
    "set": _set,
    "superset_of": _superset,
    "judge": _judge,
}


# ---------------------------------------------------------------------------------------------- reading values


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


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return None


def _clock(value: object) -> time | None:
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


def _figure(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e300 else None
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", value.strip()):
        return float(value)
    return None


def _minute(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds" if moment.second else "minutes")


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value if len(value) <= 80 else f"{value[:79]}…"
    if value is MISSING:
        return "missing"
    try:
        text = canonical(value)  # type: ignore[arg-type]  # what a model sent; anything else is shown by repr
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
