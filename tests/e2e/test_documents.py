"""What the pages say to type holds: their commands are taken from them and run."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from paste import blocks, shell
from scratch import HOUSE, Project, clean, small

DATA = Path(os.environ.get("CALLGATE_TEST_DATA", HOUSE.parent / "shared" / "data"))


def test_the_first_case_is_written_checked_evaluated_and_shown_as_its_page_says(tmp_path):
    small(tmp_path)
    write, check, alone, look = blocks("first-case.md")
    assert shell(tmp_path, write).returncode == 0
    written = (tmp_path / "datasets/receptionist/saturday-hours-es.yaml").read_text("utf-8")
    assert len(written.splitlines()) == 3
    checked = shell(tmp_path, check)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.splitlines()[-1].endswith("13 cases, 21 decisions: no mistakes")
    ran = shell(tmp_path, alone)
    assert ran.returncode == 4, ran.stdout + ran.stderr
    assert "SUBSET --case saturday-hours-es" in ran.stdout
    assert not (tmp_path / "reports").exists()
    shown = shell(tmp_path, look)
    assert shown.returncode == 0
    assert "¿A qué hora cierran los sábados?" in shown.stdout
    assert re.search(r"baseline v2: \d+/\d+ passed +│ candidate v3: \d+/\d+ passed", shown.stdout), shown.stdout


def test_after_the_first_case_a_whole_run_asks_only_for_it(evaluated):
    assert shell(evaluated.root, blocks("first-case.md")[0]).returncode == 0
    assert evaluated.run("eval", "receptionist").code == 4
    assert 0 < evaluated.paid()["calls"] <= 40
    assert evaluated.paid()["from_the_ledger"] > 200


@pytest.fixture
def variants(tmp_path):
    table = DATA / "tau_retail" / "variants.csv"
    if not table.is_file():
        pytest.skip(f"no data: {table} is absent; set CALLGATE_TEST_DATA")
    (tmp_path / "variants.csv").write_bytes(table.read_bytes())
    one_liner = next(block for block in blocks("compare.md") if "variants.csv" in block)
    assert one_liner.count("\n") == 1
    done = shell(tmp_path, one_liner)
    assert done.returncode == 0, done.stderr
    return Project(tmp_path)


def test_a_variant_that_broke_is_blocked_on_real_results(variants):
    ran = variants.run("compare", "toolcall.csv", "assert.csv")
    assert ran.code == 1, ran.said
    assert re.search(r"all +100 +73.0% +35.0% +-38.0 +-?[\d.]+ +BLOCK", ran.out)
    assert ran.out.splitlines()[-1] == "BLOCK   all calls fell 38.0 points."


def test_a_variant_that_did_not_break_is_not_blocked_on_real_results(variants):
    ran = variants.run("compare", "toolcall.csv", "precond.csv")
    assert ran.code == 4, ran.said
    assert re.search(r"all +100 +73.0% +70.0% +-3.0 ", ran.out)
    assert "BLOCK" not in ran.out


def test_comparing_does_not_import_the_client_nor_pandas(variants):
    ran = variants.run("compare", "toolcall.csv", "assert.csv", imports=True)
    assert not ran.imported & {"litellm", "pandas", "scipy"}


def test_the_page_about_comparing_runs_in_python_too(tmp_path):
    rows = "".join(
        f"c{n},{t},success,{int(n % 5 > 0)},{'es' if n % 2 else 'en'}\n" for n in range(40) for t in range(3)
    )
    for side in ("baseline", "candidate"):
        (tmp_path / f"{side}.csv").write_text(f"case,trial,grader,score,segment.language\n{rows}", "utf-8")
    [program] = blocks("compare.md", "python")
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=clean(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["pass", "all", "language=en", "language=es"]
    first = blocks("compare.md")[0]
    assert shell(tmp_path, first).returncode == 0


def test_the_weekly_page_is_drawn_from_the_ledger_as_its_page_says(evaluated):
    leave, alarm = blocks("weekly.md")
    left = shell(evaluated.root, leave)
    assert left.returncode == 0, left.stderr
    assert "SIMULATED" in left.stdout
    assert re.search(r"the page: reports/weekly/\d{4}-W\d\d\.html", left.stderr)
    assert len(list((evaluated.root / "reports/weekly").iterdir())) == 4
    told = shell(evaluated.root, alarm)
    assert told.returncode == 0, told.stderr
    body = json.loads(told.stdout)
    (trials,) = [one["value"] for one in body["figures"] if one["name"] == "trials"]
    assert body["measured"]
    assert trials > 50


def test_the_ledger_is_exported_loaded_and_made_to_forget_as_its_page_says(evaluated):
    export, forget = blocks("ledger.md")
    exported = shell(evaluated.root, export)
    assert exported.returncode == 0, exported.stderr
    assert '"case_id": "es-cita-viernes-lleno"' in exported.stdout
    assert (evaluated.root / "comparisons.csv").read_text("utf-8").count("receptionist") > 3
    (notebook,) = blocks("ledger.md", "python")
    ran = shell(
        evaluated.root,
        f"python - <<'EOF'\n{notebook}\nprint(len(segments), len(decisions), run._repr_html_()[:3])\nEOF",
    )
    assert ran.returncode == 0, ran.stderr
    assert re.match(r"\d+ \d+ <p>", ran.stdout)
    told = shell(evaluated.root, forget)
    assert told.returncode == 0, told.stderr
    assert "case   datasets/receptionist/es-cita-viernes-lleno.yaml" in told.stdout
