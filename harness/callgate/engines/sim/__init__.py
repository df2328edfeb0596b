"""Small deterministic agents that stand in for a model: no key, no network, known effects. See docs/simulator.md."""

from callgate.engines.sim.agent import MODELS, answer

__all__ = ["MODELS", "answer"]
