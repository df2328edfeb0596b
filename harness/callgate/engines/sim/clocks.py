"""Folded words -> the times of day that were named, in English and Spanish.

A caller's hour without "a.m." or "p.m." stays open between the two: `Clock.fits` takes either, `Clock.likely` the one
in working hours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from callgate.engines.sim.days import is_crossed, number
from callgate.engines.sim.text import listed

Part = Literal["morning", "afternoon"]


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


_HOUR = "|".join(
    listed(
        """
        one two three four five six seven eight nine ten eleven twelve
        una dos tres cuatro cinco seis siete ocho nueve diez once doce
        """
    )
)
_MINUTE = (
    "o'clock|en punto|thirty[ -]five|forty[ -]five|fifteen|thirty|twenty|ten|oh five|y media|y cuarto"
    "|y quince|y treinta"
    "|y diez|y veinte|quince|treinta(?: y cinco)?|cuarenta y cinco|y cuarenta y cinco|con treinta|menos cuarto"
)
_MINUTES = {
    "thirty five": 35,
    "forty five": 45,
    "fifteen": 15,
    "thirty": 30,
    "twenty": 20,
    "ten": 10,
    "oh five": 5,
    "y media": 30,
    "y cuarto": 15,
    "y quince": 15,
    "y treinta": 30,
    "y diez": 10,
    "y veinte": 20,
    "quince": 15,
    "treinta": 30,
    "treinta y cinco": 35,
    "cuarenta y cinco": 45,
    "y cuarenta y cinco": 45,
    "con treinta": 30,
    "menos cuarto": -15,
}
_HALF = (
    r" ?(?P<half>a\.? ?m\b\.?|p\.? ?m\b\.?|in the (?:morning|afternoon|evening)|(?:de|en|por) la (?:manana|tarde|noche)"
    r"|del mediodia|de la madrugada)"
)
_LEAD = (
    r"(?P<lead>\b(?:at|around|about|by|until|till|after|before|from|past|the|say|maybe|make it|for"
    r"|like|or|and|then|than"
    r"|a las?|a eso de las?|como a las?|para las?|de las?|las?|despues de las?|antes de las?|desde las?|hasta las?"
    r"|o a las?|entre las?|pasadas las?) )?"
)
_TIMES = (
    re.compile(r"\b(?P<word>noon|midday|mediodia)\b"),
    re.compile(
        rf"\b(?P<rel>half past|quarter past|quarter to|quarter till|quarter of"
        rf"|cuarto para las?) (?P<h>{_HOUR}|\d{{1,2}})\b(?:{_HALF})?"
    ),
    re.compile(rf"{_LEAD}\b(?P<h>\d{{1,2}})[:.](?P<m>\d{{2}})\b(?!\d)(?:{_HALF})?"),
    re.compile(rf"{_LEAD}\b(?P<h>\d{{1,2}}|{_HOUR})(?: (?P<mw>{_MINUTE}|\d\d))?\b(?![:.]\d)(?:,? ?{_HALF[2:]})?"),
)
_AFTER = re.compile(
    r"\b(?:after|past|later than|from|despues de las?|desde las?|pasadas las?|a partir de las?"
    r"|(?:get off(?: work)?|work|class|school|salgo(?: \w+){0,3}|trabajo) (?:at|until|till|hasta las?"
    r"|a las?))\s*$"
)
_BEFORE = re.compile(r"\b(?:before|by|until|till|no later than|antes de las?|hasta las?)\s*$")
_ANCHORS = {"the", "for", "or", "and", "from", "like", "past", "las", "la", "de las", "de la", "then", "than"}
_FOLLOW = re.compile(
    r"^,? ?(?:works|is (?:good|fine|great|perfect|better)|sounds|would (?:be|work)|will (?:work|do)"
    r"|esta bien|me (?:queda|sirve|conviene)|please|por favor|if|then|instead|sharp|\.|,|$|\?|!)"
)
_PART = re.compile(
    r"\b(?P<am>morning|(?:en|por|de) la manana|temprano|first thing|early)\b"
    r"|\b(?P<pm>afternoons?|evening|tardes?(?! es)|after lunch|despues de (?:comer|almuerzo|almorzar))\b"
)
_COUNTED = re.compile(
    r"^ (?:cosas|servicios|things|services|appointments?|minutes?|minutos|hours?|horas|days?|dias"
    r"|weeks?"
    r"|semanas|miles|millas|years?|anos|of|tires?|llantas|citas?|cars?|carros?|people|times|veces"
    r"|dollars"
    r"|dolares|thousand|mil|kids|months?|meses)\b"
)


@lru_cache(maxsize=4096)
def clocks_in(text: str, offered: frozenset[int] = frozenset()) -> tuple[Clock, ...]:
    """The times of day named in folded text, in order; a bare number is one where that hour (1-12) was `offered`."""
    found: list[Clock] = []
    for pattern in _TIMES:
        for match in pattern.finditer(text):
            if any(match.start() < clock.end and clock.start < match.end() for clock in found):
                continue
            if clock := _clock(match, text, offered):
                found.append(clock)
    found.sort(key=lambda clock: clock.start)
    return tuple(_between(found, text))


_ANY_HOUR = frozenset(range(1, 13))


def offers_in(text: str) -> tuple[Clock, ...]:
    """The times in the agent's own folded words, where every bare hour is one."""
    return clocks_in(text, _ANY_HOUR)


def _between(found: list[Clock], text: str) -> list[Clock]:
    """ "Between noon and one" is a lower and an upper bound."""
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
    crossed = is_crossed(text, start, end)
    before = text[max(0, start - 30) : match.start("h") if groups.get("h") and not groups.get("rel") else start]
    bound: Literal["at", "after", "before"] = "at"
    if _AFTER.search(before):
        bound = "after"
    elif _BEFORE.search(before):
        bound = "before"
    if groups.get("word"):
        return Clock(720, False, start, end, bound, crossed)
    hour = number(groups["h"])
    minute = _minute(groups)
    if not 0 <= hour <= 23 or not (groups.get("rel") or groups.get("m") or _anchored(match, groups, text, offered)):
        return None
    half = groups.get("half") or ""
    total = hour % 12 * 60 + minute if hour <= 12 else hour * 60 + minute
    is_afternoon = (half.startswith("p") and not half.startswith("por la m")) or "tarde" in half or "noche" in half
    is_afternoon = is_afternoon or half.endswith(("afternoon", "evening", "mediodia"))
    if (is_afternoon and hour <= 12) or (hour == 12 and not half):
        total += 720
    opened = not half and hour < 12 and hour != 0
    return Clock(total, opened, start, end, bound, crossed)


def _minute(groups: dict[str, str | None]) -> int:
    relative = groups.get("rel") or ""
    if relative:
        return {"half": 30, "quarter past": 15}.get(
            relative.split()[0] if relative.startswith("half") else relative, -15
        )
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
    if number(str(groups["h"])) in offered and not re.match(r"^ (?:of|more|moment|second|thing)\b", rest):
        return groups["h"] not in {"one", "una"} or lead not in {"", "the", "la"} or _is_whole(match, text)
    if groups["h"] == "one" and lead in {"the", "", "for", "like", "or", "and", "then", "than"}:
        return bool(lead != "the" and lead and re.match(r"^ ?(?:works|please|$|[.,])", rest) and lead != "like")
    if lead in {"", *_ANCHORS}:
        return bool(_FOLLOW.match(rest)) and (
            lead != "" or rest[:1] not in {"", ",", ".", "!"} or _is_whole(match, text)
        )
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
