"""From people's labels to a judge that gates: calibrate, card, eval, by the installed command on a tiny project."""

from __future__ import annotations

import json

import pytest
from scratch import small

from callgate.dataset.labels import add_labels
from callgate.evaluate.labelling import session

CASE = "en-ask-loaner-like-the-neighbor"
LABELS = "datasets/receptionist/_labels/faithfulness.jsonl"
OWNERS = ("sister", "boss", "uncle", "son", "wife", "tenant", "coach")
WEARS = ("brakes", "clutch", "gearbox", "radiator", "exhaust")
COPIES = len(OWNERS) * len(WEARS)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """One call, told by many people, and a judge that gates by the eval's word."""
    project = small(tmp_path_factory.mktemp("gates"), (CASE,))
    folder = project.root / "datasets/receptionist"
    text = (folder / f"{CASE}.yaml").read_text("utf-8")
    for owner in OWNERS:
        for wears in WEARS:
            told = text.replace(
                "So the car's gonna be with you", f"My {owner} needs the {wears} done, so the car stays with you"
            )
            assert told != text
            project.write(f"datasets/receptionist/en-loaner-{owner}-{wears}.yaml", told)
    (folder / f"{CASE}.yaml").unlink()
    project.edit("evals/receptionist.yaml", "  protect: [call_type=booking]\n", "  trials: 2\n")
    project.edit(
        "evals/receptionist.yaml", "segments: [language, call_type, language*call_type]", "segments: [language]"
    )
    project.edit("evals/receptionist.yaml", "metrics: [success]", "metrics: ['judge:faithfulness']")
    project.edit("evals/receptionist.yaml", "baseline: prompts/receptionist/v2", "baseline: prompts/receptionist/v1")
    return project


def row(project):
    return next(row for row in project.decision()["comparisons"] if not row["segment"])


def labelled(project, verdict):
    """People's verdicts on every reply that the draw gives; `verdict` says what of (case, arm, trial)."""
    drawn = session(project.root, "faithfulness", "last", segment={}, pairs=COPIES).drawn
    add_labels(drawn_file(project), [one.judged(verdict(one), by="ana", on="2026-11-28") for one in drawn])
    return drawn


def drawn_file(project):
    return project.root / LABELS


def test_from_no_card_to_a_judge_that_decides(project):
    ran = project.run("eval", "receptionist")
    assert ran.code == 4, ran.said
    assert "judge:faithfulness may only advise in en: no labels in en" in row(project)["needs"]

    # people who see what the judge saw: first its own verdicts are asked for, then they are the labels
    drawn = labelled(project, lambda _: "pass")
    assert len(drawn) >= 60
    assert project.run("calibrate", "faithfulness").code == 0
    card = json.loads((project.root / "reports/judges/faithfulness.json").read_text("utf-8"))
    saw = {(one["case"], one["variant"], one["trial"]): one["passed"] for one in card["labelled"]}
    drawn_file(project).unlink()
    labelled(project, lambda one: "pass" if saw[one.case, one.arm, one.trial] else "fail")
    done = project.run("calibrate", "faithfulness")
    assert "en: may gate" in done.out, done.out

    gates = project.run("eval", "receptionist")
    assert "may only advise" not in row(project)["needs"]
    assert "corrected by people's labels it changed" in row(project)["needs"]
    assert gates.code == {"pass": 0, "block": 1, "inconclusive": 4}[project.decision()["verdict"]]

    project.edit("prompts/judges/faithfulness.md", "# Faithfulness\n", "# Faithfulness\n\nBe stern.\n")
    assert project.run("eval", "receptionist").code == 4
    assert "may only advise in en" in row(project)["needs"], "another rubric is another judge: its card says nothing"


def test_a_judge_does_not_enter_success(project):
    project.edit("evals/receptionist.yaml", "model: sim/judge}", "model: sim/judge, blocking: true}")
    ran = project.run("validate")
    assert ran.code == 2
    assert "metrics: [success, 'judge:faithfulness']" in ran.said
