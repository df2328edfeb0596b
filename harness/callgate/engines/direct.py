"""Requests -> replies over OpenAI's chat-completions wire, without litellm: for OpenAI and for whatever speaks it.

litellm is the reference. This lane carries only what litellm would send on unchanged, to the same address with the same
key, and reads the answers as litellm does; `tests/engines/test_parity.py` holds the two together. Everything else goes
through litellm (`lanes.py`). aiohttp is imported when the first request is asked.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from callgate.concepts import Failure, Json, Message, Reply, Request, Tool, ToolCall, canonical
from callgate.engines.access import api_base, is_loopback
from callgate.engines.chat import chat_reply
from callgate.engines.faults import Fault, fault_of_status, malformed, retry_after_seconds, timed_out
from callgate.engines.pool import pooled
from callgate.engines.prices import mode, provider

if TYPE_CHECKING:
    from aiohttp import ClientSession

PROVIDERS = frozenset({"openai"})
"""Whose requests this lane may carry; another enters when its parity test passes."""
PARAMETERS = frozenset(
    {
        "frequency_penalty",
        "logit_bias",
        "max_completion_tokens",
        "max_tokens",
        "parallel_tool_calls",
        "presence_penalty",
        "response_format",
        "seed",
        "stop",
        "temperature",
        "tool_choice",
        "top_p",
    }
)
"""What litellm sends on unchanged. The others it renames, refuses, or sends another way."""
THINKING = frozenset(
    {
        "max_completion_tokens",
        "max_tokens",  # sent as max_completion_tokens
        "parallel_tool_calls",
        "reasoning_effort",
        "response_format",
        "seed",
        "tool_choice",
        "verbosity",
    }
)
"""The same for models that think before they speak."""
LONGEST_BODY = 32 * 1024 * 1024
_OTHER_WAYS = re.compile(
    r"(?:^|/)o\d|gpt-(?!5(?:\.[12])?(?:-mini|-nano)?(?:-\d{4}-\d\d-\d\d)?$)[5-9]|gpt-4(?:-\d{4}(?:-preview)?)?$|gpt-4-32k|gpt-3\.5|audio|search|realtime|codex|instruct"
    r"|davinci|babbage|responses|computer-use|deep-research|image|transcribe|tts|^ft:"
)
"""Model names for which litellm changes parameters or messages, or calls another address."""
_THINKS = re.compile(r"gpt-5")
_CHANGED_IN_TOOLS = frozenset({"pattern", "cache_control", "anyOf", "oneOf", "allOf", "enum", "const", "not"})
HOME = "https://api.openai.com/v1"
_ELSEWHERE = ("OPENAI_ORGANIZATION", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "SSL_CERTIFICATE", "SSL_VERIFY")
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")


def why_not(model: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """Why this lane cannot reach a model, or None where it can."""
    owner = provider(model)
    if owner not in PROVIDERS:
        return f"{owner or model} is no provider of the direct lane ({', '.join(sorted(PROVIDERS))})"
    if _OTHER_WAYS.search(_sent_name(model)) or mode(model) not in {"chat", ""}:
        return f"litellm changes the requests of {_sent_name(model)} on their way"
    for name in _ELSEWHERE:
        if environment.get(name):
            return f"{name} is set"
    base = api_base(model, environment) or HOME
    if "?" in base or "@" in base:
        return "the address carries more than a host and a path"
    if any(environment.get(name) or environment.get(name.lower()) for name in _PROXIES):
        host = base.partition("://")[2].partition("/")[0]
        if not is_loopback(host):
            return "a proxy is set"
    return None


def carries(request: Request) -> bool:
    """Whether this lane can carry a request of a model that it reaches."""
    if not request.parameters.keys() <= _taken(request.model):
        return False
    if not request.tools:
        return "tool_choice" not in request.parameters
    return _are_sent_on(request.tools)


def uncarried(request: Request) -> str:
    """What of a request this lane cannot carry."""
    return ", ".join(sorted(request.parameters.keys() - _taken(request.model))) or "these tools"


def _taken(model: str) -> frozenset[str]:
    return THINKING if _THINKS.search(model) else PARAMETERS


def _are_sent_on(tools: tuple[Tool, ...]) -> bool:
    """Whether litellm sends tools on as they are: it takes regular expressions out of their schemas, and what OpenAI
    refuses at the top of them."""
    return _tools(tools)[1]


def _is_sent_on(tool: Tool) -> bool:
    return tool.parameters.keys().isdisjoint(_CHANGED_IN_TOOLS) and not _names(tool.parameters) & {
        "pattern",
        "patternProperties",
        "cache_control",
    }


def _names(value: Json) -> set[str]:
    """Every key in a JSON value, at any depth."""
    if isinstance(value, Mapping):
        return {*value, *(name for inner in value.values() for name in _names(inner))}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return {name for inner in value for name in _names(inner)}
    return set()


class DirectEngine:
    """Asks each request once by HTTP, `workers` at a time, `seconds` at most for each. No redirect is followed: a key
    goes to the host that it is for."""

    def __init__(self, *, workers: int = 16, seconds: float = 60.0) -> None:
        self._workers = workers
        self._seconds = seconds
        self._session: ClientSession | None = None
        self._targets: dict[str, tuple[str, dict[str, str]]] = {}

    async def run(self, requests: AsyncIterator[Request]) -> AsyncIterator[tuple[Request, Reply | Failure]]:
        """Yields each request with its reply or its Fault, in the order in which they finish."""
        try:
            async with aclosing(pooled(requests, self.answer, workers=self._workers)) as answered:
                async for pair in answered:
                    yield pair
        finally:
            await self.close()

    async def close(self) -> None:
        """Closes the connections; the next request opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def answer(self, request: Request) -> Reply | Failure:
        """One attempt at one request, as a typed outcome."""
        from aiohttp import ClientError

        if not carries(request):
            why = f"the direct lane does not carry {uncarried(request)}; use transport: auto"
            return Fault("provider_error", why, "stop_model")
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._seconds):  # also ends what drips
                status, headers, body = await self._exchange(request)
        except TimeoutError:
            return timed_out(self._seconds)
        except (ClientError, OSError) as error:
            return Fault("provider_error", f"no answer: {type(error).__name__}: {error}"[:300])
        if body is None:
            return malformed(f"an answer of more than {LONGEST_BODY} bytes")
        if not 200 <= status < 300:
            code, message = error_words(body)
            return fault_of_status(status, code, message, retry_after_seconds(headers, time.time()))
        return completion(request.model, body, time.perf_counter() - began)

    async def _exchange(self, request: Request) -> tuple[int, dict[str, str], bytes | None]:
        """Status, headers and body of the answer; None for a body that has no end."""
        session = self._session or self._opened()
        address, headers = self._target(request.model)
        async with session.post(
            address, data=request_body(request), headers=headers, allow_redirects=False
        ) as response:
            named = {name.lower(): value for name, value in response.headers.items()} if response.status >= 300 else {}
            parts, size = [], 0
            async for part in response.content.iter_any():
                parts.append(part)
                size += len(part)
                if size > LONGEST_BODY:
                    return response.status, named, None
            return response.status, named, b"".join(parts)

    def _target(self, model: str) -> tuple[str, dict[str, str]]:
        """Where a model's requests go, and with which key: read from the environment once an engine."""
        if model not in self._targets:
            address = (api_base(model) or HOME).rstrip("/") + "/chat/completions"
            self._targets[model] = (address, {"authorization": f"Bearer {os.environ.get('OPENAI_API_KEY', '')}"})
        return self._targets[model]

    def _opened(self) -> ClientSession:
        from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

        self._session = ClientSession(
            connector=TCPConnector(limit=0, ttl_dns_cache=300),
            cookie_jar=DummyCookieJar(),
            timeout=ClientTimeout(total=None),
            headers={"content-type": "application/json", "accept": "application/json", "user-agent": "callgate"},
        )
        return self._session


def _sent_name(model: str) -> str:
    return model.removeprefix("openai/")


def request_body(request: Request) -> bytes:
    """The request as JSON, put together from texts that are there already."""
    fields = [
        f'"messages":[{",".join([_message(message) for message in request.messages])}]',
        _model_and_parameters(request.model, request.parameters),
    ]
    if request.tools:
        fields.append(f'"tools":{_tools(request.tools)[2]}')
    text = f"{{{','.join(fields)}}}"
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a surrogate pair in a model's own words, on its way back as history
        return json.dumps(json.loads(text)).encode()


_known_parameters: dict[tuple[str, int], tuple[Mapping[str, Json], str]] = {}


def _model_and_parameters(model: str, parameters: Mapping[str, Json]) -> str:
    """The JSON of both, remembered: a run's thousands of requests share a few."""
    name = (model, id(parameters))
    known = _known_parameters.get(name)
    if known is not None and known[0] is parameters:
        return known[1]
    renamed = {"max_tokens": "max_completion_tokens"} if _THINKS.search(model) else {}
    set_ones = [(renamed.get(key, key), value) for key, value in parameters.items() if value is not None]
    text = ",".join(f"{canonical(key)}:{canonical(value)}" for key, value in (("model", _sent_name(model)), *set_ones))
    if len(_known_parameters) >= REMEMBERED:
        _known_parameters.clear()
    _known_parameters[name] = (parameters, text)  # with the parameters, so that their id is not given to another
    return text


def _message(message: Message) -> str:
    """A message as JSON, without the fields that are null: a call's `content` is, and litellm leaves it out."""
    if None not in message.wire.values():
        return message.canonical
    return canonical({name: value for name, value in message.wire.items() if value is not None})


REMEMBERED = 64
"""Texts of tools, and of parameters, that are kept."""
_known_tools: dict[int, tuple[tuple[Tool, ...], bool, str]] = {}


def _tools(tools: tuple[Tool, ...]) -> tuple[tuple[Tool, ...], bool, str]:
    """The tools, whether they are sent on as they are, and their JSON: a run's thousands of requests share a few."""
    known = _known_tools.get(id(tools))
    if known is not None and known[0] is tools:
        return known
    if len(_known_tools) >= REMEMBERED:
        _known_tools.clear()
    entry = (tools, all(map(_is_sent_on, tools)), canonical([tool.wire() for tool in tools]))
    _known_tools[id(tools)] = entry  # with the tools, so that their id is not given to another
    return entry


def completion(model: str, body: bytes | str, seconds: float) -> Reply | Failure:
    """A chat completion as a Reply, or why it is none."""
    try:
        return _completion(model, json.loads(body), seconds)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
        return malformed(f"no chat completion: {type(error).__name__}: {error}")


def _completion(model: str, said: Mapping[str, Any], seconds: float) -> Reply | Failure:
    """Raises what reading raises where the shape is another."""
    choices = said["choices"]
    if not choices:
        return malformed("a chat completion without choices")
    message: Mapping[str, Any] = choices[0]["message"]
    functions = [(call.get("id"), call["function"]) for call in message.get("tool_calls") or ()]
    usage = said.get("usage")
    return chat_reply(
        model,
        content=message.get("content"),
        refusal=message.get("refusal"),
        calls=tuple([ToolCall(name or "", f.get("name") or "", f.get("arguments") or "") for name, f in functions]),
        finish=choices[0].get("finish_reason"),
        served=said.get("model"),
        tokens=_tokens(usage) if isinstance(usage, Mapping) else None,
        seconds=seconds,
    )


def _tokens(usage: Mapping[str, Any]) -> tuple[object, object, object]:
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, Mapping) else 0
    return usage.get("prompt_tokens"), usage.get("completion_tokens"), cached


def error_words(body: bytes) -> tuple[str, str]:
    """The provider's code and words for an error; what is not in OpenAI's form is its own message."""
    text = body[:2000].decode("utf-8", "replace")
    try:
        said = json.loads(body)
        error = said.get("error", said)
        code, message = error.get("code"), error.get("message")
    except (ValueError, AttributeError, RecursionError):
        return "", text
    return code if isinstance(code, str) else "", str(message or text)
