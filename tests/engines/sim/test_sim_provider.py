"""Through litellm the simulator answers as it does straight, and its version changes with its answers."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path

from callgate.concepts import Message, Reply, Request
from callgate.engines.litellm import LitellmEngine
from callgate.engines.sim import VERSION, answer
from callgate.prompts import load_prompt

ROOT = Path(__file__).parents[3]
SAID = (
    "Oil change on Friday, please.",
    "Necesito los frenos y la rotación de llantas para mañana en la tarde.",
    "How much is an alignment?",
    "Quiero cancelar mi cita.",
    "Let me talk to a person.",
)
ANSWERS = {"1": "d9de2c79953e939b", "2": "d9de2c79953e939b"}  # 2: the judge, which is not asked here
"""The digest of all replies by VERSION: where it differs, VERSION must be raised and its line written here."""


def requests() -> list[Request]:
    found = []
    for name in ("v1", "v2", "v3"):
        prompt = load_prompt(f"prompts/receptionist/{name}", ROOT)
        system = Message.of(role="system", content=f"{prompt.text}\nIt is now 2026-05-12 10:05, America/Chicago.")
        for said in SAID:
            messages = (system, Message.of(role="user", content=said))
            found += [Request("sim/receptionist-small", messages, prompt.tools, trial=trial) for trial in range(3)]
    return found


def straight(request: Request) -> tuple[str, list[tuple[str, str]]]:
    wires = [json.loads(message.canonical) for message in request.messages]
    said = answer(request.model, wires, [dict(tool.wire()) for tool in request.tools], request.trial)
    calls = [(call["function"]["name"], call["function"]["arguments"]) for call in said["tool_calls"]]
    return said["content"] or "", calls


def test_litellm_changes_nothing_about_an_answer():
    async def collect() -> list[tuple[Request, object]]:
        async def stream():
            for request in requests():
                yield request

        return [pair async for pair in LitellmEngine(workers=4).run(stream())]

    replies = asyncio.run(collect())
    assert len(replies) == len(requests())
    for request, reply in replies:
        assert isinstance(reply, Reply)
        assert (reply.text, [(call.name, call.arguments) for call in reply.calls]) == straight(request)


def test_a_change_of_the_answers_is_a_new_version():
    said = json.dumps([straight(request) for request in requests()], ensure_ascii=False)
    assert hashlib.sha256(said.encode()).hexdigest()[:16] == ANSWERS[VERSION]
