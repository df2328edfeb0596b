"""Twelve invented weeks -> `history/runs.jsonl` and `history/tickets.csv`, with three things planted in them.

Nothing here was measured: each trial is a draw of a seeded random number, and what is drawn goes through the real gate,
so that every stored run is what a run would be. Planted: Spanish calls get worse from week 7 on; one issue is fixed in
week 5 and back in week 9; the provider answers under another name, and a little worse, from week 10 on. Run it to write
the files anew: `python tests/insight/invented_history.py`.
"""

from __future__ import annotations

import csv
import io
import json
import random
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from callgate.concepts import CaseInfo, Policy, Side, Stratum, digest
from callgate.gate import build_decision
from callgate.gate.decision import Shown
from callgate.ledger import Run

FOLDER = Path(__file__).with_name("history")
MODEL = "sim/receptionist-small"
YEAR, WEEKS, TRIALS, SEED = 2026, 12, 5, 20260101
DRIFT_WEEK, DRIFT_SEGMENT = 7, ("language", "es")
ISSUE, ISSUE_OPEN = "en-book-two-services", {2, 3, 4, 9, 10, 11, 12}
PROVIDER_WEEK, NAMES = 10, ("receptionist-small-2025-11", "receptionist-small-2026-02")
GRADERS = {"booking": "appointment_time", "cancel": "claimed_action_without_call", "hours_prices": "numbers_grounded"}
BASELINE = Side("v2", digest("an invented prompt, version 2"), "prompts/receptionist/v2")


@dataclass(frozen=True)
class Planned:
    """A case as the draws know it: how often it passes, and what it is."""

    id: str
    language: str
    call_type: str
    rate: float
    severity: str


def planned(draw: random.Random) -> list[Planned]:
    """Sixty cases, 36 English and 24 Spanish."""
    found = []
    for language, count in (("en", 36), ("es", 24)):
        for number in range(count):
            call_type = ("booking", "cancel", "hours_prices")[number % 3]
            rate = 0.35 if number % 12 == 11 else draw.uniform(0.85, 0.99)
            severity = "major" if number % 5 == 0 else "minor"
            found.append(
                Planned(f"{language}-{call_type.partition('_')[0]}-{number:02d}", language, call_type, rate, severity)
            )
    found[0] = Planned(ISSUE, "en", "booking", 0.97, "critical")
    return found


def rate(case: Planned, week: int, *, candidate: bool) -> float:
    """How often a trial of the case passes in a week."""
    chance = case.rate - (0.05 if week >= PROVIDER_WEEK else 0.0)
    if candidate and case.id == ISSUE:
        return 0.0 if week in ISSUE_OPEN else 1.0
    if candidate and week >= DRIFT_WEEK and case.language == DRIFT_SEGMENT[1]:
        chance -= 0.2
    return max(0.0, chance)


def evidence(case: Planned, draw: random.Random) -> str:
    """What the grader saw: the same kind of thing, never in the same words."""
    hour, word = draw.randint(7, 17), draw.choice(["Sure", "Of course", "Alright", "Done"])
    return {
        "booking": f"{word}, you are booked at {hour}:30",
        "cancel": f"{word}, I have cancelled it for you",
        "hours_prices": f"{word}, that is ${draw.randint(20, 160)}.95",
    }[case.call_type]


def run_of(week: int, cases: list[Planned], draw: random.Random) -> Run:
    """One week's run, gated by the real gate."""
    strata, rows, shown = [], [], {}
    for case in cases:
        sides = {
            arm: tuple(float(draw.random() < rate(case, week, candidate=arm == "candidate")) for _ in range(TRIALS))
            for arm in ("baseline", "candidate")
        }
        strata.append(Stratum(MODEL, case.id, "main", "success", sides["baseline"], sides["candidate"]))
        passed, seen = int(sum(sides["candidate"])), evidence(case, draw)
        grader = GRADERS[case.call_type]
        failing = {grader: TRIALS - passed} if passed < TRIALS else {}
        if failing:
            shown[MODEL, case.id, "main"] = Shown(grader, f"failed {TRIALS - passed} times, as invented", seen)
        rows.append(
            {
                "model": MODEL,
                "case": case.id,
                "decision": "main",
                "family": case.id,
                "severity": case.severity,
                "segments": {"language": case.language, "call_type": case.call_type},
                "digest": digest(case.id),
                "baseline": [int(sum(sides["baseline"])), TRIALS],
                "candidate": [passed, TRIALS],
                "failing": failing,
                "evidence": dict.fromkeys(failing, seen),
            }
        )
    version = 3 + (week >= 5) + (week >= 9)
    candidate = Side(
        f"v{version}", digest(f"an invented prompt, version {version}"), f"prompts/receptionist/v{version}"
    )
    infos = {
        c.id: CaseInfo(c.id, {"language": c.language, "call_type": c.call_type}, c.id, digest=digest(c.id))
        for c in cases
    }
    identity = digest(["invented", week])
    decision = build_decision(
        run=identity,
        eval="receptionist",
        strata=strata,
        cases=infos,
        policy=Policy(by=("language", "call_type"), looks=(TRIALS,)),
        baseline=BASELINE,
        candidate=candidate,
        shown=shown,
        simulated=True,
        value=0.0,
        digests={"cases": digest(sorted(infos))},
    )
    plan = {
        "path": "evals/receptionist.yaml",
        "baseline": asdict(BASELINE),
        "candidate": asdict(candidate),
        "generations": {MODEL: week},
        "served": {MODEL: [NAMES[week >= PROVIDER_WEEK]]},
        "results": rows,
    }
    at = int(datetime.combine(date.fromisocalendar(YEAR, week, 3), datetime.min.time(), UTC).timestamp()) + 9 * 3600
    return Run(identity, "receptionist", plan, json.loads(decision.to_json()), at, at + 60, TRIALS)


def runs() -> list[Run]:
    draw = random.Random(SEED)
    cases = planned(draw)
    return [run_of(week, cases, draw) for week in range(1, WEEKS + 1)]


def tickets() -> str:
    """The support log: half of the tickets are resolved automatically, and more come back from week 9 on."""
    draw = random.Random(SEED + 1)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["opened", "resolved", "handled", "triage", "category", "bounced", "severity"])
    for week in range(1, WEEKS + 1):
        for _ in range(18 + week % 4):
            opened = date.fromisocalendar(YEAR, week, draw.randint(1, 5))
            category = draw.choice(["wrong time", "wrong time", "price", "language", "transfer"])
            guess = category if draw.random() < 0.85 else "other"
            handled = draw.choices(["auto", "OPS", "T2", "T3"], [5, 3, 2, 1])[0]
            bounced = ("yes" if draw.random() < (0.25 if week >= 9 else 0.1) else "no") if handled == "auto" else ""
            severity = draw.choice(["minor", "minor", "major", "critical"])
            days = draw.randint(0, 20)
            resolved = (opened + timedelta(days=days)).isoformat() if draw.random() < 0.9 else ""
            writer.writerow([opened.isoformat(), resolved, handled, guess, category, bounced, severity])
    return stream.getvalue()


def lines() -> str:
    return "".join(json.dumps(asdict(run), separators=(",", ":"), sort_keys=True) + "\n" for run in runs())


if __name__ == "__main__":
    (FOLDER / "runs.jsonl").write_text(lines(), encoding="utf-8")
    (FOLDER / "tickets.csv").write_text(tickets(), encoding="utf-8")
