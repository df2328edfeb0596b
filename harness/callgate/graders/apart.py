"""The process in which one's own graders run: JSON lines in, a grade a line out. Started by custom.py alone."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from functools import partial
from inspect import signature
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any

from callgate.concepts import Case, Failure, Grade, Reply, Trial
from callgate.graders.custom import MARK
from callgate.graders.wire import decoded, encoded_grade

MOST_LATE = 3
"""A grader that was late so often in one process is not run again there."""


def main() -> None:
    """Answers every job of standard input in order. What a grader prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    head, *jobs = sys.stdin.read().splitlines()  # all of them now: a grader finds nothing to read there
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
    about = json.loads(head)
    functions, line = _functions(about["source"], about["name"], about["seconds"], about["options"])
    why = functions.why if isinstance(functions, Failure) else _unmarked(functions, about)
    answers.write(json.dumps({"line": line, "why": why}) + "\n")
    answers.flush()
    for number, answer in _answers(jobs, functions, about):
        answers.write(json.dumps({"number": number, "grade": answer}) + "\n")
        answers.flush()


def _functions(
    source: str, name: str, seconds: int, names: Iterable[str]
) -> tuple[dict[str, Callable[..., Grade]] | Failure, int]:
    """The marked functions of these names in the file, run from its text; a failure where it cannot be run, and the
    line it got to."""
    module = ModuleType("evals.graders")
    module.__file__ = name
    sys.modules[module.__name__] = module  # a dataclass looks there for its own module
    signal.signal(signal.SIGALRM, _stop)
    signal.alarm(seconds)
    try:
        exec(compile(source, name, "exec", dont_inherit=True), module.__dict__)  # noqa: S102  # this process exists for it
        scope: dict[str, Any] = vars(module)
        return {key: scope[key] for key in names if getattr(scope.get(key), MARK, False)}, 1
    except BaseException as error:  # noqa: BLE001  # a stranger's code
        late = isinstance(error, _Late)
        why = f"it took longer than {seconds} s" if late else _told(error)
        return Failure("grader_error", f"cannot be run: {why}"[:300]), _line(error, name)
    finally:
        signal.alarm(0)


def _told(error: BaseException) -> str:
    """An error of a stranger's code in words, whatever its own words do."""
    try:
        return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    except BaseException:  # noqa: BLE001
        return type(error).__name__


def _unmarked(functions: dict[str, Callable[..., Grade]], about: dict[str, Any]) -> str:
    """A line where the file, once it was run, has not all graders that its text has; or nothing."""
    gone = [name for name in about["options"] if name not in functions]
    return f"{', '.join(gone)}: no grader any more when the file is run: put @grader above the others" if gone else ""


def _line(error: BaseException, name: str) -> int:
    """The last line of the file that an error came through."""
    if isinstance(error, SyntaxError) and error.filename == name:
        return error.lineno or 1
    lines = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == name]
    return (lines[-1] if lines else None) or 1


def _answers(
    jobs: list[str], functions: dict[str, Callable[..., Grade]] | Failure, head: dict[str, Any]
) -> Iterator[tuple[int, str]]:
    """The number of each job, and its grade as a line."""
    cases: dict[int, Any] = {}
    late: Counter[str] = Counter()
    for line in jobs:
        told = json.loads(line)
        if "case" in told:
            cases[told["case"]] = told["value"]
        elif isinstance(functions, Failure):
            yield told["number"], encoded_grade(functions)
        elif late[told["job"]] >= MOST_LATE:
            over = Failure("grader_error", f"not run: it was late {MOST_LATE} times before")
            yield told["number"], encoded_grade(over)
        else:
            try:
                grade = _graded(
                    partial(_called, functions, head, decoded(deepcopy(cases[told["of"]])), told), head["seconds"]
                )
            except _Late:
                late[told["job"]] += 1
                grade = encoded_grade(Failure("grader_error", f"took longer than {head['seconds']} s"))
            yield told["number"], grade


def _called(
    functions: dict[str, Callable[..., Grade]], head: dict[str, Any], case: Case, told: dict[str, Any]
) -> Grade:
    """What a grader says of one job."""
    function, trial = functions[told["job"]], decoded(told["trial"])
    decision = next(point for point in case.points if point.id == told["point"])
    third = trial if list(signature(function).parameters)[2] == "trial" else whole(trial)
    return function(case, decision, third, **deepcopy(head["options"][told["job"]]))


def _graded(grading: Callable[[], Grade], seconds: int) -> str:
    """One grade, or the failure of a grader that raised or returned something else. Raises _Late."""
    signal.signal(signal.SIGALRM, _stop)
    signal.alarm(seconds)
    try:
        return encoded_grade(grading())
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a stranger's code
        return encoded_grade(Failure("grader_error", _told(error)[:300]))
    finally:
        signal.alarm(0)


class _Late(BaseException):
    """A grader has had its time. No Exception, so that one which goes on after any error does not go on after this."""


def _stop(_signal: int, _frame: object) -> None:
    raise _Late


def whole(trial: Trial) -> Reply:
    """All that was said and every call that was made, as one reply."""
    calls = tuple(answer.call for answer in trial.answers)
    outcome = trial.steps[-1].reply.outcome if trial.steps else "empty"
    return Reply(text=trial.speech, calls=calls, outcome=outcome)


if __name__ == "__main__":
    main()
