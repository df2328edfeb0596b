"""OpenAI Realtime: the log of a session's events, one a line (or a JSON list).

Turns stand in the order of their items, since a caller's words come after the answer has begun. What was cut off by
barge-in was never heard: `conversation.item.truncated` says at which millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp

from callgate.concepts import Json
from callgate.dataset.importers.parts import (
    Hints,
    Tape,
    content_text,
    first_words,
    known,
    language_tag,
    mean,
    prompt_mark,
)
from callgate.dataset.importers.reading import Export, Node, json_lines, json_node, moment, seconds_between
from callgate.dataset.importers.recording import Recording, Said

_WORDS_A_SECOND = 2.6
_PCM_BYTES_A_SECOND = 48_000


@dataclass(slots=True)
class _Item:
    """One item of the conversation as the events build it up."""

    role: str = ""
    text: str = ""
    tool: str = ""
    call: str = ""
    arguments: Json = None
    output: Json = None
    seconds: float | None = None
    confidence: float | None = None
    cut_after: float | None = None
    audio: float = 0.0
    deleted: bool = False


@dataclass(slots=True)
class _Session:
    items: dict[str, _Item] = field(default_factory=dict)
    id: str = ""
    model: str = ""
    language: str = ""
    instructions: str = ""
    started: str = ""

    def item(self, name: str) -> _Item:
        return self.items.setdefault(name, _Item())


def read(export: Export, hints: Hints) -> list[Recording]:
    """The session of the log."""
    del hints
    first = export.text.lstrip()
    events = json_lines(export) if not first.startswith("{\n") else json_node(export).get("events").items()
    session = _Session()
    for event in events:
        _play(session, event.get("event") if event.value and not event.get("type") and event.get("event") else event)
    tape = Tape()
    for name, item in session.items.items():
        if not item.deleted:
            _turn(tape, name, item)
    return [
        Recording(
            source="realtime",
            id=session.id,
            events=tape.done(),
            started=session.started,
            language=session.language,
            about=known(prompt=prompt_mark(session.instructions), model=session.model),
            unknown=tuple(tape.unknown),
            place=export.place(),
        )
    ]


def _play(session: _Session, event: Node) -> None:
    kind = event.get("type").text()
    at = moment(event.get("timestamp", "received_at", "created_at").value)
    session.started = session.started or at
    if kind in {"session.created", "session.updated", "session.update"}:
        _describe(session, event.get("session"))
    elif kind in {"conversation.item.created", "conversation.item.added", "conversation.item.done"} or kind in {
        "conversation.item.create", "response.output_item.added", "response.output_item.done",
    }:  # fmt: skip
        _fill(session, event.get("item"), seconds_between(session.started, at))
    elif kind == "conversation.item.input_audio_transcription.completed":
        item = session.item(event.get("item_id").text())
        item.role, item.text = item.role or "user", event.get("transcript").text()
        item.confidence = mean(
            [
                exp(min(0.0, p))
                for one in event.get("logprobs").items()
                if (p := one.get("logprob").number()) is not None
            ]
        )
        spoken = event.get("languages").items()
        session.language = session.language or (language_tag(spoken[0].text()) if spoken else "")
    elif kind in {
        "response.output_audio_transcript.done",
        "response.audio_transcript.done",
        "response.output_text.done",
        "response.text.done",
    }:
        item = session.item(event.get("item_id").text())
        item.role, item.text = "assistant", event.get("transcript", "text").text()
    elif kind == "response.function_call_arguments.done":
        item = session.item(event.get("item_id").text() or event.get("call_id").text())
        item.tool, item.call = event.get("name").text() or item.tool, event.get("call_id").text()
        item.arguments = event.get("arguments").value
    elif kind in {"response.output_audio.delta", "response.audio.delta"}:
        session.item(event.get("item_id").text()).audio += len(event.get("delta").text()) * 0.75 / _PCM_BYTES_A_SECOND
    else:
        _mark(session, kind, event)


def _mark(session: _Session, kind: str, event: Node) -> None:
    if kind == "conversation.item.truncated":
        session.item(event.get("item_id").text()).cut_after = (event.get("audio_end_ms").number() or 0.0) / 1000
    elif kind == "conversation.item.deleted":
        session.item(event.get("item_id").text()).deleted = True
    elif kind == "input_audio_buffer.speech_started":
        begun = event.get("audio_start_ms").number()
        item = session.item(event.get("item_id").text())
        item.role, item.seconds = item.role or "user", None if begun is None else begun / 1000


def _describe(session: _Session, about: Node) -> None:
    session.id = about.get("id").text() or session.id
    session.model = about.get("model").text() or session.model
    session.instructions = about.get("instructions").text() or session.instructions
    heard = about.get("input_audio_transcription") or about.at("audio", "input", "transcription")
    session.language = language_tag(heard.get("language").text()) or session.language


def _fill(session: _Session, about: Node, seconds: float | None) -> None:
    kind = about.get("type").text("message")
    item = session.item(about.get("id").text() or f"_{len(session.items)}")
    item.seconds = seconds if item.seconds is None else item.seconds
    if kind == "message":
        item.role = about.get("role").text() or item.role
        item.text = content_text(about.get("content")) or item.text
    elif kind == "function_call":
        item.tool, item.call = about.get("name").text() or item.tool, about.get("call_id").text() or item.call
        item.arguments = about.get("arguments").value or item.arguments
    elif kind == "function_call_output":
        item.call, item.output, item.role = about.get("call_id").text(), about.get("output").value, "output"


def _turn(tape: Tape, name: str, item: _Item) -> None:
    del name
    if item.role == "output":
        tape.answer(item.output, id_=item.call)
    elif item.tool or item.arguments is not None:
        tape.call(item.tool, item.arguments, id_=item.call, seconds=item.seconds)
    elif item.role == "user":
        if not item.text:
            tape.note("words of the caller that were never transcribed")
        tape.say(Said("caller", item.text, item.seconds, confidence=item.confidence))
    elif item.role == "assistant" and item.cut_after is None:
        tape.say(Said("agent", item.text, item.seconds))
    elif item.role == "assistant":
        _cut(tape, item)


def _cut(tape: Tape, item: _Item) -> None:
    """What was heard of a turn that was cut off: by the length of its audio, or else by an ordinary speed of speech."""
    assert item.cut_after is not None
    words = " ".join(item.text.split())
    length = item.audio or len(words.split()) / _WORDS_A_SECOND
    if item.cut_after <= 0 or not words:
        tape.note("a turn of the agent that was cut off before a word was heard was left out")
        return
    tape.note("the exact words at which the caller cut in: reckoned from the length of the audio")
    share = min(1.0, item.cut_after / length) if length else 1.0
    tape.say(Said("agent", words, item.seconds, interrupted=True, heard_until=first_words(words, share)))
