"""repeat_question and question_budget: what was asked for, and whether it was known already."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from callgate.concepts import (
    CallerTurn,
    Evidence,
    Failure,
    Grade,
    Json,
    NotApplicable,
    Score,
    ToolAnswer,
    ToolTurn,
)
from callgate.files import did_you_mean
from callgate.graders.needs import may_match
from callgate.graders.packs import LANGUAGES, Pack, pack, slots
from callgate.graders.said import says, values
from callgate.graders.seen import Context, Seen, Utterance, leaves
from callgate.graders.text import excerpt, fold, sentences, unmarked
from callgate.graders.values import find


@lru_cache(maxsize=8192)
def questions(utterance: Utterance) -> tuple[tuple[int, str], ...]:
    """Start and text of each sentence that asks: a question mark, or a request for something without one."""
    known = utterance.pack
    if known is None:
        return ()
    asked = []
    requests = may_match(known.requests, fold(unmarked(utterance.text)))
    for start, sentence in sentences(utterance.text):
        folded = fold(unmarked(sentence))
        if known.question_mark.search(folded) or (requests and _requests(known, folded)):
            asked.append((start, sentence))
    return tuple(asked)


def _requests(known: Pack, folded: str) -> bool:
    """Whether a sentence begins with a request, or with a few words before one."""
    opening = known.requests.search(folded)
    return opening is not None and opening.start() < 12


@lru_cache(maxsize=8192)
def asked_slots(utterance: Utterance) -> tuple[tuple[str, Evidence], ...]:
    """Each slot that an utterance asks for, with the sentence that does; none that is only confirmed."""
    return tuple(_asked_slots(utterance))


def _asked_slots(utterance: Utterance) -> Iterator[tuple[str, Evidence]]:
    known = utterance.pack
    asking = questions(utterance)
    if known is None or not asking:
        return
    folded = fold(unmarked(utterance.text))
    slots = [(slot, pattern) for slot, pattern in known.slots.items() if may_match(pattern, folded)]
    for start, sentence in asking if slots else ():
        folded = fold(unmarked(sentence))
        if known.confirms.search(folded):
            continue
        for slot, pattern in slots:
            if pattern.search(folded):
                yield slot, utterance.evidence(start, start + len(sentence))


def repeat_question(seen: Seen, *, confidence: float = 0.6) -> Grade:
    """No slot is asked for again that is in `must_not_ask`, in the caller's record, or was given in the call.

    Where the caller's last turn was recognised with less than `confidence`, asking once is fair: a slot that was
    asked for twice before is not fair to ask for again. `must_ask` names what is to be asked for all the same. In
    writing only `must_not_ask` counts: who wrote from when on it fails may well be asked when it failed last. A
    question that says what it asks about ("I have you at 312-555-0142, is that right?") asks for nothing.
    """
    listed = _singular(seen.expect.must_not_ask)
    wanted = _singular(seen.expect.must_ask)
    told = {} if seen.is_written else {**_answered(seen), **given(seen.context)}
    told = {slot: words for slot, words in told.items() if slot not in wanted}
    known = listed | set(told)
    if not known:
        return NotApplicable("nothing is said to be known")
    failure = seen.unpacked() or _unknown(seen.expect.must_not_ask)
    if failure:
        return failure
    if not seen.utterances:
        return NotApplicable("nothing was said")
    again = [(slot, proof) for u in seen.utterances for slot, proof in asked_slots(u) if slot in known]
    again = [(slot, proof) for slot, proof in again if slot in listed or not _opens_anew(seen, slot, proof)]
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


def _answered(seen: Seen) -> dict[str, str]:
    """The slots that a simulated caller has answered in the call: each fact that it knows, where it has said it."""
    simulate = seen.context.case.simulate
    if simulate is None:
        return {}
    kinds, found = slots(), {}
    spoken = [turn.text for turn in seen.context.history if isinstance(turn, CallerTurn)]
    for name, meant in simulate.known.items():
        ways = (meant,) if isinstance(meant, str) else meant
        said = next((text for text in spoken for way in ways if says(text, way)), None)
        if said is not None and name in kinds:
            found[name] = said
    return found


def _opens_anew(seen: Seen, slot: str, proof: Evidence) -> bool:
    """Whether asking for a day or time again is fair: times are offered with it, or the last look-up found none and
    the last write failed."""
    if slot not in {"date", "time"}:
        return False
    text = next((u.text for u in seen.utterances if u.turn == proof.turn), proof.text)
    if any(value.kind == "time" for value in values(text)):
        return True
    done = [turn for turn in seen.context.history if isinstance(turn, ToolTurn)]
    tools = [*done[-1:], *(ToolTurn(a.call.name, {}, a.content, _error(a)) for a in seen.answers)][-1:]
    return any(turn.error is not None or not any(map(seen.moment, leaves(turn.result))) for turn in tools)


def _error(answer: ToolAnswer) -> Json:
    return None if answer.kind in {"answered", "transfer"} else answer.content


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
