"""What the ledger holds, for others and for nobody: export, ledger forget."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from callgate.cli.shared import project_root, say
from callgate.concepts import Mistake


class Form(StrEnum):
    """What an export is written as."""

    csv = "csv"
    jsonl = "jsonl"
    parquet = "parquet"
    promptfoo = "promptfoo"


def export(
    table: Annotated[
        str, typer.Argument(help="runs, comparisons, results, flips, replies; or history: whole runs as JSON Lines.")
    ] = "results",
    *,
    to: Annotated[Form, typer.Option("--to", help="csv, jsonl, parquet; promptfoo: a run for its viewer.")] = Form.csv,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A file; else it is printed.")] = None,
    run: Annotated[str, typer.Option("--run", help="Only this run; `last` is the newest.")] = "",
) -> None:
    """The ledger's tables for notebooks and SQL (docs/ledger.md), or a run for promptfoo (docs/promptfoo.md)."""
    if to is Form.promptfoo:
        _for_promptfoo(table, out, run)
        return
    from callgate.evaluate.tables import write

    sys.stdout.write(write(project_root(), table, to.value, out, run))


def _for_promptfoo(table: str, out: Path | None, run: str) -> None:
    if table != "results":
        raise Mistake(f"--to promptfoo takes a whole run and no table {table!r}; leave it out, and name a run by --run")
    from callgate.evaluate.exporting import exported
    from callgate.evaluate.leave import replace_file

    text, what = exported(project_root(), run or "last")
    path = out or Path("callgate-promptfoo.json")
    replace_file(path, text)
    say(f"{what} written to {path}, for your eyes: mode 0600")
    say(f"next: promptfoo import {path}; its viewer listens on every address of this machine without a login")


ledger = typer.Typer(help="The ledger: what is kept, and for how long.", no_args_is_help=True)


@ledger.callback()
def _ledger() -> None:
    """The ledger: what is kept, and for how long."""


@ledger.command("forget")
def forget(
    source: Annotated[str | None, typer.Argument(help="The call's id, as in provenance, or a case of it.")] = None,
    *,
    older_than: Annotated[
        int | None, typer.Option(min=0, help="Replies, runs and reports older than so many days.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this it is only shown.")] = False,
) -> None:
    """Remove a call: its cases, its rows in the ledger, the reports that show it; or everything that is old.

    Without a call and without --older-than: what is older than `keep_days`, as the evals say."""
    import time

    from callgate.evaluate.forgetting import forget as remove
    from callgate.evaluate.forgetting import forget_older, keep_days, traces

    root = project_root()
    if source is None:
        days = older_than if older_than is not None else keep_days(root)
        if days is None:
            raise Mistake("name a call, or --older-than DAYS; or say keep_days in an eval")
        if not yes:
            raise Mistake(f"this removes every reply, run and report older than {days} days; say so with --yes")
        sys.stdout.write(f"older than {days} days: {forget_older(root, days, now=time.time()).text()}\n")
        return
    if older_than is not None:
        raise Mistake("name a call, or --older-than DAYS, not both")
    found = traces(root, source)
    sys.stdout.write(found.text(root))
    if not yes:
        say("nothing is removed yet; say so with --yes")
        return
    remove(root, found)
    say("removed")
