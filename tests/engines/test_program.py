"""An agent of the user's own is an engine like the others: typed outcomes, one process, and its files are its version."""

import asyncio
import shutil
import textwrap
from pathlib import Path

import pytest

from callgate.concepts import Budget, Failure, Message, Mistake, Reply, Request, Tool, ToolCall
from callgate.engines.access import endpoint, missing_key
from callgate.engines.lanes import Lanes
from callgate.engines.prices import _given, give_price, price, provider, worst_dollars
from callgate.execute.budget import Purse, Refusal, Reservation

BOOK = Tool("book", "Books.", {"type": "object", "properties": {}})

AGENT = """
import json, os, sys, threading

def work(request):
    text = request["messages"][-1]["content"]
    said = {"id": request["id"]}
    if text == "call":
        said |= {"calls": [{"name": "book", "arguments": {"day": "lunes"}}], "served": "v2"}
    elif text == "paid":
        said |= {"text": "ok", "dollars": 0.25, "prompt_tokens": 7, "completion_tokens": 3}
    elif text == "cut":
        said |= {"text": "half a", "finish": "length"}
    elif text == "silent":
        pass
    elif text == "fails":
        said |= {"error": "no slots", "retry": False}
    elif text == "busy":
        said |= {"error": "busy"}
    elif text == "broken call":
        said |= {"calls": ["book"]}
    elif text == "hangs":
        return
    elif text == "dies":
        print("out of memory", file=sys.stderr, flush=True)
        os._exit(7)
    elif text == "chats":
        print("hello there", flush=True)
        return
    else:
        said["text"] = json.dumps([os.getpid(), request["trial"], [t["function"]["name"] for t in request["tools"]], request["parameters"], text], ensure_ascii=True)
    print(json.dumps(said), flush=True)

held = []
for line in sys.stdin:
    request = json.loads(line)
    held.append(request)
    if request["messages"][-1]["content"] != "hold":  # what is held is answered after this one
        for one in reversed(held):
            work(one)
        held.clear()
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "agent.py").write_text(AGENT)
    return tmp_path


@pytest.fixture
def ask(project):
    import sys

    def run(*texts, model=f"command:{sys.executable} agent.py", seconds=5.0, lanes=None, engine=None):
        engine = engine or (lanes or Lanes(root=project, workers=8, seconds=seconds)).engine_for(model)
        requests = [
            Request(model, (Message.of(role="user", content=text),), (BOOK,), {"seed": 1}, n)
            for n, text in enumerate(texts)
        ]

        async def stream():
            for one in requests:
                yield one

        async def collect():
            return {one.trial: outcome async for one, outcome in engine.run(stream())}

        found = asyncio.run(collect())
        return [found[number] for number in range(len(texts))]

    return run


def test_each_answer_has_its_typed_outcome(ask):
    call, paid, cut, silent = ask("call", "paid", "cut", "silent")
    assert call.calls == (ToolCall("call_0", "book", '{"day":"lunes"}'),)
    assert (call.served, call.outcome) == ("v2", "ok")
    assert (paid.text, paid.dollars, paid.prompt_tokens, paid.completion_tokens) == ("ok", 0.25, 7, 3)
    assert cut.outcome == "truncated"
    assert silent.outcome == "empty"
    assert call.dollars is None, "a price that nobody said is not nothing"


def test_what_it_cannot_answer_is_a_failure_with_its_remedy(ask):
    fails, busy, broken = ask("fails", "busy", "broken call")
    assert (fails.kind, fails.remedy, fails.why) == ("provider_error", "give_up", "no slots")
    assert (busy.kind, busy.remedy) == ("provider_error", "retry")
    assert broken.kind == "malformed"
    [hangs] = ask("hangs", seconds=0.3)
    assert hangs.kind == "timeout"


def test_one_process_answers_a_whole_run_in_any_order(ask):
    import json

    replies = [json.loads(reply.text) for reply in ask("hold", "hold", "¿qué? \u2028 🚗")]
    assert len({pid for pid, *_ in replies}) == 1
    assert [rest for _, *rest in replies] == [
        [n, ["book"], {"seed": 1}, t] for n, t in enumerate(["hold", "hold", "¿qué? \u2028 🚗"])
    ]


def test_the_agent_of_the_page_answers_as_it_says(ask, project):
    page = (Path(__file__).parents[2] / "docs/own-agent.md").read_text("utf-8")
    (project / "page.py").write_text(page.partition("```python\n")[2].partition("```")[0], "utf-8")
    asks, books = ask("hello", "book it", model="python:page.py:reply")
    assert asks.text == "Which day would you like?"
    assert books.calls == (ToolCall("call_0", "book", '{"day":"monday"}'),)


def test_each_round_of_a_run_finds_the_program(ask, project):
    import sys

    engine = Lanes(root=project, workers=8, seconds=5.0).engine_for(f"command:{sys.executable} agent.py")
    for _ in range(5):  # each in an event loop of its own, and more of them than a program may end by itself
        assert {type(outcome) for outcome in ask(*["call"] * 20, engine=engine)} == {Reply}


def test_a_program_that_ends_is_started_again_but_not_for_ever(ask, project):
    found = ask(*["dies"] * 5, lanes=Lanes(root=project, workers=1))
    assert {outcome.kind for outcome in found} == {"provider_error"}
    assert all("exit 7" in outcome.why and "out of memory" in outcome.why for outcome in found[:1])
    assert found[-1].remedy == "stop_model"


def test_what_is_no_reply_on_stdout_is_said_at_once(ask):
    [chats] = ask("chats")
    assert (chats.kind, chats.remedy) == ("malformed", "stop_model")
    assert "'hello there'" in chats.why


def test_a_program_that_is_not_there_is_one_line(ask):
    [outcome] = ask("x", model="command:no-such-program-here")
    assert isinstance(outcome, Failure)
    assert outcome.remedy == "stop_model"
    assert "cannot be started" in outcome.why


FUNCTION = """
import json

def reply(messages, tools, parameters, trial):
    print("this goes to stderr")
    if messages[-1]["content"] == "fails":
        raise KeyError("slots")
    return f"{messages[-1]['content']} {trial} {len(tools)} {parameters}"

async def later(messages, **rest):
    return {"text": "later", "calls": [{"name": "book", "arguments": "{"}]}
"""


def test_a_function_is_run_in_a_process_of_its_own(ask, project):
    (project / "evals").mkdir()
    (project / "evals" / "agent.py").write_text(textwrap.dedent(FUNCTION))
    said, fails = ask("hola", "fails", model="python:evals/agent.py:reply")
    assert said == Reply("hola 0 1 {'seed': 1}", seconds=said.seconds)
    assert fails.why == "KeyError: 'slots'"
    [later] = ask("x", model="python:evals/agent.py:later")
    assert later.calls == (ToolCall("call_0", "book", "{"),)
    [wrong] = ask("x", model="python:evals/agent.py:nonesuch")
    assert "no function nonesuch" in wrong.why
    with pytest.raises(Mistake):
        ask("x", model="python:../agent.py:reply")


def test_a_program_in_javascript(ask, project):
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    (project / "agent.js").write_text(
        'const lines = require("readline").createInterface({ input: process.stdin });\n'
        'lines.on("line", (line) => {\n'
        "  const { id, messages } = JSON.parse(line);\n"
        "  console.log(JSON.stringify({ id, text: `You said: ${messages.at(-1).content}` }));\n"
        "});\n"
    )
    assert [reply.text for reply in ask("one", "two", model="command:node agent.js")] == [
        "You said: one",
        "You said: two",
    ]


def test_another_version_of_the_program_is_asked_anew(project):
    model = "command:python agent.py"
    before = endpoint(model, {}, root=project)
    assert before.startswith("program/")
    (project / "reports").mkdir()
    (project / "reports" / "x.json").write_text("{}")
    assert endpoint(model, {}, root=project) == before, "what evals leave is no part of it"
    (project / "lib").mkdir()
    (project / "lib" / "slots.py").write_text("x = 1")
    changed = endpoint(model, {}, root=project)
    assert changed != before
    (project / "lib" / "slots.py").write_text("x = 2")
    assert endpoint(model, {}, root=project) not in {before, changed}


def test_it_needs_no_key_and_is_its_own_provider():
    assert missing_key("command:node a/b.js", {}) is None
    assert provider("python:evals/agent.py:reply") == "program"


def test_its_price_must_be_given_where_dollars_are_counted():
    model = "command:node agent.js"
    request = Request(model, (Message.of(role="user", content="hi"),))
    assert price(model) is None
    assert isinstance(Purse(Budget(dollars=1)).reserve(request, elapsed=0), Refusal)
    give_price(model, call=0.4)
    try:
        assert worst_dollars(request, price(model)) == 0.4
        purse = Purse(Budget(dollars=1))
        assert [type(purse.reserve(request, elapsed=0)) for _ in range(3)] == [Reservation, Reservation, Refusal]
    finally:
        _given.clear()


def test_a_given_price_goes_before_the_files_and_keeps_its_longest_reply():
    known = price("openai/gpt-4o-mini")
    give_price("openai/gpt-4o-mini", prompt=1, completion=2)
    try:
        mine = price("openai/gpt-4o-mini")
        assert mine.dollars(1_000_000, 1_000_000) == pytest.approx(3.0)
        assert mine.longest_reply == known.longest_reply
    finally:
        _given.clear()
