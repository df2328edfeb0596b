"""Every language pack keeps what its page of examples promises; languages are told apart on what people say."""

from __future__ import annotations

from dataclasses import replace

import more_utterances
import pytest
from pack_pages import page, read, spoken
from stage import context, graded, verdict

from callgate.graders.language import guess, language_of
from callgate.graders.packs import FOLDER, LANGUAGES, PHRASES, pack, slots
from callgate.graders.rules.claims import claims_of
from callgate.graders.seen import Context, Utterance
from callgate.graders.values import find

LEAST = {"en": 300, "es": 300}
"""Written forms of times, days, amounts and telephone numbers that a page must have; a proof of a language has fewer."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pack_reads_what_its_page_says_98_times_in_100(language):
    rows = list(spoken(language))
    wrong = [
        f"{text!r}: read {read(text, language, kind)!r}, meant {meant!r}"
        for kind, text, meant in rows
        if read(text, language, kind) != meant
    ]
    assert sum(kind != "number" for kind, _, _ in rows) >= LEAST.get(language, 50)
    assert len({text for _, text, _ in rows}) >= len(rows) - 5, "a form stands twice"
    assert len(wrong) <= 0.02 * len(rows), "\n".join(wrong)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_open_hour_is_reported_as_open_and_never_guessed(language):
    rows = [(text, meant) for kind, text, meant in spoken(language) if kind == "time"]
    guessed = [text for text, meant in rows if "?" in meant and "?" not in read(text, language, "time")]
    assert len(guessed) <= 0.02 * len(rows), guessed


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_no_value_is_read_as_none(language):
    for text in page(language)["nothing"]:
        assert find(text, language) == (), text


def entries(section: str):
    return [(language, *line.split(": ", 1)) for language in LANGUAGES for line in page(language)[section]]


@pytest.mark.parametrize(("language", "slot", "text"), entries("asks"))
def test_a_pack_knows_the_questions_of_its_page(language, slot, text):
    for name in sorted(slots() & set(pack(language).slots)):
        where = context(language=language, must_not_ask=(name,))
        object.__setattr__(where.case, "caller", {})
        grade = graded("repeat_question", where, text)
        if name == slot:
            assert verdict(grade) == "fail", (name, text)
        elif slot == "-":
            assert verdict(grade) == "pass", (name, text)


@pytest.mark.parametrize(("language", "act", "text"), entries("claims"))
def test_a_pack_knows_the_finished_acts_of_its_page(language, act, text):
    grade = graded("claimed_action_without_call", context(language=language), text)
    assert verdict(grade) == ("n/a" if act == "-" else "fail"), text
    said = {found.removesuffix("_state") for found, _ in claims_of(Utterance(0, text, language, None))}
    assert act == "-" or act in said, (text, said)


@pytest.mark.parametrize(("language", "made", "text"), entries("promises"))
def test_a_pack_knows_the_promises_of_its_page(language, made, text):
    grade = graded("forbidden_promise", context(language=language, facts_allowed=()), text)
    assert verdict(grade) == ("fail" if made == "yes" else "pass"), text


@pytest.mark.parametrize(
    ("language", "said", "text"),
    [(one, *line.split(": ", 1)) for one in LANGUAGES for line in page(one).get("writing", ())],
)
def test_a_pack_has_the_words_for_writing_of_its_page(language, said, text):
    rule, outcome = said.split()
    where = context(language=language, facts_allowed=())
    written = Context(replace(where.case, kind="email" if rule == "greeting" else "forum"), where.point, ())
    assert verdict(graded(rule, written, text)) == outcome


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pack_with_words_for_writing_has_a_page_that_shows_them(language):
    assert (pack(language).writing is not None) == bool(page(language).get("writing"))


@pytest.mark.parametrize(("language", "text"), [(one, text) for one in LANGUAGES for text in page(one)["language"]])
def test_a_pack_tells_its_own_language(language, text):
    assert guess(text) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pack_has_every_key_that_a_rule_uses(language):
    known = pack(language)
    assert known is not None
    assert set(known.phrases) == set(PHRASES)
    assert set(known.triggers) == {"emergency", "legal", "person"}
    assert {what for what, _ in known.promises} == {what for what, _ in pack("en").promises}
    assert set(pack("en").slots) - set(known.slots) <= {"vin"}
    assert (FOLDER / "examples" / f"{language}.txt").is_file()


def test_200_further_utterances_are_in_the_language_they_are_in_98_times_in_100():
    rows = [(want, text) for want, texts in (("en", more_utterances.EN), ("es", more_utterances.ES)) for text in texts]
    assert len(rows) >= 200
    told = [(want, language_of(text), text) for want, text in rows]
    wrong = [entry for entry in told if entry[1] not in {entry[0], None}]
    undecided = [text for _, got, text in told if got is None]
    decided = len(told) - len(undecided)
    assert len(wrong) <= 0.02 * decided, wrong
    assert len(undecided) <= 0.07 * len(told), undecided
