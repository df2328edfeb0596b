"""Replies that came and are not in the ledger yet: written beside it as they come, without waiting for the disk.

What a process has written survives its end, so that `kill -9` costs the calls in flight and no reply: whoever opens the
ledger next takes over what the dead have left. (Only the ledger's own commit survives a power cut, and only what it has
kept counts.) Two files take turns, so that one can be emptied while replies go on coming into the other.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Collection, Iterator
from glob import escape
from pathlib import Path

from callgate.ledger.claims import is_alive
from callgate.ledger.rows import ReplyRow, reply_from

_OWNER = re.compile(r"-spool-([0-9a-z]+)-[01]$")


class Spool:
    """The replies of one claimant that are still to be kept. Safe between threads."""

    def __init__(self, ledger: Path, owner: str) -> None:
        self._lock = threading.Lock()
        self._page, self._other = (_Page(ledger.with_name(f"{ledger.name}-spool-{owner}-{turn}")) for turn in "01")

    def add(self, row: ReplyRow) -> None:
        """Writes a reply down. Raises OSError."""
        with self._lock:
            self._page.add(row)

    def row(self, key: str) -> ReplyRow | None:
        """The row of a reply that waits here."""
        with self._lock:
            return self._page.waiting.get(key) or self._other.waiting.get(key)

    def waiting(self) -> list[ReplyRow]:
        """The rows of all replies that wait here."""
        with self._lock:
            return [*self._page.waiting.values(), *self._other.waiting.values()]

    def settle(self, keys: Collection[str]) -> None:
        """These are kept now, or need not be; those that are not wait on, and new ones go into the other file."""
        with self._lock:
            for page in (self._page, self._other):
                page.remove(keys)
            if not self._other.waiting:
                self._page, self._other = self._other, self._page

    def close(self) -> None:
        """Removes the files, but for those in which a reply waits still."""
        with self._lock:
            self._page.close()
            self._other.close()


class _Page:
    """One file, which is made when the first reply comes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = -1
        self.waiting: dict[str, ReplyRow] = {}

    def add(self, row: ReplyRow) -> None:
        if self._handle < 0:
            self._handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        line = json.dumps([*row[:-1], row[-1].hex()]).encode() + b"\n"
        written = os.write(self._handle, line)
        if written != len(line):  # half a line would take the next one with it
            os.ftruncate(self._handle, os.fstat(self._handle).st_size - written)
            raise OSError(f"{self._path.name}: no room for a reply")
        self.waiting[row[0]] = row

    def remove(self, keys: Collection[str]) -> None:
        if self.waiting:
            for key in keys:
                self.waiting.pop(key, None)
            if not self.waiting:
                os.ftruncate(self._handle, 0)

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
        if not self.waiting:
            self._path.unlink(missing_ok=True)


def abandoned(ledger: Path) -> list[Path]:
    """The files of claimants that are gone."""
    found = [(path, _OWNER.search(path.name)) for path in ledger.parent.glob(f"{escape(ledger.name)}-spool-*")]
    return [path for path, owner in found if owner and not is_alive(ledger, owner[1])]


def spooled(path: Path) -> Iterator[ReplyRow]:
    """The replies in a file, but for a line that is cut short or damaged: that one was never paid for. Raises
    OSError."""
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise OSError("no regular file")
    for line in path.read_bytes().split(b"\n"):
        try:
            key, model, served, simulated, created, body, digest = json.loads(line)
            row = (key, model, served, simulated, created, body, bytes.fromhex(digest))
            texts = [text.encode() for text in (key, model, served, body)]
            reply_from((*texts[:3], simulated, created, texts[3], row[-1]))
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            continue
        if type(simulated) is int and type(created) is int and 0 <= created < 2**63:
            yield row
