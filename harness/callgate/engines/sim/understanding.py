"""The chat's messages -> a `Reading`: what the caller wants by now, as one frozen value that the policy decides on.

Later words win over earlier ones; a correction ("no, make it Thursday") takes back what it corrects. A rule-based
reader of English and Spanish: it sees only the messages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from callgate.engines.sim.days import days_in
from callgate.engines.sim.handoff import handoff_in
from callgate.engines.sim.people import asks_name, is_for_somebody, is_spelled, name_in
from callgate.engines.sim.reading import Reading
from callgate.engines.sim.services import services_in
from callgate.engines.sim.text import fold, language_of, phone_in
from callgate.engines.sim.when import hear_when, heard
from callgate.engines.sim.wishes import goal_in, topics_in
from callgate.engines.sim.world import Chat, Lookup, World, lookups

_YES = re.compile(
    r"^(?:(?:oh|ok|okay|um|uh|ah|well|great|pues|bueno|ay|este)\W+)*(?:yes|yeah|yep|yup|sure|fine"
    r"|perfect|great|absolutely|please do|go ahead|do it|do that|sounds good|that works|that one|that"
    r"|ok|okay"
    r"|si|claro|perfecto|esta bien|de acuerdo|por favor|esa|ese|esa misma|adelante|andele|orale"
    r"|correcto|exacto|vale|me parece|va|dale|simon|hagalo|sale)\b"
    r"|\b(?:book it|do it|do that|go ahead|that works|works for me|i'll take it|put me down|let's do"
    r"|that one|sounds good|esa (?:misma|esta bien)|me (?:queda|sirve|parece|conviene) (?:bien"
    r"|perfecto)?|esta perfecto|esta bien|agendela|resevela|apartela|hagalo|hagala|that'?s fine"
    r"|perfect)\b"
)
_NO = re.compile(r"^(?:(?:oh|um|uh|ah|well|ay|este|pues)\W+)*(?:no|nope|nah|not)\b")


def read(messages: Sequence[Chat], world: World) -> Reading:
    """What the chat says by now. Messages in OpenAI's format, the system prompt already read as `world`."""
    reading = Reading(world, name=world.name, phone=world.phone, calls=lookups(messages))
    reading.turns = tuple(str(m.get("content") or "") for m in messages if m.get("role") == "user")
    reading.language = language_of(list(reading.turns))
    pending = list(reading.calls)
    for index, message in enumerate(messages):
        while pending and pending[0].index <= index:
            _note(reading, pending.pop(0))
        content = str(message.get("content") or "")
        if message.get("role") == "assistant" and content:
            reading.previous_agent, reading.agent = reading.agent, content
        elif message.get("role") == "user":
            _hear(reading, content)
    return reading


def _note(reading: Reading, call: Lookup) -> None:
    """What a tool call tells of the talk: which day and services were looked at."""
    if call.fresh:
        return
    reading.seen = (*reading.seen, call.tool)
    if call.tool == "find_slots" and call.error is None:
        reading.looked_services = tuple(map(str, call.args.get("services") or ()))
        if reading.day is None:
            try:
                reading.day = date.fromisoformat(str(call.args.get("date")))
            except ValueError:
                return
        if not reading.services:
            reading.services = reading.looked_services


def _hear(reading: Reading, text: str) -> None:
    folded = heard(fold(text).strip())
    reading.last = folded
    day_before = reading.day
    reading.day_now = reading.chosen_now = reading.wish_now = False
    reading.yes, reading.no = bool(_YES.search(folded)), bool(_NO.search(folded))
    _hear_services(reading, folded)
    goal = goal_in(folded)
    reading.goal_now = goal is not None
    looked = any(call.tool == "find_appointment" and not call.fresh for call in reading.calls)
    if goal in {None, "book"} and reading.goal in {None, "book"} and looked and "find_appointment" in reading.seen:
        goal = "move"
    keep = reading.goal in {"move", "cancel", "keep"} and goal == "book"
    if goal and not keep:
        reading.goal = goal
    reading.topics = topics_in(folded, reading.services or reading.mentioned)
    before = reading.handoff
    reading.handoff = handoff_in(folded, fold(reading.agent), yes=reading.yes, no=reading.no)
    if before and before.to == "message" and (reading.handoff is None or "complain" in reading.handoff.why):
        reading.handoff = before
    _hear_name(reading, text, folded)
    phone = phone_in(text)
    reading.phone_now, reading.phone = phone is not None, phone or reading.phone
    hear_when(reading, folded)
    reading.day_changed = day_before is not None and reading.day != day_before


def _hear_services(reading: Reading, folded: str) -> None:
    found = services_in(folded)
    before = reading.services
    wanted = found.wanted
    if found.asked_about:
        reading.mentioned = found.asked_about
    if not wanted and not before and reading.mentioned and not found.asked_about:
        agreed = reading.yes or goal_in(folded) == "book" or bool(days_in(folded, reading.today))
        wanted = reading.mentioned if agreed or re.search(r"\bboth\b|\blos dos\b|\blas dos\b|\bambos\b", folded) else ()
    kept = tuple(name for name in before if name not in found.dropped)
    reading.services = tuple(dict.fromkeys((*kept, *wanted)))
    reading.late = tuple(name for name in reading.services if before and name not in before) or reading.late


def _hear_name(reading: Reading, text: str, folded: str) -> None:
    spells = not reading.name and is_spelled(text)
    asked = spells or asks_name(reading.agent) or (not reading.name and asks_name(reading.previous_agent))
    reading.name_now = False
    other = is_for_somebody(folded)
    known = reading.world.name
    if known and not other and not (asked and not reading.named):
        return
    name = name_in(text, asked=asked)
    reading.name_now = name is not None
    if name and (not reading.named or asked or other or len(name.split()) > len((reading.name or "").split())):
        if known and fold(name) in fold(known):
            return
        reading.name, reading.named = name, True
