"""Rubrics are data with few keys: what is wrong in one is told at its place, and a sibling must be graded alike."""

from __future__ import annotations

import pytest
from stage import ROOT, context, played

from callgate.concepts import Mistake, Place, Problem
from callgate.config import GraderUse
from callgate.engines.sim.text import leaning
from callgate.graders import judge
from callgate.graders.grade import GraderSet
from callgate.graders.jury import Judge, family, family_problems
from callgate.graders.rubrics import read_rubrics, rubric_of, siblings

JUDGES = ROOT / "prompts/judges"
EIGHT = (
    "faithfulness",
    "forum_post",
    "intent",
    "language_quality",
    "progression",
    "recovery",
    "support_email",
    "triage_rationale",
)


def test_there_are_eight_and_each_has_its_spanish_sibling():
    files = sorted(path.name for path in JUDGES.iterdir())
    assert files == sorted([f"{name}{end}" for name in EIGHT for end in (".md", ".es.md")])


@pytest.mark.parametrize("name", EIGHT)
def test_every_word_that_a_judge_of_spanish_reads_around_the_material_is_spanish(name):
    """The whole prompt, rubric and frame, sentence by sentence; what stands in code marks is a protocol."""
    rubric = read_rubrics(ROOT, f"prompts/judges/{name}.md")["es"]
    where = context("¿A qué hora cierran los sábados?", language="es", segment="es", judge=(name,))
    for question in judge.questions(where.point, name, rubric):
        [request] = judge.requests(where, played("A las dos."), question, model="m")
        sent = str(request.messages[0].wire["content"])
        leans = [leaning(line) for line in sent.splitlines() if len(line.split()) > 8]
        assert len(leans) > 5
        assert min(leans) > 0, [line for line in sent.splitlines() if len(line.split()) > 8 and leaning(line) <= 0]


def test_the_rubric_follows_the_language_of_the_decision():
    [one, _] = GraderSet.of([use()], ROOT).judges
    assert [one.rubric(language).language for language in ("en", "es", "de", None)] == ["en", "es", "en", "en"]


def test_a_scale_is_spread_evenly_and_passes_from_where_it_says():
    rubric = rubric_of("---\nscale: 4\npasses: 3\n---\n# Tone\nKind?\n", "tone")
    question = judge.Question(rubric)
    assert [round(question.value(n), 3) for n in "1234"] == [0, 0.333, 0.667, 1]
    assert [question.passes(n) for n in "1234"] == [False, False, True, True]
    assert question.answers == ("4", "3", "2", "1", "maybe")


@pytest.mark.parametrize(
    ("front", "line", "why"),
    [
        ("scal: 4", 2, "unknown key 'scal'; did you mean 'scale'?"),
        ("flags: [a]\nscale: 1", 3, "scale wants a number from 2 to 10, not 1"),
        ("scale: 3\nanswers: {pass: 1, fail: 0}", 2, "only one of scale, answers and criteria"),
        ("answers: {pass: 2, fail: 0}", 2, "answers wants two or more words"),
        ("answers: {pass: 1, maybe: 0}", 2, "answers wants two or more words"),
        ("scale: 3\npasses: 4", 3, "passes names no answer; there are 1, 2, 3"),
        ("criteria: {a: One., b: Two.}\npasses: 3", 3, "passes wants how many of the 2 criteria"),
        ("criteria: {a: One.}\nhard: [c]", 3, "hard names no criterion"),
        ("vetoes: [unsafe]", 2, "vetoes names no answer; there are fail, pass"),
        ("flags: [Made Up]", 2, "flags wants a list of words of small letters"),
        ("language: English", 2, "language wants a code such as es"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(front, line, why):
    with pytest.raises(Mistake) as caught:
        rubric_of(f"---\n{front}\n---\n# Tone\n", "tone", "prompts/judges/tone.md")
    [problem] = caught.value.problems
    assert problem.place.line == line
    assert why in problem.message


def test_a_rubric_that_says_nothing_is_a_mistake():
    with pytest.raises(Mistake, match="says nothing"):
        rubric_of("---\nscale: 3\n---\n \n", "tone")


def test_a_sibling_that_would_be_graded_otherwise_is_a_mistake(tmp_path):
    (tmp_path / "tone.md").write_text("---\nscale: 3\n---\n# Tone\n", "utf-8")
    (tmp_path / "tone.es.md").write_text("---\nscale: 4\n---\n# Tono\n", "utf-8")
    with pytest.raises(Mistake, match=r"tone\.es\.md:1:1: has another scale"):
        read_rubrics(tmp_path, "tone.md")
    (tmp_path / "tone.es.md").write_text("---\nscale: 3\n---\n# Tono\n", "utf-8")
    assert list(read_rubrics(tmp_path, "tone.md")) == ["en", "es"]
    assert [path.name for path in siblings(tmp_path, "tone.md")] == ["tone.es.md"]


# ---------------------------------------------------------------------------------------------- juries and families


def use(**options):
    given = {"rubric": "prompts/judges/faithfulness.md", "model": "sim/judge", **options}
    return GraderUse("judge", given, Place("evals/x.yaml", 9, 5))


def judge_of(*models, **more) -> Judge:
    return Judge("tone", {"en": rubric_of("# Tone", "tone")}, models, place=Place("evals/x.yaml", 9, 5), **more)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("openai/gpt-5-mini", "gpt"),
        ("azure/gpt-4o", "gpt"),
        ("openai/o3", "gpt"),
        ("openrouter/anthropic/claude-sonnet-4", "claude"),
        ("bedrock/anthropic.claude-haiku", "claude"),
        ("anthropic/newest", "claude"),
        ("vertex_ai/gemini-2.5-pro", "gemini"),
        ("groq/llama-3.3-70b", "llama"),
        ("mistral/mixtral-8x7b", "mistral"),
        ("openai/judge", "judge"),
        ("openai/anything", "anything"),
        ("ollama/our-own", "our-own"),
    ],
)
def test_a_family_is_known_by_the_models_name_whoever_serves_it(model, name):
    assert family(model) == name


def test_a_judge_of_the_candidates_family_is_a_mistake_unless_it_is_meant():
    [problem] = family_problems([judge_of("azure/gpt-4o")], ["openai/gpt-5-mini"])
    assert problem.place == Place("evals/x.yaml", 9, 5)
    assert "same family (gpt) as openai/gpt-5-mini" in problem.message
    assert "same_family: true" in problem.message
    assert not family_problems([judge_of("azure/gpt-4o", same_family=True)], ["openai/gpt-5-mini"])
    assert not family_problems([judge_of("anthropic/claude-sonnet-4")], ["openai/gpt-5-mini"])
    assert len(family_problems([judge_of("anthropic/claude-sonnet-4", "openai/gpt-5")], ["openai/gpt-5-mini"])) == 1


def test_the_simulator_has_no_family():
    assert not family_problems([judge_of("sim/judge")], ["sim/receptionist-small"])


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"model": []}, "judge needs model"),
        ({"model": [1]}, "model wants a model, or a list of models for a jury"),
        ({"model": ["a/x", "a/x"]}, "a model stands twice in the jury"),
        ({"same_family": "yes"}, "same_family wants true or false"),
    ],
)
def test_a_jury_that_is_none_is_a_mistake(options, why):
    with pytest.raises(Mistake, match=why):
        GraderSet.of([use(**options)], ROOT)


def test_a_jury_is_several_models():
    jury = GraderSet.of([use(model=["sim/judge", "openai/gpt-5"], votes=3)], ROOT).judges[0]
    assert (jury.models, jury.is_simulated) == (("sim/judge", "openai/gpt-5"), True)


def test_a_mistake_inside_a_rubric_is_told_there(tmp_path):
    (tmp_path / "tone.md").write_text("---\nscale: 99\n---\n# Tone\n", "utf-8")
    with pytest.raises(Mistake) as caught:
        GraderSet.of([use(rubric="tone.md")], tmp_path)
    assert caught.value.problems == (Problem(Place("tone.md", 2, 1), "scale wants a number from 2 to 10, not 99"),)
