"""Trials -> grades: what the ledger knows is read, the rest is graded and kept, so that no score is computed twice.

Rules run here, one's own graders in their process, judges through the same executor and ledger as the candidates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from callgate.concepts import Failure, Grade, Score, Tool, Trial, digest
from callgate.evaluate.judging import AskJudge, Item, Sitting
from callgate.evaluate.plan import Plan
from callgate.execute import Spent
from callgate.graders import promptfoo
from callgate.graders.custom import Row
from callgate.graders.custom import run as run_custom
from callgate.graders.grade import GraderSet, success
from callgate.graders.jury import Judge
from callgate.graders.seen import Context
from callgate.ledger import Ledger, grade_from, grade_json, score_base

Grades = Mapping[str, Grade]


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
        self._complete_promptfoo(unique, known, new)
        for one in self.graders.judges:
            waiting = [base for base in unique if one.id not in known[base]]
            ruled = {base: {**known[base], **new[base]} for base in waiting}
            for base, grade in zip(waiting, self._judged(one, waiting, unique, ruled), strict=True):
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

    def _complete_promptfoo(
        self, unique: Mapping[str, Trial], known: Mapping[str, Grades], new: dict[str, dict[str, Grade]]
    ) -> None:
        assertions = self.graders.promptfoo
        waiting = [base for base in unique if promptfoo.NAME not in known[base]] if assertions else []
        if assertions and waiting:
            grades = promptfoo.run(assertions, [unique[base].speech for base in waiting])
            for base, grade in zip(waiting, grades, strict=True):
                new[base][promptfoo.NAME] = grade

    def _judged(
        self, one: Judge, bases: Sequence[str], unique: Mapping[str, Trial], found: Mapping[str, Grades]
    ) -> list[Grade]:
        """The grade that a judge gives each trial; its votes are asked together."""
        items = [Item(self._context(unique[base]), unique[base], self._agree(found[base])) for base in bases]
        sitting = Sitting(one, items, self.ask_judge)
        grades = sitting.grades()
        self.judged += sitting.spent
        self.interrupted |= sitting.interrupted
        return grades

    def _agree(self, grades: Grades) -> bool:
        """Whether the rules that block measured a trial and passed it."""
        rules = {bound.rule.id for bound in self.graders.rules}
        grade = success(grades, self.graders.blocking & rules)
        return isinstance(grade, Score) and grade.passed

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
