"""Search over a project, retrievers compared, the knowledge base beside the golden set: what the commands call."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from callgate.concepts import Decision, Mistake, Policy
from callgate.config import find_evals, load_eval
from callgate.dataset import read_set
from callgate.engines.access import missing_key
from callgate.engines.litellm import embedded
from callgate.evaluate.outcome import LEDGER
from callgate.evaluate.proving import is_local
from callgate.files import did_you_mean
from callgate.insight.articles import Article, articles
from callgate.insight.knowledge import Coverage, coverage
from callgate.insight.retrieval import (
    DEPTH,
    MEASURES,
    Mean,
    Measured,
    Query,
    means,
    queries_from,
    rankings_from,
    rows,
    scored,
)
from callgate.insight.search import Found, Index, Text
from callgate.insight.searched import KINDS, index_of
from callgate.insight.vectors import Placed, connected, key_of, nearest, nearest_in, shown, vectors_of
from callgate.ledger import Ledger

Ranking = Callable[[Query], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Compared:
    """Two retrievers on the same queries: their means and the gate's decision."""

    k: int
    queries: int
    baseline: tuple[str, tuple[Mean, ...]]
    candidate: tuple[str, tuple[Mean, ...]]
    decision: Decision

    def text(self) -> str:
        """A table of the means with their 95 % intervals."""
        names = f"{'':12}{self.baseline[0]:>28}{self.candidate[0]:>28}"
        lines = [f"{self.queries} queries, the first {self.k} articles", names]
        for one, other in zip(self.baseline[1], self.candidate[1], strict=True):
            name = one.name if one.name == "mrr" else f"{one.name}@{self.k}"
            lines.append(f"  {name:10}{_shown(one):>28}{_shown(other):>28}")
        return "\n".join(lines) + "\n\n"


def _shown(mean: Mean) -> str:
    return f"{mean.mean:.3f} ({mean.low:.3f} to {mean.high:.3f})"


def sets_of(root: Path) -> list[Path]:
    """The folders of all golden sets of the project, each once."""
    return list(dict.fromkeys(load_eval(path, root).cases for path in find_evals(root)))


def found(root: Path, query: str, k: int, *, kind: str | None = None) -> list[Found]:
    """The texts of the project nearest to the query; of one kind, where it is named."""
    if kind is not None and kind not in KINDS:
        raise Mistake(f"--kind {kind}: there is {', '.join(KINDS)}{did_you_mean(kind, KINDS)}")
    with index_of(root, sets_of(root), root / LEDGER) as index:
        hits = index.search(query, k if kind is None else index.size)
    return [hit for hit in hits if kind is None or hit.kind == kind][:k]


def near(
    root: Path, query: str, k: int, *, model: str, kind: str | None = None, pinecone: str | None = None
) -> tuple[list[Found], tuple[str, ...]]:
    """The texts nearest in meaning, by an embedding model, and the cases left out: those that nobody has read for
    personal data do not leave this machine. Raises Mistake without a key."""
    from callgate.insight.searched import texts_of

    if kind is not None and kind not in KINDS:
        raise Mistake(f"--kind {kind}: there is {', '.join(KINDS)}{did_you_mean(kind, KINDS)}")
    missing = missing_key(model)
    if missing:
        raise Mistake(missing)
    sets = sets_of(root)
    unread = set() if is_local(model) and pinecone is None else _unread(root, sets)
    some = [text for text in texts_of(root, sets, root / LEDGER) if _case_of(text) not in unread]
    some = [text for text in some if kind is None or text.kind == kind]
    bodies = [f"{text.title}\n{text.body}" for text in some]
    with Ledger.open(root / LEDGER) as ledger:
        rows_ = vectors_of([*bodies, query], model, ledger, partial(embedded, model))
        placed = Placed(some, [key_of(model, body) for body in bodies], rows_[:-1])
        if pinecone is None:
            best = nearest(rows_[-1], placed.rows, k)
        else:
            best = nearest_in((pinecone, connected(pinecone, os.environ)), rows_[-1], placed, ledger, k)
    return [shown(some[at], score, query) for at, score in best], tuple(sorted(unread))


def _case_of(text: Text) -> str:
    """The case that a text is of; a failure is called eval:case/decision."""
    return text.id.partition(":")[2].partition("/")[0] if text.kind == "failure" else text.id


def _unread(root: Path, sets: Sequence[Path]) -> set[str]:
    return {case.id for folder in sets for case in read_set(folder, root).active if case.pii in {"", "unreviewed"}}


def compared(
    root: Path,
    file: Path,
    at: Path | None,
    *,
    sides: tuple[str, str],
    k: int,
    by: Sequence[str] = (),
    metric: str = "recall",
) -> Compared:
    """Both retrievers on every query, and the gate's decision on `metric`. Raises Mistake for bad files and names."""
    from callgate.interchange import compare

    if metric not in MEASURES:
        raise Mistake(f"--metric {metric}: there is {', '.join(MEASURES)}")
    queries, known = queries_from(file), articles(root, at)
    if not known:
        raise Mistake("no article: write knowledge/NAME.md, or name a folder or file with --articles")
    _check_needs(queries, known, file)
    scores = [_scores(queries, retriever(name, known, root), k) for name in sides]
    decision = compare(rows(scores[0]), rows(scores[1]), by=by, policy=Policy(metrics=(metric,)))
    one, other = (tuple(means(each)) for each in scores)
    return Compared(k, len(queries), (sides[0], one), (sides[1], other), decision)


def _scores(queries: Sequence[Query], ranking: Ranking, k: int) -> list[Measured]:
    return [scored(query, ranking(query), k) for query in queries]


def _check_needs(queries: Sequence[Query], known: Sequence[Article], file: Path) -> None:
    names = {article.id for article in known}
    for query in queries:
        lacking = sorted(query.needs - names)
        if lacking:
            hint = did_you_mean(lacking[0], names)
            raise Mistake(f"{file}: query {query.id!r} needs {lacking[0]!r}, which is no article{hint}")


def _by_meaning(model: str, known: Sequence[Article], root: Path) -> Ranking:
    """Articles by the cosine of an embedding model's vectors; each text is embedded once."""
    missing = missing_key(model)
    if missing:
        raise Mistake(missing)
    bodies = [f"{article.title}\n{article.body}" for article in known]

    def ranking(query: Query) -> list[str]:
        with Ledger.open(root / LEDGER) as ledger:
            found = vectors_of([*bodies, query.text], model, ledger, partial(embedded, model))
        return [known[at].id for at, _ in nearest(found[-1], found[:-1], DEPTH)]

    return ranking


def retriever(name: str, known: Sequence[Article], root: Path) -> Ranking:
    """A retriever by its name: plain, fulltext, embeddings:MODEL, ranking:FILE."""
    kind, _, rest = name.partition(":")
    if kind == "embeddings" and rest:
        return _by_meaning(rest, [a for a in known if not a.retired], root)
    if kind == "ranking" and rest:
        return rankings_from(Path(rest))
    if name not in {"plain", "fulltext"}:
        raise Mistake(f"no retriever {name!r}: there is plain, fulltext, embeddings:MODEL, ranking:FILE")
    index = Index.of(Text(a.id, "article", a.title, a.body) for a in known if not a.retired)
    if name == "plain":
        return lambda query: index.plain(query.text, DEPTH)
    return lambda query: [hit.id for hit in index.search(query.text, DEPTH)]


def covered(root: Path, at: Path | None, *, issue: str, today: str, days: int) -> Coverage:
    """The articles beside all active cases of the project."""
    known = articles(root, at)
    if not known:
        raise Mistake("no article: write knowledge/NAME.md, or name a folder or file with --articles")
    try:
        day = date.fromisoformat(today) if today else date.today()  # noqa: DTZ011 - the reader's own calendar
    except ValueError:
        raise Mistake(f"--today {today}: no date such as 2026-03-09") from None
    cases = [case for folder in sets_of(root) for case in read_set(folder, root).active]
    return coverage(known, cases, issue=issue, today=day, stale_days=days)
