"""The project's newest whole runs -> the table of who is ready, as a screen or JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from callgate.concepts import Mistake
from callgate.config import find_evals, load_eval
from callgate.dataset import read_set
from callgate.evaluate.stored import kept_ledger, stored_decision
from callgate.insight.readiness import STATES, Cell, Gated, readiness
from callgate.report.words import plural

CODES = {"blocked": 1, "not measured": 3, "undecided": 4, "ready": 0}


@dataclass(frozen=True, slots=True)
class Ready:
    """The cells, the evals that have no whole run, a line for each run, and whether anything of it is simulated."""

    by: tuple[str, ...]
    cells: tuple[Cell, ...]
    unseen: tuple[str, ...]
    runs: tuple[str, ...]
    simulated: bool

    @property
    def exit_code(self) -> int:
        """That of the worst cell; 3 where an eval was never run."""
        worst = next((state for state in STATES if any(cell.state == state for cell in self.cells)), "not measured")
        return 3 if self.unseen and worst != "blocked" else CODES[worst]

    def text(self) -> str:
        """A line a group, then what was never run, then the count."""
        names = [" ".join(cell.group.values()) for cell in self.cells]
        width = max(map(len, names), default=0)
        lines = [
            f"  {name:<{width}}  {plural(cell.cases, 'case'):>9}  {cell.state:<12}  {cell.why}".rstrip()
            for name, cell in zip(names, self.cells, strict=True)
        ]
        count = sum(cell.state == "ready" for cell in self.cells)
        head = f"by {' and '.join(self.by)}{'   SIMULATED' if self.simulated else ''}"
        never = [f"never run as a whole: {', '.join(self.unseen)}"] if self.unseen else []
        return "\n".join([head, *self.runs, "", *lines, "", *never, f"{count} of {len(self.cells)} ready"]) + "\n"

    def to_json(self) -> str:
        rows = [
            {"group": dict(cell.group), "state": cell.state, "cases": cell.cases, "why": cell.why}
            for cell in self.cells
        ]
        body = {"by": list(self.by), "rows": rows, "never_run": list(self.unseen), "simulated": self.simulated}
        return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def ready(root: Path, by: Sequence[str]) -> Ready:
    """The table over every eval of the project. Raises Mistake where no case has the attributes."""
    gated: list[Gated] = []
    unseen: list[str] = []
    lines: list[str] = []
    simulated = False
    known: set[str] = set()
    with kept_ledger(root) as ledger:
        runs = list(ledger.runs())
    for path in find_evals(root):
        spec = load_eval(path, root)
        segments: list[Mapping[str, str]] = [case.segments for case in read_set(spec.cases, root).active]
        known |= {name for case in segments for name in case}
        if not any(set(by) <= set(case) for case in segments):
            continue
        whole = (run for run in runs if run.eval == spec.name and isinstance(run.decision, Mapping))
        newest = next((run for run in whole if isinstance(run.decision, Mapping) and not run.decision["subset"]), None)
        if newest is None:
            unseen.append(spec.name)
            continue
        decision = stored_decision(newest)
        simulated |= decision.simulated
        gated.append(Gated(spec.name, decision.comparisons, segments, decision.verdict == "unchanged"))
        day = time.strftime("%Y-%m-%d", time.gmtime(newest.started))
        sides = f"{decision.baseline.name} -> {decision.candidate.name} ({decision.candidate.digest[:7]})"
        lines.append(f"{spec.name}: {sides}, {day}")
    if not gated and not unseen:
        raise Mistake(f"no case has {' and '.join(by)}; there are {', '.join(sorted(known)) or 'no segments'}")
    return Ready(tuple(by), tuple(readiness(gated, by)), tuple(unseen), tuple(lines), simulated)
