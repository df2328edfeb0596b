"""A complaint: investigate, and runbooks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from callgate.cli.cases import Channels, Into, Language, NamesFile, Timezone, channels_of
from callgate.cli.shared import Json, Model, Segment, pairs, project_root, say


def investigate(
    file: Annotated[Path, typer.Argument(help="An export with one call.")],
    *,
    said: Annotated[str, typer.Option(help="What the complaint says.")] = "",
    format_: Annotated[str, typer.Option("--format", help="Of the export, where it is not recognised.")] = "auto",
    into: Into = None,
    channels: Channels = None,
    timezone: Timezone = "",
    language: Language = "",
    names: NamesFile = None,
    model: Model = None,
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="Stop before spending more than so many dollars.")
    ] = None,
    json: Json = False,
) -> None:
    """One exported call: where it went wrong and by which rule, what the agent knew there, what next."""
    from callgate.dataset.importers import Hints
    from callgate.evaluate.investigating import investigate as look
    from callgate.evaluate.telling import as_json, told

    found = look(
        project_root(),
        file,
        said=said,
        format_=format_,
        hints=Hints(channels=channels_of(channels), timezone=timezone, language=language),
        into=into,
        names=names,
        model=model,
        max_cost=max_cost,
    )
    if json:
        import json as json_

        sys.stdout.write(json_.dumps(as_json(found), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(told(found))


def runbook_new(
    name: Annotated[str, typer.Argument(help="Its file name, as wrong-time-after-dst.")],
    *,
    grader: Annotated[list[str] | None, typer.Option(help="A grader that fails (may be repeated).")] = None,
    segment: Segment = None,
    usually: Annotated[str, typer.Option(help="What it usually is.")] = "",
) -> None:
    """Begin a runbook in docs/runbooks: when you see X it is usually Y, this mends it, they own it."""
    from callgate.files import relative_name
    from callgate.insight.runbooks import new_runbook

    root = project_root()
    path = new_runbook(root, name, grader or [], pairs(segment), usually)
    say(f"{relative_name(path, root)}: say what it usually is, what mends it, and who owns it")


runbook = typer.Typer(help="Runbooks: when you see X it is usually Y.", no_args_is_help=True, add_completion=False)


@runbook.callback()
def _runbook() -> None:
    """Runbooks: when you see X it is usually Y."""


runbook.command("new")(runbook_new)
