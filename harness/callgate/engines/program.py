"""Requests -> replies through an agent of the user's own: JSON lines over stdin and stdout, one process a run.

`command:node agent.js` is a program, `python:evals/agent.py:reply` a function that `host.py` runs in a process of its
own. A line in: {"id", "messages", "tools", "parameters", "trial"}. A line out, in any order: {"id", "text", "calls":
[{"name", "arguments"}], "prompt_tokens", "completion_tokens", "dollars", "served"}, all but the id optional, or
{"id", "error", "retry"}. See docs/own-agent.md.
"""

from __future__ import annotations

import asyncio
import json
import math
import shlex
import sys
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from callgate.concepts import Failure, Json, Mistake, Reply, Request, ToolCall, canonical
from callgate.engines.chat import chat_reply
from callgate.engines.faults import Fault, malformed, timed_out
from callgate.engines.prices import PROGRAMS
from callgate.files import project_file
from callgate.redaction import brief

LONGEST_LINE: Final = 32 * 1024 * 1024
STARTS: Final = 3
"""How often a program that ends is started again in one run."""
_SOURCES = frozenset({".py", ".js", ".mjs", ".cjs", ".ts", ".tsx", ".go", ".rb", ".sh", ".json", ".toml", ".md"})
_NOT_SOURCES = frozenset({"node_modules", "evals", "prompts", "datasets", "reports", "tests", "docs", "__pycache__"})


def is_program(model: str) -> bool:
    """Whether a model is an agent of the user's own."""
    return model.startswith(PROGRAMS)


def arguments(model: str, root: Path) -> list[str]:
    """How a program is started. Raises Mistake where there is no such file in the project."""
    kind, _, rest = model.partition(":")
    if kind == "python":
        file, _, name = rest.strip().rpartition(":")
        return [sys.executable, "-m", "callgate.engines.host", str(project_file(root, file)), name]
    words = shlex.split(rest)
    if not words:
        raise Mistake(f"{model!r} names no command")
    return words


def source_digest(model: str, root: Path) -> str:
    """The digest of the program's own files, so that another version of it is asked anew: the files that the command
    names, and all sources beside and below them."""
    kind, _, rest = model.partition(":")
    words = [rest.strip().rpartition(":")[0]] if kind == "python" else shlex.split(rest)
    named = [path for word in words if (path := root / word).is_file()]
    files = set(named)
    for path in named:
        files.update(found for found in _below(path.parent, root) if found.suffix in _SOURCES)
    found = [[path.relative_to(root).as_posix(), sha256(path.read_bytes()).hexdigest()] for path in sorted(files)]
    return sha256(canonical(found).encode()).hexdigest()[:16]


def _below(folder: Path, root: Path) -> list[Path]:
    """Files below a folder; of the project itself, not those that are inputs and outputs of evals."""
    skipped = _NOT_SOURCES if folder == root else {"node_modules", "__pycache__"}
    found: list[Path] = []
    for path in folder.iterdir():
        if path.name.startswith(".") or path.name in skipped or path.is_symlink():
            continue
        found.extend(_below(path, root) if path.is_dir() else [path])
    return found


class Program:
    """The process of one agent. It is started at the first request and ended by `close`."""

    def __init__(self, model: str, root: Path, *, seconds: float) -> None:
        self._model = model
        self._root = root
        self._seconds = seconds
        self._process: asyncio.subprocess.Process | None = None
        self._waiting: dict[str, asyncio.Future[Mapping[str, Any] | Fault]] = {}
        self._said: deque[str] = deque(maxlen=5)  # on stderr
        self._readers: list[asyncio.Task[None]] = []
        self._starts = 0
        self._asked = 0
        self._starting: asyncio.Lock | None = None  # of the loop that asks now: each round has its own

    async def answer(self, request: Request) -> Reply | Failure:
        """One attempt at one request, as a typed outcome."""
        began = time.perf_counter()
        self._asked += 1
        name = str(self._asked)
        try:
            async with asyncio.timeout(self._seconds):
                said = await self._exchange(name, request)
        except TimeoutError:
            return timed_out(self._seconds)
        finally:
            self._waiting.pop(name, None)
        if isinstance(said, Fault):
            return said
        return reply_from(request.model, said, time.perf_counter() - began)

    async def close(self) -> None:
        """Ends the program: its stdin is closed, and a second later it is killed."""
        process, self._process = self._process, None
        self._starting = None
        if process is None:
            return
        if process.returncode is None:  # it did not end by itself
            self._starts -= 1
        if process.stdin:
            process.stdin.close()
        try:
            async with asyncio.timeout(1):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    async def _exchange(self, name: str, request: Request) -> Mapping[str, Any] | Fault:
        self._starting = self._starting or asyncio.Lock()
        async with self._starting:
            fault = await self._start()
        if fault is not None:
            return fault
        assert self._process
        assert self._process.stdin
        waiting = self._waiting[name] = asyncio.get_running_loop().create_future()
        try:
            self._process.stdin.write(request_line(name, request))
            await self._process.stdin.drain()
        except (ConnectionError, RuntimeError):
            return self._gone()
        said: Mapping[str, Any] | Fault = await waiting
        return said

    async def _start(self) -> Fault | None:
        """Starts the program where it does not run."""
        if self._process is not None and self._process.returncode is None:
            return None
        if self._starts >= STARTS:
            why = f"{self._model} ended {STARTS} times: {self._last_words()}"
            return Fault("provider_error", brief(why), "stop_model")
        self._starts += 1
        try:
            self._process = await asyncio.create_subprocess_exec(
                *arguments(self._model, self._root),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=self._root,
                limit=LONGEST_LINE,
                start_new_session=True,  # Ctrl-C is for the run, which then waits for what is in flight
            )
        except OSError as error:
            return Fault("provider_error", brief(f"{self._model} cannot be started: {error}"), "stop_model")
        assert self._process.stdout
        assert self._process.stderr
        self._readers = [
            asyncio.create_task(self._replies(self._process.stdout)),
            asyncio.create_task(self._errors(self._process.stderr)),
        ]
        return None

    async def _replies(self, stdout: asyncio.StreamReader) -> None:
        """Hands each line to who waits for it; at the end of the program nobody waits any more."""
        try:
            while line := await stdout.readline():
                self._take(line)
        except ValueError:  # a line without end
            self._fail_all(Fault("malformed", f"{self._model} wrote a line of more than 32 MB", "stop_model"))
        else:
            if self._process is not None:
                await self._process.wait()
            self._fail_all(self._gone())

    def _take(self, line: bytes) -> None:
        try:
            said = json.loads(line)
            waiting = self._waiting.get(str(said["id"]))
        except (ValueError, TypeError, KeyError, RecursionError):
            words = line[:80].decode("utf-8", "replace").strip()
            why = f"{self._model} wrote {words!r}; on stdout there is one JSON object a line, with the id it answers"
            self._fail_all(Fault("malformed", brief(why), "stop_model"))
            return
        if waiting is not None and not waiting.done():
            waiting.set_result(said)

    async def _errors(self, stderr: asyncio.StreamReader) -> None:
        with suppress(ValueError):
            while line := await stderr.readline():
                self._said.append(line[:300].decode("utf-8", "replace").strip())

    def _fail_all(self, fault: Fault) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_result(fault)

    def _gone(self) -> Fault:
        code = self._process.returncode if self._process else None
        return Fault("provider_error", brief(f"{self._model} ended (exit {code}): {self._last_words()}"))

    def _last_words(self) -> str:
        return " / ".join(word for word in self._said if word) or "it said nothing on stderr"


def request_line(name: str, request: Request) -> bytes:
    """A request as the program reads it."""
    messages = ",".join([message.canonical for message in request.messages])
    tools: Json = [tool.wire() for tool in request.tools]
    head = canonical({"id": name, "parameters": dict(request.parameters), "tools": tools, "trial": request.trial})
    line = f'{head[:-1]},"messages":[{messages}]}}\n'
    return line.encode("utf-8", "backslashreplace")


def reply_from(model: str, said: Mapping[str, Any], seconds: float) -> Reply | Failure:
    """What the program answered, as a typed outcome."""
    error = said.get("error")
    if error:
        return Fault("provider_error", brief(str(error)), "retry" if said.get("retry", True) else "give_up")
    try:
        calls = tuple([_call(number, call) for number, call in enumerate(said.get("calls") or ())])
    except (AttributeError, KeyError, TypeError, ValueError):
        return malformed('calls are a list of {"name": ..., "arguments": {...}}')
    reply = chat_reply(
        model,
        content=said.get("text"),
        refusal=None,
        calls=calls,
        finish=said.get("finish"),
        served=said.get("served"),
        tokens=(said.get("prompt_tokens"), said.get("completion_tokens"), 0),
        seconds=seconds,
    )
    dollars = said.get("dollars")
    if isinstance(reply, Reply) and isinstance(dollars, int | float) and math.isfinite(dollars) and dollars >= 0:
        return replace(reply, dollars=float(dollars))
    return reply


def _call(number: int, call: Mapping[str, Any]) -> ToolCall:
    given = call.get("arguments", {})
    return ToolCall(f"call_{number}", str(call["name"]), given if isinstance(given, str) else canonical(given))
