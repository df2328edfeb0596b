"""What a model did on tickets, as every report says it: figures by field, classes that fail, what may go out alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callgate.concepts import Covered, Decision, Figures, Triage
from callgate.report.words import percent, plural

SHOWN = 5
HEAD = ("", "tickets", "baseline", "accuracy", "95 % exact", "macro-F1", "ECE")


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of the answer or one segment: the candidate's figures beside the baseline's accuracy."""

    name: str
    now: Figures
    before: Figures | None

    @property
    def cells(self) -> tuple[str, ...]:
        """As HEAD has them."""
        now = self.now
        between = f"{percent(now.interval[0])} - {percent(now.interval[1])}"
        before = percent(self.before.accuracy) if self.before else ""
        shares = (before, percent(now.accuracy), between, f"{now.macro_f1:.3f}", f"{now.calibration_error:.3f}")
        return (self.name, str(now.count), *shares)


def field_rows(one: Triage) -> list[FieldRow]:
    """Each field of the answer, then the category by segment."""
    rows = [FieldRow(name, found, one.before.get(name)) for name, found in one.fields.items()]
    return rows + [FieldRow(f"category, {name}", found, None) for name, found in one.parts.items()]


def notes(one: Triage) -> list[str]:
    """What stands below the figures: classes that fail, out of scope, and answering alone."""
    category = one.fields.get("category")
    lines: list[str] = []
    if category is not None:
        lines += _listed("found too seldom", _poor_classes(category))
        lines += _listed("taken for another", _worst_confusions(category))
    if one.foreign:
        refused = f"{plural(one.refused, 'ticket')} of ours taken for it"
        lines.append(f"out of scope: {one.recognised} of {one.foreign} recognised; {refused}")
    lines += _alone_lines(one)
    if one.wrong_alone:
        more = f" and {len(one.wrong_alone) - SHOWN} more" if len(one.wrong_alone) > SHOWN else ""
        lines.append(f"alone and wrong: {', '.join(one.wrong_alone[:SHOWN])}{more}")
    return lines


def title(one: Triage, decision: Decision) -> str:
    """What the figures are of."""
    missing = f", {one.missing} not measured" if one.missing else ""
    model = f" [{one.model}]" if len(decision.triage) > 1 else ""
    return f"the first answer to each of {plural(one.tickets, 'ticket')}{missing}{model}"


def triage_lines(decision: Decision) -> list[str]:
    """The whole for a screen; nothing where there are no tickets."""
    lines: list[str] = []
    for one in decision.triage:
        rows = [HEAD, *(row.cells for row in field_rows(one))] if one.fields else []
        width = max([22, *(len(cells[0]) for cells in rows)])
        lines.append(title(one, decision))
        lines += [_row(cells, width) for cells in rows]
        lines += [f"  {line}" for line in notes(one)]
    return lines


def _row(cells: Sequence[str], width: int) -> str:
    sizes = (7, 9, 9, 16, 9, 6)
    return f"  {cells[0]:<{width}} " + " ".join(f"{cell:>{size}}" for cell, size in zip(cells[1:], sizes, strict=True))


def _poor_classes(found: Figures) -> list[str]:
    """The classes that are missed most, as "login 7 of 9"."""
    missed = [(hits / of, name, hits, of) for name, (hits, of) in found.recall.items() if hits < of]
    return [f"{name} {hits} of {of}" for _, name, hits, of in sorted(missed)[:SHOWN]]


def _worst_confusions(found: Figures) -> list[str]:
    """What is taken for what, the most frequent first."""
    return [f"{truth} for {label or 'no label'} {times}" for truth, label, times in found.confusions[:SHOWN]]


def _alone_lines(one: Triage) -> list[str]:
    """What goes out alone now, and which threshold keeps the promise, with what it would come to."""
    if one.risk is None:
        return []
    lines = []
    if one.now is not None:
        before = f" (baseline: {_said(one.now_before)})" if one.now_before else ""
        lines.append(f"answering alone from {one.now.threshold:g}: {_said(one.now)}{before}")
    if one.suggested is None:
        lines.append(
            f"no threshold keeps wrong answers under {percent(one.risk)} with 95 % confidence on these tickets"
        )
    else:
        said = f"{_said(one.suggested)}, at most {percent(one.suggested.at_most)} with 95 % confidence"
        lines.append(f"suggested for at most {percent(one.risk)} wrong: from {one.suggested.threshold:g}: {said}")
    if one.more and one.reachable is not None:
        lines.append(f"with {one.more:,} more labelled tickets perhaps {percent(one.reachable)} of all")
    return lines


def _said(covered: Covered) -> str:
    return f"{percent(covered.coverage)} of tickets, {covered.wrong} of {covered.tickets} wrong"


def _listed(what: str, texts: Sequence[str]) -> list[str]:
    return [f"{what}: {', '.join(texts)}"] if texts else []
