"""The command: checks, then times, each written down as soon as it is known."""

import argparse
import json
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from implementations import cuda_limit, cuda_mandel
from implementations.registry import Unavailable

FINE, WRONG, NOT_MEASURED = 0, 1, 4
MOST_S = 540.0
LIMIT_S = 1.0


def main(words: Sequence[str]) -> int:
    """0: all checks passed and all was measured. 1: a check failed. 4: no GPU, or out of time."""
    parser = argparse.ArgumentParser(prog="scripts/try-cuda", description=__doc__)
    parser.add_argument("record", type=Path, help="the JSON file to write")
    parser.add_argument("--seconds", type=float, default=MOST_S, help="(default: %(default)g)")
    options = parser.parse_args(words)
    deadline = time.monotonic() + options.seconds
    try:
        machine = _machine()
    except Unavailable as reason:
        print(f"try-cuda: {reason}", file=sys.stderr)
        return NOT_MEASURED
    record = Record(options.record, {"machine": machine, "checks": {}, "times": []})
    if not _check(record):
        return WRONG
    return FINE if _measure(record, deadline) else NOT_MEASURED


class Record:
    """What is known so far, in a file that is whole after each line."""

    def __init__(self, path: Path, content: dict[str, Any]) -> None:
        self.path, self.content = path, content
        self.write()

    def write(self) -> None:
        unfinished = self.path.with_name(f".{self.path.name}")
        unfinished.write_text(json.dumps(self.content, indent=2) + "\n", encoding="utf-8")
        unfinished.replace(self.path)


def _machine() -> dict[str, Any]:
    cp = cuda_mandel.cupy()
    properties = cp.cuda.runtime.getDeviceProperties(cp.cuda.Device().id)
    return {
        "gpu": cuda_limit.name(),
        "processors": properties["multiProcessorCount"],
        "memory_bytes": properties["totalGlobalMem"],
        "driver": cp.cuda.runtime.driverGetVersion(),
        "runtime": cp.cuda.runtime.runtimeGetVersion(),
        "cupy": cp.__version__,
        "python": platform.python_version(),
        "host": platform.processor() or platform.machine(),
    }


def _check(record: Record) -> bool:
    from scripts.try_cuda.checks import all_checks

    passed = True
    for name, said in all_checks():
        record.content["checks"][name] = said or "passed"
        record.write()
        print(f"{name}: {said or 'passed'}", flush=True)
        passed = passed and said is None
    return passed


def _measure(record: Record, deadline: float) -> bool:
    """Whether all was measured before the deadline."""
    from scripts.try_cuda import measure

    rate = cuda_limit.measure(LIMIT_S)
    record.content["limit_iterations_per_second"] = rate
    record.write()
    print(f"limit, GPU: {rate / 1e9:,.0f} G iterations/s")
    for size in measure.SIZES:
        iterations = int(cuda_mandel.compute_mandel(*size).sum())
        repeats = 51 if size[0] < 5_000 else 9
        for skips in (False, True):
            if time.monotonic() > deadline:
                print("try-cuda: out of time: the rest was not measured", file=sys.stderr)
                return False
            row = {
                "size": size,
                "skips": skips,
                "iterations": iterations,
                "kernel_s": measure.kernel_s(size, skips, repeats),
                "copy_s": measure.copy_s(size, False, repeats),
                "copy_pinned_s": measure.copy_s(size, True, repeats),
                "call_s": measure.call_s(size, skips, repeats),
            }
            record.content["times"].append(row)
            record.write()
            print(_line(row, rate), flush=True)
    return True


def _line(row: dict[str, Any], rate: float) -> str:
    kernel_s, copy_s = row["kernel_s"], row["copy_pinned_s"]
    n_x, n_y, steps = row["size"]
    over = row["call_s"] / (kernel_s + copy_s)
    of_limit = row["iterations"] / kernel_s / rate
    return (
        f"{n_x} x {n_y}, {steps:,} steps{', skipping' if row['skips'] else ''}: "
        f"kernel {kernel_s * 1e3:.3g} ms = {of_limit:.0%} of the limit, copy {copy_s * 1e3:.3g} ms "
        f"({row['copy_s'] * 1e3:.3g} ms to ordinary memory), "
        f"call {row['call_s'] * 1e3:.3g} ms = {over:.2f}x kernel and copy"
    )
