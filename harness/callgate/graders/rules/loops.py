"""repeat_loop: the agent says or does the same thing again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias

from callgate.concepts import CallerTurn, Evidence, Grade, NotApplicable, Score, ToolTurn, canonical
from callgate.graders.packs import LANGUAGES, pack
from callgate.graders.rules.calls import call_evidence
from callgate.graders.seen import Context, Seen, Utterance
from callgate.graders.text import excerpt, fold, words

_DIGIT = re.compile(r"\d")
_BACK = 4  # utterances back that are compared
_TRIES = 2  # a call that failed so often in the whole call is not made again with the same arguments
_SHORTEST = 6  # words under which "one moment, please" may come again


def repeat_loop(seen: Seen, *, similarity: float = 0.85) -> Grade:
    """No utterance is nearly one of the agent's last four, and no tool is called again with the same arguments.

    Numbers count as equal, word order does not count. Saying it again is fair where the caller asks for it or was
    badly heard, and a call that failed may be made once more, in the whole call.
    """
    if not seen.utterances and not seen.answers:
        return NotApplicable("nothing was said or done")
    problems = [*_called_again(seen), *(() if _asked_to_repeat(seen.context) else _said_again(seen, similarity))]
    why = "; ".join(reason for reason, _ in problems)
    evidence = tuple(proof for _, proof in problems)
    return Score(float(not problems), passed=not problems, why=why or "nothing again", evidence=evidence)


def _said_again(seen: Seen, least: float) -> Iterator[tuple[str, Evidence]]:
    said = [*seen.context.past_utterances, *seen.utterances]
    first = len(said) - len(seen.utterances)
    for index in range(first, len(said)):
        for earlier in said[max(0, index - _BACK) : index]:
            if alike(said[index], earlier) >= least:
                yield f"said again: {excerpt(said[index].text)}", said[index].evidence()
                break


def alike(one: Utterance, other: Utterance) -> float:
    """The share of words that two utterances have in common, numbers masked; 0 where one is short."""
    if min(len(words(one.text)), len(words(other.text))) < _SHORTEST:
        return 0.0
    first, second = _masked(one.text), _masked(other.text)
    return 2 * len(first & second) / (len(first) + len(second))


@lru_cache(maxsize=8192)
def _masked(text: str) -> frozenset[str]:
    return frozenset("#" if _DIGIT.search(word) else word for word in words(text))


@lru_cache(maxsize=1024)
def _asked_to_repeat(context: Context) -> bool:
    last = context.last_caller
    if last is None:
        return False
    packs = [found for language in LANGUAGES if (found := pack(language))]
    badly = last.confidence is not None and last.confidence < 0.6
    return badly or any(known.phrases["repeat_please"].search(fold(last.text)) for known in packs)


_Times: TypeAlias = dict[tuple[str, str], int]  # by tool and canonical arguments


@lru_cache(maxsize=1024)
def _called_before(context: Context) -> tuple[_Times, _Times]:
    """How often each call of the history worked since the caller last spoke, and how often it failed in a row."""
    made: _Times = {}
    failed: _Times = {}
    for turn in context.history:
        if isinstance(turn, CallerTurn):
            made = {}
        elif isinstance(turn, ToolTurn):
            key = (turn.tool, canonical(turn.args))
            made[key] = 0 if turn.error is not None else 1
            failed[key] = failed.get(key, 0) + 1 if turn.error is not None else 0
    return made, failed


def _called_again(seen: Seen) -> Iterator[tuple[str, Evidence]]:
    """Calls of the trial that were made before with the same arguments, since the caller last spoke or in the trial."""
    made, failed = map(dict, _called_before(seen.context))
    for answer in seen.answers:
        if answer.arguments is None:
            continue
        key = (answer.call.name, canonical(answer.arguments))
        if made.get(key, 0) >= 1:
            yield f"called {answer.call.name} again with the same arguments", call_evidence(seen, answer)
        elif failed.get(key, 0) >= _TRIES:
            why = f"called {answer.call.name} again, which has failed {failed[key]} times with the same arguments"
            yield why, call_evidence(seen, answer)
        failed[key] = failed.get(key, 0) + 1 if answer.kind == "tool_error" else 0
        made[key] = made[key] + 1 if key in made else int(answer.kind != "tool_error")
