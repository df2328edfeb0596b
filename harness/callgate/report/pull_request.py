"""A judged change -> the one comment of its pull request, and the same on a screen. No model text in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from callgate.concepts import Decision, Verdict
from callgate.report.markdown import code, prose, summary
from callgate.report.terminal import Style, plain, screen
from callgate.report.words import TITLES, plural, printable

MARKER = "<!-- callgate: one comment, kept up to date -->"
LONGEST = 60_000
"""Characters; GitHub takes 65,536."""
LISTED = 40
_WORST: Sequence[Verdict] = ("block", "incomplete", "inconclusive", "pass", "unchanged")


@dataclass(frozen=True, slots=True)
class Gated:
    """One eval: its decision (None: nothing under its test changed), and the decision without the new cases."""

    eval: str
    decision: Decision | None
    spent: str = ""
    without: Decision | None = None
    lines: tuple[tuple[str, int], ...] = ()  # where the change touches the prompt: file and line of the head


@dataclass(frozen=True, slots=True)
class Change:
    """A pull request as judged. `review` are (file, what happened); `waits` says that nobody approved them yet."""

    base: str
    head: str
    gated: tuple[Gated, ...]
    new_cases: tuple[str, ...]
    review: tuple[tuple[str, str], ...]
    digest: str
    waits: bool
    proofs: tuple[str, ...] = ()  # of each new case with a ticket: red on the old prompt, green on the new one?

    @property
    def verdict(self) -> Verdict:
        """The worst of all evals, with and without the new cases."""
        seen = [d.verdict for one in self.gated for d in (one.decision, one.without) if d is not None]
        return min(seen, key=_WORST.index, default="unchanged")


def title(change: Change) -> str:
    """The verdict in a line."""
    if change.waits:
        measured = "" if change.verdict == "unchanged" else f" (measured: {TITLES[change.verdict]})"
        return f"NEEDS REVIEW{measured}"
    if change.verdict == "unchanged":
        return "PASS: nothing under test changed"
    return TITLES[change.verdict]


def comment(change: Change, link: str = "") -> str:
    """The comment: verdict first, what wants a review, then a table and the calls that flipped, eval by eval."""
    head = f"{MARKER}\n## {prose(title(change))}\n\n{code(change.base[:12])} → {code(change.head[:12])}"
    parts = [head, _review(change)]
    for one in change.gated:
        if one.decision is None:
            continue
        parts.append(summary(one.decision, one.spent).strip().replace("## ", "### ", 1))
        if one.without is not None:
            parts.append(f"Without the new cases: **{TITLES[one.without.verdict]}**. {_reasons(one.without)}")
    if change.new_cases:
        names = ", ".join(code(name) for name in change.new_cases[:LISTED])
        more = f" and {len(change.new_cases) - LISTED} more" if len(change.new_cases) > LISTED else ""
        parts.append(f"**New in this change** ({plural(len(change.new_cases), 'case')}): {names}{more}")
    if change.proofs:
        lines = [f"- {code(line)}" for line in change.proofs[:LISTED]]
        parts.append("\n".join(["**Tickets:**", "", *lines]))
    if link:
        parts.append(f"[The whole report]({link})")
    text = "\n\n".join(part for part in parts if part)
    cut = "\n\n(cut here; the whole text is in the report)"
    return (text if len(text) <= LONGEST else text[: LONGEST - len(cut)].rsplit("\n", 1)[0] + cut) + "\n"


def to_json(change: Change) -> str:
    """The change with its decisions as JSON."""
    body = {
        "schema": "callgate.change/1",
        "verdict": change.verdict,
        "base": change.base,
        "head": change.head,
        "new_cases": list(change.new_cases),
        "proofs": list(change.proofs),
        "review": {"waits": change.waits, "digest": change.digest, "of": [list(item) for item in change.review]},
        "evals": {
            one.eval: {
                "decision": json.loads(one.decision.to_json()) if one.decision else None,
                "without_new_cases": json.loads(one.without.to_json()) if one.without else None,
            }
            for one in change.gated
        },
    }
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def _reasons(decision: Decision) -> str:
    return " ".join(prose(reason) for reason in decision.reasons)


def _review(change: Change) -> str:
    if not change.review:
        return ""
    state = "wait for a review" if change.waits else "were approved"
    lines = [f"**{plural(len(change.review), 'thing')} that decide the gate {state}:**", ""]
    lines += [f"- {code(path)}: {code(what)}" for path, what in change.review[:LISTED]]
    lines += [f"- and {len(change.review) - LISTED} more"] if len(change.review) > LISTED else []
    lines += ["", f"To approve exactly these: {code(change.digest)}"] if change.waits else []
    return "\n".join(lines)


def shown(change: Change, style: Style = plain) -> str:
    """The same for a terminal or a log."""
    parts = [screen(one.decision, one.spent, style=style).rstrip() for one in change.gated if one.decision is not None]
    parts += [
        f"without the {plural(len(change.new_cases), 'new case')}: {TITLES[one.without.verdict]}"
        for one in change.gated
        if one.without is not None
    ]
    parts += ["\n".join(printable(line) for line in change.proofs)] * bool(change.proofs)
    if change.review:
        state = "waits for a review" if change.waits else "was approved"
        lines = [
            style("unsure", f"{state}:"),
            *(f"  {printable(path)}: {printable(what)}" for path, what in change.review),
        ]
        parts.append("\n".join([*lines, f"  to approve exactly this: callgate ci --approved {change.digest}"]))
    kind = {"pass": "good", "unchanged": "good", "block": "bad"}.get(change.verdict, "unsure")
    parts.append(style("unsure" if change.waits else kind, title(change)))
    return "\n\n".join(parts) + "\n"
