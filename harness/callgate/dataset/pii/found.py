"""What the finders give back: where personal data stands in a text, of what kind, and as which value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Kind = Literal["phone", "email", "card", "vin", "ssn", "plate", "address", "name", "digits", "code"]
STRUCTURED: tuple[Kind, ...] = ("phone", "email", "card", "vin", "ssn", "plate", "address")


@dataclass(frozen=True, slots=True)
class Found:
    """Personal data at `start`..`end` of a text. `key` is the value in one form, however it was written or spoken:
    a number's digits, a name's folded words, an address in lower case. `spoken` says that it stands in words.
    """

    start: int
    end: int
    kind: Kind
    key: str
    spoken: bool = False


_NO_DIGITS = re.compile(r"[^0-9]+")
_DIGIT = re.compile(r"\d")
_LETTERS = re.compile(r"[^\W\d_]+")
_WRITTEN = r"""
    [\d$€] (?:                                        # a set first: only where one stands the rest is tried
      (?<=\d)\d{3}-\d\d-\d\d (?:[T\ ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?   # days and moments
    | (?<=(?<!\d)\d)\d?:\d\d(?::\d\d)? (?:\s?[ap]\.?m\b\.?)?                                # times of the day
    | (?<=[$€])\s?\d[\d,]*(?:\.\d+)?                                                       # amounts
    | (?<=\b\d)\d?/\d{1,2}/\d{2,4}\b
    )
"""
_MADE = r"""
    | (?<![\w-])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![\w-])                # ids that a machine made
    | \b[a-z]{2,12}_(?=[a-z0-9]*[a-z])[a-z0-9]{8,64}\b
"""
_NEVER = re.compile(_WRITTEN + _MADE, re.VERBOSE | re.IGNORECASE)
_NEVER_UNMADE = re.compile(_WRITTEN, re.VERBOSE | re.IGNORECASE)
"""The same without ids, for a text that has none of the marks in them."""


def masked(text: str) -> str:
    """The text with days, times, amounts and machine-made ids blanked at equal length: they stay, and join no number
    beside them."""
    never = _NEVER if "_" in text or text.count("-") >= 4 else _NEVER_UNMADE
    return never.sub(lambda found: "\0" * len(found.group()), text)


def digits_of(text: str) -> str:
    """Only the digits 0-9."""
    return _NO_DIGITS.sub("", text)


def digit_count(text: str) -> int:
    """How many digits a text has, of any script: too few, and there is no number to look for."""
    return len(_DIGIT.findall(text))


@lru_cache(maxsize=4096)
def words_of(text: str) -> tuple[str, ...]:
    """The runs of letters in a text, folded for case: looking in them is quicker than trying a pattern everywhere."""
    return tuple(_LETTERS.findall(text.casefold()))


def word_set(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())
