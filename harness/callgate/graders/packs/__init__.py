"""One data file a language -> a Pack: lexicons compiled to patterns over folded text. `LANGUAGES` lists what is there.

A team adds a language by copying en.yaml; nothing in the code names a language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from callgate.files import read_yaml
from callgate.graders.needs import FREE, Begin, Clause, Held, Starts, beginnings, begins, needed
from callgate.graders.text import unaccented

FOLDER = Path(__file__).parent
PHRASES = (
    "openings",
    "not_openings",
    "not_then",
    "found",
    "any_time",
    "wants",
    "knows_not",
    "anything_else",
    "agents_words",
    "plays_caller",
    "repeat_please",
    "for_others",
    "introduces",
    "assistant",
    "recording",
    "leaks",
    "injections",
)
"""Lists of phrases that a pack has under these very names."""
LANGUAGES: tuple[str, ...] = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write or say a value: a pattern with named groups, and what is added to what it reads.

    Where the pattern has a group `value` (« » in the file), that is the value and the rest only tells it from others.

    `exact` is the value itself (`is` in the file) where the words alone say it: "noon", "an hour and a half", a feast
    ("12-25"), days from today ("+7"). `needs` are plain texts without which the pattern cannot match.
    """

    kind: str
    written: str
    add: float = 0
    exact: str | float | tuple[float, ...] | None = None
    needs: tuple[Clause, ...] = ()
    begin: Begin | None = None  # what its matches begin with
    cents: str = ""  # "apart": two numbers are dollars and cents, "either": or dollars alone; "only": it counts cents
    part: str = ""  # of the day, where no words of their own say it: "4p"
    times: int = 1  # what the number that is read is multiplied with: a "grand" is a thousand

    @property
    def pattern(self) -> re.Pattern[str]:
        """The pattern, compiled when it is first tried: most forms never are."""
        return _compiled(self.written)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@dataclass(frozen=True, slots=True)
class Promise:
    """Words that hold something out; `public` ones may stand in an e-mail and not in a forum."""

    what: str
    pattern: re.Pattern[str]
    public: bool


@dataclass(frozen=True, slots=True)
class Saying:
    """A pattern of what is said. Where it matches stand words that begin so: one of each set of `beginnings`."""

    written: str
    beginnings: tuple[frozenset[str], ...]

    @property
    def pattern(self) -> re.Pattern[str]:
        """The pattern, compiled when it is first tried: most never are."""
        return _compiled(self.written)


@dataclass(frozen=True, slots=True)
class Claims:
    """What says that an act is done. `accented` ones are looked for in lower case with the accents, others in folded
    text. `beginnings`: with one of them a word begins wherever one matches; None where that cannot be told."""

    act: str
    accented: bool
    sayings: tuple[Saying, ...]
    beginnings: frozenset[str] | None

    def in_text(self, said: Held) -> list[Saying]:
        """Those that can match in a text: the others are sure not to."""
        begun = said.beginnings
        if self.beginnings is not None and begun.isdisjoint(self.beginnings):
            return []
        found = []
        for saying in self.sayings:
            for some in saying.beginnings:
                if begun.isdisjoint(some):
                    break
            else:
                if said.all(needed(saying.written)):
                    found.append(saying)
        return found


@dataclass(frozen=True, slots=True)
class Writing:
    """What the rules for e-mails and posts know of a language.

    `step_first` matches a sentence that begins by telling what to do, `step_after` finds it behind "please" and the
    like; `breaks` are words that begin a new clause.
    """

    greetings: re.Pattern[str]
    step_first: re.Pattern[str]
    step_after: re.Pattern[str]
    outages: re.Pattern[str]
    internal_notes: re.Pattern[str]
    promises: tuple[Promise, ...]
    breaks: re.Pattern[str]
    negations: re.Pattern[str]  # deny or suppose what stands behind them in their clause

    def clause(self, folded: str) -> str:
        """What of a sentence belongs together with its end: all from the last comma, colon or word that breaks."""
        begins = [match.end() for match in self.breaks.finditer(folded)]
        return folded[begins[-1] :] if begins else folded


@dataclass(frozen=True, slots=True)
class Pack:
    """What the rules know of one language. Patterns match folded text; words are folded."""

    language: str
    name: str
    called: tuple[str, ...]  # what the language is called, by itself and by others
    words: Mapping[str, int]  # number words
    scales: Mapping[str, int]  # those that multiply what stands before them: thousand, million
    points: bool  # whether a point may stand between thousands: 1.250 is 1250, or 1.25
    hours: Mapping[str, int]
    ordinals: Mapping[str, int]
    weekdays: Mapping[str, int]
    months: Mapping[str, int]
    digits: Mapping[str, str]
    repeats: Mapping[str, int]
    counting: tuple[str, ...]  # the words of which numbers are made
    relative: tuple[tuple[re.Pattern[str], int, tuple[Clause, ...]], ...]
    parts: tuple[tuple[str, re.Pattern[str]], ...]
    word: re.Pattern[str]
    one_number: re.Pattern[str]
    spoken_digits: re.Pattern[str]
    spoken_groups: re.Pattern[str]  # a telephone number said in groups: "three twelve, five fifty-five, oh one..."
    spoken_group: re.Pattern[str]
    clock: re.Pattern[str]  # an hour, with minutes or without
    month_first: bool
    forms: tuple[Form, ...]
    starts: Starts  # of the forms
    hint: re.Pattern[str]  # a text without any of this holds no value
    stop_words: frozenset[str]
    question_mark: re.Pattern[str]
    requests: re.Pattern[str]
    confirms: re.Pattern[str]  # a question that says itself what it asks about
    slots: Mapping[str, re.Pattern[str]]
    claims: tuple[Claims, ...]
    negations: re.Pattern[str]
    conditions: re.Pattern[str]  # before an act
    conditions_after: re.Pattern[str]  # right after it
    offers: re.Pattern[str]
    promises: tuple[tuple[str, re.Pattern[str]], ...]
    promise_negations: re.Pattern[str]  # before it in its clause: denied, doubted, asked or only reported
    promise_conditions: re.Pattern[str]  # before it in the sentence
    promise_denials: re.Pattern[str]  # after it in its clause
    promise_breaks: re.Pattern[str]  # with these a new clause begins before what is held out
    promise_reasons: re.Pattern[str]  # with these a clause of its own begins after it
    promise_words: tuple[str, ...]  # they do not name the thing that is held out
    phrases: Mapping[str, re.Pattern[str]]  # by name: PHRASES
    triggers: Mapping[str, re.Pattern[str]]
    writing: Writing | None = None  # None: no words for writing yet


_NUMBERS = ("units", "teens", "tens", "hundreds", "thousand", "million")
_MAY_LACK = ("million", "hours24", "weekdays_short", "months_short")
"""Tables that a pack need not have."""


def _spaced(pattern: str) -> str:
    return pattern.replace(" ", r"\s")


def _bare(pattern: str) -> str:
    return _spaced(unaccented(pattern))


def _any(patterns: Iterable[str]) -> str:
    return "(?:" + "|".join(sorted((_bare(p) for p in patterns), key=len, reverse=True)) + ")"


def lexicon(patterns: Iterable[str]) -> re.Pattern[str]:
    """Any of the patterns as whole words; one that begins with "n't" may end a word."""
    return re.compile(r"(?:(?<!\w)|(?=n't))" + _any(patterns) + r"(?!\w)")


_NAMED = re.compile(r"\{([a-z_]+)\}")


def _filled(pattern: str, parts: Mapping[str, str]) -> str:
    """A pattern with the parts that it names in braces put in."""
    while (filled := _NAMED.sub(lambda named: parts[named[1]], pattern)) != pattern:
        pattern = filled
    return pattern


def _claims(data: Mapping[str, Any]) -> Iterable[Claims]:
    """What `claims` and `claims_accented` say, act by act, with the parts that `claim_words` names."""
    parts = data.get("claim_words", {})
    common = frozenset(unaccented(word)[:4] for word in data["stop_words"])
    for key, plain in (("claims", _bare), ("claims_accented", _spaced)):
        for act, says in data.get(key, {}).items():
            patterns = [rf"(?<!\w)(?:{plain(_filled(say, parts))})(?!\w)" for say in says]
            sayings = tuple(Saying(pattern, beginnings(pattern, common)) for pattern in patterns)
            first = [saying.beginnings[:1] for saying in sayings]
            every = frozenset(one for sets in first for one in sets[0]) if all(first) else None
            yield Claims(act, key != "claims", sayings, every)


def _folded(table: Mapping[str, Any]) -> dict[str, Any]:
    return {unaccented(key).replace("[ -]", " "): value for key, value in table.items()}


@lru_cache(maxsize=1)
def slots() -> frozenset[str]:
    """The slots that some pack can recognise a question for; no pattern is compiled for the answer."""
    return frozenset(slot for language in LANGUAGES for slot in _data(language)["slots"])


def _data(language: str) -> Any:
    return read_yaml(FOLDER / f"{language}.yaml", f"packs/{language}.yaml").value


@lru_cache(maxsize=16)
def pack(language: str) -> Pack | None:
    """The pack of a language, None where there is none; read once a process."""
    if language not in LANGUAGES:
        return None
    data = _data(language)
    data = {**{table: {} for table in _MAY_LACK}, **data}
    data["teens"] |= _composed(data)
    groups = _groups(data)
    forms = tuple(_forms(data, groups))
    parts = data["promise_parts"]
    return Pack(
        language=language,
        name=data["name"],
        called=(data["name"], *data["called"]),
        words=_folded({word: number for table in _NUMBERS for word, number in data[table].items()}),
        scales=_folded({"k": 1000, **data["thousand"], **data["million"]}),
        points=bool(data.get("points")),
        hours=_folded(data["hours"] | data["hours24"]),
        ordinals=_folded(data["ordinals"]),
        weekdays=_folded(data["weekdays"] | data["weekdays_short"]),
        months=_folded(data["months"] | data["months_short"]),
        digits=_folded(data["digits"]),
        repeats=_folded(data["repeats"]),
        counting=_counting(data),
        relative=tuple((lexicon([words]), days, needed(_bare(words))) for words, days in data["relative"].items()),
        parts=tuple((part, lexicon(words)) for part, words in data["parts"].items()),
        word=re.compile(_any(word for table in _NUMBERS for word in data[table])),
        one_number=re.compile(groups["w"]),
        spoken_digits=_spoken_digits(data),
        spoken_groups=re.compile(rf"(?<!\w){_group(data)}(?:[\s,.-]+{_group(data)}){{3,10}}(?!\w)"),
        spoken_group=re.compile(rf"(?<!\w){_group(data)}(?!\w)"),
        clock=re.compile(rf"(?:{groups['h_']})(?:(?:{_bare(data['minutes_join'])}){groups['m_']})?"),
        month_first=data["slash_dates"] == "mdy",
        forms=forms,
        starts=Starts([form.begin for form in forms]),
        hint=_hint(data),
        stop_words=frozenset(map(unaccented, data["stop_words"])),
        question_mark=re.compile(data["question"]["marks"]),
        requests=re.compile(r"(?<!\w)" + _any(data["question"]["requests"])),
        confirms=lexicon(data["question"]["confirms"]),
        slots={slot: lexicon(words) for slot, words in data["slots"].items()},
        claims=tuple(_claims(data)),
        negations=_negations(data["negations"]),
        conditions=lexicon(data["conditions"]),
        conditions_after=lexicon(data.get("conditions_after", data["conditions"])),
        offers=lexicon(data["offers"]),
        promises=tuple(
            (entry["what"], lexicon(_filled(say, parts) for say in entry["say"])) for entry in data["promises"]
        ),
        promise_negations=_negations(_filled(word, parts) for word in data["promise_negations"]),
        promise_conditions=lexicon(data["promise_conditions"]),
        promise_denials=lexicon(_filled(say, parts) for say in data["promise_denials"]),
        promise_breaks=re.compile(rf"[;:]\s|(?:(?<!\w)|(?=,)){_any(data['promise_breaks'])}(?!\w)"),
        promise_reasons=re.compile(rf"[,;:]\s|(?<!\w){_any(data['promise_reasons'])}(?!\w)"),
        promise_words=tuple(data["promise_words"]),
        phrases={name: lexicon(data[name]) for name in PHRASES},
        triggers={name: lexicon(words) for name, words in data["triggers"].items()},
        writing=_writing(data["writing"]) if "writing" in data else None,
    )


def _writing(data: Mapping[str, Any]) -> Writing:
    verbs, leads = _any(data["steps"]), _any(data["step_leads"])
    marks = rf"(?:[\s>*_•-]|\d{{1,2}}[.)]|{_any(data['step_marks'])}\s?\d*:?)*"
    return Writing(
        greetings=lexicon(data["greetings"]),
        step_first=re.compile(rf"{marks}(?:{leads}[,:]?\s+)*{verbs}(?!\w)"),
        step_after=re.compile(rf"(?<!\w){leads}[,:]?\s+(?:\w+\s)?{verbs}(?!\w)"),
        outages=lexicon(data["outages"]),
        internal_notes=lexicon(data["internal_notes"]),
        promises=tuple(
            Promise(
                entry["what"],
                lexicon(say.replace("{when}", data["when"]) for say in entry["say"]),
                bool(entry.get("public")),
            )
            for entry in data["promises"]
        ),
        negations=_negations(data["negations"]),
        breaks=re.compile(rf"[,;:]\s|(?<!\w){_any(data['breaks'])}(?!\w)"),
    )


def _negations(words: Iterable[str]) -> re.Pattern[str]:
    """A word of denial or condition; "n't" is the end of a word and not one of its own."""
    return re.compile("|".join((r"" if w.startswith("n'") else r"(?<!\w)") + _bare(w) + r"(?!\w)" for w in words))


def _composed(data: Mapping[str, Any]) -> dict[str, int]:
    """Numbers that a language writes as one word, units first, as `composed` spells them: "einundzwanzig"."""
    spelled = str(data.get("composed") or "")
    pairs = ((u, t) for u in data["units"].items() for t in data["tens"].items()) if spelled else ()
    return {spelled.format(unit=u, ten=t): one + many for (u, one), (t, many) in pairs}


def _groups(data: Mapping[str, Any]) -> dict[str, str]:
    """The placeholders of the forms as patterns with named groups."""
    tens = rf"{_any(data['tens'])}(?:{_bare(data['tens_join'])}{_any(data['units'])})?"
    below = f"(?:{tens}|{_any([*data['teens'], *data['units']])})"
    under = f"(?:{_any(data['hundreds'])}(?:{_bare(data['hundreds_join'])}{below})?|{below})"
    large, more = _any([*data["thousand"], *data["million"]]), rf"{_bare(data['thousand_join'])}{under}"
    words = rf"(?:(?:{under}\s?)?{large}(?:{more}(?:\s?{large}(?:{more})?)?)?|{under})"
    points = r"\d{1,3}(?:\.\d{3})+(?:,\d+)?(?![.,]?\d)|" if data.get("points") else ""
    scale = rf"(?:\s?k(?!\w)|\s{large}(?!\w))"
    digits = rf"(?:{points}\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:[.,]\d+)?){scale}?"
    spoken = rf"(?:(?:{_bare(data['minutes_zero'])}){_any(data['units'])}|{tens}|{_any(data['teens'])})"
    cents = _any(data.get("cent", [])) + r"(?!\w)"
    two = f"(?:{tens}|{_any(data['teens'])})"
    part = _any(form for words_ in data["parts"].values() for form in words_)
    hour = rf"(?:[01]?\d|2[0-4]|{_any(data['hours'])})"
    five = [word for word, number in (data["units"] | data["teens"] | data["tens"]).items() if number in _TO_THE_HOUR]
    return {
        "hour": rf"{hour}(?::[0-5]\d|(?:{_bare(data['minutes_join'])})(?:[0-5]\d|{spoken}))?",
        "h_": hour,
        "m_": f"(?:[0-5]\\d|{spoken})",
        "part_": f"(?:{part})",
        "to5": rf"(?P<to>5|10|20|25|{_any(five)}(?:{_bare(data['tens_join'])}{_any(data['units'])})?)",
        "counted": rf"(?!\s?(?:(?:{'|'.join(map(_bare, data['counted']))})(?!\w)|[$%€]|[.:]\d))",
        "counts": rf"\s(?:{'|'.join(map(_bare, data['counted']))})(?!\w)",
        "h": rf"(?P<h>[01]?\d|2[0-4]|{_any(data['hours'])})",
        "hw": rf"(?P<h>{_any(data['hours'])})",
        "m": r"(?P<m>[0-5]\d)",
        "mw": rf"(?P<mw>[0-5]\d|{spoken})",
        "past": rf"(?P<past>[0-5]?\d|{below})",
        "to": rf"(?P<to>[0-5]?\d|{below})",
        "part": f"(?P<part>{part})",
        "n": f"(?P<n>{digits}|{words})",
        "n2": rf"(?P<n2>\d\d?|{below})",
        "n2c": rf"(?P<n2>(?>\d\d?|{below})(?=\s{cents})|(?>\d\d(?!\d)|{two}))",
        "past5": rf"(?P<past>5|10|20|25|{_any(five)}(?:{_bare(data['tens_join'])}{_any(data['units'])})?)",
        "w": f"(?P<n>{words})",
        "w_": words,
        "w2": f"(?P<n2>{tens}|{_any(data['teens'])})",
        "h24w": f"(?P<h>{_any(data['hours24'])})" if data["hours24"] else "(?!)",
        "wd": f"(?P<wd>{_any(data['weekdays'])})",
        "wds": f"(?P<wd>{_any(data['weekdays'] | data['weekdays_short'])})\\.?",
        "month": f"(?P<month>{_any(data['months'])})",
        "months": f"(?P<month>{_any(data['months'] | data['months_short'])})\\.?",
        "monthn": rf"(?P<monthn>1[0-2]|0?[1-9]|{_any(data['hours'])})",
        "slash": r"(?P<one>\d\d?)/(?P<two>\d\d?)(?:/(?P<yy>(?:19|20)?\d\d))?(?!/?\d)",
        "day": rf"(?P<day>0?[1-9]|[12]\d|3[01]){data['day_suffix']}",
        "dayw": f"(?P<dayw>{_any(data['ordinals'])})",
        "yy": r"(?P<yy>\d\d)(?!\d)",
        "year": r"(?P<year>(?:19|20)\d\d)",
        "yearw": f"(?P<yearw>{_bare(data['year_words']).format(below=below, unit=_any(data['units']), two=two)})"
        if "year_words" in data
        else "(?!)",
    }


_CENTS = {True: "apart", "either": "either"}


def _forms(data: Mapping[str, Any], groups: Mapping[str, str]) -> Iterable[Form]:
    for kind, key in (("time", "times"), ("date", "dates"), ("money", "money"), ("number", "numbers")):
        for entry in data[key]:
            text = re.sub(r"\{(\w+)\}", lambda m: groups.get(m[1], m[0]), _bare(entry["form"]))
            text = text.replace("«", "(?P<value>").replace("»", ")")
            cents = _CENTS.get(entry.get("cents"), "only" if entry.get("only_cents") else "")
            pattern = rf"{FREE}(?<![a-z]-){text}(?!\w)"
            exact = tuple(map(float, entry["is"])) if isinstance(entry.get("is"), list) else entry.get("is")
            known = needed(pattern), begins(pattern)
            part, times = entry.get("part", ""), entry.get("times", 1)
            yield Form(kind, pattern, entry.get("add", 0), exact, *known, cents, part, times)


_TO_THE_HOUR = (5, 10, 20, 25)
"""Minutes that are said before an hour without the word "minutes": "ten to four"."""


def _spoken_digits(data: Mapping[str, Any]) -> re.Pattern[str]:
    """Seven or more digits said one by one, "double five" included."""
    digit = rf"(?:{_any(data['digits'])}|\d)"
    repeated = rf"(?:{_any(data['repeats'])}\s+)?{digit}"
    between = rf"(?:{_any(data['between_digits'])}\s)?" if "between_digits" in data else ""
    return re.compile(rf"(?<!\w){repeated}(?:[\s,.-]+{between}{repeated}){{4,14}}(?!\w)")


def _counting(data: Mapping[str, Any]) -> tuple[str, ...]:
    """The shortest words, one of which stands in each number: "four" also stands for "fourteen" and "four hundred"."""
    tables = ("units", "teens", "tens", "hundreds", "digits")
    every = sorted({unaccented(word) for table in tables for word in data[table]}, key=len)
    kept: list[str] = []
    for word in every:
        if not any(short in word for short in kept):
            kept.append(word)
    return tuple(kept)


def _group(data: Mapping[str, Any]) -> str:
    """One group of a telephone number said in numbers under a thousand, or written in up to four digits."""
    tens = rf"{_any(data['tens'])}(?:{_bare(data['tens_join'])}{_any(data['units'])})?"
    below = f"(?:{tens}|{_any([*data['teens'], *data['units'], *data['digits']])})"
    return rf"(?:{_any(data['hundreds'])}(?:{_bare(data['hundreds_join'])}{below})?|{below}|\d{{1,4}})"


def _hint(data: Mapping[str, Any]) -> re.Pattern[str]:
    tables = (*_NUMBERS, "hours", "hours24", "ordinals", "weekdays", "months", "digits", "relative")
    exact = [entry["form"] for key in ("times", "dates", "money", "numbers") for entry in data[key] if "is" in entry]
    exact = [form.replace("«", "").replace("»", "") for form in exact]
    return re.compile(r"\d|(?<!\w)" + _any([*(word for table in tables for word in data[table]), *exact]))
