"""An expected argument and what a tool call carried -> why they differ, or None; the tool's schema says how to compare.

`format: date-time` compares instants, arrays compare as sets, `format: phone` as E.164, an enum exactly, other text
folded for case, accents and punctuation. Another comparison is written out as a mapping with one of `MATCHERS` as key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from callgate.concepts import Json
from callgate.matchers.compare import (
    MISSING,
    date_mismatch,
    datetime_mismatch,
    equals,
    phone_mismatch,
    shown,
    text_mismatch,
    time_mismatch,
)
from callgate.matchers.values import (
    day_of,
    e164,
    figure_of,
    folded,
    instant,
    offset_problem,
    pattern_of,
)

__all__ = [
    "MATCHERS",
    "MISSING",
    "OPTIONS",
    "e164",
    "folded",
    "instant",
    "matcher_of",
    "mismatch",
    "offset_problem",
    "pattern_of",
]

MAX_TEXT = 200_000
"""Characters that a pattern searches at most; a longer text matches none."""
Schema = Mapping[str, Json]


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
        return f"expected {shown(spec)}, missing"
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


# ---------------------------------------------------------------------------------------------- by the tool's schema


def _by_schema(spec: Json, got: object, schema: Schema | None, timezone: str) -> str | None:
    own = _branch(schema)
    if isinstance(spec, Mapping):
        return _object_mismatch(spec, got, own, timezone)
    if isinstance(spec, Sequence) and not isinstance(spec, str):
        return _set_mismatch(spec, got, own, timezone, exact=True)
    if "enum" in own or "const" in own or spec is None or isinstance(spec, bool):
        return equals(spec, got)
    compare = _FORMATS.get(str(own.get("format")))
    if compare is not None and isinstance(spec, str):
        return compare(spec, got, timezone)
    if isinstance(spec, str):
        return text_mismatch(spec, got)
    if own.get("type") == "string" and isinstance(got, str):
        return text_mismatch(str(spec), got)
    return equals(spec, got)


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
        return f"expected {shown(spec)}, got {shown(got)}"
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
        return f"expected a list of {shown(spec)}, got {shown(got)}"
    items = schema.get("items")
    own = items if isinstance(items, Mapping) else None
    if all(type(item) is str for item in spec) and list(spec) == list(got) and not (own and "format" in own):
        return None
    fits = [[mismatch(want, item, schema=own, timezone=timezone) is None for item in got] for want in spec]
    lacking = [want for want, row in zip(spec, fits, strict=True) if not any(row)]
    extra = [item for index, item in enumerate(got) if exact and not any(row[index] for row in fits)]
    said = []
    if lacking:
        said.append(f"lacks {', '.join(map(shown, lacking))}")
    if extra:
        said.append(f"has also {', '.join(map(shown, extra))}")
    return " and ".join(said) or None


_FORMATS: Mapping[str, Callable[[str, object, str], str | None]] = {
    "date-time": datetime_mismatch,
    "date": date_mismatch,
    "time": time_mismatch,
    "phone": phone_mismatch,
}


# ---------------------------------------------------------------------------------------------- written out

_Write = Callable[[Any, object, "Schema | None", str], "str | None"]


def _texts(name: str, compare: Callable[[str, object, str], str | None]) -> _Write:
    """A matcher whose value is a text and whose comparison knows the zone."""

    def written(spec: Any, got: object, _schema: Schema | None, timezone: str) -> str | None:
        if got is MISSING:
            return f"expected {shown(spec[name])}, missing"
        return compare(str(spec[name]), got, timezone)

    return written


def _any(_spec: Any, got: object, _schema: Schema | None, _timezone: str) -> str | None:
    return f"expected any value, {shown(got)}" if got is MISSING else None


def _absent(_spec: Any, got: object, _schema: Schema | None, _timezone: str) -> str | None:
    return None if got is MISSING or got is None else f"expected no value, got {shown(got)}"


def _exactly(spec: Any, got: object, _schema: Schema | None, _timezone: str) -> str | None:
    return equals(spec["equals"], got)


def _one_of(spec: Any, got: object, schema: Schema | None, timezone: str) -> str | None:
    choices = spec["one_of"]
    if any(mismatch(choice, got, schema=schema, timezone=timezone) is None for choice in choices):
        return None
    return f"expected one of {', '.join(map(shown, choices))}, got {shown(got)}"


def _regex(spec: Any, got: object, _schema: Schema | None, _timezone: str) -> str | None:
    try:
        pattern = pattern_of(str(spec["regex"]))
    except ValueError as error:
        return str(error)
    if isinstance(got, str) and len(got) > MAX_TEXT:
        return f"{len(got):,} characters are too long to be searched"
    if isinstance(got, str) and pattern.search(got) is not None:
        return None
    return f"expected a match of {spec['regex']!r}, got {shown(got)}"


def _datetime(spec: Any, got: object, _schema: Schema | None, timezone: str) -> str | None:
    if got is MISSING:
        return f"expected {shown(spec['datetime'])}, missing"
    return datetime_mismatch(str(spec["datetime"]), got, timezone, spec.get("minutes", 0))


def _date(spec: Any, got: object, schema: Schema | None, timezone: str) -> str | None:
    """A day; where the argument is a date and time, any time on that day in the zone."""
    day: object = got
    if isinstance(got, str) and _branch(schema).get("format") != "date" and day_of(got) is None:
        moment = instant(got, timezone)
        day = got if isinstance(moment, str) else moment.astimezone(ZoneInfo(timezone)).date().isoformat()
    reason = date_mismatch(str(spec["date"]), day, timezone)
    return reason and f"expected {shown(spec['date'])}, got {shown(got)}"


def _vin(spec: Any, got: object, _schema: Schema | None, _timezone: str) -> str | None:
    want, have = (re.sub(r"[\s\-.]", "", str(text)).upper() for text in (spec["vin"], got))
    same = isinstance(got, str) and want == have
    return None if same else f"expected VIN {want}, got {shown(got)}"


def _number(spec: Any, got: object, _schema: Schema | None, _timezone: str) -> str | None:
    want, have = figure_of(spec["number"]), figure_of(got)
    tolerance = float(spec.get("tolerance", 0))
    if want is not None and have is not None and abs(want - have) <= tolerance + 1e-9 * abs(want):
        return None
    within = f" ± {tolerance:g}" if tolerance else ""
    return f"expected {shown(spec['number'])}{within}, got {shown(got)}"


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
    "text": _texts("text", lambda spec, got, _zone: text_mismatch(spec, got)),
    "datetime": _datetime,
    "date": _date,
    "time": _texts("time", time_mismatch),
    "phone": _texts("phone", phone_mismatch),
    "vin": _vin,
    "number": _number,
    "set": _set,
    "superset_of": _superset,
    "judge": _judge,
}
