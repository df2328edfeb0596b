"""The shipped evals of e-mail and forum: a verdict with its reasons, a planted regression found in its segment, and a
reworded prompt that is not blocked."""

import json

import pytest
from paste import blocks
from scratch import HOUSE, whole

KINDS = {
    "email": ("support_email", "In Spanish replies, tell the customer by when it will be fixed.", "forbidden_promise"),
    "forum": ("forum", "In Spanish posts, say that somebody will investigate it.", "forbidden_promise"),
}


def without_judges(project):
    """The evals as they ship, their judges left out: they advise, and what is asked of them costs a test its time."""
    for name in KINDS:
        text = (project.root / f"evals/{name}.yaml").read_text("utf-8")
        lines = [line for line in text.splitlines() if not line.startswith(("graders:", "  - judge:"))]
        project.write(f"evals/{name}.yaml", "\n".join(lines) + "\n")
        for case in (project.root / "datasets" / KINDS[name][0]).rglob("*.yaml"):
            case.write_text(case.read_text("utf-8").replace(f"  judge: [{_rubric(name)}]\n", ""), "utf-8")
    return project


def _rubric(name):
    return {"email": "support_email", "forum": "forum_post"}[name]


def planted(project, name, sentence):
    """The eval with its v2 as the baseline and v2 with one more sentence as the candidate."""
    folder = f"prompts/{KINDS[name][0]}"
    text = (project.root / folder / "v2/prompt.md").read_text("utf-8")
    project.write(f"{folder}/v9/prompt.md", f"{text.rstrip()}\n- {sentence}\n")
    return project.run("eval", name, "--baseline", f"{folder}/v2", "--candidate", f"{folder}/v9", timeout=240)


def test_both_pass_and_a_page_shows_letters_and_not_calls(tmp_path):
    project = whole(tmp_path)
    ran = project.run("eval", "email", "forum", timeout=300)
    assert ran.code == 0, ran.said
    assert [line.split()[:2] for line in ran.out.splitlines()[-2:]] == [["email", "PASS"], ["forum", "PASS"]]
    for name, rubric in (("email", "support_email"), ("forum", "forum_post")):
        decision = project.decision(name)
        assert decision["simulated"]
        assert decision["cases"] >= 16
        languages = {row["segment"].get("language"): row["cases"] for row in decision["comparisons"]}
        assert languages["en"] >= 12
        assert languages["es"] >= 4
        assert f"judge:{rubric}" in {row["metric"] for row in decision["graders"]}
    assert "38 e-mails, 38 decisions, " in ran.out
    assert "PASS   No worse than its margin, even at worst: all posts, language=en." in ran.out
    assert " calls" not in ran.out
    shown = project.run("show", "email", "code-13-nightly-job").out
    assert "  customer  Subject: Code 13 from the nightly job\n" in shown
    assert "caller" not in shown
    page = project.report("report.html", "forum").decode()
    assert '<span class="who">Post</span>' in page
    assert '<span class="who">Caller</span>' not in page
    again = project.run("eval", "email", "forum", imports=True)
    assert again.code == 0
    assert "litellm" not in again.imported
    assert again.out.count("measured before: nothing asked") == 2


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return without_judges(whole(tmp_path_factory.mktemp("desk")))


@pytest.mark.parametrize("name", KINDS)
def test_a_planted_regression_of_spanish_replies_is_found_in_its_segment(project, name):
    _, sentence, grader = KINDS[name]
    ran = planted(project, name, sentence)
    assert ran.code == 1, ran.said
    decision = project.decision(name)
    verdicts = {json.dumps(row["segment"]): row["verdict"] for row in decision["comparisons"]}
    assert verdicts['{"language": "es"}'] == "block"
    assert verdicts['{"language": "en"}'] != "block"
    assert f"language=es got worse, mostly by {grader}" in ran.out
    worse = [flip for flip in decision["flips"] if flip["candidate_passed"] < flip["baseline_passed"]]
    assert sum(flip["segments"]["language"] == "es" for flip in worse) > len(worse) / 2


@pytest.mark.parametrize("name", KINDS)
def test_a_prompt_that_only_says_the_same_in_other_words_is_not_blocked(project, name):
    ran = planted(project, name, "Write as you would to a colleague in another company.")
    assert ran.code in {0, 4}, ran.said
    assert project.decision(name)["verdict"] in {"pass", "inconclusive"}


def test_the_case_of_the_page_is_a_case(tmp_path):
    project = whole(tmp_path)
    case = next(block for block in blocks("email-and-forum.md", "yaml") if block.startswith("# datasets/"))
    file = case.splitlines()[0].removeprefix("# ")
    project.write(file, case)
    ran = project.run("validate", "email")
    assert ran.code == 0, ran.said
    assert "1 eval, 39 cases, 39 decisions: no mistakes" in ran.out
    commands = blocks("email-and-forum.md")
    assert commands[0] == "callgate eval email forum\n", "run by the first test of this module"


def test_a_mistake_in_a_letter_has_its_place(tmp_path):
    project = whole(tmp_path)
    project.write(
        "datasets/forum/thread.yaml",
        "segments: {language: en, topic: errors}\nsubject: Hello\ncall:\n  - agent: Hi\n  - id: a\n    expect: {max_words: 9}\n",
    )
    ran = project.run("validate", "forum")
    assert ran.code == 2
    assert "datasets/forum/thread.yaml:2:1: 'subject' is that of the first message" in ran.said


def test_where_nothing_is_named_calls_that_happened_are_meant(tmp_path):
    project = whole(tmp_path)
    assert "which set?" not in project.run("cases", "coverage").said
    ran = project.run("eval", "--recorded", str(HOUSE / "docs/samples/vapi-call.json"))
    assert ran.code == 0, ran.said
    assert ran.out.startswith("receptionist: 1 recorded call, ")
