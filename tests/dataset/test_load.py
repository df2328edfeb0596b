"""Cases are read under their world, all mistakes of all files at once, and their digest follows what can be scored."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from callgate.concepts import AgentTurn, CallerTurn, DecisionPoint, ExpectedCall, Fact, Mistake, Place, Stub, ToolTurn
from callgate.dataset import load_cases, read_set

WORLD = """
    timezone: America/Chicago
    now: "2026-05-12 10:05"
    segments: {dealer: riverbend}
    config: {hours: {sat: "08:00-14:00", sun: closed}, services: [a, b]}
    facts: {oil: {text: "$89.95", values: [89.95]}, cars: No loaner cars.}
    effects: {find_slots: read}
"""
CASE = """
    title: Oil change
    segments: {language: en}
    caller: {phone: "+13125550142"}
    call:
      - agent: How can I help?
        interrupted_after: How can
      - caller: Monday at two.
        heard: Monday at to.
        confidence: 0.7
      - tool: find_slots
        args: {date: "2026-03-09", nested: {text: x}}
        result: {slots: []}
      - id: book
        expect: {calls: {book: {start: "2026-03-09 14:00"}}, must_say: done}
        recorded: {tool: book, args: {start: x}, error: taken}
      - caller: So?
      - id: say
        expect: {calls: [hang_up, {book: {a: 1}}, {book: {a: 2}}], forbidden_calls: [cancel], must_not_ask: [name]}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "datasets" / "set").mkdir(parents=True)
    write(tmp_path, "_world", WORLD)
    return tmp_path


def write(project: Path, name: str, text: str, folder: str = "set") -> Path:
    path = project / "datasets" / folder / f"{name}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(dedent(text).lstrip("\n"))
    return path


def one(project: Path, text: str, name: str = "a"):
    write(project, name, text)
    return next(case for case in read_set(project / "datasets" / "set", project).cases if case.id == name)


def problems(project: Path) -> list[str]:
    with pytest.raises(Mistake) as caught:
        load_cases(project / "datasets" / "set", project)
    return [str(problem) for problem in caught.value.problems]


def test_a_case_is_its_turns_in_order(project):
    case = one(project, CASE)
    agent, caller, tool, book, _, say = case.turns
    assert agent == AgentTurn("How can I help?", "How can")
    assert caller == CallerTurn("Monday at two.", "Monday at to.", 0.7)
    assert tool == ToolTurn("find_slots", {"date": "2026-03-09", "nested": {"text": "x"}}, {"slots": []})
    assert isinstance(book, DecisionPoint)
    assert book.recorded == (ToolTurn("book", {"start": "x"}, None, "taken"),)
    assert book.expect.given == ("calls", "must_say")
    assert book.expect.must_say == ("done",)
    assert say.expect.calls == (
        ExpectedCall("hang_up", {}),
        ExpectedCall("book", {"a": 1}),
        ExpectedCall("book", {"a": 2}),
    )
    assert say.expect.forbidden_calls == (ExpectedCall("cancel", {}),)
    assert say.expect.must_not_ask == ("name",)
    assert book.place == Place("datasets/set/a.yaml", 13, 5)
    assert [point.id for point in case.points] == ["book", "say"]


def test_recorded_calls_answer_equal_calls_after_the_stubs_that_are_written(project):
    case = one(project, CASE + "    stubs: [{tool: find_slots, error: down, times: 1}]\n")
    assert case.stubs == (
        Stub("find_slots", {}, None, "down", 1),
        Stub("find_slots", {"date": "2026-03-09", "nested": {"equals": {"text": "x"}}}, {"slots": []}),
        Stub("book", {"start": "x"}, None, "taken"),
    )


def test_a_text_as_caller_is_a_whole_case(project):
    case = one(project, 'caller: ¿A qué hora cierran?\nexpect:\n  must_say: [{time: "14:00"}]\n')
    assert case.turns[0] == CallerTurn("¿A qué hora cierran?")
    (point,) = case.points
    assert (point.id, point.expect.must_say, point.place.line) == ("answer", ({"time": "14:00"},), 2)
    assert case.caller == {}


def test_the_world_is_merged_under_the_case(project):
    write(
        project,
        "_world",
        'config: {hours: {sun: "10:00"}}\nfacts: {cars: null, tea: Tea.}\nsegments: {dealer: lake}',
        "set/deep",
    )
    write(
        project,
        "b",
        "segments: {language: es}\nconfig: {services: [c]}\nfacts: {oil: {text: Ask.}}\ncaller: Hola\nexpect: {max_words: 9}",
        "set/deep",
    )
    (case,) = load_cases(project / "datasets" / "set", project)
    assert case.segments == {"dealer": "lake", "language": "es"}
    assert case.config == {"hours": {"sat": "08:00-14:00", "sun": "10:00"}, "services": ["c"]}
    assert case.facts == {"oil": Fact("Ask."), "tea": Fact("Tea.")}
    assert case.effects == {"find_slots": "read"}


def test_a_world_above_the_folder_that_is_loaded_counts_too(project):
    write(project, "b", "caller: Hola\nexpect: {max_words: 9}", "set/deep")
    (case,) = load_cases(project / "datasets" / "set" / "deep", project)
    assert case.timezone == "America/Chicago"


@pytest.mark.parametrize(
    ("now", "read"),
    [
        ("2026-03-06 16:42", "2026-03-06T16:42"),
        ("2026-03-06T16:42:10-06:00", "2026-03-06T16:42:10"),
        ("2026-11-01T01:30-06:00", "2026-11-01T01:30"),
    ],
)
def test_now_is_local_time_without_its_offset(project, now, read):
    assert one(project, f'now: "{now}"\n' + dedent(CASE)).now == read


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("2026-03-08 02:30", "the clocks skip it"),
        ("2026-11-01 01:30", "the offset must be written"),
        ("2026-03-09T14:00-06:00", "(it is -05:00 then)"),
        ("2026-02-30 10:00", "no date with a time"),
        ("tomorrow", "is not right"),
    ],
)
def test_a_now_that_the_zone_does_not_have_is_refused(project, now, said):
    write(project, "a", f'now: "{now}"\n' + dedent(CASE))
    (problem,) = problems(project)
    assert problem.startswith("datasets/set/a.yaml:1:1: ")
    assert said in problem


def test_the_digest_follows_what_can_be_scored_and_nothing_else(project):
    first = one(project, CASE).digest
    same = (
        "# a comment\n"
        + dedent(CASE).replace("Oil change", "Another title")
        + "ticket: T-1\nlabels: [{decision: book, verdict: fail}]\nnote: n\nmust_pass: true\n"
    )
    assert one(project, same.replace("- id: book", "- note: why\n    id: book")).digest == first
    changes = [
        ("en}", "es}"),
        ("at two", "at three"),
        ("must_say: done", "must_say: ok"),
        ("0142", "0143"),
        ("error: taken", "error: gone"),
        ("interrupted_after: How can", "interrupted_after: How"),
    ]
    digests = {one(project, CASE.replace(*change)).digest for change in changes}
    assert len(digests | {first}) == len(changes) + 1
    for change in (
        ("sun: closed", "sun: open"),
        ("89.95", "99.95"),
        ("10:05", "10:06"),
        ("find_slots: read", "find_slots: write"),
    ):
        write(project, "_world", WORLD.replace(*change))
        assert one(project, CASE).digest != first


def test_a_cluster_is_what_is_written_then_the_source_call_then_the_case(project):
    assert one(project, CASE).cluster == "a"
    assert one(project, CASE + "    provenance: {call: c-7}\n").cluster == "c-7"
    assert one(project, CASE + "    provenance: {call: c-7}\n    cluster: k\n").cluster == "k"


@pytest.mark.parametrize(
    ("status", "runs"),
    [
        ("active", True),
        ("draft", False),
        ("retired because the shop closed", False),
        ("quarantined until 2026-12-01 because it flips", False),
    ],
)
def test_only_active_cases_run(project, status, runs):
    write(project, "b", CASE)
    case = one(project, CASE + f"    status: {status}\n")
    assert case.status == status.split()[0]
    assert ("a" in [active.id for active in load_cases(project / "datasets" / "set", project)]) is runs


def test_one_bad_file_hides_no_others_problems(project):
    write(project, "a", "call: [")
    write(project, "b", "titel: x\n" + dedent(CASE))
    write(project, "c", CASE)
    write(project, "d", "segments: {language: en}\n")
    write(project, "E F", CASE)
    said = problems(project)
    assert [line.split(":")[0] for line in said] == [f"datasets/set/{name}.yaml" for name in ("E F", "a", "b", "d")]
    assert "did you mean 'title'?" in said[2]
    assert "needs 'caller' (a text) with 'expect', or 'call'" in said[3]


def test_a_mistake_in_the_world_is_told_once_and_not_for_every_case(project):
    write(project, "_world", "timezon: America/Chicago\nfacts: [a]")
    write(project, "a", CASE)
    write(project, "b", CASE)
    assert problems(project) == [
        "datasets/set/_world.yaml:1:1: unknown key 'timezon'; did you mean 'timezone'?",
        "datasets/set/_world.yaml:2:1: must be a mapping, not a list",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("caller: Hi\n", "nothing"),
        (
            "caller: Hi\nexpect: {max_words: 3}\ncall: [{caller: x}, {id: a}]\n",
            "datasets/set/a.yaml:3:1: 'caller' is a text, which already is the whole call",
        ),
        ("call: [{caller: x}]\n", "no decision: nothing is asked"),
        ("call: [{caller: x}, {id: a}, {caller: y}, {id: a}]\n", "decision 'a' stands twice"),
        ("call: [{caller: x}, {id: a}]\nexpect: {max_words: 3}\n", "belongs to a case whose 'caller' is a text"),
        ("call: [{tool: x, result: 1, error: 2}, {id: a}]\n", "a result or an error, not both"),
        ("caller: Hi\nexpect: {}\ntimezone: Mars/Olympus\n", "'Mars/Olympus' is no time zone"),
        ("caller: Hi\nexpect: {}\ntimezone: ../../etc/passwd\n", "is no time zone"),
        ("simulat: {goal: x}\ncaller: Hi\n", "unknown key 'simulat'"),
        ("simulate: {goal: x}\n", "'final_state' is missing"),
        (
            "simulate: {goal: x, final_state: {a: 1}}\ncaller: Hi\n",
            "beside 'simulate' it is what is known of the caller",
        ),
        ("call: [{caller: x}, {id: a, mode: continuation}]\n", "mode continuation needs a simulated caller"),
        (
            "simulate: {goal: x, final_state: {a: 1}}\ncall: [{caller: x}, {id: a, mode: continuation}, {caller: y}]\n",
            "its decision must be the last turn",
        ),
        ("caller: Hi\nstatus: quarantined\n", "is not right"),
        ("schema: callgate.case/2\ncaller: Hi\n", "none of callgate.case/1"),
    ],
)
def test_a_case_that_cannot_be_meant_is_refused(project, text, said):
    write(project, "a", text)
    if said == "nothing":
        assert load_cases(project / "datasets" / "set", project)[0].points[0].expect.given == ()
        return
    assert any(said in line for line in problems(project))


def test_an_id_is_unique_in_the_whole_set(project):
    write(project, "a", CASE)
    write(project, "a", CASE, "set/deep")
    assert problems(project) == ["datasets/set/deep/a.yaml:1:1: case 'a' stands already in datasets/set/a.yaml"]


def test_an_empty_set_is_a_mistake(project):
    assert problems(project) == ["datasets/set:1:1: holds no case"]


def test_cases_in_a_form_that_is_not_read_are_never_passed_over(project):
    write(project, "a", CASE)
    (project / "datasets" / "set" / "more.json").write_text("{}")
    assert "not read: cases stand in files" in problems(project)[0]


def test_a_link_out_of_the_project_is_refused(project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("elsewhere") / "a.yaml"
    outside.write_text(dedent(CASE))
    (project / "datasets" / "set" / "a.yaml").symlink_to(outside)
    assert "outside the project" in problems(project)[0]


def test_a_case_without_a_clock_says_where_it_may_stand(project):
    (project / "datasets" / "set" / "_world.yaml").unlink()
    write(project, "a", CASE)
    assert [line.split(": ", 1)[1] for line in problems(project)] == [
        "'now' is missing, here and in _world.yaml",
        "'timezone' is missing, here and in _world.yaml",
    ]


def test_the_shipped_set_loads():
    root = Path(__file__).parents[2]
    assert len(load_cases(root / "datasets" / "receptionist", root)) >= 25
