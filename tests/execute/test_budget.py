"""No cap is ever passed, whatever replies cost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from callgate.concepts import Budget, Failure, Message, Reply, Request
from callgate.execute.budget import Purse, Refusal, Reservation

MODEL = "openai/gpt-4o-mini"
SHORT = Request(MODEL, (Message.of(role="user", content="hi"),), (), {"max_tokens": 100})


def test_calls_are_counted_before_they_go():
    purse = Purse(Budget(calls=2))
    assert [type(purse.reserve(SHORT, elapsed=0)) for _ in range(3)] == [Reservation, Reservation, Refusal]


def test_time_is_up_when_it_is_up():
    purse = Purse(Budget(minutes=1))
    assert isinstance(purse.reserve(SHORT, elapsed=59.9), Reservation)
    assert isinstance(purse.reserve(SHORT, elapsed=60), Refusal)


def test_an_unknown_price_is_refused_only_where_dollars_are_counted():
    unknown = Request("openai/anything", SHORT.messages, (), {"max_tokens": 100})
    refusal = Purse(Budget(dollars=1)).reserve(unknown, elapsed=0)
    assert isinstance(refusal, Refusal)
    assert "price of openai/anything is unknown" in refusal.why
    assert isinstance(Purse(Budget(calls=1)).reserve(unknown, elapsed=0), Reservation)


def test_this_machine_and_the_simulator_cost_nothing():
    local = Request("openai/anything", SHORT.messages, endpoint="127.0.0.1:8111")
    simulated = Request("sim/receptionist-small", SHORT.messages)
    purse = Purse(Budget(dollars=0))
    assert purse.reserve(local, elapsed=0) == purse.reserve(simulated, elapsed=0) == Reservation()


def test_a_call_in_flight_may_yet_leave_enough():
    purse = Purse(Budget(dollars=1))
    one = purse.reserve(SHORT, elapsed=0)
    assert isinstance(one, Reservation)
    tight = Purse(Budget(dollars=one.dollars * 1.5))
    first = tight.reserve(SHORT, elapsed=0)
    assert tight.reserve(SHORT, elapsed=0).passing
    tight.settle(first, Reply("hi", dollars=0.0))
    assert isinstance(tight.reserve(SHORT, elapsed=0), Reservation)


def test_what_may_have_been_billed_counts_in_full():
    purse = Purse(Budget(tokens=500))
    for _ in range(10):
        reserved = purse.reserve(SHORT, elapsed=0)
        if isinstance(reserved, Refusal):
            break
        purse.settle(reserved, Failure("timeout", ""))
    assert 1 < purse.calls < 5
    assert purse.dollars == 0.0, "but is not claimed to be known"


WORLD = st.lists(
    st.tuples(
        st.integers(1, 2000),  # characters of the prompt
        st.integers(1, 4000),  # max_tokens
        st.floats(0, 1),  # how much of the worst case it really takes
        st.sampled_from(["reply", "unpriced", "timeout", "provider_error"]),
        st.integers(0, 4),  # how many are settled before the next is asked for
    ),
    max_size=40,
)


@settings(max_examples=1000)
@given(WORLD, st.floats(0, 0.02), st.integers(0, 20_000), st.integers(0, 30))
def test_spending_never_passes_a_cap_in_a_thousand_worlds(world, dollars, tokens, calls):
    purse = Purse(Budget(dollars=dollars, tokens=tokens, calls=calls))
    flying, billed_dollars, billed_tokens, made = [], 0.0, 0, 0
    for length, most, share, fate, landing in world:
        request = Request(MODEL, (Message.of(role="user", content="ñ" * length),), (), {"max_tokens": most})
        reserved = purse.reserve(request, elapsed=0)
        if isinstance(reserved, Reservation):
            made += 1
            flying.append((reserved, share, fate))
        for _ in range(min(landing, len(flying))):
            was, used, how = flying.pop(0)
            cost, took = was.dollars * used, int(was.tokens * used)
            if how != "provider_error":  # all others are billed, whether or not anybody says so
                billed_dollars, billed_tokens = billed_dollars + cost, billed_tokens + took
            known = None if how == "unpriced" else cost
            replied = how in {"reply", "unpriced"}
            purse.settle(was, Reply(prompt_tokens=took, dollars=known) if replied else Failure(how, ""))
    assert billed_dollars <= dollars + 1e-12
    assert billed_tokens <= tokens
    assert purse.calls == made <= calls
