"""Comparisons and flips -> the words and figures that every report uses. Shares become percentage points only here."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from callgate.concepts import Average, Comparison, Conversations, Decision, Flip, Verdict

TITLES: Mapping[Verdict, str] = {
    "pass": "PASS",
    "block": "BLOCK",
    "inconclusive": "INCONCLUSIVE",
    "incomplete": "INCOMPLETE",
    "unchanged": "PASS",
}
TESTED = "each call alike"
"""The average that the gate tests, as it is named."""
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\ufeff")


ROLES: Mapping[str, tuple[str, str]] = {
    "call": ("caller", "agent"),
    "email": ("customer", "reply"),
    "forum": ("post", "answer"),
    "triage": ("ticket", "answer"),
}
"""By the kind of a case: who or what asks, and who or what answers, as a page names them."""


NOUNS: Mapping[str, str] = {"call": "call", "email": "e-mail", "forum": "post", "triage": "ticket"}
"""By the kind of a case: what one is called."""


def paragraphs(text: str) -> str:
    """Like `printable`, with the lines of an e-mail or a post as they are."""
    return "\n".join(printable(line) for line in text.split("\n"))


def printable(text: str) -> str:
    """Text that came from a model, a file or a provider, safe on one line of a terminal and of a CI log: no control
    characters, escape sequences, direction overrides, workflow commands; each is shown as <U+XXXX>."""
    if "::" in text or "##[" in text:  # where a line begins so, GitHub's runner obeys it
        text = text.replace("::", ":<U+003A>").replace("##[", "##<U+005B>")
    if text.isprintable():
        return text
    return "".join(" " if char in "\n\t\r" else f"<U+{ord(char):04X}>" if _unsafe(char) else char for char in text)


def _unsafe(char: str) -> bool:
    return char in _BIDI or unicodedata.category(char) in {"Cc", "Cs"}


def spreadsheet_cell(text: str) -> str:
    """A text for CSV, on one line, that no spreadsheet takes for a formula."""
    safe = printable(text)
    return f"'{safe}" if safe.lstrip().startswith(("=", "+", "-", "@")) else safe


def shortened(text: str, width: int) -> str:
    """At most `width` characters, cut at the end with an ellipsis."""
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f}%"


def points(change: float | None) -> str:
    """A change in percentage points with its sign; no negative zero."""
    return "" if change is None else f"{round(100 * change, 1) + 0.0:+.1f}"


def p_value(p: float | None) -> str:
    if p is None:
        return ""
    return "p < 0.0001" if p < 0.0001 else f"p {p:.4f}".rstrip("0").rstrip(".")


def plural(count: int, noun: str) -> str:
    many = noun[:-1] + "ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else noun + "s"
    return f"{count:,} {noun if count == 1 else many}"


def in_segment(flip: Flip, comparison: Comparison) -> bool:
    """Whether a flip belongs to the segment and model of a comparison; a must-pass decision is a segment of its own."""
    alone = comparison.segment.get("must_pass")
    if alone is not None:
        return f"{flip.case} {flip.decision}" == alone and flip.model == comparison.model
    here = all(flip.segments.get(key) == value for key, value in comparison.segment.items())
    return here and flip.model == comparison.model


def worse_calls(decision: Decision, comparison: Comparison) -> int:
    """How many calls of the segment got worse on balance."""
    change: dict[str, float] = {}
    for flip in decision.flips:
        if in_segment(flip, comparison):
            change[flip.case] = change.get(flip.case, 0.0) + flip.worse
    return sum(value > 1e-9 for value in change.values())


def verdict_words(decision: Decision, row: Comparison) -> str:
    """The last column of the table: what follows for this segment."""
    if row.verdict == "block":
        of = plural(row.cases, NOUNS[decision.kind])
        return f"BLOCK   {worse_calls(decision, row)} of {of} got worse ({p_value(row.p)})"
    if row.verdict == "pass" and row.role != "gate":
        return "too few to clear"
    if row.verdict == "pass":
        return "pass, better" if row.interval_here and row.interval_here[0] > 0 else "pass"
    if row.verdict == "closed":
        return "too few to judge" if not row.segment or len(row.segment) == 1 else "nothing points down"
    if row.verdict == "moved":
        return "the cached baseline moved: the provider drifted"
    if row.verdict == "incomplete":
        return "INCOMPLETE"
    undecided = "undecided" if row.role == "watch" else "INCONCLUSIVE"
    return f"{undecided}   {row.needs}".rstrip()


def average_lines(decision: Decision) -> list[str]:
    """The ways to average the change over all calls, each by its name; the first is the one that is tested."""
    lines = []
    for metric, model in dict.fromkeys((one.metric, one.model) for one in decision.averages):
        here = [one for one in decision.averages if (one.metric, one.model) == (metric, model)]
        parts = [f"{printable(one.how)} {points(one.change)}{_covered(one)}" for one in here]
        of = f" of {printable(metric)}" if len({one.metric for one in decision.averages}) > 1 else ""
        on = f" on {printable(model)}" if len(decision.models) > 1 else ""
        lines.append(f"change over all {NOUNS[decision.kind]}s{of}{on}: {', '.join(parts)}")
    return lines


def _covered(average: Average) -> str:
    tested = " (this one is tested)" if average.how == TESTED else ""
    return tested or (f" ({average.covered:.0%} of it has golden calls)" if average.covered < 0.995 else "")


def flaky_lines(decision: Decision, most: int | None = None) -> list[str]:
    """The decisions that are unsteady on the baseline itself, the least steady first."""
    lines = [
        f"{printable(one.case)} {printable(one.decision)}: passes {rate(one.passed, one.trials)} on the baseline"
        + (f" [{printable(one.model)}]" if len(decision.models) > 1 else "")
        for one in decision.flaky[:most]
    ]
    more = len(decision.flaky) - len(lines)
    return [*lines, f"and {more} more"] if more > 0 else lines


def is_pair(row: Comparison) -> bool:
    return len(row.segment) > 1


def is_quiet(row: Comparison) -> bool:
    """A row that a first screen folds away: a pair in which nothing broke, a must-pass case that held."""
    folds = is_pair(row) or "must_pass" in row.segment
    return folds and row.verdict in {"closed", "pass", "inconclusive"} and row.role == "watch"


def worst_flips(decision: Decision, comparison: Comparison) -> list[Flip]:
    """The flips of a segment that got worse, worst first."""
    flips = [flip for flip in decision.flips if flip.worse > 0 and in_segment(flip, comparison)]
    return sorted(flips, key=lambda flip: (-flip.worse, flip.case, flip.decision))


def commonest_grader(flips: Sequence[Flip]) -> str:
    """The grader that explains most of these flips; the first of the alphabet where two tie."""
    counts: dict[str, int] = {}
    for flip in flips:
        if flip.grader:
            counts[flip.grader] = counts.get(flip.grader, 0) + 1
    return max(sorted(counts), key=lambda name: counts[name]) if counts else ""


def rate(passed: int, trials: int) -> str:
    return f"{passed}/{trials}"


POWERS_SHOWN = (1, 2, 3, 5, 10)
POWERS = "whole conversations, all of k tries succeed"


def power_rows(one: Conversations) -> list[list[str]]:
    """pass^k of one model's conversations as a table: the head, the baseline, the candidate."""
    shown = [power for power in POWERS_SHOWN if power <= len(one.candidate)]
    rows = [["", *(f"k={power}" for power in shown)]]
    for name, powers in (("baseline", one.baseline), ("candidate", one.candidate)):
        rows.append([name, *(percent(powers[power - 1]) for power in shown)])
    return rows


def caller_line(one: Conversations) -> str:
    """What became of the conversations whose caller misbehaved; "" where none did."""
    held, again, lost = (sum(counts.values()) for counts in (one.held, one.again, one.left_out))
    if not (again or lost):
        return ""
    kinds = ", ".join(f"{kind} {count}" for kind, count in one.faults.items())
    fate = f"{again} held again, {lost} left out since the caller misbehaved ({kinds})"
    return f"caller {one.caller}: of {plural(held, 'conversation')} {fate}"


def conversation_lines(decision: Decision) -> list[str]:
    """Of whole conversations: pass^k of both sides, and what became of their callers. No line where there are none."""
    lines: list[str] = []
    for one in decision.conversations:
        model = f" [{printable(one.model)}]" if len(decision.conversations) > 1 else ""
        head, *rows = power_rows(one)
        lines.append(f"{POWERS + ':' + model:<46}" + "".join(f"{cell:>8}" for cell in head[1:]))
        lines += [f"  {row[0]:<44}" + "".join(f"{cell:>8}" for cell in row[1:]) for row in rows]
        lines += [f"  {printable(line)}"] if (line := caller_line(one)) else []
    return lines
