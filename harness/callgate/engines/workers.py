"""The litellm lane in processes of its own, one and, where the work repays it, a second.

litellm's import takes seconds and each of its calls milliseconds of this interpreter: in its own process the import
goes on while files load, calls use another core, and what is graded and kept meanwhile does not wait for them. The
processes outlive an event loop, since a run has one for each of its looks.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from callgate.concepts import Failure, Reply, Request, ToolCall
from callgate.engines.faults import Fault, timed_out
from callgate.engines.worker import READY, request_line

PROCESSES: Final = min(2, os.cpu_count() or 1)
SECOND_AFTER: Final = 1000
"""Calls after which a second process is started: its import costs as much as a thousand of them, so that it is begun
when as much has been done as it will cost."""
BOTH_FROM: Final = 400
"""Calls from which on both are started at once, where it is known before that so many are coming: then both import side
by side, while files load, and nobody waits for the second."""
IMPORT_SECONDS: Final = 60.0
_NAMES: Final = itertools.count(1)
"""Requests are told apart by number, in all processes and runs: a late answer is never taken for another's."""
_kept: list[_Worker] | None = None
_Waiting = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Reply | Failure]"]


@contextmanager
def kept_workers() -> Iterator[None]:
    """Within it, a process that one run is done with serves the next: several evals import litellm once. Inside of
    another, that one keeps them."""
    global _kept
    if _kept is not None:
        yield
        return
    _kept = []
    try:
        yield
    finally:
        kept, _kept = _kept, None
        for worker in kept:
            worker.end()


class Workers:
    """Answers requests through litellm. Loop-independent; `close` ends the processes, or keeps them (kept_workers)."""

    def __init__(self, *, seconds: float, processes: int = PROCESSES, second_after: int = SECOND_AFTER) -> None:
        self._seconds = seconds
        self._second_after = second_after
        self._most = processes
        self._workers: list[_Worker] = []
        self._asked = 0

    def prepare(self, calls: int = 0) -> None:
        """Starts the first process now, so that it imports while something else is done; where so many calls are coming
        that they repay it, the second too."""
        wanted = self._most if calls >= BOTH_FROM else 1
        self._workers += [_worker(self._seconds) for _ in range(wanted - len(self._workers))]

    async def answer(self, request: Request) -> Reply | Failure:
        """One attempt at one request, as a typed outcome."""
        self._asked += 1
        worker, name = self._next(), next(_NAMES)
        try:
            async with asyncio.timeout(self._seconds + IMPORT_SECONDS):  # the process itself keeps to the seconds
                return await worker.ask(name, request)
        except TimeoutError:
            worker.end()
            return timed_out(self._seconds + IMPORT_SECONDS)
        finally:
            worker.forget(name)

    def close(self) -> None:
        """Ends the processes; the next request starts new ones."""
        workers, self._workers = self._workers, []
        for worker in workers:
            if _kept is not None and worker.runs and not worker.load:
                _kept.append(worker)
            else:
                worker.end()

    def _next(self) -> _Worker:
        """The process with the least to do; of those that have imported litellm, where there are such."""
        self._workers = [worker for worker in self._workers if worker.runs]
        if not self._workers or (self._asked > self._second_after and len(self._workers) < self._most):
            self._workers.append(_worker(self._seconds))
        return min(self._workers, key=lambda worker: (not worker.is_ready, worker.load))


def _worker(seconds: float) -> _Worker:
    """A process that was kept and has the same limit, or a new one."""
    kept = _kept if _kept is not None else []
    for worker in [one for one in kept if one.seconds == seconds]:
        kept.remove(worker)
        if worker.lives:
            return worker
    return _Worker(seconds)


class _Worker:
    """One process, with a thread that writes to it and one that reads from it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, this package
            [sys.executable, "-m", "callgate.engines.worker", str(seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the run, which then waits for what is in flight
        )
        self._waiting: dict[int, _Waiting] = {}
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.runs = True
        self.is_ready = False
        for act in (self._write, self._read):
            threading.Thread(target=act, daemon=True).start()

    @property
    def lives(self) -> bool:
        """Whether the process itself still runs; `runs` tells it a moment later."""
        return self.runs and self._process.poll() is None

    @property
    def load(self) -> int:
        return len(self._waiting)

    async def ask(self, name: int, request: Request) -> Reply | Failure:
        """Waits for the outcome."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Reply | Failure] = loop.create_future()
        self._waiting[name] = (loop, future)
        if not self.runs:
            return self._gone()
        self._lines.put(request_line(name, request))
        return await future

    def forget(self, name: int) -> None:
        """Nobody waits for this one any more."""
        self._waiting.pop(name, None)

    def end(self) -> None:
        """Ends the process; who still waits is told."""
        self.runs = False
        self._lines.put(None)
        self._process.kill()

    def _write(self) -> None:
        stdin = self._process.stdin
        assert stdin
        with suppress(OSError):
            while (line := self._lines.get()) is not None:
                stdin.write(line)
                if self._lines.empty():
                    stdin.flush()
        with suppress(OSError):
            stdin.close()

    def _read(self) -> None:
        stdout = self._process.stdout
        assert stdout
        for line in stdout:
            if line == READY:
                self.is_ready = True
                continue
            name, outcome = outcome_from(json.loads(line))
            self._tell(name, outcome)
        stdout.close()
        self._process.wait()
        self.runs = False
        self._lines.put(None)
        for name in list(self._waiting):
            self._tell(name, self._gone())

    def _tell(self, name: int, outcome: Reply | Failure) -> None:
        loop, future = self._waiting.get(name, (None, None))
        if loop is not None and future is not None:
            with suppress(RuntimeError):  # the loop is over, and nobody waits
                loop.call_soon_threadsafe(_settle, future, outcome)

    def _gone(self) -> Fault:
        return Fault("provider_error", f"the process that runs litellm ended (exit {self._process.poll()})")


def _settle(future: asyncio.Future[Reply | Failure], outcome: Reply | Failure) -> None:
    if not future.done():
        future.set_result(outcome)


def outcome_from(written: list[Any]) -> tuple[int, Reply | Failure]:
    """The name and the outcome that `worker.outcome_line` wrote."""
    name, *rest = written
    if rest[-1] == "fault":
        kind, why, remedy, retry_after, _ = rest
        return name, Fault(kind, why, remedy, retry_after)
    text, calls, (prompt, completion), (outcome, served, dollars, seconds, simulated) = rest
    called = tuple([ToolCall(*call) for call in calls])
    return name, Reply(text, called, outcome, served, prompt, completion, dollars, seconds, simulated)
