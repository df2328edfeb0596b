"""What is paid for stays, or is known to be gone; two processes never pay for the same."""

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callgate.concepts import Evidence, Mistake, NotApplicable, Reply, Score, ToolCall, digest
from callgate.ledger import Ledger, PaidReply, Run, grade_from, grade_json
from callgate.ledger.merge import merge
from callgate.ledger.rows import reply_from, reply_row, seal
from callgate.ledger.spool import spooled

TEXT = st.text(max_size=30) | st.just("\ud800") | st.just("a\x00b")
COUNT = st.integers(0, 10**9)
REPLIES = st.builds(
    Reply,
    text=TEXT,
    calls=st.lists(st.builds(ToolCall, TEXT, TEXT, TEXT), max_size=3).map(tuple),
    outcome=st.sampled_from(["ok", "refused", "filtered", "truncated", "empty"]),
    served=TEXT,
    prompt_tokens=COUNT,
    completion_tokens=COUNT,
    dollars=st.none() | st.floats(0, 100),
    seconds=st.floats(0, 1000),
    simulated=st.booleans(),
)
EVIDENCE = st.lists(st.builds(Evidence, TEXT, COUNT, COUNT, COUNT), max_size=2).map(tuple)
GRADES = st.builds(Score, st.floats(0, 1), st.booleans(), TEXT, EVIDENCE) | st.builds(NotApplicable, TEXT)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "dot" / "ledger.db"


@pytest.fixture
def ledger(path):
    with Ledger.open(path, clock=lambda: 1000.0) as opened:
        yield opened


def paid(name, text="hello", **more):
    return PaidReply(digest(name), "m", Reply(text, **more))


@given(REPLIES)
def test_a_reply_comes_out_of_its_row_as_it_went_in(reply):
    columns = [part.encode() if isinstance(part, str) else part for part in reply_row(PaidReply("k", "m", reply), 7)]
    assert reply_from(columns) == ("k", reply)


@given(GRADES)
def test_a_grade_comes_out_as_it_went_in(grade):
    assert grade_from(json.loads(json.dumps(grade_json(grade)))) == grade


def test_what_was_put_is_found_after_reopening_and_nothing_else_is(path):
    with Ledger.open(path) as ledger:
        ledger.put_replies([paid("a"), paid("b", simulated=True)])
    with Ledger.open(path) as ledger:
        found = ledger.replies([digest("a"), digest("b"), digest("c")])
        assert found == {digest("a"): Reply("hello"), digest("b"): Reply("hello", simulated=True)}


def test_the_first_reply_to_a_request_is_the_one_that_counts(ledger):
    ledger.put_replies([paid("a", "first")])
    exchange = ledger.exchange([paid("a", "second"), paid("b")])
    assert exchange.replies[digest("a")].text == "first"
    assert ledger.replies([digest("a")])[digest("a")].text == "first"


def test_the_ledger_is_for_its_owner_alone_and_not_for_git(ledger, path):
    ledger.put_replies([paid("a")])
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir() if file.name.startswith("ledger")} == {
        0o600
    }
    assert (path.parent / ".gitignore").read_text() == "*\n"


def test_every_flipped_byte_of_a_row_is_noticed_and_the_row_can_be_paid_anew(path, caplog):
    keys = [digest(number) for number in range(40)]
    with Ledger.open(path) as ledger:
        ledger.put_replies([PaidReply(key, "m", Reply(f"reply to {key}")) for key in keys])
    whole = path.read_bytes()
    noticed = 0
    for number, key in enumerate(keys):
        place = whole.index(f"reply to {key}".encode()) + number
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x11]) + whole[place + 1 :])
        with Ledger.open(path) as ledger:
            assert key not in ledger.replies(keys)
            noticed += ledger.damaged
            ledger.put_replies([PaidReply(key, "m", Reply("anew"))])
            assert ledger.replies([key]) == {key: Reply("anew")}
    assert noticed == len(keys)
    assert "treated as absent" in caplog.text


@pytest.mark.parametrize(
    "column", ["model = 'other'", "simulated = 1", "served = 'x'", "created = 5", "digest = x'00'"]
)
def test_no_column_of_a_reply_can_change_unnoticed(ledger, path, column):
    ledger.put_replies([paid("a")])
    with sqlite3.connect(path) as other:
        other.execute(f"UPDATE replies SET {column}")
    other.close()
    assert ledger.replies([digest("a")]) == {}
    assert ledger.damaged == 1


def test_scores_are_kept_by_base_and_grader_and_later_graders_are_added(ledger):
    ledger.put_scores({"base": {"brevity": [1.0, 1, ""]}})
    ledger.put_scores({"base": {"language": [0.0, 0, "English"]}, "other": {}})
    assert ledger.scores(["base", "unknown"]) == {"base": {"brevity": [1.0, 1, ""], "language": [0.0, 0, "English"]}}


def test_a_damaged_score_is_computed_anew(ledger, path):
    ledger.put_scores({"base": {"brevity": [1.0, 1, ""]}})
    with sqlite3.connect(path) as other:
        other.execute("UPDATE scores SET body = replace(body, '1.0', '0.0')")
    other.close()
    assert ledger.scores(["base"]) == {}
    ledger.put_scores({"base": {"brevity": [1.0, 1, ""]}})
    assert ledger.scores(["base"]) == {"base": {"brevity": [1.0, 1, ""]}}
    assert ledger.damaged == 1


def test_last_is_the_newest_run_and_a_run_is_found_by_the_beginning_of_its_id(ledger):
    first = Run("aaa1", "receptionist", {"looks": [5]}, started=1)
    second = Run("bbb2", "triage", {}, {"verdict": "pass"}, started=2, finished=3, baseline_held=5)
    ledger.put_run(first)
    ledger.put_run(second)
    assert ledger.run("last") == second
    assert ledger.run("aaa") == first
    assert ledger.run("zzz") is None
    ledger.put_run(first)
    assert ledger.run("last") == first
    assert [run.id for run in ledger.runs()] == ["aaa1", "bbb2"]


def test_what_is_no_ledger_is_refused_with_its_path(path):
    path.parent.mkdir()
    path.write_bytes(b"this is a text file, and a long one" * 100)
    with pytest.raises(Mistake, match=r"ledger\.db: no ledger, or a damaged one"):
        Ledger.open(path)


def test_a_newer_ledger_is_refused(path):
    Ledger.open(path).close()
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(Mistake, match="newer callgate"):
        Ledger.open(path)


def test_a_directory_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Mistake, match="cannot be opened"):
        Ledger.open(tmp_path / "file" / "ledger.db")


# ---------------------------------------------------------------------------------------------- claims


def test_a_request_in_flight_is_granted_to_one_of_two(path):
    with Ledger.open(path) as one, Ledger.open(path) as other:
        assert one.exchange(wanted=["a", "b"]).granted == {"a", "b"}
        assert other.exchange(wanted=["a", "c"]).granted == {"c"}
        one.exchange([PaidReply("a", "m", Reply("paid"))])
        assert other.exchange(wanted=["a"]).replies == {"a": Reply("paid")}


def test_what_failed_may_be_asked_by_another(path):
    with Ledger.open(path) as one, Ledger.open(path) as other:
        one.exchange(wanted=["a"])
        one.exchange(dropped=["a"])
        assert other.exchange(wanted=["a"]).granted == {"a"}


def test_closing_gives_back_every_claim_and_leaves_no_file(path):
    with Ledger.open(path) as one:
        one.exchange(wanted=["a"])
    with Ledger.open(path) as other:
        assert other.exchange(wanted=["a"]).granted == {"a"}
    assert {file.name for file in path.parent.iterdir()} == {"ledger.db", ".gitignore"}


WRITER = """
import sys
from pathlib import Path
from callgate.concepts import Reply, digest
from callgate.ledger import Ledger, PaidReply
ledger = Ledger.open(Path(sys.argv[1]))
ledger.exchange(wanted=["claimed by the dead"])
for number in range(10**6):
    ledger.put_replies([PaidReply(digest([number, part]), "m", Reply("x" * 500)) for part in range(3)])
    print(number, flush=True)
"""


def test_what_was_acknowledged_before_kill_9_is_there_and_the_dead_hold_no_claims(path):
    for round_number in range(3):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(20 * (round_number + 1))]
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged += [int(line) for line in writer.stdout.read().splitlines()]
        writer.wait()
        writer.stdout.close()
        keys = [digest([number, part]) for number in acknowledged for part in range(3)]
        with Ledger.open(path) as ledger:
            assert set(ledger.replies(keys)) == set(keys)
            assert ledger.damaged == 0
            assert ledger.exchange(wanted=["claimed by the dead"]).granted == {"claimed by the dead"}
    assert not [file for file in Path(path.parent).iterdir() if "claim" in file.name]


def test_a_claim_whose_owner_cannot_be_told_is_left_alone(path):
    with Ledger.open(path) as one:
        one.exchange(wanted=["a"])
        (file,) = path.parent.glob("*-claim-*")
        file.unlink()
        file.mkdir()  # as unreadable as that of another user
        with Ledger.open(path) as other:
            assert other.exchange(wanted=["a", "b"]).granted == {"b"}
        file.rmdir()


# ---------------------------------------------------------------------------------------------- killed before kept

JOTTER = """
import sys
from pathlib import Path
from callgate.concepts import Reply
from callgate.ledger import Ledger, PaidReply
ledger = Ledger.open(Path(sys.argv[1]))
ledger.exchange(wanted=["kept", "jotted", "asked"])
ledger.jot(PaidReply("kept", "m", Reply("on the disk")))
ledger.exchange([PaidReply("kept", "m", Reply("on the disk"))])
ledger.jot(PaidReply("jotted", "m", Reply("beside it \\ud800")))
print("now", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def jotter(path):
    """A process that has kept a reply, jotted another down, and is asking for a third."""
    process = subprocess.Popen([sys.executable, "-c", JOTTER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"now\n"
    yield process
    process.kill()
    process.communicate()


def spools(path):
    return sorted(path.parent.glob("*-spool-*"))


def test_a_reply_that_was_jotted_down_outlives_its_process(jotter, path):
    jotter.kill()
    jotter.wait()
    with Ledger.open(path) as ledger:
        assert ledger.replies(["kept", "jotted", "asked"]).keys() == {"kept", "jotted"}
        assert ledger.replies(["jotted"])["jotted"].text == "beside it \ud800"
        assert not spools(path)


def test_who_meets_the_claims_of_the_dead_finds_their_replies_before_asking(jotter, path):
    with Ledger.open(path) as ledger:
        assert ledger.exchange(wanted=["jotted", "asked"]).granted == set(), "while they live"
        assert not ledger.replies(["jotted"]), "what is not kept does not count"
        assert spools(path)
        jotter.kill()
        jotter.wait()
        ledger.exchange(wanted=["jotted", "asked"])
        again = ledger.exchange(wanted=["jotted", "asked"])
        assert again.replies.keys() == {"jotted"}
        assert again.granted == {"asked"}


@pytest.mark.parametrize("harm", [lambda line: line[: len(line) // 2], lambda line: line.replace(b"beside", b"besmde")])
def test_of_what_was_jotted_down_a_damaged_line_is_left_and_the_others_are_not(jotter, path, harm):
    jotter.kill()
    jotter.wait()
    (page,) = (page for page in spools(path) if page.stat().st_size)
    whole = page.read_bytes()
    page.write_bytes(whole.replace(b"jotted", b"other!") + harm(whole) + b"\n" + whole + b"\xff[]\n{}\n\n")
    with Ledger.open(path) as ledger:
        assert {key for key, _, _, _ in ledger.every_reply()} == {"kept", "jotted"}
        assert ledger.damaged == 0


def test_what_cannot_be_taken_over_is_said_and_holds_nobody_up(jotter, path, caplog):
    jotter.kill()
    jotter.wait()
    for page in spools(path):
        page.unlink()
        page.mkdir()
    with Ledger.open(path) as ledger:
        assert "cannot be taken over" in caplog.text
        assert ledger.exchange(wanted=["jotted"]).granted == {"jotted"}


def test_a_jotted_reply_takes_the_place_of_a_damaged_row(jotter, path):
    with sqlite3.connect(path) as ledger:
        row = ("jotted", "m", "", 0, 1, "{}", b"no digest")
        ledger.execute("INSERT INTO replies VALUES (?,?,?,?,?,?,?)", row)
    ledger.close()
    jotter.kill()
    jotter.wait()
    with Ledger.open(path) as ledger:
        assert ledger.replies(["jotted"])["jotted"].text == "beside it \ud800"


def test_a_merge_brings_what_a_killed_run_left_and_heals_what_is_damaged_here(jotter, path, tmp_path):
    jotter.kill()
    jotter.wait()
    here = tmp_path / "here" / "ledger.db"
    Ledger.open(here).close()
    with sqlite3.connect(here) as ledger:
        ledger.executemany("INSERT INTO replies VALUES (?,'m','',0,1,'{}',x'00')", [("kept",), ("jotted",)])
    ledger.close()
    with Ledger.open(here) as ledger:
        ledger.put_replies([PaidReply("own", "m", Reply("mine"))])
        assert merge(ledger, path).replies == 2
        assert merge(ledger, path).replies == 0, "again"
        texts = {key: reply.text for key, reply in ledger.replies(["own", "kept", "jotted"]).items()}
        assert texts == {"own": "mine", "kept": "on the disk", "jotted": "beside it \ud800"}
        assert ledger.inspect() == 0
    assert spools(path), "the other ledger is only read"


def test_a_merge_heals_damaged_scores_and_reads_a_ledger_of_any_name_through_a_link(jotter, path, tmp_path):
    with Ledger.open(path) as ledger:
        ledger.put_scores({"base": {"g": grade_json(Score(1.0, passed=True))}})
    jotter.kill()
    jotter.wait()
    here = tmp_path / "here" / "ledger.db"
    Ledger.open(here).close()
    with Ledger.open(here) as ledger:
        merge(ledger, path)
    with sqlite3.connect(here) as ledger:
        ledger.execute("UPDATE scores SET body = '{}'")
        ledger.execute("DELETE FROM replies")
    ledger.close()
    for page in [path, *path.parent.glob("ledger.db-*")]:
        page.rename(page.with_name(page.name.replace("ledger.db", "share[1].db")))
    link = tmp_path / "link.db"
    link.symlink_to(path.with_name("share[1].db"))
    with Ledger.open(here) as ledger:
        found = merge(ledger, link)
        assert (found.replies, found.scores) == (2, 1)
        assert ledger.scores(["base"]) == {"base": {"g": grade_json(Score(1.0, passed=True))}}
        assert ledger.inspect() == 0


def test_what_was_met_as_damaged_is_replaced_after_a_transaction_that_failed(path):
    with Ledger.open(path) as ledger:
        ledger.put_replies([PaidReply("a", "m", Reply("first"))])
    with sqlite3.connect(path) as other:
        other.execute("UPDATE replies SET digest = x'00'")
    other.close()
    with Ledger.open(path) as ledger:
        assert not ledger.replies(["a"])
        paid = [PaidReply("a", "m", Reply("again"))]
        with pytest.raises(TypeError):
            ledger.exchange(paid, wanted=[object()])  # in the middle, as a full disk would
        ledger.exchange(paid)
        assert ledger.replies(["a"])["a"].text == "again"


def test_a_merge_leaves_what_a_running_process_has_jotted_down(jotter, path, tmp_path):
    with Ledger.open(tmp_path / "here" / "ledger.db") as ledger:
        assert merge(ledger, path).replies == 1
        assert not ledger.replies(["jotted"])


def test_a_row_that_holds_no_reply_is_left_and_the_others_are_taken_over(jotter, path):
    jotter.kill()
    jotter.wait()
    (page,) = (page for page in spools(path) if page.stat().st_size)

    def line(key="odd", model="m", created=1, body="{}"):
        row = (key, model, "", 0, created, body)
        return json.dumps([*row, seal(*map(str, row)).hex()]).encode() + b"\n"

    sound = json.loads(page.read_bytes())[5]
    odd = [line(), line(body="[]"), line(created=10**30, body=sound), line(created="abc", body=sound)]
    page.write_bytes(b"".join([b"[" * 200_000 + b"\n", *odd, line(model="\ud800", body=sound), page.read_bytes()]))
    with Ledger.open(path) as ledger:
        assert {key for key, *_ in ledger.every_reply()} == {"kept", "jotted"}
    assert not spools(path)


def test_a_pipe_in_the_place_of_a_page_holds_nobody_up(path, caplog):
    Ledger.open(path).close()
    os.mkfifo(path.with_name(f"{path.name}-spool-dead0-0"))
    with Ledger.open(path) as ledger:
        assert "no regular file" in caplog.text
        assert ledger.exchange(wanted=["k"]).granted == {"k"}


def test_what_was_jotted_down_is_kept_before_its_claim_is_given_back(path):
    with Ledger.open(path) as other:
        with Ledger.open(path) as ledger:
            ledger.exchange(wanted=["k"])
            ledger.jot(PaidReply("k", "m", Reply("paid")))
        assert other.exchange(wanted=["k"]).replies["k"].text == "paid"
    assert not spools(path)


def test_half_a_line_is_taken_back_where_there_is_no_room(path, monkeypatch):
    write, room = os.write, [10]
    monkeypatch.setattr(os, "write", lambda handle, line: write(handle, line[: room.pop()] if room else line))
    with Ledger.open(path) as ledger:
        with pytest.raises(OSError, match="no room"):
            ledger.jot(PaidReply("a", "m", Reply("lost")))
        ledger.jot(PaidReply("b", "m", Reply("there")))
        assert [row[0] for page in spools(path) for row in spooled(page)] == ["b"]


def test_jotting_leaves_no_file_where_all_was_kept(path):
    with Ledger.open(path) as ledger:
        for number in range(5):
            reply = PaidReply(f"k{number}", "m", Reply("x"))
            ledger.jot(reply)
            ledger.exchange([reply])
        assert sum(page.stat().st_size for page in spools(path)) == 0
    assert not spools(path)
