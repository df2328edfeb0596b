"""A judge's metric card: what it was measured at against people, language by language, as a file that others read.

`callgate calibrate` writes it, the gate reads it. A card speaks of one judge only: of another rubric, model or number
of votes it says nothing, so whoever reads it compares `fingerprint` first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # numpy comes with it: only where a card is read or made
    from callgate.stats.agreement import Agreement, Estimate, Right

SCHEMA = "callgate.card/1"
FOLDER = "reports/judges"
"""Where cards stand in a project: `NAME.json`, with `NAME.md` beside it for people."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One reply that a person and the judge gave their verdict on.

    `label` is the person's (did it pass?), `passed` the judge's, `score` the judge's 0..1; both are None where the
    judge gave no verdict. `variant` is baseline or candidate, `cluster` the call, `words` the length of what was said.
    `drawn` says that it came from a random draw and was not picked.
    """

    case: str
    decision: str
    cluster: str
    language: str
    variant: str
    trial: int
    label: bool
    passed: bool | None
    score: float | None
    words: int = 0
    drawn: bool = True


@dataclass(frozen=True, slots=True)
class LanguageCard:
    """What was measured in one language. `pairs` are decisions of which both variants were drawn and labelled.

    `kinder_to_longer` is how much more the judge leans to "pass" for longer replies than for shorter ones (-1..1), 0
    without a bias; `first_shown` how often, of `compared` pairs, what is shown first is preferred (0..1), 0.5 without a
    bias; both None where they could not be measured. `maybe` counts labels of people who could not decide.
    """

    labels: int
    pairs: int
    found: Agreement
    right: Right
    kinder_to_longer: Estimate | None = None
    first_shown: Estimate | None = None
    compared: int = 0
    maybe: int = 0


@dataclass(frozen=True, slots=True)
class Card:
    """A judge's card. `fingerprint` names rubric, models and votes: what its verdicts depend on."""

    judge: str
    rubric: str
    fingerprint: str
    models: tuple[str, ...]
    votes: int
    simulated: bool
    languages: Mapping[str, LanguageCard] = field(default_factory=dict)
    labelled: tuple[Labelled, ...] = ()

    def may_gate(self, language: str) -> Right:
        """Whether the judge may block or pass in a language; not where nobody labelled anything of it."""
        known = self.languages.get(language)
        if known:
            return known.right
        from callgate.stats.agreement import Right

        return Right(may_gate=False, why_not=(f"no labels in {language or 'this language'}",))

    def to_json(self) -> str:
        """The card's file; the same card gives the same bytes."""
        body = {"schema": SCHEMA, **asdict(self)}
        return json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False, sort_keys=True) + "\n"

    @staticmethod
    def from_json(text: str) -> Card:
        """The card of such a file. Raises ValueError where it is none."""
        try:
            body: dict[str, Any] = json.loads(text)
            if body.pop("schema") != SCHEMA:
                raise ValueError(f"no {SCHEMA}")
            languages = {name: _language(card) for name, card in body.pop("languages").items()}
            labelled = tuple(Labelled(**row) for row in body.pop("labelled"))
            return Card(**{**body, "models": tuple(body["models"])}, languages=languages, labelled=labelled)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no card of a judge: {type(error).__name__} {error}") from None


def _language(body: Mapping[str, Any]) -> LanguageCard:
    from callgate.stats.agreement import Agreement, Right

    found, right = dict(body["found"]), dict(body["right"])
    for name in ("accuracy", "kappa", "ac1", "order_consistency"):
        found[name] = _estimate(found.get(name))
    right["why_not"] = tuple(right["why_not"])
    rest = {name: _estimate(body.get(name)) for name in ("kinder_to_longer", "first_shown")}
    return LanguageCard(**{**body, **rest, "found": Agreement(**found), "right": Right(**right)})


def _estimate(body: Mapping[str, float] | None) -> Estimate | None:
    from callgate.stats.agreement import Estimate

    return Estimate(**body) if body else None
