"""A decision and what lies behind it -> `report.html`: one file that needs no server and no network, and reads without
its script. Model text enters it through jinja's escaping alone."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import groupby

import jinja2
from markupsafe import Markup

from callgate.concepts import Arm, Comparison, Decision, Flip
from callgate.report import words
from callgate.report.calls import Background
from callgate.report.figures import forest, heat_maps
from callgate.report.marking import prompt_diff
from callgate.report.sheet import Sheet, sheet, slug
from callgate.report.stamp import stamp
from callgate.report.triage import HEAD, field_rows, notes, title

CARDS_BYTES = 360_000
"""What the opened calls may take of the page; the rest are listed in a line each."""
ROWS_SHOWN = 200
FLAKY_SHOWN = 10
DIFF_LINES = 600


@dataclass(frozen=True, slots=True)
class Filters:
    """What the calls can be filtered by: values of each attribute, graders, models."""

    attributes: Mapping[str, tuple[str, ...]]
    graders: tuple[str, ...]
    models: tuple[str, ...]


def page(
    decision: Decision,
    spent: str = "",
    run: Mapping[str, object] | None = None,
    background: Background | None = None,
) -> str:
    """The whole page. `run` holds what only one invocation knows (command, versions); `background` the calls, costs
    and prompts, without which the page shows the decision alone."""
    behind = background or Background()
    drawing = environment()
    cards, rows, left_out = _calls(drawing, decision, behind)
    diff = prompt_diff(*behind.prompts) if behind.prompts else []
    style, script = inline("report.css"), inline("report.js")
    return drawing.get_template("report.html").render(
        decision=decision,
        stamp=stamp(decision),
        title=words.TITLES[decision.verdict],
        noun=words.NOUNS[decision.kind],
        things=f"{words.NOUNS[decision.kind]}s",
        kind=_KINDS.get(decision.verdict, "unsure"),
        forest=forest(decision),
        heats=heat_maps(decision),
        promise=promise(decision),
        cards=cards,
        rows=rows,
        left_out=left_out,
        averages=words.average_lines(decision),
        conversations=[(one, words.power_rows(one), words.caller_line(one)) for one in decision.conversations],
        flaky=words.flaky_lines(decision, FLAKY_SHOWN),
        better=sum(flip.worse < 0 for flip in decision.flips),
        filters=_filters(decision),
        usage=behind.usage,
        diff=diff[:DIFF_LINES],
        diff_left_out=max(0, len(diff) - DIFF_LINES),
        compares_prompts=behind.prompts is not None,
        tickets=[
            (title(one, decision), [row.cells for row in field_rows(one)], notes(one), one) for one in decision.triage
        ],
        ticket_head=HEAD,
        several=len(decision.models) > 1,
        metrics=len({row.metric for row in decision.comparisons}),
        spent=spent,
        run=dict(run or {}),
        style=Markup(style),  # noqa: S704  # our own file
        script=Markup(script),  # noqa: S704  # our own file
        style_hash=source_hash(style),
        script_hash=source_hash(script),
    )


_KINDS = {"pass": "good", "unchanged": "good", "block": "bad"}


@cache
def environment() -> jinja2.Environment:
    """How our templates are drawn: everything that is put in is escaped, an unknown name is an error."""
    made = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FunctionLoader(inline),
    )
    made.filters |= {
        "percent": words.percent,
        "points": words.points,
        "printable": words.printable,
        "paragraphs": words.paragraphs,
        "p_value": words.p_value,
        "plural": words.plural,
        "slug": slug,
    }
    made.globals |= {"verdict_of": verdict_of, "attributes_of": attributes_of}
    return made


def inline(name: str) -> str:
    """The text of a template, a style sheet or a script of ours."""
    return (resources.files("callgate.report") / "templates" / name).read_text(encoding="utf-8")


def source_hash(text: str) -> str:
    """The source expression under which a Content-Security-Policy admits exactly this inline text."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def verdict_of(decision: Decision, row: Comparison) -> str:
    """The verdict on a segment without what would settle it, which has a place of its own."""
    return " ".join(words.verdict_words(decision, row).removesuffix(row.needs).split())


def attributes_of(segments: Mapping[str, str]) -> str:
    """Segments as the filter looks for them: "language=es|call_type=booking"."""
    return "|".join(f"{key}={value}" for key, value in segments.items())


def promise(decision: Decision) -> list[str]:
    """What a PASS says here, in words, from the margins that the gate used."""
    gates = [row for row in decision.comparisons if row.role == "gate" and row.margin is not None]
    if not gates:
        return []
    level = next((row.level for row in gates if row.level is not None), None)
    sure = f"With {level:.0%} confidence" if level is not None else "With confidence"
    things = f"{words.NOUNS[decision.kind]}s"
    by_margin: dict[float, list[str]] = {}
    for row in gates:
        by_margin.setdefault(row.margin or 0.0, []).append(f"all {things}" if not row.segment else row.name)
    parts = [
        f"{100 * margin:g} points in {' and '.join(dict.fromkeys(names))}"
        for margin, names in sorted(by_margin.items())
    ]
    small = len({row.name for row in decision.comparisons if row.role != "gate" and len(row.segment) == 1})
    sentences = [f"{sure}, success on {things} like these has fallen by no more than {', '.join(parts)}."]
    if small:
        sentences.append(
            f"{words.plural(small, 'group')} of {things} {'is' if small == 1 else 'are'} too small for that: "
            "such a group can block, but a PASS does not vouch for it."
        )
    return sentences


# ---------------------------------------------------------------------------------------------- the calls


def order(decision: Decision) -> list[Flip]:
    """Flips, worst first: those of a blocked segment before others, and what got better last."""
    blocked = [row for row in decision.comparisons if row.verdict == "block"]

    def rank(flip: Flip) -> tuple[bool, float, str, str]:
        return not any(words.in_segment(flip, row) for row in blocked), -flip.worse, flip.case, flip.decision

    worse = sorted((flip for flip in decision.flips if flip.worse > 0), key=rank)
    better = [flip for flip in decision.flips if flip.worse <= 0]
    return worse + sorted(better, key=lambda flip: (flip.worse, flip.case, flip.decision))


def grouped(flips: Sequence[Flip]) -> dict[tuple[str, str], list[Flip]]:
    """Flips by (model, case), in the order of each call's first."""
    calls: dict[tuple[str, str], list[Flip]] = {}
    for flip in flips:
        calls.setdefault((flip.model, flip.case), []).append(flip)
    return calls


def _calls(drawing: jinja2.Environment, decision: Decision, behind: Background) -> tuple[list[Markup], list[Flip], int]:
    """The opened calls as far as there is room, a row for each further flip, and how many are in neither."""
    render = drawing.get_template("call.html").module.card  # type: ignore[attr-defined]  # a macro of the template
    names: dict[Arm, str] = {"baseline": decision.baseline.name, "candidate": decision.candidate.name}
    known = {(call.model, call.case.id): call for call in behind.calls}
    blocked = [row for row in decision.comparisons if row.verdict == "block"]
    used: Counter[str] = Counter()
    cards: list[Markup] = []
    rows: list[Flip] = []
    room = CARDS_BYTES
    for key, flips in grouped(order(decision)).items():
        call = known.get(key)
        if call is None or room <= 0:
            rows += flips
            continue
        shown = sheet(call, flips, names, _anchor(call.case.id, used))
        cards.append(Markup(render(decision, shown, _is_blocked(shown, blocked))))  # noqa: S704  # escaped by the macro
        room -= len(cards[-1].encode())
    return cards, rows[:ROWS_SHOWN], max(0, len(rows) - ROWS_SHOWN)


def _is_blocked(shown: Sheet, blocked: Sequence[Comparison]) -> bool:
    return any(words.in_segment(flip, row) for flip in shown.flips for row in blocked)


def _anchor(name: str, used: Counter[str]) -> str:
    """The call's id, so that a link can be guessed; a second call of that name gets a number."""
    anchor = slug(name)
    used[anchor] += 1
    return anchor if used[anchor] == 1 else f"{anchor}-{used[anchor]}"


def _filters(decision: Decision) -> Filters:
    found = sorted({pair for flip in decision.flips for pair in flip.segments.items()}, reverse=False)
    attributes = {key: tuple(value for _, value in group) for key, group in groupby(found, key=lambda pair: pair[0])}
    graders = tuple(sorted({flip.grader for flip in decision.flips if flip.grader}))
    return Filters(attributes, graders, tuple(sorted({flip.model for flip in decision.flips})))
