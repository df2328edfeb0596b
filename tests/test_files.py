"""Files are read as what they look like, with their places, and nothing outside the project is opened."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callgate.concepts import Mistake, Place
from callgate.files import (
    MAX_BYTES,
    did_you_mean,
    files_at,
    parse_yaml,
    project_file,
    project_folder,
    read_text,
    read_text_at,
    read_yaml,
)
from callgate.interchange.foreign import expanded


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "on",
        "yes",
        "14:00",
        "2026-03-10",
        "+13125550142",
        "0123",
        "1_000",
        "0x1F",
        ".inf",
        ".nan",
        "1.",
        "12e",
        "<<",
        "=",
        "¡Hola!",
    ],
)
def test_a_plain_scalar_stays_what_it_looks_like(text):
    assert parse_yaml(f"a: {text}", "f").value == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-3", -3),
        ("1.5", 1.5),
        ("2e3", 2000.0),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("'1'", "1"),
        ('"true"', "true"),
    ],
)
def test_numbers_and_words_of_json_are_typed(text, value):
    read = parse_yaml(f"a: {text}", "f").value["a"]
    assert read == value
    assert type(read) is type(value)


FOREIGN = """
x-asserts:
  short: &short {type: javascript, value: output.length < 80}
base: &base {vars: {name: Ana, city: Reno}, assert: [*short]}
tests:
  - <<: *base
    vars: {name: Ben}
  - <<: [{a: 1, b: 1}, {b: 2, c: 3}]
    c: 4
  - {assert: [{$ref: '#/x-asserts/short'}, {$ref: '#/base/assert/0'}]}
"""


def test_in_another_tools_file_aliases_merge_keys_and_references_stand_for_what_they_name():
    found = parse_yaml(FOREIGN, "f", expand=expanded)
    short = {"type": "javascript", "value": "output.length < 80"}
    assert found.value["tests"] == [
        {"vars": {"name": "Ben"}, "assert": [short]},
        {"c": 4, "a": 1, "b": 1},
        {"assert": [short, short]},
    ]
    assert str(found.place("tests", 0, "assert", 0, "value")) == "f:3:36"
    assert str(found.place("tests", 0, "vars", "name")) == "f:7:12"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: {$ref: '#/b'}", {"$ref": "#/b"}),
        ("a: {$ref: other.yaml#/a}", {"$ref": "other.yaml#/a"}),
        ("a: {$ref: '#/l/²'}\nl: [1]", {"$ref": "#/l/²"}),
        (f"a: {{$ref: '#/l/{'9' * 5000}'}}\nl: [1]", {"$ref": f"#/l/{'9' * 5000}"}),
        ('{"a": {"<<": "z"}}', {"<<": "z"}),
        ("a: {$ref: '#/c/b'}\nx: &x {b: 1}\nc: {<<: *x}", 1),
        ("a: {$ref: '#/c/b'}\nx: {b: 2}\nc: {$ref: '#/x'}", 2),
        ("a: {$ref: '#/t/b', weight: 0}\nt: {b: {type: equals, weight: 1}}", {"weight": 0, "type": "equals"}),
        ("a: {$ref: '#/x~1y/a%20b'}\nx/y: {a b: 3}", 3),
        ("a: {$ref: '#/a/b'}", {"$ref": "#/a/b"}),
    ],
)
def test_what_a_reference_names_is_found_and_one_that_names_nothing_stays(text, value):
    assert parse_yaml(text, "f", expand=expanded).value["a"] == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &a [*a]", "f:1:4: holds itself"),
        ("a: {$ref: '#/a'}", "f:1:4: holds itself"),
        ("a: {<<: 5}", "f:1:9: only a mapping can be merged"),
        ("a: {$ref: '#/b', c: 1}\nb: 5", "f:2:4: only a mapping can be merged"),
        ("a: !!python/name:os.system b", "tag"),
        (
            "a: &a [1,1,1,1]\n" + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in pairwise("abcdefgh")),
            "50,000",
        ),
    ],
)
def test_an_alias_that_grows_without_end_or_names_nothing_is_a_mistake(text, said):
    with pytest.raises(Mistake, match=re.escape(said)):
        parse_yaml(text, "f", expand=expanded)


def test_keys_are_texts_whatever_they_look_like():
    assert parse_yaml("1: a\ntrue: b\nnull: c", "f").value == {"1": "a", "true": "b", "null": "c"}


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("a: &x 1", "f:1:4", "anchor &x"),
        ("a: *x", "f:1:4", "alias *x"),
        ("!!python/object/apply:os.system [ls]", "f:1:1", "tag"),
        ("a: !!str 5", "f:1:4", "tag"),
        ("a: ! 5", "f:1:4", "tag"),
        ('{"a":&b 1}', "f:1:6", "anchor"),
        ("\n b: 1\n b: 2", "f:3:2", "'b' stands twice"),
        ("a: b: c", "f:1:5", "not YAML"),
        ("a: 1\n---\nb: 1", "f:2:1", "single document"),
        ("[a]: 1", "f:1:1", "plain word"),
        ("a: 1e999", "f:1:4", "too large"),
        (f"a: {'9' * 5000}", "f:1:4", "too large"),
        ('a: "\\ud800"', "f:1:7", "Unicode"),
        ("a: \ud800", "f:1:4", "surrogate"),
        ("[" * 21 + "x" + "]" * 21, "f:1:21", "deeper than 20"),
    ],
)
def test_what_may_not_stand_in_a_file_is_refused_at_its_place(text, place, said):
    with pytest.raises(Mistake) as caught:
        parse_yaml(text, "f")
    assert any(str(problem.place) == place and said in problem.message for problem in caught.value.problems), (
        caught.value
    )


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "- " * 100_000, "{a: " * 100_000, "? " * 100_000, "a: [" + "*x," * 50_000]
)
def test_bombs_are_refused_at_once(text):
    begun = time.process_time()
    with pytest.raises(Mistake):
        parse_yaml(text, "f")
    assert time.process_time() - begun < 5  # a bomb that goes off takes minutes; a busy machine doubles a second


def test_twenty_levels_are_read():
    assert parse_yaml("[" * 20 + "x" + "]" * 20, "f").value


def test_all_duplicate_keys_are_told_at_once():
    with pytest.raises(Mistake) as caught:
        parse_yaml("a: 1\na: 2\nb: {c: 1, c: 2}", "f")
    assert len(caught.value.problems) == 2


def test_a_place_is_the_key_and_falls_back_to_the_nearest_parent():
    document = parse_yaml("a: 1\nb:\n  - x\n  - {c: {d: 1}}\n", "f")
    assert document.place("b", 1, "c", "d") == Place("f", 4, 10)
    assert document.place("b", 0) == Place("f", 3, 5)
    assert document.place("b", 1, "c", "nope", "deeper") == Place("f", 4, 6)
    assert document.place("nope") == Place("f", 1, 1)


def test_columns_count_characters_not_bytes():
    assert parse_yaml("{ñá: 1, b: 2}", "f").place("b") == Place("f", 1, 9)


@given(st.text(max_size=300))
def test_any_text_is_read_or_is_a_mistake(text):
    with contextlib.suppress(Mistake):
        parse_yaml(text, "f")


@given(
    st.recursive(
        st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp")), max_size=8),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=8,
    )
)
def test_quoted_texts_come_back_as_they_are(value):
    import json

    assert parse_yaml(json.dumps(value, ensure_ascii=False), "f").value == value


def test_bytes_that_are_not_utf8_are_refused_with_their_line(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(Mistake, match=r"a\.yaml:2:1: not UTF-8"):
        read_yaml(tmp_path / "a.yaml", "a.yaml")


def test_a_file_over_one_mebibyte_is_refused(tmp_path):
    (tmp_path / "a.yaml").write_text("#" * (MAX_BYTES + 1))
    with pytest.raises(Mistake, match="larger than"):
        read_yaml(tmp_path / "a.yaml")


def test_a_byte_order_mark_and_crlf_change_nothing(tmp_path):
    (tmp_path / "a.yaml").write_bytes("\ufeffa: |\r\n  x\r\n  y\r\n".encode())
    assert read_yaml(tmp_path / "a.yaml").value == {"a": "x\ny\n"}


def test_a_pipe_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Mistake, match="not a regular file"):
        read_text(tmp_path / "pipe")


BAD_PATHS = [
    "",
    ".",
    "../x",
    "a/../../x",
    "/etc/passwd",
    "~/x",
    "file:///etc/passwd",
    "a\0b",
    "a\\..\\b",
    "/proc/self/environ",
    "..",
    "https://x/y",
    "link",
    "linked/secret",
    "pipe",
    "folder",
    "nothing",
    "loop",
    "a" * 5000,
]


@pytest.mark.parametrize("text", BAD_PATHS)
def test_no_path_leads_out_of_the_project(tmp_path, text):
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (tmp_path / "secret").write_text("s")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "linked").symlink_to(tmp_path)
    (root / "loop").symlink_to(root / "loop")
    os.mkfifo(root / "pipe")
    with pytest.raises(Mistake):
        project_file(root, text)


def test_a_file_of_the_project_is_found_also_over_a_link_inside(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.md").write_text("x")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert project_file(tmp_path, "b/x.md").read_text() == "x"
    assert project_folder(tmp_path, "a") == tmp_path / "a"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    def git(*arguments):
        subprocess.run(
            ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments],
            check=True,
            capture_output=True,
        )

    git("init", "-q", "-b", "main")
    project = tmp_path / "project"
    (project / "prompts" / "v1").mkdir(parents=True)
    (project / "prompts" / "v1" / "prompt.md").write_text("old\n")
    (project / "prompts" / "v1" / "link.md").symlink_to("prompt.md")
    (project / "one.md").write_text("one")
    git("add", ".")
    git("commit", "-q", "-m", "a")
    (project / "prompts" / "v1" / "prompt.md").write_text("new\n")
    return project


def test_a_text_is_read_as_committed(repository):
    assert read_text_at("main:prompts/v1/prompt.md", repository) == "old\n"
    assert files_at("main:prompts/v1", repository) == {"prompt.md": "old\n"}
    assert read_text_at("HEAD:one.md", repository) == "one"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("nope:one.md", "nope"),
        ("main:two.md", "has no 'two.md'"),
        ("main:prompts/v1", "folder"),
        ("main:../x", "inside the project"),
        ("--output=x:one.md", "must be REF:path"),
        (":one.md", "must be REF:path"),
        ("main:", "inside the project"),
        ("main:*.md", "has no"),
    ],
)
def test_a_reference_that_is_not_there_is_a_clear_mistake(repository, source, said):
    with pytest.raises(Mistake, match=said.replace("*", r"\*")):
        read_text_at(source, repository)


def test_a_near_name_is_suggested_and_a_far_one_gets_the_list():
    assert did_you_mean("metric", ["metrics", "alpha"]) == "; did you mean 'metrics'?"
    assert did_you_mean("zzz", ["metrics", "alpha"]) == "; there are alpha, metrics"
    assert did_you_mean("zzz", []) == ""
