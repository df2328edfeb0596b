"""The page of examples that stands beside every language pack, read line by line."""

from __future__ import annotations

from collections.abc import Iterator

from callgate.graders.packs import FOLDER, LANGUAGES
from callgate.graders.values import Day, Value, find

KINDS = {"times": "time", "dates": "date", "money": "money", "phones": "phone", "numbers": "number"}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def page(language: str) -> dict[str, list[str]]:
    """The lines of a page by section."""
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in (FOLDER / "examples" / f"{language}.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            lines = sections.setdefault(line.strip("[]"), [])
        elif line.strip() and not line.startswith("#"):
            lines.append(line)
    return sections


def spoken(language: str) -> Iterator[tuple[str, str, str]]:
    """(kind, text, what it means) of every spoken value."""
    for section, kind in KINDS.items():
        for line in page(language)[section]:
            text, _, meant = line.partition(" =>")
            yield kind, text, meant.strip()


def read(text: str, language: str, kind: str) -> str:
    """What the finders read in a text, as a page writes it."""
    return " | ".join(_shown(value) for value in find(text, language) if value.kind == kind)


def _shown(value: Value) -> str:
    first = value.readings[0]
    if isinstance(first, Day):
        return " / ".join(_day(reading) for reading in value.readings if isinstance(reading, Day))
    if value.kind == "time":
        clocks = sorted(value.readings)
        hours, minute = divmod(clocks[0], 60)
        return f"{hours % 12 or 12}:{minute:02}?" if len(clocks) > 1 else f"{hours:02}:{minute:02}"
    if value.kind == "money":
        dollars, cents = divmod(first, 100)
        return f"{dollars}.{cents:02}" if cents else str(dollars)
    return f"{first:g}" if isinstance(first, float) else str(first)


def _day(day: Day) -> str:
    if day.offset is not None:
        return f"+{day.offset}"
    month_day = f"{day.month:02}-{day.day:02}" if day.month and day.day else f"-{day.day:02}" if day.day else ""
    dated = f"{day.year}-{month_day}" if day.year else month_day
    return " ".join(part for part in (_DAYS[day.weekday] if day.weekday is not None else "", dated) if part)


def languages() -> tuple[str, ...]:
    return LANGUAGES
