"""The commands, each a few lines: read the words, call the use case, print. Verdicts to stdout, progress to stderr.

Exit codes (DESIGN.md part 5): 0 pass, 1 block, 2 usage or a mistake in a file, 3 incomplete, 4 inconclusive, 5 needs a
person's review, 130 interrupted. A new command is a function in the module of its kind and a line in COMMANDS.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

import typer

from callgate.cli import cases, complaints, everyday, judging, measures, merging, pages, scaffolding, setup, tables
from callgate.cli.shared import FAILED, INTERRUPTED, say
from callgate.concepts import Mistake

COMMANDS: Mapping[str, Callable[..., None]] = {
    "eval": everyday.eval_,
    "plan": everyday.plan,
    "demo": everyday.demo,
    "show": everyday.show,
    "compare": everyday.compare,
    "triage": measures.triage,
    "repeats": measures.repeats,
    "validate": everyday.validate,
    "regrade": everyday.regrade,
    "merge": everyday.merge,
    "investigate": complaints.investigate,
    "ci": merging.ci,
    "weekly": pages.weekly,
    "ready": pages.ready,
    "export": tables.export,
    "calibrate": judging.calibrate,
    "init": setup.init,
    "doctor": setup.doctor,
}
"""In the order of `callgate --help`."""

GROUPS: Mapping[str, typer.Typer] = {
    "cases": cases.app,
    "new": scaffolding.app,
    "runbook": complaints.runbook,
    "ledger": tables.ledger,
}
"""Commands with commands of their own, after the others in `callgate --help`."""


def _empty() -> typer.Typer:
    return typer.Typer(
        help="Did the new prompt break calls, and for whom? PASS, BLOCK or INCONCLUSIVE, with reasons.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


app = _empty()
for _name, _command in COMMANDS.items():
    app.command(_name)(_command)
for _name, _group in GROUPS.items():
    app.add_typer(_group, name=_name)


def outline() -> typer.Typer:
    """All commands by name and first words, without their options: enough for `callgate --help`, in half the time."""

    def nothing() -> None:
        """Never called: what is outlined is only listed."""

    lines = {name: command.__doc__ for name, command in COMMANDS.items()}
    lines |= {name: str(group.info.help) for name, group in GROUPS.items()}
    listed = _empty()
    for name, line in lines.items():
        listed.command(name, help=line)(nothing)
    return listed


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point: mistakes become lines on stderr and exit 2, Ctrl-C 130, what fails in any other way 3."""
    try:
        words = list(sys.argv[1:] if arguments is None else arguments)
        (outline() if words in (["-h"], ["--help"]) else app)(args=words)
    except Mistake as mistake:
        for problem in mistake.problems or (str(mistake),):
            say(str(problem))
        sys.exit(2)
    except KeyboardInterrupt:
        say("interrupted; what was paid for is in the ledger, the same command goes on")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.exit(FAILED)
    except OSError as error:
        say(f"{error.filename or 'this machine'}: {error.strerror or error}; what was paid for is in the ledger")
        sys.exit(FAILED)
    except Exception as error:  # noqa: BLE001  (Python's own exit code for this is 1, which here says BLOCK)
        import traceback

        if type(error).__module__ == "sqlite3":
            say(
                f"the ledger: {error}; nothing is decided. Where a disk is full, make room and run it again: what the "
                "ledger holds is not paid again. Where its file is damaged, move it away to begin a new one"
            )
            sys.exit(FAILED)
        say(f"{traceback.format_exc()}a defect of callgate: nothing is decided; what was paid for is in the ledger")
        sys.exit(FAILED)
