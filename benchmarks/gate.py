"""`make bench-gate`: the gate's error rates, power and price, by the product's own functions, where effects are known.

Prints a table with Monte-Carlo errors and exits 1 where a bar does not hold. Rates of error are held to their upper
95 % bound (Clopper-Pearson), rates of success to the estimate.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import gate_page
import golden_set
import numpy as np
import worlds
from scipy.special import bdtri
from worlds import STAGED, World, calls, fixed

from callgate.concepts import CaseInfo, Margins, Policy, Stratum
from callgate.gate.family import Test, family
from callgate.gate.looks import Path as Taken
from callgate.gate.looks import replay, verdict
from callgate.interchange import compare
from callgate.stats.exact import exact

FAMILY = (5, 6, 8, 10, 12, 15, 18, 20, 22, 25, 28, 30, 35, 40, 45, 50, 60, 70, 80, 100, 120, 140, 160)  # and all 200
TAGS = {f"n{size}": size for size in FAMILY}
GOLDEN, GOLDEN_RUNS = "golden-set", 300
SHOWN = 500  # runs of a cell that no bar rests on
CROWD = replace(STAGED, by=tuple(TAGS), margins=Margins(other=0.10))  # tags at the level of a language


@dataclass(frozen=True, slots=True)
class Cell:
    """One simulated setting: a world under a policy, and how its rows are drawn."""

    name: str
    world: World
    policy: Policy
    k: int = 10
    held: int = 10
    drift: float = 0.0
    watch: tuple[str, ...] = ()  # segments whose blocks are counted
    edit: Callable[[np.random.Generator, list[Stratum]], list[Stratum]] | None = None


@dataclass(slots=True)
class Tally:
    """What happened in `runs`: verdicts, blocks of watched segments, passes of `all`, candidate calls a case."""

    runs: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    watched: int = 0
    all_passed: int = 0
    drawn: float = 0.0

    def rate(self, name: str) -> float:
        return self.verdicts[name] / self.runs

    def add(self, tests: Sequence[Test], path: Taken, watch: Sequence[str]) -> None:
        self.runs += 1
        self.verdicts[verdict(tests, path)] += 1
        status = {test.segment.name: path.endings[test.index].status for test in tests}
        self.watched += any(status.get(name) == "block" for name in watch)
        self.all_passed += status["all"] == "pass"
        self.drawn += float(next(iter(path.drawn.values())).mean())

    def merge(self, other: Tally) -> Tally:
        return Tally(
            self.runs + other.runs,
            self.verdicts + other.verdicts,
            self.watched + other.watched,
            self.all_passed + other.all_passed,
            self.drawn + other.drawn,
        )


def simulated(cell: Cell, runs: range, seed: int) -> Tally:
    """These runs of a cell; each run's draws are keyed by seed, cell and run, so that shards add up to the whole."""
    tally = Tally()
    key = int.from_bytes(cell.name.encode()[-6:], "big")
    for run in runs:
        rng = np.random.default_rng([seed, key, run])
        rows = worlds.strata(rng, cell.world, k=cell.k, held=cell.held, drift=cell.drift)
        rows = cell.edit(rng, rows) if cell.edit else rows
        tests = family(rows, cell.world.cases, cell.policy)
        tally.add(tests, replay(tests, cell.world.cases, cell.policy), cell.watch)
    return tally


def upper(hits: int, runs: int) -> float:
    """Clopper-Pearson's one-sided 95 % upper bound."""
    return 1.0 if hits >= runs else float(bdtri(hits, runs, 0.05))


# ---------------------------------------------------------------------------------------------------------- cells


def tagless(name: str, n: int, policy: Policy, change: Callable[..., worlds.Rates], **about: object) -> Cell:
    return Cell(name, World(name, calls(n), change), policy, **about)  # type: ignore[arg-type]


def false_block() -> Iterator[Cell]:
    raw = replace(STAGED, confirm=0)
    for n in (100, 150, 200, 400):
        yield tagless(f"aa raw {n}", n, raw, worlds.unchanged)
    for k in (1, 3, 5):
        yield tagless(f"aa k{k} 150", 150, fixed(STAGED, k), worlds.unchanged, k=k, held=0)
        crowd = World("crowd", worlds.crowd(TAGS), worlds.unchanged)
        yield Cell(f"aa k{k} crowd", crowd, fixed(CROWD, k), k=k, held=0)
    untouched = ("language=en", "language=fr", *(f"language=en,call_type={t}" for t in TYPES))
    whole = replace(raw, after_block="go_on")  # every segment is looked at to the end, though one is blocked
    change = worlds.spanish("break", 0.15, rest=0.0)
    yield tagless("fwer es-15", 150, whole, change, watch=untouched)
    yield tagless("fwer es-15 shift", 200, whole, worlds.spanish("shift", 0.15, rest=0.0), watch=untouched)


TYPES = ("booking", "hours", "route", "cancel", "complaint", "tires")


def table_ten() -> Iterator[Cell]:
    """What happens to unchanged, better, broken and reshuffled prompts, by the size of the set."""
    for n in (60, 100, 150, 200, 400):
        yield tagless(f"aa {n}", n, STAGED, worlds.unchanged)
        yield tagless(f"better {n}", n, STAGED, worlds.better)
        for kind in ("shift", "break"):
            yield tagless(f"es {kind} {n}", n, STAGED, worlds.spanish(kind, 0.15))
            quick = replace(STAGED, fail_fast=True)
            yield tagless(f"es {kind} fail-fast {n}", n, quick, worlds.spanish(kind, 0.15))
        for share in (10, 30):
            yield tagless(f"churn {share} {n}", n, STAGED, worlds.churn(share / 100))


def drifting() -> Iterator[Cell]:
    yield tagless("drift 200", 200, STAGED, worlds.unchanged, drift=-0.05)
    yield tagless("drift raw 200", 200, replace(STAGED, confirm=0), worlds.unchanged, drift=-0.05)


POWER = {"n20": ("break", 0.20), "n50": ("break", 0.20), "n50 shift": ("shift", 0.10), "n100": ("break", 0.10)}


def power() -> Iterator[Cell]:
    for name, (kind, by) in POWER.items():
        tag = name.split()[0]
        world = World(name, worlds.crowd(TAGS), worlds.tagged(tag, kind, by))
        yield Cell(f"power {name}", world, CROWD, watch=(f"{tag}=yes",))
    yield tagless("es break fixed ten", 150, fixed(STAGED, 10), worlds.spanish("break", 0.15))


# ------------------------------------------------------------------------------------------ false PASS at the margin


def at_margin(kind: str, by: float) -> Callable[[np.random.Generator, worlds.Rates, World], worlds.Rates]:
    """A true drop of exactly the margin among all calls there could be; these are a sample of them."""

    def change(rng: np.random.Generator, rates: worlds.Rates, world: World) -> worlds.Rates:
        clusters = np.unique([case.cluster or case.id for case in world.cases.values()], return_inverse=True)[1]
        luck = rng.random(int(clusters.max()) + 1)[clusters]
        if kind == "shrink":
            return rates * (1 - by / world.mean)
        if kind == "break":
            return np.where(luck < by / world.mean, 0.0, rates)
        lost, found = (by + 0.03) / world.mean, 0.03 / (1 - world.mean)
        return np.where(luck < lost, 0.0, np.where(luck > 1 - found, 1.0, rates))

    return change


SIZES = {0.05: (100, 150, 200, 400), 0.10: (40, 60, 100, 200), 0.15: (25, 40, 60, 100)}


def margin_policy(margin: float, base: Policy = STAGED) -> Policy:
    return replace(base, by=(), confirm=0, margins=Margins(all=margin))


def plain(n: int, clusters: Sequence[int] = (1,)) -> dict[str, CaseInfo]:
    sizes = itertools.cycle(clusters)
    names: list[str] = []
    for cluster in itertools.count():
        if len(names) >= n:
            break
        names += [f"k{cluster}"] * next(sizes)
    return {f"c{i:04d}": CaseInfo(f"c{i:04d}", {}, cluster=name) for i, name in enumerate(names[:n])}


def false_pass() -> Iterator[Cell]:
    for margin, sizes in SIZES.items():
        for n, kind in itertools.product(sizes, ("shrink", "break", "mixed")):
            world = World("margin", plain(n), at_margin(kind, margin))
            yield Cell(f"pass {margin} {n} {kind}", world, margin_policy(margin))
        small = World("margin", plain(sizes[0]), at_margin("break", margin))
        for k in (1, 3, 5, 10):
            yield Cell(f"look {margin} {k}", small, fixed(margin_policy(margin), k), k=k, held=0)
        for n in (sizes[-1], 2 * sizes[-1]):
            world = World("margin", plain(n, (1, 2, 3, 4)), at_margin("break", margin))
            yield Cell(f"clusters {margin} {n}", world, margin_policy(margin))


# ------------------------------------------------------------------------------------- must-pass and missing trials


def must_pass(n: int, blockers: int) -> dict[str, CaseInfo]:
    cases = calls(n)
    chosen = list(cases)[:: n // blockers][:blockers]
    return {name: replace(case, must_pass=name in chosen) for name, case in cases.items()}


def blocker_rates(to: float | None) -> Callable[[np.random.Generator, worlds.Rates, World], worlds.Rates]:
    """One must-pass case falls to `to`; None: nothing changes."""

    def change(_rng: np.random.Generator, rates: worlds.Rates, world: World) -> worlds.Rates:
        chosen = [i for i, case in enumerate(world.cases.values()) if case.must_pass]
        found = rates.copy()
        if to is not None:
            found[chosen[0]] *= to
        return found

    return change


@dataclass(frozen=True, slots=True)
class Clean:
    """Must-pass cases were tagged because their ten baseline trials passed: their rates are those of such cases."""

    cases: Mapping[str, CaseInfo]
    to: float | None

    def __call__(self, rng: np.random.Generator, rows: list[Stratum]) -> list[Stratum]:
        found: list[Stratum] = []
        first = True
        for row in rows:
            if not self.cases[row.case].must_pass:
                found.append(row)
                continue
            rate = 0.0
            while rng.random() >= rate**10:  # rejection: rates of U-shaped cases that passed ten of ten
                rate = float(rng.beta(0.95 * worlds.CONCENTRATION, 0.05 * worlds.CONCENTRATION))
            candidate = rate * self.to if first and self.to is not None else rate
            first = False
            fresh = tuple((rng.random(5) < rate).astype(float).tolist())
            drawn = tuple((rng.random(len(row.candidate)) < candidate).astype(float).tolist())
            found.append(replace(row, baseline=(1.0,) * len(row.baseline), candidate=drawn, fresh=fresh))
        return found


def blocking() -> Iterator[Cell]:
    for count, to in ((20, None), (20, 0.0), (20, 0.5), (5, None), (5, 0.0)):
        cases = must_pass(150, count)
        world = World("blockers", cases, worlds.unchanged, mean=0.95)
        watched = f"blockers {count} {to}"
        yield Cell(watched, world, STAGED, edit=Clean(cases, to))


def lose_half(rng: np.random.Generator, rows: list[Stratum]) -> list[Stratum]:
    """Half of the candidate's failures never come back."""
    return [
        replace(r, candidate=tuple(None if s == 0 and rng.random() < 0.5 else s for s in r.candidate)) for r in rows
    ]


def losing() -> Iterator[Cell]:
    for allowed, n in itertools.product((0.0, 0.05, 0.3), (60, 100)):
        policy = replace(margin_policy(0.05, fixed(STAGED, 5)), max_missing=allowed)
        world = World("missing", plain(n), lambda _rng, rates, _world: worlds.shifted(rates, -0.15))
        yield Cell(f"missing {allowed} {n}", world, policy, k=5, held=0, edit=lose_half)


# ---------------------------------------------------------------------------------------------------------- rows


@dataclass(frozen=True, slots=True)
class Row:
    """A property with its bar: errors are held to their upper bound, successes to the estimate."""

    name: str
    seen: float
    bar: float
    at_most: bool = True
    bound: float | None = None

    @property
    def holds(self) -> bool:
        value = self.seen if self.bound is None else self.bound
        return value <= self.bar if self.at_most else self.seen >= self.bar

    def __str__(self) -> str:
        sign = "<=" if self.at_most else ">="
        bound = f" (upper {100 * self.bound:.1f})" if self.bound is not None else ""
        mark = "ok" if self.holds else "FAILS"
        return f"{mark:<6}{self.name:<72}{100 * self.seen:8.1f}{bound:<14} {sign} {100 * self.bar:.1f}"


def errors(name: str, hits: int, runs: int, bar: float) -> Row:
    return Row(name, hits / runs, bar, bound=upper(hits, runs))


def at_least(name: str, seen: float, bar: float) -> Row:
    return Row(name, seen, bar, at_most=False)


Tallies = Mapping[str, Tally]


def rows(of: Tallies) -> list[Row]:
    """Every bar that the cells at hand allow."""
    found: list[Row] = []
    for name, t in of.items():
        family_of, _, n = name.rpartition(" ")
        if name.startswith(("aa raw", "aa k")):
            found.append(errors(f"false BLOCK, nothing changed: {name[3:]}", t.verdicts["block"], t.runs, 0.05))
        elif name.startswith("fwer"):
            found.append(errors(f"false BLOCK in untouched segments: {name}", t.watched, t.runs, 0.05))
        elif name.startswith("churn") and n != "60":
            bar = 0.10 if family_of == "churn 10" else 0.26
            found.append(Row(f"BLOCK of an equivalent edit: {name}", t.rate("block"), bar))
        elif name == "drift 200":
            found.append(errors("BLOCK, provider drifted -5 on a cached baseline", t.verdicts["block"], t.runs, 0.10))
        elif name.startswith("missing"):
            found.append(Row(f"PASS with half of the failures lost: {name}", t.rate("pass"), 0.0))
    return [*found, *_false_passes(of), *_powers(of), *_economy(of), *_blockers(of)]


def _false_passes(of: Tallies) -> Iterator[Row]:
    """The worst of every size, margin and kind of drop; a true drop of exactly the margin."""
    kinds = {
        "pass ": ("over all looks", 0.055),
        "clusters ": ("over all looks, in clusters", 0.07),
        "look ": ("one look at 95 %", 0.07),
    }
    for start, (said, bar) in kinds.items():
        rates = {name: t.all_passed / t.runs for name, t in of.items() if name.startswith(start)}
        if rates:
            worst = max(rates, key=lambda name: rates[name])
            yield Row(f"false PASS {said}, worst of {len(rates)}: {worst}", rates[worst], bar)


def _powers(of: Tallies) -> Iterator[Row]:
    bars = {"power n20": 0.82, "power n50": 0.98, "power n50 shift": 0.91, "power n100": 0.95}
    for name, bar in bars.items():
        if name in of:
            yield at_least(f"BLOCK of the broken segment: {name}", of[name].watched / of[name].runs, bar)
    for name in ("es shift 150", "es break 150"):
        if name in of:
            yield at_least(f"BLOCK: {name}, rest +5", of[name].rate("block"), 0.94)
            yield Row(f"PASS: {name}, rest +5", of[name].rate("pass"), 0.01)
    for name, bar in (("aa 150", 0.88), ("aa 200", 0.93)):
        if name in of:
            yield at_least(f"PASS of an unchanged prompt: {name}", of[name].rate("pass"), bar)
    for n in (100, 150, 200, 400):
        if f"better {n}" in of:
            yield at_least(f"PASS of +5 everywhere: {n}", of[f"better {n}"].rate("pass"), 0.99)


def _economy(of: Tallies) -> Iterator[Row]:
    bars = {"aa 150": 0.55, "aa 200": 0.43}
    bars |= {f"es {kind} fail-fast {n}": 0.35 for kind in ("shift", "break") for n in (150, 200, 400)}
    for name, bar in bars.items():
        if name in of:
            yield Row(f"candidate calls of a fixed ten: {name}", of[name].drawn / of[name].runs / 10, bar)
    if "es break fixed ten" in of and "es break 150" in of:
        lost = of["es break fixed ten"].rate("block") - of["es break 150"].rate("block")
        yield Row("power lost to staging: es break 150", lost, 0.03)


def _blockers(of: Tallies) -> Iterator[Row]:
    for name in ("blockers 20 None", "blockers 5 None"):
        if name in of:
            yield Row(f"BLOCK, nothing changed: {name}", of[name].rate("block"), 0.01)
    for name in ("blockers 20 0.0", "blockers 5 0.0"):
        if name in of:
            yield at_least(f"BLOCK, one goes to 0: {name}", of[name].rate("block"), 0.99)


def shipped(found: Mapping[str, Sequence[golden_set.Ran]]) -> list[Row]:
    """The bars on the shipped golden set (golden_set.py)."""
    if not found:
        return []
    same, spanish = found[golden_set.UNCHANGED], found[golden_set.SPANISH]
    hit = sum(one.spanish for one in spanish) / len(spanish)
    return [
        at_least("golden set, unchanged: PASS", golden_set.share(same, "pass"), 0.85),
        Row("golden set, unchanged: BLOCK", golden_set.share(same, "block"), 0.03),
        at_least("golden set, Spanish regression: BLOCK of language=es", hit, 0.95),
        Row("golden set, Spanish regression: PASS", golden_set.share(spanish, "pass"), 0.01),
        Row("golden set, unchanged: trials of a fixed ten", golden_set.calls(same), 0.60),
        Row("golden set, Spanish regression: the same", golden_set.calls(spanish), 0.60),
        Row("golden set, Spanish regression: the same, fail_fast", golden_set.calls(found[golden_set.QUICK]), 0.60),
    ]


def enumerated() -> Row:
    """The largest difference from brute force, over unequal trials and decisions."""
    rng = np.random.default_rng(5)
    worst = 0.0
    for _ in range(300):
        arms = [
            (rng.integers(0, 21, rng.integers(1, 4)).tolist(), rng.integers(0, 21, rng.integers(1, 4)).tolist())
            for _ in range(rng.integers(1, 4))
        ]
        design = [(b, c, int(rng.integers(1, 4))) for b, c in arms]
        worst = max(worst, abs(exact(design)[0] - _brute_force(design)))
    return Row("exact p against brute force (difference x 1e9)", worst * 1e7, 0.01)


def _brute_force(design: Sequence[tuple[list[int], list[int], int]]) -> float:
    splits: list[list[float]] = []
    for b, c, decisions in design:
        bag = b + c
        chosen = [sum(bag[i] for i in each) for each in itertools.combinations(range(len(bag)), len(c))]
        splits.append([(s / len(c) - (sum(bag) - s) / len(b)) / decisions for s in chosen])
    observed = sum((sum(c) / len(c) - sum(b) / len(b)) / d for b, c, d in design)
    changes = [sum(each) for each in itertools.product(*splits)]
    return sum(change <= observed + 1e-9 for change in changes) / len(changes)


def real() -> Iterator[str]:
    """Two changes of an agent on 100 real tasks (tau-bench retail, one trial each), where the data is at hand."""
    path = Path(os.environ.get("CALLGATE_TEST_DATA", "../shared/data")) / "tau_retail" / "variants.csv"
    if not path.is_file():
        yield f"  NOT SHOWN: no real data at {path}; set CALLGATE_TEST_DATA"
        return
    with path.open(encoding="utf-8") as stream:
        tasks = list(csv.DictReader(stream))
    for candidate in ("assert", "precond"):
        sides = [
            [{"case": t["task_id"], "trial": 0, "grader": "reward", "score": float(t[name])} for t in tasks]
            for name in ("toolcall", candidate)
        ]
        decision = compare(*sides)
        row, worse = decision.comparisons[0], sum(flip.worse > 0 for flip in decision.flips)
        figures = (
            f"{worse} worse, {len(decision.flips) - worse} better, p {row.p:.2g}, at worst {100 * row.at_worst:.1f}"
        )
        yield f"  tau_retail toolcall -> {candidate}: {decision.verdict.upper()}, {figures}"


GROUPS: Mapping[str, Callable[[], Iterator[Cell]]] = {
    "false-block": false_block,
    "ten": table_ten,
    "drift": drifting,
    "power": power,
    "false-pass": false_pass,
    "must-pass": blocking,
    "missing": losing,
}


def is_shown_only(name: str) -> bool:
    """Whether no bar rests on a cell: it only shows what else happens, and fewer runs do."""
    kind, _, size = name.rpartition(" ")
    if size == "60" and not kind.startswith(("pass", "look", "clusters", "missing")):
        return True
    lax = {"aa 100", "aa 400", "blockers 20 0.5", *(f"es {k} fail-fast 100" for k in ("shift", "break"))}
    return name in lax or (kind in {"es shift", "es break"} and size in {"100", "200", "400"})


def tallies(groups: Sequence[str], runs: int, seed: int, jobs: int, kept: Path | None = None) -> dict[str, Tally]:
    """Simulate every cell of these groups, in shards over `jobs` processes; those in `kept` are not run again."""
    names = {cell.name: group for group in groups for cell in GROUPS[group]()}
    shards = [range(at, min(at + 250, runs)) for at in range(0, runs, 250)]
    tasks = [
        (group, name, shard, seed, kept)
        for shard in shards
        for name, group in names.items()
        if shard.start < SHOWN or not is_shown_only(name)
    ]
    found = {name: Tally() for name in names}
    if jobs == 1:
        return _gathered(found, tasks, map(_shard, tasks))
    with ProcessPoolExecutor(jobs) as pool:
        return _gathered(found, tasks, pool.map(_shard, tasks))


Task = tuple[str, str, range, int, Path | None]


def _gathered(found: dict[str, Tally], tasks: Sequence[Task], results: Iterator[Tally]) -> dict[str, Tally]:
    for task, tally in zip(tasks, results, strict=True):
        found[task[1]] = found[task[1]].merge(tally)
    return found


def _shard(task: Task) -> Tally:
    group, name, shard, seed, kept = task
    file = kept / f"{seed} {name} {shard.start}-{shard.stop}.json" if kept else None
    if file and file.is_file():
        body = json.loads(file.read_text(encoding="utf-8"))
        return Tally(**{**body, "verdicts": Counter(body["verdicts"])})
    cell = next(cell for cell in GROUPS[group]() if cell.name == name)
    tally = simulated(cell, shard, seed)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(f".{os.getpid()}")
        part.write_text(
            json.dumps({**asdict(replace(tally, verdicts={})), "verdicts": dict(tally.verdicts)}), encoding="utf-8"
        )
        part.replace(file)
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", choices=[*GROUPS, GOLDEN, []], help="which parts; default all")
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20261120)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--kept", type=Path, help="a folder for finished shards, so that a stopped run can go on")
    parser.add_argument("--page", type=Path, help="write the result to this folder's gate-figures.md too (docs)")
    args = parser.parse_args()
    if args.kept:
        args.kept = args.kept / gate_page.code()  # figures of other code are not these
    began = time.perf_counter()
    groups = args.groups or [*GROUPS, GOLDEN]
    of = tallies([group for group in groups if group != GOLDEN], args.runs, args.seed, args.jobs, args.kept)
    golden = golden_set.on_golden_set(min(args.runs, GOLDEN_RUNS), args.kept) if GOLDEN in groups else {}
    table = [*rows(of), *shipped(golden), enumerated()]
    text = "\n".join(told(of, golden, table, args))
    failed = sum(not row.holds for row in table)
    print(f"{text}\n\n{failed} of {len(table)} rows fail; {time.perf_counter() - began:.0f} s")
    if args.page:
        gate_page.write(args.page, text, of, golden)
    return int(failed > 0)


def told(
    of: Tallies, golden: Mapping[str, Sequence[golden_set.Ran]], table: Sequence[Row], args: argparse.Namespace
) -> Iterator[str]:
    """The whole output, line by line."""
    error = 100 * (0.0475 / args.runs) ** 0.5
    yield f"{args.runs} runs a cell, seed {args.seed}; the Monte-Carlo error of a rate of 5 % is {error:.1f}"
    yield "\nwhat must hold, in per cent"
    yield from (f"  {row}" for row in table)
    yield from real()
    yield "\ncell: PASS / INCONCLUSIVE / BLOCK / INCOMPLETE %, (candidate calls a case)"
    for name, t in of.items():
        if name.startswith(("pass ", "look ", "clusters ")):
            yield f"  {name:<26} false PASS {100 * t.all_passed / t.runs:.1f}"
            continue
        shares = " / ".join(f"{100 * t.rate(v):.1f}" for v in ("pass", "inconclusive", "block", "incomplete"))
        few = f"  {t.runs} runs" if t.runs < args.runs else ""
        yield f"  {name:<26} {shares}  ({t.drawn / t.runs:.1f}){few}"
    for name, ran in golden.items():
        shares = " / ".join(f"{100 * golden_set.share(ran, v):.1f}" for v in ("pass", "inconclusive", "block"))
        drawn = [float(np.mean([getattr(one, of) for one in ran])) for of in ("candidate", "confirming")]
        blocks = float(np.mean([one.blocks for one in ran]))
        yield (
            f"  golden set, {name:<40} {shares}  ({drawn[0]:.1f} + {drawn[1]:.1f} that confirm: "
            f"{100 * golden_set.calls(ran):.1f} % of a fixed ten; {blocks:.1f} segments blocked)  {len(ran)} runs"
        )


if __name__ == "__main__":
    sys.exit(main())
