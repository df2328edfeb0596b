"""`callgate plan --self-check`: the baseline against itself, on trials that the ledger holds and two arms do not share."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from scratch import small

from callgate.concepts import Policy
from callgate.evaluate.self_check import _as_far, _split

FEW = ("en-book-half-past-six", "en-complaint-charged-twice", "es-cita-viernes-lleno", "es-pregunta-apertura-sabado")


def test_too_few_trials_say_how_many_it_needs_and_enough_give_the_rates(tmp_path):
    project = small(tmp_path, FEW)
    project.edit("evals/receptionist.yaml", "metrics: [success]", "metrics: [success]\n  looks: [1, 3]")
    project.edit("evals/receptionist.yaml", "  protect: [call_type=booking]\n", "")
    nothing = project.run("plan", "receptionist", "--self-check")
    assert nothing.code == 3
    assert "0 baseline trials of some decision; the first look needs 2, all looks (1, 3) 6" in nothing.out

    project.run("eval", "receptionist")
    calls = project.paid()["calls"]
    assert calls
    project.run("eval", "receptionist", "--release")
    ran = project.run("plan", "receptionist", "--self-check")
    assert ran.code == 0, ran.said
    shares = re.search(r"in two arms: PASS ([\d.]+) %, INCONCLUSIVE ([\d.]+) %, BLOCK ([\d.]+) %", ran.out)
    assert sum(map(float, shares.groups())) == pytest.approx(100)
    assert float(shares[3]) <= 5
    assert "blocked though nothing changed: at most" in ran.out
    assert project.run("plan", "receptionist", "--self-check").out == ran.out


def test_only_the_looks_that_disjoint_arms_allow_are_taken():
    policy = Policy(looks=(2, 5, 10), weights=(0.1, 0.3, 0.6), confirm=5)
    assert _as_far(policy, 3) == replace(policy, looks=(), weights=(), confirm=0)
    assert _as_far(policy, 19) == replace(policy, looks=(2, 5), weights=(0.1, 0.3), confirm=0)
    assert _as_far(policy, 20).looks == (2, 5, 10)


def test_the_arms_share_no_trial():
    one = _split(("m", "c", "d", "success"), [0.1, 0.2, 0.3, 0.4, 0.5], 2)
    assert (one.candidate, one.baseline, one.baseline_held) == ((0.1, 0.2), (0.3, 0.4, 0.5), 3)
