"""Search, measured: how well real questions find their articles, and how long one search of 20,000 articles takes.

    python benchmarks/search.py [DATA]     DATA: the folder with documents.jsonl and queries.jsonl

The 20,000 articles are made of the given ones: half of one, half of another, so that words keep their frequencies.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from callgate.evaluate.finding import compared
from callgate.insight.search import Index, Text

DATA = Path(os.environ.get("CALLGATE_TEST_DATA", "../shared/data")) / "tau_knowledge"
SIZE = 20_000


def main() -> int:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    if not data.is_dir():
        print(f"{data} is not here: nothing can be measured")
        return 3
    queries, documents = data / "queries.jsonl", data / "documents.jsonl"
    done = compared(Path.cwd(), queries, documents, sides=("plain", "fulltext"), k=3)
    print(done.text())
    plain, fulltext = ({mean.name: mean.mean for mean in side[1]} for side in (done.baseline, done.candidate))
    better = all(fulltext[name] > plain[name] for name in plain)
    known = [json.loads(line) for line in documents.read_text().splitlines()]
    titles = [row["title"] for row in known][::7]
    whole = [json.loads(line)["query"] for line in queries.read_text().splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with Index.of(enlarged(known), Path(folder) / "search.db") as index:
            print(f"{index.size:,} articles, indexed in {time.perf_counter() - began:.1f} s")
            short = timed(index, titles, "questions of a few words")
            timed(index, whole, "whole conversations as queries")
    print("PASS" if better and short < 20 else "MISSED: plain bm25 is not beaten, or a search takes 20 ms or more")
    return 0 if better and short < 20 else 1


def enlarged(known: list[dict[str, str]]) -> list[Text]:
    """SIZE articles: each the first half of one and the second half of another."""
    draw = random.Random(1)
    texts = []
    for number in range(SIZE):
        one, other = known[number % len(known)], draw.choice(known)
        words, more = one["content"].split(), other["content"].split()
        body = " ".join([*words[: len(words) // 2], *more[len(more) // 2 :]])
        texts.append(Text(str(number), "article", one["title"], body))
    return texts


def timed(index: Index, queries: list[str], name: str) -> float:
    """Prints and returns the median milliseconds of one search."""
    taken = []
    for query in queries:
        began = time.perf_counter()
        index.search(query)
        taken.append((time.perf_counter() - began) * 1000)
    taken.sort()
    print(f"{name}: median {taken[len(taken) // 2]:.1f} ms, 95 % under {taken[int(0.95 * len(taken))]:.1f} ms")
    return taken[len(taken) // 2]


if __name__ == "__main__":
    sys.exit(main())
