"""The shipped triage eval in small: a planted regression is caught by its segment, a reworded prompt is not blocked, and
what goes out alone and wrong blocks."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from callgate.concepts import Decision
from callgate.evaluate import Options, evaluate
from callgate.gate.saved import from_json
from callgate.report.html import page
from callgate.report.markdown import summary
from callgate.report.terminal import screen
from callgate.schemas import validator

ROOT = Path(__file__).parents[2]
RULE = "- Tickets come in any language; judge them all alike."
BRISK = "- Judge English and German tickets alike. Spanish tickets wait for a colleague: they get normal priority."


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("triage")
    (root / "evals").mkdir()
    for folder in ("prompts/triage", "datasets/triage"):
        shutil.copytree(ROOT / folder, root / folder)
    for language in ("en", "de"):  # as many as can be cleared; all Spanish ones
        sheet = root / f"datasets/triage/{language}.jsonl"
        sheet.write_text("".join(sheet.read_text().splitlines(keepends=True)[::2][:25]))
    return root


def run(root: Path, name: str, old: str, new: str, gate: str = "") -> Decision:
    """The decision on `v2` with one sentence changed against `v2` as it is."""
    text = (root / "prompts/triage/v2/prompt.md").read_text()
    assert old in text
    (root / f"prompts/triage/{name}.md").write_text(text.replace(old, new))
    (root / f"evals/{name}.yaml").write_text(
        f"cases: datasets/triage\nbaseline: prompts/triage/v2\ncandidate: prompts/triage/{name}.md\n"
        f"models: [sim/triage-small]\nsegments: [language, channel]\ngate: {{{gate}}}\n"
    )
    return evaluate(root, root / f"evals/{name}.yaml", Options()).decision


def verdicts(decision: Decision) -> dict[str, str]:
    return {f"{row.name} {row.metric}": row.verdict for row in decision.comparisons if "must_pass" not in row.segment}


def test_a_planted_regression_is_caught_by_its_segment_and_no_other_language(project):
    decision = run(project, "brisk", RULE, BRISK)
    found = verdicts(decision)
    assert decision.verdict == "block"
    assert found["language=es success"] == "block"
    assert found["language=en success"] != "block"
    assert found["language=de success"] != "block"
    worst = decision.flips[:5]
    assert {flip.segments["language"] for flip in worst} == {"es"}
    assert "priority_right" in {flip.grader for flip in worst}
    (one,) = decision.triage
    assert one.parts["language=es"].accuracy > 0.8  # the category is right: by it alone nobody would have seen it
    assert one.fields["priority"].accuracy < one.before["priority"].accuracy


@pytest.fixture(scope="module")
def reworded(project) -> Decision:
    """The same rules in other words."""
    gate = "alone: {from: 0.9, risk: 0.1}, accuracy: {at_least: 0.97}"
    return run(project, "reworded", "You read\none ticket", "You are given\none ticket", gate)


def test_a_reworded_prompt_is_not_blocked_and_the_same_prompt_asks_nothing(project, reworded):
    assert "block" not in verdicts(reworded).values()
    assert reworded.verdict != "block"
    same = run(project, "same", "You read", "You read", "accuracy: {at_least: 0.85}, alone: {from: 0.9, risk: 0.05}")
    assert (same.verdict, same.triage) == ("unchanged", ())


def test_answers_that_go_out_alone_and_wrong_are_counted_named_and_never_pass(project):
    rules = "- Do not force a ticket into a category: what is not ours is out_of_scope.\n- confidence is how often you would be right on tickets like this one; where it is ambiguous, say less than 0.7.\n"
    decision = run(project, "sure", rules, "", "trials: 1, alone: {from: 0.85, risk: 0.02}")
    (one,) = decision.triage
    assert one.now is not None
    assert one.now_before is not None
    assert one.now.wrong > one.now_before.wrong
    assert len(one.wrong_alone) == one.now.wrong
    assert one.standings["alone"] != "pass"
    assert decision.verdict != "pass"
    assert any("goes out alone and wrong" in reason for reason in decision.reasons)
    assert {row.metric for row in decision.comparisons} == {"success", "alone_right"}


def test_the_decision_is_written_read_again_and_told_in_every_report(project, reworded):
    text = reworded.to_json()
    assert not list(validator("decision").iter_errors(json.loads(text)))
    assert from_json(text).to_json() == text
    again = evaluate(project, project / "evals/reworded.yaml", Options())  # answered from its record
    assert again.decision == from_json(text)
    for told in (screen(reworded), summary(reworded), page(reworded)):
        assert "95 % exact" in told
        assert "the first answer to each of 103 tickets" in told
        assert "answering alone from 0.9" in told
        assert "suggested for at most 10.0% wrong" in told
    shown = page(reworded)
    assert "Answering alone from other thresholds" in shown
    assert "Every class, and everything taken for another" in shown
    assert all(f'<th scope="row">{name}</th>' in shown for name in reworded.triage[0].fields["category"].recall)
    assert reworded.triage[0].standings["accuracy"] == "inconclusive"  # no ticket's label is right 97 times in 100
    assert reworded.verdict == "inconclusive"
    assert "the target of 97%" in reworded.reasons[0]
