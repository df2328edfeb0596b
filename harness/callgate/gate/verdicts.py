"""Where a test or a must-pass case stands: the words that the looks and what is shown share."""

from __future__ import annotations

from typing import Literal

Status = Literal["live", "pass", "block", "incomplete", "closed", "moved"]
