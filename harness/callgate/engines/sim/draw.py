"""Model, request, trial and lever -> a number in [0, 1) that is the same on every machine.

Draws of different requests, trials, models or levers are independent. How hard a dialogue is for a lever is drawn once
per model and dialogue (without the system prompt), so that a hard call is hard under every prompt; a lever with
probability p fails in a share p of the dialogues nearly always (0.8 + 0.2 p) and in the others rarely (0.2 p): p on
average, and U-shaped over calls.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SPREAD = 0.8
"""How much of a failure probability is the call's own: 0 would make all calls equally hard."""


def uniform(*parts: str) -> float:
    """A number in [0, 1) from texts."""
    return int.from_bytes(hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).digest()[:8]) / 2**64


def fingerprint(value: object) -> str:
    """The sha256 of JSON with sorted keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Draws:
    """The dice of one request and trial."""

    model: str
    request: str
    dialogue: str
    trial: int

    @staticmethod
    def of(model: str, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]], trial: int) -> Draws:
        """The dice for a chat request: all that is said in messages and tools counts, so any change throws anew.

        What the way here may add or leave out (ids of calls, empty fields) does not count, so that a request throws
        the same through litellm, over HTTP and straight.
        """
        system = [_said(m) for m in messages if m.get("role") == "system"]
        dialogue = fingerprint([_said(m) for m in messages if m.get("role") != "system"])
        functions = [tool.get("function", tool) for tool in tools]
        named = [[f.get("name"), f.get("description"), f.get("parameters")] for f in functions]
        return Draws(model, fingerprint([system, dialogue, named]), dialogue, trial)

    def fails(self, lever: str, probability: float) -> bool:
        """Whether the lever fails here; on average over dialogues with the probability given."""
        if probability <= 0:
            return False
        is_hard = uniform("difficulty", self.model, lever, self.dialogue) < probability
        here = (SPREAD if is_hard else 0.0) + (1 - SPREAD) * probability
        return self.chance(lever) < here

    def chance(self, name: str) -> float:
        """A number in [0, 1) for one use in this request and trial."""
        return uniform("draw", self.model, self.request, str(self.trial), name)


def _said(message: Mapping[str, Any]) -> list[Any]:
    """A message without what only carries it: who says what, and which calls."""
    calls = [call.get("function", {}) for call in message.get("tool_calls") or ()]
    made = [[call.get("name"), call.get("arguments")] for call in calls]
    return [message.get("role"), message.get("content") or "", made]
