"""The pull request: base against head. The baseline is the merge base's prompt; policy, rubrics and graders are the
base's; both sides run on the head's cases; the verdict must hold without the cases that the change adds."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path

from callgate.concepts import EXIT_CODES, Mistake
from callgate.config import Eval, find_evals, load_eval
from callgate.evaluate import evaluate, github
from callgate.evaluate.arrivals import proven, refuse_unread, waiting
from callgate.evaluate.leave import replace_file
from callgate.evaluate.options import Options
from callgate.evaluate.outcome import LEDGER, Outcome
from callgate.evaluate.proving import Proof
from callgate.evaluate.review import Review, Sides, review
from callgate.evaluate.trees import Tree, changed, commit, merge_base, prefix, tree, write
from callgate.prompts import load_prompt
from callgate.report.pull_request import Change, Gated, comment, title

FOLDERS = ("evals/", "prompts/", "datasets/")
WORK = Path(".callgate/ci")
BASE = "base"
REVIEW = 5
ANNOTATED = 5
"""At most so many places of a prompt are marked on GitHub."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a change came to: what to report of it, and each eval's exit code with whether its 4 may be let through."""

    change: Change
    measured: tuple[tuple[int, bool], ...]

    def codes(self, *, let_inconclusive: bool) -> list[int]:
        """The exit codes of all evals, 5 among them where something waits for its review."""
        undecided = EXIT_CODES["inconclusive"]
        let = [0 if code == undecided and warns and let_inconclusive else code for code, warns in self.measured]
        return [*([REVIEW] if self.change.waits else []), *let] or [EXIT_CODES["unchanged"]]


def judged(root: Path, base: str, head: str, options: Options, *, approved: Sequence[str] = ()) -> Judged:
    """Gates the change from `base` to `head`, two commits of the repository in which `root` stands.

    `approved` are digests of reviews that a person has approved. Raises Mistake where a side cannot be read.
    """
    first, last = merge_base(root, base, head), commit(root, head)
    before, after = tree(root, first), tree(root, last)
    work = _workplace(root, after)
    sides = Sides(before, after, work / BASE, work)
    write(root, _under_test(after), work)
    write(root, _under_test(before), work / BASE)
    if not find_evals(sides.base_folder):
        raise Mistake(f"{base} has no evals/ at {first[:12]}: there is nothing to gate by; merge the evals first")
    refuse_unread(sides)
    found = review(sides)
    proposals = _proposals(sides)
    _take_policy(sides)
    gated: list[Gated] = []
    codes: list[tuple[int, bool]] = []
    proofs: list[tuple[Proof, bool]] = []
    for path in find_evals(work):
        source = proposals.get(path.name)
        if source is None:
            continue
        proposed = _proposed(path, source, sides, first, options)
        new = _new_files(load_eval(path, work), found, work)
        ran = proven(path, new, options, work=work, proposed=proposed, source=source)
        proofs += [(proof, proposed is not None) for proof in ran]
        if proposed is None:
            gated.append(Gated(path.stem, None))
            continue
        one, its_codes = _gate(root, work, path, proposed, found)
        gated.append(replace(one, lines=_touched(root, sides, proposed.candidate or "")))
        codes += its_codes
    found = waiting(found, proofs, sides)
    waits = bool(found.items) and found.digest not in approved
    items = tuple((item.path, item.what) for item in found.items)
    told = tuple(str(proof) for proof, _ in proofs)
    codes += [(EXIT_CODES["incomplete"], False) for proof, _ in proofs if proof.missing]
    change = Change(first, last, tuple(gated), tuple(found.added), items, found.digest, waits=waits, proofs=told)
    return Judged(change, tuple(codes))


# ---------------------------------------------------------------------------------------------- the two sides


def _under_test(files: Tree) -> Tree:
    return {path: entry for path, entry in files.items() if path.startswith(FOLDERS)}


def _workplace(root: Path, head: Tree) -> Path:
    """An empty place for both sides, with a copy of the ledger: a change reads the base's rows and writes none."""
    work = root / WORK
    ledger = work / LEDGER
    for inside in work.iterdir() if work.is_dir() else ():
        if inside != ledger.parent:
            shutil.rmtree(inside) if inside.is_dir() else inside.unlink()
    ledger.parent.mkdir(parents=True, exist_ok=True)
    source = root / LEDGER
    if source.is_file() and not ledger.exists() and LEDGER.as_posix() not in head:
        reading = sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)
        with closing(reading), closing(sqlite3.connect(ledger)) as copy:
            reading.backup(copy)
        ledger.chmod(0o600)
    return work


def _proposals(sides: Sides) -> dict[str, str]:
    """The candidate's prompt that the head names, for each eval that the base has."""
    heads = {path.name: load_eval(path, sides.head_folder) for path in find_evals(sides.head_folder)}
    return {
        path.name: heads[path.name].candidate.prompt for path in find_evals(sides.base_folder) if path.name in heads
    }


def _take_policy(sides: Sides) -> None:
    """Puts the base's evals, graders and rubrics in the place of the head's."""
    work, base = sides.head_folder, sides.base_folder
    shutil.rmtree(work / "evals", ignore_errors=True)
    shutil.copytree(base / "evals", work / "evals")
    for path in find_evals(base):
        for use in load_eval(path, base).graders:
            rubric = use.options.get("rubric")
            if isinstance(rubric, str) and (base / rubric).is_file():
                (work / rubric).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(base / rubric, work / rubric)


def _proposed(path: Path, source: str, sides: Sides, first: str, options: Options) -> Options | None:
    """The two prompts of an eval as options of a run; None where the change leaves the prompt as it was."""
    the_eval = load_eval(path, sides.head_folder)
    if ":" in source or ":" in the_eval.candidate.prompt:
        raise Mistake(f"evals/{path.name}: the candidate of a pull request is a path, not {source!r}")
    before = load_prompt(the_eval.candidate.prompt, sides.base_folder)
    after = load_prompt(source, sides.head_folder)
    if before.digest == after.digest:
        return None
    return replace(options, baseline=_named(before.source, sides.base_folder, first), candidate=after.source)


def _named(source: str, base: Path, first: str) -> str:
    """The base's prompt under a name that tells it from the head's: v3@1a2b3c4."""
    where = base / source
    target = where.with_name(
        f"{where.stem if where.is_file() else where.name}@{first[:7]}{where.suffix * where.is_file()}"
    )
    if not target.exists():
        (shutil.copyfile if where.is_file() else shutil.copytree)(where, target)
    return f"{BASE}/{target.relative_to(base).as_posix()}"


def _touched(root: Path, sides: Sides, source: str) -> tuple[tuple[str, int], ...]:
    """Where each change of a prompt begins, as the repository names the file; a few are enough."""
    where = prefix(root)
    found: list[tuple[str, int]] = []
    for path in changed(sides.base, sides.head):
        if (path == source or path.startswith(f"{source}/")) and (sides.head_folder / path).is_file():
            old, new = sides.base_folder / path, sides.head_folder / path
            before = old.read_text("utf-8", "replace").splitlines() if old.is_file() else []
            after = new.read_text("utf-8", "replace").splitlines()
            codes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
            found += [(where + path, start + 1) for tag, _, _, start, _ in codes if tag != "equal"]
    return tuple(found[:ANNOTATED])


# ---------------------------------------------------------------------------------------------- the verdict


def _gate(root: Path, work: Path, path: Path, options: Options, found: Review) -> tuple[Gated, list[tuple[int, bool]]]:
    """One eval's verdict, with the new cases and without them."""
    the_eval = load_eval(path, work)
    new = _new_files(the_eval, found, work)
    without = _without(work, path, options, new) if new else None
    outcome = evaluate(work, path, options, share=True)
    decision = replace(outcome.decision, new_cases=tuple(new))
    folder = root / "reports" / the_eval.name
    if outcome.folder:
        folder.mkdir(parents=True, exist_ok=True)
        for file in outcome.folder.iterdir():
            if file.is_file() and not file.name.startswith("."):
                replace_file(folder / file.name, file.read_text("utf-8"))
        replace_file(folder / "decision.json", decision.to_json())
    codes = [(outcome.exit_code, outcome.warns)]
    if without is not None:
        codes.append((without.exit_code, without.warns))
    return Gated(the_eval.name, decision, outcome.spent_words, without.decision if without else None), codes


def _new_files(the_eval: Eval, found: Review, work: Path) -> dict[str, Path]:
    folder = the_eval.cases.relative_to(work).as_posix()
    return {name: work / file for name, file in found.added.items() if file.startswith(f"{folder}/")}


def _without(work: Path, path: Path, options: Options, new: dict[str, Path]) -> Outcome:
    """The verdict on the cases that were there before; what it asks is asked again by nobody."""
    texts = {file: file.read_bytes() for file in new.values()}
    for file in texts:
        file.unlink()
    try:
        return evaluate(work, path, options)
    finally:
        for file, text in texts.items():
            file.write_bytes(text)


def tell(change: Change, environment: Mapping[str, str], *, link: str = "") -> list[str]:
    """Tells GitHub, where this runs there: comment, summary, outputs. Returns the lines for the log."""
    text = comment(change, link)
    github.write_summary(text, environment)
    outputs = {"verdict": change.verdict, "waits": str(change.waits).lower(), "digest": change.digest}
    github.write_outputs(outputs, environment)
    lines = [github.keep_comment(text, environment)]
    level = {"block": "error", "pass": "notice", "unchanged": "notice"}.get(change.verdict, "warning")
    for one in change.gated if "GITHUB_ACTIONS" in environment else ():
        reason = one.decision.reasons[0] if one.decision and one.decision.reasons else ""
        lines += [github.annotation(level, path, line, f"{title(change)}. {reason}") for path, line in one.lines]
    return lines
