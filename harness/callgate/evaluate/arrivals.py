"""New cases of a pull request -> whether somebody has read them, and whether those with a ticket are red before the
change and green after it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from callgate.concepts import ARMS, Arm, Case, Mistake, Problem
from callgate.config import find_evals, load_eval
from callgate.dataset import read_set
from callgate.dataset.guard import DATA, unclean
from callgate.evaluate.options import Options
from callgate.evaluate.proving import TRIALS, Proof, proofs
from callgate.evaluate.review import Item, Review, Sides, reviewed
from callgate.evaluate.trees import changed


def refuse_unread(sides: Sides) -> None:
    """Raises Mistake with every new or changed file of a golden set that nobody has read for personal data."""
    problems: list[Problem] = []
    folders = _folders(sides.head_folder)
    for path in changed(sides.base, sides.head):
        file = sides.head_folder / path
        if path.startswith(folders) and path.endswith(DATA) and file.is_file() and not file.is_symlink():
            problems += unclean(path, file.read_text("utf-8", "replace"), sides.head_folder)
    if problems:
        raise Mistake(sorted(set(problems)))


def _folders(root: Path) -> tuple[str, ...]:
    found = {load_eval(path, root).cases.relative_to(root).as_posix() for path in find_evals(root)}
    return tuple(f"{name}/" for name in sorted(found))


def proven(
    path: Path, names: Iterable[str], options: Options, *, work: Path, proposed: Options | None, source: str
) -> list[Proof]:
    """The proofs of the new cases of one eval that have a ticket.

    `proposed` are the options with both prompts; None where the change proposes none: then `source`, the prompt in use,
    is all that there is, and a case only has to be red on it.
    """
    known = {case.id: case for case in read_set(load_eval(path, work).cases, work).cases}
    some = [known[name] for name in names if name in known and _has_to_prove(known[name])]
    asked = proposed or replace(options, baseline=source, candidate=source)
    arms: tuple[Arm, ...] = ARMS if proposed else ("baseline",)
    found: list[Proof] = []
    for trials in sorted({case.nightly or TRIALS for case in some}):
        ids = [case.id for case in some if (case.nightly or TRIALS) == trials]
        found += proofs(work, path, ids, asked, trials=trials, arms=arms)
    return found


def _has_to_prove(case: Case) -> bool:
    return bool(case.ticket) and case.status == "active"


def waiting(found: Review, proofs_: Sequence[tuple[Proof, bool]], sides: Sides) -> Review:
    """The review with an item for each ticket's case that proves nothing. Each proof comes with whether a fix was
    proposed. What was not measured is no item: it makes the whole incomplete."""
    more = [
        Item(found.added[proof.case], f"case {proof.case}: {proof.verdict}")
        for proof, proposed in proofs_
        if not proof.missing and (proof.refused or (proposed and not proof.fixed))
    ]
    return replace(reviewed([*found.items, *more], sides), added=found.added) if more else found
