"""Batches of a provider: half the price, nothing asked twice, whatever ends in between."""

import json
import os
from collections import Counter

import pytest
from test_execute import TALK, Talk

from batching import Batching
from callgate.concepts import Budget, Message, Mistake, Request
from callgate.engines import prices
from callgate.engines.access import endpoint
from callgate.engines.batch import SHARE, BatchApi
from callgate.engines.prices import give_price, price
from callgate.execute import execute
from callgate.execute.batches import Batches, uncollected
from callgate.ledger import Ledger
from loopback import failing, saying

MODEL = "openai/anything"


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(tmp_path / "ledger.db") as opened:
        yield opened


@pytest.fixture
def told(monkeypatch):
    """A provider whose address and key are in the environment; prices that are given are forgotten with it."""
    monkeypatch.setattr(prices, "_given", {})

    def begin(answer=lambda body, _: saying(f"re {body['messages'][-1]['content']}"), **how):
        provider = Batching(answer, **how).__enter__()
        providers.append(provider)
        for name, value in provider.environment.items():
            monkeypatch.setenv(name, value)
        return provider

    providers = []
    yield begin
    for provider in providers:
        provider.__exit__()


def talks(count, **more):
    host = endpoint(MODEL)
    return [
        Talk(Request(MODEL, (Message.of(role="user", content=str(n)),), endpoint=host, trial=n % 2), **more)
        for n in range(count)
    ]


def run(ledger, some, *, wait=None, **more):
    slept = []
    batches = Batches(ledger.path.with_name("batches"), wait, sleep=slept.append)
    done = execute(some, TALK, ledger=ledger, engine_for=lambda _: None, away=batches, **more)
    return done, batches, slept


def kinds(execution):
    return Counter(heard.failure.kind if heard.failure else "ok" for heard in execution.done)


def test_calls_of_several_steps_take_a_batch_for_each_at_half_the_price(ledger, told):
    provider = told(looks=3)
    give_price(MODEL, 1.0, 2.0)
    done, batches, slept = run(ledger, talks(6, length=3))
    assert [heard.texts[0] for heard in done.done] == [f"re {n}" for n in range(6)]
    assert kinds(done) == {"ok": 6}
    assert [len(batch.requests) for batch in provider.batches] == [6, 6, 6]
    assert provider.at_once == []
    assert provider.keys == {"Bearer sk-for-batches-only"}
    assert done.spent.dollars == pytest.approx(18 * SHARE * price(MODEL).dollars(10, 5))
    assert batches.carried == {"batch": 18}
    assert len(slept) == 6, "two looks more at each of three batches"
    assert not list((ledger.path.parent / "batches").glob("*.json"))
    assert len(provider.removed) == 6, "neither what was asked nor what was answered is left at the provider"
    again, _, _ = run(ledger, talks(6, length=3))
    assert (again.done, again.spent.calls, len(provider.batches)) == (done.done, 0, 3)


def test_a_line_of_a_batch_is_what_the_direct_lane_sends(ledger, told):
    provider = told()
    run(ledger, talks(1))
    (line,) = provider.batches[0].requests
    assert line == {
        "custom_id": line["custom_id"],
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "anything", "messages": [{"content": "0", "role": "user"}]},
    }


def test_what_has_not_ended_is_waited_for_by_the_next_run_and_begun_once(ledger, told):
    provider = told(looks=3)
    first, _, _ = run(ledger, talks(4), wait=0)
    assert kinds(first) == {"waiting": 4}
    assert provider.batches[0].id in first.done[0].failure.why
    assert uncollected(ledger.path.with_name("batches")) == 4
    second, _, _ = run(ledger, talks(6), wait=0)
    assert kinds(second) == {"waiting": 6}
    third, _, _ = run(ledger, talks(6))
    assert kinds(third) == {"ok": 6}
    assert [len(batch.requests) for batch in provider.batches] == [4, 2]
    assert uncollected(ledger.path.with_name("batches")) == 0


@pytest.mark.parametrize("lost", ["POST /batches", "POST /files"])
def test_a_batch_whose_id_was_never_heard_is_found_again(ledger, told, lost):
    provider = told()
    for count in range(1, 4):  # more than one page of other batches
        run(ledger, talks(count))
    provider.breaks.add(lost)
    done, _, _ = run(ledger, talks(5))
    assert kinds(done) == {"ok": 5}
    assert [len(batch.requests) for batch in provider.batches] == [1, 1, 1, 2]


def test_a_run_that_ends_between_batch_and_file_goes_on_with_the_batch(ledger, told, monkeypatch):
    provider = told()
    begin = BatchApi.begin

    def killed(self, file, token):
        begin(self, file, token)
        raise KeyboardInterrupt

    monkeypatch.setattr(BatchApi, "begin", killed)
    done, _, _ = run(ledger, talks(3))
    assert done.interrupted
    assert kinds(done) == {"cancelled": 3}
    monkeypatch.setattr(BatchApi, "begin", begin)
    assert kinds(run(ledger, talks(3))[0]) == {"ok": 3}
    assert len(provider.batches) == 1


def test_what_expired_or_was_refused_is_a_failure_and_is_asked_again_by_the_next_run(ledger, told):
    def answer(body, _):
        return failing(400, "too odd") if body["messages"][-1]["content"] == "1" else saying("ok")

    provider = told(answer, ends=lambda number: "expired" if number == 0 else "completed")
    first, _, _ = run(ledger, talks(6))
    assert kinds(first) == {"ok": 2, "provider_error": 1, "timeout": 3}
    assert "HTTP 400: too odd" in first.done[1].failure.why
    second, _, _ = run(ledger, talks(6))
    assert kinds(second) == {"ok": 5, "provider_error": 1}
    assert [len(batch.requests) for batch in provider.batches] == [6, 4]


@pytest.mark.parametrize(
    ("ends", "kind", "words"),
    [("failed", "provider_error", "no such model"), ("cancelled", "cancelled", "was cancelled")],
)
def test_a_batch_that_comes_to_nothing_is_said_of_each_of_its_calls(ledger, told, ends, kind, words):
    told(ends=lambda _: ends)
    done, _, _ = run(ledger, talks(2))
    assert kinds(done) == {kind: 2}
    assert words in done.done[0].failure.why
    assert done.spent.dollars == 0.0


def test_a_key_that_is_refused_is_a_failure_and_no_batch(ledger, told):
    provider = told()
    provider.refuses["POST /files"] = failing(401, "Incorrect API key provided: sk-for-batches-only")
    done, _, _ = run(ledger, talks(2))
    assert kinds(done) == {"auth": 2}
    assert "sk-for-batches-only" not in done.done[0].failure.why
    assert not provider.batches


def test_a_provider_without_batches_is_said(ledger, told):
    told().refuses["POST /files"] = failing(404, "no such page")
    done, _, _ = run(ledger, talks(2))
    assert kinds(done) == {"provider_error": 2}
    assert "HTTP 404" in done.done[0].failure.why


def test_the_budget_is_reserved_at_half_the_price_before_anything_is_sent(ledger, told):
    provider = told()
    give_price(MODEL, call=1.0)
    done, _, _ = run(ledger, talks(10), budget=Budget(dollars=2.0, minutes=0.001))
    assert kinds(done) == {"ok": 4, "budget": 6}
    assert len(provider.asked) == 4
    assert done.spent.dollars == 2.0


def test_an_answer_of_strange_lines_is_nobodys(ledger, told):
    provider = told()
    end = provider._end

    def spoiled(batch):
        end(batch)
        name = batch.files["output_file_id"]
        lines = provider.files[name].splitlines()
        stranger = json.dumps({**json.loads(lines[0]), "custom_id": "f" * 64}).encode()
        provider.files[name] = b"\n".join([b"{", b"[]", b'{"custom_id": 1}', stranger, *lines[:2], lines[0], b""])

    provider._end = spoiled
    done, _, _ = run(ledger, talks(3))
    assert kinds(done) == {"ok": 2, "provider_error": 1}


def test_no_redirect_takes_the_key_elsewhere(ledger, told):
    elsewhere = told()
    provider = told()
    provider.refuses["POST /files"] = type(failing(307))(b"{}", 307, {"location": f"{elsewhere.base}/files"})
    done, _, _ = run(ledger, talks(1))
    assert kinds(done) == {"provider_error": 1}
    assert not elsewhere.keys


def test_two_runs_of_a_project_are_not_at_their_batches_at_once(ledger, told):
    told()
    one = Batches(ledger.path.with_name("batches"))
    with one._alone(), pytest.raises(Mistake, match="another run"):
        run(ledger, talks(1))


def test_a_batch_file_that_cannot_be_read_is_said_and_not_asked_over(ledger, told):
    provider = told()
    folder = ledger.path.with_name("batches")
    folder.mkdir()
    (folder / "0123.json").write_text("{")
    with pytest.raises(Mistake, match=r"0123\.json"):
        run(ledger, talks(1))
    assert not provider.batches


def test_the_files_of_batches_are_their_owners_alone(ledger, told):
    told(looks=9)
    run(ledger, talks(1), wait=0)
    (path,) = ledger.path.with_name("batches").glob("*.json")
    assert path.stat().st_mode & 0o077 == 0
    assert os.environ["OPENAI_API_KEY"] not in path.read_text()
