"""docs/graders.md: no rule is missing, what it says of a rule is so, and its examples come out as written."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import yaml
from stage import ROOT, agent, call, context, graded, played, verdict

from callgate.concepts import Prompt, Simulate, Talk, ToolTurn
from callgate.dataset.schemes import scheme_of
from callgate.graders.registry import EMAIL, FORUM, RULES, SPOKEN, TICKETS, WRITTEN
from callgate.graders.seen import Context, Seen

PAGE = (ROOT / "docs" / "graders.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
FOR = {
    SPOKEN: "For calls. ",
    WRITTEN: "For e-mails and posts. ",
    EMAIL: "For e-mails. ",
    FORUM: "For posts. ",
    TICKETS: "For tickets. ",
}
VERDICTS = {"pass": "pass", "fail": "fail", "not applicable": "n/a"}


def test_every_rule_has_its_section_in_the_registrys_order():
    assert list(SECTIONS) == list(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_class_switches_and_options_are_those_of_the_rule(rule):
    registered = RULES[rule]
    said = SECTIONS[rule].strip().split("\n\n")[0]
    weight = "blocking" if registered.blocking else "advising"
    assert said.startswith(
        f"{FOR.get(registered.kinds, '')}Class {registered.klass}, {weight}, version {registered.version}. "
    )
    on, options = said.split("Turned on by: ")[1].split(" Options: ")
    assert tuple(re.findall(r"`(\w+)`", on)) == registered.expects
    defaults = {k: v for text in re.findall(r"`([^`]+)`", options) for k, v in yaml.safe_load(text).items()}
    assert defaults == {k: list(v) if isinstance(v, tuple) else v for k, v in registered.options.items()}


@pytest.mark.parametrize("rule", RULES)
def test_the_examples_come_out_as_written(rule):
    example = yaml.safe_load(re.search(r"```yaml\n(.*?)```", SECTIONS[rule], re.DOTALL)[1])
    outcomes = [key for key in example if key in VERDICTS]
    assert outcomes == [("not applicable" if rule == "whole_reply" else "pass"), "fail"]
    for outcome in outcomes:
        grade = _grade(rule, example, outcome)
        assert verdict(grade) == VERDICTS[outcome], (outcome, grade)


def _grade(rule: str, example: dict[str, Any], outcome: str) -> Any:
    """The grade of an example's steps, or of what a whole conversation left behind in the world."""
    where = _where(example)
    if "final_state" in example:
        (left,) = (step["left"] for step in example[outcome])
        caller = Simulate("Whatever is in the final state.", example["final_state"])
        trial = replace(played("Good-bye."), talk=Talk(left, "caller"))
        return RULES[rule].function(Seen(replace(where, case=replace(where.case, simulate=caller)), trial))
    return graded(rule, where, *(_step(step) for step in example[outcome]), **example.get("options", {}))


def _where(example: dict[str, Any]) -> Context:
    lists = {k: tuple(v) if isinstance(v, list) else v for k, v in example.get("expect", {}).items()}
    where = context(*(_past(turn) for turn in example.get("history", ())), **lists)
    if form := example.get("response_format"):
        prompt = Prompt("v1", "prompts/x", "You are helpful.", parameters={"response_format": form})
        return Context(where.case, where.point, where.tools, prompt=prompt)
    if kind := example.get("kind"):
        config = {**where.case.config, "links": example.get("links", [])}
        return Context(replace(where.case, kind=kind, config=config), where.point, ())
    if scheme := example.get("triage"):
        return Context(replace(where.case, kind="triage", scheme=scheme_of(scheme)), where.point, where.tools)
    return where


def _past(turn: Any) -> Any:
    if isinstance(turn, str):
        return turn
    if "agent" in turn:
        return agent(turn["agent"])
    tool, arguments = next(iter(turn.items()))
    return ToolTurn(tool, arguments, turn["answer"])


def _step(step: Any) -> Any:
    if isinstance(step, str):
        return step
    ((tool, arguments),) = step.items()
    return call(tool, "transfer" if tool == "transfer_call" else "answered", **arguments)
