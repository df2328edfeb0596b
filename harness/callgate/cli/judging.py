"""Judges and people: `callgate cases label` and `callgate calibrate`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callgate.cli.shared import Json, Segment, pairs, project_root, say

if TYPE_CHECKING:
    from callgate.dataset.labels import Label
    from callgate.evaluate.labelling import Session

Rubric = Annotated[str, typer.Argument(help="A rubric by its name or file, as faithfulness.")]
KEYS = "p pass, f fail, m maybe, s skip, u undo, ? the rubric, q quit"


def label(
    rubric: Rubric,
    *,
    run: Annotated[str, typer.Option(help="The run whose replies are labelled.")] = "last",
    segment: Segment = None,
    size: Annotated[int, typer.Option("--pairs", min=1, help="Pairs of replies to draw in each language.")] = 30,
    by: Annotated[str, typer.Option(help="Who labels; by default the name you are logged in by.")] = "",
    table: Annotated[Path | None, typer.Option("--csv", help="Write the draw as a table to fill in.")] = None,
    filled: Annotated[Path | None, typer.Option("--from", help="Read such a table when it is filled in.")] = None,
) -> None:
    """Give people's verdict on replies drawn at random, one key each or in a table; a judge is calibrated on them."""
    from callgate.dataset.labels import add_labels, read_table, write_table
    from callgate.evaluate.labelling import session

    drawn = session(project_root(), rubric, run, segment=pairs(segment), pairs=size)
    who = by or os.environ.get("USER") or "somebody"
    today = datetime.now(tz=UTC).date().isoformat()
    if table is not None:
        left = drawn.left()
        write_table(table, left, drawn.calls, drawn.replies)
        say(f"{len(left)} replies to judge in {table}; fill in `verdict` with pass, fail or maybe, then --from {table}")
    elif filled is not None:
        known = {each.id: each for each in drawn.drawn}
        labels = read_table(filled, known, by=who, on=today)
        add_labels(drawn.file, labels)
        _tell(drawn, len(labels))
    else:
        with _keys() as key:
            count = _by_key(drawn, key, who, today)
        _tell(drawn, count)


def _tell(drawn: Session, count: int) -> None:
    left = len(drawn.left())
    say(f"{count} labelled into {drawn.shown}; {left} of the draw are left. Next: callgate calibrate {drawn.name}")


def _by_key(drawn: Session, next_key: Callable[[], str], who: str, today: str) -> int:
    """One verdict after another, each on disk before the next is shown; gives how many there are."""
    from callgate.dataset.labels import VERDICTS, Verdict, add_labels, take_back

    meant: dict[str, Verdict] = {verdict[0]: verdict for verdict in VERDICTS}
    left, at = drawn.left(), 0
    done: list[int] = []
    while at < len(left):
        sys.stdout.write(_screen(drawn, left[at], at, len(left)))
        sys.stdout.flush()
        key = next_key()
        if key == "q":
            break
        if key == "?":
            sys.stdout.write(f"\n{drawn.rubric(left[at]).text.strip()}\n")
        elif key == "u" and at:
            at -= 1
            if done and done[-1] == at:
                done.pop()
                take_back(drawn.file)
        elif key in meant:
            add_labels(drawn.file, [left[at].judged(meant[key], by=who, on=today)])
            done.append(at)
            at += 1
        elif key == "s":
            at += 1
    return len(done)


def _screen(drawn: Session, one: Label, at: int, of: int) -> str:
    """What is judged: the call, the reply, the keys; not which variant it is."""
    from callgate.report.words import printable

    call = "\n".join(f"  {printable(line)}" for line in drawn.calls[one.id].splitlines())
    reply = "\n".join(f"> {printable(line)}" for line in drawn.replies[one.id].splitlines())
    head = f"{at + 1} of {of}   {one.language}   {one.case} {one.decision}"
    return f"\n{'-' * 72}\n{head}\n{call}\n\n{reply}\n\n{drawn.name}: {KEYS} "


@contextmanager
def _keys() -> Iterator[Callable[[], str]]:
    """Gives the next key where a person types, the next line where a file does; `q` at its end. The terminal is set
    once, so that nothing typed ahead is lost."""
    if not sys.stdin.isatty():

        def line() -> str:
            text = sys.stdin.readline()
            return text.strip()[:1].lower() if text else "q"

        yield line
        return
    import termios
    import tty

    descriptor = sys.stdin.fileno()

    def typed() -> str:
        key = os.read(descriptor, 1).decode("utf-8", "replace").lower()
        sys.stdout.write(f"{key}\n")
        return key or "q"

    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor, termios.TCSADRAIN)
        yield typed
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def calibrate(
    rubric: Rubric,
    *,
    eval_: Annotated[str, typer.Option("--eval", help="The eval whose judge it is; by default the first.")] = "",
    model: Annotated[
        list[str] | None, typer.Option(help="The judge's model instead of the eval's; several are a jury.")
    ] = None,
    votes: Annotated[int | None, typer.Option(min=1, max=9, help="Votes of each model.")] = None,
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="Stop before spending more than so many dollars.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Call no model: only what the ledger holds.")] = False,
    json: Json = False,
) -> None:
    """Whether a judge sees what people see, language by language, and may gate; keeps its card in reports/judges/."""
    from callgate.evaluate.calibrating import Wanted, calibrated
    from callgate.evaluate.outcome import spent_words
    from callgate.execute import Spent
    from callgate.report.card import card_screen

    wanted = Wanted(tuple(model or ()), votes, max_cost, offline)
    done = calibrated(project_root(), rubric, wanted, eval_=eval_)
    for note in (*done.notes, *done.lost):
        say(note)
    text = done.card.to_json() if json else card_screen(done.card, spent_words(Spent(), done.spent, done.spent.seconds))
    sys.stdout.write(text)
    if done.lost:
        say("INCOMPLETE   some verdicts never came; no card is kept, the same command goes on")
    raise typer.Exit(3 if done.lost else 0)
