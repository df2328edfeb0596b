"""Folded caller's words -> services, goals, questions and reasons to pass the call on: the tables of patterns.

A table maps a name to one pattern for English, Spanish, and what speech recognition makes of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from callgate.engines.sim.text import SENTENCE

SERVICES: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "oil_change": r"\boil\b(?! (?:light|leak|pressure|on my|spot))|\ball change\w*\b|\bits all changed\b|\boil chang\w+|\baceite\b(?! en el piso)"
        r"|\bsynthetic\b|\ball chains\b|\bse ite\b|\boyl\b",
        "tire_rotation": r"\b(?:tire|tires|tyres?|wheel|tired) rot\w+|\brotat\w+(?: (?:of|on|my|the|those|all|four)){0,3}"
        r"(?: (?:tires?|wheels?|tyres?))?\b|\brotacion(?:es)?\b|\brot(?:ar|en|arme|arle|aran|e)\b|\btire location\b"
        r"|\bllantas rotadas\b|\b(?:girar|intercambi\w+) las llantas\b|\brotation\b|\brotado de llantas",
        "brake_inspection": r"\bbrakes?\b|\bbreaks? (?:inspect\w+|check\w*|looked|job|squeal\w*|pads?)|\bmy breaks\b|\bfrenos?\b|\bbalatas?\b|\bpastillas\b",
        "state_inspection": r"\bstate(?:'s)? (?:safety )?inspect\w+|\binspection sticker\b|\binspection[.,]? state\b|\binspeccion (?:estatal|del estado|anual)\b"
        r"|\bverificacion\b|\bstate (?:one|check)\b|\b(?:annual|yearly) inspection\b|\bestate inspect\w+|\bla (?:inspeccion )?estatal\b"
        r"|\bstate inspection\b|\bsafety inspection\b|\bengomado\b|\bcalcomania\b|(?<!brake )(?<!brakes )(?<!break )\binspection\b(?! of)"
        r"|\binspeccion\b(?! de (?:los )?frenos)",
        "battery_check": r"\bbatter(?:y|ies)\b|\bbaterias?\b|\bacumulador\b",
        "wheel_alignment": r"\balign\w*\b|\balin(?:e\w+|i?acion\w*)\b|\ba line ?ment\b|\ba lineman\b",
        "ac_service": r"\ba\.? ?/?c\.?\b(?= |$|[,.?!'])|\bair con\w*|\bair condition\w*|\baire(?: acondicionado)?\b(?! (?:a|en) las? llantas)|\bhvac\b",
        "diagnostic": r"\bdiagnos\w+|\bcheck[ -]engine\b|\bengine light\b|\bluz (?:amarilla |naranja )?(?:del? )?(?:motor|check|tablero)\b|\bche[ck]+ ?engine\b"
        r"|\bfoquito\b|\btestigo\b|\bescane\w+|\bcomputadora\b",
    }.items()
}

_BRAKE_INSPECTION = re.compile(
    r"\b(?:brakes?|breaks?)(?: and [a-z]+)? (?:inspect\w+)|inspeccion de(?: los)? frenos|inspect\w+ (?:of |on )?(?:my |the )?brakes?"
)
_DROPPED = re.compile(
    r"(?:\b(?:forget|skip|drop|leave out|take off|remove|without|no need for|don't need|do not need|not|except|minus"
    r"|never mind|nevermind|instead of|rather than|scratch|hold off on|already (?:had|did|got)|cancel)(?: about)?"
    r"|\b(?:sin|quit(?:e|ele|a|ar|ame|eme)|olvid(?:e|ese|emos)(?: de)?|ya no(?: \w+){0,2}|en vez de|en lugar de|menos|excepto|dejemos"
    r"|no (?:quiero|necesito|hace falta|es|va a ser|haga|hagan)|mejor no|no me haga|cancel(?:e|ar)|salvo))"
    r"(?: (?:the|my|a|an|any|el|la|los|las|un|una|mi|de|del|esa|ese|lo|hacer|hagan|that|on)){0,3} *$"
)
_DROPPED_AFTER = re.compile(
    r"^(?: (?:change|rotation|inspection|check|service|thing|part|de (?:llantas|aceite|los frenos)))?,? (?:can wait|i (?:already|did|had|got)|is fine|are fine|was done"
    r"|ya (?:me )?(?:la|lo|las|los)? ?(?:hic|cambi|revis)\w+|puede esperar|dejel[oa]|mejor no|ya no|no(?:,| hace falta))"
)
GOALS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "cancel",
        re.compile(
            r"\bcancel(?!l?ation (?:fee|policy))(?:l?(?:ing|ed|ation))?\b(?! (?:fee|policy))|\bcall (?:it|that) off\b|\bscrap (?:it|the|my)"
            r"|\bcancel(?:ar|arla|armela|e|ela|emela|en|o|eme|ame|acion|emos|aran)\b|\banul\w+|\btake me off\b|\bget rid of (?:my|that|the) appointment"
            r"|\bquit(?:ar|e|eme|en) (?:mi|la|de) (?:cita|lista)"
        ),
    ),
    (
        "move",
        re.compile(
            r"\bresch?ed\w*|\b(?:move|push|bump|switch|shift|swap|slide|change)(?:d)? (?:it|that|my|our|the|this|us|me|back|to|up)\b(?! (?:oil|tires?|battery|brakes?|name|address))"
            r"|\b(?:different|another|earlier|later) (?:day|time)\b.{0,30}\bappointment|\breagend\w+|\breprogram\w+|\brecorr\w+"
            r"|\bappointment (?:moved|pushed|changed|switched)|\bmov(?:er|erla|ermela|erme|erlo|emos|ela|eme)\b|\badelant(?:ar|arla|e|o)\b"
            r"|\bpospon\w+|\bpostpone|\baplaz\w+|\b(?:cambi|pas)(?:ar|arla|arme|armela|e|emela|en|eme|emos)\w* (?:mi|la|el|de|para|al?|el|mejor)\b"
            r"(?! (?:aceite|bateria|llantas|asesor|ventas|gerente))|\bcambiar(?:la|mela|le)\b|\bpasar(?:la|mela)\b|\bcambio de (?:hora|dia|fecha|cita)\b|\bcan't make (?:it|my|that|the)\b"
            r"|\bno (?:voy a poder|podre|puedo) (?:ir|llegar|asistir)"
        ),
    ),
    (
        "book",
        re.compile(
            r"\b(?:book|schedule|appointment|bring (?:it|my|the|her|him|in)|get (?:it|my|the|her|me|him)\b.{0,30}\b(?:in|done|looked|checked|serviced)"
            r"|fit me|squeeze me|come in|drop (?:it|my|the) (?:off|car)|set (?:me|something|that|it|one) up|sign me up|get in|slot|openings?|availab\w+|any chance|put me)\b"
            r"|\bneed (?:a|an|my|the|to|some)\b|\bdue for\b|\bi'd like\b|\bi want\b|\bcan (?:you|y'all|i|we) (?:do|get|have|look|check|fit|squeeze)\b"
            r"|\bagend\w+|\b(?:cita|turno|espacio|campo|lugar|hueco)\b|\bnecesit\w+|\bquisiera|\bquiero|\bllevar\b|\btraer\b|\bapart\w+|\bhacerle\b|\bme (?:pueden|podrian?|puede)\b"
        ),
    ),
)
_PRICE = re.compile(
    r"\bhow much\b(?! (?:time|longer))|\bpric\w+|\bcosts?\b|\bwhat (?:do|does|would|will|'s|is)(?: \w+){0,3} (?:charge|run me|run|get for|going to be|cost)"
    r"|\bgoing rate|\bdamage\b.{0,12}\?|\bcuanto (?:\w+ ){0,3}?(?:cuesta|cobra\w*|vale|sale|saldria|seria|es|costaria|va a costar|esta|cobrarian|por)\b|\bcuanto[?]|\ben cuanto\b|\bprecio\w*|\bcosto\b"
    r"|\bque (?:precio|costo)|\bcharge for\b|\brun me\b|\bis (?:it|that) free|\bcuanto me\b"
)
_DURATION = re.compile(
    r"\bhow (?:long|much time)\b|\bcuanto (?:tiempo|tarda\w*|dura|demora\w*|se (?:tarda|demora|lleva)\w*|me tardo|toma)\b|\bque tanto (?:tarda|dura|se)"
    r"|\btake all day\b|\bgoing to take\b|\ben cuanto tiempo"
)
_TOPICS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("loaner", re.compile(r"\bloaners?\b|\b(?:courtesy|rental|spare|replacement) (?:car|vehicle)|\bprest\w+\b.{0,30}\b(?:carro|coche|auto|uno|vehiculo)|\b(?:carro|coche|auto|vehiculo) (?:prestado|de (?:cortesia|reemplazo|prestamo|sustitucion))"
                          r"|\bborrow a car|\b(?:give|lend|loan) me (?:a car|something to drive)|\bcarrito prestado|\bloner\b")),
    ("shuttle", re.compile(r"\bshuttle|\b(?:give|get|catch|need) (?:me )?a (?:ride|lift)\b|\bdrive me\b|\bcan (?:you|someone) (?:drop|take) me\b|\bride (?:home|to work|back)\b|\btransporte\b|\bme (?:llevan|pueden llevar|dan (?:un )?(?:aventon|ride|raite))\b|\bcamioneta que (?:lleva|lleve)\b|\blanzadera|\bpick me up\b|\bllevar(?:me)? (?:a (?:mi )?(?:casa|trabajo)|al trabajo)|\btraslado")),
    ("waiting", re.compile(r"\bwaiting (?:room|area)|\bwait (?:there|here|for it|while|at)|\bwi-?fi\b|\bcoffee\b|\bsala de espera|\besperar(?:lo|la|me)? (?:ahi|alla|en|mientras|aqui|adentro)|\bcafe\b|\binternet\b|\bsomewhere to sit|\bplace to (?:sit|wait)|\bdonde (?:esperar|sentar)")),
    ("cancel_fee", re.compile(r"\bcancel\w* (?:fee|policy|charge)|\b(?:fee|penalty|charge\w*)\b.{0,30}\bcancel|\bcancel\w*\b.{0,60}\b(?:fee|penalty|charge|cost me|pay)\b|\b(?:multa|penaliz\w+|cobr\w+|cuota|recargo|cargo)\b.{0,40}\bcancel|\bcancel\w*.{0,60}\b(?:multa|penaliz\w+|cobr\w+|cuota|cuest\w+|recargo|cargo)")),
    ("parts_hours", re.compile(r"\bparts?\b.{0,40}\b(?:open|close|hours|until|till|late)|\b(?:open|close|hours)\b.{0,40}\bparts\b|\b(?:repuestos|refacciones|partes)\b.{0,40}\b(?:abr\w+|abiert\w+|cierr\w+|horario|hora)|\b(?:abr\w+|abiert\w+|cierr\w+|horario|hora)\b.{0,50}\b(?:repuestos|refacciones|partes|piezas)\b")),
    ("address", re.compile(r"\baddress\b|\bwhere (?:are|is|'re|exactly|do i|you)\b.{0,20}(?:you|located|shop|place|at|go|dealer|y'all)|\blocated\b|\blocation\b|\bdirections?\b|\bdireccion\b|\bdonde (?:estan|quedan?|se encuentran|es|llego|los|esta)\b|\bubica\w+|\bwhat street|\ben que calle|\bcomo llego")),
    ("hours", re.compile(r"\bwhat time (?:do|are|does|is|can)\b.{0,25}\b(?:open|close|get there|there)|\b(?:are|is|be|stay|still) (?:you|y'all|they|the \w+|you guys|there|anybody there)?(?: \w+){0,2} ?open\b|\bopen (?:on|till|until|at|sundays?|saturdays?|today|tomorrow|late|this|past|on)|\bhours\b(?! (?:before|ahead|or|and|away|ago|each))|\bhow late\b|\bhow early\b|\bwhen do you (?:open|close)|\b(?:y'all|you) (?:open|close)\b|\bclosing time"
                         r"|\b(?:a|hasta|desde) que horas? (?:abren|cierran|estan|atienden|trabajan|abre|cierra|puedo|me)|\bhorarios?\b|\b(?:abren|cierran|abre|cierra|atienden|abierto|abiertos)\b|\btrabajan (?:los?|el)\b")),
    ("services", re.compile(r"\bwhat (?:services|kind of work|all do you)|\bque servicios\b|\bdo you (?:guys )?(?:do|offer|handle|sell|fix|replace)\b|\b(?:hacen|ofrecen|manejan)\b.{0,25}\?")),
    ("discount", re.compile(r"\bcoupon|\bdiscount|\bspecials?\b|\bdeal\b|\bdescuento|\bcupon|\bpromocion|\boferta|\bwaive\b|\brebaja")),
)  # fmt: skip
_ASKING = re.compile(r"\?|\b(?:how|what|when|where|do you|are you|can you|could you|is it|is there|does|tell me|wondering|know if|right\b|cuanto|que|cuando|donde|a que|hacen|tienen|me puede decir|quisiera saber|quiero saber|saber|digame|cobran)\b")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Services:
    """Services a text asks for and takes back; `asked_about` those that only stand in a question about price or time."""

    wanted: tuple[str, ...]
    dropped: tuple[str, ...]
    asked_about: tuple[str, ...]


def services_in(text: str) -> Services:
    """The services named in folded text, in the order named."""
    wanted: list[tuple[int, str]] = []
    dropped: set[str] = set()
    asked: list[tuple[int, str]] = []
    for sentence in SENTENCE.finditer(text):
        clause, base = sentence.group(), sentence.start()
        is_question = bool(_PRICE.search(clause) or _DURATION.search(clause))
        is_brakes = bool(_BRAKE_INSPECTION.search(clause))
        for name, pattern in SERVICES.items():
            for match in pattern.finditer(clause):
                if name == "state_inspection" and is_brakes and match.group() in {"inspection", "inspeccion"}:
                    continue
                if _DROPPED.search(clause[: match.start()]) or _DROPPED_AFTER.match(clause[match.end() :]):
                    dropped.add(name)
                elif is_question and not _BOOKING_TOO.search(clause):
                    asked.append((base + match.start(), name))
                else:
                    wanted.append((base + match.start(), name))
                    dropped.discard(name)
    names = tuple(dict.fromkeys(name for _, name in sorted(wanted)))
    return Services(names, tuple(dropped - set(names)), tuple(dict.fromkeys(name for _, name in sorted(asked))))


_BOOKING_TOO = re.compile(r"\b(?:book|schedule|appointment|need|agendar|cita|necesito|quiero (?:hacer|traer|llevar))\b")


def goal_in(text: str) -> str | None:
    """What the caller wants done with an appointment: book, move or cancel; the first kind that is named wins."""
    return next((goal for goal, pattern in GOALS if pattern.search(text)), None)


def topics_in(text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """The questions asked: "price:oil_change", "hours", ...; `known` are the services spoken of before."""
    found: list[str] = []
    for sentence in SENTENCE.findall(text):
        named = services_in(sentence)
        about = (*named.asked_about, *named.wanted)
        if _PRICE.search(sentence) and not _TOPICS[3][1].search(sentence):
            found.extend(f"price:{name}" for name in (about or known or ("any",)))
        if _DURATION.search(sentence):
            found.extend(f"duration:{name}" for name in (about or known or ("any",)))
        if _ASKING.search(sentence):
            found.extend(topic for topic, pattern in _TOPICS if pattern.search(sentence))
    if "parts_hours" in found:
        found = [topic for topic in found if topic != "hours"]
    return tuple(dict.fromkeys(found))
