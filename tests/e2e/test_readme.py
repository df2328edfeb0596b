"""The README's screen is what the command prints. `make golden` rewrites it; the diff is read."""

import re

from scratch import HOUSE, whole

README = HOUSE / "README.md"
SCREEN = re.compile(r"(<!-- screen: make demo -->\n```\n).*?(```\n)", re.DOTALL)


def timeless(screen: str) -> str:
    """What differs from machine to machine: how long it took."""
    return re.sub(r"; [\d.]+ s, \$", "; … s, $", screen)


def test_the_screen_in_the_readme_is_what_make_demo_prints(tmp_path, pytestconfig):
    ran = whole(tmp_path).run("demo")
    assert ran.code == 0, ran.said
    text = README.read_text(encoding="utf-8")
    if pytestconfig.getoption("update_snapshots"):
        text = SCREEN.sub(lambda found: found[1] + timeless(ran.out) + found[2], text)
        README.write_text(text, encoding="utf-8")
    shown = SCREEN.search(text)
    assert shown
    assert shown[0] == shown[1] + timeless(ran.out) + shown[2]
