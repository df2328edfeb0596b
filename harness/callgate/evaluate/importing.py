"""Exports -> drafts in the golden set, each with what was replaced, what could not be known, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from callgate.concepts import Mistake, Problem
from callgate.config import find_evals, load_eval
from callgate.dataset.drafts import Drafted, drafts_of, privacy_of, write_draft
from callgate.dataset.importers import Hints
from callgate.dataset.load import CaseSet, case_of, read_set
from callgate.dataset.redact import summary
from callgate.dataset.world import Worlds
from callgate.files import project_path, relative_name


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to: drafts with their files, calls that are here already, what could not be read."""

    drafts: tuple[tuple[Drafted, str], ...]
    known: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]

    def text(self) -> str:
        """A few lines a draft."""
        lines = []
        for drafted, file in self.drafts:
            lines += [file, f"  {summary(drafted.replaced)}"]
            lines += [f"  not known: {one}" for one in drafted.unknown]
        lines += [f"{name}: this call is here already, as {case}" for name, case in self.known]
        return "\n".join([*lines, _total(self)]) + "\n"


def _total(imported: Imported) -> str:
    count = len(imported.drafts)
    drafts = f"{count} draft" if count == 1 else f"{count} drafts"
    if not count:
        return "no new draft"
    first = imported.drafts[0][0].name
    return f"{drafts}; look for personal data, say what is expected, then: callgate cases add {first}"


def folder_of(root: Path, into: str | None) -> Path:
    """Where cases go: the folder that was named, else the one that all evals of the project share."""
    if into:
        return project_path(root, into)
    folders = {load_eval(path, root).cases for path in find_evals(root)}
    if len(folders) == 1:
        return folders.pop()
    names = ", ".join(sorted(relative_name(folder, root) for folder in folders)) or "none"
    raise Mistake(f"which set? say --into FOLDER; the evals name: {names}")


def set_at(folder: Path, root: Path) -> CaseSet:
    """The cases of a folder, which may be new or empty."""
    if not folder.is_dir() or not any(folder.rglob("[!_.]*.yaml")):
        return CaseSet(relative_name(folder, root), (), {})
    return read_set(folder, root)


def import_files(
    root: Path,
    format_: str,
    files: Sequence[Path],
    hints: Hints,
    *,
    into: str | None = None,
    names: Path | None = None,
) -> Imported:
    """Reads the exports and writes a draft for each call that the set does not hold yet."""
    folder = folder_of(root, into)
    there = set_at(folder, root)
    world = Worlds(root).of(folder)
    taken = [case.id for case in there.cases]
    drafts, problems = drafts_of(
        format_, files, hints, world=world, privacy=privacy_of(root, world, names), taken=taken
    )
    by_call = {key: case.id for case in there.cases if (key := _call_of(there.sources[case.id].whole))}
    kept: list[tuple[Drafted, str]] = []
    known: list[tuple[str, str]] = []
    for drafted in drafts:
        key = _call_of(drafted.data)
        if key and key in by_call:
            known.append((drafted.name, by_call[key]))
            continue
        case_of(drafted.document(f"{drafted.name}.yaml"), drafted.name, world)
        kept.append((drafted, relative_name(write_draft(drafted, folder), root)))
        if key:
            by_call[key] = drafted.name
    return Imported(tuple(kept), tuple(known), tuple(problems))


def _call_of(whole: object) -> tuple[str, str] | None:
    """Which recorded call or ticket a case comes from, if its provenance says so."""
    about = whole.get("provenance") if isinstance(whole, dict) else None
    if not isinstance(about, dict) or not isinstance(whole, dict):
        return None
    name = about.get("call") if about.get("call") not in {None, "unknown"} else whole.get("ticket")
    return (str(about.get("source", "")), str(name)) if name is not None else None
