"""A judge at work: invalid answers are asked once more, juries vote, and an outage is never a failed case."""

from __future__ import annotations

import json

import pytest

from callgate.concepts import CallerTurn, Case, DecisionPoint, Expect, Failure, Reply, Score, Step, Trial, TrialId
from callgate.evaluate.judging import Item, Sitting, Voted
from callgate.execute import Execution, Spent
from callgate.graders.jury import Judge
from callgate.graders.rubrics import rubric_of
from callgate.graders.seen import Context

POINT = DecisionPoint("here", Expect(judge=("tone",), given=("judge",)))
CASE = Case(
    "c", {"language": "en"}, (CallerTurn("Hello there, good morning."), POINT), "2026-03-06 16:42", "America/Chicago"
)
TRIAL = Trial(TrialId("candidate", "m", "c", "here", 0), (Step(Reply(text="Good morning to you.")),))
ITEM = Item(Context(CASE, POINT), TRIAL, agrees=True)


def saying(verdict: str, **more) -> Reply:
    return Reply(text=json.dumps({"quote": "Good morning", "verdict": verdict, "why": "So.", **more}))


def sat(answers, *, models=("m/a",), votes=1, front=""):
    """(the grade, the requests that were asked) where `answers(model, trial number)` is what each vote gets."""
    rubric = rubric_of(f"---\n{front}\n---\n# Tone\n" if front else "# Tone\n", "tone")
    asked = []

    def ask(given):
        asked.extend(vote.request for vote in given)
        done = tuple(Voted(vote.slot, answers(vote.request.model, vote.request.trial)) for vote in given)
        return Execution(done, Spent(calls=len(given)), interrupted=False)

    sitting = Sitting(Judge("tone", {"en": rubric}, models, votes), [ITEM], ask)
    [grade] = sitting.grades()
    assert sum(spent.calls for spent in sitting.spent) == len(asked)
    return grade, asked


def test_an_answer_that_does_not_count_is_asked_once_more():
    grade, asked = sat(lambda _, n: saying("pass") if n >= 100 else Reply(text="I think it is fine."))
    assert isinstance(grade, Score)
    assert [request.trial for request in asked] == [0, 100]


MALFORMED = {
    "prose": "It is fine, I would say: pass.",
    "half JSON": '{"quote": "Good morning", "verdict": "pa',
    "no quote": '{"quote": "", "verdict": "pass", "why": ""}',
    "a quote that does not occur": '{"quote": "Good evening", "verdict": "pass", "why": ""}',
    "NaN": '{"quote": "Good morning", "verdict": NaN, "why": ""}',
    "a number": '{"quote": "Good morning", "verdict": 1, "why": ""}',
    "nothing": "",
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_what_is_malformed_twice_is_a_typed_failure_and_no_score(kind):
    grade, asked = sat(lambda *_: Reply(text=MALFORMED[kind]))
    assert isinstance(grade, Failure)
    assert grade.kind == "judge_invalid"
    assert len(asked) == 2


def test_an_outage_is_a_failure_of_its_kind_and_is_not_asked_again():
    grade, asked = sat(lambda *_: Failure("provider_error", "HTTP 503"))
    assert grade == Failure("provider_error", "HTTP 503")
    assert len(asked) == 1


def jury(**verdicts):
    return lambda model, _: v if isinstance(v := verdicts[model[-1]], Failure) else saying(v)


@pytest.mark.parametrize(
    ("verdicts", "wanted"),
    [
        ({"a": "pass", "b": "pass", "c": "fail"}, True),
        ({"a": "fail", "b": "pass", "c": "fail"}, False),
        ({"a": "pass", "b": "pass", "c": Failure("timeout", "slow")}, True),
        ({"a": "pass", "b": "fail", "c": Failure("timeout", "slow")}, None),
        ({"a": "pass", "b": "maybe", "c": "maybe"}, None),
    ],
)
def test_a_jury_decides_by_the_majority_of_all_its_members(verdicts, wanted):
    grade, _ = sat(jury(**verdicts), models=("m/a", "m/b", "m/c"))
    assert isinstance(grade, Score) is (wanted is not None)
    if isinstance(grade, Score):
        assert grade.passed is wanted


def test_one_vote_for_a_veto_is_enough():
    front = "answers: {agree: 1, disagree: 0, unsafe: 0}\nvetoes: [unsafe]"
    votes = {"a": "agree", "b": "agree", "c": "unsafe"}
    grade, _ = sat(jury(**votes), models=("m/a", "m/b", "m/c"), front=front)
    assert isinstance(grade, Score)
    assert not grade.passed


def test_criteria_are_asked_one_by_one_and_a_hard_one_fails_the_whole():
    front = "criteria: {kind: It is kind., clear: It is clear., short: It is short.}\npasses: 2\nhard: [kind]"

    def by_criterion(failing):
        def ask(given):
            done = []
            for vote in given:
                system = str(vote.request.messages[0].wire["content"])
                name = next(n for n in ("kind", "clear", "short") if f"`{n}`" in system)
                done.append(Voted(vote.slot, saying("fail" if name in failing else "pass")))
            return Execution(tuple(done), Spent(), interrupted=False)

        rubric = rubric_of(f"---\n{front}\n---\n# Tone\n", "tone")
        [grade] = Sitting(Judge("tone", {"en": rubric}, ("m/a",)), [ITEM], ask).grades()
        assert isinstance(grade, Score)
        return round(grade.value, 2), grade.passed

    assert by_criterion(()) == (1.0, True)
    assert by_criterion(("short",)) == (0.67, True)
    assert by_criterion(("short", "clear")) == (0.33, False)
    assert by_criterion(("kind",)) == (0.67, False)
