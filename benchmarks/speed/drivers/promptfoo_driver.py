"""promptfoo: a config with its contains and is-json assertions, `promptfoo eval` as one would run it, its JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import world
from peers import promptfoo

QUIET = {
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "PROMPTFOO_DISABLE_UPDATE": "1",
    "PROMPTFOO_DISABLE_SHARING": "1",
    "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
    "OPENAI_API_KEY": "x",
    "NO_COLOR": "1",
    "CI": "1",
}


def config(job: world.Job) -> dict[str, object]:
    return {
        "prompts": ["file://prompt.json"],
        "providers": [{"id": f"openai:chat:{world.MODEL}", "config": {"apiBaseUrl": job.base, "temperature": 0}}],
        "defaultTest": {
            "assert": [{"type": "contains", "value": world.WORD}, {"type": "is-json", "value": world.SCHEMA}]
        },
        "tests": [
            {
                "vars": {"system": world.SYSTEM, "user": call.user},
                "metadata": {"language": call.language, "call_type": call.call_type},
            }
            for call in world.calls(job.count)
        ],
    }


def main() -> None:
    job = world.job()
    (job.folder / "config.json").write_text(json.dumps(config(job)), "utf-8")
    messages = [{"role": "system", "content": "{{system}}"}, {"role": "user", "content": "{{user}}"}]
    (job.folder / "prompt.json").write_text(json.dumps(messages), "utf-8")
    environment = {**os.environ, **QUIET, "PROMPTFOO_CONFIG_DIR": str(job.folder / "home")}
    if job.seconds:
        environment["REQUEST_TIMEOUT_MS"] = str(int(1000 * job.seconds))
    words = [*promptfoo(), "eval", "-c", "config.json", "-j", str(job.at_once), "-o", "out.json"]
    words += ["--no-table", "--no-progress-bar", *([] if job.cached else ["--no-cache"])]
    with (job.folder / "promptfoo.log").open("w") as log:
        subprocess.run(words, cwd=job.folder, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False)
    stats = json.loads((job.folder / "out.json").read_text("utf-8"))["results"]["stats"]
    answered = stats["successes"] + stats["failures"]
    world.tell(answered=answered, failed=stats["errors"], passed=stats["successes"])


if __name__ == "__main__":
    main()
