"""A run -> one document as promptfoo exports it (results version 3): `promptfoo import` takes it, its viewer shows it.

Two columns a model, baseline and candidate; a row for each trial of each decision. Our grades are the assertions, so
nothing is graded again; a Failure is promptfoo's error and is no number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callgate.concepts import Case, Failure, Grade, Json, NotApplicable, Score, Trial
from callgate.redaction import redact


@dataclass(frozen=True, slots=True)
class Column:
    """A variant as promptfoo has it: a prompt and a provider."""

    label: str
    prompt: str
    model: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One graded trial: `test` numbers the row, `column` the variant."""

    test: int
    column: int
    case: Case
    trial: Trial
    grades: Mapping[str, Grade]


def document(
    about: tuple[str, str, str], columns: Sequence[Column], cells: Sequence[Cell], caller: Mapping[int, str]
) -> str:
    """The document as JSON text, no secret in it. `about`: the run's id, a title, when it finished, in UTC; `caller`:
    what the caller last said, by row."""
    run, title, finished = about
    results = [_result(cell, columns[cell.column], caller[cell.test]) for cell in cells]
    body = {
        "evalId": f"callgate-{run[:16]}",
        "results": {
            "version": 3,
            "timestamp": finished,
            "prompts": [_prompt(number, column, results) for number, column in enumerate(columns)],
            "results": results,
            "stats": {**_counts(results), "tokenUsage": _tokens(results)},
        },
        "config": {"description": title, "prompts": [c.label for c in columns], "providers": [], "tests": []},
        "shareableUrl": None,
        "metadata": {"exportedAt": finished, "evaluationCreatedAt": finished, "author": "callgate"},
    }
    return redact(json.dumps(body, ensure_ascii=False, allow_nan=False, indent=1)) + "\n"


def _result(cell: Cell, column: Column, caller: str) -> dict[str, Any]:
    success, test = cell.grades["success"], _test(cell, caller)
    parts = [_component(name, grade) for name, grade in cell.grades.items() if isinstance(grade, Score)]
    passed = isinstance(success, Score) and success.passed
    error = success.why if isinstance(success, Failure) else ""
    bad = success.why if isinstance(success, Score) and not success.passed else ""
    score = success.value if isinstance(success, Score) else 0.0
    named = {part["assertion"]["metric"]: part["score"] for part in parts if part["assertion"]["metric"] != "success"}
    grading: dict[str, Any] = {
        "pass": passed,
        "score": score,
        "reason": bad or "passed",
        "namedScores": named,
        "componentResults": parts,
    }
    replies = [step.reply for step in cell.trial.steps]
    tokens = {
        "prompt": sum(r.prompt_tokens for r in replies),
        "completion": sum(r.completion_tokens for r in replies),
        "total": sum(r.prompt_tokens + r.completion_tokens for r in replies),
        "cached": 0,
        "numRequests": len(replies),
    }
    return {
        "testIdx": cell.test,
        "promptIdx": cell.column,
        "testCase": test,
        "vars": test["vars"],
        "prompt": {"raw": column.prompt, "label": column.label},
        "provider": {"id": column.model, "label": column.label},
        "response": {"output": spoken(cell.trial), "tokenUsage": tokens},
        "gradingResult": None if error else grading,
        "success": passed,
        "score": score,
        "namedScores": {} if error else named,
        "latencyMs": round(1000 * sum(r.seconds for r in replies)),
        "cost": sum(r.dollars or 0.0 for r in replies),
        "failureReason": 2 if error else 0 if passed else 1,
        "error": error or bad or None,
        "metadata": test["metadata"],
    }


def spoken(trial: Trial) -> str:
    """A trial as one text: what was said, and each call with its answer."""
    lines: list[str] = []
    for step in trial.steps:
        lines += [step.reply.text] if step.reply.text else []
        for answer in step.answers:
            content = json.dumps(answer.content, ensure_ascii=False)
            lines.append(f"[{answer.call.name}({answer.call.arguments}) -> {content}]")
    return "\n".join(lines)


def _test(cell: Cell, caller: str) -> dict[str, Any]:
    """The row's test: its case and decision as `case_id`, so that `callgate compare` pairs repeats as trials."""
    name = f"{cell.case.id} {cell.trial.id.decision}"
    about: dict[str, Json] = {**cell.case.segments, "case_id": name, "cluster": cell.case.cluster or cell.case.id}
    return {
        "description": f"{name} #{cell.trial.id.number}",
        "vars": {"caller": caller},
        "metadata": about,
        "assert": [],
    }


def _component(name: str, grade: Score) -> dict[str, Any]:
    assertion = {"type": "javascript", "metric": name, "value": f"callgate: {name}"}
    why = grade.why or ("passed" if grade.passed else "failed")
    return {"pass": grade.passed, "score": grade.value, "reason": why, "assertion": assertion}


def _prompt(number: int, column: Column, results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    mine = [result for result in results if result["promptIdx"] == number]
    counts, named = _counts(mine), [result["namedScores"] for result in mine]
    names = sorted({name for scores in named for name in scores})
    parts = [part for result in mine for part in (result["gradingResult"] or {}).get("componentResults", ())]
    metrics = {
        "score": sum(result["score"] for result in mine),
        "testPassCount": counts["successes"],
        "testFailCount": counts["failures"],
        "testErrorCount": counts["errors"],
        "assertPassCount": sum(part["pass"] for part in parts),
        "assertFailCount": sum(not part["pass"] for part in parts),
        "totalLatencyMs": sum(result["latencyMs"] for result in mine),
        "tokenUsage": _tokens(mine),
        "namedScores": {name: sum(scores.get(name, 0.0) for scores in named) for name in names},
        "namedScoresCount": {name: sum(name in scores for scores in named) for name in names},
        "cost": sum(result["cost"] for result in mine),
    }
    return {"raw": column.prompt, "label": column.label, "provider": column.model, "metrics": metrics}


def _counts(results: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    reasons = [result["failureReason"] for result in results]
    return {"successes": reasons.count(0), "failures": reasons.count(1), "errors": reasons.count(2)}


def _tokens(results: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    keys = ("prompt", "completion", "total", "cached", "numRequests")
    return {key: sum(result["response"]["tokenUsage"][key] for result in results) for key in keys}


def applies(grades: Mapping[str, Grade]) -> bool:
    """Whether a trial has something to show; promptfoo has no word for one to which no blocking grader applied."""
    return not isinstance(grades["success"], NotApplicable)
