"""The graders of an eval: options checked at their place, success as defined, own graders apart."""

from __future__ import annotations

import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from stage import LOOKED_UP, ROOT, call, context, played, verdict

from callgate.concepts import Expect, Failure, Mistake, NotApplicable, Place, Score, Trial, TrialId
from callgate.config import GraderUse
from callgate.graders.custom import Row, read_custom, run, sandbox, unrunnable
from callgate.graders.grade import GraderSet, success
from callgate.graders.registry import GRADED_BY, RULES, UNGRADED

PLACE = Place("evals/x.yaml", 13, 3)
GOOD, BAD, LOST, NONE = (
    Score(1.0, passed=True),
    Score(0.0, passed=False, why="no"),
    Failure("timeout", "x"),
    NotApplicable("x"),
)
DEFAULTS = GraderSet.of((), ROOT)
HEAD = "from callgate.concepts import Score\nfrom callgate.graders.custom import grader\n"

TWICE = "graded twice: it started another process, or wrote where grades go"


def use(name: str, **options) -> GraderUse:
    return GraderUse(name, options, PLACE)


def project(tmp_path: Path, source: str) -> Path:
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals" / "graders.py").write_text(HEAD + source, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("grades", "wanted"),
    [
        ([GOOD, GOOD], "pass"),
        ([GOOD, NONE], "pass"),
        ([NONE, NONE], "n/a"),
        ([], "n/a"),
        ([GOOD, LOST], "Failure"),
        ([NONE, LOST], "Failure"),
        ([BAD, LOST], "fail"),
        ([GOOD, BAD], "fail"),
    ],
)
def test_success_fails_before_it_is_missing_and_is_missing_before_it_passes(grades, wanted):
    named = {f"g{n}": grade for n, grade in enumerate(grades)}
    assert verdict(success(named, named)) == wanted


def test_only_blocking_graders_enter_success():
    assert verdict(success({"a": GOOD, "b": BAD, "c": LOST}, ["a"])) == "pass"
    assert success({"must_say": BAD}, ["must_say"]).why == "must_say: no"


def test_every_key_of_expect_is_graded_or_said_not_to_be():
    keys = set(Expect.__dataclass_fields__) - {"given"}
    assert keys - set(GRADED_BY) - UNGRADED == set()
    assert set(GRADED_BY.values()) <= {*RULES, "judge"}


def test_all_rules_are_on_and_every_one_has_its_fingerprint():
    assert {bound.rule.id for bound in DEFAULTS.rules} == set(RULES) == set(DEFAULTS.fingerprints)
    assert "brevity" not in DEFAULTS.blocking
    assert "language_match" in DEFAULTS.blocking


def test_an_option_changes_the_fingerprint_of_its_grader_alone():
    tuned = GraderSet.of([use("brevity", max_words=20)], ROOT)
    changed = {name for name, value in tuned.fingerprints.items() if value != DEFAULTS.fingerprints[name]}
    assert changed == {"brevity"}


def test_an_eval_may_say_what_blocks():
    assert "brevity" in GraderSet.of([use("brevity", blocking=True)], ROOT).blocking
    assert "must_say" not in GraderSet.of([use("must_say", blocking=False)], ROOT).blocking


@pytest.mark.parametrize(
    ("graders", "said"),
    [
        ([use("brevety")], "unknown grader 'brevety'; did you mean 'brevity'?"),
        ([use("brevity", max_word=3)], "brevity has no option 'max_word'; did you mean 'max_words'?"),
        ([use("brevity", max_words="many")], "brevity: max_words wants a whole number, not 'many'"),
        ([use("brevity", max_words=True)], "brevity: max_words wants a whole number, not True"),
        ([use("tool_called", x=1)], "tool_called has no option 'x'; it has none"),
        ([use("brevity", blocking="yes")], "brevity: blocking wants true or false, not 'yes'"),
        ([use("judge")], "judge needs rubric and model"),
        ([use("judge", rubric="prompts/none.md", model="m")], "rubric 'prompts/none.md' cannot be read"),
        ([use("judge", rubric="../x.md", model="m")], "rubric '../x.md' cannot be read"),
        ([use("judge", rubric="prompts/judges/faithfulness.md", model="m", votes=0)], "votes wants 1 to 9"),
        (
            [use("judge", rubric="prompts/judges/faithfulness.md", model="m", blocking=True)],
            "a judge does not enter `success`, where people's labels could not correct it",
        ),
        ([use("offers_open_slots")], "did you mean 'offers_open_slot'?"),
        ([use("offers_open_slot", tols="x")], "has no option 'tols'; did you mean 'tool'?"),
    ],
)
def test_a_misspelt_grader_or_option_is_a_mistake_at_its_place(graders, said):
    with pytest.raises(Mistake) as caught:
        GraderSet.of(graders, ROOT)
    assert str(caught.value).startswith("evals/x.yaml:13:3: ")
    assert said in str(caught.value)


def test_all_mistakes_come_at_once():
    with pytest.raises(Mistake) as caught:
        GraderSet.of([use("brevety"), use("speakable", allow="ABC")], ROOT)
    assert len(caught.value.problems) == 2


def test_a_judge_advises_and_brings_the_claims_with_it():
    graders = GraderSet.of([use("judge", rubric="prompts/judges/faithfulness.md", model="sim/judge", votes=3)], ROOT)
    assert [judge.id for judge in graders.judges] == ["judge:faithfulness", "judge:claims"]
    assert not {judge.id for judge in graders.judges} & graders.blocking


def test_a_trial_that_was_not_measured_has_its_failure_for_every_grader():
    failed = Trial(TrialId("candidate", "m", "case", "here", 0), (), LOST)
    assert set(DEFAULTS.grade(context("x"), failed).values()) == {LOST}


def test_a_grader_that_breaks_fails_its_own_grade_only():
    broken = context("x", must_say=({"date": "not a date"},))
    grades = DEFAULTS.grade(broken, played("See you on Monday, March 9."))
    assert grades["must_say"].kind == "grader_error"
    assert verdict(grades["speakable"]) == "pass"


def test_a_good_booking_passes_whole():
    where = context(
        "Monday at two.",
        LOOKED_UP,
        calls={"book_appointment": {"start": "2026-03-09 14:00", "services": ["oil_change"], "name": "Dana Whitfield"}},
        must_say=({"time": "14:00"},),
        must_not_ask=("name", "time"),
        language="en",
    )
    booked = call("book_appointment", start="2026-03-09T14:00:00-05:00", services=["oil_change"], name="Dana Whitfield")
    grades = DEFAULTS.grade(where, played(booked, "You're all set for Monday, March 9 at 2:00 PM, Dana."))
    assert {name: grade for name, grade in grades.items() if verdict(grade) not in {"pass", "n/a"}} == {}
    assert verdict(success(grades, DEFAULTS.blocking)) == "pass"


def test_grading_a_trial_takes_a_bounded_number_of_calls():
    """Ten thousand trials take under 10 s of CPU; `make bench-graders` measures it. Calls are the same everywhere."""
    where = context("Monday at two.", LOOKED_UP, must_say=({"time": "14:00"},), must_not_ask=("name",))
    trials = [
        played(
            call("book_appointment", start="2026-03-09T14:00:00-05:00", services=["oil_change"], name=f"Dana {n}"),
            f"You're all set for Monday, March 9 at 2:00 PM, Dana {n}. Anything else I can do for you?",
        )
        for n in range(60)
    ]
    DEFAULTS.grade(where, trials.pop())
    made = 0

    def count(_frame, event, _arg):
        nonlocal made
        made += event in {"call", "c_call"}

    sys.setprofile(count)
    for trial in trials:
        DEFAULTS.grade(where, trial)
    sys.setprofile(None)
    assert made / len(trials) < 3600


# ---------------------------------------------------------------------------------------------- one's own graders


def shipped(where, *steps):
    graders = GraderSet.of([use("offers_open_slot")], ROOT)
    (grades,) = run(graders.customs, [Row(where.case, where.point, played(*steps))])
    return grades["offers_open_slot"]


def test_the_shipped_grader_sees_an_offer_that_no_tool_made():
    es = context("El lunes.", LOOKED_UP, segment="es")
    en = context("Monday.", LOOKED_UP)
    graders = GraderSet.of([use("offers_open_slot")], ROOT)
    found = call("find_slots", content={"slots": ["2026-03-10T10:15:00-05:00"]}, date="2026-03-10", services=[])
    said = [
        (en, ["I have 2:00 PM or 3:30 PM. Which would you like?"], "pass"),
        (en, ["How about 1:00 PM?"], "fail"),
        (en, ["I have two o'clock on Monday."], "pass"),
        (en, ["We're open from 7:30 to 6:00."], "n/a"),
        (en, ["I'm sorry, one o'clock is no longer available."], "n/a"),
        (en, [found, "I have 10:15 on Tuesday."], "pass"),
        (en, ["I have 10:15 on Tuesday."], "fail"),
        (en, ["May I have your name?"], "n/a"),
        (es, ["Tengo a las dos o a las tres y media, ¿cuál prefiere?"], "pass"),
        (es, ["¿Le queda bien a la una?"], "fail"),
        (es, ["No tengo nada a la una."], "n/a"),
        (es, ["Los sábados cerramos a las dos."], "n/a"),
    ]
    rows = [Row(where.case, where.point, played(*steps)) for where, steps, _ in said]
    assert [verdict(grades["offers_open_slot"]) for grades in run(graders.customs, rows)] == [want for *_, want in said]
    failed = shipped(en, "How about 1:00 PM?")
    assert failed.why == "offered 1:00 PM, which find_slots did not return"
    assert failed.evidence[0].text == "1:00 PM"


def test_a_grader_gets_no_environment_and_no_network(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "canary-1234567890")
    root = project(
        tmp_path,
        """
import os, socket
@grader
def nosy(case, decision, reply, *, port: int = 0):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        reached = True
    except OSError:
        reached = False
    try:
        with open(f"/proc/{os.getppid()}/environ", "rb") as other:
            reached = bool(other.read()) or reached
    except OSError:
        pass
    return Score(float(not reached), passed=not reached, why=repr(dict(os.environ)))
""",
    )
    where = context("x")
    with socket.create_server(("127.0.0.1", 0)) as server:
        graders = GraderSet.of([use("nosy", port=server.getsockname()[1])], root)
        (grades,) = run(graders.customs, [Row(where.case, where.point, played("Hello."))])
    assert "canary" not in grades["nosy"].why
    assert "OPENAI" not in grades["nosy"].why
    words, note = sandbox()
    assert bool(words) is not bool(note)
    assert grades["nosy"].passed is bool(words)


def test_a_grader_that_crashes_fails_its_own_rows_only(tmp_path):
    root = project(
        tmp_path,
        """
import os
@grader
def brittle(case, decision, reply, *, limit: int = 2):
    print("noise that must not reach the answers")
    if reply.text == "raise":
        raise ValueError("broken")
    if reply.text == "exit":
        os._exit(3)
    if reply.text == "number":
        return 0.5
    return Score(1.0, passed=len(reply.text) > limit, why=reply.text)

@grader
def steady(case, decision, reply):
    return Score(1.0, passed=True, why=f"{case.id} {decision.id} {len(reply.calls)}")
""",
    )
    graders = GraderSet.of([use("brittle", limit=3), use("steady")], root)
    where = context("x")
    made = call("find_slots", date="2026-03-09", services=[])
    trials = [played("Hello."), played("raise"), played("exit"), played("number"), played(made, "Bye")]
    results = run(graders.customs, [Row(where.case, where.point, trial) for trial in trials])
    assert [verdict(grades["brittle"]) for grades in results] == ["pass", "Failure", "Failure", "Failure", "fail"]
    assert [grades["steady"].why for grades in results] == ["case here 0"] * 4 + ["case here 1"]
    assert results[1]["brittle"].why == "ValueError: broken"
    assert results[2]["brittle"].kind == "grader_error"


def test_a_grader_that_hangs_is_stopped_and_after_three_times_not_run_again(tmp_path, monkeypatch):
    monkeypatch.setattr("callgate.graders.custom.SECONDS_A_ROW", 1)
    source = """
@grader
def stubborn(case, decision, reply):
    while reply.text != "quick":
        try:
            while True:
                pass
        except Exception:
            pass
    return Score(1.0, passed=True)
"""
    graders, where = GraderSet.of([use("stubborn")], project(tmp_path, source)), context("x")
    trials = [played(text) for text in ("quick", "a", "b", "quick", "c", "d", "quick")]
    results = run(graders.customs, [Row(where.case, where.point, trial) for trial in trials])
    late, over = "took longer than 1 s", "not run: it was late 3 times before"
    assert [grades["stubborn"].why for grades in results] == ["", late, late, "", late, over, over]


def test_a_grade_reaches_its_own_row_whatever_a_grader_does(tmp_path):
    source = """
import os, sys
@grader
def eats(case, decision, reply):
    sys.stdin.readline()
    return Score(1.0, passed=True, why=reply.text)

@grader
def forks(case, decision, reply, *, words=[]):
    case.facts.clear()
    words.append(reply.text)
    if reply.text == "b":
        os.fork()
    return Score(1.0, passed=True, why=" ".join(words))

@grader
def looks(case, decision, reply):
    return Score(1.0, passed=True, why=str(bool(case.facts)))

@grader
def too_much(case, decision, reply):
    return Score(10**400, passed=True)
"""
    root, where = project(tmp_path, source), context("x")
    graders = GraderSet.of([use(name) for name in ("eats", "forks", "looks", "too_much")], root)
    results = run(graders.customs, [Row(where.case, where.point, played(text)) for text in "abc"])
    assert results[0]["eats"].why == "a"
    assert [type(grades["forks"]).__name__ for grades in results] == ["Score", "Failure", "Failure"]
    assert results[0]["forks"].why == "a"
    assert results[0]["looks"].why == str(bool(where.case.facts))
    assert all(
        grade.why in {text, TWICE} for grades, text in zip(results, "abc", strict=True) for grade in [grades["eats"]]
    )
    assert {type(grades["too_much"]).__name__ for grades in results} == {"Failure"}


def test_what_a_grader_starts_is_ended_with_it(tmp_path, monkeypatch):
    monkeypatch.setattr("callgate.graders.custom.SECONDS_A_ROW", 1)
    monkeypatch.setattr("callgate.graders.custom.SECONDS_MORE", 3)
    source = """
import os, time
@grader
def lingers(case, decision, reply):
    if os.fork() == 0:
        open(reply.text, "w").write(str(os.getpid()))
        time.sleep(600)
    return Score(1.0, passed=True)
"""
    told, where = tmp_path / "pid", context("x")
    graders = GraderSet.of([use("lingers")], project(tmp_path, source))
    run(graders.customs, [Row(where.case, where.point, played(str(told)))])

    def runs() -> bool:
        with suppress(OSError):
            return "State:\tZ" not in Path(f"/proc/{told.read_text()}/status").read_text()
        return False

    until = time.monotonic() + 60
    while runs() and time.monotonic() < until:
        time.sleep(0.05)
    assert not runs()


def test_a_file_that_hangs_when_it_is_read_fails_its_graders(tmp_path, monkeypatch):
    monkeypatch.setattr("callgate.graders.custom.SECONDS_A_ROW", 1)
    root, where = (
        project(tmp_path, "while True: pass\n@grader\ndef one(case, decision, reply):\n    pass\n"),
        context("x"),
    )
    (grades,) = run(GraderSet.of([use("one")], root).customs, [Row(where.case, where.point, played("Hi."))])
    assert grades["one"].why == "cannot be run: it took longer than 1 s"


def test_a_file_that_cannot_be_run_fails_its_graders(tmp_path):
    root = project(tmp_path, "import nothing_of_that_name\n@grader\ndef one(case, decision, reply):\n    return 1\n")
    where = context("x")
    (grades,) = run(GraderSet.of([use("one")], root).customs, [Row(where.case, where.point, played("Hi."))])
    assert "ModuleNotFoundError" in grades["one"].why


ONE = "@grader\ndef one(case, decision, reply):\n    return 1\n"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("X = 1\nimport nothing_of_that_name\n" + ONE, "4:1: cannot be run: ModuleNotFoundError: No module named"),
        ("def boom():\n    return 1 / 0\nboom()\n" + ONE, "4:1: cannot be run: ZeroDivisionError: division by zero"),
        ("raise SystemExit\n" + ONE, "3:1: cannot be run: SystemExit"),
        ("X = 1\nreturn 1\n" + ONE, "4:1: cannot be run: SyntaxError: 'return' outside function"),
        ("raise ValueError('\\ud800\\n!')\n" + ONE, "3:1: cannot be run: ValueError: \\ud800 !"),
        ("class E(Exception):\n    __str__ = None\nraise E\n" + ONE, "5:1: cannot be run: E"),
        ("while True: pass\n" + ONE, "3:1: cannot be run: it took longer than 1 s"),
        ("import os\nos._exit(0)\n" + ONE, "1:1: cannot be run: it ended its process"),
        ("def plain(f):\n    return lambda *a: f(*a)\n@plain\n" + ONE, "1:1: one: no grader any more when the file"),
    ],
)
def test_a_file_that_breaks_is_told_at_its_line_before_it_grades(tmp_path, monkeypatch, source, said):
    monkeypatch.setattr("callgate.graders.custom.SECONDS_A_ROW", 1)
    graders = GraderSet.of([use("one")], project(tmp_path, source))
    (problem,) = unrunnable(graders.customs)
    assert str(problem).startswith(f"evals/graders.py:{said}")


def test_a_file_that_runs_has_nothing_to_tell(tmp_path):
    source = """
from dataclasses import dataclass
print("hello")

@dataclass
class Ours:
    words: int = 1

class Proxy:
    def __getattr__(self, name):
        raise RuntimeError(name)

proxy = Proxy()
"""
    root = project(tmp_path, source + ONE)
    file = root / "evals/graders.py"
    file.write_text("\ufeff" + file.read_text("utf-8"), "utf-8")
    assert unrunnable(GraderSet.of([use("one")], root).customs) == []
    assert unrunnable([]) == []


def test_each_grader_that_is_gone_when_the_file_is_run_is_named(tmp_path):
    source = ONE + ONE.replace("one", "two") + "del one, two\n"
    (problem,) = unrunnable(GraderSet.of([use("one"), use("two")], project(tmp_path, source)).customs)
    assert problem.message.startswith("one, two: no grader any more")


def test_the_grader_of_the_page_grades_as_it_says(tmp_path):
    page = (ROOT / "docs/own-graders.md").read_text("utf-8")
    source = page.partition("```python\n")[2].partition("```")[0]
    (written,) = yaml.safe_load(page.partition("```yaml\n")[2].partition("```")[0])["graders"]
    graders = GraderSet.of(
        [GraderUse(name, options, Place("e")) for name, options in written.items()], project(tmp_path, source)
    )
    assert graders.blocking >= {"names_the_shop"}
    where, made = context("x"), call("find_slots", date="2026-03-09", services=[])
    trials = [played("Riverbend Motors, hello."), played("Hello."), played(made)]
    results = run(graders.customs, [Row(where.case, where.point, trial) for trial in trials])
    assert [verdict(grades["names_the_shop"]) for grades in results] == ["pass", "fail", "n/a"]
    assert results[1]["names_the_shop"].why == "does not name Riverbend Motors"


def test_an_own_grader_may_not_have_the_name_of_one_that_is_built_in(tmp_path):
    root = project(tmp_path, "@grader\ndef must_say(case, decision, reply):\n    return Score(0.0, passed=False)\n")
    with pytest.raises(Mistake, match=r"must_say is a grader that is built in, and one of evals/graders\.py"):
        GraderSet.of([use("must_say")], root)
    assert "must_say" in GraderSet.of([], root).ids


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("@grader\ndef one(case, reply):\n    pass", "three parameters"),
        ("@grader\ndef one(case, decision, reply, *args):\n    pass", "three parameters"),
        ("@grader\ndef one(case, decision, reply, *, fact):\n    pass", "option fact has no default"),
        ("@grader\ndef one(case, decision, reply, *, fact=str(1)):\n    pass", "not a literal"),
        ("@grader\ndef one(case, decision, reply, *, fact={1, 2}):\n    pass", "not a literal that JSON knows"),
        ("@grader\nasync def one(case, decision, reply):\n    pass", "async"),
        ("def broken(:", "not Python"),
    ],
)
def test_a_signature_is_checked_without_running_the_file(tmp_path, source, said):
    root = project(tmp_path, "raise SystemExit('ran')\n" + source + "\n")
    with pytest.raises(Mistake) as caught:
        read_custom(root / "evals" / "graders.py")
    assert said in str(caught.value)
    assert str(caught.value).startswith("evals/graders.py:")


def test_editing_the_file_changes_its_graders_fingerprints(tmp_path):
    root = project(tmp_path, "@grader\ndef one(case, decision, reply, *, a=1):\n    return 1\n")
    first = GraderSet.of([use("one")], root).fingerprints["one"]
    assert GraderSet.of([use("one", a=1)], root).fingerprints["one"] == first
    assert GraderSet.of([use("one", a=2)], root).fingerprints["one"] != first
    with (root / "evals" / "graders.py").open("a") as source:
        source.write("# changed\n")
    assert GraderSet.of([use("one")], root).fingerprints["one"] != first
