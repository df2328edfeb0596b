"""Evals, prompts and cases -> every mistake in them, at once, each with its place (`callgate validate`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from callgate.concepts import Case, DecisionPoint, Problem, Prompt
from callgate.config import Eval, load_eval
from callgate.dataset import read_set
from callgate.dataset.lint import clearance, lint
from callgate.dataset.load import Source
from callgate.engines.access import unknown_model
from callgate.evaluate.plan import SUPPORTED, Problems, metric_problems, today_in_utc
from callgate.graders.custom import unrunnable
from callgate.graders.expected import expect_problems
from callgate.graders.grade import GraderSet
from callgate.graders.jury import family_problems, unknown_rubrics
from callgate.graders.rules.sayings import claims
from callgate.prompts import load_prompt, render, schema_problems
from callgate.report.words import plural


@dataclass(frozen=True, slots=True)
class Report:
    """What `validate` found. `notes` are no mistakes: groups too small to be cleared."""

    problems: tuple[str, ...]
    notes: tuple[str, ...]
    seen: str

    def text(self) -> str:
        """The problems, then the notes, then what was read, a line each."""
        count = plural(len(self.problems), "mistake") if self.problems else "no mistakes"
        return "\n".join([*self.problems, *(f"note: {note}" for note in self.notes), f"{self.seen}: {count}"]) + "\n"

    def to_json(self) -> str:
        body = {"problems": self.problems, "notes": self.notes, "seen": self.seen}
        return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def _idle_overlays(prompt: Prompt, cases: Sequence[Case]) -> list[str]:
    """The overlays that hold in no case: nothing of them is measured."""
    own = {f"{name}={value}" for case in cases for name, value in case.segments.items()}
    idle = [segment for segment in prompt.overlays if segment not in own]
    return [
        f"{prompt.source}/prompt.{segment}.md: no case of that segment, so nothing of it is seen" for segment in idle
    ]


def validated(root: Path, paths: Sequence[Path], *, trying: tuple[Case, Source] | None = None) -> Report:
    """Reads the evals at `paths` with all they name, and checks them beyond their schemas; `trying` is a case that
    stands in for its file."""
    problems = Problems()
    notes: list[str] = []
    cases = decisions = 0
    for path in paths:
        the_eval = problems.of(load_eval, path, root)
        if the_eval is None:
            continue
        graders = problems.of(GraderSet.of, the_eval.graders, root)
        if graders is not None:
            problems.found.extend(metric_problems(the_eval, graders))
            problems.found.extend(_judge_problems(the_eval, graders))
            problems.found.extend(unrunnable(graders.customs))
        problems.found.extend(_model_problems(the_eval))
        sides = (the_eval.baseline, the_eval.candidate)
        loaded = [problems.of(load_prompt, side.prompt, root, side.place) for side in sides]
        prompts = [prompt for prompt in loaded if prompt is not None]
        found = problems.of(read_set, the_eval.cases, root)
        if found is None:
            continue
        found = found.trying(*trying) if trying else found
        if graders is not None:
            points = [point for case in found.active for point in case.points]
            problems.found.extend(unknown_rubrics(points, graders.judges, root))
            notes += _ungraded_claims(the_eval, graders, points)
        for prompt in prompts:
            problems.found.extend(schema_problems(prompt))
            notes += [f"{the_eval.name}: {line}" for line in _idle_overlays(prompt, found.active)]
        problems.found.extend(
            lint(
                found,
                prompts,
                graded_by=SUPPORTED,
                expect_problems=expect_problems,
                spec=the_eval,
                today=today_in_utc(),
            )
        )
        for prompt, case in product(prompts, found.active):
            problems.first(render, prompt, case)
        notes.extend(f"{the_eval.name}: {line}" for line in clearance(found.active, the_eval))
        cases += len(found.active)
        decisions += sum(len(case.points) for case in found.active)
    seen = f"{plural(len(paths), 'eval')}, {plural(cases, 'case')}, {plural(decisions, 'decision')}"
    return Report(tuple(str(problem) for problem in sorted(set(problems.found))), tuple(dict.fromkeys(notes)), seen)


def _ungraded_claims(the_eval: Eval, graders: GraderSet, points: Sequence[DecisionPoint]) -> list[str]:
    """A line where decisions have `claim:` items and no judge reads them."""
    count = sum(len(claims((*point.expect.must_say, *point.expect.must_not_say))) for point in points)
    if graders.judges or not count:
        return []
    return [f"{the_eval.name}: {plural(count, 'claim')} under must_say and must_not_say graded by nobody: no judge"]


def _model_problems(the_eval: Eval) -> list[Problem]:
    """Simulated models that do not exist. Of other providers' models only the provider knows."""
    told = [(the_eval.place("models", index), unknown_model(name)) for index, name in enumerate(the_eval.models)]
    return [Problem(place, message) for place, message in told if message]


def _judge_problems(the_eval: Eval, graders: GraderSet) -> list[Problem]:
    """Simulated judges that do not exist, and judges of the family of what they judge."""
    own = [side.model for side in (the_eval.baseline, the_eval.candidate) if side.model]
    told = [(one.place, unknown_model(model)) for one in graders.judges for model in one.models]
    unknown = [Problem(place, message) for place, message in told if message]
    return [*unknown, *family_problems(graders.judges, [*the_eval.models, *own])]
