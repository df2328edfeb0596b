"""Search: what is found, why, and what an index on disk remembers."""

from __future__ import annotations

from pathlib import Path

from callgate.insight.search import Index, Text

SHELF = [
    Text("oil", "article", "Oil changes", "A synthetic oil change costs $89.95 and takes about 45 minutes."),
    Text("tires", "article", "Tire rotation", "Rotation moves the front tires to the back. Ask for the mileage."),
    Text("frenos", "call", "Frenos", "Necesito que me revisen los frenos mañana, rechinan en la mañana."),
    Text("loaner", "article", "Loaner cars", "There are no loaner cars. The shuttle runs until five."),
]


def ids(query: str, k: int = 3) -> list[str]:
    with Index.of(SHELF) as index:
        return [found.id for found in index.search(query, k)]


def test_the_text_with_the_words_comes_first_and_the_snippet_shows_them():
    with Index.of(SHELF) as index:
        first = index.search("how long does the oil change take")[0]
    assert first.id == "oil"
    assert "[oil change]" in first.snippet or "[oil]" in first.snippet


def test_accents_and_case_do_not_matter():
    assert ids("REVISAR FRENOS MANANA")[0] == "frenos"


def test_a_word_that_stands_nowhere_is_found_by_its_beginning():
    assert ids("rotations")[0] == "tires"


def test_words_that_mean_something_to_the_index_are_only_words():
    assert ids('oil AND NOT (tires) NEAR "loaner" * ^ title:oil -') != []
    assert ids("") == []
    assert ids("?!") == []
    assert ids("xylophone zebra") == []


def test_neighbouring_words_say_more_than_the_same_words_apart():
    apart = [
        Text(f"filler{n}", "article", "Cards", "rewards of many kinds for gold members and silver") for n in range(9)
    ]
    others = [Text(f"other{n}", "article", "Other", f"something else altogether, number {n}") for n in range(30)]
    index = Index.of(
        [*apart, *others, Text("it", "article", "Cards", "the gold rewards of members, of silver and many kinds")]
    )
    assert index.search("tell me about gold rewards", 1)[0].id == "it"


def test_an_index_on_disk_is_used_again_only_for_the_same(tmp_path: Path):
    path = tmp_path / "search.db"
    Index.of(SHELF, path, stamp="one").close()
    again = Index.at(path, "one")
    assert again is not None
    assert again.size == len(SHELF)
    again.close()
    assert Index.at(path, "two") is None
    path.write_text("no database")
    assert Index.at(path, "one") is None
