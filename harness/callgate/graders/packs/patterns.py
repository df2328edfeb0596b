"""Texts of a pack -> regular expressions over folded text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from callgate.graders.text import unaccented


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, compiled at its first use: most of a pack's never are tried."""
    return re.compile(pattern)


def spaced(pattern: str) -> str:
    """A space stands for any white space."""
    return pattern.replace(" ", r"\s")


def bare(pattern: str) -> str:
    """A pattern as it meets folded text."""
    return spaced(unaccented(pattern))


def any_of(patterns: Iterable[str]) -> str:
    """One of the patterns, the longest first."""
    return "(?:" + "|".join(sorted((bare(p) for p in patterns), key=len, reverse=True)) + ")"


def lexicon(patterns: Iterable[str]) -> re.Pattern[str]:
    """Any of the patterns as whole words; one that begins with "n't" may end a word."""
    return re.compile(r"(?:(?<!\w)|(?=n't))" + any_of(patterns) + r"(?!\w)")


def negations(words: Iterable[str]) -> re.Pattern[str]:
    """A word of denial or condition; "n't" is the end of a word and not one of its own."""
    return re.compile("|".join((r"" if w.startswith("n'") else r"(?<!\w)") + bare(w) + r"(?!\w)" for w in words))


def folded_table(table: Mapping[str, Any]) -> dict[str, Any]:
    """A table of words as folded text has them; words that a hyphen may join are joined by a space."""
    return {unaccented(key).replace("[ -]", " "): value for key, value in table.items()}
