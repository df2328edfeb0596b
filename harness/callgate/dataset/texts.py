"""The words of cases -> golden answers that stand in the prompt, personal data, and cases that are one case twice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from callgate.concepts import AgentTurn, CallerTurn, Case, DecisionPoint, Json, Problem, Prompt
from callgate.dataset.load import Source
from callgate.files import Document
from callgate.matchers import folded

GRAM = 8
"""So many words in a row, in a reference and in the prompt, are no accident."""

_PHONE = re.compile(
    r"(?<![\w.-])(?:\+?1[-. ]?)?\(?([2-9]\d{2})\)?[-. ]?([2-9]\d{2})[-. ]?(\d{4})(?![\d-])|(?<!\w)\+(?!1)\d{8,15}\b"
)
_EMAIL = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")
_INVENTED_HOST = re.compile(r"(?:.*\.)?(?:example(?:\.[a-z]{2,3})?|test|invalid|localhost)\Z", re.IGNORECASE)


def leaks(case: Case, prompts: Sequence[Prompt]) -> Iterator[Problem]:
    """References of which eight words in a row stand in a prompt: it would be graded on what it was told to say."""
    references = [(point, text) for point in case.points for text in point.expect.references]
    if not references:
        return
    known = {prompt.source: _grams(prompt.text) for prompt in prompts}
    for point, text in references:
        for name, grams in known.items():
            shared = sorted(_grams(text) & grams)
            if shared:
                message = f"decision {point.id!r} has a reference that stands in {name}: '{' '.join(shared[0])}'"
                yield Problem(point.place, message)


def _grams(text: str) -> set[tuple[str, ...]]:
    words = folded(text).split()
    return {tuple(words[start : start + GRAM]) for start in range(len(words) - GRAM + 1)}


def personal_data(source: Source) -> Iterator[Problem]:
    """Telephone numbers other than 555-01xx, e-mail addresses other than example.com, unless `pii: synthetic`."""
    if source.whole.get("pii") == "synthetic":
        return
    for document in (source.document, *source.world.documents):
        yield from _personal(document.value, (), document)


def _personal(value: Json, keys: tuple[str | int, ...], document: Document) -> Iterator[Problem]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _personal(inner, (*keys, key), document)
    elif isinstance(value, str):
        advice = "scrub it, or say 'pii: synthetic' where it is invented"
        if any(not _is_invented(found) for found in _PHONE.finditer(value)):
            yield Problem(document.place(*keys), f"holds a telephone number: {advice}")
        if any(_INVENTED_HOST.match(host) is None for host in _EMAIL.findall(value)):
            yield Problem(document.place(*keys), f"holds an e-mail address: {advice}")
    elif isinstance(value, Sequence):
        for index, inner in enumerate(value):
            yield from _personal(inner, (*keys, index), document)


def _is_invented(found: re.Match[str]) -> bool:
    return found[2] == "555" and found[3].startswith("01")


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
    names = re.sub(r"(?<![.!?¿¡\"] )(?<!^)(?<![¿¡\"])\b[A-ZÁÉÍÓÚÑ]\w*", " ", "\n".join(said), flags=re.MULTILINE)
    return re.sub(r"\S*\d\S*", " ", folded(names))
