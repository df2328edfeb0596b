"""What one step of the agent is, and the small judgements that several steps share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from callgate.engines.sim.reading import Reading, known_slots, local
from callgate.engines.sim.slots import offer
from callgate.engines.sim.speech import Line


@dataclass(frozen=True, slots=True)
class Act:
    """One step: a tool call (`tool`, `args`), or speech (`lines`). `why` names the situation for the levers."""

    tool: str | None = None
    args: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()
    why: str = ""


def say(why: str, *lines: Line) -> Act:
    """Speech in the situation `why`."""
    return Act(lines=lines, why=why)


def must_look(reading: Reading, services: tuple[str, ...], *, chosen: bool) -> bool:
    """Whether the free times of the day are not known yet, or not for all the services."""
    wanted = set(services)
    for call in reversed(reading.calls):
        if call.tool != "find_slots" or str(call.args.get("date")) != str(reading.day):
            continue
        looked = set(map(str, call.args.get("services") or ()))
        if looked == wanted:
            return call.error is not None and not call.fresh
        return not (call.fresh or (chosen and wanted < looked))
    return not (chosen and known_slots(reading, reading.day) and not reading.late)


def offer_line(reading: Reading, slots: tuple[str, ...]) -> Line:
    """The offer of at most two slots."""
    starts = tuple(local(slot) for slot in offer(reading, slots))
    return Line("offer" if len(starts) > 1 else "offer_one", {"slots": starts})
