"""Measures of anybody's results: `callgate triage` of a classifier's answers, `callgate repeats` of repeated trials."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from callgate.concepts import Mistake


def triage(
    file: Annotated[Path, typer.Argument(help="Lines of JSON: truth, label, confidence; or truth, error.")],
    *,
    target: Annotated[float, typer.Option(help="The accuracy that is wanted; its lower bound must reach it.")] = 0.85,
    risk: Annotated[float, typer.Option(help="The share of wrong answers among those that go out alone.")] = 0.02,
    by: Annotated[list[str] | None, typer.Option(help="Also by this segment, as language.")] = None,
    as_seen: Annotated[bool, typer.Option("--as-seen", help="Hold the accuracy as seen against the target.")] = False,
) -> None:
    """How well tickets are labelled, how sure that is, and from which confidence answers may go out alone."""
    from callgate.evaluate.triaging import triaged

    done = triaged(file, target=target, risk=risk, by=tuple(by or ()), as_seen=as_seen)
    sys.stdout.write(done.text())
    raise typer.Exit(done.exit_code)


def repeats(
    file: Annotated[Path, typer.Argument(help="Results as `callgate compare` reads them.")],
    *,
    metric: Annotated[str, typer.Option(help="The grader; a score of 1 is a success.")] = "success",
) -> None:
    """pass^k: how often all of k tries at the same task succeed, beside the mean. Exit 3 where one was not measured."""
    from callgate.interchange.files import read
    from callgate.stats.repeats import pass_power

    side = read(file, "results")
    if side.problems:
        raise Mistake(side.problems)
    tasks = [list(trials.values()) for (_, _, grader), trials in side.scores.items() if grader == metric]
    if not tasks:
        raise Mistake(f"no row is scored by {metric!r}; there are {', '.join(sorted(side.graders)) or 'no rows'}")
    whole = [task for task in tasks if None not in task]
    if whole:
        counts = [len(task) for task in whole]
        good = [sum(score == 1 for score in task) for task in whole]
        sys.stdout.write(f"{len(whole)} tasks, {min(counts)} trials or more of each\n")
        for k in range(1, min(counts) + 1):
            sys.stdout.write(f"  pass^{k}  {pass_power(good, counts, k):.3f}\n")
    if len(whole) < len(tasks):
        sys.stdout.write(f"{len(tasks) - len(whole)} tasks left out: a trial of theirs was not measured\n")
    raise typer.Exit(0 if len(whole) == len(tasks) else 3)
