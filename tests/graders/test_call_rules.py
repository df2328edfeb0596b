"""Tool calls: what was called, with which arguments, what must not be, and when an appointment is right."""

from __future__ import annotations

import json

import pytest
from stage import LOOKED_UP, call, context, graded, verdict

from callgate.concepts import Reply
from callgate.graders.matching import assignment

BOOKING = {"start": "2026-03-09 14:00", "services": ["oil_change"], "name": "Dana Whitfield"}
RIGHT = {"start": "2026-03-09T14:00:00-05:00", "services": ["oil_change"], "name": "Dana Whitfield"}
WANTED = {"book_appointment": BOOKING}


def booked(**change):
    return call("book_appointment", **{**RIGHT, **change})


def test_the_right_booking_passes_every_call_rule():
    where = context("Two works.", LOOKED_UP, calls=WANTED)
    for rule in ("tool_called", "tool_args", "tool_schema", "tool_forbidden", "appointment_time", "services_complete"):
        assert verdict(graded(rule, where, booked(), "You're booked for 2:00 PM.")) == "pass", rule


def test_a_call_that_was_not_made_fails_and_says_what_was_done_instead():
    grade = graded("tool_called", context("Two works.", calls=WANTED), "Sure, which day?")
    assert verdict(grade) == "fail"
    assert grade.why == 'book_appointment was not called; called: nothing; said "Sure, which day?"'
    assert grade.evidence[0].text == "Sure, which day?"


def test_each_expected_call_needs_a_call_of_its_own():
    where = context("Both cars.", calls={"take_message": {"name": "A", "text": {"any": True}}})
    twice = context("x", calls={})
    object.__setattr__(twice.point.expect, "calls", where.point.expect.calls * 2)
    once = graded("tool_called", twice, call("take_message", name="A", text="x"))
    assert verdict(once) == "fail"
    assert once.value == 0.5
    assert verdict(graded("tool_called", twice, [call("take_message", name="A", text=t) for t in "xy"])) == "pass"


def test_matching_is_not_greedy():
    """The first expected call fits both calls made, the second only one of them."""
    assert assignment([[1.5, 1.4], [1.5, 0.0]]) == [1, 0]
    assert assignment([[0.0, 0.0]]) == [None]
    assert assignment([]) == []
    assert assignment([[1.0], [2.0]]) == [None, 0]


def test_the_better_of_two_calls_is_graded():
    where = context("x", calls={"find_slots": {"date": "2026-03-09", "services": ["oil_change"]}})
    tries = [call("find_slots", date=day, services=["oil_change"]) for day in ("2026-03-08", "2026-03-09")]
    assert verdict(graded("tool_args", where, *tries, "I have 2:00 PM.")) == "pass"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"start": "2026-03-09T15:00:00-05:00"}, "start: expected 2026-03-09T14:00-05:00, got"),
        ({"start": "2026-03-09T14:00:00-06:00"}, "start: expected 2026-03-09T14:00-05:00, got"),
        ({"name": "Dana Whitman"}, "name: expected"),
        ({"services": ["tire_rotation"]}, "services: lacks"),
        ({"services": ["oil_change", "tire_rotation"]}, "services: has also"),
    ],
)
def test_a_wrong_argument_fails_and_says_expected_and_got(change, said):
    grade = graded("tool_args", context("Two works.", calls=WANTED), booked(**change))
    assert verdict(grade) == "fail"
    assert said in grade.why
    assert grade.value == pytest.approx(2 / 3)
    assert "book_appointment(" in grade.evidence[0].text


def test_a_missing_expected_argument_fails():
    made = call("book_appointment", start=RIGHT["start"], services=["oil_change"])
    grade = graded("tool_args", context("Two works.", calls=WANTED), made)
    assert verdict(grade) == "fail"
    assert "name: expected" in grade.why
    assert "missing" in grade.why


def test_an_extra_argument_is_allowed_unless_forbidden():
    made = booked(phone="+13125550142")
    assert verdict(graded("tool_args", context("x", calls=WANTED), made)) == "pass"
    assert verdict(graded("tool_args", context("x", calls=WANTED, extra_args="forbid"), made)) == "fail"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("{not json", "not JSON"),
        ('{"date": "2026-03-09", "services": ["oil_change"]} trailing', "not JSON"),
        ('["a list"]', "not a JSON object"),
        ('{"date": NaN, "services": ["oil_change"]}', "NaN"),
        ('{"date": "2026-03-09", "date": "2026-03-10", "services": ["oil_change"]}', "twice"),
        ('{"date": "2026-03-09"}', "services"),
        ('{"date": "2026-03-09", "services": ["massage"]}', "massage"),
        ('{"date": "next Monday", "services": ["oil_change"]}', "next Monday"),
        ('{"date": "2026-03-09", "services": ["oil_change"], "colour": "red"}', "colour"),
    ],
)
def test_arguments_must_be_one_valid_object(raw, said):
    grade = graded("tool_schema", context("x"), call("find_slots", "invalid", raw=raw))
    assert verdict(grade) == "fail"
    assert said in grade.why


def test_an_unknown_tool_fails_and_names_those_that_exist():
    grade = graded("tool_schema", context("x"), call("send_sms", "invalid", to="x"))
    assert "there is no such tool; there are find_slots" in grade.why


def test_a_date_time_is_checked_by_its_format():
    assert verdict(graded("tool_schema", context("x"), booked(start="Monday at two"))) == "fail"
    assert verdict(graded("tool_schema", context("x"), booked())) == "pass"


@pytest.mark.parametrize(
    ("expect", "made", "wanted"),
    [
        ({}, call("book_appointment", "unmatched_write", **RIGHT), "fail"),
        ({"calls": WANTED}, booked(), "pass"),
        ({"calls": WANTED}, [booked(), booked()], "fail"),
        ({"calls": WANTED}, [call("book_appointment", "tool_error", **RIGHT), booked()], "pass"),
        ({}, call("find_slots", date="2026-03-09", services=["oil_change"]), "pass"),
        ({"other_calls": "forbid"}, call("find_slots", date="2026-03-09", services=["oil_change"]), "fail"),
        ({"other_calls": "allow"}, call("take_message", name="A", text="x"), "pass"),
        ({}, call("take_message", name="A", text="x"), "fail"),
        ({"forbidden_calls": {"book_appointment": {}}}, booked(), "fail"),
        (
            {"forbidden_calls": {"find_slots": {"date": "2026-03-09"}}},
            call("find_slots", date="2026-03-09", services=[]),
            "fail",
        ),
        (
            {"forbidden_calls": {"find_slots": {"date": "2026-03-09"}}},
            call("find_slots", date="2026-03-10", services=[]),
            "pass",
        ),
        ({"forbidden_calls": {"book_appointment": {}}}, "Hello.", "pass"),
        ({}, "Hello.", "n/a"),
        ({}, call("transfer_call", "transfer", department="advisor"), "pass"),
    ],
)
def test_what_may_be_called_besides_the_expected(expect, made, wanted):
    assert verdict(graded("tool_forbidden", context("x", **expect), made)) == wanted


@pytest.mark.parametrize(
    ("act", "steps", "wanted"),
    [
        ("speak", ["Hello."], "pass"),
        ("speak", [call("find_slots", date="2026-03-09", services=[]), "Hello."], "pass"),
        ("speak", [booked(), "Done."], "fail"),
        ("speak", [call("find_slots", date="2026-03-09", services=[])], "fail"),
        ("call", ["Hello."], "fail"),
        ("call", [call("find_slots", date="2026-03-09", services=[])], "pass"),
        ("handoff", ["Let me put you through."], "fail"),
        ("handoff", [call("transfer_call", "transfer", department="advisor")], "pass"),
        ("any", ["Hello."], "n/a"),
    ],
)
def test_what_was_done_is_of_the_kind_expected(act, steps, wanted):
    assert verdict(graded("tool_called", context("x", act=act), *steps)) == wanted


@pytest.mark.parametrize(
    ("start", "wanted", "said"),
    [
        ("2026-03-09T14:00:00-05:00", "pass", ""),
        ("2026-03-09T19:00:00Z", "pass", ""),
        ("2026-03-09T14:00:00", "pass", ""),
        ("2026-03-09T14:00:00-06:00", "fail", "expected 2026-03-09T14:00-05:00"),
        ("2026-03-09T15:30:00-05:00", "fail", "expected 2026-03-09T14:00-05:00"),
        ("2026-03-10T14:00:00-05:00", "fail", "expected 2026-03-09T14:00-05:00"),
        ("soon", "fail", "no date with a time"),
    ],
)
def test_an_appointment_is_compared_as_an_instant_across_the_change_of_clocks(start, wanted, said):
    grade = graded("appointment_time", context("Two.", LOOKED_UP, calls=WANTED), booked(start=start))
    assert verdict(grade) == wanted
    assert said in grade.why


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("2026-03-08T02:30:00", "does not exist"),
        ("2026-11-01T01:30:00", "happens twice"),
        ("2026-03-08T12:00:00-05:00", "closed on Sunday"),
        ("2026-03-07T15:00:00-06:00", "outside the hours of Saturday"),
        ("2026-03-09T07:00:00-05:00", "outside the hours of Monday"),
        ("2026-03-09T18:00:00-05:00", "outside the hours of Monday"),
        ("2026-03-09T10:00:00-05:00", "was not offered"),
    ],
)
def test_an_appointment_must_exist_be_open_and_have_been_offered(start, said):
    grade = graded("appointment_time", context("Two.", LOOKED_UP), booked(start=start))
    assert verdict(grade) == "fail"
    assert said in grade.why


def test_an_hour_that_happens_twice_is_fine_with_its_offset():
    grade = graded("appointment_time", context("x"), booked(start="2026-11-02T13:30:00-06:00"))
    assert verdict(grade) == "pass"


def test_a_slot_offered_in_the_trial_counts_as_offered():
    found = call(
        "find_slots", content={"slots": ["2026-03-09T10:00:00-05:00"]}, date="2026-03-09", services=["oil_change"]
    )
    assert (
        verdict(graded("appointment_time", context("Ten."), found, booked(start="2026-03-09T10:00:00-05:00"))) == "pass"
    )
    assert verdict(graded("appointment_time", context("Ten."), found, booked())) == "fail"


def test_missing_and_extra_services_are_named_apart():
    wanted = {"book_appointment": {**BOOKING, "services": ["brake_inspection", "tire_rotation", "state_inspection"]}}
    made = booked(services=["brake_inspection", "tire_rotation", "oil_change"])
    grade = graded("services_complete", context("x", calls=wanted), made)
    assert verdict(grade) == "fail"
    assert grade.why == "missing: state_inspection; extra: oil_change"
    assert verdict(graded("services_complete", context("x", calls=wanted), "Hello.")) == "n/a"


def test_the_listed_order_is_kept():
    expected = {"find_slots": {"date": "2026-03-09"}, "book_appointment": {"name": "Dana Whitfield"}}
    where = context("x", calls=expected, call_order="listed")
    found = call("find_slots", date="2026-03-09", services=["oil_change"])
    assert verdict(graded("tool_order", where, found, booked(), "Done.")) == "pass"
    assert verdict(graded("tool_order", where, booked(), found, "Done.")) == "fail"


@pytest.mark.parametrize("outcome", ["refused", "filtered", "truncated", "empty"])
def test_a_broken_reply_is_the_candidates_failure(outcome):
    assert verdict(graded("whole_reply", context("x"), Reply(text="I ca", outcome=outcome))) == "fail"
    assert verdict(graded("whole_reply", context("x"), "  ")) == "fail"
    assert verdict(graded("whole_reply", context("x"), "Hello.")) == "n/a"


def test_evidence_of_a_call_quotes_what_was_written():
    raw = json.dumps({**RIGHT, "start": "2026-03-09T15:30:00-05:00"})
    grade = graded("appointment_time", context("x", LOOKED_UP, calls=WANTED), "One moment.", booked(**json.loads(raw)))
    assert grade.evidence[0].turn == 1
    assert "2026-03-09T15:30:00-05:00" in grade.evidence[0].text
