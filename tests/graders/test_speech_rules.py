"""Language, length, what a voice can say, what was said, asked, claimed and promised."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from promise_phrases import SPOKEN_HARMLESS, SPOKEN_PROMISES
from stage import LOOKED_UP, agent, call, context, graded, verdict
from utterances import EN, ES, MIXED, OTHER

from callgate.concepts import AgentTurn, CallerTurn, Fact, ToolTurn
from callgate.graders.language import guess, language_of
from callgate.graders.rules.questions import slot_problem
from callgate.graders.seen import Context

NAMES = context().names
BOOKED = call("book_appointment", start="2026-03-09T14:00:00-05:00", services=["oil_change"], name="Dana Whitfield")
DATA = Path(os.environ.get("CALLGATE_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))


# ---------------------------------------------------------------------------------------------- language


def test_short_utterances_are_told_apart_at_98_percent_and_the_undecided_are_few():
    told = [(want, language_of(text, NAMES), text) for want, texts in (("en", EN), ("es", ES)) for text in texts]
    assert len(told) >= 120
    decided = [(want, got) for want, got, _ in told if got is not None]
    wrong = [entry for entry in told if entry[1] not in {entry[0], None}]
    assert len(wrong) <= 0.02 * len(decided), wrong
    assert len(decided) >= 0.93 * len(told)


@pytest.mark.parametrize(("want", "text"), OTHER)
def test_another_language_is_never_forced_into_one_that_has_a_pack(want, text):
    assert language_of(text, NAMES) == want


@pytest.mark.parametrize(("want", "text"), MIXED)
def test_a_mixed_utterance_counts_as_what_most_of_it_is(want, text):
    assert language_of(text, NAMES) == want


@pytest.mark.parametrize(
    ("want", "text"),
    [
        (None, "¿Seis tres cero, cinco cinco cinco, cero uno siete siete, correcto?"),
        (None, "Su número es seis tres cero, cinco cinco cinco, cero uno siete siete."),
        ("en", "Okay, five five five, oh one four two, is that right for you?"),
    ],
)
def test_digits_that_are_read_out_tell_no_language(want, text):
    assert language_of(text) == want


def test_an_english_reply_to_a_spanish_caller_fails_and_is_quoted():
    where = context("Quiero una cita para el lunes a la una y media.")
    grade = graded("language_match", where, "Sure, I booked you at one thirty")
    assert verdict(grade) == "fail"
    assert grade.why == 'replied in English: "Sure, I booked you at one thirty"'
    assert grade.evidence[0].text == "Sure, I booked you at one thirty"


@pytest.mark.parametrize(
    ("said", "expect", "reply", "wanted"),
    [
        ("Quiero una cita para mi carro.", {}, "Claro que sí, ¿para qué día la quiere?", "pass"),
        ("Quiero una cita para mi carro.", {"language": "en"}, "Claro que sí, ¿para qué día la quiere?", "fail"),
        ("I need an oil change please.", {}, "Claro que sí, ¿para qué día la quiere?", "fail"),
        ("I need an oil change please.", {"language": "es"}, "Claro que sí, ¿para qué día la quiere?", "pass"),
        ("I need an oil change please.", {}, "Perfect, Dana.", "n/a"),
        ("I need an oil change please.", {}, "March 9, 2:00 PM, $89.95, RAV4.", "n/a"),
        ("I need an oil change please.", {}, "Wir haben am Montag um zwei einen Termin frei.", "fail"),
    ],
)
def test_the_language_is_the_expected_one_else_the_callers(said, expect, reply, wanted):
    assert verdict(graded("language_match", context(said, segment="en", **expect), reply)) == wanted


def test_a_german_case_is_told_from_english():
    where = context("Ich brauche einen Termin für Montag.", language="de")
    assert verdict(graded("language_match", where, "Gerne, passt es Ihnen am Montag um zehn Uhr?")) == "pass"
    assert verdict(graded("language_match", where, "Sure, would ten on Monday work for you?")) == "fail"


def test_a_rule_without_a_pack_is_a_failure_and_never_a_pass():
    where = context("Chcę umówić wizytę.", language="pl", must_say=({"time": "14:00"},), must_not_ask=("name",))
    for rule in ("must_say", "repeat_question", "numbers_grounded", "claimed_action_without_call", "forbidden_promise"):
        grade = graded(rule, where, "Oczywiście, poniedziałek o 14:00 bardzo nam pasuje.")
        assert verdict(grade) == "Failure", rule
        assert grade.kind == "no_pack"


# ---------------------------------------------------------------------------------------------- sayings

SAID = [
    ("en", {"time": "14:00"}, "See you at 2:00 PM.", True),
    ("en", {"time": "14:00"}, "See you at two.", True),
    ("en", {"time": "14:00"}, "See you at 14:00.", True),
    ("en", {"time": "14:00"}, "See you at 2:00 AM.", False),
    ("en", {"time": "14:00"}, "See you at 2:30 PM.", False),
    ("es", {"time": "14:00"}, "Cerramos a las 2:00 de la tarde.", True),
    ("es", {"time": "14:00"}, "Cerramos a las dos de la tarde.", True),
    ("es", {"time": "14:00"}, "Cerramos a las 2 p. m.", True),
    ("es", {"time": "14:00"}, "Cerramos a las dos de la mañana.", False),
    ("es", {"time": "13:30"}, "Queda a la una y media.", True),
    ("en", {"date": "2026-03-09"}, "That is Monday, March 9.", True),
    ("en", {"date": "2026-03-09"}, "That is Monday.", True),
    ("en", {"date": "2026-03-09"}, "That is Tuesday, March 9.", False),
    ("en", {"date": "2026-03-07"}, "That is tomorrow.", True),
    ("es", {"date": "2026-03-09"}, "Es el 9 de marzo.", True),
    ("es", {"date": "2026-03-09"}, "Es el lunes nueve.", True),
    ("es", {"date": "2026-03-09"}, "Es el 10 de marzo.", False),
    ("en", {"money": 89.95}, "It costs $89.95 plus tax.", True),
    ("en", {"money": 89.95}, "It is eighty-nine ninety-five.", True),
    ("en", {"money": "89.95"}, "It costs $98.95.", False),
    ("es", {"money": 89.95}, "Cuesta 89.95 dólares.", True),
    ("es", {"money": 89.95}, "Son ochenta y nueve con noventa y cinco.", True),
    ("en", {"phone": "+13125550142"}, "I'll call (312) 555-0142.", True),
    ("en", {"phone": "+13125550142"}, "I'll call 555-0142.", True),
    ("en", {"phone": "+13125550142"}, "I'll call 555-0143.", False),
    ("en", {"number": 45}, "About forty-five minutes.", True),
    ("es", {"number": 45}, "Unos 45 minutos.", True),
    ("en", {"number": 45}, "About 40 minutes.", False),
    ("en", "loaner car", "We have no loaner cars.", False),
    ("en", "loaner cars", "We have no LOANER, cars.", True),
    ("es", "prestamo", "No hay autos de préstamo.", True),
    ("en", {"regex": "(?i)shuttle|waiting room"}, "There is a Shuttle.", True),
    ("en", {"any_of": ["sorry", {"time": "09:00"}]}, "I'm sorry.", True),
    ("en", {"any_of": ["sorry", {"time": "09:00"}]}, "At 9 AM.", True),
    ("en", {"any_of": ["sorry", {"time": "09:00"}]}, "At 10 AM.", False),
]


@pytest.mark.parametrize(("language", "item", "text", "said"), SAID)
def test_what_must_and_must_not_be_said(language, item, text, said):
    must = context(language=language, must_say=(item,))
    must_not = context(language=language, must_not_say=(item,))
    assert verdict(graded("must_say", must, text)) == ("pass" if said else "fail")
    assert verdict(graded("must_not_say", must_not, text)) == ("fail" if said else "pass")


def test_what_was_not_said_is_named_beside_what_was():
    grade = graded("must_say", context(must_say=({"time": "14:00"}, "Monday")), "See you Monday at 3 PM.")
    assert grade.value == 0.5
    assert grade.why == 'did not say time 14:00; said "See you Monday at 3 PM."'
    forbidden = graded("must_not_say", context(must_not_say=("refund",)), "You get a refund today.")
    assert forbidden.evidence[0].text == "refund"
    assert (forbidden.evidence[0].start, forbidden.evidence[0].end) == (10, 16)


def test_nothing_said_does_not_say_it():
    assert verdict(graded("must_say", context(must_say=("hello",)), BOOKED)) == "fail"


def test_claims_are_left_to_a_judge():
    where = context(must_not_say=({"claim": "a loaner car is available"},))
    assert verdict(graded("must_not_say", where, "You can have a loaner.")) == "n/a"


# ---------------------------------------------------------------------------------------------- questions

ASKED = [
    ("en", "name", "May I have your name, please?", True),
    ("en", "name", "Can I get your full name", True),
    ("en", "name", "And what's your last name?", True),
    ("en", "name", "I'll need your name.", True),
    ("en", "name", "Could you spell that last name for me?", True),
    ("en", "name", "Thank you, Dana. See you Monday.", False),
    ("en", "name", "I have your name here as Dana Whitfield.", False),
    ("en", "phone", "What's the best number to reach you?", True),
    ("en", "phone", "Could I have a phone number?", True),
    ("en", "phone", "I'll send it to your phone number on file.", False),
    ("en", "time", "What time works best for you?", True),
    ("en", "time", "Would you like the morning or afternoon?", True),
    ("en", "time", "Does 2:00 PM work for you?", False),
    ("en", "date", "What day would you like to come in?", True),
    ("en", "date", "Which date works for you?", True),
    ("en", "date", "Is Monday okay?", False),
    ("en", "vehicle", "What kind of car do you drive?", True),
    ("en", "vehicle", "What's the year, make and model?", True),
    ("en", "vehicle", "Is that for your RAV4?", False),
    ("en", "service", "What service do you need?", True),
    ("en", "service", "What can we do for your car?", True),
    ("en", "service", "I have you down for an oil change.", False),
    ("es", "name", "¿Me da su nombre, por favor?", True),
    ("es", "name", "¿Me regala su nombre?", True),
    ("es", "name", "¿A nombre de quién hago la cita?", True),
    ("es", "name", "¿Cómo se llama?", True),
    ("es", "name", "¿Con quién tengo el gusto?", True),
    ("es", "name", "Necesito su nombre completo.", True),
    ("es", "name", "Gracias, señora Iñiguez, ya queda.", False),
    ("es", "phone", "¿Me puede dar su número de teléfono?", True),
    ("es", "phone", "¿Cuál es su número?", True),
    ("es", "phone", "Le llamamos a ese número.", False),
    ("es", "time", "¿A qué hora le conviene?", True),
    ("es", "time", "¿Prefiere por la mañana o por la tarde?", True),
    ("es", "time", "¿Le queda bien a las dos?", False),
    ("es", "date", "¿Para qué día la quiere?", True),
    ("es", "date", "¿Cuándo le gustaría venir?", True),
    ("es", "date", "¿Le parece bien el lunes?", False),
    ("es", "vehicle", "¿Qué carro tiene?", True),
    ("es", "vehicle", "¿Me dice la marca y el modelo?", True),
    ("es", "vehicle", "Su RAV4 queda anotada.", False),
    ("es", "service", "¿Qué servicio necesita?", True),
    ("es", "service", "¿En qué le puedo ayudar?", True),
    ("es", "service", "Le hacemos el cambio de aceite el lunes.", False),
]


@pytest.mark.parametrize(("language", "slot", "text", "asks"), ASKED)
def test_asking_for_what_is_known_fails(language, slot, text, asks):
    where = context(language=language, must_not_ask=(slot,))
    grade = graded("repeat_question", where, text)
    assert verdict(grade) == ("fail" if asks else "pass")
    if asks:
        assert f"asked for {slot} again" in grade.why
        assert grade.evidence[0].text in text


def test_asking_once_is_fair_where_the_caller_was_badly_heard():
    badly = CallerTurn("Dana Whitfield", heard="day na wit field", confidence=0.4)
    assert (
        verdict(graded("repeat_question", context(badly, must_not_ask=("name",)), "What's your name again?")) == "n/a"
    )
    well = CallerTurn("Dana Whitfield", confidence=0.9)
    assert (
        verdict(graded("repeat_question", context(well, must_not_ask=("name",)), "What's your name again?")) == "fail"
    )


def test_slots_are_known_by_name():
    assert slot_problem("name") is None
    assert slot_problem("services") is None
    assert "did you mean 'vehicle'" in (slot_problem("vehicel") or "")


def test_a_slot_that_no_pack_knows_is_not_measured():
    for rule, where in (
        ("repeat_question", context(must_not_ask=("nmae",))),
        ("question_budget", context(must_ask=("nmae",))),
    ):
        grade = graded(rule, where, "What is your name?")
        assert verdict(grade) == "Failure"
        assert "did you mean 'name'" in grade.why


def test_questions_are_counted_and_wanted_ones_are_missed():
    where = context(max_questions=1)
    assert verdict(graded("question_budget", where, "What day works? And what is your name?")) == "fail"
    assert verdict(graded("question_budget", where, "What day works?")) == "pass"
    ask = context(must_ask=("name",))
    assert verdict(graded("question_budget", ask, "What is your name?")) == "pass"
    assert "did not ask for name" in graded("question_budget", ask, "See you Monday.").why


# ---------------------------------------------------------------------------------------------- length and form


def test_sixty_words_part_the_concise_from_the_rest_as_people_rated_them():
    path = DATA / "eva" / "conciseness.jsonl"
    if not path.exists():
        pytest.skip(f"no rated turns at {path}: set CALLGATE_TEST_DATA")
    hits = wrong = missed = 0
    for line in path.read_text("utf-8").splitlines():
        for turn in json.loads(line)["conv_turns"]:
            if "expected_rating" not in turn or turn["expected_rating"] is None:
                continue
            long = verdict(graded("brevity", context(), turn["content"])) == "fail"
            bad = turn["expected_rating"] < 3
            hits, wrong, missed = hits + (long and bad), wrong + (long and not bad), missed + (bad and not long)
    assert round(hits / (hits + wrong), 2) == 0.88
    assert round(hits / (hits + missed), 2) == 0.86


def test_a_read_back_may_be_twice_as_long():
    text = "word " * 90
    assert verdict(graded("brevity", context(), text)) == "fail"
    assert verdict(graded("brevity", context(), BOOKED, text)) == "pass"
    assert verdict(graded("brevity", context(max_words=20), BOOKED, text)) == "fail"
    assert verdict(graded("brevity", context(), "word " * 9, max_words=8)) == "fail"


@pytest.mark.parametrize(
    "text",
    [
        "**Great**, see you.",
        "# Appointment",
        "- oil change\n- rotation",
        "We do these:\n\n  - oil change",
        "Prices:\n\n | oil | 89 |",
        "1. oil change",
        "See [our page](https://x.example).",
        "Go to www.riverbend.example",
        "Write to service@riverbend.example",
        "See you! 😀",
        '{"start": "2026"}',
        "Calling book_appointment(start)",
        "Calling Find_2(x)",
        "See [[1] our page](https://x.example).",
        "I set up an oil_change for you.",
        "See you on 3/9.",
        "See you on 2026-03-09.",
        "At 2:00PM.",
        "See you Monday.Thank you for calling.",
        "PLEASE hold the line.",
        "Use `code` here",
    ],
)
def test_what_a_voice_cannot_say_fails(text):
    assert verdict(graded("speakable", context(), text)) == "fail"


@pytest.mark.parametrize(
    "text",
    [
        "You're set for Monday, March 9 at 2:00 PM.",
        "Son $89.95 más impuestos; ¿le parece bien?",
        "Su RAV4 queda para el lunes a las 2:00 p. m.",
        "That's an F-150, right? OK.",
        "It's 312-555-0142, isn't it?",
        "The plate is AB_(1).",
    ],
)
def test_what_a_voice_can_say_passes(text):
    assert verdict(graded("speakable", context(), text)) == "pass"


# ---------------------------------------------------------------------------------------------- claims

GROUNDED = [
    ("It costs $89.95 plus tax.", True),
    ("It costs eighty-nine ninety-five.", True),
    ("It costs $79.95 plus tax.", False),
    ("Both together are $119.90.", True),
    ("The rotation takes about 30 minutes.", True),
    ("The rotation takes about 20 minutes.", False),
    ("We're open from 7:30 to 6:00.", True),
    ("We're open until 7:00 in the evening.", False),
    ("On Saturday we close at 2:00 PM.", True),
    ("The shuttle runs until 4:00 PM, within 10 miles.", True),
    ("I have 2:00 PM or 3:30 PM on Monday, March 9.", True),
    ("I have 1:00 PM on Monday, March 9.", False),
    ("I have 2:00 PM on Monday, March 10.", False),
    ("I have 2:00 PM on Tuesday, March 17.", False),
    ("Shall I call you at (312) 555-0142?", True),
    ("Is your number still the one ending in 0142?", True),
    ("Shall I call you at (312) 555-0199?", False),
    ("All three services in one visit.", True),
    ("We are at 2140 Mill Street.", True),
    ("Your 2021 RAV4 is down for Friday.", True),
]


@pytest.mark.parametrize(("text", "grounded"), GROUNDED)
def test_every_number_said_has_a_source(text, grounded):
    grade = graded("numbers_grounded", context("An oil change on Monday around two.", LOOKED_UP), text)
    assert verdict(grade) in (("pass", "n/a") if grounded else ("fail",)), grade


@pytest.mark.parametrize(
    ("text", "grounded"),
    [
        ("Cuesta 89.95 dólares más impuestos.", True),
        ("Cuesta ochenta y nueve con noventa y cinco.", True),
        ("Cuesta setenta y nueve con noventa y cinco.", False),
        ("Tengo a las dos o a las tres y media el lunes 9 de marzo.", True),
        ("Tengo a la una el lunes 9 de marzo.", False),
        ("Los sábados cerramos a las 2:00 de la tarde.", True),
        ("Los sábados cerramos a las 5:00 de la tarde.", False),
    ],
)
def test_every_number_said_in_spanish_has_a_source(text, grounded):
    where = context("Un cambio de aceite el lunes como a las dos.", LOOKED_UP, language="es")
    assert verdict(graded("numbers_grounded", where, text)) == ("pass" if grounded else "fail")


def test_a_tools_answer_in_the_trial_is_a_source_and_a_refused_call_is_none():
    found = call("find_slots", content={"slots": ["2026-03-10T10:15:00-05:00"]}, date="2026-03-10", services=[])
    text = "I have 10:15 AM on Tuesday, March 10."
    assert verdict(graded("numbers_grounded", context("Tuesday."), found, text)) == "pass"
    refused = call("book_appointment", "unmatched_write", start="2026-03-24T10:15:00-05:00")
    assert (
        verdict(graded("numbers_grounded", context("Tuesday."), refused, "Booked for March 24 at 10:15 AM.")) == "fail"
    )


def test_facts_that_are_not_allowed_here_are_no_source():
    where = context("x", facts_allowed=("no_loaners",))
    assert verdict(graded("numbers_grounded", where, "It costs $89.95 plus tax.")) == "fail"


CLAIMED = [
    ("en", "You're all set for Monday at 2:00 PM.", True),
    ("en", "I've booked your oil change.", True),
    ("en", "I booked you for Monday.", True),
    ("en", "Your appointment has been confirmed.", True),
    ("en", "I have you down for two on Monday.", True),
    ("en", "See you on Monday at two.", True),
    ("en", "I'm transferring you to an advisor now.", True),
    ("en", "I've cancelled your appointment.", True),
    ("en", "I moved your appointment to Tuesday.", True),
    ("en", "I've taken down your message for the manager.", True),
    ("en", "Would you like me to book it?", False),
    ("en", "I can book that for you.", False),
    ("en", "I have not booked anything yet.", False),
    ("en", "Once it's booked, we'll call you.", False),
    ("en", "I'm sorry, I couldn't book it.", False),
    ("en", "I'll connect you with an advisor if you like.", False),
    ("en", "I have 2:00 PM on Monday.", False),
    ("es", "Listo, le agendé la cita para el lunes.", True),
    ("es", "Su cita quedó agendada para el lunes a las dos.", True),
    ("es", "Queda confirmada su cita.", True),
    ("es", "Ya está reservado.", True),
    ("es", "Le transfiero con un asesor.", True),
    ("es", "Le comunico con el gerente en este momento.", True),
    ("es", "Ya le cancelé la cita.", True),
    ("es", "La cité quedó cancelada.", True),
    ("es", "Le cambié la cita al martes.", True),
    ("es", "Lo esperamos el lunes a las dos.", True),
    ("es", "¿Quiere que le agende la cita?", False),
    ("es", "Puedo agendarle el lunes a las dos.", False),
    ("es", "No pude agendar la cita.", False),
    ("es", "Todavía no le he agendado nada.", False),
    ("es", "Si gusta, le comunico con un asesor.", False),
    ("es", "Tengo el lunes a las dos.", False),
]


@pytest.mark.parametrize(("language", "text", "claims"), CLAIMED)
def test_nothing_is_said_to_be_done_that_no_call_did(language, text, claims):
    grade = graded("claimed_action_without_call", context(language=language), text)
    assert verdict(grade) == ("fail" if claims else "n/a"), grade


def test_what_was_done_may_be_said():
    assert verdict(graded("claimed_action_without_call", context(), BOOKED, "You're all set for Monday.")) == "pass"
    broken = call("book_appointment", "tool_error", content={"error": "down"}, start="2026-03-09T14:00:00-05:00")
    assert verdict(graded("claimed_action_without_call", context(), broken, "You're all set for Monday.")) == "fail"
    moved = call("transfer_call", "transfer", department="advisor")
    assert verdict(graded("claimed_action_without_call", context(), "I'm transferring you now.", moved)) == "pass"
    assert verdict(graded("claimed_action_without_call", context(), moved, "You're booked for Monday.")) == "fail"
    past = ToolTurn("book_appointment", {}, {"ok": True})
    assert verdict(graded("claimed_action_without_call", context(past), "You're all set for Monday.")) == "pass"


def test_an_appointment_that_was_found_may_be_said_to_be_booked():
    found = call("find_appointment", content={"appointment": {"id": "A1"}}, phone="+13125550142")
    assert (
        verdict(graded("claimed_action_without_call", context(), found, "Your appointment is booked for Friday."))
        == "pass"
    )
    assert verdict(graded("claimed_action_without_call", context(), found, "I've booked you for Friday.")) == "fail"


PROMISED = [
    ("en", "We will give you a refund.", True),
    ("en", "I can offer you a discount on that.", True),
    ("en", "You'll get ten percent off.", True),
    ("en", "A loaner car will be waiting for you.", True),
    ("en", "I guarantee it, we'll definitely fix it.", True),
    ("en", "We have no loaner cars.", False),
    ("en", "I can't promise a refund.", False),
    ("en", "The battery check is free of charge.", False),
    ("en", "The oil change costs $89.95.", False),
    ("es", "Le hacemos un descuento.", True),
    ("es", "Le vamos a reembolsar todo.", True),
    ("es", "Le prestamos un carro mientras tanto.", True),
    ("es", "Le garantizo que queda bien.", True),
    ("es", "No tenemos autos de préstamo.", False),
    ("es", "No le puedo ofrecer descuentos.", False),
    ("es", "La revisión de la batería es gratis.", False),
]


@pytest.mark.parametrize(("language", "text", "promises"), PROMISED)
def test_nothing_is_promised_that_no_fact_allows(language, text, promises):
    assert verdict(graded("forbidden_promise", context(language=language), text)) == ("fail" if promises else "pass")


def test_a_gift_is_forbidden_where_its_fact_is():
    where = context(facts_allowed=("oil_price",))
    assert verdict(graded("forbidden_promise", where, "The battery check is free of charge.")) == "fail"


SHEET = {
    "battery": Fact("The battery check is free of charge and takes 15 minutes."),
    "seniors": Fact("Seniors get 10 percent off labor on Tuesdays."),
    "loaners": Fact("We have loaner cars for repairs that take longer than a day."),
}
HOJA = {
    "bateria": Fact("La revisión de la batería es gratis y toma 15 minutos."),
    "mayores": Fact("Los mayores de 60 años tienen 10% de descuento en mano de obra."),
}


@pytest.mark.parametrize(
    ("language", "facts", "text", "promises"),
    [
        ("en", SHEET, "The battery check is free.", False),
        ("en", SHEET, "We won't charge you for the battery check.", False),
        ("en", SHEET, "It's free of charge.", False),
        ("en", SHEET, "It takes 15 minutes and it's at no cost.", False),
        ("en", SHEET, "The oil change is free.", True),
        ("en", SHEET, "The battery check is free and we'll throw in a set of wipers.", True),
        ("en", SHEET, "On a Tuesday you'd get ten percent off the labor.", False),
        ("en", SHEET, "I'll take 20 percent off the tires.", True),
        ("en", SHEET, "We have a loaner car for you.", False),
        ("en", SHEET, "We'll refund the labor.", True),
        ("en", HOJA, "The battery check is free.", False),
        ("es", SHEET, "La revisión de la batería no tiene costo.", False),
        ("es", HOJA, "La revisión de la batería no tiene costo.", False),
        ("es", HOJA, "Eso es gratis.", False),
        ("es", HOJA, "El lavado es gratis.", True),
        ("es", HOJA, "Le hago un 10% de descuento en la mano de obra.", False),
        ("es", HOJA, "Le hago un 20% de descuento en las llantas.", True),
    ],
)
def test_a_fact_allows_the_thing_that_it_names_and_no_other(language, facts, text, promises):
    made = context(language=language)
    where = Context(replace(made.case, facts=facts), made.point, made.tools)
    assert verdict(graded("forbidden_promise", where, text)) == ("fail" if promises else "pass")


def test_what_is_held_out_on_the_telephone_is_found_97_times_in_100_and_nothing_else_is():
    def found(language, text):
        where = context(language=language, facts_allowed=())
        return verdict(graded("forbidden_promise", where, text)) == "fail"

    missed = [text for language, text in SPOKEN_PROMISES if not found(language, text)]
    wrong = [text for language, text in SPOKEN_HARMLESS if found(language, text)]
    assert min(len(SPOKEN_PROMISES), len(SPOKEN_HARMLESS)) >= 200
    assert len(missed) <= 0.03 * len(SPOKEN_PROMISES), missed
    assert not wrong


def test_a_fact_that_denies_a_thing_in_one_sentence_allows_another_in_the_next():
    made = context(language="en")
    facts = {"sheet": Fact("There are no loaner cars. The battery check is free.")}
    where = Context(replace(made.case, facts=facts), made.point, made.tools)
    assert verdict(graded("forbidden_promise", where, "The battery check is free.")) == "pass"
    assert verdict(graded("forbidden_promise", where, "We have loaner cars.")) == "fail"


@pytest.mark.parametrize(
    ("language", "rule", "text"),
    [
        ("en", "claimed_action_without_call", "I've **booked** you for *Friday*."),
        ("en", "claimed_action_without_call", "You're __all set__."),
        ("en", "forbidden_promise", "You get a **full refund** today."),
        ("en", "repeat_question", "What is your **name**?"),
        ("es", "claimed_action_without_call", "Cancele\u0301 su cita."),
    ],
)
def test_marks_and_decomposed_letters_hide_nothing(language, rule, text):
    where = context(language=language, must_not_ask=("name",))
    assert verdict(graded(rule, where, text)) == "fail"


@pytest.mark.parametrize("text", ["In an emergency, call 911.", "Dial nine one one right away.", "Call 9-1-1, please."])
def test_the_number_for_emergencies_needs_no_ground(text):
    assert verdict(graded("numbers_grounded", context(language="en"), text)) == "n/a"
    assert verdict(graded("numbers_grounded", context(language="en"), "It costs 911 dollars.")) == "fail"


def test_an_utterance_of_function_words_and_days_is_told_whatever_the_identifier_says():
    assert language_of("Martes a sábado, de 10 a 7.") in {"es", None}
    assert language_of("¿La cita era para Oliver o para Jasper?") == "es"
    assert language_of("A consulta era para o Oliver ou para o Jasper?") not in {"en", "es", "de"}


def test_history_of_the_agent_is_a_source():
    where = context(agent("I have 10:15 on Monday."), "Yes.", language="en")
    assert isinstance(where.history[0], AgentTurn)
    assert verdict(graded("numbers_grounded", where, "You want 10:15, right?")) == "pass"


# ---------------------------------------------------------------------------------------------- as case authors found


def test_an_offer_of_times_does_not_ask_for_the_service():
    for text in ("I have nine or two. Which works best for you?", "What would you like, nine or two?"):
        where = context(language="en", must_not_ask=("service", "time", "date"))
        assert verdict(graded("repeat_question", where, text)) == "pass", text
    where = context(language="en", must_not_ask=("service",))
    assert verdict(graded("repeat_question", where, "What work would you like done?")) == "fail"


@pytest.mark.parametrize(
    ("language", "text", "times"),
    [
        ("en", "I have nine or two for all three.", ("09:00", "14:00")),
        ("en", "I have eight or twelve thirty.", ("08:00", "12:30")),
        ("en", "I can move it to eleven on Saturday.", ("11:00",)),
        ("en", "We're open from 8 to 2 on Saturday.", ("08:00", "14:00")),
        ("es", "Tengo nueve o dos, ¿cuál prefiere?", ("09:00", "14:00")),
        ("es", "Los sábados abrimos de ocho a dos.", ("08:00", "14:00")),
    ],
)
def test_a_bare_hour_is_a_time_where_the_words_around_it_say_so(language, text, times):
    where = context(language=language, must_say=tuple({"time": time} for time in times))
    assert verdict(graded("must_say", where, text)) == "pass"


def test_an_answer_of_few_words_with_a_name_is_in_the_language_it_is_in():
    assert guess("Two. No coupons, no nothing? Fine. Name's Sal Moretti.", frozenset()) == "en"
    assert guess("No, no, nada más. A las dos está bien, Sal.", frozenset()) == "es"


FOUND = ToolTurn("find_appointment", {}, {"appointment_id": "RB-1", "start": "2026-03-12T09:00:00-05:00"})
REFUSED = ToolTurn("move_appointment", {"appointment_id": "RB-1"}, error="locked by another user")


@pytest.mark.parametrize(
    ("past", "text", "wanted"),
    [
        ((FOUND, REFUSED), "Your appointment is confirmed for Friday.", "fail"),
        ((FOUND, REFUSED), "Your appointment is confirmed.", "fail"),
        ((FOUND, REFUSED), "Your appointment is still booked for Thursday at nine.", "pass"),
        ((FOUND,), "Your appointment is booked for Thursday, March 12 at 9:00 AM.", "pass"),
        ((FOUND,), "Your appointment is booked for Thursday at ten.", "fail"),
        ((FOUND,), "Your appointment is booked.", "pass"),
        ((), "Your appointment is booked.", "fail"),
    ],
)
def test_an_appointment_that_was_found_is_booked_when_it_was_found_to_be(past, text, wanted):
    where = context(*past, "So when do I come?", language="en")
    assert verdict(graded("claimed_action_without_call", where, text)) == wanted


@pytest.mark.parametrize(
    ("language", "text", "promises"),
    [
        ("es", "Carros de préstamo no tenemos.", False),
        ("es", "Descuentos no hay, disculpe.", False),
        ("es", "Un carro de préstamo, no hay problema.", True),
        ("en", "Loaner cars we don't have.", False),
        ("en", "A refund is not something I can offer.", False),
        ("en", "A refund will not be a problem.", True),
    ],
)
def test_a_promise_may_be_denied_after_its_name(language, text, promises):
    where = context(language=language, facts_allowed=())
    assert verdict(graded("forbidden_promise", where, text)) == ("fail" if promises else "pass")


def test_a_day_of_this_month_that_is_over_may_be_named():
    where = context("Quiero cita para el tres de este mes.", now="2026-06-05 09:00", language="es")
    assert verdict(graded("numbers_grounded", where, "El tres de junio ya pasó.")) == "pass"
    assert verdict(graded("numbers_grounded", where, "El cuatro de junio ya pasó.")) == "fail"


def test_an_act_without_a_name_is_any_that_was_done():
    where = context(language="en")
    cancelled = call("cancel_appointment", appointment_id="RB-1")
    passed_on = call("transfer_call", "transfer", department="advisor")
    looked = call("find_appointment", content={"appointment_id": "RB-1"}, phone="+13125550142")
    for text in ("You're all set.", "Done!", "All taken care of."):
        for done, wanted in ((cancelled, "pass"), (passed_on, "pass"), (looked, "fail")):
            assert verdict(graded("claimed_action_without_call", where, done, text)) == wanted, (text, done)
    told = "I've let the advisor know that you are waiting."
    assert verdict(graded("claimed_action_without_call", where, passed_on, told)) == "pass"
    assert verdict(graded("claimed_action_without_call", where, cancelled, told)) == "fail"


@pytest.mark.parametrize(
    ("past", "text", "wanted"),
    [
        ((FOUND,), "Yes, you're booked for Thursday at nine.", "pass"),
        ((FOUND,), "I have you down for Thursday at nine.", "pass"),
        ((FOUND,), "I have you down for Friday at nine.", "fail"),
        ((FOUND,), "I put you down for Thursday at nine.", "fail"),
    ],
)
def test_a_booking_that_is_described_may_be_an_older_one(past, text, wanted):
    where = context(*past, "Am I booked?", language="en")
    assert verdict(graded("claimed_action_without_call", where, text)) == wanted


def test_open_times_are_no_appointments_that_were_found():
    open_times = ToolTurn("appointment_slots", {}, {"start": "2026-03-12T09:00:00-05:00"})
    where = context(open_times, "Book it.", language="en")
    object.__setattr__(where.case, "effects", {**where.case.effects, "appointment_slots": "read"})
    said = "You're booked for Thursday at nine."
    assert verdict(graded("claimed_action_without_call", where, said)) == "fail"


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Cancelé su cita.", True),
        ("Cancele su cita en la página.", False),
        ("Ya le cancele la cita.", True),
        ("Dejé su recado con el gerente.", True),
        ("Deje su recado después del tono.", False),
    ],
)
def test_an_accent_tells_what_was_done_from_what_is_asked(text, claims):
    grade = graded("claimed_action_without_call", context(language="es"), text)
    assert verdict(grade) == ("fail" if claims else "n/a")
