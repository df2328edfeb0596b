"""The misses of a walk, asked by the workers of a dask.distributed cluster (the extra `[cluster]`).

A task is ten to a hundred machines; its worker runs the ordinary engine over them, with its share of the budget and
of the calls in flight, over a ledger of its own that lasts as long as the task. Each reply goes to the scheduler as
soon as it is on the worker's disk, under a topic that is named by the run's ledger and the task's content: where a
worker dies, the one that takes over begins with what was paid for, and so does the same command after the run itself
was killed. What comes back is put into the run's ledger a task at a time. Keys stay where they are: a worker reaches
its provider with the keys of its own environment.

The cluster must be one's own: dask workers do what they are sent.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Generic, Literal

from callgate.concepts import Budget, Engine, Failure, Mistake, Reply, Request, digest
from callgate.engines.access import endpoint, missing_key
from callgate.engines.lanes import Lanes
from callgate.engines.prices import Price, prices_given, take_prices
from callgate.engines.program import is_program
from callgate.engines.worker import outcome_line
from callgate.engines.workers import outcome_from
from callgate.execute.budget import Purse, Reservation
from callgate.execute.machine import A, D, Machine
from callgate.execute.walk import Miss, walk
from callgate.ledger import Ledger, PaidReply
from callgate.ledger.store import Exchange
from callgate.redaction import brief

LEAST: Final = 10
TASK: Final = 100
"""Machines of one task at least and at most: fewer cost more in messages than they save in waiting."""
Row = tuple[str, str, str]
"""A reply on its way: key, model, outcome as JSON."""


@dataclass(frozen=True, slots=True)
class Task(Generic[A, D]):
    """What a worker is sent: machines, and how they are to be asked."""

    topic: str
    machines: tuple[A, ...]
    how: Machine[A, D]
    transport: Literal["auto", "litellm", "direct"]
    seconds: float
    at_once: int | None
    budget: Budget
    prices: Mapping[str, Price]
    version: str


@dataclass(frozen=True, slots=True)
class Worked(Generic[D]):
    """What comes back: every reply that was paid for, by place what failed, and what it cost."""

    rows: tuple[Row, ...]
    failed: Mapping[int, D]
    calls: int
    replies: int
    dollars: float
    unpriced: int
    used: Reservation


@dataclass
class Cluster:
    """The cluster at an address, connected when it is first needed. Closing it ends no worker."""

    address: str
    transport: Literal["auto", "litellm", "direct"] = "auto"
    seconds: float = 60.0
    _client: Any = field(default=None, repr=False)

    def close(self) -> None:
        """Hangs up."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def ask(
        self,
        misses: Sequence[Miss[A]],
        how: Machine[A, D],
        ledger: Ledger,
        *,
        purse: Purse,
        at_once: int | None,
        elapsed: Callable[[], float],
        report: Callable[[int], None],
    ) -> tuple[dict[int, D], bool]:
        """Has the misses asked and puts the replies into the ledger; by place what failed, and whether Ctrl-C ended it.

        What failed because its task's share of the budget was too small is tried again while others leave something.
        Raises Mistake where there is no such cluster, or where its workers cannot run this.
        """
        client, slots = self._connected()
        for model in sorted({miss.machine.request.model for miss in misses}):
            if is_program(model):
                raise Mistake(f"--cluster: {model} is a program of this project, and runs here only")
        failed: dict[int, D] = {}
        left, turn = list(misses), 0
        while left:
            round_ = _Round(self, client, slots, how, ledger, purse, at_once, elapsed, turn)
            try:
                for places, worked in round_.results(left):
                    failed |= {places[at]: done for at, done in worked.failed.items()}
                    report(len(places) - len(worked.failed))
            except KeyboardInterrupt:
                round_.end()
                return failed, True
            short = [miss for miss in left if miss.index in failed and round_.was_short(miss.index)]
            left = short if round_.gained else []
            turn += 1
        return failed, False

    def _connected(self) -> tuple[Any, int]:
        """The client, and how many tasks the workers can do at once."""
        try:
            from dask import config
            from dask.utils import parse_timedelta
            from distributed import Client
        except ImportError:
            raise Mistake("--cluster needs dask.distributed: install the extra, as callgate[cluster]") from None
        if self._client is None:
            try:
                seconds = parse_timedelta(config.get("distributed.comm.timeouts.connect"))
                self._client = Client(self.address, timeout=seconds, set_as_default=False)
                self._client.wait_for_workers(1, timeout=seconds)
            except (OSError, TimeoutError, ValueError) as error:
                self.close()
                raise Mistake(f"--cluster {self.address}: no scheduler with a worker answers there: {error}") from None
        return self._client, max(1, sum(self._client.nthreads().values()))


@dataclass
class _Round(Generic[A, D]):
    """Every miss sent once. Where the budget was too small for one, another round may have more for it."""

    cluster: Cluster
    client: Any
    slots: int
    how: Machine[A, D]
    ledger: Ledger
    purse: Purse
    at_once: int | None
    elapsed: Callable[[], float]
    turn: int
    gained: bool = False
    _under_way: dict[Any, tuple[tuple[int, ...], Budget, str]] = field(default_factory=dict)
    _short: set[int] = field(default_factory=set)
    _machines: dict[int, A] = field(default_factory=dict)

    def results(self, misses: Sequence[Miss[A]]) -> Iterator[tuple[tuple[int, ...], Worked[D]]]:
        """Tasks as they end, each already in the ledger; never more under way than there are workers for."""
        from distributed import as_completed

        waiting = grouped(misses, self.slots)
        running = as_completed(loop=self.client.loop)
        for group in waiting:
            running.add(self._sent(group))
            if len(self._under_way) >= self.slots:
                break
        for future in running:
            places, _, _ = self._under_way.pop(future)
            worked = self._taken(future, places)
            for group in waiting:
                running.add(self._sent(group))
                break
            yield places, worked

    def was_short(self, index: int) -> bool:
        """Whether a machine failed for want of money in its task's share."""
        return index in self._short

    def end(self) -> None:
        """Stops what is under way, and keeps what it has paid for so far."""
        for future, (_, _, topic) in self._under_way.items():
            with suppress(Exception):  # Ctrl-C: whatever the cluster says now, the run ends
                future.cancel()
                _kept(self.ledger, rows_told(self.client, topic))

    def _sent(self, group: Sequence[Miss[A]]) -> Any:
        places = tuple([miss.index for miss in group])
        of = f"{self.ledger.path.resolve()} {self.ledger.path.stat().st_ino} {self.turn}"
        topic = f"callgate-{digest([of, *(miss.key for miss in group)])}"
        outstanding = [budget for _, budget, _ in self._under_way.values()]
        budget = share(self.purse, outstanding, self.slots - len(outstanding), elapsed=self.elapsed())
        task = Task(
            topic,
            tuple([miss.machine for miss in group]),
            self.how,
            self.cluster.transport,
            self.cluster.seconds,
            None if self.at_once is None else max(1, self.at_once // self.slots),
            budget,
            prices_given(),
            version("callgate"),
        )
        future = self.client.submit(work, task, pure=False, retries=0)
        self._under_way[future] = (places, budget, topic)
        self._machines |= dict(zip(places, task.machines, strict=True))
        return future

    def _given_up(self, places: Sequence[int], why: str) -> Worked[D]:
        """A task that the cluster could not do: several workers in a row died of it."""
        failure = Failure("provider_error", brief(f"the cluster gave it up: {why}"))
        failed = {at: self.how.failed(self._machines[place], failure) for at, place in enumerate(places)}
        return Worked((), failed, 0, 0, 0.0, 0, Reservation())

    def _taken(self, future: Any, places: Sequence[int]) -> Worked[D]:
        """A task's result, with its replies in the ledger. Where all its workers died, its machines have failed."""
        try:
            worked: Worked[D] = future.result()
        except Mistake:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a cluster does to a task is an outcome here
            return self._given_up(places, f"{type(error).__name__}: {error}")
        _kept(self.ledger, worked.rows)
        self.purse.absorb(worked.calls, worked.replies, worked.dollars, worked.unpriced, worked.used)
        self.gained |= worked.replies > 0
        short = {at for at, done in worked.failed.items() if getattr(_failure(done), "kind", "") == "budget"}
        self._short |= {places[at] for at in short}
        return worked


def grouped(misses: Sequence[Miss[A]], slots: int) -> Iterator[list[Miss[A]]]:
    """Misses in tasks, some for each of `slots` workers; by their place among all machines, so that a run that is begun
    again makes the same tasks."""
    ordered = sorted(misses, key=lambda miss: miss.index)
    size = min(TASK, max(LEAST, ordered[-1].index // (4 * slots)))
    for _, group in groupby(ordered, key=lambda miss: miss.index // size):
        yield list(group)


def share(purse: Purse, outstanding: Sequence[Budget], free: int, *, elapsed: float) -> Budget:
    """What one more task may spend: an even part of what is left beside the shares that are out already, so that all
    of them together never pass the cap."""
    cap, used = purse.budget, purse.used

    def part(whole: float | None, spent: float, out: Sequence[float | None]) -> float | None:
        return None if whole is None else max(0.0, whole - spent - sum(one or 0 for one in out)) / max(1, free)

    calls = part(cap.calls, purse.calls, [one.calls for one in outstanding])
    tokens = part(cap.tokens, used.tokens, [one.tokens for one in outstanding])
    return Budget(
        dollars=part(cap.dollars, used.dollars, [one.dollars for one in outstanding]),
        calls=None if calls is None else int(calls),
        tokens=None if tokens is None else int(tokens),
        minutes=None if cap.minutes is None else max(0.0, cap.minutes - elapsed / 60),
    )


def _failure(done: Any) -> Failure | None:
    """The failure that a machine ended with: a trial's, or a vote's."""
    found = getattr(getattr(done, "trial", done), "failure", None) or getattr(done, "outcome", None)
    return found if isinstance(found, Failure) else None


def _kept(ledger: Ledger, rows: Collection[Row]) -> None:
    """Puts replies that came over the wire into a ledger."""
    if rows:
        ledger.put_replies([PaidReply(key, model, reply) for key, model, reply in map(_reply, rows)])


def _reply(row: Row) -> tuple[str, str, Reply]:
    import json

    key, model, text = row
    _, reply = outcome_from(json.loads(text))
    assert isinstance(reply, Reply)
    return key, model, reply


# ---------------------------------------------------------------------------------------------- on a worker


class Told(Ledger):
    """A ledger that tells each reply as soon as it is on the disk."""

    tell: Callable[[list[Row]], None]
    told: dict[str, Row]

    def exchange(
        self, paid: Sequence[PaidReply] = (), dropped: Collection[str] = (), wanted: Collection[str] = ()
    ) -> Exchange:
        """As the ledger does, and then tells."""
        done = super().exchange(paid, dropped, wanted)
        rows = [(row.key, row.model, outcome_line(0, row.reply).decode()) for row in paid]
        if rows:
            self.told |= {row[0]: row for row in rows}
            self.tell(rows)
        return done


def work(task: Task[A, D]) -> Worked[D]:
    """A task, on a dask worker. Raises Mistake where this worker cannot run it as the run would."""
    from distributed import get_client, get_worker

    _checked(task)
    take_prices(task.prices)
    worker = get_worker()
    before = rows_told(get_client(), task.topic)
    with (
        tempfile.TemporaryDirectory(prefix="callgate-") as folder,
        Told.open(Path(folder) / "ledger.db") as ledger,
        closing(Lanes(task.transport, seconds=task.seconds)) as lanes,
    ):
        ledger.tell, ledger.told = (lambda _rows: None), {}
        _kept(ledger, before)
        ledger.tell = lambda rows: worker.log_event(task.topic, [list(row) for row in rows])
        return _worked(task, ledger, lanes.engine_for, before)


def _worked(task: Task[A, D], ledger: Told, engine_for: Callable[[str], Engine], before: Collection[Row]) -> Worked[D]:
    from callgate.execute import execute

    purse = Purse(task.budget)
    replies = [reply for _, _, reply in map(_reply, before)]
    known = sum(reply.dollars or 0.0 for reply in replies)
    tokens = sum(reply.prompt_tokens + reply.completion_tokens for reply in replies)
    unpriced = sum(reply.dollars is None for reply in replies)
    purse.absorb(len(replies), len(replies), known, unpriced, Reservation(known, tokens))
    done = execute(
        task.machines, task.how, ledger=ledger, engine_for=engine_for, purse=purse, at_once=task.at_once
    ).done
    failed = {miss.index: done[miss.index] for miss in walk(task.machines, task.how, ledger).misses}
    rows = tuple(ledger.told.values())
    return Worked(rows, failed, purse.calls, purse.replies, purse.dollars, purse.unpriced, purse.used)


def _checked(task: Task[A, D]) -> None:
    """Raises Mistake where this worker has another Callgate, reaches a model elsewhere, or has no key for it."""
    here = version("callgate")
    if here != task.version:
        raise Mistake(f"--cluster: a worker has callgate {here}, and this is {task.version}; install the same")
    requests: dict[str, Request] = {machine.request.model: machine.request for machine in task.machines}
    for model, request in requests.items():
        if (host := endpoint(model)) != request.endpoint:
            said = f"{host or 'its own host'}, and the run at {request.endpoint or 'its own host'}"
            raise Mistake(f"--cluster: a worker reaches {model} at {said}; give both the same environment")
        if line := missing_key(model):
            raise Mistake(f"--cluster: on a worker: {line}")


def rows_told(client: Any, topic: str) -> list[Row]:
    """What was told under a topic: the replies that a worker which is gone had paid for."""
    events = client.get_events(topic) or ()
    found = {row[0]: row for _, rows in events for row in rows}
    return [(str(key), str(model), str(text)) for key, model, text in found.values()]
