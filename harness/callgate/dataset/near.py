"""Cases -> the most similar ones to a case, and what differs: so that no call is counted twice under two names.

Words are compared by their beginnings, alone and in pairs, rare ones counting more (tf-idf, cosine); names and numbers
count little, since they are what a copy changes. The index is built once; a search looks only at the rarest parts.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from callgate.concepts import AgentTurn, CallerTurn, Case, DecisionPoint, ToolTurn
from callgate.matchers import folded

STEM = 5
"""So many letters of a word tell it apart; its ending may change."""
RAREST = 32
"""So many parts of a case are looked up, the rarest first."""


@dataclass(frozen=True, slots=True)
class Near:
    """A similar case: 1 is the same words. `differs` says in words how it is another."""

    case: str
    similarity: float
    differs: tuple[str, ...] = ()

    def __str__(self) -> str:
        return (
            f"{self.case} ({self.similarity:.0%} alike): {'; '.join(self.differs) or 'nothing but names and numbers'}"
        )


@dataclass(slots=True)
class NearIndex:
    """The cases of a set, by the parts of their words."""

    cases: Mapping[str, Case]
    _weights: dict[str, float] = field(default_factory=dict)
    _postings: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    _names: list[str] = field(default_factory=list)

    @staticmethod
    def of(cases: Iterable[Case]) -> NearIndex:
        """The index of these cases; what is said in them is read, drafts and retired ones too."""
        known = {case.id: case for case in cases}
        index = NearIndex(known, _names=list(known))
        parts = [Counter(_parts(said(case))) for case in known.values()]
        spread = Counter(part for one in parts for part in one)
        total = max(1, len(parts))
        index._weights = {part: math.log(1 + total / count) for part, count in spread.items()}
        postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, counts in enumerate(parts):
            vector = index._vector(counts)
            for part, weight in vector.items():
                postings[part].append((number, weight))
        index._postings = dict(postings)
        return index

    def nearest(self, case: Case, most: int = 3) -> list[Near]:
        """The most similar cases, the most similar first; the case itself is none of them."""
        vector = self._vector(Counter(_parts(said(case))))
        known = (part for part in vector if part in self._postings)
        rarest = sorted(known, key=lambda part: len(self._postings[part]))[:RAREST]
        scores: dict[int, float] = defaultdict(float)
        for part in rarest:
            for number, weight in self._postings[part]:
                scores[number] += vector[part] * weight
        ranked = sorted(scores, key=lambda number: (-scores[number], number))
        found = [self._names[number] for number in ranked[: most + 1] if self._names[number] != case.id]
        return [Near(name, self._similarity(vector, name), differs(case, self.cases[name])) for name in found[:most]]

    def _similarity(self, vector: Mapping[str, float], name: str) -> float:
        other = self._vector(Counter(_parts(said(self.cases[name]))))
        return min(1.0, sum(weight * other.get(part, 0.0) for part, weight in vector.items()))

    def _vector(self, counts: Mapping[str, int]) -> dict[str, float]:
        """Weights of length 1; a part that no case has weighs as much as the rarest."""
        rare = max(self._weights.values(), default=1.0)
        raw = {part: (1 + math.log(count)) * self._weights.get(part, rare) for part, count in counts.items()}
        length = math.sqrt(sum(weight * weight for weight in raw.values())) or 1.0
        return {part: weight / length for part, weight in raw.items()}


def said(case: Case) -> str:
    """The words of a case: the caller's, and what the agent said and did that day."""
    lines: list[str] = []
    for turn in case.turns:
        inner: Sequence[object] = (turn,)
        if isinstance(turn, DecisionPoint):
            inner = (*turn.recorded, *turn.forced)
        lines += [one.text for one in inner if isinstance(one, AgentTurn | CallerTurn)]
        lines += [one.tool for one in inner if isinstance(one, ToolTurn)]
    return "\n".join(lines)


def _parts(text: str) -> list[str]:
    """Beginnings of words, and pairs of them; numbers and names are left to the words around them."""
    stems = [word[:STEM] for word in folded(text).split() if not any(char.isdigit() for char in word)]
    return [*stems, *(f"{one} {other}" for one, other in pairwise(stems))]


def differs(one: Case, other: Case) -> tuple[str, ...]:
    """How another case is another: its segments, its tools, the words that only one of them has."""
    lines = [
        f"{key}={other.segments.get(key, 'not set')}"
        for key in sorted({*one.segments, *other.segments})
        if one.segments.get(key) != other.segments.get(key)
    ]
    mine, theirs = _tools(one), _tools(other)
    lines += [f"also calls {name}" for name in sorted(theirs - mine)]
    lines += [f"does not call {name}" for name in sorted(mine - theirs)]
    words, others = set(folded(said(one)).split()), set(folded(said(other)).split())
    only = [word for word in folded(said(other)).split() if word not in words and len(word) > 3]
    lost = [word for word in folded(said(one)).split() if word not in others and len(word) > 3]
    if only:
        lines.append("only there: " + " ".join(dict.fromkeys(only[:6])))
    if lost:
        lines.append("only here: " + " ".join(dict.fromkeys(lost[:6])))
    if one.cluster == other.cluster:
        lines.insert(0, "cut from the same call")
    return tuple(lines)


def _tools(case: Case) -> set[str]:
    expected = {call.tool for point in case.points for call in point.expect.calls}
    done = {turn.tool for point in case.points for turn in point.recorded if isinstance(turn, ToolTurn)}
    return expected | done
