"""Targets for tickets, on rows made by hand: accuracy and answering alone by exact bounds, and tickets that block alone."""

from __future__ import annotations

import pytest
from scipy.stats import beta

from callgate.concepts import Alone, CaseInfo, Policy, Side, Stratum, Target
from callgate.gate import build_decision
from callgate.gate.triage import Answered, Ticket, held_against_targets, triages

SIDES = {"baseline": Side("v1", "a" * 8), "candidate": Side("v2", "b" * 8)}


def ticket(number: int, said: str | None, *, sure: float = 0.95, truth: str = "login", may_go: bool = True, **segments):
    answer = None if said is None else Answered({"category": said}, sure, may_go)
    before = Answered({"category": truth}, 0.95, may_go=True)
    return Ticket("m", f"t{number}", segments, {"category": truth}, "other", before, answer)


def some(right: int, of: int, **more):
    return [ticket(number, "login" if number < right else "billing", **more) for number in range(of)]


def of(tickets, **policy):
    (found,) = triages(tickets, Policy(by=("language",), **policy))
    return found


@pytest.mark.parametrize(
    ("right", "read", "wanted", "said"),
    [
        (180, "lower_bound", "pass", "at least 85.8%: the target of 85% is reached"),
        (176, "lower_bound", "inconclusive", "at least 83.5%: the target of 85% is not shown; about "),
        (150, "lower_bound", "block", "at most 80.0%: the target of 85% is missed"),
        (170, "point", "pass", "the target of 85% is reached as seen"),
        (169, "point", "block", "the target of 85% is missed as seen"),
    ],
)
def test_an_accuracy_is_held_against_its_target_by_the_bound_or_as_seen(right, read, wanted, said):
    found = of(some(right, 200), accuracy=Target(0.85, read))
    assert found.standings == {"accuracy": wanted}
    assert said in found.reasons[0]
    low = beta.ppf(0.05, right, 200 - right + 1)
    assert found.fields["category"].at_least == pytest.approx(low, abs=1e-9)


def test_a_ticket_without_an_answer_leaves_a_target_unreached_and_never_counts_as_right_or_wrong():
    found = of([*some(200, 200), ticket(200, None)], accuracy=Target(0.85), alone=Alone(0.05, 0.9))
    assert found.standings == {"accuracy": "incomplete", "alone": "incomplete"}
    assert (found.missing, found.fields["category"].count) == (1, 200)
    assert "1 were not measured" in found.reasons[0]
    assert of([ticket(0, None)], accuracy=Target(0.85)).standings == {"accuracy": "incomplete"}
    few = [*some(0, 5), *(ticket(n, None) for n in range(100, 200))]
    assert of(few, accuracy=Target(0.85), alone=Alone(0.05, 0.9)).standings == dict.fromkeys(
        ("accuracy", "alone"), "incomplete"
    )
    proved = [*some(20, 100), ticket(200, None)]  # wrong so often that the one that is missing could not save it
    assert of(proved, accuracy=Target(0.85), alone=Alone(0.05, 0.9)).standings == {
        "accuracy": "block",
        "alone": "block",
    }


@pytest.mark.parametrize(
    ("wrong", "count", "read", "wanted"),
    [
        (0, 100, "lower_bound", "pass"),
        (1, 100, "lower_bound", "pass"),
        (3, 100, "lower_bound", "inconclusive"),
        (12, 100, "lower_bound", "block"),
        (5, 100, "point", "pass"),
        (6, 100, "point", "block"),
        (0, 10, "lower_bound", "inconclusive"),
        (0, 0, "lower_bound", "pass"),
    ],
)
def test_what_goes_out_alone_may_be_wrong_as_seldom_as_promised(wrong, count, read, wanted):
    alone = some(count - wrong, count)
    unsure = [ticket(1000 + n, "billing", sure=0.5) for n in range(20)]
    kept = [ticket(2000 + n, "billing", may_go=False) for n in range(20)]
    found = of([*alone, *unsure, *kept], alone=Alone(0.05, 0.9, read))
    assert found.standings == {"alone": wanted}
    assert (found.now.tickets, found.now.wrong) == (count, wrong)
    assert found.now.coverage == pytest.approx(count / (count + 40))
    assert len(found.wrong_alone) == wrong


def test_the_suggested_threshold_says_what_it_would_come_to():
    tickets = [
        *some(100, 100, sure=0.95),
        *[ticket(500 + n, "billing" if n % 3 else "login", sure=0.6) for n in range(60)],
    ]
    found = of(tickets, alone=Alone(0.05, 0.6))
    assert found.suggested is not None
    assert (found.suggested.threshold, found.suggested.tickets, found.suggested.wrong) == (0.95, 100, 0)
    assert found.suggested.at_most == pytest.approx(1 - 0.05 ** (1 / 100))
    assert found.standings == {"alone": "block"}
    assert [point.threshold for point in found.curve] == [0.6, 0.95]


def test_figures_by_segment_and_of_what_is_out_of_scope():
    tickets = [
        ticket(0, "login", language="en"),
        ticket(1, "other", language="es"),
        ticket(2, "other", truth="other", language="es"),
    ]
    found = of([*tickets, ticket(3, "login", truth="other")])
    assert {name: part.accuracy for name, part in found.parts.items()} == {"language=en": 1.0, "language=es": 0.5}
    assert (found.foreign, found.recognised, found.refused) == (2, 1, 1)
    assert found.standings == {}


def test_a_target_makes_a_verdict_worse_and_never_better():
    (missed,), (reached,) = (triages(some(right, 200), Policy(accuracy=Target(0.85))) for right in (150, 200))
    assert held_against_targets("pass", [missed]) == "block"
    assert held_against_targets("incomplete", [missed]) == "block"
    assert held_against_targets("block", [reached]) == "block"
    assert held_against_targets("inconclusive", [reached]) == "inconclusive"
    assert held_against_targets("incomplete", [reached]) == "incomplete"
    assert held_against_targets("unchanged", []) == "unchanged"


def rows(metric: str, broken: str = ""):
    good, bad = (1.0,) * 10, (0.0,) * 10
    return [Stratum("m", f"t{n}", "answer", metric, good, bad if f"t{n}" == broken else good) for n in range(100)]


def test_one_ticket_that_begins_to_go_out_alone_and_wrong_blocks_among_a_hundred():
    cases = {f"t{n}": CaseInfo(f"t{n}", {}) for n in range(100)}
    policy = Policy(
        metrics=("success", "alone_right"), looks=(10,), each_blocks=("alone_right",), alone=Alone(0.05, 0.9)
    )
    common = {"run": "r", "eval": "e", "cases": cases, "policy": policy, **SIDES, "tickets": some(100, 100)}
    decision = build_decision(strata=[*rows("success"), *rows("alone_right", "t7")], **common)
    assert decision.verdict == "block"
    assert decision.reasons[0].startswith(
        "Ticket t7 answer goes out alone and wrong: lost 10 of 10, the baseline 0 of 10"
    )
    held = build_decision(strata=[*rows("success", "t7"), *rows("alone_right")], **common)
    assert held.verdict != "block"  # one ticket that fails, and goes to a person, is no blocker
    assert build_decision(strata=[*rows("success"), *rows("alone_right")], **common).verdict == "pass"
