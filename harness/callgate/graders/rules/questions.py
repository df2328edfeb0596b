"""repeat_question and question_budget: what was asked for, and whether it was known already."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from callgate.concepts import CallerTurn, Evidence, Failure, Grade, NotApplicable, Score
from callgate.files import did_you_mean
from callgate.graders.needs import may_match
from callgate.graders.packs import LANGUAGES, Pack, pack, slots
from callgate.graders.seen import Context, Seen, Utterance
from callgate.graders.text import excerpt, fold, sentences
from callgate.graders.values import find


@lru_cache(maxsize=8192)
def questions(utterance: Utterance) -> tuple[tuple[int, str], ...]:
    """Start and text of each sentence that asks: a question mark, or a request for something without one."""
    known = utterance.pack
    if known is None:
        return ()
    asked = []
    for start, sentence in sentences(utterance.text):
        folded = fold(sentence)
        opening = known.requests.match(folded) or known.requests.search(folded)
        if known.question_mark.search(folded) or (opening and opening.start() < 12):
            asked.append((start, sentence))
    return tuple(asked)


@lru_cache(maxsize=8192)
def asked_slots(utterance: Utterance) -> tuple[tuple[str, Evidence], ...]:
    """Each slot that an utterance asks for, with the sentence that does."""
    return tuple(_asked_slots(utterance))


def _asked_slots(utterance: Utterance) -> Iterator[tuple[str, Evidence]]:
    known = utterance.pack
    asking = questions(utterance)
    if known is None or not asking:
        return
    folded = fold(utterance.text)
    slots = [(slot, pattern) for slot, pattern in known.slots.items() if may_match(pattern, folded)]
    for start, sentence in asking if slots else ():
        folded = fold(sentence)
        for slot, pattern in slots:
            if pattern.search(folded):
                yield slot, utterance.evidence(start, start + len(sentence))


def repeat_question(seen: Seen, *, confidence: float = 0.6) -> Grade:
    """No slot is asked for again that is in `must_not_ask`, in the caller's record, or was given in the call.

    Where the caller's last turn was recognised with less than `confidence`, asking once is fair: a slot that was
    asked for twice before is not fair to ask for again. `must_ask` names what is to be asked for all the same. In
    writing only `must_not_ask` counts: who wrote from when on it fails may well be asked when it failed last.
    """
    listed = _singular(seen.expect.must_not_ask)
    wanted = _singular(seen.expect.must_ask)
    told = {} if seen.is_written else {slot: words for slot, words in given(seen.context).items() if slot not in wanted}
    known = listed | set(told)
    if not known:
        return NotApplicable("nothing is said to be known")
    failure = seen.unpacked() or _unknown(seen.expect.must_not_ask)
    if failure:
        return failure
    if not seen.utterances:
        return NotApplicable("nothing was said")
    again = [(slot, proof) for u in seen.utterances for slot, proof in asked_slots(u) if slot in known]
    fair = {slot for slot, _ in again} if _badly_heard(seen, confidence) else set()
    fair = {slot for slot in fair if _asked_before(seen, slot) < 2}
    again = [(slot, proof) for slot, proof in again if slot not in fair]
    if fair and not again:
        return NotApplicable(f"the caller was heard with confidence under {confidence:g}: asking once is fair")
    wrong = dict.fromkeys(slot for slot, _ in again)
    why = "; ".join(f"asked for {slot} again: {excerpt(next(p.text for s, p in again if s == slot))}" for slot in wrong)
    sources = [Evidence(told[slot], -1) for slot in wrong if slot in told]
    evidence = tuple(dict.fromkeys([*(proof for _, proof in again), *sources]))
    share = 1 - len(wrong) / len(known)
    return Score(share, passed=not wrong, why=why or "asked for nothing known", evidence=evidence)


def _badly_heard(seen: Seen, least: float) -> bool:
    last = seen.context.last_caller
    return last is not None and last.confidence is not None and last.confidence < least


def _asked_before(seen: Seen, slot: str) -> int:
    """How many turns of the history asked for a slot."""
    return sum(any(found == slot for found, _ in asked_slots(turn)) for turn in seen.context.past_utterances)


_RECORDED = ("name", "phone", "vehicle", "email", "address", "vin", "plate")
"""Slots that a caller's record can hold under their own names."""


@lru_cache(maxsize=1024)
def given(context: Context) -> Mapping[str, str]:
    """The slots whose value is known, each with the words that say so: of the caller's record, or said in the call.

    A caller who speaks for somebody else, or of another number, makes the record and the name no answer.
    """
    known = {slot: f"{slot}: {context.case.caller[slot]}" for slot in _RECORDED if context.case.caller.get(slot)}
    packs = [found for language in LANGUAGES if (found := pack(language))]
    for turn in context.history:
        if not isinstance(turn, CallerTurn):
            continue
        text = turn.heard or turn.text
        if any(p.phrases["for_others"].search(fold(text)) for p in packs):
            return {}
        for p in packs:
            if any(v.kind == "phone" and len(str(v.readings[0])) >= 10 for v in find(text, p.language)):
                known.setdefault("phone", text)
            if _introduced(p, text):
                known.setdefault("name", text)
    return known


def _introduced(known: Pack, text: str) -> bool:
    """Whether a caller says a first and a last name: "my name is Dana Whitfield"."""
    match = known.phrases["introduces"].search(fold(text))
    return bool(match and re.match(r"\W*[A-ZÁÉÍÓÚÑ][\w'-]+ [A-ZÁÉÍÓÚÑ][\w'-]+", text[match.end() :]))


def _singular(names: tuple[str, ...]) -> frozenset[str]:
    """Slots as the packs call them: "services" is service."""
    known = slots()
    return frozenset(name if name in known else name.removesuffix("s") for name in names)


def _unknown(names: tuple[str, ...]) -> Failure | None:
    """A slot that no pack has questions for cannot be seen to be asked for, so nothing was measured."""
    problem = next(filter(None, map(slot_problem, names)), None)
    return Failure("no_pack", problem) if problem else None


def slot_problem(name: str) -> str | None:
    """What is wrong with a slot of must_ask or must_not_ask; None where a pack knows it."""
    known = slots()
    return (
        None
        if name in known or name.removesuffix("s") in known
        else f"unknown slot {name!r}{did_you_mean(name, known)}"
    )


def question_budget(seen: Seen) -> Grade:
    """At most `max_questions` questions in each utterance; every slot of `must_ask` is asked for."""
    limit, wanted = seen.expect.max_questions, seen.expect.must_ask
    if limit is None and not wanted:
        return NotApplicable("no limit on questions and none wanted")
    failure = seen.unpacked() or _unknown(wanted)
    if failure:
        return failure
    problems, evidence = [], []
    for utterance in seen.utterances:
        asked = questions(utterance)
        if limit is not None and len(asked) > limit:
            problems.append(f"{len(asked)} questions, at most {limit}: {excerpt(utterance.text)}")
            evidence.append(utterance.evidence())
    asked_for = {slot for utterance in seen.utterances for slot, _ in asked_slots(utterance)}
    missed = [slot for slot in wanted if not {slot, slot.removesuffix("s")} & asked_for]
    if missed:
        heard = excerpt(seen.trial.speech) if seen.trial.speech else "nothing"
        problems.append(f"did not ask for {', '.join(missed)}; said {heard}")
        evidence += [utterance.evidence() for utterance in seen.utterances]
    score = 0.0 if problems else 1.0
    return Score(score, passed=not problems, why="; ".join(problems) or "as asked", evidence=tuple(evidence))
