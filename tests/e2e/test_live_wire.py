"""A real model is a real HTTP server: the same eval over loopback, without a key, interrupted and killed."""

import json
import os
import random
import re
import signal
import threading
from collections import Counter

from scratch import small

from callgate.ledger import Ledger
from loopback import Loopback
from simulated import simulated

EVAL = ("eval", "receptionist", "--model", "openai/anything")
LEFT_OUT = "left out: judge:claims, judge:faithfulness: sim/judge is simulated and never scores a live model"
SOME = (
    "en-ask-loaner-like-the-neighbor",
    "en-book-half-past-six",
    "en-tire-just-the-rotation",
    "es-cita-dos-se-oyo-doce",
    "es-mover-por-nombre",
)
AT_ONCE = 16
"""Requests that a run has in flight at most where it is told so; it begins with as many where it is not."""


def wire(server):
    return {"OPENAI_API_KEY": "x", "OPENAI_API_BASE": server.base}


def bodies(seen):
    return Counter(json.dumps(each.body, sort_keys=True) for each in seen)


class Gate:
    """Answers as the simulator does; `reached(n)` waits until n requests have come."""

    def __init__(self, *, delay):
        self._well = simulated(delay=delay)
        self._came = 0
        self._changed = threading.Condition()

    def __call__(self, body, number):
        with self._changed:
            self._came += 1
            self._changed.notify_all()
        return self._well(body, number)

    def reached(self, count, process):
        with self._changed:
            while self._came < count:
                assert process.poll() is None, f"over after {self._came} requests: {process.communicate()}"
                self._changed.wait(0.2)


def test_the_same_eval_runs_against_a_real_server_tools_and_all_and_the_second_time_asks_nothing(tmp_path):
    project = small(tmp_path, SOME)
    with Loopback(simulated()) as server:
        ran = project.run(*EVAL, **wire(server))
        assert ran.code in {1, 4}, ran.said
        asked = len(server.seen)
        assert project.paid()["calls"] == asked > 100
        assert LEFT_OUT in ran.err.splitlines()
        assert re.search(r"^openai/anything: seconds a decision: x\d\.\d\d \(90 %: ", ran.err, re.MULTILINE), ran.err
        sizes = {
            row["what"]: row["calls"]
            for row in json.loads((project.root / "reports/receptionist/run.json").read_text())["ratios"]
        }
        assert sizes["seconds"] == len(SOME)
        again = project.run(*EVAL, imports=True, **wire(server))
        assert again.code == ran.code
        assert len(server.seen) == asked
        assert "litellm" not in again.imported
    decision = project.decision()
    assert not decision["simulated"]
    assert "SIMULATED" not in ran.out
    assert decision["models"] == ["openai/anything"]
    assert decision["missing"]["failures"] == {}
    assert any(seen.body.get("tools") for seen in server.seen)
    assert any(message["role"] == "tool" for seen in server.seen for message in seen.body["messages"])
    assert {seen.headers["authorization"] for seen in server.seen} == {"Bearer x"}
    shown = project.run("show", "last", "es-cita-dos-se-oyo-doce", **wire(server))
    assert shown.code == 0
    assert "> book_appointment" in shown.out


def test_without_a_key_it_stops_before_the_first_call_and_says_what_to_set(project):
    with Loopback(simulated()) as server:
        ran = project.run(*EVAL, OPENAI_API_BASE=server.base)
        assert server.seen == []
    assert ran.code == 2
    assert ran.err == "openai/anything: no API key; set OPENAI_API_KEY, or run `make demo` on the simulator\n"
    assert not (project.root / "reports").exists()


def test_the_key_of_a_judge_is_missed_before_the_first_call_too(project):
    project.edit("evals/receptionist.yaml", "model: sim/judge", "model: anthropic/judge")
    with Loopback(simulated()) as server:
        ran = project.run(*EVAL, **wire(server))
        assert server.seen == []
    assert ran.code == 2
    assert ran.err.startswith("anthropic/judge: no API key; set ANTHROPIC_API_KEY")


def test_an_address_that_is_neither_https_nor_this_machine_is_refused(project):
    ran = project.run(*EVAL, OPENAI_API_KEY="x", OPENAI_API_BASE="http://example.com/v1")
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1
    assert "must be https" in ran.err


def test_ctrl_c_exits_130_and_what_was_paid_for_is_not_asked_again(tmp_path):
    project = small(tmp_path / "interrupted", SOME)
    gate = Gate(delay=0.05)
    with Loopback(gate) as server:
        process = project.start(*EVAL, **wire(server))
        gate.reached(40, process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130, out + err
        assert "Traceback" not in err
        first = bodies(server.seen)
        again = project.run(*EVAL, **wire(server))
        assert again.code in {1, 4}, again.said
        assert project.paid()["calls"] == len(server.seen) - sum(first.values())
    whole = small(tmp_path / "undisturbed", SOME)
    with Loopback(simulated()) as other:
        whole.run(*EVAL, **wire(other))
    assert bodies(server.seen) == bodies(other.seen)


def kept(project):
    """Replies that are in the ledger when it is opened the next time."""
    with Ledger.open(project.root / ".callgate/ledger.db") as ledger:
        return sum(1 for _ in ledger.every_reply())


def test_killed_at_twenty_moments_nothing_is_paid_twice_but_what_was_in_flight(tmp_path):
    """Nineteen moments are drawn, the twentieth is when the last request has come."""
    capped = (*EVAL, "--at-once", str(AT_ONCE))
    draw = random.Random(20261120)
    undisturbed, killed = (small(tmp_path / name, SOME) for name in ("undisturbed", "killed"))
    with Loopback(simulated(delay=0.05)) as server:
        assert undisturbed.run(*capped, **wire(server)).code in {1, 4}
        expected, port = bodies(server.seen), server.port
    total, seen, in_flight = sum(expected.values()), Counter(), 0
    for moment in [*(draw.randint(1, 20) for _ in range(19)), None]:
        before = kept(killed) if seen else 0
        gate = Gate(delay=0.05)
        with Loopback(gate, port=port) as server:
            process = killed.start(*capped, **wire(server))
            gate.reached(min(moment or total, total - before), process)
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate(timeout=60)
        lost = len(server.seen) - (kept(killed) - before)
        assert 0 <= lost <= AT_ONCE
        in_flight += lost
        seen += bodies(server.seen)
    with Loopback(simulated(), port=port) as server:
        assert killed.run(*capped, **wire(server)).code in {1, 4}
    seen += bodies(server.seen)
    assert seen.keys() == expected.keys()
    assert all(seen[body] >= count for body, count in expected.items())
    assert sum((seen - expected).values()) <= in_flight
    assert killed.report() == undisturbed.report()
