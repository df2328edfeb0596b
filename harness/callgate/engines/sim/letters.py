"""A chat request to `sim/support-small` -> the e-mail or the post that it writes.

It reads the facts out of the list in the system prompt, takes the one that has most in common with what the customer
wrote, and puts it between a greeting, things to try and a question. What then goes wrong is drawn by the rules that the
prompt states (letter_rules.py). A prompt that speaks of a forum has it write a post.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from callgate.engines.sim.draw import Draws
from callgate.engines.sim.letter_rules import writing_rules
from callgate.engines.sim.text import Language, fold, language_of, listed

_FORUM = re.compile(r"\b(?:forum|foro|community post)\b")
_LISTS = re.compile(r"(?m)(?:^- [^\n]+$\n?)+")
_WORD = re.compile(r"[a-z0-9]+")
_HOST = re.compile(r"https?://([\w.-]+)")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_SUBJECT = re.compile(r"^Subject: [^\n]*\n+")
_OUTAGE = re.compile(
    r"\boutages?\b|\bincidents?\b|\b(?:service|region|connectors?) status\b|^status\b|\bcaid[oa]s?\b|\bincidencias?\b"
    r"|\b(?:is|are|be|went|seems?)\b.{0,30}\bdown\b"
)
_TROUBLE = re.compile(rf"{_OUTAGE.pattern}|\b50\d\b|\btimeouts?\b")
_WISH = re.compile(
    r"\b(?:feature|would be (?:nice|great)|any plans?|roadmap|could you add|wish|support for|funcion|planean|"
    r"seria (?:bueno|genial)|tienen previsto|agregar|anadir)\b"
)
_NAME = re.compile(r"(?:^|\n)[ \t]*(?P<name>[A-ZÁÉÍÓÚÑ][a-záéíóúñ]+)(?: [A-ZÁÉÍÓÚÑ][\wáéíóúñ.]*)?[ \t]*$")
_COMMON = frozenset(
    listed(
        "the and that with this from for not are was you your have has our when after what which who how can its but "
        "que los las del una por con para como mas pero sus esta este desde cuando hay son fue muy nos sin see ver "
        "https docs example page under comes means most often there"
    )
)


@dataclass(frozen=True, slots=True)
class Words:
    """What the writer has to say in one language, besides the facts."""

    hello: str
    hello_all: str
    sorry: str
    lead: str
    steps: tuple[str, str]
    question: str
    close: str
    post_close: str
    no_feature: str
    date: str
    look_into: str
    feature: str
    outage: str
    number: str
    note: str
    bad_link: str
    repeats: str


WORDS: Mapping[Language, Words] = {
    "en": Words(
        hello="Hi{name},",
        hello_all="Hi,",
        sorry="Thank you for writing. I understand that this gets in the way of your work.",
        lead="What fits best to your description: {fact}",
        steps=("Compare this with what was changed shortly before it began.", "Try the same again and note the time."),
        question="Which region and which version of the client is it, and what does the message say word for word?",
        close="With these details the next reply can go straight to the cause.",
        post_close="If anyone has seen the same, please share what helped, with the exact message and version.",
        no_feature="No, this is not there today.",
        date="This will be fixed by tomorrow.",
        look_into="I'll look into it and get back to you.",
        feature="This feature is coming soon.",
        outage="We are currently experiencing an outage in your region.",
        number="The limit is 4,870 requests an hour.",
        note="Internal note: looks like shard 4 again, ask engineering.",
        bad_link="More on this: https://{host}/help/article-88213",
        repeats="Your account {email} is the one concerned.",
    ),
    "es": Words(
        hello="Hola{name}:",
        hello_all="Hola:",
        sorry="Gracias por escribirnos. Entendemos que esto interrumpe su trabajo.",
        lead="Lo que mejor encaja con su descripción: {fact}",
        steps=("Compare esto con lo que se cambió poco antes.", "Pruebe lo mismo otra vez y anote la hora."),
        question="¿Qué región y qué versión del cliente usa, y qué dice el mensaje palabra por palabra?",
        close="Con esos datos la próxima respuesta puede ir directamente a la causa.",
        post_close="Si alguien ha visto lo mismo, cuente qué le ayudó, con el mensaje exacto y la versión.",
        no_feature="No, hoy eso no existe.",
        date="Esto quedará resuelto mañana.",
        look_into="Lo voy a revisar y le avisaré.",
        feature="Esa función llegará pronto.",
        outage="Estamos sufriendo una caída en su región.",
        number="El límite es de 4.870 solicitudes por hora.",
        note="Nota interna: parece otra vez el fragmento 4, preguntar a ingeniería.",
        bad_link="Más sobre esto: https://{host}/ayuda/articulo-88213",
        repeats="Su cuenta {email} es la afectada.",
    ),
}


@dataclass(frozen=True, slots=True)
class Desk:
    """A request as it is understood: who wrote what, in which language, and what is known about it."""

    forum: bool
    language: Language
    name: str
    facts: tuple[str, ...]  # the likeliest first
    host: str
    email: str
    trouble: bool
    wish: bool


def letter(model: str, messages: Sequence[Mapping[str, Any]], trial: int) -> str:
    """The e-mail or post of one trial."""
    system, written = _parts(messages)
    desk = _understood(system, written)
    rules, draws = writing_rules(system, desk.language), Draws.of(model, messages, (), trial)

    def fails(habit: str) -> bool:
        return draws.fails(f"letter-{habit}-{desk.language}", rules.rate(habit, model))

    return _composed(desk, fails)


def flawless(messages: Sequence[Mapping[str, Any]]) -> str:
    """What would be written if nothing ever went wrong: how well the writer understands is seen by this."""
    return _composed(_understood(*_parts(messages)), lambda _habit: False)


def _parts(messages: Sequence[Mapping[str, Any]]) -> tuple[str, tuple[str, ...]]:
    """The system prompt, and what the customer wrote."""
    system = "\n".join(str(m.get("content") or "") for m in messages if m.get("role") == "system")
    return system, tuple(str(m.get("content") or "") for m in messages if m.get("role") == "user")


@lru_cache(maxsize=1024)
def _understood(system: str, written: tuple[str, ...]) -> Desk:
    text = _SUBJECT.sub("", written[-1]) if written else ""
    everything = "\n".join(written)
    folded, asked = fold(everything), fold(system)
    name = _NAME.search(text.rstrip())
    hosts = _HOST.findall(system)
    email = _EMAIL.search(everything)
    return Desk(
        forum=bool(_FORUM.search(asked)),
        language=language_of([everything]),
        name=f" {name['name']}" if name else "",
        facts=tuple(ranked(_facts(system), everything)),
        host=hosts[0] if hosts else "docs.example",
        email=email.group().rstrip(".") if email else "",
        trouble=bool(_TROUBLE.search(folded)),
        wish=bool(_WISH.search(folded)),
    )


def _facts(system: str) -> list[str]:
    """The items of the longest list in a prompt: that is where the facts stand."""
    lists = [found.group().strip().splitlines() for found in _LISTS.finditer(system)]
    return [line.removeprefix("- ").strip() for line in max(lists, key=len, default=[])]


def ranked(facts: Sequence[str], text: str) -> list[str]:
    """Facts by what they have in common with a text: rare words and numbers count more, the beginnings of words are
    compared, and a question about an outage asks for the fact on outages."""
    stems = [_stems(fact) for fact in facts]
    counts = {stem: sum(stem in some for some in stems) for some in stems for stem in some}
    wanted, outage = _stems(text), _OUTAGE.search(fold(text))

    def score(index: int) -> float:
        shared = stems[index] & wanted
        total = sum((2.0 if stem.isdigit() else 1.0) * math.log(1 + len(facts) / counts[stem]) for stem in shared)
        return total / math.pow(1 + len(stems[index]), 0.3) + (
            5.0 if outage and _OUTAGE.search(fold(facts[index])) else 0
        )

    return [facts[index] for index in sorted(range(len(facts)), key=lambda index: (-score(index), index))]


def _stems(text: str) -> set[str]:
    words = {word for word in _WORD.findall(fold(text)) if (len(word) > 2 or word.isdigit()) and word not in _COMMON}
    return {word[:5] for word in words}


def _composed(desk: Desk, fails: Callable[[str], bool]) -> str:
    """The reply: what a good one holds, without what a habit takes away, with what a habit adds."""
    words = WORDS["en" if desk.language == "es" and fails("language") else desk.language]
    fact = _fact(desk, fails)
    if desk.forum and fails("link_given"):
        fact = _REFERENCE.sub("", fact)
    added = {
        words.date: fails("date"),
        words.look_into: desk.forum and fails("look_into"),
        words.feature: desk.wish and fails("feature"),
        words.outage: desk.trouble and fails("outage"),
        words.number: fails("facts"),
        words.bad_link.format(host=desk.host): fails("links"),
        words.repeats.format(email=desk.email): desk.forum and bool(desk.email) and fails("privacy"),
    }
    steps = "" if fails("steps") else "\n".join(f"{n}. {step}" for n, step in enumerate(words.steps, 1))
    mailed = not desk.forum
    parts = [
        "" if mailed and fails("greeting") else words.hello_all if desk.forum else words.hello.format(name=desk.name),
        words.sorry if mailed else "",
        words.no_feature if desk.wish else "",
        words.lead.format(fact=fact) if fact else "",
        *(text for text, drawn in added.items() if drawn),
        steps,
        words.question if mailed and not fails("question") else "",
        words.close if mailed else words.post_close,
        words.note if fails("notes") else "",
    ]
    return "\n\n".join(filter(None, parts))


_REFERENCE = re.compile(r"[,:;]? *(?:see|ver|vea|en)? *\(?https?://\S+")


def _fact(desk: Desk, fails: Callable[[str], bool]) -> str:
    """The fact that answers best; now and then the second best."""
    slips = len(desk.facts) > 1 and fails("noise")
    return desk.facts[1 if slips else 0] if desk.facts else ""
