"""Step machines x ledger x engines -> what each ended with, and what that cost.

First everything is walked through the ledger: a run that was paid for before needs no engine, no event loop and no
litellm. Only what is missing is asked (`asking`), under a budget that is reserved before each call (`budget`), with
the one retry loop there is (`patience`). What could not be asked ends as a Failure, never as a number.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from callgate.concepts import Budget, Engine, Failure
from callgate.execute.budget import Purse
from callgate.execute.machine import A, Away, D, EngineFor, Execution, Machine, Progress, Spent, Waiting
from callgate.execute.patience import Patience
from callgate.execute.walk import Walk, interleaved, walk
from callgate.ledger import Ledger
from callgate.replay import Ask, Done, advance, failed

__all__ = ["REPLAY", "Execution", "Machine", "Patience", "Progress", "Purse", "Spent", "Waiting", "execute"]

REPLAY: Machine[Ask, Done] = Machine(advance, failed, Done, lambda ask: ask.id.arm)
"""Trials of golden calls."""
_INTERRUPTED = Failure("cancelled", "interrupted before it was answered")
_OFFLINE = Failure("offline", "not in the ledger, and nothing is asked offline")


def execute(
    machines: Sequence[A],
    how: Machine[A, D],
    *,
    ledger: Ledger,
    engine_for: EngineFor | None,
    budget: Budget | None = None,
    patience: Patience | None = None,
    at_once: int | None = None,
    purse: Purse | None = None,
    progress: Callable[[Progress], None] | None = None,
    away: Away | None = None,
) -> Execution[D]:
    """Runs every machine to its end: from the ledger where it can, from engines where it must.

    `engine_for` gives the engine that reaches a model, and is asked once for each model that something is missing of;
    None is offline: what is missing then fails. `at_once` caps the calls in flight to each model; without it their
    number is found by trying. A `purse` that several executions share goes before `budget`. Where somebody is
    `away`, they ask. Ctrl-C stops asking, waits up to ten seconds for what is in flight and keeps it. Raises what
    `engine_for` and they raise; faults of providers, of the budget and of the disk are Failures.
    """
    began = time.perf_counter()
    walked = walk(machines, how, ledger)
    if not walked.misses:
        return _ended(walked, Spent(cached=walked.cached, seconds=time.perf_counter() - began))
    if engine_for is None:
        walked.done.update({miss.index: how.failed(miss.machine, _OFFLINE) for miss in walked.misses})
        return _ended(walked, Spent(cached=walked.cached, seconds=time.perf_counter() - began))
    engines = Engines(engine_for, sorted({miss.machine.request.model for miss in walked.misses}))
    planned = len(machines)

    def report(done: int, calls: int, dollars: float) -> None:
        if progress is not None:
            progress(Progress(done, planned, calls, dollars))

    if away is not None:
        purse = purse or Purse(budget or Budget())
        return _sent_out(machines, how, ledger, away, walked=walked, purse=purse, at_once=at_once, report=report)
    execution = _asked(
        walked,
        how,
        ledger,
        engines,
        purse=purse or Purse(budget or Budget()),
        patience=patience or Patience(),
        at_once=at_once,
        report=report,
    )
    return replace(execution, spent=replace(execution.spent, seconds=time.perf_counter() - began))


class Engines(dict[str, Engine]):
    """The engine of each model, those given at once, so that what is wrong with them is told before the first call; a
    machine may go on to ask another model, whose engine is then found."""

    def __init__(self, engine_for: EngineFor, models: Sequence[str]) -> None:
        super().__init__({model: engine_for(model) for model in models})
        self._engine_for = engine_for

    def __missing__(self, model: str) -> Engine:
        engine = self[model] = self._engine_for(model)
        return engine


def _ended(walked: Walk[A, D], spent: Spent, *, interrupted: bool = False) -> Execution[D]:
    return Execution(tuple([walked.done[index] for index in range(len(walked.done))]), spent, interrupted)


def _sent_out(
    machines: Sequence[A],
    how: Machine[A, D],
    ledger: Ledger,
    away: Away,
    *,
    walked: Walk[A, D],
    purse: Purse,
    at_once: int | None,
    report: Callable[[int, int, float], None],
) -> Execution[D]:
    """The misses of a walk asked away from here; then the walk once more, over what they brought."""
    began = time.perf_counter()
    since = began if purse.began is None else time.perf_counter() - (time.monotonic() - purse.began)
    earlier = Spent(purse.calls, purse.replies, 0, purse.dollars, purse.unpriced)
    done = len(walked.done)

    def on_task(machines_done: int) -> None:
        nonlocal done
        done += machines_done
        report(done, purse.calls - earlier.calls, purse.dollars - earlier.dollars)

    lost, interrupted = away.ask(
        walked.misses,
        how,
        ledger,
        purse=purse,
        at_once=at_once,
        elapsed=lambda: time.perf_counter() - since,
        report=on_task,
    )
    again = walk(machines, how, ledger)
    for miss in again.misses:
        again.done[miss.index] = lost.get(miss.index) or how.failed(miss.machine, _INTERRUPTED)
    spent = Spent(
        purse.calls - earlier.calls,
        purse.replies - earlier.replies,
        walked.cached,
        purse.dollars - earlier.dollars,
        purse.unpriced - earlier.unpriced,
        time.perf_counter() - began,
    )
    return _ended(again, spent, interrupted=interrupted)


def _asked(
    walked: Walk[A, D],
    how: Machine[A, D],
    ledger: Ledger,
    engines: Mapping[str, Engine],
    *,
    purse: Purse,
    patience: Patience,
    at_once: int | None,
    report: Callable[[int, int, float], None],
) -> Execution[D]:
    """The misses of a walk asked of their engines, in an event loop that is imported and started only here."""
    import asyncio

    from callgate.execute.asking import Session
    from callgate.execute.limits import Limits

    limits = Limits(ledger.path.with_name("limits.json"), at_once)
    before = len(walked.done)
    earlier = Spent(purse.calls, purse.replies, 0, purse.dollars, purse.unpriced)

    def on_progress(done: int) -> None:
        report(before + done, purse.calls - earlier.calls, purse.dollars - earlier.dollars)

    async def ask() -> Session[A, D]:
        session = Session(how, ledger, engines, purse=purse, patience=patience, limits=limits, on_progress=on_progress)
        await session.run(interleaved(walked.misses, how.lane))
        return session

    on_progress(0)
    session = asyncio.run(ask())
    on_progress(len(session.done))
    walked.done.update(session.done)
    cached = walked.cached + session.found
    spent = Spent(
        purse.calls - earlier.calls,
        purse.replies - earlier.replies,
        cached,
        purse.dollars - earlier.dollars,
        purse.unpriced - earlier.unpriced,
    )
    return _ended(walked, spent, interrupted=session.interrupted)
