"""Runs `callgate WORDS` in forks of one process that has imported it: importing litellm alone takes seconds.

As a program it is that process: a line of JSON in (words, cwd, environment, files for stdout and stderr, seconds), the
exit code out. A fork has its own memory, files, environment and exit; only what was imported is shared.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NoReturn

IMPORTED = (
    "callgate.engines.sim.agent",
    "callgate.evaluate.run",
    "callgate.evaluate.show",
    "callgate.gate",
    "callgate.report.html",
    "jsonschema",
    "numpy",
)
"""What most commands import, besides litellm."""


@cache
def _host() -> subprocess.Popen[str]:
    """The process that forks, started at the first use and ended with this one."""
    environment = {"PATH": os.environ["PATH"], "HOME": tempfile.gettempdir(), "LANG": "C.UTF-8"}
    host = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    atexit.register(host.communicate)  # its input ends, and so does it
    return host


def run(words: Sequence[str], cwd: Path, environment: Mapping[str, str], seconds: float) -> tuple[int, str, str]:
    """The exit code (minus the signal that ended it), stdout and stderr of `callgate WORDS` in a folder."""
    host = _host()
    assert host.stdin
    assert host.stdout
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        asked = {"words": words, "cwd": str(cwd), "environment": dict(environment), "seconds": seconds}
        host.stdin.write(json.dumps({**asked, "out": str(out), "err": str(err)}) + "\n")
        host.stdin.flush()
        code = int(host.stdout.readline())
        if code == -signal.SIGALRM:
            raise subprocess.TimeoutExpired(["callgate", *words], seconds)
        return code, out.read_text("utf-8"), err.read_text("utf-8")


def _serve() -> None:
    """Forks for each line; the child is the command, up to Python's own end."""
    from callgate.cli import main
    from callgate.engines.litellm import _litellm, warm
    from callgate.graders.language import language_of
    from callgate.graders.packs import LANGUAGES, pack

    for name in IMPORTED:
        import_module(name)
    warm()
    _litellm(simulator=True)
    for known in filter(None, map(pack, LANGUAGES)):  # the packs and the language model are read once
        said = [*known.forms, *(saying for claims in known.claims for saying in claims.sayings)]
        assert all(one.pattern for one in said)
    language_of("this is said in English, I am quite sure")
    gc.collect()
    gc.freeze()  # what all forks share is not looked through again by each
    assert threading.active_count() == 1, "a fork takes only this thread along"
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(asked)
            Worker.spare(2)
            _leave(_code_of(main, asked["words"]))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _code_of(main: Callable[[Sequence[str]], object], words: Sequence[str]) -> int:
    """The exit code that Python would end with; what it would say is said."""
    try:
        main(words)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
        return 1
    return 0


def _leave(code: int) -> NoReturn:
    """Ends as Python does, but for taking apart all that was imported, which takes longer than most commands."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _become(asked: Mapping[str, object]) -> None:
    """Folder, environment, arguments, files and time limit of the command."""
    os.chdir(str(asked["cwd"]))
    environment = asked["environment"]
    assert isinstance(environment, dict)
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(str(asked[name]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  (they live as long as the process)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
    sys.argv = ["callgate", *map(str, asked["words"])]  # type: ignore[call-overload]
    signal.alarm(int(float(str(asked["seconds"]))) + 1)


class Worker:
    """A process of the litellm lane that is a fork too: it stands ready before the command has threads, and is used in
    place of the process that `engines/workers.py` would start, which would import litellm first."""

    def __init__(self) -> None:
        into, self._in = os.pipe()
        self._out, out = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            for other in (*(one._in for one in _spares), *(one._out for one in _spares), self._in, self._out):
                os.close(other)
            _work(into, out)
        os.close(into)
        os.close(out)
        self.stdin = os.fdopen(self._in, "wb")
        self.stdout = os.fdopen(self._out, "rb")
        self._code: int | None = None
        self._lock = threading.Lock()

    @staticmethod
    def spare(count: int) -> None:
        """So many stand ready from now on."""
        from callgate.engines import workers

        for _ in range(count):
            _spares.append(Worker())
        workers.subprocess = Ready()  # type: ignore[attr-defined, assignment]

    def begin(self, seconds: str) -> Worker:
        """Tells it the one argument that it would be started with."""
        self.stdin.write(f"{seconds}\n".encode())
        self.stdin.flush()
        return self

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        return self._reaped(os.WNOHANG)

    def wait(self) -> int:
        """The exit code, once it has one."""
        code = self._reaped(os.WNOHANG)
        while code is None:  # as subprocess does where two threads ask: only one can be told by the system
            time.sleep(0.001)
            code = self._reaped(os.WNOHANG)
        return code

    def _reaped(self, how: int) -> int | None:
        with self._lock:
            if self._code is None:
                try:
                    done, status = os.waitpid(self.pid, how)
                except ChildProcessError:  # as subprocess: somebody has waited for any child
                    done, status = self.pid, 0
                self._code = os.waitstatus_to_exitcode(status) if done else None
            return self._code

    def kill(self) -> None:
        """Ends it."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


_spares: list[Worker] = []


class Ready:
    """`subprocess` as engines/workers.py sees it."""

    def __getattr__(self, name: str) -> object:
        return getattr(subprocess, name)

    def Popen(self, words: Sequence[str], **about: object) -> object:  # noqa: N802  (subprocess's own name)
        """A fork that stands ready, where the command is that of a worker and one is left."""
        if words[1:3] == ["-m", "callgate.engines.worker"] and _spares:
            return _spares.pop(0).begin(words[3])
        return subprocess.Popen(words, **about)  # type: ignore[call-overload]


def _work(into: int, out: int) -> None:
    """What the fork does: waits for its argument, then is the worker."""
    import asyncio

    from callgate.engines.worker import _serve as served

    os.setsid()
    signal.alarm(0)
    os.dup2(into, 0)
    os.dup2(out, 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            os._exit(0)  # the command ended without it
        line += byte
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    asyncio.run(served(float(line)))
    os._exit(0)


if __name__ == "__main__":
    _serve()
