"""The ways to write or say a value, as a pack lists them -> patterns with named groups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from callgate.graders.needs import FREE, Begin, Clause, begins, needed
from callgate.graders.packs.patterns import any_of, bare, compiled
from callgate.graders.text import unaccented

NUMBERS = ("units", "teens", "tens", "hundreds", "thousand", "million")
MAY_LACK = ("million", "hours24", "weekdays_short", "months_short")
"""Tables that a pack need not have."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write or say a value: a pattern with named groups, and what is added to what it reads.

    Where the pattern has a group `value` (« » in the file), that is the value and the rest only tells it from others.

    `exact` is the value itself (`is` in the file) where the words alone say it: "noon", "an hour and a half", a feast
    ("12-25"), days from today ("+7"). `needs` are plain texts without which the pattern cannot match.
    """

    kind: str
    written: str
    add: float = 0
    exact: str | float | tuple[float, ...] | None = None
    needs: tuple[Clause, ...] = ()
    begin: Begin | None = None  # what its matches begin with
    cents: str = ""  # "apart": two numbers are dollars and cents, "either": or dollars alone; "only": it counts cents
    part: str = ""  # of the day, where no words of their own say it: "4p"
    times: int = 1  # what the number that is read is multiplied with: a "grand" is a thousand

    @property
    def pattern(self) -> re.Pattern[str]:
        """The pattern, compiled when it is first tried: most forms never are."""
        return compiled(self.written)


def composed(data: Mapping[str, Any]) -> dict[str, int]:
    """Numbers that a language writes as one word, units first, as `composed` spells them: "einundzwanzig"."""
    spelled = str(data.get("composed") or "")
    pairs = ((u, t) for u in data["units"].items() for t in data["tens"].items()) if spelled else ()
    return {spelled.format(unit=u, ten=t): one + many for (u, one), (t, many) in pairs}


def groups_of(data: Mapping[str, Any]) -> dict[str, str]:
    """The placeholders of the forms as patterns with named groups."""
    tens = rf"{any_of(data['tens'])}(?:{bare(data['tens_join'])}{any_of(data['units'])})?"
    below = f"(?:{tens}|{any_of([*data['teens'], *data['units']])})"
    under = f"(?:{any_of(data['hundreds'])}(?:{bare(data['hundreds_join'])}{below})?|{below})"
    large, more = any_of([*data["thousand"], *data["million"]]), rf"{bare(data['thousand_join'])}{under}"
    words = rf"(?:(?:{under}\s?)?{large}(?:{more}(?:\s?{large}(?:{more})?)?)?|{under})"
    points = r"\d{1,3}(?:\.\d{3})+(?:,\d+)?(?![.,]?\d)|" if data.get("points") else ""
    scale = rf"(?:\s?k(?!\w)|\s{large}(?!\w))"
    digits = rf"(?:{points}\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:[.,]\d+)?){scale}?"
    spoken = rf"(?:(?:{bare(data['minutes_zero'])}){any_of(data['units'])}|{tens}|{any_of(data['teens'])})"
    cents = any_of(data.get("cent", [])) + r"(?!\w)"
    two = f"(?:{tens}|{any_of(data['teens'])})"
    part = any_of(form for words_ in data["parts"].values() for form in words_)
    hour = rf"(?:[01]?\d|2[0-4]|{any_of(data['hours'])})"
    five = [word for word, number in (data["units"] | data["teens"] | data["tens"]).items() if number in _TO_THE_HOUR]
    return {
        "hour": rf"{hour}(?::[0-5]\d|(?:{bare(data['minutes_join'])})(?:[0-5]\d|{spoken}))?",
        "h_": hour,
        "m_": f"(?:[0-5]\\d|{spoken})",
        "part_": f"(?:{part})",
        "to5": rf"(?P<to>5|10|20|25|{any_of(five)}(?:{bare(data['tens_join'])}{any_of(data['units'])})?)",
        "counted": rf"(?!\s?(?:(?:{'|'.join(map(bare, data['counted']))})(?!\w)|[$%€]|[.:]\d))",
        "counts": rf"\s(?:{'|'.join(map(bare, data['counted']))})(?!\w)",
        "h": rf"(?P<h>[01]?\d|2[0-4]|{any_of(data['hours'])})",
        "hw": rf"(?P<h>{any_of(data['hours'])})",
        "m": r"(?P<m>[0-5]\d)",
        "mw": rf"(?P<mw>[0-5]\d|{spoken})",
        "past": rf"(?P<past>[0-5]?\d|{below})",
        "to": rf"(?P<to>[0-5]?\d|{below})",
        "part": f"(?P<part>{part})",
        "n": f"(?P<n>{digits}|{words})",
        "n2": rf"(?P<n2>\d\d?|{below})",
        "n2c": rf"(?P<n2>(?>\d\d?|{below})(?=\s{cents})|(?>\d\d(?!\d)|{two}))",
        "past5": rf"(?P<past>5|10|20|25|{any_of(five)}(?:{bare(data['tens_join'])}{any_of(data['units'])})?)",
        "w": f"(?P<n>{words})",
        "w_": words,
        "w2": f"(?P<n2>{tens}|{any_of(data['teens'])})",
        "h24w": f"(?P<h>{any_of(data['hours24'])})" if data["hours24"] else "(?!)",
        "wd": f"(?P<wd>{any_of(data['weekdays'])})",
        "wds": f"(?P<wd>{any_of(data['weekdays'] | data['weekdays_short'])})\\.?",
        "month": f"(?P<month>{any_of(data['months'])})",
        "months": f"(?P<month>{any_of(data['months'] | data['months_short'])})\\.?",
        "monthn": rf"(?P<monthn>1[0-2]|0?[1-9]|{any_of(data['hours'])})",
        "slash": r"(?P<one>\d\d?)/(?P<two>\d\d?)(?:/(?P<yy>(?:19|20)?\d\d))?(?!/?\d)",
        "day": rf"(?P<day>0?[1-9]|[12]\d|3[01]){data['day_suffix']}",
        "dayw": f"(?P<dayw>{any_of(data['ordinals'])})",
        "yy": r"(?P<yy>\d\d)(?!\d)",
        "year": r"(?P<year>(?:19|20)\d\d)",
        "yearw": f"(?P<yearw>{bare(data['year_words']).format(below=below, unit=any_of(data['units']), two=two)})"
        if "year_words" in data
        else "(?!)",
    }


_CENTS = {True: "apart", "either": "either"}


def forms_of(data: Mapping[str, Any], groups: Mapping[str, str]) -> Iterable[Form]:
    """The forms of a pack's times, dates, amounts and numbers, with what their matches need and begin with."""
    days = [{"form": words, "is": f"{offset:+d}"} for words, offset in data["relative"].items()]
    tables = {**data, "dates": [*data["dates"], *days]}
    for kind, key in (("time", "times"), ("date", "dates"), ("money", "money"), ("number", "numbers")):
        for entry in tables[key]:
            text = re.sub(r"\{(\w+)\}", lambda m: groups.get(m[1], m[0]), bare(entry["form"]))
            text = text.replace("«", "(?P<value>").replace("»", ")")
            cents = _CENTS.get(entry.get("cents"), "only" if entry.get("only_cents") else "")
            pattern = rf"{FREE}(?<![a-z]-){text}(?!\w)"
            exact = tuple(map(float, entry["is"])) if isinstance(entry.get("is"), list) else entry.get("is")
            known = needed(pattern), begins(pattern)
            part, times = entry.get("part", ""), entry.get("times", 1)
            yield Form(kind, pattern, entry.get("add", 0), exact, *known, cents, part, times)


_TO_THE_HOUR = (5, 10, 20, 25)
"""Minutes that are said before an hour without the word "minutes": "ten to four"."""


def spoken_digits(data: Mapping[str, Any]) -> re.Pattern[str]:
    """Seven or more digits said one by one, "double five" included."""
    digit = rf"(?:{any_of(data['digits'])}|\d)"
    repeated = rf"(?:{any_of(data['repeats'])}\s+)?{digit}"
    between = rf"(?:{any_of(data['between_digits'])}\s)?" if "between_digits" in data else ""
    return re.compile(rf"(?<!\w){repeated}(?:[\s,.-]+{between}{repeated}){{4,14}}(?!\w)")


def counting(data: Mapping[str, Any]) -> tuple[str, ...]:
    """The shortest words, one of which stands in each number: "four" also stands for "fourteen" and "four hundred"."""
    tables = ("units", "teens", "tens", "hundreds", "digits")
    every = sorted({unaccented(word) for table in tables for word in data[table]}, key=len)
    kept: list[str] = []
    for word in every:
        if not any(short in word for short in kept):
            kept.append(word)
    return tuple(kept)


def group_of(data: Mapping[str, Any]) -> str:
    """One group of a telephone number said in numbers under a thousand, or written in up to four digits."""
    tens = rf"{any_of(data['tens'])}(?:{bare(data['tens_join'])}{any_of(data['units'])})?"
    below = f"(?:{tens}|{any_of([*data['teens'], *data['units'], *data['digits']])})"
    return rf"(?:{any_of(data['hundreds'])}(?:{bare(data['hundreds_join'])}{below})?|{below}|\d{{1,4}})"
