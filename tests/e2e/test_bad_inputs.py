"""Nothing that is wrong or was not measured exits 0; each says what it is in one line, with its place."""

import re
import threading

import pytest
from scratch import small

from loopback import Answer, Loopback, failing, saying
from simulated import simulated

EVAL = "evals/receptionist.yaml"
WORLD = "datasets/receptionist/_world.yaml"
OWN = "evals/graders.py"
CASE = "datasets/receptionist/en-book-half-past-six.yaml"
PROMPT = "prompts/receptionist/v3/prompt.md"
NOTHING = "segments: {language: en, call_type: booking}\ncaller: Hello?\nexpect: {}\n"
TYPO = "segments: {language: en, call_type: boking}\ncaller: Hello?\nexpect: {language: en}\n"


def _only(project, *kept):
    for path in (project.root / "datasets/receptionist").iterdir():
        if path.name not in kept:
            path.unlink()


MISTAKES = {
    "no cases": (lambda p: _only(p, "_world.yaml"), "datasets/receptionist:1:1: holds no case"),
    "empty folder": (_only, "datasets/receptionist:1:1: holds no case"),
    "protected segment": (
        lambda p: p.edit(EVAL, "[call_type=booking]", "[call_type=sales]"),
        f"{EVAL}:14:13: no case is in the protected segment call_type=sales",
    ),
    "key": (
        lambda p: p.edit(EVAL, "metrics:", "metric:"),
        f"{EVAL}:13:3: unknown key 'metric'; did you mean 'metrics'?",
    ),
    "grader": (
        lambda p: p.edit(EVAL, "brevity:", "brevty:"),
        f"{EVAL}:9:5: unknown grader 'brevty'; did you mean 'brevity'?",
    ),
    "own grader": (
        lambda p: p.edit(EVAL, "offers_open_slot", "offer_open_slot"),
        f"{EVAL}:11:5: unknown grader 'offer_open_slot'; did you mean 'offers_open_slot'?",
    ),
    "an own grader's file": (
        lambda p: p.edit(OWN, "@grader", "1 / 0\n\n\n@grader"),
        f"{OWN}:22:1: cannot be run: ZeroDivisionError: division by zero",
    ),
    "segment": (
        lambda p: p.edit(EVAL, "segments: [language,", "segments: [langage,"),
        f"{EVAL}:7:12: no case has the segment 'langage'; did you mean 'language'?",
    ),
    "attribute of a case": (
        lambda p: p.edit(CASE, "call_type: booking", "call_typ: booking"),
        f"{CASE}:2:26: unknown segment 'call_typ'; did you mean 'call_type'?",
    ),
    "a case without an attribute": (
        lambda p: p.edit(CASE, "language: en, ", ""),
        f"{CASE}:2:1: no 'language' in this case's segments, and the eval receptionist compares by it",
    ),
    "language of a case": (
        lambda p: p.edit(CASE, "language: en,", "language: sp,"),
        f"{CASE}:2:12: 'sp' is no language of ISO 639-1, such as es or en",
    ),
    "a case of another ending": (
        lambda p: (p.root / CASE).rename(p.root / "datasets/receptionist/b.YAML"),
        "datasets/receptionist/b.YAML:1:1: not read: cases stand in files whose names end in .yaml, .jsonl or .csv",
    ),
    "a linked folder": (
        lambda p: (p.root / "datasets/receptionist/more").symlink_to(p.root / "prompts"),
        "datasets/receptionist/more:1:1: a link to a folder is not followed: put the cases here, or take it away",
    ),
    "a name that writes a line": (
        lambda p: p.write("datasets/receptionist/a\n::error::b.yaml", TYPO),
        r"datasets/receptionist/a\n::error::b.yaml:1:1: 'a\n::error::b' is no id",
    ),
    "judge of a decision": (
        lambda p: p.edit(CASE, "      must_not_ask", "      judge: [faithfulnes]\n      must_not_ask"),
        "wants the judge 'faithfulnes'; did you mean 'faithfulness'?",
    ),
    "call type of a case": (
        lambda p: p.write("datasets/receptionist/typo.yaml", TYPO),
        "datasets/receptionist/typo.yaml:1:26: call_type 'boking' is not declared in _world.yaml; did you mean 'booking'?",
    ),
    "variable": (
        lambda p: p.edit(PROMPT, "\n", "\nWe are {{config.dealer_nam}}.\n"),
        f"{PROMPT}:2:8: unknown name {{{{config.dealer_nam}}}} for case en-ask-loaner-like-the-neighbor; did you mean 'config.dealer_name'?",
    ),
    "metric": (
        lambda p: p.edit(EVAL, "[success]", "[sucess]"),
        f"{EVAL}:13:13: unknown metric 'sucess'; did you mean 'success'?",
    ),
    "expectation": (
        lambda p: p.edit(CASE, "must_not_ask", "must_not_aks"),
        f"{CASE}:11:7: unknown key 'must_not_aks'; did you mean 'must_not_ask'?",
    ),
    "tool": (
        lambda p: p.edit(CASE, "book_appointment: {", "book_apointment: {"),
        f"{CASE}:23:15: no prompt has the tool 'book_apointment'; did you mean 'book_appointment'?",
    ),
    "nothing grades it": (
        lambda p: p.write("datasets/receptionist/nothing.yaml", NOTHING),
        "datasets/receptionist/nothing.yaml:3:1: nothing grades decision 'answer': say in 'expect' what is right",
    ),
    "a saying that says nothing": (
        lambda p: p.write("datasets/receptionist/nothing.yaml", NOTHING.replace("{}", '{must_say: [{claim: " "}]}')),
        "datasets/receptionist/nothing.yaml:3:21: says nothing",
    ),
    "nothing to say": (
        lambda p: p.write("datasets/receptionist/nothing.yaml", NOTHING.replace("{}", "{calls: []}")),
        "datasets/receptionist/nothing.yaml:3:10: calls is empty and asks for nothing: `other_calls: forbid` says",
    ),
    "prompt": (
        lambda p: p.edit(EVAL, "receptionist/v3", "receptionist/v33"),
        f"{EVAL}:5:1: there is no prompt 'prompts/receptionist/v33'; did you mean 'receptionist/v3'?",
    ),
    "rubric": (
        lambda p: p.edit(EVAL, "faithfulness.md", "faith.md"),
        f"{EVAL}:10:5: judge: rubric 'prompts/judges/faith.md'",
    ),
    "simulated model": (
        lambda p: p.edit(EVAL, "sim/receptionist-small", "sim/receptionist-smal"),
        "sim/receptionist-smal: there is no such simulated model; did you mean 'sim/receptionist-small'?",
    ),
    "not YAML": (lambda p: p.edit(EVAL, "models: [", "models: [["), f"{EVAL}:7:1: not YAML: "),
}


@pytest.mark.parametrize("command", ["validate", "eval"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_file_exits_2_and_is_told_in_one_line_with_its_place(project, mistake, command):
    spoil, line = MISTAKES[mistake]
    spoil(project)
    ran = project.run(command, "receptionist")
    told = [each for each in ran.said.splitlines() if line in each]
    assert ran.code == 2, ran.said
    assert len(told) == 1, ran.said
    assert "Traceback" not in ran.said
    if command == "eval":
        assert ran.err.strip() == told[0], "one mistake is one line"
        assert not (project.root / "reports").exists()


def test_claims_that_no_judge_reads_are_counted_aloud(project):
    assert "graded by nobody" not in project.run("validate", "receptionist").out
    text = (project.root / EVAL).read_text("utf-8")
    kept = [line for line in text.splitlines() if "judge" not in line]
    (project.root / EVAL).write_text("\n".join(kept) + "\n", "utf-8")
    ran = project.run("validate", "receptionist")
    assert ran.code == 0, ran.said
    assert re.search(r"note: receptionist: \d+ claims? under must_say .* graded by nobody: no judge", ran.out)


def test_several_mistakes_are_told_at_once_each_on_its_line(project):
    for mistake in ("nothing grades it", "attribute of a case", "variable", "metric", "tool"):
        MISTAKES[mistake][0](project)
    ran = project.run("validate")
    assert ran.code == 2
    assert len([line for line in ran.out.splitlines() if re.match(r"\S+:\d+:\d+: ", line)]) == 5, ran.out
    assert ran.out.splitlines()[-1].endswith("5 mistakes")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("eval", "recepcionist"), "no eval 'recepcionist'"),
        (("eval", "receptionist", "--case", "es-cita"), "--case es-cita: no such case"),
        (("eval", "receptionist", "--segment", "language=pt"), "--segment language=pt: no case has it"),
        (("eval", "receptionist", "--segment", "es"), "--segment 'es': 'es' is not NAME=VALUE"),
        (("eval", "receptionist", "--failed"), "--failed: there is no whole run of receptionist yet"),
        (("eval", "receptionist", "--candidate", "prompts/receptionist/v7"), "--candidate:1:1: there is no prompt"),
        (("eval", "receptionist", "--model", "sim/nonesuch"), "sim/nonesuch: there is no such simulated model"),
        (("show", "last"), "there is no run yet"),
        (("compare", "nowhere.csv", "nowhere.csv"), "nowhere.csv:1:1: no such file of results"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistake_on_the_command_line_exits_2_with_one_line(project, words, line):
    ran = project.run(*words)
    assert ran.code == 2
    assert line in ran.err
    assert len(ran.err.splitlines()) == 1, ran.err
    assert ran.out == ""


@pytest.mark.parametrize("obstacle", ["a file", "a folder in a report's place"])
def test_reports_that_cannot_be_written_are_told_before_anything_is_asked(project, obstacle):
    if obstacle == "a file":
        (project.root / "reports").write_text("")
    else:
        (project.root / "reports/receptionist/decision.json").mkdir(parents=True)
    ran = project.run("eval", "receptionist")
    assert ran.code == 2
    assert "Traceback" not in ran.said
    assert ran.err.startswith(str(project.root / "reports"))
    assert not project.root.joinpath("reports").is_file() or ran.err.count("\n") == 1


def test_a_defect_of_its_own_never_reads_as_a_verdict(monkeypatch, capsys):
    from callgate import cli

    def broken(**_):
        raise RuntimeError("this is no verdict")

    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(SystemExit) as caught:
        cli.main([])
    assert caught.value.code == 3
    assert "this is no verdict" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["base.json", "base.jsonl", "base.csv"])
def test_results_that_nest_without_end_are_no_defect(project, name):
    project.write(name, "[" * 100_000)
    ran = project.run("compare", name, name)
    assert ran.code == 2
    assert "Traceback" not in ran.said
    assert f"{name}:1" in ran.err


def test_a_ledger_that_breaks_is_one_line_and_no_verdict(project):
    ran = project.run("eval", "receptionist", "--case", "en-book-half-past-six")
    assert ran.code in {0, 4}, ran.said
    ledger = project.root / ".callgate" / "ledger.db"
    content = bytearray(ledger.read_bytes())
    content[4096:] = bytes(len(content) - 4096)  # the first page still says that it is one
    ledger.write_bytes(content)
    ran = project.run("eval", "receptionist", "--case", "en-book-half-past-six")
    assert ran.code in {2, 3}, ran.said
    assert "Traceback" not in ran.said
    assert "move it away to begin a new one" in ran.err
    assert len(ran.err.strip().splitlines()) == 1, ran.err


def test_outside_a_project_it_says_so(tmp_path, project):
    elsewhere = tmp_path.parent / "elsewhere"
    elsewhere.mkdir()
    ran = type(project)(elsewhere).run("eval")
    assert ran.code == 2
    assert "no evals/ folder" in ran.err


# ---------------------------------------------------------------------------------------- what was not measured

LIVE = ("eval", "receptionist", "--model", "openai/anything")
BAD_REPLIES = {
    "it fails": (failing(500, "boom"), "provider_error: HTTP 500: boom"),
    "it hangs up": (Answer(b"", manner="reset"), "provider_error: no answer: "),
    "it sends a page": (Answer(b"<html>busy</html>"), "malformed: no chat completion"),
}


@pytest.fixture
def three(tmp_path):
    project = small(tmp_path, ("en-ask-loaner-like-the-neighbor", "en-book-half-past-six", "es-mover-por-nombre"))
    project.edit(EVAL, "protect: [call_type=booking]", "protect: []")
    return project


@pytest.mark.parametrize("manner", BAD_REPLIES)
def test_replies_that_never_come_make_the_run_incomplete_and_the_same_command_completes_it(three, manner):
    bad, why = BAD_REPLIES[manner]
    well, mended = simulated(), threading.Event()

    def answer(body, number):
        return well(body, number) if mended.is_set() or "six thirty" not in str(body["messages"]) else bad

    with Loopback(answer) as server:
        wire = {"OPENAI_API_KEY": "x", "OPENAI_API_BASE": server.base}
        ran = three.run(*LIVE, **wire)
        assert ran.code == 3, ran.said
        assert "Traceback" not in ran.said
        missing = three.decision()["missing"]
        lost = missing["planned"] - missing["measured"]
        assert 0 < lost < missing["planned"]
        assert lost == sum(missing["failures"].values())
        last = ran.out.rstrip().splitlines()[-1]
        assert last.startswith(f"INCOMPLETE   {lost} of {missing['planned']} planned trials were not measured.")
        assert f"en-book-half-past-six book-five-fifteen baseline trial 1: {why}" in ran.out
        assert {row["verdict"] for row in three.decision()["comparisons"] if not row["segment"]} == {"incomplete"}
        kept = sum("six thirty" not in str(seen.body["messages"]) for seen in server.seen)
        mended.set()
        again = three.run(*LIVE, **wire)
        assert again.code == 4, again.said
        assert three.paid()["from_the_ledger"] == kept
        assert three.decision()["missing"]["failures"] == {}


SECRET = "sk-secret-0123456789abcdef"


@pytest.mark.parametrize(("answered", "code", "told"), [(0, 2, "HTTP 401"), (12, 3, "auth: HTTP 401")])
def test_a_key_that_is_refused_at_once_or_half_way_is_said_after_what_was_in_flight(three, answered, code, told):
    well, refused = simulated(), failing(401, f"Incorrect API key provided: {SECRET}")
    with Loopback(lambda body, number: well(body, number) if number < answered else refused) as server:
        ran = three.run(*LIVE, OPENAI_API_KEY=SECRET, OPENAI_API_BASE=server.base)
    assert ran.code == code, ran.said
    assert answered < len(server.seen) <= answered + 32  # at most: the limit has grown once beyond 16
    assert told in ran.said
    left = [path for path in three.root.rglob("*") if path.is_file()]
    assert not [path for path in left if SECRET.encode() in path.read_bytes()]
    assert SECRET not in ran.said


@pytest.mark.parametrize(
    ("reply", "why"),
    [(saying("It is fine, I would say: pass."), "It is fine"), (failing(500, "boom"), "HTTP 500")],
    ids=["answers prose", "does not answer"],
)
def test_a_judge_that_gives_no_verdict_makes_the_run_incomplete_and_says_what_it_answered(tmp_path, reply, why):
    one = small(tmp_path, ("en-ask-loaner-like-the-neighbor",))
    one.edit(EVAL, "protect: [call_type=booking]", "protect: []")
    well = simulated()

    def answer(body, number):
        return reply if body["model"] == "judge" else well(body, number)

    one.edit(EVAL, "model: sim/judge", "model: openai/judge")
    with Loopback(answer) as server:
        ran = one.run(*LIVE, OPENAI_API_KEY="x", OPENAI_API_BASE=server.base)
    assert ran.code == 3, ran.said
    assert [seen for seen in server.seen if seen.body["model"] == "judge"]
    assert "Traceback" not in ran.said
    told = [line for line in ran.out.splitlines() if why in line]
    assert told
    assert "judge:" in told[0]
    assert ran.out.splitlines()[-1].startswith("INCOMPLETE   judge:")
