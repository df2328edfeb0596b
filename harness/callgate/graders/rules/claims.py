"""Rules on what is claimed: numbers with a ground, and acts that were done."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from zoneinfo import ZoneInfo

from callgate.concepts import Evidence, Grade, NotApplicable, Score, ToolTurn
from callgate.graders.needs import held
from callgate.graders.packs import Claims, Pack, Saying, pack
from callgate.graders.seen import Seen, Utterance, leaves
from callgate.graders.text import excerpt, fold, sentences, unmarked
from callgate.graders.values import Value, find

CLAUSE = re.compile(r"[,;:]\s")
DONE_BY: Mapping[str, re.Pattern[str]] = {
    "book": re.compile(r"book|schedul|reserv|create|agend|add_|make_|confirm|move|change|update|modif"),
    "move": re.compile(r"move|schedul|change|update|modif|postpone|shift|swap|book|agend"),
    "cancel": re.compile(r"cancel|delete|remove|void|drop|anul"),
    "message": re.compile(r"message|mensaje|complaint|note|notif|ticket|call_?back|log|request|forward|escalat|alert"),
}
"""Which tools, by their names, do the act that a pack's `claims` name."""


def numbers_grounded(seen: Seen) -> Grade:
    """Every number, amount, time, date and telephone number said was known: from the caller, tools, facts or history.

    Days and months without a number and cardinals up to three need no ground; the sum of two or three known amounts
    has one; so have the numbers to call in an emergency. In writing the number of an item of a list needs none.
    """
    failure = seen.unpacked()
    if failure:
        return failure
    stated = [(u, value) for u in seen.utterances for value in find(u.text, u.language) if _states(value)]
    if seen.is_written:
        stated = [(u, value) for u, value in stated if not _counts_an_item(u.text, value)]
    if not stated:
        return NotApplicable("no number was said")
    loose = [(utterance, value) for utterance, value in stated if not _grounded(seen, value)]
    why = "; ".join(
        f"{value.kind} {value.text.strip(' .,')} comes from nowhere: {excerpt(u.text)}" for u, value in loose
    )
    evidence = tuple(utterance.evidence(value.start, value.end) for utterance, value in loose)
    share = 1 - len(loose) / len(stated)
    return Score(share, passed=not loose, why=why or "every number has a source", evidence=evidence)


_ITEM = re.compile(r"(?m)^[ \t>*-]*(\d{1,2})[.)](?=\s)")


def _counts_an_item(text: str, value: Value) -> bool:
    """Whether a number only counts an item of a list."""
    return any(item.start(1) <= value.start and value.end <= item.end() + 1 for item in _ITEM.finditer(text))


def _grounded(seen: Seen, value: Value) -> bool:
    """Whether a value was known: before the trial, else with what the trial learnt, which is worked out last."""
    return seen.context.grounds.hold(value) or seen.grounds.hold(value)


_EVERYBODYS = (911, 112, 999)
"""Numbers that help in an emergency: everybody may say them."""


def _states(value: Value) -> bool:
    """Whether there is a number in it to check: "one" in "which one" and a bare weekday are none."""
    if value.kind == "number":
        return not all(r in _EVERYBODYS or (isinstance(r, float) and r <= 3 and r.is_integer()) for r in value.readings)
    return value.kind != "date" or any(
        getattr(reading, "day", None) is not None or getattr(reading, "year", None) is not None
        for reading in value.readings
    )


def claimed_action_without_call(seen: Seen) -> Grade:
    """Speech says that something is booked, moved, cancelled, passed on or noted only if a tool did it.

    Done means a call of that kind that was answered without an error, in the trial or in the history. "Your
    appointment is booked for Friday" is also true of one that a tool found. "Done!" names no kind, so any act will do,
    and a call that is passed on takes the caller's message along.
    """
    failure = seen.unpacked()
    if failure:
        return failure
    claimed = [claim for utterance in seen.utterances for claim in claims_of(utterance)]
    if seen.is_written:
        claimed = [(act, proof) for act, proof in claimed if not _quotes_a_fact(seen, act, proof)]
    if not claimed:
        return NotApplicable("nothing is said to be done")
    false = [(act, proof) for act, proof in claimed if not _done(seen, act) and not was_found(seen, act, proof)]
    said = dict.fromkeys(f"says {_SAYS.get(act, act)}, but no call did it: {excerpt(p.text)}" for act, p in false)
    why = "; ".join(said)
    evidence = tuple(dict.fromkeys(proof for _, proof in false))
    return Score(
        0.0 if false else 1.0, passed=not false, why=why or "what is said to be done was done", evidence=evidence
    )


def _quotes_a_fact(seen: Seen, act: str, proof: Evidence) -> bool:
    """Whether the words that claim an act stand in a fact: "a plan that is cancelled runs to the end of the month"."""
    language = next((u.language for u in seen.utterances if u.turn == proof.turn), "")
    known = pack(language)
    plain = unmarked(proof.text)
    spans = (span for said, span in said_done(known, plain) if said == act) if known else ()
    said = [fold(plain[start:end]) for start, end in spans]
    return any(words in fold(fact.text) for words in said for fact in seen.context.case.facts.values())


_SAYS = {
    "book": "it is booked",
    "book_state": "it is booked",
    "move": "it is moved",
    "cancel": "it is cancelled",
    "transfer": "the call is passed on",
    "message": "a message is taken",
    "done": "it is done",
}


@lru_cache(maxsize=4096)
def claims_of(utterance: Utterance) -> tuple[tuple[str, Evidence], ...]:
    """(act, sentence) of each sentence that states an act as done, not one denied, asked or supposed."""
    known = utterance.pack
    if known is None:
        return ()
    claimed: list[tuple[str, Evidence]] = []
    sayable = _sayable(known, unmarked(utterance.text))
    for start, sentence in sentences(utterance.text) if sayable else ():
        plain = unmarked(sentence)
        if known.question_mark.search(fold(plain)):
            continue
        acts = _stated(known, fold(plain), _said(sayable, plain))
        claimed += [(act, utterance.evidence(start, start + len(sentence))) for act in acts]
    return tuple(claimed)


def said_done(known: Pack, sentence: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """(act, where) of whatever in a sentence says that an act is done, denied or not."""
    return _said(_sayable(known, sentence), sentence)


def _sayable(known: Pack, text: str) -> list[tuple[Claims, list[Saying]]]:
    """What can be said in a text that an act is done: the rest is sure not to."""
    folded, found = held(fold(text)), []
    accented = None if text.isascii() else held(_lowered(text))
    for claims in known.claims:
        said = accented if claims.accented else folded
        sayings = claims.in_text(said) if said is not None else []
        if sayings:
            found.append((claims, sayings))
    return found


def _said(sayable: Iterable[tuple[Claims, list[Saying]]], sentence: str) -> Iterator[tuple[str, tuple[int, int]]]:
    for claims, sayings in sayable:
        text = _lowered(sentence) if claims.accented else fold(sentence)
        for saying in sayings:
            for match in saying.pattern.finditer(text):
                yield claims.act, match.span()


@lru_cache(maxsize=8192)
def _lowered(text: str) -> str:
    """Lower case with its accents, of the same length as the text."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c.lower()[:1] for c in text)


def _stated(known: Pack, sentence: str, said: Iterable[tuple[str, tuple[int, int]]]) -> list[str]:
    """Which of the acts that a sentence says to be done are stated.

    Others are denied in their clause ("su cita no está confirmada": within the claim's own words), supposed by what
    stands before or right after, or only offered. "Let me transfer you" passes the call on and is no denial.
    """
    acts: list[str] = []
    denials: list[tuple[int, int]] | None = None
    for act, (start, end) in said:
        if act in acts:
            continue
        if denials is None:
            if known.offers.search(sentence):
                return []
            supposed = known.conditions.search(sentence)
            clauses = [0, *(match.end() for match in CLAUSE.finditer(sentence))]
            denials = [match.span() for match in known.negations.finditer(sentence)]
        if (supposed and supposed.end() <= start) or known.conditions_after.match(sentence, _next_word(sentence, end)):
            continue
        first = bisect_left(denials, (clauses[bisect_right(clauses, start) - 1], 0))
        if first == len(denials) or denials[first][1] > (start if act == "transfer" else end):
            acts.append(act)
    return acts


def _next_word(sentence: str, end: int) -> int:
    while end < len(sentence) and sentence[end].isspace():
        end += 1
    return end


def _done(seen: Seen, act: str) -> bool:
    if act == "transfer":
        past = any(isinstance(t, ToolTurn) and seen.context.effect(t.tool) == "transfer" for t in seen.context.history)
        return past or any(
            seen.context.effect(a.call.name) == "transfer" and a.kind == "transfer" for a in seen.answers
        )
    wanted = DONE_BY.get(act.removesuffix("_state"))
    for tool, _ in seen.results:
        effect = seen.context.effect(tool)
        if effect == "write" and (wanted is None or wanted.search(tool)):
            return True
        if effect == "transfer" and act in {"done", "message"}:
            return True
    return False


def was_found(seen: Seen, act: str, proof: Evidence) -> bool:
    """Whether a claim that describes a state is true of an appointment that a tool found.

    Its day and time, where the sentence names them, must be those of the one found: after a move that failed, "your
    appointment is confirmed for Friday" is not true of Thursday's. Where it names none, no write may have failed.
    """
    if not act.endswith("_state"):
        return False
    held = [leaf for tool, result in seen.results if _reads(seen, tool) and result for leaf in leaves(result)]
    zone = ZoneInfo(seen.context.case.timezone)
    starts = [moment.astimezone(zone) for leaf in held if (moment := seen.moment(leaf)) is not None]
    language = next((u.language for u in seen.utterances if u.turn == proof.turn), "")
    named = [value for value in find(proof.text, language) if value.kind in {"date", "time"}]
    if not named or not starts:
        return bool(held) and not seen.failed_writes
    return any(all(value.tells(start, seen.today) for value in named) for start in starts)


_OPEN = re.compile(r"slot|avail|open|free")


def _reads(seen: Seen, tool: str) -> bool:
    """Whether a tool looks for appointments, and not for open times."""
    return seen.context.effect(tool) == "read" and "appointment" in tool and not _OPEN.search(tool)
