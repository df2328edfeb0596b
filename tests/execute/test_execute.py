"""What is asked, what is not, and what becomes of what failed. Engines here are functions."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import pytest

from callgate.concepts import Budget, Failure, Message, Reply, Request, digest
from callgate.engines.faults import Fault
from callgate.execute import Machine, Patience, execute
from callgate.execute.walk import Miss, interleaved
from callgate.ledger import Ledger, PaidReply, request_key

QUICK = Patience(attempts=4, base=0.001)


@dataclass(frozen=True)
class Talk:
    """Asks until it has heard `length` replies."""

    request: Request
    length: int = 1
    heard: tuple[str, ...] = ()
    arm: str = "baseline"


@dataclass(frozen=True)
class Heard:
    texts: tuple[str, ...]
    failure: Failure | None = None


def hear(talk, reply):
    heard = (*talk.heard, reply.text)
    if len(heard) == talk.length:
        return Heard(heard)
    messages = (*talk.request.messages, Message.of(role="assistant", content=reply.text))
    return replace(talk, request=replace(talk.request, messages=messages, key=""), heard=heard)


TALK = Machine(hear, lambda talk, failure: Heard(talk.heard, failure), Heard, lambda talk: talk.arm)


def talk(text, *, model="m/x", trial=0, **more):
    return Talk(Request(model, (Message.of(role="user", content=text),), trial=trial), **more)


class Asked:
    """An engine that answers with a function of the request and of how often it was asked, and counts."""

    def __init__(self, answer=lambda request, attempt: Reply("ok", dollars=0.01)):
        self.answer = answer
        self.order = []
        self.times = Counter()

    def __call__(self, model):
        return self

    async def run(self, requests):
        async for request in requests:
            self.order.append(request)
            self.times[request.key] += 1
            yield request, self.answer(request, self.times[request.key])


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(tmp_path / "ledger.db") as opened:
        yield opened


def run(talks, ledger, engine, **more):
    more.setdefault("patience", QUICK)
    return execute(talks, TALK, ledger=ledger, engine_for=engine, **more)


def test_everything_is_asked_once_and_the_second_time_nothing(ledger):
    talks = [talk(f"call {n}", length=3, trial=n % 2) for n in range(20)]
    engine = Asked()
    first = run(talks, ledger, engine)
    assert [heard.texts for heard in first.done] == [("ok", "ok", "ok")] * 20
    assert (first.spent.calls, first.spent.replies, first.spent.cached) == (60, 60, 0)
    assert first.spent.dollars == pytest.approx(0.60)
    second = run(talks, ledger, None)
    assert second.done == first.done
    assert (second.spent.calls, second.spent.cached, second.spent.dollars) == (0, 60, 0.0)


def test_a_run_that_is_all_in_the_ledger_starts_no_event_loop_and_no_litellm(tmp_path):
    program = """
import sys
from pathlib import Path
from callgate.concepts import Reply, Request
from callgate.execute import REPLAY, execute
from callgate.ledger import Ledger
with Ledger.open(Path(sys.argv[1])) as ledger:
    execute([], REPLAY, ledger=ledger, engine_for=None)
print(sorted({"asyncio", "litellm", "numpy"} & set(sys.modules)))
"""
    shown = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "l.db")], check=True, capture_output=True, text=True
    )
    assert shown.stdout == "[]\n"


def test_offline_what_is_missing_has_failed_and_is_counted(ledger):
    ledger.put_replies([PaidReply(request_key(talk("a").request), "m/x", Reply("known"))])
    done = run([talk("a"), talk("b")], ledger, None).done
    assert done[0] == Heard(("known",))
    assert done[1].failure is not None
    assert done[1].failure.kind == "offline"


def test_identical_requests_are_asked_once(ledger):
    engine = Asked()
    done = run([talk("same", length=2), talk("same", length=2), talk("same", trial=1)], ledger, engine).done
    assert [len(heard.texts) for heard in done] == [2, 2, 1]
    assert len(engine.order) == 3


def test_a_reply_is_in_the_ledger_before_anything_follows_from_it(ledger):
    def answer(request, attempt):
        for said in range(1, len(request.messages)):
            earlier = replace(request, messages=request.messages[:said])
            assert request_key(earlier) in ledger.replies([request_key(earlier)])
        return Reply("ok")

    done = run([talk("a", length=4)], ledger, Asked(answer)).done
    assert done[0].failure is None


def test_arms_go_side_by_side_from_first_to_last():
    talks = [talk(f"b{n}", arm="baseline") for n in range(4)] + [talk(f"c{n}", arm="candidate") for n in range(8)]
    order = interleaved([Miss(n, one, "") for n, one in enumerate(talks)], TALK.lane)
    arms = [miss.machine.arm for miss in order]
    assert all(1 <= arms[start : start + 3].count("baseline") <= 2 for start in range(0, 12, 3))
    assert sorted(miss.index for miss in order) == list(range(12))


# ---------------------------------------------------------------------------------------------- faults


def test_a_fault_that_passes_is_tried_again_and_leaves_no_trace_in_the_result(ledger):
    engine = Asked(lambda request, attempt: Reply("ok") if attempt == 3 else Fault("rate_limited", "busy"))
    execution = run([talk("a")], ledger, engine)
    assert execution.done == (Heard(("ok",)),)
    assert (execution.spent.calls, execution.spent.replies) == (3, 1)


def test_a_fault_that_stays_is_a_failure_after_four_attempts_and_is_asked_again_by_the_next_run(ledger):
    engine = Asked(lambda request, attempt: Fault("provider_error", "HTTP 500"))
    execution = run([talk("a", length=2)], ledger, engine)
    assert execution.done == (Heard((), Failure("provider_error", "HTTP 500")),)
    assert execution.spent.calls == 4
    assert run([talk("a")], ledger, Asked()).done == (Heard(("ok",)),)


def test_a_refused_key_stops_the_model_at_once_and_no_other(ledger):
    def answer(request, attempt):
        return Fault("auth", "HTTP 401", "stop_model") if request.model == "m/bad" else Reply("ok")

    engine = Asked(answer)
    talks = [talk(f"{n}", model="m/bad") for n in range(30)] + [talk(f"{n}", model="m/good") for n in range(5)]
    done = run(talks, ledger, engine).done
    assert [heard.failure for heard in done] == [Failure("auth", "HTTP 401")] * 30 + [None] * 5
    assert sum(request.model == "m/bad" for request in engine.order) == 1


def test_a_failure_in_the_middle_keeps_what_was_paid(ledger):
    engine = Asked(
        lambda request, _: Reply("ok") if len(request.messages) < 3 else Fault("provider_error", "", "give_up")
    )
    done = run([talk("a", length=5)], ledger, engine).done
    assert done[0].texts == ("ok", "ok")
    assert run([talk("a", length=2)], ledger, None).done == (Heard(("ok", "ok")),)


def test_an_engine_that_raises_or_ends_early_leaves_failures_and_no_hanging(ledger):
    class Breaks:
        async def run(self, requests):
            async for request in requests:
                yield request, Reply("ok")
                raise RuntimeError("boom sk-abcdefghijklmnop")

    class Ends:
        async def run(self, requests):
            await anext(requests)
            return
            yield

    broken = run([talk(str(n)) for n in range(3)], ledger, lambda _: Breaks()).done
    assert sum(heard.failure is None for heard in broken) == 1
    assert {heard.failure.why for heard in broken if heard.failure} == {
        "the engine failed: RuntimeError: boom [redacted]"
    }
    ended = run([talk("x"), talk("y")], ledger, lambda _: Ends()).done
    assert {heard.failure.why for heard in ended} == {"the engine ended before it had answered"}


def test_a_secret_in_an_error_never_reaches_the_ledger_or_the_result(ledger, tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_API_KEY", "CANARY-0123456789")
    engine = Asked(lambda request, _: Failure("provider_error", "key CANARY-0123456789 is wrong"))
    done = run([talk("a")], ledger, engine).done
    assert done[0].failure == Failure("provider_error", "key [redacted] is wrong")
    assert not [file for file in tmp_path.iterdir() if b"CANARY" in file.read_bytes()]


def test_when_the_ledger_cannot_be_written_nothing_more_is_paid_for(ledger, tmp_path):
    engine = Asked()

    def answer(request, attempt):
        if len(engine.order) == 1:  # as a full disk would, from the first reply on
            other = sqlite3.connect(tmp_path / "ledger.db")
            other.execute("CREATE TRIGGER full BEFORE INSERT ON replies BEGIN SELECT raise(ABORT, 'disk is full'); END")
            other.close()
        return Reply("ok")

    engine.answer = answer
    done = run([talk(str(n), length=2) for n in range(200)], ledger, engine).done
    assert len(done) == 200
    assert {heard.failure.why for heard in done if heard.failure} == {"the ledger cannot be written: disk is full"}
    assert len(engine.order) < 200


# ---------------------------------------------------------------------------------------------- budget


def test_a_cap_on_calls_is_never_passed_and_the_rest_is_said(ledger):
    engine = Asked()
    execution = run([talk(str(n), length=2) for n in range(50)], ledger, engine, budget=Budget(calls=30))
    assert len(engine.order) == execution.spent.calls == 30
    kinds = Counter(heard.failure.kind if heard.failure else "done" for heard in execution.done)
    assert kinds["budget"] == 50 - kinds["done"]
    assert kinds["done"] <= 15


def test_an_unknown_price_is_not_asked_under_a_cap_in_dollars(ledger):
    engine = Asked()
    done = run([talk("a")], ledger, engine, budget=Budget(dollars=1.0)).done
    assert done[0].failure is not None
    assert done[0].failure.kind == "budget"
    assert engine.order == []


def test_calls_wait_for_the_purse_rather_than_fail_while_others_may_leave_enough(ledger):
    engine = Asked(lambda request, _: Reply("ok", dollars=0.0))
    talks = [
        Talk(Request("openai/gpt-4o-mini", (Message.of(role="user", content=str(n)),), (), {"max_tokens": 1000}))
        for n in range(20)
    ]
    done = run(talks, ledger, engine, budget=Budget(dollars=0.0007)).done
    assert [heard.failure for heard in done] == [None] * 20


# ---------------------------------------------------------------------------------------------- interruption


def test_progress_counts_to_the_end(ledger):
    seen = []
    run([talk(str(n)) for n in range(10)], ledger, Asked(), progress=seen.append)
    assert (seen[0].done, seen[0].planned) == (0, 10)
    assert (seen[-1].done, seen[-1].calls) == (10, 10)
    assert seen[-1].dollars == pytest.approx(0.1)
    assert [one.done for one in seen] == sorted(one.done for one in seen)


def test_the_first_ctrl_c_asks_nothing_more_and_keeps_what_was_in_flight(ledger):
    class Slow:
        asked = 0

        async def run(self, requests):
            async for request in requests:
                Slow.asked += 1
                if Slow.asked == 3:
                    os.kill(os.getpid(), signal.SIGINT)
                    while not requests.closed:  # the loop hears of it while this call is in flight
                        await requests.changed.wait()
                yield request, Reply("ok")

    assert threading.current_thread() is threading.main_thread()
    execution = run([talk(str(n)) for n in range(40)], ledger, lambda _: Slow())
    assert execution.interrupted
    kept = [heard for heard in execution.done if heard.failure is None]
    assert len(kept) == Slow.asked < 40
    assert {heard.failure.kind for heard in execution.done if heard.failure} == {"cancelled"}
    again = run([talk(str(n)) for n in range(40)], ledger, Asked())
    assert again.spent.cached == len(kept)


def test_the_second_ctrl_c_waits_for_nothing(ledger):
    class Hangs:
        async def run(self, requests):
            async for request in requests:
                os.kill(os.getpid(), signal.SIGINT)
                while not requests.closed:
                    await requests.changed.wait()
                os.kill(os.getpid(), signal.SIGINT)
                await asyncio.Event().wait()
                yield request, Reply("never")

    execution = run([talk(str(n)) for n in range(5)], ledger, lambda _: Hangs())
    assert execution.interrupted
    assert [heard.failure.kind for heard in execution.done if heard.failure] == ["cancelled"] * 5


# ---------------------------------------------------------------------------------------------- several processes

RACER = """
import asyncio, json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_execute import TALK, Asked, run, talk
from callgate.concepts import Reply
from callgate.ledger import Ledger
engine = Asked()
with Ledger.open(Path(sys.argv[1])) as ledger:
    print("ready", flush=True)
    sys.stdin.readline()
    done = run([talk(f"call {n}", length=2) for n in range(250)], ledger, engine).done
print(json.dumps([sorted(engine.times), [heard.texts for heard in done]]))
"""


def test_four_processes_on_one_ledger_with_the_same_500_requests_pay_for_exactly_500(tmp_path):
    here = str(Path(__file__).parent)
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(tmp_path / "l.db"), here],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("\n")
        racer.stdin.flush()
    asked, results = [], []
    for racer in racers:
        out, _ = racer.communicate()
        assert racer.returncode == 0
        keys, texts = json.loads(out)
        asked += keys
        results.append(texts)
    assert len(asked) == len(set(asked)) == 500
    assert all(texts == results[0] for texts in results)


def test_the_order_in_which_replies_come_changes_nothing(tmp_path):
    class Backwards:
        async def run(self, requests):
            held = []
            async for request in requests:
                held.append(request)
                if len(held) == 5:
                    for one in reversed(held):
                        yield one, Reply(digest(one.key))
                    held.clear()

    talks = [talk(str(n), length=2) for n in range(20)]
    with Ledger.open(tmp_path / "one.db") as one, Ledger.open(tmp_path / "other.db") as other:
        forwards = run(talks, one, Asked(lambda request, _: Reply(digest(request.key)))).done
        assert run(talks, other, lambda _: Backwards()).done == forwards


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_execute import Asked, run, talk
from callgate.concepts import Reply
from callgate.ledger import Ledger

def answer(request, attempt):
    print(request.key, flush=True)
    return Reply(request.key)

with Ledger.open(Path(sys.argv[1])) as ledger:
    run([talk(f"call {n}", length=3) for n in range(300)], ledger, Asked(answer))
"""


def test_a_killed_run_carries_on_and_pays_again_only_for_what_was_in_flight(tmp_path):
    """kill -9 at growing distances, half of the work in all: how far a run gets beyond its distance before the kill reaches
    it is the machine's affair. An engine that answers one request at a time has no more than one in flight."""
    command = [sys.executable, "-c", KILLED, str(tmp_path / "l.db"), str(Path(__file__).parent)]
    asked, kills = [], 0
    for lines in (1, 10, 20, 30, 40, 50, 60, 70, 80, 90):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            asked += [line.strip() for line in islice(process.stdout, lines)]
            process.kill()
            asked += process.stdout.read().split()
        kills += process.returncode == -signal.SIGKILL
    assert kills >= 5
    asked += subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert len(set(asked)) == 900
    assert len(asked) - 900 <= kills
    with Ledger.open(tmp_path / "l.db") as ledger:
        again = run([talk(f"call {n}", length=3) for n in range(300)], ledger, None)
        assert again.spent.cached == 900
        assert ledger.damaged == 0
