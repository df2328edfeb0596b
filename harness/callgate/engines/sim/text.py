"""Words -> folded words, numbers and languages: what every other module of the simulator reads with.

Everything is English and Spanish; folded text is lower case without accents, letter for letter as long as the original.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal

Language = Literal["en", "es"]


def listed(text: str) -> list[str]:
    """Words that are written as words."""
    return text.split()


_SMALL_EN = listed(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS_EN = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
_SMALL_ES = listed(
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete "
    "veintiocho veintinueve"
)
_TENS_ES = {"treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "setenta": 70, "ochenta": 80, "noventa": 90}

CARDINALS: dict[str, int] = {word: n for n, word in enumerate(_SMALL_EN)}
CARDINALS |= {word: n for n, word in enumerate(_SMALL_ES)}
CARDINALS |= {"una": 1, "un": 1, "primero": 1, "oh": 0} | _TENS_EN | _TENS_ES
CARDINALS |= {f"{tens} {_SMALL_EN[n]}": value + n for tens, value in _TENS_EN.items() for n in range(1, 10)}
CARDINALS |= {f"{tens} y {_SMALL_ES[n]}": value + n for tens, value in _TENS_ES.items() for n in range(1, 10)}

ORDINALS: dict[str, int] = {
    word: n + 1
    for n, word in enumerate(
        listed(
            """
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
    fifteenth sixteenth seventeenth eighteenth nineteenth twentieth
    """
        )
    )
}
ORDINALS |= {"thirtieth": 30} | {f"twenty {word}": 20 + n for word, n in list(ORDINALS.items())[:9]}
ORDINALS["thirty first"] = 31

_ES_WORDS = frozenset(
    listed(
        """
    el la los las un una de del que y en por para con mi su se le es si lo al como cuando cuanto cuesta hola
    buenas buenos dias tardes gracias quiero quisiera necesito puedo puede tengo tiene cita carro coche aceite
    llantas frenos lunes martes miercoles jueves viernes sabado domingo manana tarde hora horas favor usted soy
    estoy esta este pero mejor tambien nada mas muy bueno bien donde cual quien porque hay ya ustedes nombre
    llamo llamar hablar eso esa nos ahi aqui ser hace hacer va voy claro esposo esposa senor senora cambiar
    cancelar van vamos ir regresar dinero oiga mire pues ocupo troca camioneta deme dame las esos unos otra otro
    hasta desde sobre entre todo todos semana ahorita entonces
    """
    )
)
_EN_WORDS = frozenset(
    listed(
        """
    the an of and to in for with my your is are it that this i you we can could would do does have has need want
    at on what when how much please thanks thank hello hi hey yes yeah but or not be was will if so just about
    get got there appointment car oil change tire tires brakes monday tuesday wednesday thursday friday saturday
    sunday tomorrow morning afternoon time name okay call speak talk somebody someone make book they up out any
    take don't i'm it's i'd that's one works
    """
    )
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_ASKS_SPANISH = re.compile(
    r"\bin spanish\b|\bspeak spanish\b|\ben espanol\b|\bhabla(?:n|s)? espanol\b|\bespanol,? por favor"
)
_ASKS_ENGLISH = re.compile(
    r"\bin english\b|\bspeak english\b|\ben ingles\b|\bhabla(?:n|s)? ingles\b|\benglish,? please"
)
SENTENCE = re.compile(r"(?:[^.?!¿¡\n]|(?<=\d)\.(?=\d))+[.?!]*")


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Lower case without accents; as long as the original, so that positions agree."""
    return "".join(unicodedata.normalize("NFD", char)[0].lower()[:1] or char for char in text.replace("’", "'"))


def words(text: str) -> list[str]:
    """The folded words of a text."""
    return _WORD.findall(fold(text))


@lru_cache(maxsize=8192)
def leaning(text: str) -> int:
    """Above zero: Spanish; below: English; zero: cannot be told."""
    found = words(text)
    marks = sum(char in "¿¡ñáéíóú" for char in text.lower())
    return sum(w in _ES_WORDS for w in found) - sum(w in _EN_WORDS for w in found) + marks


def language_of(turns: list[str], default: Language = "en") -> Language:
    """The language of the last full sentence (three words or more) that leans to one, or the one that is asked for."""
    for turn in reversed(turns):
        folded = fold(turn)
        if _ASKS_SPANISH.search(folded):
            return "es"
        if _ASKS_ENGLISH.search(folded):
            return "en"
        for sentence in reversed(SENTENCE.findall(turn)):
            if len(words(sentence)) >= 3 and (lean := leaning(sentence)):
                return "es" if lean > 0 else "en"
        if lean := leaning(turn):
            return "es" if lean > 0 else "en"
    return default


_DIGITS = re.compile(r"\+?\d[\d\-\s().]{8,16}\d")
_TOKEN = re.compile(r"\d+|[a-z]+")
_REPEATS = {"double": 2, "doble": 2, "triple": 3}


def phone_in(text: str) -> str | None:
    """The first ten-digit telephone number as E.164, written or spoken digit by digit or in pairs."""
    folded = fold(text)
    for match in _DIGITS.finditer(folded):
        if number := _e164(re.sub(r"\D", "", match.group())):
            return number
    run = ""
    repeat = 1
    for word in [*_TOKEN.findall(folded), "end"]:
        digits = word if word.isdigit() else str(CARDINALS[word]) if word in CARDINALS and word != "un" else ""
        if digits:
            run, repeat = run + digits * repeat, 1
        elif word in _REPEATS:
            repeat = _REPEATS[word]
        elif word not in {"y", "area", "code"}:
            if number := _e164(run):
                return number
            run, repeat = "", 1
    return None


def _e164(digits: str) -> str | None:
    if len(digits) == 11 and digits[0] == "1":
        digits = digits[1:]
    return f"+1{digits}" if len(digits) == 10 else None
