"""A judge's question (rubric and material as JSON) -> its strict JSON verdict, by simple checks of its own.

It reads what the judge grader sends: the rubric's heading, the answers and flags that may be given, and the material
{"call", "candidate", "facts", "business", ..., "claim"?} or, for a comparison, {"first", "second", ...}. Which check
a rubric has stands in `judge_checks`. Error rates: FLIPS of the verdicts are turned round, drawn by request and vote;
it is never undecided and has no bias to order or length.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from callgate.engines.sim.draw import fingerprint, uniform
from callgate.engines.sim.judge_checks import Found, Material, check, claimed, material_of
from callgate.engines.sim.text import fold

FLIPS = 0.03
"""The share of verdicts that the simulated judge gets wrong."""

_ANSWERS = re.compile(r"\b(?:verdict is|veredicto es)(?: one| uno)(?: of| de): (.+)")
_FLAGS = re.compile(r'"flag" (?:what|lo que)[^:]*: (.+?);')
_CRITERION = re.compile(r"(?:nothing else|nada más), `(\w+)`:")
_WORD = re.compile(r'"(\w+)"')


def judge(messages: Sequence[Mapping[str, Any]], trial: int) -> str:
    """The judge's answer as JSON text: quote, flag where flags are asked for, verdict, why."""
    system = "\n".join(str(m.get("content") or "") for m in messages if m.get("role") == "system")
    answers = [word for word in _words(_ANSWERS, system) if word != "maybe"] or ["pass", "fail"]
    flags = _words(_FLAGS, system)
    value = _object(str(messages[-1].get("content") or ""))
    throw = uniform("judge", fingerprint([dict(message) for message in messages]), str(trial))
    if "first" in value and "second" in value:
        return _compared(system, value, flipped=throw < FLIPS)
    material = material_of(value)
    found = claimed(material) if material.claim else _checked(system, material)
    share, why = found.share, found.why
    if throw < FLIPS:
        share, why = (0.0 if share >= 0.5 else 1.0), "On balance it reads that way."
    verdict = answers[round((1.0 - share) * (len(answers) - 1))]
    flag = {"flag": found.flag if found.flag in flags and share < 1.0 else "none"} if flags else {}
    return json.dumps({"quote": found.quote, **flag, "verdict": verdict, "why": why}, ensure_ascii=False)


def _checked(system: str, material: Material) -> Found:
    criterion = _CRITERION.search(system)
    return check(fold(_heading(system)), criterion[1] if criterion else "", material)


def _compared(system: str, value: Mapping[str, Any], *, flipped: bool) -> str:
    """Which of two replies the rubric's check likes better."""
    one, other = (
        _checked(system, material_of({**value, "candidate": value[side], "first": None, "second": None}))
        for side in ("first", "second")
    )
    verdict = "tie" if one.share == other.share else "first" if one.share > other.share else "second"
    if flipped:
        verdict = {"tie": "first", "first": "second", "second": "first"}[verdict]
    found = other if verdict == "second" else one
    return json.dumps({"quote": found.quote, "verdict": verdict, "why": found.why}, ensure_ascii=False)


def _heading(system: str) -> str:
    return next((line.lstrip("# ") for line in system.splitlines() if line.startswith("#")), "")


def _words(pattern: re.Pattern[str], text: str) -> list[str]:
    found = pattern.search(text)
    return _WORD.findall(found[1]) if found else []


def _object(text: str) -> Mapping[str, Any]:
    """The JSON object in a message, wherever it stands; a message without one has nothing to judge."""
    start, end = text.find("{"), text.rfind("}")
    try:
        value = json.loads(text[start : end + 1]) if start >= 0 else {}
    except ValueError:
        return {}
    return value if isinstance(value, Mapping) else {}
