"""The ledger's file: SQLite, WAL, durable before anything counts.

Rows carry a digest of their content; one that does not fit is treated as absent, counted in `damaged`, warned of once,
and replaced by what is paid or computed anew.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, Self

from callgate.concepts import Json, Mistake, Reply
from callgate.ledger.claims import Claimant, is_alive
from callgate.ledger.rows import (
    PaidReply,
    ReplyRow,
    Run,
    reply_from,
    reply_row,
    run_from,
    run_row,
    score_row,
    scores_from,
)
from callgate.ledger.spool import Spool, abandoned, spooled

_log = logging.getLogger(__name__)
VERSION: Final = 3
_SCHEMA = """
CREATE TABLE replies (
  key TEXT PRIMARY KEY, model TEXT NOT NULL, served TEXT NOT NULL, simulated INTEGER NOT NULL,
  created INTEGER NOT NULL, body TEXT NOT NULL, digest BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE scores (
  base TEXT NOT NULL, body TEXT NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (base, digest)) STRICT, WITHOUT ROWID;
CREATE TABLE runs (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, eval TEXT NOT NULL, started INTEGER NOT NULL, finished INTEGER,
  baseline_held INTEGER NOT NULL, plan TEXT NOT NULL, decision TEXT NOT NULL, digest BLOB NOT NULL) STRICT;
CREATE TABLE claims (key TEXT PRIMARY KEY, claimant TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""
_SINCE_2 = """
CREATE TABLE IF NOT EXISTS baselines (
  prompt TEXT NOT NULL, model TEXT NOT NULL, generation INTEGER NOT NULL, began INTEGER NOT NULL,
  PRIMARY KEY (prompt, model)) STRICT, WITHOUT ROWID;
"""
_SINCE_3 = """
CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL) STRICT, WITHOUT ROWID;
"""
_LISTED = "IN (SELECT value FROM json_each(?))"
_EVERY_REPLY = "SELECT key, model, served, simulated, created, body, digest FROM replies ORDER BY created, key"
_REPLIES = f"SELECT key, model, served, simulated, created, body, digest FROM replies WHERE key {_LISTED}"  # noqa: S608
_ALL_SCORES = "SELECT base, body, digest FROM scores"
_ANY_OLDER = (
    "SELECT EXISTS (SELECT 1 FROM replies WHERE created < ?) "
    "OR EXISTS (SELECT 1 FROM runs WHERE coalesce(finished, started) < ?)"
)
_AT_ONCE: Final = 32
"""Rows of one statement: SQLite lets other threads of this process run once a statement, not once a row."""
_TAKEN_AT_ONCE: Final = 1000
"""Rows of another ledger that are held in memory."""
_KEEP = "INSERT INTO replies VALUES (?,?,?,?,?,?,?) ON CONFLICT (key) DO NOTHING"
_KEEP_MANY = _KEEP.replace("(?,?,?,?,?,?,?)", ",".join(["(?,?,?,?,?,?,?)"] * _AT_ONCE))
_CLAIM = "INSERT OR IGNORE INTO claims SELECT value, ? FROM json_each(?)"
_GIVE_BACK = f"DELETE FROM claims WHERE claimant = ? AND key {_LISTED}"  # noqa: S608 - constants only
_SCORES = f"SELECT base, body, digest FROM scores WHERE base {_LISTED}"  # noqa: S608 - constants only
_VECTORS = f"SELECT key, vector FROM vectors WHERE key {_LISTED}"  # noqa: S608 - constants only
_HOLDERS = f"SELECT key, claimant FROM claims WHERE key {_LISTED}"  # noqa: S608 - constants only
_RUNS = "SELECT id, eval, started, finished, baseline_held, plan, decision, digest FROM runs ORDER BY seq DESC"
_PUT_RUN = """INSERT INTO runs (seq, id, eval, started, finished, baseline_held, plan, decision, digest)
  VALUES ((SELECT coalesce(max(seq), 0) + 1 FROM runs), ?,?,?,?,?,?,?,?)"""

_BASELINES = "SELECT CAST(prompt AS TEXT), CAST(model AS TEXT), generation, began FROM baselines"
_TAKE_BASELINE = """INSERT INTO baselines VALUES (CAST(? AS TEXT), CAST(? AS TEXT), ?, ?)
  ON CONFLICT (prompt, model) DO UPDATE SET generation = excluded.generation, began = excluded.began
  WHERE excluded.generation > generation"""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one transaction with the ledger gave. Of the keys wanted, those in neither are in flight elsewhere."""

    replies: Mapping[str, Reply]
    granted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Baseline:
    """Which draw of a baseline is in use: `generation` counts from 1, `began` is in seconds since 1970."""

    generation: int
    began: int


class Ledger:
    """Every reply that was paid for, every score and every run. Safe between threads and between processes."""

    def __init__(self, path: Path, connection: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self.path = path
        self.damaged = 0
        self._db = connection
        self._clock = clock
        self._lock = threading.RLock()
        self._claimant = Claimant(path)
        self._spool: Spool | None = None
        self._left_behind = False
        self._given_up: set[Path] = set()
        self._broken_replies: set[bytes] = set()  # damaged rows are deleted when something takes their place
        self._broken_scores: set[tuple[bytes, bytes]] = set()

    @classmethod
    def open(cls, path: Path, *, clock: Callable[[], float] = time.time) -> Self:
        """Opens the ledger at `path`, or makes it (directory 0700, file 0600, ignored by git).

        Raises Mistake where it cannot be opened, is no ledger, or was written by a newer callgate.
        """
        try:
            _make_private(path)
            connection = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise Mistake(f"{path}: the ledger cannot be opened: {error}") from error
        connection.text_factory = bytes  # a flipped byte must not be able to end a whole query
        try:
            _prepare(connection, path)
        except (sqlite3.Error, Mistake) as error:
            connection.close()
            if isinstance(error, Mistake):
                raise
            raise Mistake(f"{path}: no ledger, or a damaged one ({error}); move it away to begin a new one") from error
        ledger = cls(path, connection, clock)
        ledger._take_over()
        return ledger

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Keeps what was jotted down and waits still, gives back all claims and closes the file."""
        with self._lock:
            try:
                if self._spool is not None and (waiting := self._spool.waiting()):
                    with self._transaction():
                        self._insert(waiting)
                    self._spool.settle([row[0] for row in waiting])
                if self._claimant.is_named:
                    self._db.execute("DELETE FROM claims WHERE claimant = ?", (self._claimant.name,))
            except sqlite3.Error as error:  # a full disk, say; the claims die with the lock
                _log.warning("%s: %s", self.path, error)
            finally:
                if self._spool is not None:
                    self._spool.close()
                self._claimant.leave()
                self._db.close()

    # ------------------------------------------------------------------------------------------ replies

    def replies(self, keys: Collection[str]) -> dict[str, Reply]:
        """The replies that are there, by key; the others were never paid for, or are damaged."""
        with self._lock:
            return self._found(keys)

    def every_reply(self) -> Iterator[tuple[str, str, int, Reply]]:
        """All replies, the oldest first: key, model, when it was kept (seconds since 1970), reply."""
        with self._lock:
            rows = self._db.execute(_EVERY_REPLY).fetchall()
        for row in rows:
            try:
                key, reply = reply_from(row)
            except ValueError as error:
                self._warn("reply", error)
            else:
                yield key, row[1].decode(), row[4], reply

    def jot(self, paid: PaidReply) -> None:
        """Writes a reply down beside the ledger, at once and without waiting for the disk: a kill from here on does not
        lose it. It counts when `exchange` has kept it. Raises OSError."""
        if self._spool is None:
            self._spool = Spool(self.path, self._claimant.name)
        self._spool.add(reply_row(paid, int(self._clock())))

    def put_replies(self, rows: Sequence[PaidReply]) -> None:
        """Keeps replies: when this returns they are on the disk. A key that is already there stays as it is."""
        self.exchange(rows)

    def exchange(
        self, paid: Sequence[PaidReply] = (), dropped: Collection[str] = (), wanted: Collection[str] = ()
    ) -> Exchange:
        """One transaction: keeps `paid`, gives back the claims on `dropped`, and finds or claims `wanted`.

        When it returns, everything paid is on the disk. The replies given are those found for `wanted`, and those of
        `paid` that somebody else had kept first, which count instead. Raises sqlite3.Error where the disk fails.
        """
        with self._lock, self._transaction():
            kept_first = self._keep(paid) if paid else {}
            if self._claimant.is_named:
                done = [*(row.key for row in paid), *dropped]
                self._db.execute(_GIVE_BACK, (self._claimant.name, json.dumps(done)))
            found = self._found(wanted)
            granted = self._claim([key for key in wanted if key not in found])
        if self._spool is not None:
            self._spool.settle([row.key for row in paid])
        if self._left_behind:
            self._take_over()
        return Exchange({**found, **kept_first}, granted)

    def _keep(self, paid: Sequence[PaidReply]) -> dict[str, Reply]:
        """Inserts `paid`; gives those replies that were there already."""
        self._make_room([row.key for row in paid])
        created = int(self._clock())
        before = self._db.total_changes
        jotted = self._spool.row if self._spool else lambda _: None
        rows = [jotted(row.key) or reply_row(row, created) for row in paid]
        whole = len(rows) - len(rows) % _AT_ONCE
        for at in range(0, whole, _AT_ONCE):
            self._db.execute(_KEEP_MANY, [*chain.from_iterable(rows[at : at + _AT_ONCE])])
        self._db.executemany(_KEEP, rows[whole:])
        if self._db.total_changes - before == len(paid):
            return {}
        return self._found([row.key for row in paid])

    def _make_room(self, keys: Iterable[str]) -> None:
        """Deletes the damaged rows that stand under these keys, as far as they have been met."""
        broken = [(encoded,) for key in keys if (encoded := key.encode()) in self._broken_replies]
        self._db.executemany("DELETE FROM replies WHERE key = CAST(? AS TEXT)", broken)
        self._broken_replies.difference_update(key for (key,) in broken)

    def _insert(self, rows: Sequence[ReplyRow]) -> int:
        """Keeps rows that come from elsewhere; one that is there and sound stays, a damaged one is replaced. How many
        were kept."""
        keys = [row[0] for row in rows]
        self._found(keys)  # meets what is damaged
        self._make_room(keys)
        before = self._db.total_changes
        self._db.executemany(_KEEP, rows)
        return self._db.total_changes - before

    def _found(self, keys: Collection[str]) -> dict[str, Reply]:
        found: dict[str, Reply] = {}
        rows = self._db.execute(_REPLIES, (json.dumps(list(keys)),)) if keys else ()
        for row in rows:
            try:
                key, reply = reply_from(row)
            except ValueError as error:
                self._broken_replies.add(row[0])
                self._warn("reply", error)
            else:
                found[key] = reply
        return found

    def _claim(self, keys: Sequence[str]) -> frozenset[str]:
        """Those of `keys` that this process may now ask: unclaimed, or claimed by a process that is gone."""
        if not keys:
            return frozenset()
        me = self._claimant.name
        wanted = json.dumps(keys)
        holders: dict[bytes, str] = {}
        for _ in range(2):
            self._db.execute(_CLAIM, (me, wanted))
            holders = {key: name.decode("ascii", "replace") for key, name in self._db.execute(_HOLDERS, (wanted,))}
            gone = [name for name in set(holders.values()) - {me} if not is_alive(self.path, name)]
            self._left_behind = bool(gone and self._abandoned())
            if not gone or self._left_behind:  # nothing of theirs is asked before what they have left is taken over
                break
            self._db.executemany("DELETE FROM claims WHERE claimant = ?", [(name,) for name in gone])
        return frozenset(key.decode() for key, holder in holders.items() if holder == me)

    def _take_over(self) -> None:
        """Keeps what killed processes had jotted down and not kept."""
        for path in self._abandoned():
            try:
                with self._lock, self._transaction():
                    self._insert(list(spooled(path)))
                path.unlink(missing_ok=True)
            except FileNotFoundError:  # somebody else was faster
                continue
            except (OSError, sqlite3.Error) as error:
                self._given_up.add(path)
                _log.warning("%s: what a killed run has left cannot be taken over: %s", path, error)
        self._left_behind = False

    def _abandoned(self) -> list[Path]:
        return [path for path in abandoned(self.path) if path not in self._given_up]

    # ------------------------------------------------------------------------------------------ scores

    def scores(self, bases: Collection[str]) -> dict[str, dict[str, Json]]:
        """What is known of each base: grader's key -> grade (see `grade_from`)."""
        known: dict[str, dict[str, Json]] = {}
        with self._lock:
            rows = self._db.execute(_SCORES, (json.dumps(list(bases)),)).fetchall()
        for row in rows:
            try:
                base, grades = scores_from(row)
            except ValueError as error:
                self._broken_scores.add((row[0], row[2]))
                self._warn("score", error)
            else:
                known.setdefault(base, {}).update(grades)
        return known

    def put_scores(self, grades: Mapping[str, Mapping[str, Json]]) -> None:
        """Keeps grades: base -> grader's key -> grade (see `grade_json`); those known before stay."""
        rows = [score_row(base, some) for base, some in grades.items()]
        with self._lock, self._transaction():
            self._keep_scores(rows)

    def _keep_scores(self, rows: Sequence[Sequence[Any]]) -> int:
        """Keeps scores, in the place of the damaged ones that have been met. How many were new."""
        broken, self._broken_scores = self._broken_scores, set()
        self._db.executemany("DELETE FROM scores WHERE base = CAST(? AS TEXT) AND digest = ?", broken)
        before = self._db.total_changes
        self._db.executemany("INSERT OR IGNORE INTO scores VALUES (?,?,?)", rows)
        return self._db.total_changes - before

    # ------------------------------------------------------------------------------------------ runs

    def put_run(self, run: Run) -> None:
        """Keeps a run as the newest, in place of what was known under its id."""
        with self._lock, self._transaction():
            self._db.execute("DELETE FROM runs WHERE id = ?", (run.id,))
            self._db.execute(_PUT_RUN, run_row(run))

    def runs(self) -> Iterator[Run]:
        """All runs, the newest first."""
        with self._lock:
            rows = self._db.execute(_RUNS).fetchall()
        for row in rows:
            try:
                yield run_from(row)
            except ValueError as error:
                self._warn("run", error)

    def run(self, name: str) -> Run | None:
        """The run `last`, the newest of the eval of that name, or the newest whose id begins with `name`."""
        begun = None
        for run in self.runs():
            if name in {"last", run.eval}:
                return run
            begun = begun or (run if run.id.startswith(name) else None)
        return begun

    # ------------------------------------------------------------------------------------------ vectors

    def vectors(self, keys: Collection[str]) -> dict[str, bytes]:
        """The vectors of texts that are there, by key (insight/vectors.py): little-endian float32."""
        with self._lock:
            rows = self._db.execute(_VECTORS, (json.dumps(list(keys)),)).fetchall() if keys else []
        return {str(key, "utf-8"): bytes(vector) for key, vector in rows}

    def put_vectors(self, vectors: Mapping[str, bytes]) -> None:
        """Keeps vectors: when this returns they are on the disk."""
        with self._lock, self._transaction():
            rows = [(key, vector) for key, vector in vectors.items()]
            self._db.executemany("INSERT OR REPLACE INTO vectors VALUES (CAST(? AS TEXT), ?)", rows)

    # ------------------------------------------------------------------------------------------ forgetting

    def forget(self, keys: Collection[str], runs: Sequence[Run]) -> None:
        """Removes replies by their keys and all scores, and keeps `runs` as they are now in their old places. Nothing
        of what is gone stays in the file."""
        with self._erasing():
            self._db.executemany("DELETE FROM replies WHERE key = ?", [(key,) for key in keys])
            self._db.execute("DELETE FROM scores")
            self._db.execute("DELETE FROM vectors")  # of texts that may be gone; those that are not are paid anew
            for run in runs:
                identity, _, _, _, _, plan, decision, digest = run_row(run)
                self._db.execute(
                    "UPDATE runs SET plan = ?, decision = ?, digest = ? WHERE id = ?",
                    (plan, decision, digest, identity),
                )

    def forget_before(self, moment: int) -> tuple[int, int]:
        """Removes replies and runs that are older than a moment (seconds since 1970), and all scores; how many of each
        of the first two."""
        with self._lock:
            if not self._db.execute(_ANY_OLDER, (moment, moment)).fetchone()[0]:
                return 0, 0  # the file need not be written anew
        with self._erasing():
            replies = self._db.execute("DELETE FROM replies WHERE created < ?", (moment,)).rowcount
            runs = self._db.execute("DELETE FROM runs WHERE coalesce(finished, started) < ?", (moment,)).rowcount
            if replies or runs:
                self._db.execute("DELETE FROM scores")
                self._db.execute("DELETE FROM vectors")
        return replies, runs

    @contextmanager
    def _erasing(self) -> Iterator[None]:
        """One transaction, after which the deleted content is overwritten in the file and its log."""
        with self._lock:
            self._db.execute("PRAGMA secure_delete = ON")
            with self._transaction():
                yield
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def inspect(self) -> int:
        """Reads everything; how many rows are damaged. They count as absent wherever they are looked for."""
        readers = ((_EVERY_REPLY, reply_from), (_ALL_SCORES, scores_from), (_RUNS, run_from))
        damaged = 0
        for query, read in readers:
            with self._lock:
                for row in self._db.execute(query):
                    try:
                        read(row)
                    except ValueError:
                        damaged += 1
        return damaged

    # ------------------------------------------------------------------------------------------ baselines

    def baseline(self, prompt: str, model: str) -> Baseline:
        """The generation in use of a prompt (by its digest) as a baseline on a model; the first begins now."""
        with self._lock, self._transaction():
            self._db.execute("INSERT OR IGNORE INTO baselines VALUES (?,?,1,?)", (prompt, model, int(self._clock())))
            row = self._db.execute(
                "SELECT generation, began FROM baselines WHERE prompt = ? AND model = ?", (prompt, model)
            ).fetchone()
        return Baseline(*row)

    def renew_baseline(self, prompt: str, model: str, generation: int) -> None:
        """Begins the next generation after `generation`: its trials are drawn anew. Twice at once counts once."""
        with self._lock, self._transaction():
            self._db.execute(
                "UPDATE baselines SET generation = generation + 1, began = ?"
                " WHERE prompt = ? AND model = ? AND generation = ?",
                (int(self._clock()), prompt, model, generation),
            )

    # ------------------------------------------------------------------------------------------ other ledgers

    def take(self, other: sqlite3.Connection, jotted: Iterable[ReplyRow] = ()) -> tuple[int, int, int, int]:
        """Takes over the rows of another ledger (its texts as bytes) and the replies that were `jotted` down beside it,
        in one transaction: what is here and sound stays, but a run without a decision gives way to one with. How many
        replies, scores and runs were new, and how many of the other's rows are damaged and were left behind. Raises
        sqlite3.Error where it is no ledger."""
        damaged = 0

        def sound(query: str, read: Callable[[Sequence[Any]], object]) -> Iterator[tuple[Any, ...]]:
            nonlocal damaged
            for row in other.execute(query):
                try:
                    read(row)
                except ValueError:
                    damaged += 1
                else:
                    texts = (cell.decode() if isinstance(cell, bytes) else cell for cell in row[:-1])
                    yield (*texts, row[-1])

        with self._lock, self._transaction():
            rows = chain(sound(_EVERY_REPLY, reply_from), jotted)
            replies = sum(self._insert(some) for some in iter(lambda: list(islice(rows, _TAKEN_AT_ONCE)), []))
            scores, graded = 0, sound(_ALL_SCORES, scores_from)
            while some_scores := list(islice(graded, _TAKEN_AT_ONCE)):
                self.scores([row[0] for row in some_scores])  # meets what is damaged
                scores += self._keep_scores(some_scores)
            known = {run.id: run for run in self.runs()}
            runs = 0
            for row in reversed(list(sound(_RUNS, run_from))):
                here = known.get(row[0])
                if here is None or (here.decision is None and json.loads(row[6]) is not None):
                    self._db.execute("DELETE FROM runs WHERE id = ?", (row[0],))
                    self._db.execute(_PUT_RUN, row)
                    runs += 1
            self._db.executemany(_TAKE_BASELINE, other.execute(_BASELINES).fetchall())
        return replies, scores, runs, damaged

    # ------------------------------------------------------------------------------------------ within

    def _warn(self, noun: str, error: ValueError) -> None:
        self.damaged += 1
        if self.damaged == 1:
            _log.warning("%s: a damaged %s is treated as absent (%s)", self.path, noun, error)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        broken = set(self._broken_replies), set(self._broken_scores)
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._broken_replies, self._broken_scores = broken  # what was deleted stands there still
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise


def _make_private(path: Path) -> None:
    """The directory and an empty file, both for their owner alone; SQLite gives its side files the same rights."""
    if not path.parent.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        (path.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        connection.execute("BEGIN IMMEDIATE")  # two processes may find it new at the same moment
        if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(_SINCE_2)
            connection.execute(_SINCE_3)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    elif version < VERSION:
        connection.execute(_SINCE_2)
        connection.execute(_SINCE_3)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    elif version > VERSION:
        raise Mistake(f"{path}: written by a newer callgate (ledger {version}, known is {VERSION}); update callgate")
