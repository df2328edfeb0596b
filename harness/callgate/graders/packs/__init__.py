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
from callgate.graders.needs import Held, Starts, beginnings, needed
from callgate.graders.packs.forms import (
    MAY_LACK,
    NUMBERS,
    Form,
    composed,
    counting,
    forms_of,
    group_of,
    groups_of,
    spoken_digits,
)
from callgate.graders.packs.patterns import any_of, bare, compiled, folded_table, lexicon, negations, spaced
from callgate.graders.text import unaccented

FOLDER = Path(__file__).parent
PHRASES = (
    "openings",
    "not_openings",
    "not_then",
    "until",
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
        return compiled(self.written)


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
    for key, plain in (("claims", bare), ("claims_accented", spaced)):
        for act, says in data.get(key, {}).items():
            patterns = [rf"(?<!\w)(?:{plain(_filled(say, parts))})(?!\w)" for say in says]
            sayings = tuple(Saying(pattern, beginnings(pattern, common)) for pattern in patterns)
            first = [saying.beginnings[:1] for saying in sayings]
            every = frozenset(one for sets in first for one in sets[0]) if all(first) else None
            yield Claims(act, key != "claims", sayings, every)


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
    data = {**{table: {} for table in MAY_LACK}, **data}
    data["teens"] |= composed(data)
    groups = groups_of(data)
    forms = tuple(forms_of(data, groups))
    parts = data["promise_parts"]
    return Pack(
        language=language,
        name=data["name"],
        called=(data["name"], *data["called"]),
        words=folded_table({word: number for table in NUMBERS for word, number in data[table].items()}),
        scales=folded_table({"k": 1000, **data["thousand"], **data["million"]}),
        points=bool(data.get("points")),
        hours=folded_table(data["hours"] | data["hours24"]),
        ordinals=folded_table(data["ordinals"]),
        weekdays=folded_table(data["weekdays"] | data["weekdays_short"]),
        months=folded_table(data["months"] | data["months_short"]),
        digits=folded_table(data["digits"]),
        repeats=folded_table(data["repeats"]),
        counting=counting(data),
        parts=tuple((part, lexicon(words)) for part, words in data["parts"].items()),
        word=re.compile(any_of(word for table in NUMBERS for word in data[table])),
        one_number=re.compile(groups["w"]),
        spoken_digits=spoken_digits(data),
        spoken_groups=re.compile(rf"(?<!\w){group_of(data)}(?:[\s,.-]+{group_of(data)}){{3,10}}(?!\w)"),
        spoken_group=re.compile(rf"(?<!\w){group_of(data)}(?!\w)"),
        clock=re.compile(rf"(?:{groups['h_']})(?:(?:{bare(data['minutes_join'])}){groups['m_']})?"),
        month_first=data["slash_dates"] == "mdy",
        forms=forms,
        starts=Starts([form.begin for form in forms]),
        stop_words=frozenset(map(unaccented, data["stop_words"])),
        question_mark=re.compile(data["question"]["marks"]),
        requests=re.compile(r"(?<!\w)" + any_of(data["question"]["requests"])),
        confirms=lexicon(data["question"]["confirms"]),
        slots={slot: lexicon(words) for slot, words in data["slots"].items()},
        claims=tuple(_claims(data)),
        negations=negations(data["negations"]),
        conditions=lexicon(data["conditions"]),
        conditions_after=lexicon(data.get("conditions_after", data["conditions"])),
        offers=lexicon(data["offers"]),
        promises=tuple(
            (entry["what"], lexicon(_filled(say, parts) for say in entry["say"])) for entry in data["promises"]
        ),
        promise_negations=negations(_filled(word, parts) for word in data["promise_negations"]),
        promise_conditions=lexicon(data["promise_conditions"]),
        promise_denials=lexicon(_filled(say, parts) for say in data["promise_denials"]),
        promise_breaks=re.compile(rf"[;:]\s|(?:(?<!\w)|(?=,)){any_of(data['promise_breaks'])}(?!\w)"),
        promise_reasons=re.compile(rf"[,;:]\s|(?<!\w){any_of(data['promise_reasons'])}(?!\w)"),
        promise_words=tuple(data["promise_words"]),
        phrases={name: lexicon(data[name]) for name in PHRASES},
        triggers={name: lexicon(words) for name, words in data["triggers"].items()},
        writing=_writing(data["writing"]) if "writing" in data else None,
    )


def _writing(data: Mapping[str, Any]) -> Writing:
    verbs, leads = any_of(data["steps"]), any_of(data["step_leads"])
    marks = rf"(?:[\s>*_•-]|\d{{1,2}}[.)]|{any_of(data['step_marks'])}\s?\d*:?)*"
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
        negations=negations(data["negations"]),
        breaks=re.compile(rf"[,;:]\s|(?<!\w){any_of(data['breaks'])}(?!\w)"),
    )
