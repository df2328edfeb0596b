"""Whole conversations through the command: verdicts, left-out callers, pass^k, and what is told of mistakes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from callgate.concepts import Conversations, Mistake
from callgate.evaluate.conversing import MOST_LEFT_OUT, with_conversations
from callgate.evaluate.options import Options
from callgate.evaluate.run import evaluate
from callgate.gate.saved import from_json
from callgate.report.words import conversation_lines
from callgate.stats.repeats import unequal

HOUSE = Path(__file__).parents[2]
FEW = ("en-oil-on-thursday", "en-two-at-once", "en-cancel-thursday", "es-dos-servicios", "es-frenos-manana")


def project(root: Path, *, caller="sim/caller", model="large", cases=FEW, looks="trials: 5") -> Path:
    """A project of some shipped conversations; the path of its eval."""
    shutil.copytree(HOUSE / "prompts/receptionist", root / "prompts/receptionist")
    (root / "datasets/conversations").mkdir(parents=True)
    for name in ("_world", *cases):
        shutil.copy(HOUSE / f"datasets/conversations/{name}.yaml", root / "datasets/conversations")
    path = root / "evals/conversations.yaml"
    path.parent.mkdir()
    path.write_text(
        "cases: datasets/conversations\nbaseline: prompts/receptionist/v2\n"
        f"candidate: prompts/receptionist/v3\nmodels: [sim/receptionist-{model}]\ncaller: {caller}\n"
        f"segments: [language]\ngate: {{{looks}}}\n",
        "utf-8",
    )
    return path


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """One run on a caller that now and then misbehaves, and the same run once more."""
    root = tmp_path_factory.mktemp("talks")
    path = project(root, caller="sim/caller-unreliable")
    first = evaluate(root, path, Options())
    return root, first, evaluate(root, path, Options())


def test_pass_power_stands_beside_the_mean_in_every_report(ran):
    root, outcome, _ = ran
    (one,) = outcome.decision.conversations
    every = next(row for row in outcome.decision.comparisons if not row.segment)
    assert (len(one.baseline), len(one.candidate)) == (5, 5)
    assert one.candidate[0] == pytest.approx(every.candidate_mean)
    assert list(one.candidate) == sorted(one.candidate, reverse=True)
    for file in ("report.html", "summary.md"):
        assert "k=5" in (root / "reports/conversations" / file).read_text("utf-8")
    written = (root / "reports/conversations/decision.json").read_text("utf-8")
    assert from_json(written).to_json() == written
    assert json.loads(written)["conversations"][0]["caller"] == "sim/caller-unreliable"
    assert outcome.decision.simulated


def test_callers_that_misbehave_are_counted_and_cost_the_agent_nothing(ran):
    _, outcome, _ = ran
    (one,) = outcome.decision.conversations
    assert sum(one.again.values()) > 0
    assert sum(one.faults.values()) >= sum(one.again.values())
    every = next(row for row in outcome.decision.comparisons if not row.segment)
    assert every.candidate_mean >= 0.85
    assert "held again" in "\n".join(conversation_lines(outcome.decision))


def test_the_same_run_is_answered_from_what_is_known(ran):
    _, first, again = ran
    assert again.spent.calls == 0
    assert again.decision.to_json() == first.decision.to_json()


def test_a_caller_that_always_misbehaves_leaves_nothing_measured(tmp_path):
    path = project(tmp_path, caller="sim/caller-says_simulated", cases=FEW[:2], looks="trials: 2")
    decision = evaluate(tmp_path, path, Options()).decision
    assert (decision.verdict, decision.exit_code) == ("incomplete", 3)
    (one,) = decision.conversations
    assert one.left_out == one.held
    assert "The callers misbehaved" in decision.reasons[0]
    assert decision.flips == ()


def decided(ran, left_out, verdict="pass"):
    from dataclasses import replace

    held = {"baseline": 200, "candidate": 200}
    one = Conversations("m", "c", held=held, again=left_out, left_out=left_out)
    passed = replace(ran[1].decision, verdict=verdict, exit_code={"pass": 0, "block": 1}[verdict], reasons=("why",))
    return with_conversations(passed, (one,))


def test_too_many_or_unequally_many_lost_conversations_make_a_run_incomplete(ran):
    few = decided(ran, {"baseline": 4, "candidate": 3})
    many = decided(ran, {"baseline": 11, "candidate": 10})
    uneven = decided(ran, {"baseline": 0, "candidate": 9})
    assert (few.verdict, few.exit_code) == ("pass", 0)
    assert (many.verdict, many.exit_code) == ("incomplete", 3)
    assert (uneven.verdict, uneven.exit_code) == ("incomplete", 3)
    assert "unequally" in uneven.reasons[0]
    assert 21 / 400 > MOST_LEFT_OUT > 9 / 400
    blocked = decided(ran, {"baseline": 0, "candidate": 9}, "block")
    assert (blocked.verdict, blocked.exit_code, len(blocked.reasons)) == ("block", 1, 2)


def test_unequal_is_fishers_exact_test():
    scipy = pytest.importorskip("scipy.stats")
    for lost, of, other, of_other in ((0, 200, 9, 200), (3, 10, 0, 12), (5, 20, 5, 20), (0, 5, 0, 7), (7, 7, 1, 9)):
        wanted = scipy.fisher_exact([[lost, of - lost], [other, of_other - other]])[1]
        assert unequal((lost, of), (other, of_other)) == pytest.approx(wanted, abs=1e-9)


def test_the_page_says_what_can_be_typed_and_its_case_is_the_shipped_one(tmp_path):
    page = (HOUSE / "docs/conversations.md").read_text("utf-8")
    project(tmp_path, cases=(*FEW, "en-brakes-tomorrow"), looks="trials: 2")
    (commands,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    example = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[0])
    shipped = yaml.safe_load((HOUSE / "datasets/conversations/en-brakes-tomorrow.yaml").read_text("utf-8"))
    assert example == {key: value for key, value in shipped.items() if key != "title"}
    printed = []
    for line in commands.strip().splitlines():
        words = [str(Path(sys.executable).with_name("callgate")), *line.partition("#")[0].split()[1:]]
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"}
        done = subprocess.run(
            words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240, check=False
        )
        printed.append(done.stdout)
        assert done.returncode in {0, 4}, done.stderr
    assert "SUBSET" in printed[0]
    assert "whole conversations, all of k tries succeed:" in printed[0]
    assert re.search(r"caller: Hola, necesito un", printed[1])
    assert "ended: goal" in printed[1]


MISTAKES = (
    ("final_state: {booked_at", "final_state: {boked_at", "no stub sets 'boked_at'"),
    ("known: {", "unknown: [name]\n  known: {", "the caller knows 'name' (known) and does not know it"),
    ("goal: ", "gaol: ", "unknown key 'gaol'; did you mean 'goal'?"),
)


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES)
def test_mistakes_are_told_with_their_place(tmp_path, old, new, said):
    path = project(tmp_path, cases=("en-brakes-tomorrow",))
    case = tmp_path / "datasets/conversations/en-brakes-tomorrow.yaml"
    text = case.read_text("utf-8")
    assert old in text
    case.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(Mistake) as told:
        evaluate(tmp_path, path, Options())
    assert any(said in str(problem) and "en-brakes-tomorrow.yaml:" in str(problem) for problem in told.value.problems)


def test_a_simulated_caller_is_never_put_through_to_a_live_agent(tmp_path):
    path = project(tmp_path, cases=FEW[:1])
    path.write_text(path.read_text("utf-8").replace("sim/receptionist-large", "openai/gpt-5-mini"), "utf-8")
    with pytest.raises(Mistake, match="sim/caller speaks to simulated models alone"):
        evaluate(tmp_path, path, Options())


# ---------------------------------------------------------------------------------------------- a planted regression


SPANISH = tuple(sorted(path.stem for path in (HOUSE / "datasets/conversations").glob("es-*.yaml")))
ENGLISH = ("en-oil-on-thursday", "en-brakes-tomorrow", "en-cancel-thursday", "en-move-to-monday", "en-two-at-once")


def test_a_planted_regression_is_caught_by_its_segment_and_an_unchanged_prompt_is_not(tmp_path):
    path = project(tmp_path, model="small", cases=(*SPANISH[:8], *ENGLISH))
    folder = tmp_path / "prompts/receptionist"
    shutil.copytree(folder / "v3", folder / "v4")
    text = (folder / "v4/prompt.md").read_text("utf-8")
    start, end = text.index("Answer in the language of"), text.index("# Tools")
    (folder / "v4/prompt.md").write_text(text[:start] + "Always answer in English first.\n\n" + text[end:], "utf-8")
    options = Options(baseline="prompts/receptionist/v3", candidate="prompts/receptionist/v4")
    decision = evaluate(tmp_path, path, options).decision
    blocked = {row.name for row in decision.comparisons if row.verdict == "block"}
    assert decision.verdict == "block"
    assert "language=es" in blocked
    assert "language=en" not in blocked
    assert {flip.grader for flip in decision.flips if flip.segments["language"] == "es"} == {"language_match"}
    same = Options(baseline="prompts/receptionist/v3", candidate="prompts/receptionist/v3")
    assert evaluate(tmp_path, path, same).decision.verdict == "unchanged"
    reworded = (folder / "v3/prompt.md").read_text("utf-8").replace("You answer the\n", "You take the\n")
    shutil.copytree(folder / "v3", folder / "v5")
    (folder / "v5/prompt.md").write_text(reworded + "\nBe kind.\n", "utf-8")
    kind = Options(baseline="prompts/receptionist/v3", candidate="prompts/receptionist/v5")
    assert evaluate(tmp_path, path, kind).decision.verdict != "block"
