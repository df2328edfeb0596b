"""What is wrong in a golden set beyond its schema is told at its place; what is right passes."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from callgate.concepts import Place, Prompt, Tool
from callgate.config import load_eval
from callgate.dataset import read_set
from callgate.dataset.calls import matcher_problem, saying_problem
from callgate.dataset.lint import clearance, lint

ROOT = Path(__file__).parents[2]
GRADED = {
    **dict.fromkeys(
        ("calls", "forbidden_calls", "must_say", "must_not_say", "must_not_ask", "language", "act", "references"),
        "rule",
    ),
    **dict.fromkeys(("extra_args", "facts_allowed"), ""),
}
SERVICES = {"type": "array", "items": {"enum": ["oil_change", "tire_rotation"]}}
TOOLS = (
    Tool(
        "find_slots",
        "",
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {"date": {"type": "string", "format": "date"}, "services": SERVICES},
        },
    ),
    Tool(
        "book_appointment",
        "",
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "start": {"type": "string", "format": "date-time"},
                "services": SERVICES,
                "name": {"type": "string"},
                "count": {"type": "integer"},
            },
        },
    ),
)
PROMPT = Prompt(
    "v1", "prompts/v1", "Say it so: we are open on Saturday from eight until two, and closed on Sunday.", TOOLS
)
WORLD = """
    timezone: America/Chicago
    now: "2026-03-06 16:42"
    call_types: [booking, cancel]
    facts: {oil: {text: "$89.95", values: [89.95]}}
    effects: {find_slots: read}
"""
CASE = """
    segments: {language: en, call_type: booking}
    call:
      - caller: I need an oil change on Monday at two, please.
      - tool: find_slots
        args: {date: "2026-03-09", services: [oil_change]}
        result: {slots: ["2026-03-09T14:00:00-05:00"]}
      - id: look
        expect: {calls: {find_slots: {date: "2026-03-09"}}}
        recorded: {agent: Two is free.}
      - caller: Good, thanks.
      - id: book
        expect:
          calls: {book_appointment: {start: "2026-03-09 14:00", services: [oil_change]}}
          forbidden_calls: [find_slots]
          must_say: [{time: "14:00"}]
          references: ["You are booked."]
          facts_allowed: [oil]
        recorded: {agent: Done.}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "datasets").mkdir()
    write(tmp_path, "_world", WORLD)
    return tmp_path


def write(project: Path, name: str, text: str) -> None:
    (project / "datasets" / f"{name}.yaml").write_text(dedent(text).lstrip("\n"))


def linted(project: Path, *, prompts=(PROMPT,), **more) -> list[str]:
    return [
        str(problem) for problem in lint(read_set(project / "datasets", project), prompts, graded_by=GRADED, **more)
    ]


def test_a_sound_case_has_no_problem(project):
    write(project, "a", CASE)
    assert linted(project) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "call_type: booking",
            "call_type: bookin",
            "a.yaml:1:26: call_type 'bookin' is not declared in _world.yaml; did you mean 'booking'?",
        ),
        (
            "language: en",
            "language: es-419",
            "a.yaml:1:12: language 'es-419' must be a primary subtag: language: es, locale: es-419",
        ),
        (
            "calls: {book_appointment:",
            "calls: {book_apointment:",
            "a.yaml:13:15: no prompt has the tool 'book_apointment'; did you mean 'book_appointment'?",
        ),
        (
            "forbidden_calls: [find_slots]",
            "forbidden_calls: [find_slot]",
            "a.yaml:14:25: no prompt has the tool 'find_slot'",
        ),
        ("{start: ", "{strat: ", "book_appointment has no argument 'strat'; did you mean 'start'?"),
        (
            "services: [oil_change]}}\n",
            "services: [oil_chang]}}\n",
            "the tool does not take 'oil_chang'; did you mean 'oil_change'?",
        ),
        (
            "services: [oil_change]}}\n",
            "services: oil_change}}\n",
            "the tool does not take it: 'oil_change' is not of type 'array'",
        ),
        ("services: [oil_change]}}\n", "count: many}}\n", "'many' is not of type 'integer'"),
        ("services: [oil_change]}}\n", "name: {txt: Dana}}}\n", "'txt' is no matcher; did you mean 'text'?"),
        ("services: [oil_change]}}\n", "name: {regex: '(?=x)'}}}\n", "RE2 has no lookaround"),
        ("services: [oil_change]}}\n", "name: {judge: polite}}}\n", "'judge' is not graded yet"),
        ("services: [oil_change]}}\n", "services: {superset_of: [oil]}}}\n", "the tool does not take 'oil'"),
        (
            '"2026-03-09 14:00"',
            '"2026-03-09 14:30"',
            "a.yaml:13:34: no stub and no recorded call offers 2026-03-09 14:30",
        ),
        ('"2026-03-09 14:00"', '"2026-03-08 02:30"', "the clocks skip it"),
        ('"2026-03-09 14:00"', '"2026-03-09T14:00-06:00"', "(it is -05:00 then)"),
        ('"2026-03-09 14:00"', "Monday at two", "is no date with a time"),
        (
            '"2026-03-09T14:00:00-05:00"',
            '"2026-03-09T14:00:00-06:00"',
            "a.yaml:6:5: time 2026-03-09T14:00:00-06:00 does not exist in America/Chicago with that offset",
        ),
        (
            '{find_slots: {date: "2026-03-09"}}',
            '{find_slots: {date: "2026-03-10"}}',
            "find_slots is expected here, but no stub and no recorded call answers it",
        ),
        ('{find_slots: {date: "2026-03-09"}}', '{find_slots: {date: "2026-03-39"}}', "is no date such as"),
        ('{time: "14:00"}', '{time: "25:00"}', "a.yaml:15:18: '25:00' is no time such as 14:00"),
        ('{time: "14:00"}', "{regex: '('}", "regex"),
        ("facts_allowed: [oil]", "facts_allowed: [oill]", "no fact 'oill'; did you mean 'oil'?"),
        ('must_say: [{time: "14:00"}]', "must_ask: [name]", "a.yaml:15:7: no grader knows 'must_ask' yet"),
        (
            'expect: {calls: {find_slots: {date: "2026-03-09"}}}',
            "expect: {extra_args: forbid}",
            "a.yaml:7:5: nothing grades decision 'look'",
        ),
        (
            'expect: {calls: {find_slots: {date: "2026-03-09"}}}',
            "note: x",
            "a.yaml:7:5: nothing grades decision 'look'",
        ),
        (
            "caller: Good, thanks.",
            "agent: Done?",
            "a.yaml:11:5: the agent has just spoken: decision 'book' must come after the caller or a tool",
        ),
        ("recorded: {agent: Two is free.}", "note: x", "a.yaml:10:5: what was done at decision 'look' is missing"),
        (
            "  recorded: {agent: Done.}",
            "  recorded: {agent: Done.}\nlabels: [{decision: bok, verdict: pass}]",
            "no decision 'bok' in this case; did you mean 'book'?",
        ),
        (
            "  recorded: {agent: Done.}",
            "  recorded: {agent: You are BOOKED}\nlabels: [{decision: book, verdict: fail}]",
            "which is labelled fail",
        ),
        (
            '"You are booked."',
            '"Oh, we are open on Saturday from eight until two."',
            "stands in prompts/v1: 'are open on saturday from eight until two'",
        ),
        (
            "Good, thanks.",
            "Good, so we are open on Saturday from eight until two.",
            "a.yaml:1:1: has words of its caller that stand in prompts/v1",
        ),
        (
            "  recorded: {agent: Done.}",
            "  recorded: {agent: We are open on Saturday from eight until two.}\nlabels: [{decision: book, verdict: pass}]",
            "decision 'book' has a good answer that stands in prompts/v1",
        ),
        (
            "  recorded: {agent: Done.}",
            "  recorded: {agent: Done.}\n    forced: {agent: Done.}\nlabels: [{decision: book, verdict: fail}]",
            "goes on with its recorded turn as 'forced', which is labelled fail",
        ),
        ("Good, thanks.", "Good, call me on 312-867-5309.", "a.yaml:10:5: holds a telephone number"),
        ("Good, thanks.", "Good, mail dana@gmail.com.", "a.yaml:10:5: holds an e-mail address"),
        ("segments:", "pii: unreviewed\nsegments:", "a.yaml:1:1: unreviewed"),
        ("segments:", "effects: {find_slot: read}\nsegments:", "a.yaml:1:11: no prompt has the tool 'find_slot'"),
        ("segments:", "stubs: [{tool: find_slot}]\nsegments:", "a.yaml:1:10: no prompt has the tool 'find_slot'"),
        ("segments:", "stubs: [{tool: find_slots, when: {day: x}}]\nsegments:", "find_slots has no argument 'day'"),
        (
            "segments:",
            "status: quarantined until 2026-11-01 because x\nsegments:",
            "the quarantine was over on 2026-11-01",
        ),
    ],
)
def test_what_cannot_be_right_is_told(project, old, new, said):
    assert dedent(CASE).count(old) >= 1
    (project / "datasets" / "a.yaml").write_text(dedent(CASE).lstrip("\n").replace(old, new))
    found = linted(project, today="2026-11-20")
    assert any(said in line for line in found), found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('start: "2026-03-09 14:00"', "start: {any: true}"),
        ('start: "2026-03-09 14:00"', 'start: {one_of: ["2026-03-09 14:00", "2026-03-09 15:00"]}'),
        ("services: [oil_change]}}\n", "name: {regex: '^D'}}}\n"),
        ("services: [oil_change]}}\n", "count: {number: 3, tolerance: 1}}}\n"),
        ("Good, thanks.", "Good, call +1 (312) 555-0142 or write to a@example.com, order 2026-03-09."),
        ('{find_slots: {date: "2026-03-09"}}', "{find_slots: null}"),
        ('{find_slots: {date: "2026-03-09"}}', "{find_slots: {date: {any: true}}}"),
    ],
)
def test_what_can_be_right_is_left_alone(project, old, new):
    assert old in dedent(CASE)
    (project / "datasets" / "a.yaml").write_text(dedent(CASE).lstrip("\n").replace(old, new))
    assert linted(project) == []


def test_a_tool_that_one_prompt_knows_is_enough(project):
    write(project, "a", CASE)
    assert linted(project, prompts=(Prompt("v0", "prompts/v0", "Hi"), PROMPT)) == []
    older = Tool("book_appointment", "", {"type": "object", "properties": {"when": {"type": "string"}}})
    assert linted(project, prompts=(Prompt("v0", "prompts/v0", "Hi", (TOOLS[0], older)), PROMPT)) == []


def test_drafts_and_retired_cases_are_left_alone(project):
    broken = CASE.replace("book_appointment", "nope")
    write(project, "a", broken + "    status: draft\n")
    write(project, "b", broken + "    status: retired because x\n")
    assert linted(project) == []


def test_invented_people_may_have_any_number(project):
    write(project, "a", CASE.replace("Good, thanks.", "312-867-5309") + "    pii: synthetic\n")
    assert linted(project) == []


def test_a_case_that_is_another_but_for_names_and_numbers_is_told(project):
    write(project, "a", CASE.replace("Good, thanks.", "Good, thanks, my name is Dana, I have 2 cars."))
    write(project, "b", CASE.replace("Good, thanks.", "Good, thanks, my name is Pedro, I have 3 cars."))
    write(project, "c", CASE.replace("Good, thanks.", "Good, but my wife also needs something."))
    assert linted(project) == [
        "datasets/b.yaml:1:1: the same words as a but for names and numbers: change it, or give both one 'cluster'"
    ]
    for name in ("a", "b"):
        path = project / "datasets" / f"{name}.yaml"
        path.write_text(path.read_text() + "cluster: k\n")
    assert linted(project) == []


def test_a_mistake_in_the_world_is_told_once_for_all_its_cases(project):
    write(project, "_world", WORLD.replace("{find_slots: read}", "{find_slots: read, find_slot: read}"))
    write(project, "a", CASE)
    write(project, "b", CASE.replace("on Monday at two", "whenever there is time"))
    assert linted(project) == [
        "datasets/_world.yaml:5:29: no prompt has the tool 'find_slot'; did you mean 'find_slots'?"
    ]


@pytest.fixture
def spec(project):
    (project / "evals").mkdir()
    path = project / "evals" / "x.yaml"
    path.write_text(
        "cases: datasets\nbaseline: v1\ncandidate: v1\nmodels: [a/b]\nsegments: [language, langage]\ngate: {protect: [language=en, language=es]}\n"
    )
    return load_eval(path, project)


def test_segments_that_no_case_has_are_told_where_they_are_named(project, spec):
    write(project, "a", CASE)
    assert linted(project, spec=spec) == [
        "evals/x.yaml:5:22: no case has the segment 'langage'; did you mean 'language'?",
        "evals/x.yaml:6:31: no case is in the protected segment language=es; did you mean 'language=en'?",
    ]


def test_groups_too_small_to_clear_say_how_many_cases_they_lack(project, spec):
    for number in range(26):
        write(
            project, f"a{number}", CASE.replace("{language: en,", "{language: en," if number < 24 else "{language: es,")
        )
    cases = read_set(project / "datasets", project).active
    assert clearance(cases, spec) == [
        "language=en: 24 cases, cannot be cleared: 1 more case",
        "language=es: 2 cases, cannot be cleared: 23 more cases",
    ]


def test_cases_of_one_call_count_as_one(project, spec):
    for number in range(26):
        write(project, f"a{number}", CASE + "    cluster: k\n")
    assert (
        clearance(read_set(project / "datasets", project).active, spec)[0]
        == "all: 26 cases, cannot be cleared: 24 more cases"
    )


@pytest.mark.parametrize(
    ("saying", "right"),
    [
        ("any text", True),
        ({"time": "2 PM"}, True),
        ({"time": 14}, False),
        ({"date": "2026-02-29"}, False),
        ({"money": 89.95}, True),
        ({"money": "cheap"}, False),
        ({"phone": "312-555-0142"}, True),
        ({"phone": "x"}, False),
        ({"claim": "a loaner car is available"}, True),
        ({"any_of": ["a", {"time": "25:00"}]}, False),
    ],
)
def test_a_saying_that_can_never_be_found_is_told(saying, right):
    assert (saying_problem(saying) is None) is right


def test_a_matcher_inside_an_object_is_checked_too():
    schema = {"type": "object", "properties": {"day": {"type": "string", "format": "date"}}}
    assert matcher_problem({"day": "2026-03-09"}, schema, "America/Chicago") is None
    assert "day: " in str(matcher_problem({"day": "Monday"}, schema, "America/Chicago"))


def test_problems_are_sorted_and_each_is_told_once(project):
    write(project, "b", CASE.replace("facts_allowed: [oil]", "facts_allowed: [x]"))
    write(project, "a", CASE.replace("facts_allowed: [oil]", "facts_allowed: [x]").replace("oil change on", "thing on"))
    found = lint(read_set(project / "datasets", project), [PROMPT], graded_by=GRADED)
    assert [problem.place for problem in found] == [Place("datasets/a.yaml", 17, 7), Place("datasets/b.yaml", 17, 7)]
