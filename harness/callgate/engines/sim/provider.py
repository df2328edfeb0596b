"""The simulator as a litellm provider: after `register()`, `litellm.acompletion(model="sim/receptionist-small", ...)`.

The trial number goes along as the keyword argument `trial` (litellm hands parameters it does not know to a custom
provider unchanged), or as `extra_body={"trial": 3}`; without it, it is 0. Tokens are estimated (a token per four
characters), the cost is 0. Other parameters (temperature, max_tokens, response_format) are taken and change nothing.
The only module of the simulator that imports litellm.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import litellm
from litellm import CustomLLM, ModelResponse

from callgate.engines.sim.agent import answer

NAME = "sim"


class Simulator(CustomLLM):  # type: ignore[misc]  # litellm has no types of its own here
    """Answers chat completions with `answer`, at once and without a network."""

    def completion(self, model: str, messages: list[dict[str, Any]], *args: Any, **rest: Any) -> ModelResponse:
        """One reply; `optional_params` holds tools and trial."""
        return _response(model, messages, _parameters(args, rest))

    async def acompletion(self, model: str, messages: list[dict[str, Any]], *args: Any, **rest: Any) -> ModelResponse:
        """The same, awaited."""
        return _response(model, messages, _parameters(args, rest))


def register() -> None:
    """Makes `sim/...` known to litellm; calling it again changes nothing."""
    if not any(item["provider"] == NAME for item in litellm.custom_provider_map):
        litellm.custom_provider_map = [
            *litellm.custom_provider_map,
            {"provider": NAME, "custom_handler": Simulator()},
        ]


def _parameters(args: Sequence[Any], rest: Mapping[str, Any]) -> Mapping[str, Any]:
    """What litellm calls `optional_params`; it passes everything by name today, and nothing here rests on the order."""
    found = rest.get("optional_params")
    if isinstance(found, Mapping):
        return found
    return next((arg for arg in args if isinstance(arg, Mapping) and ("tools" in arg or "trial" in arg)), {})


def _response(model: str, messages: list[dict[str, Any]], parameters: Mapping[str, Any]) -> ModelResponse:
    tools = parameters.get("tools") or ()
    extra = parameters.get("extra_body")
    trial = parameters.get("trial", extra.get("trial", 0) if isinstance(extra, Mapping) else 0)
    message = answer(model, messages, tools, int(trial))
    read = len(json.dumps([messages, list(tools)], ensure_ascii=False)) // 4
    written = max(1, len(json.dumps(message, ensure_ascii=False)) // 4)
    return ModelResponse(
        model=model,
        choices=[
            {
                "index": 0,
                "finish_reason": "tool_calls" if message["tool_calls"] else "stop",
                "message": {"role": "assistant", **message, "tool_calls": message["tool_calls"] or None},
            }
        ],
        usage={"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written},
    )
