"""The purse: nothing is dispatched before what it can cost at most is reserved, so that no cap is ever passed."""

from __future__ import annotations

from dataclasses import dataclass

from callgate.concepts import Budget, Failure, Reply, Request
from callgate.engines.access import is_loopback
from callgate.engines.prices import FREE, Price, near, price, worst_dollars, worst_tokens

_MAYBE_BILLED = frozenset({"timeout", "malformed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Reservation:
    """The most that one call can cost."""

    dollars: float = 0.0
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call may not be made; `passing` where a call in flight may yet leave enough."""

    why: str
    passing: bool = False


class Purse:
    """What a run may spend, has spent and has reserved, over all its executions.

    `began` is when the minutes begin to count, on the monotonic clock; None: with each execution.
    """

    def __init__(self, budget: Budget, began: float | None = None) -> None:
        self.budget = budget
        self.began = began
        self.calls = 0
        self.replies = 0
        self.dollars = 0.0  # known
        self.unpriced = 0
        self._used = Reservation()  # against the caps: what is known, and the worst of what is not
        self._held = Reservation()  # of calls in flight
        self._flying = 0

    def reserve(self, request: Request, *, elapsed: float, share: float = 1.0) -> Reservation | Refusal:
        """Takes what the call can cost at most out of the purse, or says why it may not be made. `share` of the price
        is paid for it: half, in a batch."""
        cap = self.budget
        if cap.minutes is not None and elapsed >= cap.minutes * 60:
            return Refusal(f"the budget of {cap.minutes:g} minutes is used up")
        if cap.calls is not None and self.calls >= cap.calls:
            return Refusal(f"the budget of {cap.calls} calls is used up")
        known = price(request.model)
        if known is None and is_loopback(request.endpoint):
            known = FREE  # a server of one's own; a gateway on this machine to a priced model still costs its price
        worst = self._worst(request, known)
        if isinstance(worst, Refusal):
            return worst
        worst = Reservation(worst.dollars * share, worst.tokens)
        if cap.dollars is not None and self._used.dollars + self._held.dollars + worst.dollars > cap.dollars:
            why = (
                f"${self._used.dollars:.2f} of ${cap.dollars:.2f} is used; the next call may cost ${worst.dollars:.2g}"
            )
            return Refusal(why, passing=self._flying > 0)
        if cap.tokens is not None and self._used.tokens + self._held.tokens + worst.tokens > cap.tokens:
            why = f"{self._used.tokens} of {cap.tokens} tokens are used; the next call may take {worst.tokens}"
            return Refusal(why, passing=self._flying > 0)
        self._held = _sum(self._held, worst, 1)
        self._flying += 1
        self.calls += 1
        return worst

    def settle(self, reserved: Reservation, outcome: Reply | Failure) -> None:
        """Puts back what the call did not cost. What may have been billed, though nothing came back, counts in full."""
        self._held = _sum(self._held, reserved, -1)
        self._flying -= 1
        if isinstance(outcome, Reply):
            self.replies += 1
            self.dollars += outcome.dollars or 0.0
            self.unpriced += outcome.dollars is None
            dollars = reserved.dollars if outcome.dollars is None else outcome.dollars
            tokens = outcome.prompt_tokens + outcome.completion_tokens
            self._used = _sum(self._used, Reservation(dollars, tokens), 1)
        elif outcome.kind in _MAYBE_BILLED:
            self._used = _sum(self._used, reserved, 1)

    @property
    def used(self) -> Reservation:
        """What counts against the caps: what is known to be spent, and the worst of what is not known."""
        return self._used

    def absorb(self, calls: int, replies: int, dollars: float, unpriced: int, used: Reservation) -> None:
        """Takes over what another purse, given a share of this one, has spent."""
        self.calls += calls
        self.replies += replies
        self.dollars += dollars
        self.unpriced += unpriced
        self._used = _sum(self._used, used, 1)

    def _worst(self, request: Request, known: Price | None) -> Reservation | Refusal:
        dollars, tokens = 0.0, 0
        if self.budget.dollars is not None:
            worst = worst_dollars(request, known)
            if worst is None:
                return Refusal(_unknown(request.model, priced=known is not None))
            dollars = worst
        if self.budget.tokens is not None:
            most = worst_tokens(request, known)
            if most is None:
                return Refusal(
                    f"nothing bounds a reply of {request.model}, and the budget is in tokens; set max_tokens"
                )
            tokens = most
        return Reservation(dollars, tokens)


def _unknown(model: str, *, priced: bool) -> str:
    if priced:
        return f"the longest reply of {model} is unknown (set max_tokens), and the budget is in dollars"
    hint = near(model) or f"; give it: --price {model}=0.15/0.60 (dollars for a million tokens in and out)"
    return f"the price of {model} is unknown, and the budget is in dollars{hint}"


def _sum(some: Reservation, more: Reservation, sign: int) -> Reservation:
    return Reservation(some.dollars + sign * more.dollars, some.tokens + sign * more.tokens)
