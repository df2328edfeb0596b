"""`judge: {...}` of an eval -> Judge: its rubric in each language it has, the models that vote, and whose kin they are.

A model likes what its own family writes; so a judge of the candidate's family is a mistake unless the eval says that it
is meant. A family is known by the model's name, whoever serves it; a name that says nothing is a family of its own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from callgate.concepts import DecisionPoint, Json, Mistake, Place, Problem, digest
from callgate.files import did_you_mean
from callgate.graders import judge
from callgate.graders.options import checked
from callgate.graders.registry import JUDGE
from callgate.graders.rubrics import Rubric, read_rubrics

_OPTIONS: Mapping[str, Json] = {"rubric": "", "model": None, "votes": 1, "same_family": False}
_FAMILIES: Mapping[str, str] = {
    "gpt": r"gpt|chatgpt|davinci|\bo[1345](?:-|\b)",
    "claude": r"claude",
    "gemini": r"gemini|gemma|palm",
    "llama": r"llama",
    "mistral": r"mi[sx]tral|ministral|magistral|codestral|pixtral",
    "qwen": r"qwen|qwq",
    "deepseek": r"deepseek",
    "command": r"command-|aya-",
    "grok": r"grok",
    "nova": r"\bnova-",
    "phi": r"\bphi-?\d",
    "kimi": r"kimi|moonshot",
    "glm": r"\bglm-|chatglm",
    "sonar": r"sonar",
}
_MAKERS: Mapping[str, str] = {"anthropic": "claude", "gemini": "gemini", "xai": "grok", "deepseek": "deepseek"}
"""Providers that serve one family only, so that the name need not say it."""


@dataclass(frozen=True, slots=True)
class Judge:
    """A judge that the eval names. `name` is its rubric's, or `claims`; `id` is what its grades are called.

    `rubrics` are by language, the one for all other languages first; several `models` are a jury. `same_family` says
    that a judge of the candidate's family is meant; `file` is the rubric's, as the eval writes it.
    """

    name: str
    rubrics: Mapping[str, Rubric]
    models: tuple[str, ...]
    votes: int = 1
    same_family: bool = False
    file: str = ""
    place: Place = field(default=Place(""), compare=False)  # frozen

    @property
    def id(self) -> str:
        return f"{JUDGE}:{self.name}"

    @property
    def fingerprint(self) -> str:
        """What its verdicts depend on: rubrics, models, votes, and the words and rules around them."""
        texts: dict[str, Json] = {
            language: [rubric.text, rubric.form(), dict(rubric.criteria)] for language, rubric in self.rubrics.items()
        }
        return digest([self.id, texts, self.models, self.votes, _source()])

    @property
    def is_simulated(self) -> bool:
        """Whether a simulator is among the models: then it never scores a live candidate."""
        return any(map(judge.simulated, self.models))

    def rubric(self, language: str | None) -> Rubric:
        """The rubric for decisions in a language."""
        return self.rubrics.get(language or "") or next(iter(self.rubrics.values()))


def read_judge(given: Mapping[str, Json], place: Place, root: Path, problems: list[Problem]) -> Judge | None:
    """The judge that these options of an eval name; None, with what is wrong in `problems`."""
    options, found = checked(JUDGE, given, _OPTIONS, place)
    written = options["model"]
    models = (written,) if isinstance(written, str) else written
    lacking = [name for name in ("rubric", "model") if not options[name]]
    votes = options["votes"]
    if lacking:
        found.append(Problem(place, f"judge needs {' and '.join(lacking)}"))
    elif not isinstance(models, tuple) or not all(isinstance(each, str) and each for each in models):
        found.append(Problem(place, "judge: model wants a model, or a list of models for a jury"))
    elif len(set(models)) < len(models):
        found.append(Problem(place, "judge: a model stands twice in the jury; `votes` ask one model several times"))
    if isinstance(votes, int) and not 1 <= votes <= 9:
        found.append(Problem(place, f"judge: votes wants 1 to 9, not {votes}"))
    if found:
        problems += found
        return None
    assert isinstance(models, tuple)
    file = str(options["rubric"])
    try:
        rubrics = read_rubrics(root, file)
    except Mistake as mistake:
        inside = [each for each in mistake.problems if (root / each.place.file).is_file() and each.place.file != file]
        inside += [each for each in mistake.problems if each.place.file == file and (root / file).is_file()]
        problems += inside or [Problem(place, f"judge: rubric {file!r} cannot be read: {mistake}")]
        return None
    same = bool(options["same_family"])
    return Judge(Path(file).stem, rubrics, tuple(map(str, models)), int(str(votes)), same, file, place)


def family(model: str) -> str:
    """The family that a model is of: "gpt" for `azure/gpt-4o`; the name itself where it says nothing."""
    owner, _, name = model.lower().partition("/")
    text = name or owner
    known = next((family for family, words in _FAMILIES.items() if re.search(words, text)), None)
    return known or _MAKERS.get(owner, text)


def family_problems(judges: Sequence[Judge], candidates: Iterable[str]) -> list[Problem]:
    """A problem for each judge that is of the family of a model it is to judge, where the eval does not mean that."""
    tried = {family(model): model for model in candidates if not judge.simulated(model)}
    found = []
    for one in judges:
        kin = [] if one.same_family else [m for m in one.models if not judge.simulated(m) and family(m) in tried]
        if kin and one.name != judge.CLAIMS:
            shared = family(kin[0])
            message = (
                f"judge {kin[0]} is of the same family ({shared}) as {tried[shared]}, whose replies it judges, and may "
                "favour it; name a model of another family, or say `same_family: true` where it is meant"
            )
            found.append(Problem(one.place, message))
    return found


def unknown_rubrics(points: Iterable[DecisionPoint], judges: Sequence[Judge], root: Path) -> list[Problem]:
    """A problem for each decision that names a rubric which neither the eval's judges nor prompts/judges/ have: nothing
    would judge it."""
    known = {one.name for one in judges} | {path.stem for path in (root / "prompts" / "judges").glob("*.md")}
    return [
        Problem(point.place, f"decision {point.id!r} wants the judge {name!r}{did_you_mean(name, known)}")
        for point in points
        for name in point.expect.judge
        if name not in known
    ]


@cache
def _source() -> str:
    """The digest of the code that asks a judge and reads its answers."""
    names = ("answers.py", "frames.py", "injection.py", "judge.py", "rubrics.py")
    return digest([hashlib.sha256(Path(__file__).with_name(name).read_bytes()).hexdigest() for name in names])
