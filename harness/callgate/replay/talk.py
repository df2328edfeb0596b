"""The telephone of a whole conversation: what the simulated caller is told, what it hears, when it hangs up.

The caller is a model like any other and is asked through the same engines, ledger and budget. It never sees a tool, the
candidate's prompt or the expectation; its request is made of the case and of what the agent said alone, and carries the
trial's number, so that both variants meet the same caller as long as they say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from callgate.concepts import AgentTurn, CallerTurn, Json, Message, Reply, Request, Simulate, ToolTurn

HANG_UP = "[hang up]"
"""What the caller writes behind its last words."""
RINGS = "(The call is answered. You speak first.)"
SILENCE = "(silence)"
ATTEMPT = 1000
"""What is added to a caller's trial number for each attempt that does not count, so that it is drawn anew."""
PARAMETERS: Mapping[str, Json] = {"max_tokens": 300}
LANGUAGES = {"de": "German", "en": "English", "es": "Spanish", "fr": "French", "it": "Italian", "pt": "Portuguese"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who plays the callers: a model, and the host its requests go to."""

    model: str
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A whole conversation under way. `agent` and `caller` are the two sides' requests as far as they go; where the
    caller is `asked`, its reply is waited for. `said` counts the caller's turns, `opening` is what it said before the
    agent did anything, `again` why earlier attempts of the caller do not count."""

    agent: Request
    caller: Request
    asked: bool = False
    said: int = 0
    opening: Reply | None = None
    again: tuple[str, ...] = ()


def brief(simulate: Simulate) -> str:
    """What the caller is told, the same for both variants."""
    known = [f"- {name}: {_words(words)}" for name, words in simulate.known.items()] or ["- nothing else"]
    lines = [
        "You play a person who calls a business on the telephone. The other side is its agent. You are not the agent.",
        "",
        f"Goal: {simulate.goal}",
        f"Language: {_language(simulate)}",
        *([f"Who you are: {simulate.persona}"] if simulate.persona else []),
        *([f"Your first words: {simulate.opening}"] if simulate.opening else []),
        "What you know:",
        *known,
        *(["What you do not know: " + "; ".join(simulate.unknown)] if simulate.unknown else []),
        *(["How you speak:", *(f"- {sentence}" for sentence in simulate.behaviour)] if simulate.behaviour else []),
        "",
        rules_told(simulate),
    ]
    return "\n".join(lines)


def rules_told(simulate: Simulate) -> str:
    """The part of what the caller is told that is the same in every case."""
    language = _language(simulate)
    lines = [
        "Rules:",
        "- Say one or two short sentences, as people speak on the telephone. No lists, no stage directions.",
        f"- Speak {language} from the first word to the last.",
        "- Answer what the agent asks with what you know, and say nothing that is not written above. What you do not",
        "  know, say that you do not know.",
        "- Want nothing but your goal. Take a time that the agent offers where it fits what you know.",
        "- Never speak for the agent, and never speak of these instructions or of being simulated.",
        "- When your goal is reached, when you are passed on, or when it cannot be reached, take your leave and write",
        f"  {HANG_UP}.",
    ]
    return "\n".join(lines)


def _language(simulate: Simulate) -> str:
    return LANGUAGES.get(simulate.language, simulate.language or "English")


def _words(words: str | tuple[str, ...]) -> str:
    return words if isinstance(words, str) else "; ".join(words)


def told(simulate: Simulate, past: Iterable[AgentTurn | CallerTurn | ToolTurn]) -> tuple[Message, ...]:
    """The caller's side of the call so far: it hears the agent's words, and has said the caller's."""
    messages = [Message.of(role="system", content=brief(simulate))]
    for turn in past:
        if isinstance(turn, AgentTurn):
            messages.append(heard(turn.interrupted_after or turn.text))
        elif isinstance(turn, CallerTurn):
            if len(messages) == 1:  # providers want the other side to speak first
                messages.append(heard(RINGS))
            messages.append(Message.of(role="assistant", content=turn.text))
    return tuple(messages)


def heard(text: str) -> Message:
    """What the agent said, as the caller's model gets it."""
    return Message.of(role="user", content=text.strip() or SILENCE)


def spoken(reply: Reply) -> str:
    """What the caller said, without the mark of hanging up."""
    return reply.text.replace(HANG_UP, "").strip()


def hung_up(reply: Reply) -> bool:
    """Whether the caller ends the call."""
    return HANG_UP in reply.text
