"""Anybody's results, gated without running anything: two files, row lists or frames in, a Decision out.

`side` holds and checks one side's rows, `files` reads JSONL, CSV, promptfoo results and Inspect logs into them,
`pairing` makes strata of two sides. The row format is schemas/results.schema.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from callgate.concepts import Decision, Mistake, Policy, digest
from callgate.concepts import Side as Named
from callgate.interchange.files import Source, read
from callgate.interchange.pairing import Paired, paired
from callgate.interchange.side import Side

if TYPE_CHECKING:
    from callgate.stats.cards import Card

__all__ = ["Source", "compare"]
JUDGE = "judge:"
"""How the metric of one of our judges begins."""


def compare(
    baseline: Source,
    candidate: Source,
    *,
    by: Sequence[str] = (),
    metric: str | None = None,
    policy: Policy = Policy(),  # noqa: B008  (frozen)
    trials: int | None = None,
    cards: Sequence[Card] = (),
) -> Decision:
    """Gate results that anyone produced, at one look over all the trials that the sides have.

    A source is a path (JSONL, CSV, promptfoo's JSON or JSONL, with `#1` for its second prompt, Inspect's .eval or
    .json), rows as mappings, or a pandas frame. `by` names segments ("language", "language*call_type"); the metric is
    `success`, or the only grader that there is, or `metric`; `trials` takes the first so many of each side. `cards`
    are those of judges (`reports/judges/NAME.json`): a judge's scores pass and block only in languages where its card
    gives it the right, and a metric named "judge:..." without a card nowhere. Raises
    Mistake with every bad row at once, and where nothing can be paired.
    """
    sides = read(baseline, "baseline"), read(candidate, "candidate")
    problems = [problem for side in sides for problem in side.problems]
    if problems:
        raise Mistake(problems)
    policy = replace(policy, metrics=_metrics(sides, metric, policy), by=tuple(dict.fromkeys((*policy.by, *by))))
    pair = paired(*sides, policy.metrics, trials)
    return _decision(sides, pair, policy, _by_metric(cards, policy.metrics))


def _by_metric(cards: Sequence[Card], metrics: Sequence[str]) -> dict[str, Card]:
    """The card of each gating metric that a judge scored; an empty one where none was given. Raises Mistake."""
    from callgate.stats.cards import Card

    known = {card.judge: card for card in cards}
    stray = sorted(set(known) - set(metrics))
    if stray:
        raise Mistake(f"the card of {stray[0]} is of no metric that gates; those are {', '.join(metrics)}")
    judged = [name for name in metrics if name in known or name.startswith(JUDGE)]
    return {name: known.get(name, Card(name, "", "", (), 0, simulated=False)) for name in judged}


def _metrics(sides: tuple[Side, Side], metric: str | None, policy: Policy) -> tuple[str, ...]:
    there = sorted({grader for side in sides for grader in side.graders})
    wanted = (metric,) if metric is not None else policy.metrics
    if set(wanted) <= set(there):
        return wanted
    if metric is None and len(there) == 1 and policy.metrics == Policy().metrics:
        return tuple(there)
    missing = next(name for name in wanted if name not in there)
    raise Mistake(f"no row is scored by {missing!r}; name a metric: {', '.join(there) or 'there are no rows'}")


def _decision(sides: tuple[Side, Side], pair: Paired, policy: Policy, cards: Mapping[str, Card]) -> Decision:
    from callgate.gate import build_decision  # numpy: only where something is gated

    fingerprints = {"baseline": sides[0].fingerprint, "candidate": sides[1].fingerprint}
    return build_decision(
        run=digest({**fingerprints, "policy": repr(policy), **_prints(cards)})[:16],
        eval="compare",
        strata=pair.strata,
        cases=pair.cases,
        policy=replace(policy, looks=(pair.trials,), weights=(1.0,)),
        baseline=Named(sides[0].name, sides[0].fingerprint),
        candidate=Named(sides[1].name, sides[1].fingerprint),
        missing=pair.missing,
        unpaired=pair.unpaired,
        new_cases=pair.new_cases,
        digests={**fingerprints, **_prints(cards)},
        cards=cards,
    )


def _prints(cards: Mapping[str, Card]) -> dict[str, str]:
    return {f"card {name}": digest(card.to_json()) for name, card in cards.items()}
