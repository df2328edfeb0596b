"""A run as the ledger keeps it -> the decision it came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from callgate.concepts import (
    Average,
    Comparison,
    Conversations,
    Decision,
    Flaky,
    Flip,
    Missing,
    Mistake,
    Side,
    Triage,
)
from callgate.evaluate.outcome import LEDGER, own_code
from callgate.ledger import Ledger, Run


@contextmanager
def kept_run(root: Path, name: str) -> Iterator[tuple[Ledger, Run]]:
    """The project's ledger and a run in it: by its id, or `last`. Raises Mistake where there is no such run."""
    with kept_ledger(root) as ledger:
        run = ledger.run(name)
        if run is None:
            raise Mistake(f"no run {name!r}; `callgate show last` is the newest")
        yield ledger, run


def kept_ledger(root: Path) -> Ledger:
    """The project's ledger. Raises Mistake where there is none yet."""
    if not (root / LEDGER).exists():
        raise Mistake("there is no run yet; `callgate eval` makes the first")
    return Ledger.open(root / LEDGER)


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
        "averages": tuple(Average(**average) for average in body.get("averages", ())),
        "flips": tuple(Flip(**flip) for flip in body["flips"]),
        "flaky": tuple(Flaky(**flaky) for flaky in body.get("flaky", ())),
        "new_cases": tuple(body["new_cases"]),
        "missing": Missing(**{**body["missing"], "examples": tuple(body["missing"]["examples"])}),
        "reasons": tuple(body["reasons"]),
        "triage": tuple(map(Triage.of, body.get("triage", ()))),
        "conversations": tuple(map(_conversations, body.get("conversations", ()))),
    }
    return Decision(**known)


def _comparison(row: Mapping[str, Any]) -> Comparison:
    here = row.get("interval_here")
    return Comparison(**{**row, "interval_here": tuple(here) if here else None})


def _conversations(row: Mapping[str, Any]) -> Conversations:
    return Conversations(**{**row, "baseline": tuple(row["baseline"]), "candidate": tuple(row["candidate"])})


def stored_plan(run: Run | None) -> Mapping[str, Any]:
    """The plan of a run as `run.py` stored it; empty where there is none."""
    return run.plan if run is not None and isinstance(run.plan, Mapping) else {}


def whole_run(ledger: Ledger, identity: str) -> Decision | None:
    """The decision of this very plan, where this very code has measured it whole before: it would be the same again."""
    run = ledger.run(identity)
    if run is None or stored_plan(run).get("code") != own_code() or not run.decision:
        return None
    decision = stored_decision(run)
    return decision if decision.verdict != "incomplete" else None


def candidates(ledger: Ledger, name: str, drawn: Mapping[str, int], baseline: str) -> tuple[str, ...]:
    """How many candidates were measured against this baseline (its prompt's digest, the generations drawn): each is
    another chance to pass by luck."""
    stored = [stored_plan(run) for run in ledger.runs() if run.eval == name and run.decision]
    wanted = (dict(drawn), baseline)
    same = [one for one in stored if "generations" in one and (one["generations"], one["baseline"]["digest"]) == wanted]
    seen = {one["candidate"]["digest"] for one in same}
    return (f"{len(seen)} candidates were measured against this baseline",) if len(seen) > 1 else ()
