"""A text as it was said -> folded text of the same length, words, sentences: what finders and lexicons run over."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SENTENCE = re.compile(r"[^.!?…\n]+(?:[.](?=\S)[^.!?…\n]+)*[.!?…]*")
_WORD = re.compile(r"[\w']+")
_MARKS = re.compile(r"\*\*|__|`|(?<!\w)[*_](?=\w)|(?<=[\w.,!?])[*_](?!\w)")
_SPACE = re.compile(r"\s+")
_PLAIN = {"’": "'", "‘": "'", "ʼ": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " ", "\u202f": " "}


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    plain = _PLAIN.get(character) or unicodedata.normalize("NFD", character)[0]
    return plain.lower()[:1] or plain


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Lower case, accents off, plain quotes and dashes; every character stays where it was, so spans hold."""
    return text.lower() if text.isascii() else "".join(map(_folded, text))


def unaccented(pattern: str) -> str:
    """A pattern as it meets folded text: accents off, letters as written, since capitals mean the opposite."""
    return "".join(c if c.isascii() else _folded(c) for c in pattern)


@lru_cache(maxsize=8192)
def words(text: str) -> tuple[str, ...]:
    """The folded words of a text, without punctuation."""
    return tuple(_WORD.findall(fold(text)))


@lru_cache(maxsize=8192)
def unmarked(text: str) -> str:
    """A text without the marks that make words bold, slanted or code: "I've **booked** you" says what it says."""
    return _MARKS.sub("", text) if "*" in text or "_" in text or "`" in text else text


def squeezed(text: str) -> str:
    """Folded text with every run of white space as one space: how a quote is compared."""
    return _SPACE.sub(" ", fold(text)).strip()


@lru_cache(maxsize=8192)
def sentences(text: str) -> tuple[tuple[int, str], ...]:
    """Start and text of each sentence; a point inside a number or an abbreviation without a space does not end one."""
    found = ((match.start(), match.group()) for match in _SENTENCE.finditer(text))
    return tuple((start + piece.index(piece.strip()), piece.strip()) for start, piece in found if piece.strip())


def excerpt(text: str, limit: int = 80) -> str:
    """One line of at most `limit` characters, in quotes, as a `why` shows it."""
    line = " ".join(text.split(None, limit)[:limit])  # more words than that are longer
    return f'"{line}"' if len(line) <= limit else f'"{line[: limit - 1]}…"'
