"""Does `callgate cases add` show a call that is there already, under other words? `make bench-near`.

5,000 calls are put together from the sentences of the shipped golden calls, so that many share what they say. 200 of
them come again reworded: other names and numbers, words of the same meaning, words left out and filled in, sentences in
another order. Counted is how often the original is among the three most similar, and how long a search takes.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from callgate.concepts import AgentTurn, CallerTurn, Case, DecisionPoint, Turn
from callgate.dataset import read_set
from callgate.dataset.near import NearIndex

HOUSE = Path(__file__).parents[1]
SAME = """\
need want; want need; book schedule; schedule book; appointment slot; car vehicle; vehicle car; truck pickup;
morning early; afternoon midday; great perfect; perfect great; okay alright; sure certainly; yes yeah; yeah
yes; hi hello; hello hi; please kindly; thanks cheers; check look; works suits; monday tuesday; tuesday
wednesday; wednesday thursday; thursday friday; friday monday; tomorrow later; today tonight; fix repair;
repair fix; wife husband; oil fluid; quiero necesito; necesito quiero; cita hora; carro coche; coche carro;
camioneta carro; mañana temprano; tarde mediodía; gracias agradecido; bueno bien; perfecto excelente; puede
podría; tengo traigo; lunes martes; martes miércoles; miércoles jueves; jueves viernes; viernes lunes; hola
buenas; revisar ver; cuánto qué; taller servicio"""
PAIRS = dict(pair.split() for pair in " ".join(SAME.split()).split("; "))
FILLERS = ("uh", "um", "you know", "like", "este", "o sea", "pues", "well")
NAMES = ("Marlene", "Osvaldo", "Trudy", "Wendell", "Fabiola", "Ignacio", "Petra", "Lamar")


@dataclass(frozen=True)
class Figures:
    """How many of the trials found the original in the top three, and the milliseconds of CPU of a search."""

    found: int
    trials: int
    median: float
    worst: float


def calls(count: int, chance: random.Random) -> list[Case]:
    """So many calls, each of four to nine sentences of one language, in turns."""
    pools: dict[str, list[str]] = {"en": [], "es": []}
    shipped = read_set(HOUSE / "datasets/receptionist", HOUSE).cases
    for case in shipped:
        pools[case.segments["language"]] += [part for turn in case.turns for part in _sentences(turn)]
    made = []
    for number in range(count):
        language = "es" if number % 3 == 0 else "en"
        said = chance.sample(sorted(set(pools[language])), chance.randint(4, 9))
        made.append(_call(f"call-{number}", language, said, shipped[0]))
    return made


def _sentences(turn: Turn) -> list[str]:
    inner = turn.recorded if isinstance(turn, DecisionPoint) else (turn,)
    texts = [one.text for one in inner if isinstance(one, AgentTurn | CallerTurn)]
    return [part for text in texts for part in re.split(r"(?<=[.?!])\s+", text) if len(part.split()) > 2]


def _call(name: str, language: str, said: Sequence[str], like: Case) -> Case:
    turns = [CallerTurn(text) if index % 2 else AgentTurn(text) for index, text in enumerate(said)]
    return replace(like, id=name, segments={"language": language}, turns=tuple(turns), cluster=name)


def reworded(case: Case, chance: random.Random) -> Case:
    """The same call as somebody else would have said it."""
    said = [_said_again(turn.text, chance) for turn in case.turns if isinstance(turn, AgentTurn | CallerTurn)]
    at = chance.randrange(len(said) - 1)
    said[at], said[at + 1] = said[at + 1], said[at]
    return replace(_call(f"{case.id}-again", case.segments["language"], said, case), cluster="another")


def _said_again(text: str, chance: random.Random) -> str:
    words = []
    for word in text.split():
        plain = re.sub(r"\W", "", word).lower()
        if chance.random() < 0.12:
            continue
        if chance.random() < 0.08:
            words.append(chance.choice(FILLERS))
        if any(char.isdigit() for char in word):
            words.append(re.sub(r"\d", lambda _: str(chance.randrange(10)), word))
        elif plain in PAIRS and chance.random() < 0.7:
            words.append(PAIRS[plain])
        elif word[0].isupper() and words and chance.random() < 0.7:
            words.append(chance.choice(NAMES))
        else:
            words.append(word)
    return " ".join(words) or text


def measured(size: int, trials: int, seed: int = 1) -> Figures:
    """Builds the set, looks for reworded copies, and times each search."""
    chance = random.Random(seed)
    known = calls(size, chance)
    index = NearIndex.of(known)
    found, times = 0, []
    for case in chance.sample(known, trials):
        again = reworded(case, chance)
        began = time.process_time()
        near = index.nearest(again)
        times.append(1000 * (time.process_time() - began))
        found += case.id in [one.case for one in near]
    times.sort()
    return Figures(found, trials, times[len(times) // 2], times[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--trials", type=int, default=200)
    asked = parser.parse_args()
    done = measured(asked.cases, asked.trials)
    print(f"{done.found} of {done.trials} reworded copies among {asked.cases:,} cases are in the top three")
    print(f"a search takes {done.median:.1f} ms of CPU (median), {done.worst:.1f} ms at worst")
    return 0 if done.found >= 0.95 * done.trials and done.worst < 50 else 1


if __name__ == "__main__":
    sys.exit(main())
