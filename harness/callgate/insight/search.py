"""Texts -> an index on disk; a query -> the texts nearest to it, each with the words that show why.

SQLite's full text search does the work. What makes it good at whole conversations as queries is which words of the
query are asked at all: the rarest of them, and pairs of neighbours ("gold rewards"), which say more than their words.
"""

from __future__ import annotations

import math
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Self

COMMON = 0.3
"""A word that stands in a greater share of the texts is not asked."""
WORDS = 8
PAIRS = 64
"""The most words and pairs of a query that are asked."""
ROWS = 2_000
"""Rows that the words of a query may touch together, and its pairs as well: what bounds the time of one search."""
TITLE = 3.0
"""How much more a word in the title counts than one in the text."""

_WORD = re.compile(r"[^\W_]+")
_TOKENS = "unicode61 remove_diacritics 2"
_RANKED = "SELECT rowid, bm25(texts, ?, 1.0) FROM texts WHERE texts MATCH ? ORDER BY 2, rowid LIMIT ?"


@dataclass(frozen=True, slots=True)
class Text:
    """Something that can be found: a golden call, a failure, an article."""

    id: str
    kind: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Found:
    """A text that was found. `score` grows with nearness and compares only within one search; `snippet` shows the
    matching words in [brackets]."""

    id: str
    kind: str
    title: str
    score: float
    snippet: str


class Index:
    """A full-text index, in a file or in memory."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @classmethod
    def of(cls, texts: Iterable[Text], path: Path | None = None, *, stamp: str = "") -> Self:
        """A new index of these texts; `stamp` says what it was made of."""
        if path is not None:
            path.unlink(missing_ok=True)
        db = sqlite3.connect(path or ":memory:", isolation_level=None)
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("BEGIN")
        db.execute(f"CREATE VIRTUAL TABLE texts USING fts5(title, body, tokenize='{_TOKENS}')")
        db.execute("CREATE VIRTUAL TABLE vocabulary USING fts5vocab(texts, row)")
        db.execute("CREATE TABLE named (number INTEGER PRIMARY KEY, id TEXT NOT NULL, kind TEXT NOT NULL) STRICT")
        db.execute("CREATE TABLE held (term TEXT PRIMARY KEY, texts INTEGER NOT NULL) STRICT, WITHOUT ROWID")
        db.execute("CREATE TABLE stamp (value TEXT NOT NULL) STRICT")
        db.execute("INSERT INTO stamp VALUES (?)", (stamp,))
        for number, text in enumerate(texts, 1):
            db.execute("INSERT INTO texts (rowid, title, body) VALUES (?, ?, ?)", (number, text.title, text.body))
            db.execute("INSERT INTO named VALUES (?, ?, ?)", (number, text.id, text.kind))
        db.execute("INSERT INTO held SELECT term, doc FROM vocabulary")  # counting them at each search takes longer
        db.execute("COMMIT")
        return cls(db)

    @classmethod
    def at(cls, path: Path, stamp: str) -> Self | None:
        """The index in this file, if it is one and was made of the same."""
        if not path.is_file():
            return None
        db = sqlite3.connect(path, isolation_level=None)
        try:
            found = db.execute("SELECT value FROM stamp").fetchone()
        except sqlite3.Error:
            found = None
        if found != (stamp,):
            db.close()
            return None
        return cls(db)

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def size(self) -> int:
        """How many texts it holds."""
        return int(self._db.execute("SELECT count(*) FROM named").fetchone()[0])

    def search(self, query: str, k: int = 3) -> list[Found]:
        """The `k` texts nearest to the query, the best first; fewer where fewer have any of its words."""
        match = self._asked(query)
        if not match:
            return []
        ranked = self._db.execute(_RANKED, (TITLE, match, k)).fetchall()
        return [self._found(number, -score, match) for number, score in ranked]

    def plain(self, query: str, k: int = 3) -> list[str]:
        """The ids by bm25 over every word of two letters or more of the query: what `search` is measured against (with
        single letters too, such as the s of "customer's", plain bm25 does worse)."""
        match = " OR ".join(f'"{word}"' for word in _words(query))
        if not match:
            return []
        ranked = self._db.execute(_RANKED, (1.0, match, k)).fetchall()
        return [self._name(number)[0] for number, _ in ranked]

    def _found(self, number: int, score: float, match: str) -> Found:
        identity, kind = self._name(number)
        title, snippet = self._db.execute(
            "SELECT title, snippet(texts, 1, '[', ']', ' … ', 24) FROM texts WHERE texts MATCH ? AND rowid = ?",
            (match, number),
        ).fetchone()
        return Found(identity, kind, title, score, " ".join(snippet.split()))

    def _name(self, number: int) -> tuple[str, str]:
        found: tuple[str, str] = self._db.execute("SELECT id, kind FROM named WHERE number = ?", (number,)).fetchone()
        return found

    # ------------------------------------------------------------------------------------------ what is asked

    def _asked(self, query: str) -> str:
        """The query as full text search takes it: its rarest words and pairs, any of them."""
        words = _words(query)
        counts = Counter(words)
        holding = self._holding(counts)
        size = max(self.size, 1)
        rare = {
            word: math.log((size + 1) / rows) for word, rows in holding.items() if 0 < rows <= max(COMMON * size, 2)
        }
        best = sorted(rare, key=lambda word: (-rare[word] * _times(counts[word]), word))[:WORDS]
        asked = [f'"{word}"' for word in _within(best, holding)]
        known = {word for word, rows in holding.items() if 0 < rows <= max(0.5 * size, 2)}
        pairs = Counter((one, two) for one, two in pairwise(words) if {one, two} <= known)
        worth = {word: math.log((size + 1) / holding[word]) for word in known}
        weight = {pair: _times(count) * sum(worth[word] for word in pair) for pair, count in pairs.items()}
        first = sorted(weight, key=lambda pair: (-weight[pair], pair))
        asked += [f'"{one} {two}"' for one, two in self._standing(first)]
        asked += [f'"{_beginning(word)}"*' for word, rows in holding.items() if not rows and len(word) > 4][:8]
        if not asked:  # only words that everybody uses
            asked = [f'"{word}"' for word, rows in holding.items() if rows]
        return " OR ".join(asked)

    def _holding(self, words: Iterable[str]) -> dict[str, int]:
        """In how many texts each word stands."""
        query = "SELECT texts FROM held WHERE term = ?"
        rows = {word: self._db.execute(query, (_plain(word),)).fetchone() for word in words}
        return {word: found[0] if found else 0 for word, found in rows.items()}

    def _standing(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """The first pairs that stand side by side in some text, at most PAIRS in at most ROWS texts."""
        query = "SELECT count(*) FROM (SELECT 1 FROM texts WHERE texts MATCH ? LIMIT ?)"
        found: list[tuple[str, str]] = []
        rows = 0
        for one, two in pairs[: 4 * PAIRS]:
            if len(found) == PAIRS or rows >= ROWS:
                break
            here: int = self._db.execute(query, (f'"{one} {two}"', ROWS - rows)).fetchone()[0]
            if here and here < COMMON * self.size + 2:
                found.append((one, two))
                rows += here
        return found


def _within(words: Sequence[str], holding: Mapping[str, int]) -> list[str]:
    """The first words whose texts together are not more than ROWS, and at least three words."""
    kept: list[str] = []
    rows = 0
    for word in words:
        rows += holding[word]
        if rows > ROWS and len(kept) >= 3:
            break
        kept.append(word)
    return kept


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if len(word) > 1]


def _times(count: int) -> float:
    return 1 + math.log(count)


def _plain(word: str) -> str:
    """A word as the index keeps it: without accents."""
    import unicodedata

    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


def _beginning(word: str) -> str:
    """Of a word that stands nowhere: what it begins with, so that "rotations" finds "rotation"."""
    return word[: max(4, len(word) - 3)]
