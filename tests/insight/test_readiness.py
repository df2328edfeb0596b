"""Who is ready: only what was cleared by itself, in every eval, with nothing around it blocked."""

from callgate.concepts import Comparison
from callgate.insight.readiness import Gated, readiness

CASES = [
    {"dealer": dealer, "call_type": kind}
    for dealer in ("north", "south")
    for kind in ("booking", "cancel")
    for _ in "ab"
]


def row(verdict="pass", role="gate", needs="", **segment):
    return Comparison(segment, "success", "m", 4, 8, role, verdict, needs=needs)


def states(*rows, cases=CASES, **about):
    return {
        " ".join(cell.group.values()): (cell.state, cell.why)
        for cell in readiness([Gated("desk", rows, cases, **about)], ["dealer", "call_type"])
    }


CLEARED = [row(dealer=c["dealer"], call_type=c["call_type"]) for c in CASES[::2]]


def test_what_was_cleared_by_itself_is_ready():
    assert set(states(row(), *CLEARED).values()) == {("ready", "")}


def test_a_block_of_a_larger_group_holds_all_in_it_back():
    found = states(row(), row("block", dealer="south"), *CLEARED)
    assert found["south booking"] == found["south cancel"] == ("blocked", "desk: dealer=south BLOCK")
    assert found["north booking"][0] == "ready"


def test_what_was_not_compared_by_itself_is_not_measured():
    found = states(row(), row(call_type="booking"), *CLEARED[1:])
    assert found["north booking"] == (
        "not measured",
        "desk: not compared by itself; wants segments: [dealer*call_type], and of a pair five cases",
    )


def test_not_seen_to_fall_is_not_cleared():
    few = row(role="veto", needs="too few to clear: 4 more cases would do", dealer="north", call_type="booking")
    assert states(few, *CLEARED[1:])["north booking"] == ("undecided", "desk: too few to clear: 4 more cases would do")
    lost = row("incomplete", dealer="north", call_type="booking")
    assert states(lost, *CLEARED[1:])["north booking"][0] == "not measured"


def test_of_one_dealer_the_call_type_is_the_group():
    north = CASES[:4]
    found = states(row(), row(call_type="booking"), row(call_type="cancel"), cases=north)
    assert set(found.values()) == {("ready", "")}


def test_nothing_changed_is_ready_for_all():
    assert {state for state, _ in states(row("inconclusive"), unchanged=True).values()} == {"ready"}


def test_the_worst_eval_counts():
    good, bad = Gated("a", CLEARED, CASES), Gated("b", [row("block"), *CLEARED], CASES)
    cells = readiness([good, bad], ["dealer", "call_type"])
    assert {cell.state for cell in cells} == {"blocked"}
    assert {cell.cases for cell in cells} == {4}


def test_one_model_of_two_is_not_enough():
    other = Comparison(dict(CASES[0]), "success", "m2", 4, 8, "gate", "inconclusive", needs="3 more trials")
    assert states(*CLEARED, other)["north booking"] == ("undecided", "desk: 3 more trials")
