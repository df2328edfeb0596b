"""The direct lane against litellm, its reference: the same on the wire, and the same said of every answer."""

import asyncio
import json
from dataclasses import replace

import pytest
from test_litellm_engine import ANSWERS, BOOK, CANARY

from callgate.concepts import Failure, Message, Reply, Request, Tool
from callgate.engines.direct import DirectEngine, carries, why_not
from callgate.engines.lanes import Lanes
from callgate.engines.litellm import LitellmEngine
from loopback import Answer, Loopback, failing, saying

SCHEMA = {
    "type": "object",
    "properties": {"día": {"type": "string"}},
    "required": ["día"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "cita", "schema": SCHEMA, "strict": True}}
EMPTY = Tool("hang_up", "", {"type": "object", "properties": {}})
NESTED = Tool(
    "move",
    "Moves — «mañana».",
    {
        "type": "object",
        "properties": {"to": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "n": {"enum": [1, 2.5, None]}},
    },
)


def user(text):
    return Message.of(role="user", content=text)


def called(number, arguments='{"day": "lunes"}', text=None):
    call = {"id": f"call_{number}", "type": "function", "function": {"name": "book", "arguments": arguments}}
    return [
        Message.of(role="assistant", content=text, tool_calls=[call]),
        Message.of(role="tool", tool_call_id=f"call_{number}", content='{"ok":true}'),
    ]


SYSTEM = Message.of(role="system", content="You are Ana.\n\n- Be brief.")
LONG = (
    SYSTEM,
    *(
        m
        for n in range(150)
        for m in (user(f"turn {n} " + "á" * 200), *called(n, text=None if n % 2 else "un momento"))
    ),
)
REQUESTS = {
    "plain": Request("openai/anything", (user("hi"),)),
    "no provider's name": Request("gpt-4o-mini", (SYSTEM, user("hi"))),
    "known model": Request("openai/gpt-4o-mini", (SYSTEM, user("hi")), (), {"max_tokens": 200}),
    "4.1": Request("openai/gpt-4.1", (SYSTEM, user("hi")), (BOOK,), {"temperature": 0.2, "parallel_tool_calls": False}),
    "a model's path": Request("openai/meta-llama/Llama-3.1-8B-Instruct-x", (SYSTEM, user("hi")), (BOOK,)),
    "tools": Request("openai/anything", (SYSTEM, user("hi")), (BOOK, EMPTY, NESTED), {"tool_choice": "auto"}),
    "one tool": Request("openai/anything", (user("hi"),), (BOOK,), {"tool_choice": {"type": "function", "function": {"name": "book"}}}),
    "response format": Request("openai/gpt-4o", (user("hi"),), (), {"response_format": FORMAT}),
    "json object": Request("openai/anything", (user("hi"),), (), {"response_format": {"type": "json_object"}}),
    "seed": Request("openai/anything", (user("hi"),), (), {"seed": 7, "temperature": 0}),
    "zeroes": Request("openai/anything", (user("hi"),), (), {"temperature": 0.0, "top_p": 1, "presence_penalty": 0}),
    "stop text": Request("openai/anything", (user("hi"),), (), {"stop": "\n\n"}),
    "stop texts": Request("openai/anything", (user("hi"),), (), {"stop": ["END", "¡fin!"]}),
    "bias": Request("openai/anything", (user("hi"),), (), {"logit_bias": {"50256": -100}, "frequency_penalty": 0.5}),
    "most": Request("openai/anything", (user("hi"),), (), {"max_completion_tokens": 50}),
    "unicode": Request("openai/anything", (user("¿Mañana? 🚗 \u202e\u2066 \x00 \x7f \u2028 \u00a0 日本語 \U0001f468\u200d\U0001f527"),)),
    "empty text": Request("openai/anything", (SYSTEM, user(""))),
    "line ends": Request("openai/anything", (user('a\r\nb\tc\\d"e'),)),
    "history": Request("openai/anything", (SYSTEM, user("hi"), *called(1), *called(2, "not json", "claro"), user("ok")), (BOOK,)),
    "long history": Request("openai/anything", LONG, (BOOK,), {"temperature": 0.7}),
    "gpt-5": Request("openai/gpt-5-mini", (SYSTEM, user("hi")), (BOOK,), {"max_tokens": 90, "reasoning_effort": "low"}),
    "gpt-5.1": Request("gpt-5.1", (user("hi"),), (), {"max_completion_tokens": 90, "verbosity": "low", "seed": 3}),
    "gpt-5 dated": Request("openai/gpt-5-2025-08-07", (user("hi"),), (BOOK,), {"parallel_tool_calls": False}),
    "null parameter": Request("openai/anything", (user("hi"),), (), {"stop": None, "seed": 1}),
}  # fmt: skip


def ask(engine, requests):
    async def stream():
        for one in requests:
            yield one

    async def collect():
        return {one.key: outcome async for one, outcome in engine.run(stream())}

    return asyncio.run(collect())


@pytest.fixture
def provider(monkeypatch):
    """Runs an engine against a server of its own; gives the outcomes by key and what the server saw."""
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)

    def run(engine, requests, answer=lambda *_: saying("hi"), path=""):
        with Loopback(answer) as server:
            monkeypatch.setenv("OPENAI_API_BASE", server.base + path)
            return ask(engine, requests), server.seen

    return run


@pytest.mark.parametrize("name", REQUESTS)
def test_both_lanes_send_the_same_to_the_same_address_with_the_same_key(provider, name):
    request = replace(REQUESTS[name], key=name)
    assert why_not(request.model, {}) is None
    assert carries(request)
    (one, [reference]), (other, [seen]) = (
        provider(engine, [request]) for engine in (LitellmEngine(seconds=60), DirectEngine())
    )
    assert seen.body == reference.body
    assert seen.path == reference.path == "/v1/chat/completions"
    assert seen.headers["authorization"] == reference.headers["authorization"] == f"Bearer {CANARY}"
    assert seen.headers["content-type"] == reference.headers["content-type"] == "application/json"
    assert {key: _timeless(reply) for key, reply in one.items()} == {
        key: _timeless(reply) for key, reply in other.items()
    }


def test_a_slash_at_the_end_of_the_address_changes_nothing(provider):
    request = replace(REQUESTS["plain"], key="k")
    paths = {seen[0].path for _, seen in (provider(e, [request], path="/") for e in (LitellmEngine(), DirectEngine()))}
    assert paths == {"/v1/chat/completions"}


MORE = {
    "text as text/plain": Answer(ANSWERS["text"][0].body, headers={"content-type": "text/plain"}),
    "201": replace(ANSWERS["text"][0], status=201),
    "no content": Answer(b"", 204),
    "nothing": Answer(b""),
    "409": failing(409),
    "422": failing(422, "no such parameter"),
    "529": failing(529, "overloaded"),
    "503 html": Answer(b"<html>busy</html>", 503, {"content-type": "text/html"}),
    "429 ms": failing(429, "slow", retry_after_ms="250"),
    "429 date": failing(429, "slow", retry_after="Fri, 09 Sep 2050 01:46:00 GMT"),
    "429 nonsense": failing(429, "slow", retry_after="soon"),
    "503 later": failing(503, "busy", retry_after="3"),
    "two calls": saying("ok", calls=(("book", "{}"), ("hang_up", ""))),
    "a call without a name": Answer(
        json.dumps({"model": "m", "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "", "arguments": "{}"}}]}}]}).encode()
    ),
    "no usage": Answer(b'{"model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}]}'),
    "no finish": Answer(b'{"model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}}], "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}}'),
    "cached": Answer(b'{"model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 300, "completion_tokens": 1, "total_tokens": 301, "prompt_tokens_details": {"cached_tokens": 256}}}'),
    "error in 200": Answer(b'{"error": {"message": "no", "type": "x", "code": "y"}}'),
}  # fmt: skip
FAULTS = {**{name: answer for name, (answer, _) in ANSWERS.items()}, **MORE}


@pytest.fixture(scope="module")
def read():
    """What each lane makes of every answer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", CANARY)
        with Loopback(lambda body, _: FAULTS[body["messages"][-1]["content"]]) as server:
            patch.setenv("OPENAI_API_BASE", server.base)
            for model in ("openai/anything", "openai/gpt-4o-mini"):
                ask(LitellmEngine(seconds=60), [Request(model, (user("text"),), key="warm")])
            requests = [Request("openai/gpt-4o-mini", (user(name),), key=name) for name in FAULTS]
            workers = len(requests)
            engines = (LitellmEngine(workers=workers, seconds=3), DirectEngine(workers=workers, seconds=3))
            yield [ask(engine, requests) for engine in engines]


@pytest.mark.parametrize("name", FAULTS)
def test_both_lanes_say_the_same_of_every_answer(read, name):
    reference, direct = (_timeless(outcomes[name]) for outcomes in read)
    assert direct == reference


def _timeless(outcome):
    """All but how long it took, and the words of a failure (which must be there)."""
    if isinstance(outcome, Reply):
        return replace(outcome, seconds=0.0)
    assert isinstance(outcome, Failure)
    assert outcome.why
    return outcome.kind, outcome.remedy, outcome.retry_after


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_direct_lane_follows_no_redirect(provider, status):
    with Loopback(lambda *_: saying("hi")) as other:
        moved = failing(status, location=f"{other.base}/chat/completions")
        outcomes, seen = provider(DirectEngine(), [replace(REQUESTS["plain"], key="k")], lambda *_: moved)
        assert len(seen) == 1
        assert other.seen == []
    assert isinstance(outcomes["k"], Failure)
    assert outcomes["k"].remedy == "give_up"


@pytest.mark.parametrize(
    "model",
    ["anthropic/claude-sonnet-4-5", "openai/gpt-5.4-mini", "gpt-5-codex", "gpt-5-pro", "openai/o3-mini", "o1", "openai/gpt-4o-audio-preview", "openai/gpt-3.5-turbo-instruct", "openai/responses/gpt-4o", "azure/gpt-4o", "sim/receptionist-small"],
)  # fmt: skip
def test_what_litellm_changes_on_its_way_is_left_to_litellm(model):
    assert why_not(model, {}) is not None
    with pytest.raises(Exception, match="transport: direct"):
        Lanes("direct").engine_for(model)


@pytest.mark.parametrize("name", ["OPENAI_ORGANIZATION", "HTTPS_PROXY", "https_proxy"])
def test_what_the_environment_adds_to_a_call_is_left_to_litellm(name):
    assert why_not("openai/gpt-4o", {name: "x"}) is not None


def test_a_parameter_that_litellm_would_rename_goes_through_litellm_and_the_run_says_so(provider):
    requests = [
        replace(REQUESTS["plain"], key="plain"),
        replace(REQUESTS["plain"], parameters={"top_k": 5}, key="strange"),
    ]
    lanes = Lanes("auto")
    outcomes, _ = provider(lanes.engine_for("openai/anything"), requests)
    assert isinstance(outcomes["plain"], Reply)
    assert dict(lanes.carried) == {"direct": 1, "litellm": 1}
    lanes.close()
    assert lanes.words == "1 call direct, 1 through litellm"
    only = Lanes("litellm")
    provider(only.engine_for("openai/anything"), requests[:1])
    assert dict(only.carried) == {"litellm": 1}
    only.close()


def test_half_a_surrogate_pair_in_a_models_own_words_does_not_end_the_conversation(provider):
    request = Request("openai/anything", (user("hi"), Message.of(role="assistant", content="\ud83d")), key="k")
    outcomes, seen = provider(DirectEngine(), [request])
    assert isinstance(outcomes["k"], Reply)
    assert seen[0].body["messages"][1]["content"] == "\ud83d"


@pytest.mark.parametrize(
    "more",
    [
        {"parameters": {"tool_choice": "auto"}},
        {"model": "openai/gpt-5-mini", "parameters": {"temperature": 0.5}},
        {
            "tools": (
                Tool("t", "", {"type": "object", "properties": {"a": {"type": "string", "pattern": "^\\\\p{L}+$"}}}),
            )
        },
        {"tools": (Tool("t", "", {"type": "object", "anyOf": [{"required": ["a"]}]}),)},
    ],
)
def test_a_request_that_litellm_would_change_is_not_carried(more):
    assert not carries(replace(REQUESTS["plain"], **more))
