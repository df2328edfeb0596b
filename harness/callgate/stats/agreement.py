"""Does the judge see what people see? A person's labels and a judge's verdicts in; agreement and the right to gate out.

Accuracy reads easily and is what the floor is set on. Kappa and AC1 (Gwet 2008) take off what chance would agree on;
both are shown, since kappa collapses where nearly everything passes. Intervals are 95 %, two-sided.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from callgate.stats.bounds import kish, share_at_least, share_at_most
from callgate.stats.exact import FloatArray, fisher
from callgate.stats.quantiles import t_quantile

FEWEST = 30  # labels, drawn at random, below which a judge only advises
ACCURACY = 0.80
AC1_AT_LEAST = 0.60  # its lower bound
ORDER = 0.90
DIFFERS = 0.05  # the judge errs otherwise for one variant than for the other
CONFIDENCE = 0.95
MOST_LABELS = 10_000

Verdicts: TypeAlias = Sequence[Hashable | None]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a judge's verdicts compare with a person's, over `items` items of `clusters` calls.

    `kappa` is None where it is not defined (everyone said one thing). `order_consistency` is the share of items with
    the same verdict in both orders, None where the judge was asked in one. `unanswered` counts verdicts that were not
    given: a judge that says nothing does not agree. `variant_p` is the chance of errors this different between the
    variants, None where only one was labelled.
    """

    items: int
    clusters: int
    accuracy: Estimate
    kappa: Estimate | None
    ac1: Estimate
    order_consistency: Estimate | None = None
    unanswered: int = 0
    variant_p: float | None = None


@dataclass(frozen=True, slots=True)
class Right:
    """Whether a judge may gate, why not, and how many more labels would likely settle it (None: none would)."""

    may_gate: bool
    why_not: tuple[str, ...] = ()
    more_labels: int | None = None


def agreement(
    labels: Sequence[Hashable],
    verdicts: Verdicts,
    *,
    other_order: Verdicts | None = None,
    variants: Sequence[str] | None = None,
    clusters: Sequence[str] | None = None,
) -> Agreement:
    """Compare item by item. Labels and verdicts are values such as "pass" and "fail", or 1 and 2; None: no verdict.

    `other_order` holds the verdicts with what is judged shown in the other order: accuracy is then over both.
    `variants` names the variant that each item came from, `clusters` the call. Raises ValueError on unequal lengths.
    """
    asked = [verdicts] if other_order is None else [verdicts, other_order]
    beside = [each for each in (*asked, variants, clusters) if each is not None]
    if not labels or any(len(each) != len(labels) for each in beside):
        raise ValueError("as many verdicts as labels are needed, and at least one")
    cluster_of = np.unique([str(c) for c in clusters] if clusters else np.arange(len(labels)), return_inverse=True)[1]
    worth = kish(np.bincount(cluster_of).astype(np.float64))
    right = np.mean([[v == label for v, label in zip(each, labels, strict=True)] for each in asked], axis=0)
    tables = _tables(labels, asked, cluster_of)
    ac1 = _with_interval(chance_corrected_ac1, tables)
    assert ac1 is not None  # chance agreement is at most 1/2, so it is always defined
    return Agreement(
        len(labels),
        len(tables),
        _share(float(right.mean()), worth),
        _with_interval(cohens_kappa, tables),
        ac1,
        None if other_order is None else _share(_consistency(verdicts, other_order), worth),
        sum(verdict is None for each in asked for verdict in each),
        None if variants is None else _variant_p(labels, verdicts, variants),
    )


def _share(value: float, of: float) -> Estimate:
    """A share with its exact interval, as if of `of` independent items; half scores make it wider than need be."""
    each = 0.5 + CONFIDENCE / 2
    return Estimate(value, share_at_least(value * of, of, each), share_at_most(value * of, of, each))


def _consistency(verdicts: Verdicts, other_order: Verdicts) -> float:
    same = [a is not None and a == b for a, b in zip(verdicts, other_order, strict=True)]
    return sum(same) / len(same)


# ------------------------------------------------------------------------------------------------ corrected for chance


def _tables(labels: Sequence[Hashable], asked: Sequence[Verdicts], cluster_of: np.ndarray) -> FloatArray:
    """Label by verdict, counted for each cluster; several orders of one item share its weight of 1."""
    values = sorted({*labels, *(v for each in asked for v in each)}, key=lambda v: (v is None, str(v)))
    place = {value: i for i, value in enumerate(values)}
    size = max(2, len(values))  # where all say one thing, there was another to say
    tables = np.zeros((int(cluster_of.max()) + 1, size, size))
    for each in asked:
        for label, verdict, cluster in zip(labels, each, cluster_of.tolist(), strict=True):
            tables[cluster, place[label], place[verdict]] += 1 / len(asked)
    return tables


def cohens_kappa(table: FloatArray) -> float:
    """Agreement beyond what the two would reach by chance, each with its own habits (Cohen 1960); nan: undefined."""
    shares = table / table.sum()
    by_chance = float((shares.sum(0) * shares.sum(1)).sum())
    return math.nan if by_chance >= 1.0 - 1e-12 else (float(np.trace(shares)) - by_chance) / (1.0 - by_chance)


def chance_corrected_ac1(table: FloatArray) -> float:
    """Agreement beyond chance where chance plays a part only in what is hard to tell (Gwet 2008)."""
    shares = table / table.sum()
    use = (shares.sum(0) + shares.sum(1)) / 2
    by_chance = float((use * (1 - use)).sum()) / (len(table) - 1)
    return (float(np.trace(shares)) - by_chance) / (1.0 - by_chance)


def _with_interval(statistic: Callable[[FloatArray], float], tables: FloatArray) -> Estimate | None:
    """The figure, with a jackknife over clusters and two imaginary items, one agreed and one not.

    As with the gate's bound, the two keep the interval off zero width where all agree.
    """
    value = statistic(tables.sum(0))
    if math.isnan(value):
        return None
    size = tables.shape[1]
    agreed = np.eye(size) / size
    apart = (1 - np.eye(size)) / (size * (size - 1))
    weighed = np.concatenate([tables, [agreed, apart]])
    whole, k = weighed.sum(0), len(weighed)
    centre = statistic(whole)
    without = np.array([statistic(whole - each) for each in weighed])
    error = math.sqrt((k - 1) / k * float(((without - without.mean()) ** 2).sum()))
    half = t_quantile(0.5 + CONFIDENCE / 2, k - 1) * error
    return Estimate(value, max(-1.0, min(value, centre - half)), min(1.0, max(value, centre + half)))


def _variant_p(labels: Sequence[Hashable], verdicts: Verdicts, variants: Sequence[str]) -> float | None:
    """Fisher's exact p of errors that differ between the variants, the smaller over the labels, twice for two."""
    names = sorted(set(variants))
    if len(names) != 2:
        return None
    found: list[float] = []
    kinds = sorted(set(labels), key=str)
    for kind in kinds:
        wrong = [
            [v != kind for label, v, of in zip(labels, verdicts, variants, strict=True) if label == kind and of == name]
            for name in names
        ]
        found.append(fisher(sum(wrong[0]), len(wrong[0]), sum(wrong[1]), len(wrong[1])))
    return min(1.0, min(found) * len(kinds))


# ------------------------------------------------------------------------------------------------ the right to gate


def may_gate(found: Agreement, *, in_orders: bool = True, by_variant: bool = True) -> Right:
    """Whether a judge with this agreement may block or pass, in the language that the labels are of.

    `in_orders`: it is shown two things at once, so the order may not matter. `by_variant`: it compares two variants, so
    it may not err otherwise for one of them. What was not measured counts as not met.
    """
    why = [*_too_far(found, in_orders=in_orders, by_variant=by_variant), *_too_few(found)]
    more = None if _too_far(found, in_orders=in_orders, by_variant=by_variant) else _more(found)
    return Right(not why, tuple(why), more if why else None)


def _too_far(found: Agreement, *, in_orders: bool, by_variant: bool) -> list[str]:
    """What more labels of the same kind would not mend."""
    why: list[str] = []
    if found.accuracy.value < ACCURACY:
        why.append(f"accuracy {100 * found.accuracy.value:.1f} % is under {100 * ACCURACY:.0f} %")
    if found.ac1.value < AC1_AT_LEAST:
        why.append(f"AC1 {found.ac1.value:.2f} is under {AC1_AT_LEAST:.2f}")
    order = found.order_consistency
    if in_orders and order is None:
        why.append("it was not asked in both orders")
    elif in_orders and order and order.value < ORDER:
        why.append(f"the order changes its mind too often: consistency {100 * order.value:.1f} % is under 90 %")
    if by_variant and found.variant_p is None:
        why.append("only one variant was labelled, so whether it favours one is not known")
    elif by_variant and found.variant_p is not None and found.variant_p <= DIFFERS:
        why.append(f"it errs otherwise for one variant than for the other (p {found.variant_p:.2g})")
    return why


def _too_few(found: Agreement) -> list[str]:
    if found.items < FEWEST:
        return [f"{found.items} labels; {FEWEST} are the least"]
    if found.ac1.low < AC1_AT_LEAST <= found.ac1.value:
        return [f"AC1 may be as low as {found.ac1.low:.2f}; it must be {AC1_AT_LEAST:.2f} at the least"]
    return []


def _more(found: Agreement) -> int | None:
    """How many more labels, if agreement stays as it is, would bring the lower bound of AC1 over its floor."""
    gap = found.ac1.value - found.ac1.low
    if found.ac1.value <= AC1_AT_LEAST:
        return None
    wanted = found.items * max(1.0, (gap / (found.ac1.value - AC1_AT_LEAST)) ** 2)
    more = max(FEWEST, math.ceil(wanted)) - found.items
    return more if more <= MOST_LABELS else None
