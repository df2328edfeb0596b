"""A rubric file -> Rubric: what a judge is asked, which answers it may give, what each is worth, in which language.

A rubric is Markdown. Between two lines of `---` at its top may stand what is not prose:

    scale: 4                     answers 1 to 4, worth 0 to 1; or
    answers: {pass: 1, fail: 0}  words and their worth (this is the default)
    passes: 3                    the least answer that passes (default: the best); with criteria, how many must be met
    vetoes: [unsafe]             answers of which one vote is enough to fail
    flags: [made_up_fact]        what may be found; the judge names one, or none
    criteria: {greets: "..."}    criteria that are asked one by one, each answered with pass or fail
    hard: [greets]               criteria without which nothing passes
    language: de                 what the rubric is written in (default: en)

`NAME.es.md` beside `NAME.md` is the same rubric for decisions in Spanish: its own words, the same answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from callgate.concepts import Json, Mistake, Place, Problem
from callgate.files import did_you_mean, parse_yaml, project_file, read_text, relative_name

MAYBE = "maybe"
"""The answer that every judge may give: it cannot tell."""
NONE = "none"
_FRONT = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)
_KEYS = ("answers", "scale", "passes", "vetoes", "flags", "criteria", "hard", "language")
_WORD = re.compile(r"[a-z0-9_]{1,40}\Z")
_BINARY: Mapping[str, float] = {"pass": 1.0, "fail": 0.0}


@dataclass(frozen=True, slots=True)
class Rubric:
    """One rubric in one language. `answers` maps each answer to its worth 0..1; `passes` is the least worth that
    passes, or with `criteria` how many of them must be met. `text` is what the judge reads."""

    name: str
    text: str
    language: str = "en"
    answers: Mapping[str, float] = field(default_factory=lambda: _BINARY)
    passes: float = 1.0
    vetoes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    criteria: Mapping[str, str] = field(default_factory=dict)
    hard: tuple[str, ...] = ()

    def form(self) -> Json:
        """Everything but the words: what the same rubric in another language must share."""
        best = sorted(self.answers.items())
        return [best, self.passes, self.vetoes, self.flags, list(self.criteria), self.hard]


def rubric_of(content: str, name: str, file: str = "") -> Rubric:
    """The rubric in a file's content. Raises Mistake with all that is wrong in its front matter."""
    front = _FRONT.match(content)
    shown = file or name
    body = content[front.end() :] if front else content
    if not body.strip():
        raise Mistake([Problem(Place(shown), "the rubric says nothing")])
    if front is None:
        return Rubric(name, body)
    document = parse_yaml(front[1], shown)
    given = document.value if isinstance(document.value, Mapping) else {}

    def wrong(key: str, message: str) -> Problem:
        place = document.place(key)
        return Problem(Place(shown, place.line + 1, place.column), message)  # the line of dashes comes before

    problems = [wrong(key, f"unknown key {key!r}{did_you_mean(key, _KEYS)}") for key in given if key not in _KEYS]
    problems += [wrong(key, message) for key, message in _misfits(given)]
    if problems:
        raise Mistake(problems)
    return _made(given, name, body)


def _misfits(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(key, what is wrong with it) of each key that is not what it must be."""
    found: list[tuple[str, str]] = []
    scale, answers, criteria = given.get("scale"), given.get("answers"), given.get("criteria")
    if scale is not None and (type(scale) is not int or not 2 <= scale <= 10):
        found.append(("scale", f"scale wants a number from 2 to 10, not {scale!r}"))
    if answers is not None and not _are_answers(answers):
        found.append(("answers", "answers wants two or more words, each with its worth from 0 to 1"))
    if sum(each is not None for each in (scale, answers, criteria)) > 1:
        found.append(("scale" if scale else "answers", "only one of scale, answers and criteria"))
    if criteria is not None and not (_are_words(criteria) and all(isinstance(t, str) for t in criteria.values())):
        found.append(("criteria", "criteria wants names, each with the sentence that it stands for"))
    for key in ("vetoes", "flags", "hard"):
        if key in given and not _are_words(given[key]):
            found.append((key, f"{key} wants a list of words of small letters"))
    if found:
        return found
    known = set(_answers(given))
    if not known >= set(given.get("vetoes", ())):
        found.append(("vetoes", f"vetoes names no answer; there are {', '.join(sorted(known))}"))
    if not set(criteria or ()) >= set(given.get("hard", ())):
        found.append(("hard", "hard names no criterion"))
    passes = given.get("passes")
    if criteria and passes is not None and (type(passes) is not int or not 1 <= passes <= len(criteria)):
        found.append(("passes", f"passes wants how many of the {len(criteria)} criteria must be met"))
    elif not criteria and passes is not None and str(passes) not in known:
        found.append(("passes", f"passes names no answer; there are {', '.join(sorted(known))}"))
    language = given.get("language", "en")
    if not (isinstance(language, str) and re.fullmatch(r"[a-z]{2,3}", language)):
        found.append(("language", "language wants a code such as es"))
    return found


def _are_words(value: Any) -> bool:
    return (
        isinstance(value, list | Mapping) and bool(value) and all(isinstance(w, str) and _WORD.match(w) for w in value)
    )


def _are_answers(value: Any) -> bool:
    if not isinstance(value, Mapping) or len(value) < 2 or not _are_words(value) or MAYBE in value:
        return False
    return all(type(worth) in {int, float} and 0 <= worth <= 1 for worth in value.values())


def _answers(given: Mapping[str, Any]) -> Mapping[str, float]:
    if "scale" in given:
        top = given["scale"]
        return {str(n): (n - 1) / (top - 1) for n in range(top, 0, -1)}
    return {word: float(worth) for word, worth in given.get("answers", _BINARY).items()}


def _made(given: Mapping[str, Any], name: str, body: str) -> Rubric:
    answers, criteria = _answers(given), given.get("criteria", {})
    least = given.get("passes")
    if criteria:
        passes = float(least if least is not None else len(criteria))
    else:
        passes = answers[str(least)] if least is not None else max(answers.values())
    lists = {key: tuple(given.get(key, ())) for key in ("vetoes", "flags", "hard")}
    language = given.get("language", "en")
    return Rubric(name, body, language, answers, passes, criteria=dict(criteria), **lists)


def read_rubrics(root: Path, file: str) -> Mapping[str, Rubric]:
    """The rubric of a file of the project and its siblings, by language, the file's own first. Raises Mistake."""
    path = project_file(root, file)
    own = rubric_of(read_text(path, file), path.stem, file)
    found = {own.language: own}
    for sibling in siblings(root, file):
        language = sibling.name.removesuffix(".md").rpartition(".")[2]
        shown = relative_name(sibling, root)
        other = rubric_of(read_text(project_file(root, shown), shown), path.stem, shown)
        if other.form() != own.form():
            what = "another scale, other answers, flags or criteria than"
            raise Mistake([Problem(Place(shown), f"has {what} {file}: the same rubric must be graded alike")])
        found[language] = Rubric(**{**_fields(other), "language": language})
    return found


def siblings(root: Path, file: str) -> tuple[Path, ...]:
    """The files of the same rubric in other languages, `NAME.es.md` beside `NAME.md`, in order."""
    path = root / file
    return tuple(
        sorted(p for p in path.parent.glob(f"{path.stem}.*.md") if re.fullmatch(r"\.[a-z]{2,3}", p.suffixes[-2]))
    )


def _fields(rubric: Rubric) -> dict[str, Any]:
    return {name: getattr(rubric, name) for name in Rubric.__slots__}
