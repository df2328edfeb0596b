"""The use case: plan, execute, grade, gate, look again where undecided, leave the reports."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from callgate.concepts import Arm, Decision, Engine, Json, Mistake, Prompt, digest
from callgate.engines.access import missing_key
from callgate.evaluate.grading import VOTES, Desk, Vote, Voted
from callgate.evaluate.leave import leave_reports
from callgate.evaluate.plan import Contest, Options, Pair, Plan, endpoints, make_plan, metric_problems
from callgate.evaluate.rows import Measured, passed
from callgate.evaluate.stored import stored_decision
from callgate.execute import REPLAY, Execution, Progress, Spent, execute
from callgate.graders.grade import GraderSet
from callgate.graders.judge import simulated
from callgate.ledger import Ledger, Run
from callgate.replay import Ask, Done, begin
from callgate.report.words import plural

if TYPE_CHECKING:
    from callgate.gate import Need

LEDGER = Path(".callgate/ledger.db")
Report = Callable[[int, int, int, float], None]
"""Called with (trials done, planned, calls made, dollars spent)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an eval came to. `notes` are lines for people about this invocation; `folder` where the reports lie."""

    decision: Decision
    plan: Plan
    spent: Spent
    judged: Spent
    seconds: float
    interrupted: bool
    notes: tuple[str, ...] = ()
    folder: Path | None = None

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


@dataclass(slots=True)
class Bench:
    """One run's parts at work together."""

    plan: Plan
    graders: GraderSet
    ledger: Ledger
    engine_for: Callable[[str], Engine] | None
    progress: Report | None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    spent: list[Spent] = field(default_factory=list)
    interrupted: bool = False

    def draw(self, needs: frozenset[Need]) -> list[Ask]:
        """The first request of every trial that is needed."""
        scenes = {(pair.case.id, pair.point.id): pair for pair in self.plan.pairs}
        contests = {contest.label: contest for contest in self.plan.contests}
        asks: list[Ask] = []
        for need in sorted(needs):
            pair, contest = scenes[need.case, need.decision], contests[need.model]
            asks += [self._ask(pair, contest, need.arm, number) for number in range(need.upto)]
        return asks

    def _ask(self, pair: Pair, contest: Contest, arm: Arm, number: int) -> Ask:
        model = contest.model(arm)
        return begin(pair.scene(arm), model=model, arm=arm, trial=number, endpoint=self.endpoints[model])

    def replies(self, asks: Sequence[Ask]) -> Execution[Done]:
        """Runs trials to their end, within what is left of the budget."""
        execution = execute(
            asks,
            REPLAY,
            ledger=self.ledger,
            engine_for=self.engine_for,
            budget=self.plan.budget,
            progress=self._report if self.progress else None,
        )
        self.spent.append(execution.spent)
        self.interrupted |= execution.interrupted
        return execution

    def verdicts(self, votes: Sequence[Vote]) -> Execution[Voted]:
        """Asks the judges."""
        return execute(votes, VOTES, ledger=self.ledger, engine_for=self.engine_for, budget=self.plan.budget)

    def _report(self, progress: Progress) -> None:
        assert self.progress
        self.progress(progress.done, progress.planned, progress.calls, progress.dollars)


def evaluate(root: Path, path: Path, options: Options, *, progress: Report | None = None) -> Outcome:
    """Runs one eval to its decision. Raises Mistake for anything wrong in the files, before the first call."""
    began = time.monotonic()
    with Ledger.open(root / LEDGER) as ledger:
        plan = make_plan(root, path, options, failed=_failed_cases(ledger, path.stem) if options.failed else ())
        graders, notes = graders_of(plan, root)
        identity = run_id(plan, graders)
        before = None if options.regrade else _whole_run(ledger, identity)
        if before is not None:
            outcome = Outcome(before, plan, Spent(), Spent(), time.monotonic() - began, interrupted=False, notes=notes)
        else:
            asking = None if options.offline else engines([one.model for one in graders.judges])
            bench = Bench(plan, graders, ledger, asking, progress, endpoints(plan))
            outcome = _measured(bench, options, identity)
            outcome = replace(outcome, seconds=time.monotonic() - began, notes=notes)
    if plan.subset:
        return outcome
    outcome = replace(outcome, folder=root / "reports" / plan.eval.name)
    leave_reports(root / "reports" / plan.eval.name, outcome.decision, outcome.spent_words, _this_run(outcome))
    return outcome


def _measured(bench: Bench, options: Options, identity: str) -> Outcome:
    """Runs the plan and keeps what came of it."""
    began, plan = time.monotonic(), bench.plan
    with _patient_collector():
        measured, judged, interrupted = measure(bench, fresh=options.regrade)
        decision = _decision(plan, bench.graders, measured, identity)
    body = json.loads(decision.to_json())
    bench.ledger.put_run(Run(identity, plan.eval.name, _stored(plan, options, measured), body, *_times(began)))
    return Outcome(decision, plan, total(bench.spent), judged, time.monotonic() - began, interrupted)


def _whole_run(ledger: Ledger, identity: str) -> Decision | None:
    """The decision of this very plan, where this very code has measured it whole before: it would be the same again."""
    run = ledger.run(identity)
    if run is None or not isinstance(run.plan, Mapping) or run.plan.get("code") != own_code() or not run.decision:
        return None
    decision = stored_decision(run)
    return decision if decision.verdict != "incomplete" else None


def measure(bench: Bench, *, fresh: bool) -> tuple[Measured, Spent, bool]:
    """Draws and grades trials, look by look, until the gate needs no more."""
    from callgate.gate import needed

    plan = bench.plan
    desk = Desk(plan, bench.graders, bench.ledger, bench.verdicts, fresh)
    measured = Measured(plan)
    contests = {contest.label: contest for contest in plan.contests}
    metrics = plan.eval.policy.metrics
    while True:
        needs = needed(measured.strata(metrics), plan.cases, plan.eval.policy)
        lacking = _lacking(needs, measured)
        if not lacking or bench.interrupted:
            break
        trials = [done.trial for done in bench.replies(bench.draw(lacking)).done]
        measured.trials = {key: some for key, some in measured.trials.items() if not _drawn_again(key, lacking)}
        labels = [contests[label] for label in _labels(lacking)]
        for contest, trial, grades in zip(labels, trials, desk.grade(trials), strict=True):
            measured.add(contest, (trial, grades))
    return measured, total(desk.judged), bench.interrupted or desk.interrupted


def _lacking(needs: frozenset[Need], measured: Measured) -> frozenset[Need]:
    """The needs that were not tried yet: a trial that was drawn and failed is not drawn again in this run."""
    held = {key: len(some) for key, some in measured.trials.items()}
    return frozenset(n for n in needs if held.get((n.model, n.case, n.decision, n.arm), 0) < n.upto)


def _drawn_again(key: tuple[str, str, str, Arm], needs: frozenset[Need]) -> bool:
    return any((n.model, n.case, n.decision, n.arm) == key for n in needs)


def _labels(needs: frozenset[Need]) -> list[str]:
    """The contest of each trial that `Bench.draw` makes, in its order."""
    return [need.model for need in sorted(needs) for _ in range(need.upto)]


def run_id(plan: Plan, graders: GraderSet) -> str:
    """The digest of the plan."""
    models: Json = [[contest.baseline, contest.candidate] for contest in plan.contests]
    identity: dict[str, Json] = {**plan.digests(), "graders": digest(dict(graders.fingerprints))}
    hosts: Json = dict(endpoints(plan))
    return digest({**identity, "eval": plan.eval.name, "models": models, "hosts": hosts, "subset": plan.subset})


@cache
def own_code() -> str:
    """The digest of this package's own source: another version may decide otherwise."""
    here = Path(__file__).parents[1]
    return digest({path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(here.rglob("*.py"))})


def _decision(plan: Plan, graders: GraderSet, measured: Measured, identity: str) -> Decision:
    from callgate.gate import build_decision

    policy = plan.eval.policy
    metrics = dict.fromkeys([*policy.metrics, *graders.ids])
    models = [model for contest in plan.contests for model in (contest.baseline, contest.candidate)]
    return build_decision(
        run=identity,
        eval=plan.eval.name,
        strata=measured.strata(metrics),
        cases=plan.cases,
        policy=policy,
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


def engines(judges: list[str]) -> Callable[[str], Engine]:
    """The engine for each model; a model without a key is a mistake that is told before the first call, that of a
    judge too."""

    @cache
    def engine_for(model: str) -> Engine:
        missing = [line for name in dict.fromkeys((model, *judges)) if (line := missing_key(name))]
        if missing:
            raise Mistake("\n".join(missing))
        from callgate.engines.litellm import LitellmEngine

        return LitellmEngine()

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
        plan, decision = run.plan, run.decision
        if run.eval == name and isinstance(plan, Mapping) and isinstance(decision, Mapping) and not decision["subset"]:
            failed = plan.get("failed", ())
            return [str(case) for case in failed] if isinstance(failed, Sequence) else []
    raise Mistake(f"--failed: there is no whole run of {name} yet; run `callgate eval {name}` first")


def _stored(plan: Plan, options: Options, measured: Measured) -> Json:
    """The plan as the ledger keeps it: enough to show the run again when the prompts have changed."""
    failing = {trial.id.case for trial, grades in measured.all() if trial.id.arm == "candidate" and not passed(grades)}
    return {
        "code": own_code(),
        "path": plan.eval.place().file,
        "options": {key: value for key, value in asdict(options).items() if value},
        "baseline": _prompt_json(plan.baseline),
        "candidate": _prompt_json(plan.candidate),
        "cases": {pair.case.id: pair.case.digest for pair in plan.pairs},
        "failed": sorted(failing),
    }


def _prompt_json(prompt: Prompt) -> Json:
    return asdict(prompt)


def _times(began: float) -> tuple[int, int]:
    """When the run started and finished, in seconds since 1970."""
    now = time.time()
    return int(now - (time.monotonic() - began)), int(now)


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
        "seconds": round(outcome.seconds, 2),
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


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


def spent_words(spent: Spent, judged: Spent, seconds: float) -> str:
    """ "1,560 replies new, 1,560 from the ledger; 9 s, $0.00" """
    new, cached = spent.replies + judged.replies, spent.cached + judged.cached
    took = f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    dollars = spent.dollars + judged.dollars
    cost = f"${dollars:.2f}" + (" and an unknown price" if spent.unpriced + judged.unpriced else "")
    judges = f", of it ${judged.dollars:.2f} for judges" if judged.dollars else ""
    return f"{plural(new, 'reply')} new, {cached:,} from the ledger; {took}, {cost}{judges}"


class _patient_collector(AbstractContextManager[None]):  # noqa: N801  # used as a function
    """Python's cycle collector, off while many small frozen values are made that live to the end."""

    def __enter__(self) -> None:
        import gc

        gc.disable()

    def __exit__(self, *_: object) -> None:
        import gc

        gc.enable()
