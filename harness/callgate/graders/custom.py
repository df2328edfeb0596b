"""One's own graders: `@grader` functions of evals/graders.py, checked without running them, run in their own process.

The process has an empty environment and, where the platform allows it, no network. It reads JSON lines and answers
JSON lines; a grader that crashes, hangs or kills the process fails its own rows and no others.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TypeVar

from callgate.concepts import Case, DecisionPoint, Failure, Grade, Json, Mistake, Place, Problem, Trial, digest
from callgate.files import read_text
from callgate.graders.options import checked
from callgate.graders.wire import decoded_grade, encoded

SOURCE = Path("evals/graders.py")
SECONDS_A_ROW = 10
"""A grader that takes longer for one trial has failed it."""
SECONDS_MORE = 60
"""What a process may take beyond that, to start and to write, before it is ended."""

_Function = TypeVar("_Function", bound=Callable[..., Grade])
MARK = "__callgate_grader__"


def grader(function: _Function) -> _Function:
    """Lifts `def name(case, decision, reply, *, option=default) -> Score | NotApplicable | Failure` to a grader.

    `decision` is the DecisionPoint. `reply` is one Reply that holds all that was said and every call that was made; a
    third parameter called `trial` gets the whole Trial instead, with what the tools answered. Options are keyword-only
    with a literal default, whose type a value in the eval file must have.
    """
    setattr(function, MARK, True)
    return function


@dataclass(frozen=True, slots=True)
class CustomGrader:
    """A grader as written in `path`: its options, and the digest of the whole file as its version.

    `label` is how messages call the file; for an installed one it names the distribution too.
    """

    name: str
    options: Mapping[str, Json]
    source: str
    path: Path
    label: str = str(SOURCE)

    def bound(self, given: Mapping[str, Json], place: Place) -> tuple[CustomGrader, list[Problem]]:
        """With an eval's options, and what is wrong with them."""
        options, problems = checked(self.name, given, self.options, place)
        return replace(self, options=options), problems


@dataclass(frozen=True, slots=True)
class Row:
    """One trial that one's own graders are to score."""

    case: Case
    point: DecisionPoint
    trial: Trial


def read_custom(path: Path, label: str = str(SOURCE)) -> Mapping[str, CustomGrader]:
    """The graders in a file by name, read and checked without running a line of it. None there: none."""
    if not path.is_file():
        return {}
    text = read_text(path, label)
    try:
        tree = ast.parse(text)
    except (ValueError, RecursionError, MemoryError) as error:
        raise Mistake([Problem(Place(label), f"not Python that can be read: {error or 'it is too deep'}")]) from None
    except SyntaxError as error:
        place = Place(label, error.lineno or 1, error.offset or 1)
        raise Mistake([Problem(place, f"not Python: {error.msg}")]) from None
    problems: list[Problem] = []
    found = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(map(_marks, node.decorator_list)):
            options = _options(node, label, problems)
            found[node.name] = CustomGrader(node.name, options, digest(text), path, label)
    if problems:
        raise Mistake(problems)
    return found


def _marks(decorator: ast.expr) -> bool:
    return (isinstance(decorator, ast.Name) and decorator.id == "grader") or (
        isinstance(decorator, ast.Attribute) and decorator.attr == "grader"
    )


def _options(node: ast.FunctionDef | ast.AsyncFunctionDef, label: str, problems: list[Problem]) -> dict[str, Json]:
    """The options of a grader with their defaults; what is wrong with its signature goes to `problems`."""

    def wrong(message: str) -> None:
        problems.append(Problem(Place(label, node.lineno, node.col_offset + 1), f"grader {node.name}: {message}"))

    arguments = node.args
    if isinstance(node, ast.AsyncFunctionDef):
        wrong("is async; wanted a plain function")
    if len(arguments.posonlyargs + arguments.args) != 3 or arguments.vararg or arguments.kwarg:
        wrong(
            "wanted (case, decision, reply, *, option=default), or `trial` for `reply`: three parameters, then "
            "keyword-only options"
        )
    options: dict[str, Json] = {}
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        try:
            options[argument.arg] = ast.literal_eval(default) if default is not None else None
            json.dumps(options[argument.arg], allow_nan=False)
        except (ValueError, TypeError):
            wrong(f"the default of {argument.arg} is not a literal that JSON knows")
        if default is None:
            wrong(f"option {argument.arg} has no default")
    return options


_BARE = "run with an empty environment, but with the network and the sight of other processes"


@cache
def sandbox() -> tuple[tuple[str, ...], str]:
    """The words that put a process apart from the network, and a note where this platform has none.

    A user namespace of its own also keeps it from reading the environment of our process in /proc.
    """
    tool = shutil.which("unshare")
    if tool is None:
        return (), f"custom graders {_BARE}: there is no unshare here"
    words = (tool, "-rn")
    allowed = subprocess.run([*words, "true"], capture_output=True, check=False, env={"PATH": "/usr/bin:/bin"})  # noqa: S603
    if allowed.returncode != 0:
        return (), f"custom graders {_BARE}: unshare -rn is not allowed here"
    return words, ""


def run(graders: Sequence[CustomGrader], rows: Sequence[Row]) -> list[dict[str, Grade]]:
    """The grades of each row, in order, by grader. One process a file, and another only where one died."""
    results: list[dict[str, Grade]] = [{} for _ in rows]
    for path in dict.fromkeys(g.path for g in graders):
        found = _run_file([g for g in graders if g.path == path], rows)
        results = [{**old, **new} for old, new in zip(results, found, strict=True)]
    return results


def unrunnable(graders: Sequence[CustomGrader]) -> list[Problem]:
    """The files of these graders that break when they are run, each at the line that raised. They are run apart, as for
    grading, and no grader of theirs is called."""
    files: dict[Path, list[CustomGrader]] = {}
    for grader in graders:
        files.setdefault(grader.path, []).append(grader)
    return [problem for some in files.values() if (problem := _tried(some))]


def _tried(graders: Sequence[CustomGrader]) -> Problem | None:
    """What is wrong with the file of these graders, in one line."""
    out = _session(graders, [], [])
    try:
        told = json.loads(out.partition("\n")[0])
        line, why = told["line"], told["why"]
    except (ValueError, KeyError, TypeError, RecursionError):
        line, why = 1, "cannot be run: it ended its process"
    why = " ".join(str(why).encode("utf-8", "backslashreplace").decode().split())
    return Problem(Place(graders[0].label, line, 1), why) if why else None


def _run_file(graders: Sequence[CustomGrader], rows: Sequence[Row]) -> list[dict[str, Grade]]:
    """The same for graders of one file."""
    results: list[dict[str, Grade]] = [{} for _ in rows]
    for index, row in enumerate(rows):
        if row.trial.failure is not None:
            results[index] = {g.name: row.trial.failure for g in graders}
    todo = [(i, g.name) for i, row in enumerate(rows) if row.trial.failure is None for g in graders]
    while todo:
        answered = _answered(_session(graders, rows, todo), len(todo))
        for number, grade in answered.items():
            index, name = todo[number]
            results[index][name] = grade
        left = [number for number in range(len(todo)) if number not in answered]
        if left:  # the process died at the first job that it did not answer
            index, name = todo[left[0]]
            results[index][name] = Failure("grader_error", f"{name} ended its process")
        todo = [todo[number] for number in left[1:]]
    return results


def _session(graders: Sequence[CustomGrader], rows: Sequence[Row], todo: Sequence[tuple[int, str]]) -> str:
    """What one process wrote until it ended: whether the file can be run, then the grades of the jobs."""
    command = [*sandbox()[0], sys.executable, "-I", "-m", "callgate.graders.apart"]
    lines = "\n".join(_lines(graders, rows, todo)) + "\n"
    limit = SECONDS_A_ROW * len(todo) + SECONDS_MORE
    process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={},
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # what it starts is ended with it
    )
    try:
        out, _ = process.communicate(lines, timeout=limit)
    except subprocess.TimeoutExpired as late:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        try:
            out, _ = process.communicate(timeout=5)
        except subprocess.TimeoutExpired:  # something it started left its group and holds the pipe
            out = (late.stdout or b"").decode("utf-8", "replace") if isinstance(late.stdout, bytes) else ""
    return out


def _answered(out: str, jobs: int) -> dict[int, Grade]:
    """The grades in what a process wrote. A line that is none is left out; what has two grades has none."""
    found: dict[int, Grade] = {}
    for line in out.split("\n"):
        try:
            told = json.loads(line)
            number, grade = told["number"], told["grade"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if type(number) is int and 0 <= number < jobs and isinstance(grade, str):
            twice = Failure("grader_error", "graded twice: it started another process, or wrote where grades go")
            found[number] = twice if number in found else decoded_grade(grade)
    return found


def _lines(graders: Sequence[CustomGrader], rows: Sequence[Row], todo: Sequence[tuple[int, str]]) -> Iterable[str]:
    """The source and options, each case once, then a job a line."""
    options = {g.name: dict(g.options) for g in graders}
    source = read_text(graders[0].path, graders[0].label)
    yield json.dumps({"source": source, "name": graders[0].label, "options": options, "seconds": SECONDS_A_ROW})
    told: set[int] = set()
    for number, (index, name) in enumerate(todo):
        row = rows[index]
        if id(row.case) not in told:
            told.add(id(row.case))
            yield json.dumps({"case": id(row.case), "value": encoded(row.case)})
        job = {"number": number, "job": name, "of": id(row.case), "point": row.point.id}
        yield json.dumps({**job, "trial": encoded(row.trial)})
