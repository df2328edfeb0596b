"""Seeded damage to a file: truncated, wrong types, lone surrogates, deep nesting, huge numbers, keys twice, bad bytes."""

from __future__ import annotations

import random
import re

_VALUES = (
    b"null", b"true", b"-1", b"1e999", b"1e308", b"9" * 400, b"9" * 5000, b"NaN", b"-Infinity", b'""', b'"\\ud800"', b'"\\u0000"',
    b"[]", b"{}", b"[[]]", b'{"a": 1}', b'"NaN"', b'"1e400"', b"0.1", b'"\xe2\x80\xa8"', b'"\\ud83d\\ude00"', b'["x", 1, null, {}]',
    b'"2026-99-99T99:99:99Z"', b'"' + b"x" * 3000 + b'"', b'"%s{{now}}"', b"99999999999999999", b'"\\udc00\\ud800"',
)  # fmt: skip
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null')


def mutated(content: bytes, seed: int) -> bytes:
    """The content with one to four faults, the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(chance.choice((1, 1, 2, 4))):
        content = chance.choice(_KINDS)(content, chance)
    return content


def _truncated(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _other_value(content: bytes, chance: random.Random) -> bytes:
    tokens = list(_TOKEN.finditer(content))
    if not tokens:
        return content
    one = chance.choice(tokens)
    return content[: one.start()] + chance.choice(_VALUES) + content[one.end() :]


def _flipped(content: bytes, chance: random.Random) -> bytes:
    if not content:
        return content
    at = chance.randrange(len(content))
    return content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]


def _cut_out(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] + content[at + chance.randrange(60) :]


def _doubled(content: bytes, chance: random.Random) -> bytes:
    """A part again: often a key that then stands twice."""
    tokens = [one.end() for one in _TOKEN.finditer(content)] or [0]
    start = chance.choice(tokens)
    end = min(len(content), start + chance.randrange(200))
    return content[:end] + content[start:end] + content[end:]


def _twice(content: bytes, chance: random.Random) -> bytes:
    keys = list(re.finditer(rb'\{\s*("[^"\\]*")\s*:', content))
    if not keys:
        return content
    one = chance.choice(keys)
    return content[: one.end()] + b" 1, " + one[1] + b":" + content[one.end() :]


def _deep(content: bytes, chance: random.Random) -> bytes:
    tokens = list(_TOKEN.finditer(content))
    if not tokens:
        return content
    one, depth = chance.choice(tokens), chance.choice((10, 30, 70, 3000, 60_000))
    opening, closing = chance.choice(((b"[", b"]"), (b'{"k":', b"}")))
    return content[: one.start()] + opening * depth + one.group() + closing * depth + content[one.end() :]


def _encoded(content: bytes, chance: random.Random) -> bytes:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return b"\xff\xfe" + content
    return text.encode(chance.choice(("utf-16", "utf-16-le", "latin-1", "cp1252", "utf-8-sig")), "replace")


def _blanks(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    return (
        content[:at] + chance.choice((b"\0", b"\r", b"\n\n", b"\t", b'"', b",", b";", b"\xed\xa0\x80")) + content[at:]
    )


_KINDS = (
    _truncated, _other_value, _other_value, _other_value, _flipped, _cut_out, _doubled, _twice, _deep, _encoded, _blanks,
)  # fmt: skip
