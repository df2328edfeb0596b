"""Free slots + the caller's wish -> the slot that was chosen, or the two that are worth offering."""

from __future__ import annotations

import re

from callgate.engines.sim.clocks import Clock, offers_in, part_in
from callgate.engines.sim.reading import Reading, local, minutes_of
from callgate.engines.sim.text import fold
from callgate.engines.sim.when import TAKE
from callgate.engines.sim.world import Appointment

_SAME_TIME = re.compile(r"\bsame time\b|\b(?:a la )?misma hora\b")


def choose(reading: Reading, slots: tuple[str, ...], appointment: Appointment | None = None) -> str | None:
    """The slot the caller has settled on, or None where it is still open."""
    offered = _offered(reading, slots)
    for clock in reading.wish.at:
        fitting = [slot for slot in slots if clock.fits(minutes_of(slot))]
        if fitting:
            return _best(reading, clock, fitting, offered)
    if reading.wish.rank and slots and TAKE.search(reading.last) and reading.wish_now:
        return offer(reading, slots)[0 if reading.wish.rank == "first" else -1]
    if appointment and appointment.start and any(_SAME_TIME.search(fold(turn)) for turn in reading.turns[-2:]):
        return next((slot for slot in slots if minutes_of(slot) == minutes_of(appointment.start)), None)
    if not offered or reading.day_changed:
        return None
    if reading.pick:
        return offered[0] if reading.pick == "first" else offered[min(1, len(offered) - 1)]
    if reading.wish_now and reading.wish.rank:
        return offered[0] if reading.wish.rank == "first" else offered[-1]
    halves = [slot for slot in offered if part_in(reading.last) == _half(slot)]
    if part_in(reading.last) and len(halves) == 1 and len(offered) > 1:
        return halves[0]
    if len(offered) == 1 and not reading.no:
        near = [c for c in reading.wish.at if abs(c.likely - minutes_of(offered[0])) <= 45]
        if reading.yes or near:
            return offered[0]
    return None


def _offered(reading: Reading, slots: tuple[str, ...]) -> list[str]:
    """The slots that the agent named in its last turn, in its order."""
    if any(call.tool == "find_slots" for call in reading.fresh):
        return []
    found: list[str] = []
    for clock in offers_in(fold(reading.agent)):
        found.extend(slot for slot in slots if clock.fits(minutes_of(slot)) and slot not in found)
    return found


def _best(reading: Reading, clock: Clock, fitting: list[str], offered: list[str]) -> str:
    named = [slot for slot in fitting if slot in offered]
    likely = [slot for slot in named or fitting if minutes_of(slot) == clock.likely]
    part = [slot for slot in named or fitting if reading.wish.part == _half(slot)]
    return (part or likely or named or fitting)[0]


def _half(slot: str) -> str:
    return "morning" if local(slot).hour < 12 else "afternoon"


def offer(reading: Reading, slots: tuple[str, ...]) -> tuple[str, ...]:
    """At most two slots, those nearest to the wish."""
    wish = reading.wish
    slots = (
        tuple(s for s in slots if minutes_of(s) not in {m % 1440 for r in reading.refused for m in (r, r + 720)})
        or slots
    )
    left = [slot for slot in slots if wish.part in {None, _half(slot)} and _within(reading, slot)]
    left = left or [slot for slot in slots if _within(reading, slot)] or list(slots)
    if wish.at:
        target = wish.at[0].likely
        return tuple(sorted(sorted(left, key=lambda slot: abs(minutes_of(slot) - target))[:2]))
    return tuple(left[-2:] if wish.rank == "last" else left[:2])


def _within(reading: Reading, slot: str) -> bool:
    """Inside the bounds that were named: "after three", "before noon"."""
    minutes = minutes_of(slot)
    for clock in reading.wish.clocks:
        if clock.bound == "after" and minutes < clock.likely:
            return False
        if (
            clock.bound == "before"
            and minutes > clock.likely
            and not (clock.likely <= 720 and reading.wish.part == "afternoon")
        ):
            return False
    return True
