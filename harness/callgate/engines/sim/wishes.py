"""Folded caller's words -> what is to be done with an appointment, and what is asked."""

from __future__ import annotations

import re
from functools import lru_cache

from callgate.engines.sim.questions import ASKING, DURATION, PRICE, TOPICS
from callgate.engines.sim.services import UNLISTED, services_in
from callgate.engines.sim.text import SENTENCE

GOALS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "cancel",
        re.compile(
            r"\bcancel(?!l?ation (?:fee|policy))(?:l?(?:ing|ed|ation))?\b(?! (?:fee|policy))|\bcall (?:it"
            r"|that) off\b|\bscrap (?:it|the|my)"
            r"|\bcancel(?:ar\w*|e|ela|emela|en|o|eme|ame|acion|emos|aran)\b|\banul\w+|\bborr(?:ar|e|eme|emela"
            r"|ela|arla)\b|\btake me off\b|\bget rid of (?:my|that|the) appointment"
            r"|\bquit(?:ar|e|eme|en) (?:mi|la|de) (?:cita|lista)"
        ),
    ),
    (
        "move",
        re.compile(
            r"\bresch?ed\w*|\b(?:move|push|bump|switch|shift|swap|slide|change)(?:d)? (?:it|that|mine"
            r"|everything|my|our|the|this|us|me|back|to|up)\b(?! (?:oil|tires?|battery|brakes?|name|address))"
            r"|\b(?:different|another|earlier|later) (?:day|time)\b.{0,30}\bappointment|\breagend\w+"
            r"|\breprogram\w+|\brecorr\w+"
            r"|\bappointment (?:moved|pushed|changed|switched)|\bmov(?:er|erla|ermela|erme|erlo|emos|ela"
            r"|eme)\b|\badelant(?:ar|arla|arme|armela|en)\b"
            r"|\bpospon\w+|\bpostpone|\baplaz\w+|\b(?:cambi|pas|recorr|mov)\w* (?:(?:mi|la|una|esa|su|de|el"
            r"|nuestra) ){1,2}(?:cita|hora|dia|fecha|turno|horario)\b"
            r"|\b(?:me la|la) (?:puede |pueden |podria |podrian |quiero |quisiera )?(?:cambi|pas|muev|mover"
            r"|recorr)\w*|\b(?:cambi|pas)(?:ar|e|en)(?:la|mela|sela)\b|\b(?:la|mi cita) (?:cambio|paso"
            r"|muevo) (?:al?|para)\b|\bcambio de (?:hora|dia|fecha|cita)\b|\bcan't make (?:it|my|that|the)\b"
            r"|\bno (?:voy a poder|podre|puedo) (?:ir|llegar|asistir)"
        ),
    ),
    (
        "book",
        re.compile(
            r"\b(?:book|schedule|appointment|bring (?:it|my|the|her|him|in)|get (?:it|my|the|her|me"
            r"|him)\b.{0,30}\b(?:in|done|looked|checked|serviced)"
            r"|fit me|squeeze me|come in|drop (?:it|my|the) (?:off|car)|set (?:me|something|that|it|one) up"
            r"|sign me up|get in|slot|openings?|availab\w+|any chance|put me)\b"
            r"|\bneed (?:a|an|my|the|to|some)\b|\bdue for\b|\bi'd like\b|\bi want\b|\bcan (?:you|y'all|i"
            r"|we) (?:do|get|have|look|check|fit|squeeze)\b"
            r"|\bagend\w+|\b(?:cita|turno|espacio|campo|lugar|hueco)\b|\bnecesit\w+|\bquisiera|\bquiero"
            r"|\bllevar\b|\btraer\b|\bapart\w+|\bhacerle\b|\bme (?:pueden|podrian?|puede)\b"
        ),
    ),
)
_HAS_ONE = re.compile(
    r"\b(?:i'?m|i am|was) (?:in|down|booked|scheduled|set) for\b|\bsupposed to (?:bring|come|be there)"
    r"|\bgot (?:a|an|something|one)\b.{0,20} with you"
    r"|\b(?:have|had|'ve|got) an appointment\b|\btengo (?:una )?(?:cita|turno)\b|\bcita que tengo\b"
    r"|\btenia (?:una )?cita|\bmy (?:\w+ )?appointment\b|\bmi cita\b|\bit was for\b|\bera para (?:el"
    r"|hoy|manana)\b"
)
_NOT_CANCEL = re.compile(
    r"\bnot (?:actually |really )?cancel\w*|\bno (?:la |quiero |voy a |es |estoy )*cancel\w*"
    r"|\bdon't cancel|\bno cancel\w*"
)
_LEAVE = re.compile(
    r"\bleave (?:it|mine|that)(?: alone| as| where| be|[.,!?]|$)|\bkeep (?:it|mine|that|the one)\b"
    r"|\bdeje(?:la|mela|mosla)?\b.{0,15}\bcomo (?:estaba|esta)|\bmejor (?:dejela|dejemela|asi)"
    r"|\bque se quede\b|\bwhat time was (?:it|mine)|\bwhen (?:do|should) i come|\ba que hora (?:era"
    r"|es mi|tengo)|\bwhen is (?:it|mine|my)|\bcuando (?:es|era) mi cita|\bhow (?:it|things) (?:was"
    r"|were)"
)


def goal_in(text: str) -> str | None:
    """What the caller wants done with an appointment: keep, move, cancel or book; the first kind that is named wins."""
    if _LEAVE.search(text):
        return "keep"
    if _NOT_CANCEL.search(text):
        return (
            "move"
            if re.search(r"\bstill want\b|\bcambi\w+|\bmove\b|\bmover\w*|\binstead\b|\botro dia\b", text)
            else None
        )
    named = next((goal for goal, pattern in GOALS if pattern.search(text)), None)
    return "move" if named in {None, "book"} and _HAS_ONE.search(text) else named


@lru_cache(maxsize=4096)
def topics_in(text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """The questions asked: "price:oil_change", "hours", ...; `known` are the services spoken of before."""
    found: list[str] = []
    text = re.split(r"\bscratch that\b|\bforget (?:it|that)\b|\bolvid(?:elo|ese|eso)\b", text)[-1]
    unlisted = UNLISTED.search(text)
    if unlisted and not re.search(r"\b(?:luego|otro dia|later|never mind)\b", text):
        found.append(f"unlisted:{unlisted.group()}")
    for sentence in SENTENCE.findall(text):
        named = services_in(sentence)
        about = (*named.asked_about, *named.wanted)
        if PRICE.search(sentence) and not UNLISTED.search(sentence) and not TOPICS[3][1].search(sentence):
            found.extend(f"price:{name}" for name in (about or known or ("any",)))
        if DURATION.search(sentence):
            found.extend(f"duration:{name}" for name in (about or known or ("any",)))
        if TOPICS[0][1].search(sentence):
            found.append("loaner")
        if ASKING.search(sentence):
            found.extend(topic for topic, pattern in TOPICS if pattern.search(sentence))
    for narrow, wide in (
        ("parts_hours", "hours"),
        ("holiday", "hours"),
        ("shuttle", "hours"),
        ("cancel_fee", "price:any"),
    ):
        if narrow in found:
            found = [topic for topic in found if topic != wide]
    return tuple(dict.fromkeys(found))
