"""Deepgram: utterances, or else words, of channels or of numbered speakers who are nobody until a map says who."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callgate.dataset.importers.parts import Hints, Tape, language_tag, mean, overlaps
from callgate.dataset.importers.reading import Export, Node, is_json_lines, json_lines, json_node, moment
from callgate.dataset.importers.recording import Recording, Said, Speaker

PAUSE = 0.8
"""Seconds of silence after which words are another utterance, where the export has only words."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Words said in one go; `number` is the channel where there are several, else the speaker."""

    number: int
    text: str
    begun: float
    ended: float | None
    confidence: float | None
    node: Node


def read(export: Export, hints: Hints) -> list[Recording]:
    """The transcripts of the file: one response of the API, several in a list, or one a line."""
    if is_json_lines(export):
        return [_call(node, hints) for node in json_lines(export)]
    root = json_node(export)
    nodes = root.items() if isinstance(root.value, list) else [root]
    return [_call(node, hints) for node in nodes]


def _call(whole: Node, hints: Hints) -> Recording:
    results, metadata = whole.get("results"), whole.get("metadata")
    channels = results.get("channels").items()
    by_channel = len(channels) > 1
    pieces = [_utterance(one, by_channel=by_channel) for one in results.get("utterances").items()]
    if not pieces:
        pieces = [piece for index, one in enumerate(channels) for piece in _words(one, index, by_channel=by_channel)]
    tape = Tape()
    for piece in sorted(pieces, key=lambda piece: piece.begun):
        who = _speaker(piece, hints, by_channel=by_channel)
        sure = piece.confidence if who == "caller" else None
        tape.say(Said(who, piece.text, piece.begun, piece.ended, confidence=sure))
    tape.note("tool calls: Deepgram records none")
    tape.note("which prompt and which model answered")
    return Recording(
        source="deepgram",
        id=metadata.get("request_id").text(),
        events=overlaps(tape.done()),
        started=moment(metadata.get("created").value),
        language=_language(channels, results),
        unknown=tuple(tape.unknown),
        place=whole.start,
    )


def _utterance(one: Node, *, by_channel: bool) -> _Piece:
    begun = one.get("start").number()
    if begun is None:
        raise one.wrong("an utterance without its 'start'")
    number = one.get("channel" if by_channel else "speaker").number() or 0
    sure = one.get("confidence").number()
    confidence = None if sure is None else mean([sure])
    return _Piece(int(number), one.get("transcript").text(), begun, one.get("end").number(), confidence, one)


def _words(channel: Node, index: int, *, by_channel: bool) -> list[_Piece]:
    """The words of a channel in utterances: another speaker or a pause begins the next."""
    alternatives = channel.get("alternatives").items()
    pieces: list[_Piece] = []
    group: list[Node] = []
    before: tuple[int, float] | None = None
    for word in alternatives[0].get("words").items() if alternatives else ():
        begun = word.get("start").number()
        if begun is None:
            raise word.wrong("a word without its 'start'")
        number = index if by_channel else int(word.get("speaker").number() or 0)
        if before is not None and (number != before[0] or begun - before[1] > PAUSE):
            pieces.append(_joined(before[0], group))
            group = []
        group.append(word)
        before = number, word.get("end").number() or begun
    if group and before is not None:
        pieces.append(_joined(before[0], group))
    return pieces


def _joined(number: int, words: Sequence[Node]) -> _Piece:
    text = " ".join(word.get("punctuated_word", "word").text() for word in words)
    sure = [value for word in words if (value := word.get("confidence").number()) is not None]
    return _Piece(
        number, text, words[0].get("start").number() or 0.0, words[-1].get("end").number(), mean(sure), words[0]
    )


def _speaker(piece: _Piece, hints: Hints, *, by_channel: bool) -> Speaker:
    if piece.number not in hints.channels:
        what = "channel" if by_channel else "speaker"
        message = (
            f"{what} {piece.number} is nobody yet; Deepgram names no speakers: "
            "say --channels 0=agent,1=caller (or 0=caller,1=agent)"
        )
        raise piece.node.wrong(message)
    return hints.channels[piece.number]


def _language(channels: Sequence[Node], results: Node) -> str:
    """The language that was detected, of a channel or of an utterance's words."""
    for one in (*channels, *results.get("utterances").items()):
        spoken = one.get("detected_language").text() or next(iter(_texts(one.get("languages"))), "")
        if spoken:
            return language_tag(spoken)
    return ""


def _texts(node: Node) -> list[str]:
    return [one.text() for one in node.items()]
