"""An `expect` -> what its graders cannot make sense of, so that it is told when cases are read and not as a failure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from callgate.concepts import Expect
from callgate.graders.rules.handoff import handoff_problem
from callgate.graders.rules.questions import slot_problem


def expect_problems(expect: Expect) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """(keys below `expect`, message) of each mistake: a slot that no pack has questions for, a hand-off misspelt."""
    for key in ("must_ask", "must_not_ask"):
        for index, name in enumerate(getattr(expect, key)):
            problem = slot_problem(name)
            if problem:
                yield (key, index), problem
    for key in ("must_say", "must_not_say"):
        for index, item in enumerate(getattr(expect, key)):
            texts = list(item.values()) if isinstance(item, Mapping) else [item]
            if any(isinstance(text, str) and not text.strip() for text in texts):
                yield (key, index), "says nothing"
    problem = handoff_problem(expect.handoff) if expect.handoff is not None else None
    if problem:
        yield ("handoff",), problem
