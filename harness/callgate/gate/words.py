"""The verdict in sentences: comparisons and what was missing in; reasons, the most important first, out."""

from __future__ import annotations

from collections.abc import Sequence

from callgate.concepts import Comparison, Missing, Verdict
from callgate.config import ALONE
from callgate.gate.comparisons import LEFT
from callgate.gate.family import Test


def reasons(
    verdict: Verdict, comparisons: Sequence[Comparison], missing: Missing, tests: Sequence[Test]
) -> tuple[str, ...]:
    """What decided, then what a reader must know beside it."""
    if verdict == "unchanged":
        return ("Nothing to gate: candidate and baseline render the same requests.",)
    said = {
        "block": _blocked,
        "incomplete": lambda rows: _incomplete(rows, missing),
        "inconclusive": _undecided,
        "pass": _passed,
    }[verdict](comparisons)
    said += _left(comparisons) if verdict == "block" else []
    said += [_lost(row) for row in comparisons if "must_pass" in row.segment and row.verdict not in {"block", verdict}]
    return (*said, *_notes(tests, comparisons[: len(tests)]))


def _name(row: Comparison, rows: Sequence[Comparison]) -> str:
    """The segment, with metric and model where there are several."""
    metric = f" {row.metric}" if len({other.metric for other in rows}) > 1 else ""
    model = f" on {row.model}" if len({other.model for other in rows}) > 1 else ""
    return ("all calls" if not row.segment else row.name) + metric + model


def _points(share: float) -> str:
    return f"{abs(round(100 * share, 1)):.1f} points"


def _blocked(rows: Sequence[Comparison]) -> list[str]:
    worst = sorted(
        (row for row in rows if row.verdict == "block"), key=lambda row: (len(row.segment) > 1, row.change or 0.0)
    )
    return [
        _lost(row) if "must_pass" in row.segment else f"{_name(row, rows)} fell {_points(row.change or 0.0)}."
        for row in worst
    ]


def _left(rows: Sequence[Comparison]) -> list[str]:
    """What was not looked at to the end, since the change is blocked whatever it would show."""
    left = [_name(row, rows) for row in rows if row.needs.startswith(LEFT) and row.role != "watch"]
    return [f"Blocked already, so not asked further: {', '.join(left)} (--settle asks)."] if left else []


def _lost(row: Comparison) -> str:
    if row.metric == ALONE:
        return f"Ticket {row.segment['must_pass']} goes out alone and wrong: {row.needs} (p {row.p or 0.0:.2g})."
    return f"Must-pass {row.segment['must_pass']} {row.needs} (p {row.p or 0.0:.2g})."


def _incomplete(rows: Sequence[Comparison], missing: Missing) -> list[str]:
    lost = missing.planned - missing.measured
    said = [f"{lost:,} of {missing.planned:,} planned trials were not measured."] if lost else []
    said += [f"{name} gave no grade for {count:,} trials." for name, count in sorted(missing.advisory.items())]
    unmeasured = [row for row in rows if row.verdict == "incomplete" and not row.cases]
    said += [f"{_name(row, rows)}: nothing was measured." for row in unmeasured]
    unpaired = next((row.needs for row in rows if row.verdict == "incomplete" and not row.segment), "")
    if unpaired and not lost:
        said.append(f"{unpaired[:1].upper()}{unpaired[1:]}.")
    return said or ["Something planned was not measured."]


def _undecided(rows: Sequence[Comparison]) -> list[str]:
    open_rows = [row for row in rows if row.verdict in {"inconclusive", "moved"} and row.role != "watch"]
    moved = ", ".join(_name(row, rows) for row in open_rows if row.verdict == "moved")
    said = [f"The cached baseline no longer holds, so the provider drifted: {moved}. The next run draws it anew."]
    undecided = [row for row in open_rows if row.verdict != "moved"]
    return said[: bool(moved)] + [_open(row, rows) for row in sorted(undecided, key=lambda row: row.change or 0.0)]


def _open(row: Comparison, rows: Sequence[Comparison]) -> str:
    if "must_pass" in row.segment and row.verdict == "inconclusive":
        return _lost(row)
    least = f", at worst {100 * row.at_worst:+.1f}" if row.at_worst is not None and row.role == "gate" else ""
    margin = f" against a margin of {100 * row.margin:g}" if row.margin is not None else ""
    return f"{_name(row, rows)} changed {100 * (row.change or 0.0):+.1f} points{least}{margin}: {row.needs}."


def _passed(rows: Sequence[Comparison]) -> list[str]:
    cleared = [_name(row, rows) for row in rows if row.role == "gate"]
    said = [f"No worse than its margin, even at worst: {', '.join(cleared)}."]
    groups = [row for row in rows if "must_pass" not in row.segment]
    small = [f"{_name(row, rows)} ({row.cases})" for row in groups if row.role != "gate" and len(row.segment) < 2]
    if small:
        said.append(f"Too few to clear, and not seen to fall: {', '.join(small)}.")
    return said


def _notes(tests: Sequence[Test], rows: Sequence[Comparison]) -> list[str]:
    """What was tested otherwise than the eval's file reads: widened margins, segments that are the same calls."""
    notes: list[str] = []
    for test, row in zip(tests, rows, strict=True):
        margin = test.standing.margin
        if margin is not None and margin > test.segment.margin + 1e-9:
            notes.append(
                f"{_name(row, rows)}: the margin is {100 * margin:g} points instead of {100 * test.segment.margin:g}, "
                f"since {row.cases} cases cannot clear less."
            )
        if test.segment.also:
            notes.append(f"{_name(row, rows)} is the same calls as {', '.join(test.segment.also)}: one test.")
    return list(dict.fromkeys(notes))
