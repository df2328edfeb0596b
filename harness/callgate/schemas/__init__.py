"""The published JSON Schemas of our files, and what is wrong with a document by them, each with its place.

`problems` is what every load uses: a small checker for the words that our schemas use, quick enough to run always.
`validator` is the standard one (jsonschema), for results from elsewhere and for tests that hold both to one answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from callgate.concepts import Problem
from callgate.files import Document
from callgate.schemas.check import Check, compiled

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

NAMES = ("eval", "case", "world", "results", "decision")


@cache
def schema(name: str) -> Mapping[str, Any]:
    """The schema called `name`, as published in NAME.schema.json."""
    text = files(__package__).joinpath(f"{name}.schema.json").read_text("utf-8")
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded


@cache
def validator(name: str) -> Draft202012Validator:
    """jsonschema's validator for the schema called `name`; its import costs some 70 ms."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema(name), format_checker=Draft202012Validator.FORMAT_CHECKER)


@cache
def _check(name: str) -> Check:
    return compiled(schema(name))


def problems(name: str, document: Document) -> list[Problem]:
    """Everything in the document that the schema called `name` does not allow, at the places of the keys."""
    return [Problem(document.place(*path), message) for path, message in _check(name)(document.value)]
