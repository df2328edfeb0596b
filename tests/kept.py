"""A fixture for folders of tests whose runs ask the simulator through litellm."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from callgate.engines.workers import kept_workers


@pytest.fixture(scope="session", autouse=True)
def one_process_of_the_litellm_lane() -> Iterator[None]:
    """The process that one run is done with serves the next: litellm is imported once."""
    with kept_workers():
        yield
