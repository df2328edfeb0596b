"""A file of a classifier's answers beside the truth -> its figures, a verdict, a threshold to answer alone from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callgate.concepts import Figures, Mistake, Place, Problem, Standing
from callgate.files import did_you_mean, each_once, read_lines
from callgate.stats.calibration import Chosen, choose
from callgate.stats.labels import Labelled, figures, standing

SHOWN = 5
CODES: Mapping[str, int] = {"pass": 0, "block": 1, "incomplete": 3, "inconclusive": 4}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file; without `answer`, it was not measured, and `error` says why."""

    answer: Labelled | None
    error: str
    segments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Triaged:
    """What `callgate triage` says. `parts` are the figures of each segment; `chosen` the threshold from which answers
    may go out alone, and `wrong_alone` how many of those measured would have been wrong."""

    target: float
    risk: float
    whole: Figures
    parts: Mapping[str, Figures]
    missing: tuple[str, ...]
    verdict: Standing
    chosen: Chosen
    alone: int
    wrong_alone: int

    @property
    def exit_code(self) -> int:
        return CODES["incomplete"] if self.missing and self.verdict != "block" else CODES[self.verdict]

    def text(self) -> str:
        """A screen: accuracy with its interval by segment, the classes that fail, the threshold, the verdict last."""
        whole = self.whole
        lines = [f"{whole.count} answers", _line("all", whole)]
        lines += [_line(name, part) for name, part in self.parts.items()]
        lines += [f"macro-F1 {whole.macro_f1:.3f}; expected calibration error {whole.calibration_error:.3f}"]
        worst = sorted(whole.recall.items(), key=lambda item: (item[1][0] / item[1][1], item[0]))
        lines += [f"recall of {name}: {hits} of {of}" for name, (hits, of) in worst[:SHOWN] if hits < of]
        lines += [f"{truth} taken for {label or '(no label)'}: {n}" for truth, label, n in whole.confusions[:SHOWN]]
        lines += [f"not measured: {len(self.missing)}, first: {self.missing[0]}"] if self.missing else []
        word = "INCOMPLETE" if self.exit_code == CODES["incomplete"] else self.verdict.upper()
        return "\n".join([*lines, *self._alone(), f"{word}   accuracy against {self.target:.0%}"]) + "\n"

    def _alone(self) -> list[str]:
        chosen = self.chosen
        if chosen.threshold is None:
            lines = [f"answering alone: no threshold keeps wrong answers under {self.risk:.1%}"]
        else:
            most = 1 - (chosen.at_least or 0)
            covered = f"answering alone from confidence {chosen.threshold:g}: {chosen.coverage:.1%} of tickets"
            lines = [
                f"{covered}; {self.wrong_alone} of {self.alone} wrong here; at most {most:.1%} with 95 % confidence"
            ]
        if chosen.more and chosen.reachable:
            lines.append(f"  with {chosen.more} more labels perhaps {chosen.reachable.coverage:.1%}")
        return lines


def _line(name: str, found: Figures) -> str:
    low, high = found.interval
    return f"  {name:24}{found.count:6}  accuracy {found.accuracy:.1%} ({low:.1%} to {high:.1%})"


def triaged(path: Path, *, target: float, risk: float, by: tuple[str, ...] = (), as_seen: bool = False) -> Triaged:
    """Raises Mistake with every bad line, and where nothing was measured."""
    if not (0 < target < 1 and 0 < risk < 1):
        raise Mistake("--target and --risk are shares between 0 and 1, as 0.85 and 0.02")
    rows = read_answers(path)
    measured = [(row.answer, row.segments) for row in rows if row.answer is not None]
    if not measured:
        raise Mistake(f"{path}: no answer was measured: there is no accuracy")
    known = {name for row in rows for name in row.segments}
    for name in by:
        if name not in known:
            raise Mistake(f"--by {name}: no answer has that segment{did_you_mean(name, known)}")
    answers = [answer for answer, _ in measured]
    whole = figures(answers)
    chosen = choose([a.confidence for a in answers], [a.right for a in answers], target=1 - risk)
    alone = [a for a in answers if chosen.threshold is not None and a.confidence >= chosen.threshold]
    groups: dict[str, list[Labelled]] = {}
    for name in by:
        for answer, segments in measured:
            if name in segments:
                groups.setdefault(f"{name}={segments[name]}", []).append(answer)
    return Triaged(
        target,
        risk,
        whole,
        {name: figures(groups[name]) for name in sorted(groups)},
        tuple(row.error for row in rows if row.answer is None),
        standing(whole, target, "point" if as_seen else "lower_bound"),
        chosen,
        len(alone),
        sum(not answer.right for answer in alone),
    )


def read_answers(path: Path) -> list[Row]:
    """Lines of JSON {"truth", "label", "confidence"} with perhaps `segments`; {"truth", "error"} was not measured."""
    problems: list[Problem] = []
    rows: list[Row] = []
    for number, line in read_lines(path):
        row = _row(line)
        if isinstance(row, str):
            problems.append(Problem(Place(str(path), number), row))
        else:
            rows.append(row)
    if problems:
        raise Mistake(problems)
    return rows


def _row(line: str) -> Row | str:
    try:
        read: Any = json.loads(line, object_pairs_hook=each_once)
    except (ValueError, RecursionError) as error:
        return f"no JSON: {error}"
    if not isinstance(read, Mapping) or not isinstance(read.get("truth"), str) or not read["truth"]:
        return 'an answer is {"truth": ..., "label": ..., "confidence": 0..1}'
    segments = read.get("segments", {})
    known = {str(key): str(value) for key, value in segments.items()} if isinstance(segments, Mapping) else {}
    if read.get("error"):
        return Row(None, str(read["error"]), known)
    label, sure = read.get("label"), read.get("confidence")
    if not isinstance(label, str):
        return "'label' must be a text (\"\" where the reply held none), or 'error' says why it was not measured"
    if isinstance(sure, bool) or not isinstance(sure, int | float) or not 0 <= sure <= 1:
        return f"'confidence' lies between 0 and 1, not {sure!r}"
    return Row(Labelled(read["truth"], label, float(sure)), "", known)
