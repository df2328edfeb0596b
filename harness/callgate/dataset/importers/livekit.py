"""LiveKit: `ChatContext.to_dict()`, alone or inside a session report. It can also be written: all that we keep fits."""

from __future__ import annotations

import json
from collections.abc import Mapping

from callgate.concepts import Json, canonical
from callgate.dataset.importers.parts import Hints, Tape, content_text, conversation, known, prompt_mark, since
from callgate.dataset.importers.reading import Export, Node, is_json_lines, json_lines, json_node, moment
from callgate.dataset.importers.recording import Called, Recording, Said


def read(export: Export, hints: Hints) -> list[Recording]:
    """The conversations of the file."""
    del hints
    if is_json_lines(export):
        nodes = json_lines(export)
    else:
        root = json_node(export)
        listed = isinstance(root.value, list)
        nodes = [root]
        if (
            listed
            and root.items()
            and isinstance(root.items()[0].value, Mapping)
            and "items" in root.items()[0].mapping()
        ):
            nodes = root.items()
    return [_call(node, index) for index, node in enumerate(nodes)]


def _call(node: Node, index: int) -> Recording:
    about = node if isinstance(node.value, Mapping) else Node(node.export, {})
    items = node if isinstance(node.value, list) else (node.get("items") or node.at("chat_history", "items"))
    turns = items.items()
    moments = [at for turn in turns if isinstance(turn.value, Mapping) and (at := moment(turn.get("created_at").value))]
    started = moment(about.get("started_at").value) or min(moments, default="")
    marks: list[str] = []
    tape = conversation(turns, lambda tape, turn: _turn(tape, turn, started, marks))
    return Recording(
        source="livekit",
        id=about.get("room_id", "job_id", "room", "id").text() or f"{index + 1}",
        events=tape.done(),
        started=started,
        about=known(prompt=prompt_mark("\n".join(marks))),
        unknown=tuple(tape.unknown),
        place=node.start,
    )


def _turn(tape: Tape, turn: Node, started: str, marks: list[str]) -> None:
    kind = turn.get("type").text("message")
    seconds = since(started, turn.get("created_at").value)
    if kind == "message":
        _message(tape, turn, seconds, marks)
    elif kind == "function_call":
        tape.call(turn.get("name").text(), turn.get("arguments").value, id_=turn.get("call_id").text(), seconds=seconds)
    elif kind == "function_call_output":
        failed = turn.get("is_error").flag()
        tape.answer(
            turn.get("output").value, id_=turn.get("call_id").text(), name=turn.get("name").text(), failed=failed
        )
    elif kind == "agent_handoff":
        tape.note("the call was handed from one agent to another: their prompts differ")
    elif kind == "agent_config_update":
        marks.append(turn.get("instructions").text())


def _message(tape: Tape, turn: Node, seconds: float | None, marks: list[str]) -> None:
    role, text = turn.get("role").text(), content_text(turn.get("content"))
    if role in {"system", "developer"}:
        marks.append(text)
    elif role == "user":
        confidence = turn.get("transcript_confidence").number()
        bounded = None if confidence is None else min(1.0, max(0.0, confidence))
        tape.say(Said("caller", text, seconds, confidence=bounded))
    elif role == "assistant":
        cut, whole = turn.get("interrupted").flag(), turn.at("extra", "full_text").text()
        if cut and not whole:
            tape.note("what the agent would have gone on to say where it was cut off")
        heard = " ".join(text.split()) or None if cut else None
        tape.say(Said("agent", whole or text, seconds, interrupted=cut, heard_until=heard))


def write(recording: Recording) -> str:
    """A recording as a chat context that `read` reads back. Words that were not heard go into `extra.full_text`."""
    from datetime import datetime

    base = datetime.fromisoformat(recording.started).timestamp() if recording.started else 0.0
    items: list[Json] = []
    for index, event in enumerate(recording.events):
        at: dict[str, Json] = {}
        if event.seconds is not None and base:
            at = {"created_at": round(base + event.seconds, 3)}
        if isinstance(event, Said) and event.who != "person":
            items.append({**_said(event), **at})
        elif isinstance(event, Called):
            name = event.id or f"call_{index}"
            arguments = event.raw if event.args is None else canonical(event.args)
            items.append({"type": "function_call", "call_id": name, "name": event.tool, "arguments": arguments, **at})
            if event.error is not None or event.result is not None:
                output = event.result if event.error is None else event.error
                text = output if isinstance(output, str) else canonical(output)
                failed = event.error is not None
                items.append({"type": "function_call_output", "call_id": name, "output": text, "is_error": failed})
    head: dict[str, Json] = {"id": recording.id, "started_at": base or None, "items": items}
    return json.dumps(head, ensure_ascii=False, indent=1) + "\n"


def _said(said: Said) -> dict[str, Json]:
    if said.who == "caller":
        item: dict[str, Json] = {"type": "message", "role": "user", "content": [said.text]}
        return item if said.confidence is None else {**item, "transcript_confidence": said.confidence}
    item = {"type": "message", "role": "assistant", "content": [said.text], "interrupted": said.interrupted}
    if said.interrupted and said.heard_until is not None and said.heard_until != said.text:
        item |= {"content": [said.heard_until], "extra": {"full_text": said.text}}
    return item
