"""`prompts/releases.yaml` -> which prompt and model were live on a day, for whom.

A list, the oldest first: `{date, commit, prompt, model, clients, stage}`; `commit` and `clients` may be left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from callgate.concepts import Json, Mistake, Problem
from callgate.files import read_yaml

FILE = Path("prompts/releases.yaml")


@dataclass(frozen=True, slots=True)
class Release:
    """From `date` (ISO) on, this prompt on this model, for these clients (none named: all)."""

    date: str
    prompt: str
    commit: str = ""
    model: str = ""
    clients: tuple[str, ...] = ()
    stage: str = ""

    @property
    def source(self) -> str:
        """The prompt as it is loaded: at its commit, where one is named."""
        return f"{self.commit}:{self.prompt}" if self.commit else self.prompt


def releases(root: Path) -> list[Release]:
    """All releases, by date; none where there is no file."""
    path = root / FILE
    if not path.is_file():
        return []
    document = read_yaml(path, FILE.as_posix())
    written = document.value
    if not isinstance(written, list):
        raise Mistake(
            [Problem(document.place(), "releases are a list of {date, prompt, commit, model, clients, stage}")]
        )
    problems = []
    found = []
    for index, one in enumerate(written):
        if not isinstance(one, Mapping) or not one.get("date") or not one.get("prompt"):
            problems.append(Problem(document.place(index), "a release has at least 'date' and 'prompt'"))
            continue
        found.append(_release(one))
    if problems:
        raise Mistake(problems)
    return sorted(found, key=lambda release: release.date)


def live_on(known: list[Release], day: str, client: str) -> Release | None:
    """The last release on or before a day that was for this client; None where that is not known."""
    fitting = [
        one
        for one in known
        if one.date <= day and (not one.clients or client in one.clients) and one.stage not in {"shadow", "draft"}
    ]
    return fitting[-1] if fitting else None


def _release(one: Mapping[str, Json]) -> Release:
    clients = one.get("clients")
    return Release(
        str(one["date"])[:10],
        str(one["prompt"]),
        str(one.get("commit") or ""),
        str(one.get("model") or ""),
        tuple(map(str, clients)) if isinstance(clients, list) else () if clients in {None, "all"} else (str(clients),),
        str(one.get("stage") or ""),
    )
