"""A canary in every field of every format: it is in no draft, in no file's name, and in no message."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from call_samples import EVA_LOG, SAMPLES, TAU2, TICKET_SAMPLES, text

from callgate.concepts import Json, Mistake
from callgate.dataset.drafts import Privacy, drafts_of
from callgate.dataset.importers import Hints
from callgate.dataset.importers.yaml_text import yaml_text
from callgate.dataset.world import World

CANARY = "call 312 867 5309 or zq.canary@corp.com"
TRACES = ("867 5309", "8675309", "zq.canary", "zq-canary")
HINTS = Hints(channels={1: "agent", 2: "caller"})
MORE = {"openai": text(TAU2)}
PRIVACY = Privacy(b"salt")


def planted(value: Json) -> Iterator[Json]:
    """The value with the canary at the end of one text, for each text in it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            for one in planted(inner):
                yield {**value, key: one}
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            for one in planted(inner):
                yield [*value[:index], one, *value[index + 1 :]]
    elif isinstance(value, str):
        yield f"{value} {CANARY}"
        if value.strip().startswith("{"):
            for one in planted(_object(value)):
                yield json.dumps(one)


def _object(written: str) -> Json:
    try:
        value: Json = json.loads(written)
    except ValueError:
        return None
    return value


def exports(name: str, content: str) -> Iterator[str]:
    """The export with the canary in one of its fields, for each of its fields."""
    if name in {"csv", "tickets", "complaints"}:
        separator = ";" if name == "csv" else ","
        rows = list(csv.reader(io.StringIO(content), delimiter=separator))
        for row in range(1, len(rows)):
            for column in range(len(rows[row])):
                changed = [list(cells) for cells in rows]
                changed[row][column] += f" {CANARY}"
                out = io.StringIO()
                csv.writer(out, delimiter=separator).writerows(changed)
                yield out.getvalue()
    elif content.count("\n{") and not content.startswith("["):
        events = [json.loads(line) for line in content.splitlines()]
        for changed_events in planted(events):
            assert isinstance(changed_events, list)
            yield "\n".join(json.dumps(event) for event in changed_events)
    else:
        for value in planted(json.loads(content)):
            yield json.dumps(value)


CONTENTS = [*SAMPLES.items(), *TICKET_SAMPLES.items(), *MORE.items()]


@pytest.mark.parametrize(("name", "content"), CONTENTS, ids=[f"{name}-{i}" for i, (name, _) in enumerate(CONTENTS)])
def test_a_canary_in_any_field_is_nowhere_afterwards(name: str, content: str, tmp_path: Path) -> None:
    export = tmp_path / "export"
    drafted = refused = 0
    for number, changed in enumerate(exports(name, content)):
        assert "zq.canary" in changed
        export.write_text(changed, "utf-8")
        try:
            drafts, problems = drafts_of(name, [export], HINTS, world=World({}), privacy=PRIVACY)
        except Mistake as mistake:
            drafts, problems = [], list(mistake.problems)
        written = "\n".join([*(one.name + "\n" + yaml_text(one.data) for one in drafts), *map(str, problems)])
        drafted += bool(drafts)
        refused += not drafts
        traces = [trace for trace in TRACES if trace in written]
        where = [line for line in written.splitlines() if any(trace in line for trace in traces)]
        assert not traces, f"{name}, field {number}: {where}"
    assert drafted > refused, f"{drafted} of {drafted + refused} were drafted at all"


def test_a_canary_in_the_log_of_a_call_in_two_files_is_nowhere_afterwards(tmp_path: Path) -> None:
    turns, log = tmp_path / "call_transcript.jsonl", tmp_path / "call_audit_log.json"
    turns.write_text(SAMPLES["eva"], "utf-8")
    for changed in exports("eva-log", text(EVA_LOG)):
        log.write_text(changed, "utf-8")
        drafts, problems = drafts_of("eva", [turns, log], HINTS, world=World({}), privacy=PRIVACY)
        written = "\n".join([*(yaml_text(one.data) for one in drafts), *map(str, problems)])
        assert not [trace for trace in TRACES if trace in written], written
