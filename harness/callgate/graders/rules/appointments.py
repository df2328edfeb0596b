"""appointment_time: the moment that a write names is the expected one, exists, is open and was offered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from callgate.concepts import Grade, Json, NotApplicable, Score, ToolAnswer
from callgate.graders.rules.calls import call_evidence
from callgate.graders.seen import Seen, leaves
from callgate.matchers import instant

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"\s*(\d\d?):(\d\d)\s*-\s*(\d\d?):(\d\d)\s*\Z")


def appointment_time(seen: Seen) -> Grade:
    """Every date-time that a write names: same instant as expected, real in its zone, inside opening hours, offered.

    Offered means that an answer of a read in the history or the trial held that start; where none held any start,
    nothing is asked of it. Hours come from `config.hours`.
    """
    found = list(_starts(seen))
    if not found:
        return NotApplicable("no appointment was written")
    offered = offered_starts(seen)
    problems = []
    evidence = []
    for answer, name, given, mismatch in found:
        reason = mismatch or _unreal(seen, given, offered)
        if reason:
            problems.append(f"{name}: {reason}")
            evidence.append(call_evidence(seen, answer))
    why = "; ".join(problems) or "as expected, open and offered"
    return Score(1 - len(problems) / len(found), passed=not problems, why=why, evidence=tuple(evidence))


def _starts(seen: Seen) -> Iterator[tuple[ToolAnswer, str, str, str | None]]:
    """(call, argument, text, why it is not the expected one) of every date-time argument of a write."""
    wrong = {id(match.answer): match.wrong for match in seen.matches if match.answer}
    for answer in seen.answers:
        if seen.context.effect(answer.call.name) != "write" or answer.arguments is None:
            continue
        for name, schema in seen.context.properties.get(answer.call.name, {}).items():
            given = answer.arguments.get(name)
            if schema.get("format") == "date-time" and isinstance(given, str):
                yield answer, name, given, wrong.get(id(answer), {}).get(name)


def _unreal(seen: Seen, given: str, offered: frozenset[datetime]) -> str | None:
    zone = seen.context.case.timezone
    moment = instant(given, zone)
    if isinstance(moment, str):
        return moment
    local = moment.astimezone(ZoneInfo(zone))
    closed = closed_then(seen.context.case.config.get("hours"), local)
    if closed:
        return closed
    if offered and moment not in offered:
        return f"{local.isoformat(timespec='minutes')} was not offered by any answer"
    return None


def offered_starts(seen: Seen) -> frozenset[datetime]:
    """Every start that a read's answer held, in the history or the trial, in UTC."""
    read = [result for tool, result in seen.new_results if seen.context.effect(tool) == "read"]
    new = (moment for leaf in leaves(read) if (moment := seen.moment(leaf)) is not None)
    return seen.context.past_offers.union(new)


def closed_then(hours: Json, local: datetime) -> str | None:
    """Why the house is closed at a local time, by a table like {mon-fri: "07:30-18:00", sun: closed}; None: open.

    A day that the table does not name, or a table in another form, closes nothing.
    """
    if not isinstance(hours, Mapping):
        return None
    said = next((str(text) for days, text in hours.items() if local.weekday() in _weekdays(days)), None)
    if said is None:
        return None
    if said.strip().lower() == "closed":
        return f"closed on {local:%A}"
    match = _HOURS.match(said)
    if match is None:
        return None
    first, last = (int(match[n]) * 60 + int(match[n + 1]) for n in (1, 3))
    minute = local.hour * 60 + local.minute
    return None if first <= minute < last else f"{local:%H:%M} is outside the hours of {local:%A}, {said}"


@lru_cache(maxsize=256)
def _weekdays(name: str) -> frozenset[int]:
    """The weekdays, from Monday 0, that "sat", "mon-fri" or "mon, wed" name."""
    days: set[int] = set()
    for part in re.split(r"[,\s]+", name.strip().lower()):
        ends = [_DAYS.index(end[:3]) for end in part.split("-") if end[:3] in _DAYS]
        if len(ends) == 2:
            days |= {day % 7 for day in range(ends[0], ends[1] + 1 + (7 if ends[1] < ends[0] else 0))}
        else:
            days |= set(ends)
    return frozenset(days)
