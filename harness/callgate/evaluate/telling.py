"""An investigation -> the page a support engineer reads: where it went wrong first, the next command last."""

from __future__ import annotations

from collections.abc import Mapping

from callgate.concepts import Json, canonical
from callgate.evaluate.investigating import Investigation, local
from callgate.replay import past_turns
from callgate.report.investigation import add_command, call_lines, knew_lines, trial_lines
from callgate.report.words import printable, shortened


def told(found: Investigation) -> str:
    """The whole page."""
    blocks = [
        _head(found),
        ["The call", *call_lines(found.case, found.point.id)],
        ["What the agent knew there", *_knew(found)],
        ["What cannot be known from this export", *(f"  {printable(one)}" for one in found.drafted.unknown)],
        ["Most similar cases", *_similar(found)],
        ["Runbook", *_books(found)],
        *([f"{one.prompt} on {one.model}, at {found.point.id}", *trial_lines(one.trials)] for one in found.replayed),
        ["Reply for the ticket", *(f"  {line}" for line in reply(found).splitlines())],
        [_next(found)],
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _head(found: Investigation) -> list[str]:
    segments = ", ".join(f"{key}={value}" for key, value in found.case.segments.items()) or "no segments known"
    lines = [f"{found.case.id}   {local(found.case)}   {printable(segments)}"]
    if found.said:
        lines.append(f'said: "{printable(found.said)}"')
    if found.wrongs:
        lines.append(f"went wrong first at {printable(str(found.wrongs[0]))}")
        lines += [f"  then {printable(str(one))}" for one in found.wrongs[1:]]
    else:
        lines.append(f"no rule fails on what was recorded; look at {found.point.id}, and say what was right there")
    where = "is here already" if found.known_before else f"draft written; {found.replaced}"
    return [*lines, f"{found.file}: {where}"]


def _knew(found: Investigation) -> list[str]:
    lines = knew_lines(found.case, found.point, past_turns(found.case, found.point), local(found.case))
    live = found.live
    told_of = f"{live.prompt}, since {live.date}" if live else "not known: prompts/releases.yaml does not say"
    return [*lines, f"  prompt that was live: {printable(told_of)}"]


def _similar(found: Investigation) -> list[str]:
    lines = []
    for near in found.near:
        cause = found.causes.get(near.case)
        lines.append(f"  {near.case} ({near.similarity:.0%} alike)" + (f": {printable(cause)}" if cause else ""))
        lines.append(f"    {printable(shortened('; '.join(near.differs), 160))}")
    return lines or ["  none"]


def _books(found: Investigation) -> list[str]:
    lines = []
    for book in found.books:
        lines += [
            f"  {book.file} ({book.owner})",
            f"    usually: {printable(book.usually)}",
            f"    fix: {printable(book.fix)}",
        ]
    grader = found.wrongs[0].grader if found.wrongs else ""
    hint = f"; to begin one: callgate runbook new NAME --grader {grader}" if grader else ""
    return lines or [f"  none fits{hint}"]


def reply(found: Investigation) -> str:
    """A few sentences that promise nothing: what was found, and what was done about it."""
    if not found.wrongs:
        return (
            "We have looked at the recording of this call. Our checks do not show yet where it went wrong; "
            "please tell us what should have happened instead."
        )
    first = found.wrongs[0]
    return (
        f"We have looked at the recording of this call of {local(found.case)}. It went wrong at one point "
        f"({first.decision}): {first.why}.\nThe call is now a draft of a test case ({found.case.id}); a case is run on "
        "every change of the agent before the change is released."
    )


def _next(found: Investigation) -> str:
    if found.known_before:
        return f"next: callgate eval --case {found.case.id}"
    types = "call_type" not in found.case.segments
    command = add_command(found.case.id, found.point.id, found.proposed, call_type=types)
    return f"next, once you have read the draft for personal data and checked what is expected:\n  {command}"


def as_json(found: Investigation) -> Mapping[str, Json]:
    """The same as data."""
    return {
        "case": found.case.id,
        "file": found.file,
        "wrong": [
            {"decision": one.decision, "grader": one.grader, "why": one.why, "evidence": one.evidence}
            for one in found.wrongs
        ],
        "unknown": list(found.drafted.unknown),
        "near": [{"case": one.case, "similarity": round(one.similarity, 3)} for one in found.near],
        "runbooks": [book.file for book in found.books],
        "proposed": {found.point.id: canonical(found.proposed)} if found.proposed else {},
        "reply": reply(found),
    }
