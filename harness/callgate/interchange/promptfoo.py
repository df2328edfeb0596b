"""promptfoo's results (JSON or JSONL, version 3) in; rows of one prompt and provider out.

An error of the provider or of the judge is a Failure there as here: promptfoo itself counts a judge that broke as a
failed answer (`graderError` inside a component), which must not become a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from callgate.concepts import canonical, digest
from callgate.interchange.side import Side, mapping

ERROR = 2  # failureReason: 0 none, 1 an assertion failed, 2 the provider failed


def is_export(document: Any) -> bool:
    """Whether a JSON document is what `promptfoo eval -o out.json` writes."""
    return isinstance(document, Mapping) and isinstance(document.get("results"), Mapping)


def is_result(line: Any) -> bool:
    """Whether a line of JSONL is one of promptfoo's results."""
    return isinstance(line, Mapping) and isinstance(line.get("testIdx"), int) and "promptIdx" in line


def results_of(document: Mapping[str, Any]) -> list[tuple[int, Any]]:
    """The results of an export, counted from 1."""
    return list(enumerate(document["results"].get("results") or (), 1))


def rows(results: Iterable[tuple[int, Any]], column: str, side: Side) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows of the prompt numbered `column` ("": the only one). Repeats of a test are its trials, by testIdx."""
    good = [(line, result) for line, result in results if is_result(result)]
    columns = sorted({str(result["promptIdx"]) for _, result in good})
    if not column and len(columns) > 1:
        side.problem(1, f"holds {len(columns)} prompts or providers; name one: {side.name}#{columns[0]}, ...")
        return
    if column and column not in columns:
        side.problem(1, f"has no prompt {column}; there are {', '.join(columns) or 'none'}")
        return
    seen: dict[str, int] = {}
    for line, result in sorted(good, key=lambda pair: pair[1]["testIdx"]):
        if column in {"", str(result["promptIdx"])}:
            case = _case(result)
            trial = seen[case] = seen.get(case, -1) + 1
            for graded in _scores(result):
                yield line, {"case": case, "trial": trial, **graded, **_about(result)}


def _case(result: Mapping[str, Any]) -> str:
    """The case's id: metadata.case_id, or else the description with a hash of the variables."""
    test = mapping(result.get("testCase"))
    named = mapping(test.get("metadata")).get("case_id")
    if named is not None:
        return str(named)
    variables = digest(result.get("vars") or test.get("vars") or {})[:8]
    return f"{test.get('description') or 'test'} {variables}"


def _about(result: Mapping[str, Any]) -> dict[str, Any]:
    """The test's metadata as segments; `cluster` is the case's."""
    metadata = mapping(mapping(result.get("testCase")).get("metadata"))
    segments = {
        name: value if isinstance(value, str) else canonical(value)
        for name, value in metadata.items()
        if isinstance(value, str | int) and name not in {"case_id", "cluster"}
    }
    cluster = metadata.get("cluster")
    return {"segments": segments, "cluster": str(cluster)} if cluster else {"segments": segments}


def _scores(result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Grader, score and error: `success`, then each named metric."""
    scores = {"success": float(bool(result.get("success"))), **mapping(result.get("namedScores"))}
    error = _error(result)
    for name, score in scores.items():
        yield {"grader": name, "score": None, "error": error} if error else {"grader": name, "score": score}


def _error(result: Mapping[str, Any]) -> str:
    """Why a result is no measurement, else nothing: the provider failed, or a judge did and no other check said no."""
    graded = mapping(result.get("gradingResult"))
    if result.get("failureReason") == ERROR or not graded:
        return str(result.get("error") or "promptfoo has no grading for it")[:200]
    parts = [mapping(part) for part in graded.get("componentResults") or ()]
    broken = [part for part in parts if mapping(part.get("metadata")).get("graderError")]
    if broken and all(part.get("pass") for part in parts if part not in broken):
        return str(broken[0].get("reason") or "the judge failed")[:200]
    return ""
