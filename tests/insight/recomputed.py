"""Every number of the weekly page again, by pandas, from the files and by nothing of Callgate's own."""

from __future__ import annotations

import itertools
import json
from datetime import date

import pandas as pd

Z90 = 1.6448536269514722
LEVELS = {"critical": 7, "major": 14, "minor": 30}
CLASS = {
    "appointment_time": "intent",
    "claimed_action_without_call": "hallucination",
    "numbers_grounded": "hallucination",
}
NAMES = ("hallucination", "intent", "response_quality")


def week_label(day):
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def read(folder):
    """The runs as frames: comparisons, results."""
    raw = [json.loads(line) for line in (folder / "runs.jsonl").read_text("utf-8").splitlines()]
    comparisons, results = [], []
    for run in raw:
        week = week_label(pd.Timestamp(run["finished"], unit="s").date())
        for row in run["decision"]["comparisons"]:
            name = ",".join(f"{k}={v}" for k, v in row["segment"].items()) or "all"
            low, high = row["interval_here"] or (None, None)
            comparisons.append(
                {
                    "week": week,
                    "segment": name,
                    "low": low,
                    "high": high,
                    **{k: row[k] for k in ("change", "cases", "role")},
                }
            )
        for row in run["plan"]["results"]:
            results.append({"week": week, **row})
    frame = pd.DataFrame(results)
    for side in ("baseline", "candidate"):
        frame[[f"{side}_passed", f"{side}_trials"]] = frame[side].tolist()
    return raw, pd.DataFrame(comparisons), frame


def rows(folder, today, *, names):
    """(name, week, of) -> value. `names` maps (case, grader) to the issue's name, which is a digest."""
    raw, comparisons, results = read(folder)
    track = "receptionist sim/receptionist-small"
    weeks = sorted(results.week.unique())
    last = weeks[-1]
    out = {("runs_other_world", "", ""): 0, ("runs_not_whole", "", ""): 0, ("weeks_shown", "", ""): len(weeks)}
    for run, week in zip(raw, weeks, strict=True):
        out["runs", week, track] = 1
        out["value", week, track] = run["decision"]["value"]

    newest = comparisons[(comparisons.week == last) & (comparisons.role != "watch")]
    for segment in newest.segment[~newest.segment.str.contains(",")]:
        some = comparisons[comparisons.segment == segment].set_index("week")
        error = (some.high - some.low) / (2 * Z90)
        total = 0.0
        for week in weeks:
            of = f"{track} {segment}"
            out["change", week, of] = some.change[week]
            out["calls", week, of] = some.cases[week]
            out["control_limit", week, of] = 3 * error[week]
            total = max(0.0, total - some.change[week] / error[week] - 0.5)
            out["drift_sum", week, of] = total

    wide = results.assign(rate=results.baseline_passed / results.baseline_trials).pivot_table(
        index="case", columns="week", values="rate"
    )
    share = (results.baseline_passed + 0.5) / (results.baseline_trials + 1)
    noise = results.assign(noise=share * (1 - share) / results.baseline_trials).groupby("week").noise.sum()
    for old, new in itertools.pairwise(weeks):
        change = (wide[new] - wide[old]).mean()
        z = change / ((noise[old] + noise[new]) ** 0.5 / len(wide))
        served = [
            run["plan"]["served"]
            for run in raw
            if f"-W{new[-2:]}" and raw.index(run) in (weeks.index(old), weeks.index(new))
        ]
        if served[0] != served[1] or abs(z) >= 3:
            out["provider_decisions", new, track] = len(wide)
            out["provider_change", new, track] = change
            out["provider_sigma", new, track] = z

    exploded = pd.DataFrame(
        [
            {"week": r.week, "case": r.case, "grader": g, "failed": n}
            for r in results.itertuples()
            for g, n in r.failing.items()
        ]
    )
    exploded["klass"] = exploded.grader.map(CLASS)
    trials = results.groupby("week").candidate_trials.sum()
    for week in weeks:
        out["trials", week, track] = trials[week]
        for name in NAMES:
            worst = exploded[(exploded.week == week) & (exploded.klass == name)].groupby("case").failed.max()
            out[f"failing_{name}", week, track] = worst.sum() / trials[week]
    kinds = exploded.groupby(["week", "grader"]).failed.agg(["sum", "count"])
    for grader in exploded[exploded.week == last].grader.unique():
        out["kind_trials", last, f"{track} {grader}"] = kinds.loc[(last, grader), "sum"]
        out["kind_decisions", last, f"{track} {grader}"] = kinds.loc[(last, grader), "count"]
        out["kind_trials_change", last, f"{track} {grader}"] = kinds.loc[(last, grader), "sum"] - kinds["sum"].get(
            (weeks[-2], grader), 0
        )
    out |= _issues(results, exploded, weeks, today, names)
    out |= {
        ("quarantined", last, ""): 1,
        ("quarantine_days_over", last, "en-tow-after-hours"): (today - date(2026, 3, 10)).days,
    }
    out |= {("traffic_share", "", "language=fr"): 0.04, ("golden_cases", "", "language=fr"): 0}
    out |= _support(folder, last)
    return out


def _issues(results, exploded, weeks, today, names):
    """The life of each (case, grader), by the rule that the page states."""
    trials = results.pivot_table(index="case", columns="week", values="candidate_trials", aggfunc="sum")
    failed = exploded.pivot_table(index=["case", "grader"], columns="week", values="failed", aggfunc="sum").fillna(0)
    days = {week: date.fromisocalendar(int(week[:4]), int(week[6:]), 3) for week in weeks}
    out, lives = {}, []
    for (case, grader), line in failed.iterrows():
        is_open, opened, closed = False, [], ""
        for at, week in enumerate(weeks):
            share = line[week] / trials.loc[case, week]
            calm = at > 0 and line[weeks[at - 1]] / trials.loc[case, weeks[at - 1]] <= 0.2
            if not is_open and share >= 0.5:
                is_open = True
                opened.append(week)
            elif is_open and (share == 0 or (share <= 0.2 and calm)):
                first = at
                while first and line[weeks[first - 1]] / trials.loc[case, weeks[first - 1]] <= 0.2:
                    first -= 1
                is_open, closed = False, weeks[first]
        if opened:
            lives.append((case, grader, is_open, opened, closed))
            name = names[case, grader]
            out["issue_failed", weeks[-1], name] = line[weeks[-1]]
            out["issue_trials", weeks[-1], name] = trials.loc[case, weeks[-1]]
            if is_open:
                out["issue_age", weeks[-1], name] = (today - days[opened[-1]]).days
    now = [life for life in lives if life[2]]
    last = weeks[-1]
    again = [life for life in now if len(life[3]) > 1]
    new = [life for life in now if life[3] == [last]]
    out["issues_new", last, ""] = len(new)
    out["issues_back", last, ""] = len(again)
    out["issues_known", last, ""] = len(now) - len(new) - len(again)
    out["issues_unmeasured", last, ""] = 0
    out["issues_fixed", last, ""] = sum(not life[2] and life[4] == last for life in lives)
    out["issues_open", last, ""] = len(now)
    out["runbook_share", last, ""] = sum(life[1] == "appointment_time" for life in now) / len(now)
    out["repeat_share", last, ""] = len(again) / len(now)
    facts = results[results.week == last].set_index("case")
    for severity, level in LEVELS.items():
        out["service_level", "", severity] = level
        out["overdue", last, severity] = sum(
            facts.severity[case] == severity
            and facts.baseline_passed[case] > facts.candidate_passed[case]
            and (today - days[opened[-1]]).days > level
            for case, _, _, opened, _ in now
        )
    return out


def _support(folder, last):
    log = pd.read_csv(folder / "tickets.csv", parse_dates=["opened", "resolved"])
    log["week"] = [week_label(day.date()) for day in log.opened]
    out = {}
    for week, some in log.groupby("week"):
        auto = some[some.handled == "auto"]
        timed = some[some.resolved.notna()]
        shares = {
            "triage_right": (some.triage == some.category).astype(float),
            "auto_resolved": (some.handled == "auto").astype(float),
            "bounced": (auto.bounced == "yes").astype(float),
            "in_time": ((timed.resolved - timed.opened).dt.days <= timed.severity.map(LEVELS)).astype(float),
        }
        out["tickets", week, ""] = len(some)
        for name, values in shares.items():
            out[f"{name}_of", week, ""] = len(values)
            out[name, week, ""] = values.mean()
        out |= {("handled", week, tier): count for tier, count in some.handled.value_counts().items()}
        out |= {("category", week, kind): count for kind, count in some.category.value_counts().items()}
    weeks = sorted(log.week.unique())
    now, before = weeks[-1], weeks[-2]
    out["tickets_change", last, ""] = out["tickets", now, ""] - out["tickets", before, ""]
    for name in ("triage_right", "auto_resolved", "bounced", "in_time"):
        out[f"{name}_change", last, ""] = out[name, now, ""] - out[name, before, ""]
    return out
