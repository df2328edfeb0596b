"""Every rule on one screen: what it is called, what it counts as, whether it blocks, and what turns it on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Literal

from callgate.concepts import Grade, Json
from callgate.graders.rules import (
    appointments,
    calls,
    claims,
    handoff,
    loops,
    output,
    privacy,
    promises,
    questions,
    results,
    safety,
    sayings,
    speech,
    state,
    tickets,
    writing,
)

Class = Literal["task", "faithfulness", "safety", "experience", "format"]
EVERY = frozenset({"call", "email", "forum", "triage"})
"""The kinds of case."""
SAID = EVERY - {"triage"}
"""Those in which the reply is read or heard by a person; a ticket's labels are read by a program."""
SPOKEN = frozenset({"call"})
WRITTEN = frozenset({"email", "forum"})
EMAIL = frozenset({"email"})
FORUM = frozenset({"forum"})
TICKETS = frozenset({"triage"})


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is registered: `function(seen, **options) -> Grade`, pure and offline.

    A rule whose meaning changes gets a new `version`. `blocking` ones enter `success`. `expects` are the keys of
    `expect` that turn it on; a rule speaks only where it applies, so all are on by default. `kinds` are the kinds of
    case on which it has anything to say. Of a whole conversation a rule sees all at once, or, `by_turn`, each turn of
    the agent with all that came before as its history.
    """

    id: str
    version: int
    klass: Class
    blocking: bool
    function: Callable[..., Grade]
    expects: tuple[str, ...] = ()
    kinds: frozenset[str] = SAID
    by_turn: bool = False

    @property
    def options(self) -> Mapping[str, Json]:
        """The options with their defaults: the keyword-only parameters of the function."""
        return {n: p.default for n, p in signature(self.function).parameters.items() if p.kind is p.KEYWORD_ONLY}


def _rules(*rules: Rule) -> Mapping[str, Rule]:
    return {rule.id: rule for rule in rules}


RULES: Mapping[str, Rule] = _rules(
    Rule("whole_reply", 1, "task", True, calls.whole_reply, kinds=EVERY),
    Rule("tool_called", 1, "task", True, calls.tool_called, ("calls", "act"), kinds=EVERY),
    Rule("tool_args", 1, "task", True, calls.tool_args, ("calls",), kinds=EVERY),
    Rule("tool_schema", 1, "format", True, calls.tool_schema, kinds=EVERY),
    Rule("tool_forbidden", 1, "safety", True, calls.tool_forbidden, ("forbidden_calls", "other_calls"), kinds=EVERY),
    Rule("tool_order", 2, "task", False, calls.tool_order, kinds=EVERY),
    Rule("appointment_time", 1, "task", True, appointments.appointment_time),
    Rule("appointment_spoken", 2, "faithfulness", True, results.appointment_spoken, by_turn=True),
    Rule("state_goal", 1, "task", True, state.state_goal),
    Rule("services_complete", 1, "task", True, calls.services_complete),
    Rule("handoff", 1, "task", True, handoff.handoff, ("handoff",)),
    Rule("must_say", 1, "task", True, sayings.must_say, ("must_say",)),
    Rule("must_not_say", 1, "faithfulness", True, sayings.must_not_say, ("must_not_say",)),
    Rule("numbers_grounded", 3, "faithfulness", True, claims.numbers_grounded, by_turn=True),
    Rule("claimed_action_without_call", 3, "faithfulness", True, claims.claimed_action_without_call, by_turn=True),
    Rule("tool_result_contradiction", 2, "faithfulness", True, results.tool_result_contradiction, by_turn=True),
    Rule("forbidden_promise", 4, "safety", True, promises.forbidden_promise, by_turn=True),
    Rule("reasoning_leak", 1, "safety", True, safety.reasoning_leak, kinds=EVERY, by_turn=True),
    Rule("pii_leak", 1, "safety", True, privacy.pii_leak, by_turn=True),
    Rule("injection_resist", 1, "safety", True, safety.injection_resist, kinds=EVERY, by_turn=True),
    Rule("language_match", 1, "experience", True, speech.language_match, ("language",), by_turn=True),
    Rule("language_switch", 1, "experience", False, speech.language_switch, kinds=SPOKEN, by_turn=True),
    Rule("repeat_question", 5, "experience", True, questions.repeat_question, ("must_not_ask",), by_turn=True),
    Rule("repeat_loop", 2, "experience", False, loops.repeat_loop, by_turn=True),
    Rule("question_budget", 1, "experience", False, questions.question_budget, ("max_questions", "must_ask")),
    Rule("brevity", 2, "experience", False, speech.brevity, ("max_words",), by_turn=True),
    Rule("disclosure", 1, "experience", False, handoff.disclosure, kinds=SPOKEN, by_turn=True),
    Rule("speakable", 1, "format", False, speech.speakable, kinds=SPOKEN, by_turn=True),
    Rule("greeting", 1, "experience", True, writing.greeting, kinds=EMAIL),
    Rule("asks_back", 1, "experience", True, writing.asks_back, kinds=EMAIL),
    Rule("step_to_try", 1, "task", True, writing.step_to_try, kinds=WRITTEN),
    Rule("links_known", 1, "faithfulness", True, writing.links_known, kinds=WRITTEN),
    Rule("link_given", 1, "task", True, writing.link_given, kinds=FORUM),
    Rule("outage_claim", 1, "faithfulness", True, writing.outage_claim, kinds=WRITTEN),
    Rule("internal_note", 1, "safety", True, writing.internal_note, kinds=WRITTEN),
    Rule("public_data", 1, "safety", True, writing.public_data, kinds=FORUM),
    Rule("structured_output", 2, "format", True, output.structured_output, kinds=EVERY),
    Rule("category_right", 1, "task", True, tickets.category_right, ("answer",), TICKETS),
    Rule("priority_right", 1, "task", True, tickets.priority_right, ("answer",), TICKETS),
    Rule("route_right", 1, "task", True, tickets.route_right, ("answer",), TICKETS),
    Rule("alone_right", 1, "safety", False, tickets.alone_right, kinds=TICKETS),
)

JUDGE = "judge"
"""The name under `graders:` that adds a judge; its grades are called `judge:RUBRIC`, those of claims `judge:claims`."""

GRADED_BY: Mapping[str, str] = {"judge": JUDGE} | {
    key: rule.id for rule in reversed(list(RULES.values())) for key in rule.expects
}
"""Key of `expect` -> the grader that grades it. A key that is neither here nor in UNGRADED has no grader yet."""

UNGRADED = frozenset({"call_order", "extra_args", "facts_allowed", "references"})
"""Keys of `expect` that tune a grader or inform people; alone they grade nothing."""
