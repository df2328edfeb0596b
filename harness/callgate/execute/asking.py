"""The misses of a walk -> asked, each identical request once, durable before it counts.

One keeper talks to the ledger: a cycle of it is one transaction that keeps the replies that came, gives back claims
and takes new ones. Engines are fed a model at a time. All of it runs in one event loop; only the disk has a thread.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Final, Generic, cast

from callgate.concepts import Engine, Failure, Reply, Request
from callgate.engines.prices import provider
from callgate.execute.budget import Purse
from callgate.execute.feed import Call, Feed, Signal
from callgate.execute.limiter import Gate
from callgate.execute.limits import Limits
from callgate.execute.machine import A, D, Machine
from callgate.execute.patience import Patience, remedy_of
from callgate.execute.walk import Miss
from callgate.ledger import Ledger, PaidReply, request_key
from callgate.redaction import brief

GATHER_SECONDS = 0.01
GATHER_MOST = 0.05
"""How long replies wait for others, so that they share one fsync: at least, and at most where the disk is slow."""
POLL_SECONDS = 0.1
"""How often a reply that another process is asking for is looked for."""
DRAIN_SECONDS = 10.0
"""How long an interrupted run waits for what it has already asked."""
_NOT_ASKED: Final = frozenset({"fresh", "elsewhere", "ready", "resting"})
_UNANSWERED: Final = _NOT_ASKED | {"flying"}
_ANY: Final = _UNANSWERED | {"landed"}
_INTERRUPTED = Failure("cancelled", "interrupted before it was answered")


class Session(Generic[A, D]):
    """One execution's state, from the first miss to the last reply."""

    def __init__(
        self,
        how: Machine[A, D],
        ledger: Ledger,
        engines: Mapping[str, Engine],
        *,
        purse: Purse,
        patience: Patience,
        limits: Limits,
        on_progress: Callable[[int], None],
    ) -> None:
        self.done: dict[int, D] = {}
        self.found = 0  # replies that turned up in the ledger meanwhile
        self.interrupted = False
        self._how = how
        self._ledger = ledger
        self._engines = engines
        self._purse = purse
        self._patience = patience
        self._limits = limits
        self._gates: dict[str, Gate] = {}
        self._numbers = itertools.count()
        self._on_progress = on_progress
        self._calls: dict[str, Call[A]] = {}
        self._elsewhere: set[str] = set()
        self._next_poll = 0.0
        self._gather = GATHER_SECONDS
        self._feeds: dict[str, Feed[A]] = {}
        self._pumps: dict[str, asyncio.Task[None]] = {}
        self._paid: list[PaidReply] = []
        self._dropped: list[str] = []
        self._halted: Failure | None = None
        self._stir = Signal()
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._random = random.Random()  # noqa: S311 - jitter

    async def run(self, misses: Sequence[Miss[A]]) -> None:
        """Until every machine is done or has failed; `done` holds what each ended with."""
        for miss in misses:
            self._enter(miss.index, miss.machine, miss.key)
        with ThreadPoolExecutor(1, "ledger") as disk, _on_interrupt(self._loop, self.interrupt):
            try:
                while self._calls or self._paid or self._dropped:
                    await self._cycle(disk)
            finally:
                for feed in self._feeds.values():
                    feed.close()
                if self._halted is not None:
                    for pump in self._pumps.values():
                        pump.cancel()
                await asyncio.gather(*self._pumps.values(), return_exceptions=True)
                self._limits.keep()

    def interrupt(self) -> None:
        """The first time: asks nothing more and waits for what is in flight. The second: waits no longer."""
        if self.interrupted:
            self._halt(_INTERRUPTED, _UNANSWERED)
            return
        self.interrupted = True
        self._halt(_INTERRUPTED, _NOT_ASKED)
        self._loop.call_later(DRAIN_SECONDS, self.interrupt)

    # ------------------------------------------------------------------------------------------ the keeper

    async def _cycle(self, disk: ThreadPoolExecutor) -> None:
        """One transaction with the ledger, when there is something for it."""
        if not (self._paid or self._dropped or any(map(_has_room, self._feeds.values()))):
            await self._stir.wait(POLL_SECONDS if self._elsewhere else None)
        await asyncio.sleep(self._gather)
        paid, self._paid = self._paid, []
        dropped, self._dropped = self._dropped, []
        wanted = self._wanted()
        if not (paid or dropped or wanted):
            return
        began = self._loop.time()
        try:
            exchange = await self._loop.run_in_executor(disk, self._ledger.exchange, paid, dropped, wanted)
        except (sqlite3.Error, OSError) as error:  # asking on would be paying for what cannot be kept
            self._halt(_unwritable(error), _ANY)
            self._dropped = []
            return
        self._gather = min(GATHER_MOST, max(GATHER_SECONDS, 2 * (self._loop.time() - began)))
        for row in paid:
            self._deliver(row.key, exchange.replies.get(row.key, row.reply))
        for key in wanted:
            self._admit(key, exchange.replies.get(key), granted=key in exchange.granted)
        self._on_progress(len(self.done))

    def _wanted(self) -> list[str]:
        """What to look for and to claim: the next requests of each model, now and then those asked elsewhere."""
        wanted: list[str] = []
        for feed in self._feeds.values():
            wanted.extend(feed.fresh.popleft() for _ in range(min(feed.ahead(), len(feed.fresh))))
        if self._elsewhere and self._loop.time() >= self._next_poll:
            self._next_poll = self._loop.time() + POLL_SECONDS
            wanted.extend(self._elsewhere)
        return [key for key in wanted if key in self._calls]

    def _admit(self, key: str, reply: Reply | None, *, granted: bool) -> None:
        """What the ledger said of a wanted request: there already, ours to ask, or in flight elsewhere."""
        call = self._calls.get(key)
        self._elsewhere.discard(key)
        if call is None:  # failed in the meantime
            if granted:
                self._dropped.append(key)
            return
        if reply is not None:
            self.found += 1
            self._deliver(key, reply)
        elif granted:
            call.state = "ready"
            feed = self._feeds[call.request.model]
            feed.ready.append(call)
            feed.changed.send()
            if feed.model not in self._pumps:
                self._pumps[feed.model] = self._loop.create_task(self._pump(feed))
        else:
            call.state = "elsewhere"
            self._elsewhere.add(key)

    def _deliver(self, key: str, reply: Reply) -> None:
        """A reply that is on the disk: every machine that waited for it goes on."""
        call = self._calls.pop(key, None)
        for index, waiting in call.waiting if call else ():
            step = self._how.advance(waiting, reply)
            if isinstance(step, self._how.done):
                self.done[index] = step
            else:
                machine = cast(A, step)
                self._enter(index, machine, request_key(machine.request), first=True)

    def _enter(self, index: int, machine: A, key: str, *, first: bool = False) -> None:
        """A machine that waits: beside others that wait for the same, or in the queue of its model."""
        call = self._calls.get(key)
        if call is not None:
            call.waiting.append((index, machine))
            return
        feed = self._feed(machine.request)
        refused = self._halted or feed.stopped
        if refused is not None:
            self.done[index] = self._how.failed(machine, refused)
            return
        self._calls[key] = Call(replace(machine.request, key=key), [(index, machine)])
        if first:  # a conversation that has begun is finished before another begins
            feed.fresh.appendleft(key)
        else:
            feed.fresh.append(key)

    def _feed(self, request: Request) -> Feed[A]:
        model = request.model
        feed = self._feeds.get(model)
        if feed is None:
            feed = self._feeds[model] = Feed(
                model,
                self._purse,
                self._began,
                self._stir,
                self._fail,
                limiter=self._limits.limiter(model, request.endpoint),
                gate=self._gates.setdefault(f"{provider(model)} {request.endpoint}", Gate()),
                numbers=self._numbers,
            )
        return feed

    # ------------------------------------------------------------------------------------------ the engines

    async def _pump(self, feed: Feed[A]) -> None:
        """Feeds one engine and takes its replies. What it does not answer has failed."""
        answers = self._engines[feed.model].run(feed)
        trouble = "ended before it had answered"
        try:
            async for request, outcome in answers:
                self._landed(feed, request, outcome)
        except Exception as error:  # noqa: BLE001 - a stranger's code
            trouble = f"failed: {type(error).__name__}: {error}"
        finally:
            close = getattr(answers, "aclose", None)
            if close is not None:
                await close()
        self._stop(feed, Failure("provider_error", brief(f"the engine {trouble}")), _UNANSWERED)

    def _landed(self, feed: Feed[A], request: Request, outcome: Reply | Failure) -> None:
        call = self._calls.get(request.key)
        if call is None or call.state != "flying":  # given up, or answered twice
            return
        self._settle(call, outcome)
        feed.limiter.landed(outcome)
        if isinstance(outcome, Reply):
            feed.gate.answered(call.number)
            self._keep(PaidReply(request.key, request.model, outcome))
            return
        failure = Failure(outcome.kind, brief(outcome.why))
        if remedy_of(outcome) == "stop_model":
            self._fail(request.key, failure)
            self._stop(feed, failure, _NOT_ASKED)
            return
        elapsed = self._loop.time() - call.began
        wait = self._patience.wait(call.attempts, outcome, elapsed=elapsed, draw=self._random.random())
        if wait is None or self._halted:
            self._fail(request.key, failure)
            return
        call.state = "resting"
        self._loop.call_later(wait, self._again, feed, call)
        if outcome.kind == "rate_limited":
            feed.gate.refused(call.number, self._loop.time() + (getattr(outcome, "retry_after", None) or 0.0))

    def _keep(self, paid: PaidReply) -> None:
        """Jots a reply down, so that no kill loses it, and has the keeper keep it."""
        try:
            self._ledger.jot(paid)
        except OSError as error:
            self._halt(_unwritable(error), _NOT_ASKED)
        self._paid.append(paid)
        self._stir.send()

    def _settle(self, call: Call[A], outcome: Reply | Failure) -> None:
        """Puts back what the call did not cost; where somebody waits for the purse, it may do now."""
        call.state = "landed"
        self._purse.settle(call.reserved, outcome)
        for feed in self._feeds.values():
            feed.changed.send()

    def _again(self, feed: Feed[A], call: Call[A]) -> None:
        if call.state == "resting" and call.request.key in self._calls:
            call.state = "ready"
            feed.ready.appendleft(call)
            feed.changed.send()

    # ------------------------------------------------------------------------------------------ the ends

    def _fail(self, key: str, failure: Failure) -> None:
        """All machines that wait for this reply have failed; the claim is given back."""
        call = self._calls.pop(key, None)
        if call is None:
            return
        self._elsewhere.discard(key)
        if call.state == "flying":
            self._settle(call, failure)
            self._feeds[call.request.model].limiter.landed(None)
        for index, machine in call.waiting:
            self.done[index] = self._how.failed(machine, failure)
        self._dropped.append(key)
        self._stir.send()

    def _stop(self, feed: Feed[A], failure: Failure, states: frozenset[str]) -> None:
        """Nothing more is asked of this model; its calls in `states` have failed."""
        feed.stopped = feed.stopped or failure
        self._fail_all(failure, states, model=feed.model)
        feed.close()

    def _halt(self, failure: Failure, states: frozenset[str]) -> None:
        """Nothing more is asked at all."""
        self._halted = failure
        self._fail_all(failure, states)
        for feed in self._feeds.values():
            feed.close()
        self._stir.send()

    def _fail_all(self, failure: Failure, states: frozenset[str], model: str | None = None) -> None:
        for key, call in list(self._calls.items()):
            if call.state in states and model in {None, call.request.model}:
                self._fail(key, failure)


def _unwritable(error: Exception) -> Failure:
    return Failure("cancelled", f"the ledger cannot be written: {error}")


def _has_room(feed: Feed[A]) -> bool:
    return bool(feed.fresh) and feed.ahead() > 0


@contextmanager
def _on_interrupt(loop: asyncio.AbstractEventLoop, act: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C calls `act`, where the loop runs in the main thread; elsewhere it is the caller's business."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop.add_signal_handler(signal.SIGINT, act)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
