"""A decision -> `report.html`: one file that needs no server, no network and no script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib import resources

import jinja2

from callgate.concepts import Decision
from callgate.report import words

FLIPS_SHOWN = 200


def page(decision: Decision, spent: str = "", run: Mapping[str, object] | None = None) -> str:
    """The whole page. `run` holds what only this invocation knows (command, versions); nothing of it is needed."""
    folder = resources.files("callgate.report") / "templates"
    style = (folder / "report.css").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "percent": words.percent,
        "points": words.points,
        "printable": words.printable,
        "p_value": words.p_value,
        "plural": words.plural,
    }
    template = environment.from_string((folder / "report.html").read_text(encoding="utf-8"))
    flips = sorted(decision.flips, key=lambda flip: (-flip.worse, flip.case, flip.decision))
    return template.render(
        decision=decision,
        title=words.TITLES[decision.verdict],
        flips=flips[:FLIPS_SHOWN],
        flips_left_out=max(0, len(flips) - FLIPS_SHOWN),
        words_of=lambda row: words.verdict_words(decision, row),
        spent=spent,
        run=dict(run or {}),
        style=style,
        style_hash=_csp_hash(style),
    )


def _csp_hash(text: str) -> str:
    """The source expression under which a Content-Security-Policy admits exactly this inline text."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
