"""Numbers and addresses that have a form: telephone, e-mail, card, VIN, SSN, plate -> where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from callgate.dataset.pii.found import Found, digit_count, digits_of, word_set, words_of

_EMAIL = re.compile(r"[\w.%+'-]{0,63}\w@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}", re.IGNORECASE)
_NANP = re.compile(
    r"(?<![\w.,#/-])(?:\+?1[-. /]{0,2})?(?:\([2-9]\d{2}\)|[2-9]\d{2})[-. /]{0,2}[2-9]\d{2}[-. /]{0,2}\d{4}"
    r"(?![\w/-]|\.\d)"
)
_ABROAD = re.compile(r"(?<![\w.-])(?:\+|\b00)[1-9]\d{0,2}[-. ]?\(?\d{1,4}\)?(?:[-. ]?\d{2,4}){2,4}(?![\w-])")
_GROUPED = re.compile(r"(?<![\w.-])\(?\d{2,4}\)?(?:[ .-]\d{2,4}){2,4}(?![\w-]|\.\d)")
_SEVEN = re.compile(r"(?<![\w.,#/-])[2-9]\d{2}[-.]\d{4}(?![\w/-]|\.\d)")
_PHONE_WORDS = re.compile(
    r"(?:phone|call|cell|mobile|text|number|reach|dial|whatsapp|tel(?:[eé]fono|\b)|m[oó]vil|celular|n[uú]mero|"
    r"marque|marcar|ll[aá]m|comun[ií])\w*",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<![\w.-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\w-]|\.\d)")
_VIN = re.compile(r"(?<![\w-])(?=[A-Z]*\d)[A-HJ-NPR-Z0-9](?:[ -]?[A-HJ-NPR-Z0-9]){16}(?![\w-])", re.IGNORECASE)
_VIN_WORDS = re.compile(r"\b(?:vin|chassis|bastidor|serie|niv)\b", re.IGNORECASE)
_SSN = re.compile(r"(?<![\w.,-])\d{3}([- .])\d{2}\1\d{4}(?![\w-]|\.\d)")
_SSN_PLAIN = re.compile(r"(?<![\w.,-])\d{9}(?![\w-])")
_SSN_WORDS = re.compile(r"social|\bssn\b|\bss number|seguro", re.IGNORECASE)
_SSN_LAST = re.compile(
    r"(?:(?:last|[uú]ltimos)\s+(?:four|4|cuatro)\b[^.?!\d]{0,40}(?:social|ssn|seguro)|"
    r"(?:social|ssn|seguro)[^.?!\d]{0,40}(?:last|[uú]ltimos)\s+(?:four|4|cuatro)|(?:social|ssn)[^.?!\d]{0,20}ends?)"
    r"[^.?!\d]{0,30}(?<!\d)(\d{4})(?!\d)",
    re.IGNORECASE,
)
_DNI = re.compile(r"(?<![\w.-])(\d{8})[- ]?([A-HJ-NP-TV-Z])(?![\w-])", re.IGNORECASE)
_PLATE = re.compile(
    r"\b(?:licen[sc]e\s+plate|plate|plates|tags?\s+number|tag|placas?|matr[ií]cula|patente)\b"
    r"(?:\s+(?:number|n[uú]mero))?"
    r"(?:[\s:,#]+(?:number|n[uú]mero|is|it's|are|es|son|the|la|las|el|of|de|mi|my|reads?|says?|dice|uh|um|eh|este|con|"
    r"illinois|texas|florida|california|wisconsin|indiana|iowa|ohio|michigan|jalisco|nuevo|le[oó]n)\b){0,6}"
    r"[\s:,#]+(?=[A-Z]{0,6}[ -]?[A-Z]{0,4}[ -]?\d|\d)"
    r"([A-Z0-9]{1,8}(?:[ -][A-Z0-9]{1,5}){0,2})\b",
    re.IGNORECASE,
)
_PLATE_WORDS = word_set("plate plates tag tags placa placas matricula matrícula patente")
"""Without one of these words no plate is looked for."""
_NOT_PLATE = re.compile(
    r"\d{1,3}|\d+\s*(?:minutes?|hours?|minutos?|horas?|dollars?|am|pm|days?|d[ií]as?)", re.IGNORECASE
)
_VIN_VALUES = {**{str(n): n for n in range(10)}, **dict(zip("ABCDEFGH", range(1, 9), strict=True))}
_VIN_VALUES |= (
    dict(zip("JKLMN", range(1, 6), strict=True)) | {"P": 7, "R": 9} | dict(zip("STUVWXYZ", range(2, 10), strict=True))
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
NEAR = 60
"""So many characters before a number a word counts as its context."""


def emails(text: str) -> Iterator[Found]:
    """E-mail addresses."""
    for found in _EMAIL.finditer(text) if "@" in text else ():
        yield Found(found.start(), found.end(), "email", found.group().lower())


def cards(text: str) -> Iterator[Found]:
    """13 to 19 digits, in groups or not, whose last digit is Luhn's."""
    for found in _CARD.finditer(text):
        digits = digits_of(found.group())
        if 13 <= len(digits) <= 19 and luhn(digits):
            yield Found(found.start(), found.end(), "card", digits)


def vins(text: str) -> Iterator[Found]:
    """17 characters with a valid check digit, or any such word after "VIN"; those that begin with 0 are invented."""
    for found in _VIN.finditer(text):
        vin = re.sub(r"[ -]", "", found.group()).upper()
        plain = vin == found.group().upper()
        said = bool(_VIN_WORDS.search(text, max(0, found.start() - NEAR), found.start()))
        if vin.startswith("0") or not 4 <= sum(map(str.isdigit, vin)) <= 16 or not vin[-3:].isdigit():
            continue
        if vin[8] == check_digit(vin) or (said and plain):
            yield Found(found.start(), found.end(), "vin", vin)


def ssns(text: str) -> Iterator[Found]:
    """Social security numbers (000 is none), their last four where they are called so, and Spanish DNIs."""
    written = digit_count(text)
    for found in _SSN.finditer(text) if written >= 9 else ():
        if not found.group().startswith("000"):
            yield Found(found.start(), found.end(), "ssn", digits_of(found.group()))
    for found in _SSN_PLAIN.finditer(text) if written >= 9 else ():
        if _near(_SSN_WORDS, text, found.start()) and not found.group().startswith("000"):
            yield Found(found.start(), found.end(), "ssn", found.group())
    for found in _SSN_LAST.finditer(text) if written >= 4 and _SSN_WORDS.search(text) else ():
        yield Found(found.start(1), found.end(1), "ssn", found[1])
    for found in _DNI.finditer(text) if written >= 8 else ():
        if "TRWAGMYFPDXBNJZSQVHLCKE"[int(found[1]) % 23] == found[2].upper():
            yield Found(found.start(), found.end(), "ssn", found[1] + found[2].upper())


def phones(text: str) -> Iterator[Found]:
    """Telephone numbers: North American, international, and groups of 7 to 12 digits near a word for telephone."""
    written = digit_count(text)
    for pattern, fewest in ((_NANP, 10), (_ABROAD, 6), (_SEVEN, 7)):
        for found in pattern.finditer(text) if written >= fewest else ():
            yield Found(found.start(), found.end(), "phone", digits_of(found.group()))
    for found in _GROUPED.finditer(text) if written >= 8 else ():
        digits = digits_of(found.group())
        if 8 <= len(digits) <= 12 and _near(_PHONE_WORDS, text, found.start()):
            yield Found(found.start(), found.end(), "phone", digits)


def plates(text: str) -> Iterator[Found]:
    """Number plates after a word for one."""
    for found in _PLATE.finditer(text) if not _PLATE_WORDS.isdisjoint(words_of(text)) else ():
        words = found[1].split()
        while words and not re.search(r"\d", words[-1]) and (len(words[-1]) > 3 or _is_whole(words[:-1])):
            words.pop()  # an ordinary word that follows
        plate = found[1][: len(" ".join(words))]
        key = re.sub(r"[ -]", "", plate).upper()
        if 4 <= len(key) <= 8 and not _NOT_PLATE.fullmatch(plate) and not key.startswith("ZZ"):
            yield Found(found.start(1), found.start(1) + len(plate), "plate", key)


def _is_whole(words: list[str]) -> bool:
    """Whether these are a plate already: letters and digits, five of them."""
    plate = re.sub(r"\W", "", "".join(words))
    return len(plate) >= 5 and not plate.isdigit() and not plate.isalpha()


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of a payment card's number."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + index % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def check_digit(vin: str) -> str:
    """The ninth character that a VIN must have (49 CFR 565.15)."""
    rest = sum(_VIN_VALUES.get(char, 0) * weight for char, weight in zip(vin, _VIN_WEIGHTS, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def _near(words: re.Pattern[str], text: str, start: int) -> bool:
    return words.search(text, max(0, start - NEAR), start) is not None
