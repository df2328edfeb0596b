"""What each test is shown as: a test and where its path ended in; a Comparison with every number named out."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from callgate.concepts import Comparison, ComparisonVerdict, Policy
from callgate.gate.family import Test
from callgate.gate.looks import Ending
from callgate.gate.segments import LADDER, need
from callgate.gate.table import View, summed
from callgate.stats import planning
from callgate.stats.bounds import interval_here, kish
from callgate.stats.exact import FloatArray

CONFIRM = "about to be blocked: fresh baseline trials would confirm it, or show that the provider drifted"
DOUBT = "fell against the cached baseline, and not beyond chance against fresh trials of it"
LEFT = "not asked further"
MOST_TRIALS = 10  # a side; beyond it only more cases help
LOOSEST = LADDER[-1]
WATCH_CLOSED = 0.10  # a watch segment is closed at the end unless p is below this


def seen(test: Test, ending: Ending) -> View:
    """The rows as the test was decided on them; where the policy allows some to be missing, without those."""
    view = test.table.view(ending.k)
    if ending.status == "incomplete" or test.is_measured(view):
        return view
    return test.table.observed(ending.k)


def comparison(test: Test, view: View, ending: Ending, policy: Policy, *, dollars: float = 0.0) -> Comparison:
    """The test's numbers at its last look. What is not wholly measured has means of what was, and no p and no bound.
    `dollars` is what a trial costs, 0 where that is not known."""
    known = Comparison(
        dict(test.segment.of),
        test.table.metric,
        test.table.model,
        cases=test.cases,
        trials=int(view.trials_baseline[test.rows].sum() + view.trials_candidate[test.rows].sum()),
        role=test.standing.role,
        verdict="incomplete",
        margin=test.standing.margin,
        look=ending.k,
    )
    baseline, candidate = means(test, view)
    known = replace(known, baseline_mean=baseline, candidate_mean=candidate)
    if not test.is_measured(view):
        lost = int((~view.measured[test.rows]).sum())
        text = f"{lost} of {len(test.rows)} decisions lack trials" if len(test.rows) else "nothing here was measured"
        return replace(known, needs=text)
    return _measured(known, test, view, ending, policy, dollars=dollars)


def _measured(
    known: Comparison, test: Test, view: View, ending: Ending, policy: Policy, *, dollars: float
) -> Comparison:
    changes = test.changes(view)
    change, p = float(changes.mean()), test.p_and_floor(view)[0]
    verdict = _verdict(test, ending, p)
    level = 1 - policy.alpha * ending.weight
    findable = planning.detectable(
        trial_noise(test, view), test.cases, (1 - level) / max(1, ending.live), test.standing.drop
    )
    open_ = needs(test, view, verdict, policy, dollars=dollars)
    return replace(
        known,
        verdict=verdict,
        change=change,
        interval_here=interval_here(change, _split_variance(test, view), _coin(test, view)),
        at_worst=test.at_worst(changes, level),
        level=level,
        p=p,
        p_adjusted=ending.adjusted,
        detectable=findable,
        needs=CONFIRM
        if ending.is_pending
        else DOUBT
        if ending.is_doubted
        else _judged(test, changes, level, verdict) or _left(ending, verdict) + open_,
    )


def _left(ending: Ending, verdict: ComparisonVerdict) -> str:
    return f"{LEFT}; " if ending.is_left and verdict == "inconclusive" else ""


def _judged(test: Test, changes: FloatArray, level: float, verdict: ComparisonVerdict) -> str:
    """What is to be known of a segment that a judge scored: why it only advises, or what people's labels make of it."""
    if test.credence is None or verdict == "incomplete":
        return ""
    labels = test.corrected(changes)
    if labels is None:
        return test.credence.why_not
    worst = f", at worst {100 * labels.at_worst(level):+.1f}" if test.standing.role == "gate" else ""
    return f"corrected by people's labels it changed {100 * labels.change:+.1f} points{worst}"


def _verdict(test: Test, ending: Ending, p: float) -> ComparisonVerdict:
    if test.unpaired and ending.status in {"live", "pass"} and test.standing.role != "watch":
        return "incomplete"
    if ending.status == "live":
        return "closed" if test.standing.role == "watch" and p > WATCH_CLOSED else "inconclusive"
    return ending.status


def means(test: Test, view: View) -> tuple[float | None, float | None]:
    """Each arm's mean over cases of the mean over their decisions, of what was measured on both arms."""
    both = np.stack([view.mean_baseline[test.rows], view.mean_candidate[test.rows]])
    shown = ~np.isnan(both).any(0)
    counts = np.bincount(test.case_of_row[shown], minlength=test.cases)
    if not counts.any():
        return None, None
    sums = (summed(test.case_of_row[shown], arm[shown], test.cases) for arm in both)
    baseline, candidate = (float((arm[counts > 0] / counts[counts > 0]).mean()) for arm in sums)
    return baseline, candidate


def _split_variance(test: Test, view: View) -> float:
    return float(test.per_case(view.variance).sum()) / test.cases**2


def _coin(test: Test, view: View) -> float:
    """Variance of one imaginary case whose trials pass by the toss of a coin."""
    used = test.rows[view.kind[test.rows] >= 0]
    if not len(used):
        return 0.0
    kb, kc = float(view.trials_baseline[used].max()), float(view.trials_candidate[used].max())
    return 0.25 * (kb + kc) / (kb + kc - 1) * (1 / kb + 1 / kc) / test.cases**2


def trial_noise(test: Test, view: View) -> float:
    """Mean variance of a case's change by its trials alone; by random splits where one trial an arm cannot tell."""
    within = test.per_case(view.noise_baseline + view.noise_candidate)
    return float(np.where(np.isnan(within), test.per_case(view.variance), within).mean())


def needs(test: Test, view: View, verdict: ComparisonVerdict, policy: Policy, *, dollars: float) -> str:
    """In one line, what would settle a segment that is neither passed nor blocked."""
    role = test.standing.role
    if verdict == "incomplete":
        return f"{len(test.unpaired)} cases could not be paired"
    if (role == "veto" and verdict == "pass") or (verdict == "inconclusive" and test.standing.margin is None):
        more = math.ceil(need(max(LOOSEST, test.segment.margin)) - kish(test.sizes))
        fell = "leaning worse, within chance for so many segments; " if verdict == "inconclusive" else ""
        return f"{fell if role != 'gate' else ''}too few to clear: {more} more cases would do"
    return _price(test, view, policy, dollars=dollars) if verdict == "inconclusive" else ""


def _price(test: Test, view: View, policy: Policy, *, dollars: float) -> str:
    margin = test.standing.margin
    assert margin is not None
    trials, level = int(view.trials_candidate[test.rows].max()), 1 - policy.alpha * policy.weights[-1]
    of, change = spread(test, view), float(test.changes(view).mean())
    found = planning.price(of, margin=margin, change=change, most_trials=max(trials, MOST_TRIALS), level=level)
    if found is None:
        return "leaning worse: as seen it fell by more than its margin; more trials would tell whether by chance"
    single = "; with one trial a side, more trials may do as well" if trials == 1 else "; more trials will not help"
    if found.trials is None:
        return f"about {found.cases} more cases would likely clear it{single}"
    # the luck of this draw, if as many trials as there are should have done
    wanted = max(found.trials, trials + 1)
    wanted = next((k for k in policy.looks if k >= wanted), wanted)
    drawn = test.rows[view.kind[test.rows] >= 0]
    calls = int(
        (wanted - view.trials_candidate[drawn]).sum() + np.maximum(wanted - view.trials_baseline[drawn], 0).sum()
    )
    cost = f", about ${calls * dollars:.2f}" if dollars else ""
    return f"{wanted} trials a side would likely clear it: {calls:,} more replies{cost}"


def spread(test: Test, view: View) -> planning.Spread:
    """What the changes vary by, as measured; where one trial an arm cannot tell, all of it is laid to the cases."""
    changes = test.changes(view)
    within = {
        arm: test.per_case(np.where(np.isnan(mean_variance), 0.0, mean_variance * trials))
        for arm, mean_variance, trials in (
            ("baseline", view.noise_baseline, view.trials_baseline),
            ("candidate", view.noise_candidate, view.trials_candidate),
        )
    }
    of = planning.Spread(
        test.cases,
        len(test.sizes),
        float((test.sizes**2).sum() / test.sizes.sum()),
        0.0,
        float(within["baseline"].mean()),
        float(within["candidate"].mean()),
        int(test.table.held[test.rows].max()),
    )
    seen = float((test.clustered(changes - changes.mean()) ** 2).sum()) / test.cases
    return replace(of, effect=max(0.0, seen - of.noise(max(1, int(view.trials_candidate[test.rows].max())))))
