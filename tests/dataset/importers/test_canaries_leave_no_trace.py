"""A canary in every field of an export, and in the complaint: it is in no file of the project, the ledger's pages
included, and on no screen."""

from __future__ import annotations

import json
import shutil
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest
from call_samples import RETELL, SAMPLES, TICKET_SAMPLES, VAPI

from callgate.concepts import Json
from callgate.dataset.importers import Hints
from callgate.evaluate import Options, evaluate
from callgate.evaluate.importing import import_files
from callgate.evaluate.investigating import investigate
from callgate.evaluate.looking import look
from callgate.evaluate.show import shown
from callgate.evaluate.telling import told
from callgate.report.terminal import plain

HOUSE = Path(__file__).parents[3]
CANARY = "call 312 867 5309 or zq.canary@corp.com"
TRACES = (b"867 5309", b"8675309", b"zq.canary", b"zq-canary")
HINTS = Hints(channels={1: "agent", 2: "caller"})
READ = "{language: en, call_type: booking}"
STRUCTURE = {"role", "type", "time", "timestamp", "startedAt", "endedAt", "created_at"}
"""Fields that say what an entry is: with another value it would not be read at all."""


def poisoned(value: Json, key: str = "", *, kept: AbstractSet[str] = frozenset()) -> Json:
    """The export with the canary in every text that is read as one, but for the fields that are `kept`."""
    if isinstance(value, dict):
        return {name: poisoned(inner, name, kept=kept) for name, inner in value.items()}
    if isinstance(value, list):
        return [poisoned(inner, key, kept=kept) for inner in value]
    if isinstance(value, str) and key not in STRUCTURE | kept and not value.startswith("{"):
        return f"{value} {CANARY}"
    return value


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for folder in ("evals", "prompts"):
        shutil.copytree(HOUSE / folder, root / folder)
    for other in (root / "evals").glob("*.yaml"):
        if other.stem != "receptionist":
            other.unlink()
    (root / "datasets/receptionist").mkdir(parents=True)
    for name in ("_world", "en-book-half-past-six", "es-cita-viernes-lleno"):
        shutil.copy(HOUSE / f"datasets/receptionist/{name}.yaml", root / "datasets/receptionist")
    return root


def traces(root: Path) -> list[str]:
    """The files under a folder that hold the canary."""
    return [
        str(path) for path in root.rglob("*") if path.is_file() and any(trace in path.read_bytes() for trace in TRACES)
    ]


def test_no_trace_in_the_project_after_imports(project: Path, tmp_path: Path) -> None:
    drafts = 0
    for name, content in {**SAMPLES, **TICKET_SAMPLES}.items():
        if name not in {"vapi", "realtime", "csv", "jira", "complaints"}:
            continue  # field by field, all formats are in test_canaries.py
        export = tmp_path / f"{name}.export"
        if name in {"csv", "tickets", "complaints"}:
            changed = (
                content.replace("Oil change, please", f"Oil change, please {CANARY}")
                .replace("it is 89.95", f"it is 89.95 {CANARY}")
                .replace("Three times.", f"Three times. {CANARY}")
            )
        elif content.lstrip().startswith("{") and "\n{" in content:
            changed = "\n".join(json.dumps(poisoned(json.loads(line))) for line in content.splitlines())
        else:
            changed = json.dumps(poisoned(json.loads(content)))
        assert "zq.canary" in changed
        export.write_text(changed, "utf-8")
        done = import_files(project, name, [export], HINTS)
        said = done.text() + "".join(map(str, done.problems))
        assert not [trace for trace in TRACES if trace in said.encode()], f"{name}: {said}"
        drafts += len(done.drafts)
    assert drafts >= 6
    written = [path for path in (project / "datasets").rglob("*.yaml") if "status: draft" in path.read_text("utf-8")]
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}
    assert traces(project) == []


def test_no_trace_of_recorded_calls_that_are_only_graded(project: Path, tmp_path: Path) -> None:
    export = tmp_path / "retell.json"
    export.write_text(json.dumps(poisoned(RETELL)), "utf-8")
    seen = look(project, project / "evals/receptionist.yaml", [export], "retell", Hints())
    assert seen.graded
    screens = seen.text() + seen.rows()
    assert not [trace for trace in TRACES if trace in screens.encode()]
    assert traces(project) == []


def test_no_trace_of_an_investigated_call_in_the_ledger_or_on_the_screen(project: Path, tmp_path: Path) -> None:
    export = tmp_path / "vapi.json"
    export.write_text(json.dumps(poisoned(VAPI)), "utf-8")
    found = investigate(
        project, export, said=f"They said: {CANARY}", format_="vapi", model="sim/receptionist-small", max_cost=1.0
    )
    screen = told(found)
    assert "said:" in screen
    assert [len(one.trials) for one in found.replayed] == [3]
    assert not [trace for trace in TRACES if trace in screen.encode()], screen
    assert (project / ".callgate/ledger.db").stat().st_size > 10_000
    assert traces(project) == []


def test_no_trace_in_the_reports_of_a_run_on_an_imported_call(project: Path, tmp_path: Path) -> None:
    export = tmp_path / "vapi.json"
    kept = {"name", "toolCallId", "id"}  # tools that no prompt has would not be run at all
    export.write_text(json.dumps(poisoned(VAPI, kept=kept)), "utf-8")
    ((_, name),) = import_files(project, "vapi", [export], HINTS).drafts
    path = project / name
    text = path.read_text("utf-8")
    assert "status: draft" in text  # and somebody reads it, and says what kind of call it is
    for old, new in {
        "status: draft": "status: active",
        "pii: unreviewed": "pii: synthetic",
        "{language: en}": READ,
    }.items():
        text = text.replace(old, new, 1)
    path.write_text(text, "utf-8")
    spec = project / "evals/receptionist.yaml"
    spec.write_text(spec.read_text("utf-8").replace("protect: [call_type=booking]", "protect: []"), "utf-8")
    outcome = evaluate(project, spec, Options(), share=True)
    assert outcome.folder
    names = {"decision.json", "report.html", "share.html", "summary.md", "junit.xml", "run.json"}
    assert names <= {each.name for each in outcome.folder.iterdir()}
    # the page shows only what changed; by the draws, that call may not have
    call = shown(project, "last", path.stem, segment={}, everything=False, as_json=False, style=plain)
    assert outcome.decision.cases == 3
    assert path.stem in call
    assert not [trace for trace in TRACES if trace in call.encode()], call
    assert traces(project) == []
