"""litellm over a real socket: each answer of a provider leaves the engine as one typed outcome."""

import asyncio

import pytest

from callgate.concepts import Failure, Message, Reply, Request, Tool, ToolCall
from callgate.engines.litellm import LitellmEngine
from loopback import Answer, Loopback, completion, failing, saying

CANARY = "sk-canary-0123456789abcdef"
BOOK = Tool("book", "Books.", {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]})
TEXT = saying("Claro que sí")

ANSWERS = {
    "text": (TEXT, Reply("Claro que sí")),
    "call": (saying(None, calls=(("book", '{"day": 1'),)), Reply(calls=(ToolCall("call_0", "book", '{"day": 1'),))),
    "null": (saying(None), Reply(outcome="empty")),
    "blank": (saying(" \n"), Reply(" \n", outcome="empty")),
    "length": (saying("half a", finish="length"), Reply("half a", outcome="truncated")),
    "filter": (saying(None, finish="content_filter"), Reply(outcome="filtered")),
    "refusal": (saying(None, refusal="I cannot"), Reply("I cannot", outcome="refused")),
    "no choices": (completion([]), "malformed"),
    "not JSON": (Answer(b"<html>busy</html>"), "malformed"),
    "half JSON": (Answer(b'{"id": "x", "choi'), "malformed"),
    "empty object": (Answer(b"{}"), "malformed"),
    "array": (Answer(b"[]"), "malformed"),
    "no message": (Answer(b'{"choices": [{"index": 0}]}'), "malformed"),
    "cut": (Answer(TEXT.body, manner="cut"), "provider_error"),
    "reset": (Answer(b"", manner="reset"), "provider_error"),
    "hang": (Answer(TEXT.body, manner="hang"), "timeout"),
    "drip": (Answer(TEXT.body, manner="drip"), "timeout"),
    "429": (failing(429, "slow down", retry_after="7"), "rate_limited"),
    "500": (failing(500), "provider_error"),
    "401": (failing(401, f"Incorrect API key provided: {CANARY}"), "auth"),
    "403": (failing(403), "auth"),
    "404": (failing(404), "provider_error"),
    "400": (failing(400), "provider_error"),
    "400 filter": (failing(400, code="content_filter"), Reply(outcome="filtered")),
    "quota": (failing(429, code="insufficient_quota"), "rate_limited"),
}
REMEDIES = {"401": "stop_model", "403": "stop_model", "404": "stop_model", "400": "give_up", "quota": "stop_model"}


def request(text, **more):
    messages = (Message.of(role="system", content="You are Ana."), Message.of(role="user", content=text))
    return Request("openai/anything", messages, (BOOK,), {"temperature": 0.7, "max_tokens": 30}, **more)


def ask(*requests, workers=8, seconds=3.0):
    async def stream():
        for one in requests:
            yield one

    async def collect():
        return [pair async for pair in LitellmEngine(workers=workers, seconds=seconds).run(stream())]

    return asyncio.run(collect())


@pytest.fixture(scope="module")
def outcomes():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", CANARY)
        with Loopback(lambda body, _: ANSWERS[body["messages"][-1]["content"]][0]) as server:
            patch.setenv("OPENAI_API_BASE", server.base)
            ask(request("text"), seconds=60)  # litellm's first call imports half of itself
            server.seen.clear()
            yield {one.messages[-1].wire["content"]: outcome for one, outcome in ask(*map(request, ANSWERS))}, server


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_has_its_typed_outcome(outcomes, name):
    got, wanted = outcomes[0][name], ANSWERS[name][1]
    if isinstance(wanted, Reply):
        assert (got.text, got.calls, got.outcome) == (wanted.text, wanted.calls, wanted.outcome)
    else:
        assert isinstance(got, Failure)
        assert (got.kind, got.remedy) == (wanted, REMEDIES.get(name, "retry"))


def test_each_request_is_tried_once_and_comes_back_once(outcomes):
    replies, server = outcomes
    assert len(replies) == len(server.seen) == len(ANSWERS)


def test_retry_after_reaches_the_executor(outcomes):
    assert outcomes[0]["429"].retry_after == 7.0


def test_no_failure_repeats_the_key(outcomes):
    assert not [outcome for outcome in outcomes[0].values() if "canary" in str(outcome)]


def test_a_reply_carries_who_served_it_and_what_it_took(outcomes):
    reply = outcomes[0]["text"]
    assert (reply.served, reply.prompt_tokens, reply.completion_tokens, reply.dollars) == ("fake-1", 10, 5, None)
    assert reply.seconds > 0
    assert not reply.simulated


def test_what_is_sent_is_the_request_and_nothing_else(outcomes):
    seen = next(seen for seen in outcomes[1].seen if seen.body["messages"][-1]["content"] == "text")
    assert seen.path == "/v1/chat/completions"
    assert seen.headers["authorization"] == f"Bearer {CANARY}"
    assert seen.body == {
        "model": "anything",
        "messages": [{"role": "system", "content": "You are Ana."}, {"role": "user", "content": "text"}],
        "tools": [BOOK.wire()],
        "temperature": 0.7,
        "max_tokens": 30,
    }


def test_a_known_model_has_a_price(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    with Loopback(lambda *_: saying("hi", usage=(1000, 100), model="gpt-4o-mini-2024-07-18")) as server:
        monkeypatch.setenv("OPENAI_API_BASE", server.base)
        [(_, reply)] = ask(Request("openai/gpt-4o-mini", (Message.of(role="user", content="hi"),)))
    assert reply.dollars == pytest.approx(1000 * 0.15e-6 + 100 * 0.60e-6)
    assert reply.served == "gpt-4o-mini-2024-07-18"


def test_no_more_workers_than_asked_for_are_at_the_provider_at_once(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    with Loopback(lambda *_: saying("hi", delay=0.01)) as server:
        monkeypatch.setenv("OPENAI_API_BASE", server.base)
        assert len(ask(*[request(str(number)) for number in range(20)], workers=3)) == 20
        assert server.most_at_once == 3


@pytest.mark.parametrize("name", ["api_base", "api_key", "extra_headers", "mock_response", "base_url", "fallbacks"])
def test_a_prompts_parameters_cannot_say_where_to_ask_or_with_which_key(name):
    with Loopback(lambda *_: saying("hi")) as server:
        messages = (Message.of(role="user", content="hi"),)
        [(_, outcome)] = ask(Request("openai/anything", messages, (), {name: server.base}))
        assert server.seen == []
    assert isinstance(outcome, Failure)
    assert name in outcome.why


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_the_key_does_not_follow_a_redirect_to_another_host(status, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    with Loopback(lambda *_: saying("hi")) as other:
        moved = failing(status, location=f"{other.base}/chat/completions")
        with Loopback(lambda *_: moved) as server:
            monkeypatch.setenv("OPENAI_API_BASE", server.base)
            ask(request("hi"))
            assert "authorization" in server.seen[0].headers
    assert not [seen for seen in other.seen if "authorization" in seen.headers]
