"""What a judge is won by beside what it judges: figures by hand, intervals that know when there is little."""

from __future__ import annotations

import random

import pytest

from callgate.stats.bias import first_shown, kinder_to_longer, same_choice


def test_a_judge_that_always_takes_the_first_is_found_out():
    found = first_shown([("first", "first")] * 40)
    assert found is not None
    assert (found.value, found.low > 0.8) == (1.0, True)


def test_a_judge_that_chooses_by_content_is_not_suspected_whatever_it_prefers():
    found = first_shown([("first", "second")] * 35 + [("tie", "tie")] * 5)
    assert found is not None
    assert found.value == 0.5
    assert found.low < 0.5 < found.high


def test_orders_are_put_back_before_they_are_compared():
    assert same_choice([("first", "second"), ("first", "first"), ("tie", None)]) == [
        ("one", "one"),
        ("one", "other"),
        ("tie", None),
    ]


def test_a_judge_that_passes_what_is_long_is_found_out():
    words = [10, 80] * 30
    labels = [n % 4 < 2 for n in range(60)]
    found = kinder_to_longer(labels, [length > 40 for length in words], words)
    assert found is not None
    assert found.value == pytest.approx(1.0)
    assert found.low > 0.6


def test_a_judge_whose_errors_do_not_go_with_length_is_covered_by_its_interval():
    lot = random.Random(7)
    covered = 0
    for _ in range(200):
        labels = [lot.random() < 0.8 for _ in range(60)]
        passed = [label if lot.random() < 0.85 else not label for label in labels]
        found = kinder_to_longer(labels, passed, [lot.randrange(5, 90) for _ in labels])
        assert found is not None
        covered += found.low <= 0 <= found.high
    assert covered >= 186


@pytest.mark.parametrize("count", [0, 9])
def test_too_few_are_no_figure(count):
    assert first_shown([("first", "first")] * count) is None
    assert kinder_to_longer([True] * count, [True] * count, list(range(count))) is None
    assert kinder_to_longer([True] * 40, [True] * 40, [12] * 40) is None
