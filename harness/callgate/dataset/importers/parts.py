"""What several formats share: tool calls that await their results, clocks, channels, languages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from callgate.concepts import Json
from callgate.dataset.importers.reading import Node, maybe_json, moment, seconds_between
from callgate.dataset.importers.recording import Called, Event, Said, Speaker


@dataclass(frozen=True, slots=True)
class Hints:
    """What the person who imports says of the exports: which channel is whom, the zone, the language."""

    channels: Mapping[int, Speaker] = field(default_factory=dict)
    timezone: str = ""
    language: str = ""


@dataclass(slots=True)
class Tape:
    """Events in the order of the call; results find their calls by id, by name, or else the oldest that waits."""

    events: list[Event] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)

    def say(self, said: Said) -> None:
        if said.text.strip():
            self.events.append(replace(said, text=" ".join(said.text.split())))

    def call(self, name: str, arguments: Json, *, id_: str = "", seconds: float | None = None) -> None:
        """A tool call; `arguments` may be an object, or JSON in a text."""
        value = maybe_json(arguments) if isinstance(arguments, str) else arguments
        if value is None or value == "":
            value = {}
        args = dict(value) if isinstance(value, Mapping) else None
        raw = "" if args is not None else str(arguments)
        if args is None:
            self.note(f"the arguments of {name or 'a tool'} are no JSON object")
        self.waiting.append(len(self.events))
        self.events.append(Called(name or "unnamed_tool", args, id_, raw, seconds=seconds))

    def answer(self, content: Json, *, id_: str = "", name: str = "", failed: bool = False) -> None:
        """A tool's answer, which may be JSON in a text or no JSON at all."""
        index = self._waiting(id_, name)
        if index is None:
            self.note("a tool's result without its call was left out")
            return
        self.waiting.remove(index)
        call = self.events[index]
        assert isinstance(call, Called)
        value = maybe_json(content) if isinstance(content, str) else content
        if failed:
            self.events[index] = replace(call, error=value if value not in (None, "") else "failed")
        else:
            self.events[index] = replace(call, result=value if value is not None else "")

    def _waiting(self, id_: str, name: str) -> int | None:
        calls = [(index, self.events[index]) for index in self.waiting]
        fits = [i for i, call in calls if isinstance(call, Called) and id_ and call.id == id_]
        if not fits and not any(isinstance(call, Called) and call.id for _, call in calls if id_):
            fits = [i for i, call in calls if isinstance(call, Called) and (not name or call.tool == name)]
        return fits[0] if fits else None

    def note(self, unknown: str) -> None:
        if unknown not in self.unknown:
            self.unknown.append(unknown)

    def done(self) -> tuple[Event, ...]:
        """The events; calls that were never answered are said to be."""
        if self.waiting:
            self.note("what some tool calls were answered")
        return tuple(self.events)


def conversation(source: Sequence[Node], play: Callable[[Tape, Node], None]) -> Tape:
    """A tape of one node after the other."""
    tape = Tape()
    for node in source:
        if isinstance(node.value, Mapping):
            play(tape, node)
        else:
            raise node.wrong("an object is wanted here: one turn of the call")
    return tape


def content_text(node: Node) -> str:
    """The words of a content that is a text, or a list of texts and of parts with a text."""
    if isinstance(node.value, str):
        return node.value
    if isinstance(node.value, Mapping):
        return node.get("text", "transcript", "content").text()
    if isinstance(node.value, list):
        return " ".join(filter(None, (content_text(part) for part in node.items() if not isinstance(part.value, int))))
    return node.text()


def overlaps(events: Sequence[Event]) -> tuple[Event, ...]:
    """Marks agent turns that the caller cut off, where the times say so: the caller began before the agent ended."""
    marked = list(events)
    for index, event in enumerate(events):
        if not isinstance(event, Said) or event.who != "agent" or event.interrupted or event.until is None:
            continue
        after = next((other for other in events[index + 1 :] if isinstance(other, Said)), None)
        if after is not None and after.who == "caller" and after.seconds is not None:
            spoken = event.until - (event.seconds or 0.0)
            share = (after.seconds - (event.seconds or 0.0)) / spoken if spoken > 0 else 1.0
            if 0 < share < 0.9 and event.until - after.seconds > 0.3:
                marked[index] = replace(event, interrupted=True, heard_until=first_words(event.text, share))
    return tuple(marked)


def first_words(text: str, share: float) -> str:
    """So much of a text, in whole words and at least one."""
    words = text.split()
    return " ".join(words[: max(1, min(len(words), round(len(words) * share)))])


def since(start: str, at: Json) -> float | None:
    """Seconds from the start of the call to a moment of any notation."""
    return seconds_between(start, moment(at))


def prompt_mark(instructions: str) -> str:
    """A prompt's mark: its text is not kept."""
    return (
        f"sha256:{hashlib.sha256(instructions.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
        if instructions
        else ""
    )


def language_tag(text: str) -> str:
    """The primary subtag of a language tag: "es" of "es-419", "" where there is none."""
    primary = text.strip().replace("_", "-").split("-", 1)[0].lower()
    return primary if primary.isascii() and primary.isalpha() and len(primary) in {2, 3} else ""


def mean(values: Sequence[float]) -> float | None:
    """The mean, clipped to 0..1 and rounded; None of nothing."""
    return round(min(1.0, max(0.0, sum(values) / len(values))), 4) if values else None


def known(**texts: str) -> dict[str, str]:
    """Only the texts that are there."""
    return {name: text for name, text in texts.items() if text}
