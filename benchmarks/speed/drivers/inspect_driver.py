"""Inspect AI: a task over a dataset in memory, its includes() and one scorer for the schema, its own log."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("INSPECT_LOG_LEVEL", "error")
sys.path.insert(0, str(Path(__file__).parents[1]))
import world
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageSystem, ChatMessageUser, GenerateConfig, get_model
from inspect_ai.scorer import Score, accuracy, includes, scorer
from inspect_ai.solver import generate

SCHEMA = world.validator()


@scorer(metrics=[accuracy()])
def fits():
    async def score(state, target):
        return Score(value="C" if world.graded(state.output.completion, SCHEMA)[1] else "I")

    return score


def main() -> None:
    job = world.job()
    os.environ["INSPECT_CACHE_DIR"] = str(job.folder / "cache")
    samples = [
        Sample(
            id=call.id,
            target=world.WORD,
            input=[ChatMessageSystem(content=world.SYSTEM), ChatMessageUser(content=call.user)],
            metadata={"language": call.language, "call_type": call.call_type},
        )
        for call in world.calls(job.count)
    ]
    config = {"max_connections": job.at_once, "temperature": 0.0}
    if job.seconds:
        config |= {"timeout": int(job.seconds * 20), "attempt_timeout": int(job.seconds) or 1}
    model = get_model(
        f"openai/{world.MODEL}",
        base_url=job.base,
        api_key="x",
        config=GenerateConfig(**config),
        responses_api=False,
    )
    (log,) = inspect_eval(
        Task(MemoryDataset(samples), solver=generate(cache=job.cached), scorer=[includes(), fits()]),
        model=model,
        log_dir=str(job.folder / "logs"),
        display="none",
        max_samples=job.at_once,
        fail_on_error=False,
        log_realtime=False,
        score_display=False,
    )
    done = [one for one in log.samples or [] if one.scores and not one.error]
    passed = sum(all(score.value in {"C", 1} for score in one.scores.values()) for one in done)
    world.tell(answered=len(done), failed=job.count - len(done), passed=passed)


if __name__ == "__main__":
    main()
