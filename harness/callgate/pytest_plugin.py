"""pytest reads eval files: `pytest evals/` makes an item of each segment and metric; `assert_no_regression` for tests.

An eval is run once, when the first of its items is, and costs what `callgate eval` costs. So only an eval that is named
on the command line, or whose folder is, becomes items: a bare `pytest` never spends money.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from callgate.concepts import Comparison, Decision

Check = Callable[..., "Decision"]
WHOLE = "verdict"
"""The item that stands for the whole eval."""


class NotPassedError(Exception):
    """A segment, or the whole, that the gate did not pass: blocked, or not measured."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> EvalFile | None:
    """An eval of a project's `evals/` that was named on the command line."""
    if file_path.suffix not in {".yaml", ".yml"} or file_path.parent.name != "evals" or file_path.name[0] in "._":
        return None
    start = parent.config.invocation_params.dir
    named = {(start / str(word).partition("::")[0]).resolve() for word in parent.config.getoption("file_or_dir")}
    return EvalFile.from_parent(parent, path=file_path) if named & {file_path, file_path.parent} else None


class EvalFile(pytest.File):
    """One eval: its whole verdict, and an item for each segment, metric and model that it compares."""

    _decided: Decision | None = None

    @property
    def root(self) -> Path:
        """The project."""
        return self.path.parent.parent

    def collect(self) -> Iterator[pytest.Item]:
        """The items, from the plan: nothing is run for them."""
        from callgate.concepts import Mistake

        try:
            names = _planned(self.root, self.path)
        except Mistake as mistake:
            raise self.CollectError(str(mistake)) from None
        for name in (WHOLE, *names):
            yield EvalItem.from_parent(self, name=name)

    def decision(self) -> Decision:
        """What the eval came to; run at the first call."""
        if self._decided is None:
            from callgate.evaluate import Options, evaluate

            self._decided = evaluate(self.root, self.path, Options()).decision
        return self._decided


def _planned(root: Path, path: Path) -> list[str]:
    """What an eval is going to compare. Raises Mistake for anything wrong in its files."""
    from callgate.evaluate import Options
    from callgate.evaluate.plan import make_plan
    from callgate.gate.segments import segments

    plan = make_plan(root, path, Options())
    policy = plan.eval.policy
    found = segments(plan.cases, policy)
    models = [contest.label for contest in plan.contests]
    return [_title(each.name, metric, model) for model in models for metric in policy.metrics for each in found]


def _title(segment: str, metric: str, model: str) -> str:
    return f"{segment} {metric} [{model}]"


class EvalItem(pytest.Item):
    """A segment and metric, or the verdict over all."""

    def runtest(self) -> None:
        """Passes where the gate passed it, is skipped where the gate decided nothing, fails in every other case."""
        assert isinstance(self.parent, EvalFile)
        decision = self.parent.decision()
        if self.name == WHOLE:
            _told(decision.verdict, "; ".join(decision.reasons) or decision.verdict)
            return
        row = next((row for row in decision.comparisons if _title(row.name, row.metric, row.model) == self.name), None)
        if row is not None:
            _told(row.verdict, _words(decision, row))
        elif decision.verdict != "unchanged":
            pytest.skip("not compared: no case of it could be, or another segment has the same cases")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What the gate says, or a mistake with its place, without a traceback."""
        from callgate.concepts import Mistake

        told = isinstance(excinfo.value, NotPassedError | Mistake)
        return str(excinfo.value) if told else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where an IDE goes, and how the item is called."""
        return self.path, 0, f"{self.path.stem}: {self.name}"


def _told(verdict: str, words: str) -> None:
    if verdict in {"block", "incomplete"}:
        raise NotPassedError(words)
    if verdict not in {"pass", "unchanged"}:
        pytest.skip(words)


def _words(decision: Decision, row: Comparison) -> str:
    from callgate.report.words import percent, points, printable, verdict_words

    said = printable(" ".join(verdict_words(decision, row).split()))
    return f"{percent(row.baseline_mean)} to {percent(row.candidate_mean)} ({points(row.change)} points): {said}"


@pytest.fixture
def assert_no_regression() -> Check:
    """`assert_no_regression(baseline, candidate, by=["language"])`, with what `callgate.compare` takes.

    Fails unless the gate passes; `undecided_is_fine=True` lets INCONCLUSIVE through, never a block nor what was not
    measured. Returns the Decision.
    """

    def check(
        baseline: Any, candidate: Any, *, undecided_is_fine: bool = False, by: Sequence[str] = (), **more: Any
    ) -> Decision:
        from callgate.interchange import compare

        decision = compare(baseline, candidate, by=by, **more)
        fine = {"pass", "unchanged", "inconclusive"} if undecided_is_fine else {"pass", "unchanged"}
        if decision.verdict not in fine:
            pytest.fail(f"{decision.verdict.upper()}: {'; '.join(decision.reasons)}", pytrace=False)
        return decision

    return check
