"""A whole run is told again without reading a case, exactly when nothing that it depends on has changed."""

import json
import os

import pytest

from callgate.evaluate import Options
from callgate.evaluate.again import again
from callgate.evaluate.outcome import LEDGER
from callgate.ledger import Ledger

EVAL = ("eval", "receptionist")
PLANS = "callgate.evaluate.plan"
CASE = "datasets/receptionist/en-book-half-past-six.yaml"


def append(file, text):
    return lambda project: project.write(file, (project.root / file).read_text("utf-8") + text)


def renamed(project):
    path = project.root / CASE
    path.rename(path.with_name("en-book-at-half-past-six.yaml"))


CHANGES = {
    "a remark in a case": append(CASE, "# a remark\n"),
    "a case more": lambda project: project.write("datasets/receptionist/en-draft.yaml", "status: draft\n"),
    "a case by another name": renamed,
    "the world": append("datasets/receptionist/_world.yaml", "# a remark\n"),
    "a world above it": lambda project: project.write("datasets/_world.yaml", "schema: callgate.world/1\n"),
    "the candidate": append("prompts/receptionist/v3/prompt.md", "Be kind.\n"),
    "the baseline": append("prompts/receptionist/v2/prompt.md", "Be kind.\n"),
    "a rubric": append("prompts/judges/faithfulness.md", "Be strict.\n"),
    "a grader of one's own": append("evals/graders.py", "# a remark\n"),
    "the eval": append("evals/receptionist.yaml", "# a remark\n"),
    "a damaged record of it": lambda project: project.write(".callgate/again.json", "{"),
}


def answered(project):
    """What the record answers, in this process; None where it would be planned anew."""
    return again(project.root, project.root / "evals/receptionist.yaml", Options())


def test_where_nothing_changed_no_case_is_read_and_the_reports_are_the_same(evaluated):
    before = {name: evaluated.report(name) for name in ("decision.json", "junit.xml", "report.html")}
    ran = evaluated.run(*EVAL, imports=True)
    assert ran.code == 4
    assert PLANS not in ran.imported
    assert "yaml" not in ran.imported or "callgate.dataset" not in ran.imported
    assert not {name.partition(".")[0] for name in ran.imported} & {"numpy", "scipy", "asyncio", "jinja2"}
    assert "numpy" not in evaluated.run(*EVAL, "--json", imports=True).imported
    assert {name: evaluated.report(name) for name in before} == before
    assert evaluated.paid()["calls"] == 0
    assert "measured before: nothing asked" in ran.out


def test_an_option_that_asks_for_more_is_planned(evaluated):
    path = evaluated.root / "evals/receptionist.yaml"
    for options in (Options(release=True), Options(regrade=True), Options(settle=True), Options(limit=3)):
        assert again(evaluated.root, path, options) is None


def test_another_version_of_the_baseline_or_an_old_one_is_planned(evaluated):
    with Ledger.open(evaluated.root / LEDGER) as ledger:
        (known,) = json.loads((evaluated.root / ".callgate/again.json").read_text("utf-8")).values()
        ((model, generation),) = known["read"]["drawn"].values()
        ledger.renew_baseline(known["read"]["baseline"], model, generation)
    assert answered(evaluated) is None


def test_a_page_that_was_deleted_comes_back(evaluated):
    (evaluated.root / "reports/receptionist/report.html").unlink()
    assert evaluated.run(*EVAL).code == 4
    assert evaluated.report("report.html")


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changed_is_seen(evaluated, change):
    assert answered(evaluated)
    change(evaluated)
    assert answered(evaluated) is None


def test_a_grader_of_an_installed_package_may_have_changed_so_the_run_is_planned(evaluated, tmp_path):
    info = tmp_path / "acme_graders-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-graders\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text("[callgate.graders]\nacme = acme_graders\n")
    (tmp_path / "acme_graders.py").write_text(
        "from callgate import Score, grader\n\n\n"
        "@grader\ndef speaks(case, decision, reply):\n    return Score(1.0, passed=True, why='it spoke')\n"
    )
    evaluated.edit("evals/receptionist.yaml", "  - offers_open_slot\n", "  - offers_open_slot\n  - speaks\n")
    ran = evaluated.run(*EVAL, PYTHONPATH=str(tmp_path))
    assert ran.code == 4, ran.said
    assert "speaks" in {row["metric"] for row in evaluated.decision()["graders"]}
    assert answered(evaluated) is None


def test_a_file_written_while_the_run_was_read_is_not_trusted(evaluated):
    known = json.loads((evaluated.root / ".callgate/again.json").read_text("utf-8"))
    assert len(known) == 1
    (evaluated.root / ".callgate/again.json").unlink()
    later = 4_000_000_000
    os.utime(evaluated.root / CASE, (later, later))
    evaluated.run(*EVAL)
    assert not (evaluated.root / ".callgate/again.json").exists()
