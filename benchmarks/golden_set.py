"""The gate on the shipped golden set, as it is used: the simulator answers, the rules grade, the gate decides.

Every simulated change draws trials of its own: the arms share none (an unchanged prompt is two disjoint sets of draws),
and neither do two runs. The simulator understands each request once and is then asked for every trial by its number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from callgate.concepts import ARMS, Arm, Reply, Score, Stratum, ToolCall
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
FRESH = 5
A_RUN = 25  # trial numbers that a run has to itself: ten of the baseline, ten of the candidate, five fresh
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


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the shipped prompt: which candidate is measured against which baseline."""

    name: str
    baseline: str
    candidate: str


CHANGES = (
    Change("unchanged v2", "prompts/receptionist/v2", "prompts/receptionist/v2"),
    Change("Spanish regression v2 -> v3-brisk", "prompts/receptionist/v2", "prompts/receptionist/v3-brisk"),
)


class Ran(NamedTuple):
    """What came of one run: verdict, whether Spanish was blocked, trials drawn a decision beside the cached baseline
    (the candidate's and those that confirm), and the mean rates of both arms."""

    verdict: str
    spanish: bool
    drawn: float
    rates: tuple[float, float]


class Sitting:
    """One change on the golden set, run after run, by the shipped eval's own policy."""

    def __init__(self, change: Change) -> None:
        self.plan = make_plan(ROOT, EVAL, Options(baseline=change.baseline, candidate=change.candidate))
        self.before, self.after = (Drawn(self.plan, arm) for arm in ARMS)
        self.rows = {(pair.case.id, pair.point.id): row for row, pair in enumerate(self.plan.pairs)}

    def strata(self, run: int) -> list[Stratum]:
        """The rows of one run: ten cached baseline trials, and the candidate's to the last look."""
        at = run * A_RUN
        baseline = self.before.trials(range(at, at + HELD)).tolist()
        candidate = self.after.trials(range(at + HELD, at + HELD + self.plan.eval.policy.looks[-1])).tolist()
        arms = zip(self.rows, baseline, candidate, strict=True)
        return [
            Stratum(MODEL, case, point, "success", tuple(b), tuple(c), baseline_held=HELD)
            for (case, point), b, c in arms
        ]

    def run(self, number: int) -> Ran:
        """Takes the looks. Fresh baseline trials are drawn where a block asks for them, and counted."""
        strata, policy, confirming = self.strata(number), self.plan.eval.policy, 0
        fresh = range(number * A_RUN + A_RUN - FRESH, (number + 1) * A_RUN)
        while True:
            tests = family(strata, self.plan.cases, policy)
            path = replay(tests, self.plan.cases, policy)
            if not path.needs:
                break
            for row in {self.rows[need.case, need.decision] for need in path.needs}:
                again = tuple(self.before.of(row, number) for number in fresh)
                strata[row] = replace(strata[row], fresh=again)
                confirming += FRESH
        drawn = next(iter(path.drawn.values()))
        blocked = {test.segment.name for test in tests if path.endings[test.index].status == "block"}
        return Ran(
            verdict(tests, path), "language=es" in blocked, (int(drawn.sum()) + confirming) / len(drawn), _rates(strata)
        )


def _rates(strata: Sequence[Stratum]) -> tuple[float, float]:
    return (
        float(np.mean([row.baseline for row in strata])),
        float(np.mean([row.candidate for row in strata])),
    )


def simulated(change: int, runs: range) -> list[Ran]:
    """These runs of one of CHANGES."""
    sitting = Sitting(CHANGES[change])
    return [sitting.run(number) for number in runs]
