"""must_say and must_not_say: texts, values and patterns in what was said.

A text is found as whole words, folded for case, accents and punctuation. Values are found in any form that the pack of
the utterance's language reads, and an ambiguous one ("at two") counts for each of its readings. `claim:` items are a
judge's and are left out here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime

from callgate.concepts import Evidence, Failure, Grade, Json, NotApplicable, Score
from callgate.graders.seen import Seen, Utterance
from callgate.graders.text import excerpt, fold, words
from callgate.graders.values import Day, Value, find
from callgate.matchers import pattern_of

_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\Z")


def claims(sayings: tuple[Json, ...]) -> tuple[str, ...]:
    """The `claim:` items of must_say or must_not_say."""
    return tuple(str(item["claim"]) for item in sayings if isinstance(item, Mapping) and "claim" in item)


def must_say(seen: Seen) -> Grade:
    """The share of the items that were said; passes when all were."""
    return _graded(seen, seen.expect.must_say, wanted=True)


def must_not_say(seen: Seen) -> Grade:
    """The share of the items that were not said; passes when none was."""
    return _graded(seen, seen.expect.must_not_say, wanted=False)


def _graded(seen: Seen, sayings: tuple[Json, ...], *, wanted: bool) -> Grade:
    items = [item for item in sayings if not (isinstance(item, Mapping) and "claim" in item)]
    if not items:
        return NotApplicable("nothing is asked" if not sayings else "only claims, which a judge grades")
    failure = _needs_pack(seen, items)
    if failure:
        return failure
    found = [(item, _said(seen, item)) for item in items]
    bad = [(item, evidence) for item, evidence in found if (evidence is None) is wanted]
    if wanted:
        heard = excerpt(seen.trial.speech) if seen.trial.speech else "nothing"
        why = f"did not say {', '.join(shown(item) for item, _ in bad)}; said {heard}" if bad else "said all of it"
        quotes = seen.utterances if bad else ()
        evidence = tuple(utterance.evidence() for utterance in quotes)
    else:
        said = ", ".join(f"{shown(item)} in {excerpt(proof.text)}" for item, proof in bad if proof)
        why = f"said {said}" if bad else "said none of it"
        evidence = tuple(proof for _, proof in bad if proof)
    return Score(1 - len(bad) / len(items), passed=not bad, why=why, evidence=evidence)


def _needs_pack(seen: Seen, items: list[Json]) -> Failure | None:
    """The failure where a value must be found in a language that has no pack."""
    if all(isinstance(item, str) or (isinstance(item, Mapping) and set(item) <= {"text", "regex"}) for item in items):
        return None
    return seen.unpacked()


def shown(item: Json) -> str:
    """An item as a message names it: "loaner car", time 14:00."""
    if isinstance(item, Mapping):
        kind, value = next(iter(item.items()))
        if kind == "any_of" and isinstance(value, list | tuple):
            return "any of " + " / ".join(shown(inner) for inner in value)
        return f"{kind} {value}"
    return f'"{item}"'


def _said(seen: Seen, item: Json) -> Evidence | None:
    """Where an item was said, None where it was not."""
    kind, value = next(iter(item.items())) if isinstance(item, Mapping) else ("text", item)
    if kind == "any_of":
        inner = value if isinstance(value, list | tuple) else [value]
        return next((proof for one in inner if (proof := _said(seen, one)) is not None), None)
    for utterance in seen.utterances:
        span = _span(seen, utterance, kind, value)
        if span is not None:
            return utterance.evidence(*span)
    return None


def _span(seen: Seen, utterance: Utterance, kind: str, value: Json) -> tuple[int, int] | None:
    if kind == "text":
        return _text_span(utterance.text, str(value))
    if kind == "regex":
        match = pattern_of(str(value)).search(utterance.text)
        return match.span() if match else None
    holds = _holding(seen, kind, value)
    return next(((v.start, v.end) for v in find(utterance.text, utterance.language) if holds(v)), None)


def _text_span(text: str, wanted: str) -> tuple[int, int] | None:
    """Where the words of `wanted` stand one after the other in `text`, whatever stands between them but words."""
    pattern = r"(?<!\w)" + r"[^\w]+".join(map(re.escape, words(wanted))) + r"(?!\w)"
    match = re.search(pattern, fold(text))
    return match.span() if match else None


def _holding(seen: Seen, kind: str, wanted: Json) -> Callable[[Value], bool]:
    """Whether a value in the text is the one that is meant."""
    if kind == "time":
        minute = _minute(str(wanted))
        return lambda value: value.kind == "time" and minute in value.readings
    if kind == "date":
        day = date.fromisoformat(str(wanted))
        today = datetime.fromisoformat(seen.context.case.now).date()
        return lambda value: (
            value.kind == "date" and any(isinstance(r, Day) and r.fits(day, today) for r in value.readings)
        )
    if kind == "money":
        cents = round(float(str(wanted).strip("$ ")) * 100)
        return lambda value: (
            (value.kind == "money" and cents in value.readings)
            or (value.kind == "number" and cents / 100 in value.readings)
        )
    if kind == "phone":
        digits = re.sub(r"\D", "", str(wanted))
        return lambda value: value.kind == "phone" and any(_same_phone(digits, str(r)) for r in value.readings)
    number = float(str(wanted))
    return lambda value: (
        (value.kind == "number" and number in value.readings)
        or (value.kind == "money" and number * 100 in value.readings)
    )


def _same_phone(wanted: str, said: str) -> bool:
    """The same number, with or without country and area code."""
    shorter, longer = sorted((wanted, said), key=len)
    return len(shorter) >= 7 and longer.endswith(shorter)


def _minute(text: str) -> int | None:
    match = _CLOCK.match(text)
    return (int(match[1]) * 60 + int(match[2])) % 1440 if match else None
