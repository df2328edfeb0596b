"""A judge against people: known figures of real judges, figures by hand, intervals that cover, the right to gate."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from callgate.stats.agreement import (
    agreement,
    chance_corrected_ac1,
    cohens_kappa,
    may_gate,
)

JUDGEMENTS = Path(os.environ.get("CALLGATE_TEST_DATA", "../shared/data")) / "llmbar" / "judgements.csv"


def of_judge(judge, subset):
    if not JUDGEMENTS.is_file():
        pytest.skip(f"no real judgements at {JUDGEMENTS}; set CALLGATE_TEST_DATA")
    with JUDGEMENTS.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["judge"] == judge and row["subset"] == subset]
    first, second = ([row[f"winner_order{order}"] or None for row in rows] for order in (1, 2))
    return agreement([row["human_label"] for row in rows], first, other_order=second)


@pytest.mark.parametrize(
    ("judge", "subset", "accuracy", "consistency", "may"),
    [
        ("GPT-4/Vanilla", "Natural", 95.5, 95.0, True),
        ("GPT-4/Vanilla", "Adversarial/Neighbor", 78.7, 93.3, False),
        ("ChatGPT/Vanilla", "Natural", 81.5, 71.0, False),
        ("ChatGPT/Vanilla", "Adversarial/Neighbor", 19.4, 71.6, False),
    ],
)
def test_real_judges_come_out_as_their_judgements_imply(judge, subset, accuracy, consistency, may):
    found = of_judge(judge, subset)
    assert round(100 * found.accuracy.value, 1) == accuracy
    assert round(100 * found.order_consistency.value, 1) == consistency
    assert may_gate(found, by_variant=False).may_gate is may


def test_what_is_lacking_is_said_and_priced():
    few = may_gate(of_judge("GPT-4/Vanilla", "Adversarial/GPTInst"), by_variant=False)
    assert not few.may_gate
    assert few.why_not == ("AC1 may be as low as 0.58; it must be 0.60 at the least",)
    assert 10 < few.more_labels < 200
    bad = may_gate(of_judge("ChatGPT/Vanilla", "Adversarial/Neighbor"), by_variant=False)
    assert bad.more_labels is None
    assert any("19.4 %" in why for why in bad.why_not)


def test_kappa_and_ac1_by_hand():
    table = np.array([[40.0, 9.0], [6.0, 45.0]])  # 85 of 100 agree
    by_chance = 0.49 * 0.46 + 0.51 * 0.54
    assert cohens_kappa(table) == pytest.approx((0.85 - by_chance) / (1 - by_chance), abs=1e-12)
    use = (0.49 + 0.46) / 2
    assert chance_corrected_ac1(table) == pytest.approx(
        (0.85 - 2 * use * (1 - use)) / (1 - 2 * use * (1 - use)), abs=1e-12
    )


def test_kappa_collapses_where_nearly_all_pass_and_ac1_does_not():
    labels = ["pass"] * 97 + ["fail"] * 3
    verdicts = ["pass"] * 95 + ["fail"] * 2 + ["pass"] * 2 + ["fail"]
    found = agreement(labels, verdicts)
    assert found.accuracy.value == 0.96
    assert found.kappa.value < 0.4
    assert found.ac1.value > 0.9


def test_full_agreement_on_few_items_is_no_certainty():
    found = agreement(["pass"] * 12, ["pass"] * 12)
    assert found.kappa is None  # everyone said one thing
    assert found.accuracy.value == found.ac1.value == 1.0
    assert found.accuracy.low == pytest.approx(0.025 ** (1 / 12))
    assert found.ac1.low < 0.9
    assert may_gate(found, in_orders=False, by_variant=False).why_not == ("12 labels; 30 are the least",)


def test_items_of_one_call_are_worth_less_than_items_of_many():
    labels, verdicts = ["pass", "fail"] * 30, ["pass", "fail"] * 27 + ["fail", "pass"] * 3
    apart = agreement(labels, verdicts)
    together = agreement(labels, verdicts, clusters=[f"call {i // 6}" for i in range(60)])
    assert together.accuracy.value == apart.accuracy.value
    assert together.accuracy.low < apart.accuracy.low
    assert together.ac1.low < apart.ac1.low
    assert together.clusters == 10


def test_a_verdict_that_was_not_given_does_not_agree():
    found = agreement(["pass"] * 10, ["pass"] * 8 + [None] * 2, other_order=["pass"] * 8 + [None] * 2)
    assert found.accuracy.value == found.order_consistency.value == 0.8
    assert found.unanswered == 4


def test_a_judge_that_favours_one_variant_may_not_gate():
    labels, variants = ["fail"] * 80, ["baseline"] * 40 + ["candidate"] * 40
    fair = agreement([*labels, *["pass"] * 80], ["fail"] * 80 + ["pass"] * 80, variants=[*variants, *variants])
    assert may_gate(fair, in_orders=False).may_gate
    lenient = ["fail"] * 40 + ["fail"] * 26 + ["pass"] * 14
    found = agreement([*labels, *["pass"] * 80], [*lenient, *["pass"] * 80], variants=[*variants, *variants])
    assert found.accuracy.value > 0.9
    assert not may_gate(found, in_orders=False).may_gate
    assert "errs otherwise" in may_gate(found, in_orders=False).why_not[0]


def test_what_was_not_measured_counts_as_not_met():
    found = agreement(["pass", "fail"] * 50, ["pass", "fail"] * 50)
    assert may_gate(found, in_orders=False, by_variant=False).may_gate
    assert not may_gate(found, by_variant=False).may_gate
    assert not may_gate(found, in_orders=False).may_gate


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="as many verdicts"):
        agreement(["pass"], [])


@pytest.mark.parametrize(("n", "passes", "accuracy"), [(30, 0.9, 0.9), (60, 0.85, 0.85), (30, 0.5, 0.9)])
def test_the_lower_bound_of_ac1_is_too_high_in_at_most_one_of_twenty(n, passes, accuracy):
    rng = np.random.default_rng(3)
    true = chance_corrected_ac1(
        np.array(
            [[passes * accuracy, passes * (1 - accuracy)], [(1 - passes) * (1 - accuracy), (1 - passes) * accuracy]]
        )
    )
    labels, right = rng.random((300, n)) < passes, rng.random((300, n)) < accuracy
    lows = [agreement(row.tolist(), same.tolist()).ac1.low for row, same in zip(labels, labels == right, strict=True)]
    assert np.mean(np.array(lows) > true) <= 0.065  # 5 %, and what 300 repetitions may add to it
