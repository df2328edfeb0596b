"""The engine of every model: a program of the user's own, the direct lane where it can carry the request, litellm
everywhere else. Counts which lane carried what, so that the run can say so."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import Literal

from callgate.concepts import Engine, Failure, Mistake, Reply, Request
from callgate.engines.direct import DirectEngine, carries, why_not
from callgate.engines.pool import pooled
from callgate.engines.program import Program, arguments, is_program
from callgate.engines.workers import Workers

Transport = Literal["auto", "litellm", "direct"]
WORKERS = 512
"""More than any provider is asked at once: the executor's limiter lets go as many as it takes, and no more."""
_WORDS = {"batch": "in batches", "direct": "direct", "litellm": "through litellm", "program": "by a program"}


class Lanes:
    """Gives the engine of each model; `carried` counts the calls of each lane. `root` is where programs live."""

    def __init__(
        self,
        transport: Transport = "auto",
        *,
        root: Path | None = None,
        workers: int = WORKERS,
        seconds: float = 60.0,
    ) -> None:
        self.transport = transport
        self.root = root or Path.cwd()
        self.workers = workers
        self.seconds = seconds
        self.carried: Counter[str] = Counter()
        self.litellm = Workers(seconds=seconds)

    def engine_for(self, model: str) -> Engine:
        """The engine that reaches `model`. Raises Mistake where only the direct lane may be used and it cannot,
        and for a program that is not in the project."""
        if is_program(model):
            arguments(model, self.root)
            return _Lane(self, program=model)
        why = None if self.transport == "litellm" else why_not(model)
        if self.transport == "direct" and why is not None:
            raise Mistake(f"transport: direct does not reach {model}: {why}; use transport: auto")
        return _Lane(self, direct=self.transport != "litellm" and why is None)

    def prepare(self, models: Iterable[str], calls: int = 0) -> None:
        """Lets litellm be imported in the background where it will be needed, for about so many calls."""
        if any(not is_program(model) and (self.transport == "litellm" or why_not(model)) for model in models):
            self.litellm.prepare(calls)

    def close(self) -> None:
        """Ends what runs beside this process."""
        self.litellm.close()

    @property
    def words(self) -> str:
        """ "1,560 calls direct", "12 calls direct, 3 through litellm", "" where nothing was asked."""
        parts = [f"{count:,} {_WORDS[lane]}" for lane, count in sorted(self.carried.items())]
        if not parts:
            return ""
        first, _, rest = parts[0].partition(" ")
        return ", ".join([f"{first} {'call' if first == '1' else 'calls'} {rest}", *parts[1:]])


class _Lane:
    """One model's requests, each through the lane that carries it."""

    def __init__(self, lanes: Lanes, *, direct: bool = False, program: str = "") -> None:
        self._lanes = lanes
        self._program = Program(program, lanes.root, seconds=lanes.seconds) if program else None
        self._direct = DirectEngine(seconds=lanes.seconds) if direct else None

    async def run(self, requests: AsyncIterator[Request]) -> AsyncIterator[tuple[Request, Reply | Failure]]:
        """Yields each request with its reply or its Fault, in the order in which they finish."""
        try:
            async with aclosing(pooled(requests, self._answer, workers=self._lanes.workers)) as answered:
                async for pair in answered:
                    yield pair
        finally:
            if self._program is not None:
                await self._program.close()
            if self._direct is not None:
                await self._direct.close()

    async def _answer(self, request: Request) -> Reply | Failure:
        if self._program is not None:
            self._lanes.carried["program"] += 1
            return await self._program.answer(request)
        if self._direct is not None and (self._lanes.transport == "direct" or carries(request)):
            self._lanes.carried["direct"] += 1
            return await self._direct.answer(request)
        self._lanes.carried["litellm"] += 1
        return await self._lanes.litellm.answer(request)
