"""Small deterministic agents that stand in for a model: no key, no network, known effects. See docs/simulator.md."""

from callgate.engines.sim.agent import MODELS, answer

VERSION = "1"
"""What the replies depend on besides the request: changed with every change of what is answered."""

__all__ = ["MODELS", "VERSION", "answer"]
