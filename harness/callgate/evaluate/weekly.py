"""The ledger's runs and what the project says beside them -> the weekly page, `reports/weekly/<week>.*`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from callgate.concepts import Json, Mistake, Place, Problem
from callgate.config import find_evals, load_eval
from callgate.dataset import read_set
from callgate.dataset.coverage import TRAFFIC, read_traffic
from callgate.evaluate.leave import replace_file
from callgate.evaluate.releases import releases
from callgate.evaluate.stored import kept_ledger
from callgate.files import read_lines
from callgate.insight.history import History, Snapshot, history, week_of
from callgate.insight.owners import owners
from callgate.insight.runbooks import runbooks
from callgate.insight.support import read_tickets, support
from callgate.insight.weekly import FEW, LEVELS, Gap, Mark, Project, Quarantined, Weekly, weekly
from callgate.ledger import Run
from callgate.redaction import redact
from callgate.report.weekly import Document, document

FOLDER = Path("reports/weekly")
_QUARANTINE = re.compile(r"quarantined until (\d{4}-\d\d-\d\d) because (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asked. `runs` is a file of runs in the place of the ledger; `simulated` chooses the world
    (None: the live one, unless there is none); `levels` are days by severity."""

    today: date
    runs: Path | None = None
    tickets: Path | None = None
    simulated: bool | None = None
    levels: Mapping[str, int] = field(default_factory=lambda: LEVELS)
    weeks: int = 12


def look_back(root: Path, asked: Asked) -> Document:
    """The page of the week. Raises Mistake with everything in the project that cannot be read."""
    known = history(_runs(root, asked.runs), today=asked.today, simulated=asked.simulated)
    facts = weekly(known, _project(root, asked, known), today=asked.today, count=asked.weeks)
    return document(facts)


def leave_week(root: Path, written: Document, *, mail: bool) -> list[Path]:
    """Writes the page, the same in Markdown, every number as CSV, and the e-mail where it is wanted."""
    from callgate.report.weekly_page import markdown, message, page, table

    texts = {"html": page(written), "md": markdown(written), "csv": table(written)}
    if mail:
        texts["eml"] = message(written).decode("ascii")
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for ending, text in texts.items():
        replace_file(folder / f"{written.facts.week}.{ending}", redact(text))
    return [folder / f"{written.facts.week}.{ending}" for ending in texts]


def today(written: str | None) -> date:
    """The day that was given, or the one it is (UTC)."""
    if written is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Mistake(f"--today {written}: a day is written as 2026-03-09") from None


def levels(written: str | None) -> dict[str, int]:
    """`critical=2,major=7` over the days that hold otherwise."""
    found = dict(LEVELS)
    for part in written.split(",") if written else ():
        name, _, days = part.partition("=")
        if name.strip() not in LEVELS or not days.strip().isdigit():
            raise Mistake(f"--days {written}: write days by severity, as critical=2,major=7,minor=30")
        found[name.strip()] = int(days)
    return found


def _runs(root: Path, file: Path | None) -> list[Run]:
    if file is not None:
        return list(read_runs(file))
    with kept_ledger(root) as ledger:
        return list(ledger.runs())


def read_runs(file: Path) -> Iterator[Run]:
    """The runs of a JSON Lines file, as `callgate export history --to jsonl` writes them."""
    names = {each.name for each in fields(Run)}
    for number, line in read_lines(file):
        try:
            row: Any = json.loads(line)
            run = Run(**{name: row[name] for name in names})
        except (ValueError, KeyError, TypeError, RecursionError):
            run = None
        if run is None or not isinstance(run.started, int) or not _is_decision(run.decision):
            raise Mistake([Problem(Place(str(file), number), f"a run has {', '.join(sorted(names))}")])
        yield run


def _is_decision(decision: Json) -> bool:
    """Whether it is one as a run keeps it, or none: a run that was not decided."""
    return decision is None or (isinstance(decision, Mapping) and {"simulated", "subset", "verdict"} <= set(decision))


def _project(root: Path, asked: Asked, known: History) -> Project:
    gaps, traffic_known, quarantined = _sets(root, known)
    return Project(
        books=runbooks(root),
        owners=owners(root),
        quarantined=quarantined,
        gaps=gaps,
        traffic_known=traffic_known,
        releases=[Mark(_release_day(one.date), one.prompt, one.model, one.stage) for one in releases(root)],
        support=support(read_tickets(asked.tickets), asked.levels) if asked.tickets else {},
        levels=asked.levels,
    )


def _release_day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Mistake(f"prompts/releases.yaml: {written!r} is no date; write it as 2026-03-09") from None


def _sets(root: Path, known: History) -> tuple[list[Gap], bool, list[Quarantined]]:
    """Groups with real traffic and few golden cases in the newest runs, whether traffic is known, and what is
    quarantined, over the golden sets of the evals in the history."""
    names = {track.eval for track in known.tracks()}
    wanted = {load_eval(path, root).cases: path.stem for path in find_evals(root) if path.stem in names}
    gaps: list[Gap] = []
    quarantined: list[Quarantined] = []
    traffic_known = False
    for folder, name in wanted.items():
        found = read_set(folder, root)
        quarantined += _quarantined(found.cases, {case: source.whole for case, source in found.sources.items()}, known)
        file = root / folder / TRAFFIC
        if file.is_file():
            traffic_known = True
            gaps += _gaps(read_traffic(file), [one for one in known.snapshots if one.track.eval == name][-1])
    return sorted(gaps, key=lambda gap: (-gap.share, gap.segment)), traffic_known, quarantined


def _gaps(traffic: Mapping[str, float], newest: Snapshot) -> Iterator[Gap]:
    for segment, share in traffic.items():
        wanted = dict(part.split("=", 1) for part in segment.split(",")).items()
        cases = len({row.case for row in newest.results if wanted <= row.segments.items()})
        if share and cases < FEW:
            yield Gap(segment, share, cases)


def _quarantined(
    cases: Iterable[Any], wholes: Mapping[str, Mapping[str, Json]], known: History
) -> Iterator[Quarantined]:
    for case in cases:
        found = _QUARANTINE.match(str(wholes[case.id].get("status", "")))
        if found:
            weeks = [week_of(one.day) for one in known.snapshots if any(row.case == case.id for row in one.results)]
            until = date.fromisoformat(found[1])
            yield Quarantined(case.id, case.place.file, until, found[2], case.severity, max(weeks, default=""))


def as_json(facts: Weekly, files: Sequence[Path], root: Path) -> str:
    """What a program reads: what is to decide, what is past its service level, where the page lies, every number."""
    from callgate.insight.weekly import figures

    body = {
        "schema": "callgate.weekly/1",
        "week": facts.week,
        "simulated": facts.history.simulated,
        "measured": bool(facts.runs),
        "decide": [{"kind": one.kind, "since": one.since, "owner": one.owner} for one in facts.decide],
        "alerts": facts.alerts,
        "files": [str(path.relative_to(root)) for path in files],
        "figures": [
            {"name": one.name, "week": one.week, "of": one.of, "value": one.value, "unit": one.unit}
            for one in figures(facts)
        ],
    }
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"
