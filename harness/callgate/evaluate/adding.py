"""A draft -> an active case: read by a person, with an expectation, no second copy, and red before the fix.

Nothing is written that does not hold: the file is put back as it was where the set's lint or the trials refuse it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from callgate.concepts import Case, Json, Mistake, Problem
from callgate.config import Eval, find_evals, load_eval
from callgate.dataset.importers.yaml_text import yaml_text
from callgate.dataset.load import case_of
from callgate.dataset.near import Near, NearIndex
from callgate.dataset.texts import personal_in
from callgate.dataset.world import Worlds
from callgate.evaluate.check import validated
from callgate.evaluate.importing import folder_of, set_at
from callgate.evaluate.options import Options
from callgate.evaluate.proving import Proof, proofs
from callgate.files import Document, did_you_mean, parse_yaml, read_yaml, relative_name

REFUSED = 5
"""The exit code of a ticket's case that does not reproduce."""


@dataclass(frozen=True, slots=True)
class Edits:
    """What the person who adds a case says of it. `expect` maps decisions to what is right there."""

    reviewed: bool = False
    segments: Mapping[str, str] = field(default_factory=dict)
    expect: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    ticket: str = ""
    severity: str = ""
    must_pass: bool = False


@dataclass(frozen=True, slots=True)
class Added:
    """A case as it was added, or was not: the most similar ones, and what its trials came to."""

    file: str
    near: tuple[Near, ...]
    proofs: tuple[Proof, ...]
    refused: str = ""

    @property
    def exit_code(self) -> int:
        if any(proof.missing for proof in self.proofs):
            return 3
        return REFUSED if self.refused else 0

    def text(self) -> str:
        """What it is like, then its trials, then what became of it."""
        lines = ["most similar:", *(f"  {one}" for one in self.near)] if self.near else []
        for proof in self.proofs:
            lines.append(str(proof))
            lines += [f"  {proof.why}"] if proof.why else []
        lines.append(f"{self.file}: not added: {self.refused}" if self.refused else f"{self.file}: active")
        return "\n".join(lines) + "\n"


def add_case(root: Path, name: str, edits: Edits, options: Options, *, into: str | None, prove: bool) -> Added:
    """Makes a draft an active case. Raises Mistake with all that is wrong in it; the file is then as it was."""
    folder = folder_of(root, into)
    path = case_file(root, folder, name)
    shown = relative_name(path, root)
    before = path.read_bytes()
    document = read_yaml(path, shown)
    world = Worlds(root).of(path.parent)
    data = _edited(document, edits)
    text = _text(before.decode("utf-8"), document, data)
    case, _ = case_of(parse_yaml(text, shown), path.stem, world)
    _refuse_personal(parse_yaml(text, shown), world.defaults, data)
    near = NearIndex.of(set_at(folder, root).cases).nearest(case)
    evals = [one for one in find_evals(root) if load_eval(one, root).cases == folder]
    path.write_text(text, "utf-8")
    kept = False
    try:
        _refuse_mistakes(root, evals, shown)
        wanted = bool(case.ticket) or prove
        found = proofs(root, evals[0], [path.stem], options) if wanted and evals else []
        refused = _refusal(found)
        kept = not refused
    finally:
        if not kept:
            path.write_bytes(before)
    return Added(shown, tuple(near), tuple(found), refused)


def case_file(root: Path, folder: Path, name: str) -> Path:
    """The file of a case of the set: by its name, or by its path."""
    direct = root / name
    if name.endswith((".yaml", ".yml")) and direct.is_file() and direct.resolve().is_relative_to(root.resolve()):
        return direct
    found = sorted(path for path in folder.rglob(f"{name}.y*ml") if path.suffix in {".yaml", ".yml"})
    if not found:
        known = [path.stem for path in folder.rglob("[!_.]*.yaml")]
        raise Mistake(f"no case {name!r} in {relative_name(folder, root)}{did_you_mean(name, known)}")
    return found[0]


def expectations(texts: Sequence[str]) -> dict[str, Mapping[str, Json]]:
    """`DECISION: {calls: ...}` of the command line, as YAML."""
    found: dict[str, Mapping[str, Json]] = {}
    for text in texts:
        value = parse_yaml(text, "--expect").value
        if not isinstance(value, Mapping):
            raise Mistake(f"--expect {text!r}: must be DECISION: {{what is right}}, as 'book: {{must_say: [two]}}'")
        for decision, expect in value.items():
            if not isinstance(expect, Mapping):
                raise Mistake(f"--expect {decision}: must be a mapping, as {{must_say: [two]}}")
            found[decision] = {**found.get(decision, {}), **expect}
    return found


def _edited(document: Document, edits: Edits) -> dict[str, Json]:
    own = document.value
    data: dict[str, Json] = dict(own) if isinstance(own, Mapping) else {}
    if data.get("status") != "draft":
        raise Mistake([Problem(document.place("status"), "is no draft: it is active already, or retired")])
    if data.get("pii") == "unreviewed":
        if not edits.reviewed:
            message = "unreviewed: read it for personal data, and say --reviewed when there is none"
            raise Mistake([Problem(document.place("pii"), message)])
        data["pii"] = "scrubbed"
    del data["status"]
    if edits.segments:
        segments = data.get("segments")
        data["segments"] = {**(segments if isinstance(segments, Mapping) else {}), **edits.segments}
    said: dict[str, Json] = {"ticket": edits.ticket, "severity": edits.severity, "must_pass": edits.must_pass}
    data |= {key: value for key, value in said.items() if value}
    for decision, expect in edits.expect.items():
        _expect(data, decision, expect)
    return data


def _expect(data: dict[str, Json], decision: str, expect: Mapping[str, Json]) -> None:
    """Writes what is right at a decision over what the draft proposed there."""
    if isinstance(data.get("caller"), str):
        data["expect"] = {**_mapping(data.get("expect")), **expect}
        return
    call = data.get("call")
    turns = [dict(turn) if isinstance(turn, Mapping) else turn for turn in call] if isinstance(call, Sequence) else []
    at = next((turn for turn in turns if isinstance(turn, dict) and turn.get("id") == decision), None)
    if at is None:
        ids = [str(turn["id"]) for turn in turns if isinstance(turn, dict) and "id" in turn]
        hint = did_you_mean(decision, ids) or f"; there are {', '.join(ids)}"
        raise Mistake(f"--expect {decision}: no such decision{hint}")
    proposed = _mapping(at.get("expect"))
    at["expect"] = {**{key: value for key, value in proposed.items() if key != "act"}, **expect}
    data["call"] = turns


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _text(before: str, document: Document, data: Mapping[str, Json]) -> str:
    """The file with the changes: only the lines of status and pii where nothing else changed; remarks survive."""
    own = _mapping(document.value)
    other = {key for key in {*own, *data} if own.get(key) != data.get(key)} - {"status", "pii"}
    if not other:
        text = re.sub(r"^status: *draft *\n", "", before, count=1, flags=re.MULTILINE)
        return re.sub(r"^pii: *unreviewed *$", "pii: scrubbed", text, count=1, flags=re.MULTILINE)
    if re.search(r"^\s*#|\s#\s", before, re.MULTILINE):
        raise Mistake(f"{document.name} has remarks that a rewrite would lose: write the changes into the file itself")
    return yaml_text(data)


def _refuse_personal(document: Document, world: Mapping[str, Json], data: Mapping[str, Json]) -> None:
    if data.get("pii", world.get("pii")) != "synthetic":
        problems = list(personal_in(document, world))
        if problems:
            raise Mistake(problems)


def _refuse_mistakes(root: Path, evals: Sequence[Path], file: str) -> None:
    """Raises Mistake with what the set's lint says of this file."""
    own = [line for line in validated(root, evals).problems if line.startswith(f"{file}:")]
    if own:
        raise Mistake("\n".join(own))


def _refusal(found: Sequence[Proof]) -> str:
    """Why a ticket's case is refused; a case that is red and not fixed yet is what a golden set is for."""
    return next((proof.verdict for proof in found if proof.missing or not proof.reproduces), "")


def evals_of(root: Path, folder: Path) -> list[Eval]:
    """The evals that run the cases of a folder."""
    return [one for path in find_evals(root) if (one := load_eval(path, root)).cases == folder]


def near_cases(case: Case, root: Path, folder: Path) -> list[Near]:
    """The three most similar cases of the set."""
    return NearIndex.of(set_at(folder, root).cases).nearest(case)
