"""A decision -> the files of `reports/<eval>/`, each replaced as a whole so that a killed run leaves no half file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from callgate.concepts import Decision, Json, Mistake
from callgate.redaction import redact
from callgate.report.stamp import shows

if TYPE_CHECKING:
    from callgate.report.calls import Background


NAMES = ("decision.json", "summary.md", "junit.xml", "run.json", "report.html", "share.html")


def leave_reports(
    folder: Path,
    decision: Decision,
    spent: str,
    run: Mapping[str, Json],
    behind: Callable[[], Background] | None = None,
    *,
    share: bool = False,
) -> None:
    """Writes decision.json, summary.md, junit.xml, report.html and run.json. Only run.json knows of this invocation:
    the others hold functions of the rows. A page that shows this decision already stays; `behind` gives what a new
    one shows beside it. `share` adds share.html, for people outside the team."""
    from callgate.report.junit import junit
    from callgate.report.markdown import summary

    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "decision.json": decision.to_json(),
        "summary.md": summary(decision, spent),
        "junit.xml": junit(decision),
        "run.json": json.dumps(run, indent=2, ensure_ascii=False) + "\n",
    }
    if share or not shows(folder / "report.html", decision):
        from callgate.report.calls import Background
        from callgate.report.html import page
        from callgate.report.share import shareable

        known = behind() if behind else Background()
        texts["report.html"] = page(decision, spent, run, known)
        if share:
            masked, its = shareable(decision, known)
            texts["share.html"] = page(masked, spent, background=its)
    for name, text in texts.items():
        replace_file(folder / name, redact(text))


def check_writable(folder: Path) -> None:
    """Raises Mistake where no report could be written to `folder`: asked before anything is paid. Makes nothing."""
    stands = next(path for path in (folder, *folder.parents) if path.exists())
    if not stands.is_dir():
        raise Mistake(f"{stands}: is a file, and the folder of reports goes there; move it away")
    if not os.access(stands, os.W_OK | os.X_OK):
        raise Mistake(f"{stands}: must be writable, for the reports to go there")
    for name in NAMES:
        if (folder / name).is_dir():
            raise Mistake(f"{folder / name}: is a folder, and a report goes there; move it away")


def replace_file(path: Path, text: str) -> None:
    """Writes a file next to its place, readable by its owner alone, and moves it there in one step."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(
        os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", errors="backslashreplace"
    ) as file:
        file.write(text)  # half a character, as a model may write, stands there by its number
    part.replace(path)
