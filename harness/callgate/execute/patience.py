"""How long to go on asking: the policy of the one retry loop there is. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from callgate.concepts import Failure
from callgate.engines.faults import Fault, Remedy

_WORTH_ANOTHER = frozenset({"malformed", "rate_limited", "timeout", "provider_error"})


@dataclass(frozen=True, slots=True)
class Patience:
    """At most `attempts` at one call, begun within `deadline` seconds of the first; between them a wait drawn evenly
    from 0 to `base` seconds, twice as much each time, at most `longest` (full jitter)."""

    attempts: int = 4
    base: float = 1.0
    longest: float = 30.0
    deadline: float = 300.0

    def wait(self, attempts: int, failure: Failure, *, elapsed: float, draw: float) -> float | None:
        """Seconds until the next attempt after `attempts` that failed; None where there is to be none.

        `elapsed` counts from the first attempt; `draw` is a random number from 0 to 1. A provider's Retry-After is
        obeyed, and the jitter comes on top of it.
        """
        if remedy_of(failure) != "retry" or attempts >= self.attempts:
            return None
        hint = failure.retry_after if isinstance(failure, Fault) else None
        seconds = (hint or 0.0) + draw * min(self.longest, self.base * 2 ** (attempts - 1))
        return seconds if elapsed + seconds < self.deadline else None


def remedy_of(failure: Failure) -> Remedy:
    """What to do about a failure; of engines that do not say, its kind decides."""
    if isinstance(failure, Fault):
        return failure.remedy
    if failure.kind == "auth":
        return "stop_model"
    return "retry" if failure.kind in _WORTH_ANOTHER else "give_up"
