"""A judged change -> GitHub: one comment kept up to date, the step's summary, annotations on the prompt's new lines."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from callgate.concepts import Mistake
from callgate.redaction import redact
from callgate.report.pull_request import MARKER
from callgate.report.words import printable

PAGE = 100
PAGES = 20
SECONDS = 30
_REPOSITORY = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+\Z")


def pull_request_number(environment: Mapping[str, str]) -> int | None:
    """Which pull request this run is for, as the event says; None where it is for none."""
    path = environment.get("GITHUB_EVENT_PATH", "")
    try:
        event = json.loads(Path(path).read_text("utf-8")) if path else {}
    except (OSError, ValueError):
        event = {}
    number = event.get("pull_request", {}).get("number") if isinstance(event, dict) else None
    if isinstance(number, int):
        return number
    found = re.match(r"refs/pull/(\d+)/", environment.get("GITHUB_REF", ""))
    return int(found[1]) if found else None


def keep_comment(text: str, environment: Mapping[str, str]) -> str:
    """Writes the comment, or brings the one that is there up to date. Returns what happened, in words.

    A token that may not write (a fork's) is no mistake: the same text stands in the step's summary.
    """
    number = pull_request_number(environment)
    token = environment.get("GITHUB_TOKEN", "")
    if number is None or not token:
        return "no comment: " + ("this is no pull request" if number is None else "GITHUB_TOKEN is not set")
    repository = environment.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.match(repository):
        raise Mistake(f"GITHUB_REPOSITORY is {repository!r}; it must be OWNER/NAME")
    issues = f"{_host(environment)}/repos/{repository}/issues"
    try:
        known = _own_comment(f"{issues}/{number}/comments", token)
        if known is not None:
            _ask("PATCH", f"{issues}/comments/{known}", token, {"body": redact(text)})
            return f"comment {known} brought up to date"
        made = _ask("POST", f"{issues}/{number}/comments", token, {"body": redact(text)})
        return f"comment {made['id']} written"
    except (urllib.error.URLError, TimeoutError, ValueError, KeyError, TypeError) as error:
        reason = f"{error.code} {error.reason}" if isinstance(error, urllib.error.HTTPError) else type(error).__name__
        return f"no comment: GitHub answered {reason}"


def _host(environment: Mapping[str, str]) -> str:
    """The API's address; a token goes over https, or to this very machine."""
    host = environment.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
    parts = urlsplit(host)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise Mistake(f"GITHUB_API_URL is {host!r}; it must be https")
    return host


def _own_comment(address: str, token: str) -> int | None:
    """The comment with our mark. Only a bot's: anybody may write the mark into a comment of their own."""
    for page in range(1, PAGES + 1):
        comments = _ask("GET", f"{address}?per_page={PAGE}&page={page}", token)
        for one in comments:
            if one["user"]["type"] == "Bot" and str(one["body"]).startswith(MARKER):
                return int(one["id"])
        if len(comments) < PAGE:
            return None
    return None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A token does not follow to where it was not sent."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def _ask(method: str, address: str, token: str, body: Mapping[str, str] | None = None) -> Any:
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "User-Agent": "callgate",
    }
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(address, data, headers, method=method)  # noqa: S310  # https or loopback, see _host
    with urllib.request.build_opener(_NoRedirect).open(request, timeout=SECONDS) as answer:
        return json.load(answer)


def write_summary(text: str, environment: Mapping[str, str]) -> None:
    """Adds the text to the summary of the step, where there is one."""
    _append(environment.get("GITHUB_STEP_SUMMARY", ""), redact(text))


def write_outputs(values: Mapping[str, str], environment: Mapping[str, str]) -> None:
    """Sets outputs of the step; values are ours and of one line."""
    lines = "".join(f"{name}={printable(value)}\n" for name, value in values.items())
    _append(environment.get("GITHUB_OUTPUT", ""), lines)


def _append(path: str, text: str) -> None:
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)


def annotation(level: str, path: str, line: int, message: str) -> str:
    """A line that GitHub shows beside the file: `level` is error, warning or notice."""
    return f"::{level} file={_property(path)},line={line},title=callgate::{_escaped(message)}"


def _escaped(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
