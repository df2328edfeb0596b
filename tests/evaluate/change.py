"""A scratch git repository of a team that gates its receptionist, in which changes are made and judged."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from callgate.evaluate import Options
from callgate.evaluate.pull_request import Judged, judged

HOUSE = Path(__file__).parents[2]
EASY = (
    "before-the-train",
    "brakes-on-top",
    "engine-light-since-easter",
    "everything-costs-a-dollar",
    "if-the-kid-is-still-sick",
    "loaner-like-the-neighbor",
    "match-the-other-shop",
    "memorial-day",
    "oil-two-questions",
    "saturday-at-three",
    "scratch-that",
    "sticker-fell-off",
    "sunday-at-the-gate",
    "transmission-flush",
)
CASES = (
    "en-ask-battery-catch",
    "en-ask-closing-tonight",
    "en-book-half-past-six",
    "en-book-no-wait-thursday",
    "es-cita-domingo-no-abren",
    "es-cita-pasado-manana-sin-nombre",
    "es-mover-misma-hora-tras-el-cambio",
    "es-pregunta-american-express",
    "es-pregunta-me-iguala-el-precio",
    "es-pregunta-refacciones-sabado",
    "es-varios-bateria-al-final",
    "es-varios-parabrisas-aparte",
    *(f"en-ask-{name}" for name in EASY),
)
NEW_CASE = "es-cancelar-a-menos-de-una-hora"
HARD_CASE = "es-cita-domingo-no-abren"
PROMPT = "prompts/receptionist/agent"
EVAL = """\
description: The receptionist answers, books, moves and cancels service appointments.
cases: datasets/receptionist
baseline: prompts/receptionist/v2
candidate: prompts/receptionist/agent
models: [sim/receptionist-small]
segments: [language, call_type]
graders:
  - brevity: {max_words: 60}
  - judge: {rubric: prompts/judges/faithfulness.md, model: sim/judge}
gate:
  metrics: [success]
  margin: {all: 0.3, language: 0.4, call_type: 0.4}
  trials: 3
"""


@dataclass
class Repository:
    """`main` with a prompt, its eval and two dozen cases; every change starts from it."""

    root: Path

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.root), *words], capture_output=True, text=True, env=_environment(), check=True
        )
        return done.stdout.strip()

    def write(self, file: str, text: str) -> None:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def edit(self, file: str, old: str, new: str) -> None:
        text = (self.root / file).read_text("utf-8")
        assert old in text, f"{file} does not hold {old!r}"
        self.write(file, text.replace(old, new, 1))

    def prompt(self, name: str) -> None:
        """Puts one of the shipped prompts in the place of the agent's."""
        target = self.root / PROMPT
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(HOUSE / "prompts/receptionist" / name, target)

    def add_case(self, name: str = NEW_CASE) -> None:
        shutil.copy(HOUSE / "datasets/receptionist" / f"{name}.yaml", self.root / "datasets/receptionist")

    def case(self, name: str = HARD_CASE) -> str:
        return f"datasets/receptionist/{name}.yaml"

    def commit(self, message: str = "A change") -> str:
        self.git("add", "--all", "--force", "--", ".", ":!.callgate", ":!reports")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def start(self, branch: str, base: str = "main") -> None:
        """A branch of its own, from a clean copy of the base."""
        self.git("checkout", "--quiet", "--force", "-B", branch, base)

    def judge(self, base: str = "main", approved: Sequence[str] = ()) -> Judged:
        return judged(self.root, base, "HEAD", Options(), approved=approved)


def made(root: Path) -> Repository:
    """The repository: `main` has a good prompt, `broken` the one that answers Spanish callers in English."""
    repository = Repository(root)
    shutil.copytree(HOUSE / "prompts/judges", root / "prompts/judges")
    shutil.copytree(HOUSE / "prompts/receptionist/v2", root / "prompts/receptionist/v2")
    (root / "datasets/receptionist").mkdir(parents=True)
    for name in (*CASES, "_world"):
        repository.add_case(name)
    repository.prompt("v3")
    repository.write("evals/receptionist.yaml", EVAL)
    repository.write("evals/graders.py", '"""No graders of our own yet."""\n')
    repository.write("README.md", "Ours.\n")
    subprocess.run(["git", "init", "--quiet", "-b", "main", str(root)], check=True, env=_environment())
    repository.commit("The receptionist")
    repository.start("broken")
    repository.prompt("v3-brisk")
    repository.commit("Brisker")
    repository.start("change")
    return repository


def _environment() -> dict[str, str]:
    who = {f"GIT_{role}_{what}": "x@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, **who}
