"""Limits learned in one run <-> a small file beside the ledger, so that the next run begins with them.

Named by provider, host, model and a mark of the key (never the key). The file may be lost or damaged at no cost.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from callgate.engines.access import key_mark
from callgate.engines.prices import provider
from callgate.execute.limiter import Learned, Limiter, learned_from


class Limits:
    """The limiters of one execution; `at_once` is the cap that somebody set."""

    def __init__(self, path: Path, at_once: int | None = None) -> None:
        self._path = path
        self._at_once = at_once
        self._limiters: dict[str, Limiter] = {}
        self._before = self._read()

    def limiter(self, model: str, endpoint: str) -> Limiter:
        """The limiter of a model at a host."""
        name = " ".join((provider(model) or "?", endpoint or "-", model, key_mark(model)))
        if name not in self._limiters:
            self._limiters[name] = Limiter(self._before.get(name), most=self._at_once)
        return self._limiters[name]

    def keep(self) -> None:
        """Writes what was learned beside what others learned meanwhile. Where it cannot be written it is forgotten."""
        learned = {name: found for name, one in self._limiters.items() if (found := one.learned())}
        if self._at_once is not None or not learned or learned.items() <= self._before.items():
            return
        body = {name: {"limit": one.limit, "doubling": one.doubling} for name, one in (self._read() | learned).items()}
        part = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        with suppress(OSError):
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write(json.dumps(body, indent=1, sort_keys=True) + "\n")
            part.replace(self._path)

    def _read(self) -> dict[str, Learned]:
        try:
            return learned_from(json.loads(self._path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}
