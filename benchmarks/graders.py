"""What each rule costs: 10,000 trials of a booking, every one said differently, graded on one core.

`make bench-graders`. Prints CPU seconds a rule for 10,000 trials, and for all rules together as a run grades them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from functools import lru_cache

from callgate.concepts import (
    AgentTurn,
    CallerTurn,
    Case,
    DecisionPoint,
    Expect,
    ExpectedCall,
    Fact,
    Reply,
    Step,
    Tool,
    ToolAnswer,
    ToolCall,
    ToolTurn,
    Trial,
    TrialId,
)
from callgate.evaluate.run import patient_collector
from callgate.graders import packs
from callgate.graders.needs import begins, needed
from callgate.graders.registry import RULES
from callgate.graders.seen import Context, Seen

CACHED = type(lru_cache(lambda: None))
TRIALS = 10_000
LIMIT_SECONDS = 10.0
NAMES = ("Dana Whitfield", "Ofelia Caballero", "Tobias Engel", "Guadalupe Ruiz", "Sal Moretti", "Bea Lindqvist")
SLOTS = ["2026-03-09T07:30:00-05:00", "2026-03-09T14:00:00-05:00", "2026-03-09T15:30:00-05:00"]
EN = (
    "You're all set for Monday, March 9 at 2:00 PM, {name}. Anything else I can do for you?",
    "I have 7:30 in the morning or half past three on Monday, {name}. Which works best for you?",
    "The oil change costs $89.95 plus tax and takes about 45 minutes, {name}; ticket {number}.",
    "May I have your telephone number, {name}? I have {number} on the order.",
)
ES = (
    "Listo, {name}, su cita quedó agendada para el lunes 9 de marzo a las dos de la tarde. ¿Algo más?",
    "Tengo el lunes a las siete y media o a las tres y media de la tarde, {name}. ¿Cuál le conviene?",
    "El cambio de aceite cuesta $89.95 más impuestos, {name}, y tarda unos 45 minutos; orden {number}.",
    "¿Me da su número de teléfono, {name}? En la orden tengo {number}.",
)


def tools() -> tuple[Tool, ...]:
    start = {"type": "string", "format": "date-time"}
    services = {"type": "array", "items": {"enum": ["oil_change", "tire_rotation"]}}
    properties = {"start": start, "services": services, "name": {"type": "string"}}
    book = {"type": "object", "required": ["start", "services", "name"], "properties": properties}
    return (Tool("find_slots", "", {"type": "object"}), Tool("book_appointment", "", book))


def context(language: str) -> Context:
    """A decision in the middle of a booking."""
    point = DecisionPoint(
        "book",
        Expect(
            calls=(ExpectedCall("book_appointment", {"start": "2026-03-09 14:00", "services": ["oil_change"]}),),
            must_say=({"any_of": [{"time": "14:00"}, {"money": 89.95}]},),
            must_not_ask=("name", "phone"),
            language=language,
            max_questions=1,
            given=("calls", "must_say", "must_not_ask", "language", "max_questions"),
        ),
    )
    said = "Monday at two works." if language == "en" else "El lunes a las dos está bien."
    turns = (
        AgentTurn("Riverbend Motors, this is the virtual assistant."),
        ToolTurn("find_slots", {"date": "2026-03-09"}, {"slots": SLOTS}),
        CallerTurn(said),
        point,
    )
    case = Case(
        id="bench",
        segments={"language": language},
        turns=turns,
        now="2026-03-06 16:42",
        timezone="America/Chicago",
        caller={"phone": "+13125550142", "name": "Dana Whitfield"},
        config={"dealer_name": "Riverbend Motors", "hours": {"mon-fri": "07:30-18:00"}},
        facts={"oil": Fact("A synthetic oil change costs $89.95 plus tax and takes about 45 minutes.", (89.95, 45))},
        effects={"find_slots": "read"},
    )
    return Context(case, point, tools())


def trials(language: str, count: int) -> list[Trial]:
    """Bookings that differ in what is said and in the name that is written."""
    texts = EN if language == "en" else ES
    made = []
    for number in range(count):
        name = NAMES[number % len(NAMES)]
        arguments = f'{{"start": "2026-03-09T14:00:00-05:00", "services": ["oil_change"], "name": "{name} {number}"}}'
        call = ToolCall("c", "book_appointment", arguments)
        parsed = {"start": "2026-03-09T14:00:00-05:00", "services": ["oil_change"], "name": f"{name} {number}"}
        text = texts[number % len(texts)].format(name=name, number=number)
        steps = (Step(Reply(calls=(call,)), (ToolAnswer(call, "answered", {"ok": True}, parsed),)), Step(Reply(text)))
        made.append(Trial(TrialId("candidate", "bench", "bench", "book", number), steps))
    return made


def forget() -> None:
    """Empties every cache of texts, and not what is read of the packs once a process: no rule pays for another."""
    for name, module in list(sys.modules.items()):
        if name.startswith("callgate.graders"):
            for value in vars(module).values():
                of_packs = getattr(value, "__module__", "").startswith(packs.__name__)
                if isinstance(value, CACHED) and not of_packs and value not in (needed, begins):
                    value.cache_clear()


def cost(rules: Sequence[Callable[[Seen], object]], plans: Sequence[tuple[Context, Trial]]) -> float:
    """CPU seconds of these rules over all trials."""
    forget()
    before = time.process_time()
    with patient_collector():  # as in a run
        for where, trial in plans:
            seen = Seen(where, trial)
            for rule in rules:
                rule(seen)
    return time.process_time() - before


def main() -> int:
    half = TRIALS // 2
    plans = [(where, trial) for one in ("en", "es") for where in [context(one)] for trial in trials(one, half)]
    cost([rule.function for rule in RULES.values()], plans[::50])  # packs and the language model are loaded once
    costs = {name: cost([rule.function], plans) for name, rule in RULES.items()}
    on = [rule.function for rule in RULES.values() if "call" in rule.kinds]  # as a run of calls has them
    together = cost(on, plans)
    for name, seconds in sorted(costs.items(), key=lambda item: -item[1]):
        print(f"{name:<28} {seconds:6.2f} s {seconds / TRIALS * 1e6:8.0f} us a trial")
    name = f"all {len(on)} rules of calls together"
    print(f"{name:<28} {together:6.2f} s of CPU for {TRIALS:,} trials (under {LIMIT_SECONDS:g} s)")
    return int(together >= LIMIT_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
