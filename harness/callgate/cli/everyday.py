"""Every day: eval, plan, demo, show, compare, validate, regrade."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callgate.cli.shared import (
    Json,
    Model,
    Names,
    Segment,
    eval_files,
    evaluated,
    let_through,
    paged,
    pairs,
    print_decision,
    project_root,
    say,
    style,
    worst,
)
from callgate.concepts import Mistake

if TYPE_CHECKING:
    from callgate.evaluate import Options
    from callgate.stats.cards import Card


class Transport(StrEnum):
    """The lanes that may carry a call."""

    auto = "auto"
    litellm = "litellm"
    direct = "direct"


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
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Have the workers of a dask scheduler ask, as tcp://host:8786."),
    ] = None,
    batch: Annotated[
        bool,
        typer.Option(
            "--batch", help="Ask in the provider's batches: half the price, within a day; may be begun again."
        ),
    ] = False,
    wait: Annotated[
        float | None, typer.Option(metavar="MINUTES", min=0, help="Of --batch: wait at most so long, then leave.")
    ] = None,
    shard: Annotated[
        str | None, typer.Option(metavar="NUMBER/OF", help="Draw one share of the run, as 3/8; see `callgate merge`.")
    ] = None,
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
    recorded: Annotated[
        list[Path] | None,
        typer.Option(help="Grade these exported calls as they happened, by the eval's rules; calls no model."),
    ] = None,
    format_: Annotated[str, typer.Option("--format", help="Of --recorded files, where it is not recognised.")] = "auto",
    json: Json = False,
) -> None:
    """Run the evals: does the candidate hold up against the baseline, in every segment?"""
    from callgate.evaluate import Options

    if recorded:
        _look(names or [], recorded, format_, json=json)
    if batch and (cluster or shard):
        raise Mistake("--batch asks by itself; leave --cluster and --shard away")
    if wait is not None and not batch:
        raise Mistake("--wait belongs to --batch")
    options = Options(
        model=model,
        baseline=baseline,
        candidate=candidate,
        segment=pairs(segment),
        cases=tuple(case or ()),
        limit=limit,
        failed=failed,
        offline=offline,
        max_cost=max_cost,
        transport=transport.value if transport else None,
        at_once=at_once,
        prices=tuple(price or ()),
        cluster=cluster,
        batch=batch,
        wait=wait,
        settle=settle,
        release=release,
    )
    if shard:
        _draw(names or [], shard, options)
    from callgate.cli.several import run_all

    lenient = let_inconclusive and not release
    code = run_all(
        eval_files(names or []),
        options,
        lambda outcome: let_through(outcome) if lenient else outcome.exit_code,
        named=bool(names),
        json=json,
    )
    raise typer.Exit(code)


def _look(names: list[str], files: list[Path], format_: str, *, json: bool) -> None:
    """Grades recorded calls by the first eval that is named, else by the first whose cases are calls."""
    from callgate.dataset.importers import Hints
    from callgate.evaluate.looking import look, of_calls

    root = project_root()
    path = eval_files(names)[0] if names else of_calls(root, eval_files(names))
    seen = look(root, path, files, format_, Hints())
    sys.stdout.write(seen.rows() if json else seen.text())
    for problem in seen.problems:
        say(str(problem))
    raise typer.Exit(seen.exit_code)


def _draw(names: list[str], shard: str, options: Options) -> None:
    """Draws one share of each eval."""
    from callgate.evaluate.shards import Shard, draw

    done = [draw(project_root(), path, options, Shard.parse(shard)) for path in eval_files(names)]
    sys.stdout.write("".join(one.text() for one in done))
    raise typer.Exit(worst([one.exit_code for one in done]))


def merge(
    places: Annotated[list[Path], typer.Argument(metavar="PLACE...", help="Projects, .callgate folders, or ledgers.")],
) -> None:
    """Put what other ledgers hold into this project's: the shares of a run, each paid for elsewhere."""
    from callgate.evaluate.shards import brought_together

    found = brought_together(project_root(), places)
    sys.stdout.write(f"{found.replies:,} replies, {found.scores:,} scores and {found.runs:,} runs are new here\n")
    if found.damaged:
        say(f"{found.damaged} damaged rows were left behind")


def plan(
    names: Names = None,
    *,
    model: Model = None,
    baseline: Annotated[str | None, typer.Option(help="Prompt in use: a path, or git's REF:path.")] = None,
    candidate: Annotated[str | None, typer.Option(help="Prompt proposed: a path, or git's REF:path.")] = None,
    segment: Segment = None,
    check: Annotated[
        bool,
        typer.Option("--self-check", help="Gate the baseline against itself, on disjoint trials in the ledger."),
    ] = False,
) -> None:
    """Before spending: calls, dollars, minutes, and per segment the drop that would be found. Asks nothing."""
    from callgate.evaluate import Options
    from callgate.evaluate.foresee import foresee, outlook_text

    options = Options(model=model, baseline=baseline, candidate=candidate, segment=pairs(segment))
    if check:
        from callgate.evaluate.self_check import self_check, self_check_text

        found = [self_check(project_root(), path, options) for path in eval_files(names or [])]
        sys.stdout.write("\n".join(map(self_check_text, found)))
        raise typer.Exit(worst([one.exit_code for one in found]))
    for path in eval_files(names or []):
        sys.stdout.write(outlook_text(foresee(project_root(), path, options)))


def demo(*, json: Json = False) -> None:
    """A candidate that is better on average and worse for Spanish callers; exits 0 exactly when the gate finds it."""
    from callgate.evaluate import Options

    outcome = evaluated(project_root() / "evals" / "demo" / "spanish-regression.yaml", Options(), json=json)
    rows = {row.name: row for row in outcome.decision.comparisons}
    overall, spanish = rows.get("all"), rows.get("language=es")
    better = overall is not None and overall.change is not None and overall.change > 0
    found = spanish is not None and spanish.verdict == "block" and outcome.decision.verdict == "block"
    if not json:
        say(
            "demo: the planted regression was found: better on average, blocked for Spanish callers"
            if better and found
            else "demo: the planted regression was NOT found"
        )
    raise typer.Exit(0 if better and found else max(1, outcome.exit_code))


def show(
    run: Annotated[str, typer.Argument(help="`last`, a run's id, an eval (its newest run), or a case.")] = "last",
    case: Annotated[str | None, typer.Argument(help="A case: its call, baseline beside candidate.")] = None,
    *,
    segment: Segment = None,
    everything: Annotated[bool, typer.Option("--all", help="Every segment, every flip.")] = False,
    flaky: Annotated[
        bool, typer.Option("--flaky", help="Decisions whose baseline trials disagree among themselves.")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Write the run's page to this file.")] = None,
    share: Annotated[
        bool, typer.Option("--share", help="With --html: for others; only what changed, personal data masked.")
    ] = False,
    json: Json = False,
) -> None:
    """A run again, or one of its calls turn by turn, at no cost."""
    if html is not None:
        from callgate.evaluate.leave import replace_file
        from callgate.evaluate.show import page_of

        replace_file(html, page_of(project_root(), run, share=share))
        say(f"written to {html}, for your eyes: mode 0600")
        return
    from callgate.evaluate import shown

    text = shown(
        project_root(),
        run,
        case,
        segment=pairs(segment),
        everything=everything,
        as_json=json,
        style=style(),
        flaky=flaky,
    )
    paged(text)


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
    card: Annotated[
        list[Path] | None,
        typer.Option(help="The card of the judge that scored the metric, reports/judges/NAME.json (may be repeated)."),
    ] = None,
    json: Json = False,
) -> None:
    """Gate two result files that anything produced. Runs nothing, costs nothing."""
    from callgate.interchange import compare as compare_results

    cards = [_card(path) for path in card or ()]
    decision = compare_results(baseline, candidate, by=tuple(by or ()), metric=metric, cards=cards)
    print_decision(decision, "", json=json)
    raise typer.Exit(decision.exit_code)


def _card(path: Path) -> Card:
    from callgate.concepts import Mistake
    from callgate.stats.cards import Card

    try:
        return Card.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Mistake(f"{path}: {error}") from None


def validate(names: Names = None, *, json: Json = False) -> None:
    """Check evals, prompts and cases: every mistake at once, with its place and what would be right."""
    from callgate.evaluate import validated

    report = validated(project_root(), eval_files(names or []))
    if json:
        sys.stdout.write(report.to_json())
    else:
        sys.stdout.write(report.text())
    raise typer.Exit(2 if report.problems else 0)


def regrade(names: Names = None, *, json: Json = False) -> None:
    """Grade the replies of the last run again, with the graders as they are now. Calls no model."""
    from callgate.evaluate import Options

    outcomes = [evaluated(path, Options(offline=True, regrade=True), json=json) for path in eval_files(names or [])]
    raise typer.Exit(worst([outcome.exit_code for outcome in outcomes]))
