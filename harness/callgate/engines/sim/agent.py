"""One chat request -> one reply, in OpenAI's format: read, decide, let the levers spoil it, put it into words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from callgate.engines.sim.acts import Act
from callgate.engines.sim.caller import caller
from callgate.engines.sim.caller_misdeeds import MISDEEDS
from callgate.engines.sim.draw import Draws
from callgate.engines.sim.judge import judge
from callgate.engines.sim.letters import letter
from callgate.engines.sim.levers import rules_of
from callgate.engines.sim.policy import decide
from callgate.engines.sim.speech import spoken
from callgate.engines.sim.spoil import spoil
from callgate.engines.sim.triage import triaged
from callgate.engines.sim.understanding import read
from callgate.engines.sim.wording import worded
from callgate.engines.sim.world import world_of

CALLERS = ("caller", *(f"caller-{way}" for way in MISDEEDS), "caller-unreliable")
WRITERS = ("triage-small", "triage-large", "support-small", "support-large")
MODELS = ("receptionist-small", "receptionist-large", "judge", *WRITERS, *CALLERS)


def answer(
    model: str,
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]] = (),
    trial: int = 0,
) -> dict[str, Any]:
    """The reply `{"content": str | None, "tool_calls": [...]}` of a simulated model, with or without "sim/" before it.

    Raises ValueError where there is no such model or no message.
    """
    name = model.removeprefix("sim/")
    if name not in MODELS:
        raise ValueError(f"there is no simulated model {model!r}; there are {', '.join('sim/' + m for m in MODELS)}")
    if not messages:
        raise ValueError("a request without messages")
    if name == "judge":
        return {"content": judge(messages, trial), "tool_calls": []}
    if name.startswith("triage-"):
        return {"content": triaged(name, messages, trial), "tool_calls": []}
    if name in CALLERS:
        return {"content": caller(name, messages, trial), "tool_calls": []}
    if name.startswith("support-"):
        return {"content": letter(name, messages, trial), "tool_calls": []}
    return met(name, messages, tools)(trial)


def met(
    name: str, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]
) -> Callable[[int], dict[str, Any]]:
    """What a receptionist makes of a request: trial -> its reply. Understood once, however many trials are drawn."""
    system = "\n".join(str(m.get("content") or "") for m in messages if m.get("role") == "system")
    reading, rules = read(messages, world_of(system)), rules_of(system)
    wanted = decide(reading, frozenset(str(tool.get("function", {}).get("name")) for tool in tools))
    dice = Draws.of(name, messages, tools, 0)

    def reply(trial: int) -> dict[str, Any]:
        draws = replace(dice, trial=trial)
        act = spoil(wanted, reading, rules, draws, tools)
        return _reply(act, worded(act, reading, rules, draws) if act.lines else "", len(messages))

    return reply


def unspoiled(messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the receptionist would answer if no lever ever failed: how well it understands is seen by this."""
    system = "\n".join(str(m.get("content") or "") for m in messages if m.get("role") == "system")
    names = frozenset(str(tool.get("function", {}).get("name")) for tool in tools)
    reading = read(messages, world_of(system))
    act = decide(reading, names)
    return _reply(act, spoken(act.lines, reading.language), len(messages))


def _reply(act: Act, text: str, index: int) -> dict[str, Any]:
    if act.tool is None:
        return {"content": text, "tool_calls": []}
    arguments = json.dumps(dict(act.args), ensure_ascii=False, sort_keys=True)
    call = {
        "id": f"call_{index}",
        "type": "function",
        "function": {"name": act.tool, "arguments": arguments},
    }
    return {"content": text or None, "tool_calls": [call]}
