"""OpenAI chat messages with tools: a conversation, a list of them, one a line; tau-bench and tau2-bench runs too."""

from __future__ import annotations

from collections.abc import Mapping

from callgate.dataset.importers.parts import Hints, Tape, content_text, conversation, known, prompt_mark
from callgate.dataset.importers.reading import Export, Node, is_json_lines, json_lines, json_node, moment
from callgate.dataset.importers.recording import Recording, Said


def read(export: Export, hints: Hints) -> list[Recording]:
    """The conversations of the file."""
    del hints
    if is_json_lines(export):
        nodes = json_lines(export)
        if nodes and isinstance(nodes[0].value, Mapping) and "role" in nodes[0].value:  # one message a line
            return [_call(nodes, Node(export, {}), 0)]
    else:
        root = json_node(export)
        if not isinstance(root.value, list):
            nodes = root.get("simulations", "conversations").items() or [root]
        elif root.items() and isinstance(root.items()[0].value, Mapping) and "role" in root.items()[0].mapping():
            return [_call(root.items(), root, 0)]
        else:
            nodes = root.items()
    return [_call(_messages(node).items(), node, index) for index, node in enumerate(nodes)]


def _messages(node: Node) -> Node:
    return node if isinstance(node.value, list) else node.get("messages", "traj", "trajectory", "conversation")


def _call(messages: list[Node], whole: Node, index: int) -> Recording:
    marks: list[str] = []
    tape = conversation(messages, lambda tape, turn: _turn(tape, turn, marks))
    about = whole if isinstance(whole.value, Mapping) else Node(whole.export, {})
    task, trial = about.get("task_id").text(), about.get("trial").text()
    name = about.get("id", "call_id", "conversation_id", "thread_id").text()
    if task:
        name = f"task-{task}" + (f"-trial-{trial}" if trial else "")
    started = moment(about.get("created", "created_at", "timestamp", "start_time").value)
    tape.note("what the caller heard and when: a chat has neither speech nor times")
    return Recording(
        source="openai",
        id=name or f"{index + 1}",
        events=tape.done(),
        started=started,
        about=known(prompt=prompt_mark("\n".join(marks)), model=about.get("model").text()),
        unknown=tuple(tape.unknown),
        place=whole.start,
    )


def _turn(tape: Tape, turn: Node, marks: list[str]) -> None:
    role = turn.get("role").text()
    content = turn.get("content")
    if role in {"system", "developer"}:
        marks.append(content_text(content))
        return
    if role == "user":
        tape.say(Said("caller", content_text(content)))
        if turn.get("tool_calls"):
            tape.note("tool calls of the simulated caller were left out")
        return
    if role == "assistant":
        tape.say(Said("agent", content_text(content) or turn.get("refusal").text()))
        for call in turn.get("tool_calls").items():
            if call.get("requestor").text("assistant") == "assistant":
                function = call.get("function") or call
                tape.call(function.get("name").text(), function.get("arguments").value, id_=call.get("id").text())
        legacy = turn.get("function_call")
        if legacy:
            tape.call(legacy.get("name").text(), legacy.get("arguments").value)
        return
    if role in {"tool", "function"} and turn.get("requestor").text("assistant") == "assistant":
        answer = content.value if isinstance(content.value, str | int | float | Mapping) else content_text(content)
        failed = turn.get("error").flag()
        tape.answer(answer, id_=turn.get("tool_call_id", "id").text(), name=turn.get("name").text(), failed=failed)
