"""DeepEval: it grades what is there already, so openai's client asks first; then evaluate() runs two metrics."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

QUIET = {
    "DEEPEVAL_TELEMETRY_OPT_OUT": "YES",
    "DEEPEVAL_UPDATE_WARNING_OPT_IN": "NO",
    "DEEPEVAL_DISABLE_DOTENV": "1",
    "ERROR_REPORTING": "NO",
    "CONFIDENT_TRACE_FLUSH": "NO",
}
os.environ.update(QUIET)
sys.path.insert(0, str(Path(__file__).parents[1]))
import openai
import world
from deepeval import evaluate
from deepeval.evaluate import AsyncConfig, CacheConfig, DisplayConfig, ErrorConfig
from deepeval.metrics import BaseMetric
from deepeval.test_case import LLMTestCase

SCHEMA = world.validator()


class Rule(BaseMetric):
    """One of the two graders, as DeepEval wants it."""

    def __init__(self, which: int = 0, threshold: float = 1.0) -> None:
        self.which = which
        self.threshold = threshold
        self.async_mode = True

    def measure(self, test_case: LLMTestCase, *_: object, **__: object) -> float:
        self.score = float(world.graded(test_case.actual_output, SCHEMA)[self.which])
        self.success = self.score >= self.threshold
        self.reason = ""
        return self.score

    async def a_measure(self, test_case: LLMTestCase, *_: object, **__: object) -> float:
        return self.measure(test_case)

    def is_successful(self) -> bool:
        return self.success

    @property
    def __name__(self) -> str:
        return ("contains", "schema")[self.which]


async def replies(job: world.Job) -> tuple[list[LLMTestCase], int]:
    client = openai.AsyncOpenAI(base_url=job.base, api_key="x", **({"timeout": job.seconds} if job.seconds else {}))
    found, failed, todo = [], 0, world.calls(job.count)

    async def work() -> None:
        nonlocal failed
        for call in todo:
            try:
                response = await client.chat.completions.create(
                    model=world.MODEL, messages=call.messages, temperature=0
                )
            except Exception:  # noqa: BLE001 - whatever the client raises is a failure here
                failed += 1
                continue
            text = response.choices[0].message.content
            found.append(LLMTestCase(name=call.id, input=call.user, actual_output=text))

    await asyncio.gather(*(work() for _ in range(job.at_once)))
    return found, failed


def main() -> None:
    job = world.job()
    os.chdir(job.folder)
    found, failed = asyncio.run(replies(job))
    report = evaluate(
        found,
        [Rule(0), Rule(1)],
        async_config=AsyncConfig(run_async=True, max_concurrent=job.at_once, throttle_value=0),
        display_config=DisplayConfig(show_indicator=False, print_results=False),
        cache_config=CacheConfig(write_cache=False, use_cache=False),
        error_config=ErrorConfig(ignore_errors=True),
    )
    with (job.folder / "results.jsonl").open("w", encoding="utf-8") as out:
        for one in report.test_results:
            grades = {metric.name: metric.success for metric in one.metrics_data}
            out.write(json.dumps({"id": one.name, "reply": one.actual_output, "grades": grades}) + "\n")
    passed = sum(bool(one.success) for one in report.test_results)
    world.tell(answered=len(report.test_results), failed=failed, passed=passed)


if __name__ == "__main__":
    main()
