"""A judge and people's labels -> its metric card: does it see what they see, and may it gate?

Every labelled reply is judged as in a run, one at a time; pairs of replies are besides compared in both orders, which
shows what the judge makes of order. Votes and replies are in the ledger, so calibrating again costs nothing.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from callgate.concepts import Budget, Case, Failure, Grade, Mistake, Score, Trial, canonical
from callgate.config import Eval, find_evals, load_eval
from callgate.dataset import read_set
from callgate.dataset.labels import Label, labels_file, read_labels
from callgate.engines.access import endpoint
from callgate.engines.lanes import Lanes
from callgate.evaluate.judging import VOTES, AskJudge, Item, Sitting, Vote, Voted
from callgate.evaluate.labelling import rubric_file
from callgate.evaluate.leave import replace_file
from callgate.evaluate.measuring import total
from callgate.evaluate.outcome import LEDGER
from callgate.evaluate.run import engines
from callgate.execute import Execution, Purse, Spent, execute
from callgate.files import relative_name
from callgate.graders.answers import Answer
from callgate.graders.grade import GraderSet
from callgate.graders.judge import simulated
from callgate.graders.jury import Judge, family_problems
from callgate.graders.pairwise import choices, pair_requests
from callgate.graders.seen import Context
from callgate.ledger import Ledger
from callgate.report.words import plural
from callgate.stats.agreement import Estimate, agreement, may_gate
from callgate.stats.bias import first_shown, kinder_to_longer, same_choice
from callgate.stats.cards import FOLDER, Card, Labelled, LanguageCard

CAP = Budget(dollars=2.0)
"""What one calibration may spend where nothing else is said."""
Both = tuple[str | None, str | None]
"""What a judge answered to a pair in the one order and in the other; None where no answer counted."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A card, what it cost, and what it leaves out. `lost` are verdicts that never came: then no card is kept."""

    card: Card
    spent: Spent
    notes: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for beside the rubric: other models or votes than the eval's, a cap in dollars, no call at all."""

    models: tuple[str, ...] = ()
    votes: int | None = None
    max_cost: float | None = None
    offline: bool = False


def calibrated(root: Path, rubric: str, wanted: Wanted, *, eval_: str = "") -> Calibrated:
    """Judges the labelled replies of a rubric, and keeps the card. Raises Mistake for what is wrong in the files."""
    the_eval, one = judge_of(root, rubric, eval_)
    one = replace(one, models=wanted.models or one.models, votes=wanted.votes or one.votes)
    path = labels_file(the_eval.cases, one.name)
    labels = read_labels(path, relative_name(path, root))
    cases = {case.id: case for case in read_set(the_eval.cases, root).cases}
    usable, notes = _usable(labels, cases, one)
    kept = [label for label in usable if label.verdict != "maybe"]
    if not kept:
        raise Mistake(f"nobody has labelled replies for {one.name} yet; `callgate cases label {one.name}`")
    _refuse(one, kept)
    budget = the_eval.budget if the_eval.budget.dollars is not None else CAP
    purse = Purse(budget if wanted.max_cost is None else replace(budget, dollars=wanted.max_cost), time.monotonic())
    lanes = Lanes(the_eval.transport, root=root, seconds=the_eval.seconds)
    engine_for = None if wanted.offline else engines(list(one.models), lanes)
    with Ledger.open(root / LEDGER) as ledger, closing(lanes):

        def ask(votes: Sequence[Vote]) -> Execution[Voted]:
            return execute(votes, VOTES, ledger=ledger, engine_for=engine_for, purse=purse, at_once=the_eval.at_once)

        sitting = Sitting(one, [_item(cases, label) for label in kept], ask)
        grades = sitting.grades()
        compared = Comparing(one, kept, cases, ask)
        answers = compared.answers()
    rows = [_row(label, cases[label.case], grade) for label, grade in zip(kept, grades, strict=True)]
    missing = [grade for grade in grades if isinstance(grade, Failure) and grade.kind not in _ANSWERED]
    lost = tuple(dict.fromkeys(f"{each.kind}: {each.why}" for each in (*missing, *compared.lost)))
    card = card_of(one, rows, usable, answers)
    if not lost:
        leave_card(root, card)
    return Calibrated(card, total([*sitting.spent, *compared.spent]), notes, lost)


_ANSWERED = frozenset({"judge_invalid", "suspected_injection"})
"""Failures in which the judge was asked and answered: they tell something of the judge."""


def judge_of(root: Path, rubric: str, name: str = "") -> tuple[Eval, Judge]:
    """The eval that names a judge of this rubric, and the judge; `name` picks one of several evals. Raises Mistake."""
    file = rubric_file(root, rubric)
    for path in find_evals(root):
        if name and path.stem != name:
            continue
        the_eval = load_eval(path, root)
        for one in GraderSet.of(the_eval.graders, root).judges:
            if one.file == file:
                return the_eval, one
    raise Mistake(f"no eval has a judge of {file}; add `- judge: {{rubric: {file}, model: ...}}` to its graders")


def _refuse(one: Judge, labels: Sequence[Label]) -> None:
    """A simulated judge never scores a live model, and none its own family."""
    models = list(dict.fromkeys(label.model for label in labels))
    live = [model for model in models if not simulated(model)]
    if one.is_simulated and live:
        judges = " and ".join(filter(simulated, one.models))
        raise Mistake(f"{judges} is simulated and never scores a live model such as {live[0]}; name another by --model")
    kin = family_problems([one], models)
    if kin:
        raise Mistake(kin)


def _usable(labels: Sequence[Label], cases: Mapping[str, Case], one: Judge) -> tuple[list[Label], tuple[str, ...]]:
    """The labels whose decision is still there and still for this rubric, and a line on the others."""
    points = {(case.id, point.id): point for case in cases.values() for point in case.points}
    kept: list[Label] = []
    gone: list[Label] = []
    for label in labels:
        point = points.get((label.case, label.decision))
        (kept if point is not None and one.name in point.expect.judge else gone).append(label)
    if not gone:
        return kept, ()
    first = f"{gone[0].case} {gone[0].decision}"
    why = f"the decision is gone, or no longer names {one.name}: {first}"
    return kept, (f"{plural(len(gone), 'label')} left out: {why}",)


def _context(cases: Mapping[str, Case], label: Label) -> Context:
    case = cases[label.case]
    return Context(case, next(point for point in case.points if point.id == label.decision))


def _item(cases: Mapping[str, Case], label: Label) -> Item:
    return Item(_context(cases, label), label.as_trial(), agrees=True)


def _row(label: Label, case: Case, grade: Grade) -> Labelled:
    judged = grade if isinstance(grade, Score) else None
    return Labelled(
        label.case,
        label.decision,
        case.cluster or label.case,
        label.language,
        label.arm,
        label.trial,
        label.verdict == "pass",
        judged.passed if judged else None,
        round(judged.value, 6) if judged else None,
        len(label.as_trial().speech.split()),
        label.drawn,
    )


# ---------------------------------------------------------------------------------------------- pairs in both orders


@dataclass(slots=True)
class Comparing:
    """The pairs among the labels, put to the judge in both orders."""

    one: Judge
    labels: Sequence[Label]
    cases: Mapping[str, Case]
    ask: AskJudge
    spent: list[Spent] = field(default_factory=list)
    lost: list[Failure] = field(default_factory=list)

    def answers(self) -> dict[str, list[Both]]:
        """By language, what each model answered to each pair in both orders."""
        pairs = pairs_of(self.labels)
        trials = [(one.as_trial(), other.as_trial()) for one, other in pairs]
        votes = list(self._votes(pairs, trials))
        execution = self.ask(votes) if votes else None
        outcomes = {voted.slot: voted.outcome for voted in execution.done} if execution else {}
        self.spent += [execution.spent] if execution else []
        found: dict[str, list[Both]] = defaultdict(list)
        for index, (label, _) in enumerate(pairs):
            for juror in range(len(self.one.models)):
                replies = [outcomes[slot] for order in (0, 1) if (slot := (index, order, juror, 0)) in outcomes]
                if len(replies) == 2:
                    found[label.language].append(self._both(choices(trials[index], replies)))
        return found

    def _votes(self, pairs: Sequence[tuple[Label, Label]], trials: Sequence[tuple[Trial, Trial]]) -> Iterator[Vote]:
        for juror, model in enumerate(self.one.models):
            host = endpoint(model)
            for index, (label, _) in enumerate(pairs):
                context = _context(self.cases, label)
                rubric = self.one.rubric(context.language)
                for order, request in enumerate(pair_requests(context, trials[index], rubric, model=model)):
                    yield Vote(replace(request, endpoint=host), (index, order, juror, 0))

    def _both(self, found: Sequence[Answer | Failure]) -> Both:
        failures = [each for each in found if isinstance(each, Failure) and each.kind not in _ANSWERED]
        self.lost += failures
        one, other = (each.verdict if isinstance(each, Answer) else None for each in found)
        return one, other


def pairs_of(labels: Sequence[Label]) -> list[tuple[Label, Label]]:
    """Replies in the same decision that differ, two and two: each distinct reply with the next."""
    distinct: dict[tuple[str, str], dict[str, Label]] = defaultdict(dict)
    for label in sorted(labels, key=lambda each: (each.case, each.decision, each.trial, each.arm, each.model)):
        distinct[label.case, label.decision].setdefault(canonical(list(label.steps)), label)
    return [pair for found in distinct.values() for pair in pairwise(found.values())]


# ---------------------------------------------------------------------------------------------- the card


def card_of(one: Judge, rows: Sequence[Labelled], labels: Sequence[Label], answers: Mapping[str, list[Both]]) -> Card:
    """What was measured, language by language."""
    languages = {}
    for language in sorted({row.language for row in rows}):
        here = [row for row in rows if row.language == language]
        undecided = sum(label.language == language and label.verdict == "maybe" for label in labels)
        languages[language] = _language_card(here, answers.get(language, []), undecided)
    simulated_ = one.is_simulated or any(simulated(label.model) for label in labels)
    return Card(one.id, one.file, one.fingerprint, one.models, one.votes, simulated_, languages, tuple(rows))


def _language_card(rows: Sequence[Labelled], both: Sequence[Both], undecided: int) -> LanguageCard:
    found = agreement(
        [row.label for row in rows],
        [row.passed for row in rows],
        variants=[row.variant for row in rows],
        clusters=[row.cluster for row in rows],
    )
    order = _consistency(both)
    found = replace(found, order_consistency=order)
    given = [row for row in rows if row.passed is not None]
    kinder = kinder_to_longer([r.label for r in given], [bool(r.passed) for r in given], [r.words for r in given])
    decided = [(one, other) for one, other in both if one is not None and other is not None]
    drawn = {(r.case, r.decision, r.trial, r.variant) for r in rows if r.drawn}
    pairs = sum((*key, "candidate") in drawn for *key, variant in drawn if variant == "baseline")
    return LanguageCard(len(rows), pairs, found, may_gate(found), kinder, first_shown(decided), len(both), undecided)


def _consistency(both: Sequence[Both]) -> Estimate | None:
    """The share of pairs with the same choice in both orders; None where none was compared."""
    if not both:
        return None
    chosen = same_choice(both)
    one, other = [first for first, _ in chosen], [second for _, second in chosen]
    return agreement(["one"] * len(both), one, other_order=other).order_consistency


def leave_card(root: Path, card: Card) -> Path:
    """Writes the card for the gate, and beside it for people; gives the folder."""
    from callgate.report.card import card_page

    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    name = Path(card.rubric).stem
    replace_file(folder / f"{name}.json", card.to_json())
    replace_file(folder / f"{name}.md", card_page(card))
    return folder
