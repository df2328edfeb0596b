"""`knowledge/` of a project -> its articles: Markdown files, or lines of JSON with id, title and content.

An article's front-matter may say when a person last read it through (`reviewed`), which topics it answers (`topics`)
and that it is `retired`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from callgate.concepts import Json, Mistake, Place, Problem
from callgate.files import parse_yaml, read_text, relative_name

FOLDER = Path("knowledge")
_KEYS = ("title", "reviewed", "topics", "retired")


@dataclass(frozen=True, slots=True)
class Article:
    """One article. `reviewed` is an ISO date, "" where nobody said; `topics` are the recurring issues it answers."""

    id: str
    title: str
    body: str
    reviewed: str = ""
    topics: tuple[str, ...] = ()
    retired: bool = False
    file: str = ""


def articles(root: Path, at: Path | None = None) -> list[Article]:
    """The articles of the project, or of another folder or file. Raises Mistake with everything wrong in them."""
    where = at or root / FOLDER
    if at is not None and not at.exists():
        raise Mistake(f"{at}: no such file or folder")
    paths = [where] if where.is_file() else sorted([*where.rglob("*.md"), *where.rglob("*.jsonl")])
    problems: list[Problem] = []
    found: dict[str, Article] = {}
    for path in paths:
        if path.stem.lower() == "readme":
            continue
        name = relative_name(path, root)
        for article in _read(path, name, problems):
            if article.id in found:
                message = f"article {article.id!r} stands already in {found[article.id].file}"
                problems.append(Problem(Place(name), message))
            found[article.id] = article
    if problems:
        raise Mistake(sorted(set(problems)))
    return [found[key] for key in sorted(found)]


def _read(path: Path, name: str, problems: list[Problem]) -> Iterator[Article]:
    text = read_text(path, name)
    if path.suffix == ".md":
        try:
            yield _from_markdown(path.stem, text, name)
        except Mistake as mistake:
            problems.extend(mistake.problems)
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            article = _from_line(line, name)
            if isinstance(article, str):
                problems.append(Problem(Place(name, number), article))
            else:
                yield article


def _from_line(line: str, name: str) -> Article | str:
    try:
        row = json.loads(line)
    except ValueError as error:
        return f"no JSON: {error}"
    if not isinstance(row, Mapping) or not all(isinstance(row.get(key), str) for key in ("id", "title", "content")):
        return "an article is {id, title, content}, all texts"
    return Article(row["id"], row["title"], row["content"], str(row.get("reviewed", "")), file=name)


def _from_markdown(stem: str, text: str, name: str) -> Article:
    head, body = _parted(text)
    front: Mapping[str, Json] = {}
    if head:
        document = parse_yaml(head, name)
        if not isinstance(document.value, Mapping):
            raise Mistake([Problem(Place(name), f"the front-matter is {', '.join(_KEYS)}")])
        front = document.value
        strange = [key for key in front if key not in _KEYS]
        if strange:
            known = ", ".join(_KEYS)
            raise Mistake([Problem(document.place(key), f"unknown key {key!r}; there are {known}") for key in strange])
    reviewed = str(front.get("reviewed", ""))
    if reviewed:
        try:
            date.fromisoformat(reviewed)
        except ValueError:
            raise Mistake([Problem(Place(name), f"reviewed: {reviewed!r} is no date such as 2026-03-09")]) from None
    topics = front.get("topics", ())
    listed = topics if isinstance(topics, Sequence) and not isinstance(topics, str) else (topics,)
    heading = next((line.lstrip("# ").strip() for line in body.splitlines() if line.startswith("# ")), "")
    title = str(front.get("title", "")) or heading or stem.replace("-", " ")
    retired = str(front.get("retired", "")).lower() not in {"", "false", "no"}
    return Article(stem, title, body, reviewed, tuple(map(str, listed)), retired, name)


def _parted(text: str) -> tuple[str, str]:
    """Front-matter and what follows; the first has as many lines before it as in the file, so that places are right."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return "", text
    end = next((index for index, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), 0)
    return ("\n" + "\n".join(lines[1:end]) + "\n", "\n".join(lines[end + 1 :])) if end else ("", text)
