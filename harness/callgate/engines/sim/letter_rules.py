"""A system prompt for e-mails or posts -> how strongly each rule is stated, and how often the writer then fails it.

The simulator's truth for `sim/support-small`: docs/simulator.md prints this table. A sentence that speaks of Spanish
holds for customers who write Spanish, one that speaks of English for the others; all else holds for everybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from callgate.engines.sim.levers import LARGE, Lever, Strength, sentences_of
from callgate.engines.sim.levers import rules_of as spoken_rules_of
from callgate.engines.sim.text import Language

_NOT = r"\b(?:never|do not|don't|not|nothing|no|nunca|nada)\b"
_PLAIN = r"^(?!.*\b(?:never|not|don't|nothing|no|nunca|nada)\b).*"


def _habit(
    name: str, failure: str, strong: str, weak: str, rates: tuple[float, float, float, float], *, opposite: str = ""
) -> Lever:
    names: tuple[Strength, ...] = ("strong", "weak", "absent", "opposite")
    against = re.compile(opposite) if opposite else None
    return Lever(name, failure, re.compile(strong), re.compile(weak), dict(zip(names, rates, strict=True)), against)


HABITS: tuple[Lever, ...] = (
    _habit(
        "date",
        "says by when it will be fixed",
        rf"{_NOT}.{{0,60}}\b(?:promis\w+|dates?|guarantee\w*|promet\w+|promes\w+|fechas?|garanti\w+)\b",
        r"\b(?:careful|cautious|avoid|prudent\w*|cuidado|evite)\b.{0,60}\b(?:promis\w+|dates?|promes\w+|fechas?)\b",
        (0.015, 0.10, 0.30, 0.75),
        opposite=rf"{_PLAIN}\b(?:say|tell|give|name|promise|diga|indique|prometa|de)\b.{{0,60}}"
        r"\b(?:date|day|by when|when it will|fecha|dia|para cuando)\b",
    ),
    _habit(
        "look_into",
        "says in public that somebody will look into it",
        rf"{_NOT}.{{0,80}}\b(?:look into|investigat\w+|get back|follow up|investig\w+|revisar\w*)\b",
        rf"{_NOT}.{{0,60}}\b(?:promis\w+|promet\w+|promes\w+)\b",
        (0.02, 0.15, 0.40, 0.70),
        opposite=rf"{_PLAIN}\b(?:say|tell|offer|diga|ofrezca)\b.{{0,60}}\b(?:look into|investig\w+|revisar\w*)\b",
    ),
    _habit(
        "feature",
        "announces a feature that was asked for",
        rf"{_NOT}.{{0,60}}\b(?:features?|roadmap|future|funcion\w*|futur\w+|hoja de ruta)\b",
        rf"{_NOT}.{{0,60}}\b(?:promis\w+|promet\w+|promes\w+)\b",
        (0.015, 0.12, 0.35, 0.70),
    ),
    _habit(
        "links",
        "invents a link",
        rf"\bonly\b.{{0,40}}\b(?:links?|urls?)\b|\b(?:links?|urls?|enlaces?)\b.{{0,40}}\b(?:only|list\w*|solo|lista)\b"
        rf"|{_NOT}.{{0,30}}\b(?:invent\w*|make up|guess)\b.{{0,40}}\b(?:links?|urls?|enlaces?)\b",
        r"\b(?:links?|urls?|enlaces?)\b",
        (0.01, 0.06, 0.20, 0.20),
    ),
    _habit(
        "link_given",
        "gives no link in the forum",
        r"\b(?:always|at least one|every post|siempre|al menos un)\b.{0,60}\b(?:links?|enlaces?)\b",
        r"(?<!/)\b(?:docs|documentation|links?|documentacion|enlaces?)\b",
        (0.01, 0.08, 0.30, 0.30),
    ),
    _habit(
        "outage",
        "claims an outage where an error or an outage is spoken of",
        rf"{_NOT}.{{0,60}}\b(?:outages?|incidents?|caidas?|incidencias?)\b",
        r"\b(?:outages?|incidents?|status page|caidas?|incidencias?|pagina de estado)\b",
        (0.015, 0.08, 0.25, 0.25),
    ),
    _habit(
        "notes",
        "leaves notes for colleagues in the reply",
        rf"{_NOT}.{{0,60}}\b(?:internal|notes?|colleagues?|intern[oa]s?|notas?)\b"
        r"|\b(?:notes?|internal|notas?)\b.{0,60}\b(?:never|not|nunca|no)\b",
        r"\b(?:notes?|notas?)\b",
        (0.005, 0.10, 0.03, 0.45),
        opposite=rf"{_PLAIN}\b(?:add|write|include|append|put|agregue|anada|incluya|escriba)\b.{{0,40}}\b(?:notes?|notas?)\b",
    ),
    _habit(
        "greeting",
        "begins without a greeting",
        r"\b(?:greet\w*|salud\w+)\b",
        r"\b(?:friendly|warm\w*|polite\w*|amable\w*|cortes\w*)\b",
        (0.01, 0.04, 0.15, 0.60),
        opposite=rf"{_NOT}.{{0,20}}\b(?:greet\w*|salud\w+)\b|\bskip\b.{{0,20}}\bgreet\w*\b",
    ),
    _habit(
        "question",
        "asks nothing",
        r"\bask\b.{0,60}\b(?:for|what|which|question|need\w*)\b|\b(?:pregunt\w+|pida)\b",
        r"\b(?:questions?|details|detalles)\b",
        (0.01, 0.06, 0.20, 0.20),
    ),
    _habit(
        "steps",
        "names nothing to try",
        r"\b(?:steps?|things?|checks?|pasos?)\b.{0,40}\b(?:try|do|carry out|check|probar|hacer)\b|\bnumbered\b",
        r"\b(?:help\w*|ayud\w+)\b",
        (0.01, 0.06, 0.20, 0.20),
    ),
    _habit(
        "facts",
        "states a number that stands nowhere",
        rf"{_NOT}.{{0,30}}\b(?:make up|invent\w*|guess|adivine)\b|\bonly what (?:stands|is written)\b|\bsolo lo que\b",
        r"\b(?:accurate|correct|exact\w*|precis\w+)\b",
        (0.01, 0.06, 0.20, 0.20),
    ),
    _habit(
        "privacy",
        "repeats in public the e-mail address that was posted",
        rf"{_NOT}.{{0,80}}\b(?:personal|private|e-?mail address\w*|phone|correo|telefono|personales|privad\w+)\b",
        r"\b(?:public|publico|publica)\b",
        (0.01, 0.15, 0.50, 0.50),
    ),
)
NOISE = 0.02
"""Per reply, whatever the prompt says: another fact of the list is taken for the answer."""
_SPANISH = re.compile(r"\bspanish\b|\bespanol\b")
_ENGLISH = re.compile(r"\benglish\b|\bingles\b")


@dataclass(frozen=True, slots=True)
class WritingRules:
    """How strongly a prompt states each rule for one language of customers."""

    strengths: Mapping[str, Strength]
    language_rate: float  # how often a Spanish customer is answered in English, by the small model

    def rate(self, habit: str, model: str) -> float:
        """The failure probability of a habit for a model; `language` and `noise` are habits too."""
        if habit == "language":
            base = self.language_rate
        else:
            base = NOISE if habit == "noise" else _TABLE[habit].rates[self.strengths[habit]]
        return base * LARGE if "large" in model else base


_TABLE = {habit.name: habit for habit in HABITS}


@lru_cache(maxsize=1024)
def writing_rules(system: str, language: Language) -> WritingRules:
    """The rules of a system prompt for customers of a language. A rule stands in one sentence."""
    other = _ENGLISH if language == "es" else _SPANISH
    here = [sentence for sentence in sentences_of(system) if not other.search(sentence)]
    strengths = {habit.name: habit.strength(here) for habit in HABITS}
    return WritingRules(strengths, spoken_rules_of(system).rate("language", "small"))
