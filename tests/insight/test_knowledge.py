"""The knowledge base beside the golden set, and the project as one index."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from callgate.concepts import Mistake
from callgate.dataset import read_set
from callgate.insight.articles import articles
from callgate.insight.knowledge import coverage
from callgate.insight.searched import index_of, texts

CASE = """now: "2026-03-06 16:42"
timezone: America/Chicago
segments: {{call_type: {issue}}}
caller: {said}
articles: [{needs}]
expect: {{must_say: [yes]}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "knowledge/old").mkdir(parents=True)
    (tmp_path / "set").mkdir()
    (tmp_path / "knowledge/oil.md").write_text("---\nreviewed: 2026-03-01\n---\n# Oil changes\n\nEvery six months.\n")
    (tmp_path / "knowledge/old/tires.md").write_text(
        "---\nreviewed: 2025-01-01\ntopics: [tires]\n---\n# Tires\n\nRotate.\n"
    )
    (tmp_path / "knowledge/more.jsonl").write_text('{"id": "bulbs", "title": "Bulbs", "content": "We change bulbs."}\n')
    (tmp_path / "knowledge/gone.md").write_text("---\nretired: yes\n---\n# Gone\n")
    for number, (issue, needs) in enumerate(
        [("oil", "oil"), ("oil", ""), ("tires", ""), ("brakes", ""), ("brakes", "brake")]
    ):
        (tmp_path / f"set/case{number}.yaml").write_text(CASE.format(issue=issue, needs=needs, said=f"About {issue}?"))
    return tmp_path


def test_what_is_missing_is_counted(project: Path):
    cases = read_set(project / "set", project).active
    found = coverage(articles(project), cases, issue="call_type", today=date(2026, 3, 9))
    assert (found.articles, found.issues) == (3, 3)
    assert found.unused == ("bulbs", "tires")
    assert found.unanswered == (("brakes", 2),)
    assert found.unknown == (("case4", "brake"),)
    assert found.stale == (("tires", 432),)
    assert found.undated == ("bulbs",)
    assert not found.complete
    assert "1 of 3 articles have a case" in found.text()


def test_golden_cases_and_articles_are_found_together_and_the_index_is_made_anew_after_a_change(project: Path):
    sets = [project / "set"]
    assert {text.kind for text in texts(project, sets)} == {"call", "article"}
    assert "gone" not in {text.id for text in texts(project, sets)}
    with index_of(project, sets, project / "none.db") as index:
        assert index.search("bulbs")[0].id == "bulbs"
        assert not index.search("windshield")
    (project / "knowledge/glass.md").write_text("# Windshield\n\nWe repair a chip in the windshield.\n")
    with index_of(project, sets, project / "none.db") as index:
        assert index.search("windshield")[0].id == "glass"


def test_mistakes_in_articles_are_told_with_their_places(project: Path):
    (project / "knowledge/oil.md").write_text("---\nreviewed: last week\n---\n# Oil\n")
    (project / "knowledge/tires.md").write_text("---\nreviewd: 2026-01-01\n---\n# Tires\n")
    (project / "knowledge/more.jsonl").write_text('{"id": "bulbs"}\n')
    with pytest.raises(Mistake) as raised:
        articles(project)
    told = "\n".join(map(str, raised.value.problems))
    assert "knowledge/oil.md:1:1: reviewed: 'last week' is no date" in told
    assert "knowledge/tires.md:2:1: unknown key 'reviewd'" in told
    assert "knowledge/more.jsonl:1:1: an article is {id, title, content}" in told
