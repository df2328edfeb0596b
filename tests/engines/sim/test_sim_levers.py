"""Rules are found in a prompt's own sentences, fail as often as the documented table says, and the table is the truth."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from test_sim_agent import SLOTS, SYSTEM, act, chat, looked

from callgate.engines.sim.draw import Draws
from callgate.engines.sim.levers import LARGE, LEVERS, free_text_rate, rules_of
from callgate.engines.sim.spoil import spoil
from callgate.engines.sim.understanding import read
from callgate.engines.sim.world import world_of

ROOT = Path(__file__).parents[3]
DOC = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")


def prompt(name: str) -> str:
    return (ROOT / "prompts" / "receptionist" / name / "prompt.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever.name)
def test_the_page_prints_the_true_table(lever):
    numbers = [f"{100 * lever.rates[s]:g}" for s in ("strong", "weak", "absent")]
    contrary = f"{100 * lever.rates['opposite']:g}" if lever.opposite else "-"
    assert f"| `{lever.name}` | {lever.failure} | {' | '.join([*numbers, contrary])} |" in DOC


EXAMPLES = re.findall(r"^\| `(\w+)` \| ([^|]+[.?]) \| ([^|]+[.?]) \|$", DOC, re.MULTILINE)


def test_the_page_has_an_example_of_every_rule():
    assert {name for name, _, _ in EXAMPLES} == {lever.name for lever in LEVERS}


@pytest.mark.parametrize(("name", "stated", "hinted"), EXAMPLES)
def test_the_pages_sentences_are_recognised(name, stated, hinted):
    assert rules_of(f"You are an assistant. {stated}").strengths[name] == "strong"
    assert rules_of(f"You are an assistant. {hinted}").strengths[name] == "weak"
    assert rules_of("You are an assistant.").strengths[name] == "absent"


def test_the_shipped_prompts_differ_where_the_page_says():
    v2, v3, brisk = (rules_of(prompt(name)) for name in ("v2", "v3", "v3-brisk"))
    assert set(v3.strengths.values()) == {"strong"}
    assert (v2.strengths["offset"], v2.strengths["language"]) == ("weak", "strong")
    assert {name for name, strength in brisk.strengths.items() if strength != "strong"} == {"language", "usted"}
    assert brisk.strengths["language"] == "opposite"


@pytest.mark.parametrize("probability", [0.05, 0.3, 0.85])
def test_a_lever_fails_as_often_as_it_says_over_many_dialogues(probability):
    throws = [
        Draws("receptionist-small", f"request {case}", f"dialogue {case}", trial).fails("confirm", probability)
        for case in range(1500)
        for trial in range(4)
    ]
    assert sum(throws) / len(throws) == pytest.approx(probability, abs=0.03)


def test_a_hard_dialogue_is_hard_under_every_prompt_but_the_dice_differ():
    def failures(request: str, dialogue: str) -> list[bool]:
        return [Draws("m", request, dialogue, trial).fails("language", 0.5) for trial in range(40)]

    dialogues = [f"d{n}" for n in range(60)]
    hard = {d: sum(failures(f"v2 {d}", d)) > 20 for d in dialogues}
    assert 10 < sum(hard.values()) < 50
    assert all((sum(failures(f"v3 {d}", d)) > 20) == hard[d] for d in dialogues)
    assert any(failures(f"v2 {d}", d) != failures(f"v3 {d}", d) for d in dialogues)


def test_a_change_of_one_word_in_the_prompt_throws_new_dice():
    messages = chat("Oil change on Monday")
    other = [{**messages[0], "content": SYSTEM + " Be kind."}, *messages[1:]]
    first, second = (Draws.of("receptionist-small", m, [], 0) for m in (messages, other))
    assert first.dialogue == second.dialogue
    assert first.request != second.request
    assert first.chance("noise") != second.chance("noise")


def test_without_the_daylight_saving_rule_the_booking_is_an_hour_off():
    turns = ("Oil change on Monday at two", looked({"slots": SLOTS}, "oil_change"))
    right = act(*turns)
    reading = read(chat(*turns), world_of(SYSTEM))
    hit = [
        spoil(right, reading, rules_of("Times carry the offset."), Draws("m", str(n), str(n), 0), []) for n in range(60)
    ]
    starts = [done.args.get("start") for done in hit if done.tool == "book_appointment"]
    assert starts.count("2026-03-09T14:00:00-06:00") > 30
    mended = "Times carry the offset in force on the day of the appointment, mind daylight saving time."
    kept = [spoil(right, reading, rules_of(mended), Draws("m", str(n), str(n), 0), []) for n in range(60)]
    assert "2026-03-09T14:00:00-06:00" not in [done.args.get("start") for done in kept]


def test_the_large_model_fails_less_often():
    rules = rules_of(prompt("v2"))
    small, large = (rules.rate("confirm", f"receptionist-{size}") for size in ("small", "large"))
    assert large == pytest.approx(small * LARGE)


def test_a_tool_without_a_description_of_its_services_gets_free_text():
    def tools(**described: str) -> list[dict[str, object]]:
        properties = {"services": {"type": "array", **described}}
        return [{"type": "function", "function": {"name": "find_slots", "parameters": {"properties": properties}}}]

    bare = free_text_rate(tools(), "find_slots", "receptionist-small")
    told = free_text_rate(tools(description="Every service."), "find_slots", "receptionist-small")
    assert bare > 0 == told
    assert free_text_rate(json.loads("[]"), "find_slots", "receptionist-small") == 0


@pytest.mark.parametrize(
    ("sentence", "strength"),
    [
        ("Always answer Spanish callers in Spanish.", "strong"),
        ("Responda en español a quien hable español.", "strong"),
        ("Reply in English to English speakers and in Spanish to Spanish speakers.", "strong"),
        ("Answer in English or Spanish, whichever language the caller uses.", "strong"),
        ("You can help in Spanish.", "weak"),
        ("Greet in English and stay in English.", "opposite"),
        ("Conteste primero en inglés.", "opposite"),
        ("Be brief.", "absent"),
    ],
)
def test_a_language_rule_in_ones_own_words_counts(sentence, strength):
    assert rules_of(sentence).strengths["language"] == strength
