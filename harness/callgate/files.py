"""Files of the project -> plain data whose places are known, and nothing that stands outside the project.

YAML is read as YAML 1.2 with JSON's types: `no`, `14:00`, `2026-03-10` and `+13125550142` stay what they look like.
Aliases, anchors, tags, duplicate keys, more than 1 MiB, nesting over 20 levels and anything but UTF-8 are mistakes.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import yaml
from yaml._yaml import CParser

from callgate.concepts import Json, Mistake, Place, Problem

MAX_BYTES = 1 << 20
MAX_DEPTH = 20
_SAFE_INTEGER_DIGITS = 16

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_SURROGATE = re.compile("[\ud800-\udfff]")
_MAYBE_FORBIDDEN = re.compile(r"(?:\A|[\s\[\]{},:?-])[&*!]")


class _Parser(CParser):
    """libyaml's composer with no opinion about types (`_scalar` has it) and a limit to its recursion."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0

    def resolve(self, _kind: type, _value: str | None, _implicit: object) -> str:
        return ""

    def descend_resolver(self, parent: yaml.Node | None, _index: object) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH + 1 and parent is not None:  # a scalar may stand inside the deepest mapping
            problem = f"nested deeper than {MAX_DEPTH} levels"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=parent.start_mark)

    def ascend_resolver(self) -> None:
        self.depth -= 1


@dataclass(frozen=True, slots=True)
class Document:
    """A file's content as plain data; `place` finds where a part of it stands, `place()` where the content begins.

    `_where` finds it where the content is no YAML: a line of JSON, a row of a table."""

    name: str
    value: Json
    _root: yaml.Node | None = field(default=None, compare=False, repr=False)
    _where: Callable[[Sequence[str | int]], Place] | None = field(default=None, compare=False, repr=False)

    def place(self, *keys: str | int) -> Place:
        """Where the nested key or item stands; where there is none, its nearest parent that exists."""
        if self._where is not None:
            return self._where(keys)
        node = mark_of = self._root
        for key in keys:
            found = child_of(node, key)
            if found is None:
                break
            mark_of, node = found
        return place_of(self.name, mark_of)


def read_yaml(path: Path, name: str | None = None) -> Document:
    """The YAML file as a Document that is called `name` in messages (default: the path)."""
    return parse_yaml(read_text(path, name), name or str(path))


def parse_yaml(text: str, name: str, *, expand: Callable[[yaml.Node, str], yaml.Node] | None = None) -> Document:
    """Like `read_yaml` for a text that came from elsewhere. With `expand` (tree of nodes and name -> tree) anchors and
    aliases may stand in it, and it is read as what that makes of it."""
    if len(text) > MAX_BYTES:
        raise _mistake(Place(name), f"{len(text):,} characters; at most {MAX_BYTES:,} are read")
    surrogate = _SURROGATE.search(text)
    if surrogate is not None:
        before = text[: surrogate.start()]
        place = Place(name, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise _mistake(place, "half a surrogate pair, which is no character")
    if _MAYBE_FORBIDDEN.search(text):
        _refuse_forbidden(text, name, anchors=expand is not None)
    try:
        parser = _Parser(text)
        root = parser.get_single_node()
    except yaml.YAMLError as error:
        raise _mistake(*_syntax(error, name)) from None
    if root is None:
        return Document(name, None)
    root = expand(root, name) if expand else root
    problems: list[Problem] = []
    value = _data(root, name, problems)
    if problems:
        raise Mistake(sorted(problems))
    return Document(name, value, root)


def read_text(path: Path, name: str | None = None) -> str:
    """A regular file of at most 1 MiB as UTF-8 text; CRLF becomes LF. Pipes and devices are not opened."""
    shown = Place(name or str(path))
    return _decoded(_content(path, shown, MAX_BYTES + 1), shown)


def read_lines(path: Path, name: str | None = None) -> list[tuple[int, str]]:
    """The lines of a file of rows, or of a pipe, as long as it may be, each with its number from 1. Only a newline ends
    one, for a row of JSON may hold other separators; blank ones are left out."""
    shown = Place(name or str(path))
    text = _decoded(_content(path, shown, -1, pipes=True), shown, most=None)
    return [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def each_once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """The pairs of a JSON object, as json.loads hands them to a hook. Raises ValueError for a key that stands twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} stands twice in one object")
    return found


def _content(path: Path, shown: Place, most: int, *, pipes: bool = False) -> bytes:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not (pipes and stat.S_ISFIFO(mode)):
            raise _mistake(shown, "not a regular file")
        with path.open("rb") as stream:
            return stream.read(most)
    except OSError as error:
        raise _mistake(shown, f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:  # a NUL in the path
        raise _mistake(shown, f"cannot be read: {error}") from None


def rewrite(path: Path, text: str) -> None:
    """Writes a file that is there anew, in one step and with the rights that it has."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(text, "utf-8")
    part.chmod(path.stat().st_mode & 0o777)
    part.replace(path)


# ---------------------------------------------------------------------------------------------- inside the project


def project_file(root: Path, text: str, place: Place | None = None) -> Path:
    """The regular file that `text` names, relative to `root`, which it may not leave, not even by a symbolic link."""
    path = project_path(root, text, place)
    if not path.is_file():
        raise _mistake(place, f"{text!r} is no file" if path.exists() else f"there is no file {text!r}")
    return path


def project_folder(root: Path, text: str, place: Place | None = None) -> Path:
    """Like `project_file`, for a folder."""
    path = project_path(root, text, place)
    if not path.is_dir():
        raise _mistake(place, f"{text!r} is no folder" if path.exists() else f"there is no folder {text!r}")
    return path


def project_path(root: Path, text: str, place: Place | None = None) -> Path:
    """Where `text` leads inside `root`, whether or not something stands there."""
    parts = PurePosixPath(text).parts
    if not parts or "\0" in text or "\\" in text or text.startswith(("/", "~")) or ".." in parts or "://" in text:
        raise _mistake(place, f"{text!r} must be a path inside the project, relative to its root, without '..'")
    path = root / text
    try:
        inside = path.resolve().is_relative_to(root.resolve())
        path.exists()
    except (OSError, RuntimeError):  # links in a circle, a name too long
        inside = False
    if not inside:
        raise _mistake(place, f"{text!r} leads outside the project")
    return path


def relative_name(path: Path, root: Path) -> str:
    """The path as messages show it: relative to the project where it stands inside."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


# ---------------------------------------------------------------------------------------------- inside git's history


def read_text_at(source: str, root: Path, place: Place | None = None) -> str:
    """The text of git's `REF:path`; the path is relative to `root`."""
    files = files_at(source, root, place)
    if set(files) != {""}:
        raise _mistake(place, f"{source!r} is a folder, not a file")
    return files[""]


def files_at(source: str, root: Path, place: Place | None = None) -> Mapping[str, str]:
    """The text files at git's `REF:path`: by name where it is a folder (its own files only), under "" where a file.

    Blobs are read as committed: no textconv and no filter runs. Symbolic links are left out.
    """
    reference, _, path = source.partition(":")
    project_path(root, path, place)
    if not reference or reference.startswith("-"):
        raise _mistake(place, f"{source!r} must be REF:path, such as main:prompts/receptionist")
    clean = PurePosixPath(path).as_posix()
    listing = _git(root, place, "ls-tree", "-z", reference, "--", clean, f"{clean}/")
    blobs: dict[str, str] = {}
    for entry in filter(None, listing.decode("utf-8", "replace").split("\0")):
        about, _, name = entry.partition("\t")
        mode, kind, blob = about.split()
        if kind == "blob" and mode != "120000":
            blobs["" if name == clean else name.removeprefix(f"{clean}/")] = blob
    if not blobs:
        raise _mistake(place, f"{reference!r} has no {path!r}")
    return {name: _decoded(_git(root, place, "cat-file", "blob", blob), Place(source)) for name, blob in blobs.items()}


def _git(root: Path, place: Place | None, *arguments: str) -> bytes:
    environment = {**os.environ, "GIT_LITERAL_PATHSPECS": "1", "LC_ALL": "C"}
    command = ["git", "-C", str(root), "--no-pager", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, env=environment, check=False)  # noqa: S603  # fixed program, no shell
    except OSError as error:
        raise _mistake(place, f"git could not be run: {error.strerror}") from None
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ").splitlines()
        raise _mistake(place, f"git: {reason[0] if reason else 'failed'}")
    return done.stdout


# ---------------------------------------------------------------------------------------------- words for messages


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """ "; did you mean 'metrics'?" where a known name is near, else the known names, else nothing."""
    import difflib

    names = sorted(set(known))
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; there are {', '.join(names)}" if 0 < len(names) <= 24 else ""


def mistake(place: Place | None, message: str) -> Mistake:
    """A Mistake of one problem; without a place only its message."""
    return _mistake(place, message)


# ---------------------------------------------------------------------------------------------- nodes -> data


def _data(node: yaml.Node, name: str, problems: list[Problem]) -> Json:
    if isinstance(node, yaml.ScalarNode):
        return node.value if node.style else _scalar(node, name, problems)
    if isinstance(node, yaml.SequenceNode):
        return [_data(child, name, problems) for child in node.value]
    mapping: dict[str, Json] = {}
    for key, child in node.value:
        if not isinstance(key, yaml.ScalarNode):
            problems.append(Problem(place_of(name, key), "a key must be a plain word"))
            continue
        if key.value in mapping:
            problems.append(Problem(place_of(name, key), f"key {key.value!r} stands twice in this mapping"))
        mapping[key.value] = _data(child, name, problems)
    return mapping


def _scalar(node: yaml.ScalarNode, name: str, problems: list[Problem]) -> Json:
    """What an unquoted scalar means: null, true, false and JSON's numbers; anything else is text."""
    text: str = node.value
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-0123456789":
        return text
    number = _NUMBER.match(text)
    if number is None:
        return text
    if number.group(1) is None and number.group(2) is None:
        if len(text.lstrip("-")) <= _SAFE_INTEGER_DIGITS:
            return int(text)
    elif abs(value := float(text)) != float("inf"):
        return value
    problems.append(Problem(place_of(name, node), f"{text[:24]} is too large for a number; if it is a text, quote it"))
    return None


def child_of(node: yaml.Node | None, key: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """The node whose position names the child (a mapping's key, a sequence's item), and the child."""
    if isinstance(node, yaml.MappingNode):
        return next(((k, v) for k, v in node.value if k.value == key), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and 0 <= key < len(node.value):
        return node.value[key], node.value[key]
    return None


def place_of(name: str, node: yaml.Node | None) -> Place:
    """Where a node begins."""
    return Place(name) if node is None else Place(name, node.start_mark.line + 1, node.start_mark.column + 1)


def _refuse_forbidden(text: str, name: str, *, anchors: bool) -> None:
    """Walk the events and refuse what may not stand in a file, each at its place."""
    problems: list[Problem] = []
    try:
        for event in yaml.parse(text, Loader=yaml.CLoader):
            place = Place(name, event.start_mark.line + 1, event.start_mark.column + 1)
            if isinstance(event, yaml.AliasEvent) and not anchors:
                problems.append(Problem(place, f"alias *{event.anchor}: write it out; a text that begins so is quoted"))
            elif isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)):
                if event.anchor is not None and not anchors:
                    problems.append(Problem(place, f"anchor &{event.anchor}: a text that begins so is quoted"))
                if event.tag is not None:
                    problems.append(Problem(place, f"tag {event.tag}: a text that begins so is quoted"))
    except yaml.YAMLError as error:
        problems.append(Problem(*_syntax(error, name)))
    if problems:
        raise Mistake(sorted(problems))


def _syntax(error: yaml.YAMLError, name: str) -> tuple[Place, str]:
    mark = getattr(error, "problem_mark", None)
    place = Place(name) if mark is None else Place(name, mark.line + 1, mark.column + 1)
    context, problem = getattr(error, "context", None), getattr(error, "problem", None)
    said: Sequence[str] = [str(part) for part in (context, problem) if part]
    return place, f"not YAML: {', '.join(said) or str(error).splitlines()[0]}"


def _decoded(content: bytes, place: Place, most: int | None = MAX_BYTES) -> str:
    if most is not None and len(content) > most:
        raise _mistake(place, f"larger than {most:,} bytes")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _mistake(Place(place.file, line), f"not UTF-8 (byte 0x{content[error.start]:02x})") from None
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _mistake(place: Place | None, message: str) -> Mistake:
    return Mistake(message) if place is None else Mistake([Problem(place, message)])


def project_root() -> Path:
    """The project: the nearest folder, from here upwards, that holds `evals/`."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "evals").is_dir():
            return folder
    raise Mistake(f"no evals/ folder in {here} or above it; run callgate inside a project")
