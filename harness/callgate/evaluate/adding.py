"""A draft -> an active case: read by a person, with an expectation, no second copy, and red before the fix.

Nothing is written that does not hold: the set's lint and the trials see the case before its file does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from callgate.concepts import Case, Json, Mistake, Problem
from callgate.config import Eval, find_evals, load_eval
from callgate.dataset.importers.yaml_text import yaml_text
from callgate.dataset.load import Source, case_of
from callgate.dataset.near import Near, NearIndex
from callgate.dataset.sheets import by_hand, is_sheet, rows
from callgate.dataset.texts import personal_in
from callgate.dataset.world import World, Worlds
from callgate.evaluate.check import validated
from callgate.evaluate.editing import Edits, edited, history_of, labelled, written
from callgate.evaluate.importing import Rules, folder_of, set_at
from callgate.evaluate.options import Options
from callgate.evaluate.proving import TRIALS, Proof, proofs
from callgate.evaluate.recorded import failing, recorded_grades
from callgate.files import Document, did_you_mean, parse_yaml, read_text, read_yaml, relative_name, rewrite

REFUSED = 5
"""The exit code of a case that does not reproduce, or is not fixed."""


@dataclass(frozen=True, slots=True)
class Added:
    """A case as it was added, or was not: the most similar ones, what its trials came to, and what became of it."""

    file: str
    near: tuple[Near, ...]
    proofs: tuple[Proof, ...]
    notes: tuple[str, ...] = ()
    refused: str = ""

    @property
    def exit_code(self) -> int:
        if any(proof.missing for proof in self.proofs):
            return 3
        return REFUSED if self.refused else 0

    def text(self) -> str:
        """What it is like, then its trials, then what became of it."""
        lines = ["most similar:", *(f"  {one}" for one in self.near)] if self.near else []
        lines += self.notes
        for proof in self.proofs:
            lines += proof.lines()
        lines.append(f"{self.file}: not added: {self.refused}" if self.refused else f"{self.file}: active")
        return "\n".join(lines) + "\n"


def add_case(
    root: Path, name: str, edits: Edits, options: Options, *, into: str | None, prove: bool, unfixed: bool = False
) -> Added:
    """Makes a draft an active case; `unfixed` keeps one that the candidate fails too. Raises Mistake with all that is
    wrong in it. Until the last step the file is as it was."""
    folder = folder_of(root, into)
    path = case_file(root, folder, name)
    shown = relative_name(path, root)
    before = path.read_bytes()
    document = read_yaml(path, shown)
    world = Worlds(root).of(path.parent)
    data, history = history_of(edited(document, edits), list(edits.expect))
    notes = [f"{', '.join(history)}: nobody said what is right there, so it is history"] if history else []
    labels, said = _labels(root, folder, _parsed(yaml_text(data), path, shown, world)[0], edits)
    data = labelled(data, labels)
    text = written(before.decode("utf-8"), document, data)
    case, source = _parsed(text, path, shown, world)
    _refuse_personal(parse_yaml(text, shown), world.defaults, data)
    near = NearIndex.of(set_at(folder, root).cases).nearest(case)
    evals = [one for one in find_evals(root) if load_eval(one, root).cases == folder]
    _refuse_mistakes(root, evals, shown, (case, source))
    wanted = bool(case.ticket) or prove or bool(edits.nightly)
    trials = edits.nightly or TRIALS
    found: list[Proof] = []
    if wanted and evals:
        found = proofs(root, evals[0], [path.stem], options, trials=trials, trying=(case, source))
    refused = _refusal(found, unfixed=unfixed)
    if not refused:
        if edits.nightly and found:
            text = yaml_text({**data, "nightly": found[0].needed})
        rewrite(path, text)  # whoever is killed leaves the draft or the case, and nothing between
    return Added(shown, tuple(near), tuple(found), (*notes, *said), refused)


def _parsed(text: str, path: Path, shown: str, world: World) -> tuple[Case, Source]:
    return case_of(parse_yaml(text, shown), path.stem, world)


def _labels(root: Path, folder: Path, case: Case, edits: Edits) -> tuple[list[dict[str, Json]], list[str]]:
    """A label for each recorded decision that is not what the complaint's case expects, and a word on each that is."""
    if not case.ticket or case.labels:
        return [], []
    found: list[dict[str, Json]] = []
    notes: list[str] = []
    rules = Rules.of(root, folder)
    who = {"cause": edits.cause, "by": edits.by, "on": datetime.now(UTC).date().isoformat()}
    for point, grades in recorded_grades(case, rules.tools, rules.graders):
        failed = failing(grades, rules.graders.blocking)
        if failed:
            label: dict[str, Json] = {"decision": point.id, "of": "recorded", "verdict": "fail", "modes": list(failed)}
            found.append(label | {key: text for key, text in who.items() if text})
        else:
            notes.append(f"{point.id}: what was recorded is what you expect: is it the decision complained of?")
    return found, notes


def case_file(root: Path, folder: Path, name: str) -> Path:
    """The file of a case of the set: by its name, or by its path."""
    direct = root / name
    if name.endswith((".yaml", ".yml")) and direct.is_file() and direct.resolve().is_relative_to(root.resolve()):
        return direct
    found = sorted(path for path in folder.rglob(f"{name}.y*ml") if path.suffix in {".yaml", ".yml"})
    if not found:
        for sheet in (path for path in sorted(folder.rglob("[!_.]*")) if is_sheet(path.name)):
            shown = relative_name(sheet, root)
            for row in rows(read_text(sheet, shown), shown):
                if not isinstance(row, Problem) and row[0] == name:
                    raise by_hand(row[1], name, "change it")
        known = [path.stem for path in folder.rglob("[!_.]*.yaml")]
        raise Mistake(f"no case {name!r} in {relative_name(folder, root)}{did_you_mean(name, known)}")
    return found[0]


def _refuse_personal(document: Document, world: Mapping[str, Json], data: Mapping[str, Json]) -> None:
    if data.get("pii", world.get("pii")) != "synthetic":
        problems = list(personal_in(document, world))
        if problems:
            raise Mistake(problems)


def _refuse_mistakes(root: Path, evals: Sequence[Path], file: str, trying: tuple[Case, Source]) -> None:
    """Raises Mistake with what the set's lint says of this case in its set."""
    own = [line for line in validated(root, evals, trying=trying).problems if line.startswith(f"{file}:")]
    if own:
        raise Mistake("\n".join(own))


def _refusal(found: Sequence[Proof], *, unfixed: bool) -> str:
    """Why a case stays a draft: it is not red, or not green after and nobody said that the fix comes later."""
    for proof in found:
        if proof.refused:
            return proof.verdict
        if not proof.fixed and not unfixed:
            return f"{proof.verdict} (if the fix comes later: --unfixed)"
    return ""


def evals_of(root: Path, folder: Path) -> list[Eval]:
    """The evals that run the cases of a folder."""
    return [one for path in find_evals(root) if (one := load_eval(path, root)).cases == folder]


def near_cases(case: Case, root: Path, folder: Path) -> list[Near]:
    """The three most similar cases of the set."""
    return NearIndex.of(set_at(folder, root).cases).nearest(case)
