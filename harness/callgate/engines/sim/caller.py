"""A caller's brief and what the agent said -> what a caller says next, in English or Spanish: `sim/caller`.

It reads what any model that plays a caller is given (replay/talk.py): the brief as the system message, the agent's
words as those of the user, its own as those of the assistant. It answers what it is asked from what it knows, adds
services that it has not named yet, asks its question once, takes an offered time that suits it, and hangs up where the
agent says that all is done or passes it on. How it puts things is drawn; `caller_misdeeds` has callers that do what no
caller may.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from callgate.engines.sim.caller_misdeeds import misbehaving
from callgate.engines.sim.clocks import Clock, clocks_in, offers_in, part_in
from callgate.engines.sim.draw import Draws
from callgate.engines.sim.text import Language, fold

HANG_UP = "[hang up]"
VOLUNTEERS = 0.3
"""The share of conversations in which the name is given with the first answer, unasked."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What the caller was told."""

    goal: str
    language: Language
    opening: str
    known: Mapping[str, str]
    behaviour: str
    text: str

    @property
    def services(self) -> tuple[str, ...]:
        """The services it knows of, by the words it uses."""
        return tuple(part.strip() for part in self.known.get("service", "").split(";") if part.strip())


@dataclass(frozen=True, slots=True)
class Heard:
    """The call so far as the caller has it: the agent's last words, and everything both have said before them."""

    brief: Brief
    agent: str
    agent_before: tuple[str, ...]
    said: tuple[str, ...]
    draws: Draws = field(compare=False)

    @property
    def folded(self) -> str:
        return fold(self.agent)

    def has_said(self, words: str) -> bool:
        """Whether the caller has used these words before."""
        return any(_plain(words) in _plain(text) for text in self.said)

    def either(self, name: str, english: Sequence[str], spanish: Sequence[str]) -> str:
        """One of the ways to put it in the caller's language, drawn."""
        ways = english if self.brief.language == "en" else spanish
        return ways[int(self.draws.chance(name) * len(ways))]


def caller(name: str, messages: Sequence[Mapping[str, Any]], trial: int) -> str:
    """What the caller called `name` says next, with the mark of hanging up where it does."""
    told = brief_of(str(messages[0].get("content") or ""))
    agent = [str(m.get("content") or "") for m in messages[1:] if m.get("role") == "user"]
    said = tuple(str(m.get("content") or "") for m in messages[1:] if m.get("role") == "assistant")
    draws = Draws.of(name, messages, (), trial)
    heard = Heard(told, agent[-1] if agent else "", tuple(agent[:-1]), said, draws)
    words = _says(heard)
    return misbehaving(name, words, heard) if name != "caller" else words


def brief_of(text: str) -> Brief:
    """The brief of a system message."""
    known = dict(re.findall(r"^- ([a-z][a-z0-9_]*): (.+)$", text, re.MULTILINE))
    spoken = re.search(r"^How you speak:\n((?:- .+\n?)+)", text, re.MULTILINE)
    language: Language = "es" if _line("Language", text).startswith("Spanish") else "en"
    behaviour = fold(spoken[1]) if spoken else ""
    return Brief(_line("Goal", text), language, _line("Your first words", text), known, behaviour, text)


def _line(name: str, text: str) -> str:
    found = re.search(rf"^{name}: (.+)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def _plain(text: str) -> str:
    return re.sub(r"[^\w ]", "", fold(text)).strip()


# ---------------------------------------------------------------------------------------------- what it says

_DONE = re.compile(
    r"\byou(?:'re| are) (?:now |all )*(?:booked|set|confirmed|scheduled)\b|\bis (?:now )?(?:moved|cancel\w*|booked)\b"
    r"|\bi have (?:moved|cancel\w*|booked) (?:it|your|you)\b|\btaken your message\b"
    r"|\bqued[ao] (?:agendad|cambiad|cancelad)|\bya (?:quedo|tome su mensaje)\b|\bmessage has been passed\b"
    r"|\bmensaje quedo\b|\bstays as it is\b|\bsigue como esta\b"
)
_PASSED = re.compile(r"\bconnect(?:ing|ed) you\b|\ble comunico con\b|\bya le comunique\b")
_OFFERS_ADVISOR = re.compile(
    r"\bconnect you with\b|\ble comunique con\b|\ble puedo comunicar\b|\ble comunico\?|\bshall i connect\b"
)
_FAILED = re.compile(r"did not work|could not|cannot see|no pude|no se pudo|no puedo ver")
_UNCLEAR = re.compile(r"\bdid not hear\b|\bsay it again\b|\bno le escuche\b|\brepetir\b")
_OTHER_DAY = re.compile(
    r"\bnothing free\b|\banother day\b|\bother day\b|\bwe are closed\b|\bnada libre\b|\botro dia\b|\besta cerrado\b"
)
_MORE = re.compile(r"\banything else\b|\balgo mas\b|\botra cosa\b|\bhave a good day\b|\bbuen dia\b")
_ASKED: Mapping[str, re.Pattern[str]] = {
    "name": re.compile(r"\bname\b|\bnombre\b"),
    "phone": re.compile(r"\b(?:telephone|phone) number\b|\bnumero de telefono\b|\bnumber\b"),
    "service": re.compile(
        r"\bwhat does the car need\b|\bwhat service\b|\bwhich services?\b|\bhelp you\b|\bque servicio\b|\bayudar\b"
    ),
    "date": re.compile(r"\bwhat day\b|\bwhich day\b|\bque dia\b|\bque otro dia\b|\bwhat date\b"),
    "time": re.compile(r"\bwhat time\b|\ba que hora\b"),
    "vehicle": re.compile(r"\bwhat (?:car|vehicle)\b|\bmake and model\b|\bque (?:auto|carro|vehiculo)\b"),
    "plate": re.compile(r"\bplate\b|\bplaca"),
    "email": re.compile(r"\be-?mail\b|\bcorreo\b"),
    "message": re.compile(r"\bwrite down\b|\bque anote\b|\btell me more about it\b|\bcontar un poco mas\b"),
}


def _says(heard: Heard) -> str:
    """The next words: the first of these that has something to say."""
    if not heard.said and (not heard.agent_before or heard.brief.opening):
        return heard.brief.opening or _fallback(heard)
    for turn in (_finished, _unclear, _failed, _offered, _other_day, _asked, _adds, _leaves):
        words = turn(heard)
        if words:
            return words
    return _goodbye(heard)


def _fallback(heard: Heard) -> str:
    return heard.either(
        "opening", [f"Hello. {heard.brief.goal}"], [f"Hola, buenas. {heard.brief.known.get('wish', heard.brief.goal)}"]
    )


def _goodbye(heard: Heard) -> str:
    words = heard.either(
        "goodbye",
        ["Thank you, goodbye.", "That is all, thanks. Bye.", "Great, thank you very much."],
        ["Gracias, hasta luego.", "Es todo, muchas gracias.", "Perfecto, gracias, adiós."],
    )
    return f"{words} {HANG_UP}"


def _finished(heard: Heard) -> str:
    """Where the agent says that it is done, or passes the call on: what is still open, else good-bye."""
    if _PASSED.search(heard.folded) and not _OFFERS_ADVISOR.search(heard.folded):
        return _goodbye(heard)
    if _DONE.search(heard.folded):
        return _adds(heard) or _goodbye(heard)
    return ""


def _unclear(heard: Heard) -> str:
    """Says again what was not heard."""
    return heard.said[-1] if heard.said and _UNCLEAR.search(heard.folded) else ""


def _failed(heard: Heard) -> str:
    """Where something did not work: a person, a message, or once more, as the brief says."""
    if not _OFFERS_ADVISOR.search(heard.folded):
        return ""
    if "person" in heard.brief.behaviour:
        return heard.either(
            "person", ["Yes, please connect me with a person."], ["Sí, comuníqueme con una persona, por favor."]
        )
    if len(heard.said) < 5 and _FAILED.search(heard.folded):
        return heard.either("try again", ["No, please try it once more."], ["No, inténtelo otra vez, por favor."])
    return heard.either("no advisor", ["No, thank you. Goodbye."], ["No, gracias. Hasta luego."]) + f" {HANG_UP}"


def _offered(heard: Heard) -> str:
    """Takes one of the times that are offered; before that, what it has not said and not asked yet."""
    offers = [clock for clock in clocks_in(heard.folded) if not clock.crossed]
    if not offers or "?" not in heard.agent:
        offers = _last_offers(heard) if _answers_question(heard) else []
    if not offers or _ASKED["name"].search(heard.folded):
        return ""
    return _adds(heard) or _question(heard) or _taken(heard, offers)


def _last_offers(heard: Heard) -> list[Clock]:
    """The times of the last offer before an aside."""
    for text in reversed(heard.agent_before):
        offers = [clock for clock in clocks_in(fold(text)) if not clock.crossed]
        if offers and "?" in text:
            return offers
    return []


def _answers_question(heard: Heard) -> bool:
    asked = heard.brief.known.get("question", "")
    return bool(asked and heard.said and _plain(asked) in _plain(heard.said[-1]))


def _question(heard: Heard) -> str:
    """The question that it has, once."""
    asked = heard.brief.known.get("question", "")
    return asked if asked and not heard.has_said(asked) else ""


def _taken(heard: Heard, offers: Sequence[Clock]) -> str:
    wish = heard.brief.known.get("time", "")
    wanted = clocks_in(fold(wish)) or offers_in(fold(wish))
    fitting = [offer for offer in offers if any(clock.fits(offer.likely) for clock in wanted)]
    part = part_in(fold(wish))
    if not fitting and part:
        fitting = [offer for offer in offers if (offer.likely < 720) == (part == "morning")]
    if not fitting and wish and wanted and not heard.has_said(wish):
        return heard.either(
            "rather", [f"I would rather come at {wish}, is that free?"], [f"Prefiero a {wish}, ¿se puede?"]
        )
    last = "last" in heard.brief.behaviour or "ultima" in heard.brief.behaviour
    chosen = (fitting or list(offers))[-1 if last else 0]
    hour, minute = chosen.likely // 60, chosen.likely % 60
    digits = f"{(hour - 1) % 12 + 1}:{minute:02d}"
    article = "la" if hour % 12 == 1 else "las"
    half = ("AM" if hour < 12 else "PM") if heard.brief.language == "en" else _half(hour)
    return heard.either(
        "take",
        [f"{digits} {half} works, please.", f"Let us do {digits} {half}, please.", f"Yes, {digits} {half} is fine."],
        [
            f"A {article} {digits} {half}, por favor.",
            f"Sí, a {article} {digits} {half} está bien.",
            f"Me queda bien a {article} {digits} {half}.",
        ],
    )


def _half(hour: int) -> str:
    return "de la mañana" if hour < 12 else "de la tarde"


def _other_day(heard: Heard) -> str:
    """Another day where the first is full or closed, if it knows of one."""
    if not _OTHER_DAY.search(heard.folded):
        return ""
    day = heard.brief.known.get("other_date", "")
    if day and not heard.has_said(day):
        return heard.either(
            "other day", [f"Then {day}, please.", f"What about {day}?"], [f"Entonces {day}, por favor.", f"¿Y {day}?"]
        )
    return heard.either("no other", ["No, then I will call again."], ["No, entonces vuelvo a llamar."]) + f" {HANG_UP}"


def _asked(heard: Heard) -> str:
    """Answers each thing that is asked for with what it knows."""
    if "?" not in heard.agent:
        return ""
    slots = [slot for slot, pattern in _ASKED.items() if pattern.search(heard.folded)]
    if "phone" in slots and "name" in slots and re.search(r"\bor name\b|\bo nombre\b", heard.folded):
        slots.remove("phone" if "phone" not in heard.brief.known else "name")
    answers = [_answer(heard, slot) for slot in slots]
    words = " ".join(dict.fromkeys(answer for answer in answers if answer))
    if not words:
        return ""
    volunteers = heard.draws.chance("volunteers") < VOLUNTEERS and len(heard.said) == 1
    if volunteers and "name" not in slots and "name" in heard.brief.known:
        words += " " + _answer(heard, "name")
    return words


def _answer(heard: Heard, slot: str) -> str:
    known = heard.brief.known
    english = heard.brief.language == "en"
    if slot == "name" and "name" in known:
        return f"My name is {known['name']}." if english else f"Me llamo {known['name']}."
    if slot == "phone" and "phone" in known:
        return f"My number is {known['phone']}." if english else f"Mi número es {known['phone']}."
    if slot == "service" and heard.brief.services:
        return _sentence(_listing(heard, heard.brief.services[:1] if _one_by_one(heard) else heard.brief.services))
    if slot == "date" and _OTHER_DAY.search(heard.folded) and "other_date" in known:
        return _sentence(known["other_date"])
    if slot in known:
        return _sentence(known[slot])
    if slot == "service":
        return heard.brief.opening
    if slot == "time":
        return "Any time is fine." if english else "A cualquier hora está bien."
    return "I do not know that, I am sorry." if english else "Eso no lo sé, disculpe."


def _one_by_one(heard: Heard) -> bool:
    return "one at a time" in heard.brief.behaviour or "uno por uno" in heard.brief.behaviour


def _listing(heard: Heard, services: Sequence[str]) -> str:
    joint = " and " if heard.brief.language == "en" else " y "
    return joint.join([*([", ".join(services[:-1])] if services[:-1] else []), services[-1]])


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "?", "!")) else ".")


def _adds(heard: Heard) -> str:
    """The next service that it has not named yet."""
    missing = [service for service in heard.brief.services if not heard.has_said(service)]
    if not missing:
        return ""
    return heard.either(
        "adds",
        [f"Oh, and {missing[0]} too, please.", f"And I also need {missing[0]}."],
        [f"Ah, y también {missing[0]}, por favor.", f"Y también necesito {missing[0]}."],
    )


def _leaves(heard: Heard) -> str:
    """Where nothing is asked: its question if it has one, else good-bye."""
    if "?" in heard.agent and not _MORE.search(heard.folded):
        return heard.either("yes", ["Yes, please."], ["Sí, por favor."])
    return _question(heard) or _goodbye(heard)
