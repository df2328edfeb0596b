"""Where a share of a distribution lies: levels in; quantiles of the normal, of Student's t and of the beta out.

Worked out here, since importing scipy.special takes longer than a whole decision; the tests hold them to scipy's.
"""

from __future__ import annotations

import math
from functools import lru_cache

MANY = 1000  # degrees of freedom from which the expansion around the normal is exact to double precision
STEPS = 200  # of a root or a continued fraction, far more than either takes
EXACT = 1e-15
CLOSE = 1e-9  # a step of Newton's that is smaller than this has doubled its digits to all that there are
SMALLEST = 1e-300


@lru_cache(maxsize=256)
def z_quantile(level: float) -> float:
    """The standard normal's quantile."""
    beyond = min(level, 1.0 - level)
    s = math.sqrt(-2.0 * math.log(beyond))
    top, bottom = 2.515517 + s * (0.802853 + s * 0.010328), 1.0 + s * (1.432788 + s * (0.189269 + s * 0.001308))
    z = s - top / bottom  # Hastings 1955, good to 4.5e-4; each of Halley's steps triples the digits
    for _ in range(3):
        error = (0.5 * math.erfc(z / math.sqrt(2.0)) - beyond) * math.sqrt(2.0 * math.pi) * math.exp(z * z / 2.0)
        z += error / (1.0 - error * z / 2.0)
    return math.copysign(z, level - 0.5)


@lru_cache(maxsize=4096)
def t_quantile(level: float, freedom: int) -> float:
    """Student's t: the value that is exceeded with probability 1 - level."""
    if level == 0.5:
        return 0.0
    beyond = 2.0 * min(level, 1.0 - level)
    t = abs(_expanded(z_quantile(level), freedom))
    if freedom < MANY:
        share = freedom / (freedom + t**2)  # it has a beta's distribution, and so has the rest of 1
        if beyond < 0.5:
            outer = beta_quantile(beyond, freedom / 2, 0.5, start=share)
            t = math.sqrt(freedom * (1.0 - outer) / outer)
        else:
            inner = beta_quantile(1.0 - beyond, 0.5, freedom / 2, start=1.0 - share)
            t = math.sqrt(freedom * inner / (1.0 - inner))
    return math.copysign(t, level - 0.5)


def _expanded(z: float, freedom: int) -> float:
    """Student's quantile from the normal's (Fisher and Cornish 1960, by powers of 1/freedom)."""
    terms: tuple[float, ...] = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / float(freedom) ** power for power, term in enumerate(terms, 1))


def beta_quantile(share: float, a: float, b: float, *, start: float | None = None) -> float:
    """The x in 0..1 below which `share` of a Beta(a, b) lies: Newton's steps, kept within a bracket that shrinks."""
    low, high = 0.0, 1.0
    x = a / (a + b) if start is None else start
    for _ in range(STEPS):
        if not 0.0 < x < 1.0:
            break
        over = beta_share(x, a, b) - share
        low, high = (low, x) if over > 0.0 else (x, high)
        slope = math.exp((a - 1.0) * math.log(x) + (b - 1.0) * math.log1p(-x) - _log_beta(a, b))
        step = over / max(slope, SMALLEST)
        if abs(step) <= CLOSE * min(x, 1.0 - x):
            return x - step
        x = x - step if low < x - step < high else (low + high) / 2
    return x


def beta_share(x: float, a: float, b: float) -> float:
    """How much of a Beta(a, b) lies below x: the regularised incomplete beta function."""
    if not 0.0 < x < 1.0:
        return float(x >= 1.0)
    front = math.exp(a * math.log(x) + b * math.log1p(-x) - _log_beta(a, b))
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _fraction(x, a, b) / a
    return 1.0 - front * _fraction(1.0 - x, b, a) / b


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, from its front (Lentz's way)."""
    c, d = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, STEPS + int(math.sqrt(max(a, b))) * 10):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        for term in (even, odd):
            d = 1.0 / _away(1.0 + term * d)
            c = _away(1.0 + term / c)
            value *= c * d
        if abs(c * d - 1.0) < EXACT:
            break
    return value


def _away(value: float) -> float:
    """The value, kept off zero."""
    return value if abs(value) > SMALLEST else SMALLEST
