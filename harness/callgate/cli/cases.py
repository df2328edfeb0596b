"""The golden set's life: `callgate cases import | ...`. A new command is a function here and a line in COMMANDS."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callgate.cli.shared import Names, eval_files, project_root, say
from callgate.concepts import Mistake

if TYPE_CHECKING:
    from callgate.dataset.importers.recording import Speaker

Into = Annotated[str | None, typer.Option(help="The folder of the golden set; by default the evals' own.")]


def import_(
    format_: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT",
            help="vapi, retell, elevenlabs, openai, realtime, twilio, deepgram, livekit, eva, csv, or auto; "
            "tickets: youtrack, jira, tickets, complaints.",
        ),
    ],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Exports.")],
    *,
    into: Into = None,
    channels: Annotated[
        str | None, typer.Option(help="Who speaks on which channel, as 1=caller,2=agent (Twilio, Deepgram).")
    ] = None,
    timezone: Annotated[str, typer.Option(help="The business's zone, as America/Chicago.")] = "",
    language: Annotated[str, typer.Option(help="The language of the calls, as es.")] = "",
    names: Annotated[Path | None, typer.Option(help="Names of customers to look for, one a line.")] = None,
) -> None:
    """Exports of calls or tickets -> drafts of cases, with pseudonyms for personal data. Asks no model."""
    from callgate.dataset.importers import Hints
    from callgate.evaluate.importing import import_files

    hints = Hints(channels=_channels(channels), timezone=timezone, language=language)
    done = import_files(project_root(), format_, files, hints, into=into, names=names)
    sys.stdout.write(done.text())
    for problem in done.problems:
        say(str(problem))
    raise typer.Exit(2 if done.problems else 0)


def lint(names: Names = None) -> None:
    """What is wrong in the cases of the evals, personal data too; the same as `callgate validate`, in fewer words."""
    from callgate.evaluate import validated

    report = validated(project_root(), eval_files(names or []))
    sys.stdout.write("".join(f"{problem}\n" for problem in report.problems))
    raise typer.Exit(2 if report.problems else 0)


def _channels(text: str | None) -> dict[int, Speaker]:
    """`1=caller,2=agent` as a mapping."""
    found: dict[int, Speaker] = {}
    for part in text.split(",") if text else []:
        number, _, who = part.partition("=")
        if not number.strip().isdigit() or who.strip() not in {"agent", "caller", "person"}:
            raise Mistake(f"--channels {text}: {part!r} is not NUMBER=caller, NUMBER=agent or NUMBER=person")
        speaker: Speaker = "agent" if who.strip() == "agent" else "caller" if who.strip() == "caller" else "person"
        found[int(number)] = speaker
    return found


COMMANDS: Mapping[str, Callable[..., None]] = {
    "import": import_,
    "lint": lint,
}
"""In the order of `callgate cases --help`."""

app = typer.Typer(
    help="The golden set's life: from a complaint to a case that stays.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _name, _command in COMMANDS.items():
    app.command(_name)(_command)
