"""What a person says of a draft -> the draft as the case that it becomes, still as plain data.

A decision of which nobody has said what is right becomes history: a case is held to what a person expects of it alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from callgate.concepts import Json, Mistake, Problem
from callgate.dataset.importers.yaml_text import yaml_text
from callgate.files import Document, did_you_mean, parse_yaml


@dataclass(frozen=True, slots=True)
class Edits:
    """What the person who adds a case says of it. `expect` maps decisions to what is right there; `cause` is the root
    cause of what went wrong, `by` who says so; `nightly` is a number of trials for a fault that shows seldom."""

    reviewed: bool = False
    segments: Mapping[str, str] = field(default_factory=dict)
    expect: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    ticket: str = ""
    severity: str = ""
    must_pass: bool = False
    cause: str = ""
    by: str = ""
    nightly: int = 0


def expectations(texts: Sequence[str]) -> dict[str, Mapping[str, Json]]:
    """`DECISION: {calls: ...}` of the command line, as YAML."""
    found: dict[str, Mapping[str, Json]] = {}
    for text in texts:
        value = parse_yaml(text, "--expect").value
        if not isinstance(value, Mapping):
            raise Mistake(f"--expect {text!r}: must be DECISION: {{what is right}}, as 'book: {{must_say: [two]}}'")
        for decision, expect in value.items():
            if not isinstance(expect, Mapping):
                raise Mistake(f"--expect {decision}: must be a mapping, as {{must_say: [two]}}")
            found[decision] = {**found.get(decision, {}), **expect}
    return found


def edited(document: Document, edits: Edits) -> dict[str, Json]:
    """The draft with what was said of it. Raises Mistake where it is no draft, or nobody has read it."""
    own = document.value
    data: dict[str, Json] = dict(own) if isinstance(own, Mapping) else {}
    if data.get("status") != "draft":
        raise Mistake([Problem(document.place("status"), "is no draft: it is active already, or retired")])
    if data.get("pii") == "unreviewed":
        if not edits.reviewed:
            message = "unreviewed: read it for personal data, and say --reviewed when there is none"
            raise Mistake([Problem(document.place("pii"), message)])
        data["pii"] = "scrubbed"
    del data["status"]
    data["title"] = str(data.get("title", "")).removeprefix("Draft of ")
    if edits.segments:
        data["segments"] = {**mapping(data.get("segments")), **edits.segments}
    said: dict[str, Json] = {
        "ticket": edits.ticket,
        "severity": edits.severity,
        "must_pass": edits.must_pass,
        "nightly": edits.nightly,
    }
    data |= {key: value for key, value in said.items() if value}
    for decision, expect in edits.expect.items():
        _expect(data, decision, expect)
    return data


def history_of(data: Mapping[str, Json], kept: Sequence[str]) -> tuple[dict[str, Json], list[str]]:
    """The case in which decisions that nobody said anything of are history, and their ids; `kept` stay decisions.

    Where nobody has said anything of any decision, all stay: the set's lint has the word.
    """
    call = data.get("call")
    turns = list(call) if isinstance(call, Sequence) and not isinstance(call, str) else []
    points = [turn for turn in turns if isinstance(turn, Mapping) and "id" in turn]
    open_ = [str(turn["id"]) for turn in points if turn["id"] not in kept and _as_proposed(turn)]
    if len(open_) == len(points):
        return dict(data), []
    done: list[Json] = []
    for turn in turns:
        if isinstance(turn, Mapping) and turn.get("id") in open_:
            done += _listed(turn.get("recorded"))
        else:
            done.append(turn)
    return {**data, "call": done}, open_


def labelled(data: Mapping[str, Json], labels: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    """The case with labels added to those that it has."""
    had = _listed(data.get("labels"))
    return {**data, "labels": [*had, *(dict(label) for label in labels)]} if labels else dict(data)


def written(before: str, document: Document, data: Mapping[str, Json]) -> str:
    """The file with the changes: only the lines of status and pii where nothing else changed; remarks survive.

    Raises Mistake where a rewrite would lose remarks."""
    own = mapping(document.value)
    other = {key for key in {*own, *data} if own.get(key) != data.get(key)} - {"status", "pii"}
    if not other:
        text = re.sub(r"^status: *draft *\n", "", before, count=1, flags=re.MULTILINE)
        return re.sub(r"^pii: *unreviewed *$", "pii: scrubbed", text, count=1, flags=re.MULTILINE)
    if re.search(r"^\s*#|\s#\s", before, re.MULTILINE):
        raise Mistake(f"{document.name} has remarks that a rewrite would lose: write the changes into the file itself")
    return yaml_text(data)


def mapping(value: Json) -> Mapping[str, Json]:
    """The value, where it is a mapping; else an empty one."""
    return value if isinstance(value, Mapping) else {}


def _expect(data: dict[str, Json], decision: str, expect: Mapping[str, Json]) -> None:
    """Writes what is right at a decision over what the draft proposed there."""
    if isinstance(data.get("caller"), str):
        data["expect"] = {**mapping(data.get("expect")), **expect}
        return
    turns = [dict(turn) if isinstance(turn, Mapping) else turn for turn in _listed(data.get("call"))]
    at = next((turn for turn in turns if isinstance(turn, dict) and turn.get("id") == decision), None)
    if at is None:
        ids = [str(turn["id"]) for turn in turns if isinstance(turn, dict) and "id" in turn]
        hint = did_you_mean(decision, ids) or f"; there are {', '.join(ids)}"
        raise Mistake(f"--expect {decision}: no such decision{hint}")
    at["expect"] = {**{key: value for key, value in mapping(at.get("expect")).items() if key != "act"}, **expect}
    data["call"] = turns


def _as_proposed(turn: Mapping[str, Json]) -> bool:
    """Whether a decision expects no more than an import proposes by itself: the language, or anything."""
    expect = mapping(turn.get("expect"))
    return set(expect) <= {"language"} or expect == {"act": "any"}


def _listed(value: Json) -> list[Json]:
    if value is None:
        return []
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]
