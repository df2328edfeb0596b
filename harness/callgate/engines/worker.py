"""`python -m callgate.engines.worker SECONDS`: one process of the litellm lane. Requests come in as JSON lines on
stdin, outcomes go out on stdout in any order; it ends when stdin does. See workers.py."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from typing import Any

from callgate.concepts import Failure, Json, Message, Reply, Request, Tool
from callgate.engines.faults import Fault

READY = b"null\n"
"""The first line of a process: litellm is imported."""
LONGEST_LINE = 64 * 1024 * 1024


def request_line(name: int, request: Request) -> bytes:
    """A request as it goes to a worker."""
    messages = ",".join([json.dumps(message.canonical) for message in request.messages])
    rest = {
        "name": name,
        "model": request.model,
        "tools": [[tool.name, tool.description, tool.parameters] for tool in request.tools],
        "parameters": dict(request.parameters),
        "trial": request.trial,
        "endpoint": request.endpoint,
    }
    return f'{json.dumps(rest)[:-1]},"messages":[{messages}]}}\n'.encode()


def request_from(written: dict[str, Any]) -> Request:
    """The request that `request_line` wrote."""
    return Request(
        model=written["model"],
        messages=tuple([Message(json.loads(text), text) for text in written["messages"]]),
        tools=tuple([Tool(*tool) for tool in written["tools"]]),
        parameters=written["parameters"],
        trial=written["trial"],
        endpoint=written["endpoint"],
    )


def outcome_line(name: int, outcome: Reply | Failure) -> bytes:
    """An outcome as it comes back."""
    body: Json
    if isinstance(outcome, Reply):
        calls: Json = [[call.id, call.name, call.arguments] for call in outcome.calls]
        tokens: Json = [outcome.prompt_tokens, outcome.completion_tokens]
        rest: Json = [outcome.outcome, outcome.served, outcome.dollars, outcome.seconds, outcome.simulated]
        body = [name, outcome.text, calls, tokens, rest]
    else:
        fault = outcome if isinstance(outcome, Fault) else Fault(outcome.kind, outcome.why, "give_up")
        body = [name, fault.kind, fault.why, fault.remedy, fault.retry_after, "fault"]
    return json.dumps(body).encode() + b"\n"


async def _serve(seconds: float) -> None:
    from callgate.engines.litellm import LitellmEngine, warm

    engine = LitellmEngine(seconds=seconds)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    out, sys.stdout = sys.stdout, sys.stderr  # a banner must not stand between outcomes
    warm()
    gc.freeze()  # litellm's hundreds of thousands of objects are there to stay
    gc.set_threshold(50_000, 20, 100)  # a call makes thousands and keeps none
    out.buffer.write(READY)
    out.buffer.flush()
    ready: list[bytes] = []
    working: set[asyncio.Task[None]] = set()

    def flush() -> None:
        out.buffer.write(b"".join(ready))
        out.buffer.flush()
        ready.clear()

    async def answer(line: bytes) -> None:
        written = json.loads(line)
        outcome = await engine.answer(request_from(written))
        if not ready:
            loop.call_soon(flush)
        ready.append(outcome_line(written["name"], outcome))

    engine.open()
    while line := await reader.readline():
        task = asyncio.create_task(answer(line))
        working.add(task)
        task.add_done_callback(working.discard)
    for task in working:  # nobody waits for these any more
        task.cancel()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
