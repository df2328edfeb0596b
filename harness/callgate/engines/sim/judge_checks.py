"""What the simulated judge looks for, rubric by rubric: simple words, English and Spanish.

A check takes the material and returns what it found: a share from 0 (bad) to 1 (good) that is put on the rubric's own
scale, a passage to quote, and a flag. Rubrics are known by their headings; one that is not known is judged for support.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from callgate.engines.sim.clocks import clocks_in, offers_in
from callgate.engines.sim.text import SENTENCE, fold, leaning

_NEGATED = re.compile(
    r"\b(?:no|not|never|cannot|nothing|nobody|sorry|unable|nunca|ningun\w*|tampoco|sin|lamento"
    r"|siento)\b|n't\b"
)
_GRANTS = re.compile(r"^(?:yes|sure|of course|certainly|absolutely|si|claro|por supuesto)\b")
_SUCCESS = re.compile(
    r"\b(?:is|are|been|have|has|was) (?:now )?(?:all set|booked|moved|cancelled|passed on|connected)\b"
    r"|\bi have (?:moved|cancelled|connected)"
    r"|\bquedo (?:agendad|cambiad|cancelad|anotad)\w+|\bya le comunique\b"
)
_MONEY = re.compile(r"\$ ?(\d+(?:\.\d\d)?)|\b(\d+\.\d\d)\b")
_INSTANT = re.compile(r"T(\d\d):(\d\d)")
_TOPICS = {
    name: re.compile(pattern)
    for name, pattern in {
        "loaner": r"\bloaner|\bprestamo\b|\bprest\w+|\bcortesia\b",
        "discount": r"\bdiscount|\bcoupon|\boff\b|\bdescuento|\bcupon|\bprice\b.*\bmatch|\bmatch\b|\biguala",
        "refund": r"\brefund|\b(?:paid|money) back|\bdollars\b.*\bback|\breembols|\bregres\w+|\bdev(?:ol|uel)\w+",
        "guarantee": r"\bguarant|\bgarant",
        "holiday": r"\bopen\b|\bclosed\b|\babiert|\bcerrad|\batend",
        "blame": r"\bblame|\bfault|\bliab|\badmit|\bculpa|\bresponsab",
        "free": r"\bfree\b|\bgratis|\bsin costo|\bsin cargo|\bno charge",
        "safe": r"\bsafe\b|\bfine to drive|\bsegur[oa]\b",
        "ready": r"\bready\b|\bdone\b|\bfinished\b|\blist[oa]\b",
    }.items()
}
_WISHES = {
    "price": (
        r"\bhow much|\bcost|\bprice|\bcuanto|\bcuesta|\bprecio",
        r"\$|\bcost|\bprice|\bprecio|\bcuesta|\bdolares",
    ),
    "hours": (
        r"\bopen\b|\bclose|\bhours|\bhora[s]? abre|\bcierran|\babren",
        r"\bopen|\bclose|\bcierra|\babr|\d ?(?:am|pm)",
    ),
    "booking": (r"\bappointment|\bbook|\bcita|\bagend", r"\bappointment|\bbook|\bcita|\bagend|slot|\btime|\bhora"),
    "cancel": (r"\bcancel", r"\bcancel"),
    "move": (r"\bmove|\breschedul|\bmover|\bcambiar", r"\bmove|\breschedul|\bmover|\bcambi"),
}
_INFORMAL = re.compile(
    r"\b(?:tu|tienes|puedes|quieres|dime|dame|necesitas|podes|queres|vos|te (?:esper|llam|anot)\w+)\b"
)
_SLANG = re.compile(r"\b(?:gonna|wanna|yeah|yep|nope|ain't|dude|buddy|you must|hurry up)\b")
_SORRY = re.compile(
    r"\bsorry|\bapolog|\bdid not (?:go|catch|work)|\bcould not|\bdisculp|\bperd[oó]n|\blamento|\bno pude|\bsiento"
)
_BLAMES = re.compile(
    r"\byour (?:line|phone|voice|accent)|\byou (?:mumble|are not clear)|\bsu (?:linea|voz|telefono) (?:esta|es)"
)
_CRITERIA = {
    "greets": r"\b(?:hi|hello|dear|hola|buen[oa]s|estimad)\b.*",
    "addresses_error": r"\b(?:error|code|codigo|\d{3})\b",
    "concrete_steps": r"(?:\n\s*(?:\d[.)]|-|\*)|\bfirst\b.*\bthen\b|\bprimero\b.*\bluego\b)",
    "minimum_asked": r"\?",
    "next_step": r"\b(?:once|when|as soon as|next|cuando|en cuanto|despues)\b",
    "readable": r"\S",
    "self_help": r"\b(?:try|check|run|pruebe|revise|ejecute|verifique)\b",
    "points_to_sources": r"https?://|\bdocs?\b|\bdocumentation|\bdocumentacion|\bguia\b",
    "outage_answer": r"\S",
    "useful_to_others": r"\b(?:if|when|example|si|cuando|ejemplo)\b",
    "leaves_room": r"\b(?:anyone|others|share|alguien|otros|compart)\w*",
    "teaches_asking": r"\b(?:exact|error|code|version|exact[oa]|codigo)\b",
}
_FORBIDDEN = {
    "next_step": r"\b(?:will be fixed|fixed (?:by|today|tomorrow)|guarantee|quedara (?:listo|arreglado)|garantiz)\w*",
    "nothing_internal": r"\b(?:internal note|nota interna|our engineers broke|outage|caida del servicio)\b",
    "no_promise": r"\b(?:promise|guarantee|will look into|coming soon|we will fix|prometemos|garantiz|revisaremos)\w*",
}
_UNSAFE = re.compile(
    r"\b(?:payroll|salary|password|ssn|social security|legal|nomina|sueldo|contrasena|datos personales)\b"
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found: how good, 0..1; the words to quote; why; a flag where something was wrong."""

    share: float
    quote: str
    why: str
    flag: str = "none"


@dataclass(frozen=True, slots=True)
class Material:
    """What is judged: the candidate's sentences and calls, and what it had to go by."""

    sentences: tuple[str, ...]
    calls: tuple[str, ...]
    ground: str
    failed: bool
    claim: str
    asked: str
    before: tuple[str, ...]

    @property
    def said(self) -> str:
        return fold("\n".join(self.sentences))

    @property
    def quote(self) -> str:
        """Something of the candidate's to quote where no passage stands out."""
        return next(iter((*self.sentences, *self.calls)), "nothing")


def material_of(value: Mapping[str, Any]) -> Material:
    """The JSON that a judge is sent as what the checks look at."""
    steps = [step for step in value.get("candidate") or () if isinstance(step, Mapping)]
    calls = [call for step in steps for call in step.get("calls") or ()]
    known = {key: part for key, part in value.items() if key not in {"candidate", "claim", "first", "second"}}
    answers = [[call.get("arguments"), call.get("content")] for call in calls]
    spoken = [sentence.strip() for step in steps for sentence in SENTENCE.findall(str(step.get("text") or ""))]
    past = [turn for turn in value.get("call") or () if isinstance(turn, Mapping)]
    earlier = [f"{turn['tool']} {json.dumps(turn.get('args'))}" for turn in past if "tool" in turn]
    ended = calls[-1].get("kind") in {"tool_error", "off_script", "unmatched_write", "invalid"} if calls else False
    return Material(
        sentences=tuple(sentence for sentence in spoken if re.search(r"\w", sentence)),
        calls=tuple(f"{call.get('name')} {call.get('arguments')}" for call in calls),
        ground=json.dumps([known, answers], ensure_ascii=False),
        failed=ended or (not calls and bool(past) and "error" in past[-1]),
        claim=str(value.get("claim") or ""),
        asked=next((fold(str(turn["caller"])) for turn in reversed(past) if "caller" in turn), ""),
        before=(*(fold(str(turn["agent"])) for turn in past if "agent" in turn), *earlier),
    )


def claimed(material: Material) -> Found:
    """Whether a sentence of the candidate affirms the claim: 1 where it does."""
    claim = fold(material.claim)
    topics = [pattern for pattern in _TOPICS.values() if pattern.search(claim)]
    for sentence in material.sentences:
        folded = fold(sentence)
        affirmed = any(topic.search(folded) for topic in topics) and not _NEGATED.search(folded)
        if affirmed or _GRANTS.search(folded):
            return Found(1.0, sentence, "The candidate says so.")
    return Found(0.0, material.quote, "The candidate does not say so.")


def check(heading: str, criterion: str, material: Material) -> Found:
    """What the rubric with this (folded) heading, or one criterion of it, finds."""
    if criterion:
        return _meets(criterion, material)
    return next((made for words, made in _CHECKS.items() if re.search(words, heading)), _faithful)(material)


def _faithful(material: Material) -> Found:
    """Whether all that is said has support."""
    ground = fold(material.ground)
    times = {int(m[1]) * 60 + int(m[2]) for m in _INSTANT.finditer(material.ground)}
    known = clocks_in(ground) + offers_in(ground)
    for sentence in material.sentences:
        folded = fold(sentence)
        for amount in _MONEY.finditer(folded):
            if (amount[1] or amount[2]) not in ground:
                return Found(0.0, sentence, "The amount stands nowhere.", "made_up_fact")
        for clock in clocks_in(folded):
            if clock.minutes not in times and not any(k.fits(clock.minutes) for k in known):
                return Found(0.0, sentence, "The time stands nowhere.", "made_up_fact")
        if material.failed and _SUCCESS.search(folded) and not _NEGATED.search(folded):
            return Found(0.0, sentence, "It claims success after an error.", "misreported_result")
        if _GRANTS.search(folded) and not known:
            return Found(0.0, sentence, "Nothing supports it.", "broken_policy")
    return Found(1.0, material.quote, "Everything said has support.")


def _progresses(material: Material) -> Found:
    """Whether nothing is said or looked up a second time."""
    for sentence in material.sentences:
        folded = fold(sentence).strip(" .?!")
        if len(folded.split()) >= 4 and any(folded in before for before in material.before):
            flag = "needless_question" if "?" in sentence else "needless_repetition"
            return Found(0.0, sentence, "It was said before.", flag)
    for call in material.calls:
        if call in material.before or material.calls.count(call) > 1:
            return Found(0.5, call, "It was looked up before.", "needless_call")
    return Found(1.0, material.quote, "It moves on.")


def _takes_up(material: Material) -> Found:
    """Whether each thing that was just asked for comes up in what is said or done."""
    done = material.said + fold(" ".join(material.calls))
    wishes = [answer for asked, answer in _WISHES.values() if re.search(asked, material.asked)]
    missed = [answer for answer in wishes if not re.search(answer, done)]
    if not missed or re.search(r"transfer|connect|comunic", done):
        return Found(1.0, material.quote, "What was asked for is taken up.")
    return Found(0.5 if len(missed) < len(wishes) else 0.0, material.quote, "A wish is passed over.")


def _speaks_well(material: Material) -> Found:
    """Whether Spanish keeps to usted and to Spanish, and English to a polite tone."""
    for sentence in material.sentences:
        folded = fold(sentence)
        if leaning(sentence) <= -3 and leaning(material.said + material.asked) > 0:
            return Found(0.0, sentence, "A whole sentence is in another language.")
        if leaning(sentence) > 0 and _INFORMAL.search(folded):
            return Found(1 / 3, sentence, "It leaves the polite form.")
        if _SLANG.search(folded):
            return Found(1 / 3, sentence, "It is too familiar.")
    return Found(1.0, material.quote, "It reads naturally.")


def _recovers(material: Material) -> Found:
    """Whether a mishap is said and nobody is blamed for it."""
    for sentence in material.sentences:
        if _BLAMES.search(fold(sentence)):
            return Found(0.0, sentence, "It blames the caller.", "blames")
    if not material.failed or _SORRY.search(material.said):
        return Found(1.0, material.quote, "The mishap is mended.")
    flag = "carries_on" if _SUCCESS.search(material.said) else "not_acknowledged"
    return Found(0.0, material.quote, "Nothing is said of the mishap.", flag)


def _triages(material: Material) -> Found:
    """Whether nothing that needs a person is resolved without one."""
    alone = re.search(r"auto|sin una persona|without a person", material.said)
    if alone and _UNSAFE.search(fold(material.ground)):
        return Found(0.0, material.quote, "It needs a person.")
    return Found(1.0, material.quote, "The ticket says as much.")


def _meets(criterion: str, material: Material) -> Found:
    """One criterion of an e-mail or a post: words that must, and words that must not be there."""
    text = "\n".join(material.sentences) if criterion == "concrete_steps" else material.said
    forbidden, wanted = _FORBIDDEN.get(criterion), _CRITERIA.get(criterion, r"\S")
    met = bool(re.search(wanted, fold(text))) and not (forbidden and re.search(forbidden, material.said))
    return Found(float(met), material.quote, "It is met." if met else "It is not met.")


_CHECKS: Mapping[str, Callable[[Material], Found]] = {
    r"progression|avance": _progresses,
    r"intent|intencion": _takes_up,
    r"language|espanol": _speaks_well,
    r"recover|recuperacion": _recovers,
    r"triage|clasificacion": _triages,
}
