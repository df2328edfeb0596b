"""What the command line changes of an eval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from callgate.engines.lanes import Transport


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

    @property
    def subset(self) -> str:
        """The filter as it was typed; empty for a whole run."""
        parts = [f"--segment {','.join(f'{k}={v}' for k, v in self.segment.items())}"] if self.segment else []
        parts += [f"--case {name}" for name in self.cases]
        parts += [f"--limit {self.limit}"] if self.limit else []
        parts += ["--failed"] if self.failed else []
        return " ".join(parts)
