"""The page in a browser: what a reader does with it, what it asks for, what hostile texts get to do."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from browser import LOOKS, WHY_NOT, Browser, accessibility, installed
from callgate.evaluate.weekly import Asked, leave_week, look_back
from callgate.report.html import page
from callgate.report.share import shareable
from pages import behind, call, decided, flip
from payloads import FIELDS, PAYLOADS, carrying

pytestmark = pytest.mark.skipif(not installed(), reason=WHY_NOT)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as one:
        yield one


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Six calls, four of them Spanish."""
    names = [f"es-{n:03}" for n in range(4)] + ["en-000", "en-001"]
    flips = [flip(name, 5 - n, language=name[:2], call_type="booking") for n, name in enumerate(names[:5])]
    flips.append(flip("en-001", -3, grader="must_say", language="en", call_type="cancel"))
    calls = [call(name, segments=dict(one.segments)) for name, one in zip(names, flips, strict=True)]
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page(decided(flips=flips), "9 s", {"command": "callgate eval"}, behind(*calls)))
    return path


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_nothing_is_asked_for_nothing_complains_and_nothing_overflows(browser, report, width, dark):
    browser.look(width=width, dark=dark)
    browser.console()
    browser.requested()
    browser.open(report)
    assert browser.console() == []
    assert browser.requested() == [report.as_uri()]
    assert browser.run("return document.documentElement.scrollWidth") <= width
    painted = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (painted == "rgb(255, 255, 255)") is not dark


def test_a_link_to_a_call_opens_its_conversation(browser, report):
    browser.look(width=1280)
    browser.open(report, "#es-002")
    assert browser.run("return document.getElementById('es-002').open")
    assert not browser.run("return document.getElementById('es-001').open")
    said = browser.run("return document.querySelector('#es-002 .talk').innerText")
    assert "Buenos días" in said
    assert "Con gusto, le tengo el martes" in said


def test_the_calls_filter_by_segment_grader_verdict_and_name(browser, report):
    browser.open(report)

    def shown(**choices):
        browser.run("document.getElementById('filter').reset()")
        for name, value in choices.items():
            selector = f"[data-attribute={name}], [data-by={name}]"
            browser.run(
                f"const f = document.querySelector({json.dumps(selector)}); f.value = {json.dumps(value)};"
                "f.dispatchEvent(new Event('input', {bubbles: true}))"
            )
        return browser.run(
            "return [...document.querySelectorAll('details.call')].filter(c => c.checkVisibility()).map(c => c.id)"
        )

    assert shown(language="es") == ["es-000", "es-001", "es-002", "es-003"]
    assert browser.run("return document.getElementById('count').textContent") == "4 of 6 shown"
    assert shown(language="es", case="002") == ["es-002"]
    assert shown(graders="must_say") == ["en-001"]
    assert shown(way="better") == ["en-001"]
    assert shown(way="blocked") == ["es-000", "es-001", "es-002", "es-003"]


def test_without_its_script_everything_can_be_read(browser, report):
    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(report)
    browser.devtools("Emulation.setScriptExecutionDisabled", value=False)
    assert not browser.run("return document.getElementById('filter').checkVisibility()")
    browser.run("document.querySelector('details.call summary').click()")
    assert "Con gusto" in browser.run("return document.querySelector('details.call').innerText")


def test_it_prints_with_every_call_opened(browser, report):
    browser.open(report)
    printed = browser.pdf()
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) >= 3
    assert browser.run("return document.querySelectorAll('details.call[open]').length") == 0  # closed again after it


def test_the_keyboard_reaches_every_call(browser, report):
    browser.open(report)
    reachable = browser.run(
        "return [...document.querySelectorAll('details.call > summary')].every(s => (s.focus(), document.activeElement === s))"
    )
    assert reachable


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    return accessibility(tmp_path_factory.mktemp("axe"))


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_no_rule_of_accessibility_is_broken(browser, report, axe, width, dark):
    browser.look(width=width, dark=dark)
    browser.open(report)
    browser.run("for (const call of document.querySelectorAll('details')) call.open = true")
    assert browser.violations(axe) == []


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    """The weekly page of the invented history."""
    folder = Path(__file__).parents[1] / "insight/history"
    asked = Asked(date(2026, 3, 20), folder / "runs.jsonl", folder / "tickets.csv")
    (path, *_) = leave_week(tmp_path_factory.mktemp("week"), look_back(folder, asked), mail=False)
    return path


@pytest.mark.parametrize(("width", "dark"), LOOKS[::3])
def test_the_weekly_page_too_is_quiet_accessible_and_no_wider_than_its_window(browser, week, axe, width, dark):
    browser.look(width=width, dark=dark)
    browser.console()
    browser.requested()
    browser.open(week)
    assert browser.console() == []
    assert browser.requested() == [week.as_uri()]
    assert browser.run("return document.documentElement.scrollWidth") <= width
    assert browser.violations(axe) == []


def _fired(browser, path):
    """Opens a page, touches everything in it, and says whether a hostile text ran and what was asked for."""
    browser.requested()
    browser.open(path)
    browser.run(
        "for (const each of document.querySelectorAll('*')) {"
        "  if (each.matches('details')) each.open = true;"
        "  for (const kind of ['mouseover', 'click', 'focus']) each.dispatchEvent(new Event(kind));"
        "}"
    )
    asked = [url for url in browser.requested() if url.split("#")[0] != path.as_uri()]
    return browser.run("return window.fired"), asked


def test_the_control_fires(browser, tmp_path):
    """A page that does what ours must not, so that silence below means something."""
    bad = tmp_path / "bad.html"
    bad.write_text(f"<!doctype html><body>{PAYLOADS[0]}<link rel=stylesheet href=http://127.0.0.1:9/style.css>")
    fired, asked = _fired(browser, bad)
    assert fired == 1
    assert asked == ["http://127.0.0.1:9/style.css"]


def test_no_hostile_text_runs_or_asks_for_anything(browser, tmp_path):
    """Each text in all nine fields at once; which field lets which text through, the tags of the page tell elsewhere."""
    path = tmp_path / "report.html"
    for text in PAYLOADS:
        decision, known = carrying(text, *FIELDS)
        path.write_text(page(decision, text, {"command": text, text: "x"}, known))
        assert _fired(browser, path) == (None, []), text


def test_no_hostile_text_runs_in_the_page_for_others(browser, tmp_path):
    """All of them on one page, each in its own flip and call."""
    told = [shareable(*carrying(text, *FIELDS)) for text in PAYLOADS]
    decision, known = told[0]
    decision = replace(decision, flips=tuple(flip for one, _ in told for flip in one.flips))
    known = replace(known, calls=tuple(call for _, its in told for call in its.calls))
    path = tmp_path / "share.html"
    path.write_text(page(decision, "", None, known))
    assert _fired(browser, path) == (None, [])
    opened = browser.run("return document.querySelectorAll('details.call').length")
    assert opened >= len(PAYLOADS)
