"""Replies, scores and runs <-> disk, so that nothing is paid or computed twice.

`keys` names rows, `rows` writes and reads their texts, `store` is the file, `spool` holds what is not in it yet,
`claims` says who may ask what.
"""

from callgate.ledger.keys import grader_key, request_key, score_base
from callgate.ledger.rows import PaidReply, Run, grade_from, grade_json
from callgate.ledger.store import Baseline, Exchange, Ledger

__all__ = [
    "Baseline",
    "Exchange",
    "Ledger",
    "PaidReply",
    "Run",
    "grade_from",
    "grade_json",
    "grader_key",
    "request_key",
    "score_base",
]
