"""An expected argument is compared as the tool's schema says, and a difference is told in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callgate.matchers import MATCHERS, MISSING, e164, folded, instant, mismatch, offset_problem, pattern_of

ZONE = "America/Chicago"
MOMENT = {"type": "string", "format": "date-time"}
DAY = {"type": "string", "format": "date"}
PHONE = {"type": "string", "format": "phone"}
TEXT = {"type": "string"}
SERVICES = {"type": "array", "items": {"enum": ["oil_change", "tire_rotation"]}}


def reason(spec, got, schema=None):
    return mismatch(spec, got, schema=schema, timezone=ZONE)


@pytest.mark.parametrize(
    ("spec", "got", "schema"),
    [
        ("2026-03-09 14:00", "2026-03-09T14:00:00-05:00", MOMENT),
        ("2026-03-09 14:00", "2026-03-09T19:00:00Z", MOMENT),
        ("2026-03-09 14:00", "2026-03-09T14:00", MOMENT),
        ("2026-03-09T14:00:00-05:00", "2026-03-09T15:00:00-04:00", MOMENT),
        ("2026-11-01T01:30-06:00", "2026-11-01T07:30:00Z", MOMENT),
        ("2026-03-09", "2026-03-09", DAY),
        ("+13125550142", "(312) 555-0142", PHONE),
        ("+13125550142", "1-312-555-0142", PHONE),
        ("+442071838750", "+44 (0)20 7183 8750", PHONE),
        ("Guadalupe Iñiguez", "guadalupe iniguez", TEXT),
        ("O'Brien", "OBRIEN.", TEXT),
        ("2021 RAV4", "2021 Rav4", TEXT),
        (42, "42", TEXT),
        (["oil_change", "tire_rotation"], ["tire_rotation", "oil_change"], SERVICES),
        (["a", "B"], ["b", "A", "a"], None),
        ("oil_change", "oil_change", {"enum": ["oil_change"]}),
        (5, 5.0, None),
        (True, True, {"type": "boolean"}),
        (None, None, None),
        ({"name": "Dana"}, {"name": "DANA", "more": 1}, {"type": "object"}),
        ("2026-03-09 14:00", "2026-03-09T14:00-05:00", {"anyOf": [{"type": "null"}, MOMENT]}),
        ({"equals": "Dana"}, "Dana", TEXT),
        ({"equals": {"a": [1, 2]}}, {"a": [1.0, 2]}, None),
        ({"one_of": ["2026-03-09 14:00", "2026-03-09 15:00"]}, "2026-03-09T15:00-05:00", MOMENT),
        ({"regex": "^oil"}, "oil change", TEXT),
        ({"any": True}, None, None),
        ({"absent": True}, MISSING, TEXT),
        ({"absent": True}, None, TEXT),
        ({"text": "oil change"}, "Oil-Change!", {"enum": ["x"]}),
        ({"datetime": "2026-03-09 14:00", "minutes": 30}, "2026-03-09T14:30:00-05:00", TEXT),
        ({"date": "2026-03-09"}, "2026-03-10T03:00:00Z", MOMENT),
        ({"time": "14:00"}, "2026-03-09T19:00:00Z", MOMENT),
        ({"time": "14:30"}, "2:30 p.m.", TEXT),
        ({"phone": "312-555-0142"}, "+1 312 555 0142", TEXT),
        ({"vin": "1hgcm82633a004352"}, "1HGCM 82633-A004352", TEXT),
        ({"number": 89.95}, "89.95", TEXT),
        ({"number": 90, "tolerance": 0.05}, 89.95, None),
        ({"set": ["a"]}, ["A"], None),
        ({"superset_of": ["oil_change"]}, ["tire_rotation", "oil_change"], SERVICES),
        ({"text": "x"}, {"text": "X"}, {"type": "object", "properties": {"text": TEXT}}),
    ],
)
def test_what_means_the_same_matches(spec, got, schema):
    assert reason(spec, got, schema) is None


@pytest.mark.parametrize(
    ("spec", "got", "schema", "said"),
    [
        ("2026-03-09 14:00", "2026-03-09T14:00:00-06:00", MOMENT, "60 minutes late"),
        ("2026-03-09 14:00", "2026-03-09T13:30:00-05:00", MOMENT, "30 minutes early"),
        ("2026-03-09 14:00", "2026-03-10T14:00:00-05:00", MOMENT, "another time"),
        ("2026-03-09 14:00", "2026-03-09", MOMENT, "no date with a time"),
        ("2026-03-09 14:00", "next Monday", MOMENT, "no date with a time"),
        ("2026-03-08 03:30", "2026-03-08T02:30:00", MOMENT, "the clocks skip it"),
        ("2026-11-01T01:30-05:00", "2026-11-01T01:30:00", MOMENT, "happens twice"),
        ("2026-11-01 01:30", "2026-11-01T01:30:00-05:00", MOMENT, "the expected time is none"),
        ("2026-03-09", "2026-03-10", DAY, "expected 2026-03-09, got 2026-03-10"),
        ("+13125550142", "+13125550143", PHONE, "expected +13125550142, got +13125550143"),
        ("+13125550142", "my cell", PHONE, "got my cell"),
        ("oil_change", "Oil_Change", {"enum": ["oil_change"]}, "expected oil_change"),
        ("Dana", "Dana W", TEXT, "expected Dana, got Dana W"),
        ("!", "?", TEXT, "expected !"),
        ("Dana", MISSING, TEXT, "expected Dana, missing"),
        ("Dana", 5, TEXT, "got 5"),
        (["oil_change"], ["oil_change", "tire_rotation"], SERVICES, "has also tire_rotation"),
        (["oil_change", "tire_rotation"], ["oil_change"], SERVICES, "lacks tire_rotation"),
        (["oil_change"], "oil_change", SERVICES, "expected a list"),
        (1, True, None, "expected 1, got true"),
        (0, False, None, "expected 0, got false"),
        (5, float("nan"), None, "expected 5"),
        (None, "x", None, "expected null"),
        ({"name": "Dana"}, {"other": 1}, None, "name: expected Dana, missing"),
        ({"name": "Dana"}, "Dana", None, "expected"),
        ({"equals": "Dana"}, "dana", TEXT, "expected Dana, got dana"),
        ({"equals": 1}, True, None, "expected 1, got true"),
        ({"one_of": ["a", "b"]}, "c", TEXT, "expected one of a, b, got c"),
        ({"one_of": ["a", "b"]}, MISSING, TEXT, "got missing"),
        ({"regex": "^oil"}, "no oil", TEXT, "expected a match"),
        ({"regex": "(?=x)"}, "x", TEXT, "RE2 has no lookaround"),
        ({"any": True}, MISSING, TEXT, "expected any value"),
        ({"absent": True}, "", TEXT, "expected no value"),
        ({"datetime": "2026-03-09 14:00", "minutes": 30}, "2026-03-09T14:31:00-05:00", MOMENT, "31 minutes late"),
        ({"date": "2026-03-09"}, "2026-03-10T05:00:00Z", MOMENT, "expected 2026-03-09"),
        ({"time": "14:00"}, "2:00", TEXT, "expected 14:00"),
        ({"vin": "1HGCM82633A004352"}, "1HGCM82633A004353", TEXT, "expected VIN"),
        ({"number": 90, "tolerance": 0.05}, 89.94, None, "± 0.05"),
        ({"number": 1}, True, None, "expected 1"),
        ({"superset_of": ["oil_change"]}, ["tire_rotation"], SERVICES, "lacks oil_change"),
        ({"judge": "is it polite?"}, "x", TEXT, "needs a judge"),
    ],
)
def test_what_differs_is_told_in_words(spec, got, schema, said):
    assert said in str(reason(spec, got, schema))


@pytest.mark.parametrize("name", sorted(MATCHERS - {"absent"}))
def test_no_written_matcher_holds_where_the_argument_is_missing(name):
    value = [] if name in {"one_of", "set", "superset_of"} else 1 if name == "number" else "2026-03-09 14:00"
    assert reason({name: value}, MISSING) is not None


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.integers(-14, 14))  # noqa: DTZ001
def test_one_instant_matches_in_every_offset_and_no_other_instant_does(utc, hours):
    moment = utc.replace(tzinfo=UTC, microsecond=0)
    from datetime import timezone

    elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))
    here = moment.astimezone(ZoneInfo(ZONE))
    assert reason(here.isoformat(), elsewhere.isoformat(), MOMENT) is None
    assert reason(here.isoformat(), (elsewhere + timedelta(minutes=1)).isoformat(), MOMENT) is not None


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001
def test_a_naive_time_is_an_instant_exactly_where_the_zone_has_it_once(local):
    local = local.replace(microsecond=0)
    found = instant(local.isoformat(), ZONE)
    zone = ZoneInfo(ZONE)
    homes = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    homes = {home for home in homes if home.astimezone(zone).replace(tzinfo=None) == local}
    assert isinstance(found, datetime) == (len(homes) == 1)


@given(
    st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.booleans(), st.lists(st.text())),
    st.sampled_from([MOMENT, DAY, PHONE, TEXT, SERVICES, None, {"enum": ["a"]}, {"type": "object"}]),
)
def test_whatever_a_model_sends_is_compared_without_an_error(got, schema):
    for spec in (
        "2026-03-09 14:00",
        "+13125550142",
        ["a"],
        5,
        {"number": 3},
        {"regex": "a+"},
        {"vin": "x"},
        {"time": "14:00"},
    ):
        outcome = reason(spec, got, schema)
        assert outcome is None or outcome


@given(st.text())
def test_folding_is_done_once_and_for_all(text):
    assert folded(folded(text)) == folded(text)


def test_folding_keeps_what_tells_words_apart():
    assert folded("¿Iñiguez,  LUPE?") == "iniguez lupe"
    assert folded("oil-change") == "oil change"
    assert folded("मात्रा") != folded("मत्र")


@pytest.mark.parametrize(
    ("text", "number"),
    [("312.555.0142", "+13125550142"), ("+49 30 901820", "+4930901820"), ("5", None), ("call me", None), ("", None)],
)
def test_a_telephone_number_is_e164_or_none(text, number):
    assert e164(text) == number


def test_an_offset_that_is_not_the_zones_is_told():
    said = offset_problem("2026-03-09T14:00:00-06:00", ZONE)
    assert (
        said == "time 2026-03-09T14:00:00-06:00 does not exist in America/Chicago with that offset (it is -05:00 then)"
    )
    assert offset_problem("2026-03-09T14:00:00-05:00", ZONE) is None
    assert offset_problem("2026-03-09 14:00", ZONE) is None


def test_an_evil_pattern_takes_no_time():
    import time

    begun = time.process_time()
    assert reason({"regex": "(a+)+$"}, "a" * 100_000 + "!", TEXT) is not None
    assert reason({"regex": "(a|a)*b"}, "a" * 100_000, TEXT) is not None
    assert time.process_time() - begun < 0.5
    with pytest.raises(ValueError, match="RE2"):
        pattern_of(r"(a)\1")
