"""Plain data -> YAML text that our own reader reads back to the same data, laid out as people write cases.

Short mappings and lists stand on one line; long ones in blocks. A text is quoted unless it is plainly a word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from callgate.concepts import Json

WIDTH = 110
_PLAIN = re.compile(r"[A-Za-zÁÉÍÓÚÑÜáéíóúñü¿¡][\w .'’/@()+%$áéíóúñüÁÉÍÓÚÑÜ¿?¡!;-]*\Z")
_WORDS = {"null", "true", "false", "~", "yes", "no", "on", "off", "y", "n"}
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def yaml_text(value: Mapping[str, Json]) -> str:
    """The mapping as a YAML document, its keys in their order."""
    lines: list[str] = []
    _block(value, 0, lines)
    return "\n".join(lines) + "\n"


def scalar(value: Json, *, flow: bool = False) -> str:
    """A scalar as YAML; inside `[]` and `{}` commas and brackets are quoted too."""
    if not isinstance(value, str):
        return json.dumps(value, allow_nan=False)
    plain = _PLAIN.match(value) and value.lower() not in _WORDS and not value.endswith((" ", ":"))
    if (
        plain
        and len(value) < 400
        and ": " not in value
        and " #" not in value
        and not (flow and re.search(r"[,?]", value))
    ):
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(_escaped, quoted)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def _flow(value: Json) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key, flow=True)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return scalar(value, flow=True)


def _fits(value: Json, indent: int) -> str | None:
    """The value on one line, where it fits there."""
    if isinstance(value, Mapping | list | tuple) and value and _size(value) > WIDTH:
        return None
    line = _flow(value)
    return line if not value or not isinstance(value, Mapping | list | tuple) or len(line) + indent <= WIDTH else None


def _size(value: Json) -> int:
    """A lower bound of the length on one line, found without writing it."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(len(key) + _size(inner) + 2 for key, inner in value.items())
    return sum(map(_size, value)) if isinstance(value, Sequence) else 1


def _block(value: Mapping[str, Json], indent: int, lines: list[str], lead: str = "") -> None:
    for key, inner in value.items():
        head = f"{lead or ' ' * indent}{scalar(key, flow=True)}:"
        lead = ""
        _entry(head, inner, indent, lines, top=indent == 0)


def _entry(head: str, value: Json, indent: int, lines: list[str], *, top: bool) -> None:
    nested = isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str))
    blocks = top and isinstance(value, list) and any(isinstance(item, Mapping) for item in value)
    line = None if blocks else _fits(value, len(head) + 1)
    if line is not None or not nested:
        text = line if nested and line is not None else scalar(value)
        lines.append(f"{head} {text}")
    elif isinstance(value, Mapping):
        lines.append(head)
        _block(value, indent + 2, lines)
    elif isinstance(value, Sequence):
        lines.append(head)
        _list(value, indent + 2, lines)


def _list(value: Sequence[Json], indent: int, lines: list[str]) -> None:
    for item in value:
        if isinstance(item, Mapping) and item:
            _block(item, indent + 2, lines, lead=" " * indent + "- ")
        elif isinstance(item, Sequence) and not isinstance(item, str) and item:
            lines.append(" " * indent + "- " + _flow(item))
        else:
            lines.append(" " * indent + "- " + scalar(item))
