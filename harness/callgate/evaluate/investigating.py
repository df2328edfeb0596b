"""One exported call and what was said of it -> where it went wrong, what the agent knew there, what is like it, what to
do next. Without a key; with a model, what the prompts of today and of that day do at the same point.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from callgate.concepts import Budget, Case, DecisionPoint, Json, Mistake, Prompt, ToolTurn, Trial
from callgate.config import Eval
from callgate.dataset.drafts import Drafted, drafts_of, privacy_of, write_draft
from callgate.dataset.importers import Hints
from callgate.dataset.load import case_of
from callgate.dataset.near import Near, NearIndex
from callgate.dataset.redact import summary
from callgate.dataset.world import Worlds
from callgate.engines.access import endpoint
from callgate.engines.lanes import Lanes
from callgate.evaluate.adding import evals_of
from callgate.evaluate.importing import Rules, call_of, folder_of, marked, set_at
from callgate.evaluate.outcome import LEDGER
from callgate.evaluate.proving import refuse_unreviewed
from callgate.evaluate.recorded import Wrong
from callgate.evaluate.releases import Release, live_on, releases
from callgate.evaluate.run import engines
from callgate.execute import REPLAY, Purse, execute
from callgate.files import relative_name
from callgate.insight.runbooks import Runbook, fitting, runbooks
from callgate.ledger import Ledger
from callgate.matchers import instant
from callgate.prompts import load_prompt
from callgate.replay import begin, history, opening, past_turns, scene

TRIALS = 3


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a prompt does at the bad decision: its name, why it was taken, its trials."""

    prompt: str
    model: str
    trials: tuple[Trial, ...]


@dataclass(frozen=True, slots=True)
class Investigation:
    """All that can be said of one call. `proposed` is what may have been right at the bad decision, to be checked."""

    file: str
    case: Case
    drafted: Drafted
    said: str
    wrongs: tuple[Wrong, ...]
    near: tuple[Near, ...]
    causes: Mapping[str, str]
    books: tuple[Runbook, ...]
    replayed: tuple[Replayed, ...]
    live: Release | None
    proposed: Mapping[str, Json]
    known_before: bool = False

    @property
    def point(self) -> DecisionPoint:
        """The decision to look at: the first that went wrong, else the last that did anything, else the last."""
        if self.wrongs:
            return next(point for point in self.case.points if point.id == self.wrongs[0].decision)
        acted = [point for point in self.case.points if point.recorded]
        return (acted or list(self.case.points))[-1]

    @property
    def replaced(self) -> str:
        return summary(self.drafted.replaced)


def investigate(
    root: Path,
    file: Path,
    *,
    said: str = "",
    format_: str = "auto",
    hints: Hints | None = None,
    into: str | None = None,
    names: Path | None = None,
    model: str | None = None,
    max_cost: float | None = None,
) -> Investigation:
    """Imports the call without its personal data, grades what was done, and writes the draft of its case."""
    folder = folder_of(root, into)
    world = Worlds(root).of(folder)
    privacy = privacy_of(root, world, names)
    there = set_at(folder, root)
    taken = [case.id for case in there.cases]
    drafts, problems = drafts_of(format_, [file], hints or Hints(), world=world, privacy=privacy, taken=taken)
    if problems:
        raise Mistake(problems)
    if len(drafts) != 1:
        raise Mistake(f"{file} holds {len(drafts)} calls; investigate looks at one: import them, then show each")
    drafted, known = _same_call(drafts[0], {call_of(there.sources[case.id].whole): case.id for case in there.cases})
    evals = evals_of(root, folder)
    prompt = load_prompt(evals[0].candidate.prompt, root) if evals else None
    case, _ = case_of(drafted.document(f"{drafted.name}.yaml"), drafted.name, world)
    redacted = privacy.redactor(f"said {drafted.name}").text(said) if said else ""
    found = Rules.of(root, folder).wrongs(case)
    others = [one for one in there.cases if one.id != drafted.name]
    near = tuple(NearIndex.of(others).nearest(case))
    path = folder / f"{drafted.name}.yaml"
    if not known:
        path = write_draft(marked(drafted, found[0] if found else None), folder)
    result = Investigation(
        relative_name(path, root),
        case,
        drafted,
        redacted,
        tuple(found),
        near,
        {one.case: cause for one in near if (cause := cause_of(there.sources[one.case].whole))},
        tuple(fitting(runbooks(root), {one.grader for one in found}, case.segments, _words(case, redacted, found))),
        (),
        live_on(releases(root), case.now[:10], case.segments.get("dealer", "")),
        {},
        known,
    )
    result = replace(result, proposed=_proposal(result))
    if model and prompt:
        result = replace(result, replayed=_replayed(root, result, evals[0], prompt, model=model, max_cost=max_cost))
    return result


def _same_call(drafted: Drafted, known: Mapping[tuple[str, str] | None, str]) -> tuple[Drafted, bool]:
    """The draft under the name of the case that this call already is, if it is one."""
    key = call_of(drafted.data)
    return (replace(drafted, name=known[key]), True) if key and key in known else (drafted, False)


def _words(case: Case, said: str, found: Sequence[Wrong]) -> str:
    """What a runbook's regex is looked for in: the complaint, and what the rules say."""
    return "\n".join([said, *map(str, found), case.title])


def cause_of(whole: Mapping[str, Json]) -> str:
    """What people found of a known failure: its modes and its cause, by its labels."""
    labels = whole.get("labels")
    for label in labels if isinstance(labels, list) else ():
        if isinstance(label, Mapping) and label.get("verdict") == "fail":
            modes = label.get("modes")
            words = " ".join(map(str, modes)) if isinstance(modes, list) else ""
            return ", ".join(
                filter(None, (words.replace("_", " "), f"cause {label['cause']}" if "cause" in label else ""))
            )
    return ""


# ---------------------------------------------------------------------------------------------- what was right


def _proposal(found: Investigation) -> dict[str, Json]:
    """The calls of the bad decision, with a start that no slot has in the place of the slot of the same wall clock."""
    calls: dict[str, Json] = {}
    for turn in found.point.recorded:
        if isinstance(turn, ToolTurn) and found.case.effects.get(turn.tool, "write") == "write":
            calls[turn.tool] = {name: _meant(found.case, found.point, value) for name, value in turn.args.items()}
    return {"calls": calls} if calls else {}


def _meant(case: Case, point: DecisionPoint, value: Json) -> Json:
    """A moment as one of the offered ones, where one has the same wall clock; anything else as it is."""
    if not isinstance(value, str) or not isinstance(instant(value, case.timezone), datetime) or ":" not in value:
        return value
    offered = [text for text in _moments(case, point) if text[:16].replace(" ", "T") == value[:16].replace(" ", "T")]
    return offered[0] if offered else value


def _moments(case: Case, point: DecisionPoint) -> list[str]:
    """The dates with times that tools had answered when the decision was taken, and in it."""
    turns = [*past_turns(case, point), *point.recorded]
    texts = [text for turn in turns if isinstance(turn, ToolTurn) for text in _strings(turn.result)]
    return [text for text in texts if len(text) >= 16 and isinstance(instant(text, case.timezone), datetime)]


def _strings(value: Json) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = list(value.values()) if isinstance(value, Mapping) else list(value) if isinstance(value, list) else []
    return [text for one in inner for text in _strings(one)]


# ---------------------------------------------------------------------------------------------- the prompts again


def _replayed(
    root: Path, found: Investigation, the_eval: Eval, today: Prompt, *, model: str, max_cost: float | None
) -> tuple[Replayed, ...]:
    """The bad decision under today's prompt, and under the one that was live, where releases say which."""
    refuse_unreviewed(found.case.pii, model, found.case.id)
    sides = [("today's", today, model)]
    if found.live is not None:
        then = found.live.model or model
        refuse_unreviewed(found.case.pii, then, found.case.id)
        sides.append(("live that day", load_prompt(found.live.source, root), then))
    budget = the_eval.budget if max_cost is None else Budget(dollars=max_cost)
    purse = Purse(budget, time.monotonic())
    done = []
    with (
        Ledger.open(root / LEDGER) as ledger,
        closing(Lanes(the_eval.transport, root=root, seconds=the_eval.seconds)) as lanes,
    ):
        for what, prompt, asked in sides:
            stage = scene(
                prompt,
                found.case,
                found.point,
                opening=opening(prompt, found.case),
                past=history(found.case, found.point),
            )
            host = endpoint(asked, root=root)
            asks = [begin(stage, model=asked, arm="candidate", trial=n, endpoint=host) for n in range(TRIALS)]
            ran = execute(asks, REPLAY, ledger=ledger, engine_for=engines([], lanes), purse=purse)
            done.append(Replayed(f"{prompt.name} ({what})", asked, tuple(one.trial for one in ran.done)))
    return tuple(done)


def local(case: Case) -> str:
    """The moment of the call as people say it: with its weekday."""
    at = datetime.fromisoformat(case.now).replace(tzinfo=ZoneInfo(case.timezone))
    return f"{at:%A %Y-%m-%d %H:%M} {case.timezone}"
