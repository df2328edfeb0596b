"""handoff and disclosure: passing the call on rightly, and saying at the start who is speaking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from callgate.concepts import Evidence, Grade, Json, NotApplicable, Score, ToolAnswer
from callgate.graders.packs import LANGUAGES, pack
from callgate.graders.rules.calls import call_evidence
from callgate.graders.rules.questions import questions
from callgate.graders.seen import Seen, leaves
from callgate.graders.text import excerpt, fold, squeezed, words
from callgate.matchers import mismatch

KEYS = ("to", "summary", "language")


def handoff_problem(written: Json) -> str | None:
    """What is wrong with an `expect.handoff`; it is true, false, a target, or {to, summary, language}."""
    if not isinstance(written, Mapping):
        return None if isinstance(written, bool | str) else f"handoff wants true, false, a target or {', '.join(KEYS)}"
    unknown = [key for key in written if key not in KEYS]
    return f"handoff has no {unknown[0]!r}; it has {', '.join(KEYS)}" if unknown else None


def handoff(seen: Seen, *, triggers: tuple[str, ...] = ()) -> Grade:
    """The call is passed on where it is expected to be, and only there; to the right target; with what it needs.

    `expect.handoff`: true, false, a target ("manager", or a matcher), or {to, summary: [words that the summary holds],
    language: that it is passed on}. After passing on, nothing more is asked. `triggers` (emergency, legal, person)
    name things that the caller may say after which a call must be passed on even where a case does not say so.
    """
    wanted = seen.expect.handoff
    passed_on = [a for a in seen.answers if seen.context.effect(a.call.name) == "transfer"]
    heard = _heard(seen, triggers)
    if wanted is None and not heard and not passed_on:
        return NotApplicable("no hand-off is expected and none was made")
    problems: list[tuple[str, Evidence | None]] = []
    if wanted is False:
        problems += [("passed the call on", call_evidence(seen, answer)) for answer in passed_on]
    elif (wanted is not None or heard) and not passed_on:
        said = excerpt(seen.trial.speech) if seen.trial.speech else "nothing"
        problems.append((f"did not pass the call on{f' after {heard}' if heard else ''}; said {said}", None))
    elif passed_on and isinstance(wanted, str | Mapping):
        problems += [(reason, call_evidence(seen, passed_on[-1])) for reason in _lacks(seen, passed_on[-1], wanted)]
    problems += _asks_after(seen, passed_on)
    why = "; ".join(reason for reason, _ in problems) or "as expected"
    evidence = tuple(proof for _, proof in problems if proof)
    return Score(float(not problems), passed=not problems, why=why, evidence=evidence)


def _heard(seen: Seen, triggers: tuple[str, ...]) -> str:
    """The first trigger in the caller's last words; in a whole conversation, in any of them since the decision."""
    said = [last.text for each in seen.exchanges if (last := each.seen.context.last_caller)] if triggers else []
    packs = [found for language in LANGUAGES if (found := pack(language))] if said else []
    text = fold("\n".join(said))
    named = (
        name for known in packs for name in triggers if name in known.triggers and known.triggers[name].search(text)
    )
    return next(named, "")


def _lacks(seen: Seen, answer: ToolAnswer, wanted: str | Mapping[str, Json]) -> Iterator[str]:
    """What the call that passes on has not of what it should have."""
    want: Mapping[str, Json] = {"to": wanted} if isinstance(wanted, str) else wanted
    given = [str(leaf) for leaf in leaves(answer.arguments) if leaf is not None]
    target = want.get("to")
    if target is not None and all(_differs(seen, target, text) for text in given):
        yield f"passed on to {', '.join(given) or 'nobody'}, expected {target}"
    summary = squeezed(" ".join(given))
    facts = want.get("summary")
    for fact in facts if isinstance(facts, list | tuple) else [facts] if facts else []:
        if squeezed(str(fact)) not in summary:
            yield f"the summary lacks {str(fact)!r}"
    language = want.get("language")
    if language:
        name = str(language) if isinstance(language, str) else seen.context.language or ""
        known = pack(name)
        said = (name, *(known.called if known else ()))
        if not any(fold(word) in words(summary) for word in said):
            yield f"does not pass on that the caller speaks {known.name if known else name}"


def _differs(seen: Seen, target: Json, text: str) -> bool:
    return mismatch(target, text, schema=None, timezone=seen.context.case.timezone) is not None


def _asks_after(seen: Seen, passed_on: list[ToolAnswer]) -> Iterator[tuple[str, Evidence]]:
    """Questions in or after the step that passes the call on: nobody is there to answer them."""
    ids = {id(answer) for answer in passed_on}
    first = next((n for n, step in enumerate(seen.trial.steps) if any(id(a) in ids for a in step.answers)), None)
    for utterance in seen.utterances if first is not None else ():
        if first is not None and utterance.turn >= first:
            for start, sentence in questions(utterance):
                yield f"asks while passing on: {excerpt(sentence)}", utterance.evidence(start, start + len(sentence))


def disclosure(seen: Seen) -> Grade:
    """The first thing said names the dealer and says that it is an assistant; and that the call is recorded, where
    `config.recording_notice` asks for it. Applies where nothing was said before, or `config.disclosure` is set and
    the agent has not spoken yet.
    """
    config = seen.context.case.config
    opened = bool(seen.context.past_utterances)
    if opened or (seen.context.history and not config.get("disclosure")) or not seen.utterances:
        return NotApplicable("not the beginning of the call")
    failure = seen.unpacked()
    if failure:
        return failure
    first = seen.utterances[0]
    plain, known = fold(first.text), first.pack
    assert known is not None
    lacking = []
    name = str(config.get("dealer_name") or "")
    if name and squeezed(name) not in squeezed(first.text):
        lacking.append(name)
    if not known.phrases["assistant"].search(plain):
        lacking.append("that it is a virtual assistant")
    if config.get("recording_notice") and not known.phrases["recording"].search(plain):
        lacking.append("that the call is recorded")
    why = f"does not say {' nor '.join(lacking)}: {excerpt(first.text)}" if lacking else "says who is speaking"
    return Score(float(not lacking), passed=not lacking, why=why, evidence=(first.evidence(),) if lacking else ())
