"""The figures of the gate in the documentation: a benchmark's result in; docs/gate-figures.md and marked figures out.

A figure in a page is marked with the cell it is of, as `<!--churn 10 150:block-->7.0`; `write` puts the newest in.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from golden_set import calls as golden_calls

if TYPE_CHECKING:
    from gate import Tally
    from golden_set import Ran

HERE = Path(__file__).parent
MARK = re.compile(r"(<!--([^:<>]+):(\w+)-->)[\d.]+")
FIGURES, PAGE, MARKED = "gate-figures.json", "gate-figures.md", ("statistics.md",)


def code() -> str:
    """Short digest of what the figures depend on: the gate, its statistics, the benchmark."""
    house = HERE.parent / "harness" / "callgate"
    files = [*house.joinpath("gate").glob("*.py"), *house.joinpath("stats").glob("*.py")]
    files += [HERE / name for name in ("gate.py", "worlds.py", "golden_set.py")]
    whole = hashlib.sha256()
    for path in sorted(files):
        whole.update(path.name.encode() + path.read_bytes())
    return whole.hexdigest()[:12]


def write(docs: Path, text: str, of: Mapping[str, Tally], golden: Mapping[str, Sequence[Ran]]) -> None:
    """Writes the page and its figures, and brings the marked figures of other pages up to date."""
    figures = {
        name: _rates([v for v, n in t.verdicts.items() for _ in range(n)], t.drawn / t.runs) for name, t in of.items()
    }
    for name, ran in golden.items():
        rates = _rates([one.verdict for one in ran], sum(one.candidate for one in ran) / len(ran))
        figures[f"golden {name}"] = {**rates, "calls": round(100 * golden_calls(ran), 2)}
    body = {
        "date": datetime.now(UTC).date().isoformat(),
        "version": version("callgate"),
        "code": code(),
        "text": text.splitlines(),
        "figures": figures,
    }
    (docs / FIGURES).write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for name, page in told(docs).items():
        (docs / name).write_text(page, encoding="utf-8")


def told(docs: Path) -> dict[str, str]:
    """The pages as the figures at hand make them, by name. Raises KeyError for a mark that names no cell."""
    body = json.loads((docs / FIGURES).read_text(encoding="utf-8"))
    head = (
        "# The gate's figures\n\n"
        "What `make bench-gate` printed: worlds with known effects, and the shipped golden set through the simulator,\n"
        "by the gate's own functions. [The rule and its limits](statistics.md) say what the words mean.\n\n"
        f"Version {body['version']}, {body['date']}.\n\n"
    )
    found = {PAGE: head + "```text\n" + "\n".join(body["text"]) + "\n```\n"}

    def figure(match: re.Match[str]) -> str:
        return f"{match[1]}{body['figures'][match[2]][match[3]]:.1f}"

    for name in MARKED:
        found[name] = MARK.sub(figure, (docs / name).read_text(encoding="utf-8"))
    return found


def _rates(verdicts: Sequence[str], drawn: float) -> dict[str, float]:
    shares = {name: 100 * verdicts.count(name) / len(verdicts) for name in ("pass", "inconclusive", "block")}
    return {**{name: round(share, 2) for name, share in shares.items()}, "trials": round(drawn, 2)}
