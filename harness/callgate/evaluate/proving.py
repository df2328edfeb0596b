"""A case under both prompts, a few trials each -> is it red before the fix and green after?

Red: at least 3 of 5 trials fail on the baseline, else it does not reproduce. Green: 5 of 5 pass on the candidate, else
it is not fixed. A trial of a case fails where any of its decisions does. A fault that shows seldom wants more trials:
how many, is said.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from callgate.concepts import ARMS, Arm, Failure, Mistake, Score
from callgate.engines.access import endpoint, is_loopback
from callgate.engines.lanes import Lanes
from callgate.engines.prices import provider
from callgate.evaluate.grading import Desk
from callgate.evaluate.measuring import Bench, generations
from callgate.evaluate.options import Options
from callgate.evaluate.outcome import LEDGER
from callgate.evaluate.plan import Contest, Pair, Plan, endpoints, make_plan
from callgate.evaluate.rows import Lane
from callgate.evaluate.run import engines, graders_of
from callgate.ledger import Ledger

TRIALS = 5
RED = 3
"""So many of five trials must fail on the baseline."""
SURE = 0.95


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of a case's trials: on each side how many passed and how many were measured, and why one failed."""

    case: str
    baseline: str
    candidate: str
    red_passed: int
    red_trials: int
    green_passed: int
    green_trials: int
    why: str = ""
    missing: str = ""

    @property
    def reproduces(self) -> bool:
        """Whether enough of the baseline's trials fail: three in five."""
        return self.red_trials >= TRIALS and (self.red_trials - self.red_passed) * TRIALS >= RED * self.red_trials

    @property
    def fixed(self) -> bool:
        """Whether every trial of the candidate passes."""
        return self.green_trials >= TRIALS and self.green_passed == self.green_trials

    @property
    def seldom(self) -> int:
        """For a fault that shows, but not in three of five: the trials that see it with 95 % certainty; else 0."""
        failed = self.red_trials - self.red_passed
        if not failed or self.reproduces:
            return 0
        return math.ceil(math.log(1 - SURE) / math.log(1 - failed / self.red_trials))

    @property
    def holds(self) -> bool:
        return not self.missing and self.reproduces and self.fixed

    def __str__(self) -> str:
        red = f"{self.baseline}: {self.red_passed} of {self.red_trials} passed"
        green = f"{self.candidate}: {self.green_passed} of {self.green_trials} passed"
        return f"{self.case}: {self.verdict}; {red}, {green}"

    @property
    def verdict(self) -> str:
        """In words, what it is."""
        if self.missing:
            return f"not measured: {self.missing}"
        if self.seldom:
            return f"does not reproduce: it shows seldom, and {self.seldom} trials would see it (nightly)"
        if not self.reproduces:
            return "does not reproduce"
        return "red, then green" if self.fixed else "not fixed"


def proofs(root: Path, path: Path, cases: Sequence[str], options: Options, *, trials: int = TRIALS) -> list[Proof]:
    """Draws the trials of the cases on both sides; replies that the ledger holds are not asked for again."""
    plan = make_plan(root, path, replace(options, cases=tuple(cases)))
    with Ledger.open(root / LEDGER) as ledger:
        graders, _ = graders_of(plan, root)
        drawn = generations(plan, ledger, anew=False, now=time.time())
        lanes = Lanes(plan.eval.transport, root=root, seconds=plan.eval.seconds)
        judges = [model for one in graders.judges for model in one.models]
        asking = None if options.offline else engines(judges, lanes)
        bench = Bench(plan, graders, ledger, asking, endpoints(plan), drawn)
        contest = plan.contests[0]
        wanted: list[tuple[Pair, Contest, Lane, int]] = [
            (pair, contest, arm, number) for pair in plan.pairs for arm in ARMS for number in range(trials)
        ]
        with closing(lanes):
            done = [one.trial for one in bench.replies([bench.ask(*one) for one in wanted]).done]
            graded = Desk(plan, graders, ledger, bench.verdicts).grade(done)
    passes: dict[tuple[str, Arm, int], list[bool]] = defaultdict(list)
    missing: dict[str, str] = {}
    whys: dict[str, str] = {}
    for (pair, _, lane, number), grades in zip(wanted, graded, strict=True):
        arm: Arm = "candidate" if lane == "candidate" else "baseline"
        grade = grades["success"]
        if isinstance(grade, Failure):
            missing.setdefault(pair.case.id, f"{grade.kind}: {grade.why}")
        elif isinstance(grade, Score):
            passes[pair.case.id, arm, number].append(grade.passed)
            if arm == "baseline" and not grade.passed:
                whys.setdefault(pair.case.id, f"{pair.point.id}: {grade.why}")
    found = _Found(trials, passes, missing, whys)
    return [_proof(plan, name, found) for name in cases]


@dataclass(frozen=True, slots=True)
class _Found:
    """What the trials came to: passes by (case, arm, number), and by case what is missing and why one failed."""

    trials: int
    passes: Mapping[tuple[str, Arm, int], list[bool]]
    missing: Mapping[str, str]
    whys: Mapping[str, str]


def _proof(plan: Plan, name: str, found: _Found) -> Proof:
    counts = {
        arm: [all(some) for n in range(found.trials) if (some := found.passes.get((name, arm, n)))] for arm in ARMS
    }
    left_out = next((why for key, why in plan.left_out.items() if key.startswith(f"{name}/")), "")
    return Proof(
        name,
        plan.side("baseline").name,
        plan.side("candidate").name,
        sum(counts["baseline"]),
        len(counts["baseline"]),
        sum(counts["candidate"]),
        len(counts["candidate"]),
        found.whys.get(name, ""),
        found.missing.get(name, "") or ("" if counts["baseline"] else left_out or "nothing grades it"),
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
