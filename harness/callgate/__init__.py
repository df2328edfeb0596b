"""Callgate: answers before rollout whether a changed prompt broke calls, and for whom.

Data flows one way, from files to a verdict; each module takes in what the ones above it give out:

    concepts     the nouns, as frozen values; the two seams, Engine and Grader
    redaction    one function at every sink: no secret leaves
    files        YAML with the place of every key; paths that stay inside the project; text at a git ref
    matchers     does a value match what is expected, by the tool's own schema
    schemas      the public contract as JSON Schema
    config       evals/*.yaml                 -> Eval
    dataset      datasets/                    -> cases, and their lint
    prompts      path, folder, REF:path       -> Prompt; `{{name}}` in one pass
    replay       prompt x case                -> Ask(request) | Done(trial)
    engines      requests                     -> replies        a new provider goes here
    ledger       replies and scores          <-> disk, durable before they count
    execute      plan                         -> trials
    graders      trial                        -> grades         a new grader goes here
    stats        scores                       -> p-values and bounds
    gate         strata x policy              -> Decision
    interchange  anybody's result files       -> strata -> Decision
    insight      weeks of runs, tickets, texts -> what is new, known, fixed; the optional half
    report       a decision                   -> something read a new report goes here
    evaluate     the use case: plan, execute, grade, gate
    cli          commands, each a few lines
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callgate.concepts import (
    Case,
    Comparison,
    Decision,
    DecisionPoint,
    Evidence,
    Failure,
    Flip,
    Margins,
    Mistake,
    NotApplicable,
    Policy,
    Reply,
    Score,
    ToolCall,
    Trial,
)

if TYPE_CHECKING:
    from callgate.evaluate.loading import load
    from callgate.graders.custom import grader
    from callgate.interchange import compare

__all__ = [
    "Case",
    "Comparison",
    "Decision",
    "DecisionPoint",
    "Evidence",
    "Failure",
    "Flip",
    "Margins",
    "Mistake",
    "NotApplicable",
    "Policy",
    "Reply",
    "Score",
    "ToolCall",
    "Trial",
    "compare",
    "grader",
    "load",
]

_LAZY = {"compare": "callgate.interchange", "grader": "callgate.graders.custom", "load": "callgate.evaluate.loading"}
"""Public names whose modules are loaded when they are first used, so that `import callgate` stays light."""


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'callgate' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
