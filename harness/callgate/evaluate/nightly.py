"""Cases whose fault shows seldom -> each with as many trials as would see it, on the candidate alone.

An ordinary run leaves them out: a few trials would pass by luck. What the ledger holds is not asked again, so that an
unchanged prompt costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from callgate.concepts import Mistake
from callgate.config import find_evals, load_eval
from callgate.evaluate.importing import folder_of, set_at
from callgate.evaluate.options import Options
from callgate.evaluate.proving import Proof, proofs
from callgate.files import did_you_mean


@dataclass(frozen=True, slots=True)
class Night:
    """What the trials of nightly cases came to, a proof each."""

    proofs: tuple[Proof, ...]

    @property
    def exit_code(self) -> int:
        """1 where a fault showed, 3 where something could not be measured."""
        if any(proof.green_passed < proof.green_trials for proof in self.proofs):
            return 1
        return 3 if any(proof.missing or proof.green_trials < proof.planned for proof in self.proofs) else 0

    def text(self) -> str:
        """A line a case."""
        return "".join(f"{_line(proof)}\n" for proof in self.proofs) or "no nightly cases\n"


def _line(proof: Proof) -> str:
    wrong = proof.green_trials - proof.green_passed
    if proof.missing and not wrong:
        return f"{proof.case}: not measured: {proof.missing}"
    return f"{proof.case}: {proof.candidate}: the fault showed in {wrong} of {proof.green_trials} trials"


def run(root: Path, names: Sequence[str], options: Options, *, into: str | None) -> Night:
    """Draws the trials of the named nightly cases, of all if none is named. Raises Mistake for a name that is none."""
    folder = folder_of(root, into)
    known = {case.id: case for case in set_at(folder, root).nightly}
    for name in names:
        if name not in known:
            raise Mistake(f"{name}: no nightly case{did_you_mean(name, known)}")
    path = next((one for one in find_evals(root) if load_eval(one, root).cases == folder), None)
    if path is None:
        raise Mistake(f"no eval runs the cases of {folder.name}")
    found = [
        proof
        for name in names or sorted(known)
        for proof in proofs(root, path, [name], options, trials=known[name].nightly, arms=("candidate",))
    ]
    return Night(tuple(found))
