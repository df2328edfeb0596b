"""A question's topic + the prompt's own sentences -> the answer as a line, in both languages.

What the prompt does not say is not known. A fact is found by its words and put into Spanish part by part; every number
in an answer is read out of the prompt.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from callgate.engines.sim.days import WEEKDAYS
from callgate.engines.sim.services import SERVICES
from callgate.engines.sim.speech import DAYS, SERVICE_NAMES, Line
from callgate.engines.sim.text import CARDINALS, fold, leaning
from callgate.engines.sim.world import World

_MONEY = re.compile(r"\$ ?(\d+(?:,\d{3})*(?:\.\d\d)?)|(\d+(?:\.\d\d)?) (?:dollars|dolares)")
_MINUTES = re.compile(r"\b(\d+) (?:minutes|minutos)\b")
_HOURS = re.compile(
    r"\b(an|one|una|\d+(?:\.\d)?|two|three|dos|tres)(?: and a half| y media)? (?:hours?"
    r"|horas?)\b(?: y media| and a half)?"
)
_FREE = re.compile(r"\bfree\b|\bno charge\b|\bgratis\b|\bsin costo\b")
_SPAN = re.compile(r"(\d{1,2}:\d\d)(?: in the (morning|afternoon|evening)| ?([ap])\.?m\.?)?")
_KEYWORDS = {
    "loaner": r"\bloaner|prestado|cortesia",
    "shuttle": r"\bshuttle|transporte",
    "waiting": r"\bwaiting|sala de espera",
    "cancel_fee": r"\bcancel\w*.*\bfee|\bcancel\w*.*\bcargo|\bfee\b.*\bcancel",
    "parts_hours": r"\bparts? (?:counter|department)|refacciones",
    "address": r"^(?:our )?(?:address|direccion)\b",
    "hours": r"^(?:our )?(?:service )?(?:hours|horario)\b",
    "services": r"^(?:our )?services?\b|servicios\b",
}
UNKNOWN = Line("unknown")


def answer(topic: str, world: World, asked: str) -> Line:
    """The answer to one topic as the prompt's facts give it; `asked` is the caller's folded words."""
    kind, _, service = topic.partition(":")
    if kind == "price":
        return _price(service, world)
    if kind == "duration":
        return _duration(service, world, asked)
    if kind == "discount":
        return _both(
            "I cannot change a price, but a service advisor can tell you more.",
            "No puedo cambiar un precio, pero un asesor de servicio le puede decir más.",
        )
    if kind == "refund":
        return _both(
            "I am sorry, that is not mine to decide, but I can connect you with a service advisor.",
            "Lo siento mucho, eso no lo puedo decidir yo, pero le puedo comunicar con un asesor de servicio.",
        )
    if kind == "unlisted":
        return _both(
            f"I cannot book {service} from here, but I can connect you with a service advisor.",
            f"Lo de {service} no lo puedo agendar por aquí, pero le puedo comunicar con un asesor de servicio.",
        )
    fact = _fact(_KEYWORDS.get(kind, r"(?!)"), world)
    if fact is None:
        return UNKNOWN
    if kind == "hours":
        return _hours(fact, world, asked)
    if leaning(fact) > 0:
        return _both(fact, fact)
    return _TEMPLATES[kind](fact)


def _both(english: str, spanish: str) -> Line:
    return Line("text", {"en": english, "es": spanish})


def _fact(pattern: str, world: World, also: re.Pattern[str] | None = None) -> str | None:
    wanted = re.compile(pattern)
    for statement in world.statements:
        folded = fold(statement)
        if wanted.search(folded) and (also is None or also.search(folded)) and not _RULE.match(folded):
            return statement
    return None


_RULE = re.compile(r"(?:never|do not|don't|always|if|when|pass|no prometa|nunca|use|call|book|answer|reply|before)\b")


def _about(service: str, world: World, also: re.Pattern[str]) -> str | None:
    """A sentence that names exactly this service and what is asked of it."""
    pattern = SERVICES.get(service)
    for statement in world.statements if pattern else ():
        folded = fold(statement)
        others = [name for name, other in SERVICES.items() if name != service and other.search(folded)]
        if (
            pattern
            and pattern.search(folded)
            and also.search(folded)
            and not (others and service == "state_inspection" and "state" not in folded and "estatal" not in folded)
        ):
            return statement
    return None


def _price(service: str, world: World) -> Line:
    fact = _about(service, world, re.compile(f"{_MONEY.pattern}|{_FREE.pattern}"))
    if fact is None:
        return UNKNOWN
    folded = fold(fact)
    if leaning(fact) > 0:
        return _both(fact, fact)
    name = SERVICE_NAMES[service][1]
    money = _MONEY.search(folded)
    text = f"cuesta {money[1] or money[2]} dólares" if money else "no tiene costo"
    text += " más impuestos" if "plus tax" in folded else ""
    text += f" y toma {_lasting(folded)}" if _lasting(folded) else ""
    text += ", y se le abona si hace la reparación aquí" if "credit" in folded else ""
    article = "La" if name.split()[0].endswith(("ión",)) else "El"
    return _both(fact, f"{article} {name} {text}.")


def _duration(service: str, world: World, asked: str) -> Line:
    several = service == "any" or re.search(r"\b(?:all|both|together|todo|todos|juntos|los tres|ambos)\b", asked)
    fact = _about(service, world, re.compile(f"{_MINUTES.pattern}|{_HOURS.pattern}"))
    if several or fact is None:
        fact = _fact(r"\bjuntos\b|\btogether (?:they )?take\b|\ball (?:three|of them) take", world) or fact
    if fact is None:
        return UNKNOWN
    if leaning(fact) > 0:
        return _both(fact, fact)
    name = SERVICE_NAMES.get(service, ("it", "servicio"))[1]
    article = "La" if name.split()[0].endswith("ión") else "El"
    lasting = _lasting(fold(fact))
    return _both(fact, f"{article} {name} toma {lasting}.") if lasting else UNKNOWN


def _lasting(folded: str) -> str:
    """How long, in Spanish."""
    if minutes := _MINUTES.search(folded):
        return f"unos {minutes[1]} minutos" if "about" in folded else f"{minutes[1]} minutos"
    if hours := _HOURS.search(folded):
        number = {"an": "una", "one": "una"}.get(hours[1], str(CARDINALS.get(hours[1], hours[1])))
        word = "hora" if number == "una" else "horas"
        return f"{'por lo menos' if 'at least' in folded else 'más o menos'} {number} {word}"
    return ""


def _spanish_time(match: re.Match[str]) -> str:
    hour = int(match[1].split(":")[0])
    half = {"morning": "de la mañana", "a": "de la mañana"}.get(match[2] or match[3] or "", "de la tarde")
    return f"la{'' if hour == 1 else 's'} {match[1]} {half}"


def _times(fact: str) -> list[str]:
    return [_spanish_time(match) for match in _SPAN.finditer(fact)]


# ---------------------------------------------------------------------------------------------- opening hours


def _hours(fact: str, world: World, asked: str) -> Line:
    """The part of the hours for the day that was asked about, or all of them."""
    said = re.sub(r"^[^:]{0,60}:\s+", "", fact).rstrip(".")
    parts = [part.strip() for part in re.split(r",\s*(?:and )?", said)]
    wanted = _asked_days(asked, world)
    chosen = [part for part in parts if any(_covers(part, weekday) for weekday in wanted)] if wanted else parts
    english = ", ".join(chosen)
    if len(chosen) == 1 and "closed" in english:
        return _both(f"We are {english}.", f"El {_spanish_days(chosen[0])} está cerrado.")
    spanish = ", ".join(_spanish_part(part) for part in chosen)
    return _both(f"We are open {english}.", f"Atendemos {spanish}.")


_TODAY = re.compile(
    r"\b(?:today|tonight|right now|or what|this evening|now|hoy|ahorita|ahora|esta noche|still)\b"
    r"|\byou (?:guys )?open\?"
)
_WEEKDAY_WORDS = re.compile(r"\bweekdays?\b|\bentre semana\b|\bdias? de (?:la )?semana\b")


def _asked_days(asked: str, world: World) -> list[int]:
    found = sorted({WEEKDAYS[word] for word in re.findall(r"[a-z]+", asked) if word in WEEKDAYS})
    if found:
        return found
    if re.search(r"\bweekends?\b|\bfin(?:es)? de semana\b", asked):
        return [5, 6]
    if _WEEKDAY_WORDS.search(asked):
        return [0]
    if re.search(r"\btomorrow\b|\bmanana\b(?! abren)", asked) and not re.search(r"(?:la|de|por la) manana", asked):
        return [(world.now.weekday() + 1) % 7]
    return [world.now.weekday()] if _TODAY.search(asked) else []


def _covers(part: str, weekday: int) -> bool:
    named = [WEEKDAYS[word] for word in re.findall(r"[a-z]+", fold(part)) if word in WEEKDAYS]
    if len(named) == 2 and re.search(r"\b(?:to|a|through)\b|-", fold(part)):
        return named[0] <= weekday <= named[1]
    return weekday in named


def _spanish_days(part: str) -> str:
    named = [DAYS["es"][WEEKDAYS[word]] for word in re.findall(r"[a-z]+", fold(part)) if word in WEEKDAYS]
    return " a ".join(named)


def _spanish_part(part: str) -> str:
    if leaning(part) > 0:
        return part
    days, times = _spanish_days(part), _times(part)
    if "closed" in part:
        return f"el {days} cerrado"
    return f"{'de' if ' a ' in days else 'el'} {days} de {' a '.join(times)}"


def is_closed(world: World, weekday: int) -> bool:
    """Whether the prompt's hours say that the department is closed on that weekday (0 is Monday)."""
    fact = _fact(_KEYWORDS["hours"], world)
    parts = re.split(r",\s*", fact.split(":", 1)[-1]) if fact else ()
    return any(re.search(r"closed|cerrado", fold(part)) and _covers(part, weekday) for part in parts)


# ---------------------------------------------------------------------------------------------- other facts


def _shuttle(fact: str) -> Line:
    miles, times = re.search(r"(\d+) miles", fact), _times(fact)
    spanish = "Hay un transporte que lleva a los clientes"
    spanish += f" hasta {miles[1]} millas" if miles else ""
    spanish += f", hasta {times[0]}" if times else ""
    return _both(fact, f"{spanish}{', entre semana' if 'weekday' in fact else ''}.".replace("hasta las", "hasta las"))


def _waiting(fact: str) -> Line:
    extra = " con café e internet inalámbrico" if "coffee" in fact else ""
    return _both(fact, f"Tenemos una sala de espera{extra}.")


def _cancel_fee(fact: str) -> Line:
    hours = re.search(r"(\w+) hours? before", fact)
    number = CARDINALS.get(fold(hours[1])) or hours[1] if hours else ""
    until = f" hasta {number} horas antes" if hours else ""
    return _both(fact, f"Una cita se puede cancelar sin cargo{until}.")


def _parts(fact: str) -> Line:
    times = _times(fact)
    spanish = f"El mostrador de refacciones cierra a {times[0]}" if times else "El mostrador de refacciones"
    return _both(fact, f"{spanish}{' y los sábados está cerrado' if 'Saturday' in fact else ''}.")


def _address(fact: str) -> Line:
    place = fact.split(":", 1)[-1].strip().rstrip(".")
    return _both(f"We are at {place}.", f"Estamos en {place}.")


def _services(fact: str) -> Line:
    listed = fact.split(":", 1)[-1].strip().rstrip(".")
    known = [names[1] for name, names in SERVICE_NAMES.items() if SERVICES[name].search(fold(listed))]
    return _both(
        f"By telephone I can book these: {listed}; for anything else I can connect you with a service advisor.",
        f"Por teléfono puedo agendar {', '.join(known)}; para lo demás le comunico con un asesor de servicio.",
    )


def _loaner(fact: str) -> Line:
    no = re.search(r"\bno\b|\bnot\b", fold(fact))
    return _both(
        "We have no loaner cars." if no else fact,
        "No tenemos autos de préstamo." if no else "Sí tenemos autos de préstamo.",
    )


_TEMPLATES: dict[str, Callable[[str], Line]] = {
    "shuttle": _shuttle,
    "waiting": _waiting,
    "cancel_fee": _cancel_fee,
    "parts_hours": _parts,
    "address": _address,
    "services": _services,
    "loaner": _loaner,
}
