"""Reports are drawn from the decision alone; whole outputs are kept as golden files (`make golden` rewrites them)."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt

from callgate.concepts import Comparison, Decision, Flip, Missing, Side
from callgate.report import junit, markdown, terminal, words

MODEL = "sim/receptionist-small"


def row(segment, verdict, role="gate", **figures):
    known = {"baseline_mean": 0.842, "candidate_mean": 0.698, "change": -0.144, "at_worst": -0.205, "margin": 0.1}
    return Comparison(segment, "success", MODEL, figures.pop("cases", 50), 250, role, verdict, **known | figures)


def flip(case, grader="language_match", worse=5, **segments):
    return Flip(
        case, "book", MODEL, segments, 5, 5, 5 - worse, 5, grader, 'replied in English: "Sure, half past one"', "Sure"
    )


@pytest.fixture
def blocked():
    return Decision(
        run="0" * 64,
        eval="receptionist",
        verdict="block",
        exit_code=1,
        simulated=True,
        baseline=Side("v2", "a41c9e2f00"),
        candidate=Side("v3", "7f03b1d100"),
        models=(MODEL,),
        cases=150,
        decisions=312,
        trials=5,
        comparisons=(
            row({}, "pass", cases=150, change=0.013, at_worst=-0.019, interval_here=(-0.01, 0.03)),
            row({"language": "en"}, "pass", cases=100, change=0.091, at_worst=0.056, interval_here=(0.06, 0.12)),
            row({"language": "es"}, "block", p=0.0004),
            row({"call_type": "tire_rotation"}, "pass", role="veto", cases=8, change=0.028),
            row({"language": "es", "call_type": "booking"}, "closed", role="watch", cases=12, change=0.0),
        ),
        flips=(
            flip("es-044", worse=3, language="es"),
            flip("es-031", language="es"),
            flip("es-050", "must_say", worse=2, language="es"),
            flip("es-051", worse=1, language="es"),
            flip("en-001", worse=-2, language="en"),
        ),
        missing=Missing(1560, 1560, off_script=3),
        reasons=("language=es fell 14.4 points.",),
    )


def test_the_screen_puts_the_verdict_and_the_next_command_last(blocked, snapshot):
    assert terminal.screen(blocked, "9 s, $0.00") == snapshot


def test_the_summary_is_a_table_without_model_text(blocked, snapshot):
    text = markdown.summary(blocked, "9 s, $0.00")
    assert "Sure" not in text
    assert text == snapshot


def test_junit_counts_a_blocked_segment_as_a_failure_and_an_unmeasured_one_as_an_error(blocked):
    lost = replace(blocked, comparisons=(*blocked.comparisons, row({"language": "fr"}, "incomplete")))
    suite = ET.fromstring(junit.junit(lost))[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == (
        "6",
        "1",
        "1",
        "1",
    )


def test_a_run_that_measured_nothing_is_an_error_in_junit(blocked):
    suite = ET.fromstring(junit.junit(replace(blocked, comparisons=(), verdict="incomplete")))[0]
    assert suite.get("errors") == "1"


@pytest.mark.parametrize("text", ["\x1b[31mred", "\x07bell", "\u202eevil", "a\nb", "\x9b31m"])
def test_nothing_in_data_controls_the_terminal(blocked, text):
    named = replace(blocked, eval=text, flips=(replace(blocked.flips[1], why=text, case=text),))
    shown = terminal.screen(named)
    assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(shown)


def test_calls_that_got_worse_are_counted_by_call_and_on_balance(blocked):
    both = (*blocked.flips, replace(flip("es-051", worse=-4, language="es"), decision="greet"))
    spanish = blocked.comparisons[2]
    assert words.worse_calls(blocked, spanish) == 4
    assert words.worse_calls(replace(blocked, flips=both), spanish) == 3


def test_a_subset_never_reads_pass(blocked):
    partly = replace(blocked, verdict="pass", exit_code=4, subset="language=es", comparisons=blocked.comparisons[:1])
    assert "PASS" not in terminal.screen(partly)
    assert "PASS" not in markdown.summary(partly)


@pytest.mark.parametrize("name", ["`code`", "a|b", "@team", "[x](javascript:1)", "<b>", "![i](http://x)", "http://x.y"])
def test_names_are_inert_in_markdown(blocked, name):
    text = markdown.summary(replace(blocked, eval=name, reasons=(name,)))
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    kinds = {child.type for token in tokens for child in (token, *(token.children or ()))}
    assert "code_inline" in kinds
    assert not kinds & {"link_open", "image", "html_inline", "html_block"}
    assert "@team" not in text
