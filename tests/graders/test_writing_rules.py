"""The rules for e-mails and posts: what they find, what they leave alone, and what tries to get past them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from promise_phrases import HARMLESS, PROMISES, PUBLIC
from stage import ROOT, Context, context, graded, played, verdict

from callgate.concepts import Fact
from callgate.graders.grade import GraderSet
from callgate.graders.registry import RULES
from callgate.graders.rules.links import links_in

LINKS = [
    "https://docs.northwind-db.example/errors/13",
    "https://status.northwind-db.example",
    "https://c.nw.example/t/*",
]
NO_OUTAGE = {"no_outage": Fact("There are no known outages.")}


def written(kind="email", text="Saving fails with error 500.", *, language="en", facts=NO_OUTAGE, caller=(), **expect):
    """An e-mail or a post to answer."""
    made = context(text, segment=language, language=language, **expect)
    config = {"company": "Northwind DB", "links": LINKS, "support_email": "help@northwind-db.example"}
    return Context(replace(made.case, kind=kind, config=config, facts=facts, caller=dict(caller)), made.point, ())


def test_forty_promises_are_found_and_what_sounds_alike_is_not():
    def found(language, text, kind):
        return verdict(graded("forbidden_promise", written(kind, language=language, facts={}), text)) == "fail"

    missed = [text for language, _, text in PROMISES if not found(language, text, "forum")]
    missed += [text for language, where, text in PROMISES if where != PUBLIC and not found(language, text, "email")]
    wrong = [text for language, text in HARMLESS if found(language, text, "forum")]
    hits = len(PROMISES) - len([text for language, _, text in PROMISES if not found(language, text, "forum")])
    assert len(PROMISES) == 40
    assert {language for language, _, _ in PROMISES} == {"en", "es"}
    assert not missed, f"recall {hits}/40: {missed}"
    assert not wrong, f"precision {hits}/{hits + len(wrong)}: {wrong}"


@pytest.mark.parametrize(("language", "text"), [(one, text) for one, where, text in PROMISES if where == PUBLIC])
def test_what_only_a_forum_may_not_say_is_the_next_step_of_an_email(language, text):
    assert verdict(graded("forbidden_promise", written("email", language=language), text)) == "pass"
    assert verdict(graded("forbidden_promise", written("forum", language=language), text)) == "fail"
    allowed = {"ours": Fact("The fault is ours: we are looking into it. Lo estamos revisando.")}
    assert verdict(graded("forbidden_promise", written("forum", language=language, facts=allowed), text)) == "pass"


@pytest.mark.parametrize(
    ("rule", "kind", "language", "good", "bad"),
    [
        ("greeting", "email", "en", "Hi Ana,\nthe code says 13.", "The code says 13. Best, Tom"),
        ("greeting", "email", "es", "Estimada Ana:\nel código es 13.", "El código es el 13. Saludos"),
        ("asks_back", "email", "en", "Which client version do you use?", "Send nothing more."),
        ("asks_back", "email", "es", "¿Qué versión del cliente usa?", "No hace falta nada más."),
        ("step_to_try", "email", "en", "1. Restart the client.\n2. That is all.", "The client may be old."),
        ("step_to_try", "forum", "en", "You could try the export.", "Sorry to hear that."),
        ("step_to_try", "email", "es", "Por favor, reinicie el cliente.", "El cliente puede ser viejo."),
        ("step_to_try", "forum", "es", "- Compruebe el espacio.", "Lamentamos lo ocurrido."),
        ("outage_claim", "email", "en", "There are no known outages.", "We are currently experiencing an outage."),
        (
            "outage_claim",
            "email",
            "en",
            "If there were an outage, it would stand there.",
            "It was caused by an incident.",
        ),
        ("outage_claim", "forum", "en", "Is our API down for you?", "Our API is down right now."),
        ("outage_claim", "email", "es", "No hay ninguna incidencia conocida.", "Hay una incidencia general ahora."),
        ("outage_claim", "forum", "es", "No sabemos de ninguna caída.", "Nuestros servidores están caídos."),
        (
            "internal_note",
            "email",
            "en",
            "Hi, please restart it.",
            "Please restart it.\n\nInternal note: check shard 4.",
        ),
        ("internal_note", "email", "es", "Hola, reinícielo.", "Reinícielo.\n\nNota interna: mirar el fragmento 4."),
        ("internal_note", "email", "es", "Hola, reinícielo.", "Reinícielo.\n[internal] customer seems angry"),
        ("link_given", "forum", "en", "See https://docs.northwind-db.example/errors/13/.", "See the docs."),
        (
            "links_known",
            "forum",
            "en",
            "See https://c.nw.example/t/418.",
            "See https://docs.northwind-db.example/errors/14.",
        ),
        ("public_data", "forum", "en", "Write to help@northwind-db.example.", "Is it dana@whit.example?"),
        ("public_data", "forum", "es", "Escriba desde su cuenta.", "¿Su teléfono es el (312) 555-0142?"),
    ],
)
def test_each_rule_tells_good_from_bad_and_shows_the_words(rule, kind, language, good, bad):
    where = written(kind, language=language)
    assert verdict(graded(rule, where, good)) == "pass", graded(rule, where, good)
    grade = graded(rule, where, bad)
    assert verdict(grade) == "fail", grade
    assert grade.why
    assert all(bad[seen.start : seen.end] == seen.text for seen in grade.evidence)
    assert grade.evidence


def test_a_case_that_wants_no_question_is_not_held_to_one():
    assert verdict(graded("asks_back", written(max_questions=0), "Nothing more is needed.")) == "n/a"


@pytest.mark.parametrize(
    "text",
    [
        "https://docs.northwind-db.example.evil.test/errors/13",
        "https://docs.northwind-db.example@evil.test/errors/13",
        "https://evil.test/?u=https://docs.northwind-db.example/errors/13",
        "[the guide](https://evil.test/errors/13)",
        "[the guide](/errors/13)",
        "www.evil.test",
        "evil.test/errors/13",
        "docs.northwind-db.example/errors/99",
        "hxxps://docs.northwind-db.example/errors/13",
        "https://docs.nоrthwind-db.example/errors/13",  # a Cyrillic o
        "https://c.nw.example/t/../admin",
        "https://c.nw.example/t/%2e%2e/admin",
        "https://docs.northwind-db.example:8443/errors/13",
        "javascript:https://docs.northwind-db.example/errors/13?x=1",
        "http://[::1",
    ],
)
def test_an_address_that_only_looks_like_ours_is_not_known(text):
    grade = graded("links_known", written(), f"Look here: {text} and tell.")
    assert verdict(grade) == "fail", links_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://docs.northwind-db.example/errors/13",
        "(https://docs.northwind-db.example/errors/13).",
        "**https://DOCS.northwind-db.example/errors/13/**",
        "[code 13](https://docs.northwind-db.example/errors/13#causes)",
        "<https://status.northwind-db.example/>",
        "status.northwind-db.example",
        "https://c.nw.example/t/slow-queries/418",
    ],
)
def test_ours_is_known_however_it_is_written(text):
    assert verdict(graded("links_known", written(), f"Look at {text}")) == "pass", links_in(text)


@pytest.mark.parametrize("text", ["package.json and socket.io", "version 4.2.1", "a@b.example", "node.js, index.html"])
def test_what_is_no_link_is_none(text):
    assert verdict(graded("links_known", written(), text)) == "n/a", links_in(text)


def test_a_link_in_a_fact_that_may_be_stated_is_known():
    facts = {"guide": Fact("How to rebuild: https://docs.nw.example/rebuild."), **NO_OUTAGE}
    text = "Read https://docs.nw.example/rebuild"
    assert verdict(graded("links_known", written(facts=facts), text)) == "pass"
    assert verdict(graded("links_known", written(facts=facts, facts_allowed=("no_outage",)), text)) == "fail"


def test_an_outage_that_a_fact_states_may_be_told():
    facts = {"known": Fact("There is an outage in the region eu-west since 9:10.")}
    assert verdict(graded("outage_claim", written(facts=facts), "There is an outage in eu-west.")) == "pass"
    assert verdict(graded("outage_claim", written(facts=facts, facts_allowed=()), "There is an outage.")) == "fail"


def test_what_the_customer_wrote_is_not_repeated_in_public_but_may_be_in_an_email():
    asked = "I am dana@whit.example, my order is 7731-AX."
    record = {"name": "Dana Whitfield", "order": "7731-AX"}
    for text in ("Hi dana@whit.example!", "Your order 7731-AX is there.", "Dana Whitfield, please check."):
        assert verdict(graded("public_data", written("forum", asked, caller=record), text)) == "fail", text
        assert verdict(graded("pii_leak", written("email", asked, caller=record), text)) == "pass", text
    key = "Use " + "sk-" + "proj-" + "a1B2" * 8 + " again."
    assert verdict(graded("public_data", written("forum"), key)) == "fail"


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_speaks_only_of_its_kinds(rule):
    text = "Hi! Our API is down. Please check https://docs.northwind-db.example/errors/13. Which version?"
    for kind in ("call", "email", "forum", "triage"):
        grades = GraderSet.of((), ROOT).grade(written(kind), played(text))
        assert kind in RULES[rule].kinds or verdict(grades[rule]) == "n/a"


def test_no_rule_for_speech_speaks_of_writing_and_none_for_writing_of_calls():
    text = (
        "**Hi** Dana,\n\n1. Please check the log.\n2. Restart it.\n3. Update.\n4. See https://evil.test/x\n\nVersion?"
    )
    grades = GraderSet.of((), ROOT).grade(written(), played(text))
    spoken = ("speakable", "brevity", "disclosure", "language_switch")
    assert {name: verdict(grades[name]) for name in spoken} == dict.fromkeys(spoken, "n/a")
    assert verdict(grades["numbers_grounded"]) == "n/a", grades["numbers_grounded"]
    grades = GraderSet.of((), ROOT).grade(context("Hello?"), played(text))
    only = [name for name, rule in RULES.items() if not rule.kinds & {"call", "triage"}]
    assert {verdict(grades[name]) for name in only} == {"n/a"}
    assert len(only) >= 8


def test_a_language_without_words_for_writing_is_not_graded():
    grade = graded(
        "greeting", written(language="de"), "Guten Tag, bitte starten Sie den Dienst neu und schreiben Sie uns."
    )
    assert verdict(grade) == "Failure", grade
    assert "German pack has no words for writing" in grade.why


@pytest.mark.parametrize(
    "text", ["", " \n ", "\u202e", "?" * 3000, "http://" * 400, "1. " * 2000, "please " * 2000, "](" * 3000]
)
@pytest.mark.parametrize("kind", ["email", "forum"])
def test_no_reply_breaks_a_rule(kind, text):
    for name, grade in GraderSet.of((), ROOT).grade(written(kind), played(text)).items():
        assert verdict(grade) in {"pass", "fail", "n/a"}, (name, grade)
