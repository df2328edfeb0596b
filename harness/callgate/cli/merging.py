"""In CI: a pull request against its merge base."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from callgate.cli.shared import Json, Model, project_root, say, style, worst


def ci(
    *,
    base: Annotated[str, typer.Option(help="The branch that the change goes to.")] = "origin/main",
    head: Annotated[str, typer.Option(help="The change itself, a commit of this repository.")] = "HEAD",
    model: Model = None,
    approved: Annotated[
        list[str] | None, typer.Option(help="Digest of a review that a person has approved (may be repeated).")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Call no model: only what the ledger holds.")] = False,
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="Stop before spending more than so many dollars.")
    ] = None,
    let_inconclusive: Annotated[
        bool,
        typer.Option("--let-inconclusive", help="Exit 0 on INCONCLUSIVE where the eval says on_inconclusive: warn."),
    ] = False,
    link: Annotated[str, typer.Option(help="Where the whole report can be found, for the comment.")] = "",
    json: Json = False,
) -> None:
    """Gate a pull request: its prompt against the merge base's, by the base's policy, rubrics and graders."""
    from callgate.evaluate import Options
    from callgate.evaluate.pull_request import judged, tell
    from callgate.report.pull_request import shown, to_json

    options = Options(model=model, offline=offline, max_cost=max_cost)
    found = judged(project_root(), base, head, options, approved=tuple(approved or ()))
    sys.stdout.write(to_json(found.change) if json else shown(found.change, style()))
    for line in tell(found.change, os.environ, link=link):
        say(line)
    raise typer.Exit(worst(found.codes(let_inconclusive=let_inconclusive)))
