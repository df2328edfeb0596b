"""A team's promptfoo assertions over what was said: one promptfoo process a run, apart, whose answers are counted.

What was said goes in as `providerOutput`, which promptfoo takes as it is: never as a variable or a template, through
which a reply could run code or read files. Its exit code says nothing and is not looked at; a text that comes back
changed, a row that does not come back and an error of an assertion are Failures.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callgate.concepts import Failure, Grade, Json, NotApplicable, Place, Problem, Score, digest
from callgate.files import did_you_mean
from callgate.graders.custom import sandbox

NAME = "promptfoo"
"""The name under `graders:`; a list of assertions, or `{assert: [...], blocking: true}`."""
FOLDER = Path(".promptfoo")
"""Where `make promptfoo` installs it."""
ABSENT = "promptfoo is not installed; run `make promptfoo`, or leave the promptfoo grader out"
_KINDS = (
    "equals", "contains", "icontains", "contains-any", "contains-all", "icontains-any", "icontains-all", "starts-with",
    "regex", "is-json", "contains-json", "is-html", "contains-html", "is-xml", "contains-xml", "is-sql", "contains-sql",
    "levenshtein", "rouge-n", "bleu", "gleu", "meteor", "word-count", "is-refusal", "javascript",
)  # fmt: skip
KINDS = frozenset({*_KINDS, *(f"not-{kind}" for kind in _KINDS)})
"""Assertions that need no model, no key and no network: what this process is given."""
_QUIET = {
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "PROMPTFOO_DISABLE_UPDATE": "1",
    "PROMPTFOO_DISABLE_SHARING": "1",
    "PROMPTFOO_DISABLE_REMOTE_GENERATION": "true",
    "PROMPTFOO_DISABLE_TEMPLATING": "1",
    "PROMPTFOO_DISABLE_VAR_EXPANSION": "1",
    "PROMPTFOO_DISABLE_DEBUG_LOG": "1",
    "PROMPTFOO_DISABLE_ERROR_LOG": "1",
    "NODE_NO_WARNINGS": "1",
}
_ERROR = 2  # promptfoo's failureReason: 0 none, 1 an assertion failed, 2 an error


@dataclass(frozen=True, slots=True)
class Assertions:
    """The assertions of an eval, as promptfoo has them, and the words that start promptfoo (none: not installed)."""

    written: tuple[Mapping[str, Json], ...]
    command: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """What a score depends on: the assertions, and which promptfoo."""
        return digest([NAME, list(self.written), version(self.command)])


def read_assertions(given: Mapping[str, Json], place: Place, root: Path) -> tuple[Assertions | None, list[Problem]]:
    """The assertions as the eval writes them, and every mistake in them; that promptfoo is absent is none yet."""
    written = given.get("assert")
    problems = [Problem(place, f"{NAME} has no option {key!r}; it has 'assert'") for key in given if key != "assert"]
    if not isinstance(written, list | tuple) or not written:
        problems.append(Problem(place, f"{NAME} wants a list of assertions, such as - {{type: contains, value: oil}}"))
        return None, problems
    for number, one in enumerate(written, 1):
        problems += [Problem(place, f"{NAME}: assertion {number} {wrong}") for wrong in _wrong(one)]
    kept = tuple(one for one in written if isinstance(one, Mapping))
    return (None if problems else Assertions(kept, command(root))), problems


def _wrong(one: Json) -> Iterator[str]:
    """What is wrong with one assertion."""
    if not isinstance(one, Mapping) or not isinstance(one.get("type"), str):
        yield f"wants a type, not {one!r}"
        return
    kind = str(one["type"])
    if kind not in KINDS:
        hint = did_you_mean(kind, sorted(KINDS))
        yield f"is of type {kind!r}: unknown, or it asks a model, which `judge:` does here{hint}"
    texts = json.dumps(one)
    if "file://" in texts or "package:" in texts:
        yield "names a file or a package to load; write it into the eval"


def command(root: Path) -> tuple[str, ...]:
    """The words that start promptfoo: the copy of `make promptfoo`, else the one on the path; else ()."""
    script = root / FOLDER / "node_modules" / "promptfoo" / "dist" / "src" / "entrypoint.js"
    node = root / FOLDER / "node"
    if script.is_file() and node.exists():
        return (str(node), str(script))
    found = shutil.which("promptfoo")
    return (found,) if found else ()


def version(words: Sequence[str]) -> str:
    """Which promptfoo it is, by its package.json; "" where it cannot be told."""
    for folder in Path(words[-1]).resolve().parents if words else ():
        try:
            known = json.loads((folder / "package.json").read_text("utf-8-sig"))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(known, dict) and known.get("name") == NAME:
            return str(known.get("version", ""))
    return ""


def run(assertions: Assertions, texts: Sequence[str]) -> list[Grade]:
    """The grade of each text in order, by one process for all."""
    if not assertions.command:
        return [Failure("grader_error", ABSENT)] * len(texts)
    asked = [index for index, text in enumerate(texts) if text.strip()]
    grades: list[Grade] = [NotApplicable("nothing was said")] * len(texts)
    rows, trouble = _rows(assertions, [texts[index] for index in asked]) if asked else ({}, "")
    for number, index in enumerate(asked):
        grades[index] = _grade(rows[number], texts[index]) if number in rows else Failure("grader_error", trouble)
    return grades


def _rows(assertions: Assertions, texts: Sequence[str]) -> tuple[dict[int, Mapping[str, Any]], str]:
    """promptfoo's result of each text by its number, and why one is missing. A number that comes twice is missing."""
    with tempfile.TemporaryDirectory(prefix="callgate-promptfoo-") as folder:
        config, out = Path(folder) / "config.json", Path(folder) / "out.jsonl"
        config.write_text(json.dumps(_config(assertions, texts)), "utf-8")
        options = ("--no-write", "--no-cache", "--no-table", "--no-progress-bar", "--no-share", "-j", "4")
        said = _started((*assertions.command, "eval", "-c", str(config), "-o", str(out), *options), folder, len(texts))
        lines = out.read_bytes().decode("utf-8", "replace").split("\n") if out.is_file() else []
    found: dict[int, Mapping[str, Any]] = {}
    twice: set[int] = set()
    for line in lines:
        number, row = _numbered(line)
        twice |= {number} & set(found)
        found[number] = row
    kept = {number: row for number, row in found.items() if 0 <= number < len(texts) and number not in twice}
    return kept, f"promptfoo gave {len(kept)} of {len(texts)} rows{': ' + said if said else ''}"


def _started(words: Sequence[str], folder: str, rows: int) -> str:
    """Runs promptfoo to its end, apart: no network, no environment but a home of its own. The last that it said."""
    environment = {**_QUIET, "PROMPTFOO_CONFIG_DIR": folder, "HOME": folder, "PATH": os.defpath}
    try:
        done = subprocess.run(  # noqa: S603  # promptfoo itself, on a config that was written here
            [*sandbox()[0], *words],
            cwd=folder,
            env=environment,
            capture_output=True,
            timeout=180 + rows / 5,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "it took too long"
    said = (done.stderr + done.stdout).decode("utf-8", "replace").strip().splitlines()
    return said[-1][:200] if said else ""


def _config(assertions: Assertions, texts: Sequence[str]) -> dict[str, Any]:
    return {
        "prompts": ["-"],
        "providers": ["echo"],
        "defaultTest": {"assert": list(assertions.written)},
        "tests": [{"providerOutput": text, "metadata": {"row": number}} for number, text in enumerate(texts)],
    }


def _numbered(line: str) -> tuple[int, Mapping[str, Any]]:
    """The number of a row and the row; -1 where it is none of ours."""
    try:
        row = json.loads(line)
        return int(row["testCase"]["metadata"]["row"]), row
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return -1, {}


def _grade(row: Mapping[str, Any], text: str) -> Grade:
    """A row as a grade. promptfoo counts an assertion that broke as failed: here it is a Failure."""
    response, graded = row.get("response"), row.get("gradingResult")
    if not isinstance(response, Mapping) or response.get("output") != text:
        return Failure("grader_error", "promptfoo did not grade the text as it was said")
    if row.get("failureReason") == _ERROR or not isinstance(graded, Mapping):
        return Failure("grader_error", f"promptfoo: {row.get('error') or 'no grading'}"[:300])
    parts = [part for part in graded.get("componentResults") or () if isinstance(part, Mapping)]
    broken = [part for part in parts if isinstance(about := part.get("metadata"), Mapping) and about.get("graderError")]
    value, passed = graded.get("score"), graded.get("pass")
    if broken or not parts:
        why = broken[0].get("reason") if broken else "no assertion was graded"
        return Failure("grader_error", f"promptfoo: {why}"[:300])
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0 <= value <= 1
        or not isinstance(passed, bool)
    ):
        return Failure("grader_error", f"promptfoo: score {value!r}, pass {passed!r}")
    bad = [str(part.get("reason")) for part in parts if part.get("pass") is not True]
    return Score(float(str(value)), passed=passed, why="; ".join(bad)[:300] or "all assertions hold")
