"""Setting up: doctor."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from callgate.cli.shared import project_root


def doctor(*, graders: Annotated[bool, typer.Option("--graders", help="List the graders.")] = False) -> None:
    """What works here and what is missing: python, litellm, keys (names only), ledger, git, sandbox for graders."""
    from callgate.evaluate import diagnosis

    healthy, text = diagnosis(project_root(), graders=graders)
    sys.stdout.write(text)
    raise typer.Exit(0 if healthy else 3)
