"""Graded trials of tickets -> what the gate's absolute targets are read from: each side's first answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from callgate.concepts import Case, Json, Trial
from callgate.graders.rules.tickets import answer_of, confidence_of, may_go_alone

if TYPE_CHECKING:
    from callgate.evaluate.rows import Lane, Measured
    from callgate.gate.triage import Answered, Ticket


def tickets_of(measured: Measured) -> list[Ticket]:
    """Every ticket of the plan whose two sides ask different things; where they ask the same nothing was asked."""
    from callgate.gate.triage import Ticket

    found = []
    for contest in measured.plan.contests:
        for pair in measured.plan.pairs:
            case, truth = pair.case, pair.point.expect.answer
            if case.scheme is None or not truth or pair.identical(contest):
                continue
            first: dict[Lane, Answered | None] = {}
            for lane in _SIDES:
                trials = measured.of(contest, pair, lane)
                first[lane] = _answered(trials[0][0], case) if trials else None
            sides = (first["baseline"], first["candidate"])
            found.append(Ticket(contest.label, case.id, case.segments, truth, case.scheme.out_of_scope, *sides))
    return found


_SIDES: tuple[Lane, ...] = ("baseline", "candidate")


def _answered(trial: Trial, case: Case) -> Answered | None:
    """What a trial answered; None where it was not measured. A label of no closed set is none."""
    from callgate.gate.triage import Answered

    if trial.failure is not None or case.scheme is None:
        return None
    answer = answer_of(trial)
    said: Mapping[str, Json] = answer if isinstance(answer, Mapping) else {}
    labels = {field: str(said[field]) for field, known in case.scheme.labels.items() if said.get(field) in known}
    return Answered(labels, confidence_of(said) or 0.0, may_go_alone(case.scheme, said))
