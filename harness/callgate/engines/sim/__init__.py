"""Small deterministic agents that stand in for a model: no key, no network, known effects. See docs/simulator.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callgate.engines.sim.agent import MODELS, answer

VERSION = "2"
"""What the replies depend on besides the request: changed with every change of what is answered."""

__all__ = ["MODELS", "VERSION", "answer"]


def __getattr__(name: str) -> Any:
    """MODELS and answer, loaded when they are first used: a run that asks nothing needs only the version."""
    if name not in {"MODELS", "answer"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from callgate.engines.sim import agent

    return getattr(agent, name)
