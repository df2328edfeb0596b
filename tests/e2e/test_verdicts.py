"""The shipped eval passes; the demo blocks, and exits 0 exactly when it found what was planted. All cases, simulated."""

import re
import shutil

import pytest
from scratch import Project, whole

from browser import LOOKS, WHY_NOT, Browser, accessibility, installed

DEMO = "spanish-regression"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """All that ships, the receptionist and the demo evaluated."""
    project = whole(tmp_path_factory.mktemp("shipped"))
    return project, project.run("eval", "receptionist", timeout=300), project.run("demo", timeout=300)


def rows(project, name):
    found = {}
    for row in project.decision(name)["comparisons"]:
        found[",".join(f"{key}={value}" for key, value in row["segment"].items()) or "all"] = row
    return found


def test_the_shipped_eval_passes_and_says_that_it_is_simulated(shipped):
    project, ran, _ = shipped
    assert ran.code == 0, ran.said
    assert "SIMULATED" in ran.out.splitlines()[0]
    assert ran.out.splitlines()[-1].startswith("PASS   ")
    decision = project.decision()
    assert decision["verdict"] == "pass"
    assert decision["simulated"]
    assert decision["missing"]["failures"] == {}
    assert rows(project, "receptionist")["call_type=booking"]["verdict"] == "pass"


def test_the_demo_is_better_on_average_blocked_for_spanish_and_exits_0(shipped):
    project, _, ran = shipped
    assert ran.code == 0, ran.said
    found = rows(project, DEMO)
    assert found["all"]["change"] > 0
    assert found["language=es"]["verdict"] == "block"
    assert found["language=es"]["change"] < -0.05
    assert project.decision(DEMO)["exit_code"] == 1
    screen = ran.out.splitlines()
    last = [line for line in screen if line][-1]
    assert last.startswith("BLOCK   language=es fell ")
    assert re.search(r"next: callgate show [\w-]+ es-\S+$", last)
    flips = [line for line in screen if re.match(r"  es-\S+ \S+ +\d+/\d+ -> \d+/\d+ ", line)]
    assert flips, ran.out
    assert '"' in flips[0], "what was said"
    assert ran.err.splitlines()[-1].startswith("demo: the planted regression was found")


def test_the_next_command_of_the_demo_shows_the_call_on_both_sides(shipped):
    project, _, ran = shipped
    words = ran.out.rstrip().splitlines()[-1].rpartition("next: callgate ")[2].split()
    shown = project.run(*words)
    assert shown.code == 0
    assert "baseline v2" in shown.out
    assert "candidate v3-brisk" in shown.out


def test_a_demo_whose_candidate_has_no_planted_regression_exits_other_than_0(shipped, tmp_path):
    root = tmp_path / "mended"
    shutil.copytree(shipped[0].root, root)
    project = Project(root)
    project.edit(f"evals/demo/{DEMO}.yaml", "receptionist/v3-brisk", "receptionist/v3")
    ran = project.run("demo", timeout=300)
    assert ran.code not in {0, 2}, ran.said
    assert "was NOT found" in ran.err
    assert project.decision(DEMO)["verdict"] == "pass"


@pytest.mark.skipif(not installed(), reason=WHY_NOT)
def test_the_report_of_the_demo_is_read_in_a_browser(shipped, tmp_path):
    """A flip opens to its conversation, Spanish is picked out, all is printed; on every screen nothing complains,
    nothing is asked for, no rule of accessibility is broken."""
    report = shipped[0].root / "reports" / DEMO / "report.html"
    flips = shipped[0].decision(DEMO)["flips"]
    spanish = {flip["case"] for flip in flips if flip["segments"]["language"] == "es"}
    assert len(spanish) < len({flip["case"] for flip in flips})
    with Browser(tmp_path / "profile") as browser:
        browser.open(report)
        assert browser.run("return document.querySelector('h1').innerText").startswith("BLOCK")
        first = browser.run(
            "const f = document.querySelector('#flips ~ #calls details.call summary'); f.click();"
            "return [f.parentNode.id, f.parentNode.open, f.parentNode.querySelector('.talk').innerText]"
        )
        assert first[0] == flips[0]["case"]
        assert first[1]
        assert flips[0]["evidence"] in first[2]
        browser.run(
            "const f = document.querySelector('[data-attribute=language]'); f.value = 'es';"
            "f.dispatchEvent(new Event('input', {bubbles: true}))"
        )
        shown = browser.run(
            "return [...document.querySelectorAll('[data-case]')]"
            ".filter(c => c.checkVisibility()).map(c => c.dataset.case)"
        )
        assert set(shown) == spanish
        assert browser.pdf().startswith(b"%PDF")
        assert browser.console() == []
        assert set(browser.requested()) == {report.as_uri()}
        for width, dark in LOOKS:
            browser.look(width=width, dark=dark)
            browser.open(report)
            browser.run("for (const call of document.querySelectorAll('details.call')) call.open = true")
            assert browser.run("return document.documentElement.scrollWidth") <= width
            assert browser.console() == []
            assert set(browser.requested()) == {report.as_uri()}
        axe = accessibility(tmp_path)
        for width, dark in LOOKS[::3]:  # the other two on an invented report: the checker takes long
            browser.look(width=width, dark=dark)
            browser.open(report)
            browser.run(  # the calls are all drawn alike: three stay, opened
                "[...document.querySelectorAll('details.call')].forEach((c, n) => n < 3 ? c.open = true : c.remove())"
            )
            assert browser.violations(axe) == []
