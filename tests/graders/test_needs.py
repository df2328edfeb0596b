"""What a pattern needs is necessary: where it matches, all of it is there."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callgate.graders.grounds import grounds_of
from callgate.graders.needs import DIGIT, FREE, Held, Starts, beginnings, begins, matches_at, may_match, needed
from callgate.graders.packs import FOLDER, LANGUAGES, PHRASES, pack
from callgate.graders.text import fold

PACKS = [known for language in LANGUAGES if (known := pack(language))]
PATTERNS = [
    pattern
    for known in PACKS
    for pattern in (
        *(form.pattern for form in known.forms),
        *(saying.pattern for claims in known.claims for saying in claims.sayings),
        *known.slots.values(),
        *(pattern for _, pattern in known.promises),
        *(known.phrases[name] for name in PHRASES),
    )
]
EXAMPLES = [
    fold(line) for page in sorted((FOLDER / "examples").glob("*.txt")) for line in page.read_text("utf-8").splitlines()
]


def texts_of(pattern):
    return [sorted(clause.texts) for clause in needed(pattern)]


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        (r"half past (?:one|two)", [["half past "], ["one", "two"]]),
        (r"(?:a )?quarter\s+of", [["quarter"], ["of"]]),
        (r"(?:one|\d+) miles?", [[" mile"], ["\0", "one"]]),
        (r"(?:one|)two", [["two"]]),
        (r"(?<!no )free(?! of)", [["free"]]),
        (r"[ab]c?", []),
        (r"(?i:yes) sir", [[" sir"]]),
    ],
)
def test_what_is_needed_is_read_off_the_pattern(pattern, wanted):
    assert sorted(texts_of(pattern)) == sorted(wanted)


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        (r"(?:half|quarter) past", {"half", "quarter"}),
        (r"(?:the )?(?:\d|one)", {"the", DIGIT, "one"}),
        (r"(?!no)opens? at", {"open"}),
        (r"^two(?!\w)", {"two"}),
        (r"(?:one )?(?:two )?", None),
        (r"[ab]c", {"a", "b"}),
        (r"(?:us)?[$£] ?\d", {"us", "$", "£"}),
        (r"[^ab]c", None),
        (r"[a ]c", None),
        (r"\w+ miles", None),
        (r"(?i:yes) sir", None),
    ],
)
def test_what_matches_begin_with_is_read_off_the_pattern(pattern, wanted):
    found = begins(FREE + pattern)
    assert (found and found.texts) == wanted
    assert found is None or found.at_start is pattern.startswith("^")
    assert begins(pattern) is None, "it may match anywhere"


def spans(matches):
    return [match.span() for match in matches]


def found_at(forms, starts, text):
    """The spans of each form's matches, looked for only where the form can begin."""
    there = dict(starts.places(Held(text)))
    return [spans(matches_at(form.pattern, text, there.get(number, ()))) for number, form in enumerate(forms)]


def test_looking_where_matches_begin_finds_each_of_them():
    every = [form for known in PACKS for form in known.forms]
    assert all(form.begin for form in every)
    starts = Starts([form.begin for form in every])
    found = 0
    for line in EXAMPLES:
        for text in {line, line.replace(" ", "\u00a0\n"), f"{line}\t{line}", f" ({line}", f"{line}, {line.upper()}"}:
            there = [spans(form.pattern.finditer(text)) for form in every]
            assert found_at(every, starts, text) == there, text
            found += sum(map(len, there))
    assert found > 2000


def test_a_pattern_whose_beginning_cannot_be_told_is_tried_anywhere_and_one_for_the_start_only_there():
    starts = Starts([None, begins(FREE + "^two"), begins(FREE + "two"), begins(FREE + "o'clock")])
    assert starts.places(Held("two or two")) == [(0, None), (1, [0]), (2, [0, 7])]
    assert starts.places(Held("at twofold o'clock, o two")) == [(0, None), (2, [3, 22]), (3, [11, 20])]


def test_no_pattern_of_a_pack_matches_a_text_that_lacks_what_it_needs():
    matched = 0
    for text in EXAMPLES:
        for pattern in PATTERNS:
            if pattern.search(text):
                matched += 1
                assert may_match(pattern, text), (pattern.pattern, text)
    assert matched > 2000


def test_what_says_that_an_act_is_done_is_tried_wherever_it_stands():
    found = 0
    pages = [path.read_text("utf-8").lower() for path in sorted((FOLDER / "examples").glob("*.txt"))]
    for line in {line for page in pages for line in page.splitlines()}:
        for text in {line, fold(line), line.replace(" ", "\u00a0\n"), f"({line})", f"{line}\t{line}"}:
            said = Held(text)
            for claims in (claims for known in PACKS for claims in known.claims):
                there = {saying for saying in claims.sayings if saying.pattern.search(text)}
                assert there <= set(claims.in_text(said)), text
                found += len(there)
    assert found > 600


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        (r"(?<!\w)i (?:scheduled|set up|booked) (?:it|that)", [{"sche", "set", "book"}]),
        (r"(?<!\w)(?:all )?(?:done|set)", [{"done", "set"}]),
        (r"(?<!\w)(?:your|the) (?:\w+ ){0,3}?visit is", [{"your", "the"}, {"visi"}]),
        (r"(?<!\w)(?:re)?booked", []),
        (r"booked", []),
    ],
)
def test_how_words_begin_is_read_off_the_pattern(pattern, wanted):
    assert sorted(map(sorted, beginnings(pattern.replace(" ", r"\s"), ()))) == sorted(map(sorted, wanted))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(["half past", "two", "\u00a0", "\n", " ", "٣", "9", "pm", "at", "monday", "the", ":30", "or"])
    )
)
def test_odd_spaces_and_digits_count_as_such(parts):
    text = fold("".join(parts))
    held, forms = Held(text), PACKS[1].forms
    assert all(held.all(form.needs) or not form.pattern.search(text) for form in forms)
    assert found_at(forms, PACKS[1].starts, text) == [spans(form.pattern.finditer(text)) for form in forms]


def test_a_number_in_an_object_that_a_tool_returned_is_a_ground():
    found = grounds_of(
        [{"price": 89.95, "minutes": 45, "open": True}], now="2026-03-06 16:42", timezone="America/Chicago"
    )
    assert found.numbers == {89.95, 45.0}
    assert found.cents == {8995}
