"""A case with its trials and grades -> the call as a conversation, baseline beside candidate (`callgate show`)."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from callgate.concepts import (
    ARMS,
    AgentTurn,
    Arm,
    CallerTurn,
    Case,
    DecisionPoint,
    Evidence,
    Failure,
    Grade,
    Json,
    Score,
    ToolTurn,
    Trial,
    canonical,
)
from callgate.report.marking import pieces
from callgate.report.terminal import Style, plain
from callgate.report.words import ROLES, paragraphs, printable, rate

Graded = tuple[Trial, Mapping[str, Grade]]


@dataclass(frozen=True, slots=True)
class View:
    """One decision as both variants met it: their graded trials by number; `success` is among the grades."""

    point: DecisionPoint
    trials: Mapping[Arm, Sequence[Graded]]


def conversation(
    case: Case, views: Sequence[View], names: Mapping[Arm, str], *, style: Style = plain, width: int = 120
) -> str:
    """The whole call: history, and at each decision what was expected and what both variants did, side by side."""
    segments = " ".join(f"{key}={value}" for key, value in case.segments.items())
    head = f"{printable(case.id)}   {printable(segments)}   {printable(case.now)} {printable(case.timezone)}"
    lines = [style("strong", head), *([f"{printable(case.title)}"] if case.title else [])]
    by_id = {view.point.id: view for view in views}
    for turn in case.turns:
        if isinstance(turn, DecisionPoint):
            if turn.id in by_id:
                lines += ["", *_decision(by_id[turn.id], names, style, width), ""]
            continue
        lines += _turn(turn, case.kind, style, width)
    return "\n".join(lines) + "\n"


def _turn(turn: AgentTurn | CallerTurn | ToolTurn, kind: str, style: Style, width: int) -> list[str]:
    asking, answering = ROLES[kind]
    if isinstance(turn, AgentTurn):
        cut = f"   [interrupted after: {turn.interrupted_after}]" if turn.interrupted_after else ""
        return _wrapped(f"{answering:6}", turn.text + cut, width)
    if isinstance(turn, CallerTurn):
        sure = "" if turn.confidence is None else f", confidence {turn.confidence:g}"
        heard = f"   [heard: {turn.heard}{sure}]" if turn.heard else ""
        return _wrapped(f"{asking:6}", turn.text + heard, width)
    answer = turn.error if turn.error is not None else turn.result
    lines = _wrapped("tool  ", f"{turn.tool} {canonical(turn.args)} -> {canonical(answer)}", width)
    return [style("faint", line) for line in lines]


def _wrapped(label: str, text: str, width: int) -> list[str]:
    """A text under its label, its own lines kept."""
    lines: list[str] = []
    for line in paragraphs(text).strip("\n").split("\n"):
        lead = " " * (len(label) + 4) if lines else f"  {label}  "
        lines += textwrap.wrap(line, width, initial_indent=lead, subsequent_indent=" " * (len(label) + 4)) or [""]
    return lines if text.strip() else [label]


def expectations(point: DecisionPoint) -> str:
    """What is expected at a decision, in one line."""
    expect = point.expect
    parts = [f"{call.tool} {canonical(call.arguments)}" for call in expect.calls]
    parts += [f"not {call.tool}" for call in expect.forbidden_calls]
    parts += [f"say {_saying(saying)}" for saying in expect.must_say]
    parts += [f"not say {_saying(saying)}" for saying in expect.must_not_say]
    parts += [f"not ask {slot}" for slot in expect.must_not_ask]
    parts += [f"in {expect.language}"] if expect.language else []
    parts += [f"{field} {label}" for field, label in expect.answer.items()]
    parts += [f"judged by {name}" for name in expect.judge]
    parts += ["the final state"] if point.mode == "continuation" else []
    return "; ".join(parts)


def _saying(saying: Json) -> str:
    if isinstance(saying, Mapping):
        return " or ".join(
            f"{kind} {value if isinstance(value, str) else canonical(value)}" for kind, value in saying.items()
        )
    return f'"{saying}"'


def _decision(view: View, names: Mapping[Arm, str], style: Style, width: int) -> list[str]:
    lines = [
        style("strong", f"decision {printable(view.point.id)}") + f"   expects: {printable(expectations(view.point))}"
    ]
    shown = _telling(view)
    columns = [_column(arm, names.get(arm, arm), view.trials.get(arm, ()), shown, (width - 6) // 2) for arm in ARMS]
    half = (width - 6) // 2
    for left, right in zip_longest(*columns, fillvalue=("", "")):
        gap = " " * max(0, half - len(left[1]))
        lines.append(f"  {_styled(left, style)}{gap} │ {_styled(right, style)}".rstrip())
    return lines


def _styled(line: tuple[str, str], style: Style) -> str:
    kind, text = line
    return style(kind, text) if kind and text else text


def _telling(view: View) -> int:
    """The trial to show: the first that fails for the candidate, else for the baseline, else the first."""
    for arm in reversed(ARMS):
        for trial, grades in view.trials.get(arm, ()):
            if not _passed(grades):
                return trial.id.number
    return 0


def _passed(grades: Mapping[str, Grade]) -> bool:
    success = grades.get("success")
    return isinstance(success, Score) and success.passed


def _column(arm: Arm, name: str, trials: Sequence[Graded], shown: int, width: int) -> list[tuple[str, str]]:
    """One arm's half of a decision as (style, text) lines: its rate, one trial's steps, what its graders said."""
    passed = sum(_passed(grades) for _, grades in trials)
    lines = [("strong", f"{arm} {printable(name)}: {rate(passed, len(trials))} passed")]
    for trial, grades in trials:
        if trial.id.number == shown:
            lines.append(("faint", f"trial {shown + 1} of {len(trials)}"))
            lines += [("", line) for line in _steps(trial, numbered(grades), width)]
            lines += _grade_lines(grades, width)
    return lines


def numbered(grades: Mapping[str, Grade]) -> dict[str, tuple[int, Score]]:
    """The graders that failed with evidence: the number that stands beside it in the text, and the score."""
    failed = {name: grade for name, grade in grades.items() if isinstance(grade, Score) and not grade.passed}
    telling = [(name, score) for name, score in failed.items() if name != "success" and score.evidence]
    return {name: (number, score) for number, (name, score) in enumerate(telling, 1)}


def span_of(seen: Evidence, text: str) -> tuple[int, int] | None:
    """Where the evidence stands in a reply; None where it quotes something else."""
    if text[seen.start : seen.end] == seen.text and seen.text:
        return seen.start, seen.end
    start = text.find(seen.text) if seen.text else -1
    return (start, start + len(seen.text)) if start >= 0 else None


def _marked(text: str, notes: Sequence[tuple[int, Evidence]]) -> str:
    """The text with each piece of evidence in brackets, and the number of its grader behind it."""
    spans = [(number, span) for number, seen in notes if (span := span_of(seen, text))]
    marked, begun = "", set()
    for piece in pieces(text, (), spans):
        opened = [note for note in piece.notes if note not in begun]
        begun.update(opened)
        begun.difference_update(piece.ends)
        marked += "⟦" * len(opened) + piece.text + "".join(f"⟧{note}" for note in piece.ends)
    return marked


def _steps(trial: Trial, graders: Mapping[str, tuple[int, Score]], width: int) -> Iterable[str]:
    notes = [(number, seen) for number, score in graders.values() for seen in score.evidence]
    if trial.talk and trial.talk.opening:
        yield from textwrap.wrap(f"caller: {printable(trial.talk.opening.text)}", width, subsequent_indent="  ")
    for turn, step in enumerate(trial.steps):
        here = [(number, seen) for number, seen in notes if seen.turn == turn]
        if step.reply.text:
            for line in f"“{paragraphs(_marked(step.reply.text, here)).strip()}”".split("\n"):
                yield from textwrap.wrap(line, width) or [""]
        for answer in step.answers:
            numbers = "".join(f" ⟦{n}⟧" for n, seen in here if seen.text.startswith(f"{answer.call.name}("))
            call = f"> {printable(answer.call.name)} {printable(answer.call.arguments)}{numbers}"
            yield from textwrap.wrap(call, width, subsequent_indent="  ")
            yield from textwrap.wrap(
                f"< {answer.kind}: {printable(canonical(answer.content))}", width, subsequent_indent="  "
            )
        if step.caller is not None:
            yield from textwrap.wrap(f"caller: {printable(step.caller.text)}", width, subsequent_indent="  ")
    if trial.talk:
        state = printable(canonical(trial.talk.state))
        yield from textwrap.wrap(f"ended: {trial.talk.ended}; state {state}", width, subsequent_indent="  ")
    if trial.failure:
        yield from textwrap.wrap(f"not measured: {trial.failure.kind}: {printable(trial.failure.why)}", width)


def _grade_lines(grades: Mapping[str, Grade], width: int) -> Iterable[tuple[str, str]]:
    """Every grader that failed or could not grade, with its reason; those that passed in one line."""
    good = []
    known = numbered(grades)
    for name, grade in grades.items():
        if name == "success":
            continue
        if isinstance(grade, Score) and grade.passed:
            good.append(name)
        elif isinstance(grade, Score):
            sign = f"x{known[name][0]}" if name in known else "x"
            text = f"{sign} {printable(name)}: {printable(grade.why)}"
            yield from (("bad", line) for line in textwrap.wrap(text, width, subsequent_indent="  "))
        elif isinstance(grade, Failure):
            yield from (
                ("unsure", line)
                for line in textwrap.wrap(f"? {printable(name)}: {grade.kind}: {printable(grade.why)}", width)
            )
    if good:
        yield from (
            ("good", line) for line in textwrap.wrap("ok " + printable(", ".join(good)), width, subsequent_indent="   ")
        )
