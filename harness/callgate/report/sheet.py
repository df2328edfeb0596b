"""A call with both sides' trials -> what a page shows of it: the conversation, and at each decision that changed both
variants side by side, with the difference and the graders' evidence marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from callgate.concepts import (
    AgentTurn,
    Arm,
    CallerTurn,
    Case,
    DecisionPoint,
    Evidence,
    Failure,
    Flip,
    Score,
    ToolAnswer,
    ToolTurn,
    Turn,
    canonical,
)
from callgate.report.calls import Call
from callgate.report.conversation import Graded, View, expectations, span_of
from callgate.report.marking import Piece, differences, pieces
from callgate.report.words import ROLES, rate, shortened

LONGEST = 1_200
"""Characters shown of one utterance, of one call's arguments, of one tool's answer: a page is to be read."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One line of a conversation. `kind`: caller, agent, tool (a call and its answer), answer, fault. `name` is the
    tool's, how it answered, or who speaks."""

    kind: str
    pieces: tuple[Piece, ...]
    name: str = ""
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """What one grader said of the shown trial; `number` stands beside the evidence in the text (0: none there)."""

    grader: str
    verdict: str  # failed, passed, not measured
    why: str
    number: int = 0
    quotes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One variant at a decision: how often it passed, one of its trials, and its graders."""

    arm: Arm
    name: str
    rate: str
    strip: tuple[str, ...]  # passed, failed or missing, a trial each
    shown: int
    lines: tuple[Spoken, ...] = ()
    remarks: tuple[Remark, ...] = ()
    passing: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """A decision in the conversation: with both columns where it changed, else in one line."""

    anchor: str
    id: str
    expects: str
    rates: str
    columns: tuple[Column, ...] = ()
    kind: str = "point"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole call. `worst` is the flip it is listed for; `parts` the conversation in order."""

    anchor: str
    case: Case
    model: str
    worst: Flip
    flips: tuple[Flip, ...]
    parts: tuple[Spoken | Point, ...] = field(default=())

    @property
    def graders(self) -> str:
        """For the filter: every grader that explains one of its flips."""
        return " ".join(sorted({slug(flip.grader) for flip in self.flips if flip.grader}))


def slug(text: str) -> str:
    """A name as an anchor in a page."""
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower())[:80].strip("-") or "x"


def sheet(call: Call, flips: Sequence[Flip], names: Mapping[Arm, str], anchor: str) -> Sheet:
    """What to show of a call whose decisions `flips` changed, worst first."""
    views = {view.point.id: view for view in call.views}
    changed = {flip.decision: flip for flip in flips}
    parts: list[Spoken | Point] = []
    turns = call.case.turns
    for index, turn in enumerate(turns):
        if not isinstance(turn, DecisionPoint):
            parts.append(_told(turn, call.case.kind))
            continue
        view = views.get(turn.id)
        if view is not None:
            parts.append(_point(view, changed.get(turn.id), names, anchor, call.case.kind))
        if index + 1 < len(turns):  # what the call went on with, whatever the candidate would have done
            parts += [_told(told, call.case.kind, "recorded") for told in turn.forced or turn.recorded]
    return Sheet(anchor, call.case, call.model, flips[0], tuple(flips), tuple(parts))


def _told(turn: Turn, kind: str, aside: str = "") -> Spoken:
    asking, answering = ROLES[kind]
    if isinstance(turn, CallerTurn):
        sure = "" if turn.confidence is None else f" ({turn.confidence:.0%} sure)"
        heard = f"heard: {turn.heard}{sure}" if turn.heard and turn.heard != turn.text else ""
        return Spoken("caller", _plain(turn.text), asking, heard or aside)
    if isinstance(turn, AgentTurn):
        cut = f"interrupted after: {turn.interrupted_after}" if turn.interrupted_after else ""
        return Spoken("agent", _plain(turn.text), answering, cut or aside)
    assert isinstance(turn, ToolTurn)
    answer = canonical(turn.error if turn.error is not None else turn.result)
    return Spoken("tool", _plain(f"{canonical(turn.args)} → {answer}"), name=turn.tool, aside=aside)


def _plain(text: str) -> tuple[Piece, ...]:
    return (Piece(shortened(text, LONGEST)),)


def _point(view: View, flip: Flip | None, names: Mapping[Arm, str], anchor: str, kind: str) -> Point:
    before, after = view.trials.get("baseline", ()), view.trials.get("candidate", ())
    rates = f"{_rate(before)} → {_rate(after)}"
    where = f"{anchor}.{slug(view.point.id)}"
    if flip is None:
        return Point(where, view.point.id, expectations(view.point), rates)
    worse = flip.worse > 0
    one, other = _telling(before, failing=not worse), _telling(after, failing=worse)
    role = ROLES[kind][1]
    columns = (
        _column("baseline", names.get("baseline", ""), before, one, after[other] if after else None, role=role),
        _column("candidate", names.get("candidate", ""), after, other, before[one] if before else None, role=role),
    )
    return Point(where, view.point.id, expectations(view.point), rates, columns)


def _rate(trials: Sequence[Graded]) -> str:
    return rate(sum(_outcome(graded) == "passed" for graded in trials), len(trials))


def _outcome(graded: Graded) -> str:
    success = graded[1].get("success")
    return "missing" if not isinstance(success, Score) else "passed" if success.passed else "failed"


def _telling(trials: Sequence[Graded], *, failing: bool) -> int:
    """The trial that shows the change: the first that failed (or passed, on the better side), else the first."""
    wanted = "failed" if failing else "passed"
    return next((index for index, graded in enumerate(trials) if _outcome(graded) == wanted), 0)


def _column(arm: Arm, name: str, trials: Sequence[Graded], shown: int, against: Graded | None, *, role: str) -> Column:
    strip = tuple(map(_outcome, trials))
    passed = rate(strip.count("passed"), len(trials))
    if not trials:
        return Column(arm, name, passed, strip, 0)
    remarks, passing = _remarks(trials[shown])
    return Column(arm, name, passed, strip, shown + 1, tuple(_lines(trials[shown], against, role)), remarks, passing)


def _remarks(graded: Graded) -> tuple[tuple[Remark, ...], tuple[Remark, ...]]:
    """What did not pass, numbered where it quotes evidence, and what did. `success` only sums them up."""
    bad: list[Remark] = []
    good: list[Remark] = []
    for name, grade in graded[1].items():
        if name == "success":
            continue
        if isinstance(grade, Score):
            quotes = tuple(seen.text for seen in grade.evidence)
            if grade.passed:
                good.append(Remark(name, "passed", grade.why))
            else:
                number = 1 + sum(remark.number > 0 for remark in bad) if quotes else 0
                bad.append(Remark(name, "failed", grade.why, number, quotes))
        elif isinstance(grade, Failure):
            bad.append(Remark(name, "not measured", f"{grade.kind}: {grade.why}"))
    return tuple(bad), tuple(good)


def _evidence(graded: Graded) -> list[tuple[int, Evidence]]:
    """Each piece of evidence with the number of its remark."""
    scores = graded[1]
    found: list[tuple[int, Evidence]] = []
    for remark in _remarks(graded)[0]:
        grade = scores[remark.grader]
        if remark.number and isinstance(grade, Score):
            found += [(remark.number, seen) for seen in grade.evidence]
    return found


def _lines(graded: Graded, against: Graded | None, role: str) -> Iterator[Spoken]:
    trial, other = graded[0], against[0] if against else None
    evidence = _evidence(graded)
    theirs = _calls(other.answers) if other else {}
    made: dict[str, int] = {}
    if trial.talk and trial.talk.opening:
        yield Spoken("caller", _plain(shortened(trial.talk.opening.text, LONGEST)))
    for turn, step in enumerate(trial.steps):
        seen = [(number, one) for number, one in evidence if one.turn == turn]
        if step.reply.text:
            said = other.steps[turn].reply.text if other and turn < len(other.steps) else ""
            changed = differences(step.reply.text, said)[0] if said else []
            notes = [(number, span) for number, one in seen if (span := span_of(one, step.reply.text))]
            yield Spoken("agent", pieces(shortened(step.reply.text, LONGEST), changed, notes), role)
        for answer in step.answers:
            nth = made[answer.call.name] = made.get(answer.call.name, -1) + 1
            same = theirs.get(answer.call.name, [])
            numbers = [number for number, one in seen if one.text.startswith(f"{answer.call.name}(")]
            yield _called(answer, same[nth] if nth < len(same) else None, numbers, compared=other is not None)
            yield Spoken("answer", _plain(canonical(answer.content)), name=answer.kind.replace("_", " "))
        if step.reply.outcome != "ok":
            yield Spoken("fault", _plain(f"the reply was {step.reply.outcome}"))
        if step.caller is not None:
            yield Spoken("caller", _plain(shortened(step.caller.text, LONGEST)))
    if trial.failure:
        yield Spoken("fault", _plain(f"not measured: {trial.failure.kind}: {trial.failure.why}"))


def _calls(answers: Sequence[ToolAnswer]) -> dict[str, list[ToolAnswer]]:
    """Calls by tool, in order: the nth call of a tool is compared with the other side's nth."""
    found: dict[str, list[ToolAnswer]] = {}
    for answer in answers:
        found.setdefault(answer.call.name, []).append(answer)
    return found


def _called(answer: ToolAnswer, other: ToolAnswer | None, numbers: Sequence[int], *, compared: bool) -> Spoken:
    """A call with its arguments; those that the other side did not give so are marked, all of them if it made none."""
    text, changed = "", []
    if answer.arguments is None:
        text = answer.call.arguments
    else:
        theirs = (other.arguments or {}) if other else {}
        for key, value in sorted(answer.arguments.items()):
            part = f"{key}: {value if isinstance(value, str) else canonical(value)}"
            text += ", " if text else ""
            if compared and (key not in theirs or theirs[key] != value):
                changed.append((len(text), len(text) + len(part)))
            text += part
    text = shortened(text, LONGEST) or "no arguments"
    aside = "only on this side" if compared and other is None else ""
    return Spoken("tool", pieces(text, changed, [(n, (0, len(text))) for n in numbers]), answer.call.name, aside)
