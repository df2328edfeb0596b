"""Which host a model's requests go to, and whether there is a key for it: asked before anything is paid for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from callgate.concepts import Mistake
from callgate.engines.prices import provider
from callgate.engines.sim import VERSION

_KEYS: Mapping[str, tuple[str, ...]] = {
    "anthropic": ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"),
    "cerebras": ("CEREBRAS_API_KEY",),
    "cohere": ("COHERE_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "fireworks_ai": ("FIREWORKS_AI_API_KEY", "FIREWORKS_API_KEY"),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "groq": ("GROQ_API_KEY",),
    "mistral": ("MISTRAL_API_KEY",),
    "openai": ("OPENAI_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
    "perplexity": ("PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"),
    "together_ai": ("TOGETHERAI_API_KEY", "TOGETHER_AI_TOKEN"),
    "xai": ("XAI_API_KEY",),
}
"""Any one of these is enough. Providers that are not here are looked up by litellm itself."""
_KEYLESS = frozenset({"sim", "program", "ollama", "ollama_chat", "hosted_vllm", "lm_studio", "llamafile"})


def missing_key(model: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """One line that says which key to set, or None where there is one or none is needed; for the simulator, whether it
    has the model.

    A missing key would else surface as an error that looks worth retrying. Imports litellm only for providers that
    are not in the table above.
    """
    owner = provider(model)
    if owner in _KEYLESS:
        return unknown_model(model)
    names = _KEYS.get(owner)
    if names is None:
        from callgate.engines.litellm import keys_missing_for

        names = keys_missing_for(model)
        if not names:
            return None
    elif any(environment.get(name, "").strip() for name in names):
        return None
    return f"{model}: no API key; set {names[0]}, or run `make demo` on the simulator"


def key_mark(model: str, environment: Mapping[str, str] = os.environ) -> str:
    """Tells one key of a provider from another without giving it away; "-" where there is none."""
    keys = (environment.get(name, "").strip() for name in _KEYS.get(provider(model), ()))
    key = next(filter(None, keys), "")
    return sha256(key.encode()).hexdigest()[:8] if key else "-"


def unknown_model(model: str) -> str | None:
    """One line about a simulated model that does not exist; None for every other model."""
    owner, _, name = model.partition("/")
    if owner != "sim":
        return None
    from callgate.engines.sim import MODELS
    from callgate.files import did_you_mean

    if name in MODELS:
        return None
    known = [f"sim/{each}" for each in MODELS]
    return f"{model}: there is no such simulated model{did_you_mean(model, known)}"


def api_base(model: str, environment: Mapping[str, str] = os.environ) -> str:
    """The base address that the environment sets for a model's provider (OPENAI_API_BASE); "" if it sets none.

    Raises Mistake where it is neither https nor this machine: keys and calls must not travel in the clear.
    """
    owner = provider(model).upper().replace("-", "_")
    for name in (f"{owner}_BASE_URL", f"{owner}_API_BASE"):  # in the order that litellm asks them
        base = environment.get(name, "").strip()
        if not base:
            continue
        if not is_safe(base):
            raise Mistake(f"{name}={base}: the address of {model} must be https, or http on this machine (127.0.0.1)")
        return base
    return ""


def endpoint(model: str, environment: Mapping[str, str] = os.environ, *, root: Path | None = None) -> str:
    """The host (with its port, if it names one) that requests go to; "" is the provider's own. The simulator has no
    host but a version, and a program in the project at `root` the digest of its files: another may answer otherwise."""
    if provider(model) == "program":
        from callgate.engines.program import source_digest

        return f"program/{source_digest(model, root or Path.cwd())}"
    if provider(model) == "sim":
        return f"sim/{VERSION}"
    base = api_base(model, environment)
    return urlsplit(base).netloc.rpartition("@")[2].lower() if base else ""


def is_safe(base: str) -> bool:
    """Whether an address is https, or http on this machine."""
    parts = urlsplit(base)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.netloc)))


def is_loopback(host: str) -> bool:
    """Whether a host, with or without a port, is this machine."""
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
