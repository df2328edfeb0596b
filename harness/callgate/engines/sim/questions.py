"""The patterns of what callers ask about: prices, durations, and the topics that the facts of a dealer answer."""

from __future__ import annotations

import re

PRICE = re.compile(
    r"\bfor (?:nothing|free)\b|\bthe catch\b|\b(?:costs?|charge|pay) (?:me )?extra\b"
    r"|\bdo i (?:still )?(?:pay|have to pay)\b|\b's (?:a|an|the) .{0,25}\brun\b|\bwhat's it to\b"
    r"|\bme cobr\w+\b|\bcobran? (?:algo|aparte|por)|\ba como (?:tiene\w*|esta|sale|dan|me)"
    r"|\bhow much\b(?! (?:time|longer))|\bpric\w+|\bcosts?\b|\bwhat (?:do|does|would|will|'s"
    r"|is)(?: \w+){0,3} (?:charge|run me|run|get for|going to be|cost)"
    r"|\bgoing rate|\bdamage\b.{0,12}\?|\bcuanto (?:\w+ ){0,3}?(?:cuesta|cobra\w*|vale|sale|saldria"
    r"|seria|es|costaria|va a costar|esta|cobrarian|por)\b|\bcuanto[?]|\ben cuanto\b|\bprecio\w*"
    r"|\bcosto\b"
    r"|\bque (?:precio|costo)|\bcharge for\b|\brun me\b|\bis (?:it|that) free|\bcuanto me\b"
)
DURATION = re.compile(
    r"\bhow (?:long|much time)\b|\bcuanto (?:tiempo|tarda\w*|dura|demora\w*|se (?:tarda|demora"
    r"|lleva)\w*|me tardo|toma)\b|\bque tanto (?:tarda|dura|se)"
    r"|\btake all day\b|\bgoing to take\b|\ben cuanto tiempo"
)
TOPICS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "loaner",
        re.compile(
            r"\bloaners?\b|\b(?:courtesy|rental|spare|replacement) (?:car|vehicle)"
            r"|\bprest\w+\b.{0,30}\b(?:carro|coche|auto|uno|vehiculo)|\b(?:carro|coche|auto"
            r"|vehiculo) (?:prestado|de (?:cortesia|reemplazo|prestamo|sustitucion))"
            r"|\bborrow a car|\b(?:give|lend|loan) me (?:a car|something to drive)|\bcarrito prestado"
            r"|\bloner\b"
        ),
    ),
    (
        "shuttle",
        re.compile(
            r"\bshuttle|\b(?:give|get|catch|need) (?:me )?a (?:ride|lift)\b|\bdrive me\b|\bcan (?:you"
            r"|someone) (?:drop|take) me\b|\bride (?:home|to work|back)\b|\btransporte\b|\bme (?:llevan"
            r"|pueden llevar|dan (?:un )?(?:aventon|ride|raite))\b|\bcamioneta que (?:lleva|lleve)\b"
            r"|\blanzadera|\bpick me up\b|\bme (?:lleve|lleven|recoja|recojan|regrese|acerque)\b"
            r"|\bllevar(?:me)? (?:a (?:mi )?(?:casa|trabajo)|al trabajo)|\btraslado"
        ),
    ),
    (
        "waiting",
        re.compile(
            r"\bwaiting (?:room|area)|\bwait (?:there|here|for it|while|at)|\bwi-?fi\b|\bcoffee\b"
            r"|\bsala de espera|\besperar(?:lo|la|me)? (?:ahi|alla|en|mientras|aqui|adentro)|\bcafe\b"
            r"|\binternet\b|\bsomewhere to sit|\bplace to (?:sit|wait)|\bdonde (?:esperar|sentar)"
        ),
    ),
    (
        "cancel_fee",
        re.compile(
            r"\b(?:is there|any|be a) (?:\w+ )?fee\b|\bhay (?:alguna? )?(?:multa|penaliz\w+|recargo)"
            r"|\bcancel\w* (?:fee|policy|charge)|\b(?:fee|penalty|charge\w*)\b.{0,30}\bcancel"
            r"|\bcancel\w*\b.{0,60}\b(?:fee|penalty|charge|cost me|pay)\b|\b(?:multa|penaliz\w+|cobr\w+|cuota"
            r"|recargo|cargo)\b.{0,40}\bcancel|\bcancel\w*.{0,60}\b(?:multa|penaliz\w+|cobr\w+|cuota|cuest\w+"
            r"|recargo|cargo)"
        ),
    ),
    (
        "parts_hours",
        re.compile(
            r"\bparts?\b.{0,40}\b(?:open|close|hours|until|till|late|they there|there saturday)|\b(?:open"
            r"|close|hours)\b.{0,40}\bparts\b|\b(?:repuestos|refacciones|partes)\b.{0,40}\b(?:abr\w+|abiert\w+"
            r"|cierr\w+|horario|hora)|\b(?:abr\w+|abiert\w+|cierr\w+|horario|hora)\b.{0,50}\b(?:repuestos"
            r"|refacciones|partes|piezas)\b"
        ),
    ),
    (
        "address",
        re.compile(
            r"\baddress\b|\bwhere (?:are|is|'re|exactly|do i|you)\b.{0,20}(?:you|located|shop|place|at|go"
            r"|dealer|y'all)|\blocated\b|\blocation\b|\bdirections?\b|\bdireccion\b|\bdonde (?:estan|quedan?"
            r"|se encuentran|es|llego|los|esta)\b|\bubica\w+|\bwhat street|\ben que calle|\bcomo llego"
        ),
    ),
    (
        "hours",
        re.compile(
            r"\b(?:what time|when)\b.{0,30}\b(?:open|opening|close|closing|unlock|lock up|get there|pick (?:it"
            r"|my \w+) up)\b|\bstill (?:be )?there\b|\byou (?:guys )?open\b|\bhow late can i\b|\b(?:are|is|be"
            r"|stay|still) (?:you|y'all|they|the \w+|you guys|there|anybody there)?(?: \w+){0,2} ?open\b"
            r"|\bopen (?:on|till|until|at|sundays?|saturdays?|today|tomorrow|late|this|past|on)"
            r"|\bhours\b(?! (?:before|ahead|or|and|away|ago|each))|\bhow late\b|\bhow early\b"
            r"|\bwhen do you (?:open|close)|\b(?:y'all|you) (?:open|close)\b|\bclosing time"
            r"|\b(?:a|hasta|desde) que horas? (?:abren|cierran|estan|atienden|trabajan|abre|cierra|puedo|me)"
            r"|\bhorarios?\b|\b(?:abren|cierran|abre|cierra|atienden|abierto|abiertos)\b|\btrabajan (?:los?"
            r"|el)\b|\bhasta que hora\b"
        ),
    ),
    (
        "holiday",
        re.compile(
            r"\bmemorial day|\blabor day|\bchristmas|\bthanksgiving|\bnew year|\beaster sunday|\bholidays?\b"
            r"|\b(?:fourth|4th) of july|\bindependence day|\bdias? festivos?|\bferiados?|\bnavidad"
            r"|\baccion de gracias|\bano nuevo|\bsemana santa|\b(?:cuatro|4) de julio|\bdia de(?:l trabajo"
            r"| los caidos)"
        ),
    ),
    (
        "refund",
        re.compile(
            r"\brefund|\bmoney back|\bdollars back|\bregres\w+ (?:mi|el) dinero|\bdevuel\w+ (?:mi|el) dinero"
            r"|\breembols\w+|\bdevolver\w* (?:mi|el|lo)\b"
        ),
    ),
    (
        "status",
        re.compile(
            r"\bis (?:it|my car|my \w+) (?:done|ready|finished)|\bis it done|\b(?:ya )?(?:esta|estara"
            r"|quedo) (?:listo|lista|mi carro)|\bhow(?:'s| is) my (?:car|truck)"
        ),
    ),
    (
        "unknown",
        re.compile(
            r"\bhow (?:many|often|far|bad)\b|\bwhat kind\b|\bshould i\b(?! get a ride)|\bis it (?:ok|okay|safe"
            r"|normal)\b|\bguarantee\b|\bcuantas? (?:millas|kilometros)|\bcada cuant\w+|\bque tipo\b"
            r"|\bgarantiz\w+|\bque (?:marca|aceite)\b"
        ),
    ),
    (
        "services",
        re.compile(
            r"\bwhat (?:services|kind of work|all do you)|\bque servicios\b|\bdo you (?:guys )?(?:do|offer"
            r"|handle|sell|fix|replace)\b|\b(?:hacen|ofrecen|manejan)\b.{0,25}\?"
        ),
    ),
    (
        "discount",
        re.compile(
            r"\bcoupon|\bdiscount|\bspecials?\b|\bdeal\b|\bdescuento|\bcupon|\bpromocion|\boferta"
            r"|\bmatch (?:it|that|their|his)\b|\bknock\b.{0,20}\boff\b|\bigual\w+ (?:el|ese|este|me el) precio"
            r"|\bme (?:lo )?iguala|\biguala\w*|\bwaive\b|\brebaja"
        ),
    ),
)
ASKING = re.compile(
    r"\?|\b(?:how|what|when|where|do you|are you|can you|could you|is it|is there|does|tell me"
    r"|wondering|know if|right\b|cuanto|que|cuando|donde|a que|hacen|tienen|me puede decir"
    r"|quisiera saber|quiero saber|saber|digame|cobran)\b"
)
