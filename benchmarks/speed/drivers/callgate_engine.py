"""Callgate's executor with a durable ledger, and the same two graders as everybody. LANE=direct or litellm."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import world

from callgate.concepts import Failure, Message, Reply, Request
from callgate.engines.access import endpoint
from callgate.engines.lanes import Lanes
from callgate.execute import Machine, execute
from callgate.ledger import Ledger

LANE = os.environ.get("LANE", "direct")
CHUNK = 10_000
"""Calls whose replies are held until they are graded."""


@dataclass(frozen=True, slots=True)
class Waits:
    request: Request
    call: str


@dataclass(frozen=True, slots=True)
class Came:
    call: str
    outcome: Reply | Failure


def asked(job: world.Job) -> Iterator[Waits]:
    model = f"openai/{world.MODEL}"
    host = endpoint(model)
    opening = Message.of(role="system", content=world.SYSTEM)
    parameters = {"temperature": 0}
    for call in world.calls(job.count):
        messages = (opening, Message.of(role="user", content=call.user))
        yield Waits(Request(model, messages, parameters=parameters, endpoint=host), call.id)


def main() -> None:
    job = world.job()
    os.environ.update(OPENAI_API_BASE=job.base, OPENAI_API_KEY="x")
    gc.disable()  # as `callgate eval` does
    how = Machine(lambda w, r: Came(w.call, r), lambda w, f: Came(w.call, f), Came, lambda _: "bench")
    schema = world.validator()
    lanes = Lanes("litellm" if LANE == "litellm" else "auto", seconds=job.seconds or 60.0)
    if LANE == "litellm":
        lanes.prepare([f"openai/{world.MODEL}"], calls=job.count)  # `callgate eval` knows it from its plan
    began = time.perf_counter()
    answered = failed = passed = 0
    waiting = asked(job)
    with Ledger.open(job.folder / "ledger.db") as ledger:
        while some := list(islice(waiting, CHUNK)):
            done = execute(some, how, ledger=ledger, engine_for=lanes.engine_for, at_once=job.at_once).done
            came = [one.outcome for one in done if isinstance(one.outcome, Reply)]
            answered += len(came)
            failed += len(done) - len(came)
            passed += sum(all(world.graded(reply.text, schema)) for reply in came)
    lanes.close()
    seconds = round(time.perf_counter() - began, 3)
    world.tell(answered=answered, failed=failed, passed=passed, seconds=seconds)


if __name__ == "__main__":
    main()
