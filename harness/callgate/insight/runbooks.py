"""`docs/runbooks/*.md` -> which of them fits a failure: when you see X it is usually Y, this mends it, they own it.

A runbook begins with front-matter: `when` (any of `graders`, `segment`, `regex`; all that is set must hold), `usually`,
`fix`, `owner` (OPS, T2 or T3). What follows is for people.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from callgate.concepts import Json, Mistake, Place, Problem
from callgate.files import parse_yaml, read_text, relative_name
from callgate.matchers import pattern_of

FOLDER = Path("docs/runbooks")
OWNERS = ("OPS", "T2", "T3")
_KEYS = ("when", "usually", "fix", "owner")
_WHEN = ("graders", "segment", "regex")


@dataclass(frozen=True, slots=True)
class Runbook:
    """One runbook. `graders` empty, `segment` empty or `regex` empty: it does not ask for that."""

    file: str
    usually: str
    fix: str
    owner: str
    graders: tuple[str, ...] = ()
    segment: Mapping[str, str] | None = None
    regex: str = ""

    def fits(self, graders: Collection[str], segments: Mapping[str, str], text: str) -> bool:
        """Whether a failure is of this kind: failed by one of its graders, in its segment, with its words."""
        if self.graders and not set(self.graders) & set(graders):
            return False
        if self.segment and not self.segment.items() <= segments.items():
            return False
        return not self.regex or pattern_of(self.regex).search(text) is not None


def runbooks(root: Path) -> list[Runbook]:
    """All runbooks of the project. Raises Mistake with the problems of all of them."""
    problems: list[Problem] = []
    found = []
    for path in sorted((root / FOLDER).glob("*.md")):
        if path.stem.lower() != "readme":
            try:
                found.append(_runbook(path, relative_name(path, root)))
            except Mistake as mistake:
                problems += mistake.problems
    if problems:
        raise Mistake(problems)
    return found


def fitting(
    books: Sequence[Runbook], graders: Collection[str], segments: Mapping[str, str], text: str
) -> list[Runbook]:
    """The runbooks of a failure, the one that asks for most first."""
    some = [book for book in books if book.fits(graders, segments, text)]
    return sorted(some, key=lambda book: (-_asks(book), book.file))


def new_runbook(root: Path, name: str, graders: Sequence[str], segments: Mapping[str, str], why: str) -> Path:
    """Writes the beginning of a runbook: what is known is filled in, the rest is for a person."""
    path = root / FOLDER / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    when = ", ".join(
        [f"graders: [{', '.join(graders)}]"] * bool(graders)
        + [f"segment: {{{', '.join(f'{key}: {value}' for key, value in segments.items())}}}"] * bool(segments)
    )
    text = (
        f"---\nwhen: {{{when}}}\nusually: {_quoted(why or 'what it usually is')}\n"
        "fix: what mends it\nowner: T2\n---\n\n"
        f"# {name.replace('-', ' ').capitalize()}\n\nWhat you see:\n\nWhat to look at first:\n\nWhat to do:\n"
    )
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise Mistake(f"{relative_name(path, root)} is there already") from None
    return path


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)


def _asks(book: Runbook) -> int:
    return bool(book.graders) + bool(book.segment) + bool(book.regex)


def _runbook(path: Path, name: str) -> Runbook:
    text = read_text(path, name)
    lines = text.split("\n")
    end = next((index for index, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), 0)
    if lines[0].rstrip() != "---" or not end:
        raise Mistake(
            [Problem(Place(name), "a runbook begins with '---', its when, usually, fix and owner, and '---'")]
        )
    document = parse_yaml("\n" + "\n".join(lines[1:end]) + "\n", name)
    value = document.value
    if not isinstance(value, Mapping):
        raise Mistake([Problem(Place(name), f"the front-matter is {', '.join(_KEYS)}")])
    problems = [
        Problem(document.place(key), f"unknown key {key!r}; there are {', '.join(_KEYS)}")
        for key in value
        if key not in _KEYS
    ]
    problems += [Problem(Place(name), f"{key!r} is missing") for key in _KEYS if not value.get(key)]
    when = value.get("when")
    if not isinstance(when, Mapping) or not when or not set(when) <= set(_WHEN):
        problems.append(Problem(document.place("when"), f"'when' holds one or more of {', '.join(_WHEN)}"))
    if value.get("owner") and value["owner"] not in OWNERS:
        problems.append(Problem(document.place("owner"), f"the owner is one of {', '.join(OWNERS)}"))
    if problems:
        raise Mistake(problems)
    assert isinstance(when, Mapping)
    regex = str(when.get("regex", ""))
    try:
        pattern_of(regex)
    except ValueError as error:
        raise Mistake([Problem(document.place("when", "regex"), str(error))]) from None
    segment = when.get("segment")
    return Runbook(
        name,
        str(value["usually"]),
        str(value["fix"]),
        str(value["owner"]),
        tuple(map(str, _listed(when.get("graders")))),
        {key: str(one) for key, one in segment.items()} if isinstance(segment, Mapping) else None,
        regex,
    )


def _listed(value: Json) -> Sequence[Json]:
    return [] if value is None else value if isinstance(value, list) else [value]
