"""What all tests here share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from callgate.engines.workers import kept_workers


@pytest.fixture(scope="session", autouse=True)
def _one_process_of_the_litellm_lane() -> Iterator[None]:
    """Runs here ask the simulator, so the process that one is done with serves the next: litellm is imported once."""
    with kept_workers():
        yield
