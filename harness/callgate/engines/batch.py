"""Requests -> replies in batches: a file of requests goes to the provider, a file of replies comes back within a day,
at half the price.

Speaks OpenAI's batch endpoints to OpenAI and to whatever speaks its wire: each line of the file is what the direct lane
would send, and each line of the answer is read as the direct lane reads it. Standard library only; no redirect is
followed and no proxy taken, since a key goes to the host that it is for.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPException
from typing import IO, Any, Final
from urllib.parse import quote

from callgate.concepts import Failure, Reply, Request
from callgate.engines.access import api_base
from callgate.engines.direct import HOME, completion, error_words, request_body
from callgate.engines.faults import Fault, fault_of_status, malformed
from callgate.redaction import brief

SHARE: Final = 0.5
"""Of the price of a call that is asked at once."""
MOST: Final = 10_000
"""Requests of one batch; providers take 50,000."""
MOST_BYTES: Final = 90 * 1024 * 1024
"""Of one file; providers take 200 MB."""
ENDED: Final = frozenset({"completed", "failed", "expired", "cancelled"})
PAGES: Final = 20
_URL: Final = "/v1/chat/completions"


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as its provider tells of it. `files` hold its replies and its errors; `why` it failed."""

    id: str
    status: str
    files: tuple[str, ...] = ()
    why: str = ""

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED

    def unanswered(self) -> Failure:
        """What became of a request of an ended batch that is in none of its files."""
        if self.status == "expired":
            return Failure("timeout", f"batch {self.id} expired before it was answered")
        if self.status == "cancelled":
            return Failure("cancelled", f"batch {self.id} was cancelled before it was answered")
        return Failure(
            "provider_error", brief(f"batch {self.id} {self.status} without an answer: {self.why or 'no reason'}")
        )


class BatchError(Exception):
    """A provider's answer, or its silence, in the place of what was asked of its batch endpoints."""

    def __init__(self, fault: Failure, *, answered: bool) -> None:
        super().__init__(fault.why)
        self.fault = fault
        self.answered = answered  # a refusal; False: it may have done what was asked


class BatchApi:
    """A provider's batch endpoints for one model. Raises BatchError."""

    def __init__(self, model: str, *, seconds: float = 60.0) -> None:
        self._model = model
        self._base = (api_base(model) or HOME).rstrip("/")
        self._seconds = seconds
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())

    def upload(self, lines: bytes) -> str:
        """Puts a file of requests there; its id."""
        mark = f"callgate-{os.urandom(16).hex()}"
        head = f'--{mark}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        name = 'content-disposition: form-data; name="file"; filename="requests.jsonl"'
        head += f"--{mark}\r\n{name}\r\ncontent-type: application/jsonl\r\n\r\n"
        body = head.encode() + lines + f"\r\n--{mark}--\r\n".encode()
        return str(self._json("POST", "/files", body, f"multipart/form-data; boundary={mark}")["id"])

    def begin(self, file: str, token: str) -> Batch:
        """Begins a batch over a file. By `token` it is found again where its id was never heard."""
        asked = {
            "input_file_id": file,
            "endpoint": _URL,
            "completion_window": "24h",
            "metadata": {"callgate": token},
        }
        return _batch(self._json("POST", "/batches", json.dumps(asked).encode(), "application/json"))

    def find(self, token: str) -> Batch | None:
        """The batch that was begun with a token; None where there is none."""
        after = ""
        for _ in range(PAGES):
            said = self._json("GET", f"/batches?limit=100{after}")
            some = said.get("data") or []
            for one in some:
                if (one.get("metadata") or {}).get("callgate") == token:
                    return _batch(one)
            if not (some and said.get("has_more")):
                return None
            after = f"&after={quote(str(some[-1]['id']))}"
        return None

    def get(self, name: str) -> Batch:
        return _batch(self._json("GET", f"/batches/{quote(name)}"))

    def outcomes(self, file: str) -> Iterator[tuple[str, Reply | Failure]]:
        """The key of each request in a file of replies or of errors, with what came of it."""
        with self._opened("GET", f"/files/{quote(file)}/content") as lines:
            for line in lines:
                if line.strip():
                    yield self._outcome(line)

    def forget(self, file: str) -> None:
        """Removes a file from the provider: what callers said need not lie there."""
        self._json("DELETE", f"/files/{quote(file)}")

    def _outcome(self, line: bytes) -> tuple[str, Reply | Failure]:
        """A line that cannot be read belongs to nobody: its request is unanswered."""
        try:
            said = json.loads(line)
            key, response, error = str(said["custom_id"]), said.get("response"), said.get("error")
            if not response:
                return key, _refused(error)
            body = json.dumps(response["body"])
            status = int(response["status_code"])
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return "", malformed("no line of a batch's answer")
        outcome = (
            completion(self._model, body, 0.0)
            if 200 <= status < 300
            else fault_of_status(status, *error_words(body.encode()))
        )
        if isinstance(outcome, Reply) and outcome.dollars is not None:
            return key, replace(outcome, dollars=outcome.dollars * SHARE)
        return key, outcome

    def _json(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> Mapping[str, Any]:
        with self._opened(method, path, body, kind) as answer:
            text = answer.read()
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise BatchError(malformed(f"{method} {path.partition('?')[0]}: no JSON object"), answered=False)
        return said

    @contextmanager
    def _opened(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> Iterator[IO[bytes]]:
        headers = {"authorization": f"Bearer {os.environ.get('OPENAI_API_KEY', '')}", "user-agent": "callgate"}
        headers |= {"content-type": kind} if kind else {}
        request = urllib.request.Request(self._base + path, body, headers, method=method)  # noqa: S310 - checked by api_base
        try:
            with self._opener.open(request, timeout=self._seconds) as answer:
                yield answer
        except urllib.error.HTTPError as error:
            with error:
                code, message = error_words(error.read(2000))
            fault = fault_of_status(error.code, code, message)
            failure = fault if isinstance(fault, Failure) else Fault("provider_error", f"HTTP {error.code}")
            raise BatchError(failure, answered=error.code < 500) from None
        except (OSError, HTTPException) as error:
            raise BatchError(Fault("provider_error", brief(f"no answer: {error}")), answered=False) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """An answer that points elsewhere is an error."""

    def redirect_request(self, *_: object) -> None:
        return None


def lines_of(requests: Sequence[Request]) -> list[bytes]:
    """Each request as a line of a batch's file, under its key."""
    return [
        b'{"custom_id":"%s","method":"POST","url":"%s","body":%s}\n'
        % (request.key.encode(), _URL.encode(), request_body(request))
        for request in requests
    ]


def _batch(said: Mapping[str, Any]) -> Batch:
    files = (said.get("output_file_id"), said.get("error_file_id"))
    try:
        errors = [str(one.get("message")) for one in (said.get("errors") or {}).get("data") or []]
        return Batch(str(said["id"]), str(said["status"]), tuple(map(str, filter(None, files))), "; ".join(errors[:3]))
    except (KeyError, AttributeError, TypeError):
        raise BatchError(malformed("a batch without id or status"), answered=False) from None


def _refused(error: Any) -> Failure:
    """What a line without a response says."""
    code, message = (error.get("code"), error.get("message")) if isinstance(error, Mapping) else ("", error)
    why = brief(f"in its batch: {code or 'no answer'}: {message}")
    return Failure("timeout" if code == "batch_expired" else "provider_error", why)
