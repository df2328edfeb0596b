"""What commands share: the words of their options, where the project is, how an outcome is printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callgate.concepts import EXIT_CODES, Decision, Mistake

if TYPE_CHECKING:
    from callgate.evaluate import Options, Outcome
    from callgate.report.terminal import Style

PRECEDENCE = (130, 2, 5, 1, 3, 4, 0)
INTERRUPTED = 130
MISTAKEN = 2
FAILED = EXIT_CODES["incomplete"]

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Names = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Evals by name; all of evals/ by default.")
]
Model = Annotated[str | None, typer.Option(help="Use this model instead of the eval's; anything litellm reaches.")]
Segment = Annotated[str | None, typer.Option(help="Only these calls, as language=es,call_type=booking.")]


def worst(codes: Sequence[int]) -> int:
    """The exit code of several evals together, by the order in PRECEDENCE."""
    return min(codes, key=PRECEDENCE.index, default=2)


def project_root() -> Path:
    """The project around the working directory."""
    from callgate import files

    return files.project_root()


def eval_files(names: Sequence[str]) -> list[Path]:
    from callgate.config import find_evals

    root = project_root()
    known = {path.stem: path for path in find_evals(root)}
    files = []
    for name in names:
        direct = root / name
        if name in known:
            files.append(known[name])
        elif direct.suffix in {".yaml", ".yml"} and direct.is_file():
            files.append(direct)
        else:
            raise Mistake(f"no eval {name!r}; there are: {', '.join(sorted(known)) or 'none'}")
    if not names and not known:
        raise Mistake(f"{root}/evals holds no eval; write evals/NAME.yaml")
    return files or list(known.values())


def pairs(text: str | None) -> dict[str, str]:
    """`language=es,call_type=booking` as a mapping. Raises Mistake where a part is not NAME=VALUE."""
    pairs: dict[str, str] = {}
    if text is not None and not text.strip():
        raise Mistake("--segment is empty; wanted NAME=VALUE, as in language=es,call_type=booking")
    for part in text.split(",") if text else []:
        name, sign, value = part.partition("=")
        if not (sign and name.strip() and value.strip()):
            raise Mistake(f"--segment {text!r}: {part!r} is not NAME=VALUE, as in language=es,call_type=booking")
        pairs[name.strip()] = value.strip()
    return pairs


def evaluated(path: Path, options: Options, *, json: bool) -> Outcome:
    """Runs one eval with progress on stderr and prints its screen."""
    from callgate.evaluate import evaluate

    if options.settle:
        from callgate.evaluate.foresee import foresee, price_words

        say(f"to settle {path.stem}: {price_words(foresee(project_root(), path, options).estimates[-1])}")
    outcome = evaluate(project_root(), path, options, progress=_progress())
    for note in outcome.notes:
        say(note)
    print_decision(outcome.decision, outcome.spent_words, json=json)
    return outcome


def let_through(outcome: Outcome) -> int:
    """Lets an INCONCLUSIVE pass where the eval says that it only warns; never a subset, never silently."""
    if outcome.exit_code != EXIT_CODES["inconclusive"] or not outcome.warns or outcome.decision.subset:
        return outcome.exit_code
    say("INCONCLUSIVE let through: the eval says on_inconclusive: warn")
    return 0


def print_decision(decision: Decision, spent: str, *, json: bool) -> None:
    if json:
        sys.stdout.write(decision.to_json())
        return
    from callgate.report.terminal import screen

    sys.stdout.write(screen(decision, spent, style=style()))


def style() -> Style:
    from callgate.report.terminal import ansi, plain

    return ansi if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else plain


def paged(text: str) -> None:
    """To stdout; what is longer than the terminal through its pager."""
    import shutil

    import click

    if sys.stdout.isatty() and text.count("\n") >= shutil.get_terminal_size().lines:
        os.environ.setdefault("LESS", "-FRX")
        click.echo_via_pager(text)
    else:
        sys.stdout.write(text)


def say(text: str) -> None:
    from callgate.redaction import redact

    sys.stderr.write(redact(text) + "\n")


def _progress() -> _Progress | None:
    return _Progress() if sys.stderr.isatty() else None


class _Progress:
    """One line on stderr, rewritten in place; gone when the work is done."""

    def __call__(self, done: int, planned: int, calls: int, dollars: float) -> None:
        cost = f", ${dollars:.2f}" if dollars else ""
        line = f"{done:,} of {planned:,} trials, {calls:,} calls{cost}"
        sys.stderr.write("\r\x1b[K" + (line if done < planned else ""))
        sys.stderr.flush()
