"""Names of people: those that are declared, and those that a salutation or an introduction gives away.

An honest limit: a name that is neither declared nor introduced is not found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from callgate.dataset.pii.found import Found, word_set

_UP = r"[A-ZÁÉÍÓÚÑÜ][^\W\d_]*(?:['’-][A-ZÁÉÍÓÚÑÜ]?[^\W\d_]+)*"
_LOW = r"[^\W\d_]{2,}(?:['’-][^\W\d_]+)?"
_PARTICLE = r"(?:de\s+la|de\s+los|del|de|van|von|la|mc|mac)"
_TITLED = rf"({_UP}(?:\s+(?:(?:{_PARTICLE})\s+)?{_UP}|\s+[A-Z]\.){{0,3}})"
_STRONG = (
    r"my\s+(?:full\s+|first\s+|last\s+)?name\s+is|my\s+(?:full\s+|first\s+|last\s+)?name['’]s|(?:first|last|full)\s+name(?:\s+is|:)?|"
    r"name['’]s|the\s+name\s+is|name\s+on\s+(?:it|the\s+\w+)\s+is|it['’]s\s+under|under\s+the\s+name(?:\s+of)?|"
    r"me\s+llamo|mi\s+nombre\s+(?:completo\s+)?es|mi\s+apellido\s+es|(?:el\s+)?apellido(?:\s+es|:)?|a\s+nombre\s+de|"
    r"el\s+nombre\s+es|se\s+llama"
)
_WEAK = (
    r"this\s+is|it['’]s|I['’]m|I\s+am|speaking\s+with|talking\s+to|spoke\s+(?:with|to)|call\s+me|ask\s+for|"
    r"thanks,?|thank\s+you,?|hi,?|hello,?|hey,?|dear|sorry,?|for|under|goodbye,?|bye,?|okay,?|perfect,?|"
    r"soy|habla|le\s+habla|gracias,?|hola,?|buenos\s+d[ií]as,?|buenas\s+tardes,?|estimad[oa]|disculpe,?|perfecto,?|"
    r"claro,?|muy\s+bien,?|con"
)
_TITLE = (
    r"mr\.?|mrs\.?|ms\.?|miss|mister|dr\.?|doctor|sir|madam|"
    r"señor(?:a|ita)?|sr\.|sra\.|srta\.|sr|sra|srta|don|doña|doctora|licenciad[oa]|ingenier[oa]"
)
_BY_TITLE = re.compile(rf"\b(?i:{_TITLE})\s+{_TITLED}")
_BY_STRONG = re.compile(rf"\b(?i:{_STRONG})[,:]?\s+(?:(?i:uh|um|eh|este|it's|es|is)[,.]*\s+)?{_TITLED}")
_BY_STRONG_LOW = re.compile(
    rf"\b(?:{_STRONG})[,:]?\s+(?:(?:uh|um|eh|este|is|es)[,.]*\s+)?({_LOW}(?:\s+{_LOW})?)",
    re.IGNORECASE,
)
_BY_WEAK = re.compile(rf"\b(?i:{_WEAK})\s+{_TITLED}")
_HERE = re.compile(rf"(?:\A|[.!?]\s+){_TITLED}\s+(?:here\b|speaking\b|calling\b)")
_SPELLED = re.compile(r"\b[A-Za-zÑñ](?:[-. ]{1,2}[A-Za-zÑñ]){2,}\b\.?")

_STOP = word_set(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december lunes martes miércoles jueves viernes sábado domingo enero febrero marzo abril
    mayo junio julio agosto septiembre octubre noviembre diciembre english spanish inglés español american mexican
    mexicano toyota honda ford chevy chevrolet nissan mazda subaru kia hyundai jeep dodge ram gmc buick cadillac lexus
    acura audi bmw mercedes volkswagen vw volvo tesla chrysler infiniti mitsubishi rav4 camry corolla civic accord crv
    f-150 silverado altima sentra tacoma tundra prius pilot odyssey highlander equinox explorer escape wrangler sienna
    rogue forester outback elantra sonata sportage sorento tucson tahoe suburban malibu impala focus fusion service
    services customer customers parts sales manager advisor synthetic oil tire brake battery ok okay yes no not just so
    and but the a an i im it its my your our his her their there here this that these those what when where who why how
    well sure right great good fine perfect thanks thank you please hello hi hey sorry now then today tomorrow tonight
    morning afternoon evening noon both all one two three four five six seven eight nine ten first second dealer
    dealership god jesus wait calling about from with at on in to of for is are was were be been being do does did
    have has had can could will would should may might must let lets we they he she us me him them going trying looking
    having wondering afraid sorry glad happy still only also really very too back over off out up down
    sí si no pero y o el la los las un una unos unas de del al con por para que qué cuál cómo cuándo dónde quién muy
    bien bueno buenos buenas gracias favor señor señora señorita usted ustedes yo mi su sus le les lo se es está son
    hoy mañana ayer ahora aquí allí aceite frenos llantas cita servicio taller necesito quiero tengo puede puedo
    hablo llamo quisiera disculpe perfecto claro vale ok estamos tenemos hay entonces también todavía nada algo ese
    esa eso este esta esto mr mrs ms dr christmas thanksgiving easter memorial labor navidad veteran's new year
    illinois chicago aurora texas california google amazon visa mastercard discover express internet wifi"""
)
_COMMON = word_set(
    """will mark rose grace hope art bill drew frank jack rob sue wade chase rich angel luz paz rosa sol dolores cruz
    guerrero blanco delgado leal rico bravo campos flores king young white black brown green long short hill woods
    rivers price best cook baker carpenter driver major miles carter bush parks love bell case day faith joy dawn
    summer iris ivy lily pat ray gene guy lane reed page sandy skip stone ward wells west north park ford"""
)
"""Words that are also names: as a known name they count only with a capital."""
_CONTRACTED = re.compile(r"['’](?:s|m|ve|d|ll|re|t)\Z")
INVENTED_FIRST = (
    "Robin", "Avery", "Quinn", "Rowan", "Emerson", "Marlowe", "Sawyer", "Linden", "Briar", "Arden", "Lennox", "Hollis",
    "Merritt", "Tatum", "Ellery", "Wren", "Sutton", "Darcy", "Campbell", "Shiloh", "Indigo", "Juniper", "Reverie",
    "Zephyr",
)  # fmt: skip
INVENTED_LAST = (
    "Ashgrove", "Bellweather", "Cloverfield", "Dunmarsh", "Elderbrook", "Fernhollow", "Glenmoor", "Hartwillow",
    "Ivyreach", "Kestrelby", "Larkmead", "Mosswater", "Northbriar", "Oakhaven", "Pinecrest", "Quillmore", "Rookwood",
    "Stonebeck", "Thistledown", "Underhay", "Valebrook", "Wintermere", "Yarrowfield", "Zinnwald",
)  # fmt: skip


@lru_cache(maxsize=65536)
def folded(word: str) -> str:
    """The word without case and accents."""
    plain = unicodedata.normalize("NFKD", word)
    return "".join(char for char in plain if not unicodedata.combining(char)).casefold()


_INVENTED = frozenset(map(folded, (*INVENTED_FIRST, *INVENTED_LAST)))


def is_invented(name: str) -> bool:
    """Whether every word of a name is one of our pseudonyms."""
    return all(folded(word) in _INVENTED for word in words_of(name))


def words_of(name: str) -> list[str]:
    """The words of a name, without particles and initials' dots."""
    return [word for word in re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", name) if len(word) > 1]


def introduced(text: str) -> Iterator[tuple[int, int]]:
    """Where names stand that the text gives away by a salutation, a title or an introduction."""
    for pattern in (_BY_TITLE, _BY_STRONG, _BY_WEAK, _HERE):
        for found in pattern.finditer(text):
            span = _trimmed(text, found.start(1), found.end(1))
            if span:
                yield span
    for found in _BY_STRONG_LOW.finditer(text):
        if not found[1][0].isupper():
            span = _trimmed(text, found.start(1), found.end(1))
            if span:
                yield span


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The span up to the first word that is no part of a name; None where nothing is left."""
    stop = start
    for word in re.finditer(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?", text[start:end]):
        plain = word.group().rstrip(".").lower()
        particle = plain in {"de", "del", "la", "los", "van", "von"} and stop > start
        if not particle and (plain in _STOP or _CONTRACTED.sub("", plain) in _STOP):
            break
        if not particle:
            stop = start + word.end()
    while stop > start and text[stop - 1] == ".":
        stop -= 1
    return (start, stop) if stop - start > 1 else None


def found_names(text: str, known: Iterable[str] = ()) -> Iterator[Found]:
    """Names in a text: introduced there, or of the `known` folded words. Possessive 's stays outside."""
    spans = {(start, end) for start, end in introduced(text)}
    pattern = _known_pattern(frozenset(known))
    plain = _folded_same_length(text)
    if pattern is not None:
        hits = ((found.start(), found.end(), found.group()) for found in pattern.finditer(plain))
        spans |= {(a, b) for a, b, word in hits if text[a].isupper() or (word not in _STOP and word not in _COMMON)}
    for found in _SPELLED.finditer(text) if pattern is not None else ():
        letters = re.sub(r"[^\w]", "", found.group())
        if folded(letters) in known:
            spans.add((found.start(), found.end()))
    for start, end in sorted(spans):
        words = words_of(text[start:end])
        if words and not is_invented(text[start:end]):
            yield Found(start, end, "name", " ".join(map(folded, words)))


@lru_cache(maxsize=256)
def _known_pattern(known: frozenset[str]) -> re.Pattern[str] | None:
    words = sorted((word for word in known if len(word) > 1), key=len, reverse=True)
    return re.compile(r"(?<![^\W_])(?:" + "|".join(map(re.escape, words)) + r")(?![^\W_])") if words else None


def _folded_same_length(text: str) -> str:
    """The text without case and accents, character for character."""
    return "".join(one if len(one := folded(char)) == 1 else char for char in text)
