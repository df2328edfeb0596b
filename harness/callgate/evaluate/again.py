"""A run that was measured whole, and nothing that it depends on has changed since -> its outcome again.

Reading and checking thousands of cases takes seconds, hashing their files a fraction of one. What a whole run depended
on is kept in a small file beside the ledger: the digest of its files, its prompts', its hosts, the baseline's
generation and Callgate's own code. Where anything is not as it was, or the file is lost or damaged, the run is planned
anew. What is answered is always the decision in the ledger.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callgate.concepts import Mistake, digest
from callgate.engines.access import endpoint
from callgate.evaluate.leave import leave_reports, replace_file
from callgate.evaluate.options import Options
from callgate.evaluate.outcome import LEDGER, Outcome, own_code, this_run
from callgate.evaluate.stored import candidates, whole_run
from callgate.execute.machine import Spent
from callgate.files import relative_name
from callgate.graders.custom import SOURCE
from callgate.graders.rubrics import siblings
from callgate.ledger import Ledger
from callgate.prompts import load_prompt
from callgate.report.stamp import shows
from callgate.stats.cards import FOLDER as JUDGES

if TYPE_CHECKING:
    from callgate.evaluate.plan import Plan
    from callgate.graders.grade import GraderSet

FILE = "again.json"
MOST = 64
"""Runs that are remembered; the oldest are forgotten."""
WEEK = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Read:
    """What a run depends on. `places` are files and folders of the project, `prompts` are by source, `drawn` maps a
    contest to its baseline's model and generation, `until` is the last day on which these are the cases."""

    eval: str
    warns: bool
    places: tuple[str, ...]
    contents: str
    prompts: Mapping[str, str]
    hosts: Mapping[str, str]
    drawn: Mapping[str, tuple[str, int]]
    baseline: str
    code: str
    until: str = ""

    @staticmethod
    def of(plan: Plan, graders: GraderSet, drawn: Mapping[str, int], options: Options, since: float) -> Read | None:
        """What this plan was read from; None where it is not answered again (a filter, another option than a plain
        run's, a program of one's own, a grader that stands outside the project) or where a file was written since
        (seconds since 1970): it may have been read before or after that."""
        the_eval, root = plan.eval, plan.eval.root
        models = [model for contest in plan.contests for model in (contest.baseline, contest.candidate)]
        if not _is_plain(options) or any(model.startswith(("command:", "python:")) for model in models):
            return None
        if graders.promptfoo or any(one.path != root / SOURCE for one in graders.customs):
            return None
        rubrics = [str(use.options["rubric"]) for use in the_eval.graders if "rubric" in use.options]
        rubrics += [relative_name(each, root) for rubric in rubrics for each in siblings(root, rubric)]
        cases = the_eval.cases if not the_eval.cases.is_absolute() else the_eval.cases.relative_to(root)
        above = [str(parent / "_world.yaml") for parent in cases.parents]
        places = tuple(sorted({the_eval.place().file, str(SOURCE), str(cases), JUDGES, *above, *rubrics}))
        contents, newest = _contents(root, places)
        if newest >= since:
            return None
        return Read(
            eval=the_eval.name,
            warns=the_eval.policy.on_inconclusive == "warn",
            places=places,
            contents=contents,
            prompts={prompt.source: prompt.digest for prompt in (plan.baseline, plan.candidate)},
            hosts={model: endpoint(model, root=root) for model in models},
            drawn={contest.label: (contest.baseline, drawn[contest.label]) for contest in plan.contests},
            baseline=plan.baseline.digest,
            code=own_code(),
            until=plan.until,
        )

    def holds(self, root: Path, ledger: Ledger) -> bool:
        """Whether everything is still as it was, and no quarantine has ended since."""
        if self.until and datetime.now(UTC).date().isoformat() > self.until:
            return False
        if self.code != own_code() or any(endpoint(model, root=root) != host for model, host in self.hosts.items()):
            return False
        for model, generation in self.drawn.values():
            held = ledger.baseline(self.baseline, model)
            stale = time.time() - held.began > WEEK and not model.startswith("sim/")
            if stale or held.generation != generation:
                return False
        if any(load_prompt(source, root).digest != known for source, known in self.prompts.items()):
            return False
        return _contents(root, self.places)[0] == self.contents


def again(root: Path, path: Path, options: Options) -> Outcome | None:
    """The outcome of this very run, told again with its reports; None where it must be planned anew."""
    began = time.monotonic()
    if not _is_plain(options) or not (root / LEDGER).exists():
        return None
    entry = _known(root).get(_name(root, path, options))
    try:
        read = Read(**{**entry["read"], "places": tuple(entry["read"]["places"])}) if entry else None
        with Ledger.open(root / LEDGER) as ledger:
            if entry is None or read is None or not read.holds(root, ledger):
                return None
            decision = whole_run(ledger, entry["run"])
            drawn = {label: generation for label, (_, generation) in read.drawn.items()}
            notes = (*entry["notes"], *candidates(ledger, read.eval, drawn, read.baseline))
    except (Mistake, KeyError, TypeError, ValueError):  # said, with its place, when it is planned
        return None
    folder = root / "reports" / read.eval
    if decision is None or not shows(folder / "report.html", decision):
        return None
    seconds = time.monotonic() - began
    outcome = Outcome(decision, read.warns, Spent(), Spent(), seconds, interrupted=False, notes=notes, folder=folder)
    leave_reports(folder, decision, outcome.spent_words, this_run(outcome))
    return outcome


def remember(root: Path, path: Path, options: Options, read: Read, *, run: str, notes: tuple[str, ...]) -> None:
    """Keeps what a whole run depended on. Where it cannot be written it is forgotten."""
    known = _known(root)
    known.pop(_name(root, path, options), None)
    known[_name(root, path, options)] = {"run": run, "notes": list(notes), "read": asdict(read)}
    kept = dict(list(known.items())[-MOST:])
    with suppress(OSError):
        replace_file((root / LEDGER).with_name(FILE), json.dumps(kept, indent=1) + "\n")


def _is_plain(options: Options) -> bool:
    """Whether a run with these options may be answered from its record."""
    return not (options.subset or options.regrade or options.release or options.settle)


def _name(root: Path, path: Path, options: Options) -> str:
    said = {
        key: value
        for key, value in asdict(options).items()
        if value and key not in {"at_once", "transport", "cluster", "batch", "wait"}
    }
    return digest([str(path.resolve().relative_to(root.resolve())), said])


def _known(root: Path) -> dict[str, Any]:
    try:
        known = json.loads((root / LEDGER).with_name(FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _contents(root: Path, places: Iterable[str]) -> tuple[str, float]:
    """The digest of all files there, by name and content, and when the newest was written (seconds since 1970)."""
    whole, newest = sha256(), 0.0
    for place in places:
        for name, written in _files(root, root / place):
            newest = max(newest, written)
            try:
                content = b"" if name.endswith("/") else (root / name).read_bytes()
            except OSError:
                content = b"unreadable"
            whole.update(f"{name}\0{len(content)}\0".encode("utf-8", "surrogatepass") + content)
    return whole.hexdigest(), newest


def _files(root: Path, path: Path) -> Iterable[tuple[str, float]]:
    """Every file and folder at a path and below, relative to the root, in order, and when each was written; a folder's
    name ends with a slash. Nothing where nothing stands there."""
    try:
        about = path.stat()
    except OSError:
        return
    name = os.path.relpath(path, root)
    if not path.is_dir():
        yield name, about.st_mtime
        return
    yield f"{name}/", about.st_mtime
    with os.scandir(path) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _files(root, Path(entry.path))
        else:
            with suppress(OSError):
                yield f"{name}/{entry.name}", entry.stat().st_mtime
