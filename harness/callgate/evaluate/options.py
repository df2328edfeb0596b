"""What the command line changes of an eval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from callgate.concepts import Mistake

if TYPE_CHECKING:
    from callgate.engines.lanes import Transport


class NotInThisEval(Mistake):
    """A filter names what this eval does not have; another eval of the project may have it."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line changes of an eval. A filter (segment, cases, limit, failed) makes the run a subset."""

    model: str | None = None
    baseline: str | None = None
    candidate: str | None = None
    segment: Mapping[str, str] = field(default_factory=dict)
    cases: tuple[str, ...] = ()
    limit: int | None = None
    failed: bool = False
    offline: bool = False
    regrade: bool = False
    release: bool = False
    settle: bool = False
    max_cost: float | None = None
    transport: Transport | None = None
    at_once: int | None = None
    prices: tuple[str, ...] = ()
    nightly: bool = False  # cases whose fault shows seldom take part too: they have a run of their own
    cluster: str | None = None
    batch: bool = False
    wait: float | None = None  # minutes, for batches

    def __post_init__(self) -> None:
        if self.max_cost is not None and not math.isfinite(self.max_cost):
            raise Mistake(f"--max-cost {self.max_cost}: wanted a number of dollars")
        for name in ("model", "baseline", "candidate"):
            if getattr(self, name) == "":
                raise Mistake(f"--{name} is empty; leave it away to take the eval's")

    @property
    def subset(self) -> str:
        """The filter as it was typed; empty for a whole run."""
        parts = [f"--segment {','.join(f'{k}={v}' for k, v in self.segment.items())}"] if self.segment else []
        parts += [f"--case {name}" for name in self.cases]
        parts += [f"--limit {self.limit}"] if self.limit else []
        parts += ["--failed"] if self.failed else []
        return " ".join(parts)
