"""What a simulated caller said -> why it does not count, or None: a caller's fault is never the agent's.

A caller says what it knows and nothing else, in its language, about its goal, as a caller, to the end. Each check finds
one kind of fault by the case alone and by what was said; a conversation in which one is found is drawn again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from callgate.concepts import AgentTurn, CallerTurn, Case, Json, Reply, Simulate, Step, ToolAnswer
from callgate.graders.grounds import Grounds, grounds_of
from callgate.graders.language import language_of
from callgate.graders.packs import LANGUAGES, Pack, pack
from callgate.graders.rules.loops import alike
from callgate.graders.rules.questions import asked_slots, questions
from callgate.graders.said import says, stems
from callgate.graders.seen import Utterance, leaves
from callgate.graders.text import excerpt, fold, sentences, words
from callgate.graders.values import find
from callgate.replay import Ask, hung_up, past_turns, rules_told, spoken, unlike

KINDS = ("silence", "form", "role", "recital", "language", "repetition", "facts", "goal", "denial", "early_end")
"""The faults that are looked for, in this order; a fault is told as "KIND: what was said"."""
_DIRECTIONS = re.compile(
    r"\*[^*\n]+\*|\([^)\n]{3,}\)|\[[^\]\n]+\]|\{[^}\n]*\}|</?\w+>|^\s*(?:[-*#•]|\d+[.)])\s", re.MULTILINE
)
_LABEL = re.compile(
    r"^\s*(?:caller|customer|agent|user|assistant|cliente|agente|goal|rules?|language|persona)\s*:", re.IGNORECASE
)
_RECITED = 5  # words in a row of the instructions
_ALIKE = 0.6  # two things said by the agent that ask much the same
_SURELY_NEW = 2  # content words of a wish, none of which was ever spoken of


@dataclass(frozen=True, eq=False)
class Said:
    """What the caller says now, beside all that was said before."""

    case: Case
    simulate: Simulate
    text: str
    hangs_up: bool
    agent: tuple[str, ...]
    caller: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]  # what the agent said, and what the caller then said
    steps: tuple[Step, ...]
    state: Mapping[str, Json]
    verbs: frozenset[str]

    @property
    def last(self) -> str:
        """The agent's last words."""
        return self.agent[-1] if self.agent else ""

    @cached_property
    def pack(self) -> Pack | None:
        return pack(self.simulate.language)

    @cached_property
    def told(self) -> tuple[str, ...]:
        """Everything that the caller was told of itself."""
        one = self.simulate
        known = [way for words_ in one.known.values() for way in _ways(words_)]
        return (one.goal, one.persona, one.opening, *known, *one.behaviour)

    @cached_property
    def grounded(self) -> frozenset[str]:
        """The content words that the caller may use: of what it was told, and of what was said to it."""
        record = [str(leaf) for leaf in leaves(self.case.caller) if leaf is not None]
        return frozenset().union(*map(stems, (*self.told, *self.simulate.known, *record, *self.agent)))

    def utterance(self, text: str) -> Utterance:
        """Something said, in the language of the call."""
        return Utterance(0, text, self.simulate.language, None)

    def has(self, phrases: str, text: str) -> bool:
        """Whether a text has one of the pack's phrases of that name."""
        return bool(self.pack and self.pack.phrases[phrases].search(fold(text)))


def fault(ask: Ask, reply: Reply) -> str | None:
    """The first fault in the caller's reply to what the machine asked it, told in one line."""
    simulate = ask.scene.case.simulate
    if simulate is None:
        return None
    said = _said(ask, simulate, reply)
    for kind in KINDS:
        found = _CHECKS[kind](said)
        if found:
            return f"{kind}: {found}"
    return None


def _said(ask: Ask, simulate: Simulate, reply: Reply) -> Said:
    case = ask.scene.case
    agent: list[str] = []
    caller: list[str] = []
    pairs: list[tuple[str, str]] = []
    for turn in past_turns(case, ask.scene.point):
        if isinstance(turn, AgentTurn):
            agent.append(turn.text)
        elif isinstance(turn, CallerTurn):
            caller.append(turn.text)
    if ask.line and ask.line.opening:
        caller.append(spoken(ask.line.opening))
    heard: list[str] = []
    for step in ask.steps:
        heard += [step.reply.text] if step.reply.text else []
        if step.caller is not None:
            pairs.append((" ".join(heard), spoken(step.caller)))
            caller.append(pairs[-1][1])
            agent.append(" ".join(heard))
            heard = []
    if heard:
        agent.append(" ".join(heard))
    verbs = frozenset(stem for tool in ask.scene.prompt.tools for stem in stems(tool.name.split("_")[0]))
    text = spoken(reply)
    return Said(
        case, simulate, text, hung_up(reply), tuple(agent), tuple(caller), tuple(pairs), ask.steps, ask.state, verbs
    )


# ---------------------------------------------------------------------------------------------- how it speaks


def _silence(said: Said) -> str:
    return "" if said.text else "said nothing"


def _form(said: Said) -> str:
    match = _DIRECTIONS.search(said.text) or _LABEL.search(said.text)
    return f"wrote what nobody says: {excerpt(match.group())}" if match else ""


def _role(said: Said) -> str:
    """The agent's part, instructions to it, or talk of being simulated; in any language, since a caller may switch."""
    text = fold(said.text)
    for known in _packs():
        for phrases in ("agents_words", "plays_caller", "leaks", "injections"):
            if known.phrases[phrases].search(text):
                return f"left the caller's part: {excerpt(said.text)}"
    return ""


def _recital(said: Said) -> str:
    given = words(" ".join((rules_told(said.simulate), *said.simulate.behaviour)))
    runs = {given[at : at + _RECITED] for at in range(len(given) - _RECITED + 1)}
    own = words(said.text)
    told = any(own[at : at + _RECITED] in runs for at in range(len(own) - _RECITED + 1))
    return f"recited its instructions: {excerpt(said.text)}" if told else ""


def _language(said: Said) -> str:
    names = frozenset(fold(word) for text in said.told for word in re.findall(r"\b[A-ZÁÉÍÓÚÑÜ][\w-]*", text))
    found = language_of(said.text, names)
    wanted = said.simulate.language
    return f"spoke {found} and not {wanted}: {excerpt(said.text)}" if found and wanted and found != wanted else ""


def _repetition(said: Said) -> str:
    """The same words again, though the agent asked for something else meanwhile and did not ask to hear it again."""
    if len(words(said.text)) < 2 or said.has("repeat_please", said.last):
        return ""
    before = [("", said.caller[0])] if said.caller and len(said.caller) > len(said.pairs) else []
    for agent, caller in (*before, *said.pairs):
        if fold(caller) != fold(said.text):
            continue
        then, now = said.utterance(agent), said.utterance(said.last)
        slots = {slot for slot, _ in asked_slots(then)} & {slot for slot, _ in asked_slots(now)}
        if not slots and alike(then, now) < _ALIKE:
            return f"said the same again: {excerpt(said.text)}"
    return ""


# ---------------------------------------------------------------------------------------------- what it says


def _facts(said: Said) -> str:
    """A value, or a name, that the caller was not told and did not hear."""
    grounds = _grounds(said)
    for value in find(said.text, said.simulate.language):
        if not grounds.hold(value):
            return f"says {value.text.strip(' .,')}, which it does not know: {excerpt(said.text)}"
    known = said.pack
    match = known.phrases["introduces"].search(fold(said.text)) if known else None
    if match:
        run = re.match(r"\W*((?:[A-ZÁÉÍÓÚÑ][\w'-]+ ?)+)", said.text[match.end() :])
        name = run[1].strip() if run else ""
        own = {word for text in (*said.told, *map(str, leaves(said.case.caller))) for word in words(text)}
        if name and not set(words(name)) <= own:
            return f"gives the name {name}, which is not its own: {excerpt(said.text)}"
    return ""


def _grounds(said: Said) -> Grounds:
    known: list[Json] = [*said.told, *said.agent, said.case.caller, said.case.now]
    return grounds_of(known, now=said.case.now, timezone=said.case.timezone)


def _goal(said: Said) -> str:
    """A wish of which not one content word was ever spoken of, or for an act that the goal does not name."""
    known = said.pack
    acts = said.verbs & said.grounded
    for _, sentence in sentences(said.text) if known else ():
        plain = fold(sentence)
        if not (known and known.phrases["wants"].search(plain)) or known.phrases["repeat_please"].search(plain):
            continue
        wish = stems(known.phrases["wants"].sub(" ", plain))
        if len(wish) >= _SURELY_NEW and not wish & said.grounded:
            return f"wants something else: {excerpt(sentence)}"
        if acts and wish & said.verbs - acts:
            return f"wants something else done: {excerpt(sentence)}"
    return ""


def _denial(said: Said) -> str:
    """Does not know what it was told and is asked for."""
    if not said.has("knows_not", said.text):
        return ""
    known = {name.removesuffix("s"): words_ for name, words_ in said.simulate.known.items()}
    asked = {slot for slot, _ in asked_slots(said.utterance(said.last))}
    if any(stems(name) & stems(said.last) or name in asked for name in said.simulate.unknown):
        return ""
    asked = {slot for slot in asked & known.keys() if not any(says(said.text, way) for way in _ways(known[slot]))}
    return f"does not tell its {', '.join(sorted(asked))}: {excerpt(said.text)}" if asked else ""


def _early_end(said: Said) -> str:
    """Hangs up while the agent waits for an answer, though nothing failed and half of the turns are left."""
    if not said.hangs_up or len(said.caller) * 2 >= said.simulate.turns:
        return ""
    zone = said.case.timezone
    holds_now = not unlike(said.simulate.final_state, said.state, zone)
    held_before = not unlike(said.simulate.final_state, said.case.state, zone)
    if holds_now and not held_before:
        return ""
    if not said.steps:
        return f"hung up before the agent had done anything: {excerpt(said.text)}"
    if any(map(_failed, (answer for step in said.steps for answer in step.answers))):
        return ""
    asks = questions(said.utterance(said.last)) and not said.has("anything_else", said.last)
    return f"hung up on a question: {excerpt(said.last)}" if asks else ""


def _ways(known: str | tuple[str, ...]) -> tuple[str, ...]:
    return (known,) if isinstance(known, str) else known


def _failed(answer: ToolAnswer) -> bool:
    """Whether a tool gave nothing to go on with: an error, or an empty answer."""
    return answer.kind not in {"answered", "transfer"} or not any(True for _ in leaves(answer.content))


def _packs() -> Iterator[Pack]:
    return (known for language in LANGUAGES if (known := pack(language)))


_CHECKS: Mapping[str, Callable[[Said], str]] = {
    "silence": _silence,
    "form": _form,
    "role": _role,
    "recital": _recital,
    "language": _language,
    "repetition": _repetition,
    "facts": _facts,
    "goal": _goal,
    "denial": _denial,
    "early_end": _early_end,
}
