"""Folded caller's words -> the services asked for, taken back, only asked about, or not on the list.

One pattern a service for English, Spanish, and what speech recognition makes of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from callgate.engines.sim.questions import DURATION, PRICE
from callgate.engines.sim.text import SENTENCE

SERVICES: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "oil_change": r"\boil\b(?! (?:light|leak|pressure|on my|spot))|\ball change\w*\b|\bits all changed\b"
        r"|\boil chang\w+|\baceite\b(?! en el piso)"
        r"|\bsynthetic\b|\ball chains\b|\bse ite\b|\boyl\b",
        "tire_rotation": r"\b(?:tires?|tyres?|wheel|tired) rot\w+|\brotat\w+(?: (?:of|on|my|the|those|all|four)){0,3}"
        r"(?: (?:tires?|wheels?|tyres?))?\b|\brotacion(?:es)?\b|\brot(?:ar|en|arme|arle|aran|e)\b"
        r"|\btire location\b|\bmov\w+ (?:the |my )?tires around|\bfronts? (?:go|to)\b.{0,25}\bbacks?"
        r"|\bfront to back\b|\b(?:gomas|llantas)\b.{0,20}\b(?:adelante|alante|delante|atras)\b"
        r"|\bswap\w* (?:the |my )?(?:tires|wheels)"
        r"|\bllantas rotadas\b|\b(?:girar|intercambi\w+) las llantas\b|\brotation\b|\brotado de llantas",
        "brake_inspection": (
            r"\bbrakes?\b|\bbreaks? (?:inspect\w+|check\w*|looked|job|squeal\w*|pads?)|\b(?:my|the|front"
            r"|rear) breaks\b|\bfr(?:e|es)nos?\b|\bbalatas?\b|\bpastillas\b"
        ),
        "state_inspection": r"\bstate(?:'s)? (?:safety )?inspect\w+|\binspection sticker\b|\binspection[.,]? state\b"
        r"|\binspeccion (?:estatal|del estado|anual)\b"
        r"|\bverificacion\b|\bstate (?:one|check)\b|\b(?:annual|yearly) inspection\b|\bestate inspect\w+"
        r"|\bla (?:inspeccion )?estatal\b"
        r"|\bstate inspection\b|\bsafety inspection\b|\bengomado\b|\bcalcomania\b"
        r"|(?<!brake )(?<!brakes )(?<!break )\binspection\b(?! of)"
        r"|\binspeccion\b(?! de (?:los )?frenos)",
        "battery_check": r"\bbatter(?:y|ies)\b|\bbaterias?\b|\bacumulador\b",
        "wheel_alignment": (
            r"\balign\w*\b|\balin(?:e\w+|i?acion\w*)\b|\ba line ?ment\b|\b(?:a )?line ?m[ai]n[dt]?\b"
            r"|\blining mint\b"
        ),
        "ac_service": (
            r"\ba\.? ?/?c\.?\b(?= |$|[,.?!'])|\bair con\w*|\bair condition\w*"
            r"|\baire(?: acondicionado)?\b(?! (?:a|en) las? llantas)|\bhvac\b"
        ),
        "diagnostic": r"\bdiagnos\w+|\bcheck[ -]engine\b|\bengine light\b|\bluz (?:amarilla "
        r"|naranja )?(?:del? )?(?:motor|check|tablero)\b|\bche[ck]+ ?engine\b"
        r"|\bfoquito\b|\btestigo\b|\bescane\w+|\bcomputadora\b",
    }.items()
}

_BRAKE_INSPECTION = re.compile(
    r"\b(?:brakes?|breaks?)(?: and [a-z]+)? (?:inspect\w+)|inspeccion de(?: los)? frenos"
    r"|inspect\w+ (?:of |on )?(?:my |the )?brakes?"
)
_DROPPED = re.compile(
    r"(?:\b(?:no|forget|skip|drop|leave out|take off|remove|without|no need for|don't need|do not need|not|except|minus"
    r"|leave(?! it)|never mind|nevermind|instead of|rather than|scratch|hold off on|already (?:had|did"
    r"|got)|cancel)(?: about)?"
    r"|\b(?:sin|quit(?:e|ele|a|ar|ame|eme)|olvid(?:e|ese|emos)(?: de)?|ya no(?: \w+){0,2}|en vez de"
    r"|en lugar de|menos|excepto|dejemos"
    r"|no (?:quiero|necesito|hace falta|es|va a ser|haga|hagan)|mejor no|no me haga|cancel(?:e|ar)|salvo))"
    r"(?: (?:the|my|a|an|any|el|la|los|las|un|una|mi|de|del|esa|ese|lo|hacer|hagan|that|on)){0,3} *$"
)
_DROPPED_AFTER = re.compile(
    r"^'s (?:fine|good|ok|okay|new)|^ esta bien\b|^(?: (?:change|rotation|inspection|check|service"
    r"|thing|part|de (?:llantas|aceite|los frenos)))?,? (?:can wait|i (?:already|did|had|got)|is fine"
    r"|are fine|was done"
    r"|ya (?:me )?(?:la|lo|las|los)? ?(?:hic|cambi|revis)\w+|puede esperar|dejel[oa]|mejor no"
    r"|ya no(?:[,.]|$)|no(?:,| hace falta))"
)


@dataclass(frozen=True, slots=True)
class Services:
    """Services a text asks for and takes back; `asked_about`: only in a question about price or time."""

    wanted: tuple[str, ...]
    dropped: tuple[str, ...]
    asked_about: tuple[str, ...]


@lru_cache(maxsize=4096)
def services_in(text: str) -> Services:
    """The services named in folded text, in the order named."""
    said: list[tuple[int, str, str]] = []
    for sentence in SENTENCE.finditer(text):
        clause, base = sentence.group(), sentence.start()
        is_question = bool(PRICE.search(clause) or DURATION.search(clause))
        is_brakes = bool(_BRAKE_INSPECTION.search(clause))
        for name, pattern in SERVICES.items():
            for match in pattern.finditer(clause):
                if name == "state_inspection" and is_brakes and match.group() in {"inspection", "inspeccion"}:
                    continue
                if (
                    _SOLD.search(clause)
                    or _DROPPED.search(clause[: match.start()])
                    or _DROPPED_AFTER.match(clause[match.end() :])
                ):
                    said.append((base + match.start(), name, "dropped"))
                elif is_question and not _BOOKING_TOO.search(clause):
                    said.append((base + match.start(), name, "asked"))
                else:
                    said.append((base + match.start(), name, "wanted"))
    said.sort()
    last = {name: how for _, name, how in said}
    order = tuple(dict.fromkeys(name for _, name, _ in said))
    wanted, dropped, asked = (
        tuple(name for name in order if last[name] == how) for how in ("wanted", "dropped", "asked")
    )
    return Services(wanted, dropped, asked)


_KEPT = re.compile(
    r"^(?: (?:one|appointment|check|change|rotation|inspection|service|cita))*"
    r"(?:,? (?:stays?|i(?:'ll| want to)? keep|is fine|se queda"
    r"|esa (?:si|dejela)|no la (?:toque|mueva))\b)"
)
_KEEP_IT = re.compile(r"\b(?:keep|leave|i need|deje(?:me)?|conserve)(?: (?:the|my|la|el|mi))* *$")


def kept_in(text: str) -> frozenset[str]:
    """The services of which folded text says that they stay: "the alignment stays"."""
    return frozenset(
        name
        for name, pattern in SERVICES.items()
        for match in pattern.finditer(text)
        if _KEPT.match(text[match.end() :]) or _KEEP_IT.search(text[: match.start()])
    )


UNLISTED = re.compile(
    r"\b(?:transmission flush|windshield|tune[- ]?up|new tires|body work|dent|paint job|muffler"
    r"|detailing|car wash|timing belt|water pump|brake pads|new brakes|spark plugs|wiper blades"
    r"|afinacion|parabrisas|vidrio|llantas nuevas|hojalateria|pintura|mofle|escape nuevo|lavado"
    r"|banda de tiempo|balatas nuevas|bujias|transmision|clutch|embrague|amortiguadores|suspension"
    r"|(?:cambiar|poner)(?:le|me)?(?: las)? balatas)\b"
)


_SOLD = re.compile(r"\b(?:sell|selling|sold) me\b|\bvender\w*\b|\bvendian\b")
_BOOKING_TOO = re.compile(r"\b(?:book|schedule|appointment|need|agendar|cita|necesito|quiero (?:hacer|traer|llevar))\b")
