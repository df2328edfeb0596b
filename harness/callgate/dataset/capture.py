"""Resolved tickets beside the golden set -> which of them have no case. Nothing learnt is lost without being named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from callgate.concepts import Case
from callgate.dataset.importers.recording import Ticket


@dataclass(frozen=True, slots=True)
class Captured:
    """How many tickets are resolved, which have a case, which have none, how many are open still."""

    resolved: int
    captured: tuple[tuple[str, str], ...]  # ticket, case
    missing: tuple[str, ...]
    open: int
    causes: tuple[tuple[str, int], ...] = ()

    @property
    def share(self) -> float:
        """Captured of resolved, 0..1; of nothing, all."""
        return len(self.captured) / self.resolved if self.resolved else 1.0

    def text(self) -> str:
        """A line that counts, then a line a missing ticket."""
        lines = [f"{ticket}: no case; it is not captured" for ticket in self.missing]
        share = f"{100 * self.share:.2f}".rstrip("0").rstrip(".")
        if self.missing and share == "100":
            share = "99.99"
        counts = f"{len(self.captured)} of {self.resolved} resolved tickets have a case ({share} %)"
        causes = ", ".join(f"{count} {cause}" for cause, count in self.causes)
        lines.append(f"{counts}; {self.open} open" + (f"; causes: {causes}" if causes else ""))
        return "\n".join(lines) + "\n"


def captured(tickets: Sequence[Ticket], cases: Iterable[Case]) -> Captured:
    """Each resolved ticket with the case that names it, in any status: a retired case was captured once."""
    by_ticket = {case.ticket: case.id for case in cases if case.ticket}
    resolved = {ticket.id: ticket for ticket in tickets if ticket.resolved}
    pairs = tuple((name, by_ticket[name]) for name in resolved if name in by_ticket)
    missing = tuple(name for name in resolved if name not in by_ticket)
    causes: dict[str, int] = {}
    for ticket in resolved.values():
        if ticket.cause:
            causes[ticket.cause] = causes.get(ticket.cause, 0) + 1
    still = sum(not ticket.resolved for ticket in tickets)
    return Captured(len(resolved), pairs, missing, still, tuple(sorted(causes.items())))
