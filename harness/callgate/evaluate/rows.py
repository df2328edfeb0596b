"""Graded trials -> the rows of the gate: strata by metric, what was missing, what a flip shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from callgate.concepts import ARMS, Failure, Grade, Missing, NotApplicable, Score, Stratum, Trial
from callgate.evaluate.grading import Grades
from callgate.evaluate.plan import Contest, Pair, Plan

if TYPE_CHECKING:
    from callgate.gate import FlipKey, Shown

Graded = tuple[Trial, Grades]
Lane = Literal["baseline", "candidate", "fresh"]
"""Where a trial belongs: an arm, or the fresh baseline trials that confirm a block."""
EXAMPLES = 5


@dataclass(slots=True)
class Measured:
    """All graded trials of a run, by contest, decision and lane, in the order of their numbers. `held` says how many
    baseline trials of each decision the ledger had when the run was planned."""

    plan: Plan
    held: Mapping[str, int] = field(default_factory=dict)
    trials: dict[tuple[str, str, str, Lane], list[Graded]] = field(default_factory=dict)
    is_slim: bool = False  # its words are in the ledger alone (see slim.py)

    def of(self, contest: Contest, pair: Pair, lane: Lane) -> Sequence[Graded]:
        return self.trials.get((contest.label, pair.case.id, pair.point.id, lane), ())

    def add(self, contest: Contest, pair: Pair, lane: Lane, graded: Graded) -> None:
        self.trials.setdefault((contest.label, pair.case.id, pair.point.id, lane), []).append(graded)

    def all(self) -> Iterator[Graded]:
        """Every graded trial, decision by decision."""
        for graded in self.trials.values():
            yield from graded

    def served(self, contest: Contest, lane: Lane) -> set[str]:
        """The models that the provider says answered."""
        lists = (self.of(contest, pair, lane) for pair in self.plan.pairs)
        return {step.reply.served for some in lists for trial, _ in some for step in trial.steps if step.reply.served}

    def strata(self, metrics: Iterable[str]) -> list[Stratum]:
        """A stratum for each contest, decision and metric that says something about it in some trial."""
        wanted = list(metrics)
        return [
            stratum
            for contest in self.plan.contests
            for pair in self.plan.pairs
            for stratum in self._strata(contest, pair, wanted)
        ]

    def _strata(self, contest: Contest, pair: Pair, metrics: Sequence[str]) -> Iterator[Stratum]:
        lists = {lane: counting(self.of(contest, pair, lane)) for lane in LANES}
        equal = {lane: equal_draws(lists[lane]) for lane in ARMS}
        held = self.held.get(f"{contest.label} {pair.case.id} {pair.point.id}", 0)
        for metric in metrics:
            scores = self._scores(lists, metric)
            if scores is not None:
                yield Stratum(
                    contest.label,
                    pair.case.id,
                    pair.point.id,
                    metric,
                    scores["baseline"],
                    scores["candidate"],
                    identical=pair.identical(contest),
                    baseline_held=held,
                    fresh=scores["fresh"],
                    equal_baseline=equal["baseline"],
                    equal_candidate=equal["candidate"],
                )

    def _scores(
        self, lists: Mapping[Lane, Sequence[Graded]], metric: str
    ) -> dict[Lane, tuple[float | None, ...]] | None:
        """One metric's scores in each lane; None where it says nothing about this decision."""
        grades = {lane: [g.get(metric, _ABSENT) for _, g in some] for lane, some in lists.items()}
        seen = [grade for some in grades.values() for grade in some]
        if seen and all(isinstance(grade, NotApplicable) for grade in seen):
            return None
        if metric not in self.plan.eval.policy.metrics:  # what only reports leaves out where it had nothing to say
            grades = {lane: [g for g in some if not isinstance(g, NotApplicable)] for lane, some in grades.items()}
            if not (grades["baseline"] and grades["candidate"]):
                return None
        return {lane: tuple(map(_value, some)) for lane, some in grades.items()}

    def missing(self) -> Missing:
        """What was planned and not measured, counted by kind; grades that advisory graders did not obtain."""
        kinds: Counter[str] = Counter()
        advisory: Counter[str] = Counter()
        examples: list[str] = []
        whys: dict[str, str] = {}
        planned = measured = off_script = 0
        for trial, grades in (graded for some in self.trials.values() for graded in counting(some)):
            planned += 1
            off_script += trial.off_script
            outcome = grades["success"]
            if isinstance(outcome, Score):
                measured += 1
            else:
                kind = outcome.kind if isinstance(outcome, Failure) else "not applicable"
                kinds[kind] += 1
                where = f"{trial.id.case} {trial.id.decision} {trial.id.arm} trial {trial.id.number + 1}"
                examples.append(f"{where}: {kind}: {outcome.why}")
            if trial.failure is None:
                unobtained = {name: grade for name, grade in grades.items() if isinstance(grade, Failure)}
                for name, failure in unobtained.items():
                    if name != "success":
                        advisory[name] += 1
                        whys.setdefault(name, f"{name}: {trial.id.case} {trial.id.decision}: {failure.why}")
        return Missing(
            planned=planned,
            measured=measured,
            failures=dict(sorted(kinds.items())),
            examples=(*sorted(examples)[:EXAMPLES], *(why for _, why in sorted(whys.items()))),
            left_out=dict(sorted(self.plan.left_out.items())),
            off_script=off_script,
            advisory=dict(sorted(advisory.items())),
        )

    def shown(self, blocking: Iterable[str]) -> dict[FlipKey, Shown]:
        """What to show of each decision: the first failing candidate trial, or else the first failing baseline one."""
        names = frozenset(blocking)
        found: dict[FlipKey, Shown] = {}
        for contest in self.plan.contests:
            for pair in self.plan.pairs:
                for arm in reversed(ARMS):
                    first = next((s for _, g in self.of(contest, pair, arm) if (s := _failing(g, names))), None)
                    if first is not None:
                        found[contest.label, pair.case.id, pair.point.id] = first
                        break
        return found

    def value(self) -> float | None:
        """Price in dollars of all replies used; None where any price is unknown."""
        prices = [reply.dollars for trial, _ in self.all() for reply in trial.replies]
        return None if any(price is None for price in prices) else round(sum(price or 0.0 for price in prices), 6)

    def simulated(self) -> bool:
        """Whether anything here came from the simulator."""
        return any(reply.simulated for trial, _ in self.all() for reply in trial.replies)


REPLACED = 5
"""Trials of a decision on one side that are left out for their caller's sake and drawn anew; what is lost beyond is
missing."""


def left_out(trial: Trial) -> bool:
    """Whether a trial does not count since its simulated caller misbehaved each time: never the agent's fault."""
    return trial.failure is not None and trial.failure.kind == "invalid_caller"


def counting(graded: Sequence[Graded]) -> list[Graded]:
    """The trials of a list that count: without those left out, another of which is drawn in their place; beyond
    REPLACED of them, what is lost is missing like any other."""
    lost = 0
    kept: list[Graded] = []
    for trial, grades in graded:
        lost += left_out(trial)
        if not left_out(trial) or lost > REPLACED:
            kept.append((trial, grades))
    return kept


LANES: tuple[Lane, ...] = ("baseline", "candidate", "fresh")
_ABSENT = NotApplicable("not a grader of this eval")


def equal_draws(graded: Sequence[Graded]) -> int:
    """How many of the first replies are equal to the letter: shared seeds, a cache or temperature 0 give copies of one
    draw. The simulator's draws are independent by construction, though its words may be the same."""
    if not graded or any(step.reply.simulated for step in graded[0][0].steps):
        return 0
    first = graded[0][0].transcript()
    return next((at for at, (trial, _) in enumerate(graded) if trial.transcript() != first), len(graded))


def passed(grades: Grades) -> bool:
    """Whether a trial succeeded: measured, and nothing that blocks failed."""
    outcome = grades["success"]
    return isinstance(outcome, Score) and outcome.passed


def _value(grade: Grade) -> float | None:
    return grade.value if isinstance(grade, Score) else None


def _failing(grades: Grades, blocking: Iterable[str]) -> Shown | None:
    """The grader that made this trial fail, and what it saw."""
    from callgate.gate import Shown

    outcome = grades["success"]
    if not isinstance(outcome, Score) or outcome.passed:
        return None
    bad = {name: grade for name, grade in grades.items() if name in blocking and _is_bad(grade)}
    name, sign, why = outcome.why.partition(": ")
    grade = bad.get(name)
    seen = grade.evidence[0].text if isinstance(grade, Score) and grade.evidence else ""
    return Shown(name if sign else "", why if sign else outcome.why, seen)


def _is_bad(grade: Grade) -> bool:
    return isinstance(grade, Score) and not grade.passed
