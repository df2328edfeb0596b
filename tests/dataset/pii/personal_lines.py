"""400 labelled lines: 200 sentences that people say or write, each with two drawings of invented personal data.

The sentences stand in carriers_en.txt and carriers_es.txt, with a slot where the data goes. What is put there is made
here, in the layouts in which it is written and said, and by nothing of the code under test.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
SPOKEN = {"sphone", "semail", "scard", "sssn", "slast", "svin", "saddress", "sdir"}
ONES = {
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
    "es": ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"],
}
TEENS = {
    "en": [
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ],
    "es": ["diez", "once", "doce", "trece", "catorce", "quince", "dieciséis", "diecisiete", "dieciocho", "diecinueve"],
}
TENS = {
    "en": ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
    "es": ["veinte", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"],
}
TWENTIES = (
    "veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve"
)
NATO = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet", "kilo", "lima", "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform", "victor", "whiskey", "xray", "yankee", "zulu"]  # fmt: skip
FIRST = ["dana", "marcus", "olivia", "trent", "priya", "hector", "lucia", "renata", "ivan", "joel", "paola", "bruno"]
LAST = ["whitfield", "okafor", "lindqvist", "barrera", "mendoza", "castellanos", "ibarra", "novak", "pruitt", "galindo"]
HOSTS = ["gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "comcast.net", "icloud.com", "prodigy.net.mx"]


@dataclass(frozen=True)
class Line:
    """A line with what is personal in it: (kind, start, end) of each value."""

    language: str
    text: str
    labels: tuple[tuple[str, int, int], ...]


def lines() -> list[Line]:
    """All 400, the same every time."""
    found = []
    for language in ("en", "es"):
        carriers = (HERE / f"carriers_{language}.txt").read_text("utf-8").splitlines()
        for drawing in (1, 2):
            for number, carrier in enumerate(carriers):
                found.append(_filled(carrier, language, random.Random(f"{language} {number} {drawing}")))
    return found


def _filled(carrier: str, language: str, chance: random.Random) -> Line:
    text, labels = "", []
    for index, part in enumerate(re.split(r"\{(\w+)\}", carrier)):
        if index % 2:
            value = MAKERS[part](chance, language)
            labels.append((part, len(text), len(text) + len(value)))
            text += value
        else:
            text += part
    return Line(language, text, tuple(labels))


def _digits(chance: random.Random, count: int) -> str:
    return "".join(str(chance.randrange(10)) for _ in range(count))


def _number(chance: random.Random) -> str:
    """A North American number that is no 555-01xx."""
    return f"{chance.randrange(2, 10)}{_digits(chance, 2)}{chance.randrange(2, 10)}{_digits(chance, 2)}{_digits(chance, 4)}"


def phone(chance: random.Random, language: str) -> str:
    n = _number(chance)
    if language == "es" and chance.random() < 0.4:
        return chance.choice((f"+52 55 {n[2:6]} {n[6:]}", f"55 {n[2:6]} {n[6:]}", f"+34 6{n[1:3]} {n[3:6]} {n[6:9]}"))
    layouts = ("({}) {}-{}", "{}-{}-{}", "{}.{}.{}", "+1{}{}{}", "1 {} {} {}", "{}{}{}", "{} {} {}", "+1 ({}) {}-{}")
    return chance.choice(layouts).format(n[:3], n[3:6], n[6:])


def email(chance: random.Random, _language: str) -> str:
    first, last, host = chance.choice(FIRST), chance.choice(LAST), chance.choice(HOSTS)
    forms = (f"{first}.{last}", f"{first}{last}{chance.randrange(100)}", f"{first[0]}_{last}", f"{last}+cars")
    return f"{chance.choice(forms)}@{host}"


def _card(chance: random.Random) -> str:
    body = chance.choice(("4", "51", "54", "6011", "37"))
    size = 15 if body == "37" else 16
    body += _digits(chance, size - 1 - len(body))
    doubled = [int(d) * (2 - i % 2) for i, d in enumerate(reversed(body))]
    return body + str(-sum(n - 9 if n > 9 else n for n in doubled) % 10)


def card(chance: random.Random, _language: str) -> str:
    n = _card(chance)
    groups = [n[:4], n[4:10], n[10:]] if len(n) == 15 else [n[i : i + 4] for i in range(0, 16, 4)]
    return chance.choice((" ", "-", "")).join(groups)


def vin(chance: random.Random, _language: str) -> str:
    letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
    body = list(chance.choice(("1", "2", "3", "J", "4")) + "".join(chance.choice(letters) for _ in range(7)) + "0")
    body += [chance.choice("KLMNPR"), chance.choice(letters), *_digits(chance, 6)]
    values = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))  # fmt: skip
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    total = sum((int(c) if c.isdigit() else values[c]) * w for c, w in zip(body, weights, strict=True)) % 11
    body[8] = "X" if total == 10 else str(total)
    return "".join(body)


def ssn(chance: random.Random, _language: str) -> str:
    area, group, serial = (
        f"{chance.randrange(101, 665)}",
        f"{chance.randrange(10, 99)}",
        f"{chance.randrange(1000, 9999)}",
    )
    return chance.choice(("-", "-", " ", "")).join((area, group, serial))


def plate(chance: random.Random, language: str) -> str:
    letters = "".join(chance.choice("ABCDEFGHJKLMNPRSTUVWXY") for _ in range(3))
    if language == "es":
        return chance.choice(
            (f"{letters}-{_digits(chance, 2)}-{_digits(chance, 2)}", f"{letters} {_digits(chance, 3)}")
        )
    return chance.choice((f"{letters[:2]} {_digits(chance, 5)}", f"{letters}{_digits(chance, 4)}", f"{letters}-{_digits(chance, 4)}"))  # fmt: skip


def address(chance: random.Random, _language: str) -> str:
    street = chance.choice(
        ("Elm", "North Lake", "Garfield", "Oak Hill", "Prairie", "W. Madison", "S. Halsted", "Ogden")
    )
    kind = chance.choice(("Street", "Avenue", "Drive", "Lane", "Road", "St", "Ave", "Blvd", "Court"))
    return f"{chance.randrange(11, 9800)} {street} {kind}"


def direccion(chance: random.Random, _language: str) -> str:
    street = chance.choice(("Juárez", "Hidalgo", "de la Paz", "Insurgentes", "Morelos", "San Martín", "Ocampo"))
    kind = chance.choice(("calle", "Calle", "avenida", "Av.", "Avenida", "Privada", "Calzada"))
    return f"{kind} {street} {chance.choice(('', 'número ', '#'))}{chance.randrange(11, 4000)}"


def _pair(two: str, language: str) -> str:
    """Two digits as one number."""
    n = int(two)
    if two[0] == "0":
        return f"{'oh' if language == 'en' else 'cero'} {ONES[language][int(two[1])]}"
    if n < 20:
        return TEENS[language][n - 10]
    tens, unit = TENS[language][n // 10 - 2], n % 10
    if language == "es" and n < 30:
        return TWENTIES.split()[n - 20]
    return tens if not unit else f"{tens}-{ONES['en'][unit]}" if language == "en" else f"{tens} y {ONES['es'][unit]}"


def said(digits: str, chance: random.Random, language: str, groups: tuple[int, ...]) -> str:
    """Digits as people say them: one by one or in pairs, with pauses, as speech recognition writes it."""
    words, at = [], 0
    pairs = chance.random() < 0.35
    pause = chance.choice((", ", " ", ", uh, " if language == "en" else ", este, ", " - "))
    for size in groups:
        group = digits[at : at + size]
        at += size
        if pairs and size % 2 == 0:
            words.append(" ".join(_pair(group[i : i + 2], language) for i in range(0, size, 2)))
        else:
            zero = chance.choice(("oh", "zero")) if language == "en" else "cero"
            words.append(" ".join(zero if d == "0" else ONES[language][int(d)] for d in group))
    return pause.join(words)


def sphone(chance: random.Random, language: str) -> str:
    return said(_number(chance), chance, language, (3, 3, 4) if language == "en" else chance.choice(((3, 3, 4), (2, 4, 4))))  # fmt: skip


def semail(chance: random.Random, language: str) -> str:
    dot, at = ("dot", "at") if language == "en" else ("punto", "arroba")
    first, last = chance.choice(FIRST), chance.choice(LAST)
    local = chance.choice((f"{first} {dot} {last}", f"{first}{last}", f"{first} {chance.randrange(10, 99)}"))
    host = chance.choice(("gmail", "yahoo", "hotmail", "outlook"))
    return f"{local} {at} {host} {dot} com"


def scard(chance: random.Random, language: str) -> str:
    n = _card(chance)
    return said(n, chance, language, (4, 4, 4, 4) if len(n) == 16 else (4, 6, 5))


def sssn(chance: random.Random, language: str) -> str:
    return said(re.sub(r"\D", "", ssn(chance, language)), chance, language, (3, 2, 4))


def slast(chance: random.Random, language: str) -> str:
    return said(f"{chance.randrange(1000, 9999)}", chance, language, (4,))


def svin(chance: random.Random, language: str) -> str:
    """A VIN read aloud: single letters, or words for them, and digits."""
    nato = language == "en" and chance.random() < 0.5
    parts = [ONES[language][int(c)] if c.isdigit() else NATO[ord(c) - 65] if nato else c for c in vin(chance, language)]
    return (", " if chance.random() < 0.3 else " ").join(parts)


def saddress(chance: random.Random, _language: str) -> str:
    number = f"{chance.randrange(1100, 9900)}"
    street = chance.choice(("garfield", "prairie", "lincoln", "oak hill", "maple"))
    house = f"{_pair(number[:2], 'en')} {_pair(number[2:], 'en')}"
    return f"{house} {street} {chance.choice(('street', 'avenue', 'road', 'boulevard', 'lane'))}"


def sdir(chance: random.Random, _language: str) -> str:
    number = _pair(f"{chance.randrange(30, 99)}", "es")
    street = chance.choice(("juárez", "hidalgo", "morelos", "independencia", "reforma"))
    return f"{chance.choice(('calle', 'avenida'))} {street} {chance.choice(('', 'número '))}{number}"


MAKERS: dict[str, Callable[[random.Random, str], str]] = {
    "phone": phone, "email": email, "card": card, "vin": vin, "ssn": ssn, "plate": plate, "address": address,
    "dir": direccion, "sphone": sphone, "semail": semail, "scard": scard, "sssn": sssn, "slast": slast, "svin": svin,
    "saddress": saddress, "sdir": sdir,
}  # fmt: skip
