"""Executor, litellm and ledger against a real server that misbehaves."""

from collections import Counter

import pytest
from test_execute import QUICK, TALK, Talk

from callgate.concepts import Message, Request
from callgate.engines.access import endpoint
from callgate.engines.litellm import LitellmEngine
from callgate.execute import execute
from callgate.ledger import Ledger
from loopback import Answer, Loopback, completion, failing, saying

KEY = "sk-canary-0123456789abcdef"


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(tmp_path / "ledger.db") as opened:
        yield opened


@pytest.fixture
def served(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def run(answer, ledger, count, *, workers=4):
        with Loopback(answer) as server:
            monkeypatch.setenv("OPENAI_API_BASE", server.base)
            host = endpoint("openai/anything")
            talks = [
                Talk(Request("openai/anything", (Message.of(role="user", content=str(n)),), endpoint=host))
                for n in range(count)
            ]
            engine = LitellmEngine(workers=workers, seconds=20.0)
            execution = execute(talks, TALK, ledger=ledger, engine_for=lambda _: engine, patience=QUICK)
            return execution, server

    return run


def test_every_case_gets_its_reply_from_a_provider_that_misbehaves_now_and_then(ledger, served):
    faults = [
        failing(429, retry_after="0"),
        failing(500),
        completion([]),
        Answer(b"<html>busy</html>"),
        Answer(b"", manner="reset"),
    ]
    tries = Counter()

    def answer(body, _):
        text = body["messages"][-1]["content"]
        tries[text] += 1
        return faults[int(text) % 5] if int(text) % 3 == 0 and tries[text] == 1 else saying(f"reply to {text}")

    execution, server = served(answer, ledger, 45)
    assert [heard.texts for heard in execution.done] == [(f"reply to {n}",) for n in range(45)]
    assert execution.spent.calls == len(server.seen) == 45 + 15


def test_a_key_that_dies_stops_the_run_with_what_was_in_flight_at_most(ledger, served, tmp_path):
    def answer(body, number):
        return saying("ok") if number < 8 else failing(401, f"Incorrect API key provided: {KEY}")

    execution, server = served(answer, ledger, 30, workers=4)
    assert len(server.seen) <= 8 + 4
    kinds = Counter(heard.failure.kind if heard.failure else "ok" for heard in execution.done)
    assert kinds == {"ok": 8, "auth": 22}
    assert KEY not in str(execution)
    assert not [file for file in tmp_path.iterdir() if KEY.encode() in file.read_bytes()]


def test_a_provider_that_always_fails_is_asked_four_times_each_and_no_more(ledger, served):
    execution, server = served(lambda *_: failing(503), ledger, 5)
    assert Counter(seen.body["messages"][-1]["content"] for seen in server.seen) == {str(n): 4 for n in range(5)}
    assert {heard.failure.kind for heard in execution.done} == {"provider_error"}
