"""A decision -> `summary.md`: verdict first, a row a segment, the calls that flipped by id. No model text in it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from callgate.concepts import Comparison, Conversations, Decision, Flip, Triage
from callgate.report.terminal import explained
from callgate.report.triage import field_rows, notes, title
from callgate.report.words import (
    NOUNS,
    POWERS,
    TITLES,
    average_lines,
    caller_line,
    flaky_lines,
    is_pair,
    is_quiet,
    percent,
    plural,
    points,
    power_rows,
    printable,
    rate,
    verdict_words,
    worst_flips,
)

FLIPS_SHOWN = 5
FLAKY_SHOWN = 10


def code(text: str) -> str:
    """A name as a code span that nothing in it can leave: no backtick, pipe or mention survives."""
    safe = re.sub(r"[`|]", "'", printable(text)).replace("@", "@\u200b")
    return f"`{safe}`" if safe.strip() else "` `"


def prose(text: str) -> str:
    """A sentence of ours that may quote a name: every character that Markdown or HTML could act on is escaped, and
    what GitHub would link (mentions, issues, addresses) is broken by a space of no width."""
    inert = re.sub(
        r"([@#]|://|\bGH-|\bwww\.)", lambda found: f"{found[0][:-1]}\u200b{found[0][-1]}\u200b", printable(text)
    )
    escaped = re.sub(r"([\\`*_{}\[\]()#+!|~>-])", r"\\\1", inert)
    return escaped.replace("&", "&amp;").replace("<", "&lt;")


def summary(decision: Decision, spent: str = "") -> str:
    """The whole page."""
    parts = [_head(decision, spent)]
    if decision.comparisons:
        parts.append(_table(decision))
        parts.append("\n\n".join(prose(f"{line[:1].upper()}{line[1:]}.") for line in average_lines(decision)))
    parts += [_triage(decision, one) for one in decision.triage]
    parts += [_conversations(one) for one in decision.conversations]
    parts.append(_flips(decision, explained(decision)))
    parts.append(_flaky(decision))
    parts.append(_missing(decision))
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(decision: Decision, spent: str) -> str:
    reasons = " ".join(prose(reason) for reason in decision.reasons)
    sides = f"{code(decision.baseline.name)} → {code(decision.candidate.name)}"
    marks = (" · **SIMULATED**" * decision.simulated) + (f" · subset {code(decision.subset)}" * bool(decision.subset))
    title = "SUBSET" if decision.subset and decision.exit_code == 4 else TITLES[decision.verdict]
    models = ", ".join(code(model) for model in decision.models)
    cases, decisions = plural(decision.cases, NOUNS[decision.kind]), plural(decision.decisions, "decision")
    size = f"{cases}, {decisions}, {decision.trials} trials a side"
    lines = [f"## {title}: {code(decision.eval)} {sides}{marks}", f"{reasons}", f"{models}: {size}. {prose(spent)}"]
    return "\n\n".join(line.strip() for line in lines)


def _table(decision: Decision) -> str:
    rows = [row for row in decision.comparisons if not is_quiet(row)]
    several = len(decision.models) > 1
    head = f"| segment | {NOUNS[decision.kind]}s | baseline | candidate | change | at worst | |"
    lines = [head, "|---|--:|--:|--:|--:|--:|---|"]
    lines += [_row(decision, row, several=several) for row in rows]
    folded = sum(is_pair(row) for row in decision.comparisons) - sum(is_pair(row) for row in rows)
    if folded:
        lines.append(f"\n{plural(folded, 'pair')}: nothing broke.")
    return "\n".join(lines)


def _row(decision: Decision, row: Comparison, *, several: bool) -> str:
    name = code(row.name) + (f" {code(row.model)}" if several else "")
    worst = points(row.at_worst) if row.role == "gate" else ""
    words = prose(" ".join(verdict_words(decision, row).split()))
    figures = f"{row.cases} | {percent(row.baseline_mean)} | {percent(row.candidate_mean)} | {points(row.change)}"
    return f"| {name} | {figures} | {worst} | {f'**{words}**' if row.verdict == 'block' else words} |"


def _triage(decision: Decision, one: Triage) -> str:
    """What a model did on tickets."""
    head = ["| | tickets | baseline | accuracy | 95 % exact | macro-F1 | ECE |", "|---|--:|--:|--:|--:|--:|--:|"]
    rows = [f"| {code(row.cells[0])} | {' | '.join(row.cells[1:])} |" for row in field_rows(one)]
    said = [f"- {prose(line)}" for line in notes(one)]
    return "\n".join([f"**Triage**: {prose(title(one, decision))}", "", *head, *rows, "", *said])


def _conversations(one: Conversations) -> str:
    """pass^k of whole conversations, and what became of their callers."""
    head, *rows = power_rows(one)
    title = f"**{POWERS[:1].upper()}{POWERS[1:]}** ({code(one.model)}):"
    table = [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {' | '.join(row)} |" for row in rows)]
    line = caller_line(one)
    return "\n".join([title, "", *table, *(["", f"{prose(line[:1].upper() + line[1:])}."] if line else [])])


def _flips(decision: Decision, blocked: Sequence[Comparison]) -> str:
    """The worst few calls of the blocked segments, by id: each segment shows one before any shows its second."""
    queues = {row.name: worst_flips(decision, row) for row in blocked}
    lines: list[str] = []
    seen: set[tuple[str, str, str]] = set()
    for nth in range(max(map(len, queues.values()), default=0)):
        for name, flips in queues.items():
            flip = flips[nth] if nth < len(flips) else None
            if flip is not None and (flip.model, flip.case, flip.decision) not in seen:
                seen.add((flip.model, flip.case, flip.decision))
                lines += [_flip(name, flip)] if len(lines) < FLIPS_SHOWN else []
    if not lines:
        return ""
    more = [f"- and {len(seen) - len(lines)} more"] if len(seen) > len(lines) else []
    return "\n".join(["**Got worse:**", "", *lines, *more])


def _flip(segment: str, flip: Flip) -> str:
    before, after = rate(flip.baseline_passed, flip.baseline_trials), rate(flip.candidate_passed, flip.candidate_trials)
    grader = f" by {code(flip.grader)}" if flip.grader else ""
    return f"- {code(flip.case)} {code(flip.decision)}: {before} → {after}{grader} ({code(segment)})"


def _flaky(decision: Decision) -> str:
    """The least steady decisions of the baseline itself."""
    lines = [f"- {prose(line)}" for line in flaky_lines(decision, FLAKY_SHOWN)]
    return "\n".join(["**Flaky** (the baseline's own trials disagree):", "", *lines]) if lines else ""


def _missing(decision: Decision) -> str:
    missing = decision.missing
    lines = [f"- {count:,} × {code(kind)}" for kind, count in sorted(missing.failures.items())]
    lines += [f"- left out on both sides: {code(name)}: {prose(why)}" for name, why in missing.left_out.items()]
    lines += [
        f"- advisory {code(name)}: {plural(count, 'grade')} not obtained" for name, count in missing.advisory.items()
    ]
    if missing.off_script:
        lines.append(f"- off script: {plural(missing.off_script, 'trial')}")
    return "\n".join(["**Not measured**", "", *lines]) if lines else ""
