"""state_goal: what a whole conversation left behind in the world is what was wanted."""

from __future__ import annotations

from callgate.concepts import Evidence, Grade, NotApplicable, Score
from callgate.graders.seen import Seen
from callgate.replay import unlike

_ENDED = {
    "handoff": "the call was passed on",
    "closed": "the agent ended the call",
    "refused": "a write was refused that the world does not know",
    "caller": "the caller hung up",
    "turns": "the caller's turns were used up",
    "stuck": "the agent did not speak any more",
}


def state_goal(seen: Seen) -> Grade:
    """The world's state at the end of a whole conversation has all of `final_state`: what was reached decides."""
    simulate, talk = seen.context.case.simulate, seen.trial.talk
    if simulate is None or talk is None:
        return NotApplicable("not a whole conversation")
    wrong = unlike(simulate.final_state, talk.state, seen.context.case.timezone)
    share = 1 - len(wrong) / len(simulate.final_state)
    if not wrong:
        return Score(1.0, passed=True, why="the state wanted was reached")
    reasons = "; ".join(f"{key}: {reason}" for key, reason in wrong.items())
    last = len(seen.trial.steps) - 1
    text = seen.trial.steps[-1].reply.text if seen.trial.steps else ""
    evidence = (Evidence(text, last, 0, len(text)),) if text else ()
    return Score(share, passed=False, why=f"{reasons} ({_ENDED.get(talk.ended, talk.ended)})", evidence=evidence)
