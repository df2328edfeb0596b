"""What a cluster's tasks may spend together never passes the cap, and tasks are the same when a run begins again."""

from hypothesis import given
from hypothesis import strategies as st

from callgate.concepts import Budget, Message, Request
from callgate.execute.budget import Purse, Reservation
from callgate.execute.cluster import TASK, grouped, share
from callgate.execute.walk import Miss


@given(
    st.floats(0, 100),
    st.integers(0, 1000),
    st.integers(1, 16),
    st.lists(st.tuples(st.booleans(), st.floats(0, 1)), max_size=60),
)
def test_shares_that_are_out_and_what_is_spent_never_pass_the_cap(dollars, calls, slots, events):
    purse, out = Purse(Budget(dollars=dollars, calls=calls, minutes=1)), []
    for send, part in events:
        if send and len(out) < slots:
            out.append(share(purse, out, slots - len(out), elapsed=30))
            assert out[-1].minutes == 0.5
        elif out:
            given_ = out.pop(0)
            spent = given_.dollars * part
            purse.absorb(int(given_.calls * part), 0, spent, 0, Reservation(spent))
        assert purse.used.dollars + sum(one.dollars for one in out) <= dollars + 1e-9
        assert purse.calls + sum(one.calls for one in out) <= calls


def test_no_cap_is_no_cap_for_a_share():
    assert share(Purse(Budget()), [], 4, elapsed=10) == Budget()


@given(st.sets(st.integers(0, 3000), min_size=1, max_size=300), st.integers(1, 8))
def test_every_miss_is_in_one_task_and_no_task_is_too_large(places, slots):
    request = Request("m/x", (Message.of(role="user", content="hi"),))
    misses = [Miss(place, request, str(place)) for place in places]
    groups = list(grouped(misses, slots))
    assert [miss.index for group in groups for miss in group] == sorted(places)
    assert all(len(group) <= TASK for group in groups)
