"""Street addresses and postal codes in English and Spanish -> where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from callgate.dataset.pii.found import Found, word_set, words_of

_UP = r"[A-ZÁÉÍÓÚÑ][\w'’.-]*"
_CLEAR = r"street|avenue|boulevard|lane|parkway|highway|road|terrace|blvd|ave|rd|ln|pkwy|hwy"
_ALSO = r"drive|court|circle|place|way|square|trail|loop|crossing|st|dr|ct|pl|cir|sq|trl"
_STREETS = frozenset(f"{_CLEAR}|{_ALSO}".split("|"))
"""Without one of these words there is no English street."""
_NUMBER_WORD = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    r"eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|oh)"
)
_NO = (
    r"(?:the|a|an|of|on|in|at|to|from|for|and|or|down|up|by|off|per|minutes?|hours?|miles?|blocks?|more|is|are|was|"
    r"o'clock|people|cars?|days?|it|that|this|my|your|our|down|along|across|near|behind|every|same|other)"
)
_UNIT = r"(?:,?\s*(?:apt\.?|apartment|unit|suite|ste\.?|lot|floor|#)\s*#?\s*[\w-]{1,5}\b)?"
_CITY = rf"(?:,?\s+{_UP}(?:\s+{_UP}){{0,2}},?\s+(?:[A-Z]{{2}}\b|{_UP})(?:,?\s+\d{{5}}(?:-\d{{4}})?)?)?"
_DIRECTION = r"(?:(?:[NSEW]\.?|north|south|east|west|northeast|northwest|southeast|southwest)\s+)?"
_HOUSE = rf"(?:\d{{1,6}}[A-Za-z]?|{_NUMBER_WORD}(?:[\s-]+{_NUMBER_WORD}){{0,5}})"
_TITLED = re.compile(
    rf"(?<![\w$.:/-])(?i:{_HOUSE})\s+(?i:{_DIRECTION})(?:(?:{_UP}|\d{{1,3}}(?:st|nd|rd|th))\s+){{1,3}}"
    rf"(?i:{_CLEAR}|{_ALSO})\b\.?(?i:{_UNIT}){_CITY}"
)
_LOWER = re.compile(
    rf"(?<![\w$.:/-])(?:{_HOUSE})\s+{_DIRECTION}(?:(?!{_NO}\b|{_NUMBER_WORD}\b)[^\W\d_][\w'’]+\s+){{1,3}}(?:{_CLEAR})\b"
    rf"{_UNIT}",
    re.IGNORECASE,
)
_ES_NUMBER = (
    r"(?:uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece|catorce|quince|diecis[eé]is|diecisiete|"
    r"dieciocho|diecinueve|veinte|veinti\w+|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa|cien|ciento|"
    r"\w+cientos|quinientos|mil|y|cero)"
)
_CALLES = tuple(
    word_set("calle av calz paseo camino carrera bulevar blvd privada plaza carretera circuito cerrada andador prolong")
)
"""Without a word that begins so, or "c/", there is no Spanish street."""
_SPANISH = re.compile(
    rf"\b(?:(?i:calle|avenida|av\.|avda\.?|calzada|calz\.|paseo|camino|carrera|bulevar|blvd\.?|privada|plaza|"
    rf"callej[oó]n|carretera|circuito|cerrada|andador|prolongaci[oó]n)|[Cc]/)\s*"
    rf"(?:(?i:de\s+la|de\s+los|de\s+las|del|de|la|las|los|el)\s+)?"
    rf"(?:[^\W_][\w.'-]*)(?:\s+(?:(?i:de\s+la|de\s+los|del|de|y)\s+)?(?!(?i:{_ES_NUMBER}|n[uú]mero|num|no)\b){_UP}){{0,4}}"
    rf"(?i:,?\s*(?:n[uú]mero|n[uú]m\.?|no\.|\#)?\s*(?:\d{{1,5}}(?:\s?[A-Za-z]\b)?(?![\d:])|{_ES_NUMBER}(?:\s+{_ES_NUMBER}){{0,5}}\b))"
    rf"(?i:,?\s*(?:interior|int\.?|piso|depto\.?|departamento|local)\s*[\w-]{{1,5}})?"
    rf"(?:,?\s*(?i:colonia|col\.|fraccionamiento|barrio)\s+{_UP}(?:\s+{_UP}){{0,3}})?"
    rf"(?:,?\s*(?i:c\.?p\.?|c[oó]digo\s+postal)\s*\d{{5}})?"
)
_POSTAL = re.compile(
    r"\b(?:zip(?:\s*code)?|postal\s+code|post\s*code|c[oó]digo\s+postal|c\.?p\.)[\s:,]*(?:is|es|it's)?[\s:,]*"
    r"(\d{5}(?:-\d{4})?)\b",
    re.IGNORECASE,
)
_BOX = re.compile(r"\bP\.?\s?O\.?\s+Box\s+\d+\b|\bapartado\s+postal\s+\d+\b", re.IGNORECASE)
_BOXES = frozenset({"box", "apartado"})
_FIVE = re.compile(r"\d{5}")
_INVENTED = re.compile(r"\b(?:example street|calle ejemplo)\b", re.IGNORECASE)


def _begins_so(said: tuple[str, ...]) -> bool:
    for word in said:  # noqa: SIM110  # a loop: here the time goes
        if word.startswith(_CALLES):
            return True
    return False


def addresses(text: str) -> Iterator[Found]:
    """Streets with a house number, boxes, and postal codes that are called so."""
    said = words_of(text)
    streets = () if _STREETS.isdisjoint(said) else (_TITLED, _LOWER)
    calles = (_SPANISH,) if _begins_so(said) or "c/" in text.lower() else ()
    boxes = () if _BOXES.isdisjoint(said) else (_BOX,)
    for pattern in (*streets, *calles, *boxes):
        for found in pattern.finditer(text):
            if not _INVENTED.search(found.group()):
                end = found.end() - (len(found.group()) - len(found.group().rstrip(" .,")))
                yield Found(found.start(), end, "address", " ".join(text[found.start() : end].lower().split()))
    for found in _POSTAL.finditer(text) if _FIVE.search(text) else ():
        if not found[1].startswith("000"):
            yield Found(found.start(1), found.end(1), "address", found[1])
