"""Exports of others -> recordings and tickets, one module a format, in a literal table; and drafts of cases from them.

A stranger's file ends as recordings or as one Mistake with its place, never as anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from callgate.concepts import Mistake, Problem
from callgate.dataset.importers import (
    deepgram,
    elevenlabs,
    eva,
    livekit,
    openai_chat,
    realtime,
    retell,
    table,
    tickets,
    twilio,
    vapi,
)
from callgate.dataset.importers.parts import Hints
from callgate.dataset.importers.reading import Export
from callgate.dataset.importers.recording import Recording, Ticket
from callgate.files import did_you_mean

__all__ = ["CALLS", "TICKETS", "Hints", "calls_of", "format_of", "tickets_of"]


@dataclass(frozen=True, slots=True)
class CallFormat:
    """A format of recorded calls; `mark` is a word that stands in every such file, by which it is recognised."""

    title: str
    read: Callable[[Export, Hints], list[Recording]]
    marks: tuple[str, ...]


CALLS: Mapping[str, CallFormat] = {
    "vapi": CallFormat("Vapi call or end-of-call report", vapi.read, ('"artifact"', '"endedReason"', '"toolCallList"')),
    "retell": CallFormat("Retell call", retell.read, ('"transcript_with_tool_calls"', '"transcript_object"')),
    "elevenlabs": CallFormat("ElevenLabs conversation", elevenlabs.read, ('"time_in_call_secs"', '"conversation_id"')),
    "realtime": CallFormat(
        "OpenAI Realtime event log", realtime.read, ('"session.created"', '"conversation.item.', '"response.')
    ),
    "livekit": CallFormat(
        "LiveKit chat context", livekit.read, ('"function_call_output"', '"transcript_confidence"', '"items"')
    ),
    "twilio": CallFormat("Twilio Voice Intelligence transcript", twilio.read, ('"media_channel"',)),
    "deepgram": CallFormat(
        "Deepgram transcript", deepgram.read, ('"punctuated_word"', '"utterances"', '"alternatives"')
    ),
    "eva": CallFormat("EVA transcript.jsonl and audit_log.json", eva.read, ('"message_type"', '"timestamp"')),
    "openai": CallFormat(
        "OpenAI chat with tools, tau-bench", openai_chat.read, ('"traj"', '"messages"', '"tool_calls"', '"role"')
    ),
    "csv": CallFormat("CSV of turns", table.read, ("role,", "role;", "role\t", "speaker,")),
}
"""In this order a file's format is guessed: the more particular first."""

TICKETS: Mapping[str, Callable[[Export, Hints], list[Ticket]]] = {
    "youtrack": tickets.youtrack,
    "jira": tickets.jira,
    "tickets": tickets.table,
    "complaints": tickets.complaints,
}


def calls_of(format_: str, exports: list[Export], hints: Hints) -> list[Recording]:
    """The recorded calls of the files. Raises one Mistake with the problems of all files."""
    known = _known(format_, CALLS)
    found: list[Recording] = []
    problems: list[Problem] = []
    for export in exports:
        try:
            some = known.read(export, hints)
            if not any(one.events for one in some):
                message = f"no turns were found: is this a {known.title}?"
                raise export.wrong(message)
            found += some
        except Mistake as mistake:
            problems += mistake.problems
    if problems:
        raise Mistake(problems)
    return eva.merged(found) if format_ == "eva" else found


def tickets_of(format_: str, export: Export, hints: Hints | None = None) -> list[Ticket]:
    """The tickets of a file."""
    if format_ not in TICKETS:
        raise Mistake(f"unknown format {format_!r}{did_you_mean(format_, TICKETS)}")
    found = TICKETS[format_](export, hints or Hints())
    if not found:
        raise export.wrong("no tickets were found")
    return found


def format_of(export: Export) -> str:
    """The format of a recorded call by what stands in it. Raises Mistake where none is recognised."""
    head = export.text[:200_000]
    first = head.lstrip().split("\n", 1)[0]
    if all(mark in first for mark in ('"timestamp"', '"role"', '"content"')) or '"message_type"' in head:
        return "eva"
    for name, known in CALLS.items():
        if any(mark in head for mark in known.marks):
            return name
    raise export.wrong(f"no known format; say which: {', '.join(CALLS)}")


def _known(format_: str, table_: Mapping[str, CallFormat]) -> CallFormat:
    if format_ not in table_:
        raise Mistake(f"unknown format {format_!r}{did_you_mean(format_, [*table_, *TICKETS])}")
    return table_[format_]
