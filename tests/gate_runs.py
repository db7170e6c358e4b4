"""Results of the gate for tests of its reports and its command: one for every ending."""

import math
from dataclasses import replace

from hotloop.base.machine import Machine
from hotloop.gate import doubts as gate_doubts
from hotloop.gate.explanation import Explanation, FunctionFacts, Ground, Stack
from hotloop.gate.model import Effort, Kind, Shard, Stop, Timing
from hotloop.gate.result import BenchmarkResult, ContenderFacts, GateResult, Part, conclude
from hotloop.gate.summary import NOTHING_DIFFERS
from hotloop.gate.verdicts import Control, Verdict

MACHINE = Machine(
    "Example CPU", 2, 2, 2**34, "Linux 6.1 x86_64", "3.11.7", "CPython", {"asv": "0.6.5"}
)
BASE = ContenderFacts("44271ed" + "0" * 33, "main", "Sort in one pass", "virtualenv-py3.11")
HEAD = ContenderFacts("0e3b359" + "0" * 33, "faster-order", "Order faster", "virtualenv-py3.11")


def benchmark(name: str, verdict: Verdict, ratio: float, high: float, pairs: int = 9) -> (
    BenchmarkResult
):  # fmt: skip
    """One that was judged; its low bound lies as far below ``ratio`` as ``high`` above."""
    return BenchmarkResult(
        name=name,
        params=(),
        verdict=verdict,
        ratio=ratio,
        low=2 * ratio - high,
        high=high,
        p_value=0.0004 if verdict is Verdict.SLOWER else 1.0,
        pairs=pairs,
        seconds=0.4 * pairs,
        kind=Kind.TIME,
        unit="seconds",
        timing=Timing.TURNS,
        base=1.2e-3,
        head=1.2e-3 * ratio,
        detectable=0.0254 if verdict is Verdict.UNDECIDED else 0.011,
        log_ratios=(math.log(ratio),) * pairs,
        reason=None,
    )


def without_figures(name: str, verdict: Verdict, reason: str) -> BenchmarkResult:
    """One that no pair gave a figure for."""
    return replace(
        benchmark(name, Verdict.UNDECIDED, 1.0, 1.0),
        verdict=verdict,
        ratio=None,
        low=None,
        high=None,
        p_value=None,
        pairs=0,
        base=None,
        head=None,
        timing=None,
        detectable=None,
        log_ratios=(),
        reason=reason,
    )  # fmt: skip


SLOWER = replace(
    benchmark("suite.time_order", Verdict.SLOWER, 1.031, 1.039),
    params=("3000", "'a|b'"),
)
SLOWER_BY_LITTLE = benchmark("suite.time_words", Verdict.SLOWER, 1.0142, 1.0201, pairs=24)
BROKEN = without_figures(
    "suite.TimeParse.time_parse",
    Verdict.BROKEN,
    "exit code 1; the last words: ValueError: could not convert string to float: 'x|y' `z` @all",
)
FASTER = replace(
    benchmark("suite.peakmem_table", Verdict.FASTER, 0.913, 0.921, pairs=15),
    kind=Kind.PEAK_MEMORY,
    unit="bytes",
    timing=Timing.VALUES,
    base=43_200_512.0,
    head=39_442_067.0,
)
UNDECIDED = benchmark("suite.time_table", Verdict.UNDECIDED, 1.009, 1.024, pairs=24)
UNREACHED = without_figures(
    "suite.time_last", Verdict.UNDECIDED, "no time was left to measure it"
)  # fmt: skip
NEW = without_figures(
    "suite.time_added", Verdict.NEW, "does not run at base: AttributeError: no attribute 'added'"
)
GONE = replace(
    without_figures("suite.time_dropped(3)", Verdict.GONE, "the suite of head does not have it"),
    kind=None,
    unit=None,
)
SKIPPED = without_figures("suite.time_wide", Verdict.SKIPPED, "at head: needs 64 GiB of memory")
FAILED = without_figures(
    "suite.time_net",
    Verdict.FAILED,
    "fails at base and at head: ConnectionRefusedError: [Errno 111] Connection refused",
)
UNTOUCHED = without_figures("suite.time_far", Verdict.UNTOUCHED, NOTHING_DIFFERS)
SAME = tuple(
    benchmark(f"suite.time_{name}", Verdict.SAME, ratio, high)
    for name, ratio, high in (
        ("json", 1.001, 1.0113),
        ("loop", 0.9998, 1.0009),
        ("sort", 1.003, 1.0077),
        ("dict", 0.998, 1.0002),
        ("numpy", 1.0, 1.004),
        ("regex", 1.002, 1.008),
    )
)


def result(*benchmarks: BenchmarkResult) -> GateResult:
    """A result with these benchmarks and the verdict that follows from them."""
    return GateResult(
        base=BASE,
        head=HEAD,
        false_alarms=0.01,
        floor=0.005,
        margin=0.015,
        verdict=conclude(benchmarks),
        benchmarks=benchmarks,
        tested=max(1, len(benchmarks)),
        effort=Effort.USUAL,
        stopped_by=Stop.DECIDED,
        noise=0.0041,
        elapsed_seconds=52.3,
        building_seconds=20.1,
        measuring_seconds=31.8,
        budget_seconds=None,
        seed=417,
        machine=MACHINE,
        warnings=(),
    )


def with_doubts(result: GateResult) -> GateResult:
    """``result`` as it ends where the time is up."""
    result = replace(result, stopped_by=Stop.BUDGET)
    return replace(result, warnings=(*result.warnings, *gate_doubts.undecided(result)))


def quick(row: BenchmarkResult) -> BenchmarkResult:
    """``row`` as one pair leaves it."""
    return replace(
        row,
        verdict=Verdict.UNDECIDED,
        low=None,
        high=None,
        p_value=1.0,
        pairs=1,
        detectable=None,
        log_ratios=row.log_ratios[:1],
        reason=None,
    )


ALL_SAME = result(*SAME)
ONE_SLOWER = result(*SAME, UNDECIDED, SLOWER)
EVERY_ENDING = replace(
    result(
        *SAME, FAILED, SKIPPED, GONE, NEW, UNREACHED, UNDECIDED,
        FASTER, BROKEN, SLOWER_BY_LITTLE, SLOWER,
    ),
    stopped_by=Stop.BUDGET,
    warnings=(
        "the system refuses equal memory layouts (personality): the noise between pairs is "
        "larger than it has to be",
        "the load average was 1.8 on 2 CPUs before the start: other programs were running; "
        "repeat when they are done",
    ),
)  # fmt: skip
ONE_BROKEN = result(*SAME, BROKEN)
ONE_UNDECIDED = replace(result(*SAME, UNDECIDED), stopped_by=Stop.BUDGET)
LOOKS_SLOWER = with_doubts(
    result(
        *SAME,
        benchmark("suite.time_four_times", Verdict.UNDECIDED, 4.263, 5.011, pairs=9),
        benchmark("suite.time_twice", Verdict.UNDECIDED, 2.002, 2.104, pairs=8),
        # Too few pairs for an interval, and for any verdict.
        *(
            replace(
                benchmark(name, Verdict.UNDECIDED, ratio, ratio, pairs=3),
                low=None,
                high=None,
                detectable=None,
            )
            for name, ratio in (("suite.time_half_more", 1.5), ("suite.time_like_that", 1.002))
        ),
    )
)
NOT_MEASURED = replace(result(NEW, FAILED), noise=None)
NO_BENCHMARK = replace(result(), noise=None, tested=1)
QUICK = replace(
    result(*map(quick, SAME[:2]), quick(SLOWER)), effort=Effort.QUICK, stopped_by=Stop.PAIRS,
    noise=None,
)  # fmt: skip
QUICK_BROKEN = replace(
    result(quick(SLOWER), BROKEN), effort=Effort.QUICK, stopped_by=Stop.PAIRS, noise=None
)
INTERRUPTED = replace(result(*SAME[:1], UNDECIDED, UNREACHED), stopped_by=Stop.INTERRUPTED)
TWO_ENVIRONMENTS = replace(
    result(*SAME),
    head=replace(BASE, environment="virtualenv-py3.12-numpy2.3"),
    base=replace(BASE, environment="virtualenv-py3.11-numpy1.26"),
    false_alarms=0.015,
)
_PARTS = tuple(
    Part(Shard(n, 2), "c0ffee", 8, MACHINE, 417, Stop.DECIDED, 52.3, 20.1, 31.8) for n in (1, 2)
)
SHARD = replace(result(*SAME[:3], SLOWER), tested=8, parts=_PARTS[:1])
SHARDS = replace(result(*SAME, UNDECIDED, SLOWER), tested=8, parts=_PARTS)
DISCOVERIES = replace(ONE_SLOWER, false_alarms=0.05, control=Control.DISCOVERIES)
MANY = result(
    *SAME[:2],
    *(replace(SKIPPED, name=f"suite.time_wide_{n}", reason=f"at head: needs {n % 2 or 64} GiB")
      for n in range(238)),
    *(replace(GONE, name=f"suite.time_old_{n}") for n in range(40)),
    *(replace(FAILED, name=f"suite.time_net_{n}", reason=f"fails at base and at head: {n}")
      for n in range(12)),
    *(replace(BROKEN, name=f"suite.time_parse_{n}", reason="ValueError: boom")
      for n in range(25)),
)  # fmt: skip

AFFECTED = replace(
    result(
        *(replace(row, touched_by="order of tiny/core.py differs") for row in (*SAME[:2], SLOWER)),
        *(replace(UNTOUCHED, name=f"suite.time_far_{n}") for n in range(212)),
    ),
    tracing_seconds=9.4,
)
ALL_UNTOUCHED = replace(
    result(*(replace(UNTOUCHED, name=f"suite.time_far_{n}") for n in range(8))),
    tracing_seconds=3.2, measuring_seconds=0.0, noise=None, tested=1,
)  # fmt: skip
NOTHING_TO_COMPARE = replace(
    result(UNTOUCHED, NEW, GONE, SKIPPED), tracing_seconds=3.2, noise=None, tested=1
)
SPLIT_LINE = FunctionFacts(
    "split_line", "tiny/parser.py", 40_000, 80_000, 0.0301, 0.027, 0.033, "a41f2c" + "0" * 34, 1,
    "changed", is_named=True, profiled=0.9,
)  # fmt: skip
CHAIN = ("benchmarks/suite.py:time_order", "tiny/parser.py:run", "tiny/parser.py:split_line")
EXPLAINED = replace(
    result(
        *SAME,
        replace(
            SLOWER,
            explanation=Explanation(
                Ground.FUNCTION,
                (
                    SPLIT_LINE,
                    FunctionFacts("<method 'join' of 'str' objects>", None, 0, 80_000),
                    FunctionFacts(
                        "run", "tiny/parser.py", 1, 1, change="changed",
                        rejected="with it, the call raised NameError: name 'x|y' is not defined",
                    ),
                ),
                0.0301, 0.027, 0.033, None, "str.join is called 80,000 times, at base never", (),
                8.2, (Stack(CHAIN, 1e-3, 1.1e-3),),
            ),
        ),
        replace(
            SLOWER_BY_LITTLE,
            explanation=Explanation(
                Ground.SPREAD,
                tuple(
                    FunctionFacts(f"Step.do_{n}", "tiny/steps.py", 9, 9, change="changed")
                    for n in range(10)
                ),
                0.0138, 0.011, 0.0165, 10, None, (), 12.1,
            ),
        ),
        replace(
            FASTER,
            explanation=Explanation(
                Ground.NOTHING, (), None, None, None, None,
                "it measures memory, and what is explained is time",
                ("libraries: numpy 1.26 at base, 2.3 at head",), 0.0,
            ),
        ),
    ),
    explaining_seconds=20.3,
)  # fmt: skip

# The exit code of each, undecided passing or not.
ENDINGS = {
    "all_same": (ALL_SAME, 0, 0),
    "one_slower": (ONE_SLOWER, 1, 1),
    "every_ending": (EVERY_ENDING, 1, 1),
    "one_broken": (ONE_BROKEN, 1, 1),
    "one_undecided": (ONE_UNDECIDED, 0, 3),
    "looks_slower": (LOOKS_SLOWER, 3, 3),
    "not_measured": (NOT_MEASURED, 4, 4),
    "no_benchmark": (NO_BENCHMARK, 4, 4),
    "quick": (QUICK, 0, 0),
    "quick_broken": (QUICK_BROKEN, 1, 1),
    "interrupted": (INTERRUPTED, 130, 130),
    "many": (MANY, 1, 1),
    "discoveries": (DISCOVERIES, 1, 1),
    "shard": (SHARD, 1, 1),
    "shards": (SHARDS, 1, 1),
    "two_environments": (TWO_ENVIRONMENTS, 0, 0),
    "affected": (AFFECTED, 1, 1),
    "all_untouched": (ALL_UNTOUCHED, 0, 0),
    "explained": (EXPLAINED, 1, 1),
    "nothing_to_compare": (NOTHING_TO_COMPARE, 0, 0),
}
