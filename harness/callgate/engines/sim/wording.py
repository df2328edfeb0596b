"""Lines -> the words this model under this prompt says them in: language, form of address, length."""

from __future__ import annotations

from callgate.engines.sim.acts import Act
from callgate.engines.sim.draw import Draws
from callgate.engines.sim.levers import Rules
from callgate.engines.sim.reading import Reading
from callgate.engines.sim.speech import spoken
from callgate.engines.sim.text import Language


def throw(lever: str, rules: Rules, draws: Draws) -> bool:
    """Whether a lever fails here."""
    return draws.fails(lever, rules.rate(lever, draws.model))


_TU = (
    ("¿En qué le puedo", "¿En qué te puedo"),
    ("le gustaría", "te gustaría"),
    ("¿Me da su", "¿Me das tu"),
    ("prefiere", "prefieres"),
    ("Queda agendada su", "Queda agendada tu"),
    ("Su cita", "Tu cita"),
    ("su cita", "tu cita"),
    ("le sirve", "te sirve"),
    ("¿Le sirve", "¿Te sirve"),
    ("¿Le parece", "¿Te parece"),
    ("¿Quiere que le", "¿Quieres que te"),
    ("le puedo", "te puedo"),
    ("Le comunico", "Te comunico"),
    ("le comunico", "te comunico"),
    ("su auto", "tu auto"),
    ("le conviene", "te conviene"),
    ("su nombre", "tu nombre"),
    ("necesita su", "necesita tu"),
    ("quiere que", "quieres que"),
)


def worded(act: Act, reading: Reading, rules: Rules, draws: Draws) -> str:
    """The lines in words: in the caller's language, with usted, and no longer than a voice should speak."""
    language: Language = reading.language
    if language == "es" and throw("language", rules, draws):
        language = "en"
    text = spoken(act.lines, language)
    if language == "es" and throw("usted", rules, draws):
        for formal, informal in _TU:
            text = text.replace(formal, informal)
    return _padded(text, language) if throw("style", rules, draws) else text


def _padded(text: str, language: Language) -> str:
    """A written answer instead of a spoken one."""
    if language == "es":
        return (
            "¡Muchísimas gracias por llamarnos! Será un placer ayudarle con todo lo que necesite hoy, estamos "
            f"siempre para servirle.\n\n**{text}**\n\n- Estamos a sus órdenes para cualquier otra cosa que necesite.\n"
            "- Nuestro equipo le atenderá con mucho gusto en todo momento, y le agradecemos de nuevo su preferencia."
        )
    return (
        "Thank you so much for calling us today! It is our great pleasure to help you with anything that you may need, "
        f"and we truly appreciate your business.\n\n**{text}**\n\n- Our friendly team is always here for you, whatever "
        "you need.\n- Please do not hesitate to reach out again at any time, we are happy to help."
    )
