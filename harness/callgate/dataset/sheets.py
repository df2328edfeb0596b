"""Sets of one-turn cases in one file, JSON Lines or CSV -> a document a case, with the keys of a case's YAML file.

Each line (or row) has its case's `id` besides. In CSV a column is a key, those inside of others with dots
(`segments.language`, `expect.answer.category`); an empty cell leaves its key out. Every part keeps its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeAlias

from callgate.concepts import Json, Mistake, Place, Problem
from callgate.files import Document

SUFFIXES = (".jsonl", ".csv")
_SAFE_DIGITS = 16
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_EACH_LINE = re.compile(r"[^\n]*\n|[^\n]+")  # only a newline ends one: a text may hold other separators
_BLANK = re.compile(r"[ \t\r\n]*")
_WORDS: Mapping[str, bool] = {"true": True, "false": False}
_WHOLE = frozenset({"nightly", "version"})
_Keys: TypeAlias = "Sequence[str | int]"


def is_sheet(name: str) -> bool:
    """Whether a file of this name holds many cases."""
    return name.endswith(SUFFIXES)


def rows(text: str, name: str) -> Iterator[tuple[str, Document] | Problem]:
    """Each case's id and document, or what is wrong with its line."""
    return _table(text, name) if name.endswith(".csv") else _lines(text, name)


def by_hand(document: Document, name: str, what: str) -> Mistake:
    """Why a command does not do `what` to a case of a sheet: it rewrites only cases that have a file of their own."""
    message = f"case {name!r} shares this file with others: {what} here by hand; only YAML cases are rewritten"
    return Mistake([Problem(document.place(), message)])


def without(text: str, name: str, ids: Collection[str]) -> str:
    """The sheet without the lines of these cases; "" where no case is left. A line that cannot be read stays."""
    read = [row for row in rows(text, name) if not isinstance(row, Problem)]
    starts = {document.place().line: case for case, document in read}
    if starts and set(starts.values()) <= set(ids):
        return ""
    kept, case = [], ""
    for number, line in enumerate(_EACH_LINE.findall(text), 1):
        case = starts.get(number, case if name.endswith(".csv") else "")
        kept += [] if case in ids else [line]
    return "".join(kept)


def _named(document: Document) -> tuple[str, Document] | Problem:
    """The id of a row, and the row without it."""
    assert isinstance(document.value, Mapping)
    if "id" not in document.value:
        return Problem(document.place(), "each case here needs an 'id' of its own")
    name = document.value["id"]
    if not isinstance(name, str):
        return Problem(document.place("id"), f"an id is a text, not {name!r}")
    own = {key: value for key, value in document.value.items() if key != "id"}
    return name, Document(document.name, own, _where=lambda keys: document.place(*keys))


# ---------------------------------------------------------------------------------------------- JSON Lines


def _lines(text: str, name: str) -> Iterator[tuple[str, Document] | Problem]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            read = _line(line, Place(name, number))
            yield read if isinstance(read, Problem) else _named(read)


def _line(line: str, at: Place) -> Document | Problem:
    """One line's object; every key once, and nothing that is no JSON."""

    def place(column: int) -> Place:
        return Place(at.file, at.line, column + 1)

    doubles: list[bool] = []

    def mapping(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(pairs)
        doubles.append(len(found) < len(pairs))
        return found

    try:
        value = json.loads(
            line, parse_constant=_constant, parse_float=_float, parse_int=_int, object_pairs_hook=mapping
        )
    except json.JSONDecodeError as error:
        return Problem(place(error.pos), f"no JSON: {error.msg}; a line is one object")
    except (ValueError, RecursionError) as error:
        return Problem(place(0), f"no JSON that is read here: {error}")
    if not isinstance(value, dict):
        return Problem(place(0), 'a line is one object, as {"id": ..., "caller": ..., "expect": ...}')
    if _HALF.search(line) and not _is_whole(value):
        return Problem(place(0), "half a surrogate pair, which is no character")
    twice = _twice(line, _blank(line, 0)) if any(doubles) else None
    if twice is not None:
        return Problem(place(twice[1]), f"key {twice[0]!r} stands twice in this object")
    return Document(at.file, value, _where=lambda keys: place(_position(line, keys)))


def _constant(word: str) -> Json:
    raise ValueError(f"{word} is no JSON number")


def _float(digits: str) -> float:
    value = float(digits)
    if not isfinite(value):
        raise ValueError(f"{digits[:24]} is too large for a number")
    return value


def _int(digits: str) -> int:
    if len(digits.lstrip("-")) > _SAFE_DIGITS:
        raise ValueError(f"{digits[:24]} is too large for a number; if it is a text, quote it")
    return int(digits)


def _is_whole(value: Json) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _position(line: str, keys: _Keys) -> int:
    """Where the nested key or item stands in the line; where there is none, its nearest parent that exists."""
    mark = value = _blank(line, 0)
    for key in keys:
        found = next(((m, v) for k, m, v, _ in _members(line, value) if k == key), None)
        if found is None:
            break
        mark, value = found
    return mark


def _twice(line: str, at: int) -> tuple[str, int] | None:
    """The first key that stands twice in its object, and where it does."""
    seen: set[str | int] = set()
    for key, mark, value, _ in _members(line, at):
        if isinstance(key, str) and key in seen:
            return key, mark
        seen.add(key)
        inner = _twice(line, value)
        if inner is not None:
            return inner
    return None


def _members(line: str, at: int) -> Iterator[tuple[str | int, int, int, int]]:
    """The members of the object or array at `at`, which is JSON: key or number, where it stands, where its value
    begins and ends."""
    opened = line[at]
    if opened not in "{[":
        return
    decoder, number = json.JSONDecoder(), 0
    at = _blank(line, at + 1)
    while line[at] not in "}]":
        key: str | int = number
        mark = at
        if opened == "{":
            key, at = decoder.raw_decode(line, at)
            at = _blank(line, _blank(line, at) + 1)
        _, end = decoder.raw_decode(line, at)
        yield key, mark, at, end
        at = _blank(line, end)
        if line[at] == ",":
            at = _blank(line, at + 1)
        number += 1


def _blank(line: str, at: int) -> int:
    found = _BLANK.match(line, at)
    return found.end() if found else at


# ---------------------------------------------------------------------------------------------- CSV


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    place: Place


def _table(text: str, name: str) -> Iterator[tuple[str, Document] | Problem]:
    try:
        read = list(_cells(text, name))
    except Mistake as mistake:
        yield from mistake.problems
        return
    if not read:
        return
    columns = [tuple(cell.text.strip().split(".")) for cell in read[0]]
    wrong = list(_column_problems(read[0], columns))
    yield from wrong
    if wrong:
        return
    for row in read[1:]:
        if len(row) != len(columns):
            yield Problem(row[0].place, f"{len(row)} cells, and the first line names {len(columns)} columns")
        else:
            yield _named(_row(row, columns, name))


def _column_problems(cells: Sequence[_Cell], columns: Sequence[tuple[str, ...]]) -> Iterator[Problem]:
    if len(columns) == 1 and any(mark in cells[0].text for mark in ";\t"):
        yield Problem(cells[0].place, "cells are parted by commas")
        return
    for index, (cell, path) in enumerate(zip(cells, columns, strict=True)):
        if not all(path):
            yield Problem(cell.place, "a column is named by its key, as id, caller or expect.answer.category")
        for before in columns[:index]:
            if path == before:
                yield Problem(cell.place, f"column {cell.text!r} stands twice")
            elif path[: len(before)] == before or before[: len(path)] == path:
                yield Problem(cell.place, f"{'.'.join(before)!r} and {'.'.join(path)!r} cannot both be columns")


def _row(cells: Sequence[_Cell], columns: Sequence[tuple[str, ...]], name: str) -> Document:
    """A row as the nested mapping that its columns name."""
    whole: dict[str, Any] = {}
    filled = [(path, cell) for path, cell in zip(columns, cells, strict=True) if cell.text]
    for path, cell in filled:
        inner = whole
        for part in path[:-1]:
            inner = inner.setdefault(part, {})
        inner[path[-1]] = _value(path, cell.text)

    def where(keys: _Keys) -> Place:
        for length in range(len(keys), 0, -1):
            for path, cell in filled:
                if path[:length] == tuple(keys[:length]):
                    return cell.place
        return cells[0].place

    return Document(name, whole, _where=where)


def _value(path: tuple[str, ...], text: str) -> Json:
    """A cell's value: all is text but the few keys of a case that are not."""
    if path == ("must_pass",):
        return _WORDS.get(text.lower(), text)
    return int(text) if path[0] in _WHOLE and len(path) == 1 and text.isdecimal() and len(text) < 3 else text


def _cells(text: str, name: str) -> Iterator[list[_Cell]]:
    """The rows of a table, as RFC 4180 has it, with the place of each cell. Blank lines are no rows."""
    at, line, began = 0, 1, 0
    row: list[_Cell] = []
    while at < len(text):
        place = Place(name, line, at - began + 1)
        if text[at] == '"':
            value, end = _quoted(text, at, place)
            inside = text.count("\n", at, end)
            if inside:
                line, began = line + inside, text.rfind("\n", at, end) + 1
            if end < len(text) and text[end] not in ",\n":
                raise Mistake([Problem(Place(name, line, end - began + 1), "after a closing quote comes a comma")])
        else:
            ends = [end for mark in ",\n" if (end := text.find(mark, at)) >= 0]
            end = min(ends, default=len(text))
            value = text[at:end]
            if '"' in value:
                message = "a quote inside a cell: the whole cell is quoted, and a quote in it is written twice"
                raise Mistake([Problem(Place(name, line, at + value.index('"') - began + 1), message)])
        row.append(_Cell(value, place))
        if end < len(text) and text[end] == ",":
            at = end + 1
            if at < len(text) and text[at] != "\n":
                continue
            row.append(_Cell("", Place(name, line, at - began + 1)))
            end = at
        at, line, began = end + 1, line + 1, end + 1
        if any(cell.text.strip() for cell in row):
            yield row
        row = []


def _quoted(text: str, at: int, place: Place) -> tuple[str, int]:
    """The text of a quoted cell that begins at `at`, and where it ends."""
    parts, start = [], at + 1
    while True:
        end = text.find('"', start)
        if end < 0:
            raise Mistake([Problem(place, "this quote is never closed")])
        parts.append(text[start:end])
        if text[end + 1 : end + 2] != '"':
            return '"'.join(parts), end + 1
        start = end + 2
