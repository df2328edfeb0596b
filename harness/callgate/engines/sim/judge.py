"""placeholder"""
from __future__ import annotations
from collections.abc import Mapping, Sequence
from typing import Any
def judge(messages: Sequence[Mapping[str, Any]], trial: int) -> str:
    return "{}"
