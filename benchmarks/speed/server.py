"""A fast provider on loopback that speaks OpenAI's chat completions, and misbehaves on demand.

    python server.py --port 8111        uses uvloop where it is installed

POST /reset with a JSON object sets how it behaves and forgets what it counted; GET /stats tells what it saw:

    latency       seconds before each reply
    rate_429      share that is answered 429 with `retry-after: 1`
    rate_500      share that is answered 500
    rate_bad      share that is answered 200 with half a body
    rate_hang     share that is never answered

Which request meets which fault is a function of the count of requests, so that every client meets the same world. A
reply is a function of the last message: nine in ten say "appointment", nineteen in twenty fit the benchmark's schema.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
from typing import Any, cast

FAULTS = ("429", "500", "bad", "hang")
INTENTS = ("book", "move", "cancel", "hours", "parts", "recall", "sales", "person")


class Behaviour:
    """How the server behaves, and what it has seen since it was told so."""

    def __init__(self, **said: float) -> None:
        self.latency = said.get("latency", 0.0)
        self.rates = [(name, said.get(f"rate_{name}", 0.0)) for name in FAULTS]
        self.draws = random.Random(20261120)
        self.requests = self.at_once = self.most_at_once = 0
        self.outcomes = dict.fromkeys(("ok", *FAULTS), 0)
        self.answered: dict[bytes, int] = {}

    def fault(self) -> str:
        """What goes wrong with the next request; "ok" where nothing does."""
        if not any(rate for _, rate in self.rates):
            return "ok"
        draw = self.draws.random()
        for name, rate in self.rates:
            if draw < rate:
                return name
            draw -= rate
        return "ok"

    def stats(self) -> dict[str, Any]:
        repeated = sum(count - 1 for count in self.answered.values())
        return {
            "requests": self.requests,
            "at_once": self.at_once,
            "most_at_once": self.most_at_once,
            "distinct": len(self.answered),
            "repeated": repeated,
            **self.outcomes,
        }


now = Behaviour()


def completion(body: Any) -> tuple[bytes, bytes]:
    """A digest of what was asked, and the reply to it."""
    asked = str(body["messages"][-1]["content"])
    mark = hashlib.blake2b(asked.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    said = {
        "intent": INTENTS[mark[1] % len(INTENTS)],
        "language": "es" if mark[2] < 64 else "en",
        "confidence": round(mark[3] / 255, 3),
        "reply": f"Thank you for calling, I have noted your {'appointment' if mark[0] >= 26 else 'request'} "
        f"(ref {mark.hex()}). Our service team is open from 7 am to 6 pm, and a loaner car can be arranged.",
    }
    if mark[4] < 13:
        del said["intent"]
    text = json.dumps(said)
    prompt_tokens = sum(len(str(message.get("content"))) for message in body["messages"]) // 4
    whole = {
        "id": f"chatcmpl-{mark.hex()}",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": body.get("model", "?"),
        "choices": [
            {"index": 0, "finish_reason": "stop", "logprobs": None, "message": {"role": "assistant", "content": text}}
        ],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": len(text) // 4,
            "total_tokens": prompt_tokens + len(text) // 4,
        },
    }
    return mark, json.dumps(whole).encode()


def answer(status: str, body: bytes, more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{more}content-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def error(status: str, kind: str, more: str = "") -> bytes:
    body = {"error": {"message": kind, "type": kind, "param": None, "code": kind}}
    return answer(status, json.dumps(body).encode(), more)


class Connection(asyncio.Protocol):
    """One client's connection: a request at a time, bodies by their content-length."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self.buffer = b""
        self.busy = False

    def connection_lost(self, _error: Exception | None) -> None:
        self.done()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end]
            lower = head.lower()
            at = lower.find(b"content-length:")
            length = int(lower[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            body = self.buffer[end + 4 : end + 4 + length]
            self.buffer = self.buffer[end + 4 + length :]
            self.take(head.split(b" ", 2)[1], body)

    def take(self, path: bytes, body: bytes) -> None:
        global now
        if path.endswith(b"/chat/completions"):
            self.chat(json.loads(body))
        elif path == b"/reset":
            now = Behaviour(**json.loads(body or b"{}"))
            self.transport.write(answer("200 OK", b"{}"))
        elif path == b"/stats":
            self.transport.write(answer("200 OK", json.dumps(now.stats()).encode()))
        else:
            self.transport.write(error("404 Not Found", "not_found"))

    def chat(self, body: Any) -> None:
        self.busy = True
        now.requests += 1
        now.at_once += 1
        now.most_at_once = max(now.most_at_once, now.at_once)
        fault = now.fault()
        now.outcomes[fault] += 1
        if fault == "hang":
            return
        if fault == "429":
            self.send(error("429 Too Many Requests", "rate_limit_exceeded", "retry-after: 1\r\n"))
            return
        mark, whole = completion(body)
        if fault == "500":
            reply = error("500 Internal Server Error", "server_error")
        elif fault == "bad":
            reply = answer("200 OK", whole[: len(whole) // 2])
        else:
            now.answered[mark] = now.answered.get(mark, 0) + 1
            reply = answer("200 OK", whole)
        if now.latency:
            asyncio.get_running_loop().call_later(now.latency, self.send, reply)
        else:
            self.send(reply)

    def send(self, reply: bytes) -> None:
        if self.busy:
            self.done()
            self.transport.write(reply)

    def done(self) -> None:
        if self.busy:
            self.busy = False
            now.at_once -= 1


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", port, backlog=4096)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=0)
    port = parser.parse_args().port
    try:
        import uvloop

        uvloop.run(serve(port))
    except ImportError:
        asyncio.run(serve(port))


if __name__ == "__main__":
    main()
