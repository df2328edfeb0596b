"""Text -> the same text without secrets: what stands before every sink (ledger, log, report, terminal).

Two nets: the exact values of environment variables whose names say that they are secret, in plain, URL-encoded and
base64 form; and the shapes that keys of known providers have. Purely textual: nothing here knows where a text goes.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from urllib.parse import quote, quote_plus

MASK = "[redacted]"
SHORTEST_SECRET = 8
"""Values shorter than this are not masked by value: they would eat ordinary words."""
WHY_LIMIT = 300
"""Characters of a provider's error that are kept."""

_SECRET_NAME = re.compile(r"(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)(?:_ID)?$", re.IGNORECASE)
_SHAPES = re.compile(
    r"""
      \bsk-[A-Za-z0-9_*-]{8,}                                   # OpenAI, Anthropic; also half starred
    | \b(?:AKIA|ASIA)[A-Z0-9]{12,}                              # AWS access key ids
    | \bgh[pousr]_[A-Za-z0-9]{16,} | \bgithub_pat_\w{20,}       # GitHub
    | \bxox[abprs]-[A-Za-z0-9-]{10,}                            # Slack
    | \bAIza[A-Za-z0-9_-]{20,}                                  # Google
    | \beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]* # JSON web tokens
    | (?<=\b(?i:bearer)\ )[A-Za-z0-9._~+/*-]{6,}=*
    | (?<=\b(?i:basic)\ )[A-Za-z0-9+/]{12,}=*
    | (?<=://)[^\s/:@]+:[^\s/@]+(?=@)                           # user:password@host
    """,
    re.VERBOSE,
)


def redact(text: str, environment: Mapping[str, str] | None = None) -> str:
    """`text` with every known secret replaced by `[redacted]`; `environment` defaults to the process's own."""
    values = _secret_values(os.environ if environment is None else environment)
    if values:
        text = _by_value(values).sub(MASK, text)
    return _SHAPES.sub(MASK, text)


def brief(text: str, limit: int = WHY_LIMIT) -> str:
    """A provider's words as a `why`: redacted first, then on one line, then cut, so that no half of a key is left."""
    line = " ".join(redact(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _secret_values(environment: Mapping[str, str]) -> frozenset[str]:
    return frozenset(
        value.strip()
        for name, value in environment.items()
        if len(value.strip()) >= SHORTEST_SECRET and _SECRET_NAME.search(name)
    )


@lru_cache(maxsize=8)
def _by_value(values: frozenset[str]) -> re.Pattern[str]:
    """One pattern for all forms of all values, the longest first, so that no tail survives a shorter one."""
    forms = {form for value in values for form in _forms(value)}
    return re.compile("|".join(re.escape(form) for form in sorted(forms, key=lambda form: (-len(form), form))))


def _forms(value: str) -> Iterator[str]:
    """The value as it may travel. In base64 it may start at any of three offsets: those characters that do not depend
    on its neighbours are looked for."""
    yield value
    yield json.dumps(value)[1:-1]
    yield quote(value)
    yield quote(value, safe="")
    yield quote_plus(value)
    raw = value.encode("utf-8", "surrogateescape")
    for offset in range(3):
        first = (0, 2, 3)[offset]  # characters that also hold bits of what stands before
        last = (len(raw) + offset) * 8 // 6  # characters whose six bits are all ours
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            form = encode(b"\0" * offset + raw).decode("ascii")[first:last]
            if len(form) >= SHORTEST_SECRET:
                yield form
