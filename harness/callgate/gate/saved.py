"""A decision as `decision.json` holds it: the object to text and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from callgate.concepts import Average, Comparison, Conversations, Decision, Flaky, Flip, Missing, Mistake, Side, Triage

SCHEMA = "callgate.decision/1"


def to_json(decision: Decision) -> str:
    """`decision.json`: schema callgate.decision/1, the same bytes for the same decision."""
    return decision.to_json()


def from_json(text: str) -> Decision:
    """The decision that `to_json` wrote, its figures rounded as they were written. Raises Mistake on anything else."""
    body = json.loads(text)
    if not isinstance(body, Mapping) or body.get("schema") != SCHEMA:
        raise Mistake(f"not a decision of this version: its schema is not {SCHEMA}")
    held = {key: _tuples(value) for key, value in body.items() if key != "schema"}
    return Decision(
        **{
            **held,
            "baseline": Side(**body["baseline"]),
            "candidate": Side(**body["candidate"]),
            "comparisons": tuple(Comparison(**_fields(row)) for row in body["comparisons"]),
            "graders": tuple(Comparison(**_fields(row)) for row in body["graders"]),
            "averages": tuple(Average(**row) for row in body.get("averages", ())),
            "flips": tuple(Flip(**row) for row in body["flips"]),
            "flaky": tuple(Flaky(**row) for row in body.get("flaky", ())),
            "missing": Missing(**_fields(body["missing"])),
            "conversations": tuple(Conversations(**_fields(row)) for row in body.get("conversations", ())),
            "triage": tuple(map(Triage.of, body.get("triage", ()))),
        }
    )


def _fields(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _tuples(value) for key, value in body.items()}


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
