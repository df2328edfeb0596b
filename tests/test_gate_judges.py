"""A judge in the gate: what it may do without a card, with one, and against what people say."""

from __future__ import annotations

import numpy as np
import pytest

from callgate.concepts import CaseInfo, Policy, Side, Stratum
from callgate.gate import build_decision, decide
from callgate.stats.agreement import agreement, may_gate
from callgate.stats.cards import Card, Labelled, LanguageCard
from callgate.stats.corrected import Pairs, corrected, weight

METRIC = "judge:tone"
POLICY = Policy(metrics=(METRIC,), by=("language",))
CALLS = {
    f"{language}-{i:03d}": CaseInfo(f"{language}-{i:03d}", {"language": language})
    for language, n in (("en", 90), ("es", 60))
    for i in range(n)
}


def rows(candidate):
    """Five trials a side, all of which pass but the candidate's as told by the case's name."""
    return [
        Stratum("m", name, "d", METRIC, (1.0,) * 5, (1.0,) * candidate(name) + (0.0,) * (5 - candidate(name)))
        for name in CALLS
    ]


def labelled(language, n=60, *, person=lambda i, variant: i % 10 > 0, judge=None):
    """Verdicts of a person and a judge on both variants of `n` decisions."""
    sees = judge or person
    return [
        Labelled(
            f"{language}-{i:03d}",
            "d",
            f"{language}-{i:03d}",
            language,
            variant,
            0,
            bool(person(i, variant)),
            bool(sees(i, variant)),
            float(sees(i, variant)),
        )
        for i in range(n)
        for variant in ("baseline", "candidate")
    ]


def card(*groups):
    languages = {}
    for group in groups:
        found = agreement(
            [r.label for r in group],
            [r.passed for r in group],
            variants=[r.variant for r in group],
            clusters=[r.cluster for r in group],
        )
        languages[group[0].language] = LanguageCard(
            len(group), len(group) // 2, found, may_gate(found, in_orders=False)
        )
    every = tuple(row for group in groups for row in group)
    return {METRIC: Card(METRIC, "tone.md", "f", ("judge",), 1, False, languages, every)}


def named(outcome):
    return {row.name: row for row in outcome.comparisons}


def test_without_a_card_a_judge_neither_passes_nor_blocks():
    nobody = {METRIC: Card(METRIC, "tone.md", "f", ("judge",), 1, False)}
    for candidate in (lambda _: 5, lambda _: 0):
        outcome = decide(rows(candidate), CALLS, POLICY, cards=nobody)
        assert outcome.verdict == "inconclusive"
    assert named(outcome)["language=es"].needs == "judge:tone may only advise in es: no labels in es"


def test_with_the_right_to_gate_in_both_languages_it_passes_and_blocks():
    good = card(labelled("en"), labelled("es"))
    assert decide(rows(lambda _: 5), CALLS, POLICY, cards=good).verdict == "pass"
    worse = decide(
        rows(lambda name: 1 if name.startswith("es") else 5),
        CALLS,
        POLICY,
        cards=card(labelled("en"), labelled("es", person=lambda i, v: i % 10 > 0 and not (v == "candidate" and i % 2))),
    )
    assert (worse.verdict, named(worse)["language=es"].verdict) == ("block", "block")


def test_a_language_that_nobody_labelled_is_not_cleared_by_the_labels_of_another():
    outcome = decide(rows(lambda _: 5), CALLS, POLICY, cards=card(labelled("en")))
    assert {name: row.verdict for name, row in named(outcome).items()} == {
        "all": "inconclusive",
        "language=en": "pass",
        "language=es": "inconclusive",
    }
    assert outcome.verdict == "inconclusive"


def test_twenty_pairs_are_too_few():
    outcome = decide(rows(lambda _: 5), CALLS, POLICY, cards=card(labelled("en"), labelled("es", n=20)))
    assert "20 labelled pairs; 30 are the least" in named(outcome)["language=es"].needs


def test_where_people_do_not_see_the_fall_that_the_judge_saw_nothing_is_blocked():
    people = labelled(
        "es", n=200, person=lambda i, v: i % 2 == 0, judge=lambda i, v: i % 2 == 0 or (i % 25 == 1 and v == "baseline")
    )
    fair = card(labelled("en"), people)
    fell = rows(lambda name: 4 if name.startswith("es") else 5)
    assert named(decide(fell, CALLS, POLICY))["language=es"].verdict == "block"
    row = named(decide(fell, CALLS, POLICY, cards=fair))["language=es"]
    assert row.verdict == "inconclusive"
    assert row.needs.startswith("corrected by people's labels it changed")


def test_where_people_see_a_fall_that_the_judge_missed_nothing_passes():
    people = labelled("es", n=120, person=lambda i, v: i % 2 == 0 and not (v == "candidate" and i % 10 == 0))
    blind = [
        row
        if row.variant == "baseline"
        else Labelled(
            **{
                **{f: getattr(row, f) for f in row.__slots__},
                "passed": int(row.case[3:]) % 2 == 0,
                "score": float(int(row.case[3:]) % 2 == 0),
            }
        )
        for row in people
    ]
    fair = card(labelled("en"), blind)
    if fair[METRIC].may_gate("es").may_gate:
        assert named(decide(rows(lambda _: 5), CALLS, POLICY, cards=fair))["language=es"].verdict != "pass"
    lenient = Card(
        METRIC,
        "tone.md",
        "f",
        ("judge",),
        1,
        False,
        card(labelled("en"), labelled("es"))[METRIC].languages,
        (*labelled("en"), *blind),
    )
    assert (
        named(decide(rows(lambda _: 5), CALLS, POLICY, cards={METRIC: lenient}))["language=es"].verdict
        == "inconclusive"
    )


def test_a_card_changes_nothing_where_no_judge_scored_the_metric():
    strata = [Stratum(s.model, s.case, s.decision, "success", s.baseline, s.candidate) for s in rows(lambda _: 5)]
    made = build_decision(
        run="r",
        eval="e",
        strata=strata,
        cases=CALLS,
        policy=Policy(by=("language",)),
        baseline=Side("a", "a"),
        candidate=Side("b", "b"),
        cards=card(labelled("en")),
    )
    assert made.verdict == "pass"


# ------------------------------------------------------------------------------------------------ the correction


def world(rng, n, labels, bias):
    """True and judged changes of n calls, of which the first are labelled; the judge is kinder to the candidate."""
    true = rng.choice([-1.0, 0.0, 1.0], n, p=[0.15, 0.75, 0.10])
    judged = np.clip(np.where(rng.random(n) < 0.1, 0.0, true) + (rng.random(n) < bias), -1, 1)
    pairs = Pairs(tuple(true[:labels]), tuple(judged[:labels]), tuple(map(str, range(labels))))
    return judged, {"es": pairs}


@pytest.mark.parametrize(("n", "labels", "bias"), [(60, 30, 0.0), (60, 30, 0.15), (200, 50, 0.15)])
def test_the_corrected_bound_is_above_the_truth_in_at_most_one_of_twenty(n, labels, bias):
    rng = np.random.default_rng(8)
    wrong = raw = 0
    for _ in range(400):
        judged, labelled_pairs = world(rng, n, labels, bias)
        found = corrected(judged, np.ones(n), labelled_pairs, {"es": 1.0})
        wrong += found.at_worst(0.95) > -0.05
        raw += float(judged.mean()) - 1.645 * float(judged.std()) / np.sqrt(n) > -0.05
    assert wrong / 400 <= 0.065
    assert not bias or raw / 400 > 0.2  # uncorrected, the judge's kindness passes for the truth


def test_a_judge_that_sees_nothing_has_no_weight():
    pairs = Pairs((1.0, -1.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0), tuple("abcd"))
    assert weight([pairs], 100) == 0.0
    assert corrected(np.zeros(100), np.ones(100), {"es": pairs}, {"es": 1.0}).change == 0.0
    assert weight([Pairs((1.0, -1.0) * 20, (1.0, -1.0) * 20, tuple(map(str, range(40))))], 4000) == pytest.approx(
        1 / 1.01
    )
