"""A run in the ledger -> replies that a person labels: a random draw by language, both variants of each, blind.

The draw is a function of the run and the rubric, so nobody can pick it, and it goes on where it was left.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from callgate.concepts import ARMS, AgentTurn, CallerTurn, Mistake, Trial, canonical
from callgate.dataset.labels import Label, label_of, labels_file, read_labels
from callgate.evaluate.measuring import replayed
from callgate.evaluate.rows import Measured
from callgate.evaluate.show import bench_of
from callgate.evaluate.stored import kept_run
from callgate.files import did_you_mean, relative_name
from callgate.graders.rubrics import Rubric, read_rubrics
from callgate.graders.seen import Context

PAIRS = 30
"""Pairs of replies, one of each variant, that are drawn in each language."""
RUBRICS = "prompts/judges"
TOGETHER = 8
"""Pairs whose replies are shuffled together."""


@dataclass(frozen=True, slots=True)
class Session:
    """What there is to label for one rubric. `drawn` is the whole draw, in the order in which it is shown; `calls` and
    `replies` are the texts to show, by label id; `rubrics` are by language; `file` is where labels go."""

    name: str
    rubrics: Mapping[str, Rubric]
    drawn: tuple[Label, ...]
    calls: Mapping[str, str]
    replies: Mapping[str, str]
    file: Path
    shown: str

    def labelled(self) -> tuple[Label, ...]:
        """What was labelled before, also from other runs."""
        return read_labels(self.file, self.shown)

    def left(self) -> tuple[Label, ...]:
        """What of the draw is not labelled yet."""
        done = {label.id for label in self.labelled()}
        return tuple(label for label in self.drawn if label.id not in done)

    def rubric(self, label: Label) -> Rubric:
        return self.rubrics.get(label.language) or next(iter(self.rubrics.values()))


def rubric_file(root: Path, rubric: str) -> str:
    """The file of a rubric by its name or its path. Raises Mistake where there is none."""
    for file in (rubric, f"{RUBRICS}/{rubric}.md"):
        if file.endswith(".md") and (root / file).is_file():
            return relative_name((root / file).resolve(), root.resolve())
    known = [path.stem for path in (root / RUBRICS).glob("*.md") if "." not in path.stem]
    raise Mistake(f"no rubric {rubric!r} in {RUBRICS}{did_you_mean(rubric, known)}")


def session(root: Path, rubric: str, run: str, *, segment: Mapping[str, str], pairs: int = PAIRS) -> Session:
    """The draw from a run. Raises Mistake where there is no such run, or nothing of it is for this rubric."""
    file = rubric_file(root, rubric)
    name, rubrics = Path(file).stem, read_rubrics(root, file)
    with kept_run(root, run) as (ledger, found):
        bench = bench_of(root, ledger, found)
        measured = replayed(bench)
    together = list(_pairs(measured, name, segment))
    if not together:
        raise Mistake(
            f"nothing in run {found.id[:12]} is for {name}: name it under `expect: judge: [{name}]` of a decision, and "
            "run the eval"
        )
    drawn = _drawn(together, f"{found.id} {name}", pairs)
    contexts = {label.id: context for label, context in drawn}
    path = labels_file(measured.plan.eval.cases, name)
    return Session(
        name,
        rubrics,
        tuple(label for label, _ in drawn),
        {key: call_text(context) for key, context in contexts.items()},
        {label.id: reply_text(label.as_trial()) for label, _ in drawn},
        path,
        relative_name(path, root),
    )


Drawn = tuple[Label, Context]


def _pairs(measured: Measured, name: str, segment: Mapping[str, str]) -> Iterator[tuple[str, int, Drawn, Drawn]]:
    """(language, number, baseline's, candidate's) of every pair of replies that the rubric is for."""
    for contest in measured.plan.contests:
        for pair in measured.plan.pairs:
            if name not in pair.point.expect.judge or not segment.items() <= pair.case.segments.items():
                continue
            context = Context(pair.case, pair.point)
            language = context.language or ""
            sides = [_whole(trial for trial, _ in measured.of(contest, pair, arm)) for arm in ARMS]
            for number, (one, other) in enumerate(zip(*sides, strict=False)):
                yield language, number, (label_of(one, language), context), (label_of(other, language), context)


def _whole(trials: Iterable[Trial]) -> list[Trial]:
    """The trials in which something was said or done, and measured."""
    return [t for t in trials if t.failure is None and (t.speech.strip() or t.answers)]


def _drawn(found: Sequence[tuple[str, int, Drawn, Drawn]], seed: str, pairs: int) -> list[Drawn]:
    """At most `pairs` pairs in each language: every decision once in an order drawn by lot, then once more. Replies of
    a few pairs are shuffled together: nobody sees which two belong together, and who stops early has whole pairs."""
    lot = random.Random(seed)  # noqa: S311  # a draw that can be repeated, no secret
    shuffled = sorted(found, key=lambda each: (each[0], each[2][0].case, each[2][0].decision, each[1]))
    lot.shuffle(shuffled)
    chosen = []
    for language in sorted({each[0] for each in found}):
        here = sorted((each for each in shuffled if each[0] == language), key=lambda each: each[1])
        chosen += list(enumerate(here[:pairs]))
    chosen.sort(key=lambda each: each[0])  # the languages by turns
    replies: list[Drawn] = []
    for start in range(0, len(chosen), TOGETHER):
        few = [side for _, each in chosen[start : start + TOGETHER] for side in each[2:]]
        lot.shuffle(few)
        replies += few
    return replies


# ---------------------------------------------------------------------------------------------- as people read it


def call_text(context: Context) -> str:
    """What was said and done before the decision, a line a turn."""
    lines = []
    for turn in context.history:
        if isinstance(turn, AgentTurn):
            lines.append(f"agent: {turn.interrupted_after or turn.text}")
        elif isinstance(turn, CallerTurn):
            lines.append(f"caller: {turn.heard or turn.text}")
        else:
            lines.append(f"tool {turn.tool} {canonical(turn.args)} -> {canonical(turn.error or turn.result)}")
    return "\n".join(lines)


def reply_text(trial: Trial) -> str:
    """What the candidate said and did, a line a step or call."""
    lines = []
    for step in trial.steps:
        lines += [f"agent: {step.reply.text}"] if step.reply.text.strip() else []
        lines += [f"tool {a.call.name} {a.call.arguments} -> {canonical(a.content)}" for a in step.answers]
    return "\n".join(lines)
