"""Scratch projects: a fresh one, and copies of one that was evaluated before."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from scratch import Project, small


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A handful of cases, nothing asked yet."""
    return small(tmp_path)


@pytest.fixture(scope="session")
def _evaluated_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("evaluated")
    ran = small(root).run("eval", "receptionist")
    assert ran.code == 4, ran.said  # nothing broke, and a handful of cases clears nothing
    return root


@pytest.fixture
def evaluated(_evaluated_once: Path, tmp_path: Path) -> Project:
    """A project of one's own in which the receptionist has been evaluated, with its ledger and reports."""
    root = tmp_path / "project"
    shutil.copytree(_evaluated_once, root)
    return Project(root)
