"""An eval file is read whole, and all its mistakes are told at once, each at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from callgate.concepts import Budget, Mistake, Place
from callgate.config import find_evals, load_eval, policy_for, segment_of

LEAST = "cases: datasets/x\nbaseline: prompts/v1\ncandidate: prompts/v2\nmodels: [a/b]\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("evals", "datasets/x", "prompts/v1", "prompts/v2"):
        (tmp_path / folder).mkdir(parents=True)
    for version in ("v1", "v2"):
        (tmp_path / "prompts" / version / "prompt.md").write_text("hello")
    return tmp_path


def load(project: Path, text: str):
    path = project / "evals" / "x.yaml"
    path.write_text(text)
    return load_eval(path, project)


def problems(project: Path, text: str) -> list[str]:
    with pytest.raises(Mistake) as caught:
        load(project, text)
    return [str(problem) for problem in caught.value.problems]


def test_the_shipped_evals_load():
    root = Path(__file__).parents[1]
    paths = find_evals(root)
    assert paths
    for path in paths:
        assert load_eval(path, root).name == path.stem


def test_four_lines_are_an_eval(project):
    spec = load(project, LEAST)
    assert (spec.name, spec.models, spec.baseline.prompt, spec.candidate.prompt) == (
        "x",
        ("a/b",),
        "prompts/v1",
        "prompts/v2",
    )
    assert spec.policy.metrics == ("success",)
    assert spec.policy.looks == (2, 5, 10)
    assert spec.policy.weights == (0.1, 0.3, 0.6)
    assert spec.policy.confirm == 5
    assert spec.budget == Budget()
    assert spec.cases == project / "datasets/x"


def test_every_mistake_is_told_at_once(project):
    text = "cases: datasets/x\nbaseline: prompts/v1\ncandidat: prompts/v2\nmodels: [a/b]\ngate:\n  metric: [success]\n  on_inconclusive: wrn\n"
    assert problems(project, text) == [
        "evals/x.yaml:1:1: 'candidate' is missing",
        "evals/x.yaml:3:1: unknown key 'candidat'; did you mean 'candidate'?",
        "evals/x.yaml:6:3: unknown key 'metric'; did you mean 'metrics'?",
        "evals/x.yaml:7:3: 'wrn' is none of warn, fail; did you mean 'warn'?",
    ]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("gate: {looks: [5, 2]}", "looks must rise"),
        ("gate: {looks: [2, 5], weights: [0.5]}", "2 looks need 2 weights"),
        ("gate: {looks: [2, 5], weights: [0.5, 0.6]}", "add up to 1, not 1.1"),
        ("gate: {looks: [1, 2, 3, 4]}", "4 looks need 4 weights"),
        ("gate: {looks: [2, 5], trials: 3}", "'trials' is the number a side at the only look"),
        ("gate: {protect: [booking]}", "booking"),
        ("gate: {protect: ['a=1,a=2']}", "no segment"),
        ("gate: {accept: [{segment: a=1, until: 2026-02-30, why: x}]}", "day is out of range"),
        ("gate: {accept: [{segment: fr, until: 2026-02-03, why: x}]}", "no segment"),
        ("gate: {max_missing: 0.3}", "must be at most 0.2"),
        ("segments: [language, language]", "stands twice"),
        ("segments: [a*b, b*a]", "'b*a' stands twice"),
        ("graders: [brevity, {brevity: {max_words: 3}}]", "grader 'brevity' stands twice"),
    ],
)
def test_a_gate_that_cannot_be_meant_is_refused(project, more, said):
    assert any(said in line and line.startswith("evals/x.yaml:5:") for line in problems(project, LEAST + more))


@pytest.mark.parametrize("cases", ["datasets/nope", "../x", "/etc", "evals/x.yaml"])
def test_the_cases_must_be_a_folder_of_the_project(project, cases):
    assert problems(project, LEAST.replace("datasets/x", cases))[0].startswith("evals/x.yaml:1:1: ")


def test_a_prompt_outside_the_project_is_refused(project):
    assert problems(project, LEAST.replace("prompts/v1", "../../etc"))[0].startswith("evals/x.yaml:2:1: ")


@pytest.mark.parametrize(
    ("written", "source"),
    [
        ("main", "main:prompts/v2"),
        ("HEAD~1", "HEAD~1:prompts/v2"),
        ("origin/main", "origin/main:prompts/v2"),
        ("v1.0:prompts/old", "v1.0:prompts/old"),
        ("prompts/v1", "prompts/v1"),
        ("v1", "v1"),
        ("gone.md", "gone.md"),
        ("receptionist/v9", "receptionist/v9"),
    ],
)
def test_a_ref_alone_is_the_candidates_own_path_there(project, written, source):
    assert load(project, LEAST.replace("prompts/v1", written)).baseline.prompt == source


def test_a_change_of_model_is_told_by_the_sides(project):
    own = LEAST.replace("baseline: prompts/v1", "baseline: {prompt: prompts/v2, model: c/d}")
    spec = load(project, own)
    assert (spec.baseline.model, spec.candidate.model, spec.models) == ("c/d", "a/b", ("a/b",))
    both = own.replace("candidate: prompts/v2", "candidate: {prompt: prompts/v2, model: e/f}").replace(
        "models: [a/b]\n", ""
    )
    assert load(project, both).models == ("e/f",)
    assert "leave 'models' out" in problems(project, both + "models: [a/b]\n")[0]
    assert "one model of the other side" in problems(project, own.replace("[a/b]", "[a/b, g/h]"))[0]
    assert "'models' is missing" in problems(project, LEAST.replace("models: [a/b]\n", ""))[0]


def test_what_is_checked_later_keeps_its_place(project):
    spec = load(project, LEAST + "graders:\n  - brevity: {max_words: 60}\n  - own\ngate:\n  metrics: [succes]\n")
    assert [(use.name, dict(use.options), use.place) for use in spec.graders] == [
        ("brevity", {"max_words": 60}, Place("evals/x.yaml", 6, 5)),
        ("own", {}, Place("evals/x.yaml", 7, 5)),
    ]
    assert spec.place("gate", "metrics", 0) == Place("evals/x.yaml", 9, 13)


def test_segments_that_are_not_written_are_those_that_the_cases_have(project):
    assert policy_for(load(project, LEAST), {"language", "dealer"}).by == ("language",)
    assert policy_for(load(project, LEAST + "segments: [nope]"), {"language"}).by == ("nope",)


def test_three_looks_spend_alpha_as_designed(project):
    assert load(project, LEAST + "gate: {looks: [2, 5, 10]}").policy.weights == (0.1, 0.3, 0.6)
    assert load(project, LEAST + "gate: {trials: 10}").policy.looks == (10,)
    assert load(project, LEAST + "gate: {trials: 10}").policy.confirm == 0


def test_a_segment_is_read_as_people_write_it():
    assert segment_of("language=es,call_type=booking") == {"language": "es", "call_type": "booking"}
    assert segment_of("all") == {}
    for text in ("es", "a=", "=b", "a=1,", "a=1,a=1"):
        with pytest.raises(ValueError, match="no segment"):
            segment_of(text)
