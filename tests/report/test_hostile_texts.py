"""Forty hostile texts in nine fields: nothing of them lives in the page, in Markdown, in JUnit or on the terminal."""

import re
import unicodedata
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt

from callgate.report.conversation import conversation
from callgate.report.html import page
from callgate.report.junit import junit
from callgate.report.markdown import summary
from callgate.report.share import shareable
from callgate.report.terminal import flip_lines, screen
from payloads import FIELDS, PAYLOADS, carrying

NUMBERS = range(len(PAYLOADS))


class Skeleton(HTMLParser):
    """Every tag with the names of its attributes, the value of what could load or lead anywhere, and every script."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        leads = [
            f"{name}={value}" for name, value in attributes if name in {"http-equiv", "href", "src"} and value[0] != "#"
        ]
        self.tags.append((tag, *sorted(name for name, _ in attributes), *leads))

    def handle_data(self, data):
        if self.cdata_elem in {"script", "style"}:
            self.tags.append((self.cdata_elem, data))


def test_there_are_forty_texts_in_nine_fields():
    assert (len(set(PAYLOADS)), len(set(FIELDS))) == (40, 9)


@pytest.mark.parametrize("drawn", ["own", "shared"])
@pytest.mark.parametrize("field", FIELDS)
def test_no_text_adds_an_element_or_an_attribute_to_the_page(field, drawn):
    """The page with a hostile text has the very tags of the page with a harmless one. What masks personal data in the
    page for others re-writes texts: it must not make markup of them either."""
    known = set(Skeleton(_drawn(drawn, field, "harmless")).tags)
    for text in PAYLOADS:
        assert not set(Skeleton(_drawn(drawn, field, text)).tags) - known, text


def test_a_text_that_enters_the_page_unescaped_is_seen():
    shown = _drawn("shared", "reply", "harmless")
    known = set(Skeleton(shown).tags)
    assert shown.count("harmless") > 0
    for text in PAYLOADS[:25]:
        assert set(Skeleton(shown.replace("harmless", text)).tags) - known, text


def _drawn(drawn, field, text):
    decision, behind = carrying(text, field)
    if drawn == "shared":
        return page(*_shared(decision, behind))
    return page(decision, "", {"command": text, "branch": text}, behind)


def _shared(decision, behind):
    masked, its = shareable(decision, behind)
    return masked, "", None, its


@pytest.mark.parametrize("field", FIELDS)
def test_no_text_is_alive_in_markdown(field):
    """Neither link, image, HTML, heading, fence nor mention: also for GitHub, which links bare addresses."""
    for text in PAYLOADS:
        shown = summary(carrying(text, field)[0], f"spent {text}")
        tokens = MarkdownIt("commonmark").enable("table").parse(shown)
        kinds = [child.type for token in tokens for child in (token, *(token.children or ()))]
        assert not {"link_open", "image", "html_inline", "html_block", "fence", "code_block"} & set(kinds), text
        assert kinds.count("heading_open") == 1, text
        outside = " ".join(
            child.content for token in tokens for child in token.children or () if child.type != "code_inline"
        )
        assert not re.search(r"(?<![\w`])[@#][A-Za-z0-9]|https?://|GH-\d|www\.", outside), text
        assert not re.search(r"@[A-Za-z]", shown), text


@pytest.mark.parametrize("field", FIELDS)
def test_no_text_controls_the_terminal_or_a_ci_log(field):
    for text in PAYLOADS:
        decision, behind = carrying(text, field)
        (opened,) = behind.calls
        names = {"baseline": decision.baseline.name, "candidate": decision.candidate.name}
        shown = (
            screen(decision, "", everything=True)
            + flip_lines(decision, {})
            + conversation(opened.case, opened.views, names)
        )
        live = [char for char in shown if unicodedata.category(char) in {"Cc", "Cf", "Cs"} and char != "\n"]
        assert not live, text
        assert not re.search(r"^\s*::", shown, re.MULTILINE), text


@pytest.mark.parametrize("field", FIELDS)
def test_no_text_breaks_junit(field):
    known = {element.tag for element in ET.fromstring(junit(carrying("harmless", field)[0])).iter()}
    for text in PAYLOADS:
        assert {element.tag for element in ET.fromstring(junit(carrying(text, field)[0])).iter()} == known
