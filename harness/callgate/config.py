"""`evals/NAME.yaml` -> an Eval: what is compared, on which cases, by which gate. All problems at once, with places.

Names that this module cannot know (graders, metrics, a prompt's path) keep their places, so that whoever checks them
can say where they stand: `Eval.place("gate", "metrics", 0)`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from callgate import schemas
from callgate.concepts import Alone, Budget, Json, Margins, Mistake, Place, Policy, Problem, Target
from callgate.files import Document, project_file, project_folder, project_path, read_yaml, relative_name

SEGMENTS = ("language", "call_type", "language*call_type")
"""What an eval compares by where it does not say."""

LOOKS = (2, 5, 10)
"""Trials a side at which the gate looks, where the eval does not say; `trials: N` is one look at N."""

CONFIRM = 5
"""Fresh baseline trials of each decision before a cached baseline blocks; none where there is one look."""

WEIGHTS: Mapping[int, tuple[float, ...]] = {1: (1.0,), 2: (0.3, 0.7), 3: (0.1, 0.3, 0.6)}
"""The share of alpha that each look spends, by the number of looks, where the eval does not say."""

ALONE = "alone_right"
"""The grader of answers that go out without a person; with `gate.alone.from` it gates, ticket by ticket too."""

CALL_SECONDS = 60.0
"""The longest that one call may take, where the eval does not say."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}\Z")
_REF_FOLDERS = ("origin/", "upstream/", "refs/", "heads/", "tags/", "remotes/")


@dataclass(frozen=True, slots=True)
class SideSpec:
    """One arm as written: the prompt's source (`baseline: main` already is `main:` and the candidate's path), and the
    model where the side names its own."""

    prompt: str
    model: str | None = None
    place: Place = field(default=Place(""), compare=False)


@dataclass(frozen=True, slots=True)
class GraderUse:
    """A grader that the eval adds or tunes, with the options as written."""

    name: str
    options: Mapping[str, Json] = field(default_factory=dict)
    place: Place = field(default=Place(""), compare=False)


@dataclass(frozen=True, slots=True)
class Accept:
    """A gap that is known and folded to one line until its date (ISO); an empty segment is all calls."""

    segment: Mapping[str, str]
    until: str
    why: str
    place: Place = field(default=Place(""), compare=False)


@dataclass(frozen=True, slots=True)
class Eval:
    """One eval file. `cases` is the folder of the golden set.

    `models` are what both arms run on; where a side named its own model, both sides carry theirs and `models` is the
    candidate's alone. `caller` is the model that plays the callers of whole conversations ("": the simulator's, where
    all models are simulated). `at_once` is the most calls at once and `seconds` the longest that one may take; `prices`
    are in dollars for a million tokens, or for a call. What is older than `keep_days` does not outlast a run; None
    keeps all.
    """

    name: str
    description: str
    cases: Path
    baseline: SideSpec
    candidate: SideSpec
    models: tuple[str, ...]
    graders: tuple[GraderUse, ...]
    policy: Policy
    budget: Budget
    accept: tuple[Accept, ...]
    path: Path
    document: Document = field(compare=False, repr=False)
    transport: Literal["auto", "litellm", "direct"] = "auto"
    at_once: int | None = None
    seconds: float = CALL_SECONDS
    prices: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    keep_days: int | None = None
    caller: str = ""
    root: Path = Path()

    def place(self, *keys: str | int) -> Place:
        """Where the nested key stands in the file, for problems that are found later."""
        return self.document.place(*keys)


def find_evals(root: Path) -> list[Path]:
    """The eval files of the project, by name."""
    found = sorted([*(root / "evals").glob("*.yaml"), *(root / "evals").glob("*.yml")])
    return [path for path in found if not path.name.startswith((".", "_"))]


def load_eval(path: Path, root: Path) -> Eval:
    """The eval that the file says. Raises Mistake with everything that is wrong in it."""
    name = relative_name(path, root)
    if path.is_relative_to(root):
        project_file(root, name, Place(name))
    document = read_yaml(path, name)
    problems = schemas.problems("eval", document)
    if not _NAME.match(path.stem):
        problems.append(Problem(Place(name), f"{path.stem!r} is no name: lower-case letters, digits, '.', '_', '-'"))
    written = document.value
    found = None
    if not problems and isinstance(written, Mapping):
        found = _eval(written, document, path, root, problems)
    if problems or found is None:
        raise Mistake(sorted(set(problems)))
    return found


def _eval(written: Mapping[str, Any], document: Document, path: Path, root: Path, problems: list[Problem]) -> Eval:
    gate: Mapping[str, Any] = written.get("gate", {})
    candidate = _side(written["candidate"], document.place("candidate"))
    baseline = _baseline(_side(written["baseline"], document.place("baseline")), candidate, root)
    for side in (baseline, candidate):
        try:
            project_path(root, side.prompt.rpartition(":")[2], side.place)
        except Mistake as error:
            problems.extend(error.problems)
    models = _models(written.get("models", ()), baseline, candidate, document, problems)
    if models and (baseline.model or candidate.model):  # one side names its own: the other runs on the one model left
        baseline = replace(baseline, model=baseline.model or models[0])
        candidate = replace(candidate, model=candidate.model or models[0])
    return Eval(
        name=path.stem,
        description=written.get("description", ""),
        cases=_folder(written["cases"], document, root, problems),
        baseline=baseline,
        candidate=candidate,
        models=models if candidate.model is None else (candidate.model,),
        graders=_graders(written.get("graders", ()), document, problems),
        policy=_policy(gate, tuple(written.get("segments", SEGMENTS)), document, problems),
        budget=Budget(**gate.get("budget", {})),
        accept=_accepted(gate.get("accept", ()), document, problems),
        path=path,
        document=document,
        transport=written.get("transport", "auto"),
        at_once=written.get("limits", {}).get("at_once"),
        seconds=float(written.get("limits", {}).get("seconds", CALL_SECONDS)),
        prices=written.get("prices", {}),
        keep_days=written.get("keep_days"),
        caller=written.get("caller", ""),
        root=root,
    )


def _folder(written: str, document: Document, root: Path, problems: list[Problem]) -> Path:
    try:
        return project_folder(root, written, document.place("cases"))
    except Mistake as error:
        problems.extend(error.problems)
        return root


# ---------------------------------------------------------------------------------------------- the two sides


def _side(written: Any, place: Place) -> SideSpec:
    if isinstance(written, str):
        return SideSpec(written, None, place)
    return SideSpec(written["prompt"], written.get("model"), place)


def _baseline(side: SideSpec, candidate: SideSpec, root: Path) -> SideSpec:
    """A git ref alone means the candidate's own path at that ref."""
    if ":" in side.prompt or not _is_reference(side.prompt, root):
        return side
    path = candidate.prompt.rpartition(":")[2]
    return SideSpec(f"{side.prompt}:{path}", side.model, side.place)


def _is_reference(text: str, root: Path) -> bool:
    if ".." in PurePosixPath(text).parts or text.startswith(("/", ".")) or "\0" in text:
        return False
    if any((root / start / end).exists() for start in (".", "prompts") for end in (text, f"{text}.md")):
        return False
    return text.startswith(_REF_FOLDERS) or ("/" not in text and not text.endswith((".md", ".txt")))


def _models(
    written: Sequence[Any], baseline: SideSpec, candidate: SideSpec, document: Document, problems: list[Problem]
) -> tuple[str, ...]:
    """The models as written under `models`, checked against what the sides name."""
    models = tuple(map(_model_name, written))
    own = [side for side in (baseline, candidate) if side.model is not None]
    if len(own) == 2:
        if models:
            message = "both sides name their own model; leave 'models' out"
            problems.append(Problem(document.place("models"), message))
        return ()
    if not models:
        problems.append(Problem(document.place(), "'models' is missing (or a model at each side)"))
    elif own and len(models) > 1:
        message = "one side names its own model; then 'models' is the one model of the other side"
        problems.append(Problem(document.place("models"), message))
    if len(set(models)) < len(models):
        problems.append(Problem(document.place("models"), "a model stands twice"))
    return models


def _model_name(written: Any) -> str:
    """A model as the rest of the house names it; one's own agent is `command:node agent.js`, `python:FILE.py:NAME`."""
    if isinstance(written, str):
        return written
    kind, value = next(iter(written.items()))
    return str(value) if kind == "model" else f"{kind}:{value}"


# ---------------------------------------------------------------------------------------------- graders and gate


def _graders(written: Sequence[Any], document: Document, problems: list[Problem]) -> tuple[GraderUse, ...]:
    uses: list[GraderUse] = []
    for index, entry in enumerate(written):
        if isinstance(entry, str):
            use = GraderUse(entry, {}, document.place("graders", index))
        else:
            name, options = next(iter(entry.items()))
            options = {"assert": options} if isinstance(options, list) else options
            use = GraderUse(name, options or {}, document.place("graders", index, name))
        if use in uses or (use.name != "judge" and any(use.name == other.name for other in uses)):
            problems.append(Problem(use.place, f"grader {use.name!r} stands twice"))
        uses.append(use)
    return tuple(uses)


def _policy(gate: Mapping[str, Any], by: tuple[str, ...], document: Document, problems: list[Problem]) -> Policy:
    looks = tuple(gate.get("looks", (gate["trials"],) if "trials" in gate else LOOKS))
    weights = tuple(float(weight) for weight in gate.get("weights", WEIGHTS.get(len(looks), ())))
    place = document.place("gate", "weights" if "weights" in gate else "looks")
    if "looks" in gate and "trials" in gate:
        message = "'trials' is the number a side at the only look; leave it out beside 'looks'"
        problems.append(Problem(document.place("gate", "trials"), message))
    if list(looks) != sorted(set(looks)):
        problems.append(Problem(document.place("gate", "looks"), "looks must rise, such as [2, 5, 10]"))
    if len(weights) != len(looks):
        message = f"{len(looks)} looks need {len(looks)} weights, not {len(weights)}"
        problems.append(Problem(place, message))
    elif abs(sum(weights) - 1) > 1e-9:
        problems.append(Problem(place, f"the weights must add up to 1, not {sum(weights):g}"))
    accuracy, alone = gate.get("accuracy"), gate.get("alone")
    acts = alone is not None and "from" in alone
    return Policy(
        metrics=tuple(dict.fromkeys((*gate.get("metrics", ("success",)), *([ALONE] if acts else [])))),
        by=_attributes(by, document, problems),
        protect=_protected(gate.get("protect", ()), document, problems),
        margins=Margins(**gate.get("margin", {})),
        alpha=float(gate.get("alpha", 0.05)),
        looks=looks,
        weights=weights,
        on_inconclusive=gate.get("on_inconclusive", "warn"),
        fail_fast=gate.get("fail_fast", False),
        after_block=gate.get("after_block", "leaning"),
        max_missing=float(gate.get("max_missing", 0.0)),
        confirm=gate.get("confirm", CONFIRM if len(looks) > 1 else 0),
        each_blocks=(ALONE,) if acts else (),
        accuracy=Target(accuracy["at_least"], accuracy.get("read", "lower_bound"), accuracy.get("of", "category"))
        if accuracy
        else None,
        alone=Alone(alone["risk"], alone.get("from"), alone.get("read", "lower_bound")) if alone else None,
    )


def _protected(written: Sequence[str], document: Document, problems: list[Problem]) -> tuple[Mapping[str, str], ...]:
    found: list[Mapping[str, str]] = []
    for index, text in enumerate(written):
        try:
            segment = segment_of(text)
        except ValueError as error:
            problems.append(Problem(document.place("gate", "protect", index), str(error)))
            continue
        if segment in found:
            problems.append(Problem(document.place("gate", "protect", index), f"{text!r} stands twice"))
        found.append(segment)
    return tuple(found)


def _attributes(by: tuple[str, ...], document: Document, problems: list[Problem]) -> tuple[str, ...]:
    seen: set[frozenset[str]] = set()
    for index, joined in enumerate(by):
        attributes = joined.split("*")
        if len(set(attributes)) < len(attributes) or frozenset(attributes) in seen:
            problems.append(Problem(document.place("segments", index), f"{joined!r} stands twice"))
        seen.add(frozenset(attributes))
    return by


def segment_of(text: str) -> Mapping[str, str]:
    """ "language=es,call_type=booking" as {"language": "es", "call_type": "booking"}; "all" is empty.

    Raises ValueError where an attribute has no value or stands twice.
    """
    if text == "all":
        return {}
    segment: dict[str, str] = {}
    for part in text.split(","):
        attribute, equals, value = (piece.strip() for piece in part.partition("="))
        if not (attribute and equals and value) or attribute in segment:
            raise ValueError(f"{text!r} is no segment such as language=es,call_type=booking")
        segment[attribute] = value
    return segment


def _accepted(written: Sequence[Any], document: Document, problems: list[Problem]) -> tuple[Accept, ...]:
    accepted = []
    for index, entry in enumerate(written):
        try:
            date.fromisoformat(entry["until"])
            segment = segment_of(entry["segment"])
        except ValueError as error:
            key = "segment" if "segment" in str(error) else "until"
            problems.append(Problem(document.place("gate", "accept", index, key), str(error)))
            continue
        accepted.append(Accept(segment, entry["until"], entry["why"], document.place("gate", "accept", index)))
    return tuple(accepted)


def uses_of(spec: Eval) -> tuple[GraderUse, ...]:
    """The graders that the eval adds or tunes, and the one that its gate tunes by `alone.from`."""
    alone = spec.policy.alone
    if alone is None or alone.start is None or any(use.name == ALONE for use in spec.graders):
        return spec.graders
    return (*spec.graders, GraderUse(ALONE, {"start": alone.start}, spec.place("gate", "alone")))


def policy_for(spec: Eval, attributes: Collection[str]) -> Policy:
    """The eval's policy; where it does not say what to compare by, only by attributes that its cases have."""
    written = spec.document.value
    if isinstance(written, Mapping) and "segments" in written:
        return spec.policy
    return replace(spec.policy, by=tuple(by for by in spec.policy.by if set(by.split("*")) <= set(attributes)))
