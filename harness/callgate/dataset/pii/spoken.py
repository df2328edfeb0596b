"""Numbers, addresses and codes said aloud, in English and Spanish -> where they stand and which digits they are.

"three one two, five five five, oh one four two", "tres doce, cinco cincuenta y cinco, cero uno cuarenta y dos" and
what speech recognition makes of them, such as "3 1 2 five 55 oh 1 42".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from callgate.dataset.pii.found import Found, Kind, digit_count, word_set, words_of

_UNITS = {
    "zero": "0", "oh": "0", "o": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "seven": "7", "eight": "8", "nine": "9",
    "cero": "0", "uno": "1", "un": "1", "una": "1", "dos": "2", "tres": "3", "cuatro": "4", "cinco": "5", "seis": "6",
    "siete": "7", "ocho": "8", "nueve": "9",
}  # fmt: skip
_TEENS = {
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15", "sixteen": "16",
    "seventeen": "17", "eighteen": "18", "nineteen": "19",
    "diez": "10", "once": "11", "doce": "12", "trece": "13", "catorce": "14", "quince": "15", "dieciséis": "16",
    "dieciseis": "16", "diecisiete": "17", "dieciocho": "18", "diecinueve": "19", "veintiuno": "21", "veintiún": "21",
    "veintiun": "21", "veintidós": "22", "veintidos": "22", "veintitrés": "23", "veintitres": "23",
    "veinticuatro": "24", "veinticinco": "25", "veintiséis": "26", "veintiseis": "26", "veintisiete": "27",
    "veintiocho": "28", "veintinueve": "29",
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90,
    "veinte": 20, "treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "setenta": 70, "ochenta": 80,
    "noventa": 90,
}  # fmt: skip
_HUNDREDS = {
    "cien": "1", "ciento": "1", "doscientos": "2", "trescientos": "3", "cuatrocientos": "4", "quinientos": "5",
    "seiscientos": "6", "setecientos": "7", "ochocientos": "8", "novecientos": "9",
}  # fmt: skip
_TIMES = {"double": 2, "doble": 2, "triple": 3}
_FILLERS = word_set(
    "uh um er eh este mmm ah dash hyphen guion guión and y then luego después despues space espacio pause area code "
    "código clave lada"
)
_NATO = {
    "alpha": "A", "alfa": "A", "bravo": "B", "charlie": "C", "delta": "D", "echo": "E", "foxtrot": "F", "golf": "G",
    "hotel": "H", "india": "I", "juliet": "J", "kilo": "K", "lima": "L", "mike": "M", "november": "N", "oscar": "O",
    "papa": "P", "quebec": "Q", "romeo": "R", "sierra": "S", "tango": "T", "uniform": "U", "victor": "V",
    "whiskey": "W", "xray": "X", "x-ray": "X", "yankee": "Y", "zulu": "Z",
}  # fmt: skip
_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+|[^\w\s]|\0+")
_LOOSE = re.compile(r"[\s,.\-–—…]*\Z")
_CONTEXT = re.compile(
    r"(?:social|ssn|seguro|card|tarjeta|account|cuenta|routing|number\s+is|n[uú]mero\s+es|phone|tel[eé]fono|cell|celular|"
    r"m[oó]vil|call\s+(?:me|us)|reach\s+me|ll[aá]m[ae]\w*|ending|ends|termina\w*|last\s+four|[uú]ltimos\s+cuatro|plate|"
    r"placas?|matr[ií]cula|zip|postal|pin|code\s+is|passcode|cvv|security\s+code)",
    re.IGNORECASE,
)
_SENSITIVE = re.compile(
    r"(?:social|ssn|seguro|card|tarjeta|account|cuenta|routing|pin\b|cvv|security\s+code)[^.?!]*\Z", re.IGNORECASE
)
ENOUGH = 7
"""So many digits in a row are a telephone or another number that names somebody; a price or a time has fewer."""
NEAR = 70
_SAID = {
    **dict.fromkeys(_UNITS, 1),
    **dict.fromkeys((*_TEENS, *_TENS), 2),
    **dict.fromkeys(_HUNDREDS, 3),
    **{word: times - 1 for word, times in _TIMES.items()},
}
"""How many digits a number word adds at most ("hundred", which adds two, is none alone): without any such word, numbers
are only written."""
_ALONE = re.compile(r"(?<!\d)\d(?!\d)")

_HOST = r"(?:gmail|yahoo|hotmail|outlook|icloud|aol|live|msn|proton(?:mail)?|comcast|verizon|[^\W_][\w-]*)"
_JOIN = r"(?:dot|punto|underscore|guion\s+bajo|guión\s+bajo|dash|hyphen|guion|guión|period)"
_LOCAL = (
    rf"(?:[^\W_][\w-]*(?:\s+{_JOIN}\s+[^\W_][\w-]*)+|(?:\w\s+){{2,}}\w|"
    r"(?:[^\W\d_]\s+){1,3}[^\W\d_][\w-]*(?:\s*\d+)?|[^\W_][\w-]*(?:\s*\d+)?)"
)
_DOMAIN = re.compile(
    rf"(?<=\s)(?:at|arroba)\s+{_HOST}(?:\s+(?:dash|guion|guión)\s+[\w-]+)?\s*(?:\s(?:dot|punto)\s|\.)\s*"
    r"(?:com|net|org|edu|gov|mx|es|us|io|co|biz|info)\b(?:\s+(?:dot|punto)\s+(?:mx|es|uk|ar|co))?",
    re.IGNORECASE,
)
_BEFORE = re.compile(rf"(?:\A|(?<=[^\w])){_LOCAL}\s+\Z", re.IGNORECASE)
_AT = word_set("at arroba")
_BACK = 60


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    text: str


def emails(text: str) -> Iterator[Found]:
    """ "dana dot whitfield at gmail dot com" """
    for found in _DOMAIN.finditer(text) if not _AT.isdisjoint(words_of(text)) else ():
        first = max(0, found.start() - _BACK)
        local = _BEFORE.search(text[first : found.start()])
        start = first + local.start() if local else found.start()
        whole = text[start : found.end()]
        if "example" not in whole.lower():
            yield Found(start, found.end(), "email", re.sub(r"\s+", " ", whole.lower()), spoken=True)


def numbers(text: str) -> Iterator[Found]:
    """Runs of number words and single digits that add up to ENOUGH digits, or four after a word such as "social"."""
    if not _may_run(text):
        return
    words = [_Word(m.start(), m.end(), m.group().lower()) for m in _TOKEN.finditer(text)]
    index = 0
    while index < len(words):
        after, digits, end = _run(text, words, index)
        start = words[index].start
        if digits and _counts(text, start, digits) and not digits.startswith("000") and not _are_times(text[start:end]):
            yield Found(start, end, _kind(text, start, digits), digits, spoken=True)
        index = max(after, index + 1)


_HOURS = "|".join(word for table in (_UNITS, _TEENS) for word, said in table.items() if 1 <= int(said) <= 12)
_MINUTES = rf"(?:{'|'.join([*_TENS, *_TEENS])})(?:(?:[\s-]|\sy\s)(?:{'|'.join(_UNITS)}))?"
_CLOCK = re.compile(rf"\s*(?:{_HOURS})(?:[\s-](?:y\s)?{_MINUTES})?\s*", re.IGNORECASE)


def _are_times(said: str) -> bool:
    """Whether a run is a list of times of the day: "eight thirty, nine forty-five, ten fifteen"."""
    parts = said.split(",")
    return len(parts) > 1 and all(map(_CLOCK.fullmatch, parts))


def _may_run(text: str) -> bool:
    """Whether the numbers of a text can add up to a run that counts, all of them together: False is sure."""
    words = words_of(text)
    said = _SAID.keys() & words
    if not said:
        return len(_ALONE.findall(text)) >= ENOUGH - 1
    most = sum(_SAID[word] * words.count(word) for word in said) + 2 * words.count("hundred") + digit_count(text)
    return most >= ENOUGH or (most >= 4 and _CONTEXT.search(text) is not None)


def _counts(text: str, start: int, digits: str) -> bool:
    if len(digits) >= ENOUGH:
        return True
    before = text[max(0, start - NEAR) : start]
    if len(digits) >= 4 and _SENSITIVE.search(before):
        return True
    return len(digits) >= 6 and bool(_CONTEXT.search(before))


def _kind(text: str, start: int, digits: str) -> Kind:
    before = text[max(0, start - NEAR) : start].lower()
    if re.search(r"social|ssn|seguro", before) and len(digits) in {4, 9}:
        return "ssn"
    if re.search(r"card|tarjeta", before) or len(digits) >= 13:
        return "card"
    return "phone" if len(digits) in {7, 10, 11, 12} else "digits"


def _run(text: str, words: Sequence[_Word], first: int) -> tuple[int, str, int]:
    """The run that begins at word `first`: the word after it, its digits ("" where it is none), where it ends."""
    digits = ""
    index, end = first, 0
    said = singles = groups = 0
    while index < len(words):
        word = words[index].text
        if end and not _LOOSE.match(text[end : words[index].start]):
            break
        if digits and (word in _FILLERS or (len(word) == 1 and word in ",.-–—…")):
            end_of_filler = words[index].end
            if not _goes_on(words, index + 1):
                break
            index, end = index + 1, end_of_filler
            continue
        got = _number(words, index)
        if got is None:
            break
        part, used, spoken = got
        said += spoken
        singles += not spoken and len(part) == 1
        groups += not spoken and len(part) > 1
        digits += part
        index += used
        end = words[index - 1].end
    if not digits or (said == 0 and singles < ENOUGH - 1) or groups > said + singles:
        return index, "", 0
    return index, digits, _last_end(words, first, index)


def _last_end(words: Sequence[_Word], first: int, index: int) -> int:
    """Where the last number of the run ends, without fillers that follow it."""
    while index > first and _number(words, index - 1) is None and words[index - 1].text != "hundred":
        index -= 1
    return words[index - 1].end


def _goes_on(words: Sequence[_Word], index: int) -> bool:
    for word in words[index : index + 4]:
        if _number(words, index) is not None:
            return True
        if word.text not in _FILLERS and not (len(word.text) == 1 and word.text in ",.-–—…"):
            return False
        index += 1
    return False


def _number(words: Sequence[_Word], index: int) -> tuple[str, int, bool] | None:
    """The digits that begin at a word, how many words they take, and whether they are said (not written)."""
    if index >= len(words):
        return None
    word = words[index].text
    if word.isascii() and word.isdigit():
        return (word, 1, False) if len(word) <= 4 else None
    if word in _TIMES:
        got = _number(words, index + 1) if _next(words, index) not in _TIMES else None
        return (got[0] * _TIMES[word], 1 + got[1], True) if got and len(got[0]) == 1 else None
    if word in _TENS or (word.partition("-")[0] in _TENS and word.partition("-")[2] in _UNITS):
        return _tens(words, index)
    if word in _HUNDREDS:
        return _hundreds(words, index)
    if word in _TEENS:
        return _TEENS[word], 1, True
    if word not in _UNITS or (word in {"un", "una", "o"} and not _beside(words, index)):
        return None
    if index + 1 < len(words) and words[index + 1].text == "hundred":
        return _UNITS[word] + "00", 2, True
    return _UNITS[word], 1, True


def _next(words: Sequence[_Word], index: int) -> str:
    return words[index + 1].text if index + 1 < len(words) else ""


def _beside(words: Sequence[_Word], index: int) -> bool:
    """Whether a small word that may be no number ("o", "un") stands between two numbers."""
    around = [words[index + step].text for step in (-1, 1) if 0 <= index + step < len(words)]
    return all(word in _UNITS or word in _TEENS or word in _TENS or word.isdigit() for word in around)


def _tens(words: Sequence[_Word], index: int) -> tuple[str, int, bool]:
    word = words[index].text
    if "-" in word:
        tens, _, unit = word.partition("-")
        return str(_TENS[tens] + int(_UNITS[unit])), 1, True
    after = [each.text for each in words[index + 1 : index + 3]]
    if after and after[0] == "y" and len(after) > 1 and after[1] in _UNITS and after[1] != "cero":
        return str(_TENS[word] + int(_UNITS[after[1]])), 3, True
    if after and word in _ENGLISH_TENS and after[0] in _ENGLISH_UNITS:
        return str(_TENS[word] + int(_UNITS[after[0]])), 2, True
    return str(_TENS[word]), 1, True


def _hundreds(words: Sequence[_Word], index: int) -> tuple[str, int, bool]:
    after = _next(words, index)
    got = _number(words, index + 1) if after not in _TIMES and after not in _HUNDREDS else None
    hundred = _HUNDREDS[words[index].text]
    if got and got[2] and len(got[0]) <= 2 and got[0] != "0":
        return hundred + got[0].zfill(2), 1 + got[1], True
    return hundred + "00", 1, True


_ENGLISH_TENS = word_set("twenty thirty forty fourty fifty sixty seventy eighty ninety")
_ENGLISH_UNITS = word_set("one two three four five six seven eight nine")


def tails(text: str) -> Iterator[Found]:
    """The four digits that follow "ending in" or "termina en", said or written."""
    for lead in _ENDING.finditer(text):
        words = [
            _Word(m.start(), m.end(), m.group().lower()) for m in _TOKEN.finditer(text, lead.end(), lead.end() + 60)
        ]
        digits, index, end = "", 0, 0
        while index < len(words) and len(digits) < 4 and (got := _number(words, index)) is not None:
            digits += got[0]
            index += got[1]
            end = words[index - 1].end
        if len(digits) == 4:
            yield Found(words[0].start, end, "digits", digits, spoken=not words[0].text.isdigit())


_ENDING = re.compile(
    r"\b(?:end(?:s|ing)?\s+(?:in|with)|last\s+four(?:\s+digits)?(?:\s+(?:is|are))?|terminad?[ao]?\s+en|"
    r"[uú]ltimos\s+cuatro(?:\s+d[ií]gitos)?(?:\s+(?:son|es))?)[\s:,]+",
    re.IGNORECASE,
)


def codes(text: str) -> Iterator[Found]:
    """Spelled codes: six or more single letters, letter words ("Zulu", "B as in boy") and digits, two of each kind."""
    words = [_Word(m.start(), m.end(), m.group().lower()) for m in _TOKEN.finditer(text)]
    index = 0
    while index < len(words):
        start, code = index, ""
        end = 0
        while index < len(words):
            got = _letter(words, index)
            if got is None and not (code and words[index].text in {",", ".", "-", "uh", "um", "eh"}):
                break
            if got is not None:
                code += got[0]
                end = words[index + got[1] - 1].end
            index += got[1] if got else 1
        letters = sum(map(str.isalpha, code))
        if len(code) >= 6 and 2 <= letters <= len(code) - 2 and not code.startswith("ZZ"):
            yield Found(words[start].start, end, "vin" if len(code) == 17 else "code", code, spoken=True)
        index = max(index, start + 1)


def _letter(words: Sequence[_Word], index: int) -> tuple[str, int] | None:
    word = words[index].text
    if len(word) == 1 and word.isalpha() and word.isascii():
        after = [each.text for each in words[index + 1 : index + 4]]
        return word.upper(), 4 if after[:2] in (["as", "in"], ["de", "la"]) and len(after) == 3 else 1
    if word in _NATO:
        return _NATO[word], 1
    got = _number(words, index)
    return (got[0], got[1]) if got and len(got[0]) <= 2 else None


_DIGITS_EN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_DIGITS_ES = ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")


def say(digits: str, like: str) -> str:
    """The digits as words, one by one, in the language of the words in `like`."""
    spanish = any(word in _SPANISH for word in re.findall(r"\w+", like.lower()))
    names = _DIGITS_ES if spanish else _DIGITS_EN
    return " ".join(names[int(digit)] for digit in digits if digit.isascii() and digit.isdigit())


_SPANISH = frozenset(
    {
        word
        for table in (_UNITS, _TEENS, _TENS, _HUNDREDS)
        for word in table
        if word not in {"zero", "oh", "o", *_DIGITS_EN, *_ENGLISH_TENS}
        and word not in word_set("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
    }
)
