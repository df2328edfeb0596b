"""Finding: `callgate cases search`, `retrieval`, `knowledge`."""

from __future__ import annotations

import json as json_
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from callgate.cli.shared import Json, print_decision, project_root, say
from callgate.concepts import Mistake

Articles = Annotated[
    Path | None, typer.Option("--articles", help="Articles: a folder of .md, or a .jsonl; by default knowledge/.")
]


def search(
    query: Annotated[str, typer.Argument(help="Words, or a whole message.")],
    *,
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many to show.")] = 3,
    kind: Annotated[
        str | None, typer.Option(help="Only these: call, email, forum, triage, failure or article.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Search by meaning with this embedding model, as openai/text-embedding-3-small.")
    ] = None,
    pinecone: Annotated[str | None, typer.Option(help="With --model: let this Pinecone index look.")] = None,
    json: Json = False,
) -> None:
    """The golden calls, failures and articles nearest to some words, with what shows why. Asks no model but --model."""
    from callgate.evaluate.finding import found, near

    if pinecone is not None and model is None:
        raise Mistake("--pinecone looks for vectors: name the embedding model that makes them with --model")
    if model is None:
        hits = found(project_root(), query, k, kind=kind)
    else:
        hits, unread = near(project_root(), query, k, model=model, kind=kind, pinecone=pinecone)
        if unread:
            say(f"left out: {len(unread)} cases that nobody has read for personal data, first {unread[0]}")
    if json:
        sys.stdout.write(json_.dumps([asdict(hit) for hit in hits], ensure_ascii=False, indent=2) + "\n")
        return
    if not hits:
        sys.stdout.write("nothing has any of these words\n")
    for number, hit in enumerate(hits, 1):
        sys.stdout.write(f"{number}. {hit.kind} {hit.id}   {hit.title}\n   {hit.snippet}\n")


def retrieval(
    queries: Annotated[Path, typer.Argument(help="Lines of JSON: id, query, articles.")],
    *,
    articles: Articles = None,
    baseline: Annotated[str, typer.Option(help="plain, fulltext, embeddings:MODEL, ranking:FILE.")] = "plain",
    candidate: Annotated[str, typer.Option(help="The retriever that is proposed, as --baseline.")] = "fulltext",
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many articles the agent is given.")] = 3,
    by: Annotated[list[str] | None, typer.Option(help="Compare in these segments of the queries too.")] = None,
    metric: Annotated[str, typer.Option(help="What may block: hit, recall, mrr or ndcg.")] = "recall",
    json: Json = False,
) -> None:
    """Gate a change of the retriever like a change of a prompt, query by query, against the articles that it needs."""
    from callgate.evaluate.finding import compared

    done = compared(
        project_root(), queries, articles, sides=(baseline, candidate), k=k, by=tuple(by or ()), metric=metric
    )
    if not json:
        sys.stdout.write(done.text())
    print_decision(done.decision, "", json=json)
    raise typer.Exit(done.decision.exit_code)


def knowledge(
    *,
    articles: Articles = None,
    issue: Annotated[str, typer.Option(help="The segment that names a recurring issue.")] = "call_type",
    today: Annotated[str, typer.Option(help="The day to count ages by, as 2026-03-09; by default today.")] = "",
    days: Annotated[int, typer.Option(min=1, help="An article is stale after so many days.")] = 180,
) -> None:
    """The knowledge base beside the golden set: articles no case needs, issues no article answers, stale articles.
    Exit 3 where anything is missing."""
    from callgate.evaluate.finding import covered

    done = covered(project_root(), articles, issue=issue, today=today, days=days)
    sys.stdout.write(done.text())
    raise typer.Exit(0 if done.complete else 3)
