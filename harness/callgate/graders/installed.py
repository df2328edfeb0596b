"""Graders of installed packages: found by the entry point group `callgate.graders`, read without importing a line.

An entry point names a module. Its `@grader` functions run in the same process apart as those of evals/graders.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from callgate.concepts import Mistake, digest
from callgate.graders.custom import CustomGrader, read_custom

GROUP = "callgate.graders"


def read_installed() -> Mapping[str, CustomGrader]:
    """The graders of every installed distribution, by name. Their version is that of the distribution and its source.

    Raises Mistake where a module is not there, or two distributions have a grader of one name.
    """
    found: dict[str, CustomGrader] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda one: (one.name, one.value)):
        owner = f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"
        path, files = _source(point, owner)
        source = digest([owner, *(digest(file.read_text("utf-8")) for file in files)])
        for name, one in read_custom(path, f"{owner}, {point.value}").items():
            if name in found and found[name].path != path:
                raise Mistake(f"two packages have a grader {name!r}: {found[name].label} and {one.label}; remove one")
            found[name] = replace(one, source=source)
    return found


def _source(point: EntryPoint, owner: str) -> tuple[Path, list[Path]]:
    """The file of the module, and every Python file of the top-level package that it belongs to."""
    top, *below = point.module.split(".")
    spec = PathFinder.find_spec(top)  # of the top alone: a dotted name would run its parents here
    if spec and spec.origin and not point.attr:
        home = Path(spec.origin)
        if not spec.submodule_search_locations and not below:
            return home, [home]
        base = home.parent.joinpath(*below)
        path = next((one for one in (base.with_suffix(".py"), base / "__init__.py") if one.is_file()), None)
        if path:
            return path, sorted(home.parent.rglob("*.py"))
    raise Mistake(f"{owner}: entry point {point.name} = {point.value!r} of {GROUP} names no module with a source file")
