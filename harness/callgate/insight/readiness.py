"""Newest runs -> for each client and call type whether every gate is met: who can go over to the new prompt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from callgate.concepts import Comparison

State = Literal["ready", "blocked", "undecided", "not measured"]
STATES: tuple[State, ...] = ("blocked", "not measured", "undecided", "ready")
"""The worst first."""


@dataclass(frozen=True, slots=True)
class Gated:
    """What the newest whole run of an eval compared, and the segments of the eval's cases."""

    eval: str
    comparisons: Sequence[Comparison]
    cases: Sequence[Mapping[str, str]]
    unchanged: bool = False  # candidate and baseline render the same requests: nothing can have broken


@dataclass(frozen=True, slots=True)
class Cell:
    """One client and call type (or whichever attributes were asked for) over all evals that have such cases."""

    group: Mapping[str, str]
    state: State
    cases: int
    why: str = ""


def readiness(evals: Iterable[Gated], by: Sequence[str]) -> list[Cell]:
    """A cell for each combination of the attributes `by` that some case has, in order.

    Ready means: in every eval that has such cases, the comparison of just these cases was cleared for every model (not
    merely not seen to fall), and no larger group that holds them is blocked. What was not compared is not measured.
    """
    found: dict[tuple[str, ...], list[Cell]] = {}
    for one in evals:
        groups = sorted({tuple(case[name] for name in by) for case in one.cases if all(name in case for name in by)})
        for values in groups:
            found.setdefault(values, []).append(_cell(one, dict(zip(by, values, strict=True))))
    return [_together(found[values]) for values in sorted(found)]


def _cell(one: Gated, group: Mapping[str, str]) -> Cell:
    """How one eval stands to one group."""
    inside = [case for case in one.cases if group.items() <= case.items()]
    if one.unchanged:
        return Cell(group, "ready", len(inside), "nothing changed")
    rows = [row for row in one.comparisons if "must_pass" not in row.segment]
    own = [row for row in rows if _same_cases(row.segment, group, one.cases)]
    holding = [*own, *(row for row in rows if row.segment.items() <= group.items())]
    blocked = next((row for row in holding if row.verdict in {"block", "moved"}), None)
    if blocked is not None:
        return Cell(group, "blocked", len(inside), f"{one.eval}: {_name(blocked.segment)} {blocked.verdict.upper()}")
    if not own:
        why = f"{one.eval}: not compared by itself; wants segments: [{'*'.join(group)}], and of a pair five cases"
        return Cell(group, "not measured", len(inside), why)
    lost = next((row for row in own if row.verdict == "incomplete"), None)
    if lost is not None:
        return Cell(group, "not measured", len(inside), f"{one.eval}: {lost.needs or 'incomplete'}")
    open_ = next((row for row in own if row.verdict != "pass" or row.role != "gate"), None)
    if open_ is not None:
        return Cell(group, "undecided", len(inside), f"{one.eval}: {open_.needs or 'too few to clear'}")
    return Cell(group, "ready", len(inside))


def _same_cases(segment: Mapping[str, str], group: Mapping[str, str], cases: Sequence[Mapping[str, str]]) -> bool:
    """Whether a segment is the same cases as a group, by whatever words: the gate compares such groups once."""
    return all((segment.items() <= case.items()) == (group.items() <= case.items()) for case in cases)


def _together(cells: Sequence[Cell]) -> Cell:
    """The worst of several evals' cells for one group."""
    worst = min(cells, key=lambda cell: STATES.index(cell.state))
    return Cell(worst.group, worst.state, sum(cell.cases for cell in cells), worst.why)


def _name(segment: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in segment.items()) or "all"
