"""A share of a run: the trials of every N-th decision, drawn and graded here; `merge` brings the shares together.

All shares plan the same run. Each draws its own part of what the gate needs next, by the hash of case and decision, and
stops where it would need the others' part; after a merge the same command goes on from there, as a share or whole. The
replies are those that one process would have got, and so is the decision.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from callgate.concepts import Budget, Mistake
from callgate.engines.lanes import Lanes
from callgate.evaluate.grading import Desk
from callgate.evaluate.measuring import Bench, Report, generations, lacking, total
from callgate.evaluate.options import Options
from callgate.evaluate.outcome import LEDGER, spent_words
from callgate.evaluate.plan import Pair, endpoints, make_plan
from callgate.evaluate.rows import Measured
from callgate.evaluate.run import begin_run, cards_of, check_runnable, engines, graders_of, patient_collector, run_id
from callgate.evaluate.talks import TRIALS
from callgate.execute.machine import Spent
from callgate.execute.walk import walk
from callgate.ledger import Ledger
from callgate.ledger.merge import Merged, merge
from callgate.report.words import plural


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `number` (from 1) of `of`."""

    number: int
    of: int

    @staticmethod
    def parse(text: str) -> Shard:
        """`3/8`. Raises Mistake where it is not that."""
        found = re.fullmatch(r"(\d{1,4})/(\d{1,4})", text)
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            raise Mistake(f"--shard {text}: must be NUMBER/OF, as 3/8: the third of eight parts")
        return Shard(int(found[1]), int(found[2]))

    def holds(self, pair: Pair) -> bool:
        """Whether a decision is in this part; every version of a case may fall elsewhere."""
        name = f"{pair.case.id} {pair.point.id}".encode()
        return int.from_bytes(sha256(name).digest()[:8]) % self.of == self.number - 1


@dataclass(frozen=True, slots=True)
class Drawn:
    """What one share did. `failed` trials of it were not measured; `waits` for trials of other shares."""

    eval: str
    shard: Shard
    trials: int
    failed: int
    waits: int
    spent: Spent
    judged: Spent
    seconds: float
    interrupted: bool

    @property
    def exit_code(self) -> int:
        """Never green, since nothing is decided here: 4 where this share is whole, 3 where something failed."""
        return 130 if self.interrupted else 3 if self.failed else 4

    def text(self) -> str:
        share = f"{self.eval}: share {self.shard.number}/{self.shard.of}"
        missing = f", {self.failed} not measured: the same command tries them again" if self.failed else ""
        done = f"{share}: {plural(self.trials, 'trial')}{missing}; {spent_words(self.spent, self.judged, self.seconds)}"
        if self.waits:
            return (
                f"{done}\nnothing is decided: {plural(self.waits, 'trial')} are the other shares'; `callgate merge`\n"
            )
        return f"{done}\nall trials that the gate needs are here: `callgate eval {self.eval}` decides\n"


def draw(root: Path, path: Path, options: Options, shard: Shard, *, progress: Report | None = None) -> Drawn:
    """Draws and grades a share of an eval, with its part of the budget. Raises Mistake as `evaluate` does, and for a
    filter: a share is of the whole run."""

    if options.subset or options.release or options.settle:
        raise Mistake("--shard: a share is one of a whole run; leave out the filter, --release and --settle")
    began = time.monotonic()
    with Ledger.open(root / LEDGER) as ledger:
        plan = make_plan(root, path, options)
        plan = replace(plan, budget=part_of(plan.budget, shard.of))
        graders, _ = graders_of(plan, root)
        check_runnable(graders)
        drawn = generations(plan, ledger, anew=False, now=time.time())
        cards = cards_of(plan, graders, root)
        identity = run_id(plan, graders, drawn, cards)
        lanes = Lanes(plan.eval.transport, root=root, seconds=plan.eval.seconds)
        others = [*(model for one in graders.judges for model in one.models), *([plan.caller] if plan.caller else [])]
        asking = None if options.offline else engines(others, lanes)
        salt = int(identity[:6], 16)
        bench = Bench(plan, graders, ledger, asking, endpoints(plan), drawn, progress, salt=salt, cards=cards)
        begin_run(bench, options, identity)
        with closing(lanes), patient_collector():
            trials, failed, waits, judged = _drawn(bench, shard)
    seconds = time.monotonic() - began
    spent = total(bench.spent)
    return Drawn(plan.eval.name, shard, trials, failed, waits, spent, judged, seconds, bench.interrupted)


def part_of(budget: Budget, of: int) -> Budget:
    """An even part of a budget; the minutes are everybody's own."""
    return Budget(
        dollars=None if budget.dollars is None else budget.dollars / of,
        calls=None if budget.calls is None else budget.calls // of,
        tokens=None if budget.tokens is None else budget.tokens // of,
        minutes=budget.minutes,
    )


def _drawn(bench: Bench, shard: Shard) -> tuple[int, int, int, Spent]:
    """Look by look: this share's trials, those of them that failed, the others' that are missing, what judges cost."""
    from callgate.gate import needed

    plan = bench.plan
    desk = Desk(plan, bench.graders, bench.ledger, bench.verdicts)
    measured = Measured(plan, bench.held)
    trials = failed = 0
    while not bench.interrupted:
        needs = needed(measured.strata(plan.eval.policy.metrics), plan.cases, plan.eval.policy, cards=bench.cards)
        wanted = lacking(needs, measured)
        if not wanted:
            break
        mine = [one for one in wanted if shard.holds(one[0])]
        done = [one.trial for one in bench.replies([bench.ask(*one) for one in mine]).done]
        trials += len(done)
        failed += sum(trial.failure is not None for trial in done)
        graded = desk.grade(done)
        others = [one for one in wanted if not shard.holds(one[0])]
        theirs = walk([bench.ask(*one) for one in others], TRIALS, bench.ledger)
        if theirs.misses or failed:
            return trials, failed, len(theirs.misses), total(desk.judged)
        known = [theirs.done[at].trial for at in range(len(others))]
        for ((pair, contest, lane, _), trial), grades in zip(
            [*zip(mine, done, strict=True), *zip(others, known, strict=True)],
            [*graded, *desk.grade(known)],
            strict=True,
        ):
            measured.add(contest, pair, lane, (trial, grades))
    return trials, failed, 0, total(desk.judged)


def brought_together(root: Path, places: Sequence[Path]) -> Merged:
    """Everything that the ledgers of other folders hold, put into this project's. Raises Mistake where one is none."""
    found = Merged()
    with Ledger.open(root / LEDGER) as ledger:
        for place in places:
            inside = [path for path in (place / LEDGER, place / LEDGER.name, place) if path.is_file()]
            if not inside:
                raise Mistake(f"{place}: no ledger; name a project, its .callgate folder, or a ledger.db")
            if inside[0].resolve() != ledger.path.resolve():
                found += merge(ledger, inside[0])
    return found
