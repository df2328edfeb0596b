"""What is executed, and what comes of it: step machines in, their results and what they cost out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from callgate.concepts import Engine, Failure, Reply, Request

if TYPE_CHECKING:
    from callgate.execute.budget import Purse
    from callgate.execute.walk import Miss
    from callgate.ledger import Ledger


class Waiting(Protocol):
    """A step machine that waits for the reply to its request."""

    @property
    def request(self) -> Request: ...


A = TypeVar("A", bound=Waiting)
D = TypeVar("D")
EngineFor = Callable[[str], Engine]
"""The engine that reaches a model."""


@dataclass(frozen=True, slots=True)
class Machine(Generic[A, D]):
    """How to go on: a trial's replay, a judge's vote. `done` is the type of what it ends with.

    Machines of different `lane`s (baseline and candidate) are interleaved, so that both meet the provider at the same
    time of day.
    """

    advance: Callable[[A, Reply], A | D]
    failed: Callable[[A, Failure], D]
    done: type[D]
    lane: Callable[[A], str]


class Away(Protocol):
    """Who asks in the place of this process: the workers of a cluster, a provider's batches."""

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
        """Has the misses asked and puts the replies into the ledger; by place what failed, and whether Ctrl-C ended
        it."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What one execution asked and paid. `calls` counts attempts, `replies` those that came back and were kept,
    `cached` the replies taken from the ledger; `dollars` is what is known of the price, of `unpriced` replies nothing
    is."""

    calls: int = 0
    replies: int = 0
    cached: int = 0
    dollars: float = 0.0
    unpriced: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an execution is: machines done of those planned, calls made, dollars known to be spent."""

    done: int
    planned: int
    calls: int
    dollars: float


@dataclass(frozen=True, slots=True)
class Execution(Generic[D]):
    """What each machine ended with, in the order given. Interrupted: what was not asked any more has failed."""

    done: tuple[D, ...]
    spent: Spent
    interrupted: bool = False
