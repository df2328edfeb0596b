"""The limit finds what a provider takes, in simulated time: rounds of one second in which every call is answered."""

import json
import random
from itertools import pairwise

import pytest
from test_execute import QUICK, TALK, Asked, talk

from callgate.concepts import Failure, Reply
from callgate.engines.faults import Fault
from callgate.execute import execute
from callgate.execute.limiter import MOST, START, Gate, Learned, Limiter, learned_from
from callgate.execute.limits import Limits
from callgate.ledger import Ledger

OK, BUSY = Reply("ok"), Fault("rate_limited", "HTTP 429: busy")


def rounds(limiter, count, takes, *, demand=10**9, seed=1):
    """`takes(place, dice)`: whether the provider takes the call at this place of the round. Gives calls taken a round."""
    dice, taken = random.Random(seed), []
    for _ in range(count):
        sent = 0
        while sent < demand and limiter.has_room:
            limiter.went()
            sent += 1
        answers = [takes(place, dice) for place in range(sent)]
        for good in answers:
            limiter.landed(OK if good else BUSY)
        taken.append(sum(answers))
    return taken


def test_it_doubles_while_everything_is_answered():
    taken = rounds(Limiter(), 8, lambda *_: True)
    assert taken[:5] == [START, 2 * START, 4 * START, 8 * START, 16 * START]
    assert taken[-1] == MOST


@pytest.mark.parametrize("capacity", [3, 20, 100, 300])
def test_it_finds_what_the_provider_takes_and_stays_near_it(capacity):
    limiter = Limiter()
    taken = rounds(limiter, 150, lambda place, _: place < capacity)
    assert sum(taken[-50:]) >= 0.9 * 50 * capacity
    assert limiter.limit <= capacity * 1.3 + 3


def test_one_refusal_in_twenty_does_not_bring_it_to_its_knees():
    taken = rounds(Limiter(most=50), 100, lambda _, dice: dice.random() > 0.05)
    assert sum(taken[20:]) / 80 > 30, "halving at each refusal would leave six"


def test_it_recovers_when_the_provider_does():
    limiter = Limiter(Learned(100))
    rounds(limiter, 10, lambda *_: False)
    assert limiter.limit == 1
    rounds(limiter, 60, lambda *_: True)
    assert limiter.limit > 50


def test_it_does_not_grow_while_it_is_not_in_the_way():
    limiter = Limiter()
    rounds(limiter, 100, lambda *_: True, demand=5)
    assert limiter.limit == START
    assert limiter.learned() is None, "and there is nothing to remember"


def test_a_cap_is_where_it_begins_and_is_never_passed():
    limiter = Limiter(Learned(3), most=50)
    assert rounds(limiter, 30, lambda *_: True) == [50] * 30


def test_what_was_given_up_says_nothing_of_the_provider():
    limiter = Limiter()
    for _ in range(100):
        limiter.went()
        limiter.landed(None)
    assert (limiter.limit, limiter.flying, limiter.learned()) == (START, 0, None)


# ---------------------------------------------------------------------------------------------- the whole provider


def test_a_refusal_holds_the_whole_provider_until_it_said():
    gate = Gate()
    gate.refused(0, until=7.0)
    assert gate.until == 7.0


def test_an_answer_to_a_call_that_went_later_shows_that_the_provider_was_not_full():
    gate = Gate()
    gate.refused(5, until=7.0)
    gate.answered(3)
    assert gate.until == 7.0, "this one went before"
    gate.answered(6)
    assert gate.until == 0.0


def test_one_refusal_among_many_answers_holds_nobody_else():
    gate = Gate()
    for number in range(40):
        gate.answered(number)
    gate.refused(40, until=7.0)
    assert gate.until == 0.0


def test_three_refusals_in_a_row_hold_the_provider_whatever_was_before():
    gate = Gate()
    for number in range(50):
        gate.answered(number)
    for number in range(50, 53):
        gate.refused(number, until=7.0)
    assert gate.until == 7.0


def test_a_fifth_of_the_recent_answers_refused_hold_the_provider():
    gate = Gate()
    for number in range(60):
        gate.refused(number, until=9.0) if number % 4 == 0 else gate.answered(number)
    gate.refused(61, until=9.0)
    assert gate.until == 9.0


class Hours(Asked):
    """An engine that tells when it was asked, refuses the first ten calls of a model, and answers at once."""

    def __init__(self, seconds):
        super().__init__(self.reply)
        self.seconds = seconds
        self.refused = 0
        self.times_asked = []

    def reply(self, request, attempt):
        import asyncio

        self.times_asked.append((request.model, asyncio.get_running_loop().time()))
        if request.model == "m/one" and self.refused < 5:
            self.refused += 1
            return Fault("rate_limited", "HTTP 429", retry_after=self.seconds)
        return Reply("ok")


def test_what_one_model_was_told_holds_for_every_model_of_the_provider(tmp_path):
    engine = Hours(0.3)
    talks = [talk("a", model="m/one")] + [talk(str(n), model="m/two", length=4) for n in range(2)]
    with Ledger.open(tmp_path / "l.db") as ledger:
        done = execute(talks, TALK, ledger=ledger, engine_for=engine, patience=QUICK).done
    assert [heard.failure for heard in done[1:]] == [None, None]
    refusals = [when for model, when in engine.times_asked if model == "m/one"]
    spaces = [later - earlier for earlier, later in pairwise(refusals)]
    assert all(space >= 0.3 for space in spaces)
    first = refusals[0]
    assert not [when for model, when in engine.times_asked if model == "m/two" and first < when < first + 0.3]


# ---------------------------------------------------------------------------------------------- remembered


def test_the_next_run_begins_with_the_limit_that_this_one_found(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-0123456789")
    path = tmp_path / "limits.json"
    limits = Limits(path)
    rounds(limits.limiter("openai/x", ""), 40, lambda place, _: place < 40)
    limits.keep()
    again = Limits(path).limiter("openai/x", "")
    assert 35 < again.limit < 60
    assert Limits(path).limiter("openai/y", "").limit == START
    assert Limits(path).limiter("openai/x", "gateway").limit == START
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another-0123456789")
    assert Limits(path).limiter("openai/x", "").limit == START
    assert "secret" not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_another_process_learned_meanwhile_is_kept(tmp_path):
    path = tmp_path / "limits.json"
    one, other = Limits(path), Limits(path)
    for limits, model in ((one, "m/a"), (other, "m/b")):
        rounds(limits.limiter(model, ""), 5, lambda *_: True)
        limits.keep()
    assert len(json.loads(path.read_text())) == 2


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"a": 5}', '{"a": {"limit": -4}}', '{"a": {"limit": "x"}}', '{"a": {"limit": 1e99}}']
)
def test_a_damaged_file_is_no_file(tmp_path, text):
    (tmp_path / "limits.json").write_text(text)
    assert Limits(tmp_path / "limits.json").limiter("m", "").limit == START


def test_only_sense_is_believed():
    assert learned_from({"a": {"limit": 4, "doubling": 1}, "b": {"limit": True}}) == {
        "a": Learned(4.0, False),
        "b": Learned(1.0),
    }


def test_an_execution_keeps_what_it_learned_and_a_cap_teaches_nothing(tmp_path):
    with Ledger.open(tmp_path / "l.db") as ledger:
        execute([talk(str(n)) for n in range(50)], TALK, ledger=ledger, engine_for=Asked(), at_once=4)
        assert not (tmp_path / "limits.json").exists()


def test_timeouts_and_overloads_count_as_too_much_and_other_failures_do_not():
    for failure, less in [(Failure("timeout", ""), True), (Failure("provider_error", "HTTP 529: overloaded"), True), (Failure("provider_error", "HTTP 500"), False), (Failure("malformed", ""), False)]:  # fmt: skip
        limiter = Limiter(Learned(10))
        for _ in range(10):
            limiter.went()
            limiter.landed(failure)
        assert (limiter.limit < 10) == less
