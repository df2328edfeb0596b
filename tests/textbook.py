"""Figures of a classifier as a textbook computes them, without any of the product's functions; and the scripted law that
the tests' classifiers follow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.stats import binomtest

from callgate.stats.labels import Figures


def law(sure: float) -> float:
    """How often a scripted classifier is right where it says it is so sure: less often than it says."""
    return float(0.98 * sure**0.7)


def check(found: Figures, sent: Sequence[tuple[str, str, float]]) -> None:
    """Whether figures are those of (truth, label, confidence), each to 1e-9."""
    names = sorted({truth for truth, _, _ in sent} | {label for _, label, _ in sent})
    table = np.zeros((len(names), len(names)))  # a confusion matrix
    for truth, label, _ in sent:
        table[names.index(truth), names.index(label)] += 1
    hits, of, said = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    assert found.count == len(sent)
    assert found.accuracy == pytest.approx(hits.sum() / table.sum(), abs=1e-9)
    precision = np.divide(hits, said, out=np.zeros_like(hits), where=said > 0)
    recall = np.divide(hits, of, out=np.zeros_like(hits), where=of > 0)
    both = precision + recall
    f1 = np.divide(2 * precision * recall, both, out=np.zeros_like(hits), where=both > 0)
    assert found.macro_f1 == pytest.approx(f1.mean(), abs=1e-9)
    for index, name in enumerate(names):
        if of[index]:
            right, total = found.recall[name]
            assert right / total == pytest.approx(recall[index], abs=1e-9)
    assert sum(times for *_, times in found.confusions) == table.sum() - hits.sum()
    sure = np.array([confidence for *_, confidence in sent])
    correct = np.array([truth == label for truth, label, _ in sent])
    apart = 0.0
    for low, high in [(step / 10, (step + 1) / 10) for step in range(10)]:
        inside = (sure > low) & (sure <= high) if low else sure <= high
        if inside.any():
            apart += inside.mean() * abs(sure[inside].mean() - correct[inside].mean())
    assert found.calibration_error == pytest.approx(apart, abs=1e-9)
    exact = binomtest(int(hits.sum()), len(sent)).proportion_ci(0.95, method="exact")
    assert found.interval == pytest.approx((exact.low, exact.high), abs=1e-9)
