"""What the caller said, and whether a name was asked for -> the name the appointment goes under.

A name is told from other words by what it is not: no weekday, number, service, or word that both languages use daily.
"""

from __future__ import annotations

import difflib
import re
from functools import lru_cache

from callgate.engines.sim.days import MONTHS, WEEKDAYS
from callgate.engines.sim.services import SERVICES
from callgate.engines.sim.text import CARDINALS, ORDINALS, fold, listed

_COMMON = frozenset(
    listed(
        """
    a an the and or but so not no yes yeah yep yup nope ok okay sure fine great good perfect please thanks thank
    you i we he she it they my mine your his her our their me us them him this that these those is are was were
    be been am do does did done don't can can't could would will won't should have has had get got go going
    gonna come bring put take make book call name names name's under for from to at in on of off up down out
    with by about around after before until till then now just only really actually well oh ah uh um er hm hmm
    hey hi hello bye wait hold sorry one two works work time day morning afternoon evening noon midnight today
    tomorrow week next last first second third early late what when where who why how which all any some more
    most much many here there like know think want need said say says see look let let's car truck van suv
    vehicle appointment service oil tire tires brake brakes battery check engine light mrs mr ms miss doctor dr
    ma'am sir spelled spell spelling letter as again still also too very right exactly correct nothing else
    everything something anything dad mom mother father wife husband son daughter brother sister friend kids dog
    phone number same old new both other another man guy hon honey baby god lord jesus never mind whatever
    cancel move change person human being representative manager sales parts advisor operator sticker inspection
    state rotation alignment monday's because cause 'cause if than it's i'm i'll i'd that's there's he's she's
    they're we're you're isn't should ha han hay haya would'a maybe somebody supposed twice way quick question
    bottom line un una el la los las lo y e o u que de del al a en por para con sin se me te le les nos mi mis
    su sus tu yo usted ustedes ella ellos si no ya es soy esta estoy son era fue ser estar hay tengo tiene
    tenemos quiero quisiera puedo puede gracias favor buenos buenas dias tardes noches hola bueno bien claro
    perfecto vale ok este esta ese esa eso esto nombre nombres apellido llamo llama cita hora horas dia semana
    manana tarde noche hoy lunes carro coche troca camioneta aceite llantas frenos bateria aire mejor entonces
    pues tambien pero porque cuando donde como cual quien cuanto nada mas muy solo nomas senora senor senorita
    don dona esposo esposa hijo hija mama papa hermano hermana numero telefono a ay oiga mire fijese ah eh ajá
    aja ambas ambos todo todas todos la primera primero segunda segundo ultima ultimo otra otro ponga pongale
    pongalo anote apunte dejela dejelo agende escribe deletreo letra media cuarto punto cosas servicios dos tres
    las misma mismo está va voy venir ir sale queda quede temprano
    """
    )
)
_NEVER = (
    _COMMON | frozenset(CARDINALS) | frozenset(ORDINALS) | frozenset(WEEKDAYS) | frozenset(MONTHS) | {"llc", "am", "pm"}
)
_MAY_START = frozenset({"de", "del", "la", "los", "las", "y", "o", "van", "von", "da", "dos", "e", "san"})
_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_NAMES_ARE = (
    r"(?:(?:my|his|her|the) (?:full )?name(?:'s| is|, it's)|name'?s|names|call me"
    r"|mi nombre(?: completo)? es|me llamo|se llama"
    r"|a nombre (?:de(?: mi \w+,?)?|del senor|mio,?)|nombre(?: es| de)?,?:?|under(?: the name)?(?: of)?|in the name of)"
)
_EXPLICIT = re.compile(rf"\b{_NAMES_ARE}[\s,:]+(?:it's |is |es |de )?", re.IGNORECASE)
_INTRODUCED = re.compile(
    r"\b(?:it'?s|it is|this is|i'?m|i am|soy|habla|le habla|de parte de|from|with|es|and it's|y soy"
    r"|aqui|speaking with)\s+",
    re.IGNORECASE,
)
_SOMEBODY = re.compile(
    r"\b(?:for my (?:\w+[ ,.]+)?(?:dad|father|mom|mother|wife|husband|son|daughter|brother|sister|boss"
    r"|grand\w+|neighbor|aunt|uncle)"
    r"|in (?:his|her|their) name|not mine|not my name|para mi (?:mama|papa|esposo|esposa|hijo|hija"
    r"|hermano|hermana|suegr\w+|abuel\w+|vecin\w+|madre|padre|jefe)"
    r"|de mi (?:mama|papa|esposo|esposa|hijo|hija|hermano|hermana|suegr\w+|abuel\w+|madre|padre)"
    r"|a nombre de|a su nombre|under (?:his|her|my (?:wife|husband|mom|dad|mother|father|son|daughter)'s)"
    r"|(?:put|make) it (?:in|under)|it's under|under the name|estaba? a nombre|esta a nombre)\b",
)
_SPELLED = re.compile(r"(?<![^\W\d_])(?<!['’])(?:[A-Za-zñÑ](?:[\s,.-]+|$)){3,}")
_ASKS_NAME = re.compile(
    r"\bname\b|\bnombre\b|who am i speaking|who is calling|con quien (?:hablo|tengo)|como se llama"
    r"|quien (?:habla|llama)|a nombre de quien",
    re.IGNORECASE,
)


def asks_name(agent: str) -> bool:
    """Whether the agent's words ask for a name."""
    return bool(_ASKS_NAME.search(fold(agent)))


def is_for_somebody(text: str) -> bool:
    """Whether folded text says that the appointment is somebody else's, so that the known name does not hold."""
    return bool(_SOMEBODY.search(text))


def is_spelled(text: str) -> bool:
    """Whether letters are said one by one."""
    return _spelled(text) is not None


@lru_cache(maxsize=4096)
def name_in(text: str, *, asked: bool) -> str | None:
    """The name in one turn of the caller; where a name was `asked` for, also one that stands by itself."""
    found = _told(text) or (_standing_alone(text) if asked else None)
    spelled = _spelled(text)
    if spelled and found:
        return _respelled(found, spelled)
    return spelled.title() if spelled and asked and not found else found


def _told(text: str) -> str | None:
    folded = fold(text)
    for pattern, least in ((_EXPLICIT, 1), (_INTRODUCED, 2)):
        names = [_run(text, match.end()) for match in pattern.finditer(folded)]
        good = [name for name in names if name and len(name.split()) >= least]
        if pattern is _INTRODUCED and any(char.isupper() for char in text[1:]):
            good = [name for name in good if name in text]
        if good:
            return max(reversed(good), key=lambda name: len(name.split()))
    pairs = [
        run
        for run in _runs(text)
        if len(run.split()) >= 2
        and run in text
        and all(word[0].isupper() or word in _MAY_START for word in run.split())
    ]
    return pairs[-1] if pairs and _stands_apart(text, pairs[-1]) else None


def _stands_apart(text: str, name: str) -> bool:
    """A sentence, or what is left of it, that is a name: "Yes. Dana Whitfield." or "Walter Dombrowski, and"."""
    start = text.rfind(name)
    before = text[:start].rstrip()
    after = text[start + len(name) :].lstrip()
    return (not before or before[-1] in ".?!,;:—-…") and (not after or after[0] in ".,;!—-…")


def _standing_alone(text: str) -> str | None:
    """The longest run of words that could be a name; a capital, or two words, is worth more."""
    runs = [run for run in _runs(text) if run.lower() not in _MAY_START]
    has_capitals = any(char.isupper() for char in text[1:])
    if has_capitals:
        runs = [run for run in runs if run[0].isupper()]
    return max(runs, key=lambda run: (min(len(run.split()), 2), run[0].isupper()), default=None)


def _run(text: str, start: int) -> str | None:
    """The name that begins at `start`: up to four words, until punctuation or a word that no name has."""
    taken: list[str] = []
    end = start
    for match in _TOKEN.finditer(text, start):
        gap = text[end : match.start()]
        word = match.group()
        if (
            (gap.strip() and end != start)
            or len(taken) == 4
            or len(word) == 1
            or not _is_name(word, inside=bool(taken))
        ):
            break
        taken.append(word)
        end = match.end()
    while taken and taken[-1].lower() in _MAY_START:
        taken.pop()
    return " ".join(_cased(word) for word in taken) or None


def _runs(text: str) -> list[str]:
    """Every stretch of words between punctuation and everyday words that could be a name."""
    found: list[str] = []
    position = 0
    while match := _TOKEN.search(text, position):
        run = _run(text, match.start())
        position = match.end()
        if run:
            found.append(run)
            position = match.start() + len(run)
    return found


def _is_name(word: str, *, inside: bool) -> bool:
    folded = fold(word)
    if folded.endswith("'s") or (inside and folded in _MAY_START):
        return folded in _MAY_START
    if inside and folded in MONTHS:
        return True
    return folded not in _NEVER and not any(pattern.fullmatch(folded) for pattern in SERVICES.values())


def _cased(word: str) -> str:
    return word if any(char.isupper() for char in word) or word in _MAY_START else word.title()


def _spelled(text: str) -> str | None:
    """Letters said one by one: "T-E-R-R-E-N-C-E"."""
    matches = [re.sub(r"[^A-Za-zñÑ]", "", match.group()) for match in _SPELLED.finditer(text)]
    return max(matches, key=len) if matches else None


def _respelled(name: str, spelled: str) -> str:
    """The name with the part that was spelled put right: the part that sounds most like the letters."""
    parts = name.split()
    alike = [difflib.SequenceMatcher(None, fold(part), fold(spelled)).ratio() for part in parts]
    best = max(range(len(parts)), key=lambda index: alike[index])
    first = next((i for i, part in enumerate(parts) if fold(part)[0] == fold(spelled)[0]), None)
    if alike[best] < 0.5 and first is None:
        best = 0 if len(parts) > 1 else len(parts)
    parts[best : best + 1] = [spelled.title()]
    return " ".join(parts)
