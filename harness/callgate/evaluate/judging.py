"""A judge and trials -> a grade each: votes are asked through the same executor and ledger as the candidates' replies.

A vote whose answer does not count is asked once more; what then does not count, and what never came, is a Failure and
never a failed case.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from callgate.concepts import Failure, Grade, Reply, Request, Trial
from callgate.engines.access import endpoint
from callgate.execute import Execution, Machine, Spent
from callgate.graders import judge
from callgate.graders.jury import Judge
from callgate.graders.seen import Context

Slot = tuple[int, int, int, int]
"""Which trial's which question, put to which of the judge's models, for the which-th time."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One request to a judge on its way; `slot` says what it answers."""

    request: Request
    slot: Slot


@dataclass(frozen=True, slots=True)
class Voted:
    """What came back for a vote."""

    slot: Slot
    outcome: Reply | Failure


VOTES: Machine[Vote, Voted] = Machine(
    advance=lambda vote, reply: Voted(vote.slot, reply),
    failed=lambda vote, failure: Voted(vote.slot, failure),
    done=Voted,
    lane=lambda _vote: "judge",
)
AskJudge = Callable[[Sequence[Vote]], Execution[Voted]]


@dataclass(frozen=True, slots=True)
class Item:
    """A trial to judge; `agrees` says that the rules measured it and found nothing wrong."""

    context: Context
    trial: Trial
    agrees: bool


@dataclass(slots=True)
class Sitting:
    """A judge at work on some trials; `spent` is what its votes cost, `interrupted` that asking was broken off."""

    one: Judge
    items: Sequence[Item]
    ask: AskJudge
    spent: list[Spent] = field(default_factory=list)
    interrupted: bool = False
    _asked: list[tuple[judge.Question, ...]] = field(default_factory=list)

    def grades(self) -> list[Grade]:
        """The grade of each trial in order."""
        self._asked = [
            judge.questions(item.context.point, self.one.name, self.one.rubric(item.context.language))
            for item in self.items
        ]
        votes = list(self._votes())
        outcomes = self._outcomes(votes)
        again = [vote for vote in votes if self._is_invalid(vote.slot, outcomes[vote.slot])]
        number = {vote.slot: vote.request.trial + judge.AGAIN for vote in again}
        outcomes |= self._outcomes([Vote(replace(v.request, trial=number[v.slot]), v.slot) for v in again])
        ballots: dict[tuple[int, int], list[list[Reply | Failure]]] = defaultdict(list)
        for (index, question, juror, _), outcome in sorted(outcomes.items(), key=lambda each: each[0]):
            of_question = ballots[index, question]
            of_question += [[] for _ in range(juror + 1 - len(of_question))]
            of_question[juror].append(outcome)
        return [self._grade(index, ballots) for index in range(len(self.items))]

    def _votes(self) -> Iterator[Vote]:
        for juror, model in enumerate(self.one.models):
            host = endpoint(model) if any(self._asked) else ""
            for index, item in enumerate(self.items):
                for number, question in enumerate(self._asked[index]):
                    made = judge.requests(item.context, item.trial, question, model=model, votes=self.one.votes)
                    for request in made:
                        yield Vote(replace(request, endpoint=host), (index, number, juror, request.trial))

    def _outcomes(self, votes: Sequence[Vote]) -> dict[Slot, Reply | Failure]:
        if not votes:
            return {}
        execution = self.ask(votes)
        self.spent.append(execution.spent)
        self.interrupted |= execution.interrupted
        return {voted.slot: voted.outcome for voted in execution.done}

    def _is_invalid(self, slot: Slot, outcome: Reply | Failure) -> bool:
        """Whether the judge answered, but nothing that counts."""
        index, question, _, _ = slot
        found = judge.vote(self.items[index].trial, self._asked[index][question], outcome)
        return isinstance(outcome, Reply) and isinstance(found, Failure)

    def _grade(self, index: int, ballots: Mapping[tuple[int, int], list[list[Reply | Failure]]]) -> Grade:
        asked, item = self._asked[index], self.items[index]
        grades = [self._answered(item.trial, q, ballots.get((index, n), [[]])) for n, q in enumerate(asked)]
        grade = judge.whole(asked, grades)
        return judge.guarded(item.trial, grade, agrees=item.agrees) if asked else grade

    @staticmethod
    def _answered(trial: Trial, question: judge.Question, ballots: Sequence[Sequence[Reply | Failure]]) -> Grade:
        """The grade of one question. Where a single vote is a veto, the jury's votes are counted as one judge's."""
        if question.rubric.vetoes:
            return judge.score(trial, question, [reply for ballot in ballots for reply in ballot])
        return judge.jury([judge.score(trial, question, ballot) for ballot in ballots])
