"""Rules on how it was said: language, length, and whether a voice can speak it."""

from __future__ import annotations

import re

from callgate.concepts import Evidence, Grade, NotApplicable, Score
from callgate.graders.language import language_of
from callgate.graders.packs import pack
from callgate.graders.seen import Seen, Utterance
from callgate.graders.text import excerpt

_NAMES = {"en": "English", "es": "Spanish", "de": "German", "fr": "French", "pt": "Portuguese", "it": "Italian"}


def language_match(seen: Seen) -> Grade:
    """Each utterance of four words or more is mostly in the language expected, else the one of the caller's turn."""
    expected = (seen.context.language or "").partition("-")[0]
    if not expected:
        return NotApplicable("nothing says which language is expected")
    told = [utterance for utterance in seen.utterances if utterance.own is not None]
    if not told:
        return NotApplicable("too few words to tell a language" if seen.utterances else "nothing was said")
    wrong = [utterance for utterance in told if utterance.own != expected]
    why = "; ".join(f"replied in {language_name(u.own or '')}: {excerpt(u.text)}" for u in wrong)
    share = 1 - len(wrong) / len(told)
    evidence = tuple(utterance.evidence() for utterance in wrong)
    return Score(share, passed=not wrong, why=why or f"in {language_name(expected)}", evidence=evidence)


_CLAUSE = re.compile(r"[^.!?…;:,\n—¿¡]+")


def language_switch(seen: Seen) -> Grade:
    """No utterance changes its language between clauses, where two or more of them are long enough to tell."""
    told = []
    for utterance in seen.utterances:
        clauses = [(m, language_of(m.group(), seen.context.names)) for m in _CLAUSE.finditer(utterance.text)]
        told.append((utterance, [(match, language) for match, language in clauses if language]))
    if not any(len(clauses) > 1 for _, clauses in told):
        return NotApplicable("no utterance has two clauses whose language can be told")
    switched = [(u, c) for u, c in told if len({language for _, language in c}) > 1]
    why = "; ".join(f"{_switches(clauses)}: {excerpt(utterance.text)}" for utterance, clauses in switched)
    evidence = [u.evidence(*match.span()) for u, c in switched for match, language in c if language != u.own]
    share = 1 - len(switched) / len(told)
    return Score(share, passed=not switched, why=why or "one language an utterance", evidence=tuple(evidence))


def _switches(clauses: list[tuple[re.Match[str], str]]) -> str:
    return "switches from " + " to ".join(dict.fromkeys(language_name(language) for _, language in clauses))


def language_name(code: str) -> str:
    """The English name of a language, its code where no pack and no table knows one."""
    known = pack(code)
    return known.name if known else _NAMES.get(code, code)


_CODE = re.compile(
    r"(?:\b[A-Z0-9]\b[\s,.-]*){4,}|(?:\b(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)\b[\s,.-]*){5,}"
)


def brevity(seen: Seen, *, max_words: int = 60) -> Grade:
    """At most `max_words` words an utterance; twice as many to read an appointment back, spelled codes not counted.

    60 separates what people call concise from what they do not (precision 0.88, recall 0.86 on 479 rated turns). The
    case's own `max_words` goes before the option, and then holds without exceptions; only that holds in writing.
    """
    if seen.is_written and seen.expect.max_words is None:
        return NotApplicable("a limit for what is spoken; `max_words` sets one in writing")
    if not seen.utterances:
        return NotApplicable("nothing was said")
    recap = any(a.kind == "answered" and seen.context.effect(a.call.name) == "write" for a in seen.answers)
    own = seen.expect.max_words
    limit = own if own is not None else max_words * (2 if recap else 1)
    able = [utterance for utterance in seen.utterances if len(utterance.text) > 2 * limit]  # a word and a space each
    counted = [(utterance, _words(utterance.text, spelled=own is not None)) for utterance in able]
    long = [(utterance, count) for utterance, count in counted if count > limit]
    why = "; ".join(f"{count} words, at most {limit}: {excerpt(utterance.text)}" for utterance, count in long)
    share = 1 - len(long) / len(seen.utterances)
    evidence = tuple(utterance.evidence() for utterance, _ in long)
    return Score(share, passed=not long, why=why or f"at most {limit} words", evidence=evidence)


def _words(text: str, *, spelled: bool) -> int:
    return len((text if spelled else _CODE.sub(" ", text)).split())


_UNSPEAKABLE: tuple[tuple[str, frozenset[str], re.Pattern[str]], ...] = tuple(
    (what, frozenset(needs), re.compile(pattern))
    for what, needs, pattern in (
        ("bold or italic marks", "*_", r"\*\*|__|(?<!\w)\*[^*\n]+\*(?!\w)"),
        ("a heading", "#", r"(?m)^\s{0,3}#{1,6}\s"),
        ("a list", "-*•.)", r"(?m)^[^\S\n]*(?:[-*•]|\d{1,2}[.)])\s+\S"),
        ("code", "`", r"`[^`\n]*`|```"),
        ("a table", "|", r"(?m)^[^\S\n]*\|.*\|"),
        ("a link", "[:w", r"\[[^\[\]\n]+\]\([^)\s]+\)|https?://|\bwww\."),
        ("an e-mail address", "@", r"[\w.+-]{1,64}@[\w-]+\.\w+"),
        ("an emoji", "", r"[\U0001F300-\U0001FAFF\u2600-\u27BF\uFE0F]"),
        ("JSON or tool syntax", "{[<_", r"""[{[]\s*["'][\w-]+["']\s*:|</?(?:tool|function)[\w_]*>|\b\w[^\W_]*_\w+\("""),
        ("an internal name", "_", r"\b[a-z]+(?:_[a-z]+)+\b"),
        ("a date with slashes", "/", r"(?<!\d )\b(?!24/7\b)\d{1,2}/\d{1,2}(?:/\d{2,4})?\b"),
        ("an ISO date", "-", r"\b20\d\d-\d\d-\d\d"),
        ("a time without a space", "mM", r"\d(?:am|pm|AM|PM)\b"),
        ("no space after a sentence", ".!?", r"[a-záéíóúñ]{2}[.!?][A-ZÁÉÍÓÚÑ¿¡][a-záéíóúñ]"),
    )
)
"""What it is called, the characters of which one must stand in the text (none: any text may have it), how it looks."""
_CAPITALS = re.compile(r"[A-ZÁÉÍÓÚÑ](?<!\w.)[A-ZÁÉÍÓÚÑ]{4,}\b")  # a set first: the rest is tried only where one stands


def speakable(seen: Seen, *, allow: tuple[str, ...] = ()) -> Grade:
    """No mark-up, links, emoji, tool syntax, slash dates, glued times or shouted words: a voice reads them out.

    `allow` lists words in capitals that are names.
    """
    if not seen.utterances:
        return NotApplicable("nothing was said")
    found = [(u, *flaw) for u in seen.utterances for flaw in _flaws(u, allow)]
    bad = {utterance.turn for utterance, _, _ in found}
    why = "; ".join(f"{what}: {excerpt(proof.text, 40)}" for _, what, proof in found)
    share = 1 - len(bad) / len(seen.utterances)
    return Score(share, passed=not found, why=why or "a voice can say it", evidence=tuple(proof for *_, proof in found))


def _flaws(utterance: Utterance, allow: tuple[str, ...]) -> list[tuple[str, Evidence]]:
    flaws = []
    there = frozenset(utterance.text)
    for what, needs, pattern in _UNSPEAKABLE:
        if needs and needs.isdisjoint(there):
            continue
        match = pattern.search(utterance.text)
        if match:
            flaws.append((what, utterance.evidence(*match.span())))
    for match in _CAPITALS.finditer(utterance.text):
        if match.group() not in allow:
            flaws.append(("shouted", utterance.evidence(*match.span())))
            break
    return flaws
