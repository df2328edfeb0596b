"""JSON Lines and CSV as golden sets: the cases of the YAML files with the same keys, every mistake at its line and column."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import yaml

from callgate.concepts import Mistake, Problem
from callgate.dataset import read_set
from callgate.dataset.guard import unclean
from callgate.dataset.sheets import rows, without

WORLD = """
kind: triage
timezone: Europe/Madrid
now: "2026-11-24 09:15"
triage: {categories: [billing, login, other], priorities: [high, normal], out_of_scope: other}
"""
TICKETS = [
    {
        "id": "en-a",
        "segments": {"language": "en"},
        "subject": 'Charged "twice"',
        "caller": "Please, refund one.\nThanks, Ada",
        "expect": {"answer": {"category": "billing", "priority": "high"}},
    },
    {
        "id": "es-b",
        "segments": {"language": "es"},
        "caller": "no puedo entrar",
        "expect": {"answer": {"category": "login"}},
    },
    {
        "id": "es-c",
        "segments": {"language": "es"},
        "caller": "14:00",
        "must_pass": True,
        "cluster": "12",
        "expect": {"answer": {"category": "login", "priority": "normal"}},
    },
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "set").mkdir()
    (tmp_path / "set/_world.yaml").write_text(WORLD)
    return tmp_path


def read(project: Path):
    return read_set(project / "set", project)


def problems(project: Path) -> list[str]:
    with pytest.raises(Mistake) as raised:
        read(project)
    return [str(problem) for problem in raised.value.problems]


def as_table(tickets) -> str:
    columns = ["id", "segments.language", "subject", "caller", "must_pass", "cluster"]
    columns += ["expect.answer.category", "expect.answer.priority"]
    whole = io.StringIO()
    table = csv.writer(whole)
    table.writerow(columns)
    for ticket in tickets:
        row = []
        for column in columns:
            value = ticket
            for part in column.split("."):
                value = value.get(part, "") if isinstance(value, dict) else ""
            row.append(str(value).lower() if isinstance(value, bool) else value)
        table.writerow(row)
    return whole.getvalue()


def test_the_three_forms_are_the_same_cases(project):
    found = []
    for form in ("yaml", "jsonl", "csv"):
        if form == "yaml":
            for ticket in TICKETS:
                own = {key: value for key, value in ticket.items() if key != "id"}
                (project / f"set/{ticket['id']}.yaml").write_text(yaml.safe_dump(own, allow_unicode=True))
        elif form == "jsonl":
            (project / "set/all.jsonl").write_text("".join(json.dumps(ticket) + "\n\n" for ticket in TICKETS))
        else:
            (project / "set/all.csv").write_text(as_table(TICKETS), newline="")
        found.append(read(project).cases)
        for path in (project / "set").glob("[!_]*"):
            path.unlink()
    assert found[0] == found[1] == found[2]
    assert [case.digest for case in found[0]] == [case.digest for case in found[2]]
    first = found[0][0]
    assert first.turns[0].text == 'Subject: Charged "twice"\n\nPlease, refund one.\nThanks, Ada'
    assert first.points[0].expect.answer == {"category": "billing", "priority": "high"}
    assert first.scheme is not None
    assert found[1][2].must_pass


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": "a", "caller": "x" "y"}', "set/t.jsonl:1:27: no JSON: Expecting ',' delimiter; a line is one object"),
        ('[{"id": "a"}]', 'set/t.jsonl:1:1: a line is one object, as {"id": ..., "caller": ..., "expect": ...}'),
        ('{"caller": "x"}', "set/t.jsonl:1:1: each case here needs an 'id' of its own"),
        ('{"id": 7, "caller": "x"}', "set/t.jsonl:1:2: an id is a text, not 7"),
        ('{"id": "A b", "caller": "x"}', "set/t.jsonl:1:2: 'A b' is no id: lower-case letters"),
        ('{"id": "a", "id": "b"}', "set/t.jsonl:1:13: key 'id' stands twice in this object"),
        ('{"id": "a", "expect": {"answer": {"category": 3}}}', "set/t.jsonl:1:35: must be a text"),
        ('{"id": "a", "expct": {}}', "set/t.jsonl:1:13: unknown key 'expct'; did you mean 'expect'?"),
        ('{"id": "a", "caller": "\\ud800"}', "set/t.jsonl:1:1: half a surrogate pair"),
        ('{"id": "a", "nightly": NaN}', "set/t.jsonl:1:1: no JSON that is read here: NaN"),
        ('{"id": "a", "nightly": 99999999999999999999}', "set/t.jsonl:1:1: no JSON that is read here: 9999"),
        ("[" * 5000, "set/t.jsonl:1:"),
    ],
)
def test_a_mistake_in_a_line_is_told_at_its_place(project, line, said):
    (project / "set/t.jsonl").write_text(line + "\n")
    assert said in problems(project)[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id;caller\na;x\n", "set/t.csv:1:1: cells are parted by commas"),
        ("id,id\na,b\n", "set/t.csv:1:4: column 'id' stands twice"),
        ("id,expect,expect.answer\n", "set/t.csv:1:11: 'expect' and 'expect.answer' cannot both be columns"),
        ("id,caller,\na,x,\n", "set/t.csv:1:11: a column is named by its key"),
        ('id,caller\na,"x\n', "set/t.csv:2:3: this quote is never closed"),
        ('id,caller\na,"x"y\n', "set/t.csv:2:6: after a closing quote comes a comma"),
        ('id,caller\na,x"y\n', "set/t.csv:2:4: a quote inside a cell"),
        ("id,caller\na,x,y\n", "set/t.csv:2:1: 3 cells, and the first line names 2 columns"),
        ('id,caller,expct\na,"two\nlines",z\n', "set/t.csv:3:8: unknown key 'expct'; did you mean 'expect'?"),
        ("id,caller,nightly\na,x,soon\n", "set/t.csv:2:5: must be a whole number"),
        ("id,caller\n", "set/t.csv:1:1: holds no case"),
    ],
)
def test_a_mistake_in_a_table_is_told_at_its_place(project, text, said):
    (project / "set/t.csv").write_text(text, newline="")
    assert said in problems(project)[0]


def test_an_id_is_unique_over_all_files_and_all_mistakes_are_told(project):
    line = '{"id": "a", "caller": "x", "expect": {"answer": {"category": "login"}}}\n'
    (project / "set/a.yaml").write_text("caller: x\nexpect: {answer: {category: login}}\n")
    (project / "set/t.jsonl").write_text(line + line.replace('"a"', '"b"') * 2)
    assert problems(project) == [
        "set/t.jsonl:1:1: case 'a' stands already in set/a.yaml",
        "set/t.jsonl:3:1: case 'b' stands already in set/t.jsonl",
    ]


def test_a_case_is_taken_out_of_a_sheet_and_nothing_else():
    lines = "".join(f'{{"id": "{name}"}}\n' for name in "abc")
    assert without(lines, "t.jsonl", {"b"}) == '{"id": "a"}\n{"id": "c"}\n'
    assert without(lines, "t.jsonl", {"a", "b", "c"}) == ""
    odd = '{"id": "a", "caller": "x\u2028y\x85z"}\n{"id": "b"}\n'
    assert without(odd, "t.jsonl", {"b"}) == odd.partition("\n")[0] + "\n"
    assert without('id,caller\na,"x\u2028\x0by"\nb,z\n', "t.csv", {"b"}) == 'id,caller\na,"x\u2028\x0by"\n'
    table = 'id,caller\na,"two\nlines"\nb,x\n'
    assert without(table, "t.csv", {"a"}) == "id,caller\nb,x\n"
    left = [row for row in rows(without(table, "t.csv", {"b"}), "t.csv") if not isinstance(row, Problem)]
    assert [name for name, _ in left] == ["a"]


def test_nobody_commits_personal_data_in_a_sheet(project):
    text = '{"id": "a", "caller": "call me at +1 312 867 5309"}\n{"id": "b", "caller": "x", "pii": "unreviewed"}\n'
    found = [str(problem) for problem in unclean("set/t.jsonl", text, project)]
    assert len(found) == 2
    assert found[0].startswith("set/t.jsonl:1:13: holds a telephone number")
    assert found[1].startswith("set/t.jsonl:2:28: unreviewed") or "pii: unreviewed" in found[1]
    (project / "set/_world.yaml").write_text(WORLD + "pii: synthetic\n")
    assert len(list(unclean("set/t.jsonl", text.splitlines()[0], project))) == 0
