"""Whole conversations of a run -> what they say besides the mean, and whether their callers make it incomplete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from callgate.concepts import ARMS, EXIT_CODES, Conversations, Decision, Score, Trial
from callgate.evaluate.plan import Contest, Pair
from callgate.evaluate.rows import Measured, left_out, passed

MOST_LEFT_OUT = 0.05
"""The share of conversations that may be left out since no caller behaved; with more, a run is incomplete."""
UNEQUAL = 0.05
"""The p (Fisher, two-sided) at which one side has lost so many more than the other that they are no longer alike."""


def conversations(measured: Measured) -> tuple[Conversations, ...]:
    """What the whole conversations of each model say; none where there are none."""
    return tuple(_talked(measured, contest) for contest in measured.plan.contests) if measured.plan.caller else ()


def _talked(measured: Measured, contest: Contest) -> Conversations:
    pairs = [
        pair for pair in measured.plan.pairs if pair.baseline.mode == "continuation" and not pair.identical(contest)
    ]
    scores = {arm: [_scores(measured, contest, pair, arm) for pair in pairs] for arm in ARMS}
    trials = {arm: [t for pair in pairs for t, _ in measured.of(contest, pair, arm)] for arm in ARMS}
    k = min((len(some) for arm in ARMS for some in scores[arm]), default=0)
    return Conversations(
        contest.label,
        measured.plan.caller,
        baseline=_powers(scores["baseline"], k),
        candidate=_powers(scores["candidate"], k),
        held={arm: len(trials[arm]) for arm in ARMS},
        again={arm: sum(bool(t.talk and t.talk.again) for t in trials[arm]) for arm in ARMS},
        left_out={arm: sum(map(left_out, trials[arm])) for arm in ARMS},
        faults=dict(sorted(Counter(kind for arm in ARMS for t in trials[arm] for kind in _faults(t)).items())),
    )


def _scores(measured: Measured, contest: Contest, pair: Pair, arm: str) -> list[bool]:
    some = measured.of(contest, pair, "baseline" if arm == "baseline" else "candidate")
    return [passed(grades) for _, grades in some if isinstance(grades["success"], Score)]


def _powers(scores: Sequence[Sequence[bool]], k: int) -> tuple[float, ...]:
    """pass^1 to pass^k: how often all of so many tries at one conversation succeed."""
    from callgate.stats.repeats import pass_power

    won, of = [sum(some) for some in scores], [len(some) for some in scores]
    return tuple(pass_power(won, of, power) for power in range(1, k + 1))


def _faults(trial: Trial) -> Iterator[str]:
    """The kind of each fault for which the caller of a conversation was drawn again, or it was left out."""
    whys = [*(trial.talk.again if trial.talk else ())]
    if trial.failure is not None and left_out(trial):
        whys.append(trial.failure.why)
    return (why.partition(":")[0] for why in whys)


def with_conversations(decision: Decision, found: tuple[Conversations, ...]) -> Decision:
    """The decision with its whole conversations; incomplete where too many of them were left out, or unequally many. A
    BLOCK stays one: what got worse got worse with callers that behaved."""
    reasons = [reason for one in found for reason in _reasons(one)]
    decision = replace(decision, conversations=found)
    if not reasons:
        return decision
    if decision.verdict == "block":
        return replace(decision, reasons=(*decision.reasons, *reasons))
    return replace(
        decision,
        verdict="incomplete",
        exit_code=EXIT_CODES["incomplete"],
        reasons=(*reasons, *decision.reasons),
    )


def _reasons(one: Conversations) -> Iterator[str]:
    from callgate.stats.repeats import unequal

    lost, held = sum(one.left_out.values()), sum(one.held.values())
    sides = " and ".join(f"{one.left_out[arm]} of {one.held[arm]} of the {arm}'s" for arm in ARMS if one.held.get(arm))
    if held and lost / held > MOST_LEFT_OUT:
        yield f"The callers misbehaved: {sides} conversations were left out, and at most 5 % may be."
    elif lost and unequal(*((one.left_out[arm], one.held[arm]) for arm in ARMS)) <= UNEQUAL:
        yield f"The callers misbehaved unequally: {sides} conversations were left out."
