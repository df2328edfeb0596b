"""A call that is to be forgotten -> its cases, rows and reports, and their removal.

A reply's row names no case, only the digest of its request. So the rows of a call are found by replaying its cases
under every prompt that a stored run had, and by looking for the caller's name, phone or e-mail in all replies. Scores
are removed as a whole: they are computed again from the replies, at no price.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from callgate.concepts import Case, Mistake, Reply
from callgate.config import find_evals, load_eval
from callgate.dataset import read_set
from callgate.dataset.labels import forget_labels
from callgate.dataset.sheets import is_sheet, without
from callgate.evaluate.leave import NAMES
from callgate.evaluate.measuring import replayed
from callgate.evaluate.outcome import LEDGER
from callgate.evaluate.show import bench_of
from callgate.files import read_text
from callgate.ledger import Exchange, Ledger, PaidReply, Run
from callgate.matchers import folded
from callgate.report.words import plural

SHORTEST, NUMBER = 4, 7
"""Characters of a name, and digits of a number, under which it is no trace to look for."""


@dataclass(frozen=True, slots=True)
class Found:
    """What belongs to a call: files of its cases, keys of replies, runs that have it, report folders."""

    cases: tuple[Case, ...]
    files: tuple[Path, ...]
    keys: frozenset[str]
    runs: tuple[Run, ...]
    reports: tuple[Path, ...]
    changed: int = 0  # runs that had another version of a case

    def text(self, root: Path) -> str:
        """A line a thing, and what no command here can remove."""
        whole = [file for file in self.files if not is_sheet(file.name)]
        lines = [f"case   {file.relative_to(root)}" for file in whole]
        lines += [f"case   {case.id} in {case.place.file}" for case in self.cases if is_sheet(case.place.file)]
        lines += [f"ledger {len(self.keys)} replies, {len(self.runs)} runs without its rows, all scores"]
        lines += [f"report {path.relative_to(root)}" for path in self.reports]
        if self.changed:
            lines.append(
                f"{plural(self.changed, 'run')} had another version of a case: of its replies only those that name the "
                "caller are found; `callgate ledger forget --older-than DAYS` removes all that are old"
            )
        lines += [
            "git keeps what was committed: `git log --all -- FILE` shows where; only rewriting history removes it",
            "copies elsewhere (artefacts of CI, pushed ledgers, backups, the provider's logs) are not touched",
        ]
        return "\n".join(lines) + "\n"


def traces(root: Path, source: str) -> Found:
    """Everything of a call, named by its id in the exports (`provenance.call`, `cluster`) or by a case's id. Raises
    Mistake where there is none."""
    cases, files = _cases(root, source)
    if not cases:
        raise Mistake(f"no case comes from {source!r}; name a case, or the call that `provenance` names")
    names = frozenset(case.id for case in cases)
    if not (root / LEDGER).exists():
        return Found(cases, files, frozenset(), (), _reports(root, (), names))
    with Ledger.open(root / LEDGER) as ledger:
        runs = tuple(run for run in ledger.runs() if names & set(_plan(run).get("cases", ())))
        keys = _asked(root, runs, names) | _mentions(ledger, cases)
    return Found(cases, files, frozenset(keys), runs, _reports(root, runs, names), _changed(runs, cases))


def forget(root: Path, found: Found) -> None:
    """Removes it all: first the ledger's rows, then the reports, the files last, so that a stop in between can be gone
    on with."""
    names = frozenset(case.id for case in found.cases)
    if (root / LEDGER).exists():
        with Ledger.open(root / LEDGER) as ledger:
            ledger.forget(found.keys, [_without(run, names) for run in found.runs])
        (root / LEDGER).with_name("again.json").unlink(missing_ok=True)
    for file in find_evals(root):
        forget_labels(load_eval(file, root).cases, names)
    for path in (*found.reports, *found.files):
        rest = without(read_text(path), path.name, names) if is_sheet(path.name) and path.is_file() else ""
        if rest:
            path.write_text(rest, "utf-8")
        else:
            path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Old:
    """How much was removed because it was old; with a reply or a run go all scores."""

    replies: int
    runs: int
    files: int

    def text(self) -> str:
        """ "removed 12 replies, 1 run, 5 report files" """
        return (
            f"removed {plural(self.replies, 'reply')}, {plural(self.runs, 'run')}, {plural(self.files, 'report file')}"
        )


def forget_older(root: Path, days: int, *, now: float) -> Old:
    """Removes replies, runs and the reports of runs that are older than so many days, counted back from `now` (seconds
    since 1970)."""
    moment = int(now) - days * 24 * 3600
    replies = runs = 0
    if (root / LEDGER).exists():
        with Ledger.open(root / LEDGER) as ledger:
            replies, runs = ledger.forget_before(moment)
    old = [path for path in _left(root) if path.stat().st_mtime < moment]
    for path in old:
        path.unlink(missing_ok=True)
    if replies or runs or old:
        (root / LEDGER).with_name("again.json").unlink(missing_ok=True)
    return Old(replies, runs, len(old))


def keep_days(root: Path) -> int | None:
    """What the evals of the project say, the shortest: a reply in the ledger belongs to no single eval."""
    said = (load_eval(path, root).keep_days for path in find_evals(root))
    return min((days for days in said if days is not None), default=None)


def _left(root: Path) -> list[Path]:
    """The files that runs left in their folders of reports; judges' cards and weekly pages are none of them."""
    folders = [path.parent for path in (root / "reports").glob("*/decision.json")]
    return [folder / name for folder in folders for name in NAMES if (folder / name).is_file()]


def _changed(runs: Sequence[Run], cases: Sequence[Case]) -> int:
    digests = {case.id: case.digest for case in cases}
    known = [_plan(run)["cases"] for run in runs]
    return sum(any(one.get(name, digest) != digest for name, digest in digests.items()) for one in known)


def _plan(run: Run) -> Mapping[str, Any]:
    return run.plan if isinstance(run.plan, Mapping) else {}


def _cases(root: Path, source: str) -> tuple[tuple[Case, ...], tuple[Path, ...]]:
    """The cases of a call, in every golden set that an eval names and in the drafts."""
    folders = dict.fromkeys(load_eval(path, root).cases for path in find_evals(root))
    found = [case for folder in folders for case in read_set(folder, root).cases if source in {case.id, case.cluster}]
    return tuple(found), tuple(dict.fromkeys(root / case.place.file for case in found))


class _Watched(Ledger):
    """The ledger, remembering which replies it had of those it was asked for."""

    had: set[str]

    def replies(self, keys: Collection[str]) -> dict[str, Reply]:
        found = super().replies(keys)
        self.had |= set(found)
        return found

    def exchange(
        self, paid: Sequence[PaidReply] = (), dropped: Collection[str] = (), wanted: Collection[str] = ()
    ) -> Exchange:
        done = super().exchange(paid, dropped, wanted)
        self.had |= set(done.replies)
        return done


def _asked(root: Path, runs: Sequence[Run], names: Collection[str]) -> set[str]:
    """The replies that the cases had in these runs, of the candidate, of the judges, and of both sides' baselines."""
    with _Watched.open(root / LEDGER) as ledger:
        ledger.had = set()
        for run in runs:
            here = tuple(sorted(set(names) & set(_plan(run)["cases"])))
            bench = bench_of(root, ledger, run, cases=here, segment={}, limit=None)
            bench.salt = int(run.id[:6], 16)
            replayed(bench, fresh=True)
        return ledger.had


def _mentions(ledger: Ledger, cases: Sequence[Case]) -> set[str]:
    """The replies that say a caller's name, e-mail or number."""
    said = [str(value) for case in cases for value in case.caller.values() if isinstance(value, str | int)]
    words = [folded(one) for one in said if len(one) >= SHORTEST]
    numbers = [digits for one in said if len(digits := re.sub(r"\D", "", one)) >= NUMBER]
    found = set()
    for key, _, _, reply in ledger.every_reply():
        text = folded(" ".join([reply.text, *(call.arguments for call in reply.calls)]))
        digits = re.sub(r"\D", "", text)
        if any(word in text for word in words) or any(number in digits for number in numbers):
            found.add(key)
    return found


def _reports(root: Path, runs: Sequence[Run], names: Collection[str]) -> tuple[Path, ...]:
    """The files of the reports that these runs left, and the weekly pages that name a case."""
    evals = {run.eval for run in runs}
    found = [path for name in sorted(evals) for path in (root / "reports" / name).glob("*") if path.is_file()]
    weekly = [path for path in (root / "reports/weekly").glob("*") if path.is_file()]
    named = [path for path in weekly if any(name in path.read_text("utf-8", errors="replace") for name in names)]
    return tuple(sorted([*found, *named]))


def _without(run: Run, names: Collection[str]) -> Run:
    """A run without the rows of these cases; what it measured as a whole stays."""
    plan = dict(_plan(run))
    plan["cases"] = {case: digest for case, digest in plan["cases"].items() if case not in names}
    plan["failed"] = [case for case in plan.get("failed", ()) if case not in names]
    if "results" in plan:
        plan["results"] = [row for row in plan["results"] if row["case"] not in names]
    if not isinstance(run.decision, Mapping):
        return replace(run, plan=plan)
    body: dict[str, Any] = dict(run.decision)
    missing = dict(body["missing"])
    missing["examples"] = [line for line in missing["examples"] if not any(name in line for name in names)]
    missing["left_out"] = {k: why for k, why in missing["left_out"].items() if k.partition("/")[0] not in names}
    body |= {
        "missing": missing,
        "flips": [flip for flip in body["flips"] if flip["case"] not in names],
        "flaky": [one for one in body.get("flaky", ()) if one["case"] not in names],
        "new_cases": [case for case in body["new_cases"] if case not in names],
    }
    if "triage" in body:
        body["triage"] = [
            {**one, "wrong_alone": [case for case in one["wrong_alone"] if case not in names]} for one in body["triage"]
        ]
    return replace(run, plan=plan, decision=body)
