"""Which prompt was live on a day, for whom, by prompts/releases.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from callgate.concepts import Mistake
from callgate.evaluate.releases import live_on, releases

WRITTEN = """\
- {date: 2026-02-01, prompt: prompts/receptionist/v1, model: openai/gpt-5-mini}
- {date: 2026-03-01, prompt: prompts/receptionist/v2, commit: 1a2b3c4, clients: [riverbend]}
- {date: 2026-03-05, prompt: prompts/receptionist/v3, stage: shadow}
- {date: 2026-04-01, prompt: prompts/receptionist/v3, clients: all}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/releases.yaml").write_text(WRITTEN, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("day", "client", "source"),
    [
        ("2026-01-31", "riverbend", None),
        ("2026-02-01", "riverbend", "prompts/receptionist/v1"),
        ("2026-03-06", "riverbend", "1a2b3c4:prompts/receptionist/v2"),
        ("2026-03-06", "lakeside", "prompts/receptionist/v1"),
        ("2026-05-01", "lakeside", "prompts/receptionist/v3"),
    ],
)
def test_the_last_release_that_was_for_a_client_was_live(root: Path, day: str, client: str, source: str | None) -> None:
    found = live_on(releases(root), day, client)
    assert (found.source if found else None) == source


def test_without_a_file_nothing_is_known(tmp_path: Path) -> None:
    assert releases(tmp_path) == []


def test_a_release_without_its_prompt_is_a_mistake_with_its_place(root: Path) -> None:
    (root / "prompts/releases.yaml").write_text("- {date: 2026-02-01}\n", "utf-8")
    with pytest.raises(Mistake, match="at least 'date' and 'prompt'") as error:
        releases(root)
    assert error.value.problems[0].place.line == 1
