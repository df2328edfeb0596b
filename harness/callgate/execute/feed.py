"""One model's requests on their way to its engine: dispatched one at a time, when the purse and the provider allow."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Generic, Literal, Self

from callgate.concepts import Failure, Request
from callgate.execute.budget import Purse, Refusal, Reservation
from callgate.execute.limiter import Gate, Limiter
from callgate.execute.machine import A

AHEAD: Final = 64
"""Requests of a model that are claimed before they can go: enough for the workers, few enough to share with others."""


@dataclass(slots=True)
class Call(Generic[A]):
    """One request and all the machines that wait for its reply: identical requests are asked once.

    States: fresh (unclaimed), elsewhere (another process asks it), ready (claimed by us), flying, resting (between two
    attempts), landed (answered, not yet on the disk).
    """

    request: Request
    waiting: list[tuple[int, A]] = field(default_factory=list)
    state: Literal["fresh", "elsewhere", "ready", "flying", "resting", "landed"] = "fresh"
    attempts: int = 0
    number: int = 0  # of its last attempt, in the order in which calls go
    began: float = 0.0
    reserved: Reservation = field(default_factory=Reservation)


class Signal:
    """Something has changed: wakes everybody who waits."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def send(self) -> None:
        self._event.set()

    async def wait(self, seconds: float | None = None) -> None:
        """Until it is sent again, or until the seconds are over."""
        self._event.clear()
        if seconds is None:
            await self._event.wait()
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()


class Feed(Generic[A]):
    """The stream of requests that one engine is given for one model.

    What `limiter` and `gate` do not let go yet is neither paid for nor in flight.
    """

    def __init__(
        self,
        model: str,
        purse: Purse,
        began: float,
        room: Signal,
        refused: Callable[[str, Failure], None],
        *,
        limiter: Limiter,
        gate: Gate,
        numbers: Iterator[int],
    ) -> None:
        self.model = model
        self.limiter = limiter
        self.gate = gate
        self.fresh: deque[str] = deque()  # keys to be claimed
        self.ready: deque[Call[A]] = deque()
        self.changed = Signal()
        self.closed = False
        self.stopped: Failure | None = None
        self._numbers = numbers
        self._purse = purse
        self._room = room  # sent when a request has gone: more may be claimed
        self._began = began if purse.began is None else purse.began
        self._refused = refused

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Request:
        while not self.closed:
            now = asyncio.get_running_loop().time()
            pause = self.gate.until - now
            if pause <= 0 and self.ready and self.limiter.has_room:
                request = self._let_go(now)
                if request is not None:
                    return request
                if not self.ready or self.closed:
                    continue
            await self.changed.wait(pause if pause > 0 else None)
        raise StopAsyncIteration

    def ahead(self) -> int:
        """How many requests more to claim, so that there are some at hand for every call that may go."""
        return max(AHEAD, 2 * int(self.limiter.limit)) - len(self.ready)

    def close(self) -> None:
        """Ends the stream; what is in flight comes back."""
        self.closed = True
        self.changed.send()

    def _let_go(self, now: float) -> Request | None:
        """The next request with its price reserved; None where the purse must wait or has refused."""
        while self.ready:
            call = self.ready[0]
            reserved = self._purse.reserve(call.request, elapsed=now - self._began)
            if isinstance(reserved, Refusal):
                if reserved.passing:
                    return None
                self.ready.popleft()
                self._refused(call.request.key, Failure("budget", reserved.why))
                continue
            self.ready.popleft()
            call.state, call.reserved = "flying", reserved
            call.attempts += 1
            call.number = next(self._numbers)
            self.limiter.went()
            call.began = call.began or now
            if self.fresh:
                self._room.send()
            return call.request
        return None
