"""Step machines walked through the ledger as far as its replies carry them: no engine, no event loop, no network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, cast

from callgate.execute.machine import A, D, Machine
from callgate.ledger import Ledger, request_key


@dataclass(frozen=True, slots=True)
class Miss(Generic[A]):
    """A machine that waits for a reply which is not in the ledger; `index` is its place among those given."""

    index: int
    machine: A
    key: str


@dataclass(frozen=True, slots=True)
class Walk(Generic[A, D]):
    """How far the ledger went: what is done, by place, the misses, and how many replies were taken from it."""

    done: dict[int, D]
    misses: list[Miss[A]]
    cached: int


def walk(machines: Sequence[A], how: Machine[A, D], ledger: Ledger) -> Walk[A, D]:
    """Advances all machines together, one read of the ledger a step."""
    done: dict[int, D] = {}
    misses: list[Miss[A]] = []
    used: set[str] = set()
    wave = [Miss(index, machine, request_key(machine.request)) for index, machine in enumerate(machines)]
    while wave:
        replies = ledger.replies({waiting.key for waiting in wave})
        used.update(replies)
        following: list[Miss[A]] = []
        for waiting in wave:
            reply = replies.get(waiting.key)
            if reply is None:
                misses.append(waiting)
                continue
            step = how.advance(waiting.machine, reply)
            if isinstance(step, how.done):
                done[waiting.index] = step
            else:
                machine = cast(A, step)
                following.append(Miss(waiting.index, machine, request_key(machine.request)))
        wave = following
    return Walk(done, misses, len(used))


def interleaved(misses: Sequence[Miss[A]], lane: Callable[[A], str]) -> list[Miss[A]]:
    """The misses in an order in which the lanes go side by side from first to last, however many each has."""
    lanes: dict[str, list[Miss[A]]] = {}
    for miss in sorted(misses, key=lambda miss: miss.index):
        lanes.setdefault(lane(miss.machine), []).append(miss)
    placed = [
        ((place + 0.5) / len(some), number, miss)
        for number, some in enumerate(lanes.values())
        for place, miss in enumerate(some)
    ]
    return [miss for *_, miss in sorted(placed, key=lambda entry: entry[:2])]
