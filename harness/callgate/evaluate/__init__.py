"""The use cases: a plan is made, executed, graded and gated; a stored run is shown; files are checked.

`plan` reads and pairs, `run` draws trials look by look, `grading` grades them, `rows` makes the gate's rows, `leave`
writes the reports, `again` answers a run that nothing has changed for, `show`, `check` and `doctor` are the commands of
those names.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from callgate.evaluate.options import Options

if TYPE_CHECKING:
    from callgate.evaluate.check import validated
    from callgate.evaluate.doctor import diagnosis
    from callgate.evaluate.measuring import Report
    from callgate.evaluate.outcome import Outcome
    from callgate.evaluate.show import shown

__all__ = ["Options", "Outcome", "diagnosis", "evaluate", "shown", "validated"]

_LAZY = {
    "Outcome": "callgate.evaluate.outcome",
    "diagnosis": "callgate.evaluate.doctor",
    "shown": "callgate.evaluate.show",
    "validated": "callgate.evaluate.check",
}
"""Loaded when they are first used: graders and numbers take most of a second on a slow machine."""


def evaluate(
    root: Path, path: Path, options: Options, *, progress: Report | None = None, share: bool = False
) -> Outcome:
    """Runs one eval to its decision, or tells it again where nothing that it depends on has changed; `share` leaves a
    page for people outside the team too. Raises Mistake for anything wrong in the files, before the first call."""
    from callgate.evaluate.again import again

    known = None if share else again(root, path, options)
    if known is not None:
        return known
    from callgate.evaluate.run import evaluate as run

    return run(root, path, options, progress=progress, share=share)


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'callgate.evaluate' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
