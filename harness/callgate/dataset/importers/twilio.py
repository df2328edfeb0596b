"""Twilio Voice Intelligence: sentences of two channels, which name nobody: a map from channel to speaker is needed."""

from __future__ import annotations

from collections.abc import Mapping

from callgate.dataset.importers.parts import Hints, Tape, known, language_tag, overlaps
from callgate.dataset.importers.reading import Export, Node, is_json_lines, json_lines, json_node, moment
from callgate.dataset.importers.recording import Recording, Said, Speaker


def read(export: Export, hints: Hints) -> list[Recording]:
    """The transcripts of the file: `sentences` beside a `transcript`, or a bare list of sentences."""
    if is_json_lines(export):
        return [_call(json_lines(export), Node(export, {}), hints)]
    root = json_node(export)
    if isinstance(root.value, list):
        nodes = root.items()
        if nodes and isinstance(nodes[0].value, Mapping) and "sentences" in nodes[0].mapping():
            return [_call(node.get("sentences").items(), node, hints) for node in nodes]
        return [_call(nodes, Node(export, {}), hints)]
    return [_call(root.get("sentences").items(), root, hints)]


def _call(sentences: list[Node], whole: Node, hints: Hints) -> Recording:
    transcript = whole.get("transcript") or whole
    speakers = hints.channels or _participants(transcript)
    tape = Tape()
    order = [(s.get("start_time").number(), s.get("sentence_index").number() or 0.0, s) for s in sentences]
    order.sort(key=lambda entry: (entry[0] if entry[0] is not None else entry[1], entry[1]))
    for begun, _, sentence in order:
        channel = int(sentence.get("media_channel").number() or 0)
        if channel not in speakers:
            raise sentence.wrong(
                f"channel {channel} is nobody yet; Twilio names no speakers: "
                "say --channels 1=caller,2=agent (or 2=caller,1=agent)"
            )
        said = sentence.get("confidence").number()
        confidence = None if said is None or speakers[channel] != "caller" else min(1.0, max(0.0, said))
        text, ended = sentence.get("transcript").text(), sentence.get("end_time").number()
        tape.say(Said(speakers[channel], text, begun, ended, confidence=confidence))
    tape.note("tool calls: Twilio records none")
    tape.note("which prompt and which model answered")
    return Recording(
        source="twilio",
        id=transcript.get("sid", "transcript_sid").text() or whole.get("sid").text(),
        events=overlaps(tape.done()),
        started=moment(transcript.get("media_start_time", "date_created").value),
        language=language_tag(transcript.get("language_code").text()),
        about=known(),
        unknown=tuple(tape.unknown),
        place=whole.start,
    )


def _participants(transcript: Node) -> Mapping[int, Speaker]:
    """The map where the transcript itself has one: `channel.participants` with roles."""
    channel = transcript.get("channel")
    found: dict[int, Speaker] = {}
    for one in channel.get("participants").items() if isinstance(channel.value, Mapping) else ():
        number, role = one.get("channel_participant").number(), one.get("role").text().lower()
        if number is not None and role:
            found[int(number)] = "agent" if role in {"agent", "assistant", "bot"} else "caller"
    return found
