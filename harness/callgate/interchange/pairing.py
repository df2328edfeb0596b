"""Two sides' rows in; strata, cases and what could not be paired out. Pairs are by case and decision, not position."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from callgate.concepts import CaseInfo, Missing, Mistake, Stratum
from callgate.interchange.side import Key, Side

MODEL = ""  # results do not say which model they are of


@dataclass(frozen=True, slots=True)
class Paired:
    """What the gate takes: `unpaired` are cases that one side lacks in whole or in part; their segments cannot pass."""

    strata: tuple[Stratum, ...]
    cases: Mapping[str, CaseInfo]
    unpaired: frozenset[str]
    new_cases: tuple[str, ...]
    missing: Missing
    trials: int


def paired(baseline: Side, candidate: Side, metrics: Sequence[str], trials: int | None = None) -> Paired:
    """Pair the sides. A trial that a side has of other decisions and not of this one was lost: it counts as missing.

    Raises Mistake where no decision of a gating metric is on both sides, or a case's segments differ.
    """
    cases = _cases(baseline, candidate)
    unpaired = dict(_unpaired(baseline, candidate))
    strata = _strata(baseline, candidate, unpaired, trials)
    for metric in metrics:
        if not any(stratum.metric == metric for stratum in strata):
            raise Mistake(
                f"no case of {baseline.name} is in {candidate.name} with {metric!r}: there is nothing to pair"
            )
    gating = [stratum for stratum in strata if stratum.metric in metrics]
    lacking = {key: why for key, why in unpaired.items() if key[2] in metrics}
    return Paired(
        tuple(strata),
        cases,
        frozenset(key[0] for key in lacking),
        tuple(sorted(candidate.about.keys() - baseline.about.keys())),
        replace(_missing((baseline, candidate), gating, metrics), left_out=_left_out(unpaired, metrics)),
        max(len(stratum.candidate) for stratum in gating),
    )


def _cases(baseline: Side, candidate: Side) -> dict[str, CaseInfo]:
    """What both sides say of each case, in alphabetical order. Raises Mistake where they contradict each other."""
    cases: dict[str, CaseInfo] = {}
    for name in sorted(baseline.about.keys() | candidate.about.keys()):
        here = [side.about[name] for side in (baseline, candidate) if name in side.about]
        edited = len({about.digest for about in here} - {""}) > 1  # then it is not paired, and may have moved
        for key in () if edited else sorted(set(here[0].segments) & set(here[-1].segments)):
            if here[0].segments[key] != here[-1].segments[key]:
                values = " and ".join(f"{key}={about.segments[key]}" for about in here)
                raise Mistake(f"case {name!r} is {values} on the two sides")
        segments = {key: value for about in here for key, value in about.segments.items()}
        cluster = next((about.cluster for about in here if about.cluster), "")
        cases[name] = CaseInfo(name, segments, cluster, digest=here[-1].digest)
    return cases


def _left_out(unpaired: Mapping[Key, str], metrics: Sequence[str]) -> dict[str, str]:
    """What is not compared, by decision where it gates and by grader where it only advises."""
    found: dict[str, str] = {}
    for (case, decision, grader), why in unpaired.items():
        name = f"{case}/{decision}" if decision else case
        found[name if grader in metrics else f"grader {grader}"] = why
    return found


def _unpaired(baseline: Side, candidate: Side) -> Iterator[tuple[Key, str]]:
    """Every (case, decision, grader) that cannot be paired, and why."""
    for key in sorted(baseline.scores.keys() | candidate.scores.keys()):
        case = key[0]
        if key not in candidate.scores:
            yield key, f"only in {baseline.name}"
        elif key not in baseline.scores:
            yield key, f"only in {candidate.name}"
        else:
            digests = {side.about[case].digest for side in (baseline, candidate)} - {""}
            if len(digests) > 1:
                yield key, "the case was edited between the two: different case_digest"


def _strata(baseline: Side, candidate: Side, unpaired: Mapping[Key, str], trials: int | None) -> list[Stratum]:
    keys = [key for key in sorted(baseline.scores) if key in candidate.scores and key not in unpaired]
    planned = _planned(baseline, candidate, keys, trials)
    return [
        Stratum(
            MODEL,
            case,
            decision,
            grader,
            _drawn(baseline.scores[case, decision, grader], planned[grader][0]),
            _drawn(candidate.scores[case, decision, grader], planned[grader][1]),
            baseline_held=len(planned[grader][0]),
        )
        for case, decision, grader in keys
    ]


def _planned(
    baseline: Side, candidate: Side, keys: Sequence[Key], trials: int | None
) -> Mapping[str, tuple[Sequence[int], Sequence[int]]]:
    """The trial numbers that each side of a grader must have: those of either side, up to the last that this side has.

    So a side may have drawn fewer trials than the other; but a row that is absent in between, or absent for some
    decisions only, was lost: the rows that are there were then perhaps chosen by how they came out.
    """
    drawn: dict[str, tuple[set[int], set[int]]] = {}
    for key in keys:
        numbers = drawn.setdefault(key[2], (set(), set()))
        for arm, side in enumerate((baseline, candidate)):
            numbers[arm].update(side.scores[key])
    planned = {}
    for grader, (ours, theirs) in drawn.items():
        either = sorted(ours | theirs)
        first, second = ([number for number in either if number <= max(arm)][:trials] for arm in (ours, theirs))
        planned[grader] = (first, second)
    return planned


def _drawn(scores: Mapping[int, float | None], planned: Sequence[int]) -> tuple[float | None, ...]:
    return tuple(scores.get(number) for number in planned)


def _missing(sides: tuple[Side, Side], gating: Sequence[Stratum], metrics: Sequence[str]) -> Missing:
    planned = sum(len(arm) for s in gating for arm in (s.baseline, s.candidate))
    lost = sum(arm.count(None) for s in gating for arm in (s.baseline, s.candidate))
    errors = [
        f"{side.name}: {key[0]} {key[1]} trial {trial}: {why}".replace("  ", " ")
        for side in sides
        for (key, trial), why in sorted(side.errors.items())
        if key[2] in metrics
    ]
    kinds = Counter({"error": min(lost, len(errors)), "no row or score": lost - min(lost, len(errors))})
    return Missing(
        planned,
        planned - lost,
        {kind: n for kind, n in kinds.items() if n},
        tuple(errors[:5]),
    )
