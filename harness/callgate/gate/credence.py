"""What a judge may do in a test: its card and the test's cases in; why it may not gate, and the corrected change, out.

Labels are a veto and no sharpener: a judge that may not gate in a language neither passes nor blocks a segment with
calls in it, and where it may, the change corrected by people's labels must agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from callgate.stats.agreement import FEWEST
from callgate.stats.cards import Card, Labelled
from callgate.stats.corrected import Corrected, Pairs, corrected
from callgate.stats.exact import FloatArray

Cards: TypeAlias = Mapping[str, Card]
NO_CARDS: Cards = {}


@dataclass(frozen=True, slots=True)
class Credence:
    """A judge in one test: the share of its cases in each language, and the labelled pairs of each."""

    judge: str
    shares: Mapping[str, float]
    labelled: Mapping[str, Pairs]
    why_not: str = ""

    def correct(self, changes: FloatArray, sizes: FloatArray) -> Corrected:
        """The test's changes, by cluster, corrected by the labels. Only where `why_not` is empty."""
        return corrected(changes, sizes, self.labelled, self.shares)


def credence(card: Card, languages: Iterable[str]) -> Credence:
    """What the card says for a test whose cases are in these languages, one entry a case ("" where it has none)."""
    counts = Counter(languages)
    total = sum(counts.values())
    shares = {name: n / total for name, n in sorted(counts.items())}
    pairs = _pairs(card.labelled, shares)
    doubts = [_why_not(card, name, pairs.get(name)) for name in shares]
    return Credence(card.judge, shares, pairs, "; ".join(doubt for doubt in doubts if doubt))


def _why_not(card: Card, language: str, pairs: Pairs | None) -> str:
    right = card.may_gate(language)
    said = f"{card.judge} may only advise in {language or 'calls without a language'}"
    if not right.may_gate:
        return f"{said}: {'; '.join(right.why_not)}"
    drawn = len(pairs.person) if pairs else 0
    return "" if drawn >= FEWEST else f"{said}: {drawn} labelled pairs; {FEWEST} are the least"


def _pairs(labelled: Iterable[Labelled], languages: Collection[str]) -> dict[str, Pairs]:
    """Each decision of which both variants were drawn at random and have both verdicts, by language."""
    found: dict[tuple[str, str, str], dict[str, list[Labelled]]] = {}
    for row in labelled:
        if row.drawn and row.passed is not None and row.language in languages:
            found.setdefault((row.language, row.case, row.decision), {}).setdefault(row.variant, []).append(row)
    by: dict[str, list[tuple[float, float, str]]] = {}
    for (language, _, _), variants in sorted(found.items()):
        if {"baseline", "candidate"} <= set(variants):
            before, after = variants["baseline"], variants["candidate"]
            person = _share(row.label for row in after) - _share(row.label for row in before)
            judge = _share(map(_score, after)) - _share(map(_score, before))
            by.setdefault(language, []).append((person, judge, before[0].cluster))
    return {
        name: Pairs(tuple(p for p, _, _ in rows), tuple(j for _, j, _ in rows), tuple(c for _, _, c in rows))
        for name, rows in by.items()
    }


def _score(row: Labelled) -> float:
    return float(bool(row.passed)) if row.score is None else row.score


def _share(verdicts: Iterable[float]) -> float:
    known = list(verdicts)
    return sum(known) / len(known)
