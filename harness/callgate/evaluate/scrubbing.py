"""`callgate cases redact`: pseudonyms for the personal data in case files, or where it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from callgate.concepts import Mistake
from callgate.dataset.drafts import privacy_of
from callgate.dataset.importers.yaml_text import yaml_text
from callgate.dataset.redact import Replaced, summary
from callgate.dataset.texts import personal_in
from callgate.dataset.world import Worlds
from callgate.evaluate.adding import case_file
from callgate.evaluate.importing import folder_of
from callgate.files import parse_yaml, read_yaml, relative_name


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """A case file: what was replaced in it (or would be), and whether it was written."""

    file: str
    replaced: tuple[Replaced, ...]
    written: bool

    def text(self) -> str:
        """A line for the file, and one for each place."""
        return "\n".join([f"{self.file}: {summary(self.replaced)}", *(f"  {one}" for one in self.replaced)]) + "\n"


def scrub(
    root: Path, names: Sequence[str], *, into: str | None, listed: Path | None, check: bool, reviewed: bool
) -> list[Scrubbed]:
    """Replaces personal data in the named cases (all drafts, if none is named); with `check` only says where it is.

    `reviewed` says that a person has read them: they become `pii: scrubbed`.
    """
    folder = folder_of(root, into)
    paths = [case_file(root, folder, name) for name in names] or _drafts(folder, root)
    return [_scrubbed(root, path, listed, check=check, reviewed=reviewed) for path in paths]


def _drafts(folder: Path, root: Path) -> list[Path]:
    found = []
    for path in sorted(folder.rglob("[!_.]*.yaml")):
        value = read_yaml(path, relative_name(path, root)).value
        if isinstance(value, Mapping) and value.get("pii") == "unreviewed":
            found.append(path)
    return found


def _scrubbed(root: Path, path: Path, listed: Path | None, *, check: bool, reviewed: bool) -> Scrubbed:
    shown = relative_name(path, root)
    document = read_yaml(path, shown)
    world = Worlds(root).of(path.parent)
    value = document.value
    if not isinstance(value, Mapping):
        raise Mistake(f"{shown}: is no case")
    about = value.get("provenance")
    scope = f"{about.get('source', '')} {about.get('call', '')}" if isinstance(about, Mapping) else path.stem
    redactor = privacy_of(root, world, listed).redactor(scope)
    clean = redactor.redacted(value)
    assert isinstance(clean, dict)
    if check:
        return Scrubbed(shown, tuple(redactor.report), written=False)
    text = path.read_text("utf-8") if clean == value else yaml_text(clean)
    if reviewed:
        text = _marked(text)
        left = list(personal_in(parse_yaml(text, shown), world.defaults))
        if left:
            raise Mistake(left)
    changed = text != path.read_text("utf-8")
    if changed:
        path.write_text(text, "utf-8")
    return Scrubbed(shown, tuple(redactor.report), written=changed)


def _marked(text: str) -> str:
    """The file with `pii: scrubbed`."""
    done, count = re.subn(r"^pii:.*$", "pii: scrubbed", text, count=1, flags=re.MULTILINE)
    return done if count else f"pii: scrubbed\n{text}"
