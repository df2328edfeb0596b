"""Graders of an installed distribution: found by name, run apart, part of the fingerprint."""

from __future__ import annotations

import socket
import sys

import pytest
from stage import context, played

from callgate.concepts import Failure, Mistake, Place, Score
from callgate.config import GraderUse
from callgate.evaluate.doctor import diagnosis
from callgate.graders.custom import Row, run, sandbox
from callgate.graders.grade import GraderSet

CODE = """
import os
from callgate import Score, grader

if os.environ.get("ACME_KEY"):
    raise RuntimeError("sees a key")

@grader
def says_thanks(case, decision, reply, *, word="thanks"):
    return Score(float(word in reply.text), passed=word in reply.text, why=str(sorted(os.environ)))

@grader
def opens_socket(case, decision, reply, *, port=1):
    import socket
    socket.create_connection(("127.0.0.1", port), timeout=5)
    return Score(1.0, passed=True)
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    info = tmp_path / "acme_graders-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-graders\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text("[callgate.graders]\nacme = acme_graders\n")
    (tmp_path / "acme_graders.py").write_text(CODE)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    monkeypatch.setenv("ACME_KEY", "secret")
    return tmp_path


def _set(root, name="says_thanks", **options):
    return GraderSet.of([GraderUse(name, options, Place("evals/x.yaml", 1, 1))], root)


def test_it_is_found_by_name_and_runs_without_our_environment(site, tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    graders = _set(root, word="bye")
    where = context("Hi.")
    rows = [Row(where.case, where.point, played(text)) for text in ("bye then", "hello")]
    first, second = (grades["says_thanks"] for grades in run(graders.customs, rows))
    assert isinstance(first, Score)
    assert (first.passed, second.passed) == (True, False)
    assert "ACME_KEY" not in first.why
    assert "acme_graders" not in sys.modules


@pytest.mark.skipif(bool(sandbox()[1]), reason="this platform keeps no process from the network")
def test_it_reaches_no_listener_of_this_machine(site, tmp_path):
    where = context("Hi.")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        graders = _set(tmp_path, "opens_socket", port=port)
        (grades,) = run(graders.customs, [Row(where.case, where.point, played("hello"))])
    assert isinstance(grades["opens_socket"], Failure)


def test_own_and_installed_graders_run_side_by_side_and_own_goes_first(site, tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    (root / "evals").mkdir()
    own = "from callgate import Score, grader\n\n@grader\ndef mine(case, decision, reply):\n    return Score(1.0, passed=True)\n"
    (root / "evals" / "graders.py").write_text(own)
    uses = [GraderUse(name, {}, Place("e", 1, 1)) for name in ("mine", "says_thanks")]
    where = context("Hi.")
    (grades,) = run(GraderSet.of(uses, root).customs, [Row(where.case, where.point, played("thanks"))])
    assert {name: grade.passed for name, grade in grades.items()} == {"mine": True, "says_thanks": True}
    (root / "evals" / "graders.py").write_text(own.replace("mine", "says_thanks"))
    assert _set(root).customs[0].path == root / "evals" / "graders.py"


def test_its_source_is_part_of_the_fingerprint(site, tmp_path):
    before = _set(tmp_path).fingerprints["says_thanks"]
    assert _set(tmp_path).fingerprints["says_thanks"] == before
    (site / "acme_graders.py").write_text(CODE + "# changed\n")
    assert _set(tmp_path).fingerprints["says_thanks"] != before


def test_doctor_lists_it(site, tmp_path):
    listed = next(line for line in diagnosis(tmp_path, graders=True)[1].splitlines() if line.startswith("says_thanks"))
    assert "installed" in listed
    assert "acme-graders 1.2" in listed
    assert "'word': 'thanks'" in listed


def test_a_module_that_is_not_there_is_named_with_its_package(site, tmp_path):
    (site / "acme_graders.py").unlink()
    with pytest.raises(Mistake, match=r"acme-graders 1\.2: entry point acme"):
        _set(tmp_path)
