"""What tools answered against what is said: untrue offers, success after an error, a booking as it is spoken."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from callgate.concepts import Evidence, Grade, Json, NotApplicable, Score, ToolTurn
from callgate.graders.needs import may_match
from callgate.graders.rules.claims import CLAUSE, DONE_BY, claims_of, said_done, was_found
from callgate.graders.seen import Seen, Utterance, leaves
from callgate.graders.text import excerpt, fold, sentences
from callgate.graders.values import Day, Value, find


def tool_result_contradiction(seen: Seen) -> Grade:
    """What is offered was returned, and nothing that failed is said to have worked.

    A time in a sentence that offers it must be a start that some answer held. An act whose tool was last answered with
    an error is not said to be done, and an appointment that no look-up found is not said to be there.
    """
    failure = seen.unpacked()
    if failure:
        return failure
    if not seen.utterances or not _looked(seen):
        return NotApplicable("no tool answered, or nothing was said")
    problems = [*_untrue_offers(seen), *_untrue_claims(seen)]
    why = "; ".join(dict.fromkeys(f"{reason}: {excerpt(proof.text)}" for reason, proof in problems))
    evidence = tuple(dict.fromkeys(proof for _, proof in problems))
    return Score(float(not problems), passed=not problems, why=why or "as the tools answered", evidence=evidence)


def _looked(seen: Seen) -> bool:
    return bool(seen.answers) or any(isinstance(turn, ToolTurn) for turn in seen.context.history)


def starts(seen: Seen) -> tuple[datetime, ...]:
    """Every moment that an answer held, in the history or the trial, in local time."""
    return _local(seen.moments, seen.context.case.timezone)


def _named(seen: Seen, values: Iterable[Json]) -> tuple[datetime, ...]:
    """The moments that some values name, in local time."""
    moments = frozenset(moment for value in values if (moment := seen.moment(value)) is not None)
    return _local(moments, seen.context.case.timezone)


@lru_cache(maxsize=4096)
def _local(moments: frozenset[datetime], timezone: str) -> tuple[datetime, ...]:
    zone = ZoneInfo(timezone)
    return tuple(sorted(moment.astimezone(zone) for moment in moments))


def _untrue_offers(seen: Seen) -> Iterator[tuple[str, Evidence]]:
    known = starts(seen)
    answered = [result for tool, result in seen.results if seen.context.effect(tool) == "read"]
    if not known and not (seen.failed_reads or answered):
        return
    for utterance in seen.utterances:
        for start, sentence in _offering(utterance):
            values = [v for v in find(utterance.text, utterance.language) if start <= v.start < start + len(sentence)]
            days = [value for value in values if value.kind == "date"]
            for value in values:
                if value.kind == "time" and not any(_one_of(value, days, moment, seen.today) for moment in known):
                    proof = utterance.evidence(start, start + len(sentence))
                    yield f"offers {value.text.strip(' .,?')}, which no tool returned", proof


def _offering(utterance: Utterance) -> Iterator[tuple[int, str]]:
    """The sentences of an utterance that offer a time."""
    known = utterance.pack
    if known is None or not may_match(known.phrases["openings"], fold(utterance.text)):
        return
    for start, sentence in sentences(utterance.text):
        plain = fold(sentence)
        if known.phrases["openings"].search(plain) and not known.phrases["not_openings"].search(plain):
            yield start, sentence


def _one_of(value: Value, days: list[Value], moment: datetime, today: date) -> bool:
    """Whether a time, on one of the days named beside it, is this moment."""
    return value.tells(moment, today) and (not days or any(day.tells(moment, today) for day in days))


def _untrue_claims(seen: Seen) -> Iterator[tuple[str, Evidence]]:
    for utterance in seen.utterances:
        for act, proof in claims_of(utterance):
            done_by = DONE_BY.get(act.removesuffix("_state"))
            tool = next((t for t in seen.failed_writes if done_by and done_by.search(t)), None)
            if tool and not _holds_still(seen, utterance, act, proof):
                yield f"{tool} failed, yet it is said to be done", proof
        known = utterance.pack
        for start, sentence in sentences(utterance.text) if known and _nothing_found(seen) else ():
            plain = fold(sentence)
            if known and known.phrases["found"].search(plain) and not known.negations.search(plain):
                yield "no look-up found an appointment", utterance.evidence(start, start + len(sentence))


def _holds_still(seen: Seen, utterance: Utterance, act: str, proof: Evidence) -> bool:
    """Whether a claim that describes a state is true of an appointment that was there before something failed."""
    if was_found(seen, act, proof):
        return True
    booked = _written(seen) if act.endswith("_state") else ()
    named = [value for value in find(proof.text, utterance.language) if value.kind in {"date", "time"}]
    return any(all(value.tells(moment, seen.today) for value in named) for moment in booked)


def _nothing_found(seen: Seen) -> bool:
    """Whether appointments were looked for and no answer of any tool holds one."""
    looked = [r for tool, r in seen.results if seen.context.effect(tool) == "read" and "appointment" in tool]
    tried = looked or any("appointment" in tool for tool in seen.failed_reads)
    return bool(tried) and not any(_holds(result) for result in looked) and not _wrote(seen)


def _holds(result: Json) -> bool:
    return any(leaf not in {None, "", False} for leaf in leaves(result))


def _wrote(seen: Seen) -> bool:
    return any(seen.context.effect(tool) == "write" for tool, _ in seen.results)


# ---------------------------------------------------------------------------------------------- as booked, so spoken

_BOOKED = ("book", "book_state", "move")
_FROM = re.compile(r"(?:from|instead of|not|was|old|desde|en vez de|en lugar de|del?|era|antes) (?:\w+ ){0,3}\Z")


def appointment_spoken(seen: Seen) -> Grade:
    """The day and the time said with a booking are those booked, and a weekday said beside a date is that date's.

    A move may also name the appointment that it was moved from.
    """
    failure = seen.unpacked()
    if failure:
        return failure
    booked = _written(seen)
    spoken = [(u, v) for u in seen.utterances for v in find(u.text, u.language)]
    dated = [(u, v) for u, v in spoken if v.kind == "date" and any(_has_both(r) for r in v.readings)]
    confirmed = [(u, start, sentence) for u in seen.utterances for start, sentence in _confirming(u)] if booked else []
    if not dated and not confirmed:
        return NotApplicable("no day or time was said with a booking")
    problems = [
        (f"{v.text.strip()} is no such day", u.evidence(v.start, v.end)) for u, v in dated if _unreal(v, seen.today)
    ]
    for utterance, start, sentence in confirmed:
        problems += _other_than(seen, utterance, start, sentence, booked)
    why = "; ".join(dict.fromkeys(f"{reason}: {excerpt(proof.text)}" for reason, proof in problems))
    if problems and booked:
        why += f" (booked: {' or '.join(f'{moment:%A %Y-%m-%d %H:%M}' for moment in booked)})"
    evidence = tuple(dict.fromkeys(proof for _, proof in problems))
    return Score(float(not problems), passed=not problems, why=why or "spoken as booked", evidence=evidence)


def _written(seen: Seen) -> tuple[datetime, ...]:
    """The moments in the last write that succeeded: of the trial, else of the history."""
    done = [a for a in seen.answers if a.kind == "answered" and seen.context.effect(a.call.name) == "write"]
    for answer in reversed(done):
        if found := _named(seen, leaves(answer.arguments)):
            return found
    past = [t for t in seen.context.history if isinstance(t, ToolTurn) and t.error is None]
    for turn in reversed(past):
        if seen.context.effect(turn.tool) == "write" and (found := _named(seen, leaves(turn.args))):
            return found
    return ()


def _confirming(utterance: Utterance) -> Iterator[tuple[int, str]]:
    """The sentences that say that something is booked or moved, and when."""
    for act, proof in claims_of(utterance):
        values = find(utterance.text, utterance.language)
        timed = any(v.kind in {"date", "time"} and proof.start <= v.start < proof.end for v in values)
        if timed and act in _BOOKED:
            yield proof.start, proof.text


def _other_than(
    seen: Seen, utterance: Utterance, start: int, sentence: str, booked: tuple[datetime, ...]
) -> Iterator[tuple[str, Evidence]]:
    """The days and times of a sentence that are not those booked, nor those of another appointment moved from."""
    known = starts(seen)
    begins: Value | None = None  # the time that was told last, if it is the appointment's
    for value in find(utterance.text, utterance.language):
        if not start <= value.start < start + len(sentence) or value.kind not in {"date", "time"}:
            continue
        if _set_aside(utterance, start, sentence, value) or _is_over(value):
            continue
        before = fold(utterance.text[start : value.start])
        others = known if _FROM.search(before) else ()
        if any(value.tells(moment, seen.today) for moment in (*booked, *others)):
            begins = value if value.kind == "time" else begins
            continue
        if begins is not None and _ends(utterance, begins, value):
            continue
        yield f"says {value.text.strip(' .,')}", utterance.evidence(start, start + len(sentence))


def _ends(utterance: Utterance, begin: Value, value: Value) -> bool:
    """Whether a time is the end of a window that begins with the appointment's: "from 10 to 12"."""
    between = fold(utterance.text[begin.end : value.start]).strip()
    known = utterance.pack
    return known is not None and value.kind == "time" and known.phrases["until"].fullmatch(between) is not None


def _set_aside(utterance: Utterance, start: int, sentence: str, value: Value) -> bool:
    """Whether a value stands in a clause of its own that says that it is not the appointment's: "four was taken, so I
    booked you for two". The clause that says what is booked is none of them."""
    known = utterance.pack
    if known is None:
        return False
    at = value.start - start
    plain = fold(CLAUSE.split(sentence[:at])[-1] + CLAUSE.split(sentence[at:])[0])
    booked = any(act in _BOOKED for act, _ in said_done(known, plain))
    return not booked and known.phrases["not_then"].search(plain) is not None


def _is_over(value: Value) -> bool:
    """Whether a value says a day before today, as "yesterday" does: nothing is booked for that."""
    return any(isinstance(reading, Day) and (reading.offset or 0) < 0 for reading in value.readings)


def _has_both(reading: object) -> bool:
    return isinstance(reading, Day) and reading.weekday is not None and reading.day is not None


@lru_cache(maxsize=4096)
def _unreal(value: Value, today: date) -> bool:
    """Whether no day from two months ago to a year ahead is what was said."""
    days = (today + timedelta(days=n) for n in range(-62, 366))
    return not any(isinstance(r, Day) and r.fits(day, today) for day in days for r in value.readings)
