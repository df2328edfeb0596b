"""A run too large to be held in memory comes to what one that is held comes to, byte for byte, page and all."""

import re

import pytest
from scratch import small

from callgate.concepts import Failure, Reply, Score, Step, Trial, TrialId
from callgate.evaluate import Options, evaluate, slim
from callgate.evaluate.rows import equal_draws

CANDIDATE = {"candidate": "prompts/receptionist/v3-brisk"}


def test_words_are_read_back_from_the_ledger_and_nothing_else_differs(tmp_path, monkeypatch):
    project = small(tmp_path)
    eval_file = project.root / "evals/receptionist.yaml"
    held = evaluate(project.root, eval_file, Options(**CANDIDATE))
    before = {name: project.report(name) for name in ("decision.json", "summary.md", "junit.xml", "report.html")}
    assert held.decision.flips, "calls that changed are on the page"
    monkeypatch.setattr(slim, "HELD", 0)
    monkeypatch.setattr(slim, "CHUNK", 7)
    slimmed = []
    monkeypatch.setattr(slim, "_trial", lambda trial, true=slim._trial: slimmed.append(trial) or true(trial))
    evaluate(project.root, eval_file, Options(**CANDIDATE, regrade=True, offline=True))
    assert len(slimmed) > 7
    for name, told in before.items():
        assert _told(told) == _told(project.report(name)), name


def _told(report):
    """A report without what only one invocation knows."""
    return re.sub(r"This run: [^<\n]*|[\d,]+ repl(y|ies) new, [^<\n]*", "", report.decode())


def trial(number, text, **more):
    said = Reply(text, served="m-1", dollars=0.5, seconds=1.0, prompt_tokens=9, completion_tokens=3)
    return Trial(TrialId("candidate", "m", "a", "1", number), (Step(said),), **more)


def test_a_slim_trial_keeps_what_counts_and_holds_no_words():
    said = "the caller's own words, and many of them"
    passed = Score(1.0, passed=True, why=said)
    failed = Score(0.0, passed=False, why="did not say it")
    slimmer = slim.Slimmer()
    one, same, other = (
        slimmer.slim(trial(n, text), {"must_say": passed, "success": passed})
        for n, text in enumerate((said, said, "x"))
    )
    assert said not in repr(one)
    assert one[1] is same[1], "grades that say the same are one object"
    assert (equal_draws([one, same]), equal_draws([one, same, other])) == (2, 2)
    reply = one[0].steps[0].reply
    assert (reply.served, reply.dollars, reply.seconds, reply.prompt_tokens, reply.completion_tokens) == (
        "m-1",
        0.5,
        1.0,
        9,
        3,
    )
    _, grades = slimmer.slim(trial(3, said), {"must_say": failed, "success": failed})
    assert grades["success"] == failed
    lost = Failure("timeout", "no complete reply")
    assert slimmer.slim(trial(4, said, failure=lost), {"success": lost})[0].failure == lost


@pytest.mark.parametrize("size", [1, 3, 10])
def test_chunks_are_all_of_it(size):
    assert [one for some in slim.chunks(range(10), size) for one in some] == list(range(10))
