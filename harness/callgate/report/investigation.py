"""The parts of an investigation as lines: the call, what the agent knew, what a prompt did, the next command."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Mapping, Sequence

from callgate.concepts import AgentTurn, CallerTurn, Case, DecisionPoint, Json, ToolTurn, Trial, canonical
from callgate.report.words import ROLES, printable, shortened

WIDTH = 118


def call_lines(case: Case, bad: str) -> list[str]:
    """The call as a conversation; `>` marks the decision to look at."""
    lines: list[str] = []
    for turn in case.turns:
        if not isinstance(turn, DecisionPoint):
            lines += _turn(turn, case.kind, " ")
            continue
        mark = ">" if turn.id == bad else " "
        lines.append(f"{mark} [{turn.id}]")
        for inner in turn.recorded:
            lines += _turn(inner, case.kind, mark)
    return lines


def _turn(turn: AgentTurn | CallerTurn | ToolTurn, kind: str, mark: str) -> list[str]:
    asking, answering = ROLES[kind]
    if isinstance(turn, CallerTurn):
        sure = "" if turn.confidence is None else f"   (recognised with {turn.confidence:.0%})"
        return _wrapped(mark, asking, turn.text + sure)
    if isinstance(turn, AgentTurn):
        cut = f"   (heard up to: {turn.interrupted_after})" if turn.interrupted_after else ""
        return _wrapped(mark, answering, turn.text + cut)
    answer = f"error {canonical(turn.error)}" if turn.error is not None else canonical(turn.result)
    return _wrapped(mark, "tool", f"{turn.tool} {canonical(turn.args)} -> {shortened(answer, 300)}")


def _wrapped(mark: str, label: str, text: str) -> list[str]:
    head = f"{mark} {label:6} "
    return textwrap.wrap(printable(text), WIDTH, initial_indent=head, subsequent_indent=" " * len(head)) or [head]


def trial_lines(trials: Sequence[Trial]) -> list[str]:
    """What a prompt did, a line a trial."""
    lines = []
    for number, trial in enumerate(trials, 1):
        if trial.failure is not None:
            lines.append(f"  {number}: not measured: {trial.failure.kind}: {printable(trial.failure.why)}")
            continue
        calls = "; ".join(f"{answer.call.name} {answer.call.arguments}" for answer in trial.answers)
        said = trial.speech.replace("\n", " ")
        lines.append(f"  {number}: " + shortened(printable("   ".join(filter(None, (calls, said)))), 2 * WIDTH))
    return lines


def knew_lines(
    case: Case, point: DecisionPoint, past: Sequence[AgentTurn | CallerTurn | ToolTurn], now: str
) -> list[str]:
    """What the agent had at a decision: the clock, the caller, the tools' answers, what was heard, its settings."""
    lines = [f"  now: {now}"]
    if case.caller:
        lines.append(f"  caller: {shortened(canonical(dict(case.caller)), WIDTH)}")
    for turn in (*past, *point.recorded):
        if isinstance(turn, ToolTurn):
            answer = turn.error if turn.error is not None else turn.result
            lines.append(shortened(f"  {turn.tool} {canonical(turn.args)} answered {canonical(answer)}", WIDTH))
    heard = next((turn for turn in reversed(past) if isinstance(turn, CallerTurn)), None)
    if heard is not None:
        sure = "" if heard.confidence is None else f", recognised with {heard.confidence:.0%}"
        lines.append(f'  heard last: "{shortened(heard.heard or heard.text, 80)}"{sure}')
    if case.config:
        lines.append(f"  configuration: {', '.join(sorted(case.config))}")
    return [printable(line) for line in lines]


def add_command(name: str, decision: str, expect: Mapping[str, Json], *, call_type: bool) -> str:
    """The command that makes the draft a case, with what is proposed as right; the person checks it."""
    words = ["callgate", "cases", "add", name, "--reviewed"]
    words += ["--call-type", "CALL_TYPE"] if call_type else []
    words += ["--ticket", "TICKET"]
    if expect:
        words += ["--expect", f"{decision}: {canonical(expect)}"]
    return shlex.join(words)
