"""The use case: plan, execute, grade, gate, look again where undecided, leave the reports."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from callgate.concepts import Decision, Engine, Json, Mistake, digest
from callgate.engines.access import missing_key
from callgate.engines.lanes import Lanes
from callgate.evaluate.first import needs_litellm_soon, smoke
from callgate.evaluate.leave import leave_reports
from callgate.evaluate.measuring import (
    Bench,
    Report,
    another_model_served,
    generations,
    held_trials,
    measure,
    replayed,
    total,
)
from callgate.evaluate.plan import Options, Plan, endpoints, make_plan, metric_problems
from callgate.evaluate.rows import Measured, passed
from callgate.evaluate.stored import stored_decision, stored_plan
from callgate.execute import Spent
from callgate.graders.grade import GraderSet
from callgate.graders.judge import simulated
from callgate.ledger import Ledger, Run
from callgate.report.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callgate.report.calls import Background

LEDGER = Path(".callgate/ledger.db")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an eval came to. `notes` are lines for people about this invocation; `folder` where the reports lie; `lanes`
    how many calls went which way."""

    decision: Decision
    plan: Plan
    spent: Spent
    judged: Spent
    seconds: float
    interrupted: bool
    notes: tuple[str, ...] = ()
    folder: Path | None = None
    lanes: Mapping[str, int] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        return 130 if self.interrupted else self.decision.exit_code

    @property
    def warns(self) -> bool:
        """Whether the eval lets an inconclusive verdict through, visibly."""
        return self.plan.eval.policy.on_inconclusive == "warn"

    @property
    def spent_words(self) -> str:
        """What this invocation asked and paid, in one line."""
        return spent_words(self.spent, self.judged, self.seconds)


def evaluate(
    root: Path, path: Path, options: Options, *, progress: Report | None = None, share: bool = False
) -> Outcome:
    """Runs one eval to its decision; `share` leaves a page for people outside the team too. Raises Mistake for anything
    wrong in the files, before the first call."""
    began = time.monotonic()
    with Ledger.open(root / LEDGER) as ledger:
        plan = make_plan(root, path, options, failed=_failed_cases(ledger, path.stem) if options.failed else ())
        graders, notes = graders_of(plan, root)
        drawn = generations(plan, ledger, anew=options.release, now=time.time())
        identity = run_id(plan, graders, drawn)
        lanes = Lanes(plan.eval.transport, root=root, seconds=plan.eval.seconds)
        judges = [one.model for one in graders.judges]
        asking = None if options.offline else engines(judges, lanes)
        bench = Bench(plan, graders, ledger, asking, endpoints(plan), drawn, progress, salt=int(identity[:6], 16))
        before = None if options.regrade else _whole_run(ledger, identity)
        if before is None:
            with closing(lanes):
                if asking and needs_litellm_soon(bench):
                    lanes.prepare([*bench.endpoints, *judges])
                lines = smoke(bench)
                outcome, measured = _measured(bench, options, identity)
            outcome = replace(outcome, notes=(*lines, *outcome.notes))
        else:
            outcome, measured = Outcome(before, plan, Spent(), Spent(), 0.0, interrupted=False), None
        notes = (*notes, *outcome.notes, *_candidates(ledger, plan, drawn))
        outcome = replace(outcome, seconds=time.monotonic() - began, notes=notes, lanes=dict(lanes.carried))
        if plan.subset:
            return outcome
        outcome = replace(outcome, folder=root / "reports" / plan.eval.name)
        _leave(outcome, bench, measured, share=share)
    return outcome


def _leave(outcome: Outcome, bench: Bench, measured: Measured | None, *, share: bool) -> None:
    """Writes the reports. What the page shows beside the decision is made only where it is needed."""
    folder, decision = outcome.folder, outcome.decision
    assert folder

    def behind() -> Background:
        from callgate.evaluate.background import background

        return background(measured or replayed(bench), decision)

    leave_reports(folder, decision, outcome.spent_words, _this_run(outcome), behind, share=share)


def _measured(bench: Bench, options: Options, identity: str) -> tuple[Outcome, Measured]:
    """Runs the plan and keeps what came of it. How much of the baseline was held counts from its first beginning."""
    started, plan, ledger = int(time.time()), bench.plan, bench.ledger
    earlier = stored_plan(ledger.run(identity))
    if "held" in earlier:
        bench.held = dict(earlier["held"])
    else:
        bench.held = held_trials(bench)
        ledger.put_run(Run(identity, plan.eval.name, _stored(bench, options), started=started))
    with _patient_collector():
        measured, judged = measure(bench, fresh=options.regrade)
        decision = _decision(bench, measured, identity)
    stored = _stored(bench, options, measured)
    held = max((len(some) for (*_, lane), some in measured.trials.items() if lane == "baseline"), default=0)
    body = json.loads(decision.to_json())
    ledger.put_run(Run(identity, plan.eval.name, stored, body, started, int(time.time()), held))
    notes = _drifted(bench, measured, decision)
    if bench.ran_dry:
        notes += ("the budget was used up between two looks: what is undecided needs more of it (--max-cost)",)
    return Outcome(decision, plan, total(bench.spent), judged, 0.0, bench.interrupted, notes), measured


def _whole_run(ledger: Ledger, identity: str) -> Decision | None:
    """The decision of this very plan, where this very code has measured it whole before: it would be the same again."""
    run = ledger.run(identity)
    if run is None or stored_plan(run).get("code") != own_code() or not run.decision:
        return None
    decision = stored_decision(run)
    return decision if decision.verdict != "incomplete" else None


def _drifted(bench: Bench, measured: Measured, decision: Decision) -> tuple[str, ...]:
    """Where the provider changed under the baseline: its cache is given up, and the next run draws it anew."""
    lines = another_model_served(measured)
    moved = {row.model for row in decision.comparisons if row.verdict == "moved"}
    gone = moved | {line.partition(":")[0] for line in lines}
    for contest in bench.plan.contests:
        if contest.label in gone:
            generation = bench.generations[contest.label]
            bench.ledger.renew_baseline(bench.plan.baseline.digest, contest.baseline, generation)
            lines.append(f"{contest.label}: the cached baseline is given up; the next run draws it anew")
    return tuple(lines)


def _candidates(ledger: Ledger, plan: Plan, drawn: Mapping[str, int]) -> tuple[str, ...]:
    """How many candidates were measured against this baseline: each is another chance to pass by luck."""
    stored = [stored_plan(run) for run in ledger.runs() if run.eval == plan.eval.name and run.decision]
    wanted = (dict(drawn), plan.baseline.digest)
    same = [one for one in stored if "generations" in one and (one["generations"], one["baseline"]["digest"]) == wanted]
    seen = {one["candidate"]["digest"] for one in same}
    return (f"{len(seen)} candidates were measured against this baseline",) if len(seen) > 1 else ()


def run_id(plan: Plan, graders: GraderSet, drawn: Mapping[str, int]) -> str:
    """The digest of the plan; `drawn` are the generations of its baseline."""
    identity: dict[str, Json] = {
        **plan.digests(),
        "drawn": dict(drawn),
        "eval": plan.eval.name,
        "graders": digest(dict(graders.fingerprints)),
        "hosts": dict(endpoints(plan)),
        "models": [[contest.baseline, contest.candidate] for contest in plan.contests],
        "subset": plan.subset,
    }
    return digest(identity)


@cache
def own_code() -> str:
    """The digest of this package's own source: another version may decide otherwise."""
    here = Path(__file__).parents[1]
    return digest({str(path): sha256(path.read_bytes()).hexdigest() for path in sorted(here.rglob("*.py"))})


def _decision(bench: Bench, measured: Measured, identity: str) -> Decision:
    from callgate.gate import build_decision

    plan, graders = bench.plan, bench.graders
    models = [model for contest in plan.contests for model in (contest.baseline, contest.candidate)]
    return build_decision(
        run=identity,
        eval=plan.eval.name,
        strata=measured.strata(dict.fromkeys([*plan.eval.policy.metrics, *graders.ids])),
        cases=plan.cases,
        policy=plan.eval.policy,
        baseline=plan.side("baseline"),
        candidate=plan.side("candidate"),
        missing=measured.missing(),
        shown=measured.shown(graders.blocking),
        simulated=all(map(simulated, models)) or measured.simulated(),
        subset=plan.subset,
        value=measured.value(),
        digests={**plan.digests(), "graders": digest(dict(graders.fingerprints))},
    )


# ---------------------------------------------------------------------------------------------- what a run needs


def engines(judges: list[str], lanes: Lanes) -> Callable[[str], Engine]:
    """The engine for each model; a model without a key is a mistake that is told before the first call, that of a
    judge too."""

    @cache
    def engine_for(model: str) -> Engine:
        missing = [line for name in dict.fromkeys((model, *judges)) if (line := missing_key(name))]
        if missing:
            raise Mistake("\n".join(missing))
        return lanes.engine_for(model)

    return engine_for


def graders_of(plan: Plan, root: Path) -> tuple[GraderSet, tuple[str, ...]]:
    """The eval's graders, and notes about those left out. A simulated judge never scores a live candidate."""
    graders = GraderSet.of(plan.eval.graders, root)
    problems = metric_problems(plan.eval, graders)
    if problems:
        raise Mistake(problems)
    live = any(not simulated(contest.candidate) for contest in plan.contests)
    mock = [one for one in graders.judges if simulated(one.model)] if live else []
    if not mock:
        return graders, ()
    kept = tuple(one for one in graders.judges if one not in mock)
    names = {one.id for one in mock}
    prints = {name: value for name, value in graders.fingerprints.items() if name not in names}
    models = " and ".join(dict.fromkeys(one.model for one in mock))
    notes = (f"left out: {', '.join(sorted(names))}: {models} is simulated and never scores a live model",)
    return replace(graders, judges=kept, fingerprints=prints), notes


def _failed_cases(ledger: Ledger, name: str) -> list[str]:
    """The cases that failed for the candidate in the last whole run of this eval."""
    for run in ledger.runs():
        if run.eval == name and isinstance(run.decision, Mapping) and not run.decision["subset"]:
            return list(stored_plan(run).get("failed", ()))
    raise Mistake(f"--failed: there is no whole run of {name} yet; run `callgate eval {name}` first")


def _stored(bench: Bench, options: Options, measured: Measured | None = None) -> Json:
    """The plan as the ledger keeps it: enough to go on with it, and to show it when the prompts have changed."""
    plan = bench.plan
    trials = measured.all() if measured else ()
    return {
        "code": own_code() if measured and not (bench.ran_dry or bench.interrupted) else "",  # it goes on from there
        "path": plan.eval.place().file,
        "options": {key: value for key, value in asdict(options).items() if value},
        "baseline": asdict(plan.baseline),
        "candidate": asdict(plan.candidate),
        "cases": {pair.case.id: pair.case.digest for pair in plan.pairs},
        "generations": dict(bench.generations),
        "held": dict(bench.held),
        "failed": sorted({t.id.case for t, grades in trials if t.id.arm == "candidate" and not passed(grades)}),
    }


def _this_run(outcome: Outcome) -> dict[str, Json]:
    """What only this invocation knows: run.json."""
    from importlib.metadata import version

    return {
        "command": " ".join(["callgate", *sys.argv[1:]]),
        "callgate": version("callgate"),
        "litellm": version("litellm"),
        "calls": outcome.spent.calls + outcome.judged.calls,
        "from_the_ledger": outcome.spent.cached + outcome.judged.cached,
        "dollars": round(outcome.spent.dollars + outcome.judged.dollars, 6),
        "judge_dollars": round(outcome.judged.dollars, 6),
        "lanes": dict(outcome.lanes),
        "seconds": round(outcome.seconds, 2),
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def spent_words(spent: Spent, judged: Spent, seconds: float) -> str:
    """ "1,560 replies new, 1,560 from the ledger; 9 s, $0.00" """
    new, cached = spent.replies + judged.replies, spent.cached + judged.cached
    took = f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    dollars = spent.dollars + judged.dollars
    cost = f"${dollars:.2f}" + (" and an unknown price" if spent.unpriced + judged.unpriced else "")
    judges = f", of it ${judged.dollars:.2f} for judges" if judged.dollars else ""
    asked = (
        f"{plural(new, 'reply')} new, {cached:,} from the ledger" if new or cached else "measured before: nothing asked"
    )
    return f"{asked}; {took}, {cost}{judges}"


@contextmanager
def _patient_collector() -> Iterator[None]:
    """Python's cycle collector, off while many small frozen values are made that live to the end."""
    import gc

    gc.disable()
    try:
        yield
    finally:
        gc.enable()
