"""A provider on loopback that has OpenAI's batch endpoints beside its chat completions.

    with Batching(lambda body, number: saying("hello")) as provider:
        provider.base, provider.environment     # for OPENAI_API_BASE
        provider.batches                        # every batch that was begun: its requests, how it ended
        provider.at_once                        # bodies that were asked at once, and not in a batch

A batch ends at the `looks`th look at it, as `ends` says of its number: "completed", "expired" (the last half of its
requests unanswered), "failed", "cancelled". `answer` gives each reply; one that is no 200 is in the file of errors.
`breaks` names calls (as "POST /batches") at whose next arrival the work is done and the connection closed without an
answer.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from loopback import Answer


@dataclass
class Begun:
    id: str
    requests: list[Any]
    metadata: dict[str, str]
    ends: str
    looks: int = 0
    files: dict[str, str] = field(default_factory=dict)


class Batching:
    def __init__(
        self,
        answer: Callable[[Any, int], Answer],
        *,
        looks: int = 1,
        ends: Callable[[int], str] = lambda _: "completed",
    ) -> None:
        self.answer = answer
        self.looks = looks
        self.ends = ends
        self.breaks: set[str] = set()
        self.refuses: dict[str, Answer] = {}
        self.batches: list[Begun] = []
        self.at_once: list[Any] = []
        self.files: dict[str, bytes] = {}
        self.keys: set[str] = set()
        self.removed: list[str] = []
        self._count = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        owner = self

        class Handler(_Handler):
            provider = owner

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def environment(self) -> dict[str, str]:
        return {"OPENAI_API_BASE": self.base, "OPENAI_API_KEY": "sk-for-batches-only"}

    @property
    def asked(self) -> list[str]:
        """The key of every request of every batch."""
        return [line["custom_id"] for batch in self.batches for line in batch.requests]

    def serve(self, method: str, path: str, headers: Any, body: bytes) -> Answer:
        with self._lock:
            self.keys.add(headers.get("authorization", ""))
            path, _, query = path.removeprefix("/v1").partition("?")
            if (method, path) == ("POST", "/chat/completions"):
                self.at_once.append(json.loads(body))
                return self.answer(json.loads(body), len(self.at_once))
            refused = self.refuses.get(f"{method} {path}")
            if refused is not None:
                return refused
            parts = path.strip("/").split("/")
            if (method, path) == ("POST", "/files"):
                return self._uploaded(headers, body)
            if (method, path) == ("POST", "/batches"):
                return self._begun(json.loads(body))
            if (method, path) == ("GET", "/batches"):
                return self._listed(query)
            if method == "GET" and parts[0] == "batches":
                return self._looked(parts[1])
            if method == "GET" and parts[0] == "files" and parts[1] in self.files:
                return Answer(self.files[parts[1]])
            if method == "DELETE" and self.files.pop(parts[1], None) is not None:
                self.removed.append(parts[1])
                return _said({"deleted": True})
        return _missing()

    def _uploaded(self, headers: Any, body: bytes) -> Answer:
        whole = BytesParser().parsebytes(b"content-type: " + headers["content-type"].encode() + b"\r\n\r\n" + body)
        fields = {part.get_param("name", header="content-disposition"): part for part in whole.get_payload()}
        assert fields["purpose"].get_payload() == "batch"
        name = self._new("file")
        self.files[name] = fields["file"].get_payload(decode=True)
        return _said({"id": name, "object": "file", "purpose": "batch"})

    def _begun(self, said: Any) -> Answer:
        assert (said["endpoint"], said["completion_window"]) == ("/v1/chat/completions", "24h")
        lines = [json.loads(line) for line in self.files[said["input_file_id"]].splitlines()]
        batch = Begun(self._new("batch"), lines, said["metadata"], self.ends(len(self.batches)))
        self.batches.append(batch)
        return _said(self._told(batch))

    def _listed(self, query: str) -> Answer:
        """Two a page, the oldest first: the one that is looked for is on the last."""
        after = dict(part.split("=") for part in query.split("&")).get("after")
        start = next((at + 1 for at, batch in enumerate(self.batches) if batch.id == after), 0)
        page = self.batches[start : start + 2]
        return _said({"data": [self._told(batch) for batch in page], "has_more": start + 2 < len(self.batches)})

    def _looked(self, name: str) -> Answer:
        batch = next((one for one in self.batches if one.id == name), None)
        if batch is None:
            return _missing()
        batch.looks += 1
        if batch.looks >= self.looks and not batch.files:
            self._end(batch)
        return _said(self._told(batch))

    def _end(self, batch: Begun) -> None:
        good, bad = [], []
        done = {"completed": len(batch.requests), "expired": len(batch.requests) // 2}.get(batch.ends, 0)
        for at, line in enumerate(batch.requests):
            if at >= done:
                if batch.ends == "expired":
                    error = {"code": "batch_expired", "message": "This request could not be executed in time."}
                    bad.append({"custom_id": line["custom_id"], "response": None, "error": error})
                continue
            answer = self.answer(line["body"], at)
            response = {"status_code": answer.status, "body": json.loads(answer.body)}
            (good if answer.status == 200 else bad).append(
                {"custom_id": line["custom_id"], "response": response, "error": None}
            )
        for kind, lines in (("output_file_id", good), ("error_file_id", bad)):
            if lines:
                batch.files[kind] = self._new("file")
                self.files[batch.files[kind]] = b"".join(json.dumps(line).encode() + b"\n" for line in reversed(lines))
        batch.files.setdefault("over", "")

    def _told(self, batch: Begun) -> dict[str, Any]:
        status = batch.ends if batch.files else "in_progress"
        errors = {"data": [{"code": "invalid", "message": "line 1: no such model"}]} if status == "failed" else None
        files = {name: batch.files.get(name) for name in ("output_file_id", "error_file_id")}
        return {"id": batch.id, "status": status, "metadata": batch.metadata, "errors": errors, **files}

    def _new(self, kind: str) -> str:
        self._count += 1
        return f"{kind}-{self._count}"


class _Handler(BaseHTTPRequestHandler):
    provider: Batching
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        answer = self.provider.serve(self.command, self.path, self.headers, body)
        call = f"{self.command} {self.path.removeprefix('/v1')}"
        if call in self.provider.breaks:
            self.provider.breaks.discard(call)
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in {"content-length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - as http.server wants them

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def _said(body: Any) -> Answer:
    return Answer(json.dumps(body).encode())


def _missing() -> Answer:
    return Answer(b'{"error": {"message": "no such thing", "code": "not_found"}}', 404)
