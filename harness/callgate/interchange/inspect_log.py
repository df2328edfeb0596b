"""Inspect's logs (.eval archives or .json) in; rows out: a sample's epochs are its trials, its scorers the graders."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from callgate.concepts import Mistake, Place, Problem
from callgate.interchange.side import Side, mapping

GRADES: Mapping[str, float] = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}  # N: the model gave no answer


def is_log(document: Any) -> bool:
    """Whether a JSON document is an Inspect log with its samples."""
    return isinstance(document, Mapping) and isinstance(document.get("samples"), list)


def from_archive(path: Path, side: Side) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows of an .eval archive: one member of JSON a sample. Raises Mistake where it is no archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(name for name in archive.namelist() if name.startswith("samples/"))
            samples = [json.loads(archive.read(name)) for name in names if name.endswith(".json")]
    except (zipfile.BadZipFile, ValueError) as error:
        raise Mistake([Problem(Place(str(path)), f"not an Inspect log: {error}")]) from None
    return rows(samples, side)


def rows(samples: Iterable[Mapping[str, Any]], side: Side) -> Iterator[tuple[int, dict[str, Any]]]:
    """A row a sample, epoch and scorer. A sample that ended in an error is not measured by any scorer."""
    held = [mapping(sample) for sample in samples]
    scorers = sorted({name for sample in held for name, _ in _values(sample)})
    for number, sample in enumerate(held, 1):
        found = dict(_values(sample))
        error = sample.get("error")
        why = str(error.get("message") if isinstance(error, Mapping) else error)[:200] if error else ""
        for scorer in scorers:
            row = _row(sample, scorer)
            if why or scorer not in found:
                yield number, {**row, "score": None, "error": why or "the scorer gave no score"}
                continue
            score = _score(found[scorer])
            if score is None:
                side.problem(
                    number, f"sample {sample.get('id')!r}: {scorer} is {found[scorer]!r}; wanted C, P, I or 0..1"
                )
                continue
            yield number, {**row, "score": score}


def _row(sample: Mapping[str, Any], scorer: str) -> dict[str, Any]:
    metadata = mapping(sample.get("metadata"))
    segments = {name: each for name, each in metadata.items() if isinstance(each, str | int) and name != "cluster"}
    row = {"case": str(sample.get("id")), "trial": sample.get("epoch", 1), "grader": scorer, "segments": segments}
    return {**row, "cluster": str(metadata["cluster"])} if metadata.get("cluster") else row


def _values(sample: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """(scorer, value); a scorer that gives several values counts as one for each, SCORER.NAME."""
    for name, score in mapping(sample.get("scores")).items():
        value = score.get("value") if isinstance(score, Mapping) else score
        if isinstance(value, Mapping):
            yield from ((f"{name}.{part}", each) for part, each in value.items())
        else:
            yield name, value


def _score(value: Any) -> float | None:
    if isinstance(value, str) and value in GRADES:
        return GRADES[value]
    if isinstance(value, bool | int | float) and 0.0 <= value <= 1.0:
        return float(value)
    return None
