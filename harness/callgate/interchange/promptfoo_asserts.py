"""promptfoo's assertions -> what a case expects, where that means the same; else the way they can go."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from callgate.concepts import Json, Place
from callgate.files import Document
from callgate.graders.promptfoo import KINDS
from callgate.matchers import pattern_of

_VARIABLE = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")
_NATIVE = frozenset(
    {
        *("equals", "contains", "icontains", "contains-any", "icontains-any", "contains-all", "icontains-all"),
        *("starts-with", "regex", "word-count"),
    }
)
_WHY: Mapping[str, str] = {
    "llm-rubric": "asks a model: write a rubric for `judge:`, which earns its vote by labels",
    "model-graded-closedqa": "asks a model: write a rubric for `judge:`, which earns its vote by labels",
    "factuality": "asks a model: write a rubric for `judge:`, or facts into the case, which are closed here",
    "g-eval": "asks a model: write a rubric for `judge:`, which earns its vote by labels",
    "similar": "compares embeddings, which no grader here does",
    "latency": "is no quality here: how long replies take is reported beside the comparison",
    "cost": "is no quality here: what replies cost is reported beside the comparison, and `gate.budget` caps it",
    "python": "is a program: a dozen lines in evals/graders.py",
    "webhook": "asks a server, which no grader here does",
    "assert-set": "holds several assertions under one threshold; every expectation counts by itself here",
}


@dataclass(frozen=True, slots=True)
class Assertion:
    """One assertion: as written, where it stands, and its way: moved, through promptfoo, or left (`why`)."""

    kind: str
    value: Json
    written: Mapping[str, Json]
    way: Literal["native", "promptfoo", "left"]
    place: Place = field(compare=False)
    why: str = ""

    def expect(self, values: Mapping[str, str]) -> dict[str, Json] | None:
        """The keys of `expect` that say the same, variables put in; None where a variable has no value."""
        wanted = [
            _filled(item, values) for item in (self.value if isinstance(self.value, list | tuple) else [self.value])
        ]
        if any(item is None for item in wanted):
            return None
        texts = [str(item) for item in wanted]
        denied = self.kind.startswith("not-")
        kind = self.kind.removeprefix("not-")
        if kind == "word-count":
            return {"max_words": _most_words(self.value)}
        patterns: list[Json] = [{"regex": pattern} for pattern in _patterns(kind, texts)]
        if denied:
            return {"must_not_say": patterns}
        return {"must_say": [{"any_of": patterns}] if kind.endswith("-any") and len(patterns) > 1 else patterns}


def _filled(item: Json, values: Mapping[str, str]) -> str | None:
    names = _VARIABLE.findall(str(item))
    if any(name not in values for name in names):
        return None
    return _VARIABLE.sub(lambda found: values[found[1]], str(item))


def _patterns(kind: str, texts: list[str]) -> list[str]:
    if kind == "regex":
        return texts
    plain = [("(?i)" if kind.startswith("i") else "") + _SPECIAL.sub(r"\\\g<0>", text) for text in texts]
    if kind == "equals":
        return [rf"\A{text}\z" for text in plain]
    return [rf"\A{text}" for text in plain] if kind == "starts-with" else plain


def _most_words(value: Json) -> int | None:
    """The upper limit of a word count that has only one."""
    most = value.get("max") if isinstance(value, Mapping) and set(value) == {"max"} else None
    return most if isinstance(most, int) and most > 0 else None


def assertions(written: Json, document: Document, path: tuple[str | int, ...]) -> list[Assertion]:
    """The assertions of a test, each with its way."""
    found = []
    for index, one in enumerate(written if isinstance(written, list | tuple) else [written] if written else []):
        place = document.place(*path, index)
        if not isinstance(one, Mapping) or not isinstance(one.get("type"), str):
            lost = isinstance(one, Mapping) and "$ref" in one
            why = f"$ref {one['$ref']!r} names nothing in this file" if lost else "without a type says nothing"
            found.append(Assertion("an assertion", None, {}, "left", place, why))
            continue
        found.append(_assertion(one, place))
    return found


def _assertion(one: Mapping[str, Json], place: Place) -> Assertion:
    kind, value = str(one["type"]), _listed(str(one["type"]), one.get("value"))
    changed = _changed(one)
    if changed:
        return Assertion(kind, value, one, "left", place, changed)
    why = _native_trouble(kind, value)
    if why is None:
        return Assertion(kind, value, one, "native", place)
    if kind in KINDS and not _loads(value) and "{{" not in str(value):  # there, templates are switched off
        return Assertion(kind, value, one, "promptfoo", place, why)
    bare = kind.removeprefix("not-")
    return Assertion(kind, value, one, "left", place, _WHY.get(bare, "") or why or "is not known here")


def _listed(kind: str, value: Json) -> Json:
    """The texts of a kind that takes several; one text holds them between commas there."""
    if not isinstance(value, str) or not kind.endswith(("-any", "-all")) or _loads(value):
        return value
    return [text.strip() for text in next(csv.reader([value.replace("\n", " ")], skipinitialspace=True), [])]


def _changed(one: Mapping[str, Json]) -> str:
    """What of an assertion besides its type and value changes what it says; "" where nothing does."""
    for key in sorted(set(one) & {"transform", "contextTransform"}):
        return f"looks at a reply that `{key}` has changed; here graders see it as it was given"
    weight = one.get("weight", 1)
    return "weighs nothing there, and every expectation counts here" if weight == 0 else ""


def _native_trouble(kind: str, value: Json) -> str | None:
    """Why an assertion cannot be said as an expectation; None where it can."""
    bare = kind.removeprefix("not-")
    if bare not in _NATIVE:
        return "is not known here" if kind not in KINDS else ""
    if kind.startswith("not-") and kind.endswith("-all"):
        return ""
    if bare == "word-count":
        return None if kind == bare and _most_words(value) else "is only moved as an upper limit: {max: 60}"
    texts = value if isinstance(value, list | tuple) else [value]
    if not texts or not all(isinstance(text, str | int | float) and str(text) for text in texts):
        return "wants a text"
    if _loads(value):
        return "loads a file or a package; write the text into the config"
    if any(not re.match(r"[A-Za-z_]\w*\Z", name) for text in texts for name in _VARIABLE.findall(str(text))):
        return "is a template with logic"
    if bare == "regex" and not _compiles(str(value)):
        return "is a pattern that RE2, which searches here, does not read: lookaround, \\u0000 or the like"
    return None


def _compiles(pattern: str) -> bool:
    """Whether RE2, which searches here, reads a pattern of JavaScript: what both know they read alike."""
    try:
        pattern_of(pattern)
    except ValueError:
        return False
    return True


def _loads(value: Json) -> bool:
    return any(mark in str(value) for mark in ("file://", "package:"))


def expected_column(text: str) -> dict[str, Json]:
    """An `__expected` cell of a CSV as an assertion: `contains: a`, `not-icontains-any: a, b`, or a text it equals."""
    kind, colon, rest = text.partition(":")
    name = re.sub(r"\(.*\)\Z", "", kind.strip())
    if colon and name in {"grade", "llm-rubric"}:
        return {"type": "llm-rubric", "value": rest.strip()}
    if colon and name in {"javascript", "fn", "eval"}:
        return {"type": "javascript", "value": rest.strip()}
    bare = name.removeprefix("not-")
    if bare not in _NATIVE and name not in KINDS and bare not in _WHY:
        return {"type": "equals", "value": text}
    if not colon:
        return {"type": name}
    return {"type": name, "value": _listed(name, rest.strip())}
