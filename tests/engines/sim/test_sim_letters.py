"""sim/support-small: understands the shipped messages, and fails as often as its table says."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from callgate.concepts import Case, DecisionPoint, Reply, Score, Step, Trial, TrialId
from callgate.config import load_eval
from callgate.dataset.load import load_cases
from callgate.engines.sim import MODELS, answer
from callgate.engines.sim.letter_rules import HABITS, NOISE, writing_rules
from callgate.engines.sim.letters import WORDS, flawless
from callgate.graders.grade import GraderSet, success
from callgate.graders.seen import Context
from callgate.prompts import load_prompt
from callgate.replay import history, opening

ROOT = Path(__file__).parents[3]
FACTS = "- Code 13 means that the disk is full: https://docs.fern.example/13\n- There are no known outages."
MAIL = "You answer e-mails. {rules}\n\nFacts:\n\n" + FACTS
POST = "You answer in our forum. {rules}\n\nFacts:\n\n" + FACTS
EN, ES = "We see code 13 in the log since Monday, number {n}.", "Vemos el código 13 en el registro desde el lunes, {n}."
RULE = {
    "date": ("Never promise a date.", "Be careful with dates.", "In your replies say by when it will be fixed."),
    "links": ("Give only links of the list.", "Links are welcome.", ""),
    "greeting": ("Greet the customer.", "Be friendly.", "Skip the greeting."),
    "question": ("Ask for what is needed.", "Mind the details.", ""),
    "steps": ("Name steps to try.", "Be helpful.", ""),
    "facts": ("Never make up a number.", "Be accurate.", ""),
    "notes": ("Notes for colleagues never stand in the reply.", "Keep notes short.", "Add notes at the end."),
}
STRENGTHS = ("strong", "weak", "opposite")


def replies(system, text, trials=1, model="sim/support-small"):
    for n in range(240):
        for trial in range(trials):
            messages = [{"role": "system", "content": system}, {"role": "user", "content": text.format(n=n)}]
            yield str(answer(model, messages, (), trial)["content"])


def share(found, texts):
    hits = [found(text) for text in texts]
    return sum(hits) / len(hits)


SHOWS = {
    "date": lambda text: WORDS["en"].date in text,
    "links": lambda text: "88213" in text,
    "greeting": lambda text: not text.startswith("Hi"),
    "question": lambda text: "?" not in text,
    "steps": lambda text: "1. " not in text,
    "facts": lambda text: "4,870" in text,
    "notes": lambda text: "Internal note" in text,
}


@pytest.mark.parametrize("habit", RULE)
def test_a_habit_fails_as_often_as_its_table_says(habit):
    rates = next(one for one in HABITS if one.name == habit).rates
    for rule, strength in zip((*RULE[habit], ""), (*STRENGTHS, "absent"), strict=True):
        if rule or strength == "absent":
            seen = share(SHOWS[habit], replies(MAIL.format(rules=rule), EN))
            assert writing_rules(MAIL.format(rules=rule), "en").strengths[habit] == strength
            assert seen == pytest.approx(rates[strength], abs=0.09), (habit, strength)


def test_a_rule_that_speaks_of_spanish_holds_for_spanish_customers_only():
    system = MAIL.format(
        rules="Reply in the language of the customer. Never promise a date. In Spanish replies say by when."
    )
    english = share(lambda text: WORDS["en"].date in text, replies(system, EN))
    spanish = share(lambda text: WORDS["es"].date in text, replies(system, ES))
    assert english < 0.1
    assert spanish > 0.6


def test_the_page_shows_the_table():
    page = (ROOT / "docs/simulator.md").read_text("utf-8")
    for one in HABITS:
        names = ("strong", "weak", "absent", "opposite")
        rates = [f"{100 * one.rates[name]:g}" if name != "opposite" or one.opposite else "-" for name in names]
        line = next(line for line in page.splitlines() if line.startswith(f"| `{one.name}` |"))
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert (cells[1], cells[3:]) == (one.failure, rates)


def test_in_a_forum_other_things_go_wrong():
    loose = list(replies(POST.format(rules=""), "I am ann@post.example, code 13, number {n}."))
    strict = list(
        replies(
            POST.format(
                rules="Never promise anything. Never say that somebody will look into it. Always give a link. "
                "Never repeat personal data."
            ),
            "I am ann@post.example, code 13, number {n}.",
        )
    )
    for shows in (
        lambda text: WORDS["en"].look_into in text,
        lambda text: "ann@post.example" in text,
        lambda text: "https://docs.fern.example/13" not in text,
    ):
        assert share(shows, loose) > 0.2
        assert share(shows, strict) < 0.08


def test_a_reply_is_the_same_again_and_the_large_model_fails_less():
    system = MAIL.format(rules="")
    assert list(replies(system, EN)) == list(replies(system, EN))
    small = share(SHOWS["date"], replies(system, EN))
    large = share(SHOWS["date"], replies(system, EN, model="sim/support-large"))
    assert large < small / 2
    assert {"support-small", "support-large"} <= set(MODELS)
    assert NOISE == 0.02


@cache
def shipped(name: str) -> tuple[tuple[str, Case, DecisionPoint, str, bool], ...]:
    """Every decision of an eval under both prompts: what a writer that never slips writes, and whether it passes."""
    the_eval = load_eval(ROOT / f"evals/{name}.yaml", ROOT)
    graders = GraderSet.of((), ROOT)
    found = []
    for side in (the_eval.baseline, the_eval.candidate):
        prompt = load_prompt(side.prompt, ROOT)
        for case in load_cases(the_eval.cases, ROOT):
            for point in case.points:
                messages = [message.wire for message in (opening(prompt, case), *history(case, point))]
                text = flawless(messages)
                trial = Trial(TrialId("candidate", "m", case.id, point.id, 0), (Step(Reply(text)),))
                where = Context(case, point, (), instructions=str(messages[0]["content"]), prompt=prompt)
                grade = success(graders.grade(where, trial), graders.blocking)
                found.append((prompt.name, case, point, text, isinstance(grade, Score) and grade.passed))
    return tuple(found)


@pytest.mark.parametrize("name", ["email", "forum"])
def test_a_writer_that_never_slips_meets_the_golden_cases(name):
    beyond = [(prompt, case.id) for prompt, case, _, _, passed in shipped(name) if not passed]
    assert len(beyond) <= len(shipped(name)) / 25, beyond
    assert {case.kind for _, case, _, _, _ in shipped(name)} == {name}


@pytest.mark.parametrize("name", ["email", "forum"])
def test_it_answers_in_the_language_of_the_customer(name):
    for _, case, _, text, _ in shipped(name):
        assert text.startswith("Hola" if case.segments["language"] == "es" else "Hi"), (case.id, text)


@pytest.mark.parametrize("text", ["", "?", "\u202e", "13 " * 4000, "down is " * 3000, "@" * 5000, "Subject: \n\n"])
def test_odd_messages_are_answered(text):
    for system in ("", "forum", "- \n- \n", MAIL.format(rules="")):
        messages = [{"role": "system", "content": system}, {"role": "user", "content": text}]
        assert answer("sim/support-small", messages)["content"]
    assert answer("sim/support-small", [{"role": "system", "content": "x"}])["content"]
