"""A recording or a ticket -> the draft of a case file, as plain data: valid, unreviewed, never run as it is.

Where the agent acted after the caller is a decision; what happened there is `recorded`. What is right is for a person
to say: a draft proposes only what can be read off (the language), since the recorded turn may be what went wrong.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from callgate.concepts import Json, Mistake, Problem, canonical
from callgate.dataset.importers.recording import Called, Event, Recording, Said, Ticket, Transferred

MAX_KEY = 120
MAX_NESTING = 9
_READS = re.compile(r"(?:get|find|list|search|check|look_?up|query|fetch|read|calculate|verify|show)(?:[_A-Z-]|\Z)")
_TRANSFERS = re.compile(r"(?:transfer|forward|hand_?off|escalate)", re.IGNORECASE)
_PLAIN_TOOL = re.compile(r"[A-Za-z_][A-Za-z_.-]{0,50}\d{0,2}")
"""A tool's name that a decision may be named after: one with more in it may hold what is somebody's."""
_UUID = re.compile(r"([0-9a-f]{8})-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_ENDS = re.compile(r"(?:end|hang_?up|finish)_?(?:call|conversation)?\Z", re.IGNORECASE)
Draft = dict[str, Json]


def draft_of(recording: Recording, *, world: Mapping[str, Json], language: str = "", timezone: str = "") -> Draft:
    """The recorded call as a case. `world` are the defaults that will be merged under it; the language, where neither
    the export nor a person says it, is left out and listed as unknown."""
    events, notes = _graded_part(fused(recording.events))
    if not any(isinstance(event, Said) and event.who == "caller" for event in events):
        raise Mistake([Problem(recording.place, "no words of a caller were found in this call")])
    unknown = [*recording.unknown, *notes]
    zone = _zone(recording, world, timezone, unknown)
    tongue = language or recording.language
    segments: dict[str, Json] = {"language": tongue} if tongue else {}
    if not tongue:
        unknown.append("language")
    unknown += ["call_type", "what the caller really said: `caller` is what speech recognition heard"]
    if "dealer" in recording.about:
        segments["dealer"] = _segment(recording.about["dealer"])
    if not recording.about.get("prompt"):
        unknown.append("which prompt answered that day")
    draft: Draft = {
        "title": f"Draft of {recording.source} call {_shown(recording.id)}",
        "status": "draft",
        "pii": "unreviewed",
        "provenance": _provenance(recording, unknown),
        "segments": segments,
        **_clock(recording, zone, world, unknown),
    }
    if recording.caller:
        draft["caller"] = dict(recording.caller)
    config = {key: value for key, value in recording.config.items() if key not in _names(world.get("config"))}
    if config:
        draft["config"] = _tamed_mapping(config, "variables")
    effects = _effects(events, _names(world.get("effects")))
    if effects:
        draft["effects"] = effects
        unknown.append("what these tools do: `effects` is guessed by their names")
    draft["call"] = _turns(events, tongue)
    draft["provenance"] = _provenance(recording, unknown)
    return draft


def draft_of_ticket(ticket: Ticket, *, world: Mapping[str, Json], language: str = "") -> Draft:
    """A ticket or a complaint as a case of one turn: the words of the complaint, and what should have happened."""
    words = (ticket.text or ticket.summary).strip()
    if not words:
        raise Mistake([Problem(ticket.place, "neither a summary nor a description in this ticket")])
    unknown = [*ticket.unknown, "what is expected of the agent: `expect` waits for a person"]
    provenance: dict[str, Json] = {"source": ticket.source}
    about = {"created": ticket.created, "resolved": ticket.resolved, "call_link": ticket.call, "cause": ticket.cause}
    provenance |= {name: text for name, text in about.items() if text}
    provenance |= {name: text for name, text in ticket.about.items() if name != "dealer"}
    segments: dict[str, Json] = {"language": language} if language else {}
    if ticket.about.get("dealer"):
        segments["dealer"] = _segment(ticket.about["dealer"])
    draft: Draft = {
        "title": ticket.summary or f"Ticket {_shown(ticket.id)}",
        "kind": "email",
        "status": "draft",
        "pii": "unreviewed",
        "ticket": ticket.id,
        **({"severity": ticket.severity} if ticket.severity else {}),
        "provenance": {**provenance, "unknown": list(unknown)},
        "segments": segments,
        **_clock_of(ticket.created, _known_zone(world), world, unknown),
        "caller": words,
        "expect": {"language": language} if language else {"act": "speak"},
    }
    if ticket.expected:
        draft["note"] = f"What should have happened: {ticket.expected}"
    return draft


def draft_name(source: str, id_: str, taken: Sequence[str] = ()) -> str:
    """A file name for a draft: lower-case letters, digits and hyphens, not yet taken; of a UUID its first block."""
    machine = _UUID.fullmatch(id_.strip())
    base = f"{source}-{machine[1].lower() if machine else _slug(id_) or 'call'}"[:70].rstrip("-.")
    number, name = 2, base
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name


def fused(events: Sequence[Event]) -> tuple[Event, ...]:
    """The events with the fragments of one turn joined: the same speaker, nothing in between."""
    whole: list[Event] = []
    for event in events:
        last = whole[-1] if whole else None
        if isinstance(event, Said) and isinstance(last, Said) and event.who == last.who and not last.interrupted:
            whole[-1] = _joined(last, event)
        else:
            whole.append(event)
    return tuple(whole)


def _joined(first: Said, second: Said) -> Said:
    heard = f"{first.text} {second.heard_until}" if second.interrupted and second.heard_until else None
    return replace(
        first,
        text=f"{first.text} {second.text}",
        until=second.until,
        interrupted=second.interrupted,
        heard_until=heard,
        confidence=_weighted(first, second),
    )


def _weighted(first: Said, second: Said) -> float | None:
    if first.confidence is None or second.confidence is None:
        return first.confidence if second.confidence is None else second.confidence
    sizes = len(first.text), len(second.text)
    return round((first.confidence * sizes[0] + second.confidence * sizes[1]) / max(1, sum(sizes)), 4)


def _graded_part(events: Sequence[Event]) -> tuple[list[Event], list[str]]:
    """The call up to where a person took over, and notes: people are never graded."""
    end = next((index for index, event in enumerate(events) if isinstance(event, Transferred)), len(events))
    kept = [event for event in events[:end] if not (isinstance(event, Said) and event.who == "person")]
    said = [event for event in events[end:] if isinstance(event, Said)]
    calls = [event for event in events[end:] if isinstance(event, Called)]
    spoken = [event for event in said if event.who == "agent" and end < len(events)]
    people = sum(isinstance(event, Said) and event.who == "person" for event in events)
    if people or len(said) > len(spoken):
        notes = [f"{max(people, len(said))} turns after the call went to a person were left out: people are not graded"]
        return kept, notes
    return [*kept, *spoken, *calls], []


# ---------------------------------------------------------------------------------------------- turns and decisions


def _turns(events: Sequence[Event], language: str) -> list[Json]:
    turns: list[Json] = []
    ids: set[str] = set()
    heard_caller = False
    acts: list[Called | Said] = []
    for event in [*events, None]:
        agents = isinstance(event, Called) or (isinstance(event, Said) and event.who == "agent")
        if agents:
            assert isinstance(event, Called | Said)
            acts.append(event)
            continue
        if acts and heard_caller:
            turns.append(_decision(acts, ids, language))
        elif acts:
            turns += [_act(act) for act in acts]
        acts = []
        if isinstance(event, Said):
            heard_caller = True
            turns.append(_caller(event))
    if not ids:
        turns.append({"id": "answer", "expect": _proposed(language), "note": "The agent did not act here."})
    return turns


def _decision(acts: Sequence[Called | Said], ids: set[str], language: str) -> Json:
    tools = [act.tool for act in acts if isinstance(act, Called)]
    base = f"turn-{len(ids) + 1}"
    if tools:
        base = _slug(tools[-1]).replace("_", "-") if _PLAIN_TOOL.fullmatch(tools[-1]) else "tool"
    name, number = base or "tool", 2
    while name in ids:
        name, number = f"{base}-{number}", number + 1
    ids.add(name)
    recorded: list[Json] = [_act(act) for act in acts]
    spoke = any(isinstance(act, Said) for act in acts)
    expect = _proposed(language if spoke else "")
    return {"id": name, "expect": expect, "recorded": recorded[0] if len(recorded) == 1 else recorded}


def _proposed(language: str) -> Json:
    return {"language": language} if language else {"act": "any"}


def _caller(said: Said) -> Json:
    turn: dict[str, Json] = {"caller": said.text}
    if said.heard is not None:
        turn["heard"] = said.heard
    if said.confidence is not None:
        turn["confidence"] = said.confidence
    return turn


def _act(act: Called | Said) -> Json:
    if isinstance(act, Said):
        turn: dict[str, Json] = {"agent": act.text}
        heard = (act.heard_until or act.text) if act.interrupted else None
        return turn if heard is None else {**turn, "interrupted_after": heard}
    args = {"_unreadable": act.raw[:2000]} if act.args is None else _tamed_mapping(act.args, "arguments")
    turn = {"tool": act.tool[:200], "args": args}
    if act.error is not None:
        turn["error"] = _tamed(act.error, 0)
    elif act.result is not None:
        turn["result"] = _tamed(act.result, 0)
    return turn


def _tamed_mapping(value: Mapping[str, Json], name: str) -> dict[str, Json]:
    tamed = _tamed(value, 0)
    return dict(tamed) if isinstance(tamed, Mapping) else {name: tamed}


def _tamed(value: Json, depth: int) -> Json:
    """The value as our own files can hold it: deep nesting, long keys and huge integers become texts."""
    if isinstance(value, Mapping):
        if depth >= MAX_NESTING or any(len(key) > MAX_KEY for key in value):
            return canonical(value)
        return {key: _tamed(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return canonical(value) if depth >= MAX_NESTING else [_tamed(inner, depth + 1) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**15:
        return str(value)
    return value


def _effects(events: Sequence[Event], known: frozenset[str]) -> dict[str, Json]:
    names = dict.fromkeys(event.tool for event in events if isinstance(event, Called))
    effects: dict[str, Json] = {}
    for name in names:
        if name in known:
            continue
        if _TRANSFERS.search(name):
            effects[name] = "transfer"
        elif _ENDS.match(name):
            effects[name] = "end"
        elif _READS.match(name):
            effects[name] = "read"
    return effects


# ---------------------------------------------------------------------------------------------- where and when


def _provenance(recording: Recording, unknown: Sequence[str]) -> dict[str, Json]:
    about: dict[str, Json] = {"call": recording.id or "unknown", "source": recording.source}
    about |= {name: text for name, text in recording.about.items() if name != "dealer"}
    if recording.started:
        about["started"] = recording.started
    about["unknown"] = list(dict.fromkeys(unknown))
    return about


def _known_zone(world: Mapping[str, Json]) -> str:
    zone = world.get("timezone")
    return zone if isinstance(zone, str) else ""


def _zone(recording: Recording, world: Mapping[str, Json], timezone: str, unknown: list[str]) -> str:
    for zone in (timezone, recording.timezone, _known_zone(world)):
        if zone and is_zone(zone):
            return zone
    unknown.append("timezone: UTC stands in for it")
    return "UTC"


def is_zone(name: str) -> bool:
    """Whether a name is an IANA time zone."""
    try:
        return bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _clock(recording: Recording, zone: str, world: Mapping[str, Json], unknown: list[str]) -> dict[str, Json]:
    return _clock_of(recording.started, zone, world, unknown)


def _clock_of(started: str, zone: str, world: Mapping[str, Json], unknown: list[str]) -> dict[str, Json]:
    """`now` in the zone, and the zone where it is not the world's."""
    clock: dict[str, Json] = {}
    if not zone:
        zone = "UTC"
        unknown.append("timezone: UTC stands in for it")
    if started:
        try:
            local = datetime.fromisoformat(started).astimezone(ZoneInfo(zone))
            clock["now"] = local.strftime("%Y-%m-%d %H:%M")
        except (ValueError, OverflowError):
            started = ""
    if not started:
        unknown.append("when the call was")
        if not isinstance(world.get("now"), str):
            clock["now"] = "2000-01-03 12:00"
    if world.get("timezone") != zone:
        clock["timezone"] = zone
    return clock


def _names(value: Json) -> frozenset[str]:
    return frozenset(value) if isinstance(value, Mapping) else frozenset()


def _segment(text: str) -> str:
    return re.sub(r"[=,*\s]+", "-", text.strip().lower())[:60].strip("-") or "unknown"


def _shown(id_: str) -> str:
    """An id as it is written, which the redactor can read: cut or slugged, what is personal in it would hide."""
    return "without an id" if not id_.strip() else id_ if len(id_) <= MAX_KEY else "with a long id"


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text[:300]).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9._]+", "-", plain).strip("-._")[:60].rstrip("-._")
