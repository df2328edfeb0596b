"""What is found with as few digits as it can have: the finders are not asked where a text holds fewer."""

from __future__ import annotations

import pytest

from callgate.dataset.pii import spoken, structured
from callgate.graders.rules.privacy import personal


@pytest.mark.parametrize(
    ("text", "kind", "key"),
    [
        ("Call 312-555-0142 now.", "phone", "3125550142"),
        ("It is 555-0142.", "phone", "5550142"),
        ("Write to +1 2 34 56.", "phone", "123456"),
        ("My phone: 12 34 56 78.", "phone", "12345678"),
        ("Das ist 312-555-0142, ja.", "phone", "3125550142"),
        ("It is 123-45-6789.", "ssn", "123456789"),
        ("The last four of my social is 1234.", "ssn", "1234"),
        ("Es el 12345678Z.", "ssn", "12345678Z"),
        ("My plate is AB 1234.", "plate", "AB1234"),
        ("La matrícula es 1234 BCD.", "plate", "1234BCD"),
    ],
)
def test_written(text, kind, key):
    assert (kind, key) in {(found.kind, found.key) for found in personal(text)}


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("ten eleven twelve fourteen", "10111214"),
        ("nine hundred eight hundred seven", "9008007"),
        ("doscientos doce quinientos cinco tres", "2125053"),
        ("triple five double two oh one", "5552201"),
        ("treinta y uno veintidós cuarenta y tres dos", "3122432"),
        ("my social ends in one two thirty four", "1234"),
        ("1 2 3 4 5 6 7", "1234567"),
    ],
)
def test_spoken(text, digits):
    assert [found.key for found in spoken.numbers(text)] == [digits]


@pytest.mark.parametrize("word", ["cien", "double", "trescientos", "and", "twenty"])
def test_a_word_said_over_and_over_ends_nothing(word):
    told = [found.key for found in spoken.numbers(f"{word} " * 3000 + "five five five oh one four two.")]
    assert told[-1].endswith("5550142")


@pytest.mark.parametrize(("name", "found"), [("a" * 64, "a" * 64), ("a" * 70, "a" * 64), ("o'brien+x", "o'brien+x")])
def test_the_name_of_a_mailbox_has_64_characters_at_most(name, found):
    (email,) = structured.emails(f"Write to {name}@mail.test, please.")
    assert email.key == f"{found}@mail.test"


@pytest.mark.parametrize("text", ["١٢٣-٤٥-٦٧٨٩", "123-45-6789"])
def test_digits_of_any_script_count(text):
    assert len(list(structured.ssns(text))) == 1
