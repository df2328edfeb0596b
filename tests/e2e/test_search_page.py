"""What docs/search.md says to type holds."""

import re

from scratch import HOUSE, small


def test_search_finds_a_call_as_its_page_says(tmp_path):
    page = (HOUSE / "docs/search.md").read_text("utf-8")
    commands = re.findall(r"^callgate (cases search .*)$", page, re.MULTILINE)
    assert len(commands) == 2
    project = small(tmp_path)
    for command in commands:
        words, options = re.fullmatch(r'cases search "([^"]+)"(.*)', command).groups()
        done = project.run("cases", "search", words, *options.split())
        assert done.code == 0, done
        assert re.match(r"1\. call \S+ ", done.out)
        assert "[" in done.out
