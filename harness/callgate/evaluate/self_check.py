"""The baseline against itself, on trials that the ledger holds -> how often this eval would pass and block what is
unchanged (`callgate plan --self-check`). Asks nothing.

Each simulated run splits the trials of every decision at random in two arms that share none, and gates them. Nothing
changed between the arms, so whatever is blocked is a false alarm of this eval, with these cases.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from callgate.concepts import Policy, Score, Stratum
from callgate.evaluate.grading import Desk
from callgate.evaluate.measuring import GENERATION, MOST_HELD, Bench, generations
from callgate.evaluate.options import Options
from callgate.evaluate.outcome import LEDGER
from callgate.evaluate.plan import Contest, Pair, Plan, endpoints, make_plan
from callgate.evaluate.run import cards_of, graders_of
from callgate.evaluate.talks import TRIALS
from callgate.execute.walk import walk
from callgate.gate import Cards
from callgate.ledger import Ledger
from callgate.report.words import plural, printable

RUNS = 200
SEED = 20261129
Key = tuple[str, str, str, str]  # model, case, decision, metric


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """What came of `runs` splits: verdicts, and how often each segment was blocked. `policy` is the eval's as far as
    the trials go: `fewest` a decision, of `decisions`. No runs: there are too few trials for any look."""

    plan: Plan
    policy: Policy
    fewest: int
    decisions: int
    runs: int = 0
    verdicts: Mapping[str, int] = field(default_factory=dict)
    blocked: Mapping[str, int] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """3 where nothing could be measured."""
        return 0 if self.runs else 3

    @property
    def wanted(self) -> int:
        """Trials of each decision that the eval's own last look needs."""
        return 2 * self.plan.eval.policy.looks[-1]


def self_check(root: Path, path: Path, options: Options, *, runs: int = RUNS) -> SelfCheck:
    """Gates the baseline against itself. Raises Mistake for anything wrong in the eval's files."""
    with Ledger.open(root / LEDGER) as ledger:
        plan = make_plan(root, path, options)
        graders = graders_of(plan, root)[0]
        drawn = generations(plan, ledger, anew=False, now=time.time())
        bench = Bench(plan, graders, ledger, None, endpoints(plan), drawn)
        scores = _scores(bench)
        cards = cards_of(plan, graders, root)
    fewest = min(map(len, scores.values()), default=0)
    policy = _as_far(plan.eval.policy, fewest)
    known = SelfCheck(plan, policy, fewest, len(scores))
    return _split_up(known, scores, cards, runs) if policy.looks else known


def _as_far(policy: Policy, trials: int) -> Policy:
    """The looks that two arms of disjoint trials allow, with the shares of alpha that they have. Nothing is confirmed:
    there is no cached baseline here that a provider could have left behind."""
    looks = [(k, weight) for k, weight in zip(policy.looks, policy.weights, strict=True) if 2 * k <= trials]
    return replace(policy, looks=tuple(k for k, _ in looks), weights=tuple(w for _, w in looks), confirm=0)


def _scores(bench: Bench) -> dict[Key, list[float]]:
    """Every baseline trial in the ledger, of all its generations: what each gating metric said of it."""
    plan, metrics = bench.plan, bench.plan.eval.policy.metrics
    desk = Desk(plan, bench.graders, bench.ledger, bench.verdicts)
    wanted: list[tuple[Pair, Contest, int]] = [
        (pair, contest, generation * GENERATION + number)
        for contest in plan.contests
        for pair in plan.pairs
        for generation in range(1, bench.generations[contest.label] + 1)
        for number in range(MOST_HELD)
    ]
    first = {contest.label: bench.generations[contest.label] * GENERATION for contest in plan.contests}
    asks = [bench.ask(pair, contest, "baseline", draw - first[contest.label]) for pair, contest, draw in wanted]
    done = walk(asks, TRIALS, bench.ledger).done
    found: dict[Key, list[float]] = {
        (contest.label, pair.case.id, pair.point.id, metric): []
        for contest in plan.contests
        for pair in plan.pairs
        for metric in metrics
    }
    indices = sorted(done)
    for index, grades in zip(indices, desk.grade([done[index].trial for index in indices]), strict=True):
        pair, contest, _ = wanted[index]
        for metric in metrics:
            grade = grades.get(metric)
            if isinstance(grade, Score):
                found[contest.label, pair.case.id, pair.point.id, metric].append(grade.value)
    return found


def _split_up(known: SelfCheck, scores: Mapping[Key, list[float]], cards: Cards, runs: int) -> SelfCheck:
    from callgate.gate.family import family
    from callgate.gate.looks import replay, verdict

    rng, last, cases = np.random.default_rng(SEED), known.policy.looks[-1], known.plan.cases
    verdicts: Counter[str] = Counter()
    blocked: Counter[str] = Counter()
    for _ in range(runs):
        strata = [_split(key, rng.permutation(some).tolist(), last) for key, some in scores.items()]
        tests = family(strata, cases, known.policy, cards=cards)
        path = replay(tests, cases, known.policy)
        verdicts[verdict(tests, path)] += 1
        blocked.update(test.segment.name for test in tests if path.endings[test.index].status == "block")
    return replace(known, runs=runs, verdicts=verdicts, blocked=blocked)


def _split(key: Key, shuffled: list[float], last: int) -> Stratum:
    candidate, baseline = tuple(shuffled[:last]), tuple(shuffled[last:][:MOST_HELD])
    model, case, decision, metric = key
    return Stratum(model, case, decision, metric, baseline, candidate, baseline_held=min(MOST_HELD, len(baseline)))


def self_check_text(found: SelfCheck) -> str:
    """The screen of `callgate plan --self-check`."""
    from callgate.stats.bounds import share_at_most

    plan, policy = found.plan, found.plan.eval.policy
    name, prompt = printable(plan.eval.name), printable(plan.baseline.name)
    head = f"{name}: {prompt} against itself, on trials in the ledger; nothing is asked by this command"
    looks = ", ".join(map(str, policy.looks))
    need = f"the ledger has {plural(found.fewest, 'baseline trial')} of some decision"
    if not found.runs:
        least = 2 * policy.looks[0]
        how = "callgate eval draws them, and --release more"
        return f"{head}\n{need}; the first look needs {least}, all looks ({looks}) {found.wanted}: {how}\n"
    shares = {said: found.verdicts.get(said, 0) for said in ("pass", "inconclusive", "block")}
    said = ", ".join(f"{title.upper()} {100 * n / found.runs:.1f} %" for title, n in shares.items())
    most = share_at_most(shares["block"], found.runs, 0.95)
    lines = [head, f"{found.runs} random splits of {plural(found.decisions, 'decision')} in two arms: {said}"]
    lines.append(f"blocked though nothing changed: at most {100 * most:.1f} %, with 95 % confidence")
    worst = sorted(found.blocked.items(), key=lambda item: (-item[1], item[0]))[:5]
    lines += [f"  {printable(segment)}: blocked in {plural(n, 'split')}" for segment, n in worst]
    if found.policy.looks != policy.looks:
        taken = ", ".join(map(str, found.policy.looks))
        lines.append(f"as far as look {taken} of {looks}: {need}, and all looks need {found.wanted}")
    return "\n".join(lines) + "\n"
