"""`callgate.load("last")`: a run of the ledger in a notebook."""

from __future__ import annotations

import html
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from callgate.concepts import Decision
from callgate.evaluate.stored import kept_run, stored_decision
from callgate.evaluate.tables import TABLES, rows
from callgate.files import project_root
from callgate.report.words import TITLES, percent, points, printable, verdict_words


@dataclass(frozen=True, slots=True)
class Loaded:
    """A run: its decision, and frames of what is in it. Shown as its verdict table where a notebook shows values."""

    decision: Decision
    root: Path

    def frame(self) -> Any:
        """The comparisons as a pandas DataFrame, a row each; `segment` is the segment's name, shares are 0..1."""
        return self.decision.frame()

    def flips(self) -> Any:
        """The decisions that pass more or less often than before, worst first: a DataFrame with a column an attribute
        of the segments (as `segment.language`), `worse` positive where it got worse."""
        import pandas as pd

        found = []
        for flip in self.decision.flips:
            row = asdict(flip)
            segments = row.pop("segments")
            found.append({**row, "worse": flip.worse, **{f"segment.{key}": value for key, value in segments.items()}})
        return pd.DataFrame(found).sort_values("worse", ascending=False, ignore_index=True) if found else pd.DataFrame()

    def results(self) -> Any:
        """Every decision with the trials that passed on each side: a DataFrame (docs/ledger.md)."""
        import pandas as pd

        return pd.DataFrame(list(rows(self.root, "results", self.decision.run)), columns=list(TABLES["results"]))

    def _repr_html_(self) -> str:
        """The verdict and a row a segment; what came from files and models is escaped."""
        decision = self.decision
        mark = " SIMULATED" * decision.simulated
        sides = f"{decision.baseline.name} → {decision.candidate.name}"
        reasons = " ".join(decision.reasons[:1])
        head = f"<b>{TITLES[decision.verdict]}</b>{mark} {_safe(decision.eval)}: {_safe(sides)}. {_safe(reasons)}"
        cells = [
            (
                row.name,
                str(row.cases),
                percent(row.baseline_mean),
                percent(row.candidate_mean),
                points(row.change),
                " ".join(verdict_words(decision, row).split()),
            )
            for row in decision.comparisons
        ]
        names = ("segment", "calls", "baseline", "candidate", "change", "verdict")
        body = "".join(f"<tr>{''.join(f'<td>{_safe(text)}</td>' for text in row)}</tr>" for row in cells)
        return f"<p>{head}</p><table><tr>{''.join(f'<th>{name}</th>' for name in names)}</tr>{body}</table>"


def load(run: str = "last", root: str | Path | None = None) -> Loaded:
    """A run by its id, or the newest (`last`), of the project at `root` or around the current folder. Raises Mistake
    where there is no such run."""
    where = Path(root) if root is not None else project_root()
    with kept_run(where, run) as (_, found):
        return Loaded(stored_decision(found), where)


def _safe(text: str) -> str:
    return html.escape(printable(text))
