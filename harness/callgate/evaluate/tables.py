"""The ledger -> flat tables for notebooks and SQL, a row each: runs, comparisons, results, flips, replies.

Columns keep their names and types whatever is in them, so that a query written today runs tomorrow. Shares are 0..1,
times are seconds since 1970; what was not measured is empty, never 0.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from callgate.concepts import Mistake, canonical
from callgate.evaluate.leave import replace_file
from callgate.evaluate.stored import kept_ledger, kept_run
from callgate.ledger import Ledger, Run
from callgate.redaction import redact
from callgate.report.words import spreadsheet_cell

Row = Mapping[str, Any]
TYPES = {str: "VARCHAR", int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN"}

_OF_RUN = {"run": str, "eval": str, "finished": int, "simulated": bool}
TABLES: Mapping[str, Mapping[str, type]] = {
    "runs": _OF_RUN
    | {"verdict": str, "exit_code": int, "subset": str, "baseline": str, "baseline_digest": str, "candidate": str}
    | {"candidate_digest": str, "cases": int, "decisions": int, "trials": int, "value": float},
    "comparisons": _OF_RUN
    | {"segment": str, "metric": str, "model": str, "role": str, "verdict": str, "cases": int, "trials": int}
    | {"baseline_mean": float, "candidate_mean": float, "change": float, "low": float, "high": float}
    | {"at_worst": float, "level": float, "margin": float, "p": float, "p_adjusted": float, "detectable": float},
    "results": _OF_RUN
    | {"model": str, "case_id": str, "decision": str, "family": str, "severity": str, "segments": str}
    | {"case_digest": str, "baseline_passed": int, "baseline_trials": int, "candidate_passed": int}
    | {"candidate_trials": int, "failing": str},
    "flips": _OF_RUN
    | {"model": str, "case_id": str, "decision": str, "segments": str, "baseline_passed": int, "baseline_trials": int}
    | {"candidate_passed": int, "candidate_trials": int, "grader": str, "why": str, "evidence": str},
    "replies": {"key": str, "model": str, "served": str, "simulated": bool, "created": int, "outcome": str}
    | {"prompt_tokens": int, "completion_tokens": int, "dollars": float, "seconds": float},
}
"""Each table with its columns. `segments` and `failing` are JSON objects; `case_id` is so called since
CASE is a word of SQL."""
HISTORY = "history"
"""Whole runs as JSON Lines, which `callgate weekly --runs` reads; no flat table."""


def rows(root: Path, table: str, run: str = "") -> Iterator[Row]:
    """The rows of a table, the newest run first; of one run where it is named. Raises Mistake where there is none."""
    if run and table != "replies":
        with kept_run(root, run) as (_, one):
            yield from _of_run(table, one)
        return
    with kept_ledger(root) as ledger:
        if table == "replies":
            yield from _replies(ledger)
            return
        for one in ledger.runs():
            yield from _of_run(table, one)


def _of_run(table: str, run: Run) -> Iterator[Row]:
    if table == HISTORY:
        yield asdict(run)
        return
    if not isinstance(run.decision, Mapping):
        return  # a run that never came to a decision has no row
    body: Mapping[str, Any] = run.decision
    about = {"run": run.id, "eval": run.eval, "finished": run.finished, "simulated": body["simulated"]}
    for row in _FLAT[table](run, body):
        yield {**about, **row}


def _run_row(_: Run, body: Row) -> Iterator[Row]:
    names = {side: body[side]["name"] for side in ("baseline", "candidate")}
    digests = {f"{side}_digest": body[side]["digest"] for side in ("baseline", "candidate")}
    yield {**{name: body[name] for name in TABLES["runs"] if name in body}, **names, **digests}


def _comparison_rows(_: Run, body: Row) -> Iterator[Row]:
    for row in body["comparisons"]:
        low, high = row["interval_here"] or (None, None)
        yield {**row, "segment": _segment(row["segment"]), "low": low, "high": high}


def _result_rows(run: Run, _: Row) -> Iterator[Row]:
    plan: Mapping[str, Any] = run.plan if isinstance(run.plan, Mapping) else {}
    for row in plan.get("results", ()):
        yield {
            **row,
            "case_id": row["case"],
            "case_digest": row["digest"],
            "segments": canonical(row["segments"]),
            "failing": canonical(row["failing"]),
            **{f"{arm}_{what}": row[arm][at] for arm in ("baseline", "candidate") for at, what in _COUNTS},
        }


_COUNTS = ((0, "passed"), (1, "trials"))


def _flip_rows(_: Run, body: Row) -> Iterator[Row]:
    for row in body["flips"]:
        yield {**row, "case_id": row["case"], "segments": canonical(row["segments"])}


_FLAT: Mapping[str, Callable[[Run, Row], Iterator[Row]]] = {
    "runs": _run_row,
    "comparisons": _comparison_rows,
    "results": _result_rows,
    "flips": _flip_rows,
}


def _replies(ledger: Ledger) -> Iterator[Row]:
    for key, model, created, reply in ledger.every_reply():
        yield {**asdict(reply), "key": key, "model": model, "created": created}


def _segment(segment: Row) -> str:
    return ",".join(f"{key}={value}" for key, value in segment.items()) or "all"


# ---------------------------------------------------------------------------------------------- writing


def write(root: Path, table: str, kind: str, out: Path | None, run: str = "") -> str:
    """The table as text (`csv`, `jsonl`), or written to `out` (also `parquet`) and ''. Raises Mistake for a table that
    has no such form."""
    if table not in {*TABLES, HISTORY}:
        raise Mistake(f"no table {table!r}; there are {', '.join([*TABLES, HISTORY])}")
    if table == HISTORY and kind != "jsonl":
        raise Mistake(f"{HISTORY} is whole runs: write it --to jsonl")
    if kind == "parquet" and out is None:
        raise Mistake("Parquet is no text: name a file with --out")
    text = redact(_csv(table, rows(root, table, run)) if kind == "csv" else _jsonl(table, rows(root, table, run)))
    if out is None:
        return text
    if kind == "parquet":
        _parquet(table, text, out)
    else:
        replace_file(out, text)
    return ""


def _kept(table: str, row: Row) -> dict[str, Any]:
    return dict(row) if table == HISTORY else {name: row.get(name) for name in TABLES[table]}


def _jsonl(table: str, found: Iterable[Row]) -> str:
    return "".join(json.dumps(_kept(table, row), ensure_ascii=False, allow_nan=False) + "\n" for row in found)


def _csv(table: str, found: Iterable[Row]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(TABLES[table])
    for row in found:
        writer.writerow([_cell(value) for value in _kept(table, row).values()])
    return stream.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return spreadsheet_cell(value) if isinstance(value, str) else value


def _parquet(table: str, lines: str, out: Path) -> None:
    """Through DuckDB, by way of the same rows as JSON Lines."""
    try:
        import duckdb
    except ImportError:
        raise Mistake("Parquet needs DuckDB: pip install 'callgate[tables]', or write --to jsonl") from None
    import tempfile

    columns = ", ".join(f"'{name}': '{TYPES[kind]}'" for name, kind in TABLES[table].items())
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as database:
        source, made = Path(folder) / "rows.jsonl", Path(folder) / "rows.parquet"
        replace_file(source, lines)
        database.execute(
            "COPY (SELECT * FROM read_json($source, format = 'newline_delimited', maximum_object_size = 67108864, "  # noqa: S608  # our own names
            f"columns = {{{columns}}})) TO '{made}' (FORMAT parquet)",
            {"source": str(source)},
        )
        out.write_bytes(made.read_bytes())
        out.chmod(0o600)
