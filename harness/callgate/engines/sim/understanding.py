"""The chat's messages -> a `Reading`: what the caller wants by now, as one frozen value that the policy decides on.

Later words win over earlier ones; a correction ("no, make it Thursday") takes back what it corrects. A rule-based reader
of English and Spanish: it sees only the messages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from callgate.engines.sim.handoff import Handoff, handoff_in
from callgate.engines.sim.people import asks_name, is_for_somebody, is_spelled, name_in
from callgate.engines.sim.text import CARDINALS, Language, fold, language_of, phone_in
from callgate.engines.sim.when import Clock, Day, Part, clocks_in, days_in, offers_in, part_in
from callgate.engines.sim.wishes import goal_in, services_in, topics_in
from callgate.engines.sim.world import Appointment, Chat, Lookup, World, appointments_of, lookups, slots_of

_YES = re.compile(
    r"^(?:(?:oh|ok|okay|um|uh|ah|well|great|pues|bueno|ay|este)\W+)*(?:yes|yeah|yep|yup|sure|fine|perfect|great|absolutely|please do|go ahead|do it|do that|sounds good|that works|that one|that|ok|okay"
    r"|si|claro|perfecto|esta bien|de acuerdo|por favor|esa|ese|esa misma|adelante|andele|orale|correcto|exacto|vale|me parece|va|dale|simon|hagalo|sale)\b"
    r"|\b(?:book it|do it|do that|go ahead|that works|works for me|i'll take it|put me down|let's do|that one|sounds good|esa (?:misma|esta bien)|me (?:queda|sirve|parece|conviene) (?:bien|perfecto)?|esta perfecto|esta bien|agendela|resevela|apartela|hagalo|hagala|that'?s fine|perfect)\b"
)
_NO = re.compile(r"^(?:(?:oh|um|uh|ah|well|ay|este|pues)\W+)*(?:no|nope|nah|not)\b")
_CORRECTION = re.compile(
    r"\b(?:no,|no wait|wait|actually|make it|make that|i mean|scratch that|sorry|rather|mejor|perdon|digo|mas bien|espere|o sea|corrijo|perdone|disculpe|i meant|no\.|no:|that don't work|i'm a liar)"
)
_LATEST = re.compile(r"\b(?:late(?:st)? as (?:you|possible)|as late|late as|latest|last (?:one|slot|thing|opening)|end of the day|lo mas tarde|sleep(?: in)?\b|la ultima|el ultimo|ultima hora|tarde posible)\b")
_EARLIEST = re.compile(
    r"\b(?:primera (?:hora )?que (?:haya|tenga)|first thing|earliest|early as|as early|as soon as|soonest|first (?:available|opening|slot|thing)|lo mas temprano|primera hora|lo antes posible|cuanto antes|mas temprano posible|lo mas pronto)\b"
)
_FIRST = re.compile(r"\b(?:the (?:first|earlier|early|former)(?: one)?|la (?:primera|mas temprano|de mas temprano)|el primero|earlier one|la mas temprana|first one)\b(?! (?:thing|of))")
_SECOND = re.compile(
    r"\b(?:the (?:second|later|late|latter|last|other)(?: one)?|la (?:segunda|otra|ultima|mas tarde|de mas tarde)|el (?:segundo|ultimo|otro)|later one|second one)\b(?! (?:two|three|thing|day|day|car|guy|time))"
)
_EXISTING = re.compile(
    r"(?:\b(?:my|our|the|mi|la|his|her|su)(?: \w+){0,3} (?:appointment|cita|turno)(?: (?:is|was|es|era))?(?: \w+){0,2}|(?<!you )(?<!y'all )\b(?:have|got|had|'ve) (?:an?|my|one|the|something) ?(?:\w+ )?(?:appointment|visit|oil change|one|spot|slot)?(?: \w+){0,2}"
    r"|\btengo(?: \w+){0,5}|\btenia(?: \w+){0,5}|\bdown for(?: \w+){0,2}|\bbooked(?: \w+){0,2}|\bscheduled(?: \w+){0,2}|\bin for(?: \w+){0,2}|\bfrom(?: the)?|\bcita(?: \w+){0,2}|\bmy|\bagendad\w+(?: \w+){0,2}|\b(?:la|las) del?|\bsupposed to(?: \w+){0,4}|\bpara que tengo)"
    r"\s*$"
)
_TARGET = re.compile(r"\b(?:to|for|at|until|till|on|a|al|para|hasta|mejor|por)(?: the| el| la| las| este| next| proximo)? *$")
TAKE = re.compile(r"\b(?:de una vez|apart(?:e|emela)|me la pone|pongamela|book (?:it|me)|whatever (?:you|is)|just (?:book|give me)|la que (?:haya|sea))\b")
_NEXT_DAY = re.compile(r"\b(?:the )?(?:next|following) day|day after(?! tomorrow)(?: that)?|\b(?:al|el) (?:dia siguiente|otro dia|siguiente)\b|\bun dia despues")
_DAY_BEFORE = re.compile(r"\b(?:the )?day before(?: that| it)?\b|\b(?:el|un) dia (?:antes|anterior)")
_WEEK_LATER = re.compile(r"\b(?:the week after|a week later|same day next week|la semana siguiente|una semana despues|una semana mas tarde|a week on)\b")
_HEARD_TIMES = (
    (re.compile(r"\b(?:after|at|around|by|past) (?:too?)\b(?! (?:get|be|the|make|have|see))|^too? (?=thirty|fifteen|works|is|sounds|pm|forty|$|\W)"), "to", "two"),
    (re.compile(r"^for(?= (?:grand|works|thirty|is|sounds|pm|please|fifteen)|[.,!]|$)|\bat for\b"), "for", "four"),
    (re.compile(r"^ate(?= |[.,!]|$)|\bat ate\b"), "ate", "eight"),
    (re.compile(r"^won(?= (?:works|is|thirty|o'clock|please)|[.,!]|$)|\bat won\b"), "won", "one"),
)  # fmt: skip


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
            _hear(reading, content, index)
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


def _hear(reading: Reading, text: str, index: int) -> None:
    folded = _heard(fold(text).strip())
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
    _hear_when(reading, folded)
    reading.day_changed = day_before is not None and reading.day != day_before


def _heard(text: str) -> str:
    """Times of day that speech recognition writes as little words: "to thirty", "at ate"."""
    for pattern, wrong, right in _HEARD_TIMES:
        for match in reversed(list(pattern.finditer(text))):
            right_words = re.sub(rf"\b{wrong}o?\b", right, match.group())
            text = text[: match.start()] + right_words + text[match.end() :]
    return text


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


def _hear_when(reading: Reading, folded: str) -> None:
    if any(topic.startswith(("hours", "parts_hours", "shuttle")) for topic in reading.topics) and goal_in(folded) is None and not reading.services:
        return
    _hear_day(reading, folded)
    hours = frozenset((c.minutes // 60 - 1) % 12 + 1 for c in offers_in(fold(reading.agent)))
    clocks = clocks_in(_sounds(folded, hours), hours)
    reading.refused = (*reading.refused, *(c.minutes for c in clocks if c.crossed and c.bound == "at"))
    fresh = [clock for clock in clocks if not clock.crossed]
    if reading.goal in {"move", "cancel"}:
        for clock in fresh:
            if _is_existing(folded, clock.start):
                reading.old_clock = clock
        fresh = [clock for clock in fresh if not _is_existing(folded, clock.start)]
    cues = [match.end() for match in _CORRECTION.finditer(folded)]
    for cue in reversed(cues):
        if after := [clock for clock in fresh if clock.start >= cue - 1]:
            fresh = after
            break
    flipped = [
        Clock(c.minutes, c.open, c.start, c.end, "after") if c.bound == "before" and c.crossed else c
        for c in clocks
        if not c.crossed or c.bound == "before"
    ]
    fresh = _settled(fresh, folded)
    if flipped and any(c.crossed and c.bound == "before" for c in clocks):
        fresh = [c for c in flipped if c in fresh or c.bound == "after"]
    part, rank = part_in(folded), None
    if re.search(r"\bbefore (?:the )?lunch|antes de (?:comer|almorzar|la comida)", folded):
        part = "morning"
    if _LATEST.search(folded):
        rank = "last"
    elif _EARLIEST.search(folded):
        rank = "first"
    reading.pick = "first" if _FIRST.search(folded) else "second" if _SECOND.search(folded) else None
    if fresh or rank or (part and part != reading.wish.part):
        reading.wish = Wish(tuple(fresh) or (reading.wish.clocks if part is None else ()), part or (None if fresh else reading.wish.part), rank)
        reading.wish_now = True
        reading.chosen_now = any(clock.bound == "at" for clock in fresh)


def _settled(clocks: list[Clock], folded: str) -> list[Clock]:
    """Of several times the last stands first; a choice ("two or three") keeps its order."""
    at = [clock for clock in clocks if clock.bound == "at"]
    if len(at) < 2:
        return clocks
    joint = folded[at[-2].end : at[-1].start]
    last = at[-2:] if re.fullmatch(r",? ?(?:or|o|u)(?: a)?(?: las?| at)? ?", joint) else [at[-1]]
    rest = [clock for clock in reversed(at) if clock not in last]
    return [*last, *rest, *(clock for clock in clocks if clock.bound != "at")]


_SOUNDS = {"won": "one", "to": "two", "too": "two", "tree": "three", "for": "four", "ate": "eight", "tin": "ten"}


def _sounds(folded: str, hours: frozenset[int]) -> str:
    """Little words in a short answer that sound like an hour that was offered."""
    if len(folded.split()) > 9:
        return folded
    for sound, word in _SOUNDS.items():
        if CARDINALS[word] in hours:
            folded = re.sub(rf"(?:(?<=^)|(?<=^hm )|(?<=^um )){sound}(?= |$|[.,])", word, folded)
    return folded


def _is_existing(text: str, start: int) -> bool:
    """Whether the day or time before which `text` stops here is that of the appointment there is."""
    before = text[max(0, start - 60) : start]
    clause = re.split(r"[.?!;]", before)[-1]
    return bool(_EXISTING.search(clause)) and not re.search(r"\b(?:move|change|push|make|switch|resched\w+|cambiar\w*|mover\w*|pasar\w*|book|new|nueva|otra)\b[^,]{0,40}\b(?:to|for|a|al|para)\b[^,]*$", clause)


def _hear_day(reading: Reading, folded: str) -> None:
    days = days_in(folded, reading.today, reading.day)
    fresh = [day for day in days if not day.crossed]
    if reading.goal in {"move", "cancel"}:
        old = [day for day in fresh if _is_existing(folded, day.start) or re.match(r"^ (?:\w+ )?(?:appointment|cita|one\b)", folded[day.end :])]
        if old:
            reading.old_day = old[-1].day
        fresh = [day for day in fresh if day not in old]
    cues = [match.end() for match in _CORRECTION.finditer(folded)]
    for cue in reversed(cues):
        if after := [day for day in fresh if day.start >= cue - 1]:
            fresh = after
            break
    base = fresh[-1].day if fresh else reading.day
    reading.day_now = bool(fresh)
    if fresh and (match := _DAY_BEFORE.search(folded)) and match.start() > fresh[0].start:
        reading.day = fresh[0].day - timedelta(1)
    elif fresh:
        reading.day = _joined(fresh, folded)
    elif base and _DAY_BEFORE.search(folded):
        reading.day = base - timedelta(1)
    elif base and _NEXT_DAY.search(folded) and not clocks_in(folded):
        reading.day = base + timedelta(1)
    elif base and _WEEK_LATER.search(folded):
        reading.day = base + timedelta(7)
    elif reading.yes and not reading.day:
        offered = days_in(fold(reading.agent), reading.today)
        reading.day = offered[0].day if len(offered) == 1 else None


def _joined(days: list[Day], folded: str) -> date:
    """Of several days the last, but the first where they stand as a choice: "Monday or Tuesday"."""
    if len(days) > 1 and re.fullmatch(r"[\w ,]*\b(?:or|o|u)\b[\w ]*", folded[days[-2].end : days[-1].start] or "-"):
        return days[-2].day
    return days[-1].day


# ---------------------------------------------------------------------------------------------- slots


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
