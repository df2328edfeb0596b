"""A run as promptfoo's document: whole, in its shape, without a secret; and what an absent promptfoo says."""

import json
import os
import subprocess
from collections import Counter

import pytest
from scratch import HOUSE, small

from callgate.graders import promptfoo

EXPORT = next(
    line for line in (HOUSE / "docs/promptfoo.md").read_text("utf-8").splitlines() if line.startswith("callgate export")
)


def exported(project):
    ran = project.run(*EXPORT.split()[1:])
    assert ran.code == 0, ran.said
    assert "without a login" in ran.err
    return json.loads((project.root / "run.json").read_text("utf-8"))


def test_every_trial_stands_in_the_document_with_its_grades(evaluated):
    made = exported(evaluated)
    body = made["results"]
    assert body["version"] == 3
    assert [prompt["label"] for prompt in body["prompts"]] == ["baseline v2", "candidate v3"]
    counted = Counter(result["promptIdx"] for result in body["results"])
    for number, prompt in enumerate(body["prompts"]):
        metrics = prompt["metrics"]
        assert metrics["testPassCount"] + metrics["testFailCount"] + metrics["testErrorCount"] == counted[number] > 20
    assert len({(result["testIdx"], result["promptIdx"]) for result in body["results"]}) == len(body["results"])
    for result in body["results"]:
        parts = {part["assertion"]["metric"]: part["pass"] for part in result["gradingResult"]["componentResults"]}
        assert parts["success"] is result["success"]
        assert result["testCase"]["metadata"]["language"] in {"en", "es"}
    assert body["stats"]["errors"] == 0
    assert (evaluated.root / "run.json").stat().st_mode & 0o777 == 0o600


def test_promptfoo_itself_takes_the_document(evaluated):
    words = promptfoo.command(HOUSE)
    if not words:
        pytest.skip("no promptfoo: `make promptfoo` installs it")
    made = exported(evaluated)
    quiet = {"PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1", "PATH": os.defpath}
    home = {"HOME": str(evaluated.root), "PROMPTFOO_CONFIG_DIR": str(evaluated.root / "pf")}
    done = subprocess.run(
        [*words, "import", "run.json"],
        cwd=evaluated.root,
        env=quiet | home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"Eval with ID {made['evalId']} has been successfully imported" in done.stdout + done.stderr


def test_an_eval_that_names_promptfoo_where_there_is_none_says_so_before_the_first_call(tmp_path):
    project = small(tmp_path)
    path = tmp_path / "evals/receptionist.yaml"
    written = path.read_text("utf-8")
    added = written.replace("\ngate:", "\n  - promptfoo: [{type: contains, value: oil}]\ngate:")
    path.write_text(added, "utf-8")
    checked = project.run("validate")
    assert checked.code == 0, checked.said
    ran = project.run("eval", "receptionist", PATH="/nowhere")
    assert ran.code == 2
    line = added.splitlines().index("  - promptfoo: [{type: contains, value: oil}]") + 1
    assert ran.err.strip() == f"evals/receptionist.yaml:{line}:5: {promptfoo.ABSENT}"
    assert not (tmp_path / "reports").exists()
