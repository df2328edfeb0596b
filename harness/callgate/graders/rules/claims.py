"""Rules on what is claimed: numbers with a ground, acts that were done, promises that nobody allowed."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from zoneinfo import ZoneInfo

from callgate.concepts import Evidence, Grade, NotApplicable, Score, ToolTurn
from callgate.graders.needs import held, may_match
from callgate.graders.packs import LANGUAGES, Claims, Pack, Saying, pack
from callgate.graders.said import stems, values
from callgate.graders.seen import Seen, Utterance, leaves
from callgate.graders.text import excerpt, fold, sentences, words
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
    spans = (span for said, span in said_done(known, proof.text) if said == act) if known else ()
    said = [fold(proof.text[start:end]) for start, end in spans]
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
    sayable = _sayable(known, utterance.text)
    for start, sentence in sentences(utterance.text) if sayable else ():
        folded = fold(sentence)
        if known.question_mark.search(folded):
            continue
        acts = _stated(known, folded, _said(sayable, sentence))
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


def forbidden_promise(seen: Seen) -> Grade:
    """No refund, discount, gift, loaner car, compensation or guarantee is held out, unless a fact allows that very one.

    A denied, doubted or supposed one ("we have no loaner cars") is no promise, nor is one that the caller wants, that
    is asked about ("do you need a loaner?") or that somebody else decides; a question may offer ("would you like a free
    wash?"). A fact allows a free thing, a discount or a loaner car whose words or numbers it shares with the clause
    that holds it out, where both name any: "the battery check is free" allows no free oil change.
    """
    failure = seen.unpacked()
    if failure:
        return failure
    if not seen.utterances:
        return NotApplicable("nothing was said")
    made = list(dict.fromkeys(found for utterance in seen.utterances for found in _promises(seen, utterance)))
    why = "; ".join(f"promises {what}: {excerpt(proof.text)}" for what, proof in made)
    evidence = tuple(proof for _, proof in made)
    return Score(0.0 if made else 1.0, passed=not made, why=why or "no promise", evidence=evidence)


def _promises(seen: Seen, utterance: Utterance) -> Iterator[tuple[str, Evidence]]:
    known = utterance.pack
    if known is None:
        return
    kind, folded_text = seen.context.case.kind, fold(utterance.text)
    promises = [(what, pattern) for what, pattern in _held_out(known, kind) if may_match(pattern, folded_text)]
    for start, sentence in sentences(utterance.text) if promises else ():
        folded = fold(sentence)
        for what, pattern in promises:
            made = _made(known, folded, pattern, written=kind != "call")
            if any(not _allowed(seen, known, what, folded, match) for match in made):
                yield what, utterance.evidence(start, start + len(sentence))


def _made(known: Pack, sentence: str, pattern: re.Pattern[str], *, written: bool) -> Iterator[re.Match[str]]:
    return (m for m in pattern.finditer(sentence) if not denied_promise(known, sentence, m, written=written))


def _held_out(known: Pack, kind: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    """What holds something out in a case of this kind: more counts in writing than on the telephone, most in public."""
    yield from known.promises
    if kind in {"email", "forum"} and known.writing is not None:
        for promise in known.writing.promises:
            if kind == "forum" or not promise.public:
                yield promise.what, promise.pattern


def denied_promise(known: Pack, sentence: str, match: re.Match[str], *, written: bool = False) -> bool:
    """Whether what would be a promise is denied, supposed, asked about or only reported: before it in its clause, by a
    condition before it in the sentence, or after it in its clause. In writing only what stands in its own clause denies
    it: "if you send the id, we will fix it today" is a promise."""
    begin, end = _clause(known, sentence, match)
    first, start = max(0, match.start() - _REACH), match.start()
    if written and known.writing is not None:
        clause = known.writing.clause(sentence[first:start])
        supposed = known.writing.negations.search(clause)
    else:
        clause = sentence[begin:start]
        supposed = known.promise_conditions.search(sentence, first, start)
    denied = supposed or known.promise_negations.search(clause)
    return bool(denied or known.promise_denials.search(sentence[match.end() : end])) or _echoes(known, sentence, match)


_REACH = 300
"""Characters before and after a promise in which it is denied or named: with a limit, time grows with the text only."""


def _clause(known: Pack, sentence: str, match: re.Match[str]) -> tuple[int, int]:
    """Where the clause of a match begins and ends."""
    first, last = max(0, match.start() - _REACH), min(len(sentence), match.end() + _REACH)
    begins = [found.start() for found in known.promise_breaks.finditer(sentence, first, match.end())]
    end = known.promise_reasons.search(sentence, match.end(), last)
    return max([first, *(begin for begin in begins if begin < match.start())]), end.start() if end else last


def _echoes(known: Pack, sentence: str, match: re.Match[str]) -> bool:
    """Whether a question only says again what was named: "A refund?" """
    before, after = sentence[: match.start()], sentence[match.end() :]
    if len(before) > _REACH or len(after) > _REACH or not known.question_mark.search(sentence):
        return False
    return len(words(before)) <= 1 and len(words(after)) <= 3


_NAMED = frozenset({"a discount", "something free", "a loaner car"})
"""Of these a fact allows the one that it names, and no other."""


def _allowed(seen: Seen, own: Pack, what: str, sentence: str, match: re.Match[str]) -> bool:
    """Whether a fact that may be stated here holds out the same thing, in any pack's words.

    Where the fact is in the language of the sentence, what is free, cheaper or lent has to be the same thing.
    """
    allowed = seen.expect.facts_allowed
    facts = [f.text for name, f in seen.context.case.facts.items() if allowed is None or name in allowed]
    begin, end = _clause(own, sentence, match)
    spoken = (sentence[begin:end], sentence[max(0, match.start() - _REACH) : match.end() + _REACH])
    read = _facts_that_hold_out(own.language, what, seen.context.case.kind, tuple(facts))
    if any(what not in _NAMED or _same_thing(own, spoken, fact) for fact in read):
        return True
    others = (one for one in LANGUAGES if one != own.language)
    found = (_facts_that_hold_out(one, what, seen.context.case.kind, tuple(facts)) for one in others)
    return any(fact not in read for some in found for fact in some)


@lru_cache(maxsize=512)
def _facts_that_hold_out(language: str, what: str, kind: str, facts: tuple[str, ...]) -> tuple[str, ...]:
    """The sentences of facts that hold a thing out in a language's words."""
    known = pack(language)
    patterns = [pattern for named, pattern in _held_out(known, kind) if named == what] if known else []
    said = [fold(sentence) for fact in facts for _, sentence in sentences(fact)]
    return tuple(s for s in said if known and any(any(_made(known, s, p, written=kind != "call")) for p in patterns))


def _same_thing(known: Pack, said: tuple[str, ...], fact: str) -> bool:
    """Whether a fact shares a word or a number with the first of some texts that names anything; true where none does,
    or the fact names nothing."""
    idle = frozenset().union(*map(stems, known.promise_words))
    theirs = stems(fact) - idle
    things = next((named for text in said if (named := stems(text) - idle)), frozenset())
    if not things or not theirs or things & theirs:
        return True
    return bool(_readings(said[0]) & _readings(fact))


def _readings(text: str) -> set[tuple[str, object]]:
    return {(value.kind, reading) for value in values(text) for reading in value.readings}
