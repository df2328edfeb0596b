"""The document of a week -> HTML, Markdown, an e-mail, CSV. No model text is in it; names are escaped everywhere."""

from __future__ import annotations

import csv
import io
from email.message import EmailMessage

from markupsafe import Markup

from callgate.insight.weekly import Figure, figures
from callgate.report.html import environment, inline, source_hash
from callgate.report.markdown import code, prose
from callgate.report.trend_chart import chart
from callgate.report.weekly import Document, Grid, Line, Name, Part, Quote, Section, When
from callgate.report.words import percent, plural, points, printable, spreadsheet_cell


def page(written: Document) -> str:
    """`weekly.html`: one file without a script, with charts."""
    facts = written.facts
    days = [mark.day for mark in facts.project.releases]
    charts = {
        section.anchor: [one for trend in section.trends if (one := chart(trend, facts.weeks, days))]
        for section in written.sections
    }
    style = inline("report.css") + inline("weekly.css")
    return environment().get_template("weekly.html").render(
        document=written,
        charts=charts,
        kind=_part_kind,
        figure=figure_words,
        style=Markup(style),  # noqa: S704  # our own files
        style_hash=source_hash(style),
    )  # fmt: skip


def _part_kind(part: Part) -> str:
    return {Name: "name", Quote: "quote", When: "when", Figure: "figure"}.get(type(part), "words")


def figure_words(figure: Figure) -> str:
    """A number as people read it."""
    value = figure.value
    if figure.unit == "share":
        return percent(value)
    if figure.unit == "change":
        return f"{points(value)} points"
    if figure.unit == "days":
        return plural(round(value), "day")
    if figure.unit == "dollars":
        return f"${value:,.2f}"
    if figure.unit == "sigma":
        return f"{round(value, 1) + 0.0:.1f}"
    return f"{value:+,.0f}" if figure.name.endswith("_change") else f"{value:,.0f}"


# ---------------------------------------------------------------------------------------------- Markdown


def markdown(written: Document) -> str:
    """`weekly.md`: the same without charts."""
    facts = written.facts
    mark = " · **SIMULATED**" * facts.history.simulated
    parts = [f"# Week {facts.week}{mark}", f"**{_text(written.headline)}**"]
    if written.decide:
        lines = [f"{n}. **{_text(what)}** {_text(sure)}" for n, (what, sure) in enumerate(written.decide, 1)]
        parts.append("\n".join(lines))
    parts.append("\n".join(["**Not measured:**", "", *(f"- {_text(line)}" for line in written.unmeasured)]))
    parts += [_section(section) for section in written.sections]
    return "\n\n".join(parts) + "\n"


def _section(section: Section) -> str:
    parts = [f"## {section.title}", *(_text(line) for line in section.lines)]
    if section.grid:
        parts.append(_table(section.grid))
    return "\n\n".join(parts)


def _table(grid: Grid) -> str:
    head = "| " + " | ".join(prose(name) for name in grid.head) + " |"
    rule = "|" + "|".join("--:" if index in grid.numeric else "---" for index in range(len(grid.head))) + "|"
    rows = ["| " + " | ".join(_text(cell) for cell in row) + " |" for row in grid.rows]
    return "\n".join([head, rule, *rows])


def _text(line: Line) -> str:
    return "".join(_inert(part) for part in line).strip()


def _inert(part: Part) -> str:
    if isinstance(part, Name):
        return code(part.text)
    if isinstance(part, Quote):
        return prose(part.text)
    if isinstance(part, Figure):
        return figure_words(part)
    return part.text if isinstance(part, When) else part


def summary(written: Document) -> str:
    """The first lines of the page, for a terminal."""
    facts = written.facts
    mark = "   SIMULATED" * facts.history.simulated
    lines = [f"week {facts.week}{mark}   {_spoken(written.headline)}", ""]
    for number, (what, sure) in enumerate(written.decide, 1):
        lines += [f"  {number}. {_spoken(what)}", f"     {_spoken(sure)}"]
    lines += ["", "not measured:", *(f"  {_spoken(line)}" for line in written.unmeasured)]
    return "\n".join(lines) + "\n"


def _spoken(line: Line) -> str:
    shown = (printable(part.text) if isinstance(part, Name | Quote) else _inert(part) for part in line)
    return "".join(shown).strip()


# ---------------------------------------------------------------------------------------------- e-mail and CSV


def message(written: Document) -> bytes:
    """`weekly.eml`: opened by a mail program as a draft, with the page and the same as text."""
    facts = written.facts
    mail = EmailMessage()
    simulated = " (SIMULATED)" * facts.history.simulated
    mail["Subject"] = printable(f"Callgate, week {facts.week}{simulated}: {_text(written.headline)}")
    mail["X-Unsent"] = "1"
    mail.set_content(markdown(written))
    mail.add_alternative(page(written), subtype="html")
    mail.set_boundary("callgate-weekly")
    return mail.as_bytes()


def table(written: Document) -> str:
    """`weekly.csv`: every number, a row each; nothing in it is a formula."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["name", "week", "of", "value", "unit"])
    for one in figures(written.facts):
        writer.writerow([*map(spreadsheet_cell, (one.name, one.week, one.of)), repr(round(one.value, 10)), one.unit])
    return stream.getvalue()
