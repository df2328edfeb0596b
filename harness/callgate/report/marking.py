"""Two texts -> where they differ; a text with spans -> pieces that a page can mark; two prompts -> their lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from callgate.concepts import Prompt

Span = tuple[int, int]
ALIKE = 0.4
"""Below this share of common words two texts are simply different, and marking words would mark nearly all."""
CONTEXT = 3
_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text marked alike: `changed` against the other side; `notes` number the graders that quote it."""

    text: str
    changed: bool = False
    notes: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()  # the notes whose evidence ends here


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a diff: `sign` is "+", "-" or " "; "@" stands for lines left out."""

    sign: str
    pieces: tuple[Piece, ...]


def differences(one: str, other: str) -> tuple[list[Span], list[Span]]:
    """Where each of two texts has words that the other has not, in characters."""
    words, others = list(_WORD.finditer(one)), list(_WORD.finditer(other))
    matcher = SequenceMatcher(None, [w[0] for w in words], [w[0] for w in others], autojunk=False)
    if matcher.ratio() < ALIKE:
        return [], []
    mine: list[Span] = []
    theirs: list[Span] = []
    for tag, start, stop, from_, to in matcher.get_opcodes():
        if tag != "equal":
            mine += [(words[start].start(), words[stop - 1].end())] if stop > start else []
            theirs += [(others[from_].start(), others[to - 1].end())] if to > from_ else []
    return mine, theirs


def pieces(text: str, changed: Sequence[Span] = (), notes: Sequence[tuple[int, Span]] = ()) -> tuple[Piece, ...]:
    """The text cut wherever a mark begins or ends. `notes` are (number, span); spans may overlap."""
    spans = [*changed, *(span for _, span in notes)]
    cuts = sorted({0, len(text), *(min(len(text), max(0, edge)) for span in spans for edge in span)})
    return tuple(
        Piece(
            text[start:stop],
            any(a <= start and stop <= b for a, b in changed),
            tuple(sorted({number for number, (a, b) in notes if a <= start and stop <= b})),
            tuple(sorted({number for number, (a, b) in notes if start < min(b, len(text)) == stop})),
        )
        for start, stop in pairwise(cuts)
    )


def prompt_text(prompt: Prompt) -> list[str]:
    """A prompt as lines: its text, its overlays, then its tools and its parameters as JSON."""
    tools = [{"name": t.name, "description": t.description, "parameters": t.parameters} for t in prompt.tools]
    lines = prompt.text.splitlines()
    for segment, text in sorted(prompt.overlays.items()):
        lines += ["", f"[{segment}]", *text.splitlines()]
    for name, value in (("tools", tools), ("parameters", prompt.parameters)):
        if value:
            lines += ["", f"[{name}]", *json.dumps(value, indent=1, ensure_ascii=False).splitlines()]
    return lines


def prompt_diff(baseline: Prompt, candidate: Prompt) -> list[DiffLine]:
    """What the candidate's prompt changes, line by line, with the changed words marked."""
    before, after = prompt_text(baseline), prompt_text(candidate)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    lines: list[DiffLine] = []
    for group in matcher.get_grouped_opcodes(CONTEXT):
        if lines or group[0][1] > 0:
            lines.append(DiffLine("@", ()))
        for tag, start, stop, from_, to in group:
            if tag == "equal":
                lines += [DiffLine(" ", (Piece(line),)) for line in before[start:stop]]
            else:
                lines += _changed(before[start:stop], after[from_:to])
    return lines


def _changed(before: Sequence[str], after: Sequence[str]) -> Iterator[DiffLine]:
    paired = len(before) == len(after)
    spans = [differences(a, b) for a, b in zip(before, after, strict=False)] if paired else []
    for index, line in enumerate(before):
        yield DiffLine("-", pieces(line, spans[index][0]) if paired else (Piece(line),))
    for index, line in enumerate(after):
        yield DiffLine("+", pieces(line, spans[index][1]) if paired else (Piece(line),))
