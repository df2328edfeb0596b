"""History, issues and what the project says of them -> the facts of the weekly page, and every number on it.

Facts first, then figures: a page prints no number that is not in `figures`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from callgate.graders.registry import JUDGE, RULES
from callgate.insight.history import History, Snapshot, Track, monday, week_of, weeks_until
from callgate.insight.issues import Issue, issues
from callgate.insight.owners import Rule, owner_of
from callgate.insight.runbooks import Runbook, fitting
from callgate.insight.support import Share, Support
from callgate.insight.trends import LIMIT, Shift, Trend, shifts, trends

LEVELS: Mapping[str, int] = {"critical": 7, "major": 14, "minor": 30}
"""Days within which an open regression of a severity is to be closed; a case that says none counts as minor."""
CLASSES = ("hallucination", "intent", "response quality")
TOP = 5
RECENT = 4
"""Weeks for which a provider's change stays above the fold."""
FEW = 20
"""Golden cases under which a group with real traffic is named as hardly measured (statistics.md part 9)."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A case that is not run for the time being. `last` is the newest week in which it was measured ("": none)."""

    case: str
    file: str
    until: date
    why: str
    severity: str
    last: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A group of calls with real traffic and few or no golden cases; `share` of the calls."""

    segment: str
    share: float
    cases: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A release of a prompt."""

    day: date
    prompt: str
    model: str = ""
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Project:
    """What the project says beside its runs. `traffic_known` says whether shares of traffic were given."""

    books: Sequence[Runbook] = ()
    owners: Sequence[Rule] = ()
    quarantined: Sequence[Quarantined] = ()
    gaps: Sequence[Gap] = ()
    traffic_known: bool = False
    releases: Sequence[Mark] = ()
    support: Mapping[str, Support] = field(default_factory=dict)
    levels: Mapping[str, int] = field(default_factory=lambda: LEVELS)


@dataclass(frozen=True, slots=True)
class Decide:
    """Something to decide. `kind`: drift, back, provider, overdue, block; `about` is what it is about, `since` a week,
    `owner` who decides ("": nobody is named)."""

    kind: str
    about: Trend | Issue | Shift | Snapshot | Quarantined
    since: str
    owner: str


@dataclass(frozen=True, slots=True)
class Kind:
    """Failures by one grader in the week's run: trials and decisions; `before` trials in the run before (None: there
    was none)."""

    track: Track
    grader: str
    trials: int
    decisions: int
    before: int | None
    book: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A number: what it is (`name`), of which week ("": of none), of what, and its unit: share, change (of shares),
    count, days, dollars, sigma."""

    name: str
    week: str
    of: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Weekly:
    """The facts of a week; `weeks` are those shown, the newest last."""

    week: str
    today: date
    weeks: tuple[str, ...]
    history: History
    project: Project
    tracks: Mapping[Track, Mapping[str, Snapshot]]
    runs: tuple[Snapshot, ...]
    trends: tuple[Trend, ...]
    issues: tuple[Issue, ...]
    shifts: tuple[Shift, ...]
    kinds: tuple[Kind, ...]
    decide: tuple[Decide, ...]

    @property
    def open_issues(self) -> list[Issue]:
        return [issue for issue in self.issues if issue.is_open]

    def book(self, issue: Issue) -> Runbook | None:
        """The runbook that fits best."""
        evidence = issue.newest.evidence.get(issue.grader, "")
        found = fitting(self.project.books, [issue.grader], issue.newest.segments, evidence)
        return found[0] if found else None

    def owner(self, issue: Issue) -> str:
        book = self.book(issue)
        return book.owner if book else _eval_owner(self.project, self.tracks[issue.track])

    def age(self, issue: Issue) -> int:
        """Days since it opened, the last time."""
        return (self.today - issue.opened).days

    def level(self, severity: str) -> int:
        """Days that a severity may stay open."""
        return self.project.levels.get(severity or "minor", self.project.levels["minor"])

    def is_overdue(self, issue: Issue) -> bool:
        return issue.is_open and issue.is_regression and self.age(issue) > self.level(issue.newest.severity)

    @property
    def alerts(self) -> bool:
        """Whether something is past its service level."""
        late = any(one.until < self.today for one in self.project.quarantined)
        return late or any(map(self.is_overdue, self.issues))


def weekly(history: History, project: Project, *, today: date, count: int = 12) -> Weekly:
    """The facts of the week that `today` lies in."""
    week = week_of(today)
    shown = weeks_until(week, count)
    tracks = {track: history.by_week(track) for track in history.tracks()}
    runs = tuple(one for one in history.snapshots if one.week == week)
    lines = tuple(trend for track, weeks in tracks.items() for trend in trends(track, weeks))
    found = tuple(issue for track, weeks in tracks.items() for issue in issues(track, weeks, week))
    moved = tuple(shift for track, weeks in tracks.items() for shift in shifts(track, weeks))
    kinds = tuple(kind for track, weeks in tracks.items() for kind in _kinds(track, weeks, week, project))
    facts = Weekly(week, today, tuple(shown), history, project, tracks, runs, lines, found, moved, kinds, ())
    wanted = _ranked(list(_decisions(facts)))
    return Weekly(week, today, tuple(shown), history, project, tracks, runs, lines, found, moved, kinds, tuple(wanted))


_ORDER = ("drift", "back", "provider", "overdue", "block")
_SEVERITIES = ("critical", "major", "minor", "")


def _ranked(found: Sequence[Decide]) -> list[Decide]:
    """The first of each kind, then the second of each: three things are not three of a kind."""
    seen: Counter[str] = Counter()
    order: list[tuple[int, int, int, Decide]] = []
    for one in found:
        order.append((seen[one.kind], _ORDER.index(one.kind), len(order), one))
        seen[one.kind] += 1
    return [one for *_, one in sorted(order, key=lambda each: each[:3])]


def _gravity(issue: Issue) -> tuple[int, float, str]:
    """Severe issues first, then those that fail most often."""
    newest = issue.seen[-1]
    return _SEVERITIES.index(issue.newest.severity), -newest.failed / newest.trials, issue.name


def _decisions(facts: Weekly) -> Iterator[Decide]:
    """Everything that somebody should decide, the worst of each kind first."""
    newest = {track: weeks[max(weeks)] for track, weeks in facts.tracks.items()}
    drifting = [trend for trend in facts.trends if trend.drifts]
    for trend in sorted(drifting, key=lambda one: -one.sums[max(one.sums)]):
        if trend.segment != "all" or len(drifting) == 1:  # all calls fall where a group of them does
            yield Decide("drift", trend, trend.began, _eval_owner(facts.project, facts.tracks[trend.track]))
    for issue in sorted(facts.issues, key=_gravity):
        if issue.is_open and issue.since != issue.first:
            yield Decide("back", issue, issue.since, facts.owner(issue))
        elif facts.is_overdue(issue):
            yield Decide("overdue", issue, issue.since, facts.owner(issue))
    for shift in facts.shifts:
        if shift.week in facts.weeks[-RECENT:]:
            yield Decide("provider", shift, shift.week, _eval_owner(facts.project, facts.tracks[shift.track]))
    for case in facts.project.quarantined:
        if case.until < facts.today:
            yield Decide("overdue", case, week_of(case.until), owner_of(facts.project.owners, case.file))
    for snapshot in newest.values():
        explained = any(trend.track == snapshot.track for trend in drifting)
        if snapshot.week == facts.week and snapshot.verdict == "block" and not explained:
            yield Decide("block", snapshot, snapshot.week, owner_of(facts.project.owners, snapshot.file))


def _eval_owner(project: Project, weeks: Mapping[str, Snapshot]) -> str:
    return owner_of(project.owners, weeks[max(weeks)].file)


def class_of(grader: str) -> str:
    """The headline class that a grader's failures count in."""
    if grader.startswith(f"{JUDGE}:"):
        return CLASSES[0] if grader.partition(":")[2] in {"faithfulness", "claims"} else CLASSES[2]
    rule = RULES.get(grader)
    kind = rule.klass if rule else "experience"
    return {"faithfulness": CLASSES[0], "task": CLASSES[1]}.get(kind, CLASSES[2])


def _kinds(track: Track, weeks: Mapping[str, Snapshot], week: str, project: Project) -> list[Kind]:
    """The commonest failures of a week, the most trials first; none where the week was not measured."""
    if week not in weeks:
        return []
    now = weeks[week]
    earlier = [name for name in weeks if name < week]
    old = weeks[max(earlier)] if earlier else None
    found = []
    for grader in sorted({name for result in now.results for name in result.failing}):
        failing = [result for result in now.results if grader in result.failing]
        books = [fitting(project.books, [grader], one.segments, one.evidence.get(grader, "")) for one in failing]
        files = sorted({some[0].file for some in books if some})
        before = None if old is None else sum(result.failing.get(grader, 0) for result in old.results)
        trials = sum(result.failing[grader] for result in failing)
        found.append(Kind(track, grader, trials, len(failing), before, files[0] if files else ""))
    return sorted(found, key=lambda kind: (-kind.trials, kind.grader))


# ---------------------------------------------------------------------------------------------- every number


def figures(facts: Weekly) -> list[Figure]:
    """Every number that the page may show, in its order."""
    return [
        figure
        for part in (_run_figures, _trend_figures, _failure_figures, _issue_figures, _age_figures, _other_figures)
        for figure in part(facts)
    ]


def _run_figures(facts: Weekly) -> Iterator[Figure]:
    yield Figure("runs_other_world", "", "", facts.history.other, "count")
    yield Figure("runs_not_whole", "", "", facts.history.unwhole, "count")
    yield Figure("weeks_shown", "", "", len(facts.weeks), "count")
    for track, weeks in facts.tracks.items():
        for week in facts.weeks:
            runs = [one for one in facts.history.snapshots if one.track == track and one.week == week]
            yield Figure("runs", week, str(track), len(runs), "count")
            if week in weeks and weeks[week].value is not None:
                yield Figure("value", week, str(track), weeks[week].value or 0.0, "dollars")


def _trend_figures(facts: Weekly) -> Iterator[Figure]:
    for trend in facts.trends:
        of = f"{trend.track} {trend.segment}"
        for week in facts.weeks:
            change = trend.changes.get(week)
            if change is None or change.change is None:
                continue
            yield Figure("change", week, of, change.change, "change")
            yield Figure("calls", week, of, change.cases, "count")
            if change.error is not None:
                yield Figure("control_limit", week, of, LIMIT * change.error, "change")
            yield Figure("drift_sum", week, of, trend.sums[week], "sigma")
    for shift in facts.shifts:
        of = str(shift.track)
        yield Figure("provider_decisions", shift.week, of, shift.decisions, "count")
        if shift.change is not None:
            yield Figure("provider_change", shift.week, of, shift.change, "change")
        if shift.z is not None:
            yield Figure("provider_sigma", shift.week, of, shift.z, "sigma")


def _failure_figures(facts: Weekly) -> Iterator[Figure]:
    for track, weeks in facts.tracks.items():
        for week in facts.weeks:
            if week not in weeks:
                continue
            results = weeks[week].results
            trials = sum(result.candidate[1] for result in results)
            yield Figure("trials", week, str(track), trials, "count")
            for name in CLASSES:
                worst = [max([n for g, n in one.failing.items() if class_of(g) == name] or [0]) for one in results]
                if trials:
                    yield Figure(f"failing_{name.replace(' ', '_')}", week, str(track), sum(worst) / trials, "share")
    for kind in facts.kinds:
        of = f"{kind.track} {kind.grader}"
        yield Figure("kind_trials", facts.week, of, kind.trials, "count")
        yield Figure("kind_decisions", facts.week, of, kind.decisions, "count")
        if kind.before is not None:
            yield Figure("kind_trials_change", facts.week, of, kind.trials - kind.before, "count")


def _issue_figures(facts: Weekly) -> Iterator[Figure]:
    for state in ("new", "known", "back", "unmeasured"):
        yield Figure(f"issues_{state}", facts.week, "", sum(one.state == state for one in facts.issues), "count")
    fixed = sum(one.state == "fixed" and one.fixed == facts.week for one in facts.issues)
    yield Figure("issues_fixed", facts.week, "", fixed, "count")
    known = facts.open_issues
    with_book = Share(sum(facts.book(issue) is not None for issue in known), len(known))
    yield Figure("issues_open", facts.week, "", len(known), "count")
    if with_book.share is not None:
        yield Figure("runbook_share", facts.week, "", with_book.share, "share")
    repeats = Share(sum(issue.since != issue.first for issue in known), len(known))
    if repeats.share is not None:
        yield Figure("repeat_share", facts.week, "", repeats.share, "share")
    for issue in facts.issues:
        newest = issue.seen[-1]
        yield Figure("issue_failed", newest.week, issue.name, newest.failed, "count")
        yield Figure("issue_trials", newest.week, issue.name, newest.trials, "count")
        if issue.is_open:
            yield Figure("issue_age", facts.week, issue.name, facts.age(issue), "days")


def _age_figures(facts: Weekly) -> Iterator[Figure]:
    for severity, days in facts.project.levels.items():
        yield Figure("service_level", "", severity, days, "days")
        late = [i for i in facts.issues if facts.is_overdue(i) and (i.newest.severity or "minor") == severity]
        yield Figure("overdue", facts.week, severity, len(late), "count")
    yield Figure("quarantined", facts.week, "", len(facts.project.quarantined), "count")
    for case in facts.project.quarantined:
        yield Figure("quarantine_days_over", facts.week, case.case, (facts.today - case.until).days, "days")
        if case.last:
            age = (facts.today - monday(case.last)).days
            yield Figure("quarantine_days_unmeasured", facts.week, case.case, age, "days")


def _other_figures(facts: Weekly) -> Iterator[Figure]:
    for gap in facts.project.gaps:
        yield Figure("traffic_share", "", gap.segment, gap.share, "share")
        yield Figure("golden_cases", "", gap.segment, gap.cases, "count")
    for week, numbers in facts.project.support.items():
        yield Figure("tickets", week, "", numbers.tickets, "count")
        for name, share in shares(numbers).items():
            yield Figure(f"{name}_of", week, "", share.of, "count")
            if share.share is not None:
                yield Figure(name, week, "", share.share, "share")
        for tier, count in numbers.tiers.items():
            yield Figure("handled", week, tier, count, "count")
        for category, count in numbers.categories.items():
            yield Figure("category", week, category, count, "count")
    yield from _support_changes(facts)


def shares(numbers: Support) -> dict[str, Share]:
    """The support numbers that are shares."""
    return {
        "triage_right": numbers.triage_right,
        "auto_resolved": numbers.auto_resolved,
        "bounced": numbers.bounced,
        "in_time": numbers.in_time,
    }


def _support_changes(facts: Weekly) -> Iterator[Figure]:
    """Against the week before, where both are known."""
    now, before = (facts.project.support.get(week) for week in (facts.weeks[-1], facts.weeks[-2]))
    if now is None or before is None:
        return
    yield Figure("tickets_change", facts.week, "", now.tickets - before.tickets, "count")
    for name, share in shares(now).items():
        old = shares(before)[name].share
        if share.share is not None and old is not None:
            yield Figure(f"{name}_change", facts.week, "", share.share - old, "change")
