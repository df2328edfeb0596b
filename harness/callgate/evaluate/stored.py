"""A run as the ledger keeps it -> the decision it came to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from callgate.concepts import Comparison, Decision, Flip, Missing, Mistake, Side
from callgate.ledger import Run


def stored_decision(run: Run) -> Decision:
    """The decision of a run as the ledger keeps it."""
    body: Any = run.decision
    if not isinstance(body, Mapping):
        raise Mistake(f"run {run.id[:12]} has no decision; run `callgate eval {run.eval}` again")
    known = {key: value for key, value in body.items() if key != "schema"}
    known |= {
        "baseline": Side(**body["baseline"]),
        "candidate": Side(**body["candidate"]),
        "models": tuple(body["models"]),
        "comparisons": tuple(map(_comparison, body["comparisons"])),
        "graders": tuple(map(_comparison, body["graders"])),
        "flips": tuple(Flip(**flip) for flip in body["flips"]),
        "new_cases": tuple(body["new_cases"]),
        "missing": Missing(**{**body["missing"], "examples": tuple(body["missing"]["examples"])}),
        "reasons": tuple(body["reasons"]),
    }
    return Decision(**known)


def _comparison(row: Mapping[str, Any]) -> Comparison:
    here = row.get("interval_here")
    return Comparison(**{**row, "interval_here": tuple(here) if here else None})


def stored_plan(run: Run | None) -> Mapping[str, Any]:
    """The plan of a run as `run.py` stored it; empty where there is none."""
    return run.plan if run is not None and isinstance(run.plan, Mapping) else {}
