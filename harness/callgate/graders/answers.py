"""What a judge wrote -> its answer, or why it is none. Nothing is ever parsed from prose.

An answer is exactly one JSON object with exactly the keys that were asked for, a quote that occurs in what was judged,
and an answer that the rubric has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from callgate.concepts import Evidence, Failure, Json, Reply, Step, ToolAnswer, Trial
from callgate.graders.injection import cleared
from callgate.graders.text import excerpt, squeezed

KEYS = ("quote", "verdict", "why")
KEYS_WITH_FLAG = ("quote", "flag", "verdict", "why")


@dataclass(frozen=True, slots=True)
class Answer:
    """One valid answer of a judge."""

    verdict: str
    why: str
    evidence: Evidence
    flag: str = ""


def schema(answers: Sequence[str], flags: Sequence[str] = ()) -> Mapping[str, Json]:
    """The JSON Schema that a judge's answer is forced into."""
    properties: dict[str, Json] = {"quote": {"type": "string"}}
    if flags:
        properties["flag"] = {"type": "string", "enum": list(flags)}
    properties |= {"verdict": {"type": "string", "enum": list(answers)}, "why": {"type": "string"}}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def answer_of(
    trials: Sequence[Trial], reply: Reply | Failure, answers: Sequence[str], flags: Sequence[str] = ()
) -> Answer | Failure:
    """The answer in a reply, whose quote must occur in one of the trials (as the judge was shown them)."""
    if isinstance(reply, Failure):
        return reply
    if reply.outcome != "ok":
        return Failure("judge_invalid", f"the judge's answer is {reply.outcome}")
    if reply.calls:
        return Failure("judge_invalid", "the judge called a tool instead of answering")
    keys = KEYS_WITH_FLAG if flags else KEYS
    found = _object(reply.text, keys)
    if isinstance(found, str):
        return Failure("judge_invalid", f"{found}: answered {excerpt(reply.text, 60)}")
    quote, verdict, why, flag = (found.get(key, "") for key in ("quote", "verdict", "why", "flag"))
    if (
        not isinstance(quote, str)
        or not isinstance(why, str)
        or verdict not in answers
        or (flags and flag not in flags)
    ):
        wanted = "/".join(answers) + (f", a flag of {'/'.join(flags)}" if flags else "")
        return Failure("judge_invalid", f"wanted a quote, a verdict of {wanted} and why: {excerpt(reply.text, 60)}")
    evidence = next((proof for trial in trials if (proof := quoted(trial, quote))), None)
    if evidence is None:
        return Failure("judge_invalid", f"the quote does not occur in the candidate's words: {excerpt(quote, 60)}")
    return Answer(str(verdict), excerpt(why, 160).strip('"'), evidence, str(flag))


def _object(text: str, keys: Sequence[str]) -> dict[str, Json] | str:
    """The answer as an object with exactly these keys, or what is wrong with it."""

    def pairs(items: list[tuple[str, Json]]) -> dict[str, Json]:
        if len(dict(items)) < len(items):
            raise ValueError("a key stands twice")
        return dict(items)

    def constant(name: str) -> Json:
        raise ValueError(f"{name} is no JSON")

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except (ValueError, RecursionError):
        return "not one JSON object"
    if not isinstance(value, dict) or set(value) != set(keys):
        return f"not exactly the keys {', '.join(keys)}"
    return value


def quoted(trial: Trial, quote: str) -> Evidence | None:
    """Where the quote occurs, folded for case, accents and white space; None where it does not or is empty."""
    wanted = squeezed(quote)
    if not any(character.isalnum() for character in wanted):
        return None
    for turn, step in enumerate(trial.steps):
        text = step.reply.text
        if wanted in squeezed(cleared(text).text):
            start = text.find(quote)
            return (
                Evidence(quote, turn, start, start + len(quote)) if start >= 0 else Evidence(quote, turn, 0, len(text))
            )
        for answer in step.answers:
            if wanted in squeezed(cleared(_call(answer)).text):
                return Evidence(quote, turn)
    return None


def words_of(trial: Trial) -> tuple[str, ...]:
    """What was said and done: each utterance and each call's arguments, as the judge is shown them."""
    said = [cleared(step.reply.text).text for step in trial.steps if step.reply.text.strip()]
    return (*said, *(cleared(_call(answer)).text for answer in trial.answers))


def suspect(trial: Trial) -> tuple[str, ...]:
    """The passages of a trial that speak to its judge."""
    texts = [*(step.reply.text for step in trial.steps), *map(_call, trial.answers)]
    return tuple(passage for text in texts for passage in cleared(text).suspect)


def shown(trial: Trial) -> Trial:
    """The trial as a judge is shown it: without what speaks to it."""
    return replace(trial, steps=tuple(map(_shown, trial.steps)))


def _shown(step: Step) -> Step:
    answers = tuple(
        replace(
            answer,
            call=replace(
                answer.call, name=cleared(answer.call.name).text, arguments=cleared(answer.call.arguments).text
            ),
        )
        for answer in step.answers
    )
    return Step(replace(step.reply, text=cleared(step.reply.text).text), answers)


def _call(answer: ToolAnswer) -> str:
    return f"{answer.call.name} {answer.call.arguments}"
