"""Nothing secret passes, and nothing else is touched."""

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callgate.redaction import MASK, WHY_LIMIT, brief, redact

SECRET = "p4ss/w0rd+with=odd&signs"
ENVIRONMENT = {"SHOP_API_KEY": SECRET, "SHORT_TOKEN": "abc", "PATH": "/usr/local/bin", "DB_PASSWORD": "correct horse"}


@pytest.mark.parametrize("form", [SECRET, quote(SECRET, safe=""), quote(SECRET), "correct horse", "correct+horse"])
def test_the_value_of_a_secret_variable_is_masked_in_the_forms_in_which_it_travels(form):
    assert redact(f"error: key {form} is wrong", ENVIRONMENT) == f"error: key {MASK} is wrong"


@given(st.binary(max_size=7), st.binary(max_size=7))
def test_a_secret_inside_something_base64_encoded_is_masked_at_any_offset(before, after):
    encoded = base64.b64encode(before + SECRET.encode() + after).decode()
    assert MASK in redact(encoded, ENVIRONMENT)


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcdefghijklmnop",
        "sk-ant-api03-abcdefgh-ij_kl",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "github_pat_11ABCDEFG0123456789_abcdefg",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
        "AIzaSyA1234567890abcdefghijklmnop",
        "xoxb-123456789012-abcdefghij",
    ],
)
def test_keys_of_known_shapes_are_masked_wherever_they_come_from(secret):
    assert redact(f"({secret})", {}) == f"({MASK})"


def test_an_authorization_header_loses_its_value_and_keeps_its_scheme():
    assert redact("Authorization: Bearer abc.def~ghi==", {}) == f"Authorization: Bearer {MASK}"
    assert redact("https://user:hunter2@host/path", {}) == f"https://{MASK}@host/path"


@pytest.mark.parametrize(
    "text", ["abc", "/usr/local/bin", "a task-management system", "Bearer of news", "see you at 14:00", "sk-1"]
)
def test_ordinary_words_and_short_or_public_values_stay(text):
    assert redact(text, ENVIRONMENT) == text


def test_a_cut_never_leaves_half_a_key():
    text = "x" * (WHY_LIMIT - 10) + " sk-abcdefghijklmnopqrstuvwxyz"
    assert "sk-" not in brief(text)
    assert len(brief("y " * 1000)) <= WHY_LIMIT
    assert brief("two\nlines") == "two lines"
