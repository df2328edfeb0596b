"""The page: what a reader finds on it, in which order, and how large it gets."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from callgate.report.html import page
from callgate.report.marking import differences, pieces
from callgate.report.stamp import shows
from pages import ENGLISH, behind, call, decided, flip, row


class Outline(HTMLParser):
    """Headings with their text, every tag, every attribute."""

    def __init__(self, text):
        super().__init__()
        self.headings, self.tags, self.attributes, self._in = [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attributes]
        if tag in {"h1", "h2"}:
            self._in = tag
            self.headings.append("")

    def handle_endtag(self, tag):
        if tag == self._in:
            self._in = ""

    def handle_data(self, text):
        if self._in:
            self.headings[-1] += " ".join(text.split()) + " "


@pytest.fixture
def shown():
    return page(
        decided(flips=[flip("es-031"), flip("en-007", -2, language="en")]),
        "9 s",
        {"command": "callgate eval"},
        behind(call("es-031")),
    )


def test_the_verdict_comes_first_and_what_it_takes_to_repeat_it_last(shown):
    headings = [heading.strip() for heading in Outline(shown).headings]
    assert headings == [
        "BLOCK language=es fell 14.4 points.",
        "Change per segment",
        "language × call_type",
        "Segments",
        "Calls that changed, worst first",
        "Graders, one by one",
        "Cost and latency",
        "Not measured, and why",
        "What the prompt changes",
        "To reproduce",
    ]


def test_a_pass_is_put_in_words(shown):
    words = " ".join(re.sub("<[^>]*>", "", shown).split())
    assert (
        "With 95% confidence, success on calls like these has fallen by no more than 5 points in all calls, 10 points in language=es."
        in words
    )
    assert "1 group of calls is too small for that" in words


def test_the_page_loads_nothing_and_runs_only_its_own_script(shown):
    outline = Outline(shown)
    assert not {"img", "iframe", "link", "object", "embed", "base", "video", "audio"} & set(outline.tags)
    assert not [
        at for at in outline.attributes if at[1] in {"src", "style", "srcdoc", "action"} or at[1].startswith("on")
    ]
    assert all(value.startswith("#") for tag, name, value in outline.attributes if name == "href")
    policy = next(value for tag, name, value in outline.attributes if name == "content" and "default-src" in value)
    for kind in ("style", "script"):
        (inline,) = re.findall(f"<{kind}>(.*?)</{kind}>", shown, re.DOTALL)
        assert f"{kind}-src 'sha256-{b64encode(sha256(inline.encode()).digest()).decode()}'" in policy
    assert policy.startswith("default-src 'none';")
    assert len(re.findall(r"<script>(.*?)</script>", shown, re.DOTALL)[0]) < 10_000


def test_a_call_shows_both_sides_with_what_differs_and_what_a_grader_objects_to(shown):
    card = shown[shown.index('id="es-031"') :]
    assert "Buenos días" in card
    assert "heard: buenos dias (80% sure)" in card
    assert '<b class="diff">time: 22:00</b>' in card
    assert '<b class="diff">time: 10:00</b>' in card
    assert '<b class="diff">date' not in card
    assert re.search(f"<mark>.*{re.escape(ENGLISH[:10])}.*<sup>1</sup></mark>", card)
    assert "language_match<sup>1</sup></span> failed: replied in English" in card
    assert "judge:tone</span> not measured: judge_invalid: no verdict" in card
    assert "✓ 1 passed" in card


def test_decisions_alone_make_a_page_too():
    text = page(decided(flips=[flip("es-031")]))
    assert "es-031" in text
    assert "Cost and latency" not in text


def test_a_page_is_a_function_of_its_data(shown):
    again = page(
        decided(flips=[flip("es-031"), flip("en-007", -2, language="en")]),
        "9 s",
        {"command": "callgate eval"},
        behind(call("es-031")),
    )
    assert shown == again


def test_what_fell_in_a_blocked_segment_comes_before_what_fell_elsewhere():
    flips = [
        flip("en-001", 5, language="en", call_type="other"),
        flip("es-001", 1),
        flip("es-002", 3),
        flip("en-002", -5, language="en"),
    ]
    text = page(decided(flips=flips))
    places = [text.index(f">{name}<") for name in ("es-002", "es-001", "en-001", "en-002")]
    assert all(one < other for one, other in pairwise(places))


def test_a_thousand_decisions_stay_under_500_kilobytes():
    names = [f"es-{n:04}" for n in range(1_000)]
    long = [call(name, candidate=f"{ENGLISH} {'and so on, ' * 20}") for name in names[:90]]
    text = page(decided(flips=[flip(name) for name in names]), "", {}, behind(*long))
    assert len(text.encode()) < 500_000
    assert len(re.findall('<details class="call"', text)) >= 30
    assert "Left out here:" in text


def test_a_hundred_thousand_trials_stay_under_five_megabytes_and_say_what_is_left_out():
    """10,000 decisions of 5 trials a side, all of them flips."""
    names = [f"es-{n:05}" for n in range(10_000)]
    text = page(
        decided(flips=[flip(name, 1 + n % 5) for n, name in enumerate(names)]), "", {}, behind(*map(call, names[:90]))
    )
    assert len(text.encode()) < 5_000_000
    cards, rows = len(re.findall('<details class="call"', text)), len(re.findall("<tr data-flip", text))
    assert f"Left out here: {10_000 - cards - rows:,} decisions" in text


def test_a_page_is_known_again_by_its_decision_alone(tmp_path):
    one, other = decided(), decided(reasons=("something else",))
    (tmp_path / "report.html").write_text(page(one))
    assert shows(tmp_path / "report.html", one)
    assert not shows(tmp_path / "report.html", other)
    assert not shows(tmp_path / "absent.html", one)


def test_segments_and_models_that_were_not_compared_leave_no_empty_figure():
    text = page(decided(comparisons=(), graders=(), verdict="unchanged", reasons=("Nothing under test changed.",)))
    assert "<svg" not in text
    assert "Segments" not in text
    assert page(decided(comparisons=(row({}, change=None, interval_here=None, at_worst=None),)))


def test_only_words_that_differ_are_marked():
    mine, theirs = differences("I have Tuesday at ten.", "I have Friday at ten.")
    assert [("I have Tuesday at ten."[a:b]) for a, b in mine] == ["Tuesday"]
    assert [("I have Friday at ten."[a:b]) for a, b in theirs] == ["Friday"]
    assert differences("Wholly other words here", "Nada de esto se parece") == ([], [])


def test_marks_that_overlap_are_cut_where_they_begin_and_end():
    cut = pieces("abcdef", [(1, 4)], [(1, (2, 6)), (2, (0, 3))])
    assert "".join(piece.text for piece in cut) == "abcdef"
    assert [(piece.text, piece.changed, piece.notes) for piece in cut] == [
        ("a", False, (2,)),
        ("b", True, (2,)),
        ("c", True, (1, 2)),
        ("d", True, (1,)),
        ("ef", False, (1,)),
    ]
    assert pieces("abc", [(2, 99)])[-1].text == "c"
