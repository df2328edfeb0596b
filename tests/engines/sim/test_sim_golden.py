"""With no lever failing, the simulated receptionist meets the golden calls: what fails in an eval was planted."""

from __future__ import annotations

from pathlib import Path

from callgate.concepts import Case, DecisionPoint, Failure, Prompt, Reply, Score, ToolCall, Trial
from callgate.dataset.load import load_cases
from callgate.engines.sim.agent import unspoiled
from callgate.graders.registry import RULES
from callgate.graders.seen import Context, Seen
from callgate.prompts import load_prompt
from callgate.replay import Ask, advance, begin, history, opening, scene

ROOT = Path(__file__).parents[3]


def acted(prompt: Prompt, case: Case, point: DecisionPoint) -> Trial:
    at = scene(prompt, case, point, opening=opening(prompt, case), past=history(case, point))
    step = begin(at, model="sim/receptionist-small", arm="candidate", trial=0)
    while isinstance(step, Ask):
        request = step.request
        said = unspoiled([m.wire for m in request.messages], [dict(tool.wire()) for tool in request.tools])
        calls = [(call["id"], call["function"]) for call in said["tool_calls"]]
        made = tuple(ToolCall(name, function["name"], function["arguments"]) for name, function in calls)
        step = advance(step, Reply(text=said["content"] or "", calls=made, simulated=True))
    return step.trial


def missed(prompt: Prompt, case: Case, point: DecisionPoint) -> list[str]:
    seen = Seen(Context(case, point, prompt.tools), acted(prompt, case, point))
    grades = [(rule.id, rule.function(seen)) for rule in RULES.values() if rule.blocking and "call" in rule.kinds]
    return [name for name, g in grades if isinstance(g, Failure) or (isinstance(g, Score) and not g.passed)]


def test_at_most_one_call_in_twenty_five_is_beyond_its_understanding():
    prompt = load_prompt("prompts/receptionist/v3", ROOT)
    cases = load_cases(ROOT / "datasets" / "receptionist", ROOT)
    beyond = {
        case.id: found for case in cases if (found := [m for point in case.points for m in missed(prompt, case, point)])
    }
    assert len(beyond) <= len(cases) * 0.04, beyond
