"""What is understood of a chat by its end: one value that the policy decides on, and the slots it knows of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from callgate.engines.sim.clocks import Clock, Part
from callgate.engines.sim.handoff import Handoff
from callgate.engines.sim.text import Language
from callgate.engines.sim.world import Appointment, Lookup, World, appointments_of, slots_of


@dataclass(frozen=True, slots=True)
class Wish:
    """When the caller would like to come; `rank` is a wish for the first or last of the slots."""

    clocks: tuple[Clock, ...] = ()
    part: Part | None = None
    rank: str | None = None

    @property
    def at(self) -> tuple[Clock, ...]:
        """The times named as such, not as a bound."""
        return tuple(clock for clock in self.clocks if clock.bound == "at")


@dataclass(slots=True)
class Reading:
    """What is understood by the end of the chat. Built turn by turn, then only read."""

    world: World
    language: Language = "en"
    goal: str | None = None
    services: tuple[str, ...] = ()
    mentioned: tuple[str, ...] = ()
    day: date | None = None
    old_day: date | None = None
    old_clock: Clock | None = None
    wish: Wish = field(default_factory=Wish)
    name: str | None = None
    named: bool = False
    phone: str | None = None
    topics: tuple[str, ...] = ()
    handoff: Handoff | None = None
    yes: bool = False
    no: bool = False
    pick: str | None = None
    last: str = ""
    agent: str = ""
    previous_agent: str = ""
    calls: list[Lookup] = field(default_factory=list)
    late: tuple[str, ...] = ()
    looked_services: tuple[str, ...] = ()
    turns: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    goal_now: bool = False
    day_now: bool = False
    chosen_now: bool = False
    wish_now: bool = False
    day_changed: bool = False
    phone_now: bool = False
    name_now: bool = False
    refused: tuple[int, ...] = ()

    @property
    def today(self) -> date:
        return self.world.now.date()

    @property
    def fresh(self) -> list[Lookup]:
        """The tool calls made since the caller last spoke."""
        return [call for call in self.calls if call.fresh]

    @property
    def appointments(self) -> list[Appointment]:
        """The caller's appointments as the last lookup that worked returned them."""
        for call in reversed(self.calls):
            if call.tool == "find_appointment" and call.error is None:
                return appointments_of(call.result)
        return []


def local(slot: str) -> datetime:
    """A slot's wall clock where the shop is: slots are written in the shop's own time."""
    return datetime.fromisoformat(slot[:16])


def minutes_of(slot: str) -> int:
    """Minutes after midnight of a slot."""
    at = local(slot)
    return at.hour * 60 + at.minute


def known_slots(reading: Reading, day: date | None) -> tuple[str, ...]:
    """The slots of `day` as the last lookup of that day returned them."""
    taken = {str(c.args.get("start", ""))[:16] for c in reading.calls if c.error is not None}
    for call in reversed(reading.calls):
        if call.tool == "find_slots" and call.error is None:
            slots = tuple(s for s in slots_of(call) if s[:16] not in taken and (day is None or local(s).date() == day))
            if slots or str(call.args.get("date")) == str(day):
                return slots
    return ()
