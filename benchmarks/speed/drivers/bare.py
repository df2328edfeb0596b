"""The floor: one client, a fixed number of workers, the two graders, one JSONL file. CLIENT=aiohttp or litellm.

No retries, no durable writes, no keys: what a loop of thirty lines costs.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import world

Ask = Callable[[world.Call], Awaitable[str]]


def through_aiohttp(job: world.Job) -> tuple[Ask, Callable[[], Awaitable[None]]]:
    import aiohttp

    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=job.at_once),
        headers={"authorization": "Bearer x"},
        timeout=aiohttp.ClientTimeout(total=job.seconds or 600),
    )

    async def ask(call: world.Call) -> str:
        body = {"model": world.MODEL, "messages": call.messages, "temperature": 0}
        async with session.post(f"{job.base}/chat/completions", json=body) as response:
            response.raise_for_status()
            return str((await response.json())["choices"][0]["message"]["content"])

    return ask, session.close


def through_litellm(job: world.Job) -> tuple[Ask, Callable[[], Awaitable[None]]]:
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import litellm

    litellm.suppress_debug_info = True
    more = {"timeout": job.seconds} if job.seconds else {}

    async def ask(call: world.Call) -> str:
        response = await litellm.acompletion(
            model=f"openai/{world.MODEL}",
            messages=call.messages,
            temperature=0,
            api_base=job.base,
            api_key="x",
            num_retries=2,
            **more,
        )
        return str(response.choices[0].message.content)

    async def close() -> None:
        return None

    return ask, close


async def main() -> None:
    job = world.job()
    clients = {"aiohttp": through_aiohttp, "litellm": through_litellm}
    ask, close = clients[os.environ.get("CLIENT", "aiohttp")](job)
    schema, todo = world.validator(), world.calls(job.count)
    counts = {"answered": 0, "failed": 0, "passed": 0}
    with (job.folder / "results.jsonl").open("w", encoding="utf-8") as out:

        async def work() -> None:
            for call in todo:
                try:
                    text = await ask(call)
                except Exception:  # noqa: BLE001 - whatever a client raises is a failure here
                    counts["failed"] += 1
                    continue
                grades = world.graded(text, schema)
                counts["answered"] += 1
                counts["passed"] += all(grades)
                out.write(json.dumps({"id": call.id, "reply": text, "grades": grades}) + "\n")

        await asyncio.gather(*(work() for _ in range(job.at_once)))
    await close()
    world.tell(**counts)


if __name__ == "__main__":
    asyncio.run(main())
