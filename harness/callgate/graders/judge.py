"""trial -> requests to a judge; the judge's replies -> a grade. Pure functions; who asks is another's business.

The rubric speaks in the system message. What was said and done stands as one JSON value between two marks that are
derived from it, so nothing in it can close the frame or pose as an instruction; passages that speak to the judge are
cut before and flag the row. How an answer must look to count is said in `answers`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from callgate.concepts import (
    AgentTurn,
    CallerTurn,
    DecisionPoint,
    Failure,
    Grade,
    Json,
    Message,
    NotApplicable,
    Reply,
    Request,
    Score,
    Trial,
    canonical,
    digest,
)
from callgate.graders.answers import KEYS, KEYS_WITH_FLAG, Answer, answer_of, schema, shown, suspect, words_of
from callgate.graders.frames import frame_for, listed
from callgate.graders.rubrics import MAYBE, NONE, Rubric
from callgate.graders.rules.sayings import claims
from callgate.graders.seen import Context, PastTurn
from callgate.graders.text import excerpt

CLAIMS = "claims"
MAX_TOKENS = 400
AGAIN = 100
"""A vote whose answer did not count is asked once more, under the number of the vote and this."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that a judge is asked of a trial: a rubric, one criterion of it, or whether a claim was made (and
    whether it should be)."""

    rubric: Rubric
    criterion: str = ""
    claim: str = ""
    wanted: bool = True

    @property
    def answers(self) -> tuple[str, ...]:
        """What may be answered, `maybe` last."""
        return (*self.rubric.answers, MAYBE)

    @property
    def flags(self) -> tuple[str, ...]:
        return (*self.rubric.flags, NONE) if self.rubric.flags else ()

    def value(self, verdict: str) -> float:
        """What an answer is worth, 0..1."""
        worth = self.rubric.answers[verdict]
        return worth if self.wanted else 1.0 - worth

    def passes(self, verdict: str) -> bool:
        """Whether an answer counts as good."""
        least = 1.0 if self.criterion or self.claim else self.rubric.passes
        return (self.rubric.answers[verdict] >= least - 1e-9) is self.wanted


def questions(point: DecisionPoint, name: str, rubric: Rubric) -> tuple[Question, ...]:
    """What the judge called `name` is asked at a decision: its rubric where `expect.judge` names it, a criterion at a
    time where it has criteria; else nothing.

    The name `claims` stands for the `claim:` items of must_say and must_not_say, a question each.
    """
    if name == CLAIMS:
        said = [Question(rubric, claim=claim) for claim in claims(point.expect.must_say)]
        unsaid = [Question(rubric, claim=claim, wanted=False) for claim in claims(point.expect.must_not_say)]
        return (*said, *unsaid)
    return of_rubric(rubric) if name in point.expect.judge else ()


def of_rubric(rubric: Rubric) -> tuple[Question, ...]:
    """The questions that a rubric is asked as."""
    return tuple(Question(rubric, criterion) for criterion in rubric.criteria) or (Question(rubric),)


def requests(context: Context, trial: Trial, question: Question, *, model: str, votes: int = 1) -> tuple[Request, ...]:
    """One request a vote; none where the trial failed or the candidate said and did nothing."""
    if trial.failure is not None or not words_of(trial):
        return ()
    rubric, frame = question.rubric, frame_for(question.rubric.language)
    material = canonical(_material(context, question) | {"candidate": shown(trial).transcript()})
    text = rubric.text.rstrip()
    if question.criterion:
        text += frame.criterion.format(name=question.criterion, criterion=rubric.criteria[question.criterion])
    keys = KEYS_WITH_FLAG if question.flags else KEYS
    how = frame.how + (frame.flags if question.flags else "")
    form = schema(question.answers, question.flags)
    messages = framed(text, how, material, keys=keys, answers=question.answers, flags=question.flags)
    return tuple(Request(model, messages, parameters=parameters(form), trial=vote) for vote in range(votes))


def framed(
    text: str, how: str, material: str, *, keys: Sequence[str], answers: Sequence[str], flags: Sequence[str] = ()
) -> tuple[Message, ...]:
    """The two messages of a question: the rubric and how to answer; the material between its marks."""
    mark = f"=== {digest([text, material])[:24]} ==="
    filled = how.format(mark=mark, keys=listed(tuple(keys)), answers=listed(tuple(answers)), flags=listed(tuple(flags)))
    return (
        Message.of(role="system", content=text + filled),
        Message.of(role="user", content=f"{mark}\n{material}\n{mark}"),
    )


def parameters(form: Mapping[str, Json]) -> Mapping[str, Json]:
    """Temperature 0, few tokens, and an answer forced into its form."""
    format_: Json = {"type": "json_schema", "json_schema": {"name": "verdict", "strict": True, "schema": form}}
    return {"temperature": 0, "max_tokens": MAX_TOKENS, "response_format": format_}


def _material(context: Context, question: Question) -> dict[str, Json]:
    """What the judge sees besides the candidate: no segment, no arm, no prompt, no expectation but the claim."""
    case, allowed = context.case, context.expect.facts_allowed
    facts: list[Json] = [fact.text for name, fact in case.facts.items() if allowed is None or name in allowed]
    material: dict[str, Json] = {
        "call": [_turn(turn) for turn in context.history],
        "business": case.config,
        "facts": facts,
        "now": case.now,
        "timezone": case.timezone,
        "known_of_caller": case.caller,
    }
    return material | ({"claim": question.claim} if question.claim else {})


def situation(context: Context) -> dict[str, Json]:
    """What two replies that are compared had before them."""
    return _material(context, Question(Rubric("", "")))


def _turn(turn: PastTurn) -> Json:
    if isinstance(turn, AgentTurn):
        return {"agent": turn.interrupted_after or turn.text}
    if isinstance(turn, CallerTurn):
        return {"caller": turn.heard or turn.text}
    return {
        "tool": turn.tool,
        "args": turn.args,
        "error" if turn.error is not None else "result": turn.error or turn.result,
    }


# ---------------------------------------------------------------------------------------------- from votes to a grade


def vote(trial: Trial, question: Question, reply: Reply | Failure) -> Answer | Failure:
    """One answer of the judge, or why it is none."""
    return answer_of([trial], reply, question.answers, question.flags)


def score(trial: Trial, question: Question, replies: Sequence[Reply | Failure]) -> Grade:
    """The grade of one question from one judge's votes, in order.

    A strict majority of the votes asked for must agree on good or bad, each valid by itself; else it is a Failure. A
    single vote for one of the rubric's vetoes is enough to fail.
    """
    if trial.failure is not None:
        return trial.failure
    if not words_of(trial):
        return _unsaid(question)
    if not replies:
        return Failure("judge_invalid", "the judge was not asked")
    votes = [vote(trial, question, reply) for reply in replies]
    valid = [each for each in votes if isinstance(each, Answer)]
    vetoes = [each for each in valid if each.verdict in question.rubric.vetoes]
    if vetoes:
        return _score(question, vetoes, passed=False)
    decided = [each for each in valid if each.verdict != MAYBE]
    for passed in (True, False):
        agreeing = [each for each in decided if question.passes(each.verdict) is passed]
        if len(agreeing) * 2 > len(votes):
            return _score(question, agreeing, passed=passed)
    failure = next((each for each in votes if isinstance(each, Failure)), None)
    counts = ", ".join(f"{sum(each.verdict == a for each in valid)} {a}" for a in question.answers)
    return failure or Failure("judge_invalid", f"the judge is undecided: {counts}")


def _score(question: Question, votes: Sequence[Answer], *, passed: bool) -> Score:
    first = votes[0]
    found = f"{first.flag}: " if first.flag not in {"", NONE} else ""
    value = sum(question.value(each.verdict) for each in votes) / len(votes)
    return Score(value, passed=passed, why=f"{found}{first.why}", evidence=(first.evidence,))


def jury(grades: Sequence[Grade]) -> Grade:
    """The grades that several judges gave one question as one: a strict majority of all of them must agree."""
    if len(grades) == 1:
        return grades[0]
    scores = [grade for grade in grades if isinstance(grade, Score)]
    for passed in (False, True):
        agreeing = [grade for grade in scores if grade.passed is passed]
        if len(agreeing) * 2 > len(grades):
            value = sum(grade.value for grade in agreeing) / len(agreeing)
            return Score(value, passed=passed, why=agreeing[0].why, evidence=agreeing[0].evidence)
    if not scores and all(isinstance(grade, NotApplicable) for grade in grades):
        return grades[0]
    failure = next((grade for grade in grades if isinstance(grade, Failure)), None)
    return failure or Failure("judge_invalid", "the judges do not agree")


def whole(asked: Sequence[Question], grades: Sequence[Grade]) -> Grade:
    """The grades of all questions about one trial as one: the claims together, the criteria together."""
    if not asked:
        return NotApplicable("not asked for here")
    return by_criterion(asked, grades) if asked[0].criterion else combined(grades)


def combined(grades: Sequence[Grade]) -> Grade:
    """The grades of several claims as one: a Failure where any failed to be graded and none is a clear no."""
    if len(grades) == 1:
        return grades[0]
    scores = [grade for grade in grades if isinstance(grade, Score)]
    bad = [grade for grade in scores if not grade.passed]
    failure = next((grade for grade in grades if isinstance(grade, Failure)), None)
    if failure and not bad:
        return failure
    if not scores:
        return next(iter(grades), NotApplicable("no claim to judge"))
    why = "; ".join(grade.why for grade in bad) or "every claim as expected"
    evidence = tuple(proof for grade in bad for proof in grade.evidence)
    return Score(sum(g.value for g in scores) / len(scores), passed=not bad, why=why, evidence=evidence)


def by_criterion(asked: Sequence[Question], grades: Sequence[Grade]) -> Grade:
    """The share of the criteria that are met; passes where enough are and none of the hard ones is not.

    Where one could not be judged there is no share, and so no score.
    """
    failure = next((grade for grade in grades if not isinstance(grade, Score)), None)
    if failure is not None:
        return failure
    rubric = asked[0].rubric
    scores = {q.criterion: grade for q, grade in zip(asked, grades, strict=True) if isinstance(grade, Score)}
    bad = {name: grade for name, grade in scores.items() if not grade.passed}
    passed = len(scores) - len(bad) >= rubric.passes and not bad.keys() & set(rubric.hard)
    why = "; ".join(f"{name}: {grade.why}" for name, grade in bad.items()) or "every criterion is met"
    evidence = tuple(proof for grade in bad.values() for proof in grade.evidence)
    return Score((len(scores) - len(bad)) / len(scores), passed=passed, why=why, evidence=evidence)


def guarded(trial: Trial, grade: Grade, *, agrees: bool) -> Grade:
    """The grade of a trial that may speak to its judge: then it is no pass, unless the rules found nothing wrong.

    `agrees` says that the rules that block measured the trial and passed it.
    """
    passages = suspect(trial)
    if not passages or not isinstance(grade, Score | NotApplicable):
        return grade
    why = f"speaks to its judge: {excerpt(passages[0], 60)}"
    if isinstance(grade, Score) and (not grade.passed or agrees):
        return Score(grade.value, passed=grade.passed, why=f"{grade.why} (it {why})", evidence=grade.evidence)
    return Failure("suspected_injection", why)


def _unsaid(question: Question) -> Grade:
    """Without a word or a call no claim was made, and a rubric has nothing to judge."""
    if not question.claim:
        return NotApplicable("nothing was said or done")
    passed = not question.wanted
    return Score(float(passed), passed=passed, why=f"nothing was said, so not: {question.claim}")


def simulated(model: str) -> bool:
    """Whether a judge is a simulator's: it never scores a live candidate."""
    return model.startswith("sim/")
