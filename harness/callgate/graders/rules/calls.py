"""Rules on tool calls: what was called, with which arguments, what must not be, and whether there was a reply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from callgate.concepts import (
    AgentTurn,
    CallerTurn,
    Evidence,
    Grade,
    Json,
    NotApplicable,
    Score,
    ToolAnswer,
    ToolCall,
    canonical,
)
from callgate.graders.matching import Match
from callgate.graders.packs import LANGUAGES, Pack, pack
from callgate.graders.said import values
from callgate.graders.seen import Seen, leaves
from callgate.graders.text import excerpt, fold
from callgate.replay import arguments_of, fits

_BROKEN = {
    "refused": "the model refused to answer",
    "filtered": "the provider filtered the reply",
    "truncated": "the reply was cut off",
    "empty": "the reply was empty",
}


def whole_reply(seen: Seen) -> Grade:
    """Fails a reply that was refused, filtered, cut off or empty; has nothing to say of a whole one."""
    for turn, step in enumerate(seen.trial.steps):
        said_nothing = not step.reply.text.strip() and not step.reply.calls
        outcome = "empty" if step.reply.outcome == "ok" and said_nothing else step.reply.outcome
        if outcome != "ok":
            return Score(0.0, passed=False, why=_BROKEN[outcome], evidence=(Evidence(step.reply.text[:200], turn),))
    if not seen.trial.steps:
        return Score(0.0, passed=False, why="nothing was said or done")
    return NotApplicable("the reply is whole")


def tool_called(seen: Seen) -> Grade:
    """Every expected call has a call of its own; what was done is of the kind expected (`act`)."""
    wanted, act = seen.matches, seen.expect.act
    if not wanted and act in {None, "any"}:
        return NotApplicable("no call is expected")
    missing = [match.expected.tool for match in wanted if match.answer is None]
    problems = [f"{tool} was not called" for tool in missing]
    if act not in {None, "any"} and not _acted(seen, str(act)):
        problems.append(f"expected to {_ACTS[str(act)]}")
    parts = len(wanted) + (act not in {None, "any"})
    why = "; ".join(problems)
    if problems:
        made = ", ".join(dict.fromkeys(answer.call.name for answer in seen.answers)) or "nothing"
        why += f"; called: {made}" + (f"; said {excerpt(seen.trial.speech)}" if seen.trial.speech else "")
    evidence = tuple(_evidence(seen)) if problems else ()
    return Score(
        1 - len(problems) / parts, passed=not problems, why=why or "all expected calls made", evidence=evidence
    )


_ACTS = {
    "speak": "speak and call no tool that acts",
    "call": "call a tool",
    "handoff": "pass the call on",
    "end": "end the call",
}


def _acted(seen: Seen, act: str) -> bool:
    effects = {seen.context.effect(answer.call.name) for answer in seen.answers}
    if act == "speak":
        return bool(seen.trial.speech.strip()) and effects <= {"read"}
    if act == "call":
        return bool(effects)
    return ("transfer" if act == "handoff" else "end") in effects


def _evidence(seen: Seen) -> Iterator[Evidence]:
    """The calls and the speech of a trial, as quotes."""
    for turn, step in enumerate(seen.trial.steps):
        for answer in step.answers:
            yield Evidence(f"{answer.call.name}({answer.call.arguments})", turn)
        if step.reply.text:
            yield Evidence(step.reply.text, turn, 0, len(step.reply.text))


def tool_args(seen: Seen) -> Grade:
    """The share of expected arguments that hold in the calls made; a missing one does not hold."""
    made = [match for match in seen.matches if match.answer is not None]
    strict = seen.expect.extra_args == "forbid"
    extra = [name for match in made for name in _extra(match)] if strict else []
    total = sum(len(match.expected.arguments) for match in made) + len(extra)
    if not made or not total:
        return NotApplicable("no expected call was made" if seen.matches else "no arguments are expected")
    wrong = [(match, name, reason) for match in made for name, reason in match.wrong.items()]
    reasons = [f"{name}: {reason}" for _, name, reason in wrong] + [f"{name}: not expected" for name in extra]
    bad = {id(match): match.answer for match, _, _ in wrong if match.answer}
    evidence = tuple(call_evidence(seen, answer) for answer in bad.values())
    share = 1 - len(reasons) / total
    return Score(
        max(share, 0.0), passed=not reasons, why="; ".join(reasons) or "all arguments as expected", evidence=evidence
    )


def _extra(match: Match) -> list[str]:
    given = match.answer.arguments if match.answer else None
    return [name for name in given or {} if name not in match.expected.arguments]


def call_evidence(seen: Seen, answer: ToolAnswer) -> Evidence:
    """A call as a quote, at the step that made it."""
    turn = next((n for n, step in enumerate(seen.trial.steps) if any(a is answer for a in step.answers)), 0)
    return Evidence(f"{answer.call.name}({answer.call.arguments})", turn)


def tool_schema(seen: Seen) -> Grade:
    """Every call names a tool of the prompt, with arguments that are one JSON object and valid by its schema."""
    if not seen.answers:
        return NotApplicable("no tool was called")
    bad = [(answer, reason) for answer in seen.answers if (reason := _invalid(seen, answer))]
    return Score(
        1 - len(bad) / len(seen.answers),
        passed=not bad,
        why="; ".join(f"{answer.call.name}: {reason}" for answer, reason in bad) or "all calls are valid",
        evidence=tuple(call_evidence(seen, answer) for answer, _ in bad),
    )


def _invalid(seen: Seen, answer: ToolAnswer) -> str | None:
    tool = seen.context.tool.get(answer.call.name)
    if tool is None:
        return f"there is no such tool; there are {', '.join(seen.context.tool) or 'none'}"
    return schema_error(seen.context.schema_texts[tool.name], answer.call.arguments)


@lru_cache(maxsize=256)
def _parsed_schema(schema: str) -> Any:
    import json

    from jsonschema import Draft202012Validator, FormatChecker

    return Draft202012Validator(json.loads(schema), format_checker=FormatChecker())


_PLAIN = frozenset({"type", "description", "title", "properties", "required", "additionalProperties"})
"""Keywords of an object's schema beside which nothing depends on two arguments at once."""


_ANY_TEXT = {"type", "description", "title"}
"""Keywords of a schema by which, with the type `string`, any text is valid."""


@dataclass(frozen=True, slots=True)
class _Plain:
    """A schema that looks at each argument by itself: their schemas (canonical JSON), those that may be any text, those
    required, and whether others may come."""

    apart: Mapping[str, str]
    texts: frozenset[str]
    required: frozenset[str]
    others: bool


@lru_cache(maxsize=256)
def _plain_schema(schema: str) -> _Plain | None:
    """None where a schema says more than that."""
    import json

    whole = json.loads(schema)
    properties = whole.get("properties", {})
    if not set(whole) <= _PLAIN or whole.get("type", "object") != "object" or "$ref" in schema:
        return None
    if not isinstance(whole.get("additionalProperties", True), bool):
        return None
    apart = {name: canonical(own) for name, own in properties.items()}
    texts = {
        n
        for n, own in properties.items()
        if type(own) is dict and own.get("type") == "string" and own.keys() <= _ANY_TEXT
    }
    return _Plain(
        apart, frozenset(texts), frozenset(whole.get("required", ())), whole.get("additionalProperties", True)
    )


def _plainly_valid(schema: str, arguments: Mapping[str, Json]) -> bool:
    """Whether each argument is valid by itself and none is missing: True is sure."""
    plain = _plain_schema(schema)
    if plain is None:
        return False
    if not plain.required <= arguments.keys() or not (plain.others or arguments.keys() <= plain.apart.keys()):
        return False
    return all(
        (name in plain.texts and isinstance(given, str)) or _argument_valid(plain.apart[name], canonical(given))
        for name, given in arguments.items()
        if name in plain.apart
    )


@lru_cache(maxsize=8192)
def _argument_valid(schema: str, given: str) -> bool:
    import json

    return bool(_parsed_schema(schema).is_valid(json.loads(given)))


@lru_cache(maxsize=8192)
def schema_error(schema: str, text: str) -> str | None:
    """What is wrong with a JSON text by a schema (canonical JSON), None where it is valid."""
    arguments = arguments_of(ToolCall("", "", text))
    if isinstance(arguments, str):
        return arguments
    if _plainly_valid(schema, arguments):
        return None
    error = next(
        iter(sorted(_parsed_schema(schema).iter_errors(arguments), key=lambda e: list(map(str, e.path)))), None
    )
    if error is None:
        return None
    path = ".".join(map(str, error.absolute_path))
    return f"{path}: {error.message[:120]}" if path else str(error.message)[:120]


def tool_forbidden(seen: Seen) -> Grade:
    """No forbidden call, no write that the world refused, and none beyond the expected unless `other_calls: allow`.

    `other_calls: forbid` refuses every other call. A write that failed with a tool error may be tried again.
    """
    named = {"forbidden_calls", "other_calls"} & set(seen.expect.given) or seen.expect.forbidden_calls
    if not seen.answers and not named:
        return NotApplicable("no tool was called")
    expected = {id(match.answer) for match in seen.matches if match.answer}
    problems: list[tuple[ToolAnswer, str]] = []
    for answer in seen.answers:
        reason = _forbidden(seen, answer, expected=id(answer) in expected)
        if reason:
            problems.append((answer, reason))
    why = "; ".join(f"{answer.call.name} {reason}" for answer, reason in problems) or "nothing forbidden was done"
    evidence = tuple(call_evidence(seen, answer) for answer, _ in problems)
    return Score(0.0 if problems else 1.0, passed=not problems, why=why, evidence=evidence)


def _forbidden(seen: Seen, answer: ToolAnswer, *, expected: bool) -> str | None:
    name, others = answer.call.name, seen.expect.other_calls
    zone, tool = seen.context.case.timezone, seen.context.tool.get(name)
    for banned in seen.expect.forbidden_calls:
        if banned.tool == name and (
            not banned.arguments or (tool and fits(banned, tool, answer.arguments or {}, zone))
        ):
            return "is forbidden here"
    if answer.kind == "unmatched_write":
        return f"is a write that is not expected with these arguments: {answer.call.arguments}"
    judged_by_state = seen.trial.talk is not None and "other_calls" not in seen.expect.given
    if expected or others == "allow" or judged_by_state:
        return None
    if others == "forbid":
        return "is not among the expected calls"
    writes = seen.context.effect(name) == "write" and answer.kind == "answered"
    return "is a write that is not expected" if writes else None


def services_complete(seen: Seen) -> Grade:
    """The lists in expected calls (services) hold the expected set; missing and extra are named apart."""
    missing: list[str] = []
    extra: list[str] = []
    sets = 0
    evidence = []
    for match in seen.matches:
        for name, want in _lists(match.expected.arguments, seen.context.properties.get(match.expected.tool, {})):
            if match.answer is None:
                continue
            sets += 1
            given = (match.answer.arguments or {}).get(name)
            got = [str(item) for item in given] if isinstance(given, list | tuple) else []
            lacking, more = [w for w in want if w not in got], [g for g in got if g not in want]
            missing, extra = missing + lacking, extra + more
            if lacking or more:
                evidence.append(call_evidence(seen, match.answer))
    if not sets:
        return NotApplicable("no list is expected, or its call was not made")
    said = [f"{word}: {', '.join(some)}" for word, some in (("missing", missing), ("extra", extra)) if some]
    return Score(0.0 if said else 1.0, passed=not said, why="; ".join(said) or "complete", evidence=tuple(evidence))


def _before_agreed(seen: Seen) -> Iterator[tuple[str, Evidence]]:
    """Writes whose time neither side had named when the caller last spoke, unless the caller left it to the agent."""
    zone = ZoneInfo(seen.context.case.timezone)
    for part in seen.exchanges:
        turns = [turn for turn in part.seen.context.history if isinstance(turn, AgentTurn | CallerTurn)]
        named = [value for turn in turns for value in values(turn.text) if value.kind == "time"]
        asked = fold("\n".join(turn.text for turn in turns if isinstance(turn, CallerTurn)))
        left = any(known.phrases["any_time"].search(asked) for known in _packs())
        for answer in part.seen.answers if not left else ():
            if seen.context.effect(answer.call.name) != "write" or not _timed(answer):
                continue
            moments = [m.astimezone(zone) for leaf in leaves(answer.arguments) if (m := seen.moment(leaf)) is not None]
            for moment in moments:
                if not any(value.tells(moment, seen.today) for value in named):
                    why = f"called {answer.call.name} for {moment:%Y-%m-%d %H:%M} before the caller had agreed to it"
                    yield why, part.told(call_evidence(part.seen, answer))


def _timed(answer: ToolAnswer) -> bool:
    return answer.kind == "answered" and any(isinstance(x, str) and x[:2] == "20" for x in leaves(answer.arguments))


def _packs() -> list[Pack]:
    return [found for language in LANGUAGES if (found := pack(language))]


def _lists(arguments: Mapping[str, Json], schemas: Mapping[str, Mapping[str, Json]]) -> Iterator[tuple[str, list[str]]]:
    """The expected arguments that are lists of words, written plainly or as a `set`."""
    for name, matcher in arguments.items():
        wanted = matcher.get("set") if isinstance(matcher, Mapping) and set(matcher) == {"set"} else matcher
        if isinstance(wanted, list | tuple) and schemas.get(name, {"type": "array"}).get("type") == "array":
            yield name, [str(item) for item in wanted]


def tool_order(seen: Seen) -> Grade:
    """With `call_order: listed`, the expected calls were made in the order in which they are written; in a whole
    conversation, nothing is written for a time that was not spoken of before the caller's last words."""
    hasty = list(_before_agreed(seen)) if seen.trial.talk is not None else []
    if hasty:
        why = "; ".join(dict.fromkeys(reason for reason, _ in hasty))
        return Score(0.0, passed=False, why=why, evidence=tuple(proof for _, proof in hasty))
    if seen.expect.call_order != "listed":
        timed = seen.trial.talk is not None and any(map(_timed, seen.answers))
        return Score(1.0, passed=True, why="written as agreed") if timed else NotApplicable("any order will do")
    where = [next(n for n, a in enumerate(seen.answers) if a is m.answer) for m in seen.matches if m.answer is not None]
    if len(where) < 2:
        return NotApplicable("fewer than two of the expected calls were made")
    made = ", ".join(seen.answers[n].call.name for n in sorted(where))
    return Score(float(where == sorted(where)), passed=where == sorted(where), why=f"called in the order {made}")
