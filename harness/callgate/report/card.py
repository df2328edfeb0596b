"""A judge's card -> what people read: the terminal's lines and `reports/judges/NAME.md`."""

from __future__ import annotations

from collections.abc import Iterator

from callgate.report.words import plural
from callgate.stats.agreement import Estimate
from callgate.stats.cards import Card, LanguageCard

_HEAD = ("", "labels", "accuracy", "kappa", "AC1", "order", "longer", "first")


def card_screen(card: Card, spent: str) -> str:
    """The card on a terminal: a row a language, then whether the judge may gate there."""
    rows = [_HEAD, *([language, str(found.labels), *_figures(found)] for language, found in card.languages.items())]
    widths = [max(len(row[n]) for row in rows) for n in range(len(_HEAD))]
    table = ["  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)) for row in rows]
    lines = [_title(card), spent, "", *table, "", *_rights(card)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def card_page(card: Card) -> str:
    """The card as Markdown. It holds figures and names, and no word of a reply."""
    lines = [f"# {card.judge}", "", _title(card) + ".", f"Fingerprint `{card.fingerprint}`.", ""]
    lines += ["| " + " | ".join(("language", *_HEAD[1:])) + " |", "|" + "---|" * len(_HEAD)]
    for language, found in card.languages.items():
        lines.append("| " + " | ".join((language, str(found.labels), *_figures(found))) + " |")
    lines += ["", *(f"- {line}" for line in _rights(card)), "", _LEGEND]
    return "\n".join(lines) + "\n"


_LEGEND = """In brackets: 95 % intervals, by calls. Accuracy: the share of replies on which the judge and people agree.
Kappa and AC1 take off what chance would agree on; kappa collapses where nearly everything passes. Order: how often the
judge chooses the same of two replies in both orders. Longer: how much more it leans to "pass", compared with people,
for longer replies (0 is best). First: how often it prefers what is shown first (50 % is best)."""


def _title(card: Card) -> str:
    jury = ", ".join(card.models) + (f", {plural(card.votes, 'vote')} each" if len(card.models) > 1 else "")
    votes = "" if len(card.models) > 1 else f", {plural(card.votes, 'vote')}"
    return f"{card.judge}   {card.rubric}   {jury}{votes}" + ("   SIMULATED" if card.simulated else "")


def _figures(found: LanguageCard) -> tuple[str, ...]:
    kappa, ac1 = found.found.kappa, found.found.ac1
    return (
        _share(found.found.accuracy),
        f"{kappa.value:.2f} [{kappa.low:.2f} {kappa.high:.2f}]" if kappa else "not defined",
        f"{ac1.value:.2f} [{ac1.low:.2f} {ac1.high:.2f}]",
        _share(found.found.order_consistency),
        _points(found.kinder_to_longer),
        _share(found.first_shown),
    )


def _share(found: Estimate | None) -> str:
    if found is None:
        return "not measured"
    return f"{100 * found.value:.1f}% [{100 * found.low:.0f} {100 * found.high:.0f}]"


def _points(found: Estimate | None) -> str:
    if found is None:
        return "not measured"
    return f"{100 * found.value:+.1f} [{100 * found.low:+.0f} {100 * found.high:+.0f}]"


def _rights(card: Card) -> Iterator[str]:
    """A line a language: may gate, or only advises, why, and what would settle it."""
    for language, found in card.languages.items():
        right = found.right
        if right.may_gate:
            line = f"{language}: may gate"
        else:
            line = f"{language}: advises only: {'; '.join(right.why_not)}"
            if right.more_labels:
                line += f". {plural(right.more_labels, 'more label')} would likely settle it"
        asides = [f"{plural(found.maybe, 'label')} of people undecided"] if found.maybe else []
        unanswered = found.found.unanswered
        asides += [f"{plural(unanswered, 'reply')} without a verdict of the judge"] if unanswered else []
        yield line + (f" ({', '.join(asides)})" if asides else "")
    if card.simulated:
        yield "Simulated: this says nothing about a live judge."
