"""Exports of calls and tickets -> drafts of cases with pseudonyms in them, and the files they are kept in.

Nothing of an export is kept but what stands in a draft, and every text of it has passed the redactor. The salt and the
list of names stay in `.callgate/`, which git ignores: pseudonyms cannot be turned back by who has only the cases.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from callgate.concepts import Json, Mistake, Place, Problem
from callgate.dataset.importers import TICKETS, Hints, calls_of, format_of, tickets_of
from callgate.dataset.importers.drafting import Draft, draft_name, draft_of, draft_of_ticket
from callgate.dataset.importers.reading import Export, read_export
from callgate.dataset.importers.recording import Recording, Ticket
from callgate.dataset.importers.yaml_text import yaml_text
from callgate.dataset.redact import Pseudonyms, Redactor, Replaced
from callgate.dataset.world import World
from callgate.files import Document, parse_yaml, read_text

SALT = Path(".callgate/salt")
NAMES = Path(".callgate/names.txt")
"""Names of customers, one a line, that are looked for besides those that are introduced ("my name is")."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft on its way to a file: its name, its plain data, what was replaced in it."""

    name: str
    data: Mapping[str, Json]
    replaced: tuple[Replaced, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """What the export could not say."""
        about = self.data.get("provenance")
        listed = about.get("unknown", ()) if isinstance(about, Mapping) else ()
        return tuple(map(str, listed)) if isinstance(listed, Sequence) and not isinstance(listed, str) else ()

    def document(self, file: str) -> Document:
        """The draft as its file will be read back."""
        return parse_yaml(yaml_text(self.data), file)


@dataclass(frozen=True, slots=True)
class Privacy:
    """What redaction on this machine goes by: its salt, the declared names, the business's own texts."""

    salt: bytes
    names: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()

    def redactor(self, scope: str) -> Redactor:
        """A redactor for one transcript: the same person has another pseudonym in the next."""
        return Redactor(Pseudonyms(self.salt, scope), keep=self.keep, names=self.names)


def privacy_of(root: Path, world: World, names_file: Path | None = None) -> Privacy:
    """This project's: the salt is made where there is none yet, and is readable by its owner alone."""
    names = [*_lines(root / NAMES), *(_lines(names_file, must=True) if names_file else ())]
    return Privacy(_salt(root / SALT), tuple(names), tuple(_texts([world.defaults.get("config"), _facts(world)])))


def drafts_of(
    format_: str,
    files: Sequence[Path],
    hints: Hints,
    *,
    world: World,
    privacy: Privacy,
    taken: Collection[str] = (),
) -> tuple[list[Drafted], list[Problem]]:
    """A draft for each call or ticket of the files, and the problems of the files that are not what they should be.

    `format_` may be `auto` for calls; `taken` are names of cases that exist.
    """
    problems: list[Problem] = []
    recordings: list[Recording | Ticket] = []
    for group in _together(format_, files):
        try:
            recordings += _read(format_, [read_export(path) for path in group], hints)
        except Mistake as mistake:
            problems += mistake.problems or (Problem(Place(str(group[0])), str(mistake)),)
    drafts: list[Drafted] = []
    names = [*taken]
    for one in recordings:
        try:
            drafted = _drafted(one, hints, world, privacy, names)
        except Mistake as mistake:
            problems += mistake.problems
            continue
        names.append(drafted.name)
        drafts.append(drafted)
    return drafts, problems


def _together(format_: str, files: Sequence[Path]) -> list[list[Path]]:
    """Files that are read together: a call of EVA comes in two."""
    return [list(files)] if format_ == "eva" else [[path] for path in files]


def _read(format_: str, exports: list[Export], hints: Hints) -> Sequence[Recording | Ticket]:
    if format_ in TICKETS:
        return [ticket for export in exports for ticket in tickets_of(format_, export, hints)]
    return calls_of(format_of(exports[0]) if format_ == "auto" else format_, exports, hints)


def _drafted(one: Recording | Ticket, hints: Hints, world: World, privacy: Privacy, taken: Sequence[str]) -> Drafted:
    """A recording or a ticket as a draft without personal data, as far as it was found."""
    made: Draft
    if isinstance(one, Ticket):
        made = draft_of_ticket(one, world=world.defaults, language=hints.language)
    else:
        made = draft_of(one, world=world.defaults, language=hints.language, timezone=hints.timezone)
    redactor = privacy.redactor(f"{one.source} {one.id}")
    clean = redactor.redacted(made)
    assert isinstance(clean, Mapping)
    name = draft_name(one.source, redactor.text(one.id), taken)
    return Drafted(name, clean, tuple(redactor.report))


def write_draft(drafted: Drafted, folder: Path) -> Path:
    """Writes the draft as a new file, readable by its owner alone; a file that is there already is never written
    over."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{drafted.name}.yaml"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(yaml_text(drafted.data))
    return path


def _salt(path: Path) -> bytes:
    """This machine's salt, made once."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f".salt-{os.getpid()}")
        made.write_text(secrets.token_hex(32), "ascii")
        made.chmod(0o600)
        made.replace(path)
    return path.read_bytes().strip()


def _lines(path: Path, *, must: bool = False) -> list[str]:
    """The names of a file, one a line; `#` begins a remark."""
    if not path.is_file() and not must:
        return []
    lines = (line.partition("#")[0].strip() for line in read_text(path).splitlines())
    return [line for line in lines if line]


def _facts(world: World) -> Json:
    facts = world.defaults.get("facts")
    return list(facts.values()) if isinstance(facts, Mapping) else None


def _texts(value: Json) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)
