"""What a provider answered instead of a reply -> a typed outcome, and what to do about it (trust.md part 4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Literal

from callgate.concepts import Failure, Reply
from callgate.redaction import brief

Remedy = Literal["retry", "give_up", "stop_model"]
LONGEST_HINT_SECONDS = 60.0
"""More than this is not waited for, whatever Retry-After says."""
_FILTERED = frozenset({"content_filter", "content_policy_violation"})
_NO_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "account_deactivated"})


@dataclass(frozen=True, slots=True)
class Fault(Failure):
    """A failure with what the executor needs to know: whether asking again can help, and when (seconds from now).

    `stop_model`: nothing else that is asked of this model can come back either, so nothing more is paid for.
    """

    remedy: Remedy = "retry"
    retry_after: float | None = None


def malformed(why: str) -> Fault:
    """A body that is not the protocol: asked again, since a proxy's error page is as likely as a broken model."""
    return Fault("malformed", brief(why))


def timed_out(seconds: float) -> Fault:
    """No complete reply within the time that one call has."""
    return Fault("timeout", f"no complete reply within {seconds:g} s")


def fault_of_status(status: int, code: str, message: str, retry_after: float | None = None) -> Fault | Reply:
    """What an HTTP error means. `code` is the provider's own name for it ("insufficient_quota"), "" if it gave none.

    A refusal to answer because of its content is the candidate's behaviour and comes back as a filtered Reply.
    """
    why = brief(f"HTTP {status}: {message}")
    if code in _FILTERED:
        return Reply(outcome="filtered")
    if status in {401, 403}:
        return Fault("auth", why, "stop_model")
    if status == 404:
        return Fault("provider_error", why, "stop_model")
    if status == 429:
        return Fault("rate_limited", why, "stop_model" if code in _NO_CREDIT else "retry", retry_after)
    if status == 408:
        return Fault("timeout", why, "retry", retry_after)
    return Fault("provider_error", why, "retry" if status >= 500 or status in {409, 425} else "give_up", retry_after)


def retry_after_seconds(headers: Mapping[str, str], now: float) -> float | None:
    """How long the provider asks to wait, 0 to 60 s; None where it does not say or says nonsense.

    `now` is in seconds since 1970: Retry-After may be a date.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return _clamped(milliseconds / 1000)
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is not None or text is None:
        return None if seconds is None else _clamped(seconds)
    from email.utils import parsedate_to_datetime  # drags in sockets: only where a date is given

    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return _clamped((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now)


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if value == value else None  # noqa: PLR0124 - NaN is the only number that differs from itself


def _clamped(seconds: float) -> float | None:
    """A wait in the past is no hint."""
    return None if seconds < 0 else min(seconds, LONGEST_HINT_SECONDS)


def fault_of_error(error: BaseException, now: float) -> Fault | Reply:
    """What an exception of litellm means, told from the names and fields in its chain of causes alone.

    litellm dresses what it cannot read, and what never arrived, as an HTTP 500: only a status that stands on an
    answer of the provider is believed.
    """
    chain = _chain(error)
    names = {type(cause).__name__ for cause in chain}
    why = _words(error)
    if "ContentPolicyViolationError" in names:
        return Reply(outcome="filtered")
    if names & {"Timeout", "APITimeoutError"}:
        return Fault("timeout", why)
    if "UnsupportedParamsError" in names:  # would be said of every request; nothing was sent
        return Fault("provider_error", why, "stop_model")
    if names & {"APIConnectionError", "TransportError", "ReadError", "ConnectError", "RemoteProtocolError"}:
        return Fault("provider_error", brief(f"no answer: {_words(chain[-1])}"))
    status = getattr(error, "status_code", None)
    if not isinstance(status, int) or (status >= 500 and not any(map(_is_an_answer, chain))):
        return malformed(f"no chat completion: {why}")
    return fault_of_status(status, _code(chain), why, retry_after_seconds(_headers(chain), now))


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what caused it, outermost first."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    return chain


def _is_an_answer(error: BaseException) -> bool:
    """Whether this stands for an answer that really came: the transport's own error, not one that litellm made up."""
    own = type(error).__module__.partition(".")[0]
    return own == "openai" or any(base.__name__ == "HTTPStatusError" for base in type(error).__mro__)


def _words(error: BaseException) -> str:
    """The provider's own words, without the names that litellm puts before them and the traceback it puts behind."""
    text = re.sub(r"^(?:[\w.]+: )*\w+Exception - ", "", str(error)).split("Traceback (most recent")[0]
    return brief(text.strip() or type(error).__name__)


def _code(chain: list[BaseException]) -> str:
    """The provider's name for the error: the first `code` in the chain that is no HTTP status."""
    for cause in chain:
        body: Any = getattr(cause, "body", None)
        nested: Any = body.get("error", body) if isinstance(body, Mapping) else None
        for code in (getattr(cause, "code", None), nested.get("code") if isinstance(nested, Mapping) else None):
            if isinstance(code, str) and code and not code.isdigit():
                return code
    return ""


def _headers(chain: list[BaseException]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for cause in reversed(chain):
        response = getattr(cause, "response", None)
        for found in (getattr(response, "headers", None), getattr(cause, "litellm_response_headers", None)):
            if isinstance(found, Mapping):
                headers.update({str(key).lower(): str(value) for key, value in found.items()})
    return headers
