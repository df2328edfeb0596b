"""Rules for what is written to a customer: e-mails and posts in a public forum."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TypeAlias

from callgate.concepts import Evidence, Failure, Grade, Json, NotApplicable, Score
from callgate.graders.packs import LANGUAGES, Writing, pack
from callgate.graders.rules.links import allowed_links, links_in
from callgate.graders.rules.privacy import personal
from callgate.graders.rules.questions import questions
from callgate.graders.seen import Context, Seen, Utterance, leaves
from callgate.graders.text import excerpt, fold, sentences
from callgate.redaction import redact

_Found: TypeAlias = "Iterator[tuple[str, Evidence]]"


def greeting(seen: Seen, *, within: int = 40) -> Grade:
    """The e-mail begins with a greeting, within its first characters."""
    failure = _unwritten(seen)
    if failure or not seen.utterances:
        return failure or NotApplicable("nothing was written")
    first = seen.utterances[0]
    opening = fold(first.text.lstrip())
    found = _words(first).greetings.search(opening)
    if found and found.start() <= within:
        return Score(1.0, passed=True, why="greets")
    line = first.text.strip().splitlines()[0]
    return _bad(f"no greeting: {excerpt(line)}", first.evidence(0, first.text.index(line) + len(line)))


def asks_back(seen: Seen) -> Grade:
    """The e-mail asks at least one question; a case with `max_questions: 0` wants none."""
    if seen.expect.max_questions == 0:
        return NotApplicable("no question is wanted here")
    return _wants_one(seen, lambda utterance: bool(questions(utterance)), "asks nothing")


def step_to_try(seen: Seen) -> Grade:
    """The text names at least one thing that the reader can do now: a sentence, or an item of a list, that tells to."""
    return _wants_one(seen, lambda utterance: any(_steps(utterance)), "names nothing to try")


def links_known(seen: Seen) -> Grade:
    """Every link is one of `config.links` or stands in a fact that may be stated; none is invented.

    An entry that ends with `*` allows all that begins so. Scheme and host count as written in any case, a slash or a
    fragment at the end does not count; an address with a user name in it, or of another host, is never known.
    """
    found = [(utterance, link) for utterance in seen.utterances for link in links_in(utterance.text)]
    if not found:
        return NotApplicable("no link")
    known = allowed_links(seen.context.case, seen.expect.facts_allowed)
    loose = [(utterance, link) for utterance, link in found if not link.is_among(known)]
    why = "; ".join(f"a link that is on no list: {excerpt(link.text)}" for _, link in loose)
    evidence = tuple(utterance.evidence(link.start, link.end) for utterance, link in loose)
    return Score(1 - len(loose) / len(found), passed=not loose, why=why or "every link is known", evidence=evidence)


def link_given(seen: Seen) -> Grade:
    """The post gives at least one link that is allowed here, so that its readers can read on. Applies where there is
    one to give."""
    known = allowed_links(seen.context.case, seen.expect.facts_allowed)
    if not known:
        return NotApplicable("there is no link to give: config.links and facts hold none")
    if not seen.utterances:
        return NotApplicable("nothing was written")
    given = [link for utterance in seen.utterances for link in links_in(utterance.text)]
    if any(link.is_among(known) for link in given):
        return Score(1.0, passed=True, why="links to what helps")
    return _bad("gives no link to docs or posts", *(utterance.evidence() for utterance in seen.utterances))


def outage_claim(seen: Seen) -> Grade:
    """No outage, incident or fault of ours is stated that no fact states. One that is denied or supposed is none."""
    failure = _unwritten(seen)
    if failure or not seen.utterances:
        return failure or NotApplicable("nothing was written")
    claimed = [] if _outage_known(seen.context) else [c for u in seen.utterances for c in _outages(u)]
    if claimed:
        why = "; ".join(f"states an outage that no fact states: {excerpt(proof.text)}" for proof in claimed)
        return _bad(why, *claimed)
    return Score(1.0, passed=True, why="states no outage that is not known")


def internal_note(seen: Seen) -> Grade:
    """Nothing that is written for colleagues stands in what the customer reads: no note, no remark on the customer."""
    failure = _unwritten(seen)
    if failure or not seen.utterances:
        return failure or NotApplicable("nothing was written")
    found = [
        utterance.evidence(start, start + len(sentence))
        for utterance in seen.utterances
        for start, sentence in sentences(utterance.text)
        if _any_pack("internal_notes", fold(sentence))
    ]
    if not found:
        return Score(1.0, passed=True, why="nothing internal")
    return _bad("; ".join(f"an internal note: {excerpt(proof.text)}" for proof in found), *found)


_PRIVATE = ("name", "phone", "email", "address", "account", "order", "card", "vehicle", "vin", "plate")
"""What a customer's record may hold that is nobody's business in public."""


def public_data(seen: Seen) -> Grade:
    """In public nothing personal is written, not even what the customer wrote first: no address, number, e-mail, key,
    and nothing of the customer's record. The company's own, in `config` and the facts, may be written."""
    if not seen.utterances:
        return NotApplicable("nothing was written")
    found = [each for utterance in seen.utterances for each in _public(seen.context, utterance)]
    if not found:
        return Score(1.0, passed=True, why="nothing personal")
    why = "; ".join(dict.fromkeys(f"writes {what} in public: {excerpt(proof.text, 40)}" for what, proof in found))
    return _bad(why, *(proof for _, proof in found))


# ---------------------------------------------------------------------------------------------- what is looked for


def _words(utterance: Utterance) -> Writing:
    known = utterance.pack
    assert known is not None
    assert known.writing is not None  # _unwritten
    return known.writing


def _unwritten(seen: Seen) -> Failure | None:
    """The failure of a rule whose language has no pack, or one without words for writing."""
    for utterance in seen.utterances:
        known = utterance.pack
        if known is not None and known.writing is None:
            return Failure("no_pack", f"not graded: the {known.name} pack has no words for writing")
    return seen.unpacked()


def _bad(why: str, *evidence: Evidence) -> Score:
    return Score(0.0, passed=False, why=why, evidence=tuple(dict.fromkeys(evidence)))


def _wants_one(seen: Seen, has: Callable[[Utterance], bool], lacking: str) -> Grade:
    failure = _unwritten(seen)
    if failure or not seen.utterances:
        return failure or NotApplicable("nothing was written")
    if any(has(utterance) for utterance in seen.utterances):
        return Score(1.0, passed=True)
    return _bad(lacking, *(utterance.evidence() for utterance in seen.utterances))


def _steps(utterance: Utterance) -> Iterator[str]:
    words = _words(utterance)
    for _, sentence in sentences(utterance.text):
        folded = fold(sentence)
        if words.step_first.match(folded) or words.step_after.search(folded):
            yield sentence


def _outages(utterance: Utterance) -> Iterator[Evidence]:
    words = _words(utterance)
    for start, sentence in sentences(utterance.text):
        if _asserted(fold(sentence), words):
            yield utterance.evidence(start, start + len(sentence))


def _asserted(folded: str, words: Writing) -> bool:
    """Whether a sentence states an outage: not asked, denied or supposed in its clause."""
    if folded.rstrip().endswith("?"):
        return False
    stated = words.outages.finditer(folded)
    return any(not words.negations.search(words.clause(folded[: match.end()])) for match in stated)


@lru_cache(maxsize=1024)
def _outage_known(context: Context) -> bool:
    """Whether a fact that may be stated states an outage itself, in any pack's words."""
    allowed = context.expect.facts_allowed
    texts = [fold(fact.text) for name, fact in context.case.facts.items() if allowed is None or name in allowed]
    for language in LANGUAGES:
        known = pack(language)
        if known is None or known.writing is None:
            continue
        for text in texts:
            if any(_asserted(one, known.writing) for _, one in sentences(text)):
                return True
    return False


def _any_pack(field: str, folded: str) -> bool:
    """A note for colleagues may be in another language than the reply, so every pack is asked."""
    for language in LANGUAGES:
        known = pack(language)
        if known is not None and known.writing is not None and getattr(known.writing, field).search(folded):
            return True
    return False


def _public(context: Context, utterance: Utterance) -> _Found:
    ours = _ours(context)
    for found in personal(utterance.text):
        if fold(found.key) not in ours and re.sub(r"\W", "", fold(found.key)) not in re.sub(r"\W", "", ours):
            yield f"a {found.kind}", utterance.evidence(found.start, found.end)
    said = fold(utterance.text)
    for key in _PRIVATE:
        for leaf in leaves(context.case.caller.get(key)):
            start = said.find(fold(str(leaf))) if leaf is not None and len(str(leaf)) > 3 else -1
            if start >= 0:
                yield f"the customer's {key}", utterance.evidence(start, start + len(str(leaf)))
    if redact(utterance.text) != utterance.text:
        yield "a key or password", utterance.evidence()


@lru_cache(maxsize=1024)
def _ours(context: Context) -> str:
    """What is the company's own, folded."""
    public: Sequence[Json] = [value for key, value in context.case.config.items() if key != "canaries"]
    texts = [str(leaf) for leaf in leaves(public) if leaf is not None]
    return fold("\n".join([*texts, *(fact.text for fact in context.case.facts.values())]))
