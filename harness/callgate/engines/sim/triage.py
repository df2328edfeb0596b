"""A chat request whose system prompt names categories, priorities and routes -> the JSON answer of `sim/triage-small`.

Read the prompt (which labels there are, what each means, which rules are stated), understand the ticket (tickets.py),
let the levers spoil it, answer. `LEVERS` is the simulator's truth: docs/simulator.md prints it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from callgate.engines.sim.draw import Draws
from callgate.engines.sim.levers import LARGE
from callgate.engines.sim.text import fold
from callgate.engines.sim.tickets import OTHER, STAKES, Understood, understood

Strength = Literal["stated", "hinted", "absent", "contrary"]

LEVERS: Mapping[str, tuple[float, float, float, float]] = {
    "defined": (0.010, 0.050, 0.150, 0.0),
    "any_language": (0.010, 0.100, 0.220, 0.550),
    "several": (0.030, 0.250, 0.500, 0.0),
    "tone": (0.020, 0.200, 0.450, 0.0),
    "scope": (0.030, 0.250, 0.700, 0.0),
    "stakes": (0.012, 0.080, 0.200, 0.0),
    "routes": (0.005, 0.050, 0.200, 0.0),
    "object_only": (0.003, 0.020, 0.200, 0.0),
    "sure": (0.050, 0.400, 0.900, 0.0),
    "noise": (0.015, 0.015, 0.015, 0.0),
}
"""Failures of the small model where the rule is stated, hinted, absent, contrary; per ticket to which it applies.
`noise` is what goes wrong whatever the prompt says."""
_STRENGTHS: tuple[Strength, ...] = ("stated", "hinted", "absent", "contrary")
_ANCHORS: Mapping[str, re.Pattern[str]] = {
    "login": re.compile(r"\blogin\b|\bsign(?:ing)?[ -]?in\b|\bpassword|\biniciar sesion|\banmeld"),
    "payslip": re.compile(r"\bpayslip|\bpay run|\bnomina|\babrechnung"),
    "time_off": re.compile(r"\bvacation|\bsick leave|\btime off|\bvacaciones|\burlaub"),
    "timesheets": re.compile(r"\bclocking|\btime ?sheet|\bfichaje|\bzeiterfassung"),
    "tax_documents": re.compile(r"\btax\b|\bretencion|\bsteuer"),
    "bank_details": re.compile(r"\bbank\b|\bcuenta bancaria|\bkonto"),
    "billing": re.compile(r"\binvoice|\bsubscription|\bfactura|\brechnung"),
    "integration": re.compile(r"\bapi\b|\bintegration|\bexport"),
    "outage": re.compile(r"\bdown\b|\boutage|\bcaid|\bausfall"),
    "privacy": re.compile(r"\bpersonal data|\bprivacy|\bdatos personales|\bdatenschutz"),
    OTHER: re.compile(r"\bout of scope|\banything else|\bnot about|\bnot ours|\bfuera de|\bsonstiges"),
}
_NAMES: Mapping[str, str] = {
    "en": r"\benglish\b|\bingles\b|\benglisch",
    "es": r"\bspanish\b|\bespanol|\bspanisch",
    "de": r"\bgerman\b|\baleman|\bdeutsch",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """What a prompt says: categories by topic, what is said of the priorities, routes of categories, its sentences."""

    topics: Mapping[str, str]
    described: Mapping[str, Strength]
    priorities: Mapping[str, str]
    routes: Mapping[str, str]
    urgent_route: str
    keeps_urgent: frozenset[str]  # routes that urgent tickets of their own categories go to as well
    rules: tuple[str, ...]

    def strength(self, stated: str, hinted: str = "", contrary: str = "") -> Strength:
        """How strongly a rule stands in some sentence."""
        if contrary and any(re.search(contrary, sentence) for sentence in self.rules):
            return "contrary"
        if any(re.search(stated, sentence) for sentence in self.rules):
            return "stated"
        return "hinted" if hinted and any(re.search(hinted, sentence) for sentence in self.rules) else "absent"


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is about to be answered; `is_spoilt` where a lever failed, `is_clear` where nothing made it hard."""

    topic: str
    stakes: str
    is_clear: bool
    is_spoilt: bool = False


@dataclass(frozen=True, slots=True)
class _Dice:
    """What fails here: the levers at their rates for a model; without draws nothing does."""

    draws: Draws | None

    def fails(self, lever: str, strength: Strength = "stated") -> bool:
        """Whether a lever fails under a rule of this strength."""
        if self.draws is None:
            return False
        rate = LEVERS[lever][_STRENGTHS.index(strength)] * (LARGE if "large" in self.draws.model else 1)
        return self.draws.fails(lever, rate)

    def luck(self, name: str) -> float:
        return 0.5 if self.draws is None else self.draws.chance(name)


def triaged(name: str, messages: Sequence[Mapping[str, Any]], trial: int) -> str:
    """The answer of a simulated triage model."""
    system = "\n".join(str(m.get("content") or "") for m in messages if m.get("role") == "system")
    ticket = next((str(m.get("content") or "") for m in reversed(messages) if m.get("role") == "user"), "")
    return _answered(system, ticket, _Dice(Draws.of(name, messages, (), trial)))


def unspoiled(system: str, ticket: str) -> str:
    """What the model would answer if no lever ever failed: how well it understands is seen by this."""
    return _answered(system, ticket, _Dice(None))


def _answered(system: str, ticket: str, dice: _Dice) -> str:
    desk, said = read_desk(system), understood(ticket)
    return _worded(_spoilt(_meant(said), said, desk, dice), desk, dice)


def _meant(said: Understood) -> _Answer:
    """What a careful reader answers."""
    topics = [topic for topic, _ in said.topics]
    if not topics:
        return _Answer("outage", "normal", is_clear=False)
    return _Answer(topics[0], said.stakes, is_clear=said.topics[0][1] > 1 and not said.is_mixed)


def _spoilt(answer: _Answer, said: Understood, desk: Desk, dice: _Dice) -> _Answer:
    """The answer as this model gives it under this prompt."""
    topics = [topic for topic, _ in said.topics] or [answer.topic]
    topic, stakes = answer.topic, answer.stakes
    if said.is_mixed and dice.fails("several", desk.strength(_SEVERAL + r".{0,90}" + _WORST, _SEVERAL)):
        topic = topics[1]
    if topic == OTHER and dice.fails("scope", _scope(desk)):
        topic, stakes = _nearest(topics, OTHER), "normal"
    elif topic != OTHER and dice.fails("defined", desk.described.get(topic, "absent")):
        topic = _nearest(topics, topic)
    if dice.fails("noise"):
        topic = _nearest(topics, topic)
    if dice.fails("stakes", _priorities_stated(desk)):
        stakes = _step(stakes, 1 if dice.luck("down") < 0.7 else -1)
    if said.is_angry and stakes in {"normal", "low"} and dice.fails("tone", desk.strength(_TONE, r"\bpolite|\bcalm")):
        stakes = _step(stakes, -1)
    if said.tongue != "en" and stakes != "normal" and dice.fails("any_language", _languages(desk, said.tongue)):
        stakes = "normal"
    return replace(answer, topic=topic, stakes=stakes, is_spoilt=(topic, stakes) != (answer.topic, answer.stakes))


_SEVERAL = r"\b(?:several|more than one|multiple|two) (?:matters|issues|things|questions|requests)\b"
_WORST = r"\b(?:most|worst|hurts|highest|gravest)\b"
_TONE = r"\b(?:never|not)\b.{0,40}\btone\b|\bcapitals\b.{0,40}\bnothing\b|\banger\b.{0,40}\bnothing\b"
_SCOPE = r"\b(?:do not|never) force\b|\bwhat is not (?:ours|about)\b.{0,60}\bout_of_scope\b"
_SURE = r"\bhow often you would be right\b|\bconfidence\b.{0,60}\b(?:less than|below|under|lower)\b"
_ONLY = (
    r"\b(?:one|a single) json object\b.{0,30}\b(?:nothing else|only|alone)\b|\bonly (?:with )?(?:one|a) json object\b"
)


def _languages(desk: Desk, tongue: str) -> Strength:
    """How strongly the prompt says that a ticket of this language counts like any other."""
    own = _NAMES[tongue]
    stated = rf"\b(?:any|every|all|whatever) (?:the )?languages?\b|(?=.*(?:{own})).*\b(?:alike|same|equally)\b"
    later = r"\b.{0,80}\b(?:normal|wait|later)\b"
    contrary = rf"\bnot in english{later}|\benglish (?:tickets )?(?:first|only)\b|(?:{own})\w* tickets{later}"
    return desk.strength(stated, r"\blanguages?\b", contrary)


def _scope(desk: Desk) -> Strength:
    if OTHER not in desk.topics:
        return "absent"
    return "stated" if desk.strength(_SCOPE) == "stated" else "hinted"


def _priorities_stated(desk: Desk) -> Strength:
    lengths = [len(text.split()) for text in desk.priorities.values()]
    return "absent" if not lengths or min(lengths) < 2 else "stated" if sum(lengths) >= 6 * len(lengths) else "hinted"


def _nearest(topics: Sequence[str], topic: str) -> str:
    """The next best topic that is in scope; where the ticket names no other, the one beside it in the list."""
    known = [one for one in topics if one not in {topic, OTHER}]
    listed = [one for one in _ANCHORS if one != OTHER]
    return known[0] if known else listed[(listed.index(topic) + 1) % len(listed)] if topic in listed else listed[0]


def _step(stakes: str, by: int) -> str:
    return STAKES[min(len(STAKES) - 1, max(0, STAKES.index(stakes) + by))]


# ---------------------------------------------------------------------------------------------- the answer


def _worded(answer: _Answer, desk: Desk, dice: _Dice) -> str:
    """The answer in the prompt's labels; its route follows from them unless that lever fails."""
    topic = answer.topic if answer.topic in desk.topics else next(iter(desk.topics), answer.topic)
    category = desk.topics.get(topic, topic)
    priorities = list(desk.priorities)
    stakes = "low" if topic == OTHER else answer.stakes
    found: dict[str, object] = {"category": category}
    if priorities:
        place = STAKES.index(stakes)
        found["priority"] = stakes if stakes in desk.priorities else priorities[min(place, len(priorities) - 1)]
    spoilt = answer.is_spoilt
    if desk.routes:
        own = desk.routes.get(category, "")
        strength: Strength = "stated" if own else "absent"
        if stakes == "urgent" and desk.urgent_route and own not in desk.keeps_urgent:
            own = desk.urgent_route
        if dice.fails("routes", strength) or not own:
            own, spoilt = next(iter(desk.routes.values())), True
        found["route"] = own
    found["confidence"] = _confidence(desk, dice, is_clear=answer.is_clear and not spoilt)
    text = json.dumps(found, ensure_ascii=False)
    if dice.fails("object_only", desk.strength(_ONLY, r"\bjson\b")):
        return f"Here is how I would sort it:\n\n{text}"
    return text


def _confidence(desk: Desk, dice: _Dice, *, is_clear: bool) -> float:
    """High where the ticket is clear; where it is not, or something went wrong, lower, as far as the prompt asks for
    honesty."""
    blind, luck = dice.fails("sure", desk.strength(_SURE, r"\bconfiden")), dice.luck("confidence")
    if blind or is_clear:
        return round(0.86 + 0.13 * math.sqrt(luck), 2)
    return round(0.40 + 0.42 * luck, 2)


# ---------------------------------------------------------------------------------------------- the prompt


@lru_cache(maxsize=64)
def read_desk(system: str) -> Desk:
    """The labels that a prompt lists under headings on categories, priority and routes, and its sentences."""
    lists: dict[str, dict[str, str]] = {"categor": {}, "priorit": {}, "route": {}}
    here = ""
    for line in system.splitlines():
        if line.startswith("#"):
            here = next((name for name in lists if name in fold(line)), "")
        entry = re.match(r"\s*[-*] `?(\w+)`?(?::\s*(.*))?$", line)
        if entry and here:
            lists[here][entry[1]] = entry[2] or ""
    categories = lists["categor"]
    topics = {topic: name for topic in _ANCHORS if (name := _of_topic(topic, categories))}
    described: dict[str, Strength] = {
        topic: "stated" if (size := len(categories[name].split())) >= 6 else "hinted" if size else "absent"
        for topic, name in topics.items()
    }
    routes = {
        category: route
        for route, text in lists["route"].items()
        for category in categories
        if re.search(rf"\b{re.escape(category)}\b", text)
    }
    pressing = [route for route, text in lists["route"].items() if re.search(r"\burgent\b", fold(text))]
    keeps = frozenset(route for route in pressing if route in routes.values())
    urgent = next((route for route in pressing if route not in keeps), "")
    joined = re.sub(r"\n(?!\s*(?:[-*#\n]|\d+\.))[ \t]*", " ", system)
    rules = tuple(s for line in fold(joined).splitlines() for s in re.split(r"(?<=[.!?;])\s+", line) if s.strip())
    return Desk(topics, described, lists["priorit"], routes, urgent, keeps, rules)


def _of_topic(topic: str, categories: Mapping[str, str]) -> str | None:
    """The category that is about a topic: by its name, else by what is said of it."""
    for text in ({name: name.replace("_", " ") for name in categories}, categories):
        found = next((name for name, said in text.items() if _ANCHORS[topic].search(fold(said))), None)
        if found is not None:
            return found
    return None
