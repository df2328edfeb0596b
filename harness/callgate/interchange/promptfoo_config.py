"""A team's promptfoo config -> what of it can be moved here, and a line for each part that cannot.

Prompts, tests and assertions that need no model are moved; an assertion keeps its meaning or is not moved. Nothing of a
config is run: scripts, templates with logic and files outside its folder are left, with their places. What the parts of
a config mean is told by promptfoo's own guide (promptfoo.dev/docs, read for 0.123).
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from callgate.concepts import MODEL_PARAMETERS, Json, Mistake, Place, Problem
from callgate.files import Document, mistake, parse_yaml, read_text
from callgate.interchange.foreign import expanded
from callgate.interchange.promptfoo_asserts import Assertion, assertions, expected_column

_VARIABLE = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*\Z")
_LOGIC = re.compile(r"\{%.*?%\}", re.DOTALL)
_LAST = re.compile(r"(?:\A|\n)[ \t]*(?:[\w ]{1,30}:)?[ \t]*\{\{-?\s*(\w+)\s*-?\}\}\s*\Z")
_SPOKEN = (
    "message", "question", "query", "input", "user_input", "user_message", "user", "text", "ticket", "email", "request",
    "prompt", "content", "body", "utterance",
)  # fmt: skip
"""Names that a variable with the customer's own words usually has, the likeliest first."""
_PROVIDERS: Mapping[str, str] = {
    "anthropic": "anthropic",
    "azure": "azure",
    "azureopenai": "azure",
    "bedrock": "bedrock",
    "cohere": "cohere",
    "deepseek": "deepseek",
    "google": "gemini",
    "groq": "groq",
    "mistral": "mistral",
    "ollama": "ollama_chat",
    "openai": "openai",
    "openrouter": "openrouter",
    "togetherai": "together_ai",
    "vertex": "vertex_ai",
    "xai": "xai",
}
_MODES = ("chat", "messages", "completion", "responses")
_KNOWN = frozenset({"description", "prompts", "providers", "targets", "tests", "defaultTest"})
_SILENT = frozenset({"$schema", "evaluateOptions", "outputPath", "sharing", "commandLineOptions", "metadata", "tags"})
_NAMED_ELSEWHERE = ("x-", "assertionTemplates")
"""With these begin keys whose parts are only named by others."""
_COLUMNS = re.compile(r"__(expected\d*|description|metadata:(.+)|prefix|suffix|metric|threshold)\Z")
MOST_CASES = 5_000


@dataclass(frozen=True, slots=True)
class Left:
    """A part that was not moved: where it stands, and why."""

    place: Place
    why: str
    assertion: bool = False


@dataclass(frozen=True, slots=True)
class MovedPrompt:
    """A prompt's text with `{{config.NAME}}` for variables, and the variable that holds the customer's words ("")."""

    label: str
    text: str
    spoken: str
    user: str = ""  # of a chat: the template of the customer's message
    place: Place = field(default=Place(""), compare=False)


@dataclass(frozen=True, slots=True)
class MovedCase:
    """A test: its values by variable, what is expected (the keys of `expect`), its segments."""

    title: str
    values: Mapping[str, str]
    expect: Mapping[str, Json]
    segments: Mapping[str, str]
    place: Place


@dataclass(slots=True)
class Moved:
    """All of a config that could be moved, and the receipt: how many assertions went which way, and what is left."""

    description: str = ""
    prompts: list[MovedPrompt] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    parameters: dict[str, Json] = field(default_factory=dict)
    cases: list[MovedCase] = field(default_factory=list)
    shared: list[Mapping[str, Json]] = field(default_factory=list)
    native: int = 0
    through: int = 0
    left: list[Left] = field(default_factory=list)

    def leave(self, place: Place, why: str, *, assertion: bool = False) -> None:
        self.left.append(Left(place, why, assertion))


def read_config(path: Path) -> Moved:
    """What can be moved. Raises Mistake for a file that is none: not YAML or JSON, or without tests and prompts."""
    if path.suffix not in {".yaml", ".yml", ".json"}:
        raise Mistake(f"{path}: a config in YAML or JSON is read; promptfoo itself runs one that is a program")
    document = parse_yaml(_plain(read_text(path), path.name), str(path), expand=expanded)
    whole = document.value
    if not isinstance(whole, Mapping) or not {"tests", "prompts"} & set(whole):
        raise mistake(document.place(), "is no promptfoo config: it has neither prompts nor tests")
    moved = Moved(description=str(whole.get("description") or ""))
    for key in whole:
        if key not in _KNOWN | _SILENT and not key.startswith(_NAMED_ELSEWHERE):
            moved.leave(document.place(key), f"{key} has no counterpart here")
    _prompts(whole.get("prompts"), document, path.parent, moved)
    key = "providers" if "providers" in whole else "targets"
    _providers(whole.get(key), document, key, moved)
    _tests(whole, document, path.parent, moved)
    if not moved.cases and not moved.prompts:
        raise Mistake([Problem(one.place, one.why) for one in moved.left] or [Problem(document.place(), "is empty")])
    return moved


# ---------------------------------------------------------------------------------------------- prompts and providers


def _listed(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]


def _prompts(written: Json, document: Document, folder: Path, moved: Moved) -> None:
    for index, entry in enumerate(_listed(written)):
        place = document.place("prompts", index)
        about = _mapping(entry)
        label = str(about.get("label") or "")
        source = about.get("raw") or about.get("id") if about else entry
        if not isinstance(source, str) or not source.strip():
            moved.leave(place, "a prompt is a text or a file")
            continue
        text: str | None = source
        if source.startswith("file://") or ("\n" not in source and source.endswith((".txt", ".md", ".json"))):
            label = label or PurePosixPath(source).stem
            text = _file(folder, source, place, moved)
        for part in [] if text is None else _parts(text, source):
            prompt = _prompt(part, label or f"prompt {index + 1}", place, moved)
            if prompt:
                moved.prompts.append(prompt)


def _parts(text: str, name: str) -> list[str]:
    """A text file may hold several prompts between lines of three dashes."""
    if name.endswith(".txt"):
        return [part for part in re.split(r"(?m)^---\s*$", text) if part.strip()]
    return [text]


def _prompt(text: str, label: str, place: Place, moved: Moved) -> MovedPrompt | None:
    logic = _LOGIC.search(text) or next((m for m in _VARIABLE.finditer(text) if not _NAME.match(m[1])), None)
    if logic:
        moved.leave(place, f"{logic.group()[:60]}: templates here name values and have no logic")
        return None
    roles = [str(turn.get("role")) for turn in _turns(text)]
    if set(roles) - {"system", "user"} or roles.count("user") > 1:
        moved.leave(place, "holds turns of an example conversation: write them into the prompt's text")
        return None
    system, user = _chat(text)
    names = _VARIABLE.findall(user or text)
    spoken = next((name for name in _SPOKEN if name in names), names[-1] if len(set(names)) == 1 else "")
    if not user:
        last = _LAST.search(text)
        if last and (not spoken or last[1] == spoken):
            system, spoken = text[: last.start()].rstrip() + "\n", last[1]
    return MovedPrompt(label, _named(system or text), spoken, user, place)


def _named(text: str) -> str:
    return _VARIABLE.sub(lambda found: f"{{{{config.{found[1]}}}}}", text).strip() + "\n"


def _chat(text: str) -> tuple[str, str]:
    """The system text and the user's message of a prompt that is a chat in JSON; ("", "") where it is none."""
    turns = _turns(text)
    if not turns:
        return "", ""
    said = {
        role: "\n\n".join(str(turn.get("content")) for turn in turns if turn.get("role") == role)
        for role in ("system", "user")
    }
    return said["system"] or "Answer the customer.", said["user"]


def _turns(text: str) -> list[Mapping[str, Json]]:
    """The turns of a prompt that is a chat in JSON; none where it is another text."""
    if not text.lstrip().startswith("["):
        return []
    try:
        turns = json.loads(text)
    except ValueError:
        return []
    return [turn for turn in turns if isinstance(turn, dict)]


def _providers(written: Json, document: Document, key: str, moved: Moved) -> None:
    for index, entry in enumerate(_listed(written)):
        place = document.place(key, index)
        provider, config = _provider(entry)
        model = _model(provider)
        if model is None:
            moved.leave(
                place, f"{provider or 'it'} is no model that has a name here; a program is `models: [{{command: ...}}]`"
            )
            continue
        if model not in moved.models:
            moved.models.append(model)
        for name, value in config.items():
            if name in MODEL_PARAMETERS:
                if moved.parameters.setdefault(name, value) != value:
                    moved.leave(place, f"{name}: {value} differs from another provider's; parameters are the prompt's")
            else:
                moved.leave(place, f"config.{name}: keys, addresses and the like come from the environment or the eval")


def _provider(entry: Json) -> tuple[str, Mapping[str, Json]]:
    """The provider's name and config: a text, `{id: ..., config: ...}`, or `{NAME: {config: ...}}`."""
    about = _mapping(entry)
    if "id" in about:
        return str(about["id"]), _mapping(about.get("config"))
    if len(about) == 1:
        name, inner = next(iter(about.items()))
        return name, _mapping(_mapping(inner).get("config"))
    return (entry if isinstance(entry, str) else ""), {}


def _model(name: str) -> str | None:
    """The model as litellm names it."""
    vendor, _, rest = name.partition(":")
    mode, _, model = rest.partition(":")
    if vendor == "litellm":
        return rest or None
    if vendor not in _PROVIDERS or not rest:
        return None
    return f"{_PROVIDERS[vendor]}/{model if mode in _MODES and model else rest}"


# ---------------------------------------------------------------------------------------------- tests


def _tests(whole: Mapping[str, Json], document: Document, folder: Path, moved: Moved) -> None:
    default = whole.get("defaultTest")
    if isinstance(default, str):
        moved.leave(document.place("defaultTest"), f"{default}: write the default test into the config")
    base = default if isinstance(default, Mapping) else {}
    common = assertions(base.get("assert"), document, ("defaultTest", "assert"))
    moved.shared += [one.written for one in common if one.way == "promptfoo"]
    for one in common:
        _count(one, moved)
    for key in base:
        if key not in {"vars", "assert", "metadata", "description"}:
            moved.leave(document.place("defaultTest", key), f"{key} of a test has no counterpart here")
    everywhere = {key: base.get(key) for key in ("vars", "metadata", "options", "threshold")}
    native = [one for one in common if one.way == "native"]
    for found in _written_tests(whole.get("tests"), document, folder, moved):
        _test(found, everywhere, native, moved)
    if len(moved.cases) > MOST_CASES:
        raise mistake(document.place("tests"), f"makes {len(moved.cases):,} cases; at most {MOST_CASES:,} are moved")


Where = tuple[str | int, ...]
_Test = tuple[Mapping[str, Json], Document, Where]
"""A test with the document and the path at which it stands."""


def _written_tests(written: Json, document: Document, folder: Path, moved: Moved) -> Iterator[_Test]:
    for index, one in enumerate(_listed(written)):
        where: Where = ("tests", index) if isinstance(written, list | tuple) else ("tests",)
        if isinstance(one, str):
            yield from _tests_of_file(one, document.place(*where), folder, moved)
        elif isinstance(one, Mapping) and "path" not in one:
            yield one, document, where
        else:
            moved.leave(document.place(*where), "a test is a mapping with vars and assert, or a file of such")


def _tests_of_file(name: str, place: Place, folder: Path, moved: Moved) -> Iterator[_Test]:
    suffix = PurePosixPath(name).suffix
    if suffix not in {".yaml", ".yml", ".json", ".jsonl", ".csv"} or "*" in name:
        moved.leave(place, f"{name}: tests are read from one file of YAML, JSON, JSONL or CSV")
        return
    text = _file(folder, name, place, moved)
    if text is None:
        return
    shown = str(folder / name.removeprefix("file://"))
    if suffix == ".csv":
        for line, row in _rows_of_csv(text):
            yield row, _standing_at(line, json.dumps(row), shown), ()
        return
    if suffix == ".jsonl":
        for line, part in enumerate(text.split("\n"), 1):
            if part.strip():
                document = _standing_at(line, _plain(part, shown), shown)
                yield from ((one, document, ()) for one in [document.value] if isinstance(one, Mapping))
        return
    document = parse_yaml(_plain(text, shown), shown, expand=expanded)
    for index, one in enumerate(_listed(document.value)):
        if isinstance(one, Mapping):
            yield one, document, (index,) if isinstance(document.value, list | tuple) else ()


_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)


def _plain(text: str, name: str) -> str:
    """A text of JSON as YAML reads it too: a character that JSON may write as two halves stands for itself."""
    if not name.endswith((".json", ".jsonl")):
        return text
    whole = _PAIR.sub(lambda m: m[1] + json.loads(f'"\\u{m[2]}\\u{m[3]}"'), text)
    return re.sub("[\x85\u2028\u2029]", lambda odd: f"\\u{ord(odd.group()):04x}", whole)


def _standing_at(line: int, text: str, name: str) -> Document:
    """A line of a file as a document whose places name that line."""
    return parse_yaml("\n" * (line - 1) + text, name)


def _rows_of_csv(text: str) -> Iterator[tuple[int, Mapping[str, Json]]]:
    """The line and the test of each row: columns that begin with two underscores say what is expected of it."""
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    for row in reader:
        values = {name.strip(): value or "" for name, value in row.items() if isinstance(name, str)}
        wanted = [expected_column(v) for n, v in values.items() if n.startswith("__expected") and v.strip()]
        about = {name.removeprefix("__metadata:"): v for name, v in values.items() if name.startswith("__metadata:")}
        said = {name: value for name, value in values.items() if not _COLUMNS.match(name)}
        title = values.get("__description", "")
        yield reader.line_num, {"description": title, "vars": said, "assert": wanted, "metadata": about}


def _test(found: _Test, base: Mapping[str, Json], common: Sequence[Assertion], moved: Moved) -> None:
    test, document, path = found
    for key in test:
        if key not in {"description", "vars", "assert", "metadata"}:
            moved.leave(document.place(*path, key), f"{key} of a test has no counterpart here")
    own = assertions(test.get("assert"), document, (*path, "assert"))
    for one in own:
        _count(one, moved, alone=True)
    values = {**_mapping(base.get("vars")), **_mapping(test.get("vars"))}
    strange = next((name for name, value in values.items() if _unclear(str(value))), None)
    if strange is not None:
        why = f"{strange} is a file or a template; write out what it becomes: its test is not moved"
        moved.leave(document.place(*path, "vars", strange), why)
        return
    about = {**_mapping(base.get("metadata")), **_mapping(test.get("metadata"))}
    segments = {n: str(v) for n, v in about.items() if re.match(r"[a-z][a-z0-9_]*\Z", n) and _is_segment(v)}
    native = [*common, *(one for one in own if one.way == "native")]
    softened = _softened(base) or _softened(test)
    if softened:
        for one in native:
            moved.native -= one in own
            moved.leave(one.place, f"{one.kind}: {softened}", assertion=one in own)
        native = []
    without = [one for one in native if one.expect(dict.fromkeys(values, "")) is None]
    for one in without:
        moved.native -= one in own
        moved.leave(one.place, "names a value that the test does not have", assertion=one in own)
    kept = [one for one in native if one not in without]
    title = str(test.get("description") or "")
    for said in _fanned(values):
        moved.cases.append(MovedCase(title, said, _expect(kept, said), segments, document.place(*path)))


def _softened(test: Mapping[str, Json]) -> str:
    """What of a test changes what its assertions say; "" where nothing does."""
    if {"transform", "postprocess"} & set(_mapping(test.get("options"))):
        return "its test transforms the reply before it looks; here graders see it as it was given"
    if test.get("threshold") not in {None, 1}:
        return "its test passes at a threshold, and every expectation counts here"
    return ""


def _unclear(value: str) -> bool:
    return value.startswith("file://") or bool(_VARIABLE.search(value) or _LOGIC.search(value))


def _count(one: Assertion, moved: Moved, *, alone: bool = False) -> None:
    """Books an assertion: native, through promptfoo where it is every test's, else left."""
    if one.way == "native":
        moved.native += 1
    elif one.way == "promptfoo" and not alone:
        moved.through += 1
    else:
        only = "goes through promptfoo, which here grades every case: put it into defaultTest, or leave it out"
        why = one.why if one.way == "left" else "; ".join(filter(None, (one.why, only)))
        moved.leave(one.place, f"{one.kind} {why}", assertion=True)


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _is_segment(value: Json) -> bool:
    return isinstance(value, str | int) and re.match(r"[^=,*\s][^=,*\n]{0,60}\Z", str(value)) is not None


def _fanned(values: Mapping[str, Json]) -> Iterator[dict[str, str]]:
    """A list of values is a test for each of them."""
    names = list(values)
    ways: Iterable[tuple[Json, ...]] = itertools.product(*(_listed(values[n]) or [""] for n in names))
    for way in itertools.islice(ways, MOST_CASES + 1):
        yield {n: value if isinstance(value, str) else json.dumps(value) for n, value in zip(names, way, strict=True)}


def _expect(native: Sequence[Assertion], values: Mapping[str, str]) -> dict[str, Json]:
    """The `expect` of a case: all that its assertions say, together."""
    expect: dict[str, Json] = {}
    for one in native:
        for key, value in (one.expect(values) or {}).items():
            before = expect.get(key)
            if isinstance(before, list) and isinstance(value, list):
                expect[key] = [*before, *(item for item in value if item not in before)]
            elif isinstance(before, int) and isinstance(value, int):
                expect[key] = min(before, value)
            else:
                expect[key] = value
    return expect


def _file(folder: Path, name: str, place: Place, moved: Moved) -> str | None:
    """The text of a file beside the config; one outside its folder, or a program, is left."""
    plain = name.removeprefix("file://")
    path = folder / plain
    if PurePosixPath(plain).suffix in {".js", ".cjs", ".mjs", ".ts", ".py", ".sh"} or ":" in plain:
        moved.leave(place, f"{plain} is a program; what makes prompts in code is `models: [{{command: ...}}]` here")
        return None
    if not path.resolve().is_relative_to(folder.resolve()):
        moved.leave(place, f"{plain} is outside the config's folder")
        return None
    if not path.is_file():
        moved.leave(place, f"{plain}: there is no such file; name each file by itself")
        return None
    return read_text(path)
