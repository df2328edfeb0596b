"""What cannot be right in a ticket (kind: triage): its answer against the closed sets of its world, and those sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from callgate.concepts import Agreement, Case, Problem, Scheme
from callgate.dataset.load import Source
from callgate.dataset.schemes import KEYS, disagreement
from callgate.files import did_you_mean


def ticket_problems(case: Case, source: Source) -> Iterator[Problem]:
    """What is wrong in a ticket's answer and in its scheme; an answer that belongs to no ticket."""
    answers = [point.expect.answer for point in case.points if point.expect.answer]
    if case.kind != "triage":
        if answers:
            yield Problem(source.place("expect", "answer"), "'answer' is for tickets: say 'kind: triage'")
        return
    if case.scheme is None:
        message = "a ticket needs 'triage' in _world.yaml: its categories, and perhaps priorities and routes"
        yield Problem(source.document.place(), message)
        return
    yield from _scheme_problems(case.scheme, source)
    if not answers:
        yield Problem(source.place("expect"), "a ticket needs the 'answer' that is right: {category: ...}")
    for answer in answers:
        for field, label in answer.items():
            known = case.scheme.labels.get(field, ())
            if label not in known:
                message = f"{label!r} is not among the {KEYS[field]} of _world.yaml{did_you_mean(label, known)}"
                yield Problem(source.place("expect", "answer", field), message)
        wrong = disagreement(case.scheme, answer)
        if wrong is not None:
            yield Problem(source.place("expect", "answer", wrong[0]), f"{wrong[1]} (triage.agree in _world.yaml)")


def _scheme_problems(scheme: Scheme, source: Source) -> Iterator[Problem]:
    """Labels of the scheme that are in none of its closed sets."""
    categories = scheme.labels["category"]
    if scheme.out_of_scope and scheme.out_of_scope not in categories:
        hint = did_you_mean(scheme.out_of_scope, categories)
        yield Problem(source.place("triage", "out_of_scope"), f"{scheme.out_of_scope!r} is no category{hint}")
    for index, label in enumerate(scheme.never_alone):
        if label not in categories:
            message = f"{label!r} is no category{did_you_mean(label, categories)}"
            yield Problem(source.place("triage", "never_alone", index), message)
    for index, agreement in enumerate(scheme.agreements):
        for keys, message in _agreement_problems(scheme, agreement):
            yield Problem(source.place("triage", "agree", index, *keys), message)


def _agreement_problems(scheme: Scheme, one: Agreement) -> Iterator[tuple[Sequence[str], str]]:
    sides: Mapping[str, Mapping[str, tuple[str, ...]]] = {"if": one.given, "then": one.then}
    for side, labels in sides.items():
        for field, some in labels.items():
            known = scheme.labels.get(field, ())
            for label in some:
                if label not in known:
                    yield (side, field), f"{label!r} is not among the {KEYS[field]}{did_you_mean(label, known)}"
