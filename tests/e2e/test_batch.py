"""`callgate eval --batch`: the decision of calls that were asked at once, over as many runs of the command as it takes."""

from scratch import small
from test_live_wire import EVAL, SOME

from batching import Batching
from simulated import simulated


def test_batches_come_to_the_same_decision_over_several_runs_and_ask_nothing_twice(tmp_path):
    alone, weekly = (small(tmp_path / name, SOME[:3]) for name in ("alone", "weekly"))
    with Batching(simulated(), looks=2) as provider:
        assert alone.run(*EVAL, **provider.environment).code in {1, 4}
        provider.at_once.clear()
        first = weekly.run(*EVAL, "--batch", "--wait", "0", **provider.environment)
        assert first.code == 3, first.said
        assert "INCOMPLETE" in first.out
        assert "the same command goes on" in first.out
        smoked = len(provider.at_once)
        assert 0 < smoked < 40, "only the first look at key, name and tools is asked at once"
        note = weekly.run(*EVAL, "--offline", **provider.environment).err
        assert "are in batches whose replies were not taken yet; `--batch` takes them" in note
        ran = weekly.run(*EVAL, "--batch", **provider.environment)
        assert ran.code in {1, 4}, ran.said
        assert len(provider.at_once) == smoked
        assert len(provider.asked) == len(set(provider.asked))
        assert weekly.report() == alone.report()
        before = len(provider.batches)
        assert weekly.run(*EVAL, "--batch", **provider.environment).code == ran.code
        assert len(provider.batches) == before


def test_what_no_batch_reaches_is_a_mistake_before_anything_is_asked(project):
    ran = project.run("eval", "receptionist", "--batch")
    assert ran.code == 2
    assert "--batch does not reach sim/receptionist-small: sim is no provider of the direct lane" in ran.err
    assert project.run("eval", "receptionist", "--wait", "3").code == 2
    assert project.run("eval", "receptionist", "--batch", "--shard", "1/2").code == 2
