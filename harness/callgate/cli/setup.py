"""Setting up: init and doctor."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from callgate.cli.shared import project_root


def doctor(*, graders: Annotated[bool, typer.Option("--graders", help="List the graders.")] = False) -> None:
    """What works here and what is missing: python, litellm, keys (names only), ledger, git, sandbox for graders."""
    from callgate.evaluate import diagnosis

    healthy, text = diagnosis(project_root(), graders=graders)
    sys.stdout.write(text)
    raise typer.Exit(0 if healthy else 3)


def init(
    name: Annotated[str | None, typer.Option(help="What the eval is to be called.")] = None,
    *,
    source: Annotated[
        Path | None, typer.Option("--from", help="A promptfoo config to move here.", show_default=False)
    ] = None,
) -> None:
    """Begin an eval in this repository: a prompt, its world, a first case; or move a promptfoo config here."""
    from callgate.evaluate.beginning import begin, begin_from

    root = Path.cwd()
    begun = begin(root, name or "receptionist") if source is None else begin_from(root, source, name)
    sys.stdout.write(begun.text)
