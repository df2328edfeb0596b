"""A git commit -> its files as committed, and folders that hold them. No filter, attribute or link of it takes part:
what is compared and measured is what the blobs say."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from callgate.concepts import Mistake

REGULAR = ("100644", "100755")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a tree: its mode as git writes it, and the id of its content."""

    mode: str
    blob: str

    @property
    def is_regular(self) -> bool:
        """No symbolic link, no submodule."""
        return self.mode in REGULAR


Tree = Mapping[str, Entry]


def commit(root: Path, reference: str) -> str:
    """The full id of the commit that `reference` names."""
    if not reference or reference.startswith("-"):
        raise Mistake(f"{reference!r} names no commit; give a branch, a tag or a commit, such as origin/main")
    return _git(root, "rev-parse", "--verify", "--end-of-options", f"{reference}^{{commit}}").decode().strip()


def merge_base(root: Path, base: str, head: str) -> str:
    """The commit where `head` left `base`."""
    try:
        found = _git(root, "merge-base", commit(root, base), commit(root, head))
    except Mistake as error:
        hint = "in CI check out the whole history (fetch-depth: 0) and fetch the base branch"
        raise Mistake(f"{base} and {head} have no common commit here: {hint} ({error})") from None
    return found.decode().strip()


def prefix(root: Path) -> str:
    """Where `root` stands in its repository: "" or a path that ends with a slash."""
    return _git(root, "rev-parse", "--show-prefix").decode().removesuffix("\n")


def tree(root: Path, reference: str) -> Tree:
    """Every file below `root` at a commit, by its path from there."""
    below = prefix(root)
    listing = _git(root, "ls-tree", "-r", "-z", "--full-tree", reference)
    found: dict[str, Entry] = {}
    for line in filter(None, listing.split(b"\0")):
        about, _, name = line.partition(b"\t")
        mode, _kind, blob = about.decode().split()
        path = name.decode("utf-8", "surrogateescape")
        if path.startswith(below):
            found[path.removeprefix(below)] = Entry(mode, blob)
    return found


def changed(before: Tree, after: Tree) -> list[str]:
    """The paths whose content or mode differ, or that only one of the two has."""
    return sorted(path for path in {*before, *after} if before.get(path) != after.get(path))


def write(root: Path, files: Tree, folder: Path) -> None:
    """Writes the regular files of a tree into a folder; what is no regular file is left out."""
    names = [(path, entry) for path, entry in files.items() if entry.is_regular and _is_safe(path)]
    blobs = contents(root, {entry.blob for _, entry in names})
    for path, entry in names:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(blobs[entry.blob])


def contents(root: Path, blobs: Iterable[str]) -> dict[str, bytes]:
    """The content of each blob."""
    wanted = sorted(set(blobs))
    if not wanted:
        return {}
    answer = _git(root, "cat-file", "--batch", given="\n".join(wanted).encode() + b"\n")
    found: dict[str, bytes] = {}
    at = 0
    for blob in wanted:
        end = answer.index(b"\n", at)
        size = int(answer[at:end].split()[2])
        found[blob] = answer[end + 1 : end + 1 + size]
        at = end + size + 2
    return found


def _is_safe(path: str) -> bool:
    """Whether a path of a tree stays below the folder it is written to."""
    parts = PurePosixPath(path).parts
    return not path.startswith("/") and ".." not in parts and ".git" not in parts and "\\" not in path


def _git(root: Path, *arguments: str, given: bytes | None = None) -> bytes:
    environment = {**os.environ, "GIT_LITERAL_PATHSPECS": "1", "LC_ALL": "C"}
    command = ["git", "-C", str(root), "--no-pager", "--no-replace-objects", *arguments]
    try:
        done = subprocess.run(command, input=given, capture_output=True, env=environment, check=False)  # noqa: S603  # no shell
    except OSError as error:
        raise Mistake(f"git could not be run: {error.strerror}") from None
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ").splitlines()
        raise Mistake(f"git {arguments[0]}: {reason[0] if reason else 'failed'}")
    return done.stdout
