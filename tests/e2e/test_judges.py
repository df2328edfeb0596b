"""Labelling and calibrating as docs/judges.md says it, by the installed command."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import pty
import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from scratch import COMMAND, HOUSE, Project, clean, small

from callgate.concepts import Mistake
from callgate.dataset.labels import add_labels
from callgate.evaluate.calibrating import Wanted, calibrated
from callgate.evaluate.labelling import session

CASES = ("en-ask-loaner-like-the-neighbor", "es-pregunta-american-express")
LABELS = "datasets/receptionist/_labels/faithfulness.jsonl"


def commands():
    """The lines of the page that one types, in order."""
    text = (HOUSE / "docs/judges.md").read_text("utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [line.split() for block in blocks for line in block.splitlines()]


@pytest.fixture(scope="module")
def ran_once(tmp_path_factory):
    root = tmp_path_factory.mktemp("judges")
    project = small(root, CASES)
    project.edit("evals/receptionist.yaml", "  protect: [call_type=booking]\n", "  trials: 2\n")
    ran = project.run("eval", "receptionist")
    assert ran.code == 4, ran.said
    return root


@pytest.fixture
def project(ran_once, tmp_path):
    shutil.copytree(ran_once, tmp_path / "project")
    return Project(tmp_path / "project")


def typed(project, words, keys):
    """`callgate WORDS` on a terminal, on which `keys` are typed one by one, each after the question for it."""
    main, other = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, *words], cwd=project.root, env=clean(project.root), stdin=other, stdout=other, stderr=other
    )
    os.close(other)
    shown = ""
    waiting = list(keys)
    with contextlib.suppress(OSError):  # the other end is closed when the command has ended
        while piece := os.read(main, 4096).decode("utf-8", "replace"):
            shown += piece
            while waiting and shown.count("q quit") > len(keys) - len(waiting):
                os.write(main, waiting.pop(0).encode())
    os.close(main)
    assert process.wait(60) == 0, shown
    return shown


def test_the_page_from_labels_by_key_and_by_table_to_a_card(project):
    by_key, to_table, from_table, calibrate = commands()
    shown = typed(project, by_key[1:], "ppfuspq")
    labels = [json.loads(line) for line in (project.root / LABELS).read_text("utf-8").splitlines()]
    assert [label["verdict"] for label in labels] == ["pass", "pass", "pass"], "the one that was undone is gone"
    assert {label["by"] for label in labels} == {"ana"}
    assert "baseline" not in shown
    assert "candidate" not in shown

    assert project.run(*to_table[1:]).code == 0
    with (project.root / "to-label.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) + 3 == 8, "two decisions, two trials, both variants"
    assert not {label["trial"] for label in labels} & {row["id"] for row in rows}
    for row in rows[:-1]:
        row["verdict"] = "fail" if "loaner car for you" in row["reply"] else "p"
    with (project.root / "to-label.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)
    read = project.run(*from_table[1:])
    assert read.code == 0, read.said
    assert f"{len(rows) - 1} labelled" in read.err

    done = project.run(*calibrate[1:])
    assert done.code == 0, done.said
    assert re.search(r"^en +\d+ +[\d.]+% \[", done.out, re.MULTILINE), done.out
    assert re.search(r"^es: advises only: .*30 are the least", done.out, re.MULTILINE), done.out
    assert "Simulated: this says nothing about a live judge." in done.out
    card = json.loads((project.root / "reports/judges/faithfulness.json").read_text("utf-8"))
    assert card["schema"] == "callgate.card/1"
    assert sum(language["labels"] for language in card["languages"].values()) == 7
    page = (project.root / "reports/judges/faithfulness.md").read_text("utf-8")
    assert "| es |" in page
    assert not any(row["reply"].splitlines()[0][7:] in page for row in rows), "no word of a reply is in the card"

    again = calibrated(project.root, "faithfulness", Wanted(offline=True))
    assert (again.lost, json.loads(again.card.to_json())) == ((), card), "what was asked is in the ledger"


@pytest.mark.parametrize(
    ("ask", "line"),
    [
        (lambda root: calibrated(root, "faithfulness", Wanted()), "nobody has labelled replies for faithfulness yet"),
        (lambda root: calibrated(root, "faithfulnes", Wanted()), "in prompts/judges; did you mean 'faithfulness'"),
        (lambda root: calibrated(root, "intent", Wanted()), "no eval has a judge of prompts/judges/intent.md; add"),
        (lambda root: session(root, "intent", "last", segment={}), "name it under `expect: judge: [intent]`"),
        (lambda root: session(root, "faithfulness", "abc", segment={}), "no run 'abc'"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_remedy(ran_once, ask, line):
    with pytest.raises(Mistake) as caught:
        ask(ran_once)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_verdict_that_never_came_leaves_no_card(project):
    drawn = session(project.root, "faithfulness", "last", segment={})
    add_labels(drawn.file, [label.judged("pass", by="ana", on="2026-03-06") for label in drawn.drawn])
    done = calibrated(project.root, "faithfulness", Wanted(votes=3, offline=True))
    assert done.lost == ("offline: not in the ledger, and nothing is asked offline",)
    assert not (project.root / "reports/judges").exists()


def test_a_simulated_judge_is_not_calibrated_on_a_live_models_replies(project):
    drawn = session(project.root, "faithfulness", "last", segment={})
    live = [replace(label, model="openai/gpt-5").judged("pass", by="ana", on="2026-03-06") for label in drawn.drawn]
    add_labels(drawn.file, live)
    with pytest.raises(Mistake, match="sim/judge is simulated and never scores a live model"):
        calibrated(project.root, "faithfulness", Wanted())
    with pytest.raises(Mistake, match="of the same family"):
        calibrated(project.root, "faithfulness", Wanted(models=("azure/gpt-4o",)))
