"""One ledger's rows -> another's: shares of a run come together, and a team's ledgers."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from callgate.concepts import Mistake
from callgate.ledger.rows import ReplyRow
from callgate.ledger.spool import abandoned, spooled
from callgate.ledger.store import Ledger

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Merged:
    """How many rows were new here, and how many of the other ledger were damaged and left behind."""

    replies: int = 0
    scores: int = 0
    runs: int = 0
    damaged: int = 0

    def __add__(self, other: Merged) -> Merged:
        return Merged(
            self.replies + other.replies,
            self.scores + other.scores,
            self.runs + other.runs,
            self.damaged + other.damaged,
        )


def merge(into: Ledger, path: Path) -> Merged:
    """Puts what the ledger at `path` holds, and what killed runs have left beside it, into another, in one transaction;
    what is there and sound stays. Its files are not changed. Raises Mistake where it is no ledger, or one of another
    version."""
    try:
        # what is left beside it first, since who opens that ledger meanwhile takes it over
        left = [row for spool in abandoned(path.resolve()) for row in _left_in(spool)]
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as other:
            other.text_factory = bytes
            return Merged(*into.take(other, left))
    except sqlite3.Error as error:
        raise Mistake(f"{path}: no ledger, or one that cannot be read: {error}") from error


def _left_in(spool: Path) -> list[ReplyRow]:
    """The replies in a file beside the other ledger; none where somebody else has just taken them over."""
    try:
        return list(spooled(spool))
    except FileNotFoundError:
        return []
    except OSError as error:
        _log.warning("%s: what a killed run has left cannot be read: %s", spool, error)
        return []
