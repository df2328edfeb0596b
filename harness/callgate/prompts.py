"""A path, a folder or git's `REF:path` -> a Prompt; `render` puts a case's values into it in one pass.

A prompt is Markdown with `{{name}}` and `{{config.hours}}`, or a folder with `prompt.md`, `tools.yaml`, `params.yaml`.
`prompt.dealer=riverbend.md` in the folder is an overlay: it follows the text in the cases of that segment alone.
There is no template engine: a value is never read again, and an unknown name is a mistake with its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath

from callgate.concepts import MODEL_PARAMETERS, Case, Json, Mistake, Place, Problem, Prompt, Tool, digest
from callgate.files import (
    Document,
    did_you_mean,
    files_at,
    mistake,
    parse_yaml,
    project_path,
    read_text,
)

TEXT, TOOLS, PARAMETERS = "prompt.md", "tools.yaml", "params.yaml"
_OVERLAY = re.compile(r"prompt\.([a-z][a-z0-9_]*=[^=,*\s/][^=,*/]*)\.md\Z")
_SUFFIXES = (".md", ".txt", ".markdown")
_VARIABLE = re.compile(r"\{\{([^{}\n]*)\}\}")
_NO_PARAMETER = re.compile(
    r"(?:key|token|secret|password|base|url|endpoint|headers?|model|messages|tools|stream|mock_response)\Z",
    re.IGNORECASE,
)
_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def load_prompt(source: str, root: Path, place: Place | None = None) -> Prompt:
    """The prompt that `source` names: `prompts/receptionist/v3`, `receptionist/v3`, a file, or `REF:` and one of these.

    `place` is where the source is written, for the message where there is no such prompt.
    """
    reference, colon, path = source.rpartition(":")
    last = PurePosixPath(path).name
    if colon:
        where, texts = _at_reference(reference, path, root, place)
        name = f"{reference}:{last.removesuffix('.md')}"
    else:
        where, texts = _on_disk(path, root, place)
        name = last.removesuffix(".md")
    return _prompt(name, where, texts)


def render(prompt: Prompt, case: Case) -> str:
    """The system prompt of a case: every `{{name}}` replaced once, values never read again."""
    values = variables(case)
    problems: list[Problem] = []

    def value(found: re.Match[str], file: str = "") -> str:
        name = found[1].strip()
        try:
            return readable(_looked_up(values, name))
        except KeyError:
            known = sorted(_names(values))
            hint = did_you_mean(name, known)
            message = f"unknown name {{{{{name}}}}} for case {case.id}{hint}"
            problems.append(Problem(_place_in(prompt, found.string, found.start(), file), message))
            return ""

    parts = [_VARIABLE.sub(value, prompt.text)]
    for segment, overlay in applying(prompt, case):
        file = f"prompt.{segment}.md"
        parts.append(_VARIABLE.sub(lambda found, file=file: value(found, file), overlay))  # type: ignore[misc]
    text = "\n".join(parts)
    if problems:
        raise Mistake(problems)
    return text


def applying(prompt: Prompt, case: Case) -> list[tuple[str, str]]:
    """The overlays that hold in a case, with their segments."""
    own = {f"{name}={value}" for name, value in case.segments.items()}
    return [(segment, text) for segment, text in sorted(prompt.overlays.items()) if segment in own]


def variables(case: Case) -> Mapping[str, Json]:
    """What a prompt may name: `config` (also its parts, `config.hours.sat`), `now`, `weekday`, `timezone`, `caller`,
    `facts`."""
    now = datetime.fromisoformat(case.now)
    return {
        "config": case.config,
        "now": now.strftime("%Y-%m-%d %H:%M"),
        "weekday": _WEEKDAYS[now.weekday()],
        "timezone": case.timezone,
        "caller": _caller(case.caller),
        "facts": "\n".join(f"- {fact.text}" for fact in case.facts.values()),
    }


def names_in(prompt: Prompt) -> frozenset[str]:
    """The names that the prompt's text asks for."""
    return frozenset(found.strip() for found in _VARIABLE.findall(prompt.texts))


def readable(value: Json) -> str:
    """A value as a person would write it: lists with commas, mappings as "key: value", true as yes."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {readable(inner)}" for key, inner in value.items())
    if isinstance(value, Sequence):
        return ", ".join(readable(inner) for inner in value)
    return str(value)


def load_tools(document: Document) -> tuple[Tool, ...]:
    """The tools of a `tools.yaml`: a list of {name, description, parameters}. Their schemas: `schema_problems`."""
    problems: list[Problem] = []
    tools: list[Tool] = []
    written = document.value if document.value is not None else []
    if not isinstance(written, Sequence) or isinstance(written, str):
        raise mistake(document.place(), "must be a list of tools, each with name, description and parameters")
    for index, entry in enumerate(written):
        if not isinstance(entry, Mapping):
            problems.append(Problem(document.place(index), "a tool is a mapping of name, description, parameters"))
            continue
        name, text = entry.get("name"), entry.get("description", "")
        parameters = entry.get("parameters", {"type": "object", "properties": {}})
        said = _tool_problems(entry, {tool.name for tool in tools})
        problems.extend(Problem(document.place(index, *keys), message) for keys, message in said)
        if isinstance(name, str) and isinstance(text, str) and isinstance(parameters, Mapping):
            tools.append(Tool(name, text.strip(), parameters))
    if problems:
        raise Mistake(sorted(problems))
    return tuple(tools)


def schema_problems(prompt: Prompt) -> list[Problem]:
    """The tools whose `parameters` are no JSON Schema (2020-12); what `validate` checks beyond loading."""
    from jsonschema import Draft202012Validator, SchemaError

    problems = []
    for tool in prompt.tools:
        try:
            Draft202012Validator.check_schema(tool.parameters)
        except SchemaError as error:
            where = "/".join(map(str, error.absolute_path))
            message = f"tool {tool.name}: parameters{'/' + where if where else ''} is no JSON Schema: {error.message}"
            problems.append(Problem(Place(f"{prompt.source}/{TOOLS}"), message))
    return problems


# ---------------------------------------------------------------------------------------------- finding the texts


def _on_disk(path: str, root: Path, place: Place | None) -> tuple[str, Mapping[str, str]]:
    """Where the prompt stands (relative to the root) and its texts by file name; "" is a prompt of one file."""
    for start in _candidates(path):
        found = project_path(root, start, place)
        if start.endswith(_SUFFIXES) and found.is_file():
            return start, {"": read_text(found, start)}
        if (found / TEXT).is_file():
            if project_path(root, f"{start}.md", place).is_file():
                raise mistake(place, f"{path!r} names both {start}.md and the folder {start}/; take one of them away")
            overlays = sorted(path.name for path in found.glob("prompt.*.md"))
            names = [name for name in (TEXT, TOOLS, PARAMETERS, *overlays) if (found / name).exists()]
            paths = {name: project_path(root, f"{start}/{name}", place) for name in names}
            return start, {name: read_text(inner, f"{start}/{name}") for name, inner in paths.items()}
    raise mistake(place, f"there is no prompt {path!r}{_nearby(path, root)}")


def _at_reference(reference: str, path: str, root: Path, place: Place | None) -> tuple[str, Mapping[str, str]]:
    refused: Mistake | None = None
    for start in _candidates(path):
        source = f"{reference}:{start}"
        try:
            texts = files_at(source, root, place)
        except Mistake as error:
            refused = refused or error
            continue
        if "" in texts or TEXT in texts:
            return source, texts
    raise refused or mistake(place, f"{reference}:{path} holds no {TEXT}")


def _candidates(path: str) -> list[str]:
    clean = PurePosixPath(path).as_posix()
    starts = [clean] if clean.startswith("prompts/") else [clean, f"prompts/{clean}"]
    return [way for start in starts for way in (start, *([] if start.endswith(_SUFFIXES) else [f"{start}.md"]))]


def _nearby(path: str, root: Path) -> str:
    folder = root / "prompts"
    known = {found.relative_to(folder).parent.as_posix() for found in folder.glob(f"**/{TEXT}")}
    known |= {found.relative_to(folder).as_posix() for found in folder.glob("**/*.md") if found.name != TEXT}
    return did_you_mean(path.removeprefix("prompts/"), known)


def _prompt(name: str, where: str, texts: Mapping[str, str]) -> Prompt:
    text = texts.get("", texts.get(TEXT, ""))
    tools = load_tools(parse_yaml(texts[TOOLS], f"{where}/{TOOLS}")) if TOOLS in texts else ()
    parameters: Mapping[str, Json] = {}
    if PARAMETERS in texts:
        document = parse_yaml(texts[PARAMETERS], f"{where}/{PARAMETERS}")
        parameters = _parameters(document)
    if not text.strip():
        raise mistake(Place(where if "" in texts else f"{where}/{TEXT}"), "the prompt is empty")
    overlays = _overlays(where, texts)
    content: dict[str, Json] = {"text": text, "tools": [tool.wire() for tool in tools], "parameters": parameters}
    content |= {"overlays": overlays} if overlays else {}
    return Prompt(name, where, text, tools, parameters, digest(content), overlays)


def _overlays(where: str, texts: Mapping[str, str]) -> dict[str, str]:
    """The overlays of a prompt by segment. Raises Mistake for a file that looks like one and names no segment."""
    found: dict[str, str] = {}
    for name, text in sorted(texts.items()):
        if not name.startswith("prompt.") or name == TEXT or not name.endswith(".md"):
            continue
        named = _OVERLAY.match(name)
        if named is None:
            message = "an overlay is called prompt.NAME=VALUE.md after a segment, such as prompt.dealer=riverbend.md"
            raise mistake(Place(f"{where}/{name}"), message)
        if not text.strip():
            raise mistake(Place(f"{where}/{name}"), "the overlay is empty")
        found[named[1]] = text
    return found


def _parameters(document: Document) -> Mapping[str, Json]:
    if document.value is None:
        return {}
    if not isinstance(document.value, Mapping):
        raise mistake(document.place(), "must be a mapping of model parameters, such as temperature: 0.7")
    refused = [key for key in document.value if _NO_PARAMETER.search(key)]
    if refused:
        message = "keys, addresses and headers come from the environment, never from a prompt's parameters"
        raise Mistake([Problem(document.place(key), message) for key in refused])
    strange = [key for key in document.value if key not in MODEL_PARAMETERS]
    if strange:
        raise Mistake(
            [
                Problem(document.place(key), f"{key!r} is no parameter of a model{did_you_mean(key, MODEL_PARAMETERS)}")
                for key in strange
            ]
        )
    return document.value


def _tool_problems(entry: Mapping[str, Json], taken: set[str]) -> list[tuple[tuple[str, ...], str]]:
    known = ("name", "description", "parameters")
    said: list[tuple[tuple[str, ...], str]]
    said = [((key,), f"unknown key {key!r}{did_you_mean(key, known)}") for key in entry if key not in known]
    name = entry.get("name")
    if not isinstance(name, str) or not _TOOL_NAME.match(name):
        said.append((("name",), "a tool's name is 1 to 64 letters, digits, '_' or '-'"))
    elif name in taken:
        said.append((("name",), f"tool {name!r} stands twice"))
    if not isinstance(entry.get("description", ""), str):
        said.append((("description",), "must be a text"))
    parameters = entry.get("parameters", {})
    if not isinstance(parameters, Mapping) or ("parameters" in entry and parameters.get("type") != "object"):
        said.append((("parameters",), "must be a JSON Schema of type object"))
    return said


# ---------------------------------------------------------------------------------------------- names and values


def _looked_up(values: Mapping[str, Json], name: str) -> Json:
    """The value of a dotted name. Raises KeyError; the whole of `config` has no readable form, only its parts."""
    value: Json = values
    for part in name.split("."):
        if not isinstance(value, Mapping):
            raise KeyError(name)
        value = value[part]
    if name == "config":
        raise KeyError(name)
    return value


def _names(values: Mapping[str, Json], prefix: str = "") -> list[str]:
    names = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            names.extend(_names(value, f"{prefix}{key}."))
        if prefix or key != "config":
            names.append(f"{prefix}{key}")
    return names


def _caller(caller: Mapping[str, Json]) -> str:
    """What is known of the caller: "telephone +13125550142; name Dana Whitfield; vehicle 2021 RAV4", or "nothing"."""
    said = {"phone": "telephone"}
    return "; ".join(f"{said.get(key, key)} {readable(value)}" for key, value in caller.items()) or "nothing"


def _place_in(prompt: Prompt, text: str, offset: int, overlay: str = "") -> Place:
    single = prompt.source.endswith(_SUFFIXES)
    before = text[:offset]
    file = prompt.source if single else f"{prompt.source}/{overlay or TEXT}"
    return Place(file, before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)
