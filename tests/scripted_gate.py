"""``hotloop gate`` without a build: scripted pairs in, a result out."""

import io
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hotloop import cli
from hotloop.base.clock import ManualClock
from hotloop.gate import measure as gate_measure
from hotloop.gate import options as gate_options
from hotloop.gate.affected.select import Selection
from hotloop.gate.model import (
    Benchmark,
    Contender,
    Ending,
    Kind,
    Pair,
    Revision,
    Side,
    Timing,
    Trouble,
)
from hotloop.gate.options import Options
from hotloop.gate.output import publish
from hotloop.gate.pairs.executor import ScriptedPairs
from hotloop.gate.preparation import Prepared
from hotloop.gate.result import GateResult
from hotloop.gate.suites.suite import Suite
from hotloop.gate.verdicts import Verdict

PAIR_S = 0.5
Script = Callable[[int], Pair]


def contender(side: Side) -> Contender:
    return Contender(
        side=side,
        revision=Revision(
            commit=("b" if side is Side.BASE else "a") * 40,
            name="main" if side is Side.BASE else "HEAD",
            subject="Some change",
        ),
        environment="virtualenv-py3.11",
        python=Path("/nowhere/python"),
        suite=Path("/nowhere/benchmarks"),
    )


def slowdown(ratio: float, noise: float = 0.001) -> Script:
    """Pairs around ``ratio``, alternating a little above and below."""

    def pair(number: int) -> Pair:
        d = math.log(ratio) + noise * (1 if number % 2 else -1) * (1 + number / 100)
        return Pair(Timing.TURNS, d, 1e-3, 1e-3 * math.exp(d), 200, 1, PAIR_S)

    return pair


def troubled(base: str | None, head: str | None, ending: Ending = Ending.FAILED) -> Script:
    def pair(_number: int) -> Pair:
        of_base, of_head = (said and Trouble(ending, said) for said in (base, head))
        return Pair(Timing.TURNS, None, None, None, 0, 0, PAIR_S, of_base or None, of_head or None)

    return pair


@dataclass
class Remembered:
    """A Progress that keeps what it was told, and presses Ctrl-C when told to."""

    interrupt_after: int = 10**9
    said: list[str] = field(default_factory=list)

    def report(self, what: str, done: float) -> None:
        assert 0 <= done <= 1
        self.said.append(what)
        if len(self.said) == self.interrupt_after:
            raise KeyboardInterrupt

    def note(self, text: str) -> None:
        self.said.append(text)


def options(*words: str) -> Options:
    parser = cli.Parser(prog="hotloop gate", allow_abbrev=False)
    gate_options.add_arguments(parser)
    return gate_options.parse_options(parser.parse_intermixed_args(words))


def compared(
    script: Mapping[str, Script],
    *words: str,
    gone: tuple[str, ...] = (),
    progress: Remembered | None = None,
    touches: Collection[str] | None = None,
) -> GateResult:
    """The result of ``hotloop gate main ...`` where pairs are as scripted.

    ``touches``: what the change touches, where that is asked.
    """
    asked = options("main", "--seed", "1", *words)
    assert asked.request is not None
    clock = ManualClock()
    benchmarks = tuple(
        Benchmark(name, (), None, Kind.TIME, "seconds", timeout_s=60.0) for name in script
    )
    prepared = Prepared(
        base=contender(Side.BASE),
        head=contender(Side.HEAD),
        suite=Suite(benchmarks, gone=gone),
        other_environments=(),
        warnings=(),
    )
    executor = ScriptedPairs(script, lambda seconds: clock.sleep_ns(round(seconds * 1e9)))
    return gate_measure.compare(
        prepared,
        executor,
        asked,
        gate_measure.Beginning(clock, clock.now_ns(), ("a doubt",)),
        progress or Remembered(),
        None if touches is None else _selection(benchmarks, touches),
    )


def _selection(benchmarks: Sequence[Benchmark], touches: Collection[str]) -> Selection:
    touched = {each: "it differs" for each in benchmarks if each.name in touches}
    return Selection(touched, tuple(each for each in benchmarks if each not in touched), 2.0)


def code_of(measured: GateResult, *words: str) -> int:
    return publish(measured, options("main", *words), io.StringIO())


def verdicts(measured: GateResult) -> dict[str, Verdict]:
    return {row.name: row.verdict for row in measured.benchmarks}


def run(*words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return cli.main(["gate", *words], out, err), out.getvalue(), err.getvalue()
