"""The published schemas hold everything we load, and our quick check says what the standard validator says."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from callgate import schemas
from callgate.files import parse_yaml, read_yaml
from callgate.schemas.check import compiled

ROOT = Path(__file__).parents[2]
OURS = ("eval", "case", "world", "results")

CASE = """
title: A case that uses nearly every key
must_pass: true
now: "2026-03-06 16:42"
segments: {language: en, call_type: booking, year: 2026}
caller: {phone: "+13125550142"}
call:
  - agent: How can I help?
    interrupted_after: How can
  - caller: Monday at two.
    heard: Monday at to
    confidence: 0.7
  - tool: find_slots
    args: {date: "2026-03-09"}
    result: {slots: []}
  - id: book
    mode: next_turn
    expect:
      calls: {book: {start: "2026-03-09 14:00"}, hang_up: null}
      forbidden_calls: [cancel, {move: {id: x}}]
      must_say: [{time: "14:00"}, booked, {any_of: [a, {regex: b}]}]
      must_ask: name
      language: es
      act: speak
      handoff: true
      facts_allowed: [oil]
      max_words: 40
    recorded: [{agent: Yes}, {tool: book, args: {}}]
    note: why
labels: [{decision: book, of: recorded, verdict: fail, modes: [wrong_time], cause: prompt, by: tier2, on: 2026-03-10}]
provenance: {call: c-1, anything: goes}
facts: {oil: {text: "$89.95", values: [89.95]}, gone: null, short: Yes}
stubs: [{tool: find_slots, when: {date: {any: true}}, error: down, times: 1}]
effects: {find_slots: read}
status: quarantined until 2026-12-01 because the slot moved
"""
WORLD = "schema: callgate.world/1\ntimezone: America/Chicago\ncall_types: [a, b]\nconfig: {x: {y: [1]}}\npii: synthetic\nsegments: {dealer: d}\n"
EVAL = """
description: d
cases: datasets/x
baseline: {prompt: main, model: a/b}
candidate: prompts/x
models: [a/b, {model: c/d}]
segments: [language, language*call_type]
graders: [{brevity: {max_words: 60}}, own, {other: null}]
gate:
  metrics: [success]
  protect: ["language=es,call_type=booking"]
  margin: {all: 0.05}
  looks: [2, 5, 10]
  weights: [0.1, 0.3, 0.6]
  budget: {dollars: 2.0, minutes: 10}
  accept: [{segment: language=fr, until: 2026-12-01, why: too few}]
"""
RESULT = "{case: a, decision: 1, trial: 0, grader: success, score: 0.5, segments: {language: es}, cluster: null}"
WHOLE = {"case": CASE, "world": WORLD, "eval": EVAL, "results": RESULT}


@pytest.mark.parametrize("name", OURS)
def test_a_schema_is_a_schema_and_a_whole_document_passes_both_checks(name):
    Draft202012Validator.check_schema(schemas.schema(name))
    document = parse_yaml(WHOLE[name], name)
    assert schemas.problems(name, document) == []
    assert list(schemas.validator(name).iter_errors(document.value)) == []


def _paths(value, path=()):
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _paths(inner, (*path, index))


def _changed(value, path, replacement):
    whole = copy.deepcopy(value)
    if not path:
        return replacement
    inner = whole
    for key in path[:-1]:
        inner = inner[key]
    if replacement is KeyError:
        del inner[path[-1]]
    else:
        inner[path[-1]] = replacement
    return whole


ODD = [
    "",
    "x",
    "Language",
    "a b",
    "=",
    0,
    -1,
    1,
    2,
    1.0,
    1.5,
    True,
    False,
    None,
    [],
    {},
    ["x", "x"],
    [[]],
    [None],
    {"x": 1},
    {"": ""},
    {"agent": ""},
    {"time": "x"},
    KeyError,
]


@pytest.mark.parametrize("name", OURS)
def test_the_quick_check_refuses_exactly_what_the_standard_refuses(name):
    value = parse_yaml(WHOLE[name], name).value
    judged = 0
    for path in _paths(value):
        for odd in ODD:
            if not path and odd is KeyError:
                continue
            changed = _changed(value, path, odd)
            ours = schemas._check(name)(changed)
            theirs = schemas.validator(name).is_valid(changed)
            assert bool(ours) == (not theirs), (path, odd, ours)
            judged += bool(ours)
    assert judged > 50


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_the_quick_check_agrees_on_mixed_up_documents(data):
    name = data.draw(st.sampled_from(OURS))
    value = parse_yaml(WHOLE[name], name).value
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(_paths(value))))
        other = data.draw(st.sampled_from(list(_paths(value))))
        part = value
        for key in other:
            part = part[key]
        value = _changed(value, path, copy.deepcopy(part))
    assert bool(schemas._check(name)(value)) == (not schemas.validator(name).is_valid(value))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("segment: {}", "f:1:1: unknown key 'segment'; did you mean 'segments'?"),
        ("kind: cal", "f:1:1: 'cal' is none of call, email, forum, triage; did you mean 'call'?"),
        (
            "call: [{agent: a, interupted_after: b}]",
            "f:1:19: unknown key 'interupted_after'; did you mean 'interrupted_after'?",
        ),
        (
            "call: [{id: a, expect: {act: speek}}]",
            "f:1:25: 'speek' is none of speak, call, handoff, end, any; did you mean 'speak'?",
        ),
        ("call: [{id: a, expect: {must_say: [{tiem: x}]}}]", "f:1:37: unknown key 'tiem'; did you mean 'time'?"),
        ("segments: {language: [es]}", "f:1:12: must be a text, or a whole number or true or false, not a list"),
        (
            "call: [{tool: x, result: 1, confidence: 2}]",
            "f:1:29: unknown key 'confidence'; there are args, error, result, tool",
        ),
        ("call: [{id: a}, {caller: x, confidence: 2}]", "f:1:29: must be at most 1, not 2"),
        ("call: []", "f:1:1: may not be empty"),
        ("must_pass: yes", "f:1:1: must be true or false, not a text ('yes')"),
        ("- a", "f:1:1: must be a mapping, not a list"),
        ("", "f:1:1: must be a mapping, not nothing"),
    ],
)
def test_a_mistake_is_told_at_its_place_with_what_would_be_right(text, said):
    assert said in [str(problem) for problem in schemas.problems("case", parse_yaml(text, "f"))]


def test_a_schema_with_a_word_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="dependentRequired"):
        compiled({"type": "object", "dependentRequired": {}})


def test_the_shipped_files_pass():
    for path in (ROOT / "evals").glob("*.yaml"):
        assert schemas.problems("eval", read_yaml(path)) == []
    for path in (ROOT / "datasets").rglob("_world.yaml"):
        assert schemas.problems("world", read_yaml(path)) == []


def test_the_schemas_are_written_as_json_that_a_person_can_read():
    for name in OURS:
        text = (Path(schemas.__file__).parent / f"{name}.schema.json").read_text("utf-8")
        assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"
