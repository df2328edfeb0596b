"""`python -m callgate.engines.host FILE NAME`: runs a user's function as a program of JSON lines (see program.py).

    def reply(messages, tools, parameters, trial): ...      # or async; gives a text, or {"text": ..., "calls": [...]}

What the function prints goes to stderr: stdout is for replies. Calls of a plain function run in threads, those of an
async one side by side.
"""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

AT_ONCE = 32


def main(file: str, name: str) -> None:
    """Reads requests from stdin until it is closed."""
    out, sys.stdout = sys.stdout, sys.stderr
    function = _function(Path(file), name)
    asyncio.run(_serve(function, out))


def _function(path: Path, name: str) -> Callable[..., Any]:
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    function = getattr(module, name, None)
    if not callable(function):
        raise SystemExit(f"{path} has no function {name}")
    return function  # type: ignore[no-any-return]  # whatever it is, it is called


async def _serve(function: Callable[..., Any], out: Any) -> None:
    room = asyncio.Semaphore(AT_ONCE)
    working: set[asyncio.Task[None]] = set()
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        await room.acquire()
        task = asyncio.create_task(_answer(function, json.loads(line), out))
        working.add(task)
        task.add_done_callback(working.discard)
        task.add_done_callback(lambda _: room.release())
    await asyncio.gather(*working)


async def _answer(function: Callable[..., Any], request: dict[str, Any], out: Any) -> None:
    name = request.pop("id")
    try:
        if inspect.iscoroutinefunction(function):
            said = await function(**request)
        else:
            said = await asyncio.to_thread(function, **request)
        answer = {**(said if isinstance(said, dict) else {"text": said}), "id": name}
        text = json.dumps(answer, allow_nan=False)
    except Exception as error:  # noqa: BLE001 - a stranger's code
        text = json.dumps({"id": name, "error": f"{type(error).__name__}: {error}", "retry": False})
    out.write(text + "\n")
    out.flush()


if __name__ == "__main__":
    main(*sys.argv[1:3])
