"""A case of the golden set -> the page that `callgate show CASE` prints: the call, where it went wrong by which rule,
what the agent knew there, what people said of it, what is like it. Nothing is asked, nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from callgate.concepts import Case, DecisionPoint, Json, canonical
from callgate.config import find_evals, load_eval
from callgate.dataset.load import CaseSet
from callgate.dataset.near import NearIndex
from callgate.evaluate.importing import Rules, set_at
from callgate.evaluate.investigating import cause_of, local
from callgate.evaluate.recorded import Wrong
from callgate.insight.runbooks import fitting, runbooks
from callgate.replay import past_turns
from callgate.report.investigation import call_lines, knew_lines
from callgate.report.words import printable, shortened


@dataclass(frozen=True, slots=True)
class Found:
    """A case with the folder of its set, and all of that set."""

    case: Case
    folder: Path
    cases: CaseSet


def find_case(root: Path, name: str) -> Found | None:
    """The case of that name in the project's golden sets, drafts and retired ones too; None where there is none."""
    for folder in sorted({load_eval(path, root).cases for path in find_evals(root)}):
        cases = set_at(folder, root)
        case = next((one for one in cases.cases if one.id == name), None)
        if case is not None:
            return Found(case, folder, cases)
    return None


def case_page(root: Path, found: Found) -> str:
    """The whole page."""
    case = found.case
    wrongs = Rules.of(root, found.folder).wrongs(case)
    point = _point(case, wrongs)
    labels = [f"  {_label(label)}" for label in case.labels]
    blocks = [
        _head(case, wrongs),
        ["The call", *call_lines(case, point.id if wrongs else "")],
        [f"What the agent knew at {point.id}", *knew_lines(case, point, past_turns(case, point), local(case))],
        [f"What is expected at {point.id}", f"  {printable(canonical(_expected(found, point)))}"],
        *([["What people said of it", *labels]] if labels else []),
        ["Most similar cases", *_similar(found)],
        *_books(root, case, wrongs),
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _point(case: Case, wrongs: list[Wrong]) -> DecisionPoint:
    """The decision to look at: the first that went wrong, else the last at which something was done, else the last."""
    first = next((point for point in case.points if wrongs and point.id == wrongs[0].decision), None)
    return first or ([point for point in case.points if point.recorded] or list(case.points))[-1]


def _head(case: Case, wrongs: list[Wrong]) -> list[str]:
    segments = ", ".join(f"{key}={value}" for key, value in case.segments.items()) or "no segments"
    about = [
        case.status,
        *([f"ticket {case.ticket}"] if case.ticket else []),
        *(["must pass"] if case.must_pass else []),
    ]
    about += [f"nightly, {case.nightly} trials"] if case.nightly else []
    lines = [f"{case.id}   {local(case)}   {printable(segments)}", f"{case.place.file}: {', '.join(about)}"]
    lines += [f"what was recorded fails at {printable(str(one))}" for one in wrongs]
    if not wrongs and any(point.recorded for point in case.points):
        lines.append("no rule fails on what was recorded")
    return lines


def _expected(found: Found, point: DecisionPoint) -> Mapping[str, Json]:
    written = found.cases.sources[found.case.id].whole
    call = written.get("call")
    turns = call if isinstance(call, list) else [written]
    for turn in turns:
        if isinstance(turn, Mapping) and (turn.get("id") == point.id or turn is written):
            expect = turn.get("expect")
            return expect if isinstance(expect, Mapping) else {}
    return {}


def _label(label: Mapping[str, Json]) -> str:
    words = [f"{label['decision']} ({label.get('of', 'recorded')}): {label['verdict']}"]
    modes = label.get("modes")
    words += [", ".join(map(str, modes))] if isinstance(modes, list) and modes else []
    words += [f"{key} {label[key]}" for key in ("cause", "by", "on") if label.get(key)]
    return printable(", ".join(words) + (f": {label['note']}" if label.get("note") else ""))


def _similar(found: Found) -> list[str]:
    others = [one for one in found.cases.cases if one.id != found.case.id]
    lines = []
    for near in NearIndex.of(others).nearest(found.case):
        cause = cause_of(found.cases.sources[near.case].whole)
        lines.append(f"  {near.case} ({near.similarity:.0%} alike)" + (f": {printable(cause)}" if cause else ""))
        lines.append(f"    {printable(shortened('; '.join(near.differs), 160))}")
    return lines or ["  none"]


def _books(root: Path, case: Case, wrongs: list[Wrong]) -> list[list[str]]:
    graders = {one.grader for one in wrongs}
    books = (
        fitting(runbooks(root), graders, case.segments, "\n".join([case.title, *map(str, wrongs)])) if graders else []
    )
    return (
        [["Runbook", *(f"  {book.file} ({book.owner}): {printable(book.usually)}" for book in books)]] if books else []
    )
