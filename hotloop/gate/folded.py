"""Chains of calls as text, a line each: "base;a;b 1200". speedscope and flamegraph.pl read it.

The first name of a line is the benchmark, the second the side; the number is in nanoseconds.
"""

from hotloop.base.text import name
from hotloop.gate.result import GateResult

NS_PER_S = 1e9


def render(result: GateResult) -> str:
    """All chains of all explanations; nothing if there are none."""
    lines = []
    for benchmark in result.benchmarks:
        for stack in benchmark.explanation.stacks if benchmark.explanation else ():
            frames = ";".join(_frame(frame) for frame in stack.frames)
            for side, seconds in (("base", stack.base_seconds), ("head", stack.head_seconds)):
                ns = round(seconds * NS_PER_S)
                if ns > 0:
                    lines.append(f"{_frame(benchmark.label)};{side};{frames} {ns}")
    return "".join(f"{line}\n" for line in lines)


def _frame(text: str) -> str:
    """A name in which nothing ends a frame."""
    return name(text).replace(";", ":")
