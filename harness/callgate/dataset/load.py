"""A folder of case files -> cases, with their world merged under them; all mistakes of all files at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from callgate import schemas
from callgate.concepts import Case, Fact, Json, Mistake, Place, Problem, Simulate, Stub, ToolTurn, Turn, digest
from callgate.dataset.schemes import scheme_of
from callgate.dataset.sheets import SUFFIXES as SHEETS
from callgate.dataset.sheets import is_sheet, rows
from callgate.dataset.turns import turns_of
from callgate.dataset.world import World, Worlds, merged
from callgate.files import Document, project_file, read_text, read_yaml, relative_name
from callgate.matchers import instant, offset_problem

SUFFIXES = (".yaml", ".yml")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}\Z")
_UNSCORED = frozenset(
    {
        "title",
        "note",
        "labels",
        "provenance",
        "ticket",
        "severity",
        "status",
        "pii",
        "cluster",
        "must_pass",
        "version",
        "nightly",
        "articles",
    }
)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a case comes from: its document, its world, and the two merged."""

    document: Document
    world: World
    whole: Mapping[str, Json]

    def place(self, *keys: str | int) -> Place:
        """Where the nested key is written: in the case, else in its world, else the case's nearest parent."""
        value = self.document.value
        if keys and isinstance(value, Mapping) and keys[0] not in value and keys[0] in self.whole:
            return self.world.place(*keys)
        return self.document.place(*keys)


@dataclass(frozen=True, slots=True)
class CaseSet:
    """All cases of a folder by id, also those that are not run, with their sources."""

    folder: str
    cases: tuple[Case, ...]
    sources: Mapping[str, Source]

    @property
    def active(self) -> tuple[Case, ...]:
        """The cases that are run: no drafts, none retired, none quarantined, no nightly ones."""
        return tuple(case for case in self.cases if case.status == "active" and not case.nightly)

    def quarantined(self, today: str) -> Mapping[str, str]:
        """The cases that are in quarantine on that ISO date, with what is written of it: until when, and why."""
        return {case.id: status for case, until, status in self._quarantines() if until >= today}

    def back(self, today: str) -> tuple[Case, ...]:
        """The cases whose quarantine was over before that ISO date: they are run again."""
        return tuple(case for case, until, _ in self._quarantines() if until < today)

    def _quarantines(self) -> Iterator[tuple[Case, str, str]]:
        """Each case that was put into quarantine, its last day there, and the whole status."""
        for case in (case for case in self.cases if case.status == "quarantined"):
            status = str(self.sources[case.id].whole["status"])
            yield case, status.split()[2], status

    @property
    def nightly(self) -> tuple[Case, ...]:
        """The active cases whose fault shows seldom: they have a run of their own."""
        return tuple(case for case in self.cases if case.status == "active" and case.nightly)

    def trying(self, case: Case, source: Source) -> CaseSet:
        """The set as it would be with this case in place of the one of the same name; no file changes."""
        cases = {one.id: one for one in self.cases} | {case.id: case}
        return CaseSet(self.folder, tuple(cases[key] for key in sorted(cases)), {**self.sources, case.id: source})


def load_cases(folder: Path, root: Path) -> tuple[Case, ...]:
    """The active cases in `folder` and below, by id. Raises Mistake with the problems of all files."""
    return read_set(folder, root).active


def read_set(folder: Path, root: Path) -> CaseSet:
    """Every case in `folder` and below, drafts too. Raises Mistake with the problems of all files."""
    worlds = Worlds(root)
    problems: list[Problem] = []
    cases: dict[str, Case] = {}
    sources: dict[str, Source] = {}
    for path in _case_files(folder, problems, root):
        for case, source in _cases_of(path, worlds, problems, root):
            before = cases.get(case.id)
            if before is not None:
                message = f"case {case.id!r} stands already in {before.place.file}"
                problems.append(Problem(source.document.place() if is_sheet(path.name) else case.place, message))
            cases[case.id], sources[case.id] = case, source
    problems.extend(worlds.problems)
    shown = relative_name(folder, root)
    if not cases and not problems:
        problems.append(Problem(Place(shown), "holds no case"))
    if problems:
        raise Mistake(sorted(set(problems)))
    return CaseSet(shown, tuple(cases[key] for key in sorted(cases)), sources)


def _cases_of(path: Path, worlds: Worlds, problems: list[Problem], root: Path) -> Iterator[tuple[Case, Source]]:
    """The cases of one file; what is wrong in it goes to `problems`."""
    name = relative_name(path, root)
    try:
        if path.is_symlink():
            project_file(root, name, Place(name))
        for case_id, document in _documents(path, name, problems):
            try:
                source = _source(case_id, document, worlds.of(path.parent))
                if not source.world.broken:
                    yield _case(case_id, source), source
            except Mistake as error:
                problems.extend(error.problems or [Problem(document.place(), str(error))])
    except Mistake as error:
        problems.extend(error.problems or [Problem(Place(name), str(error))])


def _documents(path: Path, name: str, problems: list[Problem]) -> Iterator[tuple[str, Document]]:
    """The id and content of each case in a file."""
    if not is_sheet(path.name):
        yield path.stem, read_yaml(path, name)
        return
    before = len(problems)
    empty = True
    for row in rows(read_text(path, name), name):
        empty = False
        if isinstance(row, Problem):
            problems.append(row)
        else:
            yield row
    if empty and len(problems) == before:
        problems.append(Problem(Place(name), "holds no case"))


def case_of(document: Document, name: str, world: World) -> tuple[Case, Source]:
    """The case of one document under its world, as `read_set` would read it from a file of that name."""
    found = schemas.problems("case", document)
    if found:
        raise Mistake(found)
    own = document.value
    assert isinstance(own, Mapping)  # the schema says so
    source = Source(document, world, merged(world.defaults, own))
    return _case(name, source), source


def _case_files(folder: Path, problems: list[Problem], root: Path) -> list[Path]:
    """The files that hold cases. What looks like cases and cannot be read is a problem: no case may vanish quietly."""
    found: list[Path] = []

    def told(path: Path, message: str) -> None:
        problems.append(Problem(Place(relative_name(path, root)), message))

    def unreadable(error: OSError) -> None:
        told(Path(error.filename or folder), f"this folder of cases cannot be read: {error.strerror}")

    for where, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        for name in folders:
            if Path(where, name).is_symlink():
                told(Path(where, name), "a link to a folder is not followed: put the cases here, or take it away")
        for name in sorted(name for name in names if not name.startswith((".", "_"))):
            if name.endswith(SUFFIXES) or is_sheet(name):
                found.append(Path(where, name))
            elif name.lower().endswith((*SUFFIXES, ".json", *SHEETS)):
                told(Path(where, name), "not read: cases stand in files whose names end in .yaml, .jsonl or .csv")
    return found


def _source(name: str, document: Document, world: World) -> Source:
    """What a case is made of, checked by its schema."""
    if not _ID.match(name):
        message = f"{name[:90]!r} is no id: lower-case letters, digits, '.', '_' and '-', 80 at most"
        place = document.place("id") if is_sheet(document.name) else Place(document.name)
        raise Mistake([Problem(place, message)])
    found = schemas.problems("case", document)
    if found:
        raise Mistake(found)
    own = document.value
    assert isinstance(own, Mapping)  # the schema says so
    return Source(document, world, merged(world.defaults, own))


def _case(name: str, source: Source) -> Case:
    """The case of a document that its schema allows."""
    whole: Mapping[str, Any] = source.whole
    problems: list[Problem] = []
    turns = turns_of(source.document, problems)
    timezone = _timezone(source, problems)
    now = _now(source, timezone, problems)
    if problems:
        raise Mistake(problems)
    caller = whole.get("caller", {})
    facts = {key: _fact(fact) for key, fact in whole.get("facts", {}).items()}
    stubs = tuple(_stub(stub) for stub in whole.get("stubs", ()))
    provenance = whole.get("provenance", {})
    return Case(
        id=name,
        segments={key: _segment(value) for key, value in whole.get("segments", {}).items()},
        turns=turns,
        now=now,
        timezone=timezone,
        kind=whole.get("kind", "call"),
        title=whole.get("title", ""),
        caller=caller if isinstance(caller, Mapping) else {},
        config=whole.get("config", {}),
        facts=facts,
        stubs=(*stubs, *_answers(turns)),
        state=whole.get("state", {}),
        simulate=_simulate(whole),
        effects=whole.get("effects", {}),
        must_pass=whole.get("must_pass", False),
        nightly=whole.get("nightly", 0),
        cluster=str(whole.get("cluster", provenance.get("call", name))),
        pii=whole.get("pii", ""),
        status=_status(whole.get("status", "active")),
        ticket=str(whole.get("ticket", "")),
        severity=whole.get("severity", ""),
        version=whole.get("version", 1),
        labels=tuple(whole.get("labels", ())),
        articles=tuple(whole.get("articles", ())),
        scheme=scheme_of(whole.get("triage")) if whole.get("kind") == "triage" else None,
        digest=_digest(whole, now),
        place=source.document.place(),
    )


def _digest(whole: Mapping[str, Any], now: str) -> str:
    """The digest of everything that a score can depend on: no titles, notes, labels or papers."""
    scored: dict[str, Any] = {key: value for key, value in whole.items() if key not in _UNSCORED}
    scored["now"] = now
    if "call" in scored:
        scored["call"] = [{key: value for key, value in turn.items() if key != "note"} for turn in scored["call"]]
    return digest(scored)


def _timezone(source: Source, problems: list[Problem]) -> str:
    name = str(source.whole.get("timezone", ""))
    try:
        return ZoneInfo(name).key if name else _missing("timezone", source, problems)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problems.append(Problem(source.place("timezone"), f"{name!r} is no time zone such as America/Chicago"))
        return ""


def _now(source: Source, timezone: str, problems: list[Problem]) -> str:
    """The frozen clock as local time without offset; the offset, where written, must be the zone's at that moment."""
    written = str(source.whole.get("now", ""))
    if not written or not timezone:
        return written or _missing("now", source, problems)
    moment = instant(written, timezone)
    wrong = moment if isinstance(moment, str) else offset_problem(written, timezone)
    if wrong is not None:
        problems.append(Problem(source.place("now"), wrong))
        return ""
    assert isinstance(moment, datetime)
    local = moment.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
    return local.isoformat(timespec="seconds" if local.second else "minutes")


def _missing(key: str, source: Source, problems: list[Problem]) -> str:
    problems.append(Problem(source.document.place(), f"{key!r} is missing, here and in _world.yaml"))
    return ""


def _segment(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _status(written: str) -> str:
    return written.split(" ", 1)[0]


def _fact(written: Any) -> Fact:
    if isinstance(written, str):
        return Fact(written)
    return Fact(written["text"], tuple(written.get("values", ())))


def _stub(written: Mapping[str, Any]) -> Stub:
    return Stub(
        written["tool"],
        written.get("when", {}),
        written.get("result"),
        written.get("error"),
        written.get("times"),
        written.get("if_state", {}),
        written.get("set_state", {}),
    )


def _simulate(whole: Mapping[str, Any]) -> Simulate | None:
    """The caller of a whole conversation, in the language of the case's segment where it says none."""
    written = whole.get("simulate")
    if written is None:
        return None
    known = {
        name: words if isinstance(words, str) else tuple(words) for name, words in written.get("known", {}).items()
    }
    more = {key: written[key] for key in ("persona", "opening", "turns") if key in written}
    return Simulate(
        written["goal"],
        written["final_state"],
        written.get("language", str(whole.get("segments", {}).get("language", ""))),
        known=known,
        unknown=tuple(written.get("unknown", ())),
        behaviour=tuple(written.get("behaviour", ())),
        **more,
    )


def _answers(turns: Sequence[Turn]) -> list[Stub]:
    """The recorded tool calls as stubs: an equal call is answered as it was that day, the same call in its order."""
    stubs = []
    for turn in turns:
        inner = turn.recorded if not isinstance(turn, ToolTurn) and hasattr(turn, "recorded") else (turn,)
        for call in inner:
            if isinstance(call, ToolTurn) and (call.result is not None or call.error is not None):
                when = {key: _literally(value) for key, value in call.args.items()}
                stub = Stub(call.tool, when, call.result, call.error)
                if stub not in stubs:
                    stubs.append(stub)
    return stubs


def _literally(value: Json) -> Json:
    """A recorded argument as a matcher: a mapping in it is never read as a written-out matcher."""
    inner = value if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
    return {"equals": value} if any(isinstance(part, Mapping) for part in inner) else value
