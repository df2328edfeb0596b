"""The gate on the shipped golden set, as it is used: the simulator answers, the rules grade, the gate decides.

The simulator understands each request once and then draws many trials of every decision, each by its number and so
independent of the others. A simulated run takes some of them at random, without putting back: the arms never share a
trial, also where prompt and candidate are the same, and nothing couples them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from callgate.concepts import Arm, Policy, Reply, Score, Stratum, ToolCall, Verdict, digest
from callgate.engines.sim import VERSION
from callgate.engines.sim.agent import met
from callgate.evaluate import Options
from callgate.evaluate.plan import Pair, Plan, make_plan
from callgate.evaluate.run import graders_of
from callgate.gate.family import family
from callgate.gate.looks import replay, verdict
from callgate.graders.grade import success
from callgate.graders.seen import Context
from callgate.replay import Ask, Done, advance, begin

ROOT = Path(__file__).parents[1]
EVAL = ROOT / "evals" / "receptionist.yaml"
MODEL = "sim/receptionist-small"
HELD = 10  # cached baseline trials, as after a first run
TRIALS = 400  # drawn of each decision and arm, for the runs to take from
UNCHANGED, SPANISH, QUICK = "unchanged", "Spanish regression", "Spanish regression, fail_fast"
WHOLE = "Spanish regression, after_block: go_on"
BASELINE, BRISK = "prompts/receptionist/v2", "prompts/receptionist/v3-brisk"
Passed = npt.NDArray[np.float64]  # a line a decision, a column a trial: 1 passed, 0 failed


@dataclass(slots=True)
class State:
    """A request that some trial came to: how it is answered by trial, and what each answer led to."""

    ask: Ask
    reply: Callable[[int], dict[str, Any]]
    then: dict[str, State | float] = field(default_factory=dict)


class Drawn:
    """One arm's trials of every decision, drawn by number. `arm` says which of the plan's prompts answers."""

    def __init__(self, plan: Plan, arm: Arm) -> None:
        self.plan, self.arm = plan, arm
        self.graders = graders_of(plan, ROOT)[0]
        self.first = [self._state(begin(p.scene(arm), model=MODEL, arm=arm, trial=0)) for p in plan.pairs]

    def trials(self, numbers: range) -> Passed:
        """Whether these trials pass, in every decision."""
        return np.array([[self.of(row, number) for number in numbers] for row in range(len(self.first))])

    def of(self, row: int, number: int) -> float:
        """One trial of one decision."""
        return self._trial(self.plan.pairs[row], self.first[row], number)

    def _state(self, ask: Ask) -> State:
        messages = [dict(message.wire) for message in ask.request.messages]
        return State(ask, met(MODEL.removeprefix("sim/"), messages, [tool.wire() for tool in ask.request.tools]))

    def _trial(self, pair: Pair, state: State, number: int) -> float:
        while True:
            said = state.reply(number)
            key = repr(said)
            if key not in state.then:
                state.then[key] = self._next(pair, state.ask, said)
            found = state.then[key]
            if isinstance(found, float):
                return found
            state = found

    def _next(self, pair: Pair, ask: Ask, said: dict[str, Any]) -> State | float:
        calls = [(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in said["tool_calls"]]
        step = advance(ask, Reply(said["content"] or "", tuple(ToolCall(*call) for call in calls), simulated=True))
        return self._graded(pair, step) if isinstance(step, Done) else self._state(step)

    def _graded(self, pair: Pair, done: Done) -> float:
        prompt = pair.scene(self.arm).prompt
        context = Context(pair.case, pair.point, prompt.tools, prompt=prompt)
        grade = success(self.graders.grade(context, done.trial, self.graders.blocking), self.graders.blocking)
        if not isinstance(grade, Score):
            raise TypeError(f"{pair.case.id} {pair.point.id} was not measured: {grade}")
        return grade.value


class Ran(NamedTuple):
    """What came of one run: verdict, whether Spanish was blocked, how many segments were, and trials drawn a decision
    beside the cached baseline: the candidate's, and those that confirm."""

    verdict: Verdict
    spanish: bool
    blocks: int
    candidate: float
    confirming: float


@dataclass(frozen=True, slots=True)
class Sitting:
    """A change of the shipped prompt on the golden set, by the shipped eval's policy; `before` and `after` are the
    trials that its runs take from."""

    plan: Plan
    before: Passed
    after: Passed

    @staticmethod
    def of(candidate: str, trials: int, *, baseline: str = BASELINE, kept: Path | None = None) -> Sitting:
        """Draws the trials, or takes them from `kept`. Of one prompt compared with itself each arm gets half."""
        plan = make_plan(ROOT, EVAL, Options(baseline=baseline, candidate=candidate))
        both = _kept(plan, "baseline", range(2 * trials), kept)
        after = both[:, trials:] if candidate == baseline else _kept(plan, "candidate", range(trials), kept)
        return Sitting(plan, both[:, :trials], after)

    def run(self, seed: int, policy: Policy | None = None) -> Ran:
        """Takes the looks. Fresh baseline trials join where a block asks for them, and count."""
        policy = policy or self.plan.eval.policy
        strata, fresh = self._strata(np.random.default_rng(seed), policy)
        rows = {(stratum.case, stratum.decision): row for row, stratum in enumerate(strata)}
        confirming = 0
        while True:
            tests = family(strata, self.plan.cases, policy)
            path = replay(tests, self.plan.cases, policy)
            if not path.needs:
                break
            for row in {rows[need.case, need.decision] for need in path.needs}:
                strata[row] = replace(strata[row], fresh=fresh[row])
                confirming += len(fresh[row])
        drawn = next(iter(path.drawn.values()))
        blocked = {test.segment.name for test in tests if path.endings[test.index].status == "block"}
        n = len(strata)
        found = verdict(tests, path)
        return Ran(found, "language=es" in blocked, len(blocked), float(drawn.sum()) / n, confirming / n)

    def _strata(self, rng: np.random.Generator, policy: Policy) -> tuple[list[Stratum], list[tuple[float, ...]]]:
        """The rows of one run, ten baseline trials held and the candidate's to the last look; and the fresh ones."""
        baseline = rng.permuted(self.before, axis=1)[:, : HELD + policy.confirm].tolist()
        candidate = rng.permuted(self.after, axis=1)[:, : policy.looks[-1]].tolist()
        held = HELD if len(policy.looks) > 1 else 0
        strata = [
            Stratum(MODEL, pair.case.id, pair.point.id, "success", tuple(b[:HELD]), tuple(c), baseline_held=held)
            for pair, b, c in zip(self.plan.pairs, baseline, candidate, strict=True)
        ]
        return strata, [tuple(b[HELD:]) for b in baseline]


def _kept(plan: Plan, arm: Arm, numbers: range, kept: Path | None) -> Passed:
    prompt = plan.baseline if arm == "baseline" else plan.candidate
    cases = digest({pair.case.id: pair.case.digest for pair in plan.pairs})
    graders = digest([VERSION, dict(graders_of(plan, ROOT)[0].fingerprints)])
    file = kept / f"golden {prompt.digest[:12]} {cases[:12]} {graders[:12]} {len(numbers)}.npy" if kept else None
    if file and file.is_file():
        return np.asarray(np.load(file), dtype=np.float64)
    drawn = Drawn(plan, arm).trials(numbers)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(file, drawn)
    return drawn


def on_golden_set(runs: int, kept: Path | None = None, trials: int = TRIALS) -> dict[str, list[Ran]]:
    """The changes that the bars are about: an unchanged prompt, and the planted regression: as it is, stopping at the
    first block, and looking at everything to the end."""
    same, brisk = (Sitting.of(name, trials, kept=kept) for name in (BASELINE, BRISK))
    quick, whole = (
        replace(brisk.plan.eval.policy, **about) for about in ({"fail_fast": True}, {"after_block": "go_on"})
    )
    return {
        UNCHANGED: [same.run(seed) for seed in range(runs)],
        SPANISH: [brisk.run(seed) for seed in range(runs)],
        QUICK: [brisk.run(seed, quick) for seed in range(runs)],
        WHOLE: [brisk.run(seed, whole) for seed in range(min(runs, 100))],
    }


def share(ran: Sequence[Ran], name: str) -> float:
    """How many runs ended in a verdict."""
    return sum(one.verdict == name for one in ran) / len(ran)


def calls(ran: Sequence[Ran]) -> float:
    """Trials drawn for a change, those that confirm included, as a share of the candidate's ten that a fixed look
    takes; the ten of the baseline are held in either case."""
    return float(np.mean([one.candidate + one.confirming for one in ran])) / HELD
