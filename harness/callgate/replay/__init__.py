"""prompt x case -> a pure step machine: `begin` and `advance` return `Ask(request)` until they return `Done(trial)`.

History before the decision is forced as it happened; the candidate's tool calls are answered by the case's world
(`world`), and nothing ever falls through to a real tool. Modes (golden.md): `next_turn` asks once; `run_to_caller` goes
on until the candidate speaks to the caller, passes the call on, or has taken MAX_STEPS; `continuation` goes on with a
simulated caller (`talk`), who is asked like the candidate, until the goal's state, a hand-off, or the end of the call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from callgate.concepts import (
    Arm,
    Failure,
    Json,
    Message,
    Reply,
    Request,
    Step,
    Talk,
    ToolAnswer,
    Trial,
    TrialId,
)
from callgate.replay.scene import Scene, exchange, history, opening, past_turns, scene
from callgate.replay.talk import ATTEMPT, PARAMETERS, RINGS, Caller, Line, heard, hung_up, rules_told, spoken, told
from callgate.replay.world import answer, arguments_of, fits, unlike

__all__ = [
    "MAX_STEPS",
    "Ask",
    "Caller",
    "Done",
    "Line",
    "Scene",
    "advance",
    "again",
    "arguments_of",
    "begin",
    "failed",
    "fits",
    "history",
    "hung_up",
    "opening",
    "past_turns",
    "rules_told",
    "scene",
    "spoken",
    "unlike",
]

MAX_STEPS = 6
"""Model calls after which the candidate, if it still has not spoken to the caller, is not asked again."""


@dataclass(frozen=True, slots=True)
class Ask:
    """The machine waits for the reply to `request`: the candidate's, or on a `line` the simulated caller's.

    `stub_uses` counts how often each stub has answered, `state` is what they have made of the world's.
    """

    request: Request
    scene: Scene
    id: TrialId
    steps: tuple[Step, ...] = ()
    stub_uses: tuple[int, ...] = ()
    state: Mapping[str, Json] = field(default_factory=dict)
    line: Line | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The trial is over."""

    trial: Trial


def begin(
    scene: Scene,
    *,
    model: str,
    arm: Arm,
    trial: int,
    draw: int | None = None,
    endpoint: str = "",
    caller: Caller | None = None,
) -> Ask:
    """The first request of one trial (counted from 0) of a scene. `draw` is the trial number that the request carries
    (default: `trial`): another number is another draw of the same request.

    A continuation is held with `caller`; without one it ends, as any other decision, where the candidate has spoken.
    """
    request = Request(
        model=model,
        messages=scene.messages,
        tools=scene.prompt.tools,
        parameters=scene.prompt.parameters,
        trial=trial if draw is None else draw,
        endpoint=endpoint,
    )
    identity = TrialId(arm, model, scene.case.id, scene.point.id, trial)
    first = Ask(request, scene, identity, stub_uses=(0,) * len(scene.case.stubs), state=scene.case.state)
    if caller is None or scene.mode != "continuation":
        return first
    return _dialled(first, caller, ())


def advance(ask: Ask, reply: Reply) -> Ask | Done:
    """What follows from a reply: the next request, or the finished trial."""
    if ask.line is not None and ask.line.asked:
        return _said(ask, ask.line, reply)
    uses, state = list(ask.stub_uses), dict(ask.state)
    answers = tuple(answer(ask.scene, call, uses, state) for call in reply.calls)
    ask = replace(ask, steps=(*ask.steps, Step(reply, answers)), stub_uses=tuple(uses), state=state)
    if ask.line is not None:
        return _acted(ask, ask.line, reply, answers)
    ended = any(one.kind in {"unmatched_write", "transfer"} for one in answers)
    if not answers or ended or ask.scene.mode == "next_turn" or len(ask.steps) >= MAX_STEPS:
        return Done(Trial(ask.id, ask.steps))
    return _answered(ask, reply, answers)


def failed(ask: Ask, failure: Failure) -> Done:
    """The trial that could not be measured because a reply never came."""
    return Done(Trial(ask.id, ask.steps, failure, _talk(ask, "")))


def again(ask: Ask, why: str) -> Ask:
    """A whole conversation from its beginning, since its caller did what no caller may: the candidate's draws are the
    same, the caller's are new."""
    line = ask.line
    assert line is not None
    caller = Caller(line.caller.model, line.caller.endpoint)
    request = replace(line.agent, messages=ask.scene.messages, key="")
    uses = (0,) * len(ask.scene.case.stubs)
    first = Ask(request, ask.scene, ask.id, stub_uses=uses, state=ask.scene.case.state)
    return _dialled(first, caller, (*line.again, why))


def _answered(ask: Ask, reply: Reply, answers: tuple[ToolAnswer, ...]) -> Ask:
    """The candidate asked again, with what its tool calls were answered."""
    return _asked(ask, exchange(reply, answers, len(ask.request.messages)))


def _asked(ask: Ask, more: list[Message]) -> Ask:
    return replace(ask, request=replace(ask.request, messages=(*ask.request.messages, *more), key=""))


# ---------------------------------------------------------------------------------------------- whole conversations


def _dialled(first: Ask, caller: Caller, why: tuple[str, ...]) -> Ask:
    """A conversation at its beginning: who did not speak last in the history speaks first."""
    case, point = first.scene.case, first.scene.point
    assert case.simulate is not None
    past = past_turns(case, point)
    number = first.id.number + ATTEMPT * len(why)
    messages = told(case.simulate, past)
    side = Request(caller.model, messages, parameters=PARAMETERS, trial=number, endpoint=caller.endpoint)
    line = Line(first.request, side, again=why)
    if past and first.scene.messages[-1].wire["role"] != "assistant":
        return replace(first, line=line)
    if not past:
        side = replace(side, messages=(*messages, heard(RINGS)))
    return replace(first, request=side, line=replace(line, caller=side, asked=True))


def _said(ask: Ask, line: Line, reply: Reply) -> Ask | Done:
    """The caller has spoken: it hangs up, or the candidate is asked."""
    text = spoken(reply)
    steps = (*ask.steps[:-1], replace(ask.steps[-1], caller=reply)) if ask.steps else ()
    side = replace(line.caller, messages=(*line.caller.messages, Message.of(role="assistant", content=text)), key="")
    agent = replace(line.agent, messages=(*line.agent.messages, Message.of(role="user", content=text)), key="")
    first = line.opening if ask.steps else reply
    line = replace(line, agent=agent, caller=side, asked=False, said=line.said + 1, opening=first)
    ask = replace(ask, request=agent, steps=steps, line=line)
    return _over(ask, "caller") if hung_up(reply) else ask


def _acted(ask: Ask, line: Line, reply: Reply, answers: tuple[ToolAnswer, ...]) -> Ask | Done:
    """The candidate has acted or spoken: it is answered by the world, or the caller is asked."""
    effects = ask.scene.case.effects
    for one in answers:
        if one.kind == "unmatched_write":
            return _over(ask, "refused")
        if one.kind == "transfer":
            return _over(ask, "closed" if effects.get(one.call.name) == "end" else "handoff")
    since = next((n for n, step in enumerate(reversed(ask.steps)) if step.caller is not None), len(ask.steps))
    if answers:
        if since >= MAX_STEPS:
            return _over(ask, "stuck")
        following = _answered(ask, reply, answers)
        return replace(following, line=replace(line, agent=following.request))
    simulate = ask.scene.case.simulate
    assert simulate is not None
    if _reached(ask, ask.state) and not _reached(ask, ask.scene.case.state):
        return _over(ask, "goal")
    if line.said >= simulate.turns:
        return _over(ask, "turns")
    words = "\n".join(step.reply.text for step in ask.steps[len(ask.steps) - since :] if step.reply.text)
    agent = replace(
        ask.request, messages=(*ask.request.messages, Message.of(role="assistant", content=reply.text)), key=""
    )
    side = replace(line.caller, messages=(*line.caller.messages, heard(words)), key="")
    return replace(ask, request=side, line=replace(line, agent=agent, caller=side, asked=True))


def _reached(ask: Ask, state: Mapping[str, Json]) -> bool:
    simulate = ask.scene.case.simulate
    return simulate is not None and not unlike(simulate.final_state, state, ask.scene.case.timezone)


def _over(ask: Ask, ended: str) -> Done:
    return Done(Trial(ask.id, ask.steps, talk=_talk(ask, ended)))


def _talk(ask: Ask, ended: str) -> Talk | None:
    if ask.line is None:
        return None
    return Talk(dict(ask.state), ended, ask.line.opening, ask.line.again)
