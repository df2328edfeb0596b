"""The nouns: what every other module takes in and gives out, as frozen values.

Nothing here reads a file, a clock or the network. Scores are 0..1, money is in dollars, time in seconds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal, Protocol, TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Arm = Literal["baseline", "candidate"]
ARMS: tuple[Arm, Arm] = ("baseline", "candidate")


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def canonical(value: Json) -> str:
    """One text for one JSON value: sorted keys, no spaces, no NaN. What every digest is taken of."""
    return _encode(value)


def digest(value: Json) -> str:
    """The sha256 of the canonical JSON, as 64 hex digits."""
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


# ---------------------------------------------------------------------------------------------- places and mistakes


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in a file something stands; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        name = self.file if self.file.isprintable() else self.file.encode("unicode_escape").decode("ascii")
        return f"{name}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A mistake that a person can mend: where it is, what is wrong, what would be right."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class Mistake(Exception):
    """Usage, or a mistake in a file: carries all problems found; the command line exits 2."""

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        self.problems: tuple[Problem, ...] = () if isinstance(problems, str) else tuple(problems)
        super().__init__(problems if isinstance(problems, str) else "\n".join(map(str, self.problems)))


# ---------------------------------------------------------------------------------------------- what is under test

MODEL_PARAMETERS = frozenset(
    {
        "frequency_penalty",
        "logit_bias",
        "max_completion_tokens",
        "max_tokens",
        "min_p",
        "parallel_tool_calls",
        "presence_penalty",
        "reasoning_effort",
        "response_format",
        "seed",
        "stop",
        "temperature",
        "thinking",
        "tool_choice",
        "top_k",
        "top_p",
        "verbosity",
    }
)
"""What a prompt's params.yaml may set. Anything else an engine might take for an address, a key, a header or a mock."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function the model may call; `parameters` is its JSON Schema."""

    name: str
    description: str
    parameters: Mapping[str, Json]

    def wire(self) -> dict[str, Json]:
        """The tool as OpenAI's chat format sends it."""
        function: dict[str, Json] = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": function}


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text under test with the tools and parameters that belong to it; `digest` is the hash of that content.

    `overlays` are texts that follow it for the cases of one segment ("dealer=riverbend"), by that segment.
    """

    name: str  # as shown: "v3"
    source: str  # as written in the eval: "prompts/receptionist/v3", "main:prompts/receptionist"
    text: str
    tools: tuple[Tool, ...] = ()
    parameters: Mapping[str, Json] = field(default_factory=dict)
    digest: str = ""
    overlays: Mapping[str, str] = field(default_factory=dict)

    @property
    def texts(self) -> str:
        """All its texts together, overlays too."""
        return "\n\n".join([self.text, *self.overlays.values()])


@dataclass(frozen=True, slots=True)
class Variant:
    """prompt x model x parameters, on one arm of the comparison."""

    arm: Arm
    prompt: Prompt
    model: str


# ---------------------------------------------------------------------------------------------- golden cases


@dataclass(frozen=True, slots=True)
class AgentTurn:
    """What the agent said; where the caller cut in, `interrupted_after` holds the words that were heard."""

    text: str
    interrupted_after: str | None = None


@dataclass(frozen=True, slots=True)
class CallerTurn:
    """What the caller said (`text`) and what speech recognition gave the model (`heard`, 0..1 `confidence`)."""

    text: str
    heard: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class ToolTurn:
    """A tool call of the recorded call, with its result or its error (a JSON value each)."""

    tool: str
    args: Mapping[str, Json]
    result: Json = None
    error: Json = None


@dataclass(frozen=True, slots=True)
class ExpectedCall:
    """A tool call that must happen; arguments are matchers (see matchers.py)."""

    tool: str
    arguments: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Expect:
    """What is expected at a decision point. Each key that is set turns its grader on (graders/registry.py).

    Sayings (`must_say`, `must_not_say`) are a text or a mapping of one kind to its value: time, date, money, phone,
    number, regex, claim, any_of.
    """

    calls: tuple[ExpectedCall, ...] = ()
    call_order: Literal["any", "listed"] = "any"
    forbidden_calls: tuple[ExpectedCall, ...] = ()  # no arguments: any call of the tool
    other_calls: Literal["allow", "allow_read", "forbid"] = "allow_read"
    extra_args: Literal["allow", "forbid"] = "allow"
    must_say: tuple[Json, ...] = ()
    must_not_say: tuple[Json, ...] = ()
    must_ask: tuple[str, ...] = ()
    must_not_ask: tuple[str, ...] = ()
    language: str | None = None
    act: Literal["speak", "call", "handoff", "end", "any"] | None = None
    handoff: Json = None
    facts_allowed: tuple[str, ...] | None = None  # names of facts; None: all of the case's
    max_questions: int | None = None
    max_words: int | None = None
    judge: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    answer: Mapping[str, str] = field(default_factory=dict)  # of a ticket: category, priority, route
    given: tuple[str, ...] = ()  # the keys as written in the file


RecordedTurn: TypeAlias = AgentTurn | ToolTurn


@dataclass(frozen=True, slots=True)
class DecisionPoint:
    """A point in a case where the candidate must act. Called "decision" in files and output.

    `recorded` is what happened that day: hidden at this point, history for later ones; `forced` is a better history.
    """

    id: str
    expect: Expect
    mode: Literal["next_turn", "run_to_caller", "continuation"] | None = None
    recorded: tuple[RecordedTurn, ...] = ()
    forced: tuple[RecordedTurn, ...] = ()
    note: str = ""
    place: Place = field(default=Place(""), compare=False)


Turn: TypeAlias = AgentTurn | CallerTurn | ToolTurn | DecisionPoint
Effect = Literal["read", "write", "transfer", "end"]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something the agent may state: its text, and the numbers in it."""

    text: str
    values: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Stub:
    """How a tool answers: first match wins; `when` maps arguments to matchers; `times` bounds its uses.

    In a whole conversation it answers only in a state that `if_state` matches, and its use writes `set_state`: each key
    a value, or `{argument: NAME}` for what the call carried.
    """

    tool: str
    when: Mapping[str, Json] = field(default_factory=dict)
    result: Json = None
    error: Json = None
    times: int | None = None
    if_state: Mapping[str, Json] = field(default_factory=dict)
    set_state: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Simulate:
    """The caller of a whole conversation, played by a model: what it wants, who it is, what it may say.

    `known` maps facts by name to the words the caller would use, a list where there are several; what is in `unknown`
    it does not know. `behaviour` are short sentences on how it speaks, `opening` its first words. The conversation ends
    where the world's state has all of `final_state` (key: matcher), or after `turns` things said by the caller.
    """

    goal: str
    final_state: Mapping[str, Json]
    language: str = ""
    persona: str = ""
    opening: str = ""
    known: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    behaviour: tuple[str, ...] = ()
    turns: int = 12


Labels: TypeAlias = Mapping[str, "tuple[str, ...]"]
"""Fields of a triage answer (category, priority, route) -> labels."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """An answer that has one of the labels in each field of `given` must have one of those in each field of `then`."""

    given: Labels
    then: Labels


@dataclass(frozen=True, slots=True)
class Scheme:
    """What tickets are triaged into: the closed set of each field, and which labels go together.

    `out_of_scope` is the category of what is not ours to answer ("" where there is none). Tickets whose true category
    is in `never_alone`, and those out of scope, may not be answered without a person, however sure a model is.
    """

    labels: Labels
    out_of_scope: str = ""
    never_alone: tuple[str, ...] = ()
    agreements: tuple[Agreement, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One golden call with the world it happened in. `now` is local ISO time in `timezone`, frozen.

    `segments` maps attribute to value (language, call_type, ...). `digest` is the hash of everything that a score
    can depend on; rows of different digests are never paired. `version` grows where a case is changed; `labels` are
    people's verdicts on its decisions, as written; `articles` are those of the knowledge base that answer it.
    `simulate` is the caller of a whole conversation, `state` the world's state at its beginning.
    """

    id: str
    segments: Mapping[str, str]
    turns: tuple[Turn, ...]
    now: str
    timezone: str
    kind: Literal["call", "email", "forum", "triage"] = "call"
    title: str = ""
    caller: Mapping[str, Json] = field(default_factory=dict)
    config: Mapping[str, Json] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    stubs: tuple[Stub, ...] = ()
    state: Mapping[str, Json] = field(default_factory=dict)
    simulate: Simulate | None = None
    effects: Mapping[str, Effect] = field(default_factory=dict)
    must_pass: bool = False
    nightly: int = 0  # trials, where the fault shows too seldom for an ordinary run
    cluster: str = ""  # default: the case itself
    pii: str = ""
    status: str = "active"
    ticket: str = ""
    severity: str = ""
    version: int = 1
    labels: Sequence[Mapping[str, Json]] = ()
    articles: tuple[str, ...] = ()
    scheme: Scheme | None = None  # of a ticket
    digest: str = ""
    place: Place = field(default=Place(""), compare=False)

    @property
    def points(self) -> tuple[DecisionPoint, ...]:
        """The decision points in the order of the call."""
        return tuple(turn for turn in self.turns if isinstance(turn, DecisionPoint))


# ---------------------------------------------------------------------------------------------- requests and replies


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message in OpenAI's format; `canonical` is its canonical JSON, kept because keys are made of it."""

    wire: Mapping[str, Json]
    canonical: str

    @staticmethod
    def of(**wire: Json) -> Message:
        return Message(wire, canonical(wire))


@dataclass(frozen=True, slots=True)
class Request:
    """One model call. `key` names it in the ledger: the same key is never paid twice."""

    model: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    parameters: Mapping[str, Json] = field(default_factory=dict)
    trial: int = 0
    endpoint: str = ""  # host the request goes to; "" is the provider's own
    key: str = ""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call as the model wrote it: `arguments` is the raw text, which may not be JSON."""

    id: str
    name: str
    arguments: str


Outcome = Literal["ok", "refused", "filtered", "truncated", "empty"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered. Every outcome here is the candidate's behaviour and is scored; faults are `Failure`s.

    `dollars` is the price of the reply (None: unknown); `seconds` how long it took when it was asked; `served` the
    model id the provider reported.
    """

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    outcome: Outcome = "ok"
    served: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    dollars: float | None = None
    seconds: float = 0.0
    simulated: bool = False


FailureKind = Literal[
    "malformed",
    "rate_limited",
    "timeout",
    "provider_error",
    "auth",
    "drift",
    "grader_error",
    "judge_invalid",
    "suspected_injection",
    "budget",
    "cancelled",
    "waiting",
    "offline",
    "no_pack",
    "invalid_caller",
]


@dataclass(frozen=True, slots=True)
class Failure:
    """What could not be measured, and why. Never a number, always counted aloud."""

    kind: FailureKind
    why: str


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """A grader had nothing to say here. Never a pass."""

    why: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a grader saw it: `turn` counts the trial's steps from 0 (-1: the history), span in characters of `text`."""

    text: str
    turn: int = 0
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """A measured score 0..1; `passed` is what `success` uses; `why` in one line, with evidence."""

    value: float
    passed: bool
    why: str = ""
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 <= self.value <= 1.0:  # NaN fails this too
            raise ValueError(f"a score is 0..1, not {self.value!r}")


Grade: TypeAlias = Score | NotApplicable | Failure
AnswerKind = Literal["answered", "tool_error", "off_script", "unmatched_write", "transfer", "invalid"]


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """What the case's world answered to one tool call.

    `arguments` is the parsed object, None where the text is not a JSON object. Kinds: answered (a stub or the expected
    write), tool_error (the stub says so), off_script (an unmatched read), unmatched_write (ends the trial, and the
    trial has failed), transfer (ends the trial), invalid (unknown tool or broken arguments).
    """

    call: ToolCall
    kind: AnswerKind
    content: Json = None
    arguments: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One reply of the candidate, what its tool calls were answered, and what a simulated caller then said."""

    reply: Reply
    answers: tuple[ToolAnswer, ...] = ()
    caller: Reply | None = None


@dataclass(frozen=True, slots=True)
class TrialId:
    """Which trial: one repeat (`number` from 0) of one decision under one variant."""

    arm: Arm
    model: str
    case: str
    decision: str
    number: int


@dataclass(frozen=True, slots=True)
class Talk:
    """What a whole conversation is besides its steps: the caller's first words (where the caller spoke first), the
    state that the world was left in, how it ended, and why the caller's earlier attempts do not count.

    `ended`: goal (the state was reached), handoff, closed (the agent ended it), refused (a write that the world does
    not know), caller (hung up), turns (the caller's were used up), stuck (the agent did not speak).
    """

    state: Mapping[str, Json]
    ended: str = ""
    opening: Reply | None = None
    again: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """What the candidate did: the steps taken; `failure` where it could not be measured. `talk` is what a whole
    conversation is besides."""

    id: TrialId
    steps: tuple[Step, ...]
    failure: Failure | None = None
    talk: Talk | None = None

    @property
    def speech(self) -> str:
        """Everything said to the caller, in order, a line a step."""
        return "\n".join(step.reply.text for step in self.steps if step.reply.text)

    @property
    def answers(self) -> tuple[ToolAnswer, ...]:
        """Every tool call made with its answer, in order."""
        return tuple(answer for step in self.steps for answer in step.answers)

    @property
    def off_script(self) -> bool:
        """Whether a read was asked that the case's world does not know."""
        return any(answer.kind == "off_script" for answer in self.answers)

    @property
    def replies(self) -> tuple[Reply, ...]:
        """Every reply that the trial is made of, the simulated caller's too."""
        opening = (self.talk.opening,) if self.talk and self.talk.opening else ()
        return (*opening, *(reply for step in self.steps for reply in (step.reply, step.caller) if reply is not None))

    def transcript(self) -> list[Json]:
        """The steps as JSON: what a score's key and the reports are made of (no latency, no price)."""
        steps: list[dict[str, Json]] = [
            {
                "text": step.reply.text,
                "outcome": step.reply.outcome,
                "calls": [
                    {"name": a.call.name, "arguments": a.call.arguments, "kind": a.kind, "content": a.content}
                    for a in step.answers
                ],
                **({"caller": step.caller.text} if step.caller else {}),
            }
            for step in self.steps
        ]
        if self.talk and steps:
            opened = {"caller_first": self.talk.opening.text} if self.talk.opening else {}
            steps[0] = opened | steps[0]
            steps[-1] |= {"state": self.talk.state, "ended": self.talk.ended}
        return list(steps)


# ---------------------------------------------------------------------------------------------- the two seams


class Engine(Protocol):
    """Turns requests into replies, many in and streamed out, in any order; every request comes back exactly once."""

    def run(self, requests: AsyncIterator[Request]) -> AsyncIterator[tuple[Request, Reply | Failure]]: ...


class Grader(Protocol):
    """Scores trials, many in and streamed out; every trial comes back exactly once."""

    def grade(self, trials: Sequence[Trial]) -> AsyncIterator[tuple[Trial, Grade]]: ...


RuleFunction: TypeAlias = Callable[..., Grade]  # (case, point, trial, **options) -> Grade


# ---------------------------------------------------------------------------------------------- the gate's words

Role = Literal["gate", "veto", "watch"]
Verdict = Literal["pass", "block", "inconclusive", "incomplete", "unchanged"]
EXIT_CODES: Mapping[Verdict, int] = {"pass": 0, "unchanged": 0, "block": 1, "incomplete": 3, "inconclusive": 4}


@dataclass(frozen=True, slots=True)
class Margins:
    """How much worse is tolerated, by level, as a share (0.05 is 5 points)."""

    all: float = 0.05
    language: float = 0.10
    call_type: float = 0.15
    other: float = 0.15
    pair: float = 0.15


@dataclass(frozen=True, slots=True)
class Budget:
    """Caps on what one invocation may spend; None is no cap."""

    dollars: float | None = None
    calls: int | None = None
    tokens: int | None = None
    minutes: float | None = None


Reading = Literal["lower_bound", "point"]
"""How a share is held against a target: by its exact bound at 95 % confidence, or as seen."""


@dataclass(frozen=True, slots=True)
class Target:
    """How right the answers to tickets must be, whatever the baseline's are: the share whose `field` is right."""

    at_least: float
    read: Reading = "lower_bound"
    field: str = "category"


@dataclass(frozen=True, slots=True)
class Alone:
    """Answers to tickets that go out without a person: from confidence `start` up (None: none do yet), while at most
    the share `risk` of them may be wrong."""

    risk: float
    start: float | None = None
    read: Reading = "lower_bound"


@dataclass(frozen=True, slots=True)
class Policy:
    """The gate of an eval: what may block, where, by how much, with what certainty (statistics.md part 4).

    `looks` are the trials a side at which the gate looks and `weights` the share of alpha each look spends.
    Once a segment is blocked, `fail_fast` looks no further at all; `after_block` says where later looks at its model
    go: only to segments that lean worse, or, with "go_on", to every undecided one.
    `by` names the segments: an attribute, or several joined by "*". `confirm` is how many fresh baseline trials of each
    decision are drawn before a segment with a cached baseline is blocked (0: none); `max_missing` the share of a
    segment's trials that may be missing, which then count as the worst case (0: any missing trial makes it incomplete).
    `each_blocks` are gating metrics of which every decision may block alone, as those of a must-pass case do;
    `accuracy` and `alone` are for tickets.
    """

    metrics: tuple[str, ...] = ("success",)
    by: tuple[str, ...] = ()
    protect: tuple[Mapping[str, str], ...] = ()
    margins: Margins = Margins()
    alpha: float = 0.05
    looks: tuple[int, ...] = (5,)
    weights: tuple[float, ...] = (1.0,)
    on_inconclusive: Literal["warn", "fail"] = "warn"
    fail_fast: bool = False
    after_block: Literal["leaning", "go_on"] = "leaning"
    confirm: int = 0
    max_missing: float = 0.0
    each_blocks: tuple[str, ...] = ()
    accuracy: Target | None = None
    alone: Alone | None = None


@dataclass(frozen=True, slots=True)
class CaseInfo:
    """What the gate knows of a case: its segments, its cluster, whether it alone may block, its digest."""

    id: str
    segments: Mapping[str, str]
    cluster: str = ""
    must_pass: bool = False
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Stratum:
    """All scores of one (model, case, decision, metric): what may be exchanged under "nothing changed here".

    Scores are 0..1 in the order of trial numbers; None is a planned trial that was not measured. `identical` says
    that both arms render the same request: no calls were made and the change is 0. `baseline_held` says how many of
    the baseline's trials were held when the run was planned and take part at every look (at most 10 in a run; results
    from files give all they have). `fresh` are baseline trials drawn to confirm a BLOCK. `equal_baseline` and
    `equal_candidate` say how many of an arm's first replies are byte-equal: five or more, and all that a look uses, are
    one draw and not several (seeds shared, a cache, temperature 0), and one of them counts.
    """

    model: str
    case: str
    decision: str
    metric: str
    baseline: tuple[float | None, ...]
    candidate: tuple[float | None, ...]
    identical: bool = False
    baseline_held: int = 0
    fresh: tuple[float | None, ...] = ()
    equal_baseline: int = 0
    equal_candidate: int = 0


ComparisonVerdict = Literal["pass", "block", "inconclusive", "incomplete", "closed", "moved"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Paired change of a metric in a segment for a model, with what follows from it (statistics.md parts 1-4).

    `segment` is empty for all calls. Means, change, bounds and margins are shares (0.05 is 5 points). `at_worst` is
    the one-sided bound at confidence `level` for calls like these; `interval_here` the 90 % interval for these calls.
    `p` is the exact one-sided p-value of "worse", `p_adjusted` after the family's correction. `verdict`: pass, block,
    inconclusive, incomplete; closed is a watch segment in which nothing points down; moved: the provider drifted.
    `margin` is None where no margin can be cleared at this size. `needs` says in words what would settle it.
    """

    segment: Mapping[str, str]
    metric: str
    model: str
    cases: int
    trials: int
    role: Role
    verdict: ComparisonVerdict
    baseline_mean: float | None = None
    candidate_mean: float | None = None
    change: float | None = None
    interval_here: tuple[float, float] | None = None
    at_worst: float | None = None
    level: float | None = None
    margin: float | None = None
    look: int = 0
    p: float | None = None
    p_adjusted: float | None = None
    detectable: float | None = None
    needs: str = ""

    @property
    def name(self) -> str:
        """The segment as people read it: "all", "language=es", "language=es,call_type=booking"."""
        return ",".join(f"{key}={value}" for key, value in self.segment.items()) or "all"


@dataclass(frozen=True, slots=True)
class Flip:
    """A decision whose trials pass more or less often than before: where to look first.

    `worse` counts passed trials as shares: baseline rate minus candidate rate, so positive is worse. `grader` and
    `evidence` are of the first failing candidate trial (for an improvement: of the first failing baseline trial).
    """

    case: str
    decision: str
    model: str
    segments: Mapping[str, str]
    baseline_passed: int
    baseline_trials: int
    candidate_passed: int
    candidate_trials: int
    grader: str = ""
    why: str = ""
    evidence: str = ""

    @property
    def worse(self) -> float:
        baseline = self.baseline_passed / self.baseline_trials if self.baseline_trials else 0.0
        candidate = self.candidate_passed / self.candidate_trials if self.candidate_trials else 0.0
        return baseline - candidate


@dataclass(frozen=True, slots=True)
class Flaky:
    """A decision whose baseline trials disagree among themselves: `passed` of `trials`."""

    case: str
    decision: str
    model: str
    passed: int
    trials: int

    @property
    def noise(self) -> float:
        """4p(1-p): 0 is steady, 1 is a coin."""
        p = self.passed / self.trials
        return 4 * p * (1 - p)


@dataclass(frozen=True, slots=True)
class Average:
    """One way to average the change of a metric over all calls; `how` names it.

    "each call alike" is what the row of all calls shows and what its p tests; "all trials in one heap" pools a side's
    replies; "real traffic by language" weighs each group by its share of real calls, `covered` of which have golden
    cases.
    """

    how: str
    metric: str
    model: str
    change: float
    covered: float = 1.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What a classifier did on `count` answers; all shares 0..1.

    `interval` is the exact two-sided 95 % interval of the accuracy (Clopper and Pearson 1934), `at_least` its exact
    one-sided lower bound at 95 %, `at_most` the upper one. `recall` maps each class to (right, of). `confusions` are
    (truth, label, times) of what was wrong, the most frequent first.
    """

    count: int
    accuracy: float
    interval: tuple[float, float]
    at_least: float
    at_most: float
    macro_f1: float
    recall: Mapping[str, tuple[int, int]]
    confusions: tuple[tuple[str, str, int], ...]
    calibration_error: float


@dataclass(frozen=True, slots=True)
class Covered:
    """What answering alone from `threshold` up comes to: how many tickets, which share of all, how many of them wrong,
    and the most that may be wrong with 95 % confidence (1 where none is covered)."""

    threshold: float
    tickets: int
    coverage: float
    wrong: int
    at_most: float


Standing = Literal["pass", "block", "inconclusive", "incomplete"]


@dataclass(frozen=True, slots=True)
class Triage:
    """What a model did on tickets, by the first answer that each got; `before` is the baseline's.

    `fields` are figures by field of the answer (category, priority, route), `parts` those of the category by segment.
    `recognised` of `foreign` tickets out of scope were told so, and `refused` tickets in scope were told so too. `now`
    and `now_before` are what goes out alone from the threshold in use, `suggested` the lowest threshold that keeps the
    promised risk, `curve` what other thresholds come to. `more` labels would likely let it cover `reachable`.
    `standings` are the verdicts of the targets that the policy sets, `reasons` say them.
    """

    model: str
    tickets: int
    missing: int
    fields: Mapping[str, Figures]
    before: Mapping[str, Figures]
    parts: Mapping[str, Figures]
    foreign: int = 0
    recognised: int = 0
    refused: int = 0
    risk: float | None = None
    now: Covered | None = None
    now_before: Covered | None = None
    suggested: Covered | None = None
    curve: tuple[Covered, ...] = ()
    more: int | None = None
    reachable: float | None = None
    wrong_alone: tuple[str, ...] = ()
    standings: Mapping[str, Standing] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()

    @staticmethod
    def of(body: Mapping[str, Any]) -> Triage:
        """The value that decision.json holds."""
        figures = {key: _figures(body[key]) for key in ("fields", "before", "parts")}
        covers = {key: Covered(**body[key]) if body[key] else None for key in ("now", "now_before", "suggested")}
        lists = {key: tuple(body[key]) for key in ("wrong_alone", "reasons")}
        curve = tuple(Covered(**point) for point in body["curve"])
        return Triage(**{**body, **figures, **covers, **lists, "curve": curve})


def _figures(body: Mapping[str, Any]) -> dict[str, Figures]:
    return {
        name: Figures(
            **{
                **one,
                "interval": tuple(one["interval"]),
                "recall": {label: (right, of) for label, (right, of) in one["recall"].items()},
                "confusions": tuple((truth, label, times) for truth, label, times in one["confusions"]),
            }
        )
        for name, one in body.items()
    }


@dataclass(frozen=True, slots=True)
class Missing:
    """What was planned and not measured, counted aloud: trials by kind of failure, decisions left out and why."""

    planned: int = 0
    measured: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)  # kind -> trials
    examples: tuple[str, ...] = ()  # one line each: where, kind, why
    left_out: Mapping[str, str] = field(default_factory=dict)  # "case/decision" -> why (incompatible, unpaired, ...)
    off_script: int = 0  # trials in which a read was asked that the world does not know
    advisory: Mapping[str, int] = field(default_factory=dict)  # grader that only advises -> grades not obtained


@dataclass(frozen=True, slots=True)
class Conversations:
    """What a run of whole conversations says besides the mean, for one model.

    `baseline` and `candidate` are pass^1, pass^2, ... up to pass^k: how often all of so many tries at one conversation
    succeed. `again` counts by arm the conversations that were held again since the caller misbehaved, `left_out` those
    that never came about with a caller that behaved, `faults` what the callers did, `held` all conversations by arm.
    """

    model: str
    caller: str
    baseline: tuple[float, ...] = ()
    candidate: tuple[float, ...] = ()
    held: Mapping[str, int] = field(default_factory=dict)
    again: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    faults: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Side:
    """One arm as the reader sees it: the prompt's name and digest, the model."""

    name: str
    digest: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gate decided, as data: terminal, Markdown, HTML, JUnit, JSON and exit code are drawn from this alone.

    A pure function of the rows: the same rows give the same bytes. `graders` are the metrics that do not gate, as
    comparisons of role watch: over all calls, and in each segment where one fell, false discovery rate controlled over
    all of both. `averages` are the ways to average the change over all calls; `flaky` decisions are unsteady on the
    baseline itself. `value` is the price in dollars of the replies used (None: unknown).
    """

    run: str
    eval: str
    verdict: Verdict
    exit_code: int
    simulated: bool
    baseline: Side
    candidate: Side
    models: tuple[str, ...]
    cases: int
    decisions: int
    trials: int
    comparisons: tuple[Comparison, ...]
    graders: tuple[Comparison, ...] = ()
    averages: tuple[Average, ...] = ()
    flips: tuple[Flip, ...] = ()
    flaky: tuple[Flaky, ...] = ()
    new_cases: tuple[str, ...] = ()
    missing: Missing = Missing()
    reasons: tuple[str, ...] = ()  # the verdict in sentences, most important first
    subset: str = ""  # the filter, where this was not a whole run
    value: float | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    conversations: tuple[Conversations, ...] = ()
    triage: tuple[Triage, ...] = ()  # of tickets; a model each
    kind: str = "call"  # what its cases are, where all are of one kind

    def to_json(self) -> str:
        """`decision.json` (schemas/decision.schema.json): the same bytes for the same decision."""
        body = {"schema": "callgate.decision/1", **_plain(self)}
        if self.kind == "call":
            del body["kind"]
        if not self.conversations:
            del body["conversations"]
        if not self.triage:
            del body["triage"]
        return json.dumps(body, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def frame(self) -> Any:
        """The comparisons as a pandas DataFrame, a row each; `segment` is the segment's name."""
        import pandas as pd

        return pd.DataFrame([{**_plain(row), "segment": row.name} for row in self.comparisons])


def _plain(value: Any) -> Any:
    """A value as JSON data; floats to six significant digits, since the last bits differ from machine to machine."""
    if isinstance(value, float):
        return float(f"{round(value, 12):.6g}") + 0.0
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(value[key]) for key in sorted(value)}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
