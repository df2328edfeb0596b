"""What a model costs: litellm's own price file, read without importing litellm."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from callgate.concepts import Request
from callgate.files import did_you_mean

_FILE = "model_prices_and_context_window_backup.json"
PROGRAMS = ("command:", "python:")
"""How the names of agents of the user's own begin."""
_TOKENS_AROUND = 16
"""More tokens than any provider adds around one message or one tool."""


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars a token and a call, and the most tokens that one reply can have."""

    prompt: float
    completion: float
    cached_prompt: float
    longest_reply: int
    call: float = 0.0

    def dollars(self, prompt_tokens: int, completion_tokens: int, cached_tokens: int = 0) -> float:
        """The price of one reply; `cached_tokens` of the prompt's tokens were read from the provider's cache."""
        cached = min(cached_tokens, prompt_tokens)
        fresh = prompt_tokens - cached
        return self.call + fresh * self.prompt + cached * self.cached_prompt + completion_tokens * self.completion


FREE = Price(0.0, 0.0, 0.0, 0)
_given: dict[str, Price] = {}


def give_price(model: str, prompt: float = 0.0, completion: float = 0.0, call: float = 0.0) -> None:
    """Makes a price known for this process, before what litellm's file says: dollars for a million tokens of prompt and
    of completion, and for a call."""
    known = _filed(model)
    longest = known.longest_reply if known else 0
    _given[model] = Price(prompt / 1e6, completion / 1e6, prompt / 1e6, longest, call)


def prices_given() -> dict[str, Price]:
    """What `give_price` was told, for a process elsewhere."""
    return dict(_given)


def take_prices(given: Mapping[str, Price]) -> None:
    """Makes known what another process was told."""
    _given.update(given)


def price(model: str) -> Price | None:
    """The price of `provider/model`: as given, or as litellm's file has it, or None. The simulator is free."""
    if model.startswith("sim/"):
        return FREE
    return _given.get(model) or _filed(model)


@lru_cache(maxsize=256)
def _filed(model: str) -> Price | None:
    entry = _entry(model)
    prompt, completion = entry.get("input_cost_per_token"), entry.get("output_cost_per_token")
    if not isinstance(prompt, int | float) or not isinstance(completion, int | float):
        return None
    cached = entry.get("cache_read_input_token_cost", prompt)
    longest = entry.get("max_output_tokens") or entry.get("max_tokens") or 0
    return Price(float(prompt), float(completion), float(cached), longest if isinstance(longest, int) else 0)


def near(model: str) -> str:
    """ "; did you mean 'openai/gpt-5-mini'?" where litellm's file knows a model of nearly this name; else nothing."""
    owner = provider(model)
    names = {
        name if name.startswith(f"{owner}/") else f"{owner}/{name}"
        for name, entry in _file().items()
        if entry.get("mode") in {"chat", "responses"} and entry.get("litellm_provider") == owner
    }
    known = names if "/" in model else {name.partition("/")[2] for name in names}
    hint = did_you_mean(model, known) if owner else did_you_mean(model, _file())
    return hint if "did you mean" in hint else ""


def provider(model: str) -> str:
    """Who serves a model: the part before the slash, or who litellm's file says; "" if neither."""
    if model.startswith(PROGRAMS):
        return "program"
    if "/" in model:
        return model.split("/", 1)[0]
    return str(_entry(model).get("litellm_provider", ""))


def mode(model: str) -> str:
    """What a model is for, as litellm's file has it ("chat", "responses", "embedding"); "" where it does not say."""
    return str(_entry(model).get("mode", ""))


def worst_tokens(request: Request, known: Price | None) -> int | None:
    """More tokens than a request and its reply can have together; None where nothing bounds the reply.

    A token is at least one byte, so the bytes of what is sent are a bound on its tokens that no tokenizer can break.
    """
    longest = _reply_bound(request, known)
    return None if longest is None else _prompt_bound(request) + longest


def worst_dollars(request: Request, known: Price | None) -> float | None:
    """More dollars than a request can cost; None where its price or the length of its reply is unknown."""
    if known is None:
        return None
    longest = _reply_bound(request, known) if known.completion else 0
    return None if longest is None else known.dollars(_prompt_bound(request), longest)


def _reply_bound(request: Request, known: Price | None) -> int | None:
    for name in ("max_completion_tokens", "max_tokens"):
        value = request.parameters.get(name)
        if isinstance(value, int):
            return value
    return known.longest_reply if known is not None and known.longest_reply else None


def _prompt_bound(request: Request) -> int:
    text = sum(len(message.canonical.encode("utf-8", "surrogatepass")) for message in request.messages)
    tools = sum(len(json.dumps(tool.wire(), default=dict)) for tool in request.tools)
    return text + tools + _TOKENS_AROUND * (len(request.messages) + len(request.tools))


@lru_cache(maxsize=256)
def _entry(model: str) -> Mapping[str, Any]:
    """What the file says of a model. Its keys carry the provider for some providers and not for others."""
    if model.startswith(PROGRAMS):
        return {}
    known = _file()
    if model in known:
        return known[model]
    owner, _, name = model.partition("/")
    entry = known.get(name, {})
    return entry if entry.get("litellm_provider", "").startswith(owner) else {}


@lru_cache(maxsize=1)
def _file() -> Mapping[str, Mapping[str, Any]]:
    spec = importlib.util.find_spec("litellm")
    if spec is None or spec.origin is None:
        return {}
    path = Path(spec.origin).with_name(_FILE)
    prices: Mapping[str, Mapping[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return prices
