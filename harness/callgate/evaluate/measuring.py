"""A plan at work: trials are drawn look by look, graded, and gated, until the gate needs no more.

The baseline grows with the looks and is drawn once for all candidates: its trials carry numbers of their own, a hundred
for each generation, so that a candidate that is merged is drawn anew as a baseline. A generation ends when it is a week
old, when the provider serves another model, or when fresh trials show that it moved.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from callgate.concepts import ARMS, Arm, Engine, Failure, Trial
from callgate.evaluate import slim
from callgate.evaluate.grading import Desk, Grades
from callgate.evaluate.judging import VOTES, Vote, Voted
from callgate.evaluate.plan import Contest, Pair, Plan
from callgate.evaluate.rows import LANES, Graded, Lane, Measured, counting, left_out
from callgate.evaluate.talks import TRIALS
from callgate.execute import Execution, Progress, Purse, Spent, execute
from callgate.execute.walk import walk
from callgate.graders.grade import GraderSet
from callgate.ledger import Ledger
from callgate.replay import Ask, Caller, Done, begin

if TYPE_CHECKING:
    from callgate.execute.machine import Away
    from callgate.gate import Cards, Need

WEEK = 7 * 24 * 3600
MOST_HELD = 10
"""Cached baseline trials of a decision that take part at every look."""
GENERATION = 100
FRESH = 1_000_000
"""Trial numbers of a baseline's generation n begin at n * GENERATION; those that confirm a block, beyond FRESH."""

Report = Callable[[int, int, int, float], None]
"""Called with (trials done, planned, calls made, dollars spent)."""
Wanted = tuple[Pair, Contest, Lane, int]
"""A trial to be drawn: of which decision, model and lane, and its number."""
_INTERRUPTED = Failure("cancelled", "interrupted before it was answered")
Held = Mapping[str, int]
"""Baseline trials of each decision (see `held_key`) that the ledger had when the run was planned."""


@dataclass(slots=True)
class Bench:
    """One run's parts at work together. `generations` are the baseline's, by contest; `salt` tells runs apart."""

    plan: Plan
    graders: GraderSet
    ledger: Ledger
    engine_for: Callable[[str], Engine] | None
    endpoints: Mapping[str, str]
    generations: Mapping[str, int]
    progress: Report | None = None
    salt: int = 0
    held: Held = field(default_factory=dict)
    cards: Cards = field(default_factory=dict)
    spent: list[Spent] = field(default_factory=list)
    interrupted: bool = False
    ran_dry: bool = False
    waits: bool = False
    away: Away | None = None
    price_share: float = 1.0  # of a call's price that is paid for one
    purse: Purse = field(init=False)

    def __post_init__(self) -> None:
        self.purse = Purse(self.plan.budget, time.monotonic())

    def ask(self, pair: Pair, contest: Contest, lane: Lane, number: int) -> Ask:
        """The first request of one trial."""
        arm: Arm = "candidate" if lane == "candidate" else "baseline"
        draw = number
        if lane == "baseline":
            draw = self.generations[contest.label] * GENERATION + number
        elif lane == "fresh":
            draw = FRESH + self.salt * GENERATION + number
        model, caller = contest.model(arm), self.plan.caller
        return begin(
            pair.scene(arm),
            model=model,
            arm=arm,
            trial=number,
            draw=draw,
            endpoint=self.endpoints[model],
            caller=Caller(caller, self.endpoints[caller]) if caller else None,
        )

    def trials(self, wanted: Sequence[Wanted]) -> list[Trial]:
        """Draws trials; where the run was interrupted, nothing more is asked."""
        asks = [self.ask(*one) for one in wanted]
        if self.interrupted:
            return [TRIALS.failed(ask, _INTERRUPTED).trial for ask in asks]
        return [done.trial for done in self.replies(asks).done]

    def replies(self, asks: Sequence[Ask]) -> Execution[Done]:
        """Runs trials to their end, within what is left of the budget."""
        execution = execute(
            asks,
            TRIALS,
            ledger=self.ledger,
            engine_for=self.engine_for,
            purse=self.purse,
            at_once=self.plan.eval.at_once,
            progress=self._report if self.progress else None,
            away=self.away,
        )
        self.spent.append(execution.spent)
        self.interrupted |= execution.interrupted
        return execution

    def verdicts(self, votes: Sequence[Vote]) -> Execution[Voted]:
        """Asks the judges."""
        execution = execute(
            votes,
            VOTES,
            ledger=self.ledger,
            engine_for=self.engine_for,
            purse=self.purse,
            at_once=self.plan.eval.at_once,
            away=self.away,
        )
        self.interrupted |= execution.interrupted
        return execution

    def _report(self, progress: Progress) -> None:
        assert self.progress
        self.progress(progress.done, progress.planned, progress.calls, progress.dollars)


def measure(bench: Bench, *, fresh: bool = False) -> tuple[Measured, Spent]:
    """Draws and grades trials until the gate needs no more; `fresh` forgets the scores that are known."""
    from callgate.gate import needed

    plan = bench.plan
    desk = Desk(plan, bench.graders, bench.ledger, bench.verdicts, fresh)
    measured = Measured(plan, bench.held, is_slim=_most_trials(plan) > slim.HELD)
    slimmer = slim.Slimmer()
    while not (bench.interrupted or bench.waits):
        needs = needed(measured.strata(plan.eval.policy.metrics), plan.cases, plan.eval.policy, cards=bench.cards)
        wanted = lacking(needs, measured)
        if not wanted:
            break
        found: list[tuple[Wanted, Graded]] = []
        for some in slim.chunks(wanted, slim.CHUNK if measured.is_slim and bench.away is None else len(wanted)):
            trials = bench.trials(some)
            if measured.trials and any(_ran_dry(trial) for trial in trials):
                bench.ran_dry = True
                return measured, total(desk.judged)  # earlier looks stand; this one is taken when there is money for it
            for one, trial, grades in zip(some, trials, desk.grade(trials), strict=True):
                bench.waits |= _waits(trial, grades)
                whole = not measured.is_slim or one[0].case.scheme is not None  # what a ticket was answered is counted
                found.append((one, (trial, grades) if whole else slimmer.slim(trial, grades)))
        for (pair, contest, lane, _), graded in found:
            measured.add(contest, pair, lane, graded)
    return measured, total(desk.judged)


def _most_trials(plan: Plan) -> int:
    """How many trials a run can come to."""
    return len(plan.contests) * len(plan.pairs) * len(ARMS) * plan.eval.policy.looks[-1]


def words_of(bench: Bench, measured: Measured) -> Callable[[Contest, Pair, Lane], Sequence[Graded]]:
    """The graded trials of a decision with their words: as they are held, or read back from the ledger. Nothing is
    asked: what the ledger does not have was not measured, and has no words."""
    if not measured.is_slim:
        return measured.of
    reader = replace(bench, engine_for=None, progress=None, away=None)
    desk = Desk(bench.plan, bench.graders, bench.ledger, reader.verdicts)

    def read(contest: Contest, pair: Pair, lane: Lane) -> list[Graded]:
        held = measured.of(contest, pair, lane)
        asks = [bench.ask(pair, contest, lane, trial.id.number) for trial, _ in held]
        done = walk(asks, TRIALS, bench.ledger).done
        trials = [done[at].trial for at in sorted(done)]
        known = dict(zip(sorted(done), zip(trials, desk.grade(trials), strict=True), strict=True))
        return [known.get(at, graded) for at, graded in enumerate(held)]

    return read


def _ran_dry(trial: Trial) -> bool:
    return trial.failure is not None and trial.failure.kind == "budget"


def _waits(trial: Trial, grades: Grades) -> bool:
    """Whether something of it is in a batch that has not ended."""
    found = [trial.failure, *(grades.values() if trial.failure is None else ())]
    return any(isinstance(one, Failure) and one.kind == "waiting" for one in found)


def replayed(bench: Bench, *, fresh: bool = False) -> Measured:
    """Every trial of the plan that the ledger holds, graded, whatever the gate would have needed of it. `fresh` takes
    the baseline trials that confirm a block too, and forgets the scores that are known."""
    plan, measured = bench.plan, Measured(bench.plan)
    desk = Desk(plan, bench.graders, bench.ledger, bench.verdicts, fresh)
    most = max(plan.eval.policy.looks[-1], MOST_HELD)
    wanted: list[Wanted] = [
        (pair, contest, arm, number)
        for contest in plan.contests
        for pair in plan.pairs
        for arm in (LANES if fresh else ARMS)
        for number in range(most)
    ]
    for some in slim.chunks(wanted, slim.CHUNK):
        done = walk([bench.ask(*one) for one in some], TRIALS, bench.ledger).done
        found = [(some[index], done[index].trial) for index in sorted(done)]
        for ((pair, contest, arm, _), trial), grades in zip(found, desk.grade([t for _, t in found]), strict=True):
            measured.add(contest, pair, arm, (trial, grades))
    return measured


def lacking(needs: Iterable[Need], measured: Measured) -> list[Wanted]:
    """Each trial that was not tried yet. One that was drawn and failed is not drawn again in this run."""
    pairs = {(pair.case.id, pair.point.id): pair for pair in measured.plan.pairs}
    contests = {contest.label: contest for contest in measured.plan.contests}
    found = []
    for need in sorted(needs):
        pair, contest = pairs[need.case, need.decision], contests[need.model]
        some = measured.of(contest, pair, need.arm)
        more = need.upto - len(counting(some))  # one that is left out for its caller's sake is drawn anew, further on
        found += [(pair, contest, need.arm, number) for number in range(len(some), len(some) + more)]
    return found


# ---------------------------------------------------------------------------------------------- the baseline's age


def held_key(contest: Contest, pair: Pair) -> str:
    return f"{contest.label} {pair.case.id} {pair.point.id}"


def held_trials(bench: Bench) -> Held:
    """How many baseline trials of each decision the ledger holds now, of the generation in use. Only a gate that looks
    more than once, and so may look at the same baseline again, counts them."""
    plan = bench.plan
    if len(plan.eval.policy.looks) == 1:
        return {}
    keys: list[str] = []
    asks: list[Ask] = []
    for contest in plan.contests:
        for pair in (pair for pair in plan.pairs if not pair.identical(contest)):
            for number in range(MOST_HELD):
                keys.append(held_key(contest, pair))
                asks.append(bench.ask(pair, contest, "baseline", number))
    done = walk(asks, TRIALS, bench.ledger).done
    held = {}
    for key, numbers in groupby(range(len(asks)), key=keys.__getitem__):
        places = list(numbers)
        count = next((at for at, index in enumerate(places) if index not in done), MOST_HELD)
        count -= sum(left_out(done[index].trial) for index in places[:count])
        if count:
            held[key] = count
    return held


def generations(plan: Plan, ledger: Ledger, *, anew: bool, now: float) -> dict[str, int]:
    """The baseline's generation for each contest. A release draws it anew, and so does a week where it is not
    simulated."""
    found = {}
    for contest in plan.contests:
        held = ledger.baseline(plan.baseline.digest, contest.baseline)
        stale = now - held.began > WEEK and not contest.baseline.startswith("sim/")
        if stale or anew:
            ledger.renew_baseline(plan.baseline.digest, contest.baseline, held.generation)
            held = ledger.baseline(plan.baseline.digest, contest.baseline)
        found[contest.label] = held.generation
    return found


def another_model_served(measured: Measured) -> list[str]:
    """A line for each contest whose baseline and candidate were answered by different models, though asked for one."""
    lines = []
    for contest in measured.plan.contests:
        served = {arm: measured.served(contest, arm) for arm in ("baseline", "candidate")}
        if contest.baseline == contest.candidate and served["candidate"] - served["baseline"] and served["baseline"]:
            old, new = (" and ".join(sorted(served[arm])) for arm in ("baseline", "candidate"))
            lines.append(f"{contest.label}: the baseline was answered by {old}, the candidate by {new}")
    return lines


def total(spent: Sequence[Spent]) -> Spent:
    """Several executions' costs as one."""
    return Spent(
        sum(each.calls for each in spent),
        sum(each.replies for each in spent),
        sum(each.cached for each in spent),
        sum(each.dollars for each in spent),
        sum(each.unpriced for each in spent),
        sum(each.seconds for each in spent),
    )
