"""The case's world: what a tool call of the candidate is answered, and what becomes of the world's state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from callgate.concepts import AnswerKind, Case, ExpectedCall, Json, Stub, Tool, ToolAnswer, ToolCall
from callgate.matchers import MISSING, mismatch
from callgate.replay.scene import Scene

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


def answer(scene: Scene, call: ToolCall, uses: list[int], state: dict[str, Json]) -> ToolAnswer:
    """What the case's world says to one call; counts the stub's use in `uses` and writes what it does to `state`."""
    tool = next((tool for tool in scene.prompt.tools if tool.name == call.name), None)
    if tool is None:
        return ToolAnswer(call, "invalid", {"error": f"there is no tool {call.name}"})
    arguments = arguments_of(call)
    if isinstance(arguments, str):
        return ToolAnswer(call, "invalid", {"error": arguments})
    effect = scene.case.effects.get(call.name, "write")
    ends = effect in {"transfer", "end"}
    stub = _stub(scene.case, tool, arguments, uses, state)
    kind: AnswerKind
    if stub is not None:
        kind, content = _stubbed(stub, ends=ends)
        state.update({key: _written(value, arguments) for key, value in stub.set_state.items()})
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


def _written(value: Json, arguments: _Parsed) -> Json:
    """What a stub writes: a value, or what the call carried under `{argument: NAME}`."""
    if isinstance(value, Mapping) and set(value) == {"argument"}:
        return arguments.get(str(value["argument"]))
    return value


def unlike(wanted: Mapping[str, Json], state: Mapping[str, Json], timezone: str) -> dict[str, str]:
    """The keys of `wanted` (key: matcher) that a state does not have as wanted, each with the reason."""
    found = {
        key: mismatch(matcher, state.get(key, MISSING), schema=None, timezone=timezone)
        for key, matcher in wanted.items()
    }
    return {key: reason for key, reason in found.items() if reason is not None}


def _stub(case: Case, tool: Tool, arguments: _Parsed, uses: list[int], state: Mapping[str, Json]) -> Stub | None:
    """The first stub that fits the call and the state, and has uses left."""
    for index, stub in enumerate(case.stubs):
        spent = stub.times is not None and uses[index] >= stub.times
        if spent or unlike(stub.if_state, state, case.timezone):
            continue
        if fits(ExpectedCall(stub.tool, stub.when), tool, arguments, case.timezone):
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
