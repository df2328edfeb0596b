"""What the ledger keeps of a decision comes back as it was, in every part that it has."""

from __future__ import annotations

import json
from dataclasses import fields

from callgate.concepts import Average, Comparison, Conversations, Decision, Flaky, Flip, Missing, Side, Triage
from callgate.evaluate.stored import stored_decision
from callgate.ledger import Run

ROW = Comparison({"language": "es"}, "success", "m", 3, 6, "gate", "block", 0.5, 0.25, -0.25, (-0.5, 0.0), -0.5)
WHOLE = Decision(
    run="r",
    eval="e",
    verdict="block",
    exit_code=1,
    simulated=True,
    baseline=Side("v1", "a"),
    candidate=Side("v2", "b"),
    models=("m",),
    cases=3,
    decisions=3,
    trials=2,
    comparisons=(ROW,),
    graders=(ROW,),
    averages=(Average("each call alike", "success", "m", -0.25),),
    flips=(Flip("c", "d", "m", {"language": "es"}, 2, 2, 0, 2, "must_say", "said nothing"),),
    flaky=(Flaky("c", "d", "m", 1, 2),),
    new_cases=("c",),
    missing=Missing(6, 6, {"timeout": 1}, ("c d: timeout",)),
    reasons=("language=es fell.",),
    subset="--limit 3",
    value=0.5,
    digests={"cases": "x"},
    conversations=(Conversations("m", "sim/caller", (1.0, 0.5), (0.5, 0.25), {"baseline": 4}, faults={"left": 1}),),
    kind="email",
    triage=(Triage("m", 3, 0, {}, {}, {}, wrong_alone=("c",), reasons=("no",)),),
)


def test_a_decision_comes_back_whole():
    assert all(getattr(WHOLE, each.name) for each in fields(WHOLE)), "a part that is empty here would not be tried"
    kept = Run("r", "e", {}, json.loads(WHOLE.to_json()), 1, 2, 2)
    assert stored_decision(kept) == WHOLE
