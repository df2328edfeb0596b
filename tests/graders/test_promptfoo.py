"""promptfoo as a grader: its answers are counted and checked, whatever it says of itself."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from stage import ROOT

from callgate.concepts import Failure, Mistake, NotApplicable, Place, Score
from callgate.config import GraderUse
from callgate.evaluate.doctor import diagnosis
from callgate.graders import promptfoo
from callgate.graders.grade import GraderSet

PLACE = Place("evals/x.yaml", 9, 5)
CONTAINS = {"type": "contains", "value": "oil"}
FAKE = """
import json, sys
mode = sys.argv[1]
config = json.load(open(sys.argv[sys.argv.index("-c") + 1]))
def row(test):
    text = test["providerOutput"]
    good = config["defaultTest"]["assert"][0]["value"] in text
    return {
        "testCase": {"metadata": test["metadata"]}, "response": {"output": text}, "failureReason": 0 if good else 1,
        "gradingResult": {"pass": good, "score": float(good), "componentResults": [{"pass": good, "reason": "no oil"}]},
    }
rows = [row(test) for test in config["tests"]][::-1]
first = rows[-1]
if mode == "lost": rows.pop()
if mode == "twice": rows.append(first)
if mode == "changed": first["response"]["output"] = "49"
if mode == "error": first |= {"failureReason": 2, "error": "boom"}
if mode == "broken": first["gradingResult"]["componentResults"][0]["metadata"] = {"graderError": True}
if mode == "nan": first["gradingResult"]["score"] = float("nan")
if mode == "odd": rows.append({"testCase": {"metadata": {"row": float("inf")}}})
if mode == "none": first["gradingResult"]["componentResults"] = []
with open(sys.argv[sys.argv.index("-o") + 1], "wb") as out:
    for one in rows:
        out.write(json.dumps(one, ensure_ascii=False).encode() + b"\\n")
    if mode == "odd": out.write(b'{"\\xff": 1}\\n')
if mode == "half": open(sys.argv[sys.argv.index("-o") + 1], "w").write(json.dumps(rows[0]) + '\\n{"testCase": {"meta')
print("the last thing it says")
sys.exit(100 if mode != "fine" else 0)
"""


def graded(tmp_path: Path, mode: str, texts):
    script = tmp_path / "fake.py"
    script.write_text(FAKE, "utf-8")
    return promptfoo.run(promptfoo.Assertions((CONTAINS,), (sys.executable, str(script), mode)), texts)


@pytest.mark.parametrize("mode", ["fine", "exits 100"])
def test_rows_are_told_apart_by_their_number_and_the_exit_code_says_nothing(tmp_path, mode):
    good, empty, bad = graded(tmp_path, mode, ["an oil change", "  ", "brakes"])
    assert good == Score(1.0, passed=True, why="all assertions hold")
    assert empty == NotApplicable("nothing was said")
    assert bad == Score(0.0, passed=False, why="no oil")


def test_a_row_ends_at_a_newline_alone_and_one_that_is_odd_takes_no_other_with_it(tmp_path):
    texts = ["oil\u2028and\u0085more", "oil \u2029"]
    assert [grade.passed for grade in graded(tmp_path, "odd", texts)] == [True, True]


@pytest.mark.parametrize("text", ["", "[]", "{", '\ufeff{"name": "promptfoo", "version": "9"}'])
def test_its_version_is_looked_for_past_files_that_say_nothing(tmp_path, text):
    program = tmp_path / "node_modules/promptfoo/dist/main.js"
    program.parent.mkdir(parents=True)
    (tmp_path / "node_modules/promptfoo/package.json").write_text('{"name": "promptfoo", "version": "9"}', "utf-8")
    (program.parent / "package.json").write_text(text, "utf-8")
    assert promptfoo.version(["node", str(program)]) == "9"


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("lost", "promptfoo gave 1 of 2 rows: the last thing it says"),
        ("twice", "promptfoo gave 1 of 2 rows"),
        ("half", "promptfoo gave 1 of 2 rows"),
        ("changed", "did not grade the text as it was said"),
        ("error", "promptfoo: boom"),
        ("broken", "promptfoo: no oil"),
        ("nan", "score nan"),
        ("none", "no assertion was graded"),
    ],
)
def test_what_promptfoo_did_not_measure_is_a_failure_of_its_row_alone(tmp_path, mode, said):
    first, second = graded(tmp_path, mode, ["an oil change", "more oil"])
    assert isinstance(first, Failure)
    assert said in first.why
    assert second == Score(1.0, passed=True, why="all assertions hold")


def test_a_program_that_is_not_promptfoo_fails_every_row():
    grades = promptfoo.run(promptfoo.Assertions((CONTAINS,), ("false",)), ["oil"])
    assert grades == [Failure("grader_error", "promptfoo gave 0 of 1 rows")]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "wants a list of assertions"),
        ({"assert": [], "asserts": []}, "has no option 'asserts'"),
        ({"assert": ["contains"]}, "assertion 1 wants a type"),
        ({"assert": [CONTAINS, {"type": "containz"}]}, "assertion 2 is of type 'containz'"),
        ({"assert": [{"type": "containz"}]}, "did you mean 'contains'"),
        ({"assert": [{"type": "llm-rubric", "value": "nice"}]}, "which `judge:` does here"),
        ({"assert": [{"type": "javascript", "value": "file://x.js"}]}, "names a file or a package"),
        ({"assert": [CONTAINS], "blocking": 1}, "blocking wants true or false"),
    ],
)
def test_an_assertion_that_cannot_be_run_is_a_mistake_at_its_place(options, said):
    with pytest.raises(Mistake) as caught:
        GraderSet.of([GraderUse("promptfoo", options, PLACE)], ROOT)
    assert said in str(caught.value)
    assert str(caught.value).startswith("evals/x.yaml:9:5: ")


def test_the_assertions_are_part_of_a_score_and_block_only_where_the_eval_says():
    one = GraderSet.of([GraderUse("promptfoo", {"assert": [CONTAINS]}, PLACE)], ROOT)
    other = GraderSet.of([GraderUse("promptfoo", {"assert": [CONTAINS, CONTAINS], "blocking": True}, PLACE)], ROOT)
    assert one.fingerprints["promptfoo"] != other.fingerprints["promptfoo"]
    assert "promptfoo" not in one.blocking
    assert "promptfoo" in other.blocking


def test_the_doctor_names_packs_and_whether_promptfoo_is_there(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    _, said = diagnosis(tmp_path, graders=True)
    assert re.search(r"^pack es: Spanish, \d+ forms of values, \d+ questions$", said, re.MULTILINE)
    assert said.splitlines()[-1] == promptfoo.ABSENT


def test_promptfoo_itself_grades_a_thousand_replies_in_one_process_with_their_exact_bytes(monkeypatch):
    words = promptfoo.command(ROOT)
    if not words:
        pytest.skip("no promptfoo: `make promptfoo` installs it")
    monkeypatch.setenv("OPENAI_API_KEY", "canary-1234567890")
    odd = [
        "{{ 7*7 }}",
        "file:///etc/hostname",
        "{% raw %}",
        "{{ env.OPENAI_API_KEY }}",
        " x\n",
        '{"a": 1}',
        "[1]",
        "49",
    ]
    odd += ["null", "0", "¿Qué tal? 🚗", "<think>x</think>", "{# c #}", "\u202e\ttab"]
    texts = [*odd, *(f"reply {n}: {{{{ {n} }}}}" for n in range(1000 - len(odd)))]
    shown = json.dumps(odd)
    value = f"{shown}.includes(output) || /^reply [0-9]+: [{{]{{2}} [0-9]+ [}}]{{2}}$/.test(output)"
    started = []
    apart = promptfoo.sandbox
    monkeypatch.setattr(promptfoo, "sandbox", lambda: started.append(1) or apart())
    grades = promptfoo.run(promptfoo.Assertions(({"type": "javascript", "value": value},), words), texts)
    assert [
        (text, grade) for text, grade in zip(texts, grades, strict=True) if not getattr(grade, "passed", False)
    ] == []
    assert len(started) == 1
