"""structured_output: a reply that must be JSON is JSON, and valid by the schema that its prompt asked for."""

from __future__ import annotations

from collections.abc import Mapping

from callgate.concepts import Evidence, Grade, Json, NotApplicable, Score, canonical
from callgate.graders.rules.calls import schema_error
from callgate.graders.rules.tickets import answer_of, answer_problem
from callgate.graders.seen import Seen
from callgate.graders.text import excerpt


def structured_output(seen: Seen) -> Grade:
    """The reply is one JSON object, strictly parsed, valid by `response_format` of the prompt's parameters; that of a
    ticket has every label in its closed set, labels that go together, and a confidence of 0 to 1."""
    wanted, scheme = _format(seen), seen.context.case.scheme
    if wanted is None and scheme is None:
        return NotApplicable("the prompt asks for no JSON")
    text = seen.trial.steps[-1].reply.text if seen.trial.steps else ""
    parsed = answer_of(seen.trial)
    reason = parsed if isinstance(parsed, str) else schema_error(canonical(wanted), text) if wanted else None
    if scheme is not None and not reason and not isinstance(parsed, str):
        reason = answer_problem(scheme, parsed)
    why = f"{reason}: {excerpt(text)}" if reason else "valid"
    evidence = (Evidence(text[:200], len(seen.trial.steps) - 1),) if reason else ()
    return Score(float(not reason), passed=not reason, why=why, evidence=evidence)


def _format(seen: Seen) -> Mapping[str, Json] | None:
    """The schema that the prompt's `response_format` names; any object for `json_object`."""
    asked = seen.context.prompt.parameters.get("response_format") if seen.context.prompt else None
    if not isinstance(asked, Mapping):
        return None
    named = asked.get("json_schema")
    schema = named.get("schema") if isinstance(named, Mapping) else None
    return schema if isinstance(schema, Mapping) else {"type": "object"} if asked.get("type") == "json_object" else None
