"""Graded trials -> a row a decision that the ledger keeps with its run: how often each side passed, and by which
graders the candidate failed. What the weekly page, SQL and `callgate.load` are drawn from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from callgate.concepts import Json, Score
from callgate.evaluate.plan import Contest, Pair
from callgate.evaluate.rows import Graded, Measured, passed

EVIDENCE = 200
"""Characters of evidence that are kept with a row."""


def results(measured: Measured, blocking: Collection[str]) -> list[Json]:
    """A row for each model and decision that has trials, in the order of the plan."""
    return [
        row
        for contest in measured.plan.contests
        for pair in measured.plan.pairs
        for row in _row(measured, contest, pair, blocking)
    ]


def served(measured: Measured) -> dict[str, Json]:
    """Model -> the names under which the provider answered the baseline."""
    return {contest.label: sorted(measured.served(contest, "baseline")) for contest in measured.plan.contests}


def _row(measured: Measured, contest: Contest, pair: Pair, blocking: Collection[str]) -> Iterator[Json]:
    before, after = measured.of(contest, pair, "baseline"), measured.of(contest, pair, "candidate")
    if not (before or after):
        return
    failing, evidence = _failing(after, blocking)
    case = pair.case
    yield {
        "model": contest.label,
        "case": case.id,
        "decision": pair.point.id,
        "family": case.cluster or case.id,
        "severity": case.severity,
        "segments": dict(case.segments),
        "digest": case.digest,
        "baseline": _counts(before),
        "candidate": _counts(after),
        "failing": failing,
        "evidence": evidence,
    }


def _counts(graded: Sequence[Graded]) -> Json:
    """Trials passed and trials measured."""
    return [
        sum(passed(grades) for _, grades in graded),
        sum(isinstance(grades["success"], Score) for _, grades in graded),
    ]


def _failing(graded: Sequence[Graded], blocking: Collection[str]) -> tuple[dict[str, Json], dict[str, Json]]:
    """Grader -> trials that it failed, and grader -> what it saw in the first of them."""
    counts: Counter[str] = Counter()
    seen: dict[str, Json] = {}
    for _, grades in graded:
        for name in sorted(set(blocking) & set(grades)):
            grade = grades[name]
            if isinstance(grade, Score) and not grade.passed:
                counts[name] += 1
                seen.setdefault(name, grade.evidence[0].text[:EVIDENCE] if grade.evidence else "")
    return dict(counts), seen
