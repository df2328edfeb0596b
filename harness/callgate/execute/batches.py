"""The misses of a walk, asked in batches of the provider: half the price, within a day, resumable over days.

Each batch that is under way has a small file in `.callgate/batches/`: its id at the provider and the keys of its
requests. The file is there before the batch is, with a token by which the batch is found again, and it goes when its
replies are in the ledger; so the same command goes on wherever another ended, whatever ended it, and nothing is asked
twice. A conversation of several steps takes a batch for each. What was refused, or has expired, is a failure of this
run and is asked again by the next.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

from callgate.concepts import Failure, Mistake, Reply, Request
from callgate.engines.access import endpoint
from callgate.engines.batch import MOST, MOST_BYTES, SHARE, Batch, BatchApi, BatchError, lines_of
from callgate.engines.direct import carries, uncarried, why_not
from callgate.execute.budget import Purse, Refusal, Reservation
from callgate.execute.machine import A, D, Machine
from callgate.execute.walk import Miss, walk
from callgate.ledger import Ledger, PaidReply

FOLDER: Final = "batches"
"""Beside the ledger."""
FIRST_POLL: Final = 2.0
LAST_POLL: Final = 60.0
"""Seconds between two looks at a batch, at first and at last."""
TRIES: Final = 3
_ROWS: Final = 500
_NOT_BILLED = Failure("provider_error", "")


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch under way, as its file has it. `batch` is its id, "" where it was never heard; `file` holds its requests
    at the provider."""

    token: str
    model: str
    endpoint: str
    keys: tuple[str, ...]
    file: str = ""
    batch: str = ""


@dataclass
class Batches:
    """Asks in batches whose files are in `folder`. Waits until all have ended, or for `wait` seconds at most; `waiting`
    tells whether some had not."""

    folder: Path
    wait: float | None = None
    seconds: float = 60.0
    carried: Counter[str] = field(default_factory=Counter)
    sleep: Callable[[float], None] = time.sleep
    waiting: bool = False

    def ask(
        self,
        misses: Sequence[Miss[A]],
        how: Machine[A, D],
        ledger: Ledger,
        *,
        purse: Purse,
        at_once: int | None,  # noqa: ARG002 - how many go at once is the provider's affair
        elapsed: Callable[[], float],  # noqa: ARG002 - minutes are no measure for what may take a day
        report: Callable[[int], None],
    ) -> tuple[dict[int, D], bool]:
        """Has the misses asked and puts the replies into the ledger; by place what failed, and whether Ctrl-C ended it.

        Raises Mistake where another run of this project is at its batches.
        """
        failed: dict[int, D] = {}
        until = None if self.wait is None else time.monotonic() + self.wait
        self.waiting = False
        left, asked = list(misses), set[str]()
        with self._alone():
            while left:
                requests = {miss.key: replace(miss.machine.request, key=miss.key) for miss in left}
                round_ = _Round(self, ledger, purse, requests)
                try:
                    lost = round_.asked(until, asked)
                except KeyboardInterrupt:
                    return failed, True
                walked = walk([miss.machine for miss in left], how, ledger)
                report(len(walked.done))
                following = []
                for miss in walked.misses:
                    place = left[miss.index].index
                    if miss.key in lost:
                        failed[place] = how.failed(miss.machine, lost[miss.key])
                    else:
                        following.append(Miss(place, miss.machine, miss.key))
                left = following
        return failed, False

    def open(self) -> list[Sent]:
        """Every batch under way. A file that cannot be read is a Mistake: what it stands for may be paid for."""
        found = []
        for path in sorted(self.folder.glob("*.json")):
            try:
                known = json.loads(path.read_text(encoding="utf-8"))
                found.append(Sent(**{**known, "keys": tuple(known["keys"])}))
            except (OSError, ValueError, TypeError, KeyError) as error:
                raise Mistake(f"{path}: cannot be read ({error}); remove it, and what it names is asked anew") from None
        return found

    def put(self, sent: Sent) -> None:
        """Writes a batch's file: on the disk when this returns."""
        path = self._path(sent)
        part = path.with_suffix(".part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(sent), file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def drop(self, sent: Sent) -> None:
        """Nothing more is to come of this batch."""
        self._path(sent).unlink(missing_ok=True)

    def _path(self, sent: Sent) -> Path:
        if not (sent.token.isascii() and sent.token.isalnum()):
            raise Mistake(f"{self.folder}: {sent.token!r} is no token")  # a damaged file must not name a path
        return self.folder / f"{sent.token}.json"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One run at a time: two would begin the same batches."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise Mistake("another run of this project is at its batches; wait for it, or end it") from None
        finally:
            os.close(handle)


@dataclass
class _Round:
    """One batch after another for what is missing now, and what comes back of them."""

    batches: Batches
    ledger: Ledger
    purse: Purse
    requests: Mapping[str, Request]
    lost: dict[str, Failure] = field(default_factory=dict)
    _reserved: dict[str, Reservation] = field(default_factory=dict)
    _apis: dict[str, BatchApi] = field(default_factory=dict)

    def asked(self, until: float | None, before: set[str]) -> dict[str, Failure]:
        """Begins what is not under way, waits, and takes what came; by key what did not. `before` are the keys that
        were begun in earlier rounds: none of them is begun twice."""
        under_way = self._found_again()
        for sent in under_way:
            for key in sent.keys:
                if key in self.requests:
                    held = self.purse.reserve(self.requests[key], elapsed=0.0, share=SHARE)
                    self._reserved[key] = Reservation() if isinstance(held, Refusal) else held
        under_way += self._begun({key for sent in under_way for key in sent.keys}, before)
        self._waited_for(under_way, until)
        return self.lost

    def _api(self, model: str) -> BatchApi:
        return self._apis.setdefault(model, BatchApi(model, seconds=self.batches.seconds))

    # ------------------------------------------------------------------------------------------ to the provider

    def _found_again(self) -> list[Sent]:
        """The batches under way at the hosts that are asked now. One whose id was never heard is looked for."""
        found = []
        for sent in self.batches.open():
            if endpoint(sent.model) != sent.endpoint:
                continue
            if sent.batch:
                found.append(sent)
                continue
            try:
                batch = self._api(sent.model).find(sent.token)
            except BatchError as error:
                self._lose(sent.keys, error.fault)
                continue
            if batch is None:
                self.batches.drop(sent)
            else:
                found.append(replace(sent, batch=batch.id))
                self.batches.put(found[-1])
        return found

    def _begun(self, under_way: set[str], before: set[str]) -> list[Sent]:
        """Batches for what is in none, as far as the purse allows."""
        todo: dict[str, list[Request]] = {}
        for key, request in self.requests.items():
            if key in under_way or key in self.lost:
                continue
            why = self._refusal(request, before)
            if why is not None:
                self.lost[key] = why
                continue
            before.add(key)
            todo.setdefault(request.model, []).append(request)
        begun = []
        for model, some in todo.items():
            for keys, lines in _files(some):
                sent = self._begin(model, some[0].endpoint, keys, lines)
                begun += [sent] if sent else []
        return begun

    def _refusal(self, request: Request, before: set[str]) -> Failure | None:
        """Why a request is not asked; None where its price is reserved."""
        why = why_not(request.model)
        if why is not None or not carries(request):
            return Failure("provider_error", f"no batch carries it: {why or uncarried(request)}")
        if request.key in before:
            return Failure("provider_error", "its reply was lost between the batch and the ledger")
        held = self.purse.reserve(request, elapsed=0.0, share=SHARE)
        if isinstance(held, Refusal):
            return Failure("budget", held.why)
        self._reserved[request.key] = held
        return None

    def _begin(self, model: str, host: str, keys: tuple[str, ...], lines: bytes) -> Sent | None:
        """A batch under way; None where the provider refuses it."""
        api, sent = self._api(model), Sent(secrets.token_hex(8), model, host, keys)
        for attempt in range(TRIES):
            try:
                file = sent.file or api.upload(lines)
                sent = replace(sent, file=file)
                self.batches.put(sent)
                batch = (api.find(sent.token) if attempt else None) or api.begin(file, sent.token)
            except BatchError as error:
                if error.answered or attempt == TRIES - 1:
                    if error.answered:
                        self.batches.drop(sent)
                    refused = Failure(error.fault.kind, f"no batch was begun: {error.fault.why}")
                    self._lose(keys, refused, billed=not error.answered)
                    return None
                self.batches.sleep(FIRST_POLL * 2**attempt)
                continue
            sent = replace(sent, batch=batch.id)
            self.batches.put(sent)
            self.batches.carried["batch"] += len(keys)
            return sent
        return None

    # ------------------------------------------------------------------------------------------ and back

    def _waited_for(self, under_way: Sequence[Sent], until: float | None) -> None:
        """Takes what each batch brings as soon as it has ended."""
        left, pause = list(under_way), FIRST_POLL
        while True:
            left = [sent for sent in left if not self._taken(sent)]
            needed = [sent for sent in left if not self.requests.keys().isdisjoint(sent.keys)]
            if not needed:
                return
            if until is not None and time.monotonic() >= until:
                for sent in needed:
                    why = f"in batch {sent.batch}, which has not ended; the same command goes on"
                    self._lose(sent.keys, Failure("waiting", why), billed=True)
                self.batches.waiting = True
                return
            self.batches.sleep(pause if until is None else max(0.0, min(pause, until - time.monotonic())))
            pause = min(LAST_POLL, pause * 1.5)

    def _taken(self, sent: Sent) -> bool:
        """Whether a batch has ended, with all that came of it in the ledger or among the lost."""
        api = self._api(sent.model)
        try:
            batch = api.get(sent.batch)
            if not batch.has_ended:
                return False
            self._keep(sent, batch, api)
        except BatchError as error:
            if not error.answered:
                return False  # asked again with the next look
            if "HTTP 404" in error.fault.why:
                self.batches.drop(sent)
            self._lose(sent.keys, error.fault, billed=True)
            return True
        self.batches.drop(sent)
        for file in filter(None, (sent.file, *batch.files)):
            with suppress(BatchError):
                api.forget(file)
        return True

    def _keep(self, sent: Sent, batch: Batch, api: BatchApi) -> None:
        mine, rows = set(sent.keys), list[PaidReply]()
        for file in batch.files:
            for key, outcome in api.outcomes(file):
                if key not in mine:
                    continue
                mine.discard(key)
                if not isinstance(outcome, Reply):
                    self._lose([key], outcome)
                    continue
                if key in self._reserved:
                    self.purse.settle(self._reserved.pop(key), outcome)
                rows.append(PaidReply(key, sent.model, outcome))
                if len(rows) == _ROWS:
                    self.ledger.put_replies(rows)
                    rows.clear()
        self.ledger.put_replies(rows)
        self._lose(mine, batch.unanswered())

    def _lose(self, keys: Iterable[str], failure: Failure, *, billed: bool = False) -> None:
        """What was not answered is not billed; where it may yet be, its price stays reserved."""
        for key in keys:
            if key in self.requests:
                self.lost[key] = failure
            if not billed and key in self._reserved:
                self.purse.settle(self._reserved.pop(key), _NOT_BILLED)


def _files(requests: Sequence[Request]) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """Requests in files that a provider takes, with their keys."""
    keys: list[str] = []
    lines: list[bytes] = []
    size = 0
    for request, line in zip(requests, lines_of(requests), strict=True):
        if keys and (len(keys) == MOST or size + len(line) > MOST_BYTES):
            yield tuple(keys), b"".join(lines)
            keys, lines, size = [], [], 0
        keys.append(request.key)
        lines.append(line)
        size += len(line)
    if keys:
        yield tuple(keys), b"".join(lines)


def uncollected(folder: Path) -> int:
    """How many calls are in batches whose replies were not taken yet."""
    return sum(len(sent.keys) for sent in Batches(folder).open()) if folder.is_dir() else 0
