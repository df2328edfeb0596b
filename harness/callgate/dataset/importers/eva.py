"""EVA: `transcript.jsonl`, in which the caller's turns arrive in fragments, and `audit_log.json`, which has the tools.

Given both, the words come from the transcript and the tools from the log, in the order of their times.
"""

from __future__ import annotations

from dataclasses import replace

from callgate.dataset.importers.parts import Hints, Tape, conversation, known, prompt_mark, since
from callgate.dataset.importers.reading import Export, Node, json_lines, json_node, moment, seconds_between
from callgate.dataset.importers.recording import Called, Event, Recording, Said


def read(export: Export, hints: Hints) -> list[Recording]:
    """One call: of a transcript its words, of an audit log its words and tools."""
    del hints
    begin = export.text.lstrip()[:2000]
    if begin.startswith("{") and '"timestamp"' in begin.split("\n", 1)[0]:
        return [_transcript(json_lines(export), export)]
    root = json_node(export)
    return [_transcript(root.items(), export) if isinstance(root.value, list) else _audit(root)]


def merged(recordings: list[Recording]) -> list[Recording]:
    """A transcript and an audit log of one call as one recording; anything else as it is."""
    spoken = [one for one in recordings if not any(isinstance(event, Called) for event in one.events)]
    logs = [one for one in recordings if one not in spoken]
    if len(spoken) != 1 or len(logs) != 1 or not spoken[0].started or not logs[0].started:
        return recordings
    words, log = spoken[0], logs[0]
    shift = seconds_between(words.started, log.started) or 0.0
    calls = [_shifted(event, shift) for event in log.events if isinstance(event, Called)]
    events = sorted([*words.events, *calls], key=lambda event: event.seconds or 0.0)
    about = {**log.about, **words.about}
    unknown = tuple(dict.fromkeys(note for note in log.unknown + words.unknown if not note.startswith("tool calls")))
    return [replace(words, events=tuple(events), about=about, unknown=unknown)]


def _shifted(call: Called, shift: float) -> Event:
    return replace(call, seconds=None if call.seconds is None else round(call.seconds + shift, 3))


def _transcript(turns: list[Node], export: Export) -> Recording:
    started = next((at for turn in turns if (at := moment(turn.get("timestamp").value))), "")

    def play(tape: Tape, turn: Node) -> None:
        role = turn.get("role").text()
        if role in {"user", "assistant"}:
            seconds = since(started, turn.get("timestamp").value)
            tape.say(Said("caller" if role == "user" else "agent", turn.get("content").text(), seconds))

    tape = conversation(turns, play)
    tape.note("tool calls: they are in audit_log.json; import both files together")
    return Recording("eva", _id(export), tape.done(), started, unknown=tuple(tape.unknown), place=export.place())


def _audit(root: Node) -> Recording:
    entries = root.get("transcript").items()
    started = next((at for entry in entries if (at := moment(entry.get("timestamp").value))), "")
    tape = conversation(entries, lambda tape, entry: _entry(tape, entry, started))
    prompts = root.get("llm_prompts").items()
    opening = prompts[0].get("prompt").items()[:1] if prompts else []
    mark = prompt_mark(opening[0].get("content").text()) if opening else ""
    model = prompts[0].get("model").text() if prompts else ""
    about = known(prompt=mark, model=model)
    return Recording(
        "eva", _id(root.export), tape.done(), started, about=about, unknown=tuple(tape.unknown), place=root.start
    )


def _entry(tape: Tape, entry: Node, started: str) -> None:
    kind, value = entry.get("message_type").text(), entry.get("value")
    seconds = since(started, entry.get("timestamp").value)
    if kind in {"user", "assistant"}:
        tape.say(Said("caller" if kind == "user" else "agent", value.text(), seconds))
    elif kind == "tool_call":
        tape.call(value.get("tool").text(), value.get("parameters").value, seconds=seconds)
    elif kind == "tool_response":
        answer = value.get("response")
        status = answer.value.get("status") if isinstance(answer.value, dict) else ""
        tape.answer(answer.value, name=value.get("tool").text(), failed=status == "error")


def _id(export: Export) -> str:
    from pathlib import PurePosixPath

    path = PurePosixPath(export.name)
    return path.stem.replace("_transcript", "").replace("_audit_log", "").replace("audit_log", "") or path.parent.name
