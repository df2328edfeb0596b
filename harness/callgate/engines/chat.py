"""What an OpenAI chat completion says -> a Reply: the one reading of it that all lanes share."""

from __future__ import annotations

from callgate.concepts import Failure, Outcome, Reply, ToolCall
from callgate.engines.faults import malformed
from callgate.engines.prices import price


def chat_reply(
    model: str,
    *,
    content: object,
    refusal: object,
    calls: tuple[ToolCall, ...],
    finish: object,
    served: object,
    tokens: tuple[object, object, object] | None,
    seconds: float,
) -> Reply | Failure:
    """One completion as a Reply. `tokens` are those of the prompt, of the reply, and of the prompt those read from a
    cache. Where the provider did not say (litellm then makes up zeroes), the price is not known."""
    text = content or refusal or ""
    if not isinstance(text, str):
        return malformed(f"the content is no text but {type(text).__name__}")
    prompt_tokens, completion_tokens, cached = map(_count, tokens or (0, 0, 0))
    known = price(model) if prompt_tokens or completion_tokens else None
    return Reply(
        text=text,
        calls=calls,
        outcome=_outcome(finish, text, calls, refused=bool(refusal)),
        served=str(served or ""),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        dollars=None if known is None else known.dollars(prompt_tokens, completion_tokens, cached),
        seconds=round(seconds, 4),
        simulated=model.startswith("sim/"),
    )


def _outcome(finish: object, text: str, calls: tuple[ToolCall, ...], *, refused: bool) -> Outcome:
    if refused:
        return "refused"
    if finish == "content_filter":
        return "filtered"
    if finish == "length":
        return "truncated"
    return "ok" if calls or text.strip() else "empty"


def _count(value: object) -> int:
    """Nonsense counts as 0."""
    return value if isinstance(value, int) and value > 0 else 0
