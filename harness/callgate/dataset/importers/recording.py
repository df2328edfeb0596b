"""What every format is read into: a call as it was recorded, or a ticket; and what its export cannot say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from callgate.concepts import Json, Place

Speaker = Literal["agent", "caller", "person"]


@dataclass(frozen=True, slots=True)
class Said:
    """Words of the agent, of the caller, or of another person, who is never graded.

    `seconds` counts from the start of the call. Where the caller cut in, `interrupted` is set and `heard_until` holds
    the words that were heard, if the export knows them. `confidence` is 0..1, of the speech recognition.
    """

    who: Speaker
    text: str
    seconds: float | None = None
    until: float | None = None
    interrupted: bool = False
    heard_until: str | None = None
    confidence: float | None = None
    heard: str | None = None


@dataclass(frozen=True, slots=True)
class Called:
    """A tool call of the agent. `args` None: they were no JSON object, and `raw` holds what was written."""

    tool: str
    args: Mapping[str, Json] | None
    id: str = ""
    raw: str = ""
    result: Json = None
    error: Json = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Transferred:
    """The call went to a person: what follows is not the agent's."""

    to: str = ""
    seconds: float | None = None


Event: TypeAlias = Said | Called | Transferred


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded call. `started` is ISO 8601 in UTC, "" where unknown; `unknown` says what the export lacks."""

    source: str
    id: str
    events: tuple[Event, ...]
    started: str = ""
    timezone: str = ""
    language: str = ""
    caller: Mapping[str, Json] = field(default_factory=dict)
    config: Mapping[str, Json] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)  # prompt, model, ended, dealer, ...
    unknown: tuple[str, ...] = ()
    place: Place = field(default=Place(""), compare=False)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket or a row of a complaint sheet. `resolved` is empty while it is open; moments are ISO 8601 in UTC."""

    source: str
    id: str
    summary: str
    text: str = ""
    created: str = ""
    resolved: str = ""
    severity: str = ""
    cause: str = ""
    expected: str = ""
    call: str = ""
    about: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    place: Place = field(default=Place(""), compare=False)


def essentials(recording: Recording) -> list[tuple[object, ...]]:
    """What must survive any way through our files: who said what, what was cut off, which tools, how answered."""
    kept: list[tuple[object, ...]] = []
    for event in recording.events:
        if isinstance(event, Said):
            heard = event.heard_until if event.interrupted else None
            kept.append((event.who, event.text, event.seconds, heard, event.confidence))
        elif isinstance(event, Called):
            kept.append(("tool", event.tool, event.args, event.result, event.error))
    return kept
