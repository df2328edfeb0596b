"""A log of tickets or calls -> the support numbers of each week.

A row a ticket: `opened` (ISO), and of these what is known: `resolved` (ISO), `handled` (auto, OPS, T1, T2, T3),
`triage` (the category that was guessed), `category` (the right one), `bounced` (yes where it came back after it was
resolved automatically), `severity`. What a row does not say is left out of that number, never counted as a no.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from callgate.dataset.importers.reading import Node, read_export, rows_of
from callgate.insight.history import week_of

YES = frozenset({"yes", "true", "1", "y"})
NO = frozenset({"no", "false", "0", "n"})


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket; "" and None: not known."""

    opened: date
    resolved: date | None = None
    handled: str = ""
    triage: str = ""
    category: str = ""
    bounced: bool | None = None
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many; no share where there are none."""

    count: int
    of: int

    @property
    def share(self) -> float | None:
        return self.count / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Support:
    """One week's numbers, of the tickets opened in it."""

    tickets: int
    triage_right: Share
    auto_resolved: Share
    bounced: Share
    in_time: Share
    tiers: Mapping[str, int]
    categories: Mapping[str, int]


def read_tickets(path: Path) -> list[Ticket]:
    """All tickets of a CSV or JSON Lines file. Raises Mistake with the place of what cannot be read."""
    return [_ticket(row) for row in rows_of(read_export(path))]


def support(tickets: Sequence[Ticket], levels: Mapping[str, int]) -> dict[str, Support]:
    """Week -> its numbers. `levels` are days by severity within which a ticket is to be resolved."""
    weeks: dict[str, list[Ticket]] = {}
    for ticket in tickets:
        weeks.setdefault(week_of(ticket.opened), []).append(ticket)
    return {week: _numbers(some, levels) for week, some in sorted(weeks.items())}


def _numbers(tickets: Sequence[Ticket], levels: Mapping[str, int]) -> Support:
    triaged = [one for one in tickets if one.triage and one.category]
    handled = [one for one in tickets if one.handled]
    auto = [one for one in handled if one.handled == "auto"]
    told = [one for one in auto if one.bounced is not None]
    timed = [one for one in tickets if one.resolved and one.severity in levels]
    in_time = sum((one.resolved - one.opened).days <= levels[one.severity] for one in timed if one.resolved)
    return Support(
        len(tickets),
        Share(sum(one.triage == one.category for one in triaged), len(triaged)),
        Share(len(auto), len(handled)),
        Share(sum(bool(one.bounced) for one in told), len(told)),
        Share(in_time, len(timed)),
        dict(sorted(Counter(one.handled for one in handled).items())),
        dict(Counter(one.category for one in tickets if one.category)),
    )


def _ticket(row: Node) -> Ticket:
    opened = _day(row, "opened")
    if opened is None:
        raise row.wrong("'opened' is a date, as 2026-03-09")
    bounced = row.get("bounced").text().strip().lower()
    if bounced and bounced not in YES | NO:
        raise row.wrong("'bounced' is yes or no")
    handled, triage, category, severity = (
        row.get(name).text().strip() for name in ("handled", "triage", "category", "severity")
    )
    return Ticket(
        opened, _day(row, "resolved"), handled, triage, category, bounced in YES if bounced else None, severity
    )


def _day(row: Node, name: str) -> date | None:
    written = row.get(name).text().strip()
    if not written:
        return None
    try:
        return date.fromisoformat(written[:10])
    except ValueError:
        raise row.wrong(f"{name!r} is a date, as 2026-03-09") from None
