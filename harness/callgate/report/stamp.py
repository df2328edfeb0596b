"""A decision -> the mark by which its page is known again, so that a page that is there is not drawn twice."""

from __future__ import annotations

from hashlib import sha256
from importlib import resources
from pathlib import Path

from callgate.concepts import Decision

HEAD = 2_000
"""How many characters of a page are read to find its stamp."""


def stamp(decision: Decision) -> str:
    """Half a digest of the decision and of the templates that draw it."""
    drawn = sha256(decision.to_json().encode("utf-8", "surrogatepass"))
    for file in sorted((resources.files("callgate.report") / "templates").iterdir(), key=lambda file: file.name):
        drawn.update(file.read_bytes())
    return drawn.hexdigest()[:32]


def shows(page: Path, decision: Decision) -> bool:
    """Whether a page is there and shows this very decision."""
    try:
        with page.open(encoding="utf-8") as file:
            return f'name="callgate-stamp" content="{stamp(decision)}"' in file.read(HEAD)
    except (OSError, UnicodeDecodeError):
        return False
