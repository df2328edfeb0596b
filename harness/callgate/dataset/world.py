"""`_world.yaml` of a folder and of the folders above -> the defaults that are merged under each of its cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from callgate import schemas
from callgate.concepts import Json, Mistake, Place, Problem
from callgate.files import Document, read_yaml, relative_name

WORLD = "_world.yaml"
_NOT_MERGED = frozenset({"schema", "$schema"})


@dataclass(frozen=True, slots=True)
class World:
    """The merged defaults of one folder; `documents` from the top folder down, to say where a value stands.

    `broken`: one of its files has a mistake, so nothing can be said of cases that need it.
    """

    defaults: Mapping[str, Json]
    documents: tuple[Document, ...] = ()
    broken: bool = False

    def place(self, *keys: str | int) -> Place:
        """Where the innermost world file writes the nested key."""
        for document in reversed(self.documents):
            if keys and isinstance(document.value, Mapping) and keys[0] in document.value:
                return document.place(*keys)
        return self.documents[-1].place() if self.documents else Place("")


class Worlds:
    """The worlds of a project's folders, each file read once. `problems` collects what is wrong in them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self._known: dict[Path, World] = {}

    def of(self, folder: Path) -> World:
        """The world of the cases in `folder`, which stands inside the root."""
        if folder not in self._known:
            above = self.of(folder.parent) if folder != self.root and folder.is_relative_to(self.root) else World({})
            self._known[folder] = self._extended(above, folder / WORLD)
        return self._known[folder]

    def _extended(self, above: World, path: Path) -> World:
        if not path.is_file():
            return above
        try:
            document = read_yaml(path, relative_name(path, self.root))
            found = schemas.problems("world", document)
        except Mistake as error:
            self.problems.extend(error.problems)
            return replace(above, broken=True)
        self.problems.extend(found)
        if found or not isinstance(document.value, Mapping):
            return replace(above, broken=True)
        return World(merged(above.defaults, document.value), (*above.documents, document), above.broken)


def merged(world: Mapping[str, Json], case: Mapping[str, Json]) -> dict[str, Json]:
    """The case over its world: mappings merge by key, `config` at every depth; lists and scalars are replaced.

    A fact is replaced as a whole, so that no number of an old text survives a new one; `null` takes a fact away.
    """
    whole = {key: value for key, value in world.items() if key not in _NOT_MERGED}
    for key, value in case.items():
        if key in _NOT_MERGED:
            continue
        below = whole.get(key)
        if key == "config":
            whole[key] = _deeply(below, value)
        elif isinstance(below, Mapping) and isinstance(value, Mapping):
            whole[key] = {**below, **value}
        else:
            whole[key] = value
    facts = whole.get("facts")
    if isinstance(facts, Mapping) and None in facts.values():
        whole["facts"] = {name: fact for name, fact in facts.items() if fact is not None}
    return whole


def _deeply(below: Json, above: Json) -> Json:
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    return {**below, **{key: _deeply(below.get(key), value) for key, value in above.items()}}
