"""Failures of many weeks -> issues: the same failure has the same name every time, and is new, known, fixed or back.

A model never says the same sentence twice, and a judge never gives the same reason. So an issue is named by the case's
family, the decision, the grader and the *kind* of what the grader saw: which tool with which arguments, whether
amounts, times, dates or numbers were in it. The words themselves are not part of the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from callgate.concepts import digest
from callgate.insight.history import Result, Snapshot, Track

OPENS, CLOSES = 0.5, 0.2
"""An issue opens where at least half of a week's trials fail. It is fixed where none fails, or at most a fifth in two
measured weeks in a row; in between it stays as it was, so that a lucky or an unlucky draw changes nothing."""

_CALL = re.compile(r"\b([a-z][a-z0-9]*(?:_[a-z0-9]+)+)\b")
_ARGUMENT = re.compile(r'"(\w+)"\s*:')
_KINDS = (
    ("amount", re.compile(r"[$€£]\s?\d|\d\s?(?:dollars|dólares|euros)", re.IGNORECASE)),
    ("date", re.compile(r"\b\d{4}-\d\d-\d\d|\b\d{1,2}/\d{1,2}\b")),
    ("time", re.compile(r"\b\d{1,2}:\d\d|\b\d{1,2}\s?[ap]\.?\s?m\b", re.IGNORECASE)),
    ("number", re.compile(r"\d")),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """An issue in one week's run: trials that failed by it, of those measured."""

    week: str
    day: date
    failed: int
    trials: int


@dataclass(frozen=True, slots=True)
class Issue:
    """One failure over the weeks. `state` is of the newest week in which its case was measured: new, known, back,
    fixed, or unmeasured where that is not this week; `since` the week it opened (the last time), `fixed` the week it
    was found fixed before that, or at the end."""

    name: str
    track: Track
    grader: str
    newest: Result
    state: str
    first: str
    since: str
    opened: date
    fixed: str = ""
    seen: tuple[Seen, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.state in {"new", "known", "back", "unmeasured"}

    @property
    def is_regression(self) -> bool:
        """Whether the baseline passes more often than the candidate."""
        (before, of), (after, trials) = self.newest.baseline, self.newest.candidate
        return bool(of and trials) and before * trials > after * of


def kind_of(evidence: str) -> str:
    """What sort of thing a grader saw: "book_appointment(start, service)", "amount", "words", "" for nothing."""
    if not evidence.strip():
        return ""
    tool = _CALL.search(evidence)
    if tool:
        return f"{tool[1]}({', '.join(sorted(set(_ARGUMENT.findall(evidence))))})"
    return next((name for name, pattern in _KINDS if pattern.search(evidence)), "words")


def fingerprint(track: Track, result: Result, grader: str) -> str:
    """The issue's name: 12 hex digits."""
    kind = kind_of(result.evidence.get(grader, ""))
    return digest([track.eval, track.model, result.family, result.decision, grader, kind])[:12]


def issues(track: Track, weeks: Mapping[str, Snapshot], last: str) -> list[Issue]:
    """All issues of a track up to the week `last`, the open ones first, the oldest first."""
    found: dict[str, list[tuple[Seen, Result, str]]] = {}
    order = sorted(week for week in weeks if week <= last)
    names: dict[tuple[str, str], set[str]] = {}
    for week in order:
        for result, grader, failed in _failures(weeks[week]):
            name = fingerprint(track, result, grader)
            names.setdefault((result.family, result.decision), set()).add(name)
            seen = Seen(week, weeks[week].day, failed, result.candidate[1])
            found.setdefault(name, []).append((seen, result, grader))
    measured = {week: _measured(weeks[week]) for week in order}
    lives = [(name, some, _life(some, weeks, measured)) for name, some in found.items()]
    known = [_issue(name, track, some, life, weeks, last) for name, some, life in lives if life.first]
    return sorted(known, key=lambda issue: (not issue.is_open, issue.opened, issue.name))


def _failures(snapshot: Snapshot) -> Iterator[tuple[Result, str, int]]:
    for result in snapshot.results:
        for grader, failed in result.failing.items():
            yield result, grader, failed


def _measured(snapshot: Snapshot) -> dict[tuple[str, str], int]:
    """Family and decision -> trials that the candidate was measured in."""
    trials: dict[tuple[str, str], int] = {}
    for result in snapshot.results:
        key = result.family, result.decision
        trials[key] = trials.get(key, 0) + result.candidate[1]
    return trials


@dataclass(frozen=True, slots=True)
class _Life:
    """When it opened first and last, when it was fixed, and every week in which its case was measured."""

    is_open: bool
    first: str
    since: str
    fixed: str
    seen: tuple[Seen, ...]


def _life(
    some: Sequence[tuple[Seen, Result, str]],
    weeks: Mapping[str, Snapshot],
    measured: Mapping[str, Mapping[tuple[str, str], int]],
) -> _Life:
    key = some[-1][1].family, some[-1][1].decision
    by_week: dict[str, int] = {}
    for seen, _, _ in some:
        by_week[seen.week] = by_week.get(seen.week, 0) + seen.failed
    is_open, first, since, fixed, good = False, "", "", "", ""
    lived: list[Seen] = []
    for week, trials_of in measured.items():
        trials, failed = trials_of.get(key, 0), by_week.get(week, 0)
        if not trials:
            continue
        lived.append(Seen(week, weeks[week].day, failed, trials))
        if not is_open and failed >= OPENS * trials:
            is_open, since, first = True, week, first or week
        elif is_open and (not failed or (good and failed <= CLOSES * trials)):
            is_open, fixed = False, good or week
        good = (good or week) if failed <= CLOSES * trials else ""
    return _Life(is_open, first, since, fixed, tuple(lived))


def _issue(  # noqa: PLR0917
    name: str,
    track: Track,
    some: Sequence[tuple[Seen, Result, str]],
    life: _Life,
    weeks: Mapping[str, Snapshot],
    last: str,
) -> Issue:
    _, seen, grader = some[-1]
    at = life.seen[-1].week
    here = [row for row in weeks[at].results if (row.family, row.decision) == (seen.family, seen.decision)]
    newest = next((row for row in here if grader in row.failing), here[0] if here else seen)
    opened = weeks[life.since].day
    return Issue(
        name, track, grader, newest, _state(life, at, last), life.first, life.since, opened, life.fixed, life.seen
    )


def _state(life: _Life, at: str, last: str) -> str:
    if not life.is_open:
        return "fixed"
    if at != last:
        return "unmeasured"
    return "back" if life.since != life.first else "new" if life.since == last else "known"
