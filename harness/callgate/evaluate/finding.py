"""Search over a project, retrievers compared, the knowledge base beside the golden set: what the commands call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from callgate.concepts import Decision, Mistake, Policy
from callgate.config import find_evals, load_eval
from callgate.dataset import read_set
from callgate.evaluate.outcome import LEDGER
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
    scores = [_scores(queries, retriever(name, known), k) for name in sides]
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


def retriever(name: str, known: Sequence[Article]) -> Ranking:
    """A retriever by its name: plain, fulltext, ranking:FILE."""
    kind, _, rest = name.partition(":")
    if kind == "ranking" and rest:
        return rankings_from(Path(rest))
    if name not in {"plain", "fulltext"}:
        raise Mistake(f"no retriever {name!r}: there is plain, fulltext, ranking:FILE")
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
