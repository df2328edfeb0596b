"""Folded words + today -> the days that were named, in English and Spanish."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from callgate.engines.sim.text import CARDINALS, ORDINALS


@dataclass(frozen=True, slots=True)
class Day:
    """A day that was named, with where in the text; `crossed` where the words around say "not that one"."""

    day: date
    start: int
    end: int
    crossed: bool = False


def _either(table: dict[str, int]) -> str:
    return "|".join(sorted((word.replace(" ", "[ -]") for word in table), key=len, reverse=True))


def number(text: str) -> int:
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
    rf"|\bthe (?!first|second)(?P<d3>{_ORDINAL})\b(?! (?:one|won|slot|time|option|available|opening"
    rf"|appointment|thing|of))"
    rf"|\bdia (?P<d4>{_CARDINAL})\b"
    rf"|\b(?:lunes|martes|miercoles|jueves|viernes|sabado|domingo),? (?:el )?(?P<d5>{_CARDINAL})\b(?![:.]\d)"
    rf"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day,? (?P<d6>{_ORDINAL})\b"
)
_WEEKDAY = re.compile(
    r"(?P<week>\b(?:a|one) week from |\b(?:a week|una semana) (?:on|despues del?|del?) )?"
    r"(?P<before>\b(?:next|this|this coming|coming|this comin'|proximo|este|el otro) )?"
    r"\b(?P<name>mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|lunes|martes|miercoles|jueves|"
    r"viernes|sabados?|domingos?)\b"
    r"(?P<after>,? (?:after next|next week|of next week|the week after|de la (?:proxima semana"
    r"|semana que (?:viene|entra))"
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
    r"^'s (?:off|out|cancelled|gone|no good|the recital|my)\b|^\W{0,2}(?:(?:actually "
    r"|really )?(?:doesn't|does not|won't|is not|isn't|'s no|is no) (?:good|work|going to work)"
    r"|no (?:me |nos )?(?:sirve|puedo|queda|conviene|va)|is out\b|i can't(?:[.!?]|$)|i can't (?:do"
    r"|make) (?:that|it|the)|ya no (?:puedo|voy))"
)
_SAID = re.compile(r"\b(?:dije|i said)\s*$")


def is_crossed(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - 40) : start]
    if _SAID.search(before):
        return False
    return bool(_CROSSED_BEFORE.search(before) or _CROSSED_AFTER.match(text[end : end + 40]))


@lru_cache(maxsize=4096)
def days_in(text: str, today: date, anchor: date | None = None) -> tuple[Day, ...]:
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
    return tuple(Day(d.day, d.start, d.end, crossed=is_crossed(text, d.start, d.end)) for d in found)


def _calendar_day(match: re.Match[str], today: date) -> date | None:
    spoken = next(match[f"d{n}"] for n in range(1, 7) if match[f"d{n}"])
    day = number(spoken)
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
