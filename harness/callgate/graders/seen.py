"""case + decision + tools -> Context; Context + trial -> Seen: what every rule is given, worked out once and shared.

A Context holds what does not depend on the trial (history, language, grounds) and serves all trials of a decision.
Both cache on themselves, so they are frozen but not slotted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import TypeAlias
from unicodedata import normalize

from callgate.concepts import (
    AgentTurn,
    CallerTurn,
    Case,
    DecisionPoint,
    Effect,
    Evidence,
    Expect,
    Failure,
    Json,
    Prompt,
    Step,
    Tool,
    ToolAnswer,
    ToolTurn,
    Trial,
    canonical,
)
from callgate.graders.grounds import Grounds, grounds_of
from callgate.graders.language import guess, language_of
from callgate.graders.matching import Match, Properties, matches, properties_of
from callgate.graders.packs import LANGUAGES, Pack, pack
from callgate.graders.text import fold, words
from callgate.matchers import instant
from callgate.replay import past_turns, spoken

PastTurn: TypeAlias = AgentTurn | CallerTurn | ToolTurn


def leaves(value: Json) -> Iterator[Json]:
    """Every scalar in a JSON value, keys left out."""
    if value is None or isinstance(value, str | int | float):  # first: to ask for a Mapping is dear
        yield value
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from leaves(inner)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from leaves(inner)
    else:
        yield value


@dataclass(frozen=True, eq=False)
class Context:
    """A decision as the graders meet it; `tools` are the prompt's, since schemas belong to the prompt.

    `instructions` is the rendered prompt where a judge is to see it; `prompt` the one under test, not yet rendered.
    `since` is what went on after the decision before the part of a whole conversation that is looked at.
    """

    case: Case
    point: DecisionPoint
    tools: tuple[Tool, ...] = ()
    instructions: str = ""
    prompt: Prompt | None = None
    since: tuple[PastTurn, ...] = ()

    @property
    def expect(self) -> Expect:
        return self.point.expect

    @cached_property
    def history(self) -> tuple[PastTurn, ...]:
        return (*past_turns(self.case, self.point), *self.since)

    @cached_property
    def tool(self) -> Mapping[str, Tool]:
        """The prompt's tools by name."""
        return {tool.name: tool for tool in self.tools}

    @cached_property
    def properties(self) -> Mapping[str, Properties]:
        """The schema of each argument of each tool, by the tool's name."""
        return {tool.name: properties_of(tool) for tool in self.tools}

    def effect(self, tool: str) -> Effect:
        """What a tool does to the world; one that the world does not name writes."""
        return self.case.effects.get(tool, "write")

    @cached_property
    def names(self) -> frozenset[str]:
        """Folded words that belong to no language: the caller's, the dealer's, the vehicle's and the streets' names."""
        texts = [leaf for leaf in leaves([self.case.caller, self.case.config]) if isinstance(leaf, str)]
        capital = re.compile(r"\b[A-ZÁÉÍÓÚÑÜ][\w-]*")
        return frozenset(fold(name) for text in texts for name in capital.findall(text) if not _common(name))

    @cached_property
    def language(self) -> str | None:
        """What the agent is to speak: as expected, else as the caller's last turn of 3 words, else as the case."""
        if self.expect.language:
            return self.expect.language
        for turn in reversed(self.history):
            if isinstance(turn, CallerTurn) and len(words(turn.text)) >= 3:
                found = guess(turn.text, self.names)
                if found:
                    return found
        return self.case.segments.get("language")

    @cached_property
    def grounds(self) -> Grounds:
        """Every value that may be stated before anything is done: facts allowed, world, caller, history."""
        allowed = self.expect.facts_allowed
        facts = [fact for name, fact in self.case.facts.items() if allowed is None or name in allowed]
        known: list[Json] = [self.case.config, self.case.caller, self.case.now]
        known += [[fact.text, list(fact.values)] for fact in facts]
        for turn in self.history:
            known.append([turn.args, turn.result, turn.error] if isinstance(turn, ToolTurn) else turn.text)
            if isinstance(turn, CallerTurn) and turn.heard:
                known.append(turn.heard)
        return grounds_of(known, now=self.case.now, timezone=self.case.timezone)

    @cached_property
    def last_caller(self) -> CallerTurn | None:
        """What the caller said last."""
        return next((turn for turn in reversed(self.history) if isinstance(turn, CallerTurn)), None)

    @cached_property
    def past_utterances(self) -> tuple[Utterance, ...]:
        """What the agent said before the decision; `turn` is -1."""
        said = [turn.text for turn in self.history if isinstance(turn, AgentTurn)]
        return tuple(Utterance(-1, text, guess(text, self.names) or self.language or "", None) for text in said)

    @cached_property
    def past_moments(self) -> frozenset[datetime]:
        """Every moment that an answer of the history held, in UTC."""
        return self._moments(result for _, result in self.past_results)

    @cached_property
    def past_offers(self) -> frozenset[datetime]:
        """Those of them that a tool which only reads answered."""
        return self._moments(result for tool, result in self.past_results if self.effect(tool) == "read")

    def _moments(self, results: Iterable[Json]) -> frozenset[datetime]:
        texts = (leaf for result in results for leaf in leaves(result) if isinstance(leaf, str))
        return frozenset(found for text in texts if (found := moment_of(text, self.case.timezone)) is not None)

    @cached_property
    def schema_texts(self) -> Mapping[str, str]:
        """The schema of each tool's arguments as canonical JSON, by the tool's name."""
        return {tool.name: canonical(tool.parameters) for tool in self.tools}

    @cached_property
    def past_results(self) -> tuple[tuple[str, Json], ...]:
        """(tool, result) of every call of the history that did not fail."""
        return tuple((t.tool, t.result) for t in self.history if isinstance(t, ToolTurn) and t.error is None)


def _common(name: str) -> bool:
    """Whether a capitalised word of the world is an everyday word of some language and tells something after all."""
    word = fold(name)
    known = [found for language in LANGUAGES if (found := pack(language))]
    return any(word in p.stop_words or word in p.weekdays or word in p.months for p in known)


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was said in one step. `language` is its own where it can be told and has a pack, else the decision's."""

    turn: int
    text: str
    language: str
    own: str | None  # as identified, None: undecided or too short

    @property
    def pack(self) -> Pack | None:
        return pack(self.language)

    def evidence(self, start: int = 0, end: int | None = None) -> Evidence:
        """The quoted part of the utterance (default: all of it)."""
        stop = len(self.text) if end is None else end
        return Evidence(self.text[start:stop], self.turn, start, stop)


@dataclass(frozen=True, eq=False)
class Seen:
    """One trial beside its context, with what several rules need of it."""

    context: Context
    trial: Trial

    @property
    def expect(self) -> Expect:
        return self.context.point.expect

    @property
    def is_written(self) -> bool:
        """Whether the reply is read, as an e-mail or a post is, and not heard."""
        return self.context.case.kind in {"email", "forum"}

    @cached_property
    def utterances(self) -> tuple[Utterance, ...]:
        """Everything said, a step each, blanks left out."""
        said = []
        for turn, step in enumerate(self.trial.steps):
            text = step.reply.text if step.reply.text.isascii() else normalize("NFC", step.reply.text)
            if text.strip():
                own = language_of(text, self.context.names)
                language = own if own in LANGUAGES else self.context.language
                said.append(Utterance(turn, text, language or "", own))
        return tuple(said)

    @cached_property
    def answers(self) -> tuple[ToolAnswer, ...]:
        return self.trial.answers

    @cached_property
    def exchanges(self) -> tuple[Exchange, ...]:
        """A whole conversation turn by turn: what the agent did between two things the caller said, each with all that
        came before as its history. Any other trial is one exchange."""
        talk = self.trial.talk
        if talk is None:
            return (Exchange(self, 0),)
        since: list[PastTurn] = [CallerTurn(spoken(talk.opening))] if talk.opening else []
        found: list[Exchange] = []
        begun = 0
        for turn, step in enumerate(self.trial.steps):
            if step.caller is None and turn < len(self.trial.steps) - 1:
                continue
            steps = self.trial.steps[begun : turn + 1]
            context = replace(self.context, since=tuple(since))
            found.append(Exchange(Seen(context, replace(self.trial, steps=steps, talk=None)), begun))
            since += [past for one in steps for past in _as_history(one)]
            begun = turn + 1
        return tuple(found)

    @cached_property
    def matches(self) -> tuple[Match, ...]:
        """The expected calls, each with the call made that fits it best."""
        return matches(self.expect.calls, self.answers, self.context.properties, self.context.case.timezone)

    @cached_property
    def grounds(self) -> Grounds:
        """The context's grounds and what was learnt in the trial: the arguments and results of answered calls."""
        learnt: list[Json] = [
            [a.arguments, a.content] for a in self.answers if a.kind in {"answered", "transfer", "tool_error"}
        ]
        if not learnt:
            return self.context.grounds
        case = self.context.case
        return self.context.grounds.with_more(grounds_of(learnt, now=case.now, timezone=case.timezone))

    @cached_property
    def results(self) -> tuple[tuple[str, Json], ...]:
        """(tool, result) of every call that was answered, in the history and in the trial."""
        return (*self.context.past_results, *self.new_results)

    @cached_property
    def new_results(self) -> tuple[tuple[str, Json], ...]:
        """(tool, result) of every call of the trial that was answered."""
        return tuple((a.call.name, a.content) for a in self.answers if a.kind in {"answered", "transfer"})

    @cached_property
    def moments(self) -> frozenset[datetime]:
        """Every moment that an answer held, in the history or the trial, in UTC."""
        new = (self.moment(leaf) for _, result in self.new_results for leaf in leaves(result))
        return self.context.past_moments.union(moment for moment in new if moment is not None)

    @property
    def failed_writes(self) -> tuple[str, ...]:
        """The acting tools whose last call, in the history and the trial, ended in an error."""
        return tuple(tool for tool in self._failed if self.context.effect(tool) != "read")

    @property
    def failed_reads(self) -> tuple[str, ...]:
        """The reading tools whose last call ended in an error."""
        return tuple(tool for tool in self._failed if self.context.effect(tool) == "read")

    @cached_property
    def _failed(self) -> tuple[str, ...]:
        last: dict[str, bool] = {}
        for turn in self.context.history:
            if isinstance(turn, ToolTurn):
                last[turn.tool] = turn.error is not None
        for answer in self.answers:
            last[answer.call.name] = answer.kind not in {"answered", "transfer"}
        return tuple(tool for tool, failed in last.items() if failed)

    @cached_property
    def today(self) -> date:
        """The day of the call, in the case's zone."""
        return datetime.fromisoformat(self.context.case.now).date()

    def moment(self, value: Json) -> datetime | None:
        """The instant that a text with a date and a time names, in UTC; None for anything else."""
        return moment_of(value, self.context.case.timezone) if isinstance(value, str) else None

    def unpacked(self) -> Failure | None:
        """The failure of a rule that needs a pack for a language that has none."""
        for utterance in self.utterances:
            if utterance.pack is None:
                return no_pack(utterance.language)
        return None


@dataclass(frozen=True, eq=False)
class Exchange:
    """A part of a trial that is looked at by itself; its first step is number `first` of the trial."""

    seen: Seen
    first: int

    def told(self, evidence: Evidence) -> Evidence:
        """Evidence of this part as evidence of the whole trial."""
        return evidence if evidence.turn < 0 else replace(evidence, turn=evidence.turn + self.first)


def _as_history(step: Step) -> Iterator[PastTurn]:
    """What a later part of the conversation has of a step: what was said, done and answered."""
    if step.reply.text.strip():
        yield AgentTurn(step.reply.text)
    for answer in step.answers:
        worked = answer.kind in {"answered", "transfer"}
        result, error = (answer.content, None) if worked else (None, answer.content)
        yield ToolTurn(answer.call.name, answer.arguments or {}, result, error)
    if step.caller is not None:
        yield CallerTurn(spoken(step.caller))


@lru_cache(maxsize=8192)
def moment_of(text: str, zone: str) -> datetime | None:
    """The instant that a text with a date and a time names, in UTC; a text without a zone is local."""
    found = instant(text, zone) if text[:2] == "20" and ":" in text else ""
    return None if isinstance(found, str) else found


def no_pack(language: str) -> Failure:
    return Failure(
        "no_pack", f"not graded: no pack for language {language or 'unknown'} (there are {', '.join(LANGUAGES)})"
    )
