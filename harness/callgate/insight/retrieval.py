"""Queries with the articles that each needs -> how well a retriever finds them, and rows that the gate compares.

A retriever is a function from a query to article ids, the best first; a change of it is gated like one of a prompt.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from callgate.concepts import Json, Mistake, Place, Problem, digest
from callgate.files import read_lines

DEPTH = 10
"""How far down a ranking is looked for the first article that is needed."""
MEASURES = ("hit", "recall", "mrr", "ndcg")


@dataclass(frozen=True, slots=True)
class Query:
    """One question and the articles that answer it; `segments` as in a case."""

    id: str
    text: str
    needs: frozenset[str]
    segments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Measured:
    """One query's scores, 0..1 each. `hit`: one of its articles is among the first k; `recall`: the share of them that
    is; `mrr`: one over the place of the first (0 beyond DEPTH); `ndcg`: at k, each article worth the same."""

    query: Query
    found: tuple[str, ...]
    hit: float
    recall: float
    mrr: float
    ndcg: float


@dataclass(frozen=True, slots=True)
class Mean:
    """A measure's mean over queries and its 95 % interval (percentile bootstrap over queries, fixed seed)."""

    name: str
    mean: float
    low: float
    high: float


def scored(query: Query, ranking: Sequence[str], k: int) -> Measured:
    """The scores of one ranking; an article that stands twice counts at its first place."""
    ranked = tuple(dict.fromkeys(ranking))
    top = ranked[:k]
    good = [place for place, name in enumerate(ranked, 1) if name in query.needs]
    gain = sum(1 / math.log2(place + 1) for place in good if place <= k)
    best = sum(1 / math.log2(place + 1) for place in range(1, min(k, len(query.needs)) + 1))
    share = len(query.needs & set(top)) / len(query.needs)
    first = good[0] if good and good[0] <= DEPTH else 0
    return Measured(query, top, float(share > 0), share, 1 / first if first else 0.0, gain / best)


def means(scores: Sequence[Measured], *, draws: int = 2000) -> list[Mean]:
    """The mean of each measure with its interval."""
    import numpy as np

    numbers = np.random.default_rng(7).integers(0, len(scores), (draws, len(scores)))
    found = []
    for name in MEASURES:
        values = np.array([getattr(one, name) for one in scores])
        low, high = np.quantile(values[numbers].mean(axis=1), [0.025, 0.975])
        found.append(Mean(name, float(values.mean()), float(low), float(high)))
    return found


def rows(scores: Sequence[Measured]) -> list[dict[str, Json]]:
    """The scores as rows of the results interchange, a row each query and measure: what `compare` gates."""
    return [
        {
            "case": one.query.id,
            "trial": 0,
            "grader": name,
            "score": float(getattr(one, name)),
            "segments": dict(one.query.segments),
            "case_digest": digest([one.query.text, sorted(one.query.needs)]),
        }
        for one in scores
        for name in MEASURES
    ]


def queries_from(path: Path) -> list[Query]:
    """Lines of JSON with `id`, `query`, `articles` (or `required_documents`) and perhaps `segments`; those that need no
    article are left out. Raises Mistake with every bad line."""
    problems: list[Problem] = []
    found: dict[str, Query] = {}
    for number, line in read_lines(path):
        query = _query(line)
        if isinstance(query, str):
            problems.append(Problem(Place(str(path), number), query))
        elif query.id in found:
            problems.append(Problem(Place(str(path), number), f"query {query.id!r} stands twice"))
        else:
            found[query.id] = query
    kept = [query for query in found.values() if query.needs]
    if not kept and not problems:
        problems.append(Problem(Place(str(path)), "no query needs an article: nothing can be measured"))
    if problems:
        raise Mistake(problems)
    return kept


def _query(line: str) -> Query | str:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"no JSON: {error}"
    needs = row.get("articles", row.get("required_documents")) if isinstance(row, Mapping) else None
    if not isinstance(needs, list) or not isinstance(row.get("id"), str) or not isinstance(row.get("query"), str):
        return "a query is {id, query, articles: [ids]}"
    segments = row.get("segments", {})
    known = {str(key): str(value) for key, value in segments.items()} if isinstance(segments, Mapping) else {}
    return Query(row["id"], row["query"], frozenset(map(str, needs)), known)


def rankings_from(path: Path) -> Callable[[Query], Sequence[str]]:
    """Rankings of anybody's retriever: lines of JSON {"query": its id, "articles": [ids, the best first]}."""
    ranked: dict[str, list[str]] = {}
    for number, line in read_lines(path):
        try:
            row = json.loads(line)
            name, articles = str(row["query"]), row["articles"]
        except (ValueError, KeyError, TypeError, RecursionError):
            name, articles = "", None
        if not isinstance(articles, list) or name in ranked:
            message = 'a ranking is {"query": its id, "articles": [ids, the best first]}, one a query'
            raise Mistake([Problem(Place(str(path), number), message)])
        ranked[name] = [str(article) for article in articles]

    def ranking(query: Query) -> Sequence[str]:
        if query.id not in ranked:
            raise Mistake(f"{path}: no ranking for query {query.id!r}")
        return ranked[query.id]

    return ranking
