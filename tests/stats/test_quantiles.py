"""The quantiles that the gate works out itself are scipy's."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from callgate.stats.quantiles import beta_quantile, beta_share, t_quantile, z_quantile

LEVELS = (1e-9, 0.001, 0.2, 0.45, 0.5, 0.51, 0.8, 0.95, 0.97, 0.985, 0.995, 0.9999, 1 - 1e-9)
FREEDOMS = (1, 2, 3, 4, 5, 24, 30, 150, 201, 998, 999, 1000, 1001, 50_001, 1_000_000)


@pytest.mark.parametrize("level", LEVELS)
def test_normal_and_students_quantiles(level):
    assert z_quantile(level) == pytest.approx(special.ndtri(level), rel=1e-12, abs=1e-15)
    for freedom in FREEDOMS:
        within = 1e-12 if 1e-6 < level < 1 - 1e-6 else 1e-11
        assert t_quantile(level, freedom) == pytest.approx(special.stdtrit(freedom, level), rel=within, abs=1e-14)


@given(st.floats(0.25, 20_000), st.floats(0.25, 20_000), st.floats(0.0005, 0.9995))
def test_the_incomplete_beta_function_and_its_inverse(a, b, share):
    expected = special.betaincinv(a, b, share)
    assert beta_quantile(share, a, b) == pytest.approx(expected, rel=1e-10)
    assert beta_share(expected, a, b) == pytest.approx(special.betainc(a, b, expected), abs=1e-10)


def test_the_ends():
    assert [beta_share(x, 2, 3) for x in (-1.0, 0.0, 1.0, 2.0)] == [0, 0, 1, 1]
    assert beta_quantile(0.05, 1e-15, 4) < 1e-50
    assert beta_quantile(0.05, 20, 1) == pytest.approx(0.05 ** (1 / 20), rel=1e-14)


def test_the_gate_decides_without_scipy():
    asked = "import sys, callgate.gate, callgate.stats.planning, callgate.stats.labels; print('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True).stdout == "False\n"
