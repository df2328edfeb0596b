"""Requests -> replies through litellm: every provider it knows, and the simulator as one of its custom providers.

The only module but `sim/provider.py` that imports litellm, and only when the first request is asked: the import takes
seconds. litellm is kept to one thing, one attempt at one call: no retries, cache, router, callbacks or network of its
own. A reply and each of its errors leave here as typed outcomes.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any

from callgate.concepts import MODEL_PARAMETERS, Failure, Mistake, Reply, Request, ToolCall
from callgate.engines.access import api_base
from callgate.engines.chat import chat_reply
from callgate.engines.faults import Fault, fault_of_error, malformed, timed_out
from callgate.engines.pool import pooled


class LitellmEngine:
    """Asks each request once through `litellm.acompletion`, `workers` at a time, `seconds` at most for each."""

    _running = 0  # runs under way: litellm's connections are shared by all of them

    def __init__(self, *, workers: int = 16, seconds: float = 60.0) -> None:
        self._workers = workers
        self._seconds = seconds

    async def run(self, requests: AsyncIterator[Request]) -> AsyncIterator[tuple[Request, Reply | Failure]]:
        """Yields each request with its reply or its Fault, in the order in which they finish."""
        self.open()
        try:
            async with aclosing(pooled(requests, self.answer, workers=self._workers)) as answered:
                async for pair in answered:
                    yield pair
        finally:
            await self.close()

    def open(self) -> None:
        """Counts a run that uses litellm's connections; `close` ends it."""
        LitellmEngine._running += 1

    async def close(self) -> None:
        """The last run to end closes the connections."""
        LitellmEngine._running -= 1
        if not LitellmEngine._running:
            await _hang_up()

    async def answer(self, request: Request) -> Reply | Failure:
        """One attempt at one request, as a typed outcome."""
        strange = sorted(set(request.parameters) - MODEL_PARAMETERS)
        if strange:
            return Fault("provider_error", f"no parameter that a prompt may set: {', '.join(strange)}", "stop_model")
        acompletion = _litellm(simulator=request.model.startswith("sim/")).acompletion
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._seconds):  # also ends what drips, and a custom provider
                response = await acompletion(**_arguments(request, self._seconds))
        except TimeoutError:
            return timed_out(self._seconds)
        except Exception as error:  # noqa: BLE001 - a stranger's code: whatever it raises is a typed outcome
            fault = fault_of_error(error, time.time())
            if request.model.startswith("sim/") and isinstance(fault, Fault):
                return replace(fault, remedy="give_up")  # deterministic: asked again it fails again
            return fault
        try:
            return _reply(request.model, response, time.perf_counter() - began)
        except (AttributeError, TypeError, ValueError, IndexError) as error:
            return malformed(f"no chat completion: {type(error).__name__}: {error}")


def embedded(model: str, texts: Sequence[str], *, seconds: float = 60.0) -> list[list[float]]:
    """The vector of each text, by an embedding model of any provider that litellm knows. Raises Mistake where the
    provider does not give one for each: what it said, without the texts."""
    try:
        with _event_loop():
            response = _litellm(simulator=False).embedding(
                model=model, input=list(texts), timeout=seconds, api_base=api_base(model) or None, max_retries=0
            )
        found = sorted((int(_of(row, "index")), [float(x) for x in _of(row, "embedding")]) for row in response.data)
    except Exception as error:  # noqa: BLE001 - a stranger's code: whatever it raises is told
        fault = fault_of_error(error, time.time())
        raise Mistake(f"{model} gave no vectors: {getattr(fault, 'why', '') or type(error).__name__}") from None
    if [index for index, _ in found] != list(range(len(texts))) or len({len(vector) for _, vector in found}) != 1:
        raise Mistake(f"{model} gave {len(found)} vectors for {len(texts)} texts, or vectors of several lengths")
    return [vector for _, vector in found]


@contextmanager
def _event_loop() -> Iterator[None]:
    """A loop for a blocking call: litellm takes the thread's, and makes one that nobody closes where there is none."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def _of(row: Any, name: str) -> Any:
    return row[name] if isinstance(row, Mapping) else getattr(row, name)


def keys_missing_for(model: str) -> tuple[str, ...]:
    """The environment variables that litellm misses for a model of a provider that it knows and we do not."""
    found: Mapping[str, Any] = _litellm(simulator=False).validate_environment(model=model)
    return () if found["keys_in_environment"] else tuple(found["missing_keys"])


def warm() -> None:
    """Imports litellm and what its first call would import, before any call's time is running."""
    _litellm(simulator=False)
    import_module("openai.resources.chat")


@lru_cache(maxsize=2)
def _litellm(*, simulator: bool) -> ModuleType:
    """litellm, imported once: without its fetch of a price map, its banners, or a collector that runs all the while."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")  # else it loads .env files: keys nobody asked for
    collects = gc.isenabled()
    gc.disable()
    try:
        import litellm
    finally:
        if collects:
            gc.enable()
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    litellm.drop_params = False  # a parameter that a model does not take is said, not dropped: it is what is tested
    if simulator:
        from callgate.engines.sim.provider import register

        register()
    module: ModuleType = litellm
    return module


async def _hang_up() -> None:
    """Closes litellm's connections and forgets its clients: they belong to this event loop, and the next run has its
    own."""
    litellm = sys.modules.get("litellm")
    if litellm is not None:
        await litellm.close_litellm_async_clients()
        litellm.in_memory_llm_clients_cache.flush_cache()


def _arguments(request: Request, seconds: float) -> dict[str, Any]:
    """The keyword arguments of one call. Messages and tools are copies: litellm changes what it is given."""
    arguments: dict[str, Any] = {
        "model": request.model,
        "messages": [json.loads(message.canonical) for message in request.messages],
        **request.parameters,
        "timeout": seconds,
        "num_retries": 0,
        "max_retries": 0,
        "no-log": True,
    }
    if request.tools:
        arguments["tools"] = [tool.wire() for tool in request.tools]
    if request.model.startswith("sim/"):
        arguments["trial"] = request.trial  # which draw; a real provider draws by itself
    elif base := api_base(request.model):
        arguments["api_base"] = base
    return arguments


def _reply(model: str, response: Any, seconds: float) -> Reply | Failure:
    """One ModelResponse as a Reply. litellm takes a body without choices for a success; it is malformed."""
    choices = response.choices
    if not choices:
        return malformed("a chat completion without choices")
    message = choices[0].message
    calls = tuple(
        ToolCall(call.id or "", call.function.name or "", call.function.arguments or "")
        for call in message.tool_calls or ()
    )
    refusal = getattr(message, "refusal", None) or (getattr(message, "provider_specific_fields", None) or {}).get(
        "refusal"
    )
    return chat_reply(
        model,
        content=message.content,
        refusal=refusal,
        calls=calls,
        finish=choices[0].finish_reason,
        served=response.model,
        tokens=_tokens(getattr(response, "usage", None)),
        seconds=seconds,
    )


def _tokens(usage: Any) -> tuple[object, object, object] | None:
    """Tokens of the prompt, of the reply, and of the prompt those read from a cache."""
    if usage is None:
        return None
    cached = getattr(getattr(usage, "prompt_tokens_details", None), "cached_tokens", 0)
    return getattr(usage, "prompt_tokens", 0), getattr(usage, "completion_tokens", 0), cached
