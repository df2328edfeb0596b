"""The ledger as tables: the same in SQLite, in exports, in pandas and in DuckDB; and forgetting."""

import csv
import io
import json
import re
import sqlite3
import stat
from pathlib import Path

import pytest

import callgate
import invented
from callgate.concepts import Mistake
from callgate.evaluate.tables import HISTORY, TABLES, TYPES, rows, write
from callgate.evaluate.weekly import read_runs
from callgate.ledger import Ledger
from payloads import PAYLOADS

HOUSE = Path(__file__).parents[2]
QUERIES = re.findall(r"^```sql\n(.*?)^```", (HOUSE / "docs/ledger.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return invented.project(tmp_path_factory.mktemp("project"))


def sqlite(root):
    database = sqlite3.connect(root / ".callgate/ledger.db")
    database.executescript((HOUSE / "docs/ledger.sql").read_text("utf-8"))
    return database


@pytest.mark.parametrize("table", TABLES)
def test_the_views_are_the_exported_tables(root, table):
    database = sqlite(root)
    cursor = database.execute(f"SELECT * FROM {table}")
    assert [name for name, *_ in cursor.description] == list(TABLES[table])
    found = [tuple(map(_plain, row)) for row in cursor]
    database.close()
    wanted = [tuple(_plain(row.get(name)) for name in TABLES[table]) for row in rows(root, table)]
    assert len(wanted) >= 3
    assert sorted(found, key=str) == sorted(wanted, key=str)


def _plain(value):
    if isinstance(value, str) and value[:1] == "{":
        return json.dumps(json.loads(value), sort_keys=True)
    return float(value) if isinstance(value, bool | int | float) else value


def test_there_are_five_queries_and_each_answers_in_sqlite(root):
    assert len(QUERIES) == 5
    database = sqlite(root)
    answers = [database.execute(query).fetchall() for query in QUERIES]
    database.close()
    assert all(answers)
    assert answers[0][0][:2] == ("receptionist", "block")
    assert answers[1][0][1] == "language=es"


def test_duckdb_answers_the_same_from_exported_parquet(root, tmp_path):
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed: the queries are NOT TESTED in it")
    with duckdb.connect() as database:
        for table in TABLES:
            file = tmp_path / f"{table}.parquet"
            assert write(root, table, "parquet", file) == ""
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            database.execute(f"CREATE VIEW {table} AS SELECT * FROM '{file}'")
            kinds = dict(database.execute(f"SELECT column_name, column_type FROM (DESCRIBE {table})").fetchall())
            assert kinds == {name: TYPES[kind] for name, kind in TABLES[table].items()}
        here = [database.execute(query).fetchall() for query in QUERIES]
    lite = sqlite(root)
    there = [lite.execute(query).fetchall() for query in QUERIES]
    lite.close()
    for one, other in zip(here, there, strict=True):
        assert [[pytest.approx(value) if isinstance(value, float) else value for value in row] for row in one] == [
            list(row) for row in other
        ]


def test_without_duckdb_parquet_is_a_mistake_with_its_remedy(root, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    with pytest.raises(Mistake, match=r"callgate\[tables\]"):
        write(root, "runs", "parquet", tmp_path / "runs.parquet")


def test_csv_and_json_lines_have_the_same_rows(root):
    for table in TABLES:
        lines = [json.loads(line) for line in write(root, table, "jsonl", None).splitlines()]
        cells = list(csv.DictReader(io.StringIO(write(root, table, "csv", None))))
        assert [list(row) for row in lines] == [list(TABLES[table])] * len(cells)
        for line, cell in zip(lines, cells, strict=True):
            assert cell == {name: _shown(value) for name, value in line.items()}


def _shown(value):
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def test_history_is_read_again_by_the_weekly_page(root, tmp_path):
    file = tmp_path / "runs.jsonl"
    write(root, HISTORY, "jsonl", file)
    with Ledger.open(root / ".callgate/ledger.db") as ledger:
        assert list(read_runs(file)) == list(ledger.runs())
    with pytest.raises(Mistake, match="jsonl"):
        write(root, HISTORY, "csv", None)
    with pytest.raises(Mistake, match="comparisons"):
        write(root, "nothing", "csv", None)


@pytest.mark.parametrize("text", PAYLOADS)
def test_no_cell_is_a_formula(tmp_path, text):
    root = invented.project(tmp_path, evidence=text, weeks=1)
    written = write(root, "flips", "csv", None)
    found = list(csv.reader(io.StringIO(written)))
    assert any(text.strip()[:3] in cell for row in found for cell in row) or "\n" in text or not text.isprintable()
    assert not [cell for row in found for cell in row if cell.lstrip().startswith(("=", "+", "@"))]


def test_a_run_in_a_notebook(root):
    run = callgate.load("last", root)
    frame = run.frame()
    assert list(frame.segment[:2]) == ["all", "language=en"]
    flips = run.flips()
    assert flips.worse.is_monotonic_decreasing
    assert set(flips["segment.language"]) == {"en", "es"}
    assert len(run.results()) == 60
    assert run.results().candidate_trials.sum() == 300
    with pytest.raises(Mistake, match="no run"):
        callgate.load("nothing", root)
    with pytest.raises(Mistake, match="callgate eval"):
        callgate.load("last", root / "evals")


def test_the_verdict_table_is_escaped(tmp_path):
    shown = callgate.load("last", invented.project(tmp_path, name="<script>x</script>", weeks=1))._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert "<b>" in shown
    assert "<td>language=es</td>" in shown
