"""Numbers in digits and in a pack's words -> what they are; and dates in digits alone, which are no other numbers."""

from __future__ import annotations

import re

from callgate.graders.packs import Pack

JOINT = re.compile(r"[\s-]+")
"""What may stand between the words of one number."""
ISO = re.compile(r"(?<!\w)(20\d\d)-(\d\d)-(\d\d)(?!\d)")
DASHED = re.compile(r"(?<![\w.-])(\d{1,2})-(\d{1,2})-((?:19|20)\d\d)(?![\w-])")
MONTH_OF_YEAR = re.compile(r"(?<![\w/.-])(0?[1-9]|1[0-2])/(20\d\d)(?![\w/])")
DOTTED = re.compile(r"(?<![\w.,])(\d{1,2})\.(\d{1,2})\.((?:19|20)?\d\d)(?![\w.]*\d)")
_THOUSANDS = re.compile(r",(?=\d{3}(?:\D|$))")
_POINTED = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_FIGURE = re.compile(r"[\d.,]*\d")


def number_of(words: str, known: Pack) -> float | None:
    """The number that digits or number words say; a comma before one or two last digits is a decimal comma."""
    return next(iter(numbers_of(words, known)), None)


def numbers_of(words: str, known: Pack) -> tuple[float, ...]:
    """The same with every reading: where a point may stand between thousands, "1.250" is 1250 or 1.25."""
    if words.isdecimal():
        return (float(words),)
    figure = _FIGURE.match(words)
    if figure:
        scale = known.scales.get(words[figure.end() :].strip(), 1)
        return tuple(number * scale for number in _figures(figure.group(), known))
    parts = [known.words.get(JOINT.sub(" ", part), 0) for part in known.word.findall(words)]
    if not parts:
        return ()
    whole = begun = 0
    for part in parts:
        if part == 1000:
            whole, begun = whole + (begun or 1) * part, 0
        elif part == 1_000_000:
            whole, begun = (whole + begun or 1) * part, 0
        else:
            begun += part
    return (float(whole + begun),)


def _figures(figure: str, known: Pack) -> tuple[float, ...]:
    if known.points and _POINTED.fullmatch(figure):
        whole = float(figure.replace(".", "").replace(",", "."))
        return (whole, float(figure)) if figure.count(".") == 1 and "," not in figure else (whole,)
    return (float(_THOUSANDS.sub("", figure).replace(",", ".")),)
