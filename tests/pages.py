"""Decisions with the calls behind them, in which any text can stand in any field."""

from __future__ import annotations

import json

from callgate.concepts import (
    AgentTurn,
    CallerTurn,
    Case,
    Comparison,
    Decision,
    DecisionPoint,
    Evidence,
    Expect,
    Failure,
    Flip,
    Missing,
    Prompt,
    Reply,
    Score,
    Side,
    Step,
    ToolAnswer,
    ToolCall,
    ToolTurn,
    Trial,
    TrialId,
)
from callgate.report.calls import Background, Call, Usage
from callgate.report.conversation import View

MODEL = "sim/receptionist-small"
SPANISH = "Con gusto, le tengo el martes a las diez."
ENGLISH = "I have Tuesday at ten. Does that work for you?"


def row(segment, verdict="pass", role="gate", model=MODEL, **figures):
    known = {
        "baseline_mean": 0.842,
        "candidate_mean": 0.698,
        "change": -0.144,
        "interval_here": (-0.2, -0.09),
        "at_worst": -0.205,
        "margin": 0.1,
        "level": 0.95,
        "p": 0.0004,
    }
    return Comparison(segment, "success", model, figures.pop("cases", 50), 250, role, verdict, **known | figures)


def decided(*, flips=(), name="receptionist", model=MODEL, **changes):
    """A decision that blocks Spanish."""
    whole = Decision(
        run="ab12" * 16,
        eval=name,
        verdict="block",
        exit_code=1,
        simulated=True,
        baseline=Side("v2", "a41c9e2f00", "prompts/receptionist/v2"),
        candidate=Side("v3", "7f03b1d100", "prompts/receptionist/v3"),
        models=(model,),
        cases=150,
        decisions=312,
        trials=5,
        comparisons=(
            row({}, change=0.013, at_worst=-0.019, interval_here=(-0.01, 0.03), margin=0.05, cases=150, model=model),
            row({"language": "es"}, "block", model=model),
            row({"call_type": "tire_rotation"}, role="veto", margin=None, cases=8, change=0.028, model=model),
            row({"language": "es", "call_type": "booking"}, "block", "watch", margin=None, cases=12, model=model),
        ),
        graders=(row({}, "closed", "watch", model=model),),
        flips=tuple(flips),
        missing=Missing(1560, 1556, {"timeout": 4}, ("es-001 greet candidate trial 1: timeout: 30 s",)),
        reasons=("language=es fell 14.4 points.",),
        value=0.12,
        digests={"policy": "cd34" * 16},
    )
    return Decision(**{each: changes.get(each, getattr(whole, each)) for each in Decision.__dataclass_fields__})


def flip(
    case,
    worse=5,
    *,
    decision="book",
    model=MODEL,
    grader="language_match",
    why=f'replied in English: "{ENGLISH}"',
    **segments,
):
    passed = (5, 5 - worse) if worse > 0 else (5 + worse, 5)
    segments = segments or {"language": "es", "call_type": "booking"}
    return Flip(case, decision, model, segments, passed[0], 5, passed[1], 5, grader, why, ENGLISH)


def trial(arm, number, text, case, *, passed, hour, why, model=MODEL, error=None):
    """A trial that looks the time up and answers; what failed is told with its evidence."""
    arguments = {"date": "2026-03-10", "time": hour}
    call = ToolCall("1", "check_availability", json.dumps(arguments))
    answer = ToolAnswer(call, "answered", {"open": ["10:00"]}, arguments)
    steps = (Step(Reply(calls=(call,), simulated=True), (answer,)), Step(Reply(text, simulated=True)))
    seen = (Evidence(text, 1, 0, len(text)),)
    grades = {
        "language_match": Score(float(passed), passed, "" if passed else why, () if passed else seen),
        "judge:tone": Failure("judge_invalid", error or "no verdict"),
        "brevity": Score(1.0, passed=True, why="12 words"),
        "success": Score(float(passed), passed),
    }
    return Trial(TrialId(arm, model, case, "book", number), steps), grades


def call(
    case,
    *,
    candidate=ENGLISH,
    why="replied in English",
    model=MODEL,
    title="Wants Tuesday",
    caller="Buenos días",
    error=None,
    segments=None,
):
    """A call with a history, whose decision `book` Spanish in the baseline and English in the candidate."""
    point = DecisionPoint("book", Expect(language="es"))
    turns = (
        AgentTurn("¿En qué le ayudo?"),
        CallerTurn(caller, "buenos dias", 0.8),
        ToolTurn("find", {"q": caller}, [1]),
        point,
    )
    whole = Case(
        case,
        segments or {"language": "es", "call_type": "booking"},
        turns,
        "2026-03-09T09:00",
        "America/Chicago",
        title=title,
    )
    trials = {
        "baseline": [
            trial("baseline", n, SPANISH, case, passed=True, hour="10:00", why=why, model=model, error=error)
            for n in range(5)
        ],
        "candidate": [
            trial("candidate", n, candidate, case, passed=False, hour="22:00", why=why, model=model, error=error)
            for n in range(5)
        ],
    }
    return Call(whole, model, (View(point, trials),))


def behind(*calls, prompts=None, model=MODEL):
    usage = tuple(Usage(arm, model, 312, 90_000, 12_000, 0.12, 0.8, 2.4) for arm in ("baseline", "candidate"))
    before, after = prompts or ("Be kind.\nAnswer in the caller's language.", "Be kind.\nAnswer in English.")
    return Background(calls, usage, (Prompt("v2", "v2", before), Prompt("v3", "v3", after)))
