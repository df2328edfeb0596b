"""What a person says of a draft, and what its trials come to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from callgate.concepts import Mistake
from callgate.dataset.importers.yaml_text import yaml_text
from callgate.dataset.load import case_of
from callgate.dataset.world import World
from callgate.evaluate.editing import Edits, edited, expectations, history_of, written
from callgate.evaluate.nightly import Night
from callgate.evaluate.proving import Proof, complained
from callgate.files import parse_yaml

DRAFT = """\
title: Draft of vapi call 7
status: draft
pii: unreviewed
segments: {language: en}
now: "2026-03-06 16:42"
timezone: America/Chicago
call:
  - caller: Monday at two.
  - id: find-slots
    expect: {language: en}
    recorded:
      - tool: find_slots
        args: {date: "2026-03-09"}
        result: {slots: []}
      - agent: I have two PM.
  - caller: Two works.
  - id: book
    expect: {act: any}
    recorded: {agent: Done.}
"""


def draft() -> dict:
    return dict(parse_yaml(DRAFT, "d.yaml").value)


def test_decisions_that_nobody_spoke_of_become_history() -> None:
    said = expectations(["book: {must_say: [two]}"])
    data = edited(parse_yaml(DRAFT, "d.yaml"), Edits(reviewed=True, segments={"call_type": "booking"}, expect=said))
    case, history = history_of(data, list(said))
    assert history == ["find-slots"]
    assert [sorted(turn) for turn in case["call"]] == [
        ["caller"], ["args", "result", "tool"], ["agent"], ["caller"], ["expect", "id", "recorded"],
    ]  # fmt: skip
    assert (case["title"], case["pii"], "status" in case) == ("vapi call 7", "scrubbed", False)
    assert case["segments"] == {"language": "en", "call_type": "booking"}
    assert case["call"][-1]["expect"] == {"must_say": ["two"]}


def test_a_decision_that_is_named_stays_with_what_was_proposed() -> None:
    said = expectations(["book: {must_say: [two]}", "find-slots: {language: en}"])
    data = edited(parse_yaml(DRAFT, "d.yaml"), Edits(reviewed=True, expect=said))
    assert history_of(data, list(said)) == (data, [])


def test_where_nobody_spoke_of_any_decision_all_stay() -> None:
    data = draft()
    assert history_of(data, []) == (data, [])


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        (Edits(), "unreviewed: read it for personal data"),
        (Edits(reviewed=True, expect={"boock": {"must_say": ["x"]}}), "no such decision; did you mean 'book'"),
    ],
)
def test_what_cannot_be_done_is_said(edits: Edits, message: str) -> None:
    with pytest.raises(Mistake, match=message):
        edited(parse_yaml(DRAFT, "d.yaml"), edits)


def test_an_active_case_is_no_draft() -> None:
    with pytest.raises(Mistake, match="is no draft"):
        edited(parse_yaml(DRAFT.replace("status: draft\n", ""), "d.yaml"), Edits(reviewed=True))


def test_remarks_are_never_lost() -> None:
    text = DRAFT.replace("call:\n", "call:   # as it was\n")
    document = parse_yaml(text, "d.yaml")
    quiet = {**draft(), "pii": "scrubbed"}
    del quiet["status"]
    assert written(text, document, quiet) == text.replace("status: draft\n", "").replace("unreviewed", "scrubbed")
    with pytest.raises(Mistake, match="has remarks that a rewrite would lose"):
        written(text, document, {**quiet, "ticket": "T-1"})


def test_what_was_complained_of_is_what_is_labelled() -> None:
    case, _ = case_of(parse_yaml(yaml_text(draft()), "d.yaml"), "d", World({}))
    assert complained(case) == {"find-slots", "book"}
    failed = {"decision": "book", "of": "recorded", "verdict": "fail"}
    assert complained(replace(case, labels=(failed,))) == {"book"}
    assert complained(replace(case, labels=({**failed, "of": "run 7"},))) == {"find-slots", "book"}
    assert complained(replace(case, labels=({**failed, "verdict": "pass"},))) == {"find-slots", "book"}


def proof(red: int, of: int, green: int | None = None, **more: object) -> Proof:
    """A proof with `red` failures on the baseline, and `green` passes on the candidate."""
    return Proof("c", "v2", "v3", of - red, of, of if green is None else green, of, planned=of, **more)


@pytest.mark.parametrize(
    ("one", "verdict", "holds"),
    [
        (proof(3, 5), "red, then green", True),
        (proof(5, 5), "red, then green", True),
        (proof(2, 5), "does not reproduce: it shows in 2 of 5 (seldom: see --nightly)", False),
        (proof(0, 5), "does not reproduce", False),
        (proof(5, 5, 4), "not fixed", False),
        (proof(5, 5, missing="auth: key refused"), "not measured: auth: key refused", False),
        (proof(1, 20, nightly=True), "nightly with 59 trials, since it shows in 1 of 20; green after", True),
        (proof(3, 60, nightly=True), "nightly with 59 trials, since it shows in 3 of 60; green after", True),
        (proof(3, 60, 59, nightly=True), "nightly with 59 trials, since it shows in 3 of 60; not fixed", False),
        (proof(0, 60, nightly=True), "does not reproduce in 60 trials", False),
        (proof(40, 60, nightly=True), "shows in 40 of 60, which is not seldom: leave --nightly out", False),
    ],
)
def test_the_words_of_a_proof(one: Proof, verdict: str, *, holds: bool) -> None:
    assert one.verdict == verdict
    assert one.holds is holds


def test_fewer_measured_trials_than_were_planned_prove_nothing() -> None:
    assert not Proof("c", "v2", "v3", 0, 3, 3, 3).holds
    assert not Proof("c", "v2", "v3", 0, 5, 4, 4).holds


def test_a_nightly_case_is_left_to_its_own_run(tmp_path: Path) -> None:
    from callgate.dataset import read_set

    for name, more in (("often", ""), ("seldom", "nightly: 59\n"), ("open", "status: draft\n")):
        text = f"{more}now: '2026-03-06 16:42'\ntimezone: America/Chicago\ncaller: Hi.\nexpect: {{language: en}}\n"
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    found = read_set(tmp_path, tmp_path)
    assert [case.id for case in found.active] == ["often"]
    assert [(case.id, case.nightly) for case in found.nightly] == [("seldom", 59)]


@pytest.mark.parametrize(
    ("one", "code", "line"),
    [
        (Proof("c", "v2", "v3", 0, 0, 59, 59, planned=59), 0, "c: v3: the fault showed in 0 of 59 trials"),
        (Proof("c", "v2", "v3", 0, 0, 58, 59, planned=59), 1, "c: v3: the fault showed in 1 of 59 trials"),
        (Proof("c", "v2", "v3", 0, 0, 40, 40, planned=59), 3, "c: v3: the fault showed in 0 of 40 trials"),
        (Proof("c", "v2", "v3", 0, 0, 0, 0, missing="offline: x", planned=59), 3, "c: not measured: offline: x"),
    ],
)
def test_a_night_is_green_only_when_every_trial_was_measured_and_passed(one: Proof, code: int, line: str) -> None:
    night = Night((one,))
    assert (night.exit_code, night.text()) == (code, f"{line}\n")
