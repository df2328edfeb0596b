"""Two trees, base and head, written out -> what in the change wants a person's review, and which cases it adds.

What decides a gate (policy, graders, rubrics, existing cases, the baseline, the workflow) may not change together with
what is gated, unless somebody says so about exactly these contents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from callgate.concepts import Case, Json, Mistake, canonical, digest
from callgate.config import Eval, find_evals, load_eval
from callgate.dataset import read_set
from callgate.dataset.labels import FOLDER as LABELS
from callgate.evaluate.trees import Tree, changed
from callgate.prompts import load_prompt

IGNORED = ("description", "candidate")
"""Keys of an eval that change no verdict, or that are what is proposed."""


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """One thing to review: the file, and what happened to it."""

    path: str
    what: str


@dataclass(frozen=True, slots=True)
class Sides:
    """The project at the base and at the head: the trees, and where their files were written."""

    base: Tree
    head: Tree
    base_folder: Path
    head_folder: Path

    def blobs(self, path: str) -> tuple[str, str]:
        """The content of a path on both sides, "" where there is none."""
        before, after = self.base.get(path), self.head.get(path)
        return (f"{before.mode} {before.blob}" if before else "", f"{after.mode} {after.blob}" if after else "")


@dataclass(frozen=True, slots=True)
class Review:
    """`added` are the new cases by id with their files; they need no review. `digest` names these very contents."""

    items: tuple[Item, ...]
    added: Mapping[str, str]
    digest: str


def review(sides: Sides) -> Review:
    """Everything in the change that wants a review. Raises Mistake where the evals of either side cannot be read."""
    base = {path.name: load_eval(path, sides.base_folder) for path in find_evals(sides.base_folder)}
    head = {path.name: load_eval(path, sides.head_folder) for path in find_evals(sides.head_folder)}
    items = {*_evals(base, head), *_prompts(base, head, sides), *_files(base, head, sides)}
    added: dict[str, str] = {}
    for folder in sorted({(_inside(each.cases, sides.base_folder)) for each in base.values()}):
        items |= set(_cases(folder, sides, added))
    return replace(reviewed(items, sides), added=added)


def reviewed(items: Iterable[Item], sides: Sides) -> Review:
    """The items as a review, with the digest that names these very contents."""
    found = tuple(sorted(set(items)))
    contents: Json = [[item.path, item.what, *sides.blobs(item.path)] for item in found]
    return Review(found, {}, digest(contents) if found else "")


def _inside(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


# ---------------------------------------------------------------------------------------------- evals and prompts


def _evals(base: Mapping[str, Eval], head: Mapping[str, Eval]) -> Iterator[Item]:
    """Policies that differ, key by key."""
    for name in sorted({*base, *head}):
        path = f"evals/{name}"
        if name not in head:
            yield Item(path, "the eval is taken away")
        elif name not in base:
            yield Item(path, "a new eval: what it asks for and what it lets through")
        else:
            before, after = _keys(base[name].document.value), _keys(head[name].document.value)
            for key in sorted({*before, *after}):
                if before.get(key) != after.get(key):
                    yield Item(path, f"{key}: {before.get(key, 'not set')} is now {after.get(key, 'not set')}")


def _keys(value: Json, path: str = "") -> dict[str, str]:
    """An eval's values by dotted key, as canonical JSON."""
    if isinstance(value, Mapping) and value:
        inner = {f"{path}.{key}" if path else key: each for key, each in value.items()}
        found: dict[str, str] = {}
        for key, each in inner.items():
            if key not in IGNORED:
                found |= _keys(each, key)
        return found
    return {path: canonical(value)}


def _prompts(base: Mapping[str, Eval], head: Mapping[str, Eval], sides: Sides) -> Iterator[Item]:
    """The baseline's prompt, where it is not the candidate's own past; a candidate that is gated no more."""
    for name, before in base.items():
        after = head.get(name)
        proposed = after.candidate.prompt if after else before.candidate.prompt
        for source, what in (
            (before.baseline.prompt, "the baseline's prompt was changed"),
            (before.candidate.prompt, "was the candidate, was changed, and is not gated any more"),
        ):
            if ":" in source or source == proposed:
                continue
            if _prompt_digest(source, sides.base_folder) != _prompt_digest(source, sides.head_folder):
                yield Item(_prompt_path(source, sides), what)


def _prompt_digest(source: str, folder: Path) -> str:
    try:
        return load_prompt(source, folder).digest
    except Mistake:
        return ""


def _prompt_path(source: str, sides: Sides) -> str:
    """Where a prompt stands: the file that changed, where it is one of a folder."""
    try:
        where = load_prompt(source, sides.base_folder).source
    except Mistake:
        return source
    inner = [path for path in changed(sides.base, sides.head) if path == where or path.startswith(f"{where}/")]
    return inner[0] if inner else where


# ---------------------------------------------------------------------------------------------- files and cases


def _files(base: Mapping[str, Eval], head: Mapping[str, Eval], sides: Sides) -> Iterator[Item]:
    """Files that decide how a verdict comes about, whatever they hold."""
    rubrics = {rubric for each in (*base.values(), *head.values()) for rubric in _rubrics(each)}
    for path in changed(sides.base, sides.head):
        name = path.rsplit("/", 1)[-1]
        after = sides.head.get(path)
        measured = path.startswith(("evals/", "prompts/", "datasets/"))
        if after is not None and not after.is_regular and measured:
            yield Item(path, "is no regular file but a link")
        elif path.startswith("evals/") and not path.endswith((".yaml", ".yml", ".md")):
            yield Item(path, "code that grades was changed")
        elif path in rubrics or _sibling_of(path) in rubrics:
            yield Item(path, "a judge's rubric was changed")
        elif path.startswith("datasets/") and f"/{LABELS}/" in path:
            yield Item(path, "people's verdicts, which a judge is measured by, were changed")
        elif name in {".gitattributes", ".gitmodules"}:
            yield Item(path, "decides what a checkout holds")
        elif path.startswith((".callgate/", "reports/")) and not path.startswith("reports/weekly/"):
            yield Item(path, "a ledger or a report came with the change")
        elif path.startswith((".github/workflows/", ".github/actions/")) or _runs_the_gate(path):
            yield Item(path, "decides whether and how the gate runs")


def _runs_the_gate(path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return name in {"CODEOWNERS", ".gitlab-ci.yml"} or path == "action.yml" or path.startswith("docs/ci/")


def _sibling_of(path: str) -> str:
    """`judges/tone.md` for `judges/tone.es.md`: the rubric of which a file is the same in another language."""
    return re.sub(r"\.[a-z]{2,3}\.md\Z", ".md", path)


def _rubrics(each: Eval) -> list[str]:
    return [str(use.options["rubric"]) for use in each.graders if "rubric" in use.options]


def _cases(folder: str, sides: Sides, added: dict[str, str]) -> Iterator[Item]:
    """Cases that are not what they were; new ones go to `added`."""
    before, after = (_read(folder, at) for at in (sides.base_folder, sides.head_folder))
    touched = set(changed(sides.base, sides.head))
    for name in sorted({*before, *after}):
        one, other = before.get(name), after.get(name)
        if one is None:
            assert other is not None
            added[name] = other.place.file
        elif other is None:
            must = "must-pass case" if one.must_pass else "case"
            yield Item(one.place.file, f"{must} {name} was deleted: a case is retired with a reason, never deleted")
        elif one != other:
            path = other.place.file if other.place.file in touched else _world(other.place.file, touched)
            yield Item(path, f"case {name}: {_edit(one, other)}")
        elif one.place.file != other.place.file:
            yield Item(other.place.file, f"case {name} was moved from {one.place.file}")


def _read(folder: str, root: Path) -> dict[str, Case]:
    return {case.id: case for case in read_set(root / folder, root).cases}


def _world(path: str, touched: set[str]) -> str:
    """The file that changed a case whose own file did not: the world of its folder or of one above it."""
    parts = path.split("/")[:-1]
    while parts:
        folder = "/".join(parts)
        here = sorted(each for each in touched if each.startswith(f"{folder}/_"))
        if here:
            return here[0]
        parts.pop()
    return path


def _edit(one: Case, other: Case) -> str:
    if one.labels != other.labels:
        return "what people said of it was changed"
    if one.segments != other.segments:
        return f"relabelled from {canonical(dict(one.segments))} to {canonical(dict(other.segments))}"
    if one.status != other.status:
        return f"status {one.status} is now {other.status}"
    if one.must_pass != other.must_pass:
        return f"must_pass is now {str(other.must_pass).lower()}"
    if one.nightly != other.nightly:
        return f"nightly: {one.nightly} is now {other.nightly}: ordinary runs leave nightly cases out"
    if one.digest != other.digest and one.status == "active" and other.version <= one.version:
        return f"edited without a new version: say `version: {one.version + 1}`"
    return "edited"
