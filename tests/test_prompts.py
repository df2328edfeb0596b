"""A prompt is its text, tools and parameters; what is put into it is never read again."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callgate.concepts import Case, Fact, Mistake, Place, Prompt
from callgate.prompts import load_prompt, names_in, readable, render, schema_problems, variables

ROOT = Path(__file__).parents[1]
TOOLS = (
    "- name: find_slots\n  description: Free times.\n  parameters: {type: object, properties: {date: {type: string}}}\n"
)


def a_case(**keys) -> Case:
    return Case(
        **{"id": "c", "segments": {}, "turns": (), "now": "2026-05-12T10:05", "timezone": "America/Chicago", **keys}
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "prompts" / "receptionist" / "v3"
    folder.mkdir(parents=True)
    (folder / "prompt.md").write_text("Hello {{now}}\n")
    (folder / "tools.yaml").write_text(TOOLS)
    (folder / "params.yaml").write_text("temperature: 0.7 # warm\n")
    (folder.parent / "v4.md").write_text("Only text\n")
    return tmp_path


@pytest.mark.parametrize(
    "source", ["prompts/receptionist/v3", "receptionist/v3", "prompts/receptionist/v3/", "./prompts/receptionist/v3"]
)
def test_a_folder_is_a_prompt_with_its_tools_and_parameters(project, source):
    prompt = load_prompt(source, project)
    assert (prompt.name, prompt.source, prompt.text) == ("v3", "prompts/receptionist/v3", "Hello {{now}}\n")
    assert [tool.name for tool in prompt.tools] == ["find_slots"]
    assert prompt.parameters == {"temperature": 0.7}
    assert schema_problems(prompt) == []


@pytest.mark.parametrize("source", ["prompts/receptionist/v4.md", "receptionist/v4", "prompts/receptionist/v4"])
def test_a_file_is_a_prompt(project, source):
    prompt = load_prompt(source, project)
    assert (prompt.name, prompt.source, prompt.tools) == ("v4", "prompts/receptionist/v4.md", ())


def test_a_comment_in_yaml_changes_no_digest_and_a_word_does(project):
    folder = project / "prompts" / "receptionist" / "v3"
    before = load_prompt("receptionist/v3", project).digest
    (folder / "tools.yaml").write_text("# said aloud\n" + TOOLS.replace("Free times.", "'Free times.'"))
    assert load_prompt("receptionist/v3", project).digest == before
    digests = {before}
    for name, text in (
        ("tools.yaml", TOOLS.replace("Free", "Open")),
        ("params.yaml", "temperature: 0.8"),
        ("prompt.md", "Hello"),
    ):
        (folder / name).write_text(text)
        digests.add(load_prompt("receptionist/v3", project).digest)
    assert len(digests) == 4


def test_a_prompt_is_read_from_git_as_committed(project):
    def git(*arguments):
        subprocess.run(
            ["git", "-C", str(project), "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments],
            check=True,
            capture_output=True,
        )

    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "a")
    now = load_prompt("receptionist/v3", project)
    (project / "prompts" / "receptionist" / "v3" / "prompt.md").write_text("Changed")
    then = load_prompt("main:prompts/receptionist/v3", project)
    assert (then.name, then.source, then.digest) == ("main:v3", "main:prompts/receptionist/v3", now.digest)
    assert load_prompt("main:receptionist/v3", project).digest == now.digest
    assert load_prompt("main:receptionist/v4", project).text == "Only text\n"
    for source, said in (("main:prompts/nope", "nope"), ("gone:receptionist/v3", "gone"), ("main:../x", "inside")):
        with pytest.raises(Mistake, match=said):
            load_prompt(source, project)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("receptionist/v33", "did you mean 'receptionist/v3'"),
        ("../prompts", "inside the project"),
        ("/etc/passwd", "inside the project"),
        ("prompts/receptionist", "there is no prompt"),
    ],
)
def test_a_prompt_that_is_not_there_is_told_where_it_is_named(project, source, said):
    with pytest.raises(Mistake, match=said) as caught:
        load_prompt(source, project, Place("evals/x.yaml", 4, 1))
    assert caught.value.problems[0].place == Place("evals/x.yaml", 4, 1)


def test_a_link_out_of_the_project_is_not_followed(project, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.md"
    secret.write_text("secret")
    text = project / "prompts" / "receptionist" / "v3" / "prompt.md"
    text.unlink()
    text.symlink_to(secret)
    with pytest.raises(Mistake, match="outside the project"):
        load_prompt("receptionist/v3", project)


def test_a_name_for_a_file_and_a_folder_is_refused(project):
    (project / "prompts" / "receptionist" / "v3.md").write_text("x")
    with pytest.raises(Mistake, match="names both"):
        load_prompt("receptionist/v3", project)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("tools.yaml", "- nam: x", "tools.yaml:1:3: unknown key 'nam'; did you mean 'name'?"),
        ("tools.yaml", TOOLS + TOOLS, "tools.yaml:4:3: tool 'find_slots' stands twice"),
        ("tools.yaml", "- name: a b", "tools.yaml:1:3: a tool's name is"),
        (
            "tools.yaml",
            "- name: a\n  parameters: {type: string}",
            "tools.yaml:2:3: must be a JSON Schema of type object",
        ),
        ("tools.yaml", "name: a", "must be a list"),
        ("params.yaml", "api_key: x", "params.yaml:1:1: keys, addresses and headers"),
        ("params.yaml", "- 1", "must be a mapping"),
        ("prompt.md", " \n", "the prompt is empty"),
    ],
)
def test_a_mistake_in_a_prompts_files_has_its_place(project, name, text, said):
    (project / "prompts" / "receptionist" / "v3" / name).write_text(text)
    with pytest.raises(Mistake) as caught:
        load_prompt("receptionist/v3", project)
    assert said in str(caught.value)


def test_a_parameter_schema_that_is_none_is_found_by_validate(project):
    (project / "prompts/receptionist/v3/tools.yaml").write_text(
        "- name: a\n  parameters: {type: object, properties: {b: {type: strin}}}"
    )
    (problem,) = schema_problems(load_prompt("receptionist/v3", project))
    assert "tool a: parameters/properties/b/type is no JSON Schema" in problem.message


def test_max_tokens_is_a_parameter(project):
    (project / "prompts/receptionist/v3/params.yaml").write_text("max_tokens: 300\ntop_k: 5")
    assert load_prompt("receptionist/v3", project).parameters == {"max_tokens": 300, "top_k": 5}


def test_the_shipped_prompt_renders_for_a_case():
    prompt = load_prompt("receptionist/v3", ROOT)
    config = {"dealer_name": "Riverbend", "city": "Aurora", "hours_spoken": "h", "address": "a", "services_spoken": "s"}
    case = a_case(
        config=config, facts={"oil": Fact("Oil is $89.95.")}, caller={"phone": "+13125550142", "name": "Dana"}
    )
    text = render(prompt, case)
    assert "It is now 2026-05-12 10:05 (Tuesday), in the time zone America/Chicago." in text
    assert "What we know of this caller: telephone +13125550142; name Dana" in text
    assert "- Oil is $89.95." in text
    assert "{{" not in text
    assert names_in(prompt) >= {"config.city", "facts"}


def test_values_are_written_as_a_person_would():
    assert readable({"mon-fri": "07:30", "sun": ["a", 2, True, None]}) == "mon-fri: 07:30; sun: a, 2, yes, "
    assert variables(a_case())["caller"] == "nothing"


def test_an_unknown_name_is_told_at_its_place_with_the_nearest():
    prompt = Prompt("v3", "prompts/receptionist/v3", "a\n  {{config.hour}} {{nope}} {{ config }}")
    with pytest.raises(Mistake) as caught:
        render(prompt, a_case(config={"hours": {"sat": "8"}}))
    said = [str(problem) for problem in caught.value.problems]
    assert (
        said[0]
        == "prompts/receptionist/v3/prompt.md:2:3: unknown name {{config.hour}} for case c; did you mean 'config.hours'?"
    )
    assert len(said) == 3
    assert (
        render(Prompt("p", "p.md", "{{config.hours.sat}} {{ config.hours }}"), a_case(config={"hours": {"sat": "8"}}))
        == "8 sat: 8"
    )


PAYLOADS = [
    "{{now}}",
    "{{config.x}}",
    "{% raw %}",
    "${7*7}",
    "#{7*7}",
    "{{7*7}}",
    "<%= 7*7 %>",
    "\\g<0>",
    "\\1",
    "{{''.__class__.__mro__}}",
    "{{ caller }}",
    "}}",
    "{{",
    "%(now)s",
    "$now",
    "{0.__class__}",
]


@given(st.one_of(st.text(), st.sampled_from(PAYLOADS)), st.text())
def test_a_value_stands_in_the_prompt_as_it_is(value, other):
    prompt = Prompt("p", "p.md", "<{{config.x}}|{{caller}}|{{config.y}}>")
    case = a_case(config={"x": value, "y": other}, caller={"name": value})
    assert render(prompt, case) == f"<{value}|name {value}|{other}>"


def test_an_overlay_follows_the_text_in_the_cases_of_its_segment_alone(project):
    folder = project / "prompts" / "receptionist" / "v3"
    before = load_prompt("receptionist/v3", project)
    (folder / "prompt.dealer=lakeside.md").write_text("At Lakeside: {{config.extra}}\n")
    after = load_prompt("receptionist/v3", project)
    assert after.digest != before.digest
    assert names_in(after) == {"now", "config.extra"}
    here, there = a_case(segments={"dealer": "lakeside"}, config={"extra": "shuttle"}), a_case(segments={"dealer": "b"})
    assert render(after, here) == "Hello 2026-05-12 10:05\n\nAt Lakeside: shuttle\n"
    assert render(after, there) == render(before, there) == "Hello 2026-05-12 10:05\n"
    with pytest.raises(Mistake) as refused:
        render(after, a_case(segments={"dealer": "lakeside"}))
    assert str(refused.value).startswith(
        "prompts/receptionist/v3/prompt.dealer=lakeside.md:1:14: unknown name {{config.extra}}"
    )


def test_overlays_are_read_from_gits_history_too(project):
    folder = project / "prompts" / "receptionist" / "v3"
    (folder / "prompt.dealer=lakeside.md").write_text("At Lakeside.\n")
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-qm", "x")):
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        subprocess.run(["git", *who, *words], cwd=project, check=True, capture_output=True)
    on_disk, in_git = load_prompt("receptionist/v3", project), load_prompt("main:prompts/receptionist/v3", project)
    assert on_disk.overlays == in_git.overlays == {"dealer=lakeside": "At Lakeside.\n"}
    assert on_disk.digest == in_git.digest


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("prompt.lakeside.md", "x", "prompt.NAME=VALUE.md"),
        ("prompt.dealer=a,b.md", "x", "prompt.NAME=VALUE.md"),
        ("prompt.dealer=a.md", " \n", "the overlay is empty"),
    ],
)
def test_an_overlay_that_is_none_is_a_mistake(project, name, text, says):
    (project / "prompts/receptionist/v3" / name).write_text(text)
    with pytest.raises(Mistake, match=says) as refused:
        load_prompt("receptionist/v3", project)
    assert name in str(refused.value)
