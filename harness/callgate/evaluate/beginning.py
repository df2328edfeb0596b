"""A new eval, from nothing or from a promptfoo config -> its files, and what is next. No file is ever replaced."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from callgate.concepts import Json, Mistake
from callgate.dataset.importers.yaml_text import scalar, yaml_text
from callgate.files import relative_name
from callgate.interchange.promptfoo_config import Moved, MovedCase, MovedPrompt, read_config

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}\Z")
_IGNORED = (".callgate/", "reports/*", "!reports/weekly/", "!reports/judges/")
_FALLBACK = "sim/receptionist-small"
_PROMPT = """You answer the customers of {{config.business}}. It is {{weekday}}, {{now}}.

You may state only what stands here and what the customer said; what you do not know, say so and do not guess.

- Hours: {{config.hours_spoken}}
{{facts}}

Answer in the customer's language, in one or two short sentences.
"""
_CASE = """# One golden case: what the customer says, and what is expected of the answer.
segments: {language: en, call_type: hours_prices}
caller: When do you close on Saturdays?
expect:
  must_say: [{time: "14:00"}]
"""
_WORLD = """# The world of all cases in this folder: the frozen clock, and all the facts that may be stated.
now: {today} 10:00
timezone: America/New_York
pii: synthetic
call_types: [hours_prices]
config:
  business: Example Motors
  hours: {{mon-fri: "08:00-18:00", sat: "09:00-14:00", sun: closed}}
  hours_spoken: Monday to Friday from 8:00 in the morning to 6:00 in the evening, Saturday from 9:00 in the morning
    to 2:00 in the afternoon, closed on Sunday
facts:
  oil_price: {{text: An oil change costs $89.95 plus tax., values: [89.95]}}
"""


@dataclass(frozen=True, slots=True)
class Begun:
    """The files that were written, and what to say of them."""

    files: tuple[str, ...]
    text: str


def _in_git(root: Path) -> bool:
    """Whether a folder is under version control: baselines are read from there."""
    return any((folder / ".git").exists() for folder in (root.resolve(), *root.resolve().parents))


def begin(root: Path, name: str) -> Begun:
    """An eval with one prompt, its world and a first case, the baseline being the same prompt on the branch `main`."""
    _named(name)
    texts = {
        f"evals/{name}.yaml": _eval_text(
            {
                "description": f"Is the new {name} prompt safe to ship?",
                "cases": f"datasets/{name}",
                "baseline": "main",
                "candidate": f"prompts/{name}.md",
                "models": [_FALLBACK],
            }
        ),
        f"prompts/{name}.md": _PROMPT,
        f"datasets/{name}/_world.yaml": _WORLD.format(today=date.today().isoformat()),  # noqa: DTZ011  # a local day
        f"datasets/{name}/closing-on-saturday.yaml": _CASE,
    }
    files = _written(root, texts)
    steps = (
        "next: callgate validate" if _in_git(root) else "next: git init --initial-branch main, then callgate validate",
        f"      git add {' '.join(files)} && git commit: the baseline is the prompt as it stands on main",
        f"      change prompts/{name}.md, then callgate eval {name}; sim/... is simulated: name your model in the eval",
    )
    return Begun(files, "\n".join([*(f"wrote {file}" for file in files), *steps]) + "\n")


def begin_from(root: Path, config: Path, name: str | None) -> Begun:
    """An eval made of a promptfoo config: its prompts, models, tests and the assertions that mean the same here."""
    moved = read_config(config)
    chosen = name or _slug(moved.description) or "promptfoo"
    _named(chosen)
    texts = _moved_texts(moved, chosen, relative_name(config.resolve(), root.resolve()))
    files = _written(root, texts)
    return Begun(files, _receipt(moved, files, chosen))


# ---------------------------------------------------------------------------------------------- files


def _named(name: str) -> None:
    if not _NAME.match(name):
        raise Mistake(f"{name!r} is no name: lower-case letters, digits, '.', '_', '-'")


def _written(root: Path, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Writes all files, or none where one is there already; what git must ignore is added to .gitignore."""
    there = [name for name in texts if (root / name).exists()]
    if there:
        raise Mistake(f"{there[0]} is there already; nothing was written. Name the eval otherwise: --name NAME")
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    ignore = root / ".gitignore"
    before = ignore.read_text("utf-8") if ignore.is_file() else ""
    missing = [line for line in _IGNORED if line not in before.splitlines()]
    if missing:
        ignore.write_text(
            before + ("" if before.endswith("\n") or not before else "\n") + "\n".join(missing) + "\n", "utf-8"
        )
    return tuple(texts)


def _eval_text(about: Mapping[str, Json], graders: str = "") -> str:
    """The eval file: what is compared, own graders, a budget."""
    return yaml_text(about) + graders + "gate:\n  budget: {dollars: 2.00, minutes: 10}\n"


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")


# ---------------------------------------------------------------------------------------------- from promptfoo


def _moved_texts(moved: Moved, name: str, source: str) -> dict[str, str]:
    prompts = _prompt_texts(moved, name)
    sources = [file.removesuffix("/prompt.md") for file in prompts if file.endswith(("/prompt.md", ".md"))]
    segments = _segments(moved)
    header = f"# Made of {source} by `callgate init --from`; what was left out, its receipt said.\n"
    about: dict[str, Json] = {
        "description": moved.description or f"The tests of {source}.",
        "cases": f"datasets/{name}",
        "baseline": sources[0],
        "candidate": sources[-1],
        "models": moved.models or [_FALLBACK],
        "segments": segments,
    }
    world: dict[str, Json] = {
        "now": f"{date.today().isoformat()} 10:00",  # noqa: DTZ011  # a local day
        "timezone": "UTC",
        "pii": "unreviewed",
    }
    texts = {
        f"evals/{name}.yaml": header + _eval_text(about, _graders(moved)),
        **prompts,
        f"datasets/{name}/_world.yaml": yaml_text(world),
    }
    taken: set[str] = set()
    for number, case in enumerate(moved.cases, 1):
        stem = _slug(case.title) or f"test-{number}"
        stem = stem if stem not in taken else f"{stem}-{number}"
        taken.add(stem)
        texts[f"datasets/{name}/{stem}.yaml"] = _case_text(case, moved.prompts)
    return texts


def _segments(moved: Moved) -> list[str]:
    """The attributes that every case has: by others nothing can be compared."""
    having = [set(case.segments) for case in moved.cases if case.expect]
    return sorted(set.intersection(*having)) if having else []


def _prompt_texts(moved: Moved, name: str) -> dict[str, str]:
    """Each prompt as a file, or with the providers' parameters as a folder."""
    texts: dict[str, str] = {}
    for number, prompt in enumerate(moved.prompts, 1):
        stem = f"prompts/{name}/v{number}"
        if moved.parameters:
            texts[f"{stem}/prompt.md"] = prompt.text
            texts[f"{stem}/params.yaml"] = yaml_text(moved.parameters)
        else:
            texts[f"{stem}.md"] = prompt.text
    return texts or {f"prompts/{name}/v1.md": "Answer the customer.\n"}


def _graders(moved: Moved) -> str:
    lines = [
        "graders:",
        "  - numbers_grounded: {blocking: false}   # the cases do not say yet which facts may be stated",
    ]
    if moved.shared:
        lines.append("  - promptfoo:")
        lines += [f"      - {_flow(one)}" for one in moved.shared]
    return "\n".join(lines) + "\n"


def _flow(value: Json) -> str:
    """A value in YAML's flow style."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key, flow=True)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return scalar(value, flow=True)


def _case_text(case: MovedCase, prompts: Sequence[MovedPrompt]) -> str:
    prompt = prompts[0] if prompts else None
    said = _said(case.values, prompt)
    data: dict[str, Json] = {"title": case.title} if case.title else {}
    if case.segments:
        data["segments"] = dict(case.segments)
    if case.values:
        data["config"] = dict(case.values)
    data["caller"] = said
    if case.expect:
        data["expect"] = dict(case.expect)
    else:
        data |= {
            "status": "draft",
            "note": "Nothing is expected yet: say what under `expect`, then take `status` away.",
        }
    return yaml_text(data)


def _said(values: Mapping[str, str], prompt: MovedPrompt | None) -> str:
    """The customer's words: the chat's user message, the variable that holds them, else all values."""
    if prompt is not None and prompt.user:
        text = re.sub(r"\{\{-?\s*(\w+)\s*-?\}\}", lambda found: values.get(found[1], ""), prompt.user)
        return text.strip() or "(nothing)"
    if prompt is not None and values.get(prompt.spoken, "").strip():
        return values[prompt.spoken]
    return "\n".join(value for value in values.values() if value.strip()) or "(nothing)"


def _receipt(moved: Moved, files: Sequence[str], name: str) -> str:
    """How many assertions went which way, each part that was left with its place, and the next steps."""
    lost = sorted((one for one in moved.left if one.assertion), key=lambda one: one.place)
    total = moved.native + moved.through + len(lost)
    where = f": {', '.join(f'{one.place.file}:{one.place.line}' for one in lost)}" if lost else ""
    drafts = sum(not case.expect for case in moved.cases)
    lines = [
        f"wrote evals/{name}.yaml, {len(moved.prompts)} prompts, {len(moved.cases)} cases ({len(files)} files)",
        f"{total} asserts: {moved.native} native, {moved.through} through promptfoo, {len(lost)} not moved{where}",
        *(f"  {one.place}: {one.why}" for one in sorted(moved.left, key=lambda one: one.place)),
    ]
    some = sorted({name for case in moved.cases for name in case.segments} - set(_segments(moved)))
    if some:
        lines.append(f"not every test has {', '.join(some)}: not compared by it until each says it under `segments`")
    if drafts:
        lines.append(f"{drafts} cases expect nothing yet and are drafts")
    if not moved.models:
        lines.append(f"no provider could be moved: the eval runs on {_FALLBACK}, which is simulated; name your model")
    if len(moved.prompts) > 2:
        middle = ", ".join(f"v{n}" for n in range(2, len(moved.prompts)))
        lines.append(f"v1 is the baseline, v{len(moved.prompts)} the candidate; {middle} stand beside them")
    if len(moved.prompts) == 1:
        lines.append("there is one prompt: baseline and candidate are the same until you change one of them")
    lines += [
        f"next: read datasets/{name} and say `pii: none` or `synthetic` in its _world.yaml; then callgate validate",
        f"      callgate plan {name}; callgate eval {name}",
    ]
    return "\n".join(lines) + "\n"
