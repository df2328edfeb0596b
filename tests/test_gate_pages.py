"""The gate's pages say what its benchmark found, and the picture is the gate's own decision."""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import gate_page as pages
import picture

DOCS = Path(__file__).parents[1] / "docs"


def test_every_figure_of_the_pages_is_the_benchmarks():
    for name, page in pages.told(DOCS).items():
        assert (DOCS / name).read_text(encoding="utf-8") == page
    marks = pages.MARK.findall((DOCS / "statistics.md").read_text(encoding="utf-8"))
    assert len(marks) > 20


def test_no_row_of_the_committed_benchmark_fails():
    rows = re.findall(r"^ {2}(ok|FAILS) ", (DOCS / pages.PAGE).read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) > 50
    assert set(rows) == {"ok"}


def test_the_picture_is_drawn_from_the_gates_decision():
    drawn = "\n".join(picture.drawn(picture.decided())) + "\n"
    assert (DOCS / "statistics.svg").read_text(encoding="utf-8") == drawn
    verdicts = {row.name: row.verdict for row in picture.decided()}
    assert verdicts["language=es"] == "block"
    assert verdicts["all"] == "inconclusive"
