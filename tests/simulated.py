"""The simulator's replies as a provider on the wire would send them: text, tool calls, finish reason and usage."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from callgate.engines.sim import MODELS, answer
from loopback import Answer, saying


def simulated(
    *, model: str = "receptionist-small", delay: float = 0.0, draws: bool = False
) -> Callable[[Any, int], Answer]:
    """Answers as the simulated model of the request's name, or as `model` where there is none of that name.

    A trial's number does not travel, so by default the reply is a function of the body alone, and a killed run that
    asks again gets what it would have got. With `draws` each repeat of a body is a new draw, as with a real provider.
    """
    repeats: Counter[str] = Counter()
    lock = threading.Lock()

    def reply(body: Any, _: int) -> Answer:
        trial = 0
        if draws:
            name = json.dumps(body, sort_keys=True)
            with lock:
                trial, repeats[name] = repeats[name], repeats[name] + 1
        asked = str(body["model"])
        said = answer(asked if asked in MODELS else model, body["messages"], body.get("tools") or (), trial)
        calls = tuple((call["function"]["name"], call["function"]["arguments"]) for call in said["tool_calls"])
        usage = (len(json.dumps(body)) // 4, len(json.dumps(said)) // 4)
        return saying(said["content"], calls=calls, model=asked, usage=usage, delay=delay)

    return reply
