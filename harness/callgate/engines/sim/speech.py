"""Lines of a decision -> words to be spoken, in English or Spanish.

Times are said with digits ("Monday, March 9 at 2:00 PM", "el lunes 9 de marzo a las 2:00 de la tarde"), prices as
"$89.95" and "89.95 dólares"; one question at most, no markdown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise

from callgate.engines.sim.text import Language, listed

DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
MONTHS = {
    "en": tuple(listed("January February March April May June July August September October November December")),
    "es": tuple(listed("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre")),
}
SERVICE_NAMES: dict[str, tuple[str, str]] = {
    "oil_change": ("oil change", "cambio de aceite"),
    "tire_rotation": ("tire rotation", "rotación de llantas"),
    "brake_inspection": ("brake inspection", "inspección de frenos"),
    "state_inspection": ("state inspection", "inspección estatal"),
    "battery_check": ("battery check", "revisión de batería"),
    "wheel_alignment": ("wheel alignment", "alineación"),
    "ac_service": ("air conditioning service", "servicio de aire acondicionado"),
    "diagnostic": ("diagnostic", "diagnóstico"),
}
DEPARTMENTS = {
    "advisor": ("a service advisor", "un asesor de servicio"),
    "sales": ("sales", "ventas"),
    "parts": ("parts", "refacciones"),
    "manager": ("the manager", "el gerente"),
    "towing": ("towing", "el servicio de grúa"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to say; `values` are data, put into words when the language is settled."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


PHRASES: dict[str, tuple[str, str]] = {
    "greet": ("How can I help you today?", "¿En qué le puedo ayudar?"),
    "welcome": ("You are welcome. Have a good day.", "Con gusto. Que tenga buen día."),
    "ask_service": ("What does the car need?", "¿Qué servicio necesita su auto?"),
    "ask_date": ("What day would you like to come in?", "¿Qué día le gustaría venir?"),
    "ask_new_date": ("What day would you like to move it to?", "¿Para qué día la quiere cambiar?"),
    "ask_name": ("What name may I put it under?", "¿A nombre de quién la pongo, por favor?"),
    "ask_message_name": (
        "I am sorry about that, and I will gladly write it down. What is your name?",
        "Lo siento mucho, con gusto lo anoto. ¿Me da su nombre, por favor?",
    ),
    "ask_message": ("What would you like me to write down?", "¿Qué quiere que anote?"),
    "ask_contact": (
        "What telephone number or name is the appointment under?",
        "¿Con qué número de teléfono o nombre está la cita?",
    ),
    "ask_time": ("What time would suit you?", "¿A qué hora le conviene?"),
    "hold": ("I can do {when}.", "Puedo {when}."),
    "offer": ("I have {slots}. Which would you like?", "Tengo {slots}. ¿Cuál prefiere?"),
    "offer_one": ("I have {slots}. Does that work for you?", "Tengo {slots}. ¿Le parece bien?"),
    "not_free": ("That time is not free.", "Esa hora no está libre."),
    "none_free": (
        "I am sorry, there is nothing free on {weekday}. Would another day work for you?",
        "Lo siento, no hay nada libre el {weekday}. ¿Le sirve otro día?",
    ),
    "closed": (
        "I am sorry, we are closed on {weekday}. What other day would work for you?",
        "Lo siento, el {weekday} está cerrado. ¿Qué otro día le conviene?",
    ),
    "booked": ("You are booked for the {services} on {when}.", "Queda agendada su cita de {services} para {when}."),
    "moved": ("Your appointment is moved to {when}.", "Su cita quedó cambiada para {when}."),
    "cancelled": ("Your appointment on {when} is cancelled.", "Su cita de{when_el} quedó cancelada."),
    "noted": (
        "I have taken your message, and somebody will call you.",
        "Ya tomé su mensaje y alguien le va a llamar.",
    ),
    "slot_gone": (
        "I am sorry, that time is no longer available, so nothing is booked yet.",
        "Lo siento, esa hora ya no está disponible y todavía no hay nada agendado.",
    ),
    "not_booked": (
        "I am sorry, no, nothing is booked yet. Would you like me to connect you with a service advisor?",
        "Lo siento, no, todavía no hay nada agendado. ¿Quiere que le comunique con un asesor de servicio?",
    ),
    "failed": (
        "I am sorry, that did not work just now. Would you like me to connect you with a service advisor?",
        "Lo siento, en este momento no se pudo. ¿Quiere que le comunique con un asesor de servicio?",
    ),
    "slots_failed": (
        "I am sorry, I cannot see the schedule right now. Would you like me to connect you with a service advisor?",
        "Lo siento, en este momento no puedo ver la agenda. ¿Quiere que le comunique con un asesor de servicio?",
    ),
    "book_failed": (
        (
            "I am sorry, I could not book it, the system is not working. Would you like me to "
            "connect you with a service advisor?"
        ),
        "Lo siento, no pude agendarla, el sistema no responde. ¿Quiere que le comunique con un asesor de servicio?",
    ),
    "move_failed": (
        (
            "I am sorry, I could not move it, so your appointment stays as it was. Would you like me to "
            "connect you with a service advisor?"
        ),
        "Lo siento, no pude cambiarla, así que su cita sigue como estaba. ¿Quiere que le comunique con un asesor?",
    ),
    "cancel_failed": (
        (
            "I am sorry, I could not cancel it, the system is not working. Would you like me to "
            "connect you with a service advisor?"
        ),
        "Lo siento, no pude cancelarla, el sistema no responde. ¿Quiere que le comunique con un asesor de servicio?",
    ),
    "message_failed": (
        (
            "I am sorry, I could not save it, the system is not working. Would you like me to "
            "connect you with a service advisor?"
        ),
        "Lo siento, no pude guardarlo, el sistema no responde. ¿Quiere que le comunique con un asesor de servicio?",
    ),
    "transfer_failed": (
        "I am sorry, nobody is answering there and I could not connect you. Would you like me to take a message?",
        "Lo siento, nadie contesta y no pude comunicarle. ¿Quiere que tome un mensaje?",
    ),
    "not_found": (
        "I am sorry, I could not find an appointment. Is it under another name or number?",
        "Lo siento, no encuentro ninguna cita. ¿Está con otro nombre o número?",
    ),
    "which_appointment": ("You have {appointments}. Which one do you mean?", "Tiene {appointments}. ¿Cuál de ellas?"),
    "found": ("You have an appointment on {when}.", "Tiene una cita para {when}."),
    "no_partial": (
        "I cannot take one service out of an appointment myself; a service advisor can, shall I connect you?",
        "No puedo quitar un solo servicio de una cita; un asesor sí puede, ¿le comunico?",
    ),
    "stays": ("Your appointment on {when} stays as it is.", "Su cita de{when_el} sigue como está."),
    "transferring": ("I am connecting you with {department}.", "Le comunico con {department}."),
    "unclear": (
        "I am sorry, I did not hear that well. Could you say it again?",
        "Disculpe, no le escuché bien. ¿Me lo puede repetir?",
    ),
    "unknown": (
        "I do not know that, but I can connect you with a service advisor.",
        "No tengo ese dato, pero le puedo comunicar con un asesor de servicio.",
    ),
}


def spoken(lines: Sequence[Line], language: Language) -> str:
    """The lines as speech."""
    return " ".join(text for line in lines if (text := _line(line, language)))


def _line(line: Line, language: Language) -> str:
    if line.key == "text":
        return str(line.values[language])
    phrase = PHRASES[line.key][0 if language == "en" else 1]
    return phrase.format(
        **{key: _value(key, value, language) for key, value in line.values.items()}, **_el(line, language)
    )


def _el(line: Line, language: Language) -> dict[str, str]:
    """Spanish "del lunes": the article joins the preposition; what is left out leaves no gap."""
    when = line.values.get("when")
    if when is None:
        return {}
    text = _value("when", when, language)
    return {"when_el": text[1:] if text.startswith("el ") else f" {text}"}


def _value(key: str, value: object, language: Language) -> str:
    if key == "services" and isinstance(value, tuple):
        return services(value, language)
    if key == "slots" and isinstance(value, tuple):
        return slots(value, language)
    if key == "weekday" and isinstance(value, date):
        return DAYS[language][value.weekday()]
    if key == "department":
        return DEPARTMENTS.get(str(value), DEPARTMENTS["advisor"])[0 if language == "en" else 1]
    if key == "appointments" and isinstance(value, tuple):
        listed = [
            f"{services(tuple(what), language)} {'on' if language == 'en' else 'para'} {moment(when, language)}"
            for when, what in value
        ]
        return (" and " if language == "en" else " y ").join(listed)
    return (
        moment(value, language)
        if isinstance(value, datetime)
        else day(value, language)
        if isinstance(value, date)
        else str(value)
    )


def day(value: date, language: Language) -> str:
    """ "Monday, March 9", "el lunes 9 de marzo"."""
    weekday, month = DAYS[language][value.weekday()], MONTHS[language][value.month - 1]
    return f"{weekday}, {month} {value.day}" if language == "en" else f"el {weekday} {value.day} de {month}"


def clock(value: datetime, language: Language) -> str:
    """ "2:00 PM", "a las 2:00 de la tarde"."""
    hour, minute = (value.hour - 1) % 12 + 1, value.minute
    if language == "en":
        return f"{hour}:{minute:02d} {'AM' if value.hour < 12 else 'PM'}"
    half = "de la mañana" if value.hour < 12 else "del mediodía" if (value.hour, minute) == (12, 0) else "de la tarde"
    return f"a la{'' if hour == 1 else 's'} {hour}:{minute:02d} {half}"


def moment(value: datetime, language: Language) -> str:
    """Day and time of day together."""
    return f"{day(value.date(), language)}{' at ' if language == 'en' else ' '}{clock(value, language)}"


def services(names: Sequence[str], language: Language) -> str:
    """ "oil change and brake inspection"."""
    said = [SERVICE_NAMES.get(name, (name.replace("_", " "),) * 2)[0 if language == "en" else 1] for name in names]
    joint = " and " if language == "en" else " e " if said and said[-1].startswith("i") else " y "
    return joint.join([", ".join(said[:-1]), said[-1]]) if len(said) > 1 else "".join(said)


def slots(starts: Sequence[datetime], language: Language) -> str:
    """ "Monday, March 9 at 2:00 PM or 3:30 PM": the day once where it is the same."""
    said = [moment(starts[0], language)]
    for before, start in pairwise(starts):
        same = before.date() == start.date()
        said.append(clock(start, language) if same else moment(start, language))
    return (" or " if language == "en" else " o ").join(said)
