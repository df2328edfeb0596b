"""Graded trials and their decision -> what the page shows beside it: the worst calls, what the replies cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from callgate.concepts import ARMS, Arm, Decision, Trial
from callgate.evaluate.plan import Contest, Pair
from callgate.evaluate.rows import Graded, Lane, Measured
from callgate.report.calls import Background, Call, Usage
from callgate.report.conversation import View
from callgate.report.html import grouped, order

Words = Callable[[Contest, Pair, Lane], Sequence[Graded]]
CALLS_SHOWN = 90
"""More than a page has room for: how many it opens is decided there."""


def background(measured: Measured, decision: Decision, words: Words | None = None) -> Background:
    """The calls whose decisions changed, worst first, the usage of each variant, and both prompts. `words` gives the
    trials of a decision with what was said, where `measured` does not hold it."""
    plan = measured.plan
    pairs: dict[str, list[Pair]] = {}
    for pair in plan.pairs:
        pairs.setdefault(pair.case.id, []).append(pair)
    contests = {contest.label: contest for contest in plan.contests}
    wanted = list(grouped(order(decision)))[:CALLS_SHOWN]
    calls = [_call(words or measured.of, contests[model], pairs[case]) for model, case in wanted if case in pairs]
    usage = [_usage(measured, contest, arm) for contest in plan.contests for arm in ARMS]
    return Background(tuple(calls), tuple(usage), (plan.baseline, plan.candidate))


def _call(words: Words, contest: Contest, pairs: list[Pair]) -> Call:
    views = [View(pair.point, {arm: words(contest, pair, arm) for arm in ARMS}) for pair in pairs]
    return Call(pairs[0].case, contest.label, tuple(views))


def _usage(measured: Measured, contest: Contest, arm: Arm) -> Usage:
    trials: list[Trial] = [
        trial
        for (label, _, _, its), graded in measured.trials.items()
        if label == contest.label and its == arm
        for trial, _ in graded
    ]
    replies = [reply for trial in trials for reply in trial.replies]
    prices = [reply.dollars for reply in replies]
    seconds = sorted(reply.seconds for reply in replies if reply.seconds > 0 and not reply.simulated)
    return Usage(
        arm,
        contest.model(arm),
        len(replies),
        sum(reply.prompt_tokens for reply in replies),
        sum(reply.completion_tokens for reply in replies),
        None if any(price is None for price in prices) else sum(price or 0.0 for price in prices),
        seconds[len(seconds) // 2] if seconds else None,
        seconds[min(len(seconds) - 1, len(seconds) * 95 // 100)] if seconds else None,
    )
