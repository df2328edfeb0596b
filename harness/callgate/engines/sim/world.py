"""A rendered system prompt and the chat's tool results -> what the agent knows: clock, caller, facts, slots.

The facts are the prompt's own sentences; nothing about the dealer is built in. Reading a prompt is cached by its text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from callgate.engines.sim.text import fold

Chat = Mapping[str, Any]

_STAMP = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{1,2}:\d{2})")
_ZONE = re.compile(r"\b[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?\b")
_CALLER = re.compile(
    r"^[^:\n]*\b(?:caller|llamada|llama|cliente)\b[^:\n]*:[ \t]*(.*(?:\n[ \t]+.*|\n-[ \t].*)*)",
    re.IGNORECASE | re.MULTILINE,
)
_FIELD = r"\b(?:{names})\W{{1,4}}(?:is )?['\"]?([^,;\n}}'\"]+)"


@dataclass(frozen=True, slots=True)
class World:
    """What one system prompt tells. `statements` are its lines and sentences, `now` is local and naive."""

    text: str
    now: datetime
    zone: str
    name: str | None
    phone: str | None
    vehicle: str | None
    statements: tuple[str, ...]


@lru_cache(maxsize=4096)
def world_of(system: str) -> World:
    """The world as a system prompt renders it; a prompt without a clock stands at the start of 2026."""
    stamp = _STAMP.search(system)
    now = datetime.fromisoformat(f"{stamp[1]}T{stamp[2]:0>5}") if stamp else datetime.fromisoformat("2026-01-05T09:00")
    zone = _ZONE.search(system)
    known = next((m[1] for m in _CALLER.finditer(system) if re.search(r"[+\d]|name|nombre", m[1])), "")
    lines = [re.sub(r"^\s*[-*#>]+\s*", "", line).strip() for line in system.splitlines()]
    statements = tuple(s for line in lines for s in re.split(r"(?<=[.!?])\s+(?=[A-ZÁÉÍÓÚ¿¡])", line) if s)
    return World(
        text=system,
        now=now,
        zone=zone[0] if zone else "UTC",
        name=_field(known, "name|nombre"),
        phone=next(iter(re.findall(r"\+\d{8,15}", known)), None),
        vehicle=_field(known, "vehicle|car|vehiculo|vehículo"),
        statements=statements,
    )


def _field(known: str, names: str) -> str | None:
    match = re.search(_FIELD.format(names=names), known, re.IGNORECASE)
    return match[1].strip(" .") if match else None


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """The time zone, or UTC where the name is unknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Lookup:
    """One tool call with its answer; `error` is None where it worked. `fresh`: since the caller last spoke."""

    tool: str
    args: Mapping[str, Any]
    result: Any
    error: str | None
    index: int
    fresh: bool = False


def lookups(messages: Sequence[Chat]) -> list[Lookup]:
    """Every tool call of the chat with its answer, in order."""
    last_user = max((i for i, m in enumerate(messages) if m.get("role") == "user"), default=-1)
    answers = {m.get("tool_call_id"): m.get("content") for m in messages if m.get("role") == "tool"}
    found: list[Lookup] = []
    for index, message in enumerate(messages):
        for call in message.get("tool_calls") or ():
            function = call.get("function", {})
            result = _json(answers.get(call.get("id")))
            found.append(
                Lookup(
                    str(function.get("name", "")),
                    _mapping(_json(function.get("arguments"))),
                    result,
                    _error(result),
                    index,
                    fresh=index > last_user,
                )
            )
    return found


def _json(text: object) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _error(result: Any) -> str | None:
    if isinstance(result, Mapping):
        if result.get("error") is not None:
            return str(result["error"])
        if result.get("ok") is False or result.get("success") is False or fold(str(result.get("status"))) == "failed":
            return str(result.get("reason", "failed"))
    return None


_INSTANT = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")


def slots_of(lookup: Lookup) -> tuple[str, ...]:
    """The start times in a tool result, as they were written."""
    return tuple(sorted({text for text in _texts(lookup.result) if _INSTANT.match(text)}))


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, Sequence):
        return [text for item in value for text in _texts(item)]
    return []


@dataclass(frozen=True, slots=True)
class Appointment:
    """An appointment that a tool returned."""

    id: str
    start: str | None
    services: tuple[str, ...]
    name: str | None


def appointments_of(value: Any) -> list[Appointment]:
    """Every appointment in a tool result, wherever it is nested."""
    if isinstance(value, Mapping):
        identity = value.get("appointment_id", value.get("id"))
        if identity is not None:
            start = next((text for text in _texts(value) if _INSTANT.match(text)), None)
            services = value.get("services", value.get("service", ()))
            listed = (services,) if isinstance(services, str) else tuple(map(str, services))
            return [Appointment(str(identity), start, listed, value.get("name"))]
        return [found for item in value.values() for found in appointments_of(item)]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [found for item in value for found in appointments_of(item)]
    return []
