"""An eval file and what was asked on the command line -> the plan: which decisions, under which two variants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ParamSpec, TypeVar

from callgate.concepts import (
    ARMS,
    Arm,
    Budget,
    Case,
    CaseInfo,
    DecisionPoint,
    Mistake,
    Place,
    Policy,
    Problem,
    Prompt,
    Side,
    digest,
)
from callgate.config import LOOKS, WEIGHTS, Eval, load_eval, policy_for
from callgate.dataset import read_set
from callgate.dataset.lint import lint
from callgate.dataset.load import Source
from callgate.engines.access import endpoint
from callgate.engines.prices import give_price
from callgate.evaluate.options import NotInThisEval, Options
from callgate.files import did_you_mean
from callgate.graders.expected import expect_problems
from callgate.graders.grade import GraderSet
from callgate.graders.registry import GRADED_BY, UNGRADED
from callgate.prompts import load_prompt
from callgate.replay import Scene, history, opening, scene

SUPPORTED: Mapping[str, str] = {**GRADED_BY, **dict.fromkeys(UNGRADED, "")}
"""Each key of `expect` that a case may use -> the grader that it turns on ("" where it only informs)."""

SIMULATED_CALLER = "sim/caller"
"""Who calls where all models are simulated and the eval names no other caller."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Contest:
    """One row of models: what the baseline and the candidate run on; `label` is what the reader sees."""

    baseline: str
    candidate: str

    @property
    def label(self) -> str:
        return self.candidate

    def model(self, arm: Arm) -> str:
        return self.baseline if arm == "baseline" else self.candidate


@dataclass(frozen=True, slots=True)
class Pair:
    """One decision as both prompts meet it. `same_text` says that both render the same messages, tools, parameters."""

    case: Case
    point: DecisionPoint
    baseline: Scene
    candidate: Scene
    same_text: bool

    def scene(self, arm: Arm) -> Scene:
        return self.baseline if arm == "baseline" else self.candidate

    def identical(self, contest: Contest) -> bool:
        """Whether the two variants send the same request: then there is nothing to compare."""
        return self.same_text and contest.baseline == contest.candidate


@dataclass(frozen=True, slots=True)
class Plan:
    """One run before it runs. `left_out` names decisions that one variant cannot act on, and cases in quarantine, and
    why; `overdue` are those whose quarantine is over, so that they count again, and `until` is the last day (ISO) on
    which these are the cases. `traffic` is the share of real calls of each segment, as far as it is known.
    """

    eval: Eval
    baseline: Prompt
    candidate: Prompt
    contests: tuple[Contest, ...]
    pairs: tuple[Pair, ...]
    left_out: Mapping[str, str]
    budget: Budget
    subset: str
    traffic: Mapping[str, float] = field(default_factory=dict)
    overdue: tuple[str, ...] = ()
    until: str = ""

    @property
    def caller(self) -> str:
        """The model that plays the callers; "" where no decision is a whole conversation."""
        talks = any(pair.baseline.mode == "continuation" for pair in self.pairs)
        return (self.eval.caller or SIMULATED_CALLER) if talks else ""

    @property
    def models(self) -> tuple[str, ...]:
        """Every model that is asked besides judges."""
        asked = [model for contest in self.contests for model in (contest.baseline, contest.candidate)]
        return tuple(dict.fromkeys([*asked, *([self.caller] if self.caller else [])]))

    @property
    def trials(self) -> int:
        """Trials a side at the last look."""
        return self.eval.policy.looks[-1]

    @property
    def cases(self) -> dict[str, CaseInfo]:
        """What the gate knows of the cases that take part."""
        found = {pair.case.id: pair.case for pair in self.pairs}
        return {
            name: CaseInfo(name, case.segments, case.cluster or name, case.must_pass, case.digest)
            for name, case in found.items()
        }

    def side(self, arm: Arm) -> Side:
        prompt = self.baseline if arm == "baseline" else self.candidate
        model = self.contests[0].model(arm)
        differs = any(contest.baseline != contest.candidate for contest in self.contests)
        return Side(f"{prompt.name} on {model}" if differs else prompt.name, prompt.digest, prompt.source)

    def digests(self) -> dict[str, str]:
        """What the run depends on, each by its content."""
        policy = self.eval.policy
        found = {
            "baseline_prompt": self.baseline.digest,
            "candidate_prompt": self.candidate.digest,
            "cases": digest({pair.case.id: pair.case.digest for pair in self.pairs}),
            "policy": digest(asdict(policy)),
        }
        return found | ({"traffic": digest(dict(self.traffic))} if self.traffic else {})


def make_plan(
    root: Path,
    path: Path,
    options: Options,
    *,
    failed: Iterable[str] = (),
    prompts: Mapping[Arm, Prompt] | None = None,
    trying: tuple[Case, Source] | None = None,
) -> Plan:
    """Reads the eval, its prompts and cases, and pairs the decisions. `failed` are the cases that `--failed` keeps;
    `prompts` stand in for those of the eval, where a stored run is shown; `trying` is a case that stands in for its
    file, before it is written.

    Raises Mistake with everything that is wrong in the files, or where nothing is left to measure.
    """
    the_eval = _overridden(load_eval(path, root), options)
    problems = Problems()
    sides = {"baseline": the_eval.baseline, "candidate": the_eval.candidate}
    baseline, candidate = (
        prompts[arm] if prompts else problems.of(load_prompt, sides[arm].prompt, root, sides[arm].place) for arm in ARMS
    )
    found = problems.of(read_set, the_eval.cases, root)
    if found is not None:
        found = found.trying(*trying) if trying else found
        known = [prompt for prompt in (baseline, candidate) if prompt is not None]
        problems.found.extend(lint(found, known, graded_by=SUPPORTED, expect_problems=expect_problems, spec=the_eval))
    traffic = problems.of(_traffic, root / the_eval.cases)
    problems.stop()
    assert baseline is not None
    assert candidate is not None
    assert found is not None
    today = today_in_utc()
    waiting, back = (
        found.quarantined(today),
        [each for each in found.back(today) if options.nightly or not each.nightly],
    )
    active = (*found.active, *found.nightly) if options.nightly else found.active
    chosen = _chosen(sorted((*active, *back), key=lambda case: case.id), options, failed)
    pairs, left_out = _paired(chosen, baseline, candidate, problems)
    problems.stop()
    if not pairs:
        why = "no decision is left to measure; check the cases and the filter"
        raise Mistake([Problem(the_eval.place("cases"), why)])
    the_eval = replace(the_eval, policy=_policy(the_eval, chosen, options))
    budget = the_eval.budget if options.max_cost is None else replace(the_eval.budget, dollars=options.max_cost)
    if options.settle and options.max_cost is None:
        budget = Budget()
    left_out |= {} if options.subset else waiting
    plan = Plan(
        the_eval,
        baseline,
        candidate,
        _contests(the_eval),
        pairs,
        left_out,
        budget,
        options.subset,
        traffic or {},
        tuple(case.id for case in back if case in chosen),
        min((status.split()[2] for status in waiting.values()), default=""),
    )
    _check_caller(plan)
    return plan


def today_in_utc() -> str:
    """The ISO date by which quarantines end."""
    return datetime.now(UTC).date().isoformat()


def _traffic(folder: Path) -> Mapping[str, float]:
    """The shares of real calls that stand beside the cases, if they do."""
    from callgate.dataset.coverage import TRAFFIC, read_traffic

    return read_traffic(folder / TRAFFIC) if (folder / TRAFFIC).is_file() else {}


def _check_caller(plan: Plan) -> None:
    """A simulated caller understands the simulated agents alone; a live one needs a live caller, named."""
    live = [model for model in plan.models if model != plan.caller and not model.startswith("sim/")]
    if plan.caller.startswith("sim/") and live:
        named = "caller" if plan.eval.caller else "cases"
        message = (
            f"these cases are whole conversations, and {plan.caller} speaks to simulated models alone, not to "
            f"{live[0]}: name the model that plays the callers, as caller: openai/gpt-5-mini"
        )
        raise Mistake([Problem(plan.eval.place(named), message)])


def _paired(
    cases: Sequence[Case], baseline: Prompt, candidate: Prompt, problems: Problems
) -> tuple[tuple[Pair, ...], dict[str, str]]:
    """Every decision that both prompts can act on, and why the others are left out."""
    pairs: list[Pair] = []
    left_out: dict[str, str] = {}
    for case in cases:
        before, after = (problems.first(opening, prompt, case) for prompt in (baseline, candidate))
        for point in case.points:
            why = incompatible(point, (baseline, candidate))
            if why:
                left_out[f"{case.id}/{point.id}"] = why
            elif before is not None and after is not None:
                past = history(case, point)
                one = scene(baseline, case, point, opening=before, past=past)
                other = scene(candidate, case, point, opening=after, past=past)
                pairs.append(Pair(case, point, one, other, _same_text(one, other)))
    return tuple(pairs), left_out


def _policy(the_eval: Eval, cases: Sequence[Case], options: Options) -> Policy:
    """The gate for these cases; a subset compares and protects only what it has cases of. `--settle` looks on to the
    most trials there are, and goes on where something is blocked."""
    attributes = {key for case in cases for key in case.segments}
    policy = policy_for(the_eval, attributes)
    if options.settle:
        policy = replace(policy, after_block="go_on")
    if options.settle and policy.looks[-1] < LOOKS[-1]:
        looks = (*policy.looks, LOOKS[-1])
        policy = replace(policy, looks=looks, weights=WEIGHTS.get(len(looks), (1 / len(looks),) * len(looks)))
    if not options.subset:
        return policy
    by = tuple(name for name in policy.by if set(name.split("*")) <= attributes)
    protect = tuple(p for p in policy.protect if any(p.items() <= case.segments.items() for case in cases))
    return replace(policy, by=by, protect=protect)


def metric_problems(the_eval: Eval, graders: GraderSet) -> list[Problem]:
    """Metrics of the gate that nothing measures."""
    known = ("success", *graders.ids)
    return [
        Problem(the_eval.place("gate", "metrics", index), f"unknown metric {name!r}{did_you_mean(name, known)}")
        for index, name in enumerate(the_eval.policy.metrics)
        if name not in known
    ]


class Problems:
    """Collects the problems of several files, so that all are told at once."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def of(self, load: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T | None:
        """What `load` returns; None, with its problems kept, where it raises Mistake."""
        try:
            return load(*arguments, **options)
        except Mistake as mistake:
            self.found.extend(mistake.problems or (Problem(Place("callgate"), str(mistake)),))
            return None

    def first(self, load: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T | None:
        """As `of`, but keeps one problem a place: what is wrong in a prompt is met again at every case."""
        told = {problem.place for problem in self.found}
        before = len(self.found)
        loaded = self.of(load, *arguments, **options)
        self.found[before:] = [problem for problem in self.found[before:] if problem.place not in told]
        return loaded

    def stop(self) -> None:
        """Raises one Mistake with everything found so far, if anything was."""
        if self.found:
            raise Mistake(sorted(set(self.found)))


def _overridden(the_eval: Eval, options: Options) -> Eval:
    """The eval with the command line's model and prompts in place of its own."""
    baseline, candidate = the_eval.baseline, the_eval.candidate
    if options.model:
        if baseline.model or candidate.model:
            raise Mistake(f"--model {options.model}: {the_eval.name} compares two models; edit the eval instead")
        the_eval = replace(the_eval, models=(options.model,))
    if options.baseline:
        baseline = replace(baseline, prompt=options.baseline, place=Place("--baseline"))
    if options.candidate:
        candidate = replace(candidate, prompt=options.candidate, place=Place("--candidate"))
    if options.transport:
        the_eval = replace(the_eval, transport=options.transport)
    if options.at_once:
        the_eval = replace(the_eval, at_once=options.at_once)
    for model, written in the_eval.prices.items():
        give_price(model, **written)
    for text in options.prices:
        give_price(*_priced(text))
    return replace(the_eval, baseline=baseline, candidate=candidate)


def _priced(text: str) -> tuple[str, float, float, float]:
    """`MODEL=0.15/0.60` (dollars for a million tokens of prompt and of completion) or `MODEL=0.01` (for a call)."""
    model, sign, price = text.rpartition("=")
    try:
        numbers = [float(number) for number in price.split("/")]
    except ValueError:
        numbers = []
    if not (sign and model and len(numbers) in {1, 2} and all(0 <= number < 1e9 for number in numbers)):
        raise Mistake(
            f"--price {text}: must be MODEL=PROMPT/COMPLETION in dollars for a million tokens, as openai/x=0.15/0.60, "
            "or MODEL=CALL in dollars for a call"
        )
    return (model, 0.0, 0.0, numbers[0]) if len(numbers) == 1 else (model, numbers[0], numbers[1], 0.0)


def _contests(the_eval: Eval) -> tuple[Contest, ...]:
    if the_eval.baseline.model and the_eval.candidate.model:
        return (Contest(the_eval.baseline.model, the_eval.candidate.model),)
    return tuple(Contest(model, model) for model in the_eval.models)


def _chosen(cases: Sequence[Case], options: Options, failed: Iterable[str]) -> list[Case]:
    """The cases that the filters keep. Raises NotInThisEval for a case or segment that does not exist."""
    known = {case.id for case in cases}
    for name in options.cases:
        if name not in known:
            raise NotInThisEval(f"--case {name}: no such case{did_you_mean(name, known)}")
    for attribute, value in options.segment.items():
        values = {case.segments[attribute] for case in cases if attribute in case.segments}
        if value not in values:
            names = values or {key for case in cases for key in case.segments}
            raise NotInThisEval(f"--segment {attribute}={value}: no case has it; there are {', '.join(sorted(names))}")
    kept = [case for case in cases if not options.cases or case.id in options.cases]
    kept = [case for case in kept if options.segment.items() <= case.segments.items()]
    if options.failed:
        names = set(failed)
        kept = [case for case in kept if case.id in names]
        if not kept:
            raise NotInThisEval("--failed: no case failed for the candidate in the last run of this eval")
    if options.limit and options.limit < len(kept):
        kept = [kept[index * len(kept) // options.limit] for index in range(options.limit)]
    return kept


def incompatible(point: DecisionPoint, prompts: Sequence[Prompt]) -> str:
    """Why a decision cannot be measured on both variants: a tool or argument it expects that one of them lacks."""
    for prompt in prompts:
        tools = {tool.name: tool for tool in prompt.tools}
        for call in point.expect.calls:
            tool = tools.get(call.tool)
            if tool is None:
                return f"{prompt.name} has no tool {call.tool}"
            properties = tool.parameters.get("properties", {})
            lacking = [name for name in call.arguments if isinstance(properties, Mapping) and name not in properties]
            if lacking:
                return f"{prompt.name}'s {call.tool} has no argument {lacking[0]}"
    return ""


def _same_text(one: Scene, other: Scene) -> bool:
    same_messages = one.messages[0].canonical == other.messages[0].canonical  # the call after it is the same
    same_tools = one.prompt.tools == other.prompt.tools and one.mode == other.mode
    return same_messages and same_tools and one.prompt.parameters == other.prompt.parameters


def endpoints(plan: Plan) -> dict[str, str]:
    """The host that each model's requests go to, as the ledger's keys name it."""
    root = plan.eval.root
    return {model: endpoint(model, root=root) for model in plan.models}
