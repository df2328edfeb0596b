"""What a page shows beside the decision: calls with both sides' trials, what the replies cost, the two prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callgate.concepts import Arm, Case, Prompt
from callgate.report.conversation import View


@dataclass(frozen=True, slots=True)
class Call:
    """One call on one model, with every decision of it that both variants met."""

    case: Case
    model: str
    views: Sequence[View]


@dataclass(frozen=True, slots=True)
class Usage:
    """What one variant's replies came to. Seconds are of each reply when it was asked; None: unknown."""

    arm: Arm
    model: str
    replies: int
    prompt_tokens: int
    completion_tokens: int
    dollars: float | None
    median_seconds: float | None
    slow_seconds: float | None  # the 95th percentile


@dataclass(frozen=True, slots=True)
class Background:
    """All of it. `calls` come worst first; where there are more flips than calls here, the page says what it left
    out."""

    calls: Sequence[Call] = ()
    usage: Sequence[Usage] = ()
    prompts: tuple[Prompt, Prompt] | None = None
