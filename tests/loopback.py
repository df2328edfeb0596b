"""A small provider on loopback: OpenAI's chat completions over real HTTP, that can misbehave.

    with Loopback(lambda body, number: saying("hello")) as server:
        server.base     # "http://127.0.0.1:40123/v1", for OPENAI_API_BASE
        server.seen     # every request: its headers and its body

`answer(body, number)` is asked for each request (numbered from 0) and gives an `Answer`. As a program it serves the
simulator's replies: `python tests/loopback.py --port 8111`; GET /stats counts the requests and the distinct bodies.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, Self

Manner = Literal["whole", "hang", "drip", "reset", "cut"]


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. Manners: whole; hang (never); drip (headers, then a byte now and then, without end); reset
    (the connection closes without an answer); cut (it closes in the middle of the body)."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: Manner = "whole"
    delay: float = 0.0


@dataclass(frozen=True)
class Seen:
    path: str
    headers: Mapping[str, str]
    body: Any


def saying(
    text: str | None = "",
    *,
    calls: tuple[tuple[str, str], ...] = (),
    finish: str | None = None,
    model: str = "fake-1",
    usage: tuple[int, int] = (10, 5),
    delay: float = 0.0,
    **message: Any,
) -> Answer:
    """A chat completion with a text and tool calls (name, arguments as text)."""
    wire: dict[str, Any] = {"role": "assistant", "content": text, **message}
    if calls:
        wire["tool_calls"] = [
            {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for number, (name, arguments) in enumerate(calls)
        ]
    finish = finish or ("tool_calls" if calls else "stop")
    return completion([{"index": 0, "message": wire, "finish_reason": finish}], model=model, usage=usage, delay=delay)


def completion(
    choices: list[Any], *, model: str = "fake-1", usage: tuple[int, int] = (10, 5), delay: float = 0.0
) -> Answer:
    """A chat completion with any choices, none included."""
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": choices,
        "usage": {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)},
    }
    return Answer(json.dumps(body).encode(), delay=delay)


def failing(status: int, message: str = "no", *, code: str | None = None, **headers: str) -> Answer:
    """An error in OpenAI's form; header names are given with underscores."""
    body = {"error": {"message": message, "type": "error", "param": None, "code": code}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(json.dumps(body).encode(), status, named)


class Loopback:
    """The server, in a thread of its own, from `with` to the end of it."""

    def __init__(self, answer: Callable[[Any, int], Answer], *, port: int = 0) -> None:
        self.seen: list[Seen] = []
        self.port = port
        self.at_once = 0
        self.most_at_once = 0
        self._answer = answer
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._ready = threading.Event()
        self._over = asyncio.Event()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def stats(self) -> dict[str, int]:
        bodies = {json.dumps(seen.body, sort_keys=True) for seen in self.seen}
        return {"requests": len(self.seen), "distinct": len(bodies), "most_at_once": self.most_at_once}

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serving())
        finally:
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.run_until_complete(asyncio.sleep(0.01))
            self._loop.close()

    async def _serving(self) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", self.port, limit=2**24)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._exchange(reader, writer):
                pass
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        path = head[0].split(" ")[1]
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
        raw = await reader.readexactly(int(headers.get("content-length", "0")))
        if path == "/stats":
            await _send(writer, Answer(json.dumps(self.stats()).encode()))
            return True
        self.seen.append(Seen(path, headers, json.loads(raw) if raw else None))
        number = len(self.seen) - 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            answer = await asyncio.to_thread(self._answer, self.seen[number].body, number)
            await asyncio.sleep(answer.delay)
            return await _send(writer, answer)
        finally:
            self.at_once -= 1


async def _send(writer: asyncio.StreamWriter, answer: Answer) -> bool:
    """Sends one answer in its manner; whether the connection goes on."""
    if answer.manner == "hang":
        await asyncio.sleep(3600)
    if answer.manner == "reset":
        return False
    headers = {"content-type": "application/json", "content-length": str(len(answer.body)), **answer.headers}
    lines = [f"HTTP/1.1 {answer.status} X", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    writer.write("\r\n".join(lines).encode("latin-1"))
    if answer.manner == "whole":
        writer.write(answer.body)
        await writer.drain()
        return True
    if answer.manner == "cut":
        writer.write(answer.body[: len(answer.body) // 2])
        await writer.drain()
        return False
    for byte in answer.body:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.2)
    return False


def main() -> None:
    """Serves the simulator's replies until it is ended."""
    from simulated import simulated

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=8111)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each reply")
    options = parser.parse_args()
    with Loopback(simulated(delay=options.delay), port=options.port) as server:
        print(server.base, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
