"""The commands, each a few lines: read the words, call the use case, print. Verdicts to stdout, progress to stderr.

Exit codes (DESIGN.md part 5): 0 pass, 1 block, 2 usage or a mistake in a file, 3 incomplete, 4 inconclusive, 5 needs a
person's review, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callgate.concepts import EXIT_CODES, Decision, Mistake

if TYPE_CHECKING:
    from callgate.evaluate import Options, Outcome
    from callgate.report.terminal import Style

app = typer.Typer(
    help="Did the new prompt break calls, and for whom? PASS, BLOCK or INCONCLUSIVE, with reasons.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Transport(StrEnum):
    """The lanes that may carry a call."""

    auto = "auto"
    litellm = "litellm"
    direct = "direct"


PRECEDENCE = (130, 2, 5, 1, 3, 4, 0)
INTERRUPTED = 130

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Names = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Evals by name; all of evals/ by default.")
]
Model = Annotated[str | None, typer.Option(help="Use this model instead of the eval's; anything litellm reaches.")]
Segment = Annotated[str | None, typer.Option(help="Only these calls, as language=es,call_type=booking.")]


@app.command("eval")
def eval_(
    names: Names = None,
    *,
    model: Model = None,
    baseline: Annotated[str | None, typer.Option(help="Prompt in use: a path, or git's REF:path.")] = None,
    candidate: Annotated[str | None, typer.Option(help="Prompt proposed: a path, or git's REF:path.")] = None,
    segment: Segment = None,
    case: Annotated[list[str] | None, typer.Option(help="Only this case (may be repeated).")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many cases, spread over the set.")] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only cases that failed for the candidate last time.")
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Call no model: only what the ledger holds.")] = False,
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="Stop before spending more than so many dollars.")
    ] = None,
    transport: Annotated[
        Transport | None, typer.Option(help="How models are reached: auto, litellm or direct; the eval's by default.")
    ] = None,
    at_once: Annotated[int | None, typer.Option(min=1, max=512, help="At most so many calls at once.")] = None,
    price: Annotated[
        list[str] | None, typer.Option(help="MODEL=PROMPT/COMPLETION, dollars for a million tokens (may be repeated).")
    ] = None,
    settle: Annotated[
        bool, typer.Option("--settle", help="Buy what the price to decide offers; says what it costs first.")
    ] = False,
    release: Annotated[
        bool, typer.Option("--release", help="Draw the baseline anew, and let nothing through that is not decided.")
    ] = False,
    let_inconclusive: Annotated[
        bool,
        typer.Option("--let-inconclusive", help="Exit 0 on INCONCLUSIVE where the eval says on_inconclusive: warn."),
    ] = False,
    json: Json = False,
) -> None:
    """Run the evals: does the candidate hold up against the baseline, in every segment?"""
    from callgate.evaluate import Options

    options = Options(
        model=model,
        baseline=baseline,
        candidate=candidate,
        segment=_pairs(segment),
        cases=tuple(case or ()),
        limit=limit,
        failed=failed,
        offline=offline,
        max_cost=max_cost,
        transport=transport.value if transport else None,
        at_once=at_once,
        prices=tuple(price or ()),
        settle=settle,
        release=release,
    )
    outcomes = [_evaluated(path, options, json=json) for path in _eval_files(names or [])]
    lenient = let_inconclusive and not release
    codes = [_let_through(outcome) if lenient else outcome.exit_code for outcome in outcomes]
    raise typer.Exit(worst(codes))


@app.command()
def plan(
    names: Names = None,
    *,
    model: Model = None,
    baseline: Annotated[str | None, typer.Option(help="Prompt in use: a path, or git's REF:path.")] = None,
    candidate: Annotated[str | None, typer.Option(help="Prompt proposed: a path, or git's REF:path.")] = None,
    segment: Segment = None,
) -> None:
    """Before spending: calls, dollars, minutes, and per segment the drop that would be found. Asks nothing."""
    from callgate.evaluate import Options
    from callgate.evaluate.foresee import foresee, outlook_text

    options = Options(model=model, baseline=baseline, candidate=candidate, segment=_pairs(segment))
    for path in _eval_files(names or []):
        sys.stdout.write(outlook_text(foresee(_root(), path, options)))


@app.command()
def demo(*, json: Json = False) -> None:
    """A candidate that is better on average and worse for Spanish callers; exits 0 exactly when the gate finds it."""
    from callgate.evaluate import Options

    outcome = _evaluated(_root() / "evals" / "demo" / "spanish-regression.yaml", Options(), json=json)
    rows = {row.name: row for row in outcome.decision.comparisons}
    overall, spanish = rows.get("all"), rows.get("language=es")
    better = overall is not None and overall.change is not None and overall.change > 0
    found = spanish is not None and spanish.verdict == "block" and outcome.decision.verdict == "block"
    if not json:
        _say(
            "demo: the planted regression was found: better on average, blocked for Spanish callers"
            if better and found
            else "demo: the planted regression was NOT found"
        )
    raise typer.Exit(0 if better and found else max(1, outcome.exit_code))


@app.command()
def show(
    run: Annotated[str, typer.Argument(help="A run's id, or `last`.")] = "last",
    case: Annotated[str | None, typer.Argument(help="A case: its call, baseline beside candidate.")] = None,
    *,
    segment: Segment = None,
    everything: Annotated[bool, typer.Option("--all", help="Every segment, every flip.")] = False,
    json: Json = False,
) -> None:
    """A run again, or one of its calls turn by turn, at no cost."""
    from callgate.evaluate import shown

    text = shown(_root(), run, case, segment=_pairs(segment), everything=everything, as_json=json, style=_style())
    sys.stdout.write(text)


@app.command()
def compare(
    baseline: Annotated[Path, typer.Argument(help="Results of the variant in use: JSONL, CSV, promptfoo or Inspect.")],
    candidate: Annotated[Path, typer.Argument(help="Results of the variant proposed.")],
    *,
    by: Annotated[
        list[str] | None, typer.Option(help="Segment attribute, or several joined by * (may be repeated).")
    ] = None,
    metric: Annotated[
        str | None, typer.Option(help="The grader to compare; default: success, or the only one.")
    ] = None,
    json: Json = False,
) -> None:
    """Gate two result files that anything produced. Runs nothing, costs nothing."""
    from callgate.interchange import compare as compare_results

    decision = compare_results(baseline, candidate, by=tuple(by or ()), metric=metric)
    _print(decision, "", json=json)
    raise typer.Exit(decision.exit_code)


@app.command()
def validate(names: Names = None, *, json: Json = False) -> None:
    """Check evals, prompts and cases: every mistake at once, with its place and what would be right."""
    from callgate.evaluate import validated

    report = validated(_root(), _eval_files(names or []))
    if json:
        sys.stdout.write(report.to_json())
    else:
        sys.stdout.write(report.text())
    raise typer.Exit(2 if report.problems else 0)


@app.command()
def regrade(names: Names = None, *, json: Json = False) -> None:
    """Grade the replies of the last run again, with the graders as they are now. Calls no model."""
    from callgate.evaluate import Options

    outcomes = [_evaluated(path, Options(offline=True, regrade=True), json=json) for path in _eval_files(names or [])]
    raise typer.Exit(worst([outcome.exit_code for outcome in outcomes]))


@app.command()
def ci(
    *,
    base: Annotated[str, typer.Option(help="The branch that the change goes to.")] = "origin/main",
    head: Annotated[str, typer.Option(help="The change itself, a commit of this repository.")] = "HEAD",
    model: Model = None,
    approved: Annotated[
        list[str] | None, typer.Option(help="Digest of a review that a person has approved (may be repeated).")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Call no model: only what the ledger holds.")] = False,
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="Stop before spending more than so many dollars.")
    ] = None,
    let_inconclusive: Annotated[
        bool,
        typer.Option("--let-inconclusive", help="Exit 0 on INCONCLUSIVE where the eval says on_inconclusive: warn."),
    ] = False,
    link: Annotated[str, typer.Option(help="Where the whole report can be found, for the comment.")] = "",
    json: Json = False,
) -> None:
    """Gate a pull request: its prompt against the merge base's, by the base's policy, rubrics and graders."""
    from callgate.evaluate import Options
    from callgate.evaluate.pull_request import judged, tell
    from callgate.report.pull_request import shown, to_json

    options = Options(model=model, offline=offline, max_cost=max_cost)
    found = judged(_root(), base, head, options, approved=tuple(approved or ()))
    sys.stdout.write(to_json(found.change) if json else shown(found.change, _style()))
    for line in tell(found.change, os.environ, link=link):
        _say(line)
    raise typer.Exit(worst(found.codes(let_inconclusive=let_inconclusive)))


@app.command()
def doctor(*, graders: Annotated[bool, typer.Option("--graders", help="List the graders.")] = False) -> None:
    """What works here and what is missing: python, litellm, keys (names only), ledger, git, sandbox for graders."""
    from callgate.evaluate import diagnosis

    healthy, text = diagnosis(_root(), graders=graders)
    sys.stdout.write(text)
    raise typer.Exit(0 if healthy else 3)


# ---------------------------------------------------------------------------------------------- shared by commands


def worst(codes: Sequence[int]) -> int:
    """The exit code of several evals together, by the order in PRECEDENCE."""
    return min(codes, key=PRECEDENCE.index, default=2)


def _root() -> Path:
    """The project: the nearest folder, from here upwards, that holds `evals/`."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "evals").is_dir():
            return folder
    raise Mistake(f"no evals/ folder in {here} or above it; run callgate inside a project")


def _eval_files(names: Sequence[str]) -> list[Path]:
    from callgate.config import find_evals

    root = _root()
    known = {path.stem: path for path in find_evals(root)}
    files = []
    for name in names:
        direct = root / name
        if name in known:
            files.append(known[name])
        elif direct.suffix in {".yaml", ".yml"} and direct.is_file():
            files.append(direct)
        else:
            raise Mistake(f"no eval {name!r}; there are: {', '.join(sorted(known)) or 'none'}")
    if not names and not known:
        raise Mistake(f"{root}/evals holds no eval; write evals/NAME.yaml")
    return files or list(known.values())


def _pairs(text: str | None) -> dict[str, str]:
    """`language=es,call_type=booking` as a mapping. Raises Mistake where a part is not NAME=VALUE."""
    pairs: dict[str, str] = {}
    for part in text.split(",") if text else []:
        name, sign, value = part.partition("=")
        if not (sign and name.strip() and value.strip()):
            raise Mistake(f"--segment {text!r}: {part!r} is not NAME=VALUE, as in language=es,call_type=booking")
        pairs[name.strip()] = value.strip()
    return pairs


def _evaluated(path: Path, options: Options, *, json: bool) -> Outcome:
    """Runs one eval with progress on stderr and prints its screen."""
    from callgate.evaluate import evaluate

    if options.settle:
        from callgate.evaluate.foresee import foresee, price_words

        _say(f"to settle {path.stem}: {price_words(foresee(_root(), path, options).estimates[-1])}")
    outcome = evaluate(_root(), path, options, progress=_progress())
    for note in outcome.notes:
        _say(note)
    _print(outcome.decision, outcome.spent_words, json=json)
    return outcome


def _let_through(outcome: Outcome) -> int:
    """Lets an INCONCLUSIVE pass where the eval says that it only warns; never a subset, never silently."""
    if outcome.exit_code != EXIT_CODES["inconclusive"] or not outcome.warns or outcome.decision.subset:
        return outcome.exit_code
    _say("INCONCLUSIVE let through: the eval says on_inconclusive: warn")
    return 0


def _print(decision: Decision, spent: str, *, json: bool) -> None:
    if json:
        from callgate.gate import to_json

        sys.stdout.write(to_json(decision))
        return
    from callgate.report.terminal import screen

    sys.stdout.write(screen(decision, spent, style=_style()))


def _style() -> Style:
    from callgate.report.terminal import ansi, plain

    return ansi if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else plain


def _say(text: str) -> None:
    from callgate.redaction import redact

    sys.stderr.write(redact(text) + "\n")


def _progress() -> _Progress | None:
    return _Progress() if sys.stderr.isatty() else None


class _Progress:
    """One line on stderr, rewritten in place; gone when the work is done."""

    def __call__(self, done: int, planned: int, calls: int, dollars: float) -> None:
        cost = f", ${dollars:.2f}" if dollars else ""
        line = f"{done:,} of {planned:,} trials, {calls:,} calls{cost}"
        sys.stderr.write("\r\x1b[K" + (line if done < planned else ""))
        sys.stderr.flush()


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point: mistakes become lines on stderr and exit 2, Ctrl-C becomes 130."""
    try:
        app(args=list(arguments) if arguments is not None else None)
    except Mistake as mistake:
        for problem in mistake.problems or (str(mistake),):
            _say(str(problem))
        sys.exit(2)
    except KeyboardInterrupt:
        _say("interrupted; what was paid for is in the ledger, the same command goes on")
        sys.exit(INTERRUPTED)
