"""Figures of a classifier on real labels against an independent computation; thresholds that hold; pass^k."""

from __future__ import annotations

import csv
import itertools
import json
import os
import random
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

import textbook
from callgate.concepts import Mistake
from callgate.evaluate.triaging import triaged
from callgate.stats.calibration import choose
from callgate.stats.labels import Labelled, figures, more_needed, standing
from callgate.stats.repeats import pass_power

DATA = Path(os.environ.get("CALLGATE_TEST_DATA", "../shared/data"))
SETS = {"banking77": ("banking77/test.csv", "category"), "clinc150": ("clinc150/auto_and_oos_test.csv", "intent")}


def truths(name: str) -> list[str]:
    file, column = SETS[name]
    if not (DATA / file).is_file():
        pytest.skip(f"{DATA / file} is not here: no real labels to classify")
    with (DATA / file).open(encoding="utf-8", newline="") as stream:
        return [row[column] for row in csv.DictReader(stream)]


def scripted(labels: list[str], seed: int) -> list[Labelled]:
    """A classifier with known errors (`textbook.law`). They are always the next class, and one in ten of them is no label."""
    draw, names = random.Random(seed), sorted(set(labels))
    answers = []
    for truth in labels:
        sure = round(draw.random() ** 0.2, 4)
        other = "" if draw.random() < 0.1 else names[(names.index(truth) + 1) % len(names)]
        answers.append(Labelled(truth, truth if draw.random() < textbook.law(sure) else other, sure))
    return answers


@pytest.mark.parametrize("name", SETS)
def test_figures_on_real_labels_equal_an_independent_computation(name):
    answers = scripted(truths(name), 1)
    found = figures(answers)
    textbook.check(found, [(a.truth, a.label, a.confidence) for a in answers])


@pytest.mark.parametrize("name", SETS)
def test_a_chosen_threshold_keeps_its_risk_on_fresh_splits(name):
    """By the law that the classifier really follows, the accuracy of what goes out alone on the fresh half is as
    promised in at least 95 % of the splits; each split has answers of its own."""
    labels, draw = truths(name), np.random.default_rng(3)
    kept = covering = 0
    for seed in range(200):
        answers = scripted(labels, seed)
        sure, right = np.array([a.confidence for a in answers]), np.array([a.right for a in answers])
        order = draw.permutation(len(answers))
        known, fresh = order[: len(order) // 2], order[len(order) // 2 :]
        chosen = choose(sure[known].tolist(), right[known].tolist(), target=0.88)
        alone = sure[fresh][sure[fresh] >= chosen.threshold] if chosen.threshold is not None else np.array([])
        covering += len(alone) > 0
        kept += len(alone) == 0 or np.mean([textbook.law(each) for each in alone]) >= 0.88
    assert covering >= 100  # a threshold that is never given would keep every promise
    assert kept >= 190, (kept, covering)


def test_the_gate_reads_the_bound_or_the_accuracy_as_seen():
    def of(right: int, count: int):
        return figures([Labelled("a", "a" if n < right else "b", 0.5) for n in range(count)])

    assert standing(of(180, 200), 0.85) == "pass"
    assert standing(of(176, 200), 0.85) == "inconclusive"  # 88 % as seen, 83.6 % at least
    assert standing(of(176, 200), 0.85, "point") == "pass"
    more = more_needed(of(176, 200), 0.85)
    assert standing(of(176, 200), 0.85) == "inconclusive"
    assert more is not None
    assert binomtest(round(0.88 * (200 + more)), 200 + more).proportion_ci(0.9, method="exact").low >= 0.849
    assert more_needed(of(170, 200), 0.85) is None
    assert standing(of(150, 200), 0.85) == "block"
    with pytest.raises(ValueError, match="no answer was measured"):
        figures([])


def test_a_file_is_read_by_segment_and_what_was_not_measured_is_counted(tmp_path):
    rows = [{"truth": "t", "label": "t", "confidence": 0.9, "segments": {"language": "en"}}] * 190
    rows += [{"truth": "t", "label": "u", "confidence": 0.4, "segments": {"language": "es"}}] * 10
    file = tmp_path / "answers.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = triaged(file, target=0.85, risk=0.02, by=("language",))
    assert done.exit_code == 0
    assert done.parts["language=es"].accuracy == 0
    assert (done.chosen.threshold, done.alone, done.wrong_alone) == (0.9, 190, 0)
    file.write_text(file.read_text() + json.dumps({"truth": "t", "error": "timeout"}) + "\n")
    assert triaged(file, target=0.85, risk=0.02).exit_code == 3
    assert "INCOMPLETE" in triaged(file, target=0.85, risk=0.02).text()
    file.write_text('{"truth": "t", "label": "t", "confidence": 1.2}\n{"label": "t"}\n')
    with pytest.raises(Mistake) as raised:
        triaged(file, target=0.85, risk=0.02)
    assert len(raised.value.problems) == 2


ANSWER = {"truth": "billing", "label": "billing", "confidence": 0.9}


@pytest.mark.parametrize(
    ("line", "by", "said"),
    [
        ("[" * 100_000, (), ":2:1: no JSON: "),
        ('{"truth": "a", "truth": "b", "label": "a", "confidence": 1}', (), ":2:1: no JSON: 'truth' stands twice"),
        ('{"truth": "a", "label": "a", "confidence": "NaN"}', (), ":2:1: 'confidence' lies between 0 and 1"),
        ("", ("langage",), "--by langage: no answer has that segment; did you mean 'language'?"),
    ],
)
def test_a_bad_answer_is_told_with_its_line(tmp_path, line, by, said):
    file = tmp_path / "answers.jsonl"
    odd = {**ANSWER, "truth": "a\u2028b", "segments": {"language": "es"}}
    file.write_text(f"{json.dumps(odd, ensure_ascii=False)}\r\n{line}\n", "utf-8")
    with pytest.raises(Mistake) as caught:
        triaged(file, target=0.85, risk=0.02, by=by)
    assert said in str(caught.value)


def test_a_file_of_many_answers_is_read_whole(tmp_path):
    file = tmp_path / "answers.jsonl"
    file.write_text((json.dumps({**ANSWER, "text": "x" * 80}) + "\n") * 10_000, "utf-8")
    assert file.stat().st_size > 1 << 20
    assert "10000" in triaged(file, target=0.85, risk=0.02).text().replace(",", "")


def test_pass_power_is_the_share_of_draws_of_k_trials_that_all_succeed():
    tasks = [(1, 1, 1, 0), (1, 0, 0, 0), (1, 1, 1, 1), (0, 0, 0, 0), (1, 1, 0, 0)]
    for k in range(1, 5):
        draws = [[all(some) for some in itertools.combinations(task, k)] for task in tasks]
        brute = sum(sum(draw) / len(draw) for draw in draws) / len(tasks)
        assert pass_power([sum(task) for task in tasks], [4] * 5, k) == pytest.approx(brute, abs=1e-12)


def test_pass_power_of_fifty_tasks_of_four_trials():
    good = [4] * 10 + [3] * 4 + [2] * 10 + [1] * 12 + [0] * 14
    assert [round(pass_power(good, [4] * 50, k), 3) for k in (1, 2, 3, 4)] == [0.420, 0.273, 0.220, 0.200]
    with pytest.raises(ValueError, match="needs at least 5 trials"):
        pass_power(good, [4] * 50, 5)
    with pytest.raises(ValueError, match="more often than it was tried"):
        pass_power([5], [4], 1)
