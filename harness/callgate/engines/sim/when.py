"""Folded words + today -> the days and times of day that were named, in English and Spanish.

A caller's hour without "a.m." or "p.m." stays open between the two: `Clock.fits` takes either, `Clock.likely` the one in
working hours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from callgate.engines.sim.text import CARDINALS, ORDINALS

Part = Literal["morning", "afternoon"]


@dataclass(frozen=True, slots=True)
class Day:
    """A day that was named, with where in the text; `crossed` where the words around say "not that one"."""

    day: date
    start: int
    end: int
    crossed: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day as minutes after midnight; `open` where it may be twelve hours later or earlier."""

    minutes: int
    open: bool
    start: int
    end: int
    bound: Literal["at", "after", "before"] = "at"
    crossed: bool = False

    def fits(self, minutes: int) -> bool:
        """Whether a slot at `minutes` is the time that was named."""
        return minutes == self.minutes or (self.open and abs(minutes - self.minutes) == 720)

    @property
    def likely(self) -> int:
        """The reading in a workshop's hours: one to six is the afternoon."""
        return self.minutes + 720 if self.open and self.minutes < 420 else self.minutes


def _either(table: dict[str, int]) -> str:
    return "|".join(sorted((word.replace(" ", "[ -]") for word in table), key=len, reverse=True))


def _number(text: str) -> int:
    bare = re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", text)
    if bare.isdigit():
        return int(bare)
    spaced = text.replace("-", " ")
    return ORDINALS[spaced] if spaced in ORDINALS else CARDINALS[spaced]


WEEKDAYS = {
    word: n
    for names in (
        "monday tuesday wednesday thursday friday saturday sunday",
        "lunes martes miercoles jueves viernes sabado domingo",
        "mondays tuesdays wednesdays thursdays fridays saturdays sundays",
        "lunes martes miercoles jueves viernes sabados domingos",
    )
    for n, word in enumerate(names.split())
}
MONTHS = {
    word: n + 1
    for names in (
        "january february march april may june july august september october november december",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    )
    for n, word in enumerate(names.split())
}
_MONTH = "|".join(MONTHS)
_ORDINAL = rf"\d{{1,2}}(?:st|nd|rd|th)|{_either(ORDINALS)}"
_CARDINAL = rf"\d{{1,2}}(?:st|nd|rd|th)?|{_either(CARDINALS)}"
_MONTHDAY = re.compile(
    rf"\b(?P<m1>{_MONTH}) (?:the )?(?P<d1>{_ORDINAL}|{_CARDINAL})\b"
    rf"|\b(?P<d2>{_ORDINAL}|{_CARDINAL}) (?:of |de )(?P<m2>{_MONTH})\b"
    rf"|\bthe (?!first|second)(?P<d3>{_ORDINAL})\b(?! (?:one|won|slot|time|option|available|opening|appointment|thing|of))"
    rf"|\bdia (?P<d4>{_CARDINAL})\b"
    rf"|\b(?:lunes|martes|miercoles|jueves|viernes|sabado|domingo),? (?:el )?(?P<d5>{_CARDINAL})\b(?![:.]\d)"
    rf"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day,? (?P<d6>{_ORDINAL})\b"
)
_WEEKDAY = re.compile(
    r"(?P<week>\b(?:a|one) week from |\b(?:a week|una semana) (?:on|despues del?|del?) )?"
    r"(?P<before>\b(?:next|this|this coming|coming|this comin'|proximo|este|el otro) )?"
    r"\b(?P<name>mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|lunes|martes|miercoles|jueves|"
    r"viernes|sabados?|domingos?)\b"
    r"(?P<after>,? (?:after next|next week|of next week|the week after|de la (?:proxima semana|semana que (?:viene|entra))"
    r"|en ocho(?: dias)?|proximo|que viene|que entra))?"
)
_RELATIVE = (
    (re.compile(r"\b(?:the )?day after tomorrow\b|\bpasado manana\b"), 2),
    (re.compile(r"\b(?:a|one) week from tomorrow\b"), 8),
    (re.compile(r"(?<!day after )(?<!week from )\btomorrow\b|(?<!pasado )(?<!la )(?<!una )\bmanana\b"), 1),
    (re.compile(r"(?<!week from )(?<!weeks from )\b(?:today|this (?:morning|afternoon)|hoy)\b(?! en ocho)"), 0),
    (re.compile(r"\b(?:in two weeks|two weeks from (?:today|now)|en (?:dos semanas|quince dias))\b"), 14),
    (re.compile(r"\b(?:in a week|a week from today|de hoy en ocho|en una semana)\b"), 7),
)
_CROSSED_BEFORE = re.compile(
    r"(?:\bnot(?: on)?(?: the)?|\binstead of(?: on)?(?: the)?|\brather than(?: on)?|\ben vez del?|\ben lugar del?"
    r"|\b(?:can't|cannot|can not|couldn't|won't)(?: \w+){0,3}?(?: on| at)?|\bno puedo(?: \w+){0,2}?(?: el| a las?)?"
    r"|\bno(?: es)?(?: para)? (?:el|a las?)|\bnot at|\bforget(?: about)?|\bolvide(?:se)?(?: del?)?"
    r"|\bdije|\bi said(?: not)?)\s*$"
)
_CROSSED_AFTER = re.compile(
    r"^'s (?:off|out|cancelled|gone|no good|the recital|my)\b|^\W{0,2}(?:(?:actually |really )?(?:doesn't|does not|won't|is not|isn't|'s no|is no) (?:good|work|going to work)"
    r"|no (?:me |nos )?(?:sirve|puedo|queda|conviene|va)|is out\b|i can't(?:[.!?]|$)|i can't (?:do|make) (?:that|it|the)|ya no (?:puedo|voy))"
)
_SAID = re.compile(r"\b(?:dije|i said)\s*$")


def _is_crossed(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - 40) : start]
    if _SAID.search(before):
        return False
    return bool(_CROSSED_BEFORE.search(before) or _CROSSED_AFTER.match(text[end : end + 40]))


def days_in(text: str, today: date, anchor: date | None = None) -> list[Day]:
    """The days named in folded text, in order. "Monday the ninth" is one day; a bare number is the next such day.

    A bare weekday is one of the week of `anchor`, the day spoken of before, where that lies further ahead.
    """
    found: list[Day] = []
    taken: list[tuple[int, int]] = []
    for match in _MONTHDAY.finditer(text):
        if day := _calendar_day(match, today):
            found.append(Day(day, *match.span()))
            taken.append((match.start() - 14, match.end() + 12))
    for match in _WEEKDAY.finditer(text):
        middle = (match.start("name") + match.end("name")) // 2
        if not any(start <= middle <= end for start, end in taken):
            before = max((d for d in found if d.end <= match.start()), key=lambda d: d.end, default=None)
            found.append(Day(_weekday(match, today, before.day if before else anchor), *match.span()))
    for pattern, days in _RELATIVE:
        found.extend(Day(today + timedelta(days), *match.span()) for match in pattern.finditer(text))
    found.sort(key=lambda day: day.start)
    return [Day(d.day, d.start, d.end, crossed=_is_crossed(text, d.start, d.end)) for d in found]


def _calendar_day(match: re.Match[str], today: date) -> date | None:
    spoken = next(match[f"d{n}"] for n in range(1, 7) if match[f"d{n}"])
    day = _number(spoken)
    name = match["m1"] or match["m2"]
    for ahead in range(13):
        year, month = divmod(today.year * 12 + today.month - 1 + ahead, 12)
        if name and month + 1 != MONTHS[name]:
            continue
        try:
            candidate = date(year, month + 1, day)
        except ValueError:
            continue
        if candidate >= today:
            return candidate if (candidate - today).days < 300 else None
    return None


def _weekday(match: re.Match[str], today: date, anchor: date | None) -> date:
    """The coming such day; "next Friday" is the one of next week, "el proximo viernes" the coming one."""
    ahead = (WEEKDAYS[match["name"]] - today.weekday() - 1) % 7 + 1
    if anchor and (anchor - today).days > 6 and not (match["before"] or match["after"] or match["week"]):
        return anchor + timedelta(WEEKDAYS[match["name"]] - anchor.weekday())
    before, after = (match["before"] or "").strip(), (match["after"] or "").strip(" ,")
    next_week = before == "next" or after in {"next week", "of next week", "the week after", "en ocho", "en ocho dias"}
    next_week = next_week or after.startswith("de la ")
    if next_week:
        ahead = WEEKDAYS[match["name"]] - today.weekday() + 7
    if match["week"] or after == "after next" or before == "el otro":
        ahead += 7
    return today + timedelta(ahead)


# ---------------------------------------------------------------------------------------------- times of day

_HOUR = "|".join(
    "one two three four five six seven eight nine ten eleven twelve una dos tres cuatro cinco seis siete ocho nueve diez "
    "once doce".split()
)
_MINUTE = (
    "o'clock|en punto|thirty[ -]five|forty[ -]five|fifteen|thirty|twenty|ten|oh five|y media|y cuarto|y quince|y treinta"
    "|y diez|y veinte|quince|treinta(?: y cinco)?|cuarenta y cinco|y cuarenta y cinco|con treinta|menos cuarto"
)
_MINUTES = {
    "thirty five": 35, "forty five": 45, "fifteen": 15, "thirty": 30, "twenty": 20, "ten": 10, "oh five": 5,
    "y media": 30, "y cuarto": 15, "y quince": 15, "y treinta": 30, "y diez": 10, "y veinte": 20, "quince": 15,
    "treinta": 30, "treinta y cinco": 35, "cuarenta y cinco": 45, "y cuarenta y cinco": 45, "con treinta": 30,
    "menos cuarto": -15,
}  # fmt: skip
_HALF = (
    r" ?(?P<half>a\.? ?m\b\.?|p\.? ?m\b\.?|in the (?:morning|afternoon|evening)|(?:de|en|por) la (?:manana|tarde|noche)"
    r"|del mediodia|de la madrugada)"
)
_LEAD = (
    r"(?P<lead>\b(?:at|around|about|by|until|till|after|before|from|past|the|say|maybe|make it|for|like|or|and|then|than"
    r"|a las?|a eso de las?|como a las?|para las?|de las?|las?|despues de las?|antes de las?|desde las?|hasta las?"
    r"|o a las?|entre las?|pasadas las?) )?"
)
_TIMES = (
    re.compile(r"\b(?P<word>noon|midday|mediodia)\b"),
    re.compile(rf"\b(?P<rel>half past|quarter past|quarter to|quarter till|quarter of|cuarto para las?) (?P<h>{_HOUR}|\d{{1,2}})\b(?:{_HALF})?"),
    re.compile(rf"{_LEAD}\b(?P<h>\d{{1,2}})[:.](?P<m>\d{{2}})\b(?!\d)(?:{_HALF})?"),
    re.compile(rf"{_LEAD}\b(?P<h>\d{{1,2}}|{_HOUR})(?: (?P<mw>{_MINUTE}|\d\d))?\b(?![:.]\d)(?:,? ?{_HALF[2:]})?"),
)
_AFTER = re.compile(r"\b(?:after|past|later than|from|despues de las?|desde las?|pasadas las?|a partir de las?"
                    r"|(?:get off(?: work)?|work|class|school|salgo(?: \w+){0,3}|trabajo) (?:at|until|till|hasta las?|a las?))\s*$")  # fmt: skip
_BEFORE = re.compile(r"\b(?:before|by|until|till|no later than|antes de las?|hasta las?)\s*$")
_ANCHORS = {"the", "for", "or", "and", "from", "like", "past", "las", "la", "de las", "de la", "then", "than"}
_FOLLOW = re.compile(r"^,? ?(?:works|is (?:good|fine|great|perfect|better)|sounds|would (?:be|work)|will (?:work|do)"
                     r"|esta bien|me (?:queda|sirve|conviene)|please|por favor|if|then|instead|sharp|\.|,|$|\?|!)")  # fmt: skip
_PART = re.compile(
    r"\b(?P<am>morning|(?:en|por|de) la manana|temprano|first thing|early)\b"
    r"|\b(?P<pm>afternoons?|evening|tardes?(?! es)|after lunch|despues de (?:comer|almuerzo|almorzar))\b"
)
_COUNTED = re.compile(r"^ (?:cosas|servicios|things|services|appointments?|minutes?|minutos|hours?|horas|days?|dias|weeks?"
                      r"|semanas|miles|millas|years?|anos|of|tires?|llantas|citas?|cars?|carros?|people|times|veces|dollars"
                      r"|dolares|thousand|mil|kids|months?|meses)\b")  # fmt: skip


def clocks_in(text: str, offered: frozenset[int] = frozenset()) -> list[Clock]:
    """The times of day named in folded text, in order; a bare number is one where that hour (1-12) was `offered`."""
    found: list[Clock] = []
    for pattern in _TIMES:
        for match in pattern.finditer(text):
            if any(match.start() < clock.end and clock.start < match.end() for clock in found):
                continue
            if clock := _clock(match, text, offered):
                found.append(clock)
    found.sort(key=lambda clock: clock.start)
    return _between(found, text)


_ANY_HOUR = frozenset(range(1, 13))


def offers_in(text: str) -> list[Clock]:
    """The times in the agent's own folded words, where every bare hour is one."""
    return clocks_in(text, _ANY_HOUR)


def _between(found: list[Clock], text: str) -> list[Clock]:
    """"Between noon and one" is a lower and an upper bound."""
    for index in range(len(found) - 1):
        low, high = found[index], found[index + 1]
        joint = text[low.end : high.start].strip()
        before = text[max(0, low.start - 14) : low.start + 9]
        if joint in {"and", "y", "y las", "y la", ""} and re.search(r"\bbetween\b|\bentre\b", before):
            found[index] = replace(low, bound="after")
            found[index + 1] = replace(high, bound="before")
    return found


def _clock(match: re.Match[str], text: str, offered: frozenset[int]) -> Clock | None:
    groups = match.groupdict()
    start, end = match.span()
    crossed = _is_crossed(text, start, end)
    before = text[max(0, start - 30) : match.start("h") if groups.get("h") and not groups.get("rel") else start]
    bound: Literal["at", "after", "before"] = "at"
    if _AFTER.search(before):
        bound = "after"
    elif _BEFORE.search(before):
        bound = "before"
    if groups.get("word"):
        return Clock(720, False, start, end, bound, crossed)
    hour = _number(groups["h"])
    minute = _minute(groups)
    if not 0 <= hour <= 23 or not (groups.get("rel") or groups.get("m") or _anchored(match, groups, text, offered)):
        return None
    half = groups.get("half") or ""
    total = hour % 12 * 60 + minute if hour <= 12 else hour * 60 + minute
    is_afternoon = half.startswith("p") and not half.startswith("por la m") or "tarde" in half or "noche" in half
    is_afternoon = is_afternoon or half.endswith(("afternoon", "evening", "mediodia"))
    if is_afternoon and hour <= 12:
        total += 720
    elif hour == 12 and not half:
        total += 720
    opened = not half and hour < 12 and not (hour == 0)
    return Clock(total, opened, start, end, bound, crossed)


def _minute(groups: dict[str, str | None]) -> int:
    relative = groups.get("rel") or ""
    if relative:
        return {"half": 30, "quarter past": 15}.get(relative.split()[0] if relative.startswith("half") else relative, -15)
    if groups.get("m"):
        return int(groups["m"] or 0)
    word = (groups.get("mw") or "").replace("-", " ")
    return int(word) if word.isdigit() else _MINUTES.get(word, 0)


def _anchored(match: re.Match[str], groups: dict[str, str | None], text: str, offered: frozenset[int]) -> bool:
    """Whether a bare number is an hour: a word before or after says so. "The two services" is none."""
    rest = text[match.end() : match.end() + 20]
    if groups.get("half") or (groups.get("mw") and groups["mw"] != "y"):
        return not _COUNTED.match(rest)
    if _COUNTED.match(rest):
        return False
    lead = (groups.get("lead") or "").strip()
    if offered is _ANY_HOUR:
        return not re.search(r"\b(?:which|that|the|this|another) $", text[: match.start("h")])
    if _is_whole(match, text) and re.match(r"^[.,!]|^$|^ (?:works|is good|please)", rest):
        return True
    if _number(str(groups["h"])) in offered and not re.match(r"^ (?:of|more|moment|second|thing)\b", rest):
        return groups["h"] not in {"one", "una"} or lead not in {"", "the", "la"} or _is_whole(match, text)
    if groups["h"] == "one" and lead in {"the", "", "for", "like", "or", "and", "then", "than"}:
        return bool(lead != "the" and lead and re.match(r"^ ?(?:works|please|$|[.,])", rest) and lead != "like")
    if lead in {"", *_ANCHORS}:
        return bool(_FOLLOW.match(rest)) and (lead != "" or rest[:1] not in {"", ",", ".", "!"} or _is_whole(match, text))
    return True


def _is_whole(match: re.Match[str], text: str) -> bool:
    """The number is a sentence of its own: "Two. Two works"."""
    before = text[: match.start()].rstrip()
    return not before or before[-1] in ".?!¿¡," or before in {"hm", "um", "uh", "ok", "okay", "ah", "pues"}


def part_in(text: str) -> Part | None:
    """The last part of the day that is named."""
    found: Part | None = None
    for match in _PART.finditer(text):
        found = "morning" if match["am"] else "afternoon"
    return found
