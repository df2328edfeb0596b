"""`callgate eval --recorded FILES`: production calls as they happened, by the golden set's own rules and segments.

No model is called and no tool is touched; nothing is written. It is a look and no verdict: there is nothing to compare.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from callgate.concepts import Case, Failure, Grade, Mistake, Problem, Score
from callgate.config import load_eval
from callgate.dataset.drafts import drafts_of, privacy_of
from callgate.dataset.importers import Hints
from callgate.dataset.load import case_of
from callgate.dataset.world import Worlds
from callgate.evaluate.importing import Rules, has_calls
from callgate.evaluate.recorded import recorded_grades
from callgate.graders.grade import success
from callgate.report.words import percent, plural, printable, shortened

WORST = 12


@dataclass(frozen=True, slots=True)
class Graded:
    """One recorded decision: whose, and its grades, `success` among them."""

    case: Case
    decision: str
    grades: dict[str, Grade]


@dataclass(frozen=True, slots=True)
class Look:
    """Recorded calls as they were graded. `by` are the eval's segments; `problems` files that could not be read."""

    eval: str
    by: tuple[str, ...]
    calls: tuple[Case, ...]
    graded: tuple[Graded, ...]
    problems: tuple[Problem, ...]

    @property
    def exit_code(self) -> int:
        """2 where a file could not be read, 3 where something could not be graded."""
        if self.problems:
            return 2
        return 3 if any(isinstance(one.grades["success"], Failure) for one in self.graded) else 0

    def text(self) -> str:
        """A line a segment, then what went wrong how often, then where."""
        head = f"{self.eval}: {plural(len(self.calls), 'recorded call')}, {plural(len(self.graded), 'decision')}"
        names = ["all", *sorted({name for one in self.graded for name in _segments(one.case, self.by)})]
        width = max(len(name) for name in names)
        lines = [f"{head}; no model was called", "", f"{'':{width}}  calls  decisions   right"]
        for name in names:
            some = [one for one in self.graded if name == "all" or name in _segments(one.case, self.by)]
            lines.append(_line(name, some, width))
        wrong = [one for one in self.graded if _passed(one) is False]
        counts = Counter(_first(one) for one in wrong)
        lines += [
            "",
            "wrong by: " + (", ".join(f"{name} {count}" for name, count in counts.most_common()) or "nothing"),
        ]
        lines += [f"  {one.case.id} {one.decision}: {printable(shortened(_why(one), 140))}" for one in wrong[:WORST]]
        more = len(wrong) - WORST
        lines += [f"  and {more} more"] if more > 0 else []
        failed = sum(isinstance(one.grades["success"], Failure) for one in self.graded)
        lines += [f"not graded: {plural(failed, 'decision')}"] if failed else []
        return "\n".join(lines) + "\n"

    def rows(self) -> str:
        """The results interchange: a JSON line a grade."""
        lines = []
        for one in self.graded:
            for name, grade in one.grades.items():
                if isinstance(grade, Score | Failure):
                    score = grade.value if isinstance(grade, Score) else None
                    row = {
                        "case": one.case.id,
                        "decision": one.decision,
                        "trial": 0,
                        "grader": name,
                        "score": score,
                        "segments": dict(one.case.segments),
                        "cluster": one.case.cluster,
                    }
                    lines.append(json.dumps(row | ({"error": grade.why} if isinstance(grade, Failure) else {})))
        return "\n".join(lines) + "\n"


def of_calls(root: Path, paths: Sequence[Path]) -> Path:
    """The first eval whose cases are calls. Raises Mistake where there is none."""
    found = next((path for path in paths if has_calls(root, load_eval(path, root))), None)
    if found is None:
        raise Mistake("no eval has calls as its cases; name the eval by whose rules these are to be graded")
    return found


def look(root: Path, path: Path, files: Sequence[Path], format_: str, hints: Hints) -> Look:
    """Reads the exports, with pseudonyms in the place of people, and grades what was done."""
    the_eval = load_eval(path, root)
    world = Worlds(root).of(the_eval.cases)
    drafts, problems = drafts_of(format_, files, hints, world=world, privacy=privacy_of(root, world))
    if not drafts and problems:
        raise Mistake(problems)
    rules = Rules.of(root, the_eval.cases)
    cases = [case_of(one.document(f"{one.name}.yaml"), one.name, world)[0] for one in drafts]
    graded = [
        Graded(case, point.id, {**grades, "success": success(grades, rules.graders.blocking)})
        for case in cases
        for point, grades in recorded_grades(case, rules.tools, rules.graders)
    ]
    return Look(
        the_eval.name, the_eval.policy.by or ("language", "call_type"), tuple(cases), tuple(graded), tuple(problems)
    )


def _segments(case: Case, by: Sequence[str]) -> list[str]:
    found = []
    for joined in by:
        parts = joined.split("*")
        if all(part in case.segments for part in parts):
            found.append(",".join(f"{part}={case.segments[part]}" for part in parts))
    return found


def _line(name: str, some: Sequence[Graded], width: int) -> str:
    scored = [passed for one in some if (passed := _passed(one)) is not None]
    right = percent(sum(scored) / len(scored)) if scored else "-"
    return f"{name:{width}}  {len({one.case.id for one in some}):5}  {len(some):9}  {right:>6}"


def _passed(one: Graded) -> bool | None:
    grade = one.grades["success"]
    return grade.passed if isinstance(grade, Score) else None


def _why(one: Graded) -> str:
    grade = one.grades["success"]
    return grade.why if isinstance(grade, Score) else ""


def _first(one: Graded) -> str:
    return _why(one).partition(":")[0]
