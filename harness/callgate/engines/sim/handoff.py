"""The caller's last words -> whether the call is to be passed on, and to whom, or a message taken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

_NOBODY = re.compile(
    r"\b(?:nobody|no one|everybody'?s at|not a soul)\b.{0,25}\b(?:there|free|answer\w*|picking|picks"
    r"|around|lunch|home)|\bnobody'?s? (?:there|free|picking|answering)|\bdon'?t (?:wanna"
    r"|want to) be (?:passed|transferred)"
    r"|\bdon't (?:put me through|transfer)|\bnadie (?:contesta|responde|atiende|esta)"
    r"|\bno (?:contestan|hay nadie|me pase|me transfiera|me comunique|quiero (?:que me pas\w+|esperar"
    r"|hablar con))|\bno esta(?: nadie)?\b"
)
_WRITE = re.compile(
    r"\b(?:take|write|jot)(?: \w+){0,3} down\b|\b(?:take|leave|pass on|write|jot"
    r"|make)(?: \w+){0,3} (?:note|message|complaint)\b|\bjust (?:a )?(?:note|message)|\b(?:make|leave"
    r"|take) (?:a )?(?:note|message)|\bcall(?:ed)? me back\b|\bhave (?:somebody|someone|them|him"
    r"|her) call\b|\bcallback\b"
    r"|\b(?:dej\w+|anot\w+|apunt\w+|tom\w+|escrib\w+|pas\w+)(?: \w+){0,3} (?:recado|mensaje|queja"
    r"|nota)\b|\b(?:anot|apunt|escrib)(?:e|elo|ela|ar|eme|alo|ala)\b|\bque me (?:llamen?|marquen?"
    r"|devuelvan la llamada|hablen?)\b|\bquede (?:por )?escrit\w+|\bpor escrito\b|\brecado\b"
)
_NOT_WRITE = re.compile(
    r"\b(?:not|no|don't want) (?:a |another |un |otro |take |leave |me deje |quiero "
    r"|quiero dejar )*(?:message|note|callback|recado|mensaje|nota)\b"
)
_COMPLAINT = re.compile(
    r"\bcomplain\w*|\bscratch(?:ed|es)\b|\ba scratch\b|\bovercharg\w+|\bcharged (?:me )?twice"
    r"|\bgrease\b|\brude\b|\blaughed\b|\bforgot me\b|\bdirty\b|\bstain\w*|\bdamag\w+|\bqueja\w*"
    r"|\bquejar\w*|\bmanch\w+|\bray(?:on|ones|ado|aron|o|ada)\b|\bgrosero\w*|\bcobraron (?:de mas"
    r"|dos veces|doble)|\bmal servicio|\bpesim\w+|\bsuci\w+"
)
_ANGRY = re.compile(
    r"\bangry\b|\bfurious\b|\bunacceptable\b|\bridiculous\b|\boutrag\w+|\bfed up\b|\bsick (?:and tired"
    r"|of)\b|\bpissed\b|\bdamn\b|\bhell\b|\bscrew\w*|\b(?:third|fourth|fifth) time\b|\bmad at\b"
    r"|\bscam\w*|\bthieves\b|\bdisgrace|\bworst\b|\bgarbage\b|\bscratched my\b|\bhad it with\b"
    r"|\bshame on"
    r"|\bharto\b|\bharta\b|\bfurios\w+|\benojad\w+|\bmolest[oa]\b|\binaceptable\b|\bcolmo\b"
    r"|\bridicul\w+|\bverguenza\b|\brater\w+|\bladron\w*|\btercera vez\b|\bcuarta vez\b|\bindignad\w+"
    r"|\bestafa\w*|\brob\w+\b|\bburla\b|\bbasta\b|\bno es posible\b|\bcoraje\b|\babuso\b"
    r"|\bque falta de respeto"
)
_LAWYER = re.compile(
    r"\b(?:lawyers?|attorneys?|sue|suing|lawsuit|legal action|small claims|abogad\w+|demand(?:a|ar"
    r"|arlos|are|o)\b|acciones legales|licenciado)\b"
)
_MANAGER = re.compile(r"\b(?:manager|supervisor|boss|owner|in charge|gerente|encargad\w+|jefe|dueno|director)\b")
_WANT = re.compile(
    r"\b(?:speak|talk|put me|get me|gimme|give me|connect|transfer|want|let me|patch|pass me|need"
    r"|i'd like|hablar|comuni\w+|pas(?:e|eme|ar|arme)|conect\w+|transf\w+|quiero|necesito|me puede"
    r"|quisiera|habl\w+)\b"
)
_PERSON = re.compile(
    r"\b(?:real|live|actual|human) (?:person|human|being)|\bhuman(?: being)?\b|\brepresentative\b"
    r"|\boperator\b|\b(?:talk|speak) (?:to|with) (?:a |an |the |some|your )?(?:person|human|someone"
    r"|somebody|one|advisor|guy|woman|man|people|service)|\b(?:service )?advisor\b|\bthe (?:guy|fella"
    r"|man|woman|lady) (?:at|who|that)\b|\bservice desk\b|\bperson\b\W+(?:human|please|now)"
    r"|\bpersona (?:real|de verdad|de carne)|\bun humano|\bcon (?:una persona|alguien|un asesor"
    r"|una asesora|el asesor|la asesora|algun \w+|un humano)\b|\basesor\w*\b|\boperador\w*\b"
    r"|\bser humano|\bmaquinas?\b|\brobots?\b|\bgrabador\w+|\bconnect me\b|\bput me through\b"
    r"|\bcontestadora"
)
_SALES = re.compile(
    r"\bsales(?:man|person|people|woman)?\b(?! tax)|\bbuy(?:ing)? (?:a|another|the) (?:new "
    r"|used )?(?:car|truck|suv|van)|\btrad(?:e|ing) (?:it |my \w+ |her |him )?in\b|\btrade-?in\b"
    r"|\btest[- ]drive|\blease\b|\b(?:new|used) (?:car|truck|suv)s?\b|\bfinanc\w+|\bventas\b"
    r"|\bcomprar (?:un|una|otro|otra|el|la)\b(?! (?:pieza|parte|filtro|bateria))|\bvendedor\w*"
    r"|\b(?:carro|coche|camioneta|troca) (?:nuev\w+|usad\w+|seminuev\w+)|\bprueba de manejo"
    r"|\benganche\b"
)
_PARTS = re.compile(
    r"\b(?:parts|pots) (?:department|counter|desk|guy|please)|^(?:\W*(?:yeah|hi|hello|yes)\W+)*parts\b"
    r"|\b(?:parts|pots)[.,]|\bto parts\b|\bon order\b|\bordered\b.{0,30}\b(?:come in|part|pump|motor"
    r"|filter|mirror)|\b(?:buy|order|pick up|get) (?:a |some |an |the |new )?(?:part|wiper\w*"
    r"|floor mats?|mats|filter|mirror|key fob|cap|bulb|hubcap)|\b(?:refacciones|repuestos|partes"
    r"|piezas|refaccion|repuesto)\b|\bcomprar (?:una|un|la|el) (?:pieza|parte|filtro|espejo|tapon|faro"
    r"|foco|bateria)"
)
_TOW = re.compile(
    r"\btow\w*\b|\bgrua\w*\b|\bstranded\b|\bbroke(?:n)? down\b|\b(?:come|somebody"
    r"|someone) (?:and )?(?:get|pick) (?:it|me)\b|\bgot hit\b|\baccident\b|\bcrash\w*|\bwreck\w*"
    r"|\bwon't start\b|\bdead on the\b|\bside of the (?:road|highway)|\bshoulder\b|\bchoqu\w+"
    r"|\bchoc\w+|\baccidente\b|\btirad[oa] en\b|\bno (?:arranca|prende|enciende)\b|\bquede (?:tirad"
    r"|varad|parad)\w+|\bvarad\w+|\bme pegaron\b|\bvolcad\w+|\bcarretera\b|\bhanging (?:off|there)\b"
    r"|\bditch\b"
)
_UNSAFE = re.compile(
    r"\b(?:pedal\b.{0,25}\bfloor|barely stops?|won't stop|brakes? (?:just )?(?:went|gave|are"
    r"|went all the way) (?:out|gone)|lost (?:my |the )?brakes|smok(?:e|ing)\b|on fire|flames|fire\b"
    r"|burning|(?:have|got|with) no brakes|steering (?:locked|wheel (?:shak|lock)\w+|went|is gone)"
    r"|gas (?:leak|smell)|smell\w* (?:of )?gas|leaking gas|wheel (?:came|fell|is coming|about to)"
    r"|no frena\w*|sin frenos|no (?:me )?(?:agarran?|responden?|sirven) (?:bien )?los frenos"
    r"|(?:los )?frenos (?:ya )?no (?:me )?(?:agarran|responden|sirven|funcionan|jalan)"
    r"|pedal\b.{0,30}\b(?:fondo|suelo|piso)|se va (?:hasta )?(?:al|el) (?:fondo|piso)|humo|incendi\w+"
    r"|llamas\b|fuego|huele a (?:gasolina|quemado)|direccion (?:se )?(?:traba|trabo|bloque)\w*"
    r"|not safe|unsafe|peligros\w+)\b"
)
_OFFERED = re.compile(
    r"\b(?:connect you|put you through|transfer you|pass you|speak (?:to|with) (?:an|a) advisor"
    r"|comuni\w+|transfi\w+|pasar(?:le|lo|la)|le paso|conect\w+)\b"
)
_FORGET = re.compile(
    r"\b(?:not|forget|forget about|no,|no\.|never mind|olvid\w+(?: de)?|no quiero|no es|don't want"
    r"|ya no)(?: \w+){0,3}? *$"
)

Department = Literal["advisor", "sales", "parts", "manager", "towing"]


@dataclass(frozen=True, slots=True)
class Handoff:
    """Where the caller belongs: a department, or "message" where it is to be taken down, and the reason."""

    to: Department | Literal["message"]
    why: str


@lru_cache(maxsize=4096)
def handoff_in(text: str, agent: str, *, yes: bool, no: bool) -> Handoff | None:
    """Why the caller's folded words want another department, a person or a message; None where they do not."""
    writes = bool(_WRITE.search(text)) and not _NOT_WRITE.search(text)
    nobody = bool(_NOBODY.search(text))
    if _UNSAFE.search(text) and not re.search(r"\bsmok(?:e|ing) (?:area|break)", text):
        return Handoff("towing", "the car is not safe to drive")
    if _wants(_TOW, text):
        return Handoff("towing", "the car cannot be driven")
    if _LAWYER.search(text):
        return Handoff("manager", "the caller speaks of a lawyer")
    if writes and (nobody or _COMPLAINT.search(text) or not _asks_for_person(text)):
        return Handoff("message", "nobody can take it now")
    if nobody and _COMPLAINT.search(text):
        return Handoff("message", "nobody can take it now")
    for pattern, department in ((_SALES, "sales"), (_PARTS, "parts")):
        if _wants(pattern, text):
            return Handoff(department, "the caller wants another department")  # type: ignore[arg-type]  # a literal table
    if _wants(_MANAGER, text) and _WANT.search(text):
        return Handoff("manager", "the caller asks for the manager")
    if _ANGRY.search(text):
        return Handoff("manager", "the caller is angry")
    if _asks_for_person(text):
        return Handoff("advisor", "the caller asks for a person")
    if _OFFERED.search(agent) and yes and not no:
        return Handoff(_offered_department(agent), "the caller took the offer")
    if _COMPLAINT.search(text):
        return Handoff("manager", "the caller complains")
    return None


def _asks_for_person(text: str) -> bool:
    return _wants(_PERSON, text)


def _offered_department(agent: str) -> Department:
    for pattern, department in ((_SALES, "sales"), (_PARTS, "parts"), (_MANAGER, "manager"), (_TOW, "towing")):
        if pattern.search(agent):
            return department  # type: ignore[return-value]  # a literal table
    return "advisor"


def _wants(pattern: re.Pattern[str], text: str) -> bool:
    """Whether the words are there and not taken back: "not sales", "forget the manager"."""
    last = None
    for match in pattern.finditer(text):
        last = match
    return last is not None and not _FORGET.search(text[max(0, last.start() - 30) : last.start()])
