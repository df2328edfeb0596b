"""The use case: plan, execute, grade, gate, look again where undecided, leave the reports."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from callgate.concepts import ARMS, Decision, Engine, Json, Mistake, Problem, digest
from callgate.config import uses_of
from callgate.engines.access import missing_key
from callgate.engines.lanes import Lanes
from callgate.evaluate.again import Read, remember
from callgate.evaluate.conversing import conversations, with_conversations
from callgate.evaluate.first import needs_litellm_soon, smoke
from callgate.evaluate.leave import check_writable, leave_reports
from callgate.evaluate.measuring import (
    Bench,
    Report,
    another_model_served,
    generations,
    held_trials,
    measure,
    replayed,
    total,
    words_of,
)
from callgate.evaluate.options import NotInThisEval, Options
from callgate.evaluate.outcome import LEDGER, Outcome, own_code, this_run
from callgate.evaluate.pace import paces
from callgate.evaluate.plan import Plan, endpoints, make_plan, metric_problems
from callgate.evaluate.results import results, served
from callgate.evaluate.rows import Measured, passed
from callgate.evaluate.stored import candidates, stored_plan, whole_run
from callgate.evaluate.tickets import tickets_of
from callgate.execute import Spent
from callgate.graders import promptfoo
from callgate.graders.custom import unrunnable
from callgate.graders.grade import GraderSet
from callgate.graders.judge import simulated
from callgate.graders.jury import family_problems, unknown_rubrics
from callgate.ledger import Ledger, Run
from callgate.report.words import NOUNS, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from callgate.execute.machine import Away
    from callgate.gate import Cards
    from callgate.report.calls import Background


def evaluate(
    root: Path, path: Path, options: Options, *, progress: Report | None = None, share: bool = False
) -> Outcome:
    """Runs one eval to its decision; `share` leaves a page for people outside the team too. Raises Mistake for anything
    wrong in the files, before the first call."""
    began, since = time.monotonic(), time.time()
    with Ledger.open(root / LEDGER) as ledger:
        plan = make_plan(root, path, options, failed=_failed_cases(ledger, path.stem) if options.failed else ())
        graders, notes = graders_of(plan, root)
        notes = (*notes, *_overdue(plan))
        drawn = generations(plan, ledger, anew=options.release, now=time.time())
        cards = cards_of(plan, graders, root)
        identity = run_id(plan, graders, drawn, cards)
        read = Read.of(plan, graders, drawn, options, since)
        lanes = Lanes(plan.eval.transport, root=root, seconds=plan.eval.seconds)
        judges = [model for one in graders.judges for model in one.models]
        others = [*judges, *([plan.caller] if plan.caller else [])]
        asking = None if options.offline else engines(others, lanes)
        bench = Bench(
            plan, graders, ledger, asking, endpoints(plan), drawn, progress, salt=int(identity[:6], 16), cards=cards
        )
        before = None if options.regrade else whole_run(ledger, identity)
        if options.batch:
            bench.price_share = check_batches([*bench.endpoints, *judges], plan.eval.transport)
        if not plan.subset:
            check_writable(root / "reports" / plan.eval.name)
        if before is None:
            check_runnable(graders)
            with closing(lanes), _cluster(bench, options.cluster):
                if asking and not (options.cluster or options.batch) and needs_litellm_soon(bench):
                    lanes.prepare([*bench.endpoints, *judges], calls=len(plan.pairs) * plan.eval.policy.looks[0])
                lines = smoke(bench)  # at once, and not in a batch: a wrong key or name is not to take a day
                if options.batch:
                    bench.away = _batches(ledger, options.wait, lanes)
                outcome, measured = _measured(bench, options, identity)
            outcome = replace(outcome, notes=(*lines, *outcome.notes))
        else:
            outcome, measured = Outcome(before, _warns(plan), Spent(), Spent(), 0.0, interrupted=False), None
        if read is not None and (before or whole_run(ledger, identity)):
            remember(root, path, options, read, run=identity, notes=notes)
        notes = (
            *notes,
            *_uncollected(ledger, options),
            *outcome.notes,
            *candidates(ledger, plan.eval.name, drawn, plan.baseline.digest),
        )
        outcome = replace(outcome, seconds=time.monotonic() - began, notes=notes, lanes=dict(lanes.carried))
        if not plan.subset:
            outcome = replace(outcome, folder=root / "reports" / plan.eval.name)
            _leave(outcome, bench, measured, share=share)
    return _without_the_old(outcome, root, plan.eval.keep_days)


def _without_the_old(outcome: Outcome, root: Path, days: int | None) -> Outcome:
    """Removes what is older than the eval keeps, after all that was told has been told, and says so."""
    if days is None or outcome.interrupted:
        return outcome
    from callgate.evaluate.forgetting import forget_older

    gone = forget_older(root, days, now=time.time())
    if not (gone.replies or gone.runs or gone.files):
        return outcome
    return replace(outcome, notes=(*outcome.notes, f"keep_days: {days}: {gone.text()}"))


def _leave(outcome: Outcome, bench: Bench, measured: Measured | None, *, share: bool) -> None:
    """Writes the reports. What the page shows beside the decision is made only where it is needed."""
    folder, decision = outcome.folder, outcome.decision
    assert folder

    def behind() -> Background:
        from callgate.evaluate.background import background

        rows = measured or replayed(bench)
        return background(rows, decision, words_of(bench, rows))

    leave_reports(folder, decision, outcome.spent_words, this_run(outcome), behind, share=share)


def _overdue(plan: Plan) -> tuple[str, ...]:
    """Cases whose quarantine is over: they count again, and somebody must say for how long."""
    if not plan.overdue:
        return ()
    return (f"the quarantine is over, so they count again: {', '.join(plan.overdue)}; mend or retire them",)


def _warns(plan: Plan) -> bool:
    return plan.eval.policy.on_inconclusive == "warn"


def _measured(bench: Bench, options: Options, identity: str) -> tuple[Outcome, Measured]:
    """Runs the plan and keeps what came of it. How much of the baseline was held counts from its first beginning."""
    started, plan, ledger = int(time.time()), bench.plan, bench.ledger
    begin_run(bench, options, identity)
    with patient_collector():
        measured, judged = measure(bench, fresh=options.regrade)
        decision = _decision(bench, measured, identity)
    stored = _stored(bench, options, measured)
    held = max((len(some) for (*_, lane), some in measured.trials.items() if lane == "baseline"), default=0)
    body = json.loads(decision.to_json())
    ledger.put_run(Run(identity, plan.eval.name, stored, body, started, int(time.time()), held))
    notes = _drifted(bench, measured, decision)
    if bench.ran_dry:
        notes += ("the budget was used up between two looks: what is undecided needs more of it (--max-cost)",)
    sizes = paces(measured)
    notes += tuple(one.line() for one in sizes if one.what == "seconds" or not decision.simulated)
    told = tuple(one.to_json() for one in sizes)
    outcome = Outcome(decision, _warns(plan), total(bench.spent), judged, 0.0, bench.interrupted, notes, paces=told)
    return outcome, measured


def begin_run(bench: Bench, options: Options, identity: str) -> None:
    """Notes how much of the baseline is held, or takes it as it was noted when this run first began."""
    earlier = stored_plan(bench.ledger.run(identity))
    if "held" in earlier:
        bench.held = dict(earlier["held"])
        return
    bench.held = held_trials(bench)
    run = Run(identity, bench.plan.eval.name, _stored(bench, options), started=int(time.time()))
    bench.ledger.put_run(run)


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


def run_id(plan: Plan, graders: GraderSet, drawn: Mapping[str, int], cards: Cards | None = None) -> str:
    """The digest of the plan; `drawn` are the generations of its baseline, `cards` those of judges that may gate."""
    identity: dict[str, Json] = {
        **plan.digests(),
        "drawn": dict(drawn),
        "eval": plan.eval.name,
        "graders": digest(dict(graders.fingerprints)),
        "hosts": dict(endpoints(plan)),
        "models": [[contest.baseline, contest.candidate] for contest in plan.contests],
        "subset": plan.subset,
    }
    if plan.caller:
        identity["caller"] = plan.caller
    if cards:
        identity["cards"] = {name: digest(card.to_json()) for name, card in cards.items()}
    return digest(identity)


def _decision(bench: Bench, measured: Measured, identity: str) -> Decision:
    from callgate.gate import build_decision

    plan, graders = bench.plan, bench.graders
    models = [model for contest in plan.contests for model in (contest.baseline, contest.candidate)]
    decision = build_decision(
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
        cards=bench.cards,
        traffic=plan.traffic,
        tickets=tickets_of(measured),
    )
    return _of_its_kind(with_conversations(decision, conversations(measured)), plan)


def _of_its_kind(decision: Decision, plan: Plan) -> Decision:
    """The decision with its reasons in the words for what its cases are, where all are of one kind."""
    kinds = {pair.case.kind for pair in plan.pairs}
    kind = kinds.pop() if len(kinds) == 1 else "call"
    reasons = tuple(reason.replace("all calls", f"all {NOUNS[kind]}s") for reason in decision.reasons)
    return replace(decision, kind=kind, reasons=reasons)


# ---------------------------------------------------------------------------------------------- what a run needs


@contextmanager
def _cluster(bench: Bench, address: str | None) -> Iterator[None]:
    """Has a cluster's workers ask, where one is named."""
    if address is None:
        yield
        return
    from callgate.execute.cluster import Cluster

    with closing(Cluster(address, bench.plan.eval.transport, bench.plan.eval.seconds)) as cluster:
        bench.away = cluster
        yield


def check_batches(models: Sequence[str], transport: str) -> float:
    """The share of a call's price that one in a batch costs. Raises Mistake where no batch reaches a model."""
    from callgate.engines.batch import SHARE
    from callgate.engines.direct import why_not

    if transport == "litellm":
        raise Mistake("--batch goes over the direct lane; leave `transport: litellm` away")
    lines = [f"--batch does not reach {model}: {why}" for model in dict.fromkeys(models) if (why := why_not(model))]
    if lines:
        raise Mistake("\n".join(lines))
    return SHARE


def _uncollected(ledger: Ledger, options: Options) -> tuple[str, ...]:
    """A line about calls that are paid for and not here yet."""
    folder = ledger.path.with_name("batches")
    if options.batch or not any(folder.glob("*.json")):
        return ()
    from callgate.execute.batches import uncollected

    return (
        f"{plural(uncollected(folder), 'call')} are in batches whose replies were not taken yet; `--batch` takes them",
    )


def _batches(ledger: Ledger, minutes: float | None, lanes: Lanes) -> Away:
    from callgate.execute.batches import FOLDER, Batches

    folder = ledger.path.with_name(FOLDER)
    return Batches(folder, None if minutes is None else 60 * minutes, lanes.seconds, lanes.carried)


def engines(others: list[str], lanes: Lanes) -> Callable[[str], Engine]:
    """The engine for each model; a model without a key is a mistake that is told before the first call, that of the
    `others` too: judges, and who plays the callers."""

    @cache
    def engine_for(model: str) -> Engine:
        missing = [line for name in dict.fromkeys((model, *others)) if (line := missing_key(name))]
        if missing:
            raise Mistake("\n".join(missing))
        return lanes.engine_for(model)

    return engine_for


def graders_of(plan: Plan, root: Path) -> tuple[GraderSet, tuple[str, ...]]:
    """The eval's graders, and notes about those left out. A simulated judge never scores a live candidate."""
    graders = GraderSet.of(uses_of(plan.eval), root)
    problems = metric_problems(plan.eval, graders)
    if graders.promptfoo and not graders.promptfoo.command:
        place = next(use.place for use in plan.eval.graders if use.name == promptfoo.NAME)
        problems = [*problems, Problem(place, promptfoo.ABSENT)]
    if problems:
        raise Mistake(problems)
    models = [contest.model(arm) for contest in plan.contests for arm in ARMS]
    wrong = family_problems(graders.judges, models)
    wrong += unknown_rubrics((pair.point for pair in plan.pairs), graders.judges, root)
    if wrong:
        raise Mistake(sorted(set(wrong)))
    live = any(not simulated(contest.candidate) for contest in plan.contests)
    mock = [one for one in graders.judges if one.is_simulated] if live else []
    if not mock:
        return graders, ()
    kept = tuple(one for one in graders.judges if one not in mock)
    names = {one.id for one in mock}
    prints = {name: value for name, value in graders.fingerprints.items() if name not in names}
    asked = " and ".join(dict.fromkeys(model for one in mock for model in one.models if simulated(model)))
    notes = (f"left out: {', '.join(sorted(names))}: {asked} is simulated and never scores a live model",)
    return replace(graders, judges=kept, fingerprints=prints), notes


def check_runnable(graders: GraderSet) -> None:
    """Raises Mistake where a file of one's own graders breaks: now, and not when the replies are paid for."""
    if broken := unrunnable(graders.customs):
        raise Mistake(broken)


def cards_of(plan: Plan, graders: GraderSet, root: Path) -> Cards:
    """The card of each judge that scores a gating metric; an empty one, which lets it only advise, where it was never
    measured against people, not as it is now, or only in a simulation while what is gated is live."""
    from callgate.stats.cards import FOLDER, Card

    live = any(not simulated(contest.candidate) for contest in plan.contests)
    found = {}
    for one in (one for one in graders.judges if one.id in plan.eval.policy.metrics):
        card = Card(one.id, one.file, one.fingerprint, one.models, one.votes, simulated=False)
        path = root / FOLDER / f"{one.name}.json"
        if path.is_file():
            try:
                known = Card.from_json(path.read_text(encoding="utf-8"))
            except ValueError as error:
                raise Mistake(f"{path.relative_to(root)}: {error}") from None
            card = known if known.fingerprint == one.fingerprint and not (live and known.simulated) else card
        found[one.id] = card
    return found


def _failed_cases(ledger: Ledger, name: str) -> list[str]:
    """The cases that failed for the candidate in the last whole run of this eval."""
    for run in ledger.runs():
        if run.eval == name and isinstance(run.decision, Mapping) and not run.decision["subset"]:
            return list(stored_plan(run).get("failed", ()))
    raise NotInThisEval(f"--failed: there is no whole run of {name} yet; run `callgate eval {name}` first")


def _stored(bench: Bench, options: Options, measured: Measured | None = None) -> Json:
    """The plan as the ledger keeps it: enough to go on with it, and to show it when the prompts have changed."""
    plan = bench.plan
    trials = measured.all() if measured else ()
    found: dict[str, Json] = {}
    if measured:
        found = {"results": results(measured, bench.graders.blocking), "served": served(measured)}
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
        **found,
    }


@contextmanager
def patient_collector() -> Iterator[None]:
    """Python's cycle collector, off while many small frozen values are made that live to the end."""
    import gc

    gc.disable()
    try:
        yield
    finally:
        gc.enable()
