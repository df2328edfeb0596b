"""A case's simulated caller and its world's state -> what cannot be right in them, each problem with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from callgate.concepts import Case, Problem, Tool
from callgate.dataset.calls import matcher_problem
from callgate.dataset.load import Source
from callgate.files import did_you_mean


def conversation_problems(case: Case, source: Source, tools: Mapping[str, Sequence[Tool]]) -> Iterator[Problem]:
    """Keys of the state that nothing sets, arguments that no tool has, matchers that nothing can match; a caller that
    knows and does not know the same; a goal that cannot be told from not having acted."""
    written: Any = source.whole.get("stubs", ())
    own = isinstance(source.document.value, Mapping) and "stubs" in source.document.value
    keys = {*case.state, *(key for stub in case.stubs for key in stub.set_state)}
    for index, stub in enumerate(written):
        if own:  # a stub of the world may wait for what only some cases begin with
            yield from _wanted(stub.get("if_state", {}), ("stubs", index, "if_state"), keys, case, source)
        for key, value in stub.get("set_state", {}).items():
            place = source.place("stubs", index, "set_state", key)
            if isinstance(value, Mapping) and "argument" in value:
                yield from (Problem(place, wrong) for wrong in _argument(value, stub["tool"], tools))
    simulate = case.simulate
    if simulate is None:
        return
    yield from _wanted(simulate.final_state, ("simulate", "final_state"), keys, case, source)
    for index, name in enumerate(simulate.unknown):
        if name in simulate.known:
            message = f"the caller knows {name!r} (known) and does not know it: take it out of one of them"
            yield Problem(source.place("simulate", "unknown", index), message)


def _wanted(
    wanted: Mapping[str, Any], where: tuple[str | int, ...], keys: set[str], case: Case, source: Source
) -> Iterator[Problem]:
    """Keys that nothing ever sets, unless they are to be absent, and matchers that nothing can match."""
    for key, matcher in wanted.items():
        place = source.place(*where, key)
        absent = isinstance(matcher, Mapping) and "absent" in matcher
        if key not in keys and not absent:
            yield Problem(place, f"no stub sets {key!r} and the state does not begin with it{did_you_mean(key, keys)}")
        reason = matcher_problem(matcher, {}, case.timezone)
        if reason is not None:
            yield Problem(place, reason)


def _argument(value: Mapping[str, Any], tool: str, tools: Mapping[str, Sequence[Tool]]) -> Iterator[str]:
    """What is wrong with `{argument: NAME}`: another key beside it, or an argument that no prompt's tool has."""
    if set(value) != {"argument"}:
        yield "{argument: NAME} takes no other key"
        return
    name = str(value["argument"])
    known = {known for each in tools.get(tool, ()) for known in _properties(each)}
    if known and name not in known:
        yield f"{tool} has no argument {name!r}{did_you_mean(name, known)}"


def _properties(tool: Tool) -> Mapping[str, Any]:
    found = tool.parameters.get("properties")
    return found if isinstance(found, Mapping) else {}
