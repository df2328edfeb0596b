"""What works on this machine and what is missing (`callgate doctor`). Names of keys only, never their values."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from callgate.concepts import Mistake
from callgate.evaluate.outcome import LEDGER
from callgate.graders import promptfoo
from callgate.graders.custom import SOURCE, read_custom, sandbox
from callgate.graders.installed import read_installed
from callgate.graders.packs import LANGUAGES, pack
from callgate.graders.registry import RULES
from callgate.ledger import Ledger

Line = tuple[bool, str]
_KEYS = ("_API_KEY", "_API_TOKEN")


def diagnosis(root: Path, *, graders: bool) -> tuple[bool, str]:
    """Whether all that an eval needs is there, and the lines that say so."""
    if graders:
        return True, _grader_list(root)
    lines = [_python(), _package("litellm"), _package("callgate"), _git(), _ledger(root), _keys(), _apart()]
    text = "\n".join(f"{'ok  ' if good else 'MISSING'} {words}" for good, words in lines)
    return all(good for good, _ in lines), text + "\n"


def _python() -> Line:
    return True, f"python {platform.python_version()} on {platform.system()} {platform.machine()}"


def _package(name: str) -> Line:
    try:
        return True, f"{name} {version(name)}"
    except PackageNotFoundError:
        return False, f"{name} is not installed; run `make setup`"


def _git() -> Line:
    found = shutil.which("git")
    return bool(found), f"git at {found}" if found else "git: prompts at REF:path cannot be read"


def _ledger(root: Path) -> Line:
    path = root / LEDGER
    if not path.parent.is_dir() and path.parent.exists():
        return False, f"{path.parent} is a file, and the ledger's folder goes there; move it away"
    if not path.exists():
        return True, f"no ledger yet; the first run makes {LEDGER}"
    try:
        with Ledger.open(path) as ledger:
            runs = sum(1 for _ in ledger.runs())
            damaged = ledger.inspect()
    except Mistake as mistake:
        return False, str(mistake)
    size = path.stat().st_size / 1e6
    return not damaged, f"ledger {LEDGER}: {runs} runs, {size:.1f} MB, {damaged} damaged rows"


def _keys() -> Line:
    names = sorted(name for name in os.environ if name.endswith(_KEYS) and os.environ[name])
    return True, f"keys: {', '.join(names)}" if names else "no provider key is set; sim/ models need none"


def _apart() -> Line:
    return True, sandbox()[1] or "one's own graders run without environment and without network"


def _grader_list(root: Path) -> str:
    """Every grader with its class, whether it blocks, what turns it on, and its options."""
    lines = []
    for rule in RULES.values():
        options = ", ".join(f"{name}: {value!r}" for name, value in rule.options.items())
        expects = ", ".join(rule.expects)
        role = "blocks" if rule.blocking else "reports"
        lines.append(f"{rule.id:<28} {rule.klass:<13} {role:<8} {expects:<32} {options}".rstrip())
    own = read_custom(root / SOURCE)
    lines += [f"{name:<28} {'own':<13} reports  {'':<32} {dict(one.options)}" for name, one in own.items()]
    lines += [
        f"{name:<28} {'installed':<13} reports  {one.label:<32} {dict(one.options)}"
        for name, one in read_installed().items()
        if name not in own
    ]
    lines += ["", *_packs(), _promptfoo(root)]
    return "\n".join(lines) + "\n"


def _packs() -> Iterator[str]:
    """The languages that the rules know, with how many questions and promises each pack recognises."""
    for language in LANGUAGES:
        known = pack(language)
        if known:
            yield f"pack {language}: {known.name}, {len(known.forms)} forms of values, {len(known.slots)} questions"


def _promptfoo(root: Path) -> str:
    words = promptfoo.command(root)
    return f"promptfoo {promptfoo.version(words) or 'at'} {words[-1]}" if words else promptfoo.ABSENT
