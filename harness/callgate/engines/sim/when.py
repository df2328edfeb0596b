"""One turn of the caller -> the day and the times of day wished for, with corrections taken into account."""

from __future__ import annotations

import re
from datetime import date, timedelta

from callgate.engines.sim.clocks import Clock, clocks_in, offers_in, part_in
from callgate.engines.sim.days import Day, days_in
from callgate.engines.sim.reading import Reading, Wish
from callgate.engines.sim.text import CARDINALS, fold
from callgate.engines.sim.wishes import goal_in

_CORRECTION = re.compile(
    r"\b(?:no,|no wait|wait|actually|make it|make that|i mean|scratch that|sorry|rather|mejor|perdon"
    r"|digo|mas bien|espere|o sea|corrijo|perdone|disculpe|i meant|no\.|no:|that don't work"
    r"|i'm a liar)"
)
_LATEST = re.compile(
    r"\b(?:late(?:st)? as (?:you|possible)|as late|late as|latest|last (?:one|slot|thing|opening)"
    r"|end of the day|lo mas tarde|sleep(?: in)?\b|la ultima|el ultimo|ultima hora|tarde posible)\b"
)
_EARLIEST = re.compile(
    r"\b(?:primera (?:hora )?que (?:haya|tenga)|first thing|earliest|early as|as early|as soon as"
    r"|soonest|first (?:available|opening|slot|thing)|lo mas temprano|primera hora|lo antes posible"
    r"|cuanto antes|mas temprano posible|lo mas pronto)\b"
)
_FIRST = re.compile(
    r"\b(?:the (?:first|earlier|early|former)(?: one)?|la (?:primera|mas temprano|de mas temprano)"
    r"|el primero|earlier one|la mas temprana|first one)\b(?! (?:thing|of))"
)
_SECOND = re.compile(
    r"\b(?:the (?:second|later|late|latter|last|other)(?: one)?|la (?:segunda|otra|ultima|mas tarde"
    r"|de mas tarde)|el (?:segundo|ultimo|otro)|later one|second one)\b(?! (?:two|three|thing|day|day"
    r"|car|guy|time))"
)
_EXISTING = re.compile(
    r"(?:\b(?:my|our|the|mi|la|his|her|su)(?: \w+){0,3} (?:appointment|cita|turno)(?: (?:is|was|es"
    r"|era))?(?: \w+){0,2}|(?<!you )(?<!y'all )\b(?:have|got|had|'ve) (?:an?|my|one|the"
    r"|something) ?(?:\w+ )?(?:appointment|visit|oil change|one|spot|slot)?(?: \w+){0,2}"
    r"|\btengo(?: \w+){0,5}|\btenia(?: \w+){0,5}|\bdown for(?: \w+){0,2}|\bbooked(?: \w+){0,2}"
    r"|\bscheduled(?: \w+){0,2}|\bin for(?: \w+){0,2}|\bfrom(?: the)?|\bcita(?: \w+){0,2}|\bmy"
    r"|\bagendad\w+(?: \w+){0,2}|\b(?:la|las) del?|\bsupposed to(?: \w+){0,4}|\bpara que tengo)"
    r"\s*$"
)
TAKE = re.compile(
    r"\b(?:de una vez|apart(?:e|emela)|me la pone|pongamela|book (?:it|me)|whatever (?:you|is)"
    r"|just (?:book|give me)|la que (?:haya|sea))\b"
)
_NEXT_DAY = re.compile(
    r"\b(?:the )?(?:next|following) day|day after(?! tomorrow)(?: that)?|\b(?:al|el) (?:dia siguiente"
    r"|otro dia|siguiente)\b|\bun dia despues"
)
_DAY_BEFORE = re.compile(r"\b(?:the )?day before(?: that| it)?\b|\b(?:el|un) dia (?:antes|anterior)")
_WEEK_LATER = re.compile(
    r"\b(?:the week after|a week later|same day next week|la semana siguiente|una semana despues"
    r"|una semana mas tarde|a week on)\b"
)
_HEARD_TIMES = (
    (
        re.compile(
            r"\b(?:after|at|around|by|past) (?:too?)\b(?! (?:get|be|the|make|have|see))|^too? (?=thirty"
            r"|fifteen|works|is|sounds|pm|forty|$|\W)"
        ),
        "to",
        "two",
    ),
    (re.compile(r"^for(?= (?:grand|works|thirty|is|sounds|pm|please|fifteen)|[.,!]|$)|\bat for\b"), "for", "four"),
    (re.compile(r"^ate(?= |[.,!]|$)|\bat ate\b"), "ate", "eight"),
    (re.compile(r"^won(?= (?:works|is|thirty|o'clock|please)|[.,!]|$)|\bat won\b"), "won", "one"),
)


def heard(text: str) -> str:
    """Times of day that speech recognition writes as little words: "to thirty", "at ate"."""
    for pattern, wrong, right in _HEARD_TIMES:
        for match in reversed(list(pattern.finditer(text))):
            right_words = re.sub(rf"\b{wrong}o?\b", right, match.group())
            text = text[: match.start()] + right_words + text[match.end() :]
    return text


def hear_when(reading: Reading, folded: str) -> None:
    if (
        any(topic.startswith(("hours", "parts_hours", "shuttle")) for topic in reading.topics)
        and goal_in(folded) is None
        and not reading.services
    ):
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
        reading.wish = Wish(
            tuple(fresh) or (reading.wish.clocks if part is None else ()),
            part or (None if fresh else reading.wish.part),
            rank,
        )
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
    return bool(_EXISTING.search(clause)) and not re.search(
        r"\b(?:move|change|push|make|switch|resched\w+|cambiar\w*|mover\w*|pasar\w*|book|new|nueva"
        r"|otra)\b[^,]{0,40}\b(?:to|for|a|al|para)\b[^,]*$",
        clause,
    )


def _hear_day(reading: Reading, folded: str) -> None:
    days = days_in(folded, reading.today, reading.day)
    fresh = [day for day in days if not day.crossed]
    if reading.goal in {"move", "cancel"}:
        old = [
            day
            for day in fresh
            if _is_existing(folded, day.start) or re.match(r"^ (?:\w+ )?(?:appointment|cita|one\b)", folded[day.end :])
        ]
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
