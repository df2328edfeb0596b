"""A run in the ledger -> a file that another tool opens (`callgate export`). Nothing is asked, nothing is paid."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from callgate.concepts import ARMS, CallerTurn
from callgate.evaluate.measuring import replayed
from callgate.evaluate.plan import Pair, Plan
from callgate.evaluate.rows import Measured
from callgate.evaluate.show import bench_of
from callgate.evaluate.stored import kept_run
from callgate.replay import past_turns
from callgate.report.promptfoo import Cell, Column, applies, document


def exported(root: Path, name: str) -> tuple[str, str]:
    """A run as promptfoo's document, and a line that says what it holds. Raises Mistake where there is no such run."""
    with kept_run(root, name) as (ledger, run):
        bench = bench_of(root, ledger, run)
        measured = replayed(bench)
    plan = bench.plan
    columns, cells, callers = _table(plan, measured)
    shown = [cell for cell in cells if applies(cell.grades)]
    finished = datetime.fromtimestamp(run.finished or run.started, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    text = document((run.id, f"callgate {plan.eval.name}", finished), columns, shown, callers)
    left = len(cells) - len(shown)
    return text, f"{len(shown):,} trials of {len(columns)} variants" + (
        f"; {left} left out, nothing applied" if left else ""
    )


def _table(plan: Plan, measured: Measured) -> tuple[list[Column], list[Cell], dict[int, str]]:
    """The variants, every graded trial at its row and column, and what the caller last said in each row."""
    columns: list[Column] = []
    cells: list[Cell] = []
    callers: dict[int, str] = {}
    rows: dict[tuple[str, str, int], int] = {}
    for contest in plan.contests:
        for arm in ARMS:
            prompt = plan.baseline if arm == "baseline" else plan.candidate
            for pair in plan.pairs:
                for number, (trial, grades) in enumerate(measured.of(contest, pair, arm)):
                    row = rows.setdefault((pair.case.id, pair.point.id, number), len(rows))
                    callers.setdefault(row, _caller(pair))
                    cells.append(Cell(row, len(columns), pair.case, trial, grades))
            columns.append(Column(f"{arm} {prompt.name}", prompt.texts, contest.model(arm)))
    return columns, cells, callers


def _caller(pair: Pair) -> str:
    """What the caller said last before a decision."""
    turns = list(past_turns(pair.case, pair.point))
    return next((turn.text for turn in reversed(turns) if isinstance(turn, CallerTurn)), "")
