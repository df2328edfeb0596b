"""A new type of call: drafts that are read and not run; its cases change no other segment's numbers."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from callgate.concepts import Mistake
from callgate.dataset import read_set
from callgate.dataset.scaffold import new_call_type
from callgate.interchange import compare

WORLD = """# the dealer
timezone: America/Chicago
now: "2026-05-12 10:05"
call_types: [booking, cancel]            # what we know
"""


def test_three_drafts_are_written_declared_and_not_run(tmp_path: Path):
    (tmp_path / "_world.yaml").write_text(WORLD)
    written = new_call_type(tmp_path, "tire_rotation", tmp_path)
    assert len(written) == 4
    world = (tmp_path / "_world.yaml").read_text()
    assert "call_types: [booking, cancel, tire_rotation]            # what we know" in world
    found = read_set(tmp_path, tmp_path)
    assert {case.segments["call_type"] for case in found.cases} == {"tire_rotation"}
    assert len(found.cases) == 3
    assert not found.active
    with pytest.raises(Mistake, match="declared already"):
        new_call_type(tmp_path, "tire_rotation", tmp_path)
    with pytest.raises(Mistake, match="no call type such as"):
        new_call_type(tmp_path, "Tire Rotation", tmp_path)


def test_adding_a_call_type_changes_that_segments_numbers_only():
    def rows(kind: str, count: int, good: float, seed: int):
        draw = random.Random(seed)
        return [
            {"case": f"{kind}{n}", "trial": t, "grader": "success", "score": int(draw.random() < good)}
            | {"segments": {"call_type": kind}}
            for n in range(count)
            for t in range(5)
        ]

    old = rows("booking", 40, 0.9, 1) + rows("cancel", 30, 0.8, 2)
    new = rows("booking", 40, 0.9, 3) + rows("cancel", 30, 0.8, 4)
    before = compare(old, new, by=["call_type"])
    more = rows("tire_rotation", 30, 0.9, 5), rows("tire_rotation", 30, 0.2, 6)
    after = compare(old + more[0], new + more[1], by=["call_type"])

    def numbers(decision, name):
        row = next(row for row in decision.comparisons if row.name == name)
        return row.cases, row.trials, row.baseline_mean, row.candidate_mean, row.change, row.p

    for name in ("call_type=booking", "call_type=cancel"):
        assert numbers(before, name) == numbers(after, name)
    blocked = [row.name for row in after.comparisons if row.verdict == "block" and row.segment]
    assert blocked == ["call_type=tire_rotation"]
    assert not [row for row in before.comparisons if row.verdict == "block"]
