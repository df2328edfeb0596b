"""`callgate init`: an eval from nothing, and one from a promptfoo config with its receipt."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from callgate.cli import main
from callgate.concepts import Mistake
from callgate.evaluate.beginning import begin, begin_from
from callgate.files import read_yaml
from callgate.interchange.promptfoo_asserts import expected_column
from callgate.interchange.promptfoo_config import read_config
from callgate.matchers import pattern_of

CONFIG = """
description: Front desk answers
prompts:
  - file://desk.txt
  - id: file://chat.json
    label: chat
providers:
  - openai:gpt-4o-mini
  - id: anthropic:messages:claude-3-5-haiku-latest
    config: {temperature: 0.2, apiKey: sk-secret-one}
  - file://provider.py
defaultTest:
  vars: {dealer: Riverbend Motors}
  assert:
    - {type: javascript, value: output.length < 600}
    - {type: not-icontains, value: as an ai}
tests:
  - description: Hours on Saturday
    vars: {question: When do you close on Saturdays?}
    metadata: {language: en}
    assert:
      - {type: icontains-any, value: ["2 pm", "14:00"]}
      - {type: llm-rubric, value: is polite}
  - description: Horario
    vars: {question: ¿A qué hora cierran?}
    metadata: {language: es}
    assert:
      - {type: contains, value: "{{dealer}}"}
      - {type: word-count, value: {max: 40}}
      - {type: levenshtein, value: abc, threshold: 5}
  - vars: {question: [one?, two?]}
    metadata: {language: en}
  - file://more.csv
"""
MORE = """question,__expected,__expected2,__metadata:language,__description
"Do you have a loaner?",not-contains: guarantee,"similar(0.8): no",en,loaner
"""


@pytest.fixture
def config(tmp_path):
    (tmp_path / "promptfooconfig.yaml").write_text(CONFIG, "utf-8")
    (tmp_path / "more.csv").write_text(MORE, "utf-8")
    (tmp_path / "desk.txt").write_text("You answer for {{dealer}}. Be brief.\n\nQuestion: {{question}}\n", "utf-8")
    chat = [
        {"role": "system", "content": "You answer for {{dealer}}."},
        {"role": "user", "content": "A customer asks: {{ question }}"},
    ]
    (tmp_path / "chat.json").write_text(json.dumps(chat), "utf-8")
    return tmp_path / "promptfooconfig.yaml"


def test_the_receipt_counts_every_assertion_and_says_where_the_others_are(config):
    begun = begin_from(config.parent, config, None)
    name = config.as_posix()
    counted = re.search(r"(\d+) asserts: (\d+) native, (\d+) through promptfoo, (\d+) not moved: (.*)", begun.text)
    assert counted
    assert [int(counted[n]) for n in range(1, 5)] == [9, 5, 1, 3]
    lines = CONFIG.splitlines()
    for what in ("llm-rubric", "levenshtein"):
        line = next(n for n, text in enumerate(lines, 1) if what in text)
        assert f"{name}:{line}" in counted[5]
        assert re.search(rf"{re.escape(name)}:{line}:\d+: {what} ", begun.text)
    assert re.search(r"more\.csv:2:\d+: similar ", begun.text)
    assert "provider.py is no model" in begun.text
    assert "sk-secret-one" not in begun.text + "".join(
        path.read_text("utf-8") for path in config.parent.rglob("*") if path.is_file() and path != config
    )


def test_what_was_moved_is_an_eval_that_holds(config, monkeypatch, capsys):
    begin_from(config.parent, config, "desk")
    written = read_yaml(config.parent / "evals/desk.yaml").value
    assert written["models"] == ["openai/gpt-4o-mini", "anthropic/claude-3-5-haiku-latest"]
    assert (written["baseline"], written["candidate"]) == ("prompts/desk/v1", "prompts/desk/v2")
    assert {"promptfoo": [{"type": "javascript", "value": "output.length < 600"}]} in written["graders"]
    assert (config.parent / "prompts/desk/v1/prompt.md").read_text("utf-8") == (
        "You answer for {{config.dealer}}. Be brief.\n"
    )
    case = read_yaml(config.parent / "datasets/desk/horario.yaml").value
    assert case["caller"] == "¿A qué hora cierran?"
    assert case["segments"] == {"language": "es"}
    assert case["expect"]["max_words"] == 40
    assert {"regex": "Riverbend Motors"} in case["expect"]["must_say"]
    assert {"regex": "(?i)as an ai"} in case["expect"]["must_not_say"]
    monkeypatch.chdir(config.parent)
    with pytest.raises(SystemExit) as refused:  # nobody has looked for personal data yet
        main(["validate"])
    assert refused.value.code == 2
    assert "unreviewed" in capsys.readouterr().out
    world = config.parent / "datasets/desk/_world.yaml"
    world.write_text(world.read_text("utf-8").replace("unreviewed", "synthetic"), "utf-8")
    with pytest.raises(SystemExit) as done:
        main(["validate"])
    said = capsys.readouterr()
    assert done.value.code == 0, said.out
    assert "5 cases, 5 decisions: no mistakes" in said.out


SAME = [
    ("contains", "oil (change)", "an oil (change) now", "an Oil (change)"),
    ("icontains", "oil+", "OIL+ here", "oil here"),
    ("equals", "Yes.", "Yes.", "Yes. And no."),
    ("starts-with", "Hi", "Hi there", "Oh Hi"),
    ("regex", r"\d{2}:\d{2}", "at 14:00", "at 2 pm"),
    ("contains-any", ["a1", "b2"], "has b2", "has B2"),
    ("icontains-all", ["red", "blue"], "Blue and RED", "only red"),
    ("icontains-any", "open, abierto", "we are Open", "we are closed"),
    ("contains-any", '"a, b", c', "an a, b here", "a b"),
]


@pytest.mark.parametrize(("kind", "value", "good", "bad"), SAME, ids=[case[0] for case in SAME])
def test_a_moved_assertion_says_the_same(tmp_path, kind, value, good, bad):
    found = moved(tmp_path, {"type": kind, "value": value}, {"type": f"not-{kind}", "value": value})
    expect = found.cases[0].expect
    assert holds(expect["must_say"], good)
    assert not holds(expect["must_say"], bad)
    if kind.endswith("-all"):  # "not all of them" is no expectation here, and says so
        assert [one.assertion for one in found.left] == [True]
        return
    assert any(pattern_of(item["regex"]).search(good) for item in expect["must_not_say"])
    assert not any(pattern_of(item["regex"]).search(bad) for item in expect["must_not_say"])


def holds(sayings, text):
    return all(
        any(pattern_of(one["regex"]).search(text) for one in saying.get("any_of", [saying])) for saying in sayings
    )


def moved(folder, *written, **more):
    whole = {"prompts": ["Answer {{q}}"], "tests": [{"vars": {"q": "when?"}, "assert": list(written)}], **more}
    (folder / "config.json").write_text(json.dumps(whole), "utf-8")
    return read_config(folder / "config.json")


@pytest.mark.parametrize(
    ("assertion", "why"),
    [
        ({"type": "regex", "value": "(?=ahead)x"}, "lookaround"),
        ({"type": "contains", "value": "file://secret.txt"}, "loads a file"),
        ({"type": "containz", "value": "x"}, "is not known here"),
        ({"type": "word-count", "value": {"min": 3}}, "upper limit"),
        ({"type": "latency", "threshold": 3}, "beside the comparison"),
        ({"type": "contains", "value": "{{other}}"}, "does not have"),
        ({"type": "contains", "value": "{{q | upper}}"}, "template with logic"),
        ({"type": "contains", "value": "X", "transform": "output.toUpperCase()"}, "`transform` has changed"),
        ({"type": "contains", "value": "x", "weight": 0}, "weighs nothing"),
        ({"value": "x"}, "without a type"),
        ("contains: x", "without a type"),
    ],
)
def test_what_does_not_mean_the_same_is_left_and_counted(tmp_path, assertion, why):
    found = moved(tmp_path, assertion)
    assert [found.native, found.through] == [0, 0]
    assert [one.assertion for one in found.left] == [True]
    assert why in found.left[0].why
    assert found.cases[0].expect == {}


@pytest.mark.parametrize(
    ("more", "why"),
    [({"options": {"transform": "output.trim()"}}, "transforms the reply"), ({"threshold": 0.5}, "at a threshold")],
)
def test_a_test_that_changes_what_its_assertions_say_is_moved_without_them(tmp_path, more, why):
    test = {"vars": {"q": "when?"}, "assert": [{"type": "contains", "value": "x"}], **more}
    found = moved(tmp_path, tests=[test, {"vars": {"q": "why?"}, "assert": [{"type": "contains", "value": "y"}]}])
    assert [bool(case.expect) for case in found.cases] == [False, True]
    assert [found.native, sum(one.assertion for one in found.left)] == [1, 1]
    assert any(why in one.why for one in found.left)
    assert not any(case.expect for case in moved(tmp_path, defaultTest=more, tests=[test]).cases)


def test_what_belongs_to_one_prompt_or_provider_or_is_not_there_has_a_line(tmp_path):
    test = {"vars": {"q": "when?"}, "provider": "openai:gpt-5", "prompts": ["few"]}
    talk = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "{{q}}"},
    ]
    found = moved(tmp_path, tests=[test], prompts=[json.dumps(talk), "file://p/*.txt", "Answer {{q}}"])
    assert [prompt.text for prompt in found.prompts] == ["Answer {{config.q}}\n"]
    whys = " | ".join(one.why for one in found.left)
    for why in ("turns of an example", "p/*.txt: there is no such file", "provider of a test", "prompts of a test"):
        assert why in whys


def test_a_case_that_expects_nothing_is_a_draft(tmp_path):
    moved(tmp_path, {"type": "latency", "threshold": 3})
    begun = begin_from(tmp_path, tmp_path / "config.json", "few")
    assert "1 cases expect nothing yet and are drafts" in begun.text
    assert read_yaml(tmp_path / "datasets/few/test-1.yaml").value["status"] == "draft"


def test_what_a_config_says_once_and_names_again_is_moved_each_time(tmp_path):
    (tmp_path / "promptfooconfig.yaml").write_text(
        """
prompts: ["Answer: {{message}}"]
x-common: &hours
  - {type: contains, value: half past seven}
  - {$ref: '#/assertionTemplates/short'}
assertionTemplates:
  short: {type: not-contains, value: eight}
tests:
  - {vars: {message: When do you open?}, assert: *hours}
  - {vars: {message: And on Saturday?}, assert: *hours}
""",
        "utf-8",
    )
    found = read_config(tmp_path / "promptfooconfig.yaml")
    assert (found.native, found.through, found.left) == (4, 0, [])
    assert [case.expect["must_say"] for case in found.cases] == [[{"regex": "half past seven"}]] * 2


def test_json_is_read_as_javascript_and_python_write_it(tmp_path):
    row = {"vars": {"message": "one\u2028two \U0001f600"}, "assert": [{"type": "contains", "value": "yes"}]}
    (tmp_path / "t.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(row, ensure_ascii=False) + "\n", "utf-8")
    config = {"prompts": ["Answer: {{message}}"], "tests": ["t.jsonl"], "description": "hi \U0001f600 \\ud83d"}
    (tmp_path / "promptfooconfig.json").write_text(json.dumps(config), "utf-8")
    found = read_config(tmp_path / "promptfooconfig.json")
    assert found.description == config["description"]
    assert [case.values["message"] for case in found.cases] == [row["vars"]["message"]] * 2


def test_a_reference_of_a_schema_is_left_alone_and_one_of_an_assertion_has_a_line(tmp_path):
    (tmp_path / "promptfooconfig.yaml").write_text(
        """
prompts: ["Answer: {{message}}"]
providers:
  - {id: openai:gpt-5-mini, config: {tools: [{parameters: {properties: {a: {$ref: '#/$defs/d'}}}}]}}
tests:
  - {vars: {message: Hi}, assert: [{type: contains, value: hello}, {$ref: '#/nowhere'}]}
""",
        "utf-8",
    )
    found = read_config(tmp_path / "promptfooconfig.yaml")
    assert (found.native, len(found.cases)) == (1, 1)
    assert "$ref '#/nowhere' names nothing in this file" in " ".join(left.why for left in found.left)


def test_nothing_outside_the_configs_folder_is_read(tmp_path):
    (tmp_path / "secret.txt").write_text("hidden words", "utf-8")
    inside = tmp_path / "in"
    inside.mkdir()
    found = moved(inside, {"type": "contains", "value": "x"}, prompts=["file://../secret.txt", "Hello {{q}}"])
    assert [prompt.text for prompt in found.prompts] == ["Hello {{config.q}}\n"]
    assert "outside the config's folder" in found.left[0].why


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("c.js", "module.exports = {}", "YAML or JSON"),
        ("c.yaml", "a: [", "c.yaml:2:1: not YAML"),
        ("c.yaml", "a: 1", "neither prompts nor tests"),
        ("c.yaml", "prompts: [file://gone.txt]\ntests: []", "gone.txt"),
        ("c.yaml", "prompts: [1]\ntests: []", "a prompt is a text or a file"),
    ],
)
def test_a_file_that_is_no_config_is_refused_with_its_place(tmp_path, name, text, says):
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(Mistake, match=re.escape(says)):
        begin_from(tmp_path, tmp_path / name, "x")
    assert not (tmp_path / "evals").exists()


def test_cells_of_a_csv_are_read_as_promptfoo_reads_them():
    assert expected_column("contains-any: a, b") == {"type": "contains-any", "value": ["a", "b"]}
    assert expected_column("similar(0.8): x")["type"] == "similar"
    assert expected_column("grade: is kind") == {"type": "llm-rubric", "value": "is kind"}
    assert expected_column("at 5: yes") == {"type": "equals", "value": "at 5: yes"}


def test_the_page_names_the_command_that_moves_a_config(config, monkeypatch, capsys):
    page = (Path(__file__).parents[2] / "docs/promptfoo.md").read_text("utf-8")
    (line,) = re.findall(r"^callgate init --from .*$", page, re.MULTILINE)
    monkeypatch.chdir(config.parent)
    with pytest.raises(SystemExit) as done:
        main(line.split()[1:])
    assert done.value.code == 0
    assert (
        "9 asserts: 5 native, 1 through promptfoo, 3 not moved: more.csv:2, promptfooconfig.yaml:"
        in capsys.readouterr().out
    )


def test_an_eval_from_nothing_is_sound_once_it_is_committed(tmp_path, monkeypatch, capsys):
    def git(*words):
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    begun = begin(tmp_path, "desk")
    assert len(begun.files) == 4
    assert ".callgate/" in (tmp_path / ".gitignore").read_text("utf-8").splitlines()
    with pytest.raises(Mistake, match="is there already; nothing was written"):
        begin(tmp_path, "desk")
    git("add", "-A")
    git("commit", "-qm", "begun")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as done:
        main(["validate"])
    said = capsys.readouterr()
    assert done.value.code == 0, said.err
    with pytest.raises(SystemExit) as same:
        main(["eval", "desk"])
    assert same.value.code == 0  # nothing changed yet: nothing to gate
    assert "Nothing to gate" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["Desk", "../x", "a b", ""])
def test_a_name_that_is_none_is_refused(tmp_path, name):
    with pytest.raises(Mistake, match="is no name"):
        begin(tmp_path, name)
