"""One side's results: rows in; scores by decision and trial, what is known of each case, and every mistake out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, TypeAlias

from callgate.concepts import Place, Problem
from callgate.schemas import schema
from callgate.schemas.check import Check, compiled

Key: TypeAlias = "tuple[str, str, str]"  # case, decision, grader
SHOWN_PROBLEMS = 50
FEWEST_KEYS = 4  # case, trial, grader, score: such a row says nothing more of its case
_PLAIN = frozenset({"case", "decision", "trial", "grader", "score", "segments"})


@dataclass(slots=True)
class About:
    """What a side says of a case."""

    segments: dict[str, str] = field(default_factory=dict)
    cluster: str = ""
    digest: str = ""


EMPTY = About()


def mapping(value: Any) -> Mapping[str, Any]:
    """A part of somebody's JSON that should be an object; empty where it is not."""
    return value if isinstance(value, Mapping) else {}


class Side:
    """The rows of one side. `scores` maps (case, decision, grader) to trial number to score; None was not measured."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.scores: dict[Key, dict[int, float | None]] = {}
        self.about: dict[str, About] = {}
        self.errors: dict[tuple[Key, int], str] = {}
        self.problems: list[Problem] = []

    @cached_property
    def graders(self) -> frozenset[str]:
        return frozenset(grader for _, _, grader in self.scores)

    @cached_property
    def fingerprint(self) -> str:
        """The hash of what the rows say, whatever their order or format."""
        whole = hashlib.sha256()
        for key in sorted(self.scores):
            whole.update(repr((key, sorted(self.scores[key].items()))).encode("utf-8", "surrogatepass"))
        for case in sorted(self.about):
            about = self.about[case]
            known = repr((case, sorted(about.segments.items()), about.cluster, about.digest))
            whole.update(known.encode("utf-8", "surrogatepass"))
        return whole.hexdigest()

    def problem(self, line: int, message: str) -> None:
        """Keep a mistake; beyond the first fifty only their number would help nobody."""
        if len(self.problems) < SHOWN_PROBLEMS:
            self.problems.append(Problem(Place(self.name, line), message))

    def add(self, rows: Iterable[tuple[int, Mapping[str, Any]]]) -> Side:
        """Take rows, each with its line. What is plainly a good row takes the short way: there may be a million."""
        for line, row in rows:
            segments = row.get("segments")
            known = self.about.get(row.get("case", "")) if segments else EMPTY
            if known is None or (segments and segments != known.segments) or not _is_plain(row):
                self._add_carefully(line, row)
                continue
            by_trial = self.scores.get((row["case"], row.get("decision", ""), row["grader"]))
            if by_trial is None or row["trial"] in by_trial:
                self._keep(line, row)
            else:
                by_trial[row["trial"]] = float(row["score"])
        return self

    def _add_carefully(self, line: int, row: Mapping[str, Any]) -> None:
        found = list(_mistakes(row))
        for message in found:
            self.problem(line, message)
        if not found:
            self._keep(line, row)

    def _keep(self, line: int, row: Mapping[str, Any]) -> None:
        case, trial, score = str(row["case"]), row["trial"], row["score"]
        key = (case, str(row.get("decision") or ""), row["grader"])
        by_trial = self.scores.setdefault(key, {})
        if trial in by_trial:
            where = f"case {key[0]!r}, decision {key[1]!r}, trial {trial}, grader {key[2]!r}"
            return self.problem(line, f"a second row for {where}; one row each")
        by_trial[trial] = None if score is None else float(score)
        if row.get("error"):
            self.errors[key, trial] = str(row["error"])
        known = self.about.get(case)
        if known is None:
            known = self.about[case] = About()
        if len(row) > FEWEST_KEYS:
            self._know(line, case, known, row)
        return None

    def _know(self, line: int, case: str, known: About, row: Mapping[str, Any]) -> None:
        segments = row.get("segments") or {}
        for name, value in segments.items() if segments != known.segments else ():
            before = known.segments.setdefault(name, _text(value))
            if before != _text(value):
                self.problem(line, f"case {case!r} is {name}={_text(value)} here and {name}={before} above")
        for name, attribute in (("cluster", "cluster"), ("case_digest", "digest")):
            value = _text(row.get(name))
            before = getattr(known, attribute)
            if value and before and value != before:
                self.problem(line, f"case {case!r} has {name} {value!r} here and {before!r} above")
            if value:
                setattr(known, attribute, value)


@cache
def _check() -> Check:
    return compiled(schema("results"))


def _is_plain(row: Mapping[str, Any]) -> bool:
    """Whether a row is good at the first glance, its segments apart; any other row is held against the schema."""
    if not row.keys() <= _PLAIN:
        return False
    case, grader, trial, score = row.get("case"), row.get("grader"), row.get("trial"), row.get("score")
    if type(case) is not str or type(grader) is not str or type(row.get("decision", "")) is not str:
        return False
    if not isinstance(score, float | int) or type(score) is bool or not 0.0 <= score <= 1.0:
        return False
    return type(trial) is int and trial >= 0 and case != "" and grader != ""


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _mistakes(row: Mapping[str, Any]) -> Iterator[str]:
    """Everything that is wrong with a row, by the published schema and by what a score means."""
    found = [f"{'.'.join(map(str, path))}: {said}" if path else said for path, said in _check()(row)]
    yield from found
    score = row.get("score")
    if not found and score is not None and score != score:  # noqa: PLR0124  (NaN)
        yield "'score' is NaN; wanted 0..1, or null and an error for what was not measured"
    if not found and score is not None and row.get("error"):
        yield "has a score and an error; what was not measured has the score null"
    if not found and row.get("case") == "":
        yield "'case' is empty"
