"""Cases, prompts and the eval -> what is wrong in the golden set beyond the schema, each problem with its place.

`lint` finds errors; `clearance` says in lines which groups are too small to be cleared, which is no error.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import pairwise
from math import ceil

from callgate.concepts import (
    AgentTurn,
    CallerTurn,
    Case,
    DecisionPoint,
    Expect,
    Json,
    Problem,
    Prompt,
    RecordedTurn,
    Tool,
)
from callgate.config import Eval
from callgate.dataset.calls import call_problems, stub_problems
from callgate.dataset.conversations import conversation_problems
from callgate.dataset.load import CaseSet, Source
from callgate.dataset.texts import leaks, personal_data, twins
from callgate.dataset.tickets import ticket_problems
from callgate.files import did_you_mean
from callgate.matchers import folded

CLEARABLE = 25
"""Clusters under which no margin can be cleared (statistics.md part 3)."""

LANGUAGES = re.compile(
    "a[abefkmnrsvyz]|b[aegimnors]|c[aehorsuvy]|d[aevz]|e[elnostu]|f[afijory]|g[adlnuv]|h[aeiortuyz]|i[adegikostu]|j[av]|"
    "k[agijklmnorsuvwy]|l[abginotuv]|m[ghiklnrsty]|n[abdeglnorvy]|o[cjmrs]|p[ailst]|qu|r[mnouw]|s[acdegiklmnoqrstuvw]|"
    "t[aeghiklnorstwy]|u[gkrz]|v[eio]|w[ao]|xh|y[io]|z[ahu]"
)
"""Languages with a code of two letters (ISO 639-1)."""

Keys = tuple[str | int, ...]
ExpectProblems = Callable[[Expect], Iterable[tuple[Keys, str]]]


def lint(
    cases: CaseSet,
    prompts: Sequence[Prompt],
    *,
    graded_by: Mapping[str, str],
    expect_problems: ExpectProblems | None = None,
    spec: Eval | None = None,
    today: str = "",
) -> list[Problem]:
    """All problems of the set, sorted, each once. Drafts and retired cases are left alone.

    `graded_by` maps each expectation that is supported to its grader ("" where it only tunes one); `expect_problems`
    says what those graders cannot make sense of; `today` is an ISO date, by which a quarantine may be over.
    """
    tools = _tools(prompts)
    problems: list[Problem] = []
    read = [case for case in cases.cases if case.status in {"active", "quarantined"}]
    for case in read:
        source = cases.sources[case.id]
        problems.extend(_case_problems(case, source, tools, today))
        for keys, point in _decisions(case, source):
            problems.extend(_grading_problems(case, point, keys, source, graded_by))
            problems.extend(call_problems(case, point, keys, source, tools))
            for below, message in expect_problems(point.expect) if expect_problems else ():
                problems.append(Problem(source.place(*keys, *below), message))
        problems.extend(leaks(case, prompts))
        problems.extend(personal_data(source))
    problems.extend(twins(read, cases.sources))
    if spec is not None:
        problems.extend(_segment_problems(cases.active, spec))
        problems.extend(_lacking_attributes(cases, spec))
        problems.extend(_target_problems(cases.active, spec))
    return sorted(set(problems))


def clearance(cases: Sequence[Case], spec: Eval) -> list[str]:
    """A line for each group that gates and is too small to be cleared, with how many cases it lacks."""
    groups: list[Mapping[str, str]] = [{}, *spec.policy.protect]
    for attribute in (name for name in spec.policy.by if "*" not in name):
        groups.extend(
            {attribute: value} for value in sorted({case.segments.get(attribute, "") for case in cases} - {""})
        )
    lines = []
    for group in groups:
        members = [case for case in cases if group.items() <= case.segments.items()]
        size = _clusters(members)
        name = ",".join(f"{key}={value}" for key, value in group.items()) or "all"
        lacking = ceil(CLEARABLE - size)
        line = f"{name}: {len(members)} cases, cannot be cleared: {lacking} more {'case' if lacking == 1 else 'cases'}"
        if size < CLEARABLE and line not in lines:
            lines.append(line)
    return lines


def _clusters(members: Sequence[Case]) -> float:
    """Kish's count of clusters: cases of one call count less than cases of several."""
    sizes = Counter(case.cluster for case in members).values()
    return sum(sizes) ** 2 / sum(size**2 for size in sizes) if sizes else 0.0


def _tools(prompts: Sequence[Prompt]) -> Mapping[str, Sequence[Tool]]:
    tools: dict[str, list[Tool]] = defaultdict(list)
    for prompt in prompts:
        for tool in prompt.tools:
            tools[tool.name].append(tool)
    return tools


def _decisions(case: Case, source: Source) -> Iterator[tuple[Keys, DecisionPoint]]:
    """The decisions of a case, each with the path in its file to its `expect`."""
    written = source.document.value
    call = written.get("call") if isinstance(written, Mapping) else None
    many = len(call) if isinstance(call, Sequence) else 0
    for index, point in enumerate(case.turns):
        if isinstance(point, DecisionPoint):
            yield (("call", index, "expect") if index < many else ("expect",)), point  # a simulated one is not written


# ---------------------------------------------------------------------------------------------- a case


def _case_problems(case: Case, source: Source, tools: Mapping[str, Sequence[Tool]], today: str) -> Iterator[Problem]:
    types = source.whole.get("call_types")
    kind = case.segments.get("call_type")
    if kind is not None and isinstance(types, Sequence) and kind not in types:
        hint = did_you_mean(kind, map(str, types))
        yield Problem(source.place("segments", "call_type"), f"call_type {kind!r} is not declared in _world.yaml{hint}")
    language = case.segments.get("language")
    if language is not None and re.fullmatch("[a-z]{2}", language) and not LANGUAGES.fullmatch(language):
        message = f"{language!r} is no language of ISO 639-1, such as es or en"
        yield Problem(source.place("segments", "language"), message)
    elif language is not None and not re.fullmatch(r"[a-z]{2,3}", language):
        primary = language.partition("-")[0].lower()
        message = f"language {language!r} must be a primary subtag: language: {primary}, locale: {language}"
        yield Problem(source.place("segments", "language"), message)
    if case.pii == "unreviewed":
        yield Problem(source.place("pii"), "unreviewed: somebody must look for personal data before this case is used")
    status = str(source.whole.get("status", ""))
    until = re.match(r"quarantined until (\S+)", status)
    if until is not None and today and until[1] < today:
        yield Problem(source.place("status"), f"the quarantine was over on {until[1]}: mend the case or retire it")
    if tools:
        for name in case.effects:
            if name not in tools:
                yield Problem(
                    source.place("effects", name), f"no prompt has the tool {name!r}{did_you_mean(name, tools)}"
                )
    yield from stub_problems(case, source, tools)
    yield from ticket_problems(case, source)
    yield from conversation_problems(case, source, tools)
    yield from _flow_problems(case, source)
    yield from _label_problems(case, source)


def _flow_problems(case: Case, source: Source) -> Iterator[Problem]:
    """A decision comes after the caller or a tool: never right after the agent has spoken, nor into a gap."""
    for index, (before, after) in enumerate(pairwise(case.turns), 1):
        past: Sequence[object] = (before,)
        if isinstance(before, DecisionPoint):
            past = before.forced or before.recorded
            if not past and isinstance(after, CallerTurn | DecisionPoint):
                message = (
                    f"what was done at decision {before.id!r} is missing: 'recorded', 'forced', or a turn after it"
                )
                yield Problem(source.place("call", index), message)
        speaks = isinstance(after, DecisionPoint) and after.mode != "continuation"  # there the caller answers
        if speaks and isinstance(after, DecisionPoint) and past and isinstance(past[-1], AgentTurn):
            message = f"the agent has just spoken: decision {after.id!r} must come after the caller or a tool"
            yield Problem(source.place("call", index), message)


def _label_problems(case: Case, source: Source) -> Iterator[Problem]:
    labels = source.whole.get("labels", ())
    points = {point.id: point for point in case.points}
    for index, label in enumerate(labels if isinstance(labels, Sequence) else ()):
        assert isinstance(label, Mapping)  # the schema says so
        point = points.get(str(label["decision"]))
        if point is None:
            message = f"no decision {label['decision']!r} in this case{did_you_mean(str(label['decision']), points)}"
            yield Problem(source.place("labels", index, "decision"), message)
        elif label["verdict"] == "fail" and label.get("of", "recorded") == "recorded":
            spoken = {folded(text) for text in _speech(point.recorded)}
            if any(folded(reference) in spoken for reference in point.expect.references):
                message = f"decision {point.id!r} has its recorded turn as a reference, which is labelled fail"
                yield Problem(source.place("labels", index), message)
            if point.forced and point.forced == point.recorded:
                message = f"decision {point.id!r} goes on with its recorded turn as 'forced', which is labelled fail"
                yield Problem(source.place("labels", index), message)


def _speech(turns: Sequence[RecordedTurn]) -> list[str]:
    return [turn.text for turn in turns if isinstance(turn, AgentTurn)]


# ---------------------------------------------------------------------------------------------- a decision


_LISTS = ("calls", "forbidden_calls", "must_say", "must_not_say", "must_ask", "must_not_ask", "judge")
"""Keys of `expect` that say something only where something stands in them."""


def _grading_problems(
    case: Case, point: DecisionPoint, keys: Keys, source: Source, graded_by: Mapping[str, str]
) -> Iterator[Problem]:
    for key in point.expect.given:
        if key not in graded_by:
            hint = ", ".join(sorted(graded_by))
            yield Problem(source.place(*keys, key), f"no grader knows {key!r} yet; there are {hint}")
        elif key in _LISTS and not getattr(point.expect, key):
            instead = ": `other_calls: forbid` says that no tool may be called" if key == "calls" else ""
            yield Problem(source.place(*keys, key), f"{key} is empty and asks for nothing{instead}")
    held = point.mode == "continuation" and case.simulate is not None  # its final state grades it
    if not held and not any(graded_by.get(key) for key in point.expect.given):
        yield Problem(point.place, f"nothing grades decision {point.id!r}: say in 'expect' what is right")
    for name in point.expect.facts_allowed or ():
        if name not in case.facts:
            message = f"no fact {name!r}{did_you_mean(name, case.facts)}"
            yield Problem(source.place(*keys, "facts_allowed"), message)


# ---------------------------------------------------------------------------------------------- the eval's segments


def _segment_problems(cases: Sequence[Case], spec: Eval) -> Iterator[Problem]:
    values: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        for attribute, value in case.segments.items():
            values[attribute].add(value)
    written: Json = spec.document.value
    if isinstance(written, Mapping) and "segments" in written:
        for index, joined in enumerate(spec.policy.by):
            for attribute in (part for part in joined.split("*") if part not in values):
                message = f"no case has the segment {attribute!r}{did_you_mean(attribute, values)}"
                yield Problem(spec.place("segments", index), message)
    for index, segment in enumerate(spec.policy.protect):
        if not any(segment.items() <= case.segments.items() for case in cases):
            known = [f"{key}={value}" for key in segment for value in sorted(values.get(key, ()))]
            name = ",".join(f"{key}={value}" for key, value in segment.items())
            message = f"no case is in the protected segment {name}{did_you_mean(name, known)}"
            yield Problem(spec.place("gate", "protect", index), message)


def _target_problems(cases: Sequence[Case], spec: Eval) -> Iterator[Problem]:
    """Targets for tickets where there are none, or for a label that no ticket is expected to have."""
    fields = {
        field for case in cases if case.kind == "triage" for point in case.points for field in point.expect.answer
    }
    for key, target in (("accuracy", spec.policy.accuracy), ("alone", spec.policy.alone)):
        if target is not None and not fields:
            yield Problem(spec.place("gate", key), f"{key!r} is for tickets, and no case is of kind triage")
    target = spec.policy.accuracy
    if target is not None and fields and target.field not in fields:
        yield Problem(spec.place("gate", "accuracy", "of"), f"no ticket says which {target.field} is right")


def _lacking_attributes(cases: CaseSet, spec: Eval) -> Iterator[Problem]:
    """What the eval compares by and other cases have, absent or misspelt in a case: it would count nowhere."""
    compared = {part for joined in spec.policy.by for part in joined.split("*")}
    held = {attribute for case in cases.active for attribute in case.segments}
    for case in cases.active:
        source = cases.sources[case.id]
        for attribute in sorted(compared - case.segments.keys()):
            near = get_close_matches(attribute, sorted(case.segments.keys() - compared), n=1, cutoff=0.8)
            if near:
                message = f"unknown segment {near[0]!r}; did you mean {attribute!r}?"
                yield Problem(source.place("segments", near[0]), message)
            elif attribute in held:
                message = f"no {attribute!r} in this case's segments, and the eval {spec.name} compares by it"
                yield Problem(source.place("segments"), message)
