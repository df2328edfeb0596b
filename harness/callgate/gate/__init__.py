"""The gate: scored trials, cases and policy in; a three-valued verdict per segment and a Decision out.

The rule stands in statistics.md parts 1 to 4. `segments` says which groups are tested and what each may do, `table`
holds the rows as arrays, `family` the tests, `looks` the algorithm, `comparisons` and `words` what is shown, `decision`
the whole. Pure functions of the rows: no clock, no files, no random numbers.
"""

from callgate.gate.credence import Cards
from callgate.gate.decision import FlipKey, Outcome, Shown, build_decision, decide, needed
from callgate.gate.forecast import Forecast, Plan, plan
from callgate.gate.looks import Need
from callgate.gate.saved import from_json, to_json

__all__ = [
    "Cards",
    "FlipKey",
    "Forecast",
    "Need",
    "Outcome",
    "Plan",
    "Shown",
    "build_decision",
    "decide",
    "from_json",
    "needed",
    "plan",
    "to_json",
]
