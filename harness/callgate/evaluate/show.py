"""A run in the ledger -> its screen again, or one of its calls turn by turn. Nothing is asked, nothing is paid."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from callgate.concepts import ARMS, Arm, Decision, Mistake, Prompt, Tool
from callgate.evaluate.measuring import Bench, replayed
from callgate.evaluate.options import Options
from callgate.evaluate.outcome import LEDGER
from callgate.evaluate.plan import Plan, endpoints, make_plan
from callgate.evaluate.run import graders_of
from callgate.evaluate.stored import kept_run, stored_decision
from callgate.files import did_you_mean
from callgate.ledger import Ledger, Run
from callgate.redaction import redact
from callgate.report.conversation import View, conversation
from callgate.report.terminal import Style, flaky_screen, flip_lines, screen


def shown(
    root: Path,
    run: str,
    case: str | None,
    *,
    segment: Mapping[str, str],
    everything: bool,
    as_json: bool,
    style: Style,
    flaky: bool = False,
) -> str:
    """The text of `callgate show`. A first word that is no run is taken for a case of the last one, and where that has
    no such case, for one of the golden set."""
    if not (root / LEDGER).exists():
        page = _golden(root, run) if case is None else None
        if page is None:
            raise Mistake("there is no run yet; `callgate eval` makes the first")
        return page
    with Ledger.open(root / LEDGER) as ledger:
        found = ledger.run(run)
        if found is None and case is None:
            found, case = ledger.run("last"), run
            if found is None or case not in _cases(found):
                page = _golden(root, case)
                if page is not None:
                    return page
        if found is None:
            raise Mistake(f"no run {run!r}; `callgate show last` is the newest")
        decision = stored_decision(found)
        if case is not None:
            return _call(root, ledger, found, decision, case, as_json=as_json, style=style)
    if as_json:
        return decision.to_json()
    if flaky:
        return flaky_screen(decision)
    text = screen(decision, style=style, everything=everything)
    return text + flip_lines(decision, segment, style) if segment or everything else text


def _cases(run: Run) -> Any:
    stored: Any = run.plan
    return stored["cases"]


def _golden(root: Path, name: str) -> str | None:
    """The page of a case of the golden set; None where there is none of that name."""
    from callgate.evaluate.case_page import case_page, find_case

    found = find_case(root, name)
    return case_page(root, found) if found else None


def page_of(root: Path, run: str, *, share: bool) -> str:
    """`report.html` of a run as the ledger has it; with `share` the one for people outside the team."""
    from callgate.evaluate.background import background
    from callgate.report.html import page
    from callgate.report.share import shareable

    with kept_run(root, run) as (ledger, found):
        decision = stored_decision(found)
        behind = background(replayed(bench_of(root, ledger, found)), decision)
    if share:
        decision, behind = shareable(decision, behind)
    return redact(page(decision, background=behind))


def bench_of(root: Path, ledger: Ledger, run: Run, **changes: Any) -> Bench:
    """The parts of a run again, under the prompts that it had; nothing is asked."""
    stored: Any = run.plan
    options = Options(**{**stored["options"], **_tuples(stored["options"]), "failed": False, "offline": True})
    prompts = {arm: _prompt(stored[arm]) for arm in ARMS}
    plan = make_plan(root, root / stored["path"], replace(options, **changes), prompts=prompts)
    held = stored.get("held") or {}
    return Bench(plan, graders_of(plan, root)[0], ledger, None, endpoints(plan), stored["generations"], held=held)


def _call(root: Path, ledger: Ledger, run: Run, decision: Decision, case: str, *, as_json: bool, style: Style) -> str:
    """One call of a run, replayed from the ledger under the prompts that the run had."""
    stored: Any = run.plan
    known = stored["cases"]
    if case not in known:
        raise Mistake(f"case {case!r} is not in run {run.id[:12]} of {run.eval}{did_you_mean(case, known)}")
    bench = bench_of(root, ledger, run, cases=(case,), segment={}, limit=None)
    plan, measured = bench.plan, replayed(bench)
    contest = plan.contests[0]
    views = [View(p.point, {arm: measured.of(contest, p, arm) for arm in ARMS}) for p in plan.pairs]
    if as_json:
        return _as_json(plan, views)
    changed = "" if plan.pairs[0].case.digest == known[case] else "this case has changed since the run\n"
    names: dict[Arm, str] = {"baseline": decision.baseline.name, "candidate": decision.candidate.name}
    width = min(160, shutil.get_terminal_size((120, 40)).columns)
    return changed + conversation(plan.pairs[0].case, views, names, style=style, width=width)


def _tuples(options: Mapping[str, Any]) -> dict[str, Any]:
    """JSON has lists where options have tuples."""
    return {key: tuple(value) for key, value in options.items() if isinstance(value, list)}


def _prompt(stored: Mapping[str, Any]) -> Prompt:
    return Prompt(**{**stored, "tools": tuple(Tool(**tool) for tool in stored["tools"])})


def _as_json(plan: Plan, views: list[View]) -> str:
    """The call and both sides' trials with their grades."""
    case = plan.pairs[0].case
    decisions = [
        {
            "decision": view.point.id,
            **{
                arm: [
                    {
                        "trial": trial.id.number,
                        "steps": trial.transcript(),
                        "failure": asdict(trial.failure) if trial.failure else None,
                        "grades": {
                            name: {"type": type(grade).__name__, **asdict(grade)} for name, grade in grades.items()
                        },
                    }
                    for trial, grades in view.trials[arm]
                ]
                for arm in ARMS
            },
        }
        for view in views
    ]
    body = {"case": case.id, "segments": dict(case.segments), "decisions": decisions}
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"
