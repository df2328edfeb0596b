"""`pytest evals/` in a project of one's own, run as one would."""

import re
import subprocess
import sys
from importlib.metadata import entry_points

import pytest
from scratch import HOUSE, clean, small

INSTALLED = any(point.value == "callgate.pytest_plugin" for point in entry_points(group="pytest11"))
PLUGIN = () if INSTALLED else ("-p", "callgate.pytest_plugin")  # an environment that is older than the entry point
PROGRAM = re.search(r"^```python\n(.*?)^```", (HOUSE / "docs/pytest.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)


def pytested(root, *words):
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", *PLUGIN, *words]
    done = subprocess.run(command, cwd=root, env=clean(root), capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout


def rows(root, name, share):
    lines = [f"c{n},{t},success,{int(n % 10 < share)},{'es' if n % 2 else 'en'}" for n in range(120) for t in range(5)]
    text = "case,trial,grader,score,segment.language\n" + "\n".join(lines) + "\n"
    (root / name).write_text(text, "utf-8")


def test_an_eval_becomes_an_item_a_segment_and_metric(evaluated):
    code, said = pytested(evaluated.root, "evals/", "--collect-only")
    items = [line for line in said.splitlines() if line.startswith("evals/receptionist.yaml::")]
    assert code == 0, said
    assert "evals/receptionist.yaml::verdict" in items
    assert "evals/receptionist.yaml::language=es success [sim/receptionist-small]" in items
    code, said = pytested(evaluated.root, "evals/receptionist.yaml")
    assert code == 0, said
    assert re.search(r"\d+ skipped", said), said
    assert evaluated.paid()["calls"] == 0  # answered from its record


def test_a_blocked_segment_fails_with_the_gates_words_and_a_mistake_with_its_place(tmp_path):
    project = small(tmp_path)
    path = tmp_path / "evals/receptionist.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("baseline: prompts/receptionist/v2", "baseline: prompts/none"), "utf-8")
    code, said = pytested(project.root, "evals/")
    assert code not in {0, 5}
    assert "evals/receptionist.yaml:4" in said
    assert "Traceback" not in said


def test_a_bare_pytest_runs_no_eval(tmp_path):
    small(tmp_path)
    (tmp_path / "test_own.py").write_text("def test_own(): pass\n", "utf-8")
    code, said = pytested(tmp_path)
    assert code == 0
    assert "1 passed" in said
    assert not (tmp_path / ".callgate").exists()


@pytest.mark.parametrize(("share", "code", "word"), [(8, 0, "1 passed"), (2, 1, "BLOCK")])
def test_the_fixture_fails_where_the_gate_blocks(tmp_path, share, code, word):
    rows(tmp_path, "baseline.csv", 8)
    rows(tmp_path, "candidate.csv", share)
    (tmp_path / "test_own.py").write_text(PROGRAM[1], "utf-8")
    ran, said = pytested(tmp_path)
    assert ran == code, said
    assert word in said
