"""A call that is to be forgotten leaves nothing behind in the project."""

import json
import os
import sqlite3
import stat
import time

from callgate.ledger import Ledger, PaidReply
from callgate.ledger.rows import reply_row

CASE = "es-mover-por-nombre"


def replies(project):
    database = sqlite3.connect(project.root / ".callgate/ledger.db")
    found = {key: json.loads(body)["text"] for key, body in database.execute("SELECT key, body FROM replies")}
    runs = [json.loads(plan) for (plan,) in database.execute("SELECT plan FROM runs")]
    database.close()
    return found, runs


def content(project):
    """Every byte that the project holds, the ledger's side files too."""
    return b"".join(path.read_bytes() for path in sorted(project.root.rglob("*")) if path.is_file())


def said(project):
    """What both sides said in the call, at length enough to be told from other calls."""
    shown = json.loads(project.run("show", "last", CASE, "--json").out)
    steps = [
        step["text"]
        for decision in shown["decisions"]
        for arm in ("baseline", "candidate")
        for trial in decision[arm]
        for step in trial["steps"]
    ]
    return {text for text in steps if len(text) > 30}


def test_a_call_is_shown_and_then_forgotten(evaluated):
    texts = said(evaluated)
    before, _ = replies(evaluated)
    others = {text for text in before.values() if text}
    asked = evaluated.run("ledger", "forget", CASE)
    assert asked.code == 0, asked.said
    assert f"case   datasets/receptionist/{CASE}.yaml" in asked.out
    assert "git keeps what was committed" in asked.out
    assert "nothing is removed yet" in asked.err
    assert replies(evaluated)[0] == before

    done = evaluated.run("ledger", "forget", CASE, "--yes")
    assert done.code == 0, done.said
    after, runs = replies(evaluated)
    gone = set(before) - set(after)
    assert 10 <= len(gone) < len(before) / 2
    assert not (evaluated.root / f"datasets/receptionist/{CASE}.yaml").exists()
    assert not (evaluated.root / "reports/receptionist/report.html").exists()
    assert CASE.encode() not in content(evaluated)
    alone = texts - {text for key, text in before.items() if key not in gone}
    assert alone <= others
    assert alone
    for text in alone:
        assert json.dumps(text)[1:-1].encode() not in content(evaluated)
    assert all(CASE not in plan["cases"] for plan in runs)

    again = evaluated.run("eval", "receptionist")
    assert again.code == 4, again.said
    assert evaluated.paid()["calls"] == 0  # nothing of the other calls is lost


def test_what_is_old_is_removed_when_it_is_asked_for(evaluated):
    refused = evaluated.run("ledger", "forget", "--older-than", "30")
    assert refused.code == 2
    assert "--yes" in refused.err
    with Ledger.open(evaluated.root / ".callgate/ledger.db") as ledger:
        count = sum(1 for _ in ledger.every_reply())
        assert ledger.forget_before(int(time.time()) - 3600) == (0, 0)
        assert ledger.scores([]) == {}
    assert evaluated.run("ledger", "forget", "--older-than", "30", "--yes").out == (
        "older than 30 days: removed 0 replies, 0 runs, 0 report files\n"
    )
    with Ledger.open(evaluated.root / ".callgate/ledger.db") as ledger:
        assert ledger.forget_before(int(time.time()) + 3600) == (count, 1)
        assert list(ledger.runs()) == []
        assert list(ledger.every_reply()) == []


def aged(project, days):
    """Makes half of the replies and all reports so old; the keys of the others."""
    moment = int(time.time()) - days * 24 * 3600
    with Ledger.open(project.root / ".callgate/ledger.db") as ledger:
        every = [PaidReply(key, model, reply) for key, model, _, reply in ledger.every_reply()]
    paid = sorted(every, key=lambda one: one.key)
    database = sqlite3.connect(project.root / ".callgate/ledger.db")
    rows = [reply_row(one, moment) for one in paid[::2]]
    database.executemany("INSERT OR REPLACE INTO replies VALUES (?,?,?,?,?,?,?)", rows)
    database.commit()
    database.close()
    for path in (project.root / "reports").rglob("*"):
        os.utime(path, (moment, moment))
    return {one.key for one in paid[1::2]}


def older(project, days):
    database = sqlite3.connect(project.root / ".callgate/ledger.db")
    moment = int(time.time()) - days * 24 * 3600
    (found,) = database.execute("SELECT count(*) FROM replies WHERE created < ?", (moment,)).fetchone()
    database.close()
    return found


def test_a_run_keeps_nothing_that_is_older_than_its_eval_says(evaluated):
    young = aged(evaluated, 31)
    assert older(evaluated, 30) >= 100
    other = evaluated.root / "reports/other"
    other.mkdir()
    for name in ("decision.json", "report.html", "notes.txt"):
        evaluated.write(f"reports/other/{name}", "{}")
        os.utime(other / name, (0, 0))
    evaluated.write("reports/weekly/2026-W01.html", "a week")
    os.utime(evaluated.root / "reports/weekly/2026-W01.html", (0, 0))
    evaluated.edit("evals/receptionist.yaml", "cases:", "keep_days: 30\ncases:")

    ran = evaluated.run("eval", "receptionist", "--case", CASE)
    assert "keep_days: 30: removed " in ran.err, ran.said
    assert young <= set(replies(evaluated)[0])
    assert older(evaluated, 30) == 0
    assert sorted(path.name for path in other.iterdir()) == ["notes.txt"]
    assert (evaluated.root / "reports/weekly/2026-W01.html").exists()
    again = evaluated.run("eval", "receptionist", "--case", CASE)
    assert "keep_days" not in again.err


def test_the_weekly_job_goes_by_the_shortest_time_that_an_eval_says(evaluated):
    young = aged(evaluated, 31)
    evaluated.edit("evals/receptionist.yaml", "cases:", "keep_days: 30\ncases:")
    evaluated.write(
        "evals/longer.yaml", (evaluated.root / "evals/receptionist.yaml").read_text().replace("30", "365", 1)
    )
    refused = evaluated.run("ledger", "forget")
    assert refused.code == 2
    assert "older than 30 days; say so with --yes" in refused.err
    done = evaluated.run("ledger", "forget", "--yes")
    assert done.code == 0, done.said
    assert done.out.startswith("older than 30 days: removed ")
    assert set(replies(evaluated)[0]) == young
    assert not (evaluated.root / "reports/receptionist/report.html").exists()


def test_a_call_that_nobody_knows_is_a_mistake(evaluated):
    ran = evaluated.run("ledger", "forget", "no-such-call")
    assert ran.code == 2
    assert "no case comes from 'no-such-call'" in ran.err
    assert evaluated.run("ledger", "forget").code == 2


def test_everything_that_a_run_leaves_is_its_owners_alone(evaluated):
    left = [*(evaluated.root / ".callgate").iterdir(), *(evaluated.root / "reports").rglob("*")]
    files = [path for path in left if path.is_file() and path.name != ".gitignore"]
    assert len(files) >= 6
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
