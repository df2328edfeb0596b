"""Replay is pure: history is forced, the case's world answers, nothing falls through to a real tool."""

import json

import pytest

from callgate.concepts import (
    AgentTurn,
    CallerTurn,
    Case,
    DecisionPoint,
    Expect,
    ExpectedCall,
    Failure,
    Prompt,
    Reply,
    Stub,
    Tool,
    ToolCall,
    ToolTurn,
)
from callgate.ledger import request_key
from callgate.replay import MAX_STEPS, Ask, Done, advance, arguments_of, begin, failed, history, opening, scene

START = {"type": "string", "format": "date-time"}
FIND = Tool("find_slots", "", {"type": "object", "properties": {"date": {"type": "string", "format": "date"}}})
BOOK = Tool("book", "", {"type": "object", "properties": {"start": START, "name": {"type": "string"}}})
PASS_ON = Tool("transfer_call", "", {"type": "object", "properties": {"department": {"type": "string"}}})
PROMPT = Prompt(
    "p", "p", "You work for {{config.dealer_name}}. It is {{now}}.", (FIND, BOOK, PASS_ON), {"temperature": 0}
)
SLOTS = {"slots": ["2026-03-09T14:00:00-05:00"]}


def case(*turns, expect=None, stubs=(), mode=None, **more):
    point = DecisionPoint("book", expect or Expect(), mode)
    return Case(
        "c",
        {"language": "en"},
        (*turns, point),
        "2026-03-06 16:42",
        "America/Chicago",
        config={"dealer_name": "Riverbend"},
        effects={"find_slots": "read", "transfer_call": "transfer"},
        stubs=stubs,
        **more,
    )


def first(a_case, prompt=PROMPT, trial=0):
    point = a_case.points[-1]
    made = scene(prompt, a_case, point, opening=opening(prompt, a_case), past=history(a_case, point))
    return begin(made, model="m", arm="candidate", trial=trial)


def says(text):
    return Reply(text)


def calls(name, /, **arguments):
    return Reply(calls=(ToolCall("provider-id-17", name, json.dumps(arguments)),))


def wire(ask):
    return [dict(message.wire) for message in ask.request.messages]


def test_the_model_gets_what_was_heard_and_the_caller_only_what_was_not_cut_off():
    spoken = first(case(AgentTurn("One or two?", interrupted_after="One"), CallerTurn("Two.", heard="To.")))
    assert [m["content"] for m in wire(spoken)][1:] == ["One", "To."]


def test_an_earlier_decision_counts_as_what_was_forced_or_else_recorded():
    recorded = DecisionPoint("a", Expect(), recorded=(AgentTurn("wrong"),))
    better = DecisionPoint("b", Expect(), recorded=(AgentTurn("wrong"),), forced=(AgentTurn("right"),))
    asked = first(case(CallerTurn("1"), recorded, CallerTurn("2"), better, CallerTurn("3")))
    assert [m["content"] for m in wire(asked)][1:] == ["1", "wrong", "2", "right", "3"]


def test_a_recorded_tool_call_is_a_pair_of_messages_with_one_id():
    past = wire(first(case(CallerTurn("hi"), ToolTurn("find_slots", {"date": "2026-03-09"}, SLOTS))))[2:]
    assert past[0]["tool_calls"][0]["id"] == past[1]["tool_call_id"]
    assert json.loads(past[1]["content"]) == SLOTS


def test_tools_are_answered_by_the_world_until_the_caller_is_spoken_to():
    a_case = case(CallerTurn("Monday?"), stubs=(Stub("find_slots", {"date": "2026-03-09"}, SLOTS),))
    second = advance(first(a_case), calls("find_slots", date="2026-03-09"))
    assert isinstance(second, Ask)
    assert json.loads(wire(second)[-1]["content"]) == SLOTS
    done = advance(second, says("At two."))
    assert isinstance(done, Done)
    assert done.trial.speech == "At two."
    assert [answer.kind for answer in done.trial.answers] == ["answered"]


def test_the_same_conversation_has_the_same_key_whatever_ids_the_provider_made_up():
    a_case = case(CallerTurn("Monday?"), stubs=(Stub("find_slots", {}, SLOTS),))
    one = advance(first(a_case), Reply(calls=(ToolCall("x1", "find_slots", "{}"),)))
    two = advance(first(a_case), Reply(calls=(ToolCall("y2", "find_slots", "{}"),)))
    assert request_key(one.request) == request_key(two.request)
    assert request_key(first(a_case, trial=1).request) != request_key(first(a_case).request)


def test_an_unmatched_read_is_an_explicit_error_and_marks_the_trial():
    a_case = case(CallerTurn("Monday?"), stubs=(Stub("find_slots", {"date": "2026-03-09"}, SLOTS),))
    second = advance(first(a_case), calls("find_slots", date="2026-03-10"))
    assert "error" in json.loads(wire(second)[-1]["content"])
    assert advance(second, says("Sorry.")).trial.off_script


def test_the_expected_write_succeeds_and_any_other_write_ends_the_trial():
    expect = Expect(calls=(ExpectedCall("book", {"start": "2026-03-09 14:00"}),))
    a_case = case(CallerTurn("Two works."), expect=expect)
    good = advance(first(a_case), calls("book", start="2026-03-09T14:00:00-05:00", name="Dana"))
    assert isinstance(good, Ask)
    assert good.steps[-1].answers[0].kind == "answered"
    bad = advance(first(a_case), calls("book", start="2026-03-09T15:00:00-05:00", name="Dana"))
    assert isinstance(bad, Done)
    assert bad.trial.answers[0].kind == "unmatched_write"


def test_a_stub_with_an_error_fails_even_the_expected_write():
    expect = Expect(calls=(ExpectedCall("book", {}),))
    second = advance(first(case(CallerTurn("Go."), expect=expect, stubs=(Stub("book", error="down"),))), calls("book"))
    assert second.steps[-1].answers[0].kind == "tool_error"
    assert json.loads(wire(second)[-1]["content"]) == {"error": "down"}


def test_stubs_answer_in_order_and_only_as_often_as_they_say():
    stubs = (Stub("find_slots", result="first", times=1), Stub("find_slots", result="then"))
    ask = first(case(CallerTurn("hi"), stubs=stubs))
    seen = []
    for _ in range(3):
        ask = advance(ask, calls("find_slots"))
        seen.append(json.loads(wire(ask)[-1]["content"]))
    assert seen == ["first", "then", "then"]


def test_passing_the_call_on_ends_the_trial():
    done = advance(first(case(CallerTurn("A person!"))), calls("transfer_call", department="sales"))
    assert isinstance(done, Done)
    assert done.trial.answers[0].kind == "transfer"


def test_an_unknown_tool_or_broken_arguments_are_told_to_the_model():
    ask = first(case(CallerTurn("hi")))
    for reply in (calls("fly"), Reply(calls=(ToolCall("", "find_slots", "{not json"),))):
        following = advance(ask, reply)
        assert isinstance(following, Ask)
        assert following.steps[-1].answers[0].kind == "invalid"
        assert "error" in json.loads(wire(following)[-1]["content"])


def test_next_turn_asks_once():
    done = advance(first(case(CallerTurn("hi"), mode="next_turn")), calls("find_slots"))
    assert isinstance(done, Done)


def test_a_prompt_without_tools_asks_once():
    done = advance(first(case(CallerTurn("hi")), Prompt("p", "p", "Hello.")), says("Hello."))
    assert isinstance(done, Done)


def test_a_candidate_that_never_speaks_is_stopped():
    step = first(case(CallerTurn("hi"), stubs=(Stub("find_slots", result=[]),)))
    taken = 0
    while isinstance(step, Ask):
        step, taken = advance(step, calls("find_slots")), taken + 1
    assert taken == MAX_STEPS
    assert step.trial.failure is None


def test_a_reply_that_never_came_leaves_a_failed_trial_with_the_steps_so_far():
    a_case = case(CallerTurn("hi"), stubs=(Stub("find_slots", result=[]),))
    second = advance(first(a_case), calls("find_slots"))
    trial = failed(second, Failure("timeout", "60 s")).trial
    assert trial.failure == Failure("timeout", "60 s")
    assert len(trial.steps) == 1


@pytest.mark.parametrize("text", ["[1]", "{", '{"a": NaN}', '{"a": 1, "a": 2}', '"x"', "{} trailing", "[" * 100_000])
def test_arguments_that_are_no_object_are_told_apart(text):
    assert isinstance(arguments_of(ToolCall("", "t", text)), str)


def test_no_arguments_are_an_empty_object():
    assert arguments_of(ToolCall("", "t", "")) == {}
