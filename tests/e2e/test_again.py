"""What was paid for is not paid for again, and what is not needed is not imported."""

import pytest
from scratch import FEW, HEAVY, small

from loopback import Loopback
from simulated import simulated

CANDIDATE = "prompts/receptionist/v3/prompt.md"
TOOLS = "prompts/receptionist/v3/tools.yaml"


def test_a_second_run_asks_nothing_imports_no_client_and_leaves_the_same_decision(evaluated):
    before = evaluated.report()
    first = evaluated.paid()["calls"]
    again = evaluated.run("eval", "receptionist", imports=True)
    assert first > 100
    assert evaluated.paid()["calls"] == 0
    assert again.code == 4
    assert evaluated.report() == before
    assert not again.imported & set(HEAVY)
    assert "measured before: nothing asked" in again.out


def test_grading_again_from_the_ledger_does_not_import_the_client(evaluated):
    ran = evaluated.run("regrade", "receptionist", imports=True)
    assert ran.code == 4
    assert not ran.imported & set(HEAVY)
    assert evaluated.paid()["calls"] == 0


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("validate",),
        ("show", "last"),
        ("show", "last", "es-mover-por-nombre"),
        ("compare", "base.csv", "cand.csv"),
        ("eval", "receptionist", "--offline"),
    ],
    ids=" ".join,
)
def test_no_command_that_asks_nothing_imports_the_client_or_the_heavy_half_of_science(evaluated, words):
    for side in ("base", "cand"):
        evaluated.write(f"{side}.csv", "case,trial,grader,score\n" + "".join(f"c{n},0,g,1\n" for n in range(40)))
    ran = evaluated.run(*words, imports=True)
    assert ran.code in {0, 4}, ran.said[-2000:]
    assert not ran.imported & set(HEAVY)


def test_the_quick_help_says_what_the_whole_command_says():
    from typer.testing import CliRunner

    from callgate import cli

    said = [CliRunner().invoke(app, ["--help"], prog_name="callgate").output for app in (cli.outline(), cli.app)]
    assert said[0] == said[1]
    assert "golden set's life" in said[0]


def test_help_imports_nothing_of_numbers_either(project):
    ran = project.run("--help", imports=True)
    assert ran.code == 0
    assert not {name.partition(".")[0] for name in ran.imported} & {"numpy", "scipy", "jsonschema", "jinja2", "sqlite3"}


def test_one_edited_sentence_of_the_candidate_pays_nothing_for_the_baseline_and_says_what_it_paid(tmp_path):
    project = small(tmp_path, FEW[:6])
    with Loopback(simulated()) as server:
        live = {"OPENAI_API_KEY": "x", "OPENAI_API_BASE": server.base}
        assert project.run("eval", "receptionist", "--model", "openai/anything", **live).code == 4
        before, asked = project.decision(), len(server.seen)
        project.edit(CANDIDATE, "\n", "\nThank the caller for calling.\n")
        ran = project.run("eval", "receptionist", "--model", "openai/anything", **live)
        new = server.seen[asked:]
    assert ran.code == 4, ran.said
    assert new
    assert all("Thank the caller for calling." in seen.body["messages"][0]["content"] for seen in new)
    assert project.paid()["calls"] == len(new)
    assert f"{len(new):,} replies new" in ran.out
    after = project.decision()
    assert before["baseline"] == after["baseline"]
    assert before["candidate"]["digest"] != after["candidate"]["digest"]


def test_a_comment_in_a_tools_file_pays_nothing_and_changes_no_number(evaluated):
    before = evaluated.report()
    evaluated.edit(TOOLS, "- name: find_slots", "# nothing but a remark\n- name: find_slots   # and another")
    ran = evaluated.run("eval", "receptionist", imports=True)
    assert ran.code == 4
    assert evaluated.paid()["calls"] == 0
    assert evaluated.report() == before
    assert "litellm" not in ran.imported


def test_a_better_description_of_a_tool_is_a_change_and_is_paid_for(evaluated):
    evaluated.edit(TOOLS, "Free times in the service department on one day", "The open times of one day")
    assert evaluated.run("eval", "receptionist").code in {1, 4}
    assert evaluated.paid()["calls"] > 0


def test_a_candidate_that_renders_the_same_requests_is_nothing_to_gate(project):
    ran = project.run("eval", "receptionist", "--candidate", "prompts/receptionist/v2")
    assert ran.code == 0, ran.said
    assert "othing to gate" in ran.out.splitlines()[-1]
    assert project.decision()["verdict"] == "unchanged"
    assert project.paid()["calls"] == 0


def test_a_copy_of_the_baseline_that_differs_in_a_comment_is_nothing_to_gate(project):
    for file in ("prompt.md", "tools.yaml", "params.yaml"):
        text = (project.root / "prompts/receptionist/v2" / file).read_text("utf-8")
        project.write(f"prompts/receptionist/v9/{file}", f"# a remark\n{text}" if file.endswith("yaml") else text)
    ran = project.run("eval", "receptionist", "--candidate", "prompts/receptionist/v9", imports=True)
    assert ran.code == 0, ran.said
    assert project.decision()["verdict"] == "unchanged"
    assert "litellm" not in ran.imported
