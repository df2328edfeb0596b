"""The words of cases -> golden answers that stand in the prompt, personal data, and cases that are one case twice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from callgate.concepts import AgentTurn, CallerTurn, Case, DecisionPoint, Json, Place, Problem, Prompt, canonical
from callgate.dataset.load import Source
from callgate.dataset.pii import STRUCTURED, Kind, find
from callgate.files import Document
from callgate.matchers import folded

GRAM = 8
"""So many words in a row, in a reference and in the prompt, are no accident."""


def leaks(case: Case, prompts: Sequence[Prompt]) -> Iterator[Problem]:
    """Golden answers, and callers' words, of which eight words in a row stand in a prompt: the case is one of its
    examples, and it would be graded on what it was told to say."""
    known = {prompt.source: _prompt_grams(prompt.texts) for prompt in prompts}
    for place, what, text in _golden(case):
        own = _grams(text) if len(text.split()) >= GRAM else set()
        for name, grams in known.items() if own else ():
            shared = sorted(own & grams)
            if shared:
                yield Problem(place, f"{what} in {name}: '{' '.join(shared[0])}'")


def _golden(case: Case) -> Iterator[tuple[Place, str, str]]:
    """What a prompt may not hold of a case: what is right at its decisions, and what its caller says."""
    good = {str(label["decision"]) for label in case.labels if label["verdict"] == "pass"}
    if case.simulate is not None:
        yield case.place, "has words of its caller that stand", case.simulate.opening
    for turn in case.turns:
        if isinstance(turn, CallerTurn):
            yield case.place, "has words of its caller that stand", turn.text
        elif isinstance(turn, DecisionPoint):
            for text in turn.expect.references:
                yield turn.place, f"decision {turn.id!r} has a reference that stands", text
            answers = (*turn.forced, *(turn.recorded if turn.id in good else ()))
            for text in (one.text for one in answers if isinstance(one, AgentTurn)):
                yield turn.place, f"decision {turn.id!r} has a good answer that stands", text


@lru_cache(maxsize=8)
def _prompt_grams(text: str) -> frozenset[tuple[str, ...]]:
    """Those of a prompt, which is looked at once for each case."""
    return frozenset(_grams(text))


def _grams(text: str) -> set[tuple[str, ...]]:
    words = folded(text).split()
    return {tuple(words[start : start + GRAM]) for start in range(len(words) - GRAM + 1)}


WORDS: Mapping[Kind, str] = {
    "phone": "a telephone number",
    "email": "an e-mail address",
    "card": "a card number",
    "vin": "a vehicle identification number",
    "ssn": "a social security number",
    "plate": "a licence plate",
    "address": "an address",
    "name": "a name",
    "digits": "a number said aloud",
    "code": "a spelled code",
}
SURE: frozenset[Kind] = frozenset(STRUCTURED)
"""Kinds that have a form of their own; names and spelled codes are replaced on the way in, and not refused."""
_OF_THE_BUSINESS: frozenset[Kind] = frozenset({"address"})
"""What a world may hold: the business's own."""


def personal_data(source: Source) -> Iterator[Problem]:
    """Personal data of a form that can be somebody's (not 555-01xx, not example.com), unless `pii: synthetic`."""
    if source.whole.get("pii") == "synthetic":
        return
    yield from personal_in(source.document, source.world.defaults)
    for document in source.world.documents:
        yield from _personal(document.value, (), document, SURE - _OF_THE_BUSINESS, "")


def personal_in(document: Document, world: Mapping[str, Json]) -> Iterator[Problem]:
    """Personal data in a case's own file; what its world says too is the business's."""
    yield from _personal(document.value, (), document, SURE, canonical(dict(world)).lower())


def _personal(
    value: Json, keys: tuple[str | int, ...], document: Document, kinds: frozenset[Kind], own: str
) -> Iterator[Problem]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _personal(inner, (*keys, key), document, kinds, own)
    elif isinstance(value, str):
        found = {one.kind for one in find(value) if one.kind in kinds and value[one.start : one.end].lower() not in own}
        for kind in sorted(found):
            advice = "scrub it, or say 'pii: synthetic' where it is invented"
            yield Problem(document.place(*keys), f"holds {WORDS[kind]}: {advice}")
    elif isinstance(value, Sequence):
        for index, inner in enumerate(value):
            yield from _personal(inner, (*keys, index), document, kinds, own)


def twins(cases: Sequence[Case], sources: Mapping[str, Source]) -> Iterator[Problem]:
    """Cases with the same words but for names and numbers: one call that would be counted twice."""
    seen: dict[str, Case] = {}
    for case in cases:
        words = _plot(case)
        if len(words.split()) < GRAM:
            continue
        before = seen.setdefault(words, case)
        if before is not case and before.cluster != case.cluster:
            message = f"the same words as {before.id} but for names and numbers: change it, or give both one 'cluster'"
            yield Problem(sources[case.id].place(), message)


def _plot(case: Case) -> str:
    """All that is said, without numbers and without the words that a name is made of."""
    said: list[str] = []
    for turn in case.turns:
        if isinstance(turn, DecisionPoint):
            said.extend(inner.text for inner in (*turn.recorded, *turn.forced) if isinstance(inner, AgentTurn))
        elif isinstance(turn, AgentTurn | CallerTurn):
            said.append(turn.text)
    if case.simulate is not None:
        said += [case.simulate.goal, case.simulate.opening]
    names = re.sub(r"(?<![.!?¿¡\"] )(?<!^)(?<![¿¡\"])\b[A-ZÁÉÍÓÚÑ]\w*", " ", "\n".join(said), flags=re.MULTILINE)
    return re.sub(r"\S*\d\S*", " ", folded(names))
