"""A CSV of turns: `call, role, text, time, tool, arguments, result, error, confidence, interrupted_after`."""

from __future__ import annotations

from collections.abc import Mapping

from callgate.dataset.importers.parts import Hints, Tape, known, language_tag
from callgate.dataset.importers.reading import Export, Node, moment, rows_of, seconds_between
from callgate.dataset.importers.recording import Recording, Said, Speaker

_ROLES: Mapping[str, Speaker] = {
    **dict.fromkeys(("agent", "assistant", "bot", "ai", "receptionist", "agente", "asistente"), "agent"),
    **dict.fromkeys(("caller", "user", "customer", "client", "cliente", "usuario"), "caller"),
    **dict.fromkeys(("person", "human", "transfer_target", "advisor"), "person"),
}
_ID = ("call", "call_id", "conversation_id", "id")
_ROLE = ("role", "speaker", "who", "quien")
_TEXT = ("text", "message", "content", "transcript", "texto")


def read(export: Export, hints: Hints) -> list[Recording]:
    """The calls of the table in the order of their first rows; without a column for the call, one call."""
    del hints
    rows = rows_of(export)
    if rows and not any(row.get(*_ROLE) or row.get("tool") for row in rows):
        raise export.wrong("no column 'role' (agent, caller, tool) beside 'text'; there must be a header")
    calls: dict[str, list[Node]] = {}
    for row in rows:
        calls.setdefault(row.get(*_ID).text("1").strip(), []).append(row)
    return [_call(name, turns) for name, turns in calls.items()]


def _call(name: str, turns: list[Node]) -> Recording:
    tape = Tape()
    times = [turn.get("time", "timestamp", "start", "started").text().strip() for turn in turns]
    started = moment(times[0]) if times else ""
    for turn, time in zip(turns, times, strict=True):
        _turn(tape, turn, _seconds(turn, time, started))
    first = turns[0]
    tape.note("what the caller heard: a table says only where 'interrupted_after' does")
    return Recording(
        source="csv",
        id=name,
        events=tape.done(),
        started=started,
        timezone=next((zone for turn in turns if (zone := turn.get("timezone").text())), ""),
        language=language_tag(next((tag for turn in turns if (tag := turn.get("language").text())), "")),
        caller=known(phone=first.get("caller_phone", "phone").text(), name=first.get("caller_name", "name").text()),
        about=known(
            dealer=first.get("dealer").text(), prompt=first.get("prompt").text(), model=first.get("model").text()
        ),
        unknown=tuple(tape.unknown),
        place=first.start,
    )


def _seconds(turn: Node, time: str, started: str) -> float | None:
    """From the start: a number of seconds as it is, a moment counted from the first."""
    if not time:
        return None
    at = moment(time)
    return seconds_between(started, at) if at else turn.get("time", "timestamp", "start", "started").number()


def _turn(tape: Tape, turn: Node, seconds: float | None) -> None:
    role, text = turn.get(*_ROLE).text().strip().lower(), turn.get(*_TEXT).text()
    if turn.get("tool") or role == "tool":
        tape.call(turn.get("tool", "name").text().strip(), turn.get("arguments", "args").text(), seconds=seconds)
        if turn.get("error"):
            tape.answer(turn.get("error").text(), failed=True)
        elif turn.get("result") or (text and role == "tool"):
            tape.answer(turn.get("result").text() or text)
        return
    if role not in _ROLES:
        raise turn.wrong("the role must be agent, caller, person or tool")
    heard, confidence = turn.get("interrupted_after").text(), turn.get("confidence").number()
    if confidence is not None and not 0 <= confidence <= 1:
        raise turn.wrong("confidence must be 0 to 1")
    cut = bool(heard) and _ROLES[role] == "agent"
    tape.say(
        Said(_ROLES[role], text, seconds, interrupted=cut, heard_until=heard if cut else None, confidence=confidence)
    )
