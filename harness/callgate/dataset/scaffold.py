"""A new type of call -> its name declared in the world, and three drafts of cases that say what to fill in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from callgate.concepts import Mistake
from callgate.dataset.world import WORLD
from callgate.files import read_yaml, relative_name

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_LISTED = re.compile(r"^call_types: *\[([^\]\n]*)\]", re.MULTILINE)
_DRAFTS: Mapping[str, str] = {
    "plain": "The caller says all that is needed at once.",
    "late": "The caller adds or corrects something after the first answer.",
    "refused": "It cannot be done as wished, since nothing is free, a tool fails, or the business does not do it.",
}
_TEXT = """# {what}
title: {what}
status: draft                            # take this line away when the rest is filled in
segments: {{language: en, call_type: {name}}}
call:
  - caller: What the caller says.
  - id: decide
    expect:
      # What success is: the tools that must be called with which arguments, what must be said, what must not be asked.
      # calls: {{find_slots: {{services: [{name}]}}}}
      must_say: [what must be said]
      max_questions: 1
"""


def new_call_type(folder: Path, name: str, root: Path) -> list[Path]:
    """Writes three drafts and declares the type in the folder's `_world.yaml`; returns what was written.

    Raises Mistake for a name that is none or is declared already, and where a file is there.
    """
    if not _NAME.match(name):
        raise Mistake(f"{name!r} is no call type such as tire_rotation: lower-case letters, digits and '_'")
    world = folder / WORLD
    written = read_yaml(world, relative_name(world, root)).value if world.is_file() else {}
    known = written.get("call_types", ()) if isinstance(written, Mapping) else ()
    if isinstance(known, list) and name in known:
        raise Mistake(f"{relative_name(world, root)}: call type {name!r} is declared already")
    text = world.read_text("utf-8") if world.is_file() else ""
    declared = _LISTED.sub(lambda found: f"call_types: [{', '.join(filter(None, (found[1].strip(), name)))}]", text, 1)
    if known and declared == text:
        raise Mistake(f"{relative_name(world, root)}: write {name} into call_types, then say it again")
    paths = {folder / f"{name.replace('_', '-')}-{kind}.yaml": what for kind, what in _DRAFTS.items()}
    for path in paths:
        if path.exists():
            raise Mistake(f"{relative_name(path, root)} is there already")
    for path, what in paths.items():
        path.write_text(_TEXT.format(what=what, name=name), "utf-8")
    if declared != text:
        world.write_text(declared, "utf-8")
        return [world, *paths]
    return list(paths)
