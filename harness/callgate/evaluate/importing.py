"""Exports -> drafts in the golden set, each with what was replaced, what could not be known, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from callgate.concepts import Case, Json, Mistake, Problem, Tool
from callgate.config import Eval, find_evals, load_eval
from callgate.dataset.drafts import Drafted, drafts_of, privacy_of, write_draft
from callgate.dataset.importers import Hints
from callgate.dataset.load import CaseSet, case_of, read_set
from callgate.dataset.redact import summary
from callgate.dataset.world import Worlds
from callgate.evaluate.recorded import Wrong, wrongs
from callgate.files import project_path, relative_name
from callgate.graders.grade import GraderSet
from callgate.prompts import load_prompt


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to: drafts with their files, calls that are here already, what could not be read."""

    drafts: tuple[tuple[Drafted, str], ...]
    known: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]
    bad: Mapping[str, Wrong] = field(default_factory=dict)

    def text(self) -> str:
        """A few lines a draft."""
        lines = []
        for drafted, file in self.drafts:
            lines += [file, f"  {summary(drafted.replaced)}"]
            lines += [f"  first bad turn: {self.bad[drafted.name]}"] if drafted.name in self.bad else []
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
    """Where cases go: the folder that was named, else the only golden set of the project, or its only one of calls that
    happened."""
    if into:
        return project_path(root, into)
    evals = [load_eval(path, root) for path in find_evals(root)]
    folders = {one.cases for one in evals}
    calls = {one.cases for one in evals if has_calls(root, one)}
    for some in (folders, calls):
        if len(some) == 1:
            return next(iter(some))
    names = ", ".join(sorted(relative_name(folder, root) for folder in folders)) or "none"
    raise Mistake(f"which set? say --into FOLDER; the evals name: {names}")


def has_calls(root: Path, the_eval: Eval) -> bool:
    """Whether the cases of an eval are calls that happened: no letters, no tickets, and no simulated caller."""
    return not the_eval.caller and kind_of(root, the_eval.cases) == "call"


def kind_of(root: Path, folder: Path) -> str:
    """What the cases of a folder are (call, email, forum, triage), as its world says; calls where it says nothing."""
    return str(Worlds(root).of(folder).defaults.get("kind", "call"))


def folders_of(root: Path) -> tuple[str, ...]:
    """The folders of all golden sets of the project, each with a slash at its end."""
    found = {relative_name(load_eval(path, root).cases, root) for path in find_evals(root)}
    return tuple(f"{name}/" for name in sorted(found))


def set_at(folder: Path, root: Path) -> CaseSet:
    """The cases of a folder, which may be new or empty."""
    ends = ("yaml", "jsonl", "csv")
    if not folder.is_dir() or not any(path for end in ends for path in folder.rglob(f"[!_.]*.{end}")):
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
    by_call = {key: case.id for case in there.cases if (key := call_of(there.sources[case.id].whole))}
    rules = Rules.of(root, folder)
    bad: dict[str, Wrong] = {}
    kept: list[tuple[Drafted, str]] = []
    known: list[tuple[str, str]] = []
    for drafted in drafts:
        key = call_of(drafted.data)
        if key and key in by_call:
            known.append((drafted.name, by_call[key]))
            continue
        case, _ = case_of(drafted.document(f"{drafted.name}.yaml"), drafted.name, world)
        first = next(iter(rules.wrongs(case)), None)
        if first is not None:
            bad[drafted.name] = first
        kept.append((drafted, relative_name(write_draft(marked(drafted, first), folder), root)))
        if key:
            by_call[key] = drafted.name
    return Imported(tuple(kept), tuple(known), tuple(problems), bad)


@dataclass(frozen=True, slots=True)
class Rules:
    """What recorded calls of a set are held to: the graders of its eval, the tools of its candidate."""

    graders: GraderSet
    tools: tuple[Tool, ...]

    @staticmethod
    def of(root: Path, folder: Path) -> Rules:
        """Those of the first eval that runs these cases; where none does, every rule, and no tools."""
        for path in find_evals(root):
            the_eval = load_eval(path, root)
            if the_eval.cases == folder:
                tools = load_prompt(the_eval.candidate.prompt, root, the_eval.candidate.place).tools
                return Rules(GraderSet.of(the_eval.graders, root), tools)
        return Rules(GraderSet.of((), root), ())

    def wrongs(self, case: Case) -> list[Wrong]:
        """What was done wrong in a recorded call, in its order."""
        return wrongs(case, self.tools, self.graders)


def marked(drafted: Drafted, first: Wrong | None) -> Drafted:
    """The draft with its first bad turn marked: a note at the decision, and a line in its provenance."""
    call = drafted.data.get("call")
    if first is None or not isinstance(call, list):
        return drafted
    turns: list[Json] = []
    for turn in call:
        bad = isinstance(turn, Mapping) and turn.get("id") == first.decision
        note = {"note": f"First bad turn: {first.grader}: {first.why}"[:500]}
        turns.append({**turn, **note} if bad and isinstance(turn, Mapping) else turn)
    about = drafted.data.get("provenance")
    bad_turn = {"first_bad_turn": {"decision": first.decision, "grader": first.grader}}
    provenance = {**about, **bad_turn} if isinstance(about, Mapping) else bad_turn
    return replace(drafted, data={**drafted.data, "provenance": provenance, "call": turns})


def call_of(whole: object) -> tuple[str, str] | None:
    """Which recorded call or ticket a case comes from, if its provenance says so."""
    about = whole.get("provenance") if isinstance(whole, dict) else None
    if not isinstance(about, dict) or not isinstance(whole, dict):
        return None
    name = about.get("call") if about.get("call") not in {None, "unknown"} else whole.get("ticket")
    return (str(about.get("source", "")), str(name)) if name is not None else None
