"""The weekly page over twelve invented weeks: it names what was planted, and every number on it is recomputed."""

import contextlib
import csv
import email
import email.policy
import html
import io
import json
import re
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import invented_history
import pytest
import recomputed
from markdown_it import MarkdownIt

from callgate.cli import main
from callgate.concepts import Mistake
from callgate.evaluate.weekly import Asked, leave_week, levels, look_back, read_runs
from callgate.insight.history import History, history, week_of
from callgate.insight.issues import fingerprint, issues, kind_of
from callgate.insight.owners import owner_of, owners
from callgate.insight.weekly import Project, figures, weekly
from callgate.report.weekly import document
from callgate.report.weekly_page import markdown, message, page, summary, table
from callgate.report.words import spreadsheet_cell
from payloads import PAYLOADS

FOLDER = invented_history.FOLDER
TODAY = date(2026, 3, 20)
TRACK = "receptionist sim/receptionist-small"


@pytest.fixture(scope="module")
def runs():
    return list(read_runs(FOLDER / "runs.jsonl"))


@pytest.fixture(scope="module")
def week():
    return look_back(FOLDER, Asked(TODAY, FOLDER / "runs.jsonl", FOLDER / "tickets.csv"))


def at(runs, **asked):
    return document(weekly(history(runs, today=TODAY, **asked), Project(), today=TODAY))


def test_the_history_is_what_its_script_writes(runs):
    written = [json.loads(line) for line in invented_history.lines().splitlines()]
    assert written == [json.loads(line) for line in (FOLDER / "runs.jsonl").read_text("utf-8").splitlines()]
    assert invented_history.tickets() == (FOLDER / "tickets.csv").read_text("utf-8")
    assert len(runs) == 12
    assert all(run.decision["simulated"] for run in runs)


def test_it_names_all_three_things_that_were_planted_with_their_week(week):
    drift, back, provider = [" ".join(map(_plain, what)) for what, _ in week.decide]
    assert re.search(r"language=es\s+got worse since\s+2026-W07", drift)
    assert re.search(r"Back again.*en-book-two-services.*fixed in\s+2026-W05\s+and back since\s+2026-W09", back)
    assert re.search(r"provider changed in\s+2026-W10.*2025-11\s+is now\s+receptionist-small-2026-02", provider)
    for text in (page(week), markdown(week), summary(week)):
        assert "SIMULATED" in text
        for planted in ("2026-W07", "2026-W09", "2026-W10", "language=es", "en-book-two-services"):
            assert planted in text


def _plain(part):
    return part if isinstance(part, str) else str(getattr(part, "text", getattr(part, "value", "")))


def test_each_thing_to_decide_says_how_sure_and_who(week):
    sure = ["".join(map(_plain, words)) for _, words in week.decide]
    assert "Decides: @riverbend/reception" in sure[0]
    assert "chance alone" in sure[0]
    assert "Decides: T2" in sure[1]  # the runbook's owner
    assert "standard errors" in sure[2]


def test_what_is_not_measured_stands_above_the_fold(week):
    lines = ["".join(map(_plain, line)) for line in week.unmeasured]
    assert lines[0].startswith("language=fr: ")
    text = page(week)
    assert re.search(r"language=fr</code>: <data[^>]*>4\.0%</data> of calls, <data[^>]*>0</data> golden cases", text)
    assert "not production rates" in lines[-1]
    assert text.index("Not measured:") < text.index("<main>")


def test_every_number_is_recomputed_by_pandas(week):
    facts = week.facts
    names = {(issue.newest.case, issue.grader): issue.name for issue in facts.issues}
    expected = recomputed.rows(FOLDER, TODAY, names=names)
    found = {
        (row["name"], row["week"], row["of"]): float(row["value"]) for row in csv.DictReader(io.StringIO(table(week)))
    }
    assert len(found) > 250
    assert set(found) == set(expected)
    wrong = {
        key: (value, expected[key]) for key, value in found.items() if value != pytest.approx(expected[key], abs=1e-9)
    }
    assert not wrong


def test_the_page_prints_no_number_that_the_csv_has_not(week):
    text = page(week)
    known = {f"{one.name}|{one.week}|{one.of}": one.value for one in figures(week.facts)}
    printed = re.findall(r'<data value="([^"]*)" data-of="([^"]*)">([^<]*)</data>', text)
    assert len(printed) > 120
    for value, of, shown in printed:
        assert known[of] == float(value)
        digits = float(re.sub(r"[^\d.-]", "", shown.replace("−", "-")))
        scale = 100 if "%" in shown or "points" in shown else 1
        assert digits == pytest.approx(float(value) * scale, abs=0.051 if scale == 100 or "." in shown else 0.5)
    body = text[text.index("<body>") :]
    for tag in ("data", "time", "code", "q", "figcaption"):
        body = re.sub(rf"<{tag}\b.*?</{tag}>", "", body, flags=re.DOTALL)
    assert not re.search(r"\d", html.unescape(re.sub(r"<[^>]*>", "", body)))


def test_live_and_simulated_runs_are_never_on_one_page(runs):
    live = [_lived(run) for run in runs[-3:]]
    both = at([*runs, *live])
    assert not both.facts.history.simulated
    assert {one.run for one in both.facts.history.snapshots} == {run.id for run in live}
    assert "SIMULATED" not in page(both)
    assert "simulated runs, left out because the two are never mixed: 12" in markdown(both)
    mixed = at([*runs, *live], simulated=True)
    assert {one.run for one in mixed.facts.history.snapshots} == {run.id for run in runs}
    assert "SIMULATED" in page(mixed)


def _lived(run):
    return replace(run, id=f"live{run.id}", decision={**run.decision, "simulated": False})


def test_a_week_without_a_run_reads_not_measured(runs):
    gone = at([run for run in runs if run is not runs[-1]])
    assert gone.headline[0].startswith("Not measured: no eval was run")
    assert "| 2026-W12 | not measured |" in markdown(gone)
    middle = at([run for run in runs if run is not runs[4]])
    assert "| 2026-W05 | not measured |" in markdown(middle)
    assert ("change", "2026-W05", f"{TRACK} all") not in {(one.name, one.week, one.of) for one in figures(middle.facts)}


def test_without_any_run_the_page_says_so_and_has_no_number_of_a_run():
    empty = at([])
    assert "Not measured" in page(empty)
    assert not empty.decide


def test_subsets_and_incomplete_runs_count_for_nothing_and_are_counted_aloud(runs):
    subset = replace(runs[-1], id="s", decision={**runs[-1].decision, "subset": "--limit 3"})
    broken = replace(runs[-1], id="i", decision={**runs[-1].decision, "verdict": "incomplete"})
    found = at([*runs, subset, broken])
    assert len(found.facts.history.snapshots) == 12
    assert "not on this page: 2" in markdown(found)


def test_the_provider_is_told_apart_from_the_prompt(week):
    (shift,) = week.facts.shifts
    assert (shift.week, shift.decisions) == ("2026-W10", 60)
    assert -0.15 < shift.change < 0
    assert {trend.segment for trend in week.facts.trends if trend.drifts and trend.began == "2026-W10"} == set()


def test_a_fingerprint_survives_other_words_and_tells_other_failures_apart(week):
    (back,) = [issue for issue in week.facts.issues if issue.newest.case == invented_history.ISSUE]
    row, track = back.newest, back.track
    grader = back.grader
    name = fingerprint(track, row, grader)
    reworded = replace(row, evidence={grader: "Listo, I have put you down for 9:45 tomorrow morning, see you!"})
    assert fingerprint(track, reworded, grader) == name == back.name
    assert fingerprint(track, replace(row, family="other"), grader) != name
    assert fingerprint(track, replace(row, evidence={grader: "It is $12"}), grader) != name
    assert (
        kind_of('book_appointment({"start": "2026-03-09T14:00", "service": "oil"})')
        == "book_appointment(service, start)"
    )
    assert kind_of("") == ""
    assert kind_of("Claro que sí") == "words"


@pytest.mark.parametrize(
    ("failing", "state", "since", "fixed"),
    [
        ((5,), "new", 1, None),
        ((5, 5), "known", 1, None),
        ((5, 0), "fixed", 1, 2),
        ((5, 1), "known", 1, None),
        ((5, 1, 1), "fixed", 1, 2),
        ((5, 0, 3), "back", 3, 2),
        ((5, 0, 2), "fixed", 1, 2),
        ((5, 0, 5, 5), "back", 3, 2),
        ((2, 2, 2), None, None, None),
        ((5, None), "unmeasured", 1, None),
    ],
)
def test_new_known_fixed_and_back(runs, failing, state, since, fixed):
    weeks = _weeks_with(runs, failing)
    (track,) = {snapshot.track for snapshot in weeks.values()}
    found = issues(track, weeks, max(weeks))
    if state is None:
        assert found == []
        return
    (one,) = found
    assert (one.state, one.since, one.fixed) == (state, f"2026-W{since:02d}", f"2026-W{fixed:02d}" if fixed else "")


def _weeks_with(runs, failing):
    """Weeks in which one decision fails so many of five trials; None: its case was not measured."""
    weeks = history(runs, today=TODAY).by_week(history(runs, today=TODAY).tracks()[0])
    made = {}
    for (week, snapshot), failed in zip(weeks.items(), failing, strict=False):
        row = replace(
            snapshot.results[0], failing={"must_say": failed} if failed else {}, candidate=(5 - (failed or 0), 5)
        )
        made[week] = replace(snapshot, results=() if failed is None else (row,))
    return made


def test_a_drift_that_is_over_is_nothing_to_decide(runs):
    changed = []
    for run in runs:
        comparisons = [dict(row) for row in run.decision["comparisons"]]
        if run is runs[-1]:
            for row in comparisons:
                row["change"], row["interval_here"] = 0.0, [-0.05, 0.05]
        changed.append(replace(run, decision={**run.decision, "comparisons": comparisons}))
    found = at(changed)
    assert not any(trend.drifts for trend in found.facts.trends)
    assert "as the baseline again" in markdown(found)


def test_another_baseline_begins_the_trend_anew(runs):
    other = {**runs[0].decision["baseline"], "digest": "another"}
    changed = [
        replace(run, decision={**run.decision, "baseline": other}) if i < 6 else run for i, run in enumerate(runs)
    ]
    trend = at(changed).facts.trends[0]
    assert min(trend.changes) == "2026-W07"


def test_past_its_service_level_is_an_alert(capsys, tmp_path):
    root = tmp_path / "project"
    shutil.copytree(FOLDER, root, ignore=shutil.ignore_patterns("reports"))
    assert _told(root, capsys, "--alert")[0] == 1
    code, out = _told(root, capsys, "--alert", "--days", "critical=900,major=900,minor=900")
    assert code == 1  # the quarantine is over still
    case = root / "datasets/receptionist/en-tow-after-hours.yaml"
    case.write_text(case.read_text("utf-8").replace("until 2026-03-10", "until 2026-04-10"))
    code, out = _told(root, capsys, "--alert", "--days", "critical=900,major=900,minor=900", "--json")
    assert code == 0
    body = json.loads(out)
    assert (body["week"], body["alerts"], body["simulated"]) == ("2026-W12", False, True)
    assert [one["kind"] for one in body["decide"]][:3] == ["drift", "back", "provider"]


def _told(root, capsys, *words):
    command = ["weekly", "--runs", "runs.jsonl", "--tickets", "tickets.csv", "--today", "2026-03-20", "--eml", *words]
    with contextlib.chdir(root), pytest.raises(SystemExit) as ended:
        main(command)
    files = {path.suffix: path for path in (root / "reports/weekly").iterdir()}
    assert set(files) == {".html", ".md", ".csv", ".eml"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in files.values())
    return ended.value.code, capsys.readouterr().out


def test_levels_and_days_that_are_none_are_mistakes():
    assert levels("critical=1, minor=9") == {"critical": 1, "major": 14, "minor": 9}
    for wrong in ("critical", "urgent=3", "major=soon"):
        with pytest.raises(Mistake):
            levels(wrong)


def test_the_mail_holds_the_page_and_the_same_as_text(week):
    mail = email.message_from_bytes(message(week), policy=email.policy.default)
    assert "2026-W12 (SIMULATED)" in mail["Subject"]
    assert mail.get_body(("html",)).get_content().strip() == page(week).strip()
    assert mail.get_body(("plain",)).get_content().strip() == markdown(week).strip()
    assert message(week) == message(week)


def test_the_page_needs_nothing_from_elsewhere(week):
    text = page(week)
    assert "default-src 'none'" in text
    assert "<script" not in text
    assert not re.search(r'(?:src|href)="(?!#)', text)
    assert len(text) < 200_000


def _hostile(runs, text):
    """The last two runs with a text in the place of every name."""
    made = []
    for run in runs[-2:]:
        plan, decision = dict(run.plan), dict(run.decision)
        plan["results"] = [
            {**row, "case": text, "decision": text, "family": text, "segments": {text: text}, "model": text,
             "failing": {text: 5}, "evidence": {text: text}, "candidate": [0, 5]} for row in plan["results"][:2]
        ]  # fmt: skip
        plan |= {"served": {text: [text + run.id]}, "generations": {text: run.started}, "path": text}
        side = {"name": text, "digest": "0", "source": text}
        rows = [
            {**row, "model": text, "segment": {text: text}} for row in decision["comparisons"] if row["role"] == "gate"
        ]
        decision |= {"models": [text], "baseline": side, "candidate": side, "reasons": [text], "comparisons": rows}
        made.append(replace(run, eval=text, plan=plan, decision=decision))
    return made


def test_no_hostile_name_is_alive_in_page_markdown_csv_mail_or_terminal(runs):
    bare = set(re.findall(r"<([a-z]+)", page(at(_hostile(runs, "harmless")))))
    for text in PAYLOADS:
        found = at(_hostile(runs, text))
        shown_page = page(found)
        assert set(re.findall(r"<([a-z]+)", shown_page)) <= bare | {"q", "code"}, text
        shown = markdown(found)
        tokens = MarkdownIt("commonmark").enable("table").parse(shown)
        kinds = {child.type for token in tokens for child in (token, *(token.children or ()))}
        assert not {"link_open", "image", "html_inline", "html_block", "fence"} & kinds, text
        assert not re.search(r"@[A-Za-z]", shown), text
        for row in csv.reader(io.StringIO(table(found))):
            assert all(not value.lstrip().startswith(("=", "+", "@", "\t")) for value in row[:3]), text
            assert all(re.fullmatch(r"-?[\d.e-]+|value", row[3]) for _ in row), text
        assert "\x1b" not in summary(found)
        subject = str(email.message_from_bytes(message(found), policy=email.policy.default)["Subject"])
        assert "\n" not in subject


def test_a_cell_is_never_a_formula():
    for text in ("=1+1", "+1", "-1", "@x", "\t=1", "  =1", "\r=x"):
        assert spreadsheet_cell(text).startswith("'") or not spreadsheet_cell(text).lstrip().startswith(
            ("=", "+", "-", "@")
        )
    assert spreadsheet_cell("es-031") == "es-031"


def test_owners_are_read_as_github_reads_them(tmp_path):
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github/CODEOWNERS").write_text(
        "* @all\n/evals/ @reception  # a comment\n*.md @writers\ndatasets/**/es-*.yaml @spanish @second\n/evals/old.yaml\n"
    )
    rules = owners(tmp_path)
    assert owner_of(rules, "evals/receptionist.yaml") == "@reception"
    assert owner_of(rules, "docs/a/b.md") == "@writers"
    assert owner_of(rules, "datasets/x/y/es-1.yaml") == "@spanish @second"
    assert owner_of(rules, "pyproject.toml") == "@all"
    assert owner_of(rules, "evals/old.yaml") == ""
    assert owner_of(owners(tmp_path / "elsewhere"), "a") == ""


def test_a_broken_line_of_runs_is_a_mistake_with_its_place(tmp_path):
    path = tmp_path / "runs.jsonl"
    path.write_text('{"id": 1}\n')
    with pytest.raises(Mistake, match=r"runs\.jsonl:1"):
        list(read_runs(path))


def test_weeks_are_iso_weeks_in_utc(runs):
    late = int(datetime(2026, 1, 4, 23, 59, tzinfo=UTC).timestamp())  # a Sunday
    (one,) = history([replace(runs[0], finished=late)], today=TODAY).snapshots
    assert one.week == "2026-W01" == week_of(date(2026, 1, 4))
    assert isinstance(history([], today=TODAY), History)


def test_a_run_after_the_day_of_the_page_is_not_on_it(runs):
    found = document(weekly(history(runs, today=date(2026, 3, 10)), Project(), today=date(2026, 3, 10)))
    assert found.facts.week == "2026-W11"
    assert len(found.facts.history.snapshots) == 10


def test_the_files_lie_in_the_weeks_place(week, tmp_path):
    paths = leave_week(tmp_path, week, mail=False)
    assert [path.name for path in paths] == ["2026-W12.html", "2026-W12.md", "2026-W12.csv"]
    assert isinstance(Path(paths[0]).read_text("utf-8"), str)
