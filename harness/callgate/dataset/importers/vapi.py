"""Vapi: a call object or an end-of-call report, one or a list of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from callgate.dataset.importers.parts import Hints, Tape, conversation, known, language_tag, mean, overlaps, since
from callgate.dataset.importers.reading import Export, Node, is_json_lines, json_lines, json_node, moment
from callgate.dataset.importers.recording import Recording, Said, Transferred

_LINE = re.compile(r"(AI|Assistant|Bot|Agent|User|Customer|Caller):\s*", re.IGNORECASE)
_TRANSFERS = {"transfercall", "transfer_call", "forwardcall"}


def read(export: Export, hints: Hints) -> list[Recording]:
    """The calls of a Vapi export."""
    del hints
    if is_json_lines(export):
        nodes = json_lines(export)
    else:
        root = json_node(export)
        nodes = root.items() if isinstance(root.value, list) else root.get("results", "calls").items() or [root]
    return [_call(node) for node in nodes]


def _call(node: Node) -> Recording:
    report = node.get("message") if isinstance(node.get("message").value, Mapping) else node
    call = report.get("call") or report
    artifact = report.get("artifact") or call.get("artifact")
    started = moment(report.get("startedAt").value) or moment(call.get("startedAt", "createdAt").value)
    messages = artifact.get("messages") or report.get("messages") or call.get("messages")
    tape = conversation(messages.items(), lambda tape, turn: _turn(tape, turn, started))
    if not tape.events:
        _fallback(tape, artifact, report)
    customer = report.get("customer") or call.get("customer")
    assistant = report.get("assistant") or call.get("assistant")
    values = artifact.get("variableValues") or call.at("assistantOverrides", "variableValues")
    interruptions = artifact.at("performanceMetrics", "numAssistantInterrupted").number()
    events = overlaps(tape.done())
    marked = sum(isinstance(event, Said) and event.interrupted for event in events)
    if interruptions and interruptions > marked:
        tape.note(f"where {int(interruptions) - marked} of {int(interruptions)} interruptions were")
    if marked:
        tape.note("the exact words at which the caller cut in: reckoned from the times")
    return Recording(
        source="vapi",
        id=(call.get("id") or report.get("id")).text(),
        events=events,
        started=started,
        timezone=values.get("timezone", "timeZone").text() if values else "",
        language=language_tag(assistant.at("transcriber", "language").text()),
        caller=known(phone=customer.get("number").text(), name=customer.get("name").text()),
        config={
            key: value for key, value in values.mapping().items() if key not in {"timezone", "transport", "customer"}
        },
        about=known(
            prompt=call.get("assistantId").text() or assistant.get("id", "name").text(),
            model=assistant.at("model", "model").text(),
            ended=(report.get("endedReason") or call.get("endedReason")).text(),
            finished=moment((report.get("endedAt") or call.get("endedAt")).value),
        ),
        unknown=tuple(tape.unknown),
        place=node.start,
    )


def _turn(tape: Tape, turn: Node, started: str) -> None:
    role = turn.get("role").text()
    seconds = turn.get("secondsFromStart").number()
    if seconds is None:
        seconds = since(started, turn.get("time").value)
    text = turn.get("message", "content").text() if not turn.get("toolCalls", "toolCallList") else ""
    if role in {"user", "bot", "assistant"} and text:
        until = _until(turn, seconds)
        who: str = "caller" if role == "user" else "agent"
        confidence = mean(_word_confidence(turn)) if who == "caller" else None
        tape.say(Said("caller" if who == "caller" else "agent", text, seconds, until, confidence=confidence))
    for call in turn.get("toolCalls", "toolCallList", "tool_calls").items():
        function = call.get("function") or call
        name = function.get("name").text()
        tape.call(name, function.get("arguments", "parameters").value, id_=call.get("id").text(), seconds=seconds)
        if name.lower() in _TRANSFERS:
            tape.events.append(Transferred(seconds=seconds))
    if role in {"tool_call_result", "tool", "function"}:
        failed = bool(turn.get("error")) and not turn.get("result")
        content = turn.get("result", "content", "error").value
        tape.answer(
            content, id_=turn.get("toolCallId", "tool_call_id").text(), name=turn.get("name").text(), failed=failed
        )


def _until(turn: Node, seconds: float | None) -> float | None:
    """When a turn ended: `duration` is in milliseconds, `time` and `endTime` are epoch milliseconds."""
    begun, ended, duration = (turn.get(name).number() for name in ("time", "endTime", "duration"))
    if seconds is None:
        return None
    if begun is not None and ended is not None and ended >= begun:
        return round(seconds + (ended - begun) / (1000 if begun > 1e11 else 1), 3)
    return round(seconds + duration / 1000, 3) if duration is not None else None


def _word_confidence(turn: Node) -> list[float]:
    metadata = turn.get("metadata")
    words = metadata.get("wordLevelConfidence", "words") if isinstance(metadata.value, Mapping) else metadata
    return [value for word in words.items() if (value := word.get("confidence").number()) is not None]


def _fallback(tape: Tape, artifact: Node, report: Node) -> None:
    """Exports without messages have them in OpenAI's form, or only a transcript in lines."""
    for turn in artifact.get("messagesOpenAIFormatted").items():
        role = turn.get("role").text()
        if role in {"user", "assistant"}:
            tape.say(Said("caller" if role == "user" else "agent", turn.get("content").text()))
        for call in turn.get("tool_calls").items():
            tape.call(
                call.at("function", "name").text(), call.at("function", "arguments").value, id_=call.get("id").text()
            )
        if role == "tool":
            tape.answer(turn.get("content").value, id_=turn.get("tool_call_id").text())
    if tape.events:
        return
    parts = _LINE.split((artifact.get("transcript") or report.get("transcript")).text())
    for who, words in zip(parts[1::2], parts[2::2], strict=False):
        tape.say(Said("caller" if who.lower() in {"user", "customer", "caller"} else "agent", words))
    if tape.events:
        tape.note("tool calls and times: the export has only a transcript")
