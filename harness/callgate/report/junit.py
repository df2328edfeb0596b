"""A decision -> JUnit XML: one test case a segment and metric, so that any CI shows where it broke."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from callgate.concepts import Comparison, Decision
from callgate.report.words import percent, points, printable, verdict_words


def junit(decision: Decision) -> str:
    """The XML text. Blocked segments are failures, unmeasured ones errors, undecided and watched ones skipped."""
    suite = ET.Element("testsuite", name=printable(f"callgate.{decision.eval}"))
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for row in decision.comparisons:
        counts["tests"] += 1
        kind = _case(suite, decision, row)
        if kind:
            counts[kind] += 1
    if not decision.comparisons and decision.verdict != "unchanged":
        counts["tests"] += 1
        counts["errors"] += 1
        _child(ET.SubElement(suite, "testcase", name="all", classname=suite.get("name", "")), "error", decision.verdict)
    suite.attrib.update({key: str(value) for key, value in counts.items()})
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, decision: Decision, row: Comparison) -> str:
    """Adds one test case; returns which counter it belongs to, "" where it passed."""
    name = printable(f"{row.name} {row.metric} [{row.model}]")
    case = ET.SubElement(suite, "testcase", name=name, classname=suite.get("name", ""))
    words = printable(" ".join(verdict_words(decision, row).split()))
    figures = f"{percent(row.baseline_mean)} to {percent(row.candidate_mean)} ({points(row.change)} points): {words}"
    if row.verdict == "block":
        _child(case, "failure", figures)
        return "failures"
    if row.verdict == "incomplete":
        _child(case, "error", figures)
        return "errors"
    if row.verdict in {"inconclusive", "moved", "closed"}:
        _child(case, "skipped", figures)
        return "skipped"
    return ""


def _child(case: ET.Element, kind: str, message: str) -> None:
    ET.SubElement(case, kind, message=message)
