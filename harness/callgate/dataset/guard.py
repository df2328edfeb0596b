"""What git is about to commit, or a pull request brings -> what of it nobody has read for personal data.

A draft is `pii: unreviewed` until a person has looked: the commit hook refuses it, and so does `callgate ci`. Personal
data that has a form (telephone, card, address) is refused whatever a file says, unless it says `pii: synthetic`.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from callgate.concepts import Json, Mistake, Place, Problem, canonical
from callgate.dataset.pii import find
from callgate.dataset.sheets import is_sheet, rows
from callgate.dataset.texts import SURE, WORDS, personal_in
from callgate.dataset.world import Worlds
from callgate.files import Document, parse_yaml
from callgate.schemas import schema

HOOK = """\
#!/bin/sh
# Refuses cases that nobody has read for personal data. Written by `callgate cases hook`.
cd "./{below}" || exit 2
command -v callgate >/dev/null || PATH="$PWD/.venv/bin:$PATH"
exec callgate cases lint --staged
"""
DATA = (".yaml", ".yml", ".json", ".jsonl", ".csv", ".txt", ".md")
"""Names of files in a golden set that are read for personal data end so."""


def unclean(path: str, text: str, root: Path) -> Iterator[Problem]:
    """What stands in the way of committing one file of a golden set."""
    world = Worlds(root).of((root / path).parent).defaults if (root / path).parent.is_dir() else {}
    papers = any(part.startswith("_") for part in path.split("/"))  # what lies beside the cases, and is none
    read = list(rows(text, path)) if is_sheet(path) and not papers else []
    cases = [row[1] for row in read if not isinstance(row, Problem)]
    if cases and len(cases) == len(read) and all(_is_case(case) for case in cases):
        yield from (found for case in cases for found in _personal(case, world))
        return
    if not path.endswith((".yaml", ".yml")):
        if not (papers and world.get("pii") == "synthetic"):
            yield from _lines(path, text, canonical(dict(world)).lower())
        return
    try:
        document = parse_yaml(text, path)
    except Mistake as mistake:
        yield from mistake.problems
        return
    yield from _personal(document, world)


def _is_case(document: Document) -> bool:
    """Whether a row has the keys of a case: a log of tickets does not become synthetic by lying in a folder that is."""
    return isinstance(document.value, Mapping) and set(document.value) <= set(schema("case")["properties"])


def _personal(document: Document, world: Mapping[str, Json]) -> Iterator[Problem]:
    """What of one case nobody has read, and what is personal in it."""
    own = document.value if isinstance(document.value, Mapping) else {}
    pii = own.get("pii", world.get("pii"))
    if pii == "unreviewed":
        message = "pii: unreviewed: look for personal data in it, then: callgate cases redact FILE --reviewed"
        yield Problem(document.place("pii"), message)
    if pii != "synthetic":
        yield from personal_in(document, world)


def _lines(path: str, text: str, own: str) -> Iterator[Problem]:
    """The lines of a text that hold personal data; what the world says too is the business's own."""
    for number, line in enumerate(text.split("\n"), 1):
        sure = (one for one in find(line) if one.kind in SURE and line[one.start : one.end].lower() not in own)
        found = next(sure, None)
        if found is not None:
            yield Problem(Place(path, number, found.start + 1), f"holds {WORDS[found.kind]}: an export is no case")


def staged(root: Path, folders: tuple[str, ...]) -> list[Problem]:
    """What stands in the way of the commit that is being made: the staged files in the folders of golden sets."""
    listed = _git(root, "diff", "--cached", "--name-only", "--relative", "-z", "--diff-filter=ACMR")
    names = [name for name in listed.decode("utf-8", "replace").split("\0") if name]
    problems: list[Problem] = []
    for name in names:
        if name.startswith(folders) and name.endswith(DATA):
            text = _git(root, "show", f":./{name}").decode("utf-8", "replace")
            problems += unclean(name, text, root)
    return sorted(set(problems))


def install(root: Path) -> Path:
    """Puts the commit hook in its place. Raises Mistake where another hook is there already."""
    below = _git(root, "rev-parse", "--show-prefix").decode().removesuffix("\n")
    hook = HOOK.format(below=below.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`"))
    folder = Path(_git(root, "rev-parse", "--git-path", "hooks").decode().strip())
    path = (folder if folder.is_absolute() else root / folder) / "pre-commit"
    if path.exists() and path.read_text("utf-8", "replace") != hook:
        raise Mistake(f"{path} is there already: add the line `callgate cases lint --staged` to it")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(hook, "utf-8")
    path.chmod(0o755)
    return path


def _git(root: Path, *words: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, check=False)  # noqa: S603, S607
    except OSError as error:
        raise Mistake(f"git cannot be run: {error.strerror or error}") from None
    if done.returncode:
        raise Mistake(f"git {words[0]}: {done.stderr.decode('utf-8', 'replace').strip()[:300]}")
    return done.stdout
