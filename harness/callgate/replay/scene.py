"""A decision as one prompt meets it, and the call up to it as chat messages."""

from __future__ import annotations

from dataclasses import dataclass

from callgate.concepts import (
    AgentTurn,
    CallerTurn,
    Case,
    DecisionPoint,
    Json,
    Message,
    Prompt,
    Reply,
    ToolAnswer,
    ToolCall,
    ToolTurn,
    canonical,
)
from callgate.prompts import render


@dataclass(frozen=True, slots=True)
class Scene:
    """A decision as one prompt meets it: made once, shared by all its trials. `messages` ends where it must act."""

    prompt: Prompt
    case: Case
    point: DecisionPoint
    messages: tuple[Message, ...]
    mode: str


def scene(prompt: Prompt, case: Case, point: DecisionPoint, *, opening: Message, past: tuple[Message, ...]) -> Scene:
    """A decision under a prompt, from the rendered prompt (`opening`) and the call up to `point` (`history`)."""
    mode = point.mode or ("run_to_caller" if prompt.tools else "next_turn")
    return Scene(prompt, case, point, (opening, *past), mode)


def opening(prompt: Prompt, case: Case) -> Message:
    """The rendered prompt as the first message. Raises Mistake where a variable is unknown."""
    return Message.of(role="system", content=render(prompt, case))


def history(case: Case, point: DecisionPoint) -> tuple[Message, ...]:
    """The call up to `point` as the messages that follow the opening."""
    messages: list[Message] = []
    for turn in past_turns(case, point):
        messages.extend(_spoken(turn, 1 + len(messages)))
    return tuple(messages)


def past_turns(case: Case, point: DecisionPoint) -> list[AgentTurn | CallerTurn | ToolTurn]:
    """The turns before `point`; an earlier decision counts as what was forced, or else recorded there."""
    past: list[AgentTurn | CallerTurn | ToolTurn] = []
    for turn in case.turns:
        if not isinstance(turn, DecisionPoint):
            past.append(turn)
        elif turn.id == point.id:
            break
        else:
            past.extend(turn.forced or turn.recorded)
    return past


def _spoken(turn: AgentTurn | CallerTurn | ToolTurn, index: int) -> list[Message]:
    """One turn of the history as chat messages; the model gets what was heard, the caller what was not cut off."""
    if isinstance(turn, CallerTurn):
        return [Message.of(role="user", content=turn.heard or turn.text)]
    if isinstance(turn, AgentTurn):
        return [Message.of(role="assistant", content=turn.interrupted_after or turn.text)]
    call = ToolCall("", turn.tool, canonical(turn.args))
    content: Json = {"error": turn.error} if turn.error is not None else turn.result
    return exchange(Reply(calls=(call,)), (ToolAnswer(call, "answered", content),), index)


def exchange(reply: Reply, answers: tuple[ToolAnswer, ...], index: int) -> list[Message]:
    """A reply with tool calls and their answers as messages. Ids are made from positions, never the provider's own,
    so that the same conversation has the same key in the ledger."""
    names = [f"call_{index}_{number}" for number in range(len(answers))]
    calls: list[Json] = [
        {
            "id": name,
            "type": "function",
            "function": {"name": answer.call.name, "arguments": answer.call.arguments},
        }
        for name, answer in zip(names, answers, strict=True)
    ]
    return [
        Message.of(role="assistant", content=reply.text or None, tool_calls=calls),
        *(
            Message.of(role="tool", tool_call_id=name, content=canonical(answer.content))
            for name, answer in zip(names, answers, strict=True)
        ),
    ]
