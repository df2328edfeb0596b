"""The simulated triage: it understands the shipped tickets, reads labels and rules out of the prompt, and each rule has the
documented effect on the tickets to which it applies and on no other."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from callgate.dataset import read_set
from callgate.engines.sim import answer
from callgate.engines.sim.tickets import understood
from callgate.engines.sim.triage import LEVERS, read_desk, unspoiled
from callgate.prompts import load_prompt
from callgate.replay import history, opening

ROOT = Path(__file__).parents[3]
CASES = read_set(ROOT / "datasets/triage", ROOT).cases
PROMPT = opening(load_prompt("prompts/triage/v2", ROOT), CASES[0]).wire["content"]
TEXTS = {case.id: str(history(case, case.points[0])[0].wire["content"]) for case in CASES}


def asked(text: str, prompt: str = PROMPT, trial: int = 0, model: str = "triage-small") -> str:
    messages = [{"role": "system", "content": prompt}, {"role": "user", "content": text}]
    return answer(model, messages, (), trial)["content"]


def test_a_careful_reader_sorts_the_shipped_tickets_as_people_do():
    beyond = []
    for case in CASES:
        got = json.loads(unspoiled(PROMPT, TEXTS[case.id]))
        beyond += [case.id] if {**got, **case.points[0].expect.answer} != got else []
    assert len(beyond) <= len(CASES) // 25, beyond


def test_labels_come_from_the_prompt_alone():
    other = PROMPT.replace("payslip", "wages").replace("front_desk", "reception").replace("urgent", "p1")
    said = json.loads(unspoiled(other, "where do i find my old payslips? the ones from last year"))
    assert said["category"] == "wages"
    assert read_desk(other).routes["login"] == "reception"


def test_the_same_request_and_trial_is_the_same_answer_and_other_trials_are_other_draws():
    text = TEXTS["en-billing-charged-twice"]
    assert asked(text) == asked(text)
    assert len({asked(text, trial=trial) for trial in range(20)}) > 5


def wrong(prompt: str, ids: list[str], field: str, trials: int = 40) -> float:
    """How often the field is not what a careful reader says, over tickets and trials."""
    failed = 0
    for name in ids:
        meant = json.loads(unspoiled(PROMPT, TEXTS[name]))[field]
        for trial in range(trials):
            found = re.search(r"\{.*\}", asked(TEXTS[name], prompt, trial))
            failed += json.loads(found[0])[field] != meant
    return failed / (len(ids) * trials)


SPANISH = [case.id for case in CASES if case.id.startswith("es-") and understood(TEXTS[case.id]).stakes != "normal"]
ENGLISH = [case.id for case in CASES if case.id.startswith("en-") and understood(TEXTS[case.id]).stakes != "normal"]


@pytest.mark.parametrize(
    ("sentence", "strength"),
    [
        ("Tickets come in any language; judge them all alike.", 0),
        ("Tickets may be in several languages.", 1),
        ("", 2),
        ("A ticket that is not in English can wait: give it normal priority.", 3),
    ],
)
def test_the_language_rule_moves_the_priority_of_spanish_tickets_and_not_of_english_ones(sentence, strength):
    prompt = PROMPT.replace("- Tickets come in any language; judge them all alike.", f"- {sentence}")
    rate = LEVERS["any_language"][strength]
    assert abs(wrong(prompt, SPANISH, "priority") - rate) < 0.06 + 0.35 * rate
    assert wrong(prompt, ENGLISH, "priority") < 0.06
