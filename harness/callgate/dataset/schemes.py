"""`triage:` of a `_world.yaml` -> the Scheme that tickets are triaged into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from callgate.concepts import Agreement, Labels, Scheme

KEYS: Mapping[str, str] = {"category": "categories", "priority": "priorities", "route": "routes"}
"""Field of an answer -> the key of its closed set."""


def scheme_of(written: Any) -> Scheme | None:
    """The scheme as written, which its schema allows; None where there is none."""
    if not isinstance(written, Mapping):
        return None
    return Scheme(
        labels={field: tuple(written[key]) for field, key in KEYS.items() if key in written},
        out_of_scope=written.get("out_of_scope", ""),
        never_alone=tuple(written.get("never_alone", ())),
        agreements=tuple(Agreement(_labels(one["if"]), _labels(one["then"])) for one in written.get("agree", ())),
    )


def disagreement(scheme: Scheme, answer: Mapping[str, object]) -> tuple[str, str] | None:
    """The field whose label does not go together with the others, and why; None where all agree."""
    for one in scheme.agreements:
        if all(answer.get(field) in labels for field, labels in one.given.items()):
            for field, labels in one.then.items():
                if field in answer and answer[field] not in labels:
                    with_what = ", ".join(f"{key} {answer[key]}" for key in one.given)
                    return field, f"{field} {answer[field]} does not go with {with_what}: {' or '.join(labels)} does"
    return None


def _labels(written: Mapping[str, Any]) -> Labels:
    return {field: (some,) if isinstance(some, str) else tuple(some) for field, some in written.items()}
