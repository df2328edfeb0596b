"""A decision -> the screen of `callgate eval` and `compare` (DESIGN.md part 6): a line a segment, evidence for the bad
ones only, what was not measured, the verdict and the next command last."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from callgate.concepts import Comparison, Decision, Flip
from callgate.report.triage import triage_lines
from callgate.report.words import (
    NOUNS,
    TITLES,
    average_lines,
    commonest_grader,
    conversation_lines,
    flaky_lines,
    is_pair,
    is_quiet,
    percent,
    plural,
    points,
    printable,
    rate,
    shortened,
    verdict_words,
    worst_flips,
)

FLIPS_SHOWN = 3
SEGMENTS_EXPLAINED = 3
REASONS_SHOWN = 4
WIDTH = 118
Style = Callable[[str, str], str]  # (kind, text) -> text; kinds: good, bad, unsure, faint, strong
VerdictLine: TypeAlias = tuple[str, str, str, str]
"""An eval in one line: its name, its verdict, why, and the kind of the style."""


def plain(_kind: str, text: str) -> str:
    """The style of a file, a pipe, NO_COLOR: none."""
    return text


_CODES = {"good": "32", "bad": "31;1", "unsure": "33", "faint": "2", "strong": "1"}


def ansi(kind: str, text: str) -> str:
    """The style of a terminal."""
    return f"\x1b[{_CODES[kind]}m{text}\x1b[0m"


def screen(decision: Decision, spent: str = "", *, style: Style = plain, everything: bool = False) -> str:
    """The whole screen. `spent` is the sentence about this invocation (what was paid, from the ledger, seconds);
    `everything` unfolds the pairs."""
    parts = [_head(decision, spent, style)]
    if decision.comparisons:
        parts.append(_table(decision, style, everything=everything))
        if everything or any("traffic" in one.how for one in decision.averages):
            parts.append("\n".join(average_lines(decision)))
    parts.append("\n".join(printable(line) for line in triage_lines(decision)))
    parts.extend(_broken(decision, row, style) for row in explained(decision))
    parts.append("\n".join(conversation_lines(decision)))
    parts.append(_not_measured(decision, style))
    parts.append(_last_line(decision, style, everything=everything))
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(decision: Decision, spent: str, style: Style) -> str:
    sides = " -> ".join(
        f"{printable(side.name)} ({side.digest[:7]})" if side.digest else printable(side.name)
        for side in (decision.baseline, decision.candidate)
    )
    names = [printable(decision.eval), sides, ", ".join(printable(model) for model in decision.models)]
    names += ["SIMULATED"] * decision.simulated + [f"SUBSET {decision.subset}"] * bool(decision.subset)
    size = f"{plural(decision.cases, NOUNS[decision.kind])}, {plural(decision.decisions, 'decision')}"
    looks = {row.look for row in decision.comparisons}
    most = ("up to " if len(looks) > 1 else "") + f"{plural(decision.trials, 'trial')} each side"
    trials = most if decision.trials else "nothing asked"
    counts = "; ".join(part for part in (f"{size}, {trials}", spent) if part)
    return style("strong", "   ".join(part for part in names if part)) + "\n" + counts


def _table(decision: Decision, style: Style, *, everything: bool) -> str:
    rows = [row for row in decision.comparisons if everything or not is_quiet(row)]
    several = len(decision.models) > 1
    names = [_row_name(row, several=several, metrics=len({r.metric for r in decision.comparisons})) for row in rows]
    width = max([22, *map(len, names)])
    noun = f"{NOUNS[decision.kind]}s"
    wide = max(6, len(noun))
    lines = [f"  {'':<{width}} {noun:>{wide}} {'baseline':>9} {'candidate':>10} {'change':>8} {'at worst':>9}"]
    for name, row in zip(names, rows, strict=True):
        worst = points(row.at_worst) if row.role == "gate" else ""
        figures = f"{row.cases:>{wide}} {percent(row.baseline_mean):>9} {percent(row.candidate_mean):>10}"
        words = verdict_words(decision, row)
        lines.append(f"  {name:<{width}} {figures} {points(row.change):>8} {worst:>9}   {style(_kind(row), words)}")
    folded = sum(is_pair(row) for row in decision.comparisons) - sum(is_pair(row) for row in rows)
    if folded:
        how = f" (callgate show {printable(decision.eval)} --all)" if is_stored(decision) else ""
        lines.append(style("faint", f"  {plural(folded, 'pair')}: nothing broke{how}"))
    return "\n".join(lines)


def _row_name(row: Comparison, *, several: bool, metrics: int) -> str:
    name = printable(row.name) + (f" {row.metric}" if metrics > 1 else "")
    return f"{name} [{printable(row.model)}]" if several else name


def _kind(row: Comparison) -> str:
    if row.verdict == "block":
        return "bad"
    if row.verdict == "pass":
        return "good" if row.role == "gate" else "faint"
    return "faint" if row.verdict == "closed" or (is_pair(row) and row.role == "watch") else "unsure"


def explained(decision: Decision) -> list[Comparison]:
    """The blocked segments to give evidence for: those that no other blocked segment already holds, the worst first."""
    blocked = [row for row in decision.comparisons if row.verdict == "block"]
    outer = [
        row
        for row in blocked
        if not any(o.segment.items() < row.segment.items() and o.segment and o.model == row.model for o in blocked)
    ]
    return sorted(outer, key=lambda row: (len(row.segment) > 1, row.change or 0.0))[:SEGMENTS_EXPLAINED]


def _broken(decision: Decision, row: Comparison, style: Style) -> str:
    """Why a segment is blocked: the calls that flipped, worst first, with what was said."""
    flips = worst_flips(decision, row)
    grader = commonest_grader(flips)
    by = f", mostly by {printable(grader)}" if grader else ""
    shown = sorted(flips, key=lambda flip: (-flip.worse, flip.grader != grader))[:FLIPS_SHOWN]
    lines = [style("strong", f"{printable(row.name)} got worse{by}:"), *(_flip_line(flip) for flip in shown)]
    if len(flips) > len(shown):
        option = "--all" if not row.segment else f"--segment {printable(row.name)}"
        how = f": callgate show {printable(decision.eval)} {option}" if is_stored(decision) else ""
        lines.append(style("faint", f"  and {len(flips) - len(shown)} more{how}"))
    return "\n".join(lines)


def flip_lines(decision: Decision, segment: Mapping[str, str], style: Style = plain) -> str:
    """Every decision of a segment that changed, worst first, then what got better."""
    flips = [flip for flip in decision.flips if segment.items() <= flip.segments.items()]
    lines = [style("bad" if flip.worse > 0 else "good", _flip_line(flip)) for flip in flips]
    return "\n".join(["", *(lines or ["no decision changed here"]), ""])


def flaky_screen(decision: Decision) -> str:
    """Every decision whose baseline trials disagree among themselves (`callgate show --flaky`)."""
    if not decision.flaky:
        return "no decision is flaky: the baseline's trials agree with one another in each\n"
    head = f"{len(decision.flaky):,} of {plural(decision.decisions, 'decision')}: the baseline's own trials disagree"
    return "\n".join([head, *(f"  {line}" for line in flaky_lines(decision))]) + "\n"


def _flip_line(flip: Flip) -> str:
    before = rate(flip.baseline_passed, flip.baseline_trials)
    after = rate(flip.candidate_passed, flip.candidate_trials)
    where = f"{printable(flip.case)} {printable(flip.decision)}"
    return f"  {where:<34} {before} -> {after}   {shortened(printable(flip.why), 110)}".rstrip()


def _not_measured(decision: Decision, style: Style) -> str:
    missing = decision.missing
    lines = [f"  {count:,} x {printable(kind)}" for kind, count in sorted(missing.failures.items())]
    if lines:
        lines.insert(0, style("unsure", f"not measured: {plural(missing.planned - missing.measured, 'trial')}"))
    lines += [
        f"advisory {printable(name)}: {plural(count, 'grade')} not obtained" for name, count in missing.advisory.items()
    ]
    lines += [f"    {shortened(printable(example), 140)}" for example in missing.examples[:FLIPS_SHOWN]]
    notes = []
    if missing.left_out:
        where = ", ".join(f"{printable(name)} ({printable(why)})" for name, why in list(missing.left_out.items())[:3])
        notes.append(f"left out on both sides: {plural(len(missing.left_out), 'decision')}: {where}")
    if missing.off_script:
        notes.append(f"off script: {plural(missing.off_script, 'trial')} asked the world something it does not know")
    return "\n".join([*lines, *(style("faint", note) for note in notes)])


def is_stored(decision: Decision) -> bool:
    """Whether `callgate show` knows it: results that somebody else produced name no model, and are in no ledger."""
    return any(decision.models)


def _last_line(decision: Decision, style: Style, *, everything: bool) -> str:
    """What else a reader must know, then the verdict with its first reason and the next command."""
    title, kind = _title(decision)
    reasons = [printable(reason) for reason in decision.reasons]
    few = not everything and is_stored(decision)
    beside = reasons[1 : 1 + REASONS_SHOWN] if few else reasons[1:]
    if len(reasons) > 1 + len(beside):
        beside.append(f"And {len(reasons) - 1 - REASONS_SHOWN} more: callgate show {printable(decision.eval)} --all")
    lines = [style("faint", line) for reason in beside for line in textwrap.wrap(reason, WIDTH)]
    following = next_command(decision)
    last = f"{style(kind, title)}   {reasons[0] if reasons else ''}" + (f"   next: {following}" if following else "")
    return "\n".join([*lines, *([""] if lines else []), last])


def _title(decision: Decision) -> tuple[str, str]:
    """The verdict in capitals and the kind of its style; a subset passes nothing."""
    kind = {"pass": "good", "unchanged": "good", "block": "bad"}.get(decision.verdict, "unsure")
    subset = decision.subset and decision.verdict in {"pass", "unchanged"}
    return ("SUBSET" if subset else TITLES[decision.verdict]), kind


def verdict_line(decision: Decision, *, let_through: bool = False) -> VerdictLine:
    """An eval in one line of several; `let_through`: its INCONCLUSIVE was let pass."""
    title, kind = _title(decision)
    reason = printable(decision.reasons[0]) if decision.reasons else ""
    following = next_command(decision)
    through = "let through (on_inconclusive: warn). " if let_through else ""
    return decision.eval, title, f"{through}{reason}" + (f"   next: {following}" if following else ""), kind


def verdicts(lines: Sequence[VerdictLine], *, style: Style = plain) -> str:
    """Several evals, a line each, in the order in which they ran."""
    names, titles = max(len(printable(line[0])) for line in lines), max(len(line[1]) for line in lines)
    shown = []
    for name, title, why, kind in lines:
        verdict = style(kind, title) + " " * (titles - len(title))
        shown.append(f"{printable(name):<{names}}   {verdict}   {shortened(printable(why), WIDTH)}\n")
    return "".join(shown)


def next_command(decision: Decision) -> str:
    """What to type now: the worst call of the worst segment, or what would complete the run."""
    flips = [flip for row in explained(decision) for flip in worst_flips(decision, row)]
    if flips and is_stored(decision):
        return f"callgate show {printable(decision.eval)} {printable(flips[0].case)}"
    if decision.verdict == "incomplete" and decision.missing.failures:
        return "the same command again, which asks only for what is missing"
    return ""
