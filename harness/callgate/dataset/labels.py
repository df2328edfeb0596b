"""People's verdicts on replies, by rubric: `datasets/NAME/_labels/RUBRIC.jsonl`, a line a verdict, beside the cases.

A line holds the reply that was judged, so that a judge can be calibrated on it when nothing else is left of that run.
Labels of a golden case (`labels:` in its file) speak of the whole turn that day; these speak of one rubric.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from callgate.concepts import (
    Arm,
    Json,
    Mistake,
    Place,
    Problem,
    Reply,
    Step,
    ToolAnswer,
    ToolCall,
    Trial,
    TrialId,
    digest,
)
from callgate.files import read_lines, rewrite

FOLDER = "_labels"
Verdict = Literal["pass", "fail", "maybe"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
COLUMNS = ("id", "language", "case", "decision", "call", "reply", "verdict", "by", "note")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Label:
    """One reply that a person is to judge, or has judged: then with a verdict.

    `steps` is the reply as `Trial.transcript` gives it; `drawn` says that it comes from the random draw.
    """

    case: str
    decision: str
    language: str
    arm: Arm
    model: str
    trial: int
    steps: Sequence[Mapping[str, Any]]
    drawn: bool = True
    verdict: Verdict | None = None
    by: str = ""
    on: str = ""
    note: str = ""

    @property
    def id(self) -> str:
        """Names what is judged, without giving away whose it is."""
        body: list[Json] = [self.case, self.decision, self.arm, self.model, self.trial, list(self.steps)]
        return digest(body)[:12]

    def judged(self, verdict: Verdict, *, by: str, on: str, note: str = "") -> Label:
        """The same with a person's verdict."""
        return replace(self, verdict=verdict, by=by, on=on, note=note)

    def as_trial(self) -> Trial:
        """The reply as a trial again: what was said and done, without latency and price."""
        identity = TrialId(self.arm, self.model, self.case, self.decision, self.trial)
        return Trial(identity, tuple(map(_step, self.steps)))


def _step(step: Mapping[str, Any]) -> Step:
    answers = tuple(
        ToolAnswer(ToolCall("", call["name"], call["arguments"]), call["kind"], call["content"])
        for call in step["calls"]
    )
    return Step(Reply(step["text"], tuple(a.call for a in answers), step["outcome"]), answers)


def label_of(trial: Trial, language: str) -> Label:
    """The trial as something to label."""
    of = trial.id
    return Label(of.case, of.decision, language, of.arm, of.model, of.number, trial.transcript())  # type: ignore[arg-type]


def labels_file(folder: Path, rubric: str) -> Path:
    """Where the labels of a rubric stand in a golden set."""
    return folder / FOLDER / f"{rubric}.jsonl"


def read_labels(path: Path, shown: str) -> tuple[Label, ...]:
    """Every label in a file, the last of each reply only; none where there is no file. Raises Mistake."""
    if not path.is_file():
        return ()
    found: dict[str, Label] = {}
    problems: list[Problem] = []
    for number, line in read_lines(path, shown):
        try:
            label = Label(**json.loads(line))
            label.as_trial()
            name = label.id
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            problems.append(Problem(Place(shown, number), f"no label: {error}"))
            continue
        if label.verdict not in VERDICTS:
            problems.append(Problem(Place(shown, number), f"no label: verdict {label.verdict!r}"))
        found[name] = label
    if problems:
        raise Mistake(problems)
    return tuple(found.values())


def add_labels(path: Path, labels: Iterable[Label]) -> None:
    """Appends labels; on disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.is_file() and not path.read_bytes().endswith(b"\n") and path.stat().st_size
    with path.open("a", encoding="utf-8", errors="backslashreplace") as file:  # half a character, as JSON writes it
        file.write("\n" if half else "")
        for label in labels:
            file.write(json.dumps(asdict(label), ensure_ascii=False, sort_keys=True) + "\n")
        file.flush()
        os.fsync(file.fileno())


def take_back(path: Path) -> None:
    """Takes the last label back."""
    _keep(path, [line for _, line in read_lines(path)][:-1])


def forget_labels(folder: Path, cases: Collection[str]) -> None:
    """Removes every label of these cases from a golden set, whatever the rubric: a label holds words of a call."""
    for path in sorted((folder / FOLDER).glob("*.jsonl")):
        lines = [line for _, line in read_lines(path)]
        kept = [line for line in lines if not _is_of(line, cases)]
        if len(kept) < len(lines):
            _keep(path, kept)


def _is_of(line: str, cases: Collection[str]) -> bool:
    """Whether a line is a label of one of these cases; a damaged one is, where it names one."""
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        read = None
    if isinstance(read, Mapping) and isinstance(read.get("case"), str):
        return read["case"] in cases
    return any(case in line for case in cases)


def _keep(path: Path, lines: Iterable[str]) -> None:
    rewrite(path, "".join(f"{line}\n" for line in lines))


# ---------------------------------------------------------------------------------------------- a table to fill in


def write_table(path: Path, labels: Sequence[Label], calls: Mapping[str, str], replies: Mapping[str, str]) -> None:
    """A CSV that anyone can fill in: `verdict` is empty. `calls` and `replies` are texts by label id."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for label in labels:
            texts = (label.id, label.language, label.case, label.decision, calls[label.id], replies[label.id])
            table.writerow([*map(_cell, texts), "", "", ""])


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def _rows(text: str) -> list[dict[str, str]]:
    """The rows of a table by the lower-case names of its columns; a spreadsheet may have put semicolons or tabs."""
    head = text.partition("\n")[0]
    apart = max(",;\t", key=head.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=apart)
    return [{str(name).strip().lower(): value or "" for name, value in row.items()} for row in rows]


def read_table(path: Path, known: Mapping[str, Label], *, by: str, on: str) -> list[Label]:
    """The filled rows of such a CSV as labels. Raises Mistake with everything that is wrong in it."""
    try:
        rows = _rows(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Mistake([Problem(Place(str(path)), 'is not in UTF-8: save the sheet as "CSV UTF-8"')]) from None
    except (OSError, csv.Error) as error:
        raise Mistake([Problem(Place(str(path)), f"cannot be read: {error}")]) from None
    lacking = {"id", "verdict"} - set(rows[0] if rows else ())
    if lacking:
        raise Mistake([Problem(Place(str(path)), f"has no column {' and '.join(sorted(lacking))}")])
    found: list[Label] = []
    problems: list[Problem] = []
    given: dict[str, str] = {}
    for number, row in enumerate(rows, 2):
        written = row["verdict"].strip().lower()
        verdict = next((each for each in VERDICTS if written and each.startswith(written)), None)
        label = known.get(row["id"].strip())
        if not written:
            continue
        if verdict is None:
            problems.append(Problem(Place(str(path), number), f"verdict {written!r} is none of pass, fail, maybe"))
        elif label is None:
            problems.append(Problem(Place(str(path), number), f"no reply {row['id']!r} was drawn from this run"))
        elif given.setdefault(label.id, verdict) != verdict:
            problems.append(
                Problem(Place(str(path), number), f"{label.id} has the verdict {given[label.id]} in an earlier row")
            )
        else:
            who, note = row.get("by", "").strip() or by, row.get("note", "").strip()
            found.append(label.judged(verdict, by=who, on=on, note=note))
    if problems:
        raise Mistake(problems)
    return found
