"""How long one call is tried."""

import pytest

from callgate.concepts import Failure
from callgate.engines.faults import Fault
from callgate.execute.patience import Patience, remedy_of

BUSY = Fault("rate_limited", "busy")


def test_waits_double_are_jittered_from_zero_and_capped():
    patience = Patience(attempts=9, base=1.0, longest=5.0)
    assert [patience.wait(n, BUSY, elapsed=0, draw=1.0) for n in (1, 2, 3, 4, 5)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert patience.wait(3, BUSY, elapsed=0, draw=0.0) == 0.0


def test_retry_after_is_obeyed_with_the_jitter_on_top():
    told = Fault("rate_limited", "busy", retry_after=7.0)
    assert Patience().wait(1, told, elapsed=0, draw=0.5) == pytest.approx(7.5)


def test_the_last_attempt_and_the_deadline_end_it():
    assert Patience(attempts=4).wait(4, BUSY, elapsed=0, draw=0) is None
    assert Patience(deadline=10).wait(1, BUSY, elapsed=9.5, draw=1) is None


@pytest.mark.parametrize(
    ("failure", "remedy"),
    [
        (Failure("timeout", ""), "retry"),
        (Failure("malformed", ""), "retry"),
        (Failure("auth", ""), "stop_model"),
        (Failure("cancelled", ""), "give_up"),
        (Fault("provider_error", "", "give_up"), "give_up"),
    ],
)
def test_an_engine_that_does_not_say_is_judged_by_the_kind_of_its_failure(failure, remedy):
    assert remedy_of(failure) == remedy
