"""Exit codes, subsets, JSON, colours, and the commands that cost nothing."""

import json
import os
import pty
import subprocess
from itertools import permutations

import pytest
from jsonschema import Draft202012Validator
from scratch import COMMAND, HOUSE, clean, small

from callgate.cli.shared import PRECEDENCE, worst

SCHEMA = json.loads((HOUSE / "harness/callgate/schemas/decision.schema.json").read_text("utf-8"))
CASE = "es-cita-dos-se-oyo-doce"
ESCAPE = "\x1b["


def listing(folder):
    """Every file under a folder with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# ---------------------------------------------------------------------------------------- several evals


def test_of_several_evals_the_worst_code_counts():
    for first, second in permutations(PRECEDENCE, 2):
        expected = first if PRECEDENCE.index(first) < PRECEDENCE.index(second) else second
        assert worst([first, second]) == expected
    assert PRECEDENCE == (130, 2, 5, 1, 3, 4, 0)
    assert worst([0, 0, 4, 0]) == 4
    assert worst([4, 3, 1]) == 1
    assert worst([0]) == 0


def test_nothing_evaluated_is_never_green():
    assert worst([]) == 2


def test_several_evals_print_each_and_a_line_each_at_the_end_and_exit_with_the_worst(evaluated):
    text = (evaluated.root / "evals/receptionist.yaml").read_text("utf-8")
    evaluated.write("evals/same.yaml", text.replace("receptionist/v3", "receptionist/v2"))
    evaluated.write("evals/torn.yaml", text.replace("models:", "model:"))
    one, two = evaluated.run("eval", "same"), evaluated.run("eval", "receptionist", "same")
    assert one.code == 0, one.said
    assert two.code == 4
    assert [line.split()[:2] for line in two.out.splitlines()[-2:]] == [
        ["receptionist", "INCONCLUSIVE"],
        ["same", "PASS"],
    ]
    every = evaluated.run("eval", "--let-inconclusive")
    assert every.code == 2, "a mistake in one is the worst, and keeps the others from nothing"
    last = {line.split()[0]: line for line in every.out.splitlines()[-3:]}
    assert "let through" in last["receptionist"]
    assert "Nothing to gate" in last["same"]
    assert "MISTAKE        evals/torn.yaml:6:1: " in last["torn"]
    assert "evals/torn.yaml:6:1" in every.err


def test_a_filter_without_a_name_takes_the_evals_that_have_what_it_names(evaluated):
    text = (evaluated.root / "evals/receptionist.yaml").read_text("utf-8")
    evaluated.write("evals/a-first.yaml", text.replace("datasets/receptionist", "datasets/one"))
    evaluated.write("datasets/one/_world.yaml", (evaluated.root / "datasets/receptionist/_world.yaml").read_text())
    evaluated.write(
        "datasets/one/hello.yaml",
        "segments: {language: en, call_type: booking}\ncaller: Hello?\nexpect: {max_words: 30}\n",
    )
    ran = evaluated.run("eval", "--case", CASE)
    assert ran.code == 4, ran.said
    assert ran.out.startswith("receptionist ")
    assert "a-first" not in ran.out
    nowhere = evaluated.run("eval", "--case", "nonesuch")
    assert (nowhere.code, nowhere.out) == (2, "")
    assert "no such case" in nowhere.err
    both = evaluated.run("eval", "--candidate", "prompts/receptionist/v2")
    assert both.code == 2
    assert "say which of a-first, receptionist" in both.err


def test_a_run_is_shown_by_the_name_of_its_eval(evaluated):
    text = (evaluated.root / "evals/receptionist.yaml").read_text("utf-8")
    evaluated.write("evals/same.yaml", text.replace("receptionist/v3", "receptionist/v2"))
    assert evaluated.run("eval", "same").code == 0
    assert evaluated.run("show", "last").out.startswith("same ")
    assert evaluated.run("show", "receptionist").out.startswith("receptionist ")
    assert CASE in evaluated.run("show", "receptionist", CASE).out


# ---------------------------------------------------------------------------------------- subsets


@pytest.mark.parametrize(
    "filters",
    [
        ("--case", CASE),
        ("--case", CASE, "--case", "es-mover-por-nombre"),
        ("--segment", "language=es"),
        ("--segment", "language=es,call_type=booking"),
        ("--limit", "3"),
        ("--failed",),
    ],
    ids=" ".join,
)
def test_a_subset_says_so_prints_no_pass_exits_4_and_leaves_the_reports_alone(evaluated, filters):
    before = listing(evaluated.root / "reports")
    ran = evaluated.run("eval", "receptionist", *filters)
    assert ran.code == 4, ran.said
    assert f"SUBSET {' '.join(filters)}" in ran.out.splitlines()[0]
    assert not [line for line in ran.out.splitlines() if line.startswith("PASS")]
    assert listing(evaluated.root / "reports") == before
    assert "0 replies new" in ran.out, "all of it is in the ledger"


def test_a_subset_in_which_nothing_changed_exits_4_too(project):
    ran = project.run("eval", "receptionist", "--candidate", "prompts/receptionist/v2", "--limit", "4")
    assert ran.code == 4, ran.said
    assert ran.out.rstrip().splitlines()[-1].startswith("SUBSET")
    assert not (project.root / "reports").exists()


def test_failed_takes_the_cases_that_failed_for_the_candidate(evaluated):
    ran = evaluated.run("eval", "receptionist", "--failed", "--json")
    flips = json.loads(ran.out)
    calls = json.loads(evaluated.run("show", "last", "--json").out)["cases"]
    assert 0 < flips["cases"] == calls < 12


def test_a_limit_spreads_over_the_set(evaluated):
    decision = json.loads(evaluated.run("eval", "receptionist", "--limit", "4", "--json").out)
    languages = {row["segment"]["language"] for row in decision["comparisons"] if set(row["segment"]) == {"language"}}
    assert decision["cases"] == 4
    assert languages == {"en", "es"}


# ---------------------------------------------------------------------------------------- offline, regrade


def test_offline_with_an_empty_ledger_asks_nothing_and_is_incomplete(project):
    ran = project.run("eval", "receptionist", "--offline", imports=True)
    assert ran.code == 3, ran.said
    assert "litellm" not in ran.imported
    missing = project.decision()["missing"]
    assert missing["measured"] == 0 < missing["planned"]
    assert project.paid()["calls"] == 0
    assert ran.out.rstrip().splitlines()[-1].startswith("INCOMPLETE")


def test_offline_with_a_full_ledger_is_the_same_decision(evaluated):
    before = evaluated.report()
    assert evaluated.run("eval", "receptionist", "--offline").code == 4
    assert evaluated.report() == before


def test_offline_after_an_edit_misses_only_the_edited_side(evaluated):
    evaluated.edit("prompts/receptionist/v3/prompt.md", "\n", "\nBe kind.\n")
    assert evaluated.run("eval", "receptionist", "--offline").code == 3
    missing = evaluated.decision()["missing"]
    assert 0 < missing["measured"] < missing["planned"]
    assert all(" candidate trial " in example for example in missing["examples"])


def test_grading_again_calls_nothing_and_changes_nothing_while_the_graders_are_the_same(evaluated):
    before = evaluated.report()
    ran = evaluated.run("regrade", "receptionist")
    assert ran.code == 4, ran.said
    assert evaluated.report() == before
    assert evaluated.paid()["calls"] == 0


def test_a_stricter_grader_is_a_new_grade_of_the_same_replies(evaluated):
    evaluated.edit("evals/receptionist.yaml", "max_words: 60", "max_words: 6")
    ran = evaluated.run("eval", "receptionist")
    assert evaluated.paid()["calls"] == 0, ran.said
    [row] = [row for row in evaluated.decision()["graders"] if row["metric"] == "brevity" and not row["segment"]]
    assert row["baseline_mean"] < 0.9


# ---------------------------------------------------------------------------------------- JSON and colours


@pytest.mark.parametrize(
    "words",
    [
        ("eval", "receptionist", "--json"),
        ("eval", "receptionist", "--limit", "3", "--json"),
        ("eval", "receptionist", "--candidate", "prompts/receptionist/v2", "--json"),
        ("regrade", "receptionist", "--json"),
        ("show", "last", "--json"),
        ("compare", "base.csv", "cand.csv", "--json"),
    ],
    ids=" ".join,
)
def test_json_is_one_decision_valid_by_the_published_schema(evaluated, words):
    for side in ("base", "cand"):
        evaluated.write(f"{side}.csv", "case,trial,grader,score\n" + "".join(f"c{n},0,g,1\n" for n in range(40)))
    ran = evaluated.run(*words)
    decision = json.loads(ran.out)
    Draft202012Validator(SCHEMA).validate(decision)
    assert ran.code == (0 if words[0] == "show" else decision["exit_code"])
    assert decision["schema"]


def test_the_file_that_is_left_is_valid_and_is_what_json_prints(evaluated):
    Draft202012Validator(SCHEMA).validate(evaluated.decision())
    assert evaluated.run("eval", "receptionist", "--json").out.encode() == evaluated.report()


def test_every_report_is_left_and_nothing_in_them_names_this_machine(evaluated):
    left = listing(evaluated.root / "reports/receptionist")
    assert left.keys() == {"decision.json", "junit.xml", "report.html", "run.json", "summary.md"}
    for name, content in left.items():
        assert str(evaluated.root).encode() not in content, name


def on_a_terminal(project, *words, **environment):
    """What a command writes when its stdout is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, *words],
        cwd=project.root,
        env=clean(project.root, TERM="xterm-256color", **environment),
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    read = b""
    try:
        while block := os.read(ours, 65536):
            read += block
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(ours)
    process.wait(60)
    return read.decode()


def test_a_pipe_gets_no_escape_codes_a_terminal_does_unless_told_not_to(evaluated):
    for words in (
        ("eval", "receptionist"),
        ("show", "last", CASE),
        ("show", "last", "--all"),
        ("doctor",),
        ("--help",),
    ):
        assert ESCAPE not in evaluated.run(*words).said
    assert ESCAPE in on_a_terminal(evaluated, "show", "last")
    assert ESCAPE not in on_a_terminal(evaluated, "show", "last", NO_COLOR="1")
    assert ESCAPE not in on_a_terminal(evaluated, "show", "last", CASE, NO_COLOR="1")


# ---------------------------------------------------------------------------------------- show, validate, doctor


def test_show_draws_the_last_run_again(evaluated):
    ran, shown = evaluated.run("eval", "receptionist"), evaluated.run("show")
    assert shown.code == 0
    assert shown.out.splitlines()[2:] == ran.out.splitlines()[2:]


def test_show_lists_the_flips_of_a_segment(evaluated):
    shown = evaluated.run("show", "last", "--segment", "language=es")
    assert shown.code == 0
    tail = shown.out.rpartition("\n\n")[2].splitlines()
    assert tail
    assert all(line.startswith("  es-") for line in tail), shown.out


def test_show_draws_one_call_turn_by_turn_on_both_sides(evaluated):
    shown = evaluated.run("show", "last", CASE)
    assert shown.code == 0
    for words in (
        "caller  A las dos, por favor.   [heard: a las doce por favor",
        "decision book",
        "baseline v2",
        "candidate v3",
    ):
        assert words in shown.out
    body = json.loads(evaluated.run("show", "last", CASE, "--json").out)
    assert [decision["decision"] for decision in body["decisions"]] == ["ask-the-time-again", "book"]
    assert len(body["decisions"][1]["candidate"]) >= 5
    assert body["decisions"][1]["candidate"][0]["steps"]


def test_show_finds_a_case_without_the_word_last_and_names_near_ones(evaluated):
    assert evaluated.run("show", CASE).out == evaluated.run("show", "last", CASE).out
    wrong = evaluated.run("show", "last", "es-cita-dos-se-oyo-dose")
    assert wrong.code == 2
    assert f"did you mean '{CASE}'?" in wrong.err


def test_show_draws_the_call_as_it_was_after_the_prompt_was_edited(evaluated):
    before = evaluated.run("show", "last", CASE).out
    evaluated.edit("prompts/receptionist/v3/prompt.md", "\n", "\nBe kind.\n")
    assert evaluated.run("show", "last", CASE).out == before


def test_validate_counts_what_it_read(project):
    ran = project.run("validate", "--json")
    assert ran.code == 0
    report = json.loads(ran.out)
    assert report["problems"] == []
    assert report["seen"] == "1 eval, 12 cases, 20 decisions"
    assert any("cannot be cleared" in note for note in report["notes"])


def test_doctor_names_keys_never_their_values(project):
    ran = project.run("doctor", OPENAI_API_KEY="sk-secret-0123456789abcdef")
    assert ran.code == 0, ran.said
    assert "OPENAI_API_KEY" in ran.out
    assert "sk-secret" not in ran.said
    listed = project.run("doctor", "--graders")
    assert listed.code == 0
    for grader in ("tool_called", "language_match", "offers_open_slot"):
        assert any(line.startswith(grader) for line in listed.out.splitlines())


def test_a_project_that_was_moved_is_shown_from_where_it_is_now(evaluated, tmp_path):
    moved = tmp_path / "elsewhere"
    evaluated.root.rename(moved)
    project = type(evaluated)(moved)
    assert project.run("show", "last", CASE).code == 0
    assert project.run("eval", "receptionist").code == 4
    assert project.paid()["calls"] == 0


def test_a_prompt_is_reachable_as_gits_ref_and_path(tmp_path):
    project = small(tmp_path)

    def git(*words):
        identity = ("-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(
            ["git", *identity, *words], cwd=project.root, env=clean(project.root), check=True, capture_output=True
        )

    git("init", "-q", "-b", "main")
    git("add", "prompts")
    git("commit", "-q", "-m", "prompts")
    same = project.run("eval", "receptionist", "--baseline", "main:prompts/receptionist/v3")
    assert same.code == 0, same.said
    assert project.decision()["verdict"] == "unchanged"
    project.edit("prompts/receptionist/v3/prompt.md", "\n", "\nBe kind.\n")
    edited = project.run("eval", "receptionist", "--baseline", "main:prompts/receptionist/v3", "--offline")
    assert edited.code == 3
