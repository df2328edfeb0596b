"""A fixed number of workers over one stream of requests, so that memory stays flat however many there are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

from callgate.concepts import Failure, Reply, Request

Answered = tuple[Request, Reply | Failure]


async def pooled(
    requests: AsyncIterator[Request], answer: Callable[[Request], Awaitable[Reply | Failure]], *, workers: int
) -> AsyncGenerator[Answered, None]:
    """Answers each request, at most `workers` at once, in the order in which they finish.

    Closing the iterator ends the workers. `answer` turns a fault into a Failure; what it raises ends the stream.
    """
    answered: asyncio.Queue[tuple[Request, Reply | Failure, asyncio.Event | None] | None] = asyncio.Queue()
    turn = asyncio.Lock()  # an iterator may be asked by one at a time

    async def work() -> None:
        while True:
            async with turn:
                request = await anext(requests, None)
            if request is None:
                return
            outcome = await answer(request)
            seen = asyncio.Event() if isinstance(outcome, Failure) else None
            answered.put_nowait((request, outcome, seen))
            if seen is not None:
                await seen.wait()  # it may be the end of this model: not one more request before that is known

    async def all_work() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(work())
        finally:
            answered.put_nowait(None)

    everyone = asyncio.create_task(all_work())
    try:
        while (landed := await answered.get()) is not None:
            request, outcome, seen = landed
            yield request, outcome
            if seen is not None:
                seen.set()
        await everyone
    finally:
        everyone.cancel()
        await asyncio.gather(everyone, return_exceptions=True)
