"""What an eval came to, and what it leaves. Light: a run that is answered from its record imports little more."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path

from callgate.concepts import Decision, Json, digest
from callgate.execute.machine import Spent
from callgate.report.words import plural

LEDGER = Path(".callgate/ledger.db")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an eval came to. `warns`: the eval lets an inconclusive verdict through, visibly. `notes` are lines for
    people about this invocation; `folder` where the reports lie; `lanes` how many calls went which way; `paces` how
    seconds, tokens and dollars of a reply changed (JSON)."""

    decision: Decision
    warns: bool
    spent: Spent
    judged: Spent
    seconds: float
    interrupted: bool
    notes: tuple[str, ...] = ()
    folder: Path | None = None
    lanes: Mapping[str, int] = field(default_factory=dict)
    paces: tuple[Json, ...] = ()

    @property
    def exit_code(self) -> int:
        return 130 if self.interrupted else self.decision.exit_code

    @property
    def spent_words(self) -> str:
        """What this invocation asked and paid, in one line."""
        return spent_words(self.spent, self.judged, self.seconds)


def spent_words(spent: Spent, judged: Spent, seconds: float) -> str:
    """ "1,560 replies new, 1,560 from the ledger; 9 s, $0.00" """
    new, cached = spent.replies + judged.replies, spent.cached + judged.cached
    took = f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    dollars = spent.dollars + judged.dollars
    cost = f"${dollars:.2f}" + (" and an unknown price" if spent.unpriced + judged.unpriced else "")
    judges = f", of it ${judged.dollars:.2f} for judges" if judged.dollars else ""
    asked = (
        f"{plural(new, 'reply')} new, {cached:,} from the ledger" if new or cached else "measured before: nothing asked"
    )
    return f"{asked}; {took}, {cost}{judges}"


def this_run(outcome: Outcome) -> dict[str, Json]:
    """What only this invocation knows: run.json."""
    from importlib.metadata import version

    return {
        "command": " ".join(["callgate", *sys.argv[1:]]),
        "callgate": version("callgate"),
        "litellm": version("litellm"),
        "calls": outcome.spent.calls + outcome.judged.calls,
        "from_the_ledger": outcome.spent.cached + outcome.judged.cached,
        "dollars": round(outcome.spent.dollars + outcome.judged.dollars, 6),
        "judge_dollars": round(outcome.judged.dollars, 6),
        "lanes": dict(outcome.lanes),
        "ratios": list(outcome.paces),
        "seconds": round(outcome.seconds, 2),
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


@cache
def own_code() -> str:
    """The digest of this package's own source and data: another version may decide otherwise."""
    here = Path(__file__).parents[1]
    files = (path for path in sorted(here.rglob("*.*")) if path.suffix != ".pyc" and path.is_file())
    return digest({str(path): sha256(path.read_bytes()).hexdigest() for path in files})
