"""Rules on tickets: each label, a strict answer by the scheme, and no rule of speech on what a program reads."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from stage import ROOT, context, graded, played, verdict

from callgate.concepts import NotApplicable
from callgate.dataset.schemes import scheme_of
from callgate.graders.grade import GraderSet, success
from callgate.graders.registry import RULES
from callgate.graders.seen import Context

SCHEME = scheme_of(
    {
        "categories": ["billing", "login", "other"],
        "priorities": ["urgent", "normal", "low"],
        "routes": ["on_call", "desk", "nobody"],
        "out_of_scope": "other",
        "agree": [
            {"if": {"category": "other"}, "then": {"route": "nobody", "priority": ["low", "normal"]}},
            {"if": {"route": "on_call"}, "then": {"priority": "urgent"}},
        ],
    }
)
RIGHT = {"category": "billing", "priority": "urgent", "route": "on_call", "confidence": 0.9}


def ticket(**answer: str) -> Context:
    wanted = answer or {key: value for key, value in RIGHT.items() if key != "confidence"}
    where = context("CHARGED TWICE!", segment="en", answer=wanted)
    return Context(replace(where.case, kind="triage", scheme=SCHEME), where.point)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ""),
        ({"reason": "more keys are no harm"}, ""),
        ({"category": "bill"}, "'bill' is not among the categories; did you mean 'billing'?"),
        ({"category": ["billing"]}, "is not among the categories"),
        ({"priority": None}, "None is not among the priorities"),
        ({"route": ...}, "no route"),
        ({"confidence": ...}, "no confidence"),
        ({"confidence": 1.01}, "confidence lies between 0 and 1, not 1.01"),
        ({"confidence": -0.1}, "confidence lies between 0 and 1"),
        ({"confidence": True}, "confidence lies between 0 and 1, not True"),
        ({"confidence": "0.9"}, "confidence lies between 0 and 1, not '0.9'"),
        ({"confidence": 1}, ""),
        ({"priority": "normal"}, "priority normal does not go with route on_call: urgent does"),
        ({"category": "other", "route": "desk", "priority": "low"}, "route desk does not go with category other"),
    ],
)
def test_an_answer_is_whole_and_its_labels_go_together(change, said):
    answer = {key: value for key, value in {**RIGHT, **change}.items() if value is not ...}
    grade = graded("structured_output", ticket(), json.dumps(answer))
    assert verdict(grade) == ("fail" if said else "pass")
    assert said in grade.why


@pytest.mark.parametrize(
    "text",
    [
        "",
        "billing",
        f"Sure: {json.dumps(RIGHT)}",
        f"```json\n{json.dumps(RIGHT)}\n```",
        "[]",
        '{"category": "billing", "category": "login"}',
        '{"confidence": NaN}',
    ],
)
def test_what_is_no_json_object_has_no_label_and_is_wrong(text):
    for rule in ("structured_output", "category_right", "priority_right", "route_right"):
        assert verdict(graded(rule, ticket(), text)) == "fail", rule


def test_each_label_is_held_against_the_truth_and_only_where_one_is_expected():
    text = json.dumps({**RIGHT, "priority": "low"})
    assert [verdict(graded(f"{field}_right", ticket(), text)) for field in ("category", "priority", "route")] == [
        "pass",
        "fail",
        "pass",
    ]
    assert graded("priority_right", ticket(), text).why == "priority urgent expected, was 'low'"
    only = ticket(category="login")
    assert [verdict(graded(f"{field}_right", only, text)) for field in ("category", "priority", "route")] == [
        "fail",
        "n/a",
        "n/a",
    ]


def test_rules_of_speech_have_nothing_to_say_of_a_ticket_and_those_of_tickets_nothing_of_a_call():
    graders, trial = GraderSet.of((), ROOT), played(json.dumps(RIGHT))
    grades = graders.grade(ticket(), trial)
    spoke = {name for name, grade in grades.items() if not isinstance(grade, NotApplicable)}
    assert {"structured_output", "category_right", "priority_right", "route_right"} <= spoke
    assert not spoke & {name for name, rule in RULES.items() if "triage" not in rule.kinds}
    assert {"speakable", "brevity", "language_match", "numbers_grounded"} <= {
        n for n, r in RULES.items() if "triage" not in r.kinds
    }
    assert success(grades, graders.blocking).passed
    on_a_call = graders.grade(context("hello there you"), trial)
    assert all(isinstance(on_a_call[name], NotApplicable) for name in ("category_right", "structured_output"))
    assert not isinstance(on_a_call["speakable"], NotApplicable)
