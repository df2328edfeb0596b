"""forbidden_promise: what is held out to the caller that no fact allows, and what only sounds so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from callgate.concepts import Evidence, Grade, NotApplicable, Score
from callgate.graders.needs import may_match
from callgate.graders.packs import LANGUAGES, Pack, pack
from callgate.graders.said import stems, values
from callgate.graders.seen import Seen, Utterance
from callgate.graders.text import excerpt, fold, sentences, unmarked, words


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
    for what, start, sentence, made in promised(known, seen.context.case.kind, utterance.text):
        if any(not _allowed(seen, known, what, fold(unmarked(sentence)), match) for match in made):
            yield what, utterance.evidence(start, start + len(sentence))


def promised(known: Pack, kind: str, text: str) -> Iterator[tuple[str, int, str, list[re.Match[str]]]]:
    """What a text in a case of that kind holds out, allowed or not: start and text of its sentence, and where in it."""
    folded_text = fold(unmarked(text))
    promises = [(what, pattern) for what, pattern in _held_out(known, kind) if may_match(pattern, folded_text)]
    for start, sentence in sentences(text) if promises else ():
        folded = fold(unmarked(sentence))
        for what, pattern in promises:
            if made := list(_made(known, folded, pattern, written=kind != "call")):
                yield what, start, sentence, made


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
