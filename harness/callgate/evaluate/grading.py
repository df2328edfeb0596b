"""Trials -> grades: what the ledger knows is read, the rest is graded and kept, so that no score is computed twice.

Rules run here, one's own graders in their process, judges through the same executor and ledger as the candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from callgate.concepts import Failure, Grade, NotApplicable, Reply, Request, Tool, Trial, digest
from callgate.engines.access import endpoint
from callgate.evaluate.plan import Plan
from callgate.execute import Execution, Machine, Spent
from callgate.graders import judge
from callgate.graders.custom import Row
from callgate.graders.custom import run as run_custom
from callgate.graders.grade import GraderSet, Judge, success
from callgate.graders.seen import Context
from callgate.ledger import Ledger, grade_from, grade_json, score_base

Grades = Mapping[str, Grade]


@dataclass(frozen=True, slots=True)
class Vote:
    """One request to a judge on its way; `slot` says which trial's which question it answers."""

    request: Request
    slot: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Voted:
    """What came back for a vote."""

    slot: tuple[int, int]
    outcome: Reply | Failure


VOTES: Machine[Vote, Voted] = Machine(
    advance=lambda vote, reply: Voted(vote.slot, reply),
    failed=lambda vote, failure: Voted(vote.slot, failure),
    done=Voted,
    lane=lambda _vote: "judge",
)
AskJudge = Callable[[Sequence[Vote]], Execution[Voted]]


@dataclass(slots=True)
class Desk:
    """Where the trials of one run are graded. `judged` sums what the judges cost; `fresh` forgets what was known."""

    plan: Plan
    graders: GraderSet
    ledger: Ledger
    ask_judge: AskJudge
    fresh: bool = False
    judged: list[Spent] = field(default_factory=list)
    interrupted: bool = False
    _contexts: dict[tuple[str, str, str], Context] = field(default_factory=dict)
    _tools: dict[str, str] = field(default_factory=dict)

    def grade(self, trials: Sequence[Trial]) -> list[Grades]:
        """The grades of each trial in order, `success` among them."""
        bases = [self._base(trial) if trial.failure is None else "" for trial in trials]
        unique = {base: trial for base, trial in zip(bases, trials, strict=True) if base}
        known = self._known(unique)
        self._complete(unique, known)
        done = {base: self._with_success(grades) for base, grades in known.items()}
        return [done[base] if base else self._unmeasured(trial) for base, trial in zip(bases, trials, strict=True)]

    def _unmeasured(self, trial: Trial) -> Grades:
        assert trial.failure is not None
        return dict.fromkeys((*self.graders.ids, "success"), trial.failure)

    def _with_success(self, grades: Grades) -> Grades:
        return {**grades, "success": success(grades, self.graders.blocking)}

    def _base(self, trial: Trial) -> str:
        """What is graded: the transcript at this version of the case, under the tools of the variant's prompt."""
        context = self._context(trial)
        return score_base(f"{context.case.digest}:{self._tools[trial.id.arm]}", trial.id.decision, trial.transcript())

    def _context(self, trial: Trial) -> Context:
        if not self._contexts:
            for pair in self.plan.pairs:
                for arm, prompt in (("baseline", self.plan.baseline), ("candidate", self.plan.candidate)):
                    key = (pair.case.id, pair.point.id, arm)
                    self._contexts[key] = Context(pair.case, pair.point, prompt.tools, prompt=prompt)
                    self._tools.setdefault(arm, digest([tools_digest(prompt.tools), prompt.digest]))
        return self._contexts[trial.id.case, trial.id.decision, trial.id.arm]

    def _known(self, unique: Iterable[str]) -> dict[str, dict[str, Grade]]:
        """What the ledger knows of each base, by grader; grades of other versions or options do not count."""
        bases = list(unique)
        stored = {} if self.fresh else self.ledger.scores(bases)
        names = {key: name for name, key in self.graders.fingerprints.items()}
        return {
            base: {names[key]: grade_from(value) for key, value in stored.get(base, {}).items() if key in names}
            for base in bases
        }

    def _complete(self, unique: Mapping[str, Trial], known: dict[str, dict[str, Grade]]) -> None:
        """Grades what is not known, and keeps it."""
        new: dict[str, dict[str, Grade]] = {base: {} for base in unique}
        rules = [bound.rule.id for bound in self.graders.rules]
        for base, trial in unique.items():
            lacking = [name for name in rules if name not in known[base]]
            if lacking:
                new[base] |= self.graders.grade(self._context(trial), trial, lacking)
        self._complete_custom(unique, known, new)
        for one in self.graders.judges:
            waiting = [base for base in unique if one.id not in known[base]]
            for base, grade in zip(waiting, self._judged([unique[base] for base in waiting], one), strict=True):
                new[base][one.id] = grade
        self._keep(new)
        for base, grades in new.items():
            known[base] |= grades

    def _complete_custom(
        self, unique: Mapping[str, Trial], known: Mapping[str, Grades], new: dict[str, dict[str, Grade]]
    ) -> None:
        names = [grader.name for grader in self.graders.customs]
        waiting = [base for base in unique if any(name not in known[base] for name in names)]
        if not waiting:
            return
        contexts = [self._context(unique[base]) for base in waiting]
        rows = [Row(c.case, c.point, unique[base]) for c, base in zip(contexts, waiting, strict=True)]
        for base, grades in zip(waiting, run_custom(self.graders.customs, rows), strict=True):
            new[base] |= grades

    def _judged(self, trials: Sequence[Trial], one: Judge) -> list[Grade]:
        """The grade that a judge gives each trial; its votes are asked together."""
        asked = [judge.questions(self._context(trial).point, one.name, one.rubric) for trial in trials]
        host = endpoint(one.model) if any(asked) else ""
        votes = [
            Vote(replace(request, endpoint=host), (index, number))
            for index, trial in enumerate(trials)
            for number, question in enumerate(asked[index])
            for request in judge.requests(self._context(trial), trial, question, model=one.model, votes=one.votes)
        ]
        outcomes: dict[tuple[int, int], list[Reply | Failure]] = {}
        if votes:
            execution = self.ask_judge(votes)
            self.judged.append(execution.spent)
            self.interrupted |= execution.interrupted
            for voted in execution.done:
                outcomes.setdefault(voted.slot, []).append(voted.outcome)
        grades: list[Grade] = []
        for index, trial in enumerate(trials):
            answered = [
                judge.score(trial, question, outcomes.get((index, number), []))
                for number, question in enumerate(asked[index])
            ]
            grades.append(judge.combined(answered) if answered else NotApplicable("not asked for here"))
        return grades

    def _keep(self, new: Mapping[str, Grades]) -> None:
        prints = self.graders.fingerprints
        rows = {
            base: {prints[name]: grade_json(grade) for name, grade in grades.items() if not isinstance(grade, Failure)}
            for base, grades in new.items()
        }
        rows = {base: grades for base, grades in rows.items() if grades}
        if rows:
            self.ledger.put_scores(rows)


def tools_digest(tools: Sequence[Tool]) -> str:
    """The tools as graders see them: their schemas decide what a valid argument is."""
    return digest([[tool.name, tool.parameters] for tool in tools])
