"""A project -> the texts that its people search (golden calls, failures, articles) and the index of them on disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from callgate.concepts import AgentTurn, CallerTurn, Case, DecisionPoint, Json, ToolTurn, digest
from callgate.dataset import read_set
from callgate.insight.articles import FOLDER, articles
from callgate.insight.search import Index, Text
from callgate.ledger import Ledger, Run

FILE = Path(".callgate/search.db")
KINDS = ("call", "email", "forum", "triage", "failure", "article")


def index_of(root: Path, sets: Sequence[Path], ledger: Path) -> Index:
    """The index of everything in the project; it is made anew only where a file or the newest run has changed.

    `sets` are the folders of the golden sets. Raises Mistake where their cases or the articles have mistakes.
    """
    path = root / FILE
    runs = _runs(ledger)
    stamp = _stamp(root, sets, runs)
    path.parent.mkdir(parents=True, exist_ok=True)
    there = Index.at(path, stamp)
    if there is not None:
        return there
    return Index.of(texts(root, sets, runs), path, stamp=stamp)


def texts_of(root: Path, sets: Sequence[Path], ledger: Path) -> list[Text]:
    """All texts of the project, as `index_of` would index them."""
    return list(texts(root, sets, _runs(ledger)))


def texts(root: Path, sets: Sequence[Path], runs: Sequence[Run] = ()) -> Iterator[Text]:
    """Golden cases, what failed in the newest run of each eval, and articles."""
    for folder in sets:
        for case in read_set(folder, root).active:
            yield Text(case.id, case.kind, case.title or case.id.replace("-", " "), spoken(case))
    for run in runs:
        yield from failures(run)
    for article in articles(root):
        if not article.retired:
            yield Text(article.id, "article", article.title, article.body)


def spoken(case: Case) -> str:
    """Everything that is said in a case, with its notes and the words of its tools."""
    lines: list[str] = []
    for turn in case.turns:
        inner: Sequence[object] = (turn,)
        if isinstance(turn, DecisionPoint):
            lines += [turn.note] if turn.note else []
            inner = (*turn.recorded, *turn.forced)
        for one in inner:
            if isinstance(one, AgentTurn | CallerTurn):
                lines.append(one.text)
            elif isinstance(one, ToolTurn):
                lines.append(one.tool.replace("_", " "))
    return "\n".join([*lines, " ".join(case.segments.values()).replace("_", " ")])


def failures(run: Run) -> Iterator[Text]:
    """What got worse in a run, a text each: the case, what failed it and what it said."""
    decision = run.decision if isinstance(run.decision, Mapping) else {}
    flips: Json = decision.get("flips", ())
    for flip in flips if isinstance(flips, Sequence) else ():
        assert isinstance(flip, Mapping)
        of = max(int(str(flip["candidate_trials"])), 1)
        before = int(str(flip["baseline_passed"])) / max(int(str(flip["baseline_trials"])), 1)
        if int(str(flip["candidate_passed"])) / of < before:
            name = f"{flip['case']}/{flip['decision']}"
            body = f"{flip['grader']}: {flip['why']}\n{flip['evidence']}".replace("_", " ")
            yield Text(f"{run.eval}:{name}", "failure", str(flip["case"]).replace("-", " "), body)


def _runs(path: Path) -> list[Run]:
    """The newest run of each eval."""
    if not path.is_file():
        return []
    newest: dict[str, Run] = {}
    with Ledger.open(path) as ledger:
        for run in ledger.runs():
            if isinstance(run.decision, Mapping):
                newest.setdefault(run.eval, run)
    return [newest[name] for name in sorted(newest)]


def _stamp(root: Path, sets: Sequence[Path], runs: Sequence[Run]) -> str:
    """What tells two states of the project apart: each file's name, size and time, and which runs are the newest."""
    files: list[Json] = []
    for folder in (*sets, root / FOLDER):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                seen = path.stat()
                files.append([str(path), seen.st_size, seen.st_mtime_ns])
    return digest([files, [run.id for run in runs], Path(__file__).stat().st_mtime_ns])
