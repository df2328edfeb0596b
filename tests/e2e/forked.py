"""Runs `callgate WORDS` in forks of one process that has imported it: importing litellm alone takes seconds.

As a program it is that process: a line of JSON in (words, cwd, environment, files for stdout and stderr, seconds), the
exit code out. A fork has its own memory, files, environment and exit; only what was imported is shared.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path


@cache
def _host() -> subprocess.Popen[str]:
    """The process that forks, started at the first use and ended with this one."""
    environment = {"PATH": os.environ["PATH"], "HOME": tempfile.gettempdir(), "LANG": "C.UTF-8"}
    return subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )


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
    import threading

    from callgate.cli import main
    from callgate.engines.litellm import _litellm, warm
    from callgate.evaluate import run as _run  # noqa: F401  (what an eval imports, once for all)
    from callgate.gate import build_decision  # noqa: F401

    warm()
    _litellm(simulator=True)
    assert threading.active_count() == 1, "a fork takes only this thread along"
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(asked)
            main(asked["words"])
            sys.exit()
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


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


if __name__ == "__main__":
    _serve()
