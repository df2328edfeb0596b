"""Tickets with the first answer that each side gave -> figures, what goes out alone, and absolute targets.

A paired comparison says whether the candidate is worse than the baseline; here it is held against what was promised:
how right it is, and how seldom an answer that nobody reads is wrong. One answer a ticket counts, the first, as a
customer would get one: so the exact bounds of a share hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from callgate.concepts import Alone, Covered, Figures, Policy, Standing, Target, Triage, Verdict
from callgate.stats.bounds import share_at_most
from callgate.stats.calibration import choose, curve
from callgate.stats.labels import Labelled, figures, more_needed, standing

LEVEL = 0.95
CURVE = 12  # points of the curve that are kept
WORST: tuple[Standing, ...] = ("block", "incomplete", "inconclusive", "pass")


@dataclass(frozen=True, slots=True)
class Answered:
    """One reply: its label in each field ("" where it gave none), how sure it said it was, and whether it may go out
    without a person where it is sure enough."""

    labels: Mapping[str, str]
    confidence: float
    may_go: bool


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket, what is right of it, and the first answer of each side; None was not measured. `out_of_scope` is the
    category of what is not ours, "" where there is none."""

    model: str
    case: str
    segments: Mapping[str, str]
    truth: Mapping[str, str]
    out_of_scope: str
    baseline: Answered | None
    candidate: Answered | None


def triages(tickets: Sequence[Ticket], policy: Policy) -> tuple[Triage, ...]:
    """What each model did on its tickets."""
    models = sorted({ticket.model for ticket in tickets})
    return tuple(_triage(model, [one for one in tickets if one.model == model], policy) for model in models)


def held_against_targets(verdict: Verdict, found: Iterable[Triage]) -> Verdict:
    """The verdict of the comparisons, or a worse one of an absolute target."""
    if verdict in {"unchanged", "block"}:
        return verdict
    seen: set[Verdict | Standing] = {verdict, *(one for each in found for one in each.standings.values())}
    return next(one for one in WORST if one in seen)


def _triage(model: str, tickets: Sequence[Ticket], policy: Policy) -> Triage:
    measured = [one for one in tickets if one.candidate is not None]
    attributes = [name for name in policy.by if "*" not in name]
    groups: dict[str, list[Ticket]] = {}
    for one in measured:
        for name in attributes:
            if name in one.segments:
                groups.setdefault(f"{name}={one.segments[name]}", []).append(one)
    found = Triage(
        model,
        tickets=len(tickets),
        missing=len(tickets) - len(measured),
        fields=_fields(measured, candidate=True),
        before=_fields([one for one in tickets if one.baseline is not None], candidate=False),
        parts={name: _figures(groups[name], "category", candidate=True) for name in sorted(groups)},
    )
    found = _with_scope(found, measured)
    if policy.alone is not None and measured:
        found = _alone(found, measured, tickets, policy.alone)
    return _with_standings(found, policy)


def _fields(tickets: Sequence[Ticket], *, candidate: bool) -> dict[str, Figures]:
    """Figures of each field that is expected of some ticket."""
    names = dict.fromkeys(name for one in tickets for name in one.truth)
    return {name: _figures([t for t in tickets if name in t.truth], name, candidate=candidate) for name in names}


def _figures(tickets: Sequence[Ticket], field: str, *, candidate: bool) -> Figures:
    answers = [(one, one.candidate if candidate else one.baseline) for one in tickets]
    return figures(
        [Labelled(one.truth[field], a.labels.get(field, ""), a.confidence) for one, a in answers if a is not None]
    )


def _with_scope(found: Triage, tickets: Sequence[Ticket]) -> Triage:
    """How many tickets out of scope were told so, and how many in scope were told so too."""
    scoped = [(one, one.candidate.labels.get("category")) for one in tickets if one.candidate and one.out_of_scope]
    foreign = [label == one.out_of_scope for one, label in scoped if one.truth["category"] == one.out_of_scope]
    refused = sum(label == one.out_of_scope != one.truth["category"] for one, label in scoped)
    return replace(found, foreign=len(foreign), recognised=sum(foreign), refused=refused)


# ---------------------------------------------------------------------------------------------- answering alone


def _wrong(ticket: Ticket, answer: Answered) -> bool:
    return answer.labels.get("category", "") != ticket.truth["category"]


def _covered(tickets: Sequence[Ticket], threshold: float, *, candidate: bool = True) -> Covered:
    """What goes out alone from a threshold up."""
    answers = [(one, one.candidate if candidate else one.baseline) for one in tickets]
    alone = [_wrong(one, a) for one, a in answers if a is not None and a.may_go and a.confidence >= threshold]
    wrong, total = sum(alone), sum(a is not None for _, a in answers)
    most = share_at_most(wrong, len(alone), LEVEL) if alone else 1.0
    return Covered(threshold, len(alone), len(alone) / total if total else 0.0, wrong, most)


def _alone(found: Triage, measured: Sequence[Ticket], tickets: Sequence[Ticket], promised: Alone) -> Triage:
    """The threshold in use, the one suggested, and others, with what each comes to."""
    eligible = [(one, one.candidate) for one in measured if one.candidate and one.candidate.may_go]
    found = replace(found, risk=promised.risk)
    if promised.start is not None:
        start = promised.start
        wrong = [one.case for one, a in eligible if a.confidence >= start and _wrong(one, a)]
        found = replace(
            found,
            now=_covered(measured, start),
            now_before=_covered(tickets, start, candidate=False),
            wrong_alone=tuple(sorted(wrong)),
        )
    if not eligible:
        return found
    sure, right = [a.confidence for _, a in eligible], [not _wrong(one, a) for one, a in eligible]
    chosen = choose(sure, right, target=1 - promised.risk, level=LEVEL)
    points = curve(sure, right)
    step = max(1, len(points) // CURVE)
    kept = [point.threshold for at, point in enumerate(reversed(points)) if at % step == 0]
    share = len(eligible) / len(measured)
    return replace(
        found,
        suggested=None if chosen.threshold is None else _covered(measured, chosen.threshold),
        curve=tuple(_covered(measured, threshold) for threshold in kept),
        more=None if chosen.more is None else round(chosen.more / share),
        reachable=None if chosen.reachable is None else chosen.reachable.coverage * share,
    )


# ---------------------------------------------------------------------------------------------- targets


def _with_standings(found: Triage, policy: Policy) -> Triage:
    standings: dict[str, Standing] = {}
    reasons: list[str] = []
    target, promised = policy.accuracy, policy.alone
    if target is not None:
        whole = found.fields.get(target.field)
        standings["accuracy"] = _reached(found, whole, target)
        reasons.append(_accuracy_reason(found, whole, target, standings["accuracy"]))
    if promised is not None and promised.start is not None and found.now is not None:
        standings["alone"] = _kept(found, found.now, promised)
        reasons.append(_alone_reason(found.now, promised, standings["alone"]))
    return replace(found, standings=standings, reasons=tuple(reason for reason in reasons if reason))


def _reached(found: Triage, whole: Figures | None, target: Target) -> Standing:
    """Whether a target is reached, on tickets that were all measured; it is missed where those that were not measured
    could not save it, all of them right."""
    if whole is None:
        return "incomplete"
    if not found.missing:
        return standing(whole, target.at_least, target.read)
    right, of = round(whole.accuracy * whole.count) + found.missing, whole.count + found.missing
    best = right / of if target.read == "point" else share_at_most(right, of, LEVEL)
    return "block" if best < target.at_least else "incomplete"


def _kept(found: Triage, now: Covered, promised: Alone) -> Standing:
    """Whether what goes out alone is wrong seldom enough; where nothing does, nothing is promised. A ticket that was
    not measured may have gone out alone, right or wrong."""
    tickets = now.tickets + found.missing
    least = now.wrong / tickets if tickets else 0.0
    if promised.read == "lower_bound" and tickets:
        least = 1 - share_at_most(tickets - now.wrong, tickets, LEVEL)
    if least > promised.risk:
        return "block"
    if found.missing:
        return "incomplete"
    return "pass" if not now.tickets or promised.read == "point" or now.at_most <= promised.risk else "inconclusive"


def _accuracy_reason(found: Triage, whole: Figures | None, target: Target, verdict: Standing) -> str:
    if whole is None:
        return "No ticket's answer was measured."
    said = f"The {target.field} is right on {100 * whole.accuracy:.1f}% of {whole.count} tickets"
    goal = f"the target of {100 * target.at_least:g}%"
    if found.missing:
        ends = "is missed all the same" if verdict == "block" else "is not shown"
        return f"{said}, and {found.missing} were not measured: {goal} {ends}."
    if target.read == "point":
        return f"{said}: {goal} is {'reached' if whole.accuracy >= target.at_least else 'missed'} as seen."
    if whole.at_least >= target.at_least:
        return f"{said}, at least {100 * whole.at_least:.1f}%: {goal} is reached."
    if whole.at_most < target.at_least:
        return f"{said}, at most {100 * whole.at_most:.1f}%: {goal} is missed."
    more = more_needed(whole, target.at_least)
    how = f"about {more:,} more tickets would show it" if more else "more tickets alone would not show it"
    return f"{said}, at least {100 * whole.at_least:.1f}%: {goal} is not shown; {how}."


def _alone_reason(now: Covered, promised: Alone, verdict: Standing) -> str:
    if not now.tickets:
        return f"Answering alone from {now.threshold:g}: no answer goes out."
    most = f", at most {100 * now.at_most:.1f}%" if promised.read == "lower_bound" else ""
    said = f"Answering alone from {now.threshold:g}: {now.wrong} of {now.tickets} wrong{most}"
    ends: Mapping[Standing, str] = {"pass": "is kept", "block": "is broken"}
    return f"{said}: the promise of {100 * promised.risk:g}% {ends.get(verdict, 'is not shown to be kept')}."
