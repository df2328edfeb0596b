"""The litellm lane in its own processes: the same outcomes, and a process that dies costs only what it was asked."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callgate.concepts import Failure, Message, Reply, Request, Tool, ToolCall
from callgate.engines.faults import Fault
from callgate.engines.lanes import Lanes
from callgate.engines.worker import outcome_line, request_from, request_line
from callgate.engines.workers import BOTH_FROM, Workers, kept_workers, outcome_from

TEXT = st.text(max_size=30) | st.just("\ud800") | st.just("a\x00b\n\u2028")
COUNT = st.integers(0, 10**6)
REPLIES = st.builds(
    Reply,
    TEXT,
    st.lists(st.builds(ToolCall, TEXT, TEXT, TEXT), max_size=2).map(tuple),
    st.sampled_from(["ok", "refused", "filtered", "truncated", "empty"]),
    TEXT,
    COUNT,
    COUNT,
    st.none() | st.floats(0, 9),
    st.floats(0, 9),
    st.booleans(),
)
FAULTS = st.builds(
    Fault,
    st.sampled_from(["timeout", "auth", "malformed"]),
    TEXT,
    st.sampled_from(["retry", "give_up", "stop_model"]),
    st.none() | st.floats(0, 60),
)


@given(COUNT, REPLIES | FAULTS)
def test_an_outcome_comes_back_as_it_was(name, outcome):
    line = outcome_line(name, outcome)
    assert line.count(b"\n") == 1
    assert outcome_from(json.loads(line)) == (name, outcome)


@given(st.lists(st.builds(Message.of, role=TEXT, content=TEXT), max_size=3), COUNT)
def test_a_request_arrives_as_it_was(messages, trial):
    tool = Tool("book", "«»", {"type": "object", "properties": {"a": {"enum": [1, None]}}})
    request = Request("openai/x", tuple(messages), (tool,), {"stop": ["\n"]}, trial, "host:1")
    line = request_line(3, request)
    assert line.count(b"\n") == 1
    assert request_from(json.loads(line)) == request


@pytest.fixture
def workers():
    made = Workers(seconds=30, second_after=150)
    yield made
    made.close()


def simulated(trial, model="sim/receptionist-small"):
    said = (Message.of(role="system", content="You are the receptionist."), Message.of(role="user", content="Hola"))
    return Request(model, said, (), {"max_tokens": 100}, trial)


def ask(workers, *requests):
    async def all_of_them():
        return await asyncio.gather(*map(workers.answer, requests))

    return asyncio.run(all_of_them())


def test_it_answers_over_several_event_loops_and_starts_a_second_process_where_it_repays(workers):
    first = ask(workers, *map(simulated, range(5)))
    assert all(isinstance(reply, Reply) and reply.simulated for reply in first)
    assert len(workers._workers) == 1
    assert ask(workers, simulated(2))[0].text == first[2].text
    many = ask(workers, *map(simulated, range(200)))
    assert [reply.text for reply in many[:5]] == [reply.text for reply in first]
    assert len(workers._workers) == workers._most
    [failure] = ask(workers, simulated(0, "sim/nonesuch"))
    assert isinstance(failure, Failure)
    assert failure.remedy == "give_up"


def test_a_process_that_dies_is_a_failure_to_be_asked_again_and_another_is_started(workers):
    async def kill_then_ask_again():
        workers.prepare()
        asked = asyncio.ensure_future(workers.answer(simulated(0)))
        await asyncio.sleep(0)
        workers._workers[0]._process.kill()
        return await asked, await workers.answer(simulated(0))

    lost, again = asyncio.run(kill_then_ask_again())
    assert isinstance(lost, Fault)
    assert (lost.kind, lost.remedy) == ("provider_error", "retry")
    assert "exit -9" in lost.why
    assert isinstance(again, Reply)


def test_several_runs_share_a_process_within_its_keeping_and_none_outlives_it():
    with kept_workers():
        one, two, other = Workers(seconds=30), Workers(seconds=30), Workers(seconds=31)
        [first] = ask(one, simulated(0))
        process = one._workers[0]._process
        one.close()
        assert ask(two, simulated(0))[0].text == first.text
        other.prepare()
        assert two._workers[0]._process is process
        assert other._workers[0]._process is not process, "another limit"
        two.close()
        other.close()
        process.kill()
        process.wait()
        assert ask(Workers(seconds=30), simulated(0))[0].text == first.text, "one that ended is not taken again"
    assert other._workers == []


def test_only_models_that_need_litellm_start_it_early():
    lanes = Lanes("auto")
    lanes.prepare(["openai/gpt-4o", "command:node agent.js"])
    assert not lanes.litellm._workers
    lanes.prepare(["openai/gpt-4o", "sim/receptionist-small"])
    assert len(lanes.litellm._workers) == 1
    lanes.close()


def test_where_many_calls_are_coming_both_processes_import_side_by_side(workers):
    workers.prepare(calls=BOTH_FROM)
    assert len(workers._workers) == workers._most
    replies = ask(workers, *map(simulated, range(20)))
    assert all(isinstance(reply, Reply) for reply in replies)
    assert any(worker.is_ready for worker in workers._workers)
