"""Retrieval: the measures against their definitions; a change of the retriever gated; real questions where they are."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import pytest

from callgate.concepts import Mistake
from callgate.evaluate.finding import compared
from callgate.insight.retrieval import Query, means, queries_from, scored
from callgate.insight.search import Index, Text

DATA = Path(os.environ.get("CALLGATE_TEST_DATA", "../shared/data")) / "tau_knowledge"


def test_the_measures_are_their_definitions():
    query = Query("q", "words", frozenset({"a", "b", "c", "d"}), {})
    one = scored(query, ["x", "a", "a", "b", "c"], 3)  # the second "a" is no article more
    assert one.found == ("x", "a", "b")
    assert (one.hit, one.recall, one.mrr) == (1.0, 0.5, 0.5)
    best = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert one.ndcg == pytest.approx((1 / math.log2(3) + 1 / math.log2(4)) / best)
    nothing = scored(query, ["x"], 3)
    assert (nothing.hit, nothing.recall, nothing.mrr, nothing.ndcg) == (0, 0, 0, 0)
    whole = scored(query, ["a", "b", "c"], 3)
    assert whole.ndcg == pytest.approx(1)
    late = scored(query, [*(f"x{n}" for n in range(10)), "a"], 3)
    assert late.mrr == 0  # beyond the ten that are looked at


def test_a_mean_lies_in_its_interval():
    query = Query("q", "words", frozenset({"a"}), {})
    scores = [scored(query, ["a"] if n % 3 else ["b"], 3) for n in range(60)]
    hit = next(mean for mean in means(scores) if mean.name == "hit")
    assert hit.mean == pytest.approx(40 / 60)
    assert hit.low < hit.mean < hit.high


def _lines(path: Path, rows: list[object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    (tmp_path / "evals").mkdir()
    words = ["brake", "wiper", "battery", "coolant", "mirror", "clutch", "hose", "filter", "gasket", "piston"]
    rows: list[object] = []
    queries: list[object] = []
    for word in words:
        for other in words[:6]:
            name = f"{word}-{other}"
            rows.append(
                {"id": name, "title": f"About the {word} and the {other}", "content": f"How to change a {word}"}
            )
            needs = {"id": name, "query": f"{word} with {other}", "articles": [name]}
            queries.append({**needs, "segments": {"language": "es" if word < "c" else "en"}})
    _lines(tmp_path / "articles.jsonl", rows)
    _lines(tmp_path / "queries.jsonl", queries)
    return tmp_path


def _gated(root: Path, candidate: str):
    files = root / "queries.jsonl", root / "articles.jsonl"
    return compared(root, *files, sides=("fulltext", candidate), k=3, by=("language",), metric="hit").decision


def test_a_retriever_that_lost_one_language_is_blocked_there_and_an_equal_one_is_not(shelf: Path):
    queries = queries_from(shelf / "queries.jsonl")
    good = [{"query": q.id, "articles": sorted(q.needs)} for q in queries]
    bad = [
        row | {"articles": ["nothing"]} if q.segments["language"] == "es" else row
        for q, row in zip(queries, good, strict=True)
    ]
    _lines(shelf / "good.jsonl", good)
    _lines(shelf / "bad.jsonl", bad)
    broken = _gated(shelf, f"ranking:{shelf}/bad.jsonl")
    blocked = {row.name for row in broken.comparisons if row.verdict == "block"}
    assert "language=es" in blocked
    assert "language=en" not in blocked
    assert broken.verdict == "block"
    assert not [row for row in _gated(shelf, f"ranking:{shelf}/good.jsonl").comparisons if row.verdict == "block"]


def test_mistakes_are_told_with_their_place(shelf: Path):
    with pytest.raises(Mistake, match="no ranking for query"):
        _gated(shelf, f"ranking:{_lines(shelf / 'few.jsonl', [{'query': 'brake-brake', 'articles': []}])}")
    with pytest.raises(Mistake, match="no retriever 'grep'"):
        _gated(shelf, "grep")
    _lines(shelf / "queries.jsonl", [{"id": "a", "query": "x", "articles": ["brake-brakes"]}])
    with pytest.raises(Mistake, match="which is no article; did you mean 'brake-brake'"):
        _gated(shelf, "plain")
    _lines(shelf / "queries.jsonl", [{"id": "a", "query": "x", "articles": []}])
    with pytest.raises(Mistake, match="no query needs an article"):
        _gated(shelf, "plain")


@pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not here: real articles and queries cannot be searched")
def test_full_text_beats_plain_bm25_on_real_questions():
    plain = {"hit": 0.732, "recall": 0.175, "mrr": 0.632}  # benchmarks/search.py measures it, in half a minute
    known = [json.loads(line) for line in (DATA / "documents.jsonl").read_text().splitlines()]
    queries = queries_from(DATA / "queries.jsonl")
    with Index.of(Text(row["id"], "article", row["title"], row["content"]) for row in known) as index:
        scores = [scored(query, [found.id for found in index.search(query.text, 10)], 3) for query in queries]
    found = {mean.name: mean for mean in means(scores)}
    assert len(queries) == 97
    for name, least in plain.items():
        assert found[name].mean > least
        assert found[name].low < found[name].mean < found[name].high
