"""A JSON Schema of ours -> a function from a value to what is wrong with it, in words and with did-you-mean.

It knows the words that our own schemas use and refuses a schema with any other, so nothing is passed over in silence.
Of the branches of an `anyOf` the one that the value comes nearest is explained.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from callgate.files import did_you_mean

Path: TypeAlias = "tuple[str | int, ...]"
Finding: TypeAlias = "tuple[Path, str]"
Check: TypeAlias = "Callable[[Any], list[Finding]]"
_Step: TypeAlias = "Callable[[Any, Path, list[Finding]], None]"

_SILENT = frozenset({"$schema", "$id", "$defs", "title", "description", "default", "examples", "format"})
_OBJECT = frozenset(
    {"properties", "additionalProperties", "required", "minProperties", "maxProperties", "propertyNames"}
)
_STRUCTURE = _OBJECT | {"type", "anyOf", "$ref", "items", "pattern"}
_TYPES: Mapping[str, str] = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


def compiled(schema: Mapping[str, Any]) -> Check:
    """The check of a whole schema. Raises ValueError where the schema uses a word that is not known here."""
    step = _Compiler(schema).step(schema)

    def check(value: Any) -> list[Finding]:
        found: list[Finding] = []
        step(value, (), found)
        return found

    return check


def type_of(value: Any) -> str:
    """The JSON type of a value; a whole number is an integer."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, Mapping):
        return "object"
    if isinstance(value, Sequence):
        return "array"
    return "integer" if isinstance(value, int) or value.is_integer() else "number"


class _Compiler:
    """Turns schemas into steps; a `$ref` inside the document is compiled once, when it is first met."""

    def __init__(self, whole: Mapping[str, Any]) -> None:
        self.whole = whole
        self.referred: dict[str, _Step] = {}

    def step(self, schema: Any) -> _Step:
        if schema is True:
            return _anything
        if schema is False:
            return _nothing
        unknown = set(schema) - _SILENT - _STRUCTURE - set(_WORDS)
        if unknown:
            raise ValueError(f"schema words not known here: {', '.join(sorted(unknown))}")
        steps = list(self._steps(schema))
        types = schema.get("type")
        if types is None:
            return _all_of(steps)
        return _typed((types,) if isinstance(types, str) else tuple(types), _all_of(steps))

    def _steps(self, schema: Mapping[str, Any]) -> Iterator[_Step]:
        if "$ref" in schema:
            yield self._reference(schema["$ref"])
        if "anyOf" in schema:
            yield _any_of([self.step(branch) for branch in schema["anyOf"]], schema["anyOf"], self._resolved)
        if not _OBJECT.isdisjoint(schema):
            yield self._object(schema)
        if "items" in schema:
            yield _items(self.step(schema["items"]))
        if "pattern" in schema:
            yield _pattern(schema["pattern"], schema.get("description", ""))
        for word, make in _WORDS.items():
            if word in schema:
                yield make(schema[word])

    def _resolved(self, schema: Any) -> Any:
        while isinstance(schema, Mapping) and "$ref" in schema:
            schema = self._target(schema["$ref"])
        return schema

    def _target(self, reference: str) -> Any:
        target: Any = self.whole
        for part in reference.removeprefix("#").strip("/").split("/"):
            target = target[part] if part else target
        return target

    def _reference(self, reference: str) -> _Step:
        def step(value: Any, path: Path, found: list[Finding]) -> None:
            known = self.referred.get(reference)
            if known is None:
                known = self.referred[reference] = self.step(self._target(reference))
            known(value, path, found)

        return step

    def _object(self, schema: Mapping[str, Any]) -> _Step:
        properties = {key: self.step(inner) for key, inner in schema.get("properties", {}).items()}
        rest = schema.get("additionalProperties", True)
        other = None if rest is False else self.step(rest)
        required: Sequence[str] = schema.get("required", ())
        least, most = schema.get("minProperties", 0), schema.get("maxProperties")
        names = self.step(schema["propertyNames"]) if "propertyNames" in schema else None

        def step(value: Any, path: Path, found: list[Finding]) -> None:
            if not isinstance(value, Mapping):
                return
            for key, inner in value.items():
                known = properties.get(key, other)
                if known is None:
                    found.append(((*path, key), f"unknown key {key!r}{did_you_mean(key, properties)}"))
                else:
                    known(inner, (*path, key), found)
                if names is not None:
                    names(key, (*path, key), found)
            found.extend((path, f"{key!r} is missing") for key in required if key not in value)
            if len(value) < least:
                found.append((path, f"must have at least {least} {'key' if least == 1 else 'keys'}"))
            if most is not None and len(value) > most:
                found.append((path, f"must have at most {most} {'key' if most == 1 else 'keys'}"))

        return step


# ---------------------------------------------------------------------------------------------- steps


def _anything(_value: Any, _path: Path, _found: list[Finding]) -> None: ...


def _nothing(_value: Any, path: Path, found: list[Finding]) -> None:
    found.append((path, "may not stand here"))


def _all_of(steps: Sequence[_Step]) -> _Step:
    if len(steps) == 1:
        return steps[0]

    def step(value: Any, path: Path, found: list[Finding]) -> None:
        for each in steps:
            each(value, path, found)

    return step


def _typed(types: tuple[str, ...], then: _Step) -> _Step:
    allowed = frozenset(types) | ({"integer"} if "number" in types else frozenset())
    wanted = " or ".join(_TYPES[name] for name in types)

    def step(value: Any, path: Path, found: list[Finding]) -> None:
        got = type_of(value)
        if got in allowed:
            then(value, path, found)
        else:
            found.append((path, f"must be {wanted}, not {_TYPES[got]}{_quoted(value)}"))

    return step


def _items(each: _Step) -> _Step:
    def step(value: Any, path: Path, found: list[Finding]) -> None:
        if isinstance(value, Sequence) and not isinstance(value, str):
            for index, inner in enumerate(value):
                each(inner, (*path, index), found)

    return step


def _any_of(steps: Sequence[_Step], schemas: Sequence[Any], resolved: Callable[[Any], Any]) -> _Step:
    branches = [resolved(schema) for schema in schemas]

    def step(value: Any, path: Path, found: list[Finding]) -> None:
        nearest: tuple[tuple[int, int], list[Finding]] | None = None
        for each, branch in zip(steps, branches, strict=True):
            likeness = _likeness(value, branch)
            if not likeness:
                continue
            mine: list[Finding] = []
            each(value, path, mine)
            if not mine:
                return
            rank = (-likeness, len(mine))
            if nearest is None or rank < nearest[0]:
                nearest = (rank, mine)
        if nearest is None:
            found.append((path, f"must be {_wanted(branches)}{_not(value)}"))
        else:
            found.extend(nearest[1])

    return step


def _likeness(value: Any, branch: Any) -> int:
    """How far a branch is meant for the value: 0 cannot hold, 1 its type, 2 also has a key that it requires."""
    if not isinstance(branch, Mapping) or "type" not in branch:
        return 1
    types = branch["type"]
    got = type_of(value)
    if got not in types and not (got == "integer" and "number" in types):  # one name, or a list of names
        return 0
    if isinstance(value, Mapping) and branch.get("required"):
        return 2 if branch["required"][0] in value else 0
    return 1


def _wanted(branches: Sequence[Any]) -> str:
    said = []
    for branch in branches:
        types = branch.get("type", "string") if isinstance(branch, Mapping) else "object"
        word = " or ".join(_TYPES[name] for name in ([types] if isinstance(types, str) else types))
        required = branch.get("required") if isinstance(branch, Mapping) else None
        said.append(f"{word} with {required[0]!r}" if required else word)
    return ", or ".join(dict.fromkeys(said))


def _enum(choices: Sequence[Any]) -> _Step:
    def step(value: Any, path: Path, found: list[Finding]) -> None:
        if not any(value == choice and type_of(value) == type_of(choice) for choice in choices):
            names = [str(choice) for choice in choices]
            found.append((path, f"{_said(value)} is none of {', '.join(names)}{_near(value, names)}"))

    return step


def _pattern(pattern: str, description: str) -> _Step:
    search = re.compile(pattern).search
    wanted = f"is not right: {description}" if description else f"does not look like {pattern}"

    def step(value: Any, path: Path, found: list[Finding]) -> None:
        if isinstance(value, str) and search(value) is None:
            found.append((path, f"{_said(value)} {wanted}"))

    return step


def _bound(fails: Callable[[Any, Any], bool], words: str) -> Callable[[Any], _Step]:
    def make(limit: Any) -> _Step:
        def step(value: Any, path: Path, found: list[Finding]) -> None:
            if isinstance(value, int | float) and not isinstance(value, bool) and fails(value, limit):
                found.append((path, f"must be {words} {limit}, not {value}"))

        return step

    return make


def _length(kind: type[str | list[Any]], fails: Callable[[int, int], bool], words: str) -> Callable[[int], _Step]:
    def make(limit: int) -> _Step:
        def step(value: Any, path: Path, found: list[Finding]) -> None:
            if isinstance(value, kind) and fails(len(value), limit):
                what = "characters" if kind is str else "entries"
                found.append((path, "may not be empty" if limit == 1 else f"must have {words} {limit} {what}"))

        return step

    return make


def _unique(_on: bool) -> _Step:  # noqa: FBT001  # the schema word is a boolean
    def step(value: Any, path: Path, found: list[Finding]) -> None:
        if not isinstance(value, list):
            return
        for index, inner in enumerate(value):
            if any(inner == before and type_of(inner) == type_of(before) for before in value[:index]):
                found.append(((*path, index), f"{_said(inner)} stands twice"))

    return step


_WORDS: Mapping[str, Callable[[Any], _Step]] = {
    "enum": _enum,
    "const": lambda value: _enum([value]),
    "minimum": _bound(lambda value, limit: value < limit, "at least"),
    "maximum": _bound(lambda value, limit: value > limit, "at most"),
    "exclusiveMinimum": _bound(lambda value, limit: value <= limit, "more than"),
    "exclusiveMaximum": _bound(lambda value, limit: value >= limit, "less than"),
    "minLength": _length(str, lambda size, limit: size < limit, "at least"),
    "maxLength": _length(str, lambda size, limit: size > limit, "at most"),
    "minItems": _length(list, lambda size, limit: size < limit, "at least"),
    "maxItems": _length(list, lambda size, limit: size > limit, "at most"),
    "uniqueItems": _unique,
}


def _near(value: Any, names: Sequence[str]) -> str:
    hint = did_you_mean(str(value), names)
    return hint if "did you mean" in hint else ""


def _said(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _quoted(value: Any) -> str:
    return f" ({_said(value)})" if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _not(value: Any) -> str:
    return f", not {_TYPES[type_of(value)]}{_quoted(value)}"
