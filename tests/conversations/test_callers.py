"""A simulated caller that misbehaves is found out, drawn anew, left out and counted, and never held against the agent."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from talking import SERVICES, SIMULATE, calls, case, first, says, simulated, spoken_by

from callgate.concepts import Failure
from callgate.dataset import load_cases
from callgate.engines.sim.caller_misdeeds import MISDEEDS, UNRELIABLE
from callgate.evaluate.options import Options
from callgate.evaluate.plan import make_plan
from callgate.evaluate.talks import ATTEMPTS, TRIALS
from callgate.graders.callers import KINDS, fault
from callgate.ledger import request_key
from callgate.replay import Ask, Caller, Done, begin
from callgate.replay.talk import ATTEMPT, brief

ROOT = Path(__file__).parents[2]
SOME = ("en-oil-on-thursday", "en-third-service-late", "en-move-unknown-number", "es-mover-la-cita", "es-dos-servicios")


@pytest.fixture(scope="module")
def scenes():
    """Five shipped conversations under the shipped candidate."""
    plan = make_plan(ROOT, ROOT / "evals/conversations.yaml", Options(cases=SOME))
    return [pair.candidate for pair in plan.pairs]


def trials(scenes, caller, count):
    """`count` conversations of each scene with a caller."""
    asks = [
        begin(scene, model="sim/receptionist-small", arm="candidate", trial=number, caller=Caller(f"sim/{caller}"))
        for scene in scenes
        for number in range(count)
    ]
    return [spoken_by(ask) for ask in asks]


@pytest.mark.parametrize("way", sorted(MISDEEDS))
def test_each_way_to_misbehave_is_found_wherever_it_comes_to_it(scenes, way):
    held = trials(scenes, f"caller-{way}", 2)
    found = [trial for trial in held if trial.failure is not None]
    assert {trial.failure.kind for trial in found} == {"invalid_caller"}
    assert {trial.failure.why.partition(":")[0] for trial in found} <= set(KINDS)
    assert len(found) >= 0.5 * len(held), Counter(str(trial.failure) for trial in held)


def test_at_least_nine_of_ten_ways_are_found(scenes):
    ways = {way: [t.failure is not None for t in trials(scenes[:3], f"caller-{way}", 1)] for way in MISDEEDS}
    assert len(ways) >= 10
    assert sum(all(found) for found in ways.values()) >= 0.9 * len(ways), ways


def test_a_caller_that_behaves_is_left_alone(scenes):
    held = trials(scenes, "caller", 6)
    assert not [trial.failure for trial in held if trial.failure]
    assert sum(len(trial.talk.again) for trial in held) <= 0.03 * len(held)


def test_an_unreliable_caller_is_drawn_anew_and_nothing_is_lost(scenes):
    held = trials(scenes, "caller-unreliable", 10)
    again = sum(bool(trial.talk.again) for trial in held)
    lost = sum(trial.failure is not None for trial in held)
    assert 0.4 * UNRELIABLE <= again / len(held) <= 2 * UNRELIABLE
    assert lost <= 0.06 * len(held)  # three times in a row: UNRELIABLE to the third


# ---------------------------------------------------------------------------------------------- the machine


def test_a_conversation_is_begun_again_with_the_same_agent_and_another_draw_of_the_caller():
    a_case, step = case(), first(case(), trial=3, caller="script")
    begun = [step]
    for _ in range(ATTEMPTS - 1):
        step = TRIALS.advance(step, says("As an AI language model I am a caller."))
        begun.append(step)
    assert [ask.request.trial for ask in begun] == [3, 3 + ATTEMPT, 3 + 2 * ATTEMPT]
    assert {ask.line.agent.trial for ask in begun} == {3}
    assert len({request_key(ask.request) for ask in begun}) == ATTEMPTS
    done = TRIALS.advance(step, says("As an AI language model I am a caller."))
    assert isinstance(done, Done)
    assert done.trial.failure == Failure("invalid_caller", done.trial.failure.why)
    assert len(done.trial.talk.again) == ATTEMPTS - 1
    assert a_case.points[0].mode == "continuation"


def test_both_variants_meet_the_same_caller_while_they_say_the_same():
    one = first(case(), trial=4)
    other = replace(
        one, id=replace(one.id, arm="baseline"), line=replace(one.line, agent=replace(one.line.agent, trial=104))
    )
    assert request_key(one.request) == request_key(other.request)
    heard = [TRIALS.advance(ask, simulated(ask.request)) for ask in (one, other)]
    same = [TRIALS.advance(ask, says("What day would you like?")) for ask in heard]
    assert len({request_key(ask.request) for ask in same}) == 1
    assert request_key(TRIALS.advance(heard[0], says("Which day?")).request) != request_key(same[0].request)
    assert request_key(first(case(), trial=5).request) != request_key(one.request)


def test_the_caller_knows_no_tool_no_expectation_and_no_prompt():
    request = first(case()).request
    told = brief(SIMULATE)
    assert request.tools == ()
    assert [message.wire["role"] for message in request.messages] == ["system", "user"]
    assert request.messages[0].wire["content"] == told
    assert "2026-05-14" not in told
    assert "booked_at" not in told


def test_it_ends_when_the_turns_are_used_up_when_passed_on_and_when_nothing_is_said():
    short = case(replace(SIMULATE, turns=2))
    ask = first(short, caller="script")
    for text in ("Hi, I need an oil change.", "This Thursday."):
        ask = TRIALS.advance(TRIALS.advance(ask, says(text)), says(f"Which day, then, after {text}"))
    assert ask.trial.talk.ended == "turns"
    ask = TRIALS.advance(first(short, caller="script"), says("Hi, I need an oil change."))
    assert TRIALS.advance(ask, calls("transfer_call", department="advisor")).trial.talk.state == {
        "passed_to": "advisor"
    }
    for _ in range(6):
        ask = TRIALS.advance(ask, calls("find_slots", date="2026-05-14", services=SERVICES))
    assert ask.trial.talk.ended == "stuck"
    refused = TRIALS.advance(
        TRIALS.advance(first(case(stubs=()), caller="script"), says("Hi.")), calls("book_appointment")
    )
    assert refused.trial.talk.ended == "refused"


def test_a_stub_answers_in_its_state_and_writes_what_the_call_carried():
    ask = TRIALS.advance(first(case(state={"system": "down"}), caller="script"), says("Hi, I need an oil change."))
    down = TRIALS.advance(ask, calls("book_appointment", start="2026-05-14T15:00:00-05:00", services=SERVICES))
    assert down.steps[-1].answers[0].kind == "tool_error"
    assert down.state == {"system": "down"}
    ask = TRIALS.advance(first(case(), caller="script"), says("Hi, I need an oil change."))
    done = TRIALS.advance(ask, calls("book_appointment", start="2026-05-14T15:00:00-05:00", services=SERVICES))
    assert done.state == {"booked_at": "2026-05-14T15:00:00-05:00", "services": SERVICES}
    assert TRIALS.advance(done, says("Done.")).trial.talk.ended == "goal"


@pytest.mark.parametrize(
    "fair",
    [
        "I would like an oil change this Thursday, please.",
        "Hello? Yes, it is for my truck.",
        "My name is Dana Whitfield.",
        "Sorry, could you say that again?",
        "The plate? I do not know that.",
        "Well, in the afternoon, after lunch if I can.",
        "Can you also check the battery?",
    ],
)
def test_what_callers_may_well_say(fair):
    ask = TRIALS.advance(first(case(), caller="script"), says("Hi, I need an oil change."))
    ask = TRIALS.advance(ask, says("What day would you like, and what is the plate of the car?"))
    assert isinstance(ask, Ask)
    assert fault(ask, says(fair)) is None


def test_every_shipped_conversation_can_be_reached_by_a_good_agent():
    cases = {one.id: one for one in load_cases(ROOT / "datasets/conversations", ROOT)}
    assert len(cases) >= 25
    assert all(one.simulate and one.points[-1].mode == "continuation" for one in cases.values())
    assert {one.segments["language"] for one in cases.values()} == {"en", "es"}
