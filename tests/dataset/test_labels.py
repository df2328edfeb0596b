"""Labels of a rubric: read as they were written, refused where they are none, gone where their call is forgotten."""

from __future__ import annotations

import pytest

from callgate.concepts import Mistake
from callgate.dataset.labels import (
    Label,
    add_labels,
    forget_labels,
    labels_file,
    read_labels,
    read_table,
    take_back,
    write_table,
)

STEPS = [{"text": "=HYPERLINK(1)", "outcome": "ok", "calls": []}]


def label(case="c1", trial=0, **more):
    return Label(case, "d", "es", "candidate", "sim/x", trial, STEPS, **more)


def test_the_last_verdict_on_a_reply_counts(tmp_path):
    path = labels_file(tmp_path, "tone")
    add_labels(path, [label().judged("pass", by="ana", on="2026-03-06"), label(trial=1).judged("maybe", by="a", on="")])
    add_labels(path, [label().judged("fail", by="ben", on="2026-03-07")])
    assert [(each.trial, each.verdict, each.by) for each in read_labels(path, "x")] == [
        (0, "fail", "ben"),
        (1, "maybe", "a"),
    ]


@pytest.mark.parametrize("line", ["{}", "no JSON", "[1]", "[" * 100_000, '{"case": "c", "verdict": "pass"}'])
def test_what_is_no_label_is_told_with_its_line(tmp_path, line):
    path = labels_file(tmp_path, "tone")
    add_labels(path, [label().judged("pass", by="ana", on="")])
    path.write_text(path.read_text("utf-8") + line + "\n", "utf-8")
    with pytest.raises(Mistake, match="labels:2:1: no label"):
        read_labels(path, "labels")


def test_a_reply_with_odd_separators_and_half_a_character_keeps_its_verdict(tmp_path):
    path, odd = labels_file(tmp_path, "tone"), [{"text": "one\u2028two\x85three \ud800", "outcome": "ok", "calls": []}]
    labels = [
        Label("c1", "d", "es", "candidate", "sim/x", trial, odd).judged("pass", by="a", on="") for trial in (0, 1)
    ]
    add_labels(path, labels)
    assert list(read_labels(path, "x")) == labels
    take_back(path)
    assert list(read_labels(path, "x")) == labels[:1]


def test_labels_of_a_forgotten_call_are_gone(tmp_path):
    path = labels_file(tmp_path, "tone")
    add_labels(path, [label(case).judged("pass", by="ana", on="") for case in ("c1", "c2", "c1")])
    forget_labels(tmp_path, {"c1"})
    assert [each.case for each in read_labels(path, "x")] == ["c2"]
    assert "c1" not in path.read_text("utf-8")


def test_a_label_after_half_a_line_stands_on_its_own(tmp_path):
    path = labels_file(tmp_path, "tone")
    path.parent.mkdir(parents=True)
    path.write_text('{"case": "c3", "dec', "utf-8")
    add_labels(path, [label("c2").judged("pass", by="ana", on="")])
    forget_labels(tmp_path, {"c3"})
    assert [each.case for each in read_labels(path, "x")] == ["c2"]


@pytest.mark.parametrize("line", ['{"case": "c1", "st', "[]", "{}", '{"case": 1}', "no JSON"])
def test_a_damaged_label_keeps_no_call_from_being_forgotten(tmp_path, line):
    path = labels_file(tmp_path, "tone")
    add_labels(path, [label("c2").judged("pass", by="ana", on="")])
    path.write_text(path.read_text("utf-8") + line, "utf-8")
    add_labels(path, [label("c1", 1).judged("pass", by="ana", on=""), label("c2", 2).judged("fail", by="ana", on="")])
    forget_labels(tmp_path, {"c1"})
    text = path.read_text("utf-8")
    assert "c1" not in text
    assert text.count('"c2"') == 2


def test_a_table_holds_no_formula_and_says_what_is_wrong_in_it(tmp_path):
    one, table = label(), tmp_path / "t.csv"
    write_table(table, [one], {one.id: "caller: hi"}, {one.id: "=HYPERLINK(1)"})
    text = table.read_text("utf-8-sig")
    assert "'=HYPERLINK(1)" in text
    table.write_text(text.replace(",,,", ",good,,") + "nobody,es,c,d,x,y,pass,,\n", "utf-8")
    with pytest.raises(Mistake) as caught:
        read_table(table, {one.id: one}, by="ana", on="")
    assert [str(each).partition(": ")[2] for each in caught.value.problems] == [
        "verdict 'good' is none of pass, fail, maybe",
        "no reply 'nobody' was drawn from this run",
    ]


@pytest.mark.parametrize("apart", [",", ";", "\t"])
def test_a_table_is_read_as_a_spreadsheet_saves_it(tmp_path, apart):
    one, table = label(), tmp_path / "t.csv"
    table.write_text(f"ID{apart}Verdict{apart}note\n{one.id}{apart}fail{apart}no\n", "utf-8")
    assert [(each.verdict, each.note) for each in read_table(table, {one.id: one}, by="ana", on="")] == [("fail", "no")]
    table.write_bytes("id,verdict,note\nx,pass,señor\n".encode("cp1252"))
    with pytest.raises(Mistake, match="CSV UTF-8"):
        read_table(table, {one.id: one}, by="ana", on="")
    table.write_text(f"id,verdict\n{one.id},pass\n{one.id},fail\n", "utf-8")
    with pytest.raises(Mistake, match=r"t\.csv:3:1: .* has the verdict pass in an earlier row"):
        read_table(table, {one.id: one}, by="ana", on="")
