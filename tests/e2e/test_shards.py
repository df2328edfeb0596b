"""Two shares of a run, each in a project of its own, come together to the decision of one process, byte for byte."""

from scratch import small
from test_live_wire import EVAL, SOME, bodies, wire

from loopback import Loopback
from simulated import simulated


def test_two_shares_that_are_merged_decide_as_one_process_does_and_pay_for_nothing_twice(tmp_path):
    alone, one, other = (small(tmp_path / name, SOME[:3]) for name in ("alone", "one", "other"))
    with Loopback(simulated()) as server:
        assert alone.run(*EVAL, **wire(server)).code in {1, 4}
        expected, port = bodies(server.seen), server.port
    with Loopback(simulated(), port=port) as server:
        for number, project in enumerate((one, other), start=1):
            ran = project.run(*EVAL, "--shard", f"{number}/2", **wire(server))
            assert ran.code == 4, ran.said
            assert "nothing is decided" in ran.out
            assert not (project.root / "reports").exists()
        merged = one.run("merge", str(other.root))
        assert merged.code == 0
        assert " 0 replies" not in f" {merged.out}"
        again = one.run(*EVAL, "--shard", "1/2", **wire(server))
        assert again.code == 4, again.said
        whole = one.run(*EVAL, **wire(server))
        assert whole.code in {1, 4}, whole.said
        assert bodies(server.seen) == expected
    assert one.report() == alone.report()


def test_a_share_with_a_broken_grader_of_ones_own_pays_for_nothing(tmp_path):
    project = small(tmp_path / "one", SOME[:3])
    project.edit("evals/graders.py", "@grader", "1 / 0\n\n\n@grader")
    with Loopback(simulated()) as server:
        ran = project.run(*EVAL, "--shard", "1/2", **wire(server))
        assert ran.code == 2, ran.said
        assert "evals/graders.py:22:1: cannot be run: ZeroDivisionError" in ran.err
        assert not server.seen


def test_a_merge_leaves_damaged_rows_behind_and_says_what_is_no_ledger(project):
    ran = project.run("merge", str(project.root / "evals"))
    assert ran.code == 2
    assert "no ledger" in ran.err
    (project.root / "text.db").write_text("no ledger at all, but a text of some length")
    ran = project.run("merge", "text.db")
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_a_share_is_of_a_whole_run(project):
    for words in (("--shard", "3/2"), ("--shard", "x"), ("--shard", "1/2", "--limit", "3")):
        ran = project.run(*EVAL, *words, OPENAI_API_KEY="x")
        assert ran.code == 2
        assert "--shard" in ran.err
