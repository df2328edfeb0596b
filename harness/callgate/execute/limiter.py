"""How many calls a model takes at once, and when a provider wants to be left alone: found by trying, never told.

A `Limiter` is for one model under one key: it begins low and doubles while every call is answered (slow start), then
grows by one a round, and shrinks by half the share of a round that was refused, so that one refusal in twenty costs a
fortieth and not the half. It grows only when it was in the way. A `Gate` is for the whole provider: what Retry-After
says holds for all of its models, unless the provider is seen to answer the others. Neither looks at a clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from callgate.concepts import Failure, Reply

START: Final = 16
MOST: Final = 512
_RECENT = 50
_KNOWN = 20
"""Answers of a provider below which one refusal is taken for the whole of it."""
_FULL = 0.2
_RUN = 3


@dataclass(frozen=True, slots=True)
class Learned:
    """A limit that is worth beginning with next time, and whether it was still doubling."""

    limit: float
    doubling: bool = False


class Limiter:
    """At most `limit` calls in flight. `most` is a cap that somebody set: then the limit begins there."""

    def __init__(self, learned: Learned | None = None, *, most: int | None = None) -> None:
        begin = learned or Learned(START, doubling=True)
        self.most = most or MOST
        self.limit = float(most) if most else min(float(self.most), max(1.0, begin.limit))
        self.flying = 0
        self._doubling = begin.doubling and most is None
        self._in_the_way = False
        self._answered = self._refused = 0
        self._round = self.limit  # answers that make one
        self._taught = False

    @property
    def has_room(self) -> bool:
        """Whether another call may go now; remembers that it was asked in vain."""
        room = self.flying < int(self.limit)
        self._in_the_way |= not room
        return room

    def went(self) -> None:
        """A call has gone."""
        self.flying += 1

    def landed(self, outcome: Reply | Failure | None) -> None:
        """A call has come back, or was given up (None)."""
        self.flying -= 1
        if outcome is None:
            return
        self._answered += 1
        if is_refusal(outcome):
            self._refused += 1
            self._doubling = False
        elif self._doubling and self._in_the_way:
            self.limit = min(self.limit + 1, self.most)
        self._taught |= self._in_the_way or self._refused > 0
        if self._answered >= self._round:
            self._end_of_round()

    def learned(self) -> Learned | None:
        """What to begin with next time; None where nothing was found out, or where the limit was given."""
        return Learned(round(self.limit, 1), self._doubling) if self._taught else None

    def _end_of_round(self) -> None:
        share = self._refused / self._answered
        growth = (1 - share) if self._in_the_way and not self._doubling else 0.0
        self.limit = min(max(1.0, self.limit * (1 - share / 2) + growth), self.most)
        self._round = self.limit
        self._answered = self._refused = 0
        self._in_the_way = False


class Gate:
    """Whether a provider may be asked at all. `until` is a time of the caller's clock; calls are numbered in order."""

    def __init__(self) -> None:
        self.until = 0.0
        self._holder = -1
        self._recent: deque[bool] = deque(maxlen=_RECENT)  # refused?

    def refused(self, number: int, until: float) -> None:
        """Call `number` was refused until then. One refusal among many answers is that call's own affair."""
        self._recent.append(True)
        if self._is_isolated():
            return
        self.until = max(self.until, until)
        self._holder = max(self._holder, number)

    def answered(self, number: int) -> None:
        """Call `number` was answered; if it went after the one that was refused, the provider was not full."""
        self._recent.append(False)
        if number > self._holder:
            self.until = 0.0

    def _is_isolated(self) -> bool:
        recent = self._recent
        if len(recent) < _KNOWN or all(list(recent)[-_RUN:]):
            return False
        return sum(recent) / len(recent) < _FULL


def is_refusal(outcome: Reply | Failure) -> bool:
    """Whether an outcome says that this was too much at once: a rate limit, an overload, no answer in time."""
    if isinstance(outcome, Reply):
        return False
    busy = outcome.kind == "provider_error" and outcome.why.startswith(("HTTP 503", "HTTP 529"))
    return busy or outcome.kind in {"rate_limited", "timeout"}


def learned_from(value: object) -> dict[str, Learned]:
    """What a file of learned limits says; nonsense in it is not believed."""
    found: dict[str, Learned] = {}
    for name, entry in value.items() if isinstance(value, Mapping) else ():
        limit = entry.get("limit") if isinstance(entry, Mapping) else None
        if isinstance(limit, int | float) and 1 <= limit <= MOST:
            found[str(name)] = Learned(float(limit), entry.get("doubling") is True)
    return found
