"""The graders of an eval, checked and bound to their options: trial -> a grade each; grades -> `success`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from callgate.concepts import Failure, Grade, Json, Mistake, NotApplicable, Problem, Score, Trial, digest
from callgate.config import GraderUse
from callgate.files import did_you_mean
from callgate.graders import judge, promptfoo
from callgate.graders.custom import SOURCE, CustomGrader, read_custom
from callgate.graders.frames import FRAMES
from callgate.graders.installed import read_installed
from callgate.graders.jury import Judge, read_judge
from callgate.graders.options import checked
from callgate.graders.promptfoo import Assertions
from callgate.graders.registry import JUDGE, RULES, Rule
from callgate.graders.seen import Context, Exchange, Seen

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class BoundRule:
    """A rule with the options of this eval."""

    rule: Rule
    options: Mapping[str, Json]

    def __call__(self, seen: Seen) -> Grade:
        if seen.context.case.kind not in self.rule.kinds:
            return NotApplicable(f"not for a case of kind {seen.context.case.kind}")
        if seen.trial.talk is None or not self.rule.by_turn:
            return self.rule.function(seen, **self.options)
        return whole([(each, self.rule.function(each.seen, **self.options)) for each in seen.exchanges])


@dataclass(frozen=True, slots=True)
class GraderSet:
    """All graders of an eval. `fingerprints` maps each to the part of a score's key that names grader and options."""

    rules: tuple[BoundRule, ...]
    judges: tuple[Judge, ...]
    customs: tuple[CustomGrader, ...]
    promptfoo: Assertions | None
    blocking: frozenset[str]
    fingerprints: Mapping[str, str]

    @staticmethod
    def of(uses: Sequence[GraderUse], root: Path) -> GraderSet:
        """Every rule, tuned as the eval says, its judges and own graders. All mistakes at once, at their places."""
        return _checked_set(uses, root)

    @property
    def ids(self) -> tuple[str, ...]:
        """Every grader of the eval."""
        return tuple(self.fingerprints)

    def grade(self, context: Context, trial: Trial, only: Iterable[str] | None = None) -> dict[str, Grade]:
        """The grade of each rule (or of those in `only`). A trial that was not measured has its failure for each."""
        wanted = None if only is None else frozenset(only)
        bound = [b for b in self.rules if wanted is None or b.rule.id in wanted]
        if trial.failure is not None:
            return {b.rule.id: trial.failure for b in bound}
        seen = Seen(context, trial)
        return {b.rule.id: _safely(partial(b, seen)) for b in bound}


def whole(parts: Sequence[tuple[Exchange, Grade]]) -> Grade:
    """The grade of a whole conversation from those of its turns: it passes where every turn does that one is given for,
    and says at which turn it does not."""
    failure = next((grade for _, grade in parts if isinstance(grade, Failure)), None)
    scores = [(number, part, grade) for number, (part, grade) in enumerate(parts, 1) if isinstance(grade, Score)]
    bad = [(number, part, grade) for number, part, grade in scores if not grade.passed]
    if failure is not None and not bad:
        return failure
    if not scores:
        return next((grade for _, grade in parts), NotApplicable("nothing was said or done"))
    why = "; ".join(f"turn {number}: {grade.why}" for number, _, grade in bad) or scores[0][2].why
    shown = bad or scores
    evidence = tuple(part.told(proof) for _, part, grade in shown for proof in grade.evidence)
    value = sum(grade.value for *_, grade in scores) / len(scores)
    return Score(value, passed=not bad, why=why, evidence=evidence)


def _safely(graded: partial[Grade]) -> Grade:
    """A grader that breaks has measured nothing."""
    try:
        return graded()
    except Exception as error:  # noqa: BLE001  # a grader's code: its crash is a failure of its own rows
        return Failure("grader_error", f"{type(error).__name__}: {error}"[:300])


def success(grades: Mapping[str, Grade], blocking: Iterable[str]) -> Grade:
    """0 if any blocking grader fails; else a Failure if any is one; else not applicable if none applied; else 1."""
    found = [(name, grades[name]) for name in blocking if name in grades]
    bad = [(name, grade) for name, grade in sorted(found, key=_listed) if isinstance(grade, Score) and not grade.passed]
    if bad:
        name, first = bad[0]
        return Score(0.0, passed=False, why=f"{name}: {first.why}", evidence=first.evidence)
    failure = next(((name, grade) for name, grade in sorted(found, key=_listed) if isinstance(grade, Failure)), None)
    if failure is not None:
        name, grade = failure
        return Failure(grade.kind, f"{name}: {grade.why}") if isinstance(grade, Failure) else grade
    if not any(isinstance(grade, Score) for _, grade in found):
        return NotApplicable("no blocking grader had anything to say")
    return Score(1.0, passed=True)


_ORDER = {name: index for index, name in enumerate(RULES)}


def _listed(entry: tuple[str, Grade]) -> tuple[int, str]:
    return _ORDER.get(entry[0], len(_ORDER)), entry[0]


@cache
def _own_source() -> str:
    """The digest of all that a rule's score depends on besides its options: the rules, the packs, the matchers."""
    files = sorted([*_HERE.rglob("*.py"), *_HERE.rglob("*.yaml"), *(_HERE.parent / "matchers").rglob("*.py")])
    whole = hashlib.sha256()
    for path in files:
        whole.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def _checked_set(uses: Sequence[GraderUse], root: Path) -> GraderSet:
    problems: list[Problem] = []
    options = {name: dict(rule.options) for name, rule in RULES.items()}
    blocking = {name: rule.blocking for name, rule in RULES.items()}
    strangers = [use for use in uses if use.name not in {*RULES, JUDGE, promptfoo.NAME}]
    written = read_custom(root / SOURCE) if uses else {}
    taken = {*RULES, JUDGE, promptfoo.NAME} & set(written)
    problems += [Problem(use.place, _TWICE.format(use.name)) for use in uses if use.name in taken]
    if any(use.name not in written for use in strangers):  # what is installed is looked through only then
        written = {**read_installed(), **written}
    judges: list[Judge] = []
    customs: list[CustomGrader] = []
    assertions: Assertions | None = None
    names = [*RULES, JUDGE, promptfoo.NAME, *written]
    for use in uses:
        given, blocks = _blocking(use, problems)
        if use.name in RULES:
            options[use.name], found = checked(use.name, given, RULES[use.name].options, use.place)
            problems += found
            blocking[use.name] = blocking[use.name] if blocks is None else blocks
        elif use.name == JUDGE:
            made = read_judge(given, use.place, root, problems)
            if made and any(made.id == other.id for other in judges):
                problems.append(Problem(use.place, f"rubric {made.name!r} is judged twice"))
            judges += [made] if made else []
            if made and blocks:
                problems.append(Problem(use.place, NO_JUDGE_IN_SUCCESS.format(made.id)))
        elif use.name == promptfoo.NAME:
            assertions, found = promptfoo.read_assertions(given, use.place, root)
            problems += found
            blocking[use.name] = bool(blocks)
        elif use.name in written:
            bound, found = written[use.name].bound(given, use.place)
            problems += found
            customs.append(bound)
            blocking[use.name] = bool(blocks)
        else:
            problems.append(Problem(use.place, f"unknown grader {use.name!r}{did_you_mean(use.name, names)}"))
    if problems:
        raise Mistake(sorted(problems))
    if judges:
        claims = {language: frame.claim for language, frame in FRAMES.items()}
        judges.append(replace(judges[0], name=judge.CLAIMS, rubrics=claims, file=""))
    rules = tuple(BoundRule(rule, options[name]) for name, rule in RULES.items())
    prints = _fingerprints(rules, judges, customs)
    prints = {**prints, promptfoo.NAME: assertions.fingerprint} if assertions else prints
    blockers = frozenset(name for name, blocks in blocking.items() if blocks)
    return GraderSet(rules, tuple(judges), tuple(customs), assertions, blockers, prints)


_TWICE = "{0} is a grader that is built in, and one of evals/graders.py: give yours another name"
NO_JUDGE_IN_SUCCESS = (
    "a judge does not enter `success`, where people's labels could not correct it; without `blocking`, and named under "
    "the gate's metrics, it gates where its card gives it the right: metrics: [success, '{}']"
)


def _blocking(use: GraderUse, problems: list[Problem]) -> tuple[dict[str, Json], bool | None]:
    """The options without `blocking`, which every grader takes, and what it says."""
    given = dict(use.options)
    blocks = given.pop("blocking", None)
    if blocks is not None and not isinstance(blocks, bool):
        problems.append(Problem(use.place, f"{use.name}: blocking wants true or false, not {blocks!r}"))
        return given, None
    return given, blocks


def _fingerprints(
    rules: Sequence[BoundRule], judges: Sequence[Judge], customs: Sequence[CustomGrader]
) -> Mapping[str, str]:
    own = _own_source()
    prints = {b.rule.id: digest([b.rule.id, b.rule.version, dict(b.options), own]) for b in rules}
    ruled = digest(prints)  # what the rules found decides on a reply that speaks to its judge
    prints |= {j.id: digest([j.fingerprint, own, ruled]) for j in judges}
    return prints | {c.name: digest([c.name, dict(c.options), c.source]) for c in customs}
