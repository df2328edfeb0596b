"""Expected calls, sayings and stubs of a case -> what cannot be right in them, by the prompts' own tool schemas."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from callgate.concepts import Case, DecisionPoint, ExpectedCall, Json, Problem, Tool
from callgate.dataset.load import Source
from callgate.files import did_you_mean
from callgate.matchers import (
    MATCHERS,
    MISSING,
    OPTIONS,
    e164,
    instant,
    matcher_of,
    mismatch,
    offset_problem,
    pattern_of,
)

Keys = tuple[str | int, ...]
Tools = Mapping[str, Sequence[Tool]]
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?")


def call_problems(case: Case, point: DecisionPoint, keys: Keys, source: Source, tools: Tools) -> Iterator[Problem]:
    """What is wrong in the calls and the sayings that a decision expects; `keys` lead to its `expect`."""
    for name, calls in (("calls", point.expect.calls), ("forbidden_calls", point.expect.forbidden_calls)):
        for index, call in enumerate(calls):
            where = _call_keys(source, (*keys, name), index, call.tool)
            if not tools or call.tool not in tools:
                message = f"no prompt has the tool {call.tool!r}{did_you_mean(call.tool, tools)}"
                yield Problem(source.place(*where), message)
                continue
            yield from _argument_problems(case, call, where, source, tools)
            if name == "calls":
                yield from _reach_problems(case, call, where, source, tools)
    for name, sayings in (("must_say", point.expect.must_say), ("must_not_say", point.expect.must_not_say)):
        for index, saying in enumerate(sayings):
            reason = saying_problem(saying)
            if reason is not None:
                yield Problem(source.place(*keys, name, index), reason)


def stub_problems(case: Case, source: Source, tools: Tools) -> Iterator[Problem]:
    """What is wrong in the stubs as written, and times in any recorded answer whose offset is not the zone's."""
    written: Any = source.whole.get("stubs", ())
    for index, stub in enumerate(written):
        name = stub["tool"]
        if tools and name not in tools:
            message = f"no prompt has the tool {name!r}{did_you_mean(name, tools)}"
            yield Problem(source.place("stubs", index, "tool"), message)
        elif tools:
            call = ExpectedCall(name, stub.get("when", {}))
            yield from _argument_problems(case, call, ("stubs", index, "when"), source, tools)
        for wrong in _wrong_offsets(stub.get("result"), case.timezone):
            yield Problem(source.place("stubs", index, "result"), wrong)
    turns: Any = source.whole.get("call", ())
    for index, turn in enumerate(turns):
        for wrong in _wrong_offsets(turn.get("result"), case.timezone):
            yield Problem(source.place("call", index, "result"), wrong)
        recorded = turn.get("recorded")
        for inner in recorded if isinstance(recorded, list) else [recorded]:
            for wrong in _wrong_offsets(inner.get("result") if inner else None, case.timezone):
                yield Problem(source.place("call", index, "recorded", "result"), wrong)


def saying_problem(saying: Json) -> str | None:
    """Why a saying (a text, or {kind: value}) can never be found; None where it can."""
    if not isinstance(saying, Mapping):
        return None
    kind, value = next(iter(saying.items()))
    if kind == "any_of" and isinstance(value, Sequence):
        return next(filter(None, map(saying_problem, value)), None)
    text = str(value)
    if kind == "regex":
        return _pattern_problem(text)
    if kind == "time" and mismatch({"time": text}, text, schema=None, timezone="UTC") is not None:
        return f"{text!r} is no time such as 14:00"
    if kind == "date" and not _is_day(text):
        return f"{text!r} is no date such as 2026-03-09"
    if kind == "phone" and e164(text) is None:
        return f"{text!r} is no telephone number"
    if kind in {"money", "number"} and not re.fullmatch(r"\$?-?\d+(\.\d+)?", text):
        return f"{text!r} is no number such as 89.95"
    return None


# ---------------------------------------------------------------------------------------------- arguments


def _argument_problems(case: Case, call: ExpectedCall, keys: Keys, source: Source, tools: Tools) -> Iterator[Problem]:
    """What no prompt's tool allows: a problem that every prompt has with an argument, as the last one says it."""
    for name, spec in call.arguments.items():
        said = [reason for tool in tools[call.tool] for reason in [_argument_problem(name, spec, tool, case)]]
        if said and all(reason is not None for reason in said):
            yield Problem(source.place(*keys, name), str(said[-1]))


def _argument_problem(name: str, spec: Json, tool: Tool, case: Case) -> str | None:
    properties = _properties(tool)
    if name not in properties:
        closed = tool.parameters.get("additionalProperties") is False or properties
        return f"{tool.name} has no argument {name!r}{did_you_mean(name, properties)}" if closed else None
    schema = properties[name]
    return matcher_problem(spec, schema if isinstance(schema, Mapping) else {}, case.timezone)


def matcher_problem(spec: Json, schema: Mapping[str, Json], timezone: str) -> str | None:
    """Why no argument with this schema can be what `spec` expects; None where one can."""
    written = matcher_of(spec, schema)
    if written is None:
        return _literal_problem(spec, schema, timezone)
    assert isinstance(spec, Mapping)
    value = spec[written]
    if written in {"equals", "text"}:
        return None if written == "text" else _schema_problem(value, schema)
    if written in {"one_of", "set", "superset_of"}:
        return _list_problem(written, value, schema, timezone)
    if written == "regex":
        return _pattern_problem(str(value))
    if written == "judge":
        return "matcher 'judge' is not graded yet; write what must be there, or take it out"
    if written == "datetime":
        return _moment_problem(str(value), timezone)
    if written in {"date", "time", "phone"}:
        return saying_problem({written: value})
    if written == "number" and (isinstance(value, bool) or not isinstance(value, int | float)):
        return f"{value!r} is no number"
    return None


def _literal_problem(spec: Json, schema: Mapping[str, Json], timezone: str) -> str | None:
    if isinstance(spec, Mapping):
        if schema.get("type", "object") != "object":
            near = next((key for key in spec if key not in MATCHERS), None)
            if near is None:
                return f"one matcher at a time, with its options ({_options()})"
            return f"{near!r} is no matcher{did_you_mean(near, MATCHERS)}"
        own = schema.get("properties")
        schemas = own if isinstance(own, Mapping) else {}
        inner = ((key, value, schemas.get(key)) for key, value in spec.items())
        found = (
            (key, matcher_problem(value, s if isinstance(s, Mapping) else {}, timezone)) for key, value, s in inner
        )
        return next((f"{key}: {reason}" for key, reason in found if reason is not None), None)
    if isinstance(spec, Sequence) and not isinstance(spec, str):
        return _list_problem("set", spec, schema, timezone)
    kind = schema.get("format")
    if isinstance(spec, str) and kind == "date-time":
        return _moment_problem(spec, timezone)
    if isinstance(spec, str) and kind in {"date", "time", "phone"}:
        return saying_problem({str(kind): spec})
    return _schema_problem(spec, schema)


def _list_problem(written: str, value: Json, schema: Mapping[str, Json], timezone: str) -> str | None:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return f"{written!r} needs a list"
    own = schema
    if written != "one_of":
        if "array" not in str(schema.get("type", "array")):
            return f"a list can never be it: the tool takes a {schema['type']} here"
        items = schema.get("items")
        own = items if isinstance(items, Mapping) else {}
    return next((reason for item in value if (reason := matcher_problem(item, own, timezone)) is not None), None)


def _schema_problem(value: Json, schema: Mapping[str, Json]) -> str | None:
    from jsonschema import Draft202012Validator

    error = next(iter(Draft202012Validator(schema).iter_errors(value)), None)
    if error is None:
        return None
    choices = schema.get("enum")
    if isinstance(choices, Sequence) and not isinstance(choices, str):
        return f"the tool does not take {value!r}{did_you_mean(str(value), map(str, choices))}"
    return f"the tool does not take it: {error.message}"


def _moment_problem(text: str, timezone: str) -> str | None:
    moment = instant(text, timezone)
    return moment if isinstance(moment, str) else offset_problem(text, timezone)


def _pattern_problem(pattern: str) -> str | None:
    try:
        pattern_of(pattern)
    except ValueError as error:
        return str(error)
    return None


# ---------------------------------------------------------------------------------------------- what the world answers


def _reach_problems(case: Case, call: ExpectedCall, keys: Keys, source: Source, tools: Tools) -> Iterator[Problem]:
    """An expected read that nothing answers, and an expected time that no stub offers."""
    effect = case.effects.get(call.tool, "write")
    if effect == "read" and not any(_answers(case, call, index, tools) for index in range(len(case.stubs))):
        yield Problem(source.place(*keys), f"{call.tool} is expected here, but no stub and no recorded call answers it")
    offered = _offered(case)
    if effect != "write" or not offered:
        return
    for name, spec in call.arguments.items():
        schemas = [_properties(tool).get(name) for tool in tools[call.tool]]
        is_time = any(isinstance(schema, Mapping) and schema.get("format") == "date-time" for schema in schemas)
        moment = instant(spec, case.timezone) if is_time and isinstance(spec, str) else None
        if isinstance(moment, datetime) and moment not in offered:
            yield Problem(source.place(*keys, name), f"no stub and no recorded call offers {spec}")


def _answers(case: Case, call: ExpectedCall, index: int, tools: Tools) -> bool:
    """Whether the stub can answer the expected call, as far as its arguments are literal."""
    stub = case.stubs[index]
    if stub.tool != call.tool:
        return False
    properties = _properties(tools[call.tool][0])
    for name, spec in stub.when.items():
        schema = properties.get(name)
        own = schema if isinstance(schema, Mapping) else None
        got = call.arguments.get(name, MISSING)
        literal = got is not MISSING and matcher_of(call.arguments[name], own) is None
        if literal and mismatch(spec, got, schema=own, timezone=case.timezone) is not None:
            return False
    return True


def _offered(case: Case) -> set[datetime]:
    moments = (instant(text, case.timezone) for stub in case.stubs for text in _moments(stub.result))
    return {moment for moment in moments if isinstance(moment, datetime)}


def _moments(value: Json) -> Iterator[str]:
    """Every date with a time inside an answer."""
    if isinstance(value, str):
        yield from _MOMENT.findall(value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _moments(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _moments(inner)


def _wrong_offsets(value: Json, timezone: str) -> list[str]:
    said = (offset_problem(text, timezone) for text in _moments(value) if not text.endswith("Z"))
    return [reason for reason in said if reason is not None]


# ---------------------------------------------------------------------------------------------- small readings


def _properties(tool: Tool) -> Mapping[str, Json]:
    properties = tool.parameters.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def _call_keys(source: Source, keys: Keys, index: int, tool: str) -> Keys:
    """The path to an expected call, which is written in a mapping or in a list."""
    written: Any = source.whole
    for key in keys:
        written = written[key]
    if isinstance(written, Mapping):
        return (*keys, tool)
    return (*keys, index, tool)


def _options() -> str:
    return ", ".join(f"{name}: {'/'.join(sorted(extra))}" for name, extra in OPTIONS.items() if extra)


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False
