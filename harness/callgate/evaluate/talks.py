"""Whole conversations as trials: a caller that does what no caller may is drawn again, at most twice, and then the
trial is left out and counted; what a caller did is never counted against the agent."""

from __future__ import annotations

from callgate.concepts import Failure, Reply
from callgate.execute import REPLAY, Machine
from callgate.graders.callers import fault
from callgate.replay import Ask, Done, advance, again, failed

ATTEMPTS = 3
"""How often a conversation is begun before it is left out."""


def checked(ask: Ask, reply: Reply) -> Ask | Done:
    """As a trial goes on; what a simulated caller says is checked first."""
    if ask.line is None or not ask.line.asked:
        return advance(ask, reply)
    why = fault(ask, reply)
    if why is None:
        return advance(ask, reply)
    if len(ask.line.again) + 1 < ATTEMPTS:
        return again(ask, why)
    return failed(ask, Failure("invalid_caller", why))


TRIALS: Machine[Ask, Done] = Machine(checked, failed, Done, REPLAY.lane)
"""Trials of golden calls and of whole conversations."""
