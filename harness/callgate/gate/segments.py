"""Which groups of cases are tested: cases and policy in; segments with their roles, margins and sizes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from callgate.concepts import CaseInfo, Margins, Mistake, Policy, Role
from callgate.files import did_you_mean

LADDER = (0.05, 0.10, 0.15)
NEED = {0.05: 100, 0.10: 40, 0.15: 25}  # clusters that clear a margin at ten trials a side (statistics.md part 3)
FEWEST_OF_A_PAIR = 5
FEWEST_OF_A_VETO = 5
TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Segment:
    """A group of cases: `margin` is what its level tolerates, `also` names segments of exactly the same cases.

    `cases` are those that can be compared, `whole` also those that should have been.
    """

    of: Mapping[str, str]
    whole: frozenset[str]
    cases: frozenset[str]
    margin: float
    is_pair: bool = False
    protected: bool = False
    also: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return named(self.of)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a segment of this size may do: `margin` is None where none can be cleared; BLOCK needs a fall of `drop`."""

    role: Role
    margin: float | None
    drop: float


def named(of: Mapping[str, str]) -> str:
    """A segment as people read it."""
    return ",".join(f"{key}={value}" for key, value in of.items()) or "all"


def segments(cases: Mapping[str, CaseInfo], policy: Policy) -> tuple[Segment, ...]:
    """All, each value of each attribute, pairs of five cases or more, and what is protected. Raises Mistake."""
    if not cases:
        raise Mistake("no case to compare: an empty set clears nothing")
    _check(cases, policy)
    whole = frozenset(cases)
    found: list[tuple[Mapping[str, str], frozenset[str]]] = [({}, whole)]
    for entry in sorted(policy.by, key=lambda entry: "*" in entry):  # single attributes first
        names = [name.strip() for name in entry.split("*")]
        found += _groups(cases, names, FEWEST_OF_A_PAIR if len(names) > 1 else 1)
    found += [(of, frozenset(name for name, case in cases.items() if _holds(case, of))) for of in policy.protect]
    protected = [frozenset(of.items()) for of in policy.protect]
    unique: dict[frozenset[tuple[str, str]], Segment] = {}
    for of, members in found:
        key = frozenset(of.items())
        margin = level_margin(policy.margins, of)
        unique.setdefault(key, Segment(of, members, members, margin, len(of) > 1, not of or key in protected))
    return tuple(unique.values())


def _holds(case: CaseInfo, of: Mapping[str, str]) -> bool:
    return all(case.segments.get(key) == value for key, value in of.items())


def _groups(
    cases: Mapping[str, CaseInfo], names: Sequence[str], fewest: int
) -> list[tuple[Mapping[str, str], frozenset[str]]]:
    """The groups that these attributes make, the largest first."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name_of_case, case in cases.items():
        values = tuple(case.segments.get(name, "") for name in names)
        if all(name in case.segments for name in names):
            groups.setdefault(values, []).append(name_of_case)
    ordered = sorted(groups, key=lambda values: (-len(groups[values]), values))
    return [
        (dict(zip(names, values, strict=True)), frozenset(groups[values]))
        for values in ordered
        if len(groups[values]) >= fewest
    ]


def _check(cases: Mapping[str, CaseInfo], policy: Policy) -> None:
    known = {name for case in cases.values() for name in case.segments}
    for name in (part.strip() for entry in policy.by for part in entry.split("*")):
        if name not in known:
            raise Mistake(f"no case has the segment {name!r}{did_you_mean(name, known)}")
    for of in policy.protect:
        if not any(_holds(case, of) for case in cases.values()):
            values = {named({key: case.segments[key]}) for case in cases.values() for key in of if key in case.segments}
            raise Mistake(f"protected segment {named(of)} has no case{did_you_mean(named(of), values)}")


def level_margin(margins: Margins, of: Mapping[str, str]) -> float:
    """What the level of a segment tolerates."""
    if len(of) > 1:
        return margins.pair
    level = {(): margins.all, ("language",): margins.language, ("call_type",): margins.call_type}
    return level.get(tuple(of), margins.other)


def standing(segment: Segment, size: float) -> Standing:
    """Role, margin and least drop of a segment worth `size` clusters (Kish)."""
    steps = [segment.margin, *(step for step in LADDER if step > segment.margin)]
    margin = next((step for step in steps if size + TIE >= need(step)), None)
    drop = (segment.margin if margin is None else margin) / 2
    if segment.protected or (margin is not None and not segment.is_pair):
        return Standing("gate", margin, drop)
    if not segment.is_pair and size + TIE >= FEWEST_OF_A_VETO:
        return Standing("veto", None, drop)
    return Standing("watch", None, drop)


def need(margin: float) -> float:
    """How many clusters a margin needs to be cleared at ten trials a side."""
    smaller = [step for step in LADDER if step <= margin + TIE]
    return NEED[smaller[-1]] if smaller else NEED[LADDER[0]] * LADDER[0] / margin


def merged(found: Sequence[Segment], present: frozenset[str]) -> tuple[Segment, ...]:
    """Segments cut down to the cases present; those of identical cases become one, by the first name."""
    kept: dict[frozenset[str], Segment] = {}
    for segment in found:
        cases = segment.whole & present
        if not cases and not segment.protected:
            continue
        # nothing measured in a protected segment is a finding of its own, never merged away
        key = cases or frozenset((f"nothing measured in {segment.name}",))
        kept[key] = _joined(kept[key], segment) if key in kept else replace(segment, cases=cases)
    return tuple(kept.values())


def _joined(first: Segment, second: Segment) -> Segment:
    return replace(
        first,
        whole=first.whole | second.whole,
        margin=min(first.margin, second.margin),
        is_pair=first.is_pair and second.is_pair,
        protected=first.protected or second.protected,
        also=(*first.also, second.name),
    )
