"""The use cases: a plan is made, executed, graded and gated; a stored run is shown; files are checked.

`plan` reads and pairs, `run` draws trials look by look, `grading` grades them, `rows` makes the gate's rows, `leave`
writes the reports, `show`, `check` and `doctor` are the commands of those names.
"""

from callgate.evaluate.check import validated
from callgate.evaluate.doctor import diagnosis
from callgate.evaluate.plan import Options
from callgate.evaluate.run import Outcome, evaluate
from callgate.evaluate.show import shown

__all__ = ["Options", "Outcome", "diagnosis", "evaluate", "shown", "validated"]
