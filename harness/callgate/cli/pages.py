"""The pages for people who were not there: weekly, ready."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from callgate.cli.shared import Json, project_root, say


def weekly(
    *,
    mail: Annotated[bool, typer.Option("--eml", help="Leave the page as an e-mail too.")] = False,
    tickets: Annotated[
        Path | None,
        typer.Option(help="A log of tickets or calls: opened, resolved, handled, triage, category, bounced."),
    ] = None,
    simulated: Annotated[
        bool | None, typer.Option("--simulated/--live", help="Which runs; live ones by default, where there are any.")
    ] = None,
    days: Annotated[str | None, typer.Option(help="Service levels, as critical=2,major=7,minor=30.")] = None,
    weeks: Annotated[int, typer.Option(min=2, max=53, help="So many weeks are shown.")] = 12,
    today: Annotated[str | None, typer.Option(help="The page of this day's week, as 2026-03-09.")] = None,
    runs: Annotated[
        Path | None, typer.Option(help="Runs as `callgate export history` wrote them, not the ledger's.")
    ] = None,
    alert: Annotated[bool, typer.Option("--alert", help="Exit 1 where something is past its service level.")] = False,
    json: Json = False,
) -> None:
    """The week for people who were not there: what to decide, what is not measured, trends, issues, support."""
    from callgate.evaluate.weekly import Asked, as_json, leave_week, levels, look_back
    from callgate.evaluate.weekly import today as day
    from callgate.report.weekly_page import summary

    root = project_root()
    asked = Asked(day(today), runs, tickets, simulated, levels(days), weeks)
    written = look_back(root, asked)
    files = leave_week(root, written, mail=mail)
    if json:
        sys.stdout.write(as_json(written.facts, files, root))
    else:
        sys.stdout.write(summary(written))
        say(f"the page: {files[0].relative_to(root)}")
    raise typer.Exit(1 if alert and written.facts.alerts else 0)


def ready(
    *,
    by: Annotated[str, typer.Option(help="The attributes that name a group.")] = "dealer,call_type",
    json: Json = False,
) -> None:
    """Who can go over: for each client and call type whether the newest runs of all evals meet every gate."""
    from callgate.evaluate.ready import ready as looked

    found = looked(project_root(), [name.strip() for name in by.split(",") if name.strip()])
    sys.stdout.write(found.to_json() if json else found.text())
    raise typer.Exit(found.exit_code)
