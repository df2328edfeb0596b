"""A sheet of people's verdicts, as a review queue exports it -> the labels in the case files.

Columns: `case` (or `call`, the id of the recorded call), `verdict`, and where known `decision`, `modes` (with commas or
spaces between), `cause`, `by`, `on`, `note`. The same verdict of the same person is not written twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from callgate import schemas
from callgate.concepts import Case, Json, Mistake, Problem
from callgate.dataset.importers.reading import Node, read_export, rows_of
from callgate.dataset.importers.yaml_text import yaml_text
from callgate.dataset.load import CaseSet
from callgate.dataset.sheets import by_hand, is_sheet
from callgate.evaluate.importing import call_of, folder_of, set_at
from callgate.files import did_you_mean, parse_yaml, relative_name

_VERDICTS = {
    **dict.fromkeys(("pass", "passed", "good", "ok", "correct", "yes", "true", "1", "thumbs_up"), "pass"),
    **dict.fromkeys(("fail", "failed", "bad", "wrong", "incorrect", "no", "false", "0", "thumbs_down"), "fail"),
    **dict.fromkeys(("maybe", "unsure", "unclear"), "maybe"),
}
Label = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Labelled:
    """What a sheet came to: how many labels each file got, how many it had already, and rows that fit nothing."""

    written: Mapping[str, int]
    known: int
    problems: tuple[Problem, ...]

    def text(self) -> str:
        """A line a file, then the total."""
        lines = [f"{file}: {count} label{'s' * (count != 1)}" for file, count in self.written.items()]
        again = f", {self.known} were here already" if self.known else ""
        return "\n".join([*lines, f"{sum(self.written.values())} labels written{again}"]) + "\n"


def import_labels(root: Path, files: Sequence[Path], *, into: str | None = None) -> Labelled:
    """Writes the sheets' verdicts into the case files. Rows that fit no case are problems; the others are written.

    Raises Mistake where a sheet cannot be read, or where remarks in a case file would be lost: then nothing is written.
    """
    cases = set_at(folder_of(root, into), root)
    by_call = {key[1]: case for case in cases.cases if (key := call_of(cases.sources[case.id].whole))}
    new: dict[str, list[Label]] = {}
    problems: list[Problem] = []
    known = 0
    for row in (row for file in files for row in rows_of(read_export(file))):
        try:
            case, label = _row(row, cases, by_call)
        except Mistake as mistake:
            problems += mistake.problems
            continue
        had = [dict(one) for one in (*case.labels, *new.get(case.id, ()))]
        if label in had:
            known += 1
        else:
            new.setdefault(case.id, []).append(label)
    texts = {name: _with_labels(root, cases, name, labels) for name, labels in new.items()}
    written = {}
    for name, text in texts.items():
        path = root / cases.sources[name].document.name
        path.write_text(text, "utf-8")
        written[relative_name(path, root)] = len(new[name])
    return Labelled(written, known, tuple(problems))


def _row(row: Node, cases: CaseSet, by_call: Mapping[str, Case]) -> tuple[Case, dict[str, Json]]:
    known = {case.id: case for case in cases.cases}
    name, call = row.get("case", "id").text().strip(), row.get("call", "call_id").text().strip()
    case = known.get(name) or by_call.get(call)
    if case is None:
        raise row.wrong(f"no case {name or call!r} in {cases.folder}{did_you_mean(name, known)}")
    verdict = _VERDICTS.get(row.get("verdict", "label", "result").text().strip().lower())
    if verdict is None:
        raise row.wrong("the 'verdict' is pass, fail or maybe")
    label: dict[str, Json] = {"decision": _decision(row, case), "of": row.get("of").text() or "recorded"}
    label["verdict"] = verdict
    modes = [mode for mode in re.split(r"[,;\s]+", row.get("modes", "mode", "failure_modes").text()) if mode]
    label |= {"modes": list[Json](modes)} if modes else {}
    cause = row.get("cause", "root_cause").text().strip().lower()
    texts = {"cause": cause, "by": row.get("by", "reviewer", "annotator").text().strip()}
    texts |= {"on": row.get("on", "date", "reviewed_at").text().strip()[:10], "note": row.get("note", "comment").text()}
    return case, label | {key: text for key, text in texts.items() if text}


def _decision(row: Node, case: Case) -> str:
    """The decision that a row speaks of: the one it names, else the only one at which something was recorded."""
    ids = [point.id for point in case.points]
    name = row.get("decision").text().strip()
    recorded = [point.id for point in case.points if point.recorded] or ids
    if name in ids or (not name and len(recorded) == 1):
        return name or recorded[0]
    hint = did_you_mean(name, ids) if name else ""
    raise row.wrong(f"which decision of {case.id}? there are {', '.join(ids)}{hint}")


def _with_labels(root: Path, cases: CaseSet, name: str, labels: Sequence[Label]) -> str:
    """The case's file with the labels at the end of those that it has; remarks stay where nothing is rewritten."""
    document = cases.sources[name].document
    if is_sheet(document.name):
        raise by_hand(document, name, "write its labels")
    own = document.value
    assert isinstance(own, Mapping)  # it was read as a case
    had = own.get("labels")
    every: list[Json] = [*(had if isinstance(had, list) else ()), *(dict(label) for label in labels)]
    before = (root / document.name).read_text("utf-8")
    if had is None:
        text = before.rstrip("\n") + "\n" + yaml_text({"labels": every})
    elif re.search(r"^\s*#|\s#\s", before, re.MULTILINE):
        raise Mistake([Problem(document.place("labels"), "this file has remarks: write the labels into it yourself")])
    else:
        text = yaml_text({**own, "labels": every})
    found = schemas.problems("case", parse_yaml(text, document.name))
    if found:
        raise Mistake(found)
    return text
