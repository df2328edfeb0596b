"""The rows of one metric and model as arrays: strata in; per look, sums, changes and bags of equal strata out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from callgate.concepts import Stratum
from callgate.stats.exact import Bag, FloatArray, IntArray

GRADES = 20  # graded scores stand on a grid of 1/20
UNMEASURED = -1  # drawn, and it failed
ABSENT = -2  # never drawn
BEYOND = -3  # not asked for at this look
FEWEST_COPIES = 5  # byte-equal replies from here on are one draw
ARMS: tuple[Callable[[Stratum], Sequence[float | None]], ...] = (
    lambda s: s.baseline,
    lambda s: s.candidate,
    lambda s: s.fresh,
)
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class View:
    """What a look at `k` trials a side sees of each stratum.

    `lacking` were never drawn, `missing` were drawn and not measured: both have no change (nan). `kind` numbers the
    stratum's bag in `bags`; -1 where it takes no part in p (identical requests, or not measured).
    """

    lacking: BoolArray
    missing: BoolArray
    trials_baseline: IntArray
    trials_candidate: IntArray
    sum_baseline: IntArray
    sum_candidate: IntArray
    mean_baseline: FloatArray
    mean_candidate: FloatArray
    change: FloatArray
    variance: FloatArray  # of the change under random splits of the bag
    noise_baseline: FloatArray  # variance of each arm's mean by its trials; nan where one trial cannot tell
    noise_candidate: FloatArray
    kind: IntArray
    bags: Sequence[Bag]

    @property
    def measured(self) -> BoolArray:
        return ~(self.lacking | self.missing)


def summed(index: IntArray, weights: FloatArray, size: int) -> FloatArray:
    """The sum of the weights of each index below `size`."""
    return np.bincount(index, weights, minlength=size).astype(np.float64)


class Table:
    """The strata of one metric and model, in the order of case and decision."""

    def __init__(self, strata: Sequence[Stratum]) -> None:
        self.strata = sorted(strata, key=lambda s: (s.case, s.decision))
        self.model, self.metric = strata[0].model, strata[0].metric
        names, case_of_row, counts = np.unique([s.case for s in self.strata], return_inverse=True, return_counts=True)
        self.cases = [str(name) for name in names]
        self.number = {name: i for i, name in enumerate(self.cases)}
        self.case_of_row: IntArray = case_of_row.astype(np.int64)
        self.decisions: IntArray = counts.astype(np.int64)[self.case_of_row]  # of the row's case
        self.identical: BoolArray = np.array([s.identical for s in self.strata])
        self.held: IntArray = np.array([s.baseline_held for s in self.strata], dtype=np.int64)
        arms = [_matrix([arm(s) for s in self.strata]) for arm in ARMS]
        measured = np.concatenate([arm.ravel() for arm in arms])
        measured = measured[~np.isnan(measured)]
        self.top = 1 if bool(np.isin(measured, (0.0, 1.0, ABSENT)).all()) else GRADES
        self.baseline, self.candidate, self.fresh = (_on_grid(arm, self.top) for arm in arms)
        self.equal = np.array([(s.equal_baseline, s.equal_candidate) for s in self.strata], dtype=np.int64)
        self._views: dict[tuple[str, int], View] = {}

    def arms(self, k: int) -> tuple[IntArray, IntArray]:
        """Each stratum's scores at a look: the first max(k, held) of the baseline, the first `k` of the candidate."""
        counts = np.maximum(k, self.held), np.full(len(self.strata), k)
        baseline, candidate = _first(self.baseline, counts[0]), _first(self.candidate, counts[1])
        return _one_draw(baseline, counts[0], self.equal[:, 0]), _one_draw(candidate, counts[1], self.equal[:, 1])

    def view(self, k: int) -> View:
        """A look at `k` trials a side, as it is."""
        return self._kept("as it is", k, lambda: self.arms(k))

    def observed(self, k: int) -> View:
        """The look with missing trials left out: a stratum is measured while it has a trial on both arms."""
        return self._kept("observed", k, lambda: (_filled(arm, BEYOND) for arm in self.arms(k)))

    def worst(self, k: int) -> View:
        """The look as if every missing trial of the candidate had failed and every one of the baseline passed."""
        return self._kept("worst", k, lambda: map(_filled, self.arms(k), (self.top, 0)))

    def best(self, k: int) -> View:
        """The look as if every missing trial of the candidate had passed and every one of the baseline failed."""
        return self._kept("best", k, lambda: map(_filled, self.arms(k), (0, self.top)))

    def confirmation(self, k: int, fresh: int) -> View:
        """The candidate's first `k` trials against as many `fresh` ones of the baseline."""
        baseline = _first(self.fresh, np.full(len(self.strata), fresh))
        return self._kept(f"against {fresh} fresh", k, lambda: (baseline, self.arms(k)[1]))

    @cached_property
    def whole(self) -> View:
        """Every stratum at all the trials that it has, whatever the plan was."""
        lengths = np.array([(len(s.baseline), len(s.candidate)) for s in self.strata])
        return self._view(_first(self.baseline, lengths[:, 0]), _first(self.candidate, lengths[:, 1]))

    def _kept(self, kind: str, k: int, arms: Callable[[], Iterable[IntArray]]) -> View:
        if (kind, k) not in self._views:
            self._views[kind, k] = self._view(*arms())
        return self._views[kind, k]

    def counts(self, drawn: IntArray) -> IntArray:
        """Of each stratum at its own number of trials: full scores and trials measured of the baseline, then candidate.

        The last two columns are the trials planned of each.
        """
        planned = np.where(self.identical, 0, np.maximum(drawn, self.held)), drawn
        arms = [_first(arm, n) for arm, n in zip((self.baseline, self.candidate), planned, strict=True)]
        found = [count for arm in arms for count in ((arm == self.top).sum(1), (arm >= 0).sum(1))]
        return np.stack([*found, *planned], axis=1).astype(np.int64)

    def passes(self, row: int, k: int) -> tuple[int, int, int, int]:
        """Full scores and trials measured of one stratum at a look: baseline, then candidate."""
        arms = self.baseline[row, : max(k, int(self.held[row]))], self.candidate[row, :k]
        (full_b, of_b), (full_c, of_c) = ((int((a == self.top).sum()), int((a >= 0).sum())) for a in arms)
        return full_b, of_b, full_c, of_c

    def _view(self, baseline: IntArray, candidate: IntArray) -> View:
        lacking = ((baseline == ABSENT).any(1) | (candidate == ABSENT).any(1)) & ~self.identical
        missing = ((baseline == UNMEASURED).any(1) | (candidate == UNMEASURED).any(1)) & ~self.identical
        kb, kc = (baseline >= 0).sum(1), (candidate >= 0).sum(1)
        missing |= ((kb == 0) | (kc == 0)) & ~lacking & ~self.identical
        used = ~(lacking | missing | self.identical)
        sb, sc = np.where(baseline >= 0, baseline, 0).sum(1), np.where(candidate >= 0, candidate, 0).sum(1)
        out = lacking | missing
        mean_b, mean_c = (
            np.where(out | (k == 0), np.nan, total / np.maximum(k, 1) / self.top) for total, k in ((sb, kb), (sc, kc))
        )
        mean_c = np.where(self.identical, mean_b, mean_c)
        change = np.where(self.identical, 0.0, mean_c - mean_b)
        squares_b, squares_c = _squares(baseline) / self.top**2, _squares(candidate) / self.top**2
        variance = np.where(used, _bag_variance(squares_b + squares_c, kb * mean_b + kc * mean_c, kb, kc), 0.0)
        noise_b = np.where(self.identical, 0.0, _mean_variance(squares_b, mean_b, kb))
        noise_c = np.where(self.identical, 0.0, _mean_variance(squares_c, mean_c, kc))
        kind, bags = self._bags(baseline, candidate, kc, used)
        return View(lacking, missing, kb, kc, sb, sc, mean_b, mean_c, change, variance, noise_b, noise_c, kind, bags)

    def _bags(
        self, baseline: IntArray, candidate: IntArray, kc: IntArray, used: BoolArray
    ) -> tuple[IntArray, list[Bag]]:
        """Number the distinct bags among the strata in use, so that equal ones are worked out once."""
        columns = [(baseline == v).sum(1) + (candidate == v).sum(1) for v in range(self.top + 1)]
        keys = np.stack([*columns, kc, self.decisions], axis=1)[used].astype(np.int32)
        kind = np.full(len(self.strata), -1, dtype=np.int64)
        if not len(keys):
            return kind, []
        packed = np.ascontiguousarray(keys).view(np.dtype((np.void, keys.dtype.itemsize * keys.shape[1]))).ravel()
        _, first, inverse = np.unique(packed, return_index=True, return_inverse=True)
        kind[used] = inverse
        scores = np.arange(self.top + 1)
        return kind, [
            Bag(tuple(np.repeat(scores, key[:-2]).tolist()), int(key[-2]), int(key[-1])) for key in keys[first]
        ]


def _matrix(rows: Sequence[Sequence[float | None]]) -> FloatArray:
    """One line a stratum; nan where a trial was not measured, ABSENT beyond the last."""
    lengths = np.array([len(row) for row in rows])
    width = int(lengths.max(initial=0))
    if bool((lengths == width).all()):
        return np.array(rows, dtype=np.float64).reshape(len(rows), width)
    flat = np.array([score for row in rows for score in row], dtype=np.float64)
    matrix = np.full((len(rows), width), float(ABSENT))
    matrix[np.arange(width) < lengths[:, None]] = flat
    return matrix


def _on_grid(scores: FloatArray, top: int) -> IntArray:
    steps = np.where(scores < 0, ABSENT, np.floor(scores * top + 0.5))
    return np.asarray(np.where(np.isnan(scores), UNMEASURED, steps), dtype=np.int64)


def _first(scores: IntArray, counts: IntArray) -> IntArray:
    """The first `counts` trials of each line: BEYOND takes no part, what should be there and is not is ABSENT."""
    width = int(counts.max(initial=0))
    wide = np.full((len(scores), width), ABSENT, dtype=np.int64)
    shared = min(width, scores.shape[1])
    wide[:, :shared] = scores[:, :shared]
    wide[np.arange(width) >= counts[:, None]] = BEYOND
    return wide


def _filled(scores: IntArray, value: int) -> IntArray:
    """The scores with `value` for what was not measured."""
    return np.asarray(np.where(scores == UNMEASURED, value, scores), dtype=np.int64)


def _one_draw(scores: IntArray, counts: IntArray, equal: IntArray) -> IntArray:
    """Byte-equal replies of a whole arm are copies of one draw: one of them counts."""
    copies = (equal >= np.maximum(counts, FEWEST_COPIES)) & (counts >= FEWEST_COPIES)
    if copies.any():
        scores[np.ix_(copies, np.arange(1, scores.shape[1]))] = BEYOND
    return scores


def _squares(scores: IntArray) -> FloatArray:
    squares: FloatArray = (np.where(scores >= 0, scores, 0).astype(np.float64) ** 2).sum(1)
    return squares


def _bag_variance(squares: FloatArray, sums: FloatArray, kb: IntArray, kc: IntArray) -> FloatArray:
    """Variance of a random split's difference of means: that of the bag (n - 1) times (1/kb + 1/kc)."""
    size = np.maximum(kb + kc, 2)
    spread = np.maximum(squares - sums**2 / size, 0.0) / (size - 1)
    return np.asarray(spread * (1 / np.maximum(kb, 1) + 1 / np.maximum(kc, 1)), dtype=np.float64)


def _mean_variance(squares: FloatArray, mean: FloatArray, k: IntArray) -> FloatArray:
    """Variance of an arm's mean, s^2/k; nan where one trial cannot tell."""
    spread = np.maximum(squares / np.maximum(k, 1) - mean**2, 0.0) / np.maximum(k - 1, 1)
    return np.asarray(np.where(k > 1, spread, np.nan), dtype=np.float64)
