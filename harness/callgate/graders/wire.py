"""The nouns as JSON and back, for the process in which one's own graders run. No pickle: data is never code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from callgate import concepts
from callgate.concepts import Evidence, Failure, Grade, NotApplicable, Score

_CLASS = "$"
_NOUNS = {name: kind for name, kind in vars(concepts).items() if isinstance(kind, type) and is_dataclass(kind)}


def encoded(value: object) -> Any:
    """A noun, or a container of nouns, as plain JSON data that names its classes."""
    if is_dataclass(value) and not isinstance(value, type):
        return {_CLASS: type(value).__name__} | {f.name: encoded(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {"$map": [[key, encoded(inner)] for key, inner in value.items()]}
    if isinstance(value, list | tuple):
        return [encoded(inner) for inner in value]
    return value


def decoded(value: Any) -> Any:
    """What `encoded` made, lists as tuples."""
    if isinstance(value, dict):
        if "$map" in value:
            return {key: decoded(inner) for key, inner in value["$map"]}
        kind = _NOUNS[value.pop(_CLASS)]
        return kind(**{name: decoded(inner) for name, inner in value.items()})
    return tuple(map(decoded, value)) if isinstance(value, list) else value


def encoded_grade(grade: object) -> str:
    """A grade as one line; anything else that a grader returned is its failure."""
    if not isinstance(grade, Score | NotApplicable | Failure):
        grade = Failure("grader_error", f"returned {type(grade).__name__}; wanted Score, NotApplicable or Failure")
    return json.dumps(encoded(grade), allow_nan=False)


def decoded_grade(line: str) -> Grade:
    """The grade in a line that a stranger's process wrote; a line that is none is a failure."""
    try:
        value = json.loads(line)
        kind = value[_CLASS]
        if kind == "Score":
            evidence = tuple(Evidence(e["text"], e["turn"], e["start"], e["end"]) for e in value["evidence"])
            return Score(
                float(value["value"]), passed=value["passed"] is True, why=str(value["why"]), evidence=evidence
            )
        if kind == "NotApplicable":
            return NotApplicable(str(value["why"]))
        return Failure("grader_error", str(value["why"]))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        return Failure("grader_error", f"the grader's process wrote {line[:60]!r} ({type(error).__name__})")
