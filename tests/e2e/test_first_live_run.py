"""The first run of a live model: ten trials first, then what the budget buys; and what stops it before it has cost anything."""

import json

from scratch import small

from loopback import Loopback, failing, saying
from simulated import simulated

SOME = (
    "en-ask-loaner-like-the-neighbor",
    "en-book-half-past-six",
    "en-tire-just-the-rotation",
    "es-cita-dos-se-oyo-doce",
    "es-mover-por-nombre",
)
MINI = ("eval", "receptionist", "--model", "openai/gpt-4o-mini")


def wire(server):
    return {"OPENAI_API_KEY": "x", "OPENAI_API_BASE": server.base}


def test_it_tries_ten_trials_and_says_what_the_budget_buys_the_second_time_not(tmp_path):
    project = small(tmp_path, SOME)
    with Loopback(simulated(draws=True)) as server:
        ran = project.run(*MINI, "--max-cost", "9", **wire(server))
        assert "openai/gpt-4o-mini: first run; 10 of 10 trials came back" in ran.err
        assert "$9.00 is enough for all 10 trials a side (about $" in ran.err.replace("$8.99", "$9.00").replace(
            "$8.98", "$9.00"
        )
        assert project.paid()["lanes"] == {"direct": len(server.seen)}
        again = project.run(*MINI, "--max-cost", "9", **wire(server))
        assert "first run" not in again.err


def test_a_small_budget_says_what_it_would_see_and_is_kept_to(tmp_path):
    project = small(tmp_path, SOME)
    with Loopback(simulated(draws=True)) as server:
        ran = project.run(*MINI, "--max-cost", "0.05", **wire(server))
    assert "trials a side: would see drops of" in ran.err or "buys less than one trial a side" in ran.err
    assert project.paid()["dollars"] <= 0.05
    assert ran.code in {1, 3, 4}


def test_a_key_that_is_refused_stops_after_the_first_trials_with_one_line(tmp_path):
    project = small(tmp_path, SOME)
    with Loopback(lambda *_: failing(401, "Incorrect API key provided")) as server:
        ran = project.run(*MINI, **wire(server))
        assert 0 < len(server.seen) <= 10
    assert ran.code == 2
    assert "none of the first 10 trials came back: HTTP 401" in ran.err
    assert "Traceback" not in ran.err


def test_a_model_that_the_provider_does_not_know_is_told_with_a_near_name(tmp_path):
    project = small(tmp_path, SOME)
    with Loopback(lambda *_: failing(404, "The model does not exist", code="model_not_found")) as server:
        words = ("eval", "receptionist", "--model", "openai/gpt-4o-mni", "--price", "openai/gpt-4o-mni=0.1/0.1")
        ran = project.run(*words, **wire(server))
    assert ran.code == 2
    assert "did you mean 'openai/gpt-4o-mini'?" in ran.err


def test_an_unknown_price_is_refused_unless_it_is_given(tmp_path):
    project = small(tmp_path, SOME)
    with Loopback(lambda *_: saying("hi", usage=(1000, 100))) as server:
        gateway = {"OPENAI_API_KEY": "x", "OPENAI_API_BASE": server.base.replace("127.0.0.1", "localhost")}
        words = ("eval", "receptionist", "--model", "openai/house-model", "--max-cost", "1")
        ran = project.run(*words, "--price", "openai/house-model=1/2", **gateway)
        assert project.paid()["dollars"] > 0
        assert ran.code in {1, 3, 4}
    wrong = project.run(*words, "--price", "openai/house-model=cheap")
    assert wrong.code == 2
    assert "must be MODEL=PROMPT/COMPLETION" in wrong.err


def test_transport_direct_is_refused_where_only_litellm_knows_the_way(tmp_path):
    project = small(tmp_path, SOME)
    ran = project.run(
        "eval", "receptionist", "--model", "anthropic/claude-sonnet-4-5", "--transport", "direct", ANTHROPIC_API_KEY="x"
    )
    assert ran.code == 2
    assert "transport: direct does not reach anthropic/claude-sonnet-4-5" in ran.err


def test_both_lanes_come_to_the_same_decision(tmp_path):
    found = {}
    for lane in ("direct", "litellm"):
        project = small(tmp_path / lane, SOME)
        with Loopback(simulated()) as server:
            project.run(
                "eval",
                "receptionist",
                "--model",
                "openai/anything",
                "--transport",
                lane,
                OPENAI_API_KEY="x",
                OPENAI_API_BASE=server.base,
            )
        assert set(project.paid()["lanes"]) == {lane}
        decision = json.loads(project.report())
        found[lane] = {name: decision[name] for name in ("verdict", "comparisons", "flips", "missing")}
    assert found["direct"] == found["litellm"]
