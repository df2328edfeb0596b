"""The simulated receptionist understands callers in two languages and acts by the request alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from callgate.engines.sim import answer
from callgate.engines.sim.acts import Act
from callgate.engines.sim.policy import decide
from callgate.engines.sim.understanding import read
from callgate.engines.sim.world import world_of

SYSTEM = """You are the assistant of a car dealer. It is now 2026-03-06 09:00 (Friday), in the time zone America/Chicago.
What we know of this caller: telephone +13125550142; name Dana Whitfield; vehicle 2021 RAV4
- Hours of the service department: Monday to Friday from 7:30 in the morning to 6:00 in the evening, closed on Sunday
- A synthetic oil change costs $77.50 plus tax.
- There are no loaner cars."""
TOOLS = frozenset(
    [
        "find_slots",
        "find_appointment",
        "book_appointment",
        "move_appointment",
        "cancel_appointment",
        "transfer_call",
        "take_message",
    ]
)
SLOTS = ["2026-03-09T07:30:00-05:00", "2026-03-09T14:00:00-05:00", "2026-03-09T15:30:00-05:00"]


def chat(*turns: str | dict[str, Any], system: str = SYSTEM) -> list[dict[str, Any]]:
    """Caller and agent in turn ("A: ..." is the agent); a mapping is a tool call with its result."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": system}]
    for number, turn in enumerate(turns):
        if isinstance(turn, str):
            role = "assistant" if turn.startswith("A: ") else "user"
            messages.append({"role": role, "content": turn.removeprefix("A: ")})
            continue
        function = {"name": turn["tool"], "arguments": json.dumps(turn["args"])}
        messages.append(
            {"role": "assistant", "content": None, "tool_calls": [{"id": f"c{number}", "function": function}]}
        )
        messages.append({"role": "tool", "tool_call_id": f"c{number}", "content": json.dumps(turn["result"])})
    return messages


def act(*turns: str | dict[str, Any], system: str = SYSTEM) -> Act:
    messages = chat(*turns, system=system)
    return decide(read(messages, world_of(system)), TOOLS)


def looked(result: object, *services: str, day: str = "2026-03-09") -> dict[str, Any]:
    return {"tool": "find_slots", "args": {"date": day, "services": list(services)}, "result": result}


@pytest.mark.parametrize(
    ("said", "day", "services"),
    [
        ("I need an oil change, uh, Monday afternoon around two.", "2026-03-09", ["oil_change"]),
        ("Brakes and a tire rotation, a week from tomorrow.", "2026-03-14", ["brake_inspection", "tire_rotation"]),
        ("Alignment on Tuesday. No, wait, make it Thursday.", "2026-03-12", ["wheel_alignment"]),
        (
            "Oil and the AC, no, not the AC, the battery. The tenth of March.",
            "2026-03-10",
            ["oil_change", "battery_check"],
        ),
        ("Necesito la rotación de llantas para pasado mañana lunes", "2026-03-09", ["tire_rotation"]),
        (
            "Quiero cambio de aceite y que me revisen los frenos el martes diez",
            "2026-03-10",
            ["oil_change", "brake_inspection"],
        ),
    ],
)
def test_a_wish_in_a_callers_words_is_looked_up(said, day, services):
    wanted = act(said)
    assert wanted.tool == "find_slots"
    assert wanted.args == {"date": day, "services": services}


@pytest.mark.parametrize(
    ("choice", "start"),
    [
        ("Two works.", SLOTS[1]),
        ("To works, yeah.", SLOTS[1]),
        ("Half past three, please.", SLOTS[2]),
        ("The second one.", SLOTS[2]),
        ("Two... no, make it three thirty.", SLOTS[2]),
        ("A las tres y media, por favor.", SLOTS[2]),
        ("La primera está bien.", SLOTS[1]),
    ],
)
def test_a_chosen_slot_is_booked_as_the_tool_wrote_it(choice, start):
    booked = act(
        "Oil change on Monday", looked({"slots": SLOTS}, "oil_change"), "A: I have two or three thirty.", choice
    )
    assert booked.tool == "book_appointment"
    assert booked.args["start"] == start
    assert booked.args["name"] == "Dana Whitfield"


def test_a_service_added_with_the_choice_reaches_the_booking():
    first = looked({"slots": SLOTS}, "oil_change")
    again = looked({"slots": SLOTS}, "oil_change", "brake_inspection")
    said = "Two's good. Oh, and have them check the brakes."
    assert act("Oil change on Monday", first, "A: Two or three thirty?", said).tool == "find_slots"
    booked = act("Oil change on Monday", first, "A: Two or three thirty?", said, again)
    assert booked.args["services"] == ["oil_change", "brake_inspection"]


def test_nothing_is_confirmed_after_a_tool_failed():
    failed = {"tool": "book_appointment", "args": {"start": SLOTS[1]}, "result": {"error": "timed out"}}
    told = act("Oil change on Monday at two", looked({"slots": SLOTS}, "oil_change"), failed)
    assert told.tool is None
    assert [line.key for line in told.lines] == ["book_failed"]


def test_the_price_comes_out_of_the_prompt_and_changes_with_it():
    assert "$77.50" in str(act("How much is an oil change?").lines)
    assert "61.00 dólares" in str(
        act("¿Cuánto cuesta el cambio de aceite?", system=SYSTEM.replace("77.50", "61.00")).lines
    )


def test_what_the_prompt_does_not_say_is_not_known():
    assert [line.key for line in act("How much is an alignment?").lines] == ["unknown"]


@pytest.mark.parametrize(
    ("said", "department"),
    [
        ("I want to talk to the manager, now.", "manager"),
        ("Gimme sales. No, not sales, the service advisor.", "advisor"),
        ("The pedal goes to the floor, it barely stops.", "towing"),
        ("Mi abogado quiere hablar con ustedes.", "manager"),
    ],
)
def test_a_call_is_passed_on_to_where_it_belongs(said, department):
    passed = act(said)
    assert (passed.tool, passed.args["department"]) == ("transfer_call", department)


def test_the_appointment_that_is_meant_is_cancelled_and_no_other():
    both = [
        {"appointment_id": "A", "start": SLOTS[0], "services": ["oil_change"]},
        {"appointment_id": "B", "start": "2026-03-12T09:00:00-05:00", "services": ["brake_inspection"]},
    ]
    found = {"tool": "find_appointment", "args": {"phone": "+13125550142"}, "result": {"appointments": both}}
    asked = act("Cancel my appointment", found)
    assert [line.key for line in asked.lines] == ["which_appointment"]
    cancelled = act("Cancel my appointment", found, "A: Which one?", "The brakes, kill that. The oil change stays.")
    assert (cancelled.tool, cancelled.args) == ("cancel_appointment", {"appointment_id": "B"})


def test_a_reply_is_chat_format_and_the_same_every_time():
    messages = chat("Oil change on Monday")
    tools = [{"type": "function", "function": {"name": name, "parameters": {}}} for name in sorted(TOOLS)]
    replies = [answer("sim/receptionist-small", messages, tools, 3) for _ in range(2)]
    assert replies[0] == replies[1]
    assert set(replies[0]) == {"content", "tool_calls"}
    for call in replies[0]["tool_calls"]:
        assert json.loads(call["function"]["arguments"])["services"] == ["oil_change"]


def test_an_unknown_model_is_refused_by_name():
    with pytest.raises(ValueError, match="no simulated model 'sim/receptionist-huge'"):
        answer("sim/receptionist-huge", chat("Hello"))
