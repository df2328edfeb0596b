"""Beginnings: `callgate new call-type`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from callgate.cli.shared import project_root

app = typer.Typer(
    help="Begin something new.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _group() -> None:
    """Keeps `new` a group of commands though there is one."""


@app.command("call-type")
def call_type(
    name: Annotated[str, typer.Argument(help="As tire_rotation.")],
    *,
    into: Annotated[str | None, typer.Option(help="The folder of the golden set; by default the evals' own.")] = None,
) -> None:
    """Declare a new type of call and write three drafts of cases for it, which say what to fill in."""
    from callgate.dataset.scaffold import new_call_type
    from callgate.evaluate.importing import folder_of
    from callgate.files import relative_name

    root = project_root()
    for path in new_call_type(folder_of(root, into), name, root):
        sys.stdout.write(f"{relative_name(path, root)}\n")
