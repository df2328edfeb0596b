"""Whether a text says what is meant: by its content words, or by the times, days and numbers in it."""

from __future__ import annotations

from functools import lru_cache

from callgate.graders.packs import LANGUAGES, pack
from callgate.graders.text import words
from callgate.graders.values import Value, find

_STEM = 5  # letters by which "rotate" and "rotation" are one word
_LEAST = 3  # letters of a word that tells something


@lru_cache(maxsize=4096)
def stems(text: str) -> frozenset[str]:
    """The beginnings of a text's content words: no function words of any pack, no number."""
    stop = frozenset().union(*(known.stop_words for language in LANGUAGES if (known := pack(language))))
    plain = (word.removesuffix("'s") for word in words(text))
    return frozenset(w[:_STEM] for w in plain if len(w) >= _LEAST and w not in stop and not w[0].isdigit())


@lru_cache(maxsize=4096)
def values(text: str) -> tuple[Value, ...]:
    """The values in a text, read in every language that has a pack."""
    return tuple(value for language in LANGUAGES for value in find(text, language))


@lru_cache(maxsize=4096)
def says(text: str, meant: str) -> bool:
    """Whether a text says what is meant: every content word of it, and one value that is read the same."""
    wanted, numbers = stems(meant), values(meant)
    if not (wanted or numbers):
        return meant.strip().lower() in text.lower()
    if not wanted <= stems(text):
        return bool(numbers) and _shares(text, numbers)
    return not numbers or _shares(text, numbers) or bool(wanted)


def _shares(text: str, numbers: tuple[Value, ...]) -> bool:
    found = values(text)
    return any(one.kind == other.kind and set(one.readings) & set(other.readings) for one in numbers for other in found)
