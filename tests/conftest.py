"""Puts this folder on the path: `loopback` and `simulated` are for all tests."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """litellm silences this warning of pydantic's while it is imported; pytest forgets that with the test that did."""
    config.addinivalue_line("filterwarnings", "ignore:Item '.*' on TypedDict class:UserWarning")
