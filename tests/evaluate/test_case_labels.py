"""A sheet of verdicts goes into the cases that it names, and what fits nowhere is said with its row."""

from __future__ import annotations

from pathlib import Path

import pytest

from callgate.concepts import Mistake
from callgate.dataset import read_set
from callgate.evaluate.case_labels import import_labels

CASE = """\
now: "2026-03-06 16:42"
timezone: America/Chicago
provenance: {call: c-77, source: vapi}
call:
  - caller: Two works.
  - id: book
    expect: {language: en}
    recorded: {agent: Done.}
  - caller: And the price?
  - id: price
    expect: {language: en}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "evals").mkdir()
    folder = tmp_path / "datasets/calls"
    folder.mkdir(parents=True)
    (folder / "one.yaml").write_text(CASE, "utf-8")
    (folder / "two.yaml").write_text("# Ours.\n" + CASE.replace("c-77", "c-78"), "utf-8")
    return tmp_path


def sheet(root: Path, *rows: str) -> Path:
    path = root / "labels.csv"
    path.write_text("\n".join(["case,call,decision,verdict,modes,cause,by,on,note", *rows]) + "\n", "utf-8")
    return path


def labels(root: Path, name: str) -> list[dict]:
    cases = {case.id: case for case in read_set(root / "datasets/calls", root).cases}
    return [dict(label) for label in cases[name].labels]


def test_rows_find_their_case_by_name_or_by_call_and_the_recorded_decision(root: Path) -> None:
    path = sheet(
        root, 'one,,,bad,"wrong_time, late",prompt,ana,2026-05-01T10:00,Off by one', ",c-78,price,good,,,ben,,"
    )
    done = import_labels(root, [path], into="datasets/calls")
    assert done.text().endswith("2 labels written\n")
    assert labels(root, "one") == [
        {
            "decision": "book", "of": "recorded", "verdict": "fail", "modes": ["wrong_time", "late"], "cause": "prompt",
            "by": "ana", "on": "2026-05-01", "note": "Off by one",
        }
    ]  # fmt: skip
    assert labels(root, "two") == [{"decision": "price", "of": "recorded", "verdict": "pass", "by": "ben"}]
    assert (root / "datasets/calls/two.yaml").read_text("utf-8").startswith("# Ours.\n")
    again = import_labels(root, [path], into="datasets/calls")
    assert (dict(again.written), again.known) == ({}, 2)


def test_rows_that_fit_nowhere_are_problems_and_the_others_are_written(root: Path) -> None:
    path = sheet(root, "on,,,pass,,,,,", "one,,boook,pass,,,,,", "one,,,perhaps,,,,,", "one,,book,maybe,,,ana,,")
    done = import_labels(root, [path], into="datasets/calls")
    assert [problem.place.line for problem in done.problems] == [2, 3, 4]
    assert "did you mean 'one'" in done.problems[0].message
    assert "did you mean 'book'" in done.problems[1].message
    assert "pass, fail or maybe" in done.problems[2].message
    assert [one["verdict"] for one in labels(root, "one")] == ["maybe"]


def test_a_cause_that_is_none_of_ours_writes_nothing(root: Path) -> None:
    before = (root / "datasets/calls/one.yaml").read_bytes()
    with pytest.raises(Mistake, match="is none of model, context"):
        import_labels(root, [sheet(root, "one,,,fail,,weather,,,")], into="datasets/calls")
    assert (root / "datasets/calls/one.yaml").read_bytes() == before


def test_a_file_with_remarks_and_labels_is_left_to_its_people(root: Path) -> None:
    import_labels(root, [sheet(root, "two,,,fail,,prompt,ana,,")], into="datasets/calls")
    with pytest.raises(Mistake, match="has remarks"):
        import_labels(root, [sheet(root, "two,,,pass,,,ben,,")], into="datasets/calls")
