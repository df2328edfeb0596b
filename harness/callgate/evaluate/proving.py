"""A case under both prompts, a few trials each -> is it red before the fix and green after?

Red: at least 3 of 5 trials fail on the baseline, else it does not reproduce. Green: 5 of 5 pass on the candidate, else
it is not fixed. What counts are the decisions that were complained of (labelled fail as recorded; without labels, all):
another decision of the same call may fail for reasons of its own, and is told beside it. A fault that shows seldom is a
nightly case, with as many trials as would see it with 95 % certainty.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from callgate.concepts import ARMS, Arm, Case, Failure, Grade, Mistake, Score
from callgate.dataset.load import Source
from callgate.engines.access import endpoint, is_loopback
from callgate.engines.lanes import Lanes
from callgate.engines.prices import provider
from callgate.evaluate.grading import Desk
from callgate.evaluate.measuring import Bench, generations
from callgate.evaluate.options import Options
from callgate.evaluate.outcome import LEDGER
from callgate.evaluate.plan import Contest, Pair, Plan, endpoints, make_plan
from callgate.evaluate.rows import Lane
from callgate.evaluate.run import check_runnable, engines, graders_of
from callgate.ledger import Ledger

TRIALS = 5
RED = 3
"""So many of five trials must fail on the baseline."""
SURE = 0.95


MOST = 99
"""A nightly case has at most so many trials: enough for a fault that shows once in 33."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of a case's trials: on each side how many passed and how many were measured, and why one failed.

    `planned` trials were asked for on each side; `nightly` says that the case is one whose fault shows seldom. `beside`
    are decisions that nobody complained of and that fail on the candidate.
    """

    case: str
    baseline: str
    candidate: str
    red_passed: int
    red_trials: int
    green_passed: int
    green_trials: int
    why: str = ""
    missing: str = ""
    planned: int = TRIALS
    nightly: bool = False
    beside: tuple[str, ...] = ()

    @property
    def failed(self) -> int:
        """Trials that fail on the baseline."""
        return self.red_trials - self.red_passed

    @property
    def often(self) -> bool:
        """Whether at least three in five of the baseline's trials fail."""
        return self.red_trials >= TRIALS and self.failed * TRIALS >= RED * self.red_trials

    @property
    def reproduces(self) -> bool:
        """Whether enough of the baseline's trials fail: three in five; of a fault that shows seldom, one."""
        return bool(self.failed) if self.nightly else self.often

    @property
    def fixed(self) -> bool:
        """Whether every trial of the candidate passes."""
        return self.green_trials >= self.planned and self.green_passed == self.green_trials

    @property
    def needed(self) -> int:
        """The trials that see a fault which shows as it did here with 95 % certainty; 0 where it did not show."""
        if not self.failed:
            return 0
        share = self.failed / self.red_trials
        return 1 if share == 1 else min(MOST, math.ceil(math.log(1 - SURE) / math.log(1 - share)))

    @property
    def seldom(self) -> bool:
        """A fault that shows, but in fewer than three of five trials."""
        return bool(self.failed) and not self.often

    @property
    def refused(self) -> bool:
        """Whether the case proves nothing: not measured, not red, or called seldom and often."""
        return bool(self.missing) or not self.reproduces or (self.nightly and self.often)

    @property
    def holds(self) -> bool:
        return not self.refused and self.fixed

    def __str__(self) -> str:
        red = f"{self.baseline}: {self.red_passed} of {self.red_trials} passed"
        green = f"{self.candidate}: {self.green_passed} of {self.green_trials} passed"
        return f"{self.case}: {self.verdict}; {red}, {green}"

    def lines(self) -> list[str]:
        """The proof, why a trial failed, and what fails beside it, a line each."""
        more = [self.why] if self.why else []
        return [str(self), *(f"  {line}" for line in (*more, *self.beside))]

    @property
    def verdict(self) -> str:
        """In words, what it is."""
        if self.missing:
            return f"not measured: {self.missing}"
        if self.nightly:
            return self._nightly()
        if self.seldom:
            return f"does not reproduce: it shows in {self.failed} of {self.red_trials} (seldom: see --nightly)"
        if not self.reproduces:
            return "does not reproduce"
        return "red, then green" if self.fixed else "not fixed"

    def _nightly(self) -> str:
        if not self.failed:
            return f"does not reproduce in {self.red_trials} trials"
        if self.often:
            return f"shows in {self.failed} of {self.red_trials}, which is not seldom: leave --nightly out"
        shown = f"nightly with {self.needed} trials, since it shows in {self.failed} of {self.red_trials}"
        return f"{shown}; {'green after' if self.fixed else 'not fixed'}"


def complained(case: Case) -> frozenset[str]:
    """The decisions that were complained of: recorded, and labelled as failed; where there are none, all."""
    points = {point.id for point in case.points}
    failed = {
        str(label["decision"])
        for label in case.labels
        if label.get("verdict") == "fail" and label.get("of", "recorded") == "recorded"
    }
    return frozenset(points & failed or points)


def proofs(
    root: Path,
    path: Path,
    cases: Sequence[str],
    options: Options,
    *,
    trials: int = TRIALS,
    arms: Sequence[Arm] = ARMS,
    trying: tuple[Case, Source] | None = None,
) -> list[Proof]:
    """Draws the trials of the cases on both sides; replies that the ledger holds are not asked for again. `trying` is
    a case that stands in for its file, before it is written."""
    plan = make_plan(root, path, replace(options, cases=tuple(cases), nightly=True), trying=trying)
    found = _Found(plan, trials)
    with Ledger.open(root / LEDGER) as ledger:
        graders, _ = graders_of(plan, root)
        check_runnable(graders)
        drawn = generations(plan, ledger, anew=False, now=time.time())
        lanes = Lanes(plan.eval.transport, root=root, seconds=plan.eval.seconds)
        judges = [model for one in graders.judges for model in one.models]
        asking = None if options.offline else engines(judges, lanes)
        bench = Bench(plan, graders, ledger, asking, endpoints(plan), drawn)
        contest = plan.contests[0]
        wanted: list[tuple[Pair, Contest, Lane, int]] = [
            (pair, contest, arm, number) for pair in plan.pairs for arm in arms for number in range(trials)
        ]
        with closing(lanes):
            done = [one.trial for one in bench.replies([bench.ask(*one) for one in wanted]).done]
            graded = Desk(plan, graders, ledger, bench.verdicts).grade(done)
    for (pair, _, lane, number), grades in zip(wanted, graded, strict=True):
        found.add(pair, "candidate" if lane == "candidate" else "baseline", number, grades["success"])
    return [found.proof(name) for name in cases]


@dataclass(slots=True)
class _Found:
    """What the trials came to: whether they passed by (case, arm, number); of each case, what is missing and why one
    failed; how many trials of the candidate fail at decisions that nobody complained of."""

    plan: Plan
    trials: int
    passes: dict[tuple[str, Arm, int], list[bool]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    whys: dict[str, str] = field(default_factory=dict)
    beside: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def add(self, pair: Pair, arm: Arm, number: int, grade: Grade) -> None:
        """Counts one trial of one decision."""
        name, point = pair.case.id, pair.point.id
        if point not in complained(pair.case):
            if arm == "candidate" and isinstance(grade, Score) and not grade.passed:
                self.beside.setdefault((name, point), []).append(grade.why)
        elif isinstance(grade, Failure):
            self.missing.setdefault(name, f"{grade.kind}: {grade.why}")
        elif isinstance(grade, Score):
            self.passes.setdefault((name, arm, number), []).append(grade.passed)
            if arm == "baseline" and not grade.passed:
                self.whys.setdefault(name, f"{point}: {grade.why}")

    def proof(self, name: str) -> Proof:
        """What the trials of one case come to."""
        plan = self.plan
        sides = {arm: plan.side(arm).name for arm in ARMS}
        counts = {
            arm: [all(some) for n in range(self.trials) if (some := self.passes.get((name, arm, n)))] for arm in ARMS
        }
        left_out = next((why for key, why in plan.left_out.items() if key.startswith(f"{name}/")), "")
        missing = self.missing.get(name, "")
        if not missing and not any(counts.values()):
            missing = left_out or "nothing grades it"
        nightly = next((pair.case.nightly for pair in plan.pairs if pair.case.id == name), 0)
        beside = tuple(
            f"beside it, {point} fails in {len(whys)} of {self.trials} on {sides['candidate']}: {whys[0]}"
            for (case, point), whys in self.beside.items()
            if case == name
        )
        return Proof(
            name,
            sides["baseline"],
            sides["candidate"],
            sum(counts["baseline"]),
            len(counts["baseline"]),
            sum(counts["candidate"]),
            len(counts["candidate"]),
            self.whys.get(name, ""),
            missing,
            self.trials,
            bool(nightly),
            beside,
        )


def is_local(model: str) -> bool:
    """Whether requests to a model stay on this machine."""
    owner = provider(model)
    if owner == "sim":
        return True
    host = endpoint(model) if owner != "program" else ""
    return bool(host) and is_loopback(host)


def refuse_unreviewed(pii: str, model: str, case: str) -> None:
    """Raises Mistake where a call that nobody has read for personal data would leave this machine."""
    if pii == "unreviewed" and not is_local(model):
        raise Mistake(
            f"{case} is `pii: unreviewed`: nobody has looked for personal data in it, so it is not sent to {model}; "
            f"look at it, then: callgate cases redact {case} --reviewed"
        )
