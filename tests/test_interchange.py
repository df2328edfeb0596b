"""Anybody's results are gated: rows, files, frames, promptfoo and Inspect; what cannot be paired is said aloud."""

from __future__ import annotations

import csv
import json
import os
import zipfile
from pathlib import Path

import pytest

from callgate.concepts import Mistake, Policy
from callgate.interchange import compare

DATA = Path(os.environ.get("CALLGATE_TEST_DATA", "../shared/data"))


def rows(scores, trials=3, grader="success", **about):
    """Rows of some cases; `scores` maps a case to how many of its trials pass."""
    return [
        {"case": case, "trial": trial, "grader": grader, "score": float(trial < passed), **about}
        for case, passed in scores.items()
        for trial in range(trials)
    ]


def languages(passed_en, passed_es, **about):
    english = rows({f"en{i}": passed_en for i in range(60)}, segments={"language": "en"}, **about)
    return english + rows({f"es{i}": passed_es for i in range(45)}, segments={"language": "es"}, **about)


def write(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def problems(*sources, **options):
    with pytest.raises(Mistake) as caught:
        compare(*sources, **options)
    return str(caught.value).splitlines()


# ------------------------------------------------------------------------------------------- real results


@pytest.fixture
def tau():
    path = DATA / "tau_retail" / "variants.csv"
    if not path.is_file():
        pytest.skip(f"NOT TESTED: no real data at {path}; set CALLGATE_TEST_DATA")
    with path.open(encoding="utf-8") as stream:
        lines = list(csv.DictReader(stream))

    def variant(name):
        return [{"case": r["task_id"], "trial": 0, "grader": "reward", "score": float(r[name])} for r in lines]

    return variant


def test_tau_retail_toolcall_to_assert_is_blocked(tau):
    decision = compare(tau("toolcall"), tau("assert"))
    (row,) = decision.comparisons
    assert (decision.verdict, decision.exit_code) == ("block", 1)
    assert (sum(f.worse > 0 for f in decision.flips), sum(f.worse < 0 for f in decision.flips)) == (43, 5)
    assert row.p < 1e-6


def test_tau_retail_toolcall_to_precond_is_inconclusive(tau):
    decision = compare(tau("toolcall"), tau("precond"))
    (row,) = decision.comparisons
    assert (decision.verdict, decision.exit_code) == ("inconclusive", 4)
    assert (sum(f.worse > 0 for f in decision.flips), sum(f.worse < 0 for f in decision.flips)) == (14, 11)
    assert row.p == pytest.approx(0.345, abs=0.0005)
    assert row.at_worst == pytest.approx(-0.114, abs=0.0005)


# ------------------------------------------------------------------------------------------- one set of rows, any form


def test_jsonl_csv_rows_and_frames_give_the_same_figures(tmp_path):
    import pandas as pd

    before, after = languages(3, 3), languages(3, 1)
    after[4] = {**after[4], "score": None, "error": "timeout"}
    sources = [(before, after)]
    sources.append((write(tmp_path / "a.jsonl", before), write(tmp_path / "b.jsonl", after)))
    flat = [
        pd.json_normalize(side).rename(columns={"segments.language": "segment.language"}) for side in (before, after)
    ]
    sources.append((flat[0], flat[1]))
    for name, frame in zip("ab", flat, strict=True):
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    sources.append((tmp_path / "a.csv", str(tmp_path / "b.csv")))
    decisions = [compare(*pair, by=["language"]) for pair in sources]
    assert decisions[0].verdict == "block"
    for decision in decisions[1:]:
        assert decision.comparisons == decisions[0].comparisons
        assert decision.digests == decisions[0].digests
        assert decision.missing.failures == {"error": 1}


def test_by_names_segments_and_pairs():
    decision = compare(languages(3, 3), languages(3, 0), by=["language"])
    assert {row.name: row.verdict for row in decision.comparisons} == {
        "all": "block",
        "language=en": "pass",
        "language=es": "block",
    }


def test_the_comparisons_come_as_a_frame():
    frame = compare(languages(3, 3), languages(3, 3), by=["language"]).frame()
    assert list(frame["segment"]) == ["all", "language=en", "language=es"]
    assert set(frame["verdict"]) == {"pass"}


def test_the_order_of_rows_changes_no_byte():
    before, after = languages(3, 2), languages(2, 2)
    assert (
        compare(before[::-1], after[::-1], by=["language"]).to_json()
        == compare(before, after, by=["language"]).to_json()
    )


def test_only_the_first_trials_can_be_asked_for():
    decision = compare(languages(3, 3), languages(2, 2), trials=2)
    assert decision.comparisons[0].change == 0.0
    assert decision.trials == 2


def test_unequal_numbers_of_trials_on_the_two_sides_are_used_whole():
    before = rows({f"c{i}": 9 for i in range(30)}, trials=10)
    decision = compare(before, rows({f"c{i}": 3 for i in range(30)}, trials=3))
    assert decision.comparisons[0].baseline_mean == pytest.approx(0.9)
    assert decision.comparisons[0].trials == 30 * 13


def test_rows_that_only_the_successes_left_are_no_pass():
    whole = [row for i in range(100) for row in rows({f"c{i}": 4}, trials=5)]
    for row in whole:
        row["trial"] = (row["trial"] + int(row["case"][1:])) % 5
    survivors = [row for row in whole if row["score"]]
    decision = compare(whole, survivors)
    assert decision.verdict == "incomplete"
    assert decision.missing.planned - decision.missing.measured == 100


def test_a_trial_that_a_side_lost_everywhere_is_missing_but_fewer_trials_are_not():
    whole = languages(2, 2)
    assert compare(whole, [row for row in whole if row["trial"] != 1]).verdict == "incomplete"
    assert compare(whole, [row for row in whole if row["trial"] != 2]).missing.failures == {}


def test_a_key_that_stands_twice_in_a_row_is_told(tmp_path):
    path = tmp_path / "twice.jsonl"
    path.write_text('{"case": "a", "trial": 0, "grader": "success", "score": 0, "score": 1}\n', "utf-8")
    assert "'score' stands twice in one object" in problems(path, path)[0]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("Case,trial,grader,score", "no column case; wanted case, trial, grader, score"),
        ("case;trial;grader;score", "columns are separated by commas"),
        ("case,trial,grader,score,score", "column score stands twice"),
    ],
)
def test_a_wrong_header_is_one_problem_on_its_line(tmp_path, header, said):
    path = tmp_path / "r.csv"
    path.write_text(header + "\n" + "a,0,success,1,1\n" * 60, "utf-8")
    told = problems(path, path)
    assert len(set(told)) == 1
    assert f"{path}:1:1: " in told[0]
    assert said in told[0]


def test_the_only_grader_there_is_is_the_metric_and_of_several_one_is_named():
    before = languages(3, 3, grader="correct")
    assert compare(before, before).comparisons[0].metric == "correct"
    both = before + languages(3, 3, grader="polite")
    assert "name a metric: correct, polite" in problems(both, both)[0]
    decision = compare(both, both, metric="polite")
    assert decision.comparisons[0].metric == "polite"
    assert [row.metric for row in decision.graders] == ["correct"]


# ------------------------------------------------------------------------------------------- missing evidence


def test_a_case_missing_on_one_side_is_counted_aloud():
    before, after = languages(3, 3), languages(3, 3)
    decision = compare(before, [row for row in after if row["case"] != "es7"], by=["language"])
    verdicts = {row.name: row.verdict for row in decision.comparisons}
    assert verdicts == {"all": "incomplete", "language=en": "pass", "language=es": "incomplete"}
    assert decision.exit_code == 3
    assert decision.missing.left_out == {"es7": "only in baseline"}


def test_new_cases_are_named():
    decision = compare(languages(3, 3), languages(3, 3) + rows({"new": 3}))
    assert decision.new_cases == ("new",)
    assert decision.exit_code == 3


def test_a_case_that_was_edited_is_not_paired():
    before, after = languages(3, 3, case_digest="aa"), languages(3, 3, case_digest="aa")
    for row in after[:3]:
        row["case_digest"] = "bb"
    decision = compare(before, after)
    assert "different case_digest" in decision.missing.left_out["en0"]
    assert (decision.verdict, decision.comparisons[0].cases) == ("incomplete", 104)


@pytest.mark.parametrize("lost", [{"score": None}, {"score": None, "error": "rate limited"}])
def test_a_score_that_is_null_is_not_measured(lost):
    after = languages(3, 3)
    after[0] = {**after[0], **lost}
    assert compare(languages(3, 3), after).verdict == "incomplete"


def test_a_row_that_is_not_there_is_not_measured():
    assert compare(languages(3, 3), languages(3, 3)[1:]).verdict == "incomplete"


def test_a_grader_that_only_one_side_has_is_left_out_and_named():
    decision = compare(languages(3, 3), languages(3, 3) + languages(3, 3, grader="polite"))
    assert decision.verdict == "pass"
    assert decision.missing.left_out == {"grader polite": "only in candidate"}


def test_nothing_in_common_is_a_mistake():
    assert "nothing to pair" in problems(rows({"a": 1}), rows({"b": 1}))[0]
    assert "there are no rows" in problems([], [])[0]


def test_a_protected_segment_that_no_case_has_is_a_mistake():
    policy = Policy(protect=({"language": "fr"},))
    assert "language=fr has no case" in problems(languages(3, 3), languages(3, 3), policy=policy)[0]


# ------------------------------------------------------------------------------------------- mistakes in files


def test_every_bad_row_is_named_with_its_line_at_once(tmp_path):
    good = {"case": "a", "trial": 0, "grader": "g", "score": 1.0}
    bad = write(
        tmp_path / "bad.jsonl",
        [
            good,
            {**good, "score": 1.5, "trial": 1},
            good,
            {"case": "a", "trial": 2, "grader": "g"},
            {**good, "trial": 3, "scor": 1},
            {**good, "trial": 4, "score": 0.5, "error": "boom"},
            {**good, "trial": 5, "segments": {"language": "en"}},
            {**good, "trial": 6, "segments": {"language": "es"}},
            [1],
        ],
    )
    with bad.open("a") as stream:
        stream.write("not json\n")
    said = problems(bad, [good])
    lines = [line.removeprefix(f"{bad}:").split(":")[0] for line in said]
    assert lines == ["2", "3", "4", "5", "6", "8", "9", "10"]
    assert "a second row for case 'a'" in said[1]
    assert "did you mean 'score'?" in said[3]
    assert "has a score and an error" in said[4]
    assert "language=es here and language=en above" in said[5]


def test_not_a_number_is_no_score(tmp_path):
    path = tmp_path / "nan.jsonl"
    path.write_text('{"case": "a", "trial": 0, "grader": "g", "score": NaN}\n')
    assert "NaN" in problems(path, path)[0]


def test_csv_mistakes_have_their_line(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("case,trial,grader,scroe,score\na,0,g,,1\na,x,g,,1\na,2,g\n")
    said = problems(path, path)
    assert "unknown column 'scroe'; did you mean 'score'?" in said[0]
    assert ":3:" in said[1]
    assert "trial" in said[1]
    assert ":4:" in said[2]
    assert "cells" in said[2]


def test_a_file_that_is_not_there_is_a_mistake(tmp_path):
    assert "no such file" in problems(tmp_path / "no.jsonl", [])[0]


def test_a_file_that_is_no_text_is_a_mistake(tmp_path):
    path = tmp_path / "image.jsonl"
    path.write_bytes(b"\xff\xfe\x00")
    assert "not text in UTF-8" in problems(path, path)[0]


@pytest.mark.parametrize(
    "said", ['{"results": {"results": [{"testIdx": 0, "promptIdx": 0, "testCase": 3}, 7]}}', "3", "{}"]
)
def test_somebodys_json_of_another_shape_is_no_traceback(tmp_path, said):
    path = tmp_path / "odd.json"
    path.write_text(said)
    with pytest.raises(Mistake):
        compare(path, [])


# ------------------------------------------------------------------------------------------- other tools' results


def promptfoo_result(test, prompt, passed, **about):
    failed = about.pop("error", None)
    parts = about.pop("parts", [{"pass": passed, "score": float(passed), "reason": ""}])
    return {
        "testIdx": test,
        "promptIdx": prompt,
        "success": passed and not failed,
        "failureReason": 2 if failed else int(not passed),
        "error": failed,
        "namedScores": {"tone": 0.5},
        "gradingResult": None if failed else {"pass": passed, "componentResults": parts},
        "testCase": {"metadata": {"case_id": f"c{test % 30:02d}", "language": "en"}},
        **about,
    }


def test_promptfoo_columns_repeats_and_metadata(tmp_path):
    results = [promptfoo_result(test, prompt, prompt == 0) for test in range(60) for prompt in (1, 0)]
    path = tmp_path / "out.json"
    path.write_text(json.dumps({"evalId": "e", "results": {"version": 3, "results": results}}))
    decision = compare(f"{path}#0", f"{path}#1", by=["language"])
    assert decision.verdict == "block"
    assert (decision.cases, decision.trials) == (30, 2)
    assert [row.metric for row in decision.graders] == ["tone"]
    assert "name one" in problems(path, path)[0]


def test_promptfoo_errors_of_provider_and_judge_are_not_failed_answers(tmp_path):
    judged = [{"pass": False, "score": 0, "reason": "no JSON", "metadata": {"graderError": True}}]
    before = [promptfoo_result(test, 0, True) for test in range(30)]
    after = [promptfoo_result(0, 0, False, error="500"), promptfoo_result(1, 0, False, parts=judged), *before[2:]]
    decision = compare(write(tmp_path / "a.jsonl", before), write(tmp_path / "b.jsonl", after))
    assert decision.verdict == "incomplete"
    assert decision.missing.failures == {"error": 2}
    honest = [*judged, {"pass": False, "score": 0, "reason": "wrong time"}]
    after[:2] = [promptfoo_result(test, 0, False, parts=honest) for test in (0, 1)]
    assert compare(tmp_path / "a.jsonl", write(tmp_path / "c.jsonl", after)).flips[0].candidate_passed == 0


def inspect_samples(grade):
    return [
        {"id": i, "epoch": epoch, "metadata": {"language": "es"}, "scores": {"match": {"value": grade(i)}}}
        for i in range(30)
        for epoch in (1, 2)
    ]


def test_inspect_archives_and_json_logs(tmp_path):
    before, after = tmp_path / "a.eval", tmp_path / "b.json"
    with zipfile.ZipFile(before, "w") as archive:
        archive.writestr("header.json", "{}")
        for sample in inspect_samples(lambda _: "C"):
            archive.writestr(f"samples/{sample['id']}_epoch_{sample['epoch']}.json", json.dumps(sample))
    after.write_text(json.dumps({"eval": {"task": "t"}, "samples": inspect_samples(lambda i: "I" if i < 20 else "C")}))
    decision = compare(before, after, by=["language"])
    assert decision.verdict == "block"
    assert (decision.comparisons[0].metric, decision.trials) == ("match", 2)
    assert decision.comparisons[0].candidate_mean == pytest.approx(1 / 3)


def test_an_inspect_sample_that_ended_in_an_error_is_not_measured(tmp_path):
    samples = inspect_samples(lambda _: "C")
    samples[0] = {"id": 0, "epoch": 1, "error": {"message": "boom"}, "scores": {}}
    for name, held in (("a", inspect_samples(lambda _: "C")), ("b", samples)):
        (tmp_path / f"{name}.json").write_text(json.dumps({"eval": {}, "samples": held}))
    decision = compare(tmp_path / "a.json", tmp_path / "b.json")
    assert decision.verdict == "incomplete"
    assert "boom" in decision.missing.examples[0]


def test_an_inspect_value_that_is_no_grade_is_a_mistake(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"eval": {}, "samples": inspect_samples(lambda _: 7)}))
    assert "wanted C, P, I or 0..1" in problems(path, path)[0]


# ------------------------------------------------------------------------------------------- scores of a judge


def test_a_judges_scores_gate_nowhere_without_a_card_and_with_one_where_it_may(tmp_path):
    from test_gate_judges import card, labelled

    before, after = languages(3, 3, grader="judge:tone"), languages(3, 0, grader="judge:tone")
    alone = compare(before, after, by=["language"])
    assert alone.verdict == "inconclusive"
    assert "no labels in es" in next(row.needs for row in alone.comparisons if row.name == "language=es")

    people = labelled("es", person=lambda i, variant: variant == "baseline" or i % 5 == 0)
    good = card(labelled("en"), people)["judge:tone"]
    assert compare(before, after, by=["language"], cards=[good]).verdict == "block"
    assert compare(before, before, by=["language"], cards=[good]).comparisons[0].verdict != "block"
    assert problems(languages(3, 3), languages(3, 3), cards=[good]) == [
        "the card of judge:tone is of no metric that gates; those are success"
    ]
