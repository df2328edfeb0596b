"""The facts of a week -> a document: what to decide first, then what is not measured, then everything else.

A sentence or a cell is a tuple of parts: our own words, names that came from elsewhere, weeks, days, and figures. Only
figures are numbers, so that each number on the page has a line in the CSV.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from callgate.insight.history import Snapshot
from callgate.insight.issues import Issue
from callgate.insight.trends import Shift, Trend
from callgate.insight.weekly import CLASSES, TOP, Decide, Figure, Quarantined, Weekly, figures
from callgate.report.words import TITLES

ABOVE = 3
"""So many things to decide stand above the fold."""
LISTED = 40
SUPPORT_WEEKS = 4


@dataclass(frozen=True, slots=True)
class Name:
    """A name that came from a file or a model."""

    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a run's own decision."""

    text: str


@dataclass(frozen=True, slots=True)
class When:
    """A week or a day."""

    text: str


Part = str | Name | Quote | When | Figure
Line = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; `numeric` are the columns that stand to the right."""

    head: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page. `trends` are drawn as charts."""

    anchor: str
    title: str
    lines: tuple[Line, ...] = ()
    grid: Grid | None = None
    trends: tuple[Trend, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """The page. `decide` are (what, how sure and who), at most three; `unmeasured` what nobody looked at."""

    facts: Weekly
    headline: Line
    decide: tuple[tuple[Line, Line], ...]
    unmeasured: tuple[Line, ...]
    sections: tuple[Section, ...]


class _Numbers:
    """Figures by what they are; asking for one that is not there is a fault of ours, `maybe` gives words instead."""

    def __init__(self, facts: Weekly) -> None:
        self.all = {(one.name, one.week, one.of): one for one in figures(facts)}

    def __call__(self, name: str, week: str = "", of: str = "") -> Figure:
        return self.all[name, week, of]

    def maybe(self, name: str, week: str = "", of: str = "") -> Line:
        found = self.all.get((name, week, of))
        return ("not measured",) if found is None else (found,)


def document(facts: Weekly) -> Document:
    """The page of a week."""
    n = _Numbers(facts)
    above, below = facts.decide[:ABOVE], facts.decide[ABOVE:]
    sections = [
        _more(facts, below, n),
        _verdicts(facts),
        _trends(facts, n),
        _issues(facts, n),
        _kinds(facts, n),
        _provider(facts, n),
        _ages(facts, n),
        _support(facts, n),
        _releases(facts),
    ]
    return Document(
        facts,
        _headline(facts),
        tuple((_what(one, facts, n), _sure(one, facts, n)) for one in above),
        tuple(_unmeasured(facts, n)),
        tuple(section for section in sections if section),
    )


def _headline(facts: Weekly) -> Line:
    if not facts.runs:
        return ("Not measured: no eval was run whole this week.",)
    words = {0: "Nothing to decide.", 1: "One thing to decide.", 2: "Two things to decide."}
    return (words.get(len(facts.decide), "Three things to decide."),)


# ---------------------------------------------------------------------------------------------- above the fold


def _what(one: Decide, facts: Weekly, n: _Numbers) -> Line:
    about = one.about
    if isinstance(about, Trend):
        week = max(week for week, change in about.changes.items() if change.change is not None)
        now: Line = (n("change", week, f"{about.track} {about.segment}"),) if week in facts.weeks else ("not known",)
        return (
            _group(about),
            " got worse since ",
            When(one.since),
            ": now ",
            *now,
            " against the baseline.",
        )
    if isinstance(about, Issue):
        name: Line = (Name(about.newest.case), " ", Name(about.newest.decision), " by ", Name(about.grader))
        if one.kind == "back":
            return ("Back again: ", *name, ", fixed in ", When(about.fixed), " and back since ", When(about.since), ".")
        return ("Open too long: ", *name, ", since ", When(about.since), ".")
    if isinstance(about, Shift):
        named: Line = (": ", _names(about.before), " is now ", _names(about.after)) if about.renamed else ("",)
        return ("The provider changed in ", When(about.week), " under an unchanged prompt", *named, ".")
    if isinstance(about, Quarantined):
        return ("Quarantined too long: ", Name(about.case), ", until ", When(about.until.isoformat()), ".")
    return (Name(about.candidate), " is blocked: ", Quote(about.reason))


def _group(trend: Trend) -> Part:
    return "All calls" if trend.segment == "all" else Name(trend.segment)


def _names(served: Sequence[str]) -> Name:
    return Name(" and ".join(served) or "a model that gave no name")


def _sure(one: Decide, facts: Weekly, n: _Numbers) -> Line:
    """How sure, and who decides."""
    owner: Line = (
        (" Decides: ", Name(one.owner), ".") if one.owner else (" Nobody is named to decide: see CODEOWNERS.",)
    )
    about = one.about
    if isinstance(about, Trend):
        week = max(about.sums)
        total: Line = (
            (" (sum ", n("drift_sum", week, f"{about.track} {about.segment}"), ")") if week in facts.weeks else ()
        )
        often = "; chance alone raises such an alarm about once in eighteen years of weeks"
        return ("Found in ", When(about.alarm), often, *total, ".", *owner)  # fmt: skip
    if isinstance(about, Issue):
        newest = about.seen[-1].week
        failed, trials = n("issue_failed", newest, about.name), n("issue_trials", newest, about.name)
        return (failed, " of ", trials, " trials failed in ", When(newest), ", open ",
                n("issue_age", facts.week, about.name), ".", *owner)  # fmt: skip
    if isinstance(about, Shift):
        of = str(about.track)
        change, sigma = n.maybe("provider_change", about.week, of), n.maybe("provider_sigma", about.week, of)
        over = n("provider_decisions", about.week, of)
        moved: Line = ("The baseline's success moved by ", *change, " over ", over, " decisions")
        return (*moved, " (in standard errors: ", *sigma, ").", *owner)
    if isinstance(about, Quarantined):
        over = n("quarantine_days_over", facts.week, about.case)
        return ("Over by ", over, "; what it would show is not measured.", *owner)
    return ("By the gate, corrected for everything it looked at.", *owner)


def _unmeasured(facts: Weekly, n: _Numbers) -> Iterable[Line]:
    """What nobody should take for measured."""
    project = facts.project
    for gap in project.gaps:
        yield (Name(gap.segment), ": ", n("traffic_share", "", gap.segment), " of calls, ",
               n("golden_cases", "", gap.segment), " golden cases")  # fmt: skip
    for track in facts.tracks:
        if facts.week not in facts.tracks[track]:
            yield (Name(str(track)), ": not measured this week, last in ", When(max(facts.tracks[track])))
    if facts.history.unwhole:
        yield ("runs that were subsets or did not measure everything, and are not on this page: ", n("runs_not_whole"))
    if facts.history.other:
        kind = "live" if facts.history.simulated else "simulated"
        yield (f"{kind} runs, left out because the two are never mixed: ", n("runs_other_world"))
    if not project.traffic_known:
        yield ("what share of the real calls each group is: put _traffic.csv beside the cases",)
    yield ("golden calls are chosen, so their rates are not production rates",)


# ---------------------------------------------------------------------------------------------- the sections


def _more(facts: Weekly, below: Sequence[Decide], n: _Numbers) -> Section | None:
    if not below:
        return None
    lines = tuple((*_what(one, facts, n), " ", *_sure(one, facts, n)) for one in below[:LISTED])
    return Section("more", "Also to decide", lines)


def _verdicts(facts: Weekly) -> Section:
    rows = tuple(_verdict(one) for one in reversed(facts.runs[-LISTED:]))
    if not rows:
        return Section("verdicts", "Verdicts of the week", (("Not measured.",),))
    head = ("eval", "model", "day", "baseline", "candidate", "verdict", "why")
    return Section("verdicts", "Verdicts of the week", grid=Grid(head, rows))


def _verdict(one: Snapshot) -> tuple[Line, ...]:
    title = next((words for verdict, words in TITLES.items() if verdict == one.verdict), one.verdict)
    names = (one.track.eval, one.track.model)
    return (
        *((Name(name),) for name in names),
        (When(one.day.isoformat()),),
        (Name(one.baseline),),
        (Name(one.candidate),),
        (title,),
        (Quote(one.reason),),
    )


def _trends(facts: Weekly, n: _Numbers) -> Section | None:
    if not facts.trends:
        return None
    rows = []
    for week in facts.weeks:
        cells: list[Line] = [n.maybe("change", week, f"{trend.track} {trend.segment}") for trend in facts.trends]
        rows.append(((When(week),), *cells))
    several = len(facts.tracks) > 1
    names = [f"{trend.track} {trend.segment}" if several else trend.segment for trend in facts.trends]
    said = (
        "Change of success against the frozen baseline, on the same golden calls; the grey band is what chance does"
        " (three standard errors). Vertical lines are releases."
    )
    lines: list[Line] = [(said,)]
    lines += [_over(trend) for trend in facts.trends if trend.over]
    grid = Grid(("week", *names), tuple(rows), frozenset(range(1, len(names) + 1)))
    return Section("trends", "Protected groups over the weeks", tuple(lines), grid, facts.trends)


def _over(trend: Trend) -> Line:
    began, found = When(trend.began), When(trend.alarm)
    return (
        _group(trend),
        ": a drift began in ",
        began,
        ", found in ",
        found,
        "; the newest week is as the baseline again.",
    )


def _issues(facts: Weekly, n: _Numbers) -> Section | None:
    if not facts.issues:
        return None
    week = facts.week
    counts: Line = (
        n("issues_open", week), " open: ", n("issues_new", week), " new, ", n("issues_known", week), " known, ",
        n("issues_back", week), " back again, ", n("issues_unmeasured", week), " not measured this week. ",
        n("issues_fixed", week), " fixed this week. ",
    )  # fmt: skip
    books: Line = (
        "With a runbook: ",
        *n.maybe("runbook_share", week),
        "; repeats: ",
        *n.maybe("repeat_share", week),
        ".",
    )
    rows = tuple(_issue(issue, facts, n) for issue in facts.issues[:LISTED])
    head = ("", "call", "decision", "grader", "since", "fixed", "failed", "of trials", "open", "owner", "runbook")
    left: tuple[Line, ...] = (("The CSV lists the others.",),) if len(facts.issues) > LISTED else ()
    return Section("issues", "Issues", ((*counts, *books), *left), Grid(head, rows, frozenset({6, 7, 8})))


def _issue(issue: Issue, facts: Weekly, n: _Numbers) -> tuple[Line, ...]:
    newest = issue.seen[-1].week
    book = facts.book(issue)
    owner = facts.owner(issue)
    return (
        ({"unmeasured": "not measured", "back": "back again"}.get(issue.state, issue.state),),
        (Name(issue.newest.case),),
        (Name(issue.newest.decision),),
        (Name(issue.grader),),
        (When(issue.since),),
        (When(issue.fixed),) if issue.fixed else ("",),
        (n("issue_failed", newest, issue.name),),
        (n("issue_trials", newest, issue.name),),
        (n("issue_age", facts.week, issue.name),) if issue.is_open else ("",),
        (Name(owner),) if owner else ("nobody",),
        (Name(book.file),) if book else ("none",),
    )


def _kinds(facts: Weekly, n: _Numbers) -> Section | None:
    if not facts.runs:
        return None
    lines: list[Line] = []
    for track in facts.tracks:
        if facts.week in facts.tracks[track]:
            parts: list[Part] = [
                Name(str(track)),
                ": of ",
                *n.maybe("trials", facts.week, str(track)),
                " trials fail by ",
            ]
            for name in CLASSES:
                key = f"failing_{name.replace(' ', '_')}"
                parts += [f"{', ' if name != CLASSES[0] else ''}{name} ", *n.maybe(key, facts.week, str(track))]
            lines.append((*parts, "."))
    rows = tuple(
        (
            (Name(kind.grader),),
            (n("kind_trials", facts.week, f"{kind.track} {kind.grader}"),),
            (n("kind_decisions", facts.week, f"{kind.track} {kind.grader}"),),
            n.maybe("kind_trials_change", facts.week, f"{kind.track} {kind.grader}"),
            (Name(kind.book),) if kind.book else ("none",),
        )
        for kind in facts.kinds[:TOP]
    )
    head = ("grader", "trials failed", "decisions", "against the run before", "runbook")
    return Section(
        "kinds", "Commonest failures", tuple(lines), Grid(head, rows, frozenset({1, 2, 3})) if rows else None
    )


def _provider(facts: Weekly, n: _Numbers) -> Section | None:
    if not facts.tracks:
        return None
    if not facts.shifts:
        return Section("provider", "The provider", (("No change was seen under an unchanged prompt.",),))
    rows = tuple(
        (
            (When(shift.week),),
            (Name(str(shift.track)),),
            (_names(shift.before),),
            (_names(shift.after),),
            n.maybe("provider_change", shift.week, str(shift.track)),
            n.maybe("provider_sigma", shift.week, str(shift.track)),
            (n("provider_decisions", shift.week, str(shift.track)),),
        )
        for shift in facts.shifts
    )
    head = ("week", "eval and model", "answered as", "now as", "change", "standard errors", "decisions")
    line: Line = ("The same prompt, drawn anew, came out differently or was answered under another name.",)
    return Section("provider", "The provider", (line,), Grid(head, rows, frozenset({4, 5, 6})))


def _ages(facts: Weekly, n: _Numbers) -> Section:
    levels: list[Part] = ["A regression is to be closed within "]
    for place, severity in enumerate(facts.project.levels):
        levels += [", " if place else "", n("service_level", "", severity), f" ({severity})"]
    late: list[Part] = ["Open longer: "]
    for place, severity in enumerate(facts.project.levels):
        late += [", " if place else "", n("overdue", facts.week, severity), f" {severity}"]
    counts: Line = ("Quarantined cases: ", n("quarantined", facts.week), ".")
    rows = tuple(
        (
            (Name(case.case),),
            (When(case.until.isoformat()),),
            (n("quarantine_days_over", facts.week, case.case),),
            n.maybe("quarantine_days_unmeasured", facts.week, case.case),
            (Quote(case.why),),
        )
        for case in facts.project.quarantined
    )
    head = ("quarantined", "until", "over by", "last measured before", "because")
    grid = Grid(head, rows, frozenset({2, 3})) if rows else None
    return Section("ages", "Ages against the service level", ((*levels, "."), (*late, "."), counts), grid)


def _support(facts: Weekly, n: _Numbers) -> Section | None:
    if not facts.project.support:
        return None
    shown = facts.weeks[-SUPPORT_WEEKS:]
    wanted: list[tuple[str, str]] = [("tickets", "tickets"), *(
        (name, words) for name, words in zip(_SHARES, _SHARE_WORDS, strict=True)
    )]  # fmt: skip
    rows: list[tuple[Line, ...]] = []
    for name, words in wanted:
        cells = [n.maybe(name, week) for week in shown]
        rows.append(((words,), *cells, n.maybe(f"{name}_change", facts.week)))
    now = facts.project.support.get(facts.week)
    tiers = sorted({tier for week in shown if (one := facts.project.support.get(week)) for tier in one.tiers})
    for tier in tiers:
        rows.append((("handled by ", Name(tier)), *(n.maybe("handled", week, tier) for week in shown), ("",)))
    lines: list[Line] = []
    if now is not None and now.categories:
        top = sorted(now.categories, key=lambda name: (-now.categories[name], name))[:TOP]
        parts: list[Part] = ["Commonest this week: "]
        for place, name in enumerate(top):
            parts += [", " if place else "", Name(name), " ", n("category", facts.week, name)]
        lines.append((*parts, "."))
    head = ("", *shown, "against the week before")
    grid = Grid(head, tuple(rows), frozenset(range(1, len(shown) + 2)))
    return Section("support", "Support", tuple(lines), grid)


_SHARES = ("triage_right", "auto_resolved", "bounced", "in_time")
_SHARE_WORDS = (
    "triaged right",
    "resolved automatically",
    "of those, came back",
    "resolved within the service level",
)


def _releases(facts: Weekly) -> Section | None:
    marks = [mark for mark in facts.project.releases if mark.day <= facts.today]
    if not marks:
        return None
    rows = tuple(
        ((When(mark.day.isoformat()),), (Name(mark.prompt),), (Name(mark.model),), (Name(mark.stage),))
        for mark in reversed(marks[-LISTED:])
    )
    return Section("releases", "Releases", grid=Grid(("day", "prompt", "model", "stage"), rows))
