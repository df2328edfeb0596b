"""Expected calls x calls made -> the assignment that fits most calls, then most arguments (not a greedy one)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from callgate.concepts import ExpectedCall, Json, Tool, ToolAnswer
from callgate.matchers import MISSING, mismatch


@dataclass(frozen=True, slots=True)
class Match:
    """An expected call and the call that was made for it (None: none left of that tool).

    `wrong` maps each expected argument that does not hold to the reason.
    """

    expected: ExpectedCall
    answer: ToolAnswer | None
    wrong: Mapping[str, str] = field(default_factory=dict)


Properties: TypeAlias = Mapping[str, Mapping[str, Json]]
"""The schema of each argument of a tool."""


def properties_of(tool: Tool) -> Properties:
    """The schemas in a tool's own schema."""
    found = tool.parameters.get("properties")
    known = found if isinstance(found, Mapping) else {}
    return {name: schema for name, schema in known.items() if isinstance(schema, Mapping)}


def matches(
    expected: Sequence[ExpectedCall], made: Sequence[ToolAnswer], tools: Mapping[str, Properties], timezone: str
) -> tuple[Match, ...]:
    """Each expected call with a call of its own of the same tool, so that as many as possible have one.

    Among such assignments the one in which most arguments hold. Arguments that are not JSON hold nothing. `tools` has
    the schemas of each tool's arguments.
    """
    wrong = [[_wrong(want, answer, tools, timezone) for answer in made] for want in expected]
    worth = [
        [_worth(want, answer, reasons) for answer, reasons in zip(made, row, strict=True)]
        for want, row in zip(expected, wrong, strict=True)
    ]
    chosen = assignment(worth)
    paired = []
    for want, row, column in zip(expected, wrong, chosen, strict=True):
        reasons = None if column is None else row[column]
        paired.append(Match(want, None) if column is None or reasons is None else Match(want, made[column], reasons))
    return tuple(paired)


def _worth(want: ExpectedCall, answer: ToolAnswer, wrong: Mapping[str, str] | None) -> float:
    """How well a call fits: a pair at all before arguments, one whole fit before two halves, done before failed."""
    if wrong is None:
        return 0.0
    held = 1 - len(wrong) / len(want.arguments) if want.arguments else 1.0
    return 100 + held + (1 if not wrong else 0) + (0.1 if answer.kind != "tool_error" else 0)


def _wrong(
    want: ExpectedCall, answer: ToolAnswer, tools: Mapping[str, Properties], timezone: str
) -> Mapping[str, str] | None:
    """Why each expected argument does not hold; None where another tool was called."""
    if answer.call.name != want.tool:
        return None
    given = answer.arguments or {}
    schemas = tools.get(want.tool, {})
    reasons = {
        name: mismatch(matcher, given.get(name, MISSING), schema=schemas.get(name), timezone=timezone)
        for name, matcher in want.arguments.items()
    }
    return {name: reason for name, reason in reasons.items() if reason is not None}


def assignment(worth: Sequence[Sequence[float]]) -> list[int | None]:
    """For each row its column, or None, so that the sum of `worth` is greatest; 0 means that they do not go together.

    The Hungarian method with potentials, O(rows^2 x columns); rows can stay alone through columns of worth 0.
    """
    rows, real = len(worth), len(worth[0]) if worth else 0
    columns = real + rows
    cost = [[-w for w in row] + [0.0] * rows for row in worth]
    u, v = [0.0] * (rows + 1), [0.0] * (columns + 1)
    owner, way = [0] * (columns + 1), [0] * (columns + 1)
    for row in range(1, rows + 1):
        owner[0], column = row, 0
        least, used = [float("inf")] * (columns + 1), [False] * (columns + 1)
        while owner[column]:
            used[column] = True
            current, delta, following = owner[column], float("inf"), 0
            for j in range(1, columns + 1):
                if used[j]:
                    continue
                reduced = cost[current - 1][j - 1] - u[current] - v[j]
                if reduced < least[j]:
                    least[j], way[j] = reduced, column
                if least[j] < delta:
                    delta, following = least[j], j
            for j in range(columns + 1):
                if used[j]:
                    u[owner[j]] += delta
                    v[j] -= delta
                else:
                    least[j] -= delta
            column = following
        while column:
            owner[column] = owner[way[column]]
            column = way[column]
    chosen: list[int | None] = [None] * rows
    for j in range(1, real + 1):
        if owner[j] and worth[owner[j] - 1][j - 1] > 0:
            chosen[owner[j] - 1] = j - 1
    return chosen
