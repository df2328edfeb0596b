"""Tickets: what cannot be right in an answer or in the scheme is told at its place, before anything is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from callgate.config import load_eval
from callgate.dataset import read_set
from callgate.dataset.lint import lint
from callgate.evaluate.plan import SUPPORTED

WORLD = """\
kind: triage
timezone: Europe/Madrid
now: "2026-11-24 09:15"
triage:
  categories: [billing, login, other]
  priorities: [high, normal]
  routes: [desk, nobody]
  out_of_scope: other
  agree: [{if: {category: other}, then: {route: nobody}}]
"""


def told(root: Path, case: str, world: str = WORLD) -> list[str]:
    (root / "set").mkdir()
    (root / "set/_world.yaml").write_text(world)
    (root / "set/t.yaml").write_text(case)
    return [str(one) for one in lint(read_set(root / "set", root), (), graded_by=SUPPORTED)]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("{category: login, priority: high, route: desk}", ""),
        ("{category: logn}", "t.yaml:2:19: 'logn' is not among the categories of _world.yaml; did you mean 'login'?"),
        ("{category: login, priority: soon}", "t.yaml:2:36: 'soon' is not among the priorities"),
        ("{category: other, route: desk}", "t.yaml:2:36: route desk does not go with category other: nobody does"),
    ],
)
def test_an_answer_is_held_against_the_closed_sets(tmp_path, answer, said):
    found = told(tmp_path, f"caller: no puedo entrar\nexpect: {{answer: {answer}}}\n")
    assert len(found) == bool(said), found
    assert all(said in line for line in found), found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("out_of_scope: other", "out_of_scope: othr", "_world.yaml:8:3: 'othr' is no category; did you mean 'other'?"),
        ("{route: nobody}", "{route: nowhere}", "'nowhere' is not among the routes"),
        ("out_of_scope: other", "never_alone: [money]", "'money' is no category"),
    ],
)
def test_a_scheme_is_held_against_itself(tmp_path, old, new, said):
    found = told(tmp_path, "caller: x\nexpect: {answer: {category: login}}\n", WORLD.replace(old, new))
    assert any(said in line for line in found), found


@pytest.mark.parametrize(
    ("gate", "kind", "said"),
    [
        ("accuracy: {at_least: 0.85}", "call", "e.yaml:5:8: 'accuracy' is for tickets, and no case is of kind triage"),
        ("alone: {risk: 0.02}", "call", "e.yaml:5:8: 'alone' is for tickets, and no case is of kind triage"),
        ("accuracy: {at_least: 0.85, of: route}", "triage", "no ticket says which route is right"),
        ("accuracy: {at_least: 0.85}, alone: {risk: 0.02, from: 0.9}", "triage", ""),
    ],
)
def test_targets_for_tickets_need_tickets(tmp_path, gate, kind, said):
    expect = "answer: {category: login}" if kind == "triage" else "must_say: hello"
    (tmp_path / "evals").mkdir()
    told(tmp_path, f"kind: {kind}\ncaller: x\nexpect: {{{expect}}}\n")
    (tmp_path / "p.md").write_text("Sort it.")
    text = f"cases: set\nbaseline: p.md\ncandidate: p.md\nmodels: [sim/triage-small]\ngate: {{{gate}}}\n"
    (tmp_path / "evals/e.yaml").write_text(text)
    found = lint(
        read_set(tmp_path / "set", tmp_path),
        (),
        graded_by=SUPPORTED,
        spec=load_eval(tmp_path / "evals/e.yaml", tmp_path),
    )
    assert len(found) == bool(said), found
    assert all(said in str(line) for line in found)


def test_a_ticket_needs_a_scheme_and_an_answer_and_a_call_has_none(tmp_path):
    bare = 'kind: triage\ntimezone: Europe/Madrid\nnow: "2026-11-24 09:15"\n'
    assert (
        "a ticket needs 'triage' in _world.yaml"
        in told(tmp_path, "caller: x\nexpect: {answer: {category: a}}\n", bare)[0]
    )
    (tmp_path / "set").rename(tmp_path / "before")
    assert any("needs the 'answer'" in line for line in told(tmp_path, "caller: x\nexpect: {must_say: y}\n"))
    (tmp_path / "set").rename(tmp_path / "then")
    found = told(tmp_path, "kind: call\ncaller: x\nexpect: {answer: {category: login}}\n")
    assert any("'answer' is for tickets" in line for line in found)
