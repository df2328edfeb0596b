"""Replies and grades <-> the text of their rows, and the digest that each row carries."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callgate.concepts import Evidence, Json, NotApplicable, Reply, Score, ToolCall

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode
"""Escapes all that is not ASCII: a lone surrogate or a NUL in a model's words is no reason not to keep them."""


ReplyRow = tuple[str, str, str, int, int, str, bytes]
"""Key, model, served, simulated, created (seconds since 1970), body, digest."""


@dataclass(frozen=True, slots=True)
class PaidReply:
    """A reply on its way into the ledger, under the key of its request."""

    key: str
    model: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class Run:
    """One plan and what came of it. `id` is the digest of the plan; times in seconds since 1970.

    `baseline_held` counts the trials a side that the baseline has by now: it grows with the looks.
    """

    id: str
    eval: str
    plan: Json
    decision: Json = None
    started: int = 0
    finished: int | None = None
    baseline_held: int = 0


def seal(*parts: str) -> bytes:
    """The digest of a row's content; a row whose digest does not fit is treated as absent.

    It tells accident, not forgery: who can write the ledger can also write a fitting digest.
    """
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).digest()


def reply_row(paid: PaidReply, created: int) -> ReplyRow:
    """A reply as its row."""
    reply = paid.reply
    served = reply.served.encode("utf-8", "replace").decode()
    body = _encode(
        {
            "text": reply.text,
            "calls": [[call.id, call.name, call.arguments] for call in reply.calls],
            "outcome": reply.outcome,
            "served": reply.served,
            "tokens": [reply.prompt_tokens, reply.completion_tokens],
            "dollars": reply.dollars,
            "seconds": reply.seconds,
            "simulated": reply.simulated,
        }
    )
    columns = (paid.key, paid.model, served, int(reply.simulated), created, body)
    return (*columns, seal(*map(str, columns)))


def reply_from(row: Sequence[Any]) -> tuple[str, Reply]:
    """The key and the reply in a row, its texts as bytes. Raises ValueError where the row is damaged."""
    key, *_, body = _opened(row, texts=(0, 1, 2, 5))
    try:
        return key, _reply(json.loads(body))
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"holds no reply: {type(error).__name__}") from error


def _reply(fields: Mapping[str, Any]) -> Reply:
    prompt_tokens, completion_tokens = fields["tokens"]
    return Reply(
        text=fields["text"],
        calls=tuple([ToolCall(*call) for call in fields["calls"]]),
        outcome=fields["outcome"],
        served=fields["served"],
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        dollars=fields["dollars"],
        seconds=fields["seconds"],
        simulated=fields["simulated"],
    )


def score_row(base: str, grades: Mapping[str, Json]) -> tuple[str, str, bytes]:
    """All grades of one base as a row: base, body, digest."""
    body = _encode(dict(grades))
    return base, body, seal(base, body)


def scores_from(row: Sequence[Any]) -> tuple[str, dict[str, Json]]:
    """The base and its grades. Raises ValueError where the row is damaged."""
    base, body = _opened(row, texts=(0, 1))
    grades: dict[str, Json] = json.loads(body)
    return base, grades


def run_row(run: Run) -> tuple[str, str, int, int | None, int, str, str, bytes]:
    """A run as its row: id, eval, started, finished, baseline_held, plan, decision, digest."""
    columns = (run.id, run.eval, run.started, run.finished, run.baseline_held, _encode(run.plan), _encode(run.decision))
    return (*columns, seal(*map(str, columns)))


def run_from(row: Sequence[Any]) -> Run:
    """The run in a row. Raises ValueError where the row is damaged."""
    identity, eval_name, started, finished, held, plan, decision = _opened(row, texts=(0, 1, 5, 6))
    return Run(identity, eval_name, json.loads(plan), json.loads(decision), started, finished, held)


def _opened(row: Sequence[Any], *, texts: tuple[int, ...]) -> list[Any]:
    """The columns before the digest, which must fit them."""
    columns = list(row[:-1])
    for index in texts:
        if not isinstance(columns[index], bytes):
            raise ValueError("a column is no text")  # noqa: TRY004 - a flipped byte, not a caller's mistake
        columns[index] = columns[index].decode("utf-8", "replace")
    if seal(*map(str, columns)) != row[-1]:
        raise ValueError("the digest does not fit")
    return columns


def grade_json(grade: Score | NotApplicable) -> Json:
    """A grade as JSON, short because a run has tens of thousands. Failures are not kept: they are tried again."""
    if isinstance(grade, NotApplicable):
        return grade.why
    if not grade.evidence:
        return [grade.value, int(grade.passed), grade.why]
    evidence: list[Json] = [[seen.text, seen.turn, seen.start, seen.end] for seen in grade.evidence]
    return [grade.value, int(grade.passed), grade.why, evidence]


def grade_from(value: Json) -> Score | NotApplicable:
    """The grade that `grade_json` wrote. Raises ValueError or TypeError if it is none."""
    if isinstance(value, str):
        return NotApplicable(value)
    if not isinstance(value, list):
        raise TypeError(f"no grade: {value!r}")
    score, passed, why, *more = value
    evidence = tuple([Evidence(*seen) for seen in more[0]]) if more else ()
    return Score(score, bool(passed), why, evidence)
