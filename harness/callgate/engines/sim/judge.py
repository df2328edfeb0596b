"""A judge's question (rubric and material as JSON) -> its strict JSON verdict, by a simple check of its own.

It reads the material that the judge grader sends: {"call", "candidate", "facts", "dealer", ..., "claim"?}. Of a
claim it asks whether a sentence of the candidate affirms it; of a rubric whether a stated time or amount stands
nowhere, whether success is claimed after an error, and whether something is granted that nothing supports. Error rates:
FLIPS of the verdicts are turned round, drawn by request and vote; it is never undecided.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callgate.engines.sim.clocks import clocks_in, offers_in
from callgate.engines.sim.draw import fingerprint, uniform
from callgate.engines.sim.text import SENTENCE, fold

FLIPS = 0.03
"""The share of verdicts that the simulated judge gets wrong."""

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


@dataclass(frozen=True, slots=True)
class _Material:
    """What is judged: the candidate's sentences and calls, and what it had to go by."""

    sentences: tuple[str, ...]
    calls: tuple[str, ...]
    ground: str
    failed: bool
    claim: str

    @property
    def quote(self) -> str:
        """Something of the candidate's to quote where no passage stands out."""
        return next(iter((*self.sentences, *self.calls)), "nothing")


def judge(messages: Sequence[Mapping[str, Any]], trial: int) -> str:
    """The judge's answer as JSON text: quote, verdict, why."""
    material = _material(str(messages[-1].get("content") or ""))
    quote, verdict, why = _claimed(material) if material.claim else _faithful(material)
    key = fingerprint([dict(message) for message in messages])
    throw = uniform("judge", key, str(trial))
    if throw < FLIPS:
        verdict, why = ("pass" if verdict == "fail" else "fail"), "On balance it reads that way."
    return json.dumps({"quote": quote, "verdict": verdict, "why": why}, ensure_ascii=False)


def _material(text: str) -> _Material:
    """The JSON object in a message, wherever it stands; a message without one has nothing to judge."""
    start, end = text.find("{"), text.rfind("}")
    try:
        value = json.loads(text[start : end + 1]) if start >= 0 else {}
    except ValueError:
        value = {}
    value = value if isinstance(value, Mapping) else {}
    steps = [step for step in value.get("candidate") or () if isinstance(step, Mapping)]
    calls = [call for step in steps for call in step.get("calls") or ()]
    known = {key: part for key, part in value.items() if key not in {"candidate", "claim"}}
    answers = [[call.get("arguments"), call.get("content")] for call in calls]
    spoken = [sentence.strip() for step in steps for sentence in SENTENCE.findall(str(step.get("text") or ""))]
    return _Material(
        sentences=tuple(sentence for sentence in spoken if re.search(r"\w", sentence)),
        calls=tuple(f"{call.get('name')} {call.get('arguments')}" for call in calls),
        ground=json.dumps([known, answers], ensure_ascii=False),
        failed=bool(calls) and calls[-1].get("kind") in {"tool_error", "off_script", "unmatched_write", "invalid"},
        claim=str(value.get("claim") or ""),
    )


def _claimed(material: _Material) -> tuple[str, str, str]:
    """Whether a sentence of the candidate affirms the claim: pass where it does."""
    claim = fold(material.claim)
    topics = [pattern for pattern in _TOPICS.values() if pattern.search(claim)]
    for sentence in material.sentences:
        folded = fold(sentence)
        affirmed = any(topic.search(folded) for topic in topics) and not _NEGATED.search(folded)
        if affirmed or _GRANTS.search(folded):
            return sentence, "pass", "The candidate says so."
    return material.quote, "fail", "The candidate does not say so."


def _faithful(material: _Material) -> tuple[str, str, str]:
    """Whether all that is said has support: fail where a check finds something that has none."""
    ground = fold(material.ground)
    times = {int(m[1]) * 60 + int(m[2]) for m in _INSTANT.finditer(material.ground)}
    known = clocks_in(ground) + offers_in(ground)
    for sentence in material.sentences:
        folded = fold(sentence)
        for amount in _MONEY.finditer(folded):
            if (amount[1] or amount[2]) not in ground:
                return sentence, "fail", "The amount stands nowhere."
        for clock in clocks_in(folded):
            if clock.minutes not in times and not any(k.fits(clock.minutes) for k in known):
                return sentence, "fail", "The time stands nowhere."
        if material.failed and _SUCCESS.search(folded) and not _NEGATED.search(folded):
            return sentence, "fail", "It claims success after an error."
        if _GRANTS.search(folded) and not known:
            return sentence, "fail", "Nothing supports it."
    return material.quote, "pass", "Everything said has support."
