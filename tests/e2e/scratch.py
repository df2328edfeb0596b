"""A scratch project: a copy of the shipped evals, prompts and cases in which the installed command is run as one would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import forked

HOUSE = Path(__file__).parents[2]
COMMAND = Path(sys.executable).with_name("callgate")
FEW = (
    "en-ask-sunday-at-the-gate",
    "en-ask-loaner-like-the-neighbor",
    "en-book-half-past-six",
    "en-book-no-wait-thursday",
    "en-cancel-only-the-rotation",
    "en-complaint-charged-twice",
    "en-tire-just-the-rotation",
    "es-cita-dos-se-oyo-doce",
    "es-cita-viernes-lleno",
    "es-llantas-precio-y-de-una-vez",
    "es-mover-por-nombre",
    "es-pregunta-apertura-sabado",
)
"""A handful of cases of both languages, with tools, several turns and one that a judge reads: enough for what is not
about verdicts."""
HEAVY = ("litellm", "pandas", "scipy")


@dataclass(frozen=True)
class Ran:
    """One finished command."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err

    @property
    def imported(self) -> set[str]:
        """The modules it imported, where it was run with `imports=True`."""
        lines = [line for line in self.err.splitlines() if line.startswith("import time:")]
        assert len(lines) > 50, "the command did not report its imports"
        return {line.rpartition("|")[2].strip() for line in lines}


@dataclass(frozen=True)
class Project:
    """A folder with evals/, prompts/ and datasets/."""

    root: Path

    def run(self, *words: str, imports: bool = False, timeout: float = 120, **environment: str) -> Ran:
        """`callgate WORDS` here, to its end: in a fork of a process that has imported it, the installed command itself
        where its imports are asked for or another path is set."""
        if not imports and "PYTHONPATH" not in environment:
            return Ran(*forked.run(words, self.root, clean(self.root, **environment), timeout))
        done = subprocess.run(
            [COMMAND, *words],
            cwd=self.root,
            env=clean(self.root, **({"PYTHONPROFILEIMPORTTIME": "1"} if imports else {}), **environment),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """`callgate WORDS` here, under way, in a process group of its own."""
        return subprocess.Popen(
            [COMMAND, *words],
            cwd=self.root,
            env=clean(self.root, **environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )

    def paid(self, name: str = "receptionist") -> dict[str, Any]:
        """What the last whole run of an eval asked and paid: its run.json."""
        found: dict[str, Any] = json.loads(self.report("run.json", name))
        return found

    def report(self, file: str = "decision.json", name: str = "receptionist") -> bytes:
        return (self.root / "reports" / name / file).read_bytes()

    def decision(self, name: str = "receptionist") -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.report(name=name))
        return found

    def edit(self, file: str, old: str, new: str) -> None:
        """Replaces `old`, which must be there, the first time it occurs."""
        path = self.root / file
        text = path.read_text("utf-8")
        assert old in text, f"{file} does not hold {old!r}"
        path.write_text(text.replace(old, new, 1), "utf-8")

    def write(self, file: str, text: str) -> None:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def clean(root: Path, **more: str) -> Mapping[str, str]:
    """An environment without keys, addresses or preferences, whose home is inside the scratch folder."""
    home = root / ".home"
    home.mkdir(exist_ok=True)
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", **more}


def whole(root: Path) -> Project:
    """All that ships."""
    for folder in ("evals", "prompts", "datasets"):
        shutil.copytree(HOUSE / folder, root / folder)
    return Project(root)


def small(root: Path, cases: Iterable[str] = FEW) -> Project:
    """The receptionist that ships, with a handful of its cases."""
    project = whole(root)
    for path in (*(root / "evals").glob("*.yaml"), *(root / "datasets").iterdir()):
        if path.stem != "receptionist":
            path.unlink() if path.is_file() else shutil.rmtree(path)
    kept = {f"{name}.yaml" for name in cases} | {"_world.yaml"}
    for path in (root / "datasets/receptionist").iterdir():
        if path.name not in kept:
            path.unlink()
    left = {path.name for path in (root / "datasets/receptionist").iterdir()}
    assert left == kept, f"renamed or removed: {sorted(kept - left)}"
    return project
