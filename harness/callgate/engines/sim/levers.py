"""A system prompt and its tools -> how strongly each rule is stated, and how often the agent then fails it.

This table is the simulator's truth: `docs/simulator.md` prints it, so that what a gate finds can be held against
what was planted. A rule is recognised by tolerant patterns over its sentences, in English or Spanish; a probability is
per step at which the lever applies, on average over dialogues (see draw.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from callgate.engines.sim.text import fold

Strength = Literal["strong", "weak", "absent", "opposite"]


@dataclass(frozen=True, slots=True)
class Lever:
    """One rule, for who speaks or who writes: the patterns that state it and the failure probabilities of the small
    model by strength. `failure` is what goes wrong without it."""

    name: str
    failure: str
    strong: re.Pattern[str]
    weak: re.Pattern[str]
    rates: Mapping[Strength, float]
    opposite: re.Pattern[str] | None = None

    def strength(self, sentences: Sequence[str]) -> Strength:
        """How strongly the sentences of a prompt state it; where two do, the opposite counts, then the stronger."""
        if self.opposite and any(map(self.opposite.search, sentences)):
            return "opposite"
        if any(map(self.strong.search, sentences)):
            return "strong"
        return "weak" if any(map(self.weak.search, sentences)) else "absent"


LARGE = 0.35
"""The large model fails a lever this many times as often as the small one."""
NOISE = 0.028
"""Per step, what goes wrong under any prompt (small model)."""


def _lever(
    name: str,
    failure: str,
    strong: str,
    weak: str,
    rates: tuple[float, float, float],
    *,
    opposite: str = "",
    worst: float = 0.0,
) -> Lever:
    table: dict[Strength, float] = {"strong": rates[0], "weak": rates[1], "absent": rates[2], "opposite": worst}
    return Lever(name, failure, re.compile(strong), re.compile(weak), table, re.compile(opposite) if opposite else None)


LEVERS: tuple[Lever, ...] = (
    _lever(
        "language",
        "answers a Spanish caller in English",
        r"\b(?:answer|reply|respond|speak|talk|contest\w*|respond\w*|habl\w*)\b.{0,50}\b(?:language (?:of"
        r"|the|that|in which|he|she|they)|(?:caller's|same|their|his or her) (?:own )?language"
        r"|idioma (?:de|que|en que))"
        r"|\b(?:only|always|entirely|completely|fully) in spanish|\b(?:solo|siempre|unicamente) en espanol"
        r"|^(?!.*\b(?:try|may|can|could|possible|puede|intente)\b).*"
        r"\b(?:answer|reply|respond|speak|conteste|responda|hable)\b.{0,60}\b(?:in spanish|en espanol)\b",
        r"\bspanish\b|\bespanol\b",
        (0.012, 0.30, 0.60),
        opposite=(
            r"\benglish first\b|\b(?:only|always|first) (?:in |speak )?english\b|\b(?:start|begin|greet|open"
            r"|answer|reply|speak|stay|default|respond)\b.{0,20}\b(?:in|to|with) english\b"
            r"(?! (?:or|and|to|for|if|when|where|speak\w*|callers?|customers?)\b)"
            r"|\benglish (?:unless|by default)\b|\bprimero en ingles\b|\bsolo en ingles\b"
        ),
        worst=0.41,
    ),
    _lever(
        "usted",
        "speaks to a Spanish caller with tú",
        r"\busted\b",
        r"\b(?:formal|polite\w*|cortes\w*)\b",
        (0.01, 0.30, 0.60),
    ),
    _lever(
        "every_service",
        "leaves the last of several services out",
        (
            r"\b(?:every|each) service\b|\ball (?:of )?(?:the )?services (?:the caller|that|named|he|they"
            r"|asked)|\bcada servicio\b|\btodos los servicios (?:que|mencion\w+|pedid\w+)"
        ),
        r"\b(?:several|multiple|more than one|different|varios|two) (?:services|servicios)\b",
        (0.01, 0.12, 0.25),
    ),
    _lever(
        "late_service",
        "leaves a service out that was added after the first look",
        (
            r"\b(?:services?|servicios?)\b.{0,80}\b(?:added|late|later|afterwards|agregad\w+|al final|despues"
            r"|tarde|ultimo)\b"
        ),
        r"\b(?:every|each|all|cada|todos)\b.{0,20}\b(?:services?|servicios?)\b",
        (0.015, 0.25, 0.50),
    ),
    _lever(
        "ask_again",
        "asks for what it was told or what is known of the caller",
        (
            r"\b(?:never|do not|don't|not|no|nunca)\b.{0,30}\b(?:ask|pregunt\w+|pida)\b.{0,80}\b(?:known|know"
            r"|record|on file|conoc\w+|se sabe|sabemos|consta)\b"
        ),
        r"\b(?:never|do not|don't|no|nunca)\b.{0,30}\b(?:ask|repeat|pregunt\w+|pida)\b",
        (0.008, 0.06, 0.15),
    ),
    _lever(
        "offset",
        "books with today's offset for a day across a clock change",
        (
            r"\bdaylight saving\b|\bdst\b|\bhorario de verano\b|\bcambio de hora\b"
            r"|\boffset\b.{0,40}\bday of the appointment\b"
        ),
        r"\boffset\b|\bdesfase\b",
        (0.0, 0.85, 0.90),
    ),
    _lever(
        "confirm",
        "confirms without the day and time",
        (
            r"\b(?:say|repeat|confirm|tell|read|state|diga|repita|confirme)\b.{0,60}\b(?:day|date|dia"
            r"|fecha)\b.{0,40}\b(?:time|hour|hora)\b"
        ),
        r"\bconfirm\w*\b|\brepeat\b|\brepita\b",
        (0.006, 0.07, 0.25),
    ),
    _lever(
        "tool_failure",
        "claims success after a tool failed",
        (
            r"\b(?:tool|herramienta)\b.{0,60}\b(?:fails?|nothing|error|falla|nada)\b.{0,40}\b(?:say|tell|diga"
            r"|avise|explique)\b|\b(?:never|do not|nunca)\b.{0,20}\b(?:say|claim|tell"
            r"|diga)\b.{0,80}\b(?:booked|done|moved|hecho|agendad\w+)\b"
        ),
        r"\b(?:tool|herramienta)\b.{0,60}\b(?:not work|fails?|error|falla|no funciona)",
        (0.02, 0.22, 0.45),
    ),
    _lever(
        "facts_only",
        "states a price, time or policy that stands nowhere",
        (
            r"\b(?:never|do not|don't|nunca|no)\b.{0,15}\b(?:make up|invent\w*|guess|inventes?|adivine)\b"
            r"|\bonly (?:what stands|the information|facts)|\bsolo lo que\b"
        ),
        r"\b(?:accurate|correct|exact\w*|precis\w+)\b",
        (0.02, 0.20, 0.40),
    ),
    _lever(
        "tools_first",
        "offers a time without having looked",
        (
            r"\bbefore\b.{0,30}\boffer\b|\bonly\b.{0,30}\b(?:times|slots)\b.{0,30}\breturn\w*"
            r"|\bantes de ofrecer\b|\bsolo\b.{0,30}\bhorarios\b"
        ),
        r"\bfind_slots\b",
        (0.006, 0.06, 0.20),
    ),
    _lever(
        "take_message",
        "apologises and does not take the message down",
        r"\btake_message\b.{0,80}|.{0,80}\btake_message\b",
        r"\bmessage\b|\bmensaje\b|\brecado\b",
        (0.02, 0.10, 0.25),
    ),
    _lever(
        "style",
        "talks on, with a list or bold words",
        r"\b(?:no|without|sin)\b.{0,20}\bmarkdown\b",
        r"\b(?:short|brief|concise|breve\w*|cort[oa]s?)\b",
        (0.01, 0.10, 0.40),
    ),
)

TRIGGERS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "person": r"\b(?:person|human|someone|somebody|advisor|persona|alguien|asesor)\b",
        "angry": r"\b(?:angry|upset|furious|enojad\w+|molest\w+)\b",
        "department": r"\b(?:department|departamento|sales|ventas)\b",
        "unsafe": r"\b(?:accident|not safe|unsafe|accidente|insegur\w+|peligr\w+)\b",
        "lawyer": r"\b(?:lawyer|attorney|legal|abogado)\b",
        "manager": r"\b(?:manager|gerente|person|angry|upset|complain\w*)\b",
    }.items()
}
TRANSFER_RATES: Mapping[Strength, float] = {"strong": 0.015, "weak": 0.22, "absent": 0.45, "opposite": 0.45}
"""A reason to pass the call on that the prompt names; that it does not, though it has the rule; that has no rule."""
FREE_TEXT_RATES: Mapping[Strength, float] = {"strong": 0.0, "weak": 0.01, "absent": 0.09, "opposite": 0.09}
"""Services sent as free text: the tool's list of services says "every", has a description, or has none."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How strongly a prompt states each rule, and which reasons to pass a call on it names."""

    strengths: Mapping[str, Strength]
    triggers: frozenset[str]

    def rate(self, lever: str, model: str) -> float:
        """The failure probability of a lever for a model."""
        return _scaled(_TABLE[lever].rates[self.strengths[lever]], model)

    def transfer_rate(self, trigger: str, model: str) -> float:
        """The probability not to pass a call on for this reason."""
        strength: Strength = "strong" if trigger in self.triggers else "weak" if self.triggers else "absent"
        return _scaled(TRANSFER_RATES[strength], model)


_TABLE = {lever.name: lever for lever in LEVERS}


def noise(model: str) -> float:
    """The probability per step that something goes wrong whatever the prompt says."""
    return _scaled(NOISE, model)


def _scaled(rate: float, model: str) -> float:
    return rate * LARGE if "large" in model else rate


@lru_cache(maxsize=4096)
def rules_of(system: str) -> Rules:
    """The rules of a system prompt. A rule must stand in one sentence; where two could, the stronger one counts."""
    sentences = sentences_of(system)
    strengths = {lever.name: lever.strength(sentences) for lever in LEVERS}
    passing = [
        s
        for s in sentences
        if re.search(r"\btransfer_call\b|\bpass the call\b|\btransfer\b|\btransfier\w+\b|\bpase la llamada\b", s)
    ]
    triggers = frozenset(name for name, pattern in TRIGGERS.items() if any(pattern.search(s) for s in passing))
    return Rules(strengths, triggers)


def sentences_of(system: str) -> tuple[str, ...]:
    """Folded sentences; a line that is wrapped goes on, a bullet or an empty line begins a new one."""
    joined = re.sub(r"\n(?!\s*(?:[-*#\n]|\d+\.))[ \t]*", " ", system)
    return tuple(
        s.strip() for line in fold(joined).splitlines() for s in re.split(r"(?<=[.!?;])\s+", line) if s.strip()
    )


def free_text_rate(tools: Sequence[Mapping[str, Any]], tool: str, model: str) -> float:
    """The probability that services go out as free text, from the description in the tool's schema."""
    for entry in tools:
        function = entry.get("function", {})
        if function.get("name") == tool:
            services = function.get("parameters", {}).get("properties", {}).get("services")
            if not isinstance(services, Mapping):
                return 0.0
            described = fold(str(services.get("description") or ""))
            strength: Strength = (
                "strong" if "every" in described or "cada" in described else "weak" if described else "absent"
            )
            return _scaled(FREE_TEXT_RATES[strength], model)
    return 0.0
