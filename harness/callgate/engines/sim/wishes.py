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
        r"(?: (?:tires?|wheels?|tyres?))?\b|\brotacion(?:es)?\b|\brot(?:ar|en|arme|arle|aran|e)\b|\btire location\b|\bmov\w+ (?:the |my )?tires around|\bfronts? (?:go|to)\b.{0,25}\bbacks?|\bfront to back\b|\b(?:gomas|llantas)\b.{0,20}\b(?:adelante|alante|delante|atras)\b|\bswap\w* (?:the |my )?(?:tires|wheels)"
        r"|\bllantas rotadas\b|\b(?:girar|intercambi\w+) las llantas\b|\brotation\b|\brotado de llantas",
        "brake_inspection": r"\bbrakes?\b|\bbreaks? (?:inspect\w+|check\w*|looked|job|squeal\w*|pads?)|\b(?:my|the|front|rear) breaks\b|\bfr(?:e|es)nos?\b|\bbalatas?\b|\bpastillas\b",
        "state_inspection": r"\bstate(?:'s)? (?:safety )?inspect\w+|\binspection sticker\b|\binspection[.,]? state\b|\binspeccion (?:estatal|del estado|anual)\b"
        r"|\bverificacion\b|\bstate (?:one|check)\b|\b(?:annual|yearly) inspection\b|\bestate inspect\w+|\bla (?:inspeccion )?estatal\b"
        r"|\bstate inspection\b|\bsafety inspection\b|\bengomado\b|\bcalcomania\b|(?<!brake )(?<!brakes )(?<!break )\binspection\b(?! of)"
        r"|\binspeccion\b(?! de (?:los )?frenos)",
        "battery_check": r"\bbatter(?:y|ies)\b|\bbaterias?\b|\bacumulador\b",
        "wheel_alignment": r"\balign\w*\b|\balin(?:e\w+|i?acion\w*)\b|\ba line ?ment\b|\b(?:a )?line ?m[ai]n[dt]?\b|\blining mint\b",
        "ac_service": r"\ba\.? ?/?c\.?\b(?= |$|[,.?!'])|\bair con\w*|\bair condition\w*|\baire(?: acondicionado)?\b(?! (?:a|en) las? llantas)|\bhvac\b",
        "diagnostic": r"\bdiagnos\w+|\bcheck[ -]engine\b|\bengine light\b|\bluz (?:amarilla |naranja )?(?:del? )?(?:motor|check|tablero)\b|\bche[ck]+ ?engine\b"
        r"|\bfoquito\b|\btestigo\b|\bescane\w+|\bcomputadora\b",
    }.items()
}

_BRAKE_INSPECTION = re.compile(
    r"\b(?:brakes?|breaks?)(?: and [a-z]+)? (?:inspect\w+)|inspeccion de(?: los)? frenos|inspect\w+ (?:of |on )?(?:my |the )?brakes?"
)
_DROPPED = re.compile(
    r"(?:\b(?:no|forget|skip|drop|leave out|take off|remove|without|no need for|don't need|do not need|not|except|minus"
    r"|leave(?! it)|never mind|nevermind|instead of|rather than|scratch|hold off on|already (?:had|did|got)|cancel)(?: about)?"
    r"|\b(?:sin|quit(?:e|ele|a|ar|ame|eme)|olvid(?:e|ese|emos)(?: de)?|ya no(?: \w+){0,2}|en vez de|en lugar de|menos|excepto|dejemos"
    r"|no (?:quiero|necesito|hace falta|es|va a ser|haga|hagan)|mejor no|no me haga|cancel(?:e|ar)|salvo))"
    r"(?: (?:the|my|a|an|any|el|la|los|las|un|una|mi|de|del|esa|ese|lo|hacer|hagan|that|on)){0,3} *$"
)
_DROPPED_AFTER = re.compile(
    r"^'s (?:fine|good|ok|okay|new)|^ esta bien\b|^(?: (?:change|rotation|inspection|check|service|thing|part|de (?:llantas|aceite|los frenos)))?,? (?:can wait|i (?:already|did|had|got)|is fine|are fine|was done"
    r"|ya (?:me )?(?:la|lo|las|los)? ?(?:hic|cambi|revis)\w+|puede esperar|dejel[oa]|mejor no|ya no(?:[,.]|$)|no(?:,| hace falta))"
)
GOALS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "cancel",
        re.compile(
            r"\bcancel(?!l?ation (?:fee|policy))(?:l?(?:ing|ed|ation))?\b(?! (?:fee|policy))|\bcall (?:it|that) off\b|\bscrap (?:it|the|my)"
            r"|\bcancel(?:ar\w*|e|ela|emela|en|o|eme|ame|acion|emos|aran)\b|\banul\w+|\bborr(?:ar|e|eme|emela|ela|arla)\b|\btake me off\b|\bget rid of (?:my|that|the) appointment"
            r"|\bquit(?:ar|e|eme|en) (?:mi|la|de) (?:cita|lista)"
        ),
    ),
    (
        "move",
        re.compile(
            r"\bresch?ed\w*|\b(?:move|push|bump|switch|shift|swap|slide|change)(?:d)? (?:it|that|mine|everything|my|our|the|this|us|me|back|to|up)\b(?! (?:oil|tires?|battery|brakes?|name|address))"
            r"|\b(?:different|another|earlier|later) (?:day|time)\b.{0,30}\bappointment|\breagend\w+|\breprogram\w+|\brecorr\w+"
            r"|\bappointment (?:moved|pushed|changed|switched)|\bmov(?:er|erla|ermela|erme|erlo|emos|ela|eme)\b|\badelant(?:ar|arla|arme|armela|en)\b"
            r"|\bpospon\w+|\bpostpone|\baplaz\w+|\b(?:cambi|pas|recorr|mov)\w* (?:(?:mi|la|una|esa|su|de|el|nuestra) ){1,2}(?:cita|hora|dia|fecha|turno|horario)\b"
            r"|\b(?:me la|la) (?:puede |pueden |podria |podrian |quiero |quisiera )?(?:cambi|pas|muev|mover|recorr)\w*|\b(?:cambi|pas)(?:ar|e|en)(?:la|mela|sela)\b|\b(?:la|mi cita) (?:cambio|paso|muevo) (?:al?|para)\b|\bcambio de (?:hora|dia|fecha|cita)\b|\bcan't make (?:it|my|that|the)\b"
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
    r"\bfor (?:nothing|free)\b|\bthe catch\b|\b(?:costs?|charge|pay) (?:me )?extra\b|\bdo i (?:still )?(?:pay|have to pay)\b|\b's (?:a|an|the) .{0,25}\brun\b|\bwhat's it to\b|\bme cobr\w+\b|\bcobran? (?:algo|aparte|por)|\ba como (?:tiene\w*|esta|sale|dan|me)|\bhow much\b(?! (?:time|longer))|\bpric\w+|\bcosts?\b|\bwhat (?:do|does|would|will|'s|is)(?: \w+){0,3} (?:charge|run me|run|get for|going to be|cost)"
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
    ("shuttle", re.compile(r"\bshuttle|\b(?:give|get|catch|need) (?:me )?a (?:ride|lift)\b|\bdrive me\b|\bcan (?:you|someone) (?:drop|take) me\b|\bride (?:home|to work|back)\b|\btransporte\b|\bme (?:llevan|pueden llevar|dan (?:un )?(?:aventon|ride|raite))\b|\bcamioneta que (?:lleva|lleve)\b|\blanzadera|\bpick me up\b|\bme (?:lleve|lleven|recoja|recojan|regrese|acerque)\b|\bllevar(?:me)? (?:a (?:mi )?(?:casa|trabajo)|al trabajo)|\btraslado")),
    ("waiting", re.compile(r"\bwaiting (?:room|area)|\bwait (?:there|here|for it|while|at)|\bwi-?fi\b|\bcoffee\b|\bsala de espera|\besperar(?:lo|la|me)? (?:ahi|alla|en|mientras|aqui|adentro)|\bcafe\b|\binternet\b|\bsomewhere to sit|\bplace to (?:sit|wait)|\bdonde (?:esperar|sentar)")),
    ("cancel_fee", re.compile(r"\b(?:is there|any|be a) (?:\w+ )?fee\b|\bhay (?:alguna? )?(?:multa|penaliz\w+|recargo)|\bcancel\w* (?:fee|policy|charge)|\b(?:fee|penalty|charge\w*)\b.{0,30}\bcancel|\bcancel\w*\b.{0,60}\b(?:fee|penalty|charge|cost me|pay)\b|\b(?:multa|penaliz\w+|cobr\w+|cuota|recargo|cargo)\b.{0,40}\bcancel|\bcancel\w*.{0,60}\b(?:multa|penaliz\w+|cobr\w+|cuota|cuest\w+|recargo|cargo)")),
    ("parts_hours", re.compile(r"\bparts?\b.{0,40}\b(?:open|close|hours|until|till|late|they there|there saturday)|\b(?:open|close|hours)\b.{0,40}\bparts\b|\b(?:repuestos|refacciones|partes)\b.{0,40}\b(?:abr\w+|abiert\w+|cierr\w+|horario|hora)|\b(?:abr\w+|abiert\w+|cierr\w+|horario|hora)\b.{0,50}\b(?:repuestos|refacciones|partes|piezas)\b")),
    ("address", re.compile(r"\baddress\b|\bwhere (?:are|is|'re|exactly|do i|you)\b.{0,20}(?:you|located|shop|place|at|go|dealer|y'all)|\blocated\b|\blocation\b|\bdirections?\b|\bdireccion\b|\bdonde (?:estan|quedan?|se encuentran|es|llego|los|esta)\b|\bubica\w+|\bwhat street|\ben que calle|\bcomo llego")),
    ("hours", re.compile(r"\b(?:what time|when)\b.{0,30}\b(?:open|opening|close|closing|unlock|lock up|get there|pick (?:it|my \w+) up)\b|\bstill (?:be )?there\b|\byou (?:guys )?open\b|\bhow late can i\b|\b(?:are|is|be|stay|still) (?:you|y'all|they|the \w+|you guys|there|anybody there)?(?: \w+){0,2} ?open\b|\bopen (?:on|till|until|at|sundays?|saturdays?|today|tomorrow|late|this|past|on)|\bhours\b(?! (?:before|ahead|or|and|away|ago|each))|\bhow late\b|\bhow early\b|\bwhen do you (?:open|close)|\b(?:y'all|you) (?:open|close)\b|\bclosing time"
                         r"|\b(?:a|hasta|desde) que horas? (?:abren|cierran|estan|atienden|trabajan|abre|cierra|puedo|me)|\bhorarios?\b|\b(?:abren|cierran|abre|cierra|atienden|abierto|abiertos)\b|\btrabajan (?:los?|el)\b|\bhasta que hora\b")),
    ("holiday", re.compile(r"\bmemorial day|\blabor day|\bchristmas|\bthanksgiving|\bnew year|\beaster sunday|\bholidays?\b|\b(?:fourth|4th) of july|\bindependence day|\bdias? festivos?|\bferiados?|\bnavidad|\baccion de gracias|\bano nuevo|\bsemana santa|\b(?:cuatro|4) de julio|\bdia de(?:l trabajo| los caidos)")),
    ("refund", re.compile(r"\brefund|\bmoney back|\bdollars back|\bregres\w+ (?:mi|el) dinero|\bdevuel\w+ (?:mi|el) dinero|\breembols\w+|\bdevolver\w* (?:mi|el|lo)\b")),
    ("status", re.compile(r"\bis (?:it|my car|my \w+) (?:done|ready|finished)|\bis it done|\b(?:ya )?(?:esta|estara|quedo) (?:listo|lista|mi carro)|\bhow(?:'s| is) my (?:car|truck)")),
    ("unknown", re.compile(r"\bhow (?:many|often|far|bad)\b|\bwhat kind\b|\bshould i\b(?! get a ride)|\bis it (?:ok|okay|safe|normal)\b|\bguarantee\b|\bcuantas? (?:millas|kilometros)|\bcada cuant\w+|\bque tipo\b|\bgarantiz\w+|\bque (?:marca|aceite)\b")),
    ("services", re.compile(r"\bwhat (?:services|kind of work|all do you)|\bque servicios\b|\bdo you (?:guys )?(?:do|offer|handle|sell|fix|replace)\b|\b(?:hacen|ofrecen|manejan)\b.{0,25}\?")),
    ("discount", re.compile(r"\bcoupon|\bdiscount|\bspecials?\b|\bdeal\b|\bdescuento|\bcupon|\bpromocion|\boferta|\bmatch (?:it|that|their|his)\b|\bknock\b.{0,20}\boff\b|\bigual\w+ (?:el|ese|este|me el) precio|\bme (?:lo )?iguala|\biguala\w*|\bwaive\b|\brebaja")),
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
    said: list[tuple[int, str, str]] = []
    for sentence in SENTENCE.finditer(text):
        clause, base = sentence.group(), sentence.start()
        is_question = bool(_PRICE.search(clause) or _DURATION.search(clause))
        is_brakes = bool(_BRAKE_INSPECTION.search(clause))
        for name, pattern in SERVICES.items():
            for match in pattern.finditer(clause):
                if name == "state_inspection" and is_brakes and match.group() in {"inspection", "inspeccion"}:
                    continue
                if _SOLD.search(clause) or _DROPPED.search(clause[: match.start()]) or _DROPPED_AFTER.match(clause[match.end() :]):
                    said.append((base + match.start(), name, "dropped"))
                elif is_question and not _BOOKING_TOO.search(clause):
                    said.append((base + match.start(), name, "asked"))
                else:
                    said.append((base + match.start(), name, "wanted"))
    said.sort()
    last = {name: how for _, name, how in said}
    order = tuple(dict.fromkeys(name for _, name, _ in said))
    wanted, dropped, asked = (
        tuple(name for name in order if last[name] == how) for how in ("wanted", "dropped", "asked")
    )
    return Services(wanted, dropped, asked)


_KEPT = re.compile(
    r"^(?: (?:one|appointment|check|cita))?(?:,? (?:stays?|i(?:'ll| want to)? keep|is fine|se queda|esa (?:si|dejela)|no la (?:toque|mueva))\b)"
)
_KEEP_IT = re.compile(r"\b(?:keep|leave|i need|deje(?:me)?|conserve)(?: (?:the|my|la|el|mi))* *$")


def kept_in(text: str) -> frozenset[str]:
    """The services of which folded text says that they stay: "the alignment stays"."""
    return frozenset(
        name
        for name, pattern in SERVICES.items()
        for match in pattern.finditer(text)
        if _KEPT.match(text[match.end() :]) or _KEEP_IT.search(text[: match.start()])
    )


UNLISTED = re.compile(
    r"\b(?:transmission flush|windshield|tune[- ]?up|new tires|body work|dent|paint job|muffler|detailing|car wash|timing belt|water pump|brake pads|new brakes|spark plugs|wiper blades"
    r"|afinacion|parabrisas|vidrio|llantas nuevas|hojalateria|pintura|mofle|escape nuevo|lavado|banda de tiempo|balatas nuevas|bujias|transmision|clutch|embrague|amortiguadores|suspension|(?:cambiar|poner)(?:le|me)?(?: las)? balatas)\b"
)


_SOLD = re.compile(r"\b(?:sell|selling|sold) me\b|\bvender\w*\b|\bvendian\b")
_BOOKING_TOO = re.compile(r"\b(?:book|schedule|appointment|need|agendar|cita|necesito|quiero (?:hacer|traer|llevar))\b")


_HAS_ONE = re.compile(
    r"\b(?:i'?m|i am|was) (?:in|down|booked|scheduled|set) for\b|\bsupposed to (?:bring|come|be there)|\bgot (?:a|an|something|one)\b.{0,20} with you"
    r"|\b(?:have|had|'ve|got) an appointment\b|\btengo (?:una )?(?:cita|turno)\b|\bcita que tengo\b|\btenia (?:una )?cita|\bmy (?:\w+ )?appointment\b|\bmi cita\b|\bit was for\b|\bera para (?:el|hoy|manana)\b"
)
_NOT_CANCEL = re.compile(r"\bnot (?:actually |really )?cancel\w*|\bno (?:la |quiero |voy a |es |estoy )*cancel\w*|\bdon't cancel|\bno cancel\w*")
_LEAVE = re.compile(
    r"\bleave (?:it|mine|that)(?: alone| as| where| be|[.,!?]|$)|\bkeep (?:it|mine|that|the one)\b|\bdeje(?:la|mela|mosla)?\b.{0,15}\bcomo (?:estaba|esta)|\bmejor (?:dejela|dejemela|asi)|\bque se quede\b|\bwhat time was (?:it|mine)|\bwhen (?:do|should) i come|\ba que hora (?:era|es mi|tengo)|\bwhen is (?:it|mine|my)|\bcuando (?:es|era) mi cita|\bhow (?:it|things) (?:was|were)"
)


def goal_in(text: str) -> str | None:
    """What the caller wants done with an appointment: keep, move, cancel or book; the first kind that is named wins."""
    if _LEAVE.search(text):
        return "keep"
    if _NOT_CANCEL.search(text):
        return "move" if re.search(r"\bstill want\b|\bcambi\w+|\bmove\b|\bmover\w*|\binstead\b|\botro dia\b", text) else None
    named = next((goal for goal, pattern in GOALS if pattern.search(text)), None)
    return "move" if named in {None, "book"} and _HAS_ONE.search(text) else named


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
        if _PRICE.search(sentence) and not UNLISTED.search(sentence) and not _TOPICS[3][1].search(sentence):
            found.extend(f"price:{name}" for name in (about or known or ("any",)))
        if _DURATION.search(sentence):
            found.extend(f"duration:{name}" for name in (about or known or ("any",)))
        if _TOPICS[0][1].search(sentence):
            found.append("loaner")
        if _ASKING.search(sentence):
            found.extend(topic for topic, pattern in _TOPICS if pattern.search(sentence))
    for narrow, wide in (("parts_hours", "hours"), ("holiday", "hours"), ("shuttle", "hours"), ("cancel_fee", "price:any")):
        if narrow in found:
            found = [topic for topic in found if topic != wide]
    return tuple(dict.fromkeys(found))
