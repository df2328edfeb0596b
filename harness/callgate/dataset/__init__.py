"""The golden set: `datasets/` -> cases, the world merged under them, and what is wrong with them.

`load_cases` is what a run needs; `read_set` gives also drafts and the documents, for `lint` and the commands on cases.
"""

from __future__ import annotations

from callgate.dataset.load import CaseSet, load_cases, read_set

__all__ = ["CaseSet", "load_cases", "read_set"]
