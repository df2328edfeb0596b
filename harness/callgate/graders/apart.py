"""The process in which one's own graders run: JSON lines in, a grade a line out. Started by custom.py alone."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from callgate.concepts import Case, Failure, Grade, Reply, Trial
from callgate.graders.custom import MARK
from callgate.graders.wire import decoded, encoded_grade


def main() -> None:
    """Answers every job of standard input in order. What a grader prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    lines = sys.stdin
    head = json.loads(next(lines))
    functions = _functions(head["source"], head["name"])
    for answer in _answers(lines, functions, head):
        answers.write(answer + "\n")
        answers.flush()


def _functions(source: str, name: str) -> dict[str, Callable[..., Grade]] | Failure:
    """The marked functions of the file, run from its text; a failure where it cannot be run."""
    scope: dict[str, Any] = {"__name__": "evals.graders", "__file__": name}
    try:
        exec(compile(source, name, "exec"), scope)  # noqa: S102  # this process exists to run this file
    except BaseException as error:  # noqa: BLE001  # a stranger's code
        return Failure("grader_error", f"{name} cannot be run: {type(error).__name__}: {error}"[:300])
    return {key: value for key, value in scope.items() if getattr(value, MARK, False)}


def _answers(lines: Any, functions: dict[str, Callable[..., Grade]] | Failure, head: dict[str, Any]) -> Iterator[str]:
    cases: dict[int, Case] = {}
    for line in lines:
        told = json.loads(line)
        if "case" in told:
            cases[told["case"]] = decoded(told["value"])
        elif isinstance(functions, Failure):
            yield encoded_grade(functions)
        else:
            case, function, trial = cases[told["of"]], functions[told["job"]], decoded(told["trial"])
            decision = next(point for point in case.points if point.id == told["point"])
            third = trial if function.__code__.co_varnames[2] == "trial" else whole(trial)
            yield _graded(partial(function, case, decision, third, **head["options"][told["job"]]), head["seconds"])


def _graded(grading: Callable[[], Grade], seconds: int) -> str:
    """One grade, or the failure of a grader that raised, hung or returned something else."""
    signal.signal(signal.SIGALRM, _late)
    signal.alarm(seconds)
    try:
        return encoded_grade(grading())
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a stranger's code
        return encoded_grade(Failure("grader_error", f"{type(error).__name__}: {error}"[:300]))
    finally:
        signal.alarm(0)


def _late(_signal: int, _frame: object) -> None:
    raise TimeoutError("took too long")


def whole(trial: Trial) -> Reply:
    """All that was said and every call that was made, as one reply."""
    calls = tuple(answer.call for answer in trial.answers)
    outcome = trial.steps[-1].reply.outcome if trial.steps else "empty"
    return Reply(text=trial.speech, calls=calls, outcome=outcome)


if __name__ == "__main__":
    main()
