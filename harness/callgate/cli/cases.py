"""The golden set's life: `callgate cases import | ...`. A new command is a function here and a line in COMMANDS."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callgate.cli.finding import knowledge, retrieval, search
from callgate.cli.judging import label
from callgate.cli.shared import Model, Names, eval_files, pairs, project_root, say
from callgate.concepts import Mistake

if TYPE_CHECKING:
    from callgate.dataset.importers.recording import Speaker

Into = Annotated[str | None, typer.Option(help="The folder of the golden set; by default the evals' own.")]
Channels = Annotated[
    str | None, typer.Option(help="Who speaks on which channel, as 1=caller,2=agent (Twilio, Deepgram).")
]
Timezone = Annotated[str, typer.Option(help="The business's zone, as America/Chicago.")]
Language = Annotated[str, typer.Option(help="The language of the calls, as es.")]
NamesFile = Annotated[Path | None, typer.Option("--names", help="Names of customers to look for, one a line.")]
Format = Annotated[
    str,
    typer.Argument(
        metavar="FORMAT",
        help="vapi, retell, elevenlabs, openai, realtime, twilio, deepgram, livekit, eva, csv, or auto; "
        "tickets: youtrack, jira, tickets, complaints; people's verdicts: labels.",
    ),
]
Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Exports.")]


def import_(
    format_: Format,
    files: Files,
    *,
    into: Into = None,
    channels: Channels = None,
    timezone: Timezone = "",
    language: Language = "",
    names: NamesFile = None,
) -> None:
    """Exports of calls or tickets -> drafts of cases, with pseudonyms for personal data. Asks no model.

    A sheet of labels goes into the cases that it names."""
    from callgate.dataset.importers import Hints
    from callgate.evaluate.case_labels import import_labels
    from callgate.evaluate.importing import import_files

    if format_ == "labels":
        labelled = import_labels(project_root(), files, into=into)
        sys.stdout.write(labelled.text())
        for problem in labelled.problems:
            say(str(problem))
        raise typer.Exit(2 if labelled.problems else 0)
    hints = Hints(channels=channels_of(channels), timezone=timezone, language=language)
    done = import_files(project_root(), format_, files, hints, into=into, names=names)
    sys.stdout.write(done.text())
    for problem in done.problems:
        say(str(problem))
    raise typer.Exit(2 if done.problems else 0)


def add(
    name: Annotated[str, typer.Argument(help="A draft, by its name or its file.")],
    *,
    reviewed: Annotated[bool, typer.Option("--reviewed", help="A person has read it for personal data.")] = False,
    call_type: Annotated[str | None, typer.Option(help="Its call type, as booking.")] = None,
    segment: Annotated[str | None, typer.Option(help="More of its segments, as language=es,sample=random.")] = None,
    expect: Annotated[
        list[str] | None, typer.Option(help="What is right at a decision, as 'book: {must_say: [two]}'.")
    ] = None,
    ticket: Annotated[str, typer.Option(help="The ticket that it comes from.")] = "",
    severity: Annotated[str, typer.Option(help="minor, major or critical.")] = "",
    must_pass: Annotated[bool, typer.Option("--must-pass", help="This case alone may block.")] = False,
    cause: Annotated[
        str, typer.Option(help="Why it went wrong: model, context, prompt, config, transcription, tool, human or none.")
    ] = "",
    by: Annotated[str, typer.Option(help="Who says so; by default you, as this machine knows you.")] = "",
    prove: Annotated[bool, typer.Option("--prove", help="Run it on both prompts; a ticket's case always is.")] = False,
    nightly: Annotated[
        int,
        typer.Option(min=0, max=99, help="Its fault shows seldom: try so many trials, and keep as many as it needs."),
    ] = 0,
    unfixed: Annotated[
        bool, typer.Option("--unfixed", help="The fix comes later: add it though the candidate fails it too.")
    ] = False,
    model: Model = None,
    offline: Annotated[bool, typer.Option("--offline", help="Call no model: only what the ledger holds.")] = False,
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="Stop before spending more than so many dollars.")
    ] = None,
    into: Into = None,
) -> None:
    """Make a draft a case: says the three most similar ones, and that a ticket's case is red now and green after."""
    from callgate.evaluate import Options
    from callgate.evaluate.adding import add_case
    from callgate.evaluate.editing import Edits, expectations

    segments = pairs(segment) | ({"call_type": call_type} if call_type else {})
    said = expectations(expect or [])
    edits = Edits(reviewed, segments, said, ticket, severity, must_pass, cause, by or _user(), nightly)
    options = Options(model=model, offline=offline, max_cost=max_cost)
    done = add_case(project_root(), name, edits, options, into=into, prove=prove, unfixed=unfixed)
    sys.stdout.write(done.text())
    raise typer.Exit(done.exit_code)


def _user() -> str:
    """Who works here, as the machine knows them; "" where it does not."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def nightly(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[CASE]...", help="All nightly cases by default.")
    ] = None,
    *,
    model: Model = None,
    offline: Annotated[bool, typer.Option("--offline", help="Call no model: only what the ledger holds.")] = False,
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="Stop before spending more than so many dollars.")
    ] = None,
    into: Into = None,
) -> None:
    """Cases whose fault shows seldom, on the candidate, with as many trials as each needs: exit 1 where one shows."""
    from callgate.evaluate import Options
    from callgate.evaluate.nightly import run

    options = Options(model=model, offline=offline, max_cost=max_cost)
    done = run(project_root(), names or [], options, into=into)
    sys.stdout.write(done.text())
    raise typer.Exit(done.exit_code)


def capture(format_: Format, files: Files, *, into: Into = None) -> None:
    """Whether every resolved ticket of an export has become a case: 100 %, or exit 3 with those that are missing."""
    from callgate.dataset.capture import captured
    from callgate.dataset.importers import tickets_of
    from callgate.dataset.importers.reading import read_export
    from callgate.evaluate.importing import folder_of, set_at

    root = project_root()
    tickets = [ticket for file in files for ticket in tickets_of(format_, read_export(file))]
    done = captured(tickets, set_at(folder_of(root, into), root).cases)
    sys.stdout.write(done.text())
    raise typer.Exit(3 if done.missing else 0)


def redact(
    names: Annotated[list[str] | None, typer.Argument(metavar="[CASE]...", help="All drafts by default.")] = None,
    *,
    check: Annotated[bool, typer.Option("--check", help="Only say where it is; exit 2 where there is any.")] = False,
    reviewed: Annotated[bool, typer.Option("--reviewed", help="A person has read them: pii: scrubbed.")] = False,
    listed: NamesFile = None,
    into: Into = None,
) -> None:
    """Pseudonyms for the personal data in cases; the same person stays the same person within a call."""
    from callgate.evaluate.scrubbing import scrub

    done = scrub(project_root(), names or [], into=into, listed=listed, check=check, reviewed=reviewed)
    sys.stdout.write("".join(one.text() for one in done))
    raise typer.Exit(2 if check and any(one.replaced for one in done) else 0)


def lint(
    names: Names = None,
    *,
    staged: Annotated[
        bool, typer.Option("--staged", help="Only what git is about to commit, and only personal data.")
    ] = False,
) -> None:
    """What is wrong in the cases of the evals, personal data too; with --staged, what the commit hook refuses."""
    if staged:
        from callgate.dataset.guard import staged as staged_problems
        from callgate.evaluate.importing import folders_of

        root = project_root()
        problems = [str(problem) for problem in staged_problems(root, folders_of(root))]
    else:
        from callgate.evaluate import validated

        problems = list(validated(project_root(), eval_files(names or [])).problems)
    sys.stdout.write("".join(f"{problem}\n" for problem in problems))
    raise typer.Exit(2 if problems else 0)


def hook() -> None:
    """Put the git hook in its place that refuses to commit cases nobody has read for personal data."""
    from callgate.dataset.guard import install

    say(f"{install(project_root())}: refuses drafts that nobody has read, and personal data")


def coverage(
    *,
    traffic: Annotated[
        Path | None, typer.Option(help="CSV with segment,share; by default _traffic.csv beside the cases.")
    ] = None,
    into: Into = None,
) -> None:
    """The set beside real traffic: segments with too few cases, calls counted twice, samples."""
    from callgate.dataset.coverage import TRAFFIC, read_traffic
    from callgate.dataset.coverage import coverage as covered
    from callgate.evaluate.importing import folder_of, set_at

    root = project_root()
    folder = folder_of(root, into)
    file = traffic or (folder / TRAFFIC if (folder / TRAFFIC).is_file() else None)
    shares = read_traffic(file) if file else {}
    sys.stdout.write(covered(set_at(folder, root).cases, shares).text())
    if not shares:
        say("no traffic: write segment,share lines to _traffic.csv beside the cases, as language=es,0.22")


def channels_of(text: str | None) -> dict[int, Speaker]:
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
    "add": add,
    "nightly": nightly,
    "capture": capture,
    "redact": redact,
    "label": label,
    "lint": lint,
    "coverage": coverage,
    "search": search,
    "retrieval": retrieval,
    "knowledge": knowledge,
    "hook": hook,
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
