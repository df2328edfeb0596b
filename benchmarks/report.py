"""What it takes to draw the reports of 100,000 trials: 10,000 decisions of five trials a side, all of them changed.

`python benchmarks/report.py`. Prints seconds of one core and the size of each report; exits 1 where the page takes ten
seconds or 5 MB. The calls are those that a page opens, as long as golden calls are.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from callgate.concepts import Decision
from callgate.report.calls import Background
from callgate.report.html import page
from callgate.report.junit import junit
from callgate.report.markdown import summary
from callgate.report.share import shareable
from callgate.report.terminal import screen
from pages import behind, call, decided, flip

DECISIONS, OPENED = 10_000, 90
SECONDS, BYTES = 10.0, 5_000_000


def main() -> int:
    names = [f"es-{n:05}" for n in range(DECISIONS)]
    decision = decided(flips=[flip(name, 1 + n % 5) for n, name in enumerate(names)])
    known = behind(*map(call, names[:OPENED]))
    drawn: dict[str, Callable[[], str]] = {
        "report.html": lambda: page(decision, "", {}, known),
        "share.html": lambda: page(*_shared(decision, known)),
        "summary.md": lambda: summary(decision),
        "junit.xml": lambda: junit(decision),
        "decision.json": decision.to_json,
        "the screen": lambda: screen(decision),
    }
    took = {}
    print(f"{DECISIONS * 10:,} trials, {DECISIONS:,} decisions, all changed\n")
    for name, draw in drawn.items():
        began = time.process_time()
        text = draw()
        took[name] = time.process_time() - began, len(text.encode())
        print(f"  {name:14} {took[name][0]:6.2f} s  {took[name][1] / 1e6:7.3f} MB")
    seconds, size = took["report.html"]
    return int(seconds >= SECONDS or size >= BYTES)


def _shared(decision: Decision, known: Background) -> tuple[Decision, str, None, Background]:
    masked, its = shareable(decision, known)
    return masked, "", None, its


if __name__ == "__main__":
    sys.exit(main())
