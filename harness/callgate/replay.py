"""prompt x case -> a pure step machine: `begin` and `advance` return `Ask(request)` until they return `Done(trial)`.

History before the decision is forced as it happened; the candidate's tool calls are answered by the case's world, and
nothing ever falls through to a real tool. Modes (golden.md): `next_turn` asks once; `run_to_caller` goes on until the
candidate speaks to the caller, passes the call on, or has taken MAX_STEPS.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from callgate.concepts import (
    AgentTurn,
    AnswerKind,
    Arm,
    CallerTurn,
    Case,
    DecisionPoint,
    ExpectedCall,
    Failure,
    Json,
    Message,
    Prompt,
    Reply,
    Request,
    Step,
    Stub,
    Tool,
    ToolAnswer,
    ToolCall,
    ToolTurn,
    Trial,
    TrialId,
    canonical,
)
from callgate.matchers import MISSING, mismatch
from callgate.prompts import render

MAX_STEPS = 6
"""Model calls after which a trial ends even if the candidate still has not spoken."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A decision as one prompt meets it: made once, shared by all its trials. `messages` ends where it must act."""

    prompt: Prompt
    case: Case
    point: DecisionPoint
    messages: tuple[Message, ...]
    mode: str


@dataclass(frozen=True, slots=True)
class Ask:
    """The machine waits for the reply to `request`; `stub_uses` counts how often each stub has answered."""

    request: Request
    scene: Scene
    id: TrialId
    steps: tuple[Step, ...] = ()
    stub_uses: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """The trial is over."""

    trial: Trial


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


def begin(scene: Scene, *, model: str, arm: Arm, trial: int, draw: int | None = None, endpoint: str = "") -> Ask:
    """The first request of one trial (counted from 0) of a scene. `draw` is the trial number that the request carries
    (default: `trial`): another number is another draw of the same request."""
    request = Request(
        model=model,
        messages=scene.messages,
        tools=scene.prompt.tools,
        parameters=scene.prompt.parameters,
        trial=trial if draw is None else draw,
        endpoint=endpoint,
    )
    identity = TrialId(arm, model, scene.case.id, scene.point.id, trial)
    return Ask(request, scene, identity, stub_uses=(0,) * len(scene.case.stubs))


def advance(ask: Ask, reply: Reply) -> Ask | Done:
    """What follows from a reply: the next request with the tools' answers, or the finished trial."""
    uses = list(ask.stub_uses)
    answers = tuple(_answer(ask.scene, call, uses) for call in reply.calls)
    steps = (*ask.steps, Step(reply, answers))
    ended = any(answer.kind in {"unmatched_write", "transfer"} for answer in answers)
    if not answers or ended or ask.scene.mode == "next_turn" or len(steps) >= MAX_STEPS:
        return Done(Trial(ask.id, steps))
    messages = (*ask.request.messages, *_exchange(reply, answers, len(ask.request.messages)))
    return replace(ask, request=replace(ask.request, messages=messages, key=""), steps=steps, stub_uses=tuple(uses))


def failed(ask: Ask, failure: Failure) -> Done:
    """The trial that could not be measured because a reply never came."""
    return Done(Trial(ask.id, ask.steps, failure))


# ---------------------------------------------------------------------------------------------- history


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
    return _exchange(Reply(calls=(call,)), (ToolAnswer(call, "answered", content),), index)


def _exchange(reply: Reply, answers: tuple[ToolAnswer, ...], index: int) -> list[Message]:
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


# ---------------------------------------------------------------------------------------------- the world's answers

_Parsed: TypeAlias = Mapping[str, Json]


def arguments_of(call: ToolCall) -> _Parsed | str:
    """The arguments as an object, or what is wrong with them: not JSON, not an object, NaN, a key twice."""
    try:
        value = json.loads(call.arguments or "{}", object_pairs_hook=_object, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return f"the arguments are not JSON: {error}"
    return value if isinstance(value, dict) else "the arguments are not a JSON object"


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key stands twice")
    return value


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON number")


def _answer(scene: Scene, call: ToolCall, uses: list[int]) -> ToolAnswer:
    """What the case's world says to one call; counts the stub's use in `uses`."""
    tool = next((tool for tool in scene.prompt.tools if tool.name == call.name), None)
    if tool is None:
        return ToolAnswer(call, "invalid", {"error": f"there is no tool {call.name}"})
    arguments = arguments_of(call)
    if isinstance(arguments, str):
        return ToolAnswer(call, "invalid", {"error": arguments})
    effect = scene.case.effects.get(call.name, "write")
    ends = effect in {"transfer", "end"}
    stub = _stub(scene.case, tool, arguments, uses)
    kind: AnswerKind
    if stub is not None:
        kind, content = _stubbed(stub, ends=ends)
    elif ends:
        kind, content = "transfer", {"ok": True}
    elif effect == "read":
        kind, content = "off_script", {"error": "nothing is known for these arguments"}
    elif any(fits(expected, tool, arguments, scene.case.timezone) for expected in scene.point.expect.calls):
        kind, content = "answered", {"ok": True}
    else:
        kind, content = "unmatched_write", {"error": "refused"}
    return ToolAnswer(call, kind, content, arguments)


def _stubbed(stub: Stub, *, ends: bool) -> tuple[AnswerKind, Json]:
    if stub.error is not None:
        return "tool_error", {"error": stub.error}
    return ("transfer" if ends else "answered"), stub.result


def _stub(case: Case, tool: Tool, arguments: _Parsed, uses: list[int]) -> Stub | None:
    """The first stub that fits and has uses left."""
    for index, stub in enumerate(case.stubs):
        spent = stub.times is not None and uses[index] >= stub.times
        if not spent and fits(ExpectedCall(stub.tool, stub.when), tool, arguments, case.timezone):
            uses[index] += 1
            return stub
    return None


def fits(expected: ExpectedCall, tool: Tool, arguments: _Parsed, timezone: str) -> bool:
    """Whether a call of `tool` with these arguments is the expected one; arguments not named there are free."""
    if expected.tool != tool.name:
        return False
    properties = tool.parameters.get("properties")
    schemas = properties if isinstance(properties, Mapping) else {}
    for name, matcher in expected.arguments.items():
        schema = schemas.get(name)
        known = schema if isinstance(schema, Mapping) else None
        if mismatch(matcher, arguments.get(name, MISSING), schema=known, timezone=timezone) is not None:
            return False
    return True
