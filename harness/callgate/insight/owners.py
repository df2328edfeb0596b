"""CODEOWNERS -> who owns a file of the project: the last line that fits wins, as on GitHub."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
Rule = tuple[re.Pattern[str], tuple[str, ...]]


def owners(root: Path) -> list[Rule]:
    """The rules of the first file that is there; none where there is none."""
    path = next((root / place for place in PLACES if (root / place).is_file()), None)
    if path is None:
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    words = [line.split("#", 1)[0].split() for line in lines]
    return [(_pattern(pattern), tuple(names)) for pattern, *names in filter(None, words)]


def owner_of(rules: Sequence[Rule], file: str) -> str:
    """The owners of a file, as written; "" where nobody is named."""
    return next((" ".join(names) for pattern, names in reversed(rules) if pattern.match(file)), "")


def _pattern(written: str) -> re.Pattern[str]:
    """A pattern of CODEOWNERS: `*`, `**`, `?`; one with a slash inside stands at the root, a folder holds all below."""
    stem = written.strip("/")
    parts = re.split(r"(\*\*/?|\*|\?)", stem)
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    body = "".join(wild.get(part, re.escape(part)) for part in parts)
    start = "" if written.startswith("/") or "/" in stem else "(?:.*/)?"
    return re.compile(f"{start}{body}(?:/.*)?\\Z")
