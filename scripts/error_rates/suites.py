"""Large suites by simulation: whole runs of the gate (``drawn``), up to their exit codes."""

import math
import random
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from hotloop.base.machine import Machine, read_machine
from hotloop.gate.arguments import AskedRule
from hotloop.gate.measure import changed, usual_rule
from hotloop.gate.model import Benchmark, Contender, Effort, Revision, Side
from hotloop.gate.result import GateResult, Strictness, exit_code
from hotloop.gate.summary import GateContext, summarise
from hotloop.gate.verdicts import Verdict
from hotloop.stats.proportion import proportion
from scripts.error_rates import drawn
from scripts.tables import write as write_table

SEED = 417
# What a pair adds to a run with two lanes: 0.30 s in its lane.
PAIR_S = 0.15
# How many benchmarks share a module.
MODULE = 10
NOWHERE = Path("nowhere")


@dataclass(frozen=True, slots=True)
class Part:
    """``number`` benchmarks alike: head is slower by ``slowdown``, pairs scatter by ``noise``."""

    number: int
    noise: float
    slowdown: float = 0.0


@dataclass(frozen=True, slots=True)
class Case:
    """A suite, as it is called in the table."""

    words: str
    parts: tuple[Part, ...]
    false_discoveries: float | None = None

    def benchmarks(self) -> Iterator[tuple[Benchmark, Part]]:
        """All of them, the parts mixed as they would be in a suite's modules."""
        parts = [part for part in self.parts for _ in range(part.number)]
        random.Random(SEED).shuffle(parts)
        for place, part in enumerate(parts):
            name = f"module{place // MODULE}.time_{place}"
            yield drawn.benchmark(name), part


def _suite(
    words: str,
    number: int,
    noise: float,
    slower: int = 0,
    slowdown: float = 0.0,
    false_discoveries: float | None = None,
) -> Case:
    parts = (Part(number - slower, noise), Part(slower, noise, slowdown))
    return Case(words, tuple(part for part in parts if part.number), false_discoveries)


CASES = (
    _suite("8, noise 0.5 %, one +1 %", 8, 0.005, 1, 0.01),
    _suite("8, noise 0.5 %, one +2 %", 8, 0.005, 1, 0.02),
    _suite("200, noise 3 %, ten +50 %", 200, 0.03, 10, 0.5),
    _suite("500, noise 0.4 %, all +10 %", 500, 0.004, 500, 0.10),
    _suite("500, noise 0.4 %, equal", 500, 0.004),
    _suite("500, noise 0.5 %, ten +1 %", 500, 0.005, 10, 0.01),
    _suite("500, noise 0.5 %, ten +2 %", 500, 0.005, 10, 0.02),
    _suite("500, noise 0.4 %, ten +5 %", 500, 0.004, 10, 0.05),
    _suite("500, noise 3 %, equal", 500, 0.03),
    _suite("500, noise 3 %, ten +3 %", 500, 0.03, 10, 0.03),
    _suite("500, noise 3 %, ten +5 %", 500, 0.03, 10, 0.05),
    _suite("500, noise 3 %, ten +20 %", 500, 0.03, 10, 0.2),
    _suite("500, noise 3 %, fifty +3 %", 500, 0.03, 50, 0.03),
    _suite("the same, --false-discoveries 5%", 500, 0.03, 50, 0.03, 0.05),
    _suite("200, noise 3 %, twenty +3 %", 200, 0.03, 20, 0.03),
    _suite("the same, --false-discoveries 5%", 200, 0.03, 20, 0.03, 0.05),
    _suite("200, noise 3 %, equal, --false-discoveries 5%", 200, 0.03, 0, 0.0, 0.05),
)


@dataclass(slots=True)
class Tally:
    """What was counted over the runs of a case."""

    slowed: int = 0
    found: int = 0
    others: int = 0
    flagged: int = 0
    undecided: int = 0
    runs_flagging_others: int = 0
    codes: dict[int, int] = field(default_factory=dict)
    pairs: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, result: GateResult, slowed: Mapping[str, bool], strictness: Strictness) -> None:
        """Count one run; ``slowed`` says of each benchmark whether head is slower."""
        for each in result.benchmarks:
            if slowed[each.name]:
                self.slowed += 1
                self.found += each.verdict is Verdict.SLOWER
        wrong = [b for b in result.benchmarks if b.verdict.is_flag and not slowed[b.name]]
        self.others += len(result.benchmarks) - sum(slowed.values())
        self.flagged += len(wrong)
        self.runs_flagging_others += bool(wrong)
        self.undecided += len(result.undecided)
        code = exit_code(result, strictness)
        self.codes[code] = self.codes.get(code, 0) + 1
        self.pairs.append(statistics.fmean(len(b.log_ratios) for b in result.benchmarks))
        self.seconds.append(result.measuring_seconds)


HEAD = (
    *("benchmarks", "slowed ones found", "runs that flag another", "undecided", "pairs each"),
    *("seconds", "exit codes"),
)


def write(out: TextIO, runs: int, cases: Sequence[Case] = CASES) -> None:
    """A Markdown table with a row for each case, each from ``runs`` simulated runs."""
    machine = read_machine(())
    write_table(out, HEAD, (_row(case, runs, machine) for case in cases))


def simulated(case: Case, seed: int, machine: Machine) -> GateResult:
    """One run of the gate on the suite, each pair drawn."""
    rng = random.Random(seed)
    suite = dict(case.benchmarks())
    asked = AskedRule(false_discoveries=case.false_discoveries)
    rule = changed(usual_rule(Effort.USUAL, len(suite)), asked, Effort.USUAL)
    found = drawn.run({b: (_draw(part, rng), PAIR_S) for b, part in suite.items()}, rule, seed)
    side = Contender(Side.BASE, Revision("0" * 40, "base", ""), "drawn", NOWHERE, NOWHERE)
    context = GateContext(
        base=side,
        head=side,
        gone=(),
        effort=Effort.USUAL,
        budget_s=None,
        elapsed_s=found.elapsed_s,
        building_s=0.0,
        seed=seed,
        machine=machine,
        warnings=(),
    )
    return summarise(found, rule, context)


def _draw(part: Part, rng: random.Random) -> drawn.Draw:
    centre = math.log1p(part.slowdown)
    return lambda _seconds: rng.gauss(centre, part.noise)


def _row(case: Case, runs: int, machine: Machine) -> Sequence[str]:
    tally = Tally()
    slowed = {benchmark.name: part.slowdown > 0 for benchmark, part in case.benchmarks()}
    for seed in range(runs):
        tally.add(simulated(case, seed, machine), slowed, Strictness.UNDECIDED_PASSES)
    benchmarks = tally.slowed + tally.others
    found = proportion(tally.found, tally.slowed) if tally.slowed else None
    return (
        case.words,
        "" if found is None else f"{100 * found.rate:.3g} % of {found.trials}",
        f"{tally.runs_flagging_others} of {runs}" if tally.others else "",
        f"{100 * tally.undecided / benchmarks:.1f} %",
        f"{statistics.fmean(tally.pairs):.1f}",
        f"{statistics.median(tally.seconds):.0f}",
        ", ".join(f"{code}: {number}" for code, number in sorted(tally.codes.items())),
    )
