"""Several evals one after another: each has its screen, and at the end each has a line with its verdict."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from callgate.cli.shared import INTERRUPTED, MISTAKEN, evaluated, say, style, worst
from callgate.concepts import Mistake

if TYPE_CHECKING:
    from callgate.evaluate import Options, Outcome
    from callgate.evaluate.options import NotInThisEval
    from callgate.report.terminal import VerdictLine


def run_all(
    paths: Sequence[Path], options: Options, code_of: Callable[[Outcome], int], *, named: bool, json: bool
) -> int:
    """Runs the evals; the worst of their codes. A mistake in one of several does not keep the others from running.
    Where none was named, a filter passes over the evals that have nothing of what it names."""
    if len(paths) == 1:
        return code_of(evaluated(paths[0], options, json=json))
    from callgate.engines.workers import kept_workers

    if options.baseline or options.candidate:
        names = ", ".join(path.stem for path in paths)
        raise Mistake(f"--baseline and --candidate are prompts of one eval: say which of {names}")
    with kept_workers():
        codes, lines, absent = _each(paths, options, code_of, named=named, json=json)
    if not codes:
        raise absent[0]
    if not json:
        _print(lines)
    return worst(codes)


def _each(
    paths: Sequence[Path], options: Options, code_of: Callable[[Outcome], int], *, named: bool, json: bool
) -> tuple[list[int], list[VerdictLine], list[NotInThisEval]]:
    """The codes and lines of those that ran, and what the others said to the filter."""
    from callgate.evaluate.options import NotInThisEval

    codes: list[int] = []
    lines: list[VerdictLine] = []
    absent: list[NotInThisEval] = []
    for path in paths:
        if INTERRUPTED in codes:
            lines.append((path.stem, "NOT RUN", "interrupted before it began", "unsure"))
            continue
        try:
            outcome = evaluated(path, options, json=json)
        except NotInThisEval as mistake:
            if named:
                raise
            absent.append(mistake)
            continue
        except Mistake as mistake:
            problems = [str(problem) for problem in mistake.problems or (mistake,)]
            say("\n".join(problems))
            codes.append(MISTAKEN)
            lines.append((path.stem, "MISTAKE", problems[0], "bad"))
        else:
            codes.append(code_of(outcome))
            lines.append(_told(outcome, codes[-1]))
            sys.stdout.write("" if json else "\n")
    return codes, lines, absent


def _told(outcome: Outcome, code: int) -> VerdictLine:
    from callgate.report.terminal import verdict_line

    return verdict_line(outcome.decision, let_through=code != outcome.exit_code)


def _print(lines: Sequence[VerdictLine]) -> None:
    from callgate.report.terminal import verdicts

    sys.stdout.write(verdicts(lines, style=style()))
