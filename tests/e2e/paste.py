"""The commands of a documentation page, run as one would paste them."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from scratch import COMMAND, HOUSE, clean


def blocks(page: str, kind: str = "sh") -> list[str]:
    """The fenced blocks of a page of docs/, in order."""
    found = re.findall(rf"^```{kind}\n(.*?)^```", (HOUSE / "docs" / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert found
    return found


def shell(root: Path, text: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A block as one would paste it, with this installation's `callgate` and `python` first on the path."""
    environment = dict(clean(root, **more))
    environment["PATH"] = f"{COMMAND.parent}{os.pathsep}{environment['PATH']}"
    return subprocess.run(
        ["sh", "-e", "-c", text], cwd=root, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
