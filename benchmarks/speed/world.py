"""What every side of the benchmark is given: the same calls, the same prompt, the same two graders.

Standard library only, since each driver runs in an environment of its own; `jsonschema` is in all of them.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODEL = "gpt-4o-mini"
WORD = "appointment"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["intent", "language", "confidence", "reply"],
    "properties": {
        "intent": {"type": "string"},
        "language": {"enum": ["en", "es"]},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "reply": {"type": "string"},
    },
}
SYSTEM = """You answer the phone of a car dealer's service department. Find out what the caller needs, then book, move
or cancel appointments. One question at a time. Never promise a price that is not in the list. Say the day, the time
and the car once more before anything is booked. Answer in the caller's language. A caller who is upset, or who asks
for a person, is passed on at once, with one sentence that says to whom. Keep it short: this is read aloud, and nobody
can listen to more than three facts at a time. When the line is bad, ask again; never guess a name, a number or a date.
Answer with one JSON object that has the keys intent, language, confidence and reply, and nothing around it."""
WISHES = (
    ("en", "booking", "Hi, I need an oil change for my {car}, {day} around {hour} if you have it."),
    ("es", "reschedule", "Buenas, quiero pasar mi cita del {day} a las {hour}, es una {car}."),
    ("en", "parts", "Do you folks have front pads for a {car} on the shelf right now?"),
    ("en", "recall", "Got a letter about a recall on my {car}. Could I bring it in {day} at {hour}?"),
    ("es", "cancel", "Tengo que cancelar lo del {day}, la revision de la {car}."),
    ("en", "route", "Can I just talk to somebody about my {car}? It has been there since {day}."),
)
BITS = ("ka", "lo", "mi", "ter", "van", "sol", "bre", "dun", "fi", "gra", "nel", "pos", "qua", "rus", "sim", "tal")
CARS = ("Civic", "F-150", "Camry", "Silverado", "Outback")
DAYS = ("Monday", "Tuesday", "martes", "viernes", "Friday")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a single turn: about 300 tokens with the prompt."""

    id: str
    language: str
    call_type: str
    user: str

    @property
    def messages(self) -> list[dict[str, str]]:
        return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": self.user}]


def calls(count: int) -> Iterator[Call]:
    """The first `count` calls, the same each time; no two are alike."""
    draws = random.Random(11)
    for number in range(count):
        language, call_type, wish = WISHES[draws.randrange(len(WISHES))]
        said = wish.format(car=draws.choice(CARS), day=draws.choice(DAYS), hour=draws.randint(8, 17))
        before = " ".join(
            f"[{at}] caller: {other[2].format(car='Civic', day='Monday', hour=9)}"
            for at, other in enumerate(WISHES[:4])
        )
        heard = " ".join("".join(draws.choices(BITS, k=3)) for _ in range(6))  # no two alike
        user = f"Call {number:06d}. Earlier today: {before} Now: {said} ({heard})"
        yield Call(f"call-{number:06d}", language, call_type, user)


def validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(SCHEMA)


def graded(text: str, schema: Any) -> tuple[bool, bool]:
    """The two graders: whether the reply contains the word, and whether it is JSON that fits the schema."""
    try:
        fits = bool(schema.is_valid(json.loads(text)))
    except ValueError:
        fits = False
    return WORD in text, fits


# ---------------------------------------------------------------------------------------------- drivers


@dataclass(frozen=True)
class Job:
    """What a driver is told: how many calls, how many at once, where, and a folder of its own."""

    count: int
    at_once: int
    base: str
    folder: Path
    cached: bool
    seconds: float


def job() -> Job:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--at-once", type=int, required=True)
    parser.add_argument("--base", required=True, help="http://127.0.0.1:PORT/v1")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--cached", action="store_true", help="with the tool's own cache of replies")
    parser.add_argument("--seconds", type=float, default=0.0, help="the longest one call may take; 0: the tool's own")
    said = parser.parse_args()
    return Job(said.count, said.at_once, said.base, said.folder, said.cached, said.seconds)


def tell(*, answered: int, failed: int, passed: int, **more: float) -> None:
    """The last line of a driver: how many calls have their result, how many a failure, how many passed both graders."""
    print("RESULT " + json.dumps({"answered": answered, "failed": failed, "passed": passed, **more}), flush=True)


# ---------------------------------------------------------------------------------------------- as a project


def project(root: Path, count: int, *, trials: int = 1, write: Callable[[Path, str], None] | None = None) -> None:
    """A project with the same calls as golden cases and the same two graders: `must_say`, and `structured_output`
    by the prompt's response_format. Two prompts that differ in one sentence."""
    put = write or _write
    for name, more in (("a", ""), ("b", "\nBe kind.")):
        put(root / f"prompts/{name}/prompt.md", SYSTEM + more + "\n")
        schema = {"type": "json_schema", "json_schema": {"name": "call", "schema": SCHEMA}}
        put(root / f"prompts/{name}/params.yaml", json.dumps({"temperature": 0, "response_format": schema}) + "\n")
    put(
        root / "datasets/calls/_world.yaml",
        'schema: callgate.world/1\ntimezone: America/Chicago\nnow: "2026-05-12 10:05"\n',
    )
    for call in calls(count):
        text = json.dumps(call.user)
        put(
            root / f"datasets/calls/{call.id}.yaml",
            f"segments: {{language: {call.language}, call_type: {call.call_type}}}\n"
            f"caller: {text}\nexpect: {{must_say: [{WORD}]}}\n",
        )
    put(
        root / "evals/bench.yaml",
        f"cases: datasets/calls\nbaseline: prompts/a\ncandidate: prompts/b\nmodels: [openai/{MODEL}]\n"
        f"segments: [language, call_type]\ngate: {{trials: {trials}}}\n",
    )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
