"""Results as people have them (JSONL, CSV, promptfoo, Inspect, rows, frames) in; one side's checked rows out."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

from callgate.concepts import Mistake, Place, Problem
from callgate.files import each_once
from callgate.interchange import inspect_log, promptfoo
from callgate.interchange.side import Side

Source: TypeAlias = "str | Path | Iterable[Mapping[str, Any]] | Any"  # the last is a pandas DataFrame
Lines: TypeAlias = "Iterator[tuple[int, Any]]"
NEEDED = ("case", "trial", "grader", "score")
_COLUMNS = frozenset({"case", "decision", "trial", "grader", "score", "error", "cluster", "case_digest"})


def read(source: Source, arm: str) -> Side:
    """One side's rows; mistakes in them are kept in `problems`. Raises Mistake where there is nothing to read."""
    if isinstance(source, str | Path):
        return _file(str(source))
    if hasattr(source, "to_dict"):
        return Side(arm).add(_framed(source))
    side = Side(arm)
    return side.add(_mappings(enumerate(source, 1), side))


def _file(name: str) -> Side:
    path, column = name, ""
    if "#" in name and not Path(name).is_file():
        path, _, column = name.rpartition("#")
    if not Path(path).is_file():
        raise Mistake([Problem(Place(path), "no such file of results")])
    try:
        return _read(path, column, Side(name))
    except UnicodeDecodeError as error:
        raise Mistake([Problem(Place(path), f"not text in UTF-8: {error.reason} at byte {error.start}")]) from None


def _read(path: str, column: str, side: Side) -> Side:
    if path.endswith(".csv"):
        with Path(path).open(encoding="utf-8-sig", newline="") as stream:
            return side.add(_csv(stream, side))
    if path.endswith(".eval"):
        return side.add(inspect_log.from_archive(Path(path), side))
    if path.endswith(".json"):
        return _document(path, column, side)
    with Path(path).open(encoding="utf-8-sig") as stream:
        return _lines(stream, column, side)


def _document(path: str, column: str, side: Side) -> Side:
    try:
        document = json.loads(Path(path).read_text("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Mistake([Problem(Place(path, getattr(error, "lineno", 1)), f"not JSON: {error}")]) from None
    if isinstance(document, list):
        return side.add(_mappings(enumerate(document, 1), side))
    if promptfoo.is_export(document):
        return side.add(promptfoo.rows(promptfoo.results_of(document), column, side))
    if inspect_log.is_log(document):
        return side.add(inspect_log.rows(document["samples"], side))
    raise Mistake([Problem(Place(path), "neither rows, nor promptfoo's results, nor an Inspect log")])


def _lines(stream: Iterable[str], column: str, side: Side) -> Side:
    parsed = _parsed(stream, side)
    first = next(parsed, None)
    if first is None:
        return side
    everything = chain([first], parsed)
    if promptfoo.is_result(first[1]):
        return side.add(promptfoo.rows(everything, column, side))
    return side.add(_mappings(everything, side))


def _parsed(stream: Iterable[str], side: Side) -> Lines:
    decode = json.JSONDecoder().decode
    for line, text in enumerate(stream, 1):
        if text.isspace():
            continue
        try:
            row = decode(text)
            if text.count('":') > _keys_in(row):
                row = json.loads(text, object_pairs_hook=each_once)
        except (ValueError, RecursionError) as error:
            side.problem(line, f"not JSON: {error}")
        else:
            yield line, row


def _keys_in(row: Any) -> int:
    """How many keys a flat row with one mapping of segments has: a text with more may say one of them twice."""
    if type(row) is not dict:
        return 0
    segments = row.get("segments")
    return len(row) + (len(segments) if type(segments) is dict else 0)


def _mappings(rows: Iterable[tuple[int, Any]], side: Side) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for line, row in rows:
        if type(row) is dict or isinstance(row, Mapping):  # the first is quick
            yield line, row
        else:
            side.problem(line, f"a row is an object with case, trial, grader and score, not {type(row).__name__}")


def _csv(stream: Iterable[str], side: Side) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(stream)
    names = list(reader.fieldnames or ())
    lacking = [name for name in NEEDED if name not in names]
    if lacking or len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        wrong = f"no column {', '.join(lacking)}" if lacking else f"column {', '.join(twice)} stands twice"
        comma = "; columns are separated by commas" if len(names) == 1 and lacking else ""
        side.problem(1, f"{wrong}; wanted {', '.join(NEEDED)}, and segment.NAME for each segment{comma}")
        return
    for name in names:
        if name not in _COLUMNS and not name.startswith("segment."):
            from callgate.files import did_you_mean

            side.problem(1, f"unknown column {name!r}{did_you_mean(name, [*_COLUMNS, 'segment.NAME'])}")
    for row in reader:
        if None in row or None in row.values():
            side.problem(reader.line_num, "has not as many cells as the header")
        else:
            yield reader.line_num, _typed(row)


def _framed(frame: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """A pandas frame's rows, counted from 1; empty cells (NaN, None) are absent."""
    for line, row in enumerate(frame.to_dict("records"), 1):
        filled = {str(name): "" if value is None or value != value else value for name, value in row.items()}  # noqa: PLR0124
        yield line, _typed(filled)


def _typed(cells: Mapping[str, Any]) -> dict[str, Any]:
    """One row of a table: empty cells are absent, trial and score numbers, segment.NAME columns one mapping."""
    row: dict[str, Any] = {"score": None}
    segments: dict[str, Any] = {}
    for name, cell in cells.items():
        if cell == "":
            continue
        if name.startswith("segment."):
            segments[name.removeprefix("segment.")] = str(cell)
        elif name == "trial":
            row[name] = _number(cell, int)
        elif name == "score":
            row[name] = _number(cell, float)
        else:
            row[name] = cell if isinstance(cell, str) else str(cell)
    return {**row, "segments": segments} if segments else row


def _number(cell: Any, kind: type[int | float]) -> Any:
    """The cell as a number; as it stands where it is none, for the check of rows to say so."""
    try:
        number = float(cell)
        return int(number) if kind is int and number.is_integer() else number
    except (ValueError, OverflowError):
        return cell
