"""pydantic-evals: a dataset of cases, its Contains and one evaluator for the schema; the task calls openai's client."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import openai
import world
from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import Contains, Evaluator, EvaluatorContext

SCHEMA = world.validator()


@dataclass
class Fits(Evaluator):
    def evaluate(self, ctx: EvaluatorContext) -> bool:
        return world.graded(str(ctx.output), SCHEMA)[1]


def main() -> None:
    job = world.job()
    client = openai.AsyncOpenAI(base_url=job.base, api_key="x", **({"timeout": job.seconds} if job.seconds else {}))

    async def ask(messages: list) -> str:
        response = await client.chat.completions.create(model=world.MODEL, messages=messages, temperature=0)
        return response.choices[0].message.content or ""

    cases = [
        Case(name=call.id, inputs=call.messages, metadata={"language": call.language, "call_type": call.call_type})
        for call in world.calls(job.count)
    ]
    dataset = Dataset(name="bench", cases=cases, evaluators=[Contains(value=world.WORD), Fits()])
    report = dataset.evaluate_sync(ask, max_concurrency=job.at_once, progress=False)
    with (job.folder / "results.jsonl").open("w", encoding="utf-8") as out:
        for case in report.cases:
            grades = {name: one.value for name, one in case.assertions.items()}
            out.write(json.dumps({"id": case.name, "reply": case.output, "grades": grades}) + "\n")
    passed = sum(all(one.value for one in case.assertions.values()) for case in report.cases)
    world.tell(answered=len(report.cases), failed=len(report.failures), passed=passed)


if __name__ == "__main__":
    main()
