"""A project whose ledger holds invented runs: what reads a ledger is tested on it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from callgate.concepts import Reply
from callgate.ledger import Ledger, PaidReply

HISTORY = Path(__file__).parent / "insight" / "history"


def project(root, *, weeks=3, evidence="", name=""):
    """The last weeks of the invented history in a ledger, with a few replies; `evidence` and `name` go where a model's
    and a person's words would stand."""
    from callgate.evaluate.weekly import read_runs

    (root / "evals").mkdir(parents=True)
    (root / "evals/receptionist.yaml").write_text((HISTORY / "evals/receptionist.yaml").read_text("utf-8"))
    runs = list(read_runs(HISTORY / "runs.jsonl"))[-weeks:]
    with Ledger.open(root / ".callgate/ledger.db") as ledger:
        for run in runs:
            decision = json.loads(json.dumps(run.decision))
            if evidence:
                decision["flips"] = [{**flip, "evidence": evidence} for flip in decision["flips"][:2]]
            if name:
                decision["candidate"]["name"] = name
            ledger.put_run(replace(run, decision=decision))
        ledger.put_replies(
            [
                PaidReply(
                    f"{n:064x}", f"sim/m{n % 2}", Reply("Hi", served="m", dollars=0.25, seconds=1.5, simulated=True)
                )
                for n in range(4)
            ]
        )
    return root
