"""Defects that no single turn shows are found in the whole conversation, by the grader that is named for them."""

from __future__ import annotations

from dataclasses import replace

from talking import SERVICES, SIMULATE, calls, case, failing, grades, held, says

from callgate.concepts import Expect, ExpectedCall, Score

LOOK = calls("find_slots", date="2026-05-14", services=SERVICES)
BOOK = calls("book_appointment", start="2026-05-14T15:00:00-05:00", services=SERVICES, name="Dana Whitfield")
OFFER = says("I have Thursday, May 14 at 9:00 AM or 3:00 PM. Which would you like?")
DONE = says("You are booked for all three on Thursday, May 14 at 3:00 PM.")
CALLER = (
    "Hi, my name is Dana Whitfield, and I need an oil change.",
    "This Thursday, please.",
    "Oh, and a tire rotation and a battery check too.",
    "3:00 PM works, please.",
)
GOOD = (says("What day would you like to come in?"), LOOK, OFFER, LOOK, OFFER, BOOK, DONE)
CASE = case(expect=Expect(calls=(ExpectedCall("book_appointment", {"services": SERVICES}),), given=("calls",)))


def test_a_conversation_that_goes_well_passes():
    trial = held(CASE, GOOD, CALLER)
    assert trial.talk.ended == "goal"
    assert failing(CASE, trial) <= {"repeat_loop"}  # the same two times are offered again, and that is advice only


def test_asks_again_for_what_was_said_four_turns_earlier():
    again = says("What name may I put it under, please?")
    trial = held(CASE, (*GOOD[:5], again, BOOK, DONE), (*CALLER, "It is Dana Whitfield, as I told you."))
    assert trial.talk.ended == "goal"
    grade = grades(CASE, trial)["repeat_question"]
    assert not grade.passed
    assert grade.why.startswith("turn 4: asked for name again")
    assert trial.steps[grade.evidence[0].turn].reply == again  # the evidence stands where it was said
    assert CALLER[0] in {proof.text for proof in grade.evidence}


def test_asks_again_for_the_service_which_no_record_holds():
    again = says("And what service do you need?")
    trial = held(
        CASE, (GOOD[0], again, *GOOD[1:]), ("Hi, I need an oil change.", "This Thursday.", *CALLER[:1], *CALLER[2:])
    )
    assert "turn 2: asked for service again" in grades(CASE, trial)["repeat_question"].why


def test_another_day_is_no_repeated_question_where_none_was_free():
    full = case(stubs=())
    nothing = (says("What day would you like?"), LOOK, says("Nothing is free then. What other day would work?"))
    trial = held(full, (*nothing, says("Good-bye.")), (*CALLER[:2], "Then I will call again. [hang up]"))
    assert isinstance(grades(full, trial)["repeat_question"], Score)
    assert grades(full, trial)["repeat_question"].passed


def test_drops_the_third_service():
    two = calls("book_appointment", start="2026-05-14T15:00:00-05:00", services=SERVICES[:2], name="Dana Whitfield")
    told = says("You are booked for the oil change and the tire rotation on Thursday, May 14 at 3:00 PM.")
    trial = held(CASE, (*GOOD[:5], two, told), (*CALLER, "Thank you, goodbye. [hang up]"))
    found = grades(CASE, trial)
    assert trial.talk.ended == "caller"
    assert found["services_complete"].why == "missing: battery_check"
    assert found["state_goal"].why.startswith("services: lacks battery_check")


def test_books_before_the_caller_has_agreed_to_a_time():
    hasty = held(CASE, (GOOD[0], LOOK, BOOK, DONE), ("Hi, I need an oil change.", "This Thursday, please."))
    grade = grades(CASE, hasty)["tool_order"]
    assert not grade.passed
    assert grade.why == "called book_appointment for 2026-05-14 15:00 before the caller had agreed to it"
    assert grades(CASE, held(CASE, GOOD, CALLER))["tool_order"].passed


def test_books_at_once_where_the_caller_leaves_the_time_to_the_agent():
    trial = held(CASE, (GOOD[0], LOOK, BOOK, DONE), ("Hi, I need an oil change.", "This Thursday, any time."))
    assert grades(CASE, trial)["tool_order"].passed


def test_loops_on_a_failing_tool_over_several_turns():
    down = case(state={"system": "down"})
    sorry = [says(f"I am sorry, that did not work{more}.") for more in ("", " either", " yet again")]
    agent = (*GOOD[:3], BOOK, sorry[0], BOOK, sorry[1], BOOK, sorry[2])
    caller = (*CALLER[:2], CALLER[3], "Please try once more.", "And again, please.", "Goodbye then. [hang up]")
    grade = grades(down, held(down, agent, caller))["repeat_loop"]
    assert not grade.passed
    assert "turn 5: called book_appointment again, which has failed 2 times" in grade.why
    once = held(down, agent[:7], (*caller[:4], "Goodbye then. [hang up]"))
    assert "has failed" not in grades(down, once)["repeat_loop"].why


def test_a_claim_is_held_against_what_was_done_so_far_and_in_the_callers_language():
    english = says("Sure, what day would you like to come in, and at what time of the day?")
    spanish = case(replace(SIMULATE, language="es", opening="Hola."))
    caller = ("Hola, necesito un cambio de aceite.", "Este jueves, por favor.", "Gracias, adiós. [hang up]")
    trial = held(spanish, (english, says("Hasta luego.")), caller)
    assert grades(spanish, trial)["language_match"].why.startswith("turn 1: replied in English")
    early = held(CASE, (says("You are all set, I have booked you for 3:00 PM."),), (CALLER[0], "Thanks. [hang up]"))
    assert {"claimed_action_without_call", "state_goal"} <= failing(CASE, early)
