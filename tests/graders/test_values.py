"""Times, dates, amounts, telephone numbers and numbers as people and models say and write them."""

from __future__ import annotations

import pytest

from callgate.graders.values import Day, find


def minutes(clock: str) -> int:
    hours, minute = clock.split(":")
    return int(hours) * 60 + int(minute)


TIMES = {
    "en": [
        ("You're set for 2:00 PM.", "14:00"),
        ("2:00 p.m. works", "14:00"),
        ("at 2 PM", "14:00"),
        ("at 2pm", "14:00"),
        ("14:00", "14:00"),
        ("two in the afternoon", "14:00"),
        ("two thirty in the afternoon", "14:30"),
        ("half past four in the afternoon", "16:30"),
        ("quarter to five in the afternoon", "16:45"),
        ("a quarter past nine in the morning", "09:15"),
        ("five in the evening", "17:00"),
        ("ten past three in the afternoon", "15:10"),
        ("twenty to nine in the morning", "08:40"),
        ("ten o'clock in the morning", "10:00"),
        ("at noon", "12:00"),
        ("12 noon", "12:00"),
        ("12:30 PM", "12:30"),
        ("12:15 AM", "00:15"),
        ("eight oh five a.m.", "08:05"),
        ("7:30 in the morning", "07:30"),
        ("nine forty-five AM", "09:45"),
        ("08:00", "08:00"),
        ("seven at night", "19:00"),
        ("one-thirty PM", "13:30"),
        ("half past twelve in the afternoon", "12:30"),
        ("2 o'clock in the afternoon", "14:00"),
        ("eleven this morning", "11:00"),
        ("4 tomorrow afternoon", "16:00"),
    ],
    "es": [
        ("a las 2:00 de la tarde", "14:00"),
        ("a las dos de la tarde", "14:00"),
        ("a las 2 de la tarde", "14:00"),
        ("a la una y media de la tarde", "13:30"),
        ("a las 14:00", "14:00"),
        ("a las 14:00 horas", "14:00"),
        ("a las 2:00 p. m.", "14:00"),
        ("a las 2 pm", "14:00"),
        ("a las diez y cuarto de la mañana", "10:15"),
        ("cuarto para las tres de la tarde", "14:45"),
        ("un cuarto para las nueve de la mañana", "08:45"),
        ("tres menos cuarto de la tarde", "14:45"),
        ("las cinco menos diez de la tarde", "16:50"),
        ("diez para las cuatro de la tarde", "15:50"),
        ("al mediodía", "12:00"),
        ("a las doce del día", "12:00"),
        ("a las ocho de la mañana", "08:00"),
        ("a las siete y media de la mañana", "07:30"),
        ("a las nueve y veinte de la mañana", "09:20"),
        ("a las ocho de la noche", "20:00"),
        ("a las once en punto de la mañana", "11:00"),
        ("a las 13:30", "13:30"),
        ("once y media de la mañana", "11:30"),
        ("a las 9:15 a.m.", "09:15"),
        ("las tres y cuarenta y cinco de la tarde", "15:45"),
        ("a las doce y media de la tarde", "12:30"),
    ],
}
AMBIGUOUS = {
    "en": [
        "at two",
        "two thirty",
        "half past four",
        "by 9",
        "2:00",
        "How about 10:30?",
        "quarter to five",
        "ten o'clock",
    ],
    "es": [
        "a las dos",
        "la una y media",
        "a las 9",
        "las 10:30",
        "tres menos cuarto",
        "cuarto para las tres",
        "a eso de las cinco",
    ],
}
DATES = {
    "en": [
        ("Monday, March 9", Day(month=3, day=9, weekday=0)),
        ("March 9th", Day(month=3, day=9)),
        ("March ninth", Day(month=3, day=9)),
        ("the ninth of March", Day(month=3, day=9)),
        ("9 March 2026", Day(2026, 3, 9)),
        ("March 9, 2026", Day(2026, 3, 9)),
        ("Monday the 9th", Day(day=9, weekday=0)),
        ("on the ninth.", Day(day=9)),
        ("May twenty-first", Day(month=5, day=21)),
        ("Tuesday", Day(weekday=1)),
        ("tomorrow", Day(offset=1)),
        ("the day after tomorrow", Day(offset=2)),
        ("2026-03-09", Day(2026, 3, 9)),
        ("Sept. 3", Day(month=9, day=3)),
        ("Thursday, the 14th of May", Day(month=5, day=14, weekday=3)),
    ],
    "es": [
        ("lunes 9 de marzo", Day(month=3, day=9, weekday=0)),
        ("el lunes, 9 de marzo de 2026", Day(2026, 3, 9, 0)),
        ("9 de marzo", Day(month=3, day=9)),
        ("nueve de marzo", Day(month=3, day=9)),
        ("dos de noviembre", Day(month=11, day=2)),
        ("el primero de marzo", Day(month=3, day=1)),
        ("el 1º de marzo", Day(month=3, day=1)),
        ("lunes nueve", Day(day=9, weekday=0)),
        ("el día 9", Day(day=9)),
        ("el 14", Day(day=14)),
        ("el miércoles", Day(weekday=2)),
        ("Mañana por la mañana", Day(offset=1)),
        ("pasado mañana", Day(offset=2)),
        ("treinta y uno de mayo", Day(month=5, day=31)),
        ("el martes doce de mayo", Day(month=5, day=12, weekday=1)),
    ],
}
MONEY = {
    "en": [
        ("$89.95", 8995),
        ("It's $49.00.", 4900),
        ("89.95 dollars", 8995),
        ("eighty-nine dollars and ninety-five cents", 8995),
        ("eighty-nine ninety-five", 8995),
        ("twenty-nine ninety five plus tax", 2995),
        ("one hundred nineteen dollars", 11900),
        ("a hundred and forty dollars", 14000),
        ("$1,250", 125000),
        ("49 bucks", 4900),
        ("25 dollars and 50 cents", 2550),
        ("ninety cents", 90),
    ],
    "es": [
        ("$89.95", 8995),
        ("89.95 dólares", 8995),
        ("89,95 dólares", 8995),
        ("ochenta y nueve con noventa y cinco", 8995),
        ("ochenta y nueve dólares con noventa y cinco centavos", 8995),
        ("veintinueve noventa y cinco dólares", 2995),
        ("ciento diecinueve dólares", 11900),
        ("ciento cuarenta dólares", 14000),
        ("25 dólares con 50 centavos", 2550),
        ("cuarenta y nueve dólares", 4900),
        ("$ 159.00", 15900),
        ("veinticinco con cincuenta", 2550),
    ],
}
PHONES = {
    "en": [
        ("(312) 555-0142", "3125550142"),
        ("+1 312 555 0142", "13125550142"),
        ("312-555-0142", "3125550142"),
        ("555-0142", "5550142"),
        ("three one two, five five five, oh one four two", "3125550142"),
        ("three one two triple five oh one double four", "3125550144"),
    ],
    "es": [
        ("312 555 0142", "3125550142"),
        ("tres uno dos, cinco cinco cinco, cero uno cuatro dos", "3125550142"),
        ("tres uno dos triple cinco cero uno cuatro dos", "3125550142"),
        ("312.555.0142", "3125550142"),
    ],
}
NUMBERS = {
    "en": [
        ("about 45 minutes", 45),
        ("forty-five minutes", 45),
        ("within ten miles", 10),
        ("an hour and a half", 1.5),
        ("two and a half hours", 2.5),
        ("one hundred twenty", 120),
        ("12,000 miles", 12000),
    ],
    "es": [
        ("unos 45 minutos", 45),
        ("cuarenta y cinco minutos", 45),
        ("diez millas", 10),
        ("hora y media", 1.5),
        ("dos horas y media", 2.5),
        ("ciento veinte", 120),
        ("12,000 millas", 12000),
    ],
}
NONE = {
    "en": [
        "May I have your name?",
        "Your F-150 or the RAV4 is fine.",
        "Sun is shining.",
        "I will march on.",
        "The noontime crowd.",
        "Would you like me to look?",
    ],
    "es": [
        "¿Me da su nombre?",
        "Con gusto le ayudo.",
        "Su RAV4 está lista.",
        "En la mañana, por favor.",
        "Sí, claro que sí.",
    ],
}


def cases(table):
    return [(language, *entry) for language, entries in table.items() for entry in entries]


def of_kind(text: str, language: str, kind: str):
    return [value for value in find(text, language) if value.kind == kind]


@pytest.mark.parametrize(("language", "text", "clock"), cases(TIMES))
def test_a_time_with_its_part_of_the_day_has_one_reading(language, text, clock):
    (value,) = of_kind(text, language, "time")
    assert value.readings == (minutes(clock),)


@pytest.mark.parametrize(("language", "text"), [(lang, text) for lang, texts in AMBIGUOUS.items() for text in texts])
def test_a_time_without_it_says_that_it_is_ambiguous(language, text):
    (value,) = of_kind(text, language, "time")
    assert value.ambiguous
    morning, evening = sorted(value.readings)
    assert evening - morning == 720


@pytest.mark.parametrize(("language", "text", "day"), cases(DATES))
def test_dates(language, text, day):
    (value,) = of_kind(text, language, "date")
    assert value.readings == (day,)


@pytest.mark.parametrize(("language", "text", "cents"), cases(MONEY))
def test_amounts(language, text, cents):
    (value,) = find(text, language)
    assert (value.kind, value.readings[0]) == ("money", cents)


@pytest.mark.parametrize(("language", "text", "digits"), cases(PHONES))
def test_telephone_numbers(language, text, digits):
    (value,) = of_kind(text, language, "phone")
    assert value.readings == (digits,)


@pytest.mark.parametrize(("language", "text", "number"), cases(NUMBERS))
def test_numbers(language, text, number):
    (value,) = find(text, language)
    assert (value.kind, value.readings[0]) == ("number", number)


@pytest.mark.parametrize(("language", "text"), [(lang, text) for lang, texts in NONE.items() for text in texts])
def test_what_is_no_value_is_none(language, text):
    assert find(text, language) == ()


@pytest.mark.parametrize(
    ("language", "text", "kinds"),
    [
        ("en", "Monday, March 9 at 2:00 PM for $89.95", ["date", "time", "money"]),
        ("en", "from 7:30 in the morning to 6:00 in the evening", ["time", "time"]),
        ("en", "I have 8 AM or 1:30 p.m. on the ninth.", ["time", "time", "date"]),
        ("en", "It takes 45 minutes and costs $29.95.", ["number", "money"]),
        ("es", "el lunes dos de noviembre a las ocho o a la una y media", ["date", "time", "time"]),
        ("es", "¿prefiere las dos o las tres y media?", ["time", "time"]),
        ("es", "el jueves 14 a las nueve y media cuesta $29.95", ["date", "time", "money"]),
        ("es", "de 7:30 de la mañana a 6:00 de la tarde", ["time", "time"]),
        ("es", "mañana a las 8:00 o el viernes a las 13:30", ["date", "time", "date", "time"]),
    ],
)
def test_values_side_by_side_are_told_apart(language, text, kinds):
    assert [value.kind for value in find(text, language)] == kinds


def test_a_span_quotes_the_text_as_it_was_written():
    text = "¿Le queda bien A LAS 2 de la tarde, señor Núñez?"
    (value,) = find(text, "es")
    assert text[value.start : value.end] == value.text == "LAS 2 de la tarde"


def test_many_values_in_one_text_are_each_where_they_stand():
    once = "Monday, March 9 at 2:00 PM for $89.95, call 312-555-0142. "
    alone = find(once, "en")
    assert [value.kind for value in alone] == ["date", "time", "money", "phone"]
    wanted = [(value.kind, value.start + n * len(once), value.readings) for n in range(200) for value in alone]
    assert [(value.kind, value.start, value.readings) for value in find(once * 200, "en")] == wanted


def test_slash_dates_keep_both_readings():
    assert find("on 3/9", "en")[0].readings == (Day(month=3, day=9), Day(month=9, day=3))
    assert find("el 3/9", "es")[0].readings == (Day(month=9, day=3), Day(month=3, day=9))
    assert find("on 3/19", "en")[0].readings == (Day(month=3, day=19),)


def test_a_language_without_a_pack_finds_nothing():
    assert find("o godzinie 14:00", "pl") == ()


def test_a_long_text_full_of_numbers_is_read_in_time():
    text = "five " * 2000 + "1" * 2000 + " one hundred" * 500
    assert isinstance(find(text, "en"), tuple)
