"""The bytes of an export -> JSON values that know where they stand. A stranger's file: every fault has its place.

Duplicate keys, NaN, halves of surrogate pairs, nesting over 64 levels, more than 16 MiB and what is not text are
mistakes. No message quotes the content, which may be personal.
"""

from __future__ import annotations

import csv
import io
import json
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from callgate.concepts import Json, Mistake, Place, Problem

MAX_BYTES = 16 << 20
MAX_DEPTH = 64
_SURROGATE = re.compile("[\ud800-\udfff]")
_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
Keys = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Export:
    """A file as it came: its name in messages and its text. `first_line` is where the text begins in the file."""

    name: str
    text: str
    first_line: int = 1

    def place(self, offset: int = 0) -> Place:
        """The place of a character of the text."""
        line = self.text.count("\n", 0, offset)
        return Place(self.name, self.first_line + line, offset - self.text.rfind("\n", 0, offset))

    def wrong(self, message: str, offset: int = 0) -> Mistake:
        return Mistake([Problem(self.place(offset), message)])


def read_export(path: Path, name: str | None = None) -> Export:
    """A regular file of at most 16 MiB in UTF-8 or UTF-16."""
    shown = name or str(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Mistake([Problem(Place(shown), "not a regular file")])
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Mistake([Problem(Place(shown), f"cannot be read: {reason}")]) from None
    return export_of(content, shown)


def export_of(content: bytes, name: str) -> Export:
    """The bytes as text, or a Mistake with the line that is not."""
    if len(content) > MAX_BYTES:
        raise Mistake([Problem(Place(name), f"larger than {MAX_BYTES:,} bytes; split the export")])
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Mistake(
            [Problem(Place(name, line), f"neither UTF-8 nor UTF-16; save it as UTF-8 ({encoding})")]
        ) from None
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if not text.strip(" \t\r\n\0"):
        raise Mistake([Problem(Place(name), "the file is empty")])
    return Export(name, text)


# ---------------------------------------------------------------------------------------------- values with places


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value of an export with the path to it. What is absent is a Node of None."""

    export: Export
    value: Json
    path: Keys = ()

    def wrong(self, message: str) -> Mistake:
        shown = ".".join(map(str, self.path)) or "the file"
        return self.export.wrong(f"{shown}: {message}", _offset(self.export.text, self.path))

    @property
    def start(self) -> Place:
        """Where the file, or the line of this value, begins."""
        return Place(self.export.name, self.export.first_line)

    def __bool__(self) -> bool:
        return self.value is not None

    def get(self, *names: str) -> Node:
        """The first of the named fields that is there and not null; of a value that is no object, nothing."""
        if isinstance(self.value, Mapping):
            for name in names:
                if self.value.get(name) is not None:
                    return Node(self.export, self.value[name], (*self.path, name))
        elif self.value is not None:
            raise self.wrong(f"an object with {names[0]!r} is wanted here, not {_kind(self.value)}")
        return Node(self.export, None, (*self.path, names[0]))

    def at(self, *path: str) -> Node:
        """The nested field."""
        node = self
        for name in path:
            node = node.get(name)
        return node

    def items(self) -> list[Node]:
        """The items of a list; of nothing, none."""
        if self.value is None:
            return []
        if isinstance(self.value, str) or not isinstance(self.value, Sequence):
            raise self.wrong(f"a list is wanted here, not {_kind(self.value)}")
        return [Node(self.export, item, (*self.path, index)) for index, item in enumerate(self.value)]

    def text(self, default: str = "") -> str:
        """A text; numbers and truth are written out; of nothing, the default."""
        if self.value is None:
            return default
        if isinstance(self.value, str):
            return self.value
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        if isinstance(self.value, int | float):
            return str(self.value)
        raise self.wrong(f"a text is wanted here, not {_kind(self.value)}")

    def number(self) -> float | None:
        """A finite number, also where it is written as a text; of nothing, None."""
        if self.value is None or self.value == "":
            return None
        try:
            value = float(self.value) if isinstance(self.value, int | float | str) else None
        except (ValueError, OverflowError):
            value = None
        if value is None or isinstance(self.value, bool) or not abs(value) < 1e18:
            raise self.wrong(f"a number is wanted here, not {_kind(self.value)}")
        return value

    def flag(self) -> bool:
        """true or false, also as a text; of nothing, false."""
        return self.value is True or str(self.value).lower() in {"true", "yes", "1"}

    def mapping(self) -> dict[str, Json]:
        """An object; of nothing, an empty one."""
        if self.value is None:
            return {}
        if not isinstance(self.value, Mapping):
            raise self.wrong(f"an object is wanted here, not {_kind(self.value)}")
        return dict(self.value)

    def parsed(self) -> Json:
        """A value that may be JSON in a text: what it says, or the text itself where it is none."""
        return maybe_json(self.value) if isinstance(self.value, str) else self.value


def json_node(export: Export) -> Node:
    """The JSON value of a whole file."""
    return Node(export, _loads(export))


def json_lines(export: Export) -> list[Node]:
    """The values of a file with one JSON value a line, or of a JSON list."""
    if export.text.lstrip().startswith("["):
        return json_node(export).items()
    nodes = []
    for number, line in enumerate(export.text.split("\n")):
        if line.strip():
            one = Export(export.name, line, export.first_line + number)
            nodes.append(Node(one, _loads(one)))
    return nodes


def is_json_lines(export: Export) -> bool:
    """Whether the file holds more than one JSON value, a line each."""
    lines = (line for line in export.text.split("\n") if line.strip())
    first, second = next(lines, "").strip(), next(lines, "").strip()
    return first.startswith("{") and first.endswith("}") and second.startswith("{")


def rows_of(export: Export) -> list[Node]:
    """The rows of a CSV file with a header, as objects of texts; the separator may be a comma, a semicolon or a tab."""
    head = export.text.lstrip("\n").split("\n", 1)[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(export.text), delimiter=separator, strict=True)
    rows: list[Node] = []
    names: list[str] = []
    line = 0
    try:
        for cells in reader:
            start, line = line + 1, reader.line_num
            place = Export(export.name, "", export.first_line + start - 1)
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = [cell.strip().lower().replace(" ", "_") for cell in cells]
                _check_header(place, names)
            elif len(cells) > len(names):
                raise place.wrong(f"{len(cells)} cells, but the header names {len(names)}; quote a text with commas")
            else:
                rows.append(Node(place, {name: cell for name, cell in zip(names, cells, strict=False) if cell.strip()}))
    except csv.Error as error:
        raise Export(export.name, "", export.first_line + max(0, reader.line_num - 1)).wrong(
            f"not CSV: {error}"
        ) from None
    for row in rows:
        _refuse_surrogates(row.export, row.value)
    return rows


def _check_header(place: Export, names: Sequence[str]) -> None:
    twice = next((index for index, name in enumerate(names) if name and name in names[:index]), None)
    if twice is not None:
        raise place.wrong(f"column {twice + 1} has the name of an earlier one")


def maybe_json(text: str) -> Json:
    """The object or list that a text holds as JSON, or as a Python literal as some logs write it; else the text."""
    stripped = text.strip()
    if not stripped or stripped[0] not in "{[":
        return text
    try:
        value: Json = json.loads(stripped, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        return _literal(stripped, text)
    if _too_deep(value) or _SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        return text
    return value


def _literal(stripped: str, text: str) -> Json:
    import ast

    if len(stripped) > 100_000:
        return text
    try:
        value = ast.literal_eval(stripped)
        value = json.loads(json.dumps(value, allow_nan=False))
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return text
    plain: Json = value
    return text if _too_deep(plain) else plain


def moment(value: Json) -> str:
    """A moment as ISO 8601 in UTC: from epoch seconds or milliseconds, or ISO text; "" where it is none."""
    try:
        if isinstance(value, str) and not re.fullmatch(r"\s*\d+(\.\d+)?\s*", value):
            found = datetime.fromisoformat(value.strip().replace("Z", "+00:00").replace(" UTC", "+00:00"))
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            number = float(value)
            if not number < 1e30:  # infinity too, which no division makes smaller
                return ""
            while number > 1e11:  # milliseconds, microseconds, nanoseconds
                number /= 1000
            return datetime.fromtimestamp(number, UTC).isoformat() if number > 1e8 else ""
    except (ValueError, OverflowError, OSError):
        return ""
    return ""


def seconds_between(start: str, end: str) -> float | None:
    """Seconds from one ISO moment to another; None where either is unknown."""
    if not start or not end:
        return None
    return round((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds(), 3)


# ---------------------------------------------------------------------------------------------- JSON, strictly


def _loads(export: Export) -> Json:
    try:
        value: Json = json.loads(
            export.text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
        )
    except _Twice:
        offset = next((at for _, at, what in _walk(export.text) if what == "twice"), 0)
        raise export.wrong("a key stands twice in this object", offset) from None
    except _Constant:
        found = re.search(r"(?<![\w\"])-?(?:NaN|Infinity)", export.text)
        raise export.wrong("NaN and Infinity are no JSON numbers", found.start() if found else 0) from None
    except _Huge:
        found = re.search(r"\d[eE]\+?\d{3,}|\d{309,}", export.text)
        raise export.wrong("a number beyond what a number can be", found.start() if found else 0) from None
    except json.JSONDecodeError as error:
        raise export.wrong(f"not JSON: {error.msg}", error.pos) from None
    except RecursionError:
        raise _deep(export) from None
    except ValueError:  # an integer of thousands of digits
        found = re.search(r"\d{4000,}", export.text)
        raise export.wrong("a number with thousands of digits", found.start() if found else 0) from None
    if _too_deep(value):
        raise _deep(export)
    _refuse_surrogates(export, value)
    return value


class _Twice(ValueError):
    pass


class _Constant(ValueError):
    pass


class _Huge(ValueError):
    pass


def _finite(written: str) -> float:
    """A number that there is: 1e999 is none."""
    value = float(written)
    if value in {float("inf"), float("-inf")}:
        raise _Huge
    return value


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise _Twice
    return value


def _no_constant(_name: str) -> Json:
    raise _Constant


def _deep(export: Export) -> Mistake:
    depth = 0
    for token in _TOKEN.finditer(export.text):
        depth += (token.group() in "{[") - (token.group() in "}]")
        if depth > MAX_DEPTH:
            return export.wrong(f"nested deeper than {MAX_DEPTH} levels", token.start())
    return export.wrong(f"nested deeper than {MAX_DEPTH} levels")


def _too_deep(value: Json) -> bool:
    level: list[Json] = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, Mapping) else outer if isinstance(outer, list) else ())
            if isinstance(inner, Mapping | list)
        ]
        if not level:
            return False
    return True


def _refuse_surrogates(export: Export, value: Json) -> None:
    if "\\u" not in export.text and "\\U" not in export.text and not _SURROGATE.search(export.text):
        return
    if not _SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        return
    pair = re.compile(r"\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|\\\\|(\\u[dD][89a-fA-F]\w\w)")
    found = next((one for one in pair.finditer(export.text) if one[1]), None) or _SURROGATE.search(export.text)
    raise export.wrong("half a surrogate pair, which is no character", found.start() if found else 0)


def _walk(text: str) -> Iterator[tuple[Keys, int, str]]:
    """The places of all values in a JSON text that parses: (path, offset, "value"); second keys as "twice"."""
    path: list[str | int] = []
    seen: list[set[str]] = []
    key: str | None = None
    waits_for_key = False
    for token in _TOKEN.finditer(text):
        word = token.group()
        if word == ":":
            waits_for_key = False
        elif word == ",":
            if path and isinstance(path[-1], int):
                path[-1] += 1
            else:
                waits_for_key = True
        elif word in "}]":
            path.pop()
            seen.pop()
            waits_for_key = False
        elif waits_for_key:
            key = json.loads(word, strict=False)
            if key in seen[-1]:
                yield (*path[:-1], key), token.start(), "twice"
            seen[-1].add(key)
            path[-1] = key
        else:
            yield tuple(path), token.start(), "value"
            if word == "{":
                path.append("")
                seen.append(set())
                waits_for_key = True
            elif word == "[":
                path.append(0)
                seen.append(set())


def _offset(text: str, path: Keys) -> int:
    """Where the value at a path stands; where there is none, its nearest parent."""
    best = (0, 0)
    for keys, at, what in _walk(text) if text else ():
        if what == "value" and len(keys) >= best[0] and keys == path[: len(keys)] and (keys or not best[1]):
            best = (len(keys), at)
            if keys == path:
                break
    return best[1]


def _kind(value: Json) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, int | float):
        return "a number"
    return "an object" if isinstance(value, Mapping) else "a list"
