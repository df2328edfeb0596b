"""Our own graders. Each is a function of a case, a decision and what was done; callgate runs this file apart."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from callgate.concepts import Case, DecisionPoint, Evidence, NotApplicable, Score, ToolTurn, Trial
from callgate.graders.custom import grader
from callgate.graders.text import fold, sentences
from callgate.graders.values import Value, find
from callgate.replay import past_turns

OFFERS = re.compile(
    r"\b(i have|i've got|i could do|i can (do|offer)|available|how about|would you (like|prefer)|does|do you|works?"
    r"|tengo|hay|disponibles?|le (ofrezco|queda|conviene|funciona|parece|viene)|puedo ofrecerle|prefiere|le gustaria)\b"
)
REFUSES = re.compile(r"\b(not|no longer|nothing|taken|isn't|ya no|no (tengo|hay|esta)|ocupad[oa])\b")
NO_SLOT = re.compile(r"\b(until|till|close at|open at|from|hasta|cierra\w* a|abr\w* a|desde)( las?)? $")


@grader
def offers_open_slot(
    case: Case, decision: DecisionPoint, trial: Trial, *, tool: str = "find_slots", key: str = "slots"
) -> Score | NotApplicable:
    """Each time offered in speech is a start that the tool returned, in this trial or before."""
    offered = list(offered_times(case, trial))
    if not offered:
        return NotApplicable("no time was offered")
    slots = open_slots(case, decision, trial, tool, key)
    wrong = [(turn, value) for turn, value in offered if not slots & set(value.readings)]
    said = ", ".join(value.text.strip(" .,?") for _, value in wrong)
    return Score(
        1 - len(wrong) / len(offered),
        passed=not wrong,
        why=f"offered {said}, which {tool} did not return" if wrong else "offered only what is open",
        evidence=tuple(Evidence(value.text, turn, value.start, value.end) for turn, value in wrong),
    )


def open_slots(case: Case, decision: DecisionPoint, trial: Trial, tool: str, key: str) -> set[object]:
    """Minutes of the day, in the case's zone, of every start that the tool returned up to and in the trial."""
    results = [turn.result for turn in past_turns(case, decision) if isinstance(turn, ToolTurn) and turn.tool == tool]
    results += [answer.content for answer in trial.answers if answer.call.name == tool and answer.kind == "answered"]
    zone, minutes = ZoneInfo(case.timezone), set[object]()
    for result in results:
        starts = result.get(key) if isinstance(result, Mapping) else None
        for start in starts if isinstance(starts, list | tuple) else ():
            local = datetime.fromisoformat(str(start)).astimezone(zone)
            minutes.add(local.hour * 60 + local.minute)
    return minutes


def offered_times(case: Case, trial: Trial) -> Iterator[tuple[int, Value]]:
    """Step and value of each time in a sentence that offers one; opening hours and refusals offer none."""
    for turn, step in enumerate(trial.steps):
        values = find(step.reply.text, case.segments.get("language", "en"))
        for start, sentence in sentences(step.reply.text):
            plain = fold(sentence)
            if not OFFERS.search(plain) or REFUSES.search(plain):
                continue
            for value in values:
                before = plain[: value.start - start]
                if value.kind == "time" and start <= value.start < start + len(plain) and not NO_SLOT.search(before):
                    yield turn, value
