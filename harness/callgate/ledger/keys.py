"""Requests, transcripts and graders -> the digests that name their rows in the ledger.

A reply is named by {endpoint host, model, parameters, messages, tools, trial} and nothing else; a score by what was
said where (the base) and by who judged it (the grader).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from callgate.concepts import Json, Request, Tool, canonical, digest

_quoted = json.JSONEncoder(ensure_ascii=False).encode
_CACHE_LIMIT = 256
_texts: dict[int, tuple[object, str]] = {}


def request_key(request: Request) -> str:
    """The name of a request in the ledger: the digest of its canonical JSON, 64 hex digits.

    Equal to `digest` of the whole, but put together from the messages' own canonical texts and the remembered text
    of the tools, because a run names thousands of requests that share both.
    """
    text = (
        f'{{"endpoint":{_quoted(request.endpoint)},'
        f'"messages":[{",".join([message.canonical for message in request.messages])}],'
        f'"model":{_quoted(request.model)},'
        f'"parameters":{_parameters_text(request.parameters)},'
        f'"tools":{_tools_text(request.tools)},"trial":{request.trial}}}'
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def score_base(case_digest: str, decision: str, transcript: Sequence[Json]) -> str:
    """What was graded: one transcript at one decision of one version of a case."""
    return digest([case_digest, decision, list(transcript)])


def grader_key(name: str, version: str | int, options: Mapping[str, Json], source: str = "") -> str:
    """Who graded: a grader with its options. `source` is the text of a custom grader or of a judge's rubric: graders
    that differ by one character never share a row."""
    return digest([name, version, dict(options), source])


def _tools_text(tools: tuple[Tool, ...]) -> str:
    known = _texts.get(id(tools))
    if known is not None and known[0] is tools:
        return known[1]
    return _remember(tools, canonical([tool.wire() for tool in tools]))


def _parameters_text(parameters: Mapping[str, Json]) -> str:
    known = _texts.get(id(parameters))
    if known is not None and known[0] is parameters:
        return known[1]
    return _remember(parameters, canonical(dict(parameters)))


def _remember(value: object, text: str) -> str:
    """Keeps the value itself beside its text, so that its id cannot be given to another while it is remembered."""
    if len(_texts) >= _CACHE_LIMIT:
        _texts.clear()
    _texts[id(value)] = (value, text)
    return text
